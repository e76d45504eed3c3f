/**
 * What was copied last of each file, and what was wrong with it: one line each, appended once the copy is safely there.
 *
 * The copies themselves are the truth. Where a line is lost or damaged, the file is compared with its copies, and the
 * line is written again. Later lines win over earlier ones.
 */

import { constants, readFileSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { systemCodeOf } from '../errors.ts';
import { type BytePath, escapeBytes, unescapeBytes } from '../system/byte-path.ts';
import { unreadable } from './destination.ts';
import type { FileState, TroubleKind } from './file-state.ts';

/** The last copy of a file. */
export interface Known {
  state: FileState;
  /** Its name in the file's folder of copies. */
  copy: BytePath;
}

export interface Recorded {
  known: Map<BytePath, Known>;
  troubles: Map<BytePath, TroubleKind>;
  /** Was the file there at all? */
  exists: boolean;
  /** How many of its lines say nothing that could be understood. */
  damagedLines: number;
  /** Changes whenever somebody writes. */
  stamp: string;
  lines: number;
}

export type RecordLine =
  | { kind: 'copied'; file: BytePath; known: Known }
  | { kind: 'trouble'; file: BytePath; trouble: TroubleKind }
  | { kind: 'well'; file: BytePath };

const head =
  '# What “plugback timemachine” has copied, as tab-separated lines; it is made anew from the copies.';
const troubleKinds: readonly TroubleKind[] = [
  'missing',
  'unreadable',
  'in-use',
  'folder',
  'not-a-file',
  'restless',
  'failed',
];

/**
 * Reads the record; one that is missing is empty.
 *
 * @throws PlugbackError `copies-folder-unreadable` when it is there and cannot be read
 */
export function readRecord(filePath: string): Recorded {
  const stamp = stampOf(filePath);
  const recorded: Recorded = {
    known: new Map(),
    troubles: new Map(),
    exists: stamp !== '',
    damagedLines: 0,
    stamp,
    lines: 0,
  };
  if (!recorded.exists) return recorded;
  const lines = readText(filePath).split('\n');
  // What stands behind the last line's end was being written when the power failed.
  if (lines.pop() !== '') recorded.damagedLines += 1;
  for (const text of lines) {
    if (text === head || text === '') continue;
    const line = parseLine(text);
    if (line === null) recorded.damagedLines += 1;
    else remember(recorded, line);
    recorded.lines += 1;
  }
  return recorded;
}

function readText(filePath: string): string {
  try {
    return readFileSync(filePath, 'utf8');
  } catch (error) {
    throw unreadable(filePath, error);
  }
}

/** Takes a line in, as reading it again would. */
export function remember({ known, troubles }: Recorded, line: RecordLine): void {
  if (line.kind === 'copied') known.set(line.file, line.known);
  if (line.kind === 'trouble') troubles.set(line.file, line.trouble);
  else troubles.delete(line.file);
}

/**
 * Different after each write of whomever; '' when there is no record.
 *
 * @throws PlugbackError `copies-folder-unreadable` when it cannot be told
 */
export function stampOf(filePath: string): string {
  try {
    const stats = statSync(filePath, { throwIfNoEntry: false });
    return stats === undefined ? '' : `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
  } catch (error) {
    // A file where the destination should be: that it is no folder is told elsewhere.
    if (systemCodeOf(error) === 'ENOTDIR') return '';
    throw unreadable(filePath, error);
  }
}

/**
 * Adds lines and hands them to the disk; a record that has grown too long, or is damaged, is written anew.
 *
 * @param recorded what is in the file; it takes the lines in
 * @throws the system's error when it cannot be written
 */
export async function writeRecord(
  filePath: string,
  recorded: Recorded,
  lines: readonly RecordLine[],
): Promise<void> {
  for (const line of lines) remember(recorded, line);
  // Should it fail: what is remembered is not what the file holds, so it is read again before anything else is done.
  recorded.stamp = 'unwritten';
  const needed = recorded.known.size + recorded.troubles.size;
  const isLong = recorded.lines + lines.length > 2 * needed + 1000;
  if (!recorded.exists || recorded.damagedLines > 0 || isLong) await rewrite(filePath, recorded);
  else if (lines.length > 0) {
    await append(filePath, lines.map((line) => `${textOf(line)}\n`).join(''));
    recorded.lines += lines.length;
  }
  recorded.stamp = stampOf(filePath);
}

async function append(filePath: string, text: string): Promise<void> {
  // What somebody has linked in its place is not written to.
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  const handle = await open(filePath, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  try {
    await handle.appendFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function rewrite(filePath: string, recorded: Recorded): Promise<void> {
  const lines = [
    ...[...recorded.known].map(([file, known]) => textOf({ kind: 'copied', file, known })),
    ...[...recorded.troubles].map(([file, trouble]) => textOf({ kind: 'trouble', file, trouble })),
  ];
  const temporary = `${filePath}.new`;
  await rm(temporary, { force: true });
  await append(temporary, [head, ...lines, ''].join('\n'));
  await rename(temporary, filePath);
  await syncFolder(path.dirname(filePath));
  Object.assign(recorded, { exists: true, damagedLines: 0, lines: lines.length });
}

/** Hands a folder's entries to the disk: a file is not safely there before its name is. */
export async function syncFolder(folder: string | Buffer): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some shares know nothing of the kind.
    if (systemCodeOf(error) !== 'EINVAL') throw error;
  } finally {
    await handle.close();
  }
}

function textOf(line: RecordLine): string {
  const file = escapeBytes(line.file);
  switch (line.kind) {
    case 'copied': {
      const { modifiedUs, changedUs, size, inode } = line.known.state;
      return ['copied', modifiedUs, changedUs, size, inode, escapeBytes(line.known.copy), file].join('\t');
    }
    case 'trouble':
      return ['trouble', line.trouble, file].join('\t');
    case 'well':
      return ['well', file].join('\t');
  }
}

const copiedLine = /^copied\t(-?\d+)\t(-?\d+)\t(\d+)\t(\d+)\t([^\t/]+)\t(\/[^\t]*)$/;

function parseLine(text: string): RecordLine | null {
  const match = copiedLine.exec(text);
  if (match !== null) {
    const copy = unescapeBytes(match[5] ?? '');
    const file = unescapeBytes(match[6] ?? '');
    if (copy === null || file === null) return null;
    const state = {
      modifiedUs: Number(match[1]),
      changedUs: Number(match[2]),
      size: Number(match[3]),
      inode: Number(match[4]),
    };
    return { kind: 'copied', file, known: { state, copy } };
  }
  const fields = text.split('\t');
  const file = unescapeBytes(fields.at(-1) ?? '');
  if (file === null || !file.startsWith('/')) return null;
  if (fields[0] === 'well' && fields.length === 2) return { kind: 'well', file };
  const trouble = troubleKinds.find((kind) => kind === fields[1]);
  if (fields[0] !== 'trouble' || fields.length !== 3 || trouble === undefined) return null;
  return { kind: 'trouble', file, trouble };
}
