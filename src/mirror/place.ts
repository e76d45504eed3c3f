/** Single calls on places of the filesystem, with the answers that the mirror needs. */

import { type BigIntStats, chmodSync, lstatSync } from 'node:fs';
import { systemCodeOf } from '../errors.ts';
import { isOpenAnywhere } from '../system/sharing.ts';
import { type ByteString, toSystemPath } from './names.ts';

/** Something that is not mirrored, and why. */
export interface Skip {
  path: ByteString;
  reason: SkipReason;
}

/** The system's code, or one of our own. */
export type SkipReason = OwnSkipReason | `E${string}`;

/**
 * `changing`: it was written to again and again. `incomplete`: it did not arrive whole. `open-elsewhere`: another program
 * keeps it to itself (Windows). `socket`, `special`: it cannot be copied, or not without GNU tar.
 */
export type OwnSkipReason = 'changing' | 'incomplete' | 'open-elsewhere' | 'socket' | 'special';

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
  return lstatSync(toSystemPath(place), { bigint: true, throwIfNoEntry: false }) ?? null;
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
