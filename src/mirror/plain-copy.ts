/**
 * Copies with Node's own calls, where GNU tar is missing (Windows, small Linux systems) or has failed. Keeps modes,
 * owners, holes, and times to the microsecond; nothing here can set more. On Windows the system copies each file, and with
 * it what only the system knows of: hidden and the like, streams of other names. Runs in a thread of its own, like the scan.
 */

import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readlinkSync,
  readSync,
  statSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import type { CompareRules } from './compare.ts';
import { type ByteString, folderOf, joinNames, toSystemPath } from './names.ts';
import { codeOf, readingFlags, type SkipReason, statsOrNull } from './place.ts';
import { setRights } from './rights.ts';
import type { StagedItem } from './settle.ts';

const isWindows = process.platform === 'win32';
const pieceBytes = 256 * 1024;
/** Reading and writing is faster below: the kernel's own copy flushes each file that it replaces on ext4. */
const smallBytes = 1024 * 1024;
const blockBytes = 4096;

export interface PlainCopyTask {
  source: ByteString;
  stage: ByteString;
  items: readonly StagedItem[];
  rules: CompareRules;
}

/** @returns what went wrong, by path */
export function copyPlainly(task: PlainCopyTask): Map<ByteString, SkipReason> {
  const complaints = new Map<ByteString, SkipReason>();
  for (const item of task.items) {
    try {
      copyItem(task, item);
    } catch (error) {
      // On Windows, to make a link needs a right that few have.
      complaints.set(item.path, item.kind === 'link' ? 'special' : codeOf(error));
    }
  }
  return complaints;
}

function copyItem(task: PlainCopyTask, { path, kind }: StagedItem): void {
  const from = joinNames(task.source, path);
  const to = joinNames(task.stage, path);
  mkdirSync(toSystemPath(joinNames(task.stage, folderOf(path))), { recursive: true, mode: 0o700 });
  if (kind === 'folder') mkdirSync(toSystemPath(to), { recursive: true, mode: 0o700 });
  else if (kind === 'link') copyLink(toSystemPath(from), toSystemPath(to));
  else if (kind === 'file') copyFile(from, to);
  // Node cannot make devices and pipes.
  else throw Object.assign(new Error('special'), { code: 'special' });
  if (kind === 'folder') return;
  const stats = statsOrNull(from);
  if (stats !== null) setRights(to, stats, task.rules, { times: !hasItsTime(to, stats) });
}

/** Windows copies a file's time as well, and exactly; Node sets it less so, and before 1970 and after 2106 wrongly. */
function hasItsTime(place: ByteString, { mtimeNs }: { mtimeNs: bigint }): boolean {
  return isWindows && statsOrNull(place)?.mtimeNs === mtimeNs;
}

/** Windows has two kinds; which one, Node can find out itself only where the link already is in its place. */
function copyLink(from: string | Buffer, to: string | Buffer): void {
  const kind = statSync(from, { throwIfNoEntry: false })?.isDirectory() === true ? 'dir' : 'file';
  symlinkSync(readlinkSync(from, 'buffer'), to, isWindows ? kind : null);
}

function copyFile(from: ByteString, to: ByteString): void {
  const source = openSync(toSystemPath(from), readingFlags);
  try {
    const stats = fstatSync(source);
    if (!stats.isFile()) throw Object.assign(new Error('changing'), { code: 'changing' });
    const { size, blocks } = stats;
    const hasHoles = blocks * 512 < size;
    if (isWindows || (!hasHoles && size > smallBytes)) {
      copyFileSync(
        toSystemPath(from),
        toSystemPath(to),
        constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL,
      );
      return;
    }
    const target = openSync(toSystemPath(to), 'wx', 0o600);
    try {
      copyPieces(source, target, hasHoles);
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}

function copyPieces(source: number, target: number, hasHoles: boolean): void {
  const piece = Buffer.allocUnsafe(pieceBytes);
  const zeros = Buffer.alloc(blockBytes);
  for (let at = 0; ; ) {
    const read = readSync(source, piece, 0, piece.length, at);
    if (read === 0) {
      // A hole at the end is made by the size alone.
      if (hasHoles) ftruncateSync(target, at);
      return;
    }
    const step = hasHoles ? blockBytes : read;
    for (let offset = 0; offset < read; offset += step) {
      const block = piece.subarray(offset, Math.min(offset + step, read));
      if (!hasHoles || !block.equals(zeros.subarray(0, block.length))) writeFully(target, block, at + offset);
    }
    at += read;
  }
}

/** A write may take less than it was given, on a disk that is getting full. */
function writeFully(target: number, block: Buffer, at: number): void {
  for (let written = 0; written < block.length; ) {
    written += writeSync(target, block, written, block.length - written, at + written);
  }
}
