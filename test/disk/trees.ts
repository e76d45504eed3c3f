/** Source trees with everything that a filesystem can hold, and the comparison of two trees to the last bit. */

import { createHash, randomFillSync } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { attempt, command } from './command.ts';

/** Bytes that do not compress, not even on btrfs. */
export function noise(bytes: number): Buffer {
  return randomFillSync(Buffer.allocUnsafe(bytes));
}

/** Writes a file of so many random bytes, and the folders above it. */
export function writeNoise(file: string, bytes: number): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const descriptor = openSync(file, 'w');
  const piece = noise(Math.min(bytes, 1024 * 1024));
  for (let left = bytes; left > 0; left -= piece.length) {
    writeSync(descriptor, piece, 0, Math.min(left, piece.length));
  }
  closeSync(descriptor);
}

/** A few small files in folders. */
export function writeSmallFiles(folder: string, count: number): void {
  mkdirSync(folder, { recursive: true });
  for (let number = 0; number < count; number += 1) {
    const file = path.join(folder, `folder-${number % 7}`, `file-${number}.txt`);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `This is file ${number}.\n`.repeat(1 + (number % 50)));
  }
}

/** A file with holes: three pieces of data in 16 MB. */
function writeSparse(file: string, at: readonly number[]): void {
  const descriptor = openSync(file, 'w');
  ftruncateSync(descriptor, 16 * 1024 * 1024);
  for (const offset of at) writeSync(descriptor, noise(8192), 0, 8192, offset);
  closeSync(descriptor);
}

/** Everything that a filesystem of Linux can hold. */
export async function buildOffice(root: string): Promise<void> {
  const at = (...names: string[]): string => path.join(root, ...names);
  for (const folder of [
    'accounts',
    'mail/archive',
    'images',
    'shared',
    'links',
    'empty',
    'cache/deep',
    'to-go',
  ]) {
    mkdirSync(at(folder), { recursive: true });
  }
  writeSmallFiles(at('small'), 150);
  writeSmallFiles(at('to-go'), 20);
  writeNoise(at('images/Tuesday.vbk'), 3_000_000);
  writeNoise(at('images/same-size.bin'), 100_000);
  writeFileSync(at('accounts/empty.txt'), '');
  writeFileSync(at('accounts/2026.csv'), 'date;amount\n');
  writeFileSync(at('accounts/becomes-a-folder'), 'a file\n');
  mkdirSync(at('accounts/becomes-a-file'));
  writeFileSync(at('accounts/becomes-a-file/inside'), 'inside\n');
  writeSparse(at('images/machine.img'), [0, 5_000_000, 16 * 1024 * 1024 - 8192]);

  // Left out by the list of excludes.
  writeFileSync(at('accounts/~lock.tmp'), 'left out\n');
  writeFileSync(at('cache/deep/page'), 'left out\n');

  // Owners and modes, the special bits too.
  chownSync(at('accounts/2026.csv'), 1234, 4321);
  chmodSync(at('accounts/2026.csv'), 0o640);
  writeFileSync(at('shared/tool'), '#!/bin/sh\n');
  chmodSync(at('shared/tool'), 0o4755);
  writeFileSync(at('shared/nobody-reads-this'), 'secret\n');
  chmodSync(at('shared/nobody-reads-this'), 0o000);
  chownSync(at('shared'), 0, 4321);
  chmodSync(at('shared'), 0o2770);
  chmodSync(at('mail/archive'), 0o1777);
  chmodSync(at('empty'), 0o500);

  // Hard links, also across folders; symbolic links to somewhere, nowhere and outside, with an owner of their own.
  linkSync(at('accounts/2026.csv'), at('links/hard-1'));
  linkSync(at('accounts/2026.csv'), at('mail/hard-2'));
  symlinkSync('../accounts/2026.csv', at('links/relative'));
  symlinkSync('/etc/hostname', at('links/absolute'));
  symlinkSync('nowhere', at('links/dangling'));
  symlinkSync('../mail', at('links/folder'));
  lchownSync(at('links/relative'), 1234, 1234);

  await command('mkfifo', '-m', '600', at('mail/special-pipe'));
  await command('mknod', at('mail/special-device'), 'c', '1', '3');

  await command('setfattr', '-n', 'user.comment', '-v', 'kept', at('accounts/2026.csv'));
  await command('setfattr', '-n', 'user.folder', '-v', '0x00ff0a', at('mail'));
  await command('setfattr', '-n', 'trusted.origin', '-v', 'office', at('images/same-size.bin'));
  await command('setfacl', '-m', 'u:1234:rw,g:4321:r', at('accounts/empty.txt'));
  await command('setfacl', '-d', '-m', 'u:1234:rwx', at('mail/archive'));

  // To the nanosecond; before 1970, and after 2038.
  await setTime(at('small/folder-0/file-0.txt'), '2001-09-09 01:46:40.123456789');
  await setTime(at('small/folder-1/file-1.txt'), '1969-07-20 20:17:40.5');
  await setTime(at('small/folder-2/file-2.txt'), '2040-01-01 00:00:00.000000001');
  await setTime(at('mail/archive'), '2020-02-29 12:00:00.987654321');
  await setTime(at('links/dangling'), '2015-01-01 00:00:00.25');
}

