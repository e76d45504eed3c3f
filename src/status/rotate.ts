/** Old logs make room: `name.log` becomes `name.log.1`, that becomes `name.log.2`, and so on. */

import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { makeFolder } from '../system/folder.ts';

/**
 * Moves a log aside when it has reached a size; the oldest one goes.
 *
 * @param options.atBytes rotate from this size on; 0 rotates whatever is there
 * @param options.keep how many old ones stay
 */
export function rotateLog(filePath: string, options: { atBytes: number; keep: number }): void {
  makeFolder(path.dirname(filePath));
  const size = statSync(filePath, { throwIfNoEntry: false })?.size;
  if (size === undefined || size < options.atBytes) return;
  rmSync(`${filePath}.${options.keep}`, { force: true });
  for (let number = options.keep - 1; number >= 1; number -= 1) {
    if (statSync(`${filePath}.${number}`, { throwIfNoEntry: false }) === undefined) continue;
    renameSync(`${filePath}.${number}`, `${filePath}.${number + 1}`);
  }
  renameSync(filePath, `${filePath}.1`);
}

/** Removes the oldest files of a folder (by name, which begins with the time) until `keep` are left. */
export function pruneOldest(directory: string, keep: number): void {
  const names = readdirSync(directory).sort();
  for (const name of names.slice(0, Math.max(0, names.length - keep))) {
    rmSync(path.join(directory, name), { force: true });
  }
}
