/** Renaming and removing files where something else may hold them for a moment. */

import { rename, rm } from 'node:fs/promises';
import { systemCodeOf } from '../errors.ts';
import { realClock } from './clock.ts';

/** What a virus scanner, an indexer or a backup program causes on Windows for a moment. */
const passingCodes = ['EPERM', 'EACCES', 'EBUSY'];
const tries = process.platform === 'win32' ? 10 : 1;
const retryMs = 100;

/** Gives a file another name; what has that name already is replaced. Throws the system's error. */
export function renamePatiently(from: string, to: string): Promise<void> {
  return patiently(() => rename(from, to));
}

/** Removes a file; one that is gone already is no mistake. Throws the system's error. */
export function removePatiently(file: string): Promise<void> {
  return patiently(() => rm(file, { force: true }));
}

async function patiently(act: () => Promise<void>): Promise<void> {
  for (let left = tries - 1; ; left -= 1) {
    try {
      return await act();
    } catch (error) {
      if (left === 0 || !passingCodes.includes(systemCodeOf(error) ?? '')) throw error;
      await realClock.sleep(retryMs);
    }
  }
}