/** A day in the office: every kind of change, and a few deletions. */
export async function passADay(root: string): Promise<void> {
  const at = (...names: string[]): string => path.join(root, ...names);
  appendFileSync(at('accounts/2026.csv'), '2026-11-21;17.50\n');
  writeNoise(at('images/same-size.bin'), 100_000);
  writeNoise(at('images/Wednesday.vib'), 500_000);
  writeSmallFiles(at('new'), 12);
  rmSync(at('to-go'), { recursive: true });
  renameSync(at('small/folder-3'), at('small/renamed'));

  unlinkSync(at('accounts/becomes-a-folder'));
  mkdirSync(at('accounts/becomes-a-folder'));
  writeFileSync(at('accounts/becomes-a-folder/inside'), 'now a folder\n');
  rmSync(at('accounts/becomes-a-file'), { recursive: true });
  writeFileSync(at('accounts/becomes-a-file'), 'now a file\n');

  // Attributes only.
  chmodSync(at('small/folder-1/file-1.txt'), 0o600);
  chownSync(at('small/folder-2/file-2.txt'), 4321, 4321);
  await setTime(at('small/folder-4/file-4.txt'), '2026-11-21 03:12:44.000000002');
  await command('setfattr', '-n', 'user.comment', '-v', 'changed', at('accounts/2026.csv'));
  await command('setfattr', '-x', 'user.folder', at('mail'));
  await command('setfacl', '-m', 'u:1234:r', at('accounts/empty.txt'));
  await command('setfacl', '-m', 'u:77:rwx', at('shared/tool'));
  chmodSync(at('mail/archive'), 0o755);

  // Links: one is cut, one is new, one points elsewhere.
  unlinkSync(at('mail/hard-2'));
  writeFileSync(at('mail/hard-2'), 'a file of its own\n');
  linkSync(at('images/Tuesday.vbk'), at('links/hard-image'));
  unlinkSync(at('links/relative'));
  symlinkSync('../accounts', at('links/relative'));

  // The holes are elsewhere now.
  writeSparse(at('images/machine.img'), [9_000_000]);
}

/** What `buildOffice` writes although it must not be copied; a list of excludes for rsync. */
export const officeExcludes = '*.tmp\n/cache/\n';

async function setTime(file: string, time: string): Promise<void> {
  await command('touch', '--no-dereference', '-m', `--date=${time} UTC`, file);
}

/** One thing in a tree. All that can be kept of it is in here; two equal entries are the same to everybody. */
export interface Entry {
  kind: 'file' | 'directory' | 'link' | 'other';
  mode: string;
  owner: string;
  /** Nanoseconds since 1970; microseconds of a folder. */
  modified: string;
  /** Of a file, in bytes. */
  size?: number;
  /** SHA-1 of a file's content, target of a link, numbers of a device. */
  content?: string;
  /** The first name of a file that has several. */
  sameAs?: string;
  /** Extended attributes, access control lists among them. */
  attributes?: string;
  /** What a file of more than 1 MB occupies is less than half of its size. */
  sparse?: boolean;
}

/** By path from the root, each byte of the name as one character; `.` is the root itself. */
export type Tree = Map<string, Entry>;

/** Reads a whole tree. Names are bytes throughout. `without` holds paths that do not count, with all below. */
export async function readTree(root: string, without: readonly string[] = []): Promise<Tree> {
  const tree: Tree = new Map();
  const firstNames = new Map<string, string>();
  const attributes = await readAttributes(root);
  const visit = (place: Buffer, name: string): void => {
    if (without.includes(name)) return;
    const stats = lstatSync(place, { bigint: true });
    const entry: Entry = {
      kind: stats.isFile()
        ? 'file'
        : stats.isDirectory()
          ? 'directory'
          : stats.isSymbolicLink()
            ? 'link'
            : 'other',
      mode: stats.mode.toString(8),
      owner: `${stats.uid}:${stats.gid}`,
      // A lock file that came and went leaves the folder's time as it was to the microsecond.
      modified: String(stats.isDirectory() ? stats.mtimeNs / 1000n : stats.mtimeNs),
    };
    if (entry.kind !== 'directory' && stats.nlink > 1n) {
      const id = `${stats.dev}:${stats.ino}`;
      entry.sameAs = firstNames.get(id) ?? name;
      firstNames.set(id, entry.sameAs);
    }
    if (entry.kind === 'file') {
      entry.size = Number(stats.size);
      entry.content = hash(place);
      if (stats.size > 1_000_000n) entry.sparse = stats.blocks * 512n < stats.size / 2n;
    } else if (entry.kind === 'link') {
      entry.content = readlinkSync(place, { encoding: 'buffer' }).toString('latin1');
    } else if (entry.kind === 'other') {
      entry.content = String(stats.rdev);
    }
    const own = attributes.get(name);
    if (own !== undefined) entry.attributes = own;
    tree.set(name, entry);
    if (entry.kind !== 'directory') return;
    const children = readdirSync(place, { encoding: 'buffer' }).sort(Buffer.compare);
    for (const child of children) {
      const childName = child.toString('latin1');
      visit(
        Buffer.concat([place, Buffer.from('/'), child]),
        name === '.' ? childName : `${name}/${childName}`,
      );
    }
  };
  visit(Buffer.from(root), '.');
  return tree;
}

