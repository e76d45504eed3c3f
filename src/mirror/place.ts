/** Single calls on places of the filesystem, with the answers that the mirror needs. */

import { type BigIntStats, chmodSync, constants, lstatSync } from 'node:fs';
import { systemCodeOf } from '../errors.ts';
import { isOpenAnywhere } from '../system/sharing.ts';
import { type ByteString, folderOf, joinNames, toSystemPath } from './names.ts';

/** Something that is not mirrored, and why. */
export interface Skip {
  path: ByteString;
  reason: SkipReason;
}

/** The system's code, or one of our own. */
export type SkipReason = OwnSkipReason | `E${string}`;

/**
 * `changing`: it was written to again and again. `incomplete`: it did not arrive whole. `open-elsewhere`: another program
 * keeps it to itself (Windows). `reserved`: it has the name of the stage. `socket`, `special`: it cannot be copied, or not
 * without GNU tar.
 */
export type OwnSkipReason = 'changing' | 'incomplete' | 'open-elsewhere' | 'reserved' | 'socket' | 'special';

/** What became of an entry: null when it is as it should be; `gone` when the source has it no more. */
export type Outcome = SkipReason | 'gone' | null;

export function codeOf(error: unknown): SkipReason {
  const code = systemCodeOf(error) ?? 'EUNKNOWN';
  if (process.platform === 'win32' && isInUse(error as NodeJS.ErrnoException, code)) return 'open-elsewhere';
  return code as SkipReason;
}

/**
 * Windows says EBUSY of what cannot be opened because somebody else has. Where such a file is to be replaced or removed, it
 * says EPERM, as it does where rights are missing.
 */
function isInUse({ syscall, path, dest }: NodeJS.ErrnoException & { dest?: string }, code: string): boolean {
  if (code !== 'EPERM' || (syscall !== 'rename' && syscall !== 'unlink')) return code === 'EBUSY';
  return [path, dest].some((place) => place !== undefined && isOpenAnywhere(place));
}

/** Windows knows neither of the two. */
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>;

/**
 * How a file is opened that something else may have taken the place of since it was looked at: a link is not followed, and
 * a pipe, at which a thread would wait for ever, not waited for.
 */
export const readingFlags = constants.O_RDONLY | O_NOFOLLOW | O_NONBLOCK;

/** @returns what it returns, or the code of what it throws */
export function attempt<T>(act: () => T): T | SkipReason {
  try {
    return act();
  } catch (error) {
    return codeOf(error);
  }
}

/** @throws the system's error, unless it is that nothing is there */
export function statsOrNull(place: ByteString): BigIntStats | null {
  try {
    return lstatSync(toSystemPath(place), { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch (error) {
    // The folder that it was in has become a file.
    if (systemCodeOf(error) === 'ENOTDIR') return null;
    throw error;
  }
}

/**
 * Does something in, or with, folders. Without root's rights, one whose mode was mirrored may be closed to its owner: it is opened
 * then; modes are set last.
 */
export function opened<T>(folders: readonly ByteString[], act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (systemCodeOf(error) !== 'EACCES') throw error;
    for (const folder of folders) openFolder(folder);
    return act();
  }
}

function openFolder(folder: ByteString): void {
  const place = toSystemPath(folder);
  const stats = lstatSync(place);
  if (stats.isDirectory()) chmodSync(place, (stats.mode & 0o7777) | 0o700);
}

/**
 * Watches that the way to an entry leads through no link. Whoever may write to one of the trees could put a link in a
 * folder's place after the two were compared; what is written, deleted or read behind it would be anything. Each folder is
 * looked at once: good for a batch, too old for a cycle.
 *
 * @returns what tells whether there is a link on the way to an entry of the tree; how the entry itself is, does not matter
 */
export function createWatch(root: ByteString): (path: ByteString) => boolean {
  const known = new Map<ByteString, boolean>();
  const isBehindLink = (folder: ByteString): boolean => {
    const answer = known.get(folder);
    if (answer !== undefined) return answer;
    const isLink = folder !== '' && isBehindLink(folderOf(folder));
    const found = isLink || isLinkAt(folder === '' ? root : joinNames(root, folder));
    // A folder that is still to come may come in the same batch.
    if (found !== null) known.set(folder, found);
    return found === true;
  };
  return (path) => isBehindLink(folderOf(path));
}

/** Null where nothing can be seen: then nothing can be done there either, and that tells why. */
function isLinkAt(place: ByteString): boolean | null {
  try {
    return lstatSync(toSystemPath(place)).isSymbolicLink();
  } catch {
    return null;
  }
}

/** What there is behind a link is not the replica's. @throws an error with the code `ELOOP` */
export function verifyWay(isBehindLink: (path: ByteString) => boolean, path: ByteString): void {
  if (isBehindLink(path)) throw Object.assign(new Error('ELOOP'), { code: 'ELOOP' });
}