function hash(place: Buffer): string {
  const descriptor = openSync(place, 'r');
  const sum = createHash('sha1');
  const piece = Buffer.allocUnsafe(256 * 1024);
  for (let read = readSync(descriptor, piece); read > 0; read = readSync(descriptor, piece)) {
    sum.update(piece.subarray(0, read));
  }
  closeSync(descriptor);
  return sum.digest('hex');
}

/** All extended attributes below a folder, by path. getfattr writes strange bytes of names as `\ooo`. */
async function readAttributes(root: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const args = ['--recursive', '--physical', '--no-dereference', '--dump', '--match=-', '--encoding=hex'];
  const { stdout } = await attempt('getfattr', [...args, '--absolute-names', '--', root]);
  for (const block of stdout.split('\n\n')) {
    const [heading = '', ...lines] = block.split('\n').filter((line) => line !== '');
    if (!heading.startsWith('# file: ')) continue;
    const file = heading
      .slice('# file: '.length)
      .replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    const name = file === root ? '.' : file.slice(root.length + 1);
    // xfs shows access control lists a second time under a name of its own.
    const kept = lines.filter((line) => !line.startsWith('trusted.SGI_ACL_'));
    if (kept.length > 0) found.set(name, kept.sort().join('\n'));
  }
  return found;
}

/** What differs between two trees, a line for each. */
export function differences(one: Tree, other: Tree): string[] {
  const lines: string[] = [];
  for (const name of new Set([...one.keys(), ...other.keys()])) {
    const [left, right] = [one.get(name), other.get(name)];
    const shown = JSON.stringify(name);
    if (left === undefined) lines.push(`${shown}: only in the second`);
    else if (right === undefined) lines.push(`${shown}: only in the first`);
    else {
      for (const key of new Set([...Object.keys(left), ...Object.keys(right)]) as Set<keyof Entry>) {
        if (left[key] !== right[key]) lines.push(`${shown}: ${key} ${left[key]} / ${right[key]}`);
      }
    }
  }
  return lines;
}

/** How many files a copy of a tree counts: each once, whatever the number of its names. */
export function countFiles(tree: Tree): number {
  let count = 0;
  for (const [name, entry] of tree) {
    if (entry.kind === 'file' && (entry.sameAs ?? name) === name) count += 1;
  }
  return count;
}

export interface CompareOptions {
  /** Paths from the source's root that must not be on the disk. */
  excluded?: readonly string[];
  /** Paths from the disk's root that are not of the source. */
  extra?: readonly string[];
}

/**
 * Compares a source with its copy in three ways: with diff, with rsync, and entry by entry.
 * What is returned is what they found; nothing means that the copy is the source.
 */
export async function compareTrees(
  source: string,
  copy: string,
  options: CompareOptions = {},
): Promise<string[]> {
  const { excluded = [], extra = [] } = options;
  const found = differences(await readTree(source, excluded), await readTree(copy, extra));

  const names = [...excluded, ...extra, 'special-*'].map((name) => `--exclude=${path.basename(name)}`);
  const diff = await attempt('diff', ['-r', '--no-dereference', '--brief', ...names, source, copy]);
  if (diff.exitCode !== 0) found.push(...`${diff.stdout}${diff.stderr}`.split('\n').filter(Boolean));

  const filters = [...excluded, ...extra].map((name) => `--exclude=/${name}`);
  const rsync = await attempt('rsync', [
    '-aHAXSn',
    '--delete',
    '--itemize-changes',
    '--filter=-x system.*',
    '--filter=-x trusted.SGI_ACL_*',
    ...filters,
    '--',
    `${source}/`,
    `${copy}/`,
  ]);
  found.push(...`${rsync.stdout}${rsync.stderr}`.split('\n').filter(Boolean));
  return found;
}
