/** Removes files and folders by names that are bytes; Node's own recursive `rm` would decode them. */

import { lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { type ByteString, folderOf, joinNames, nameEncoding, toSystemPath } from './names.ts';
import { codeOf, createWatch, opened, type Skip } from './place.ts';

export interface RemoveTask {
  replica: ByteString;
  paths: readonly ByteString[];
}

export interface RemoveResult {
  /** All that is gone, what was in a folder before the folder. */
  removed: ByteString[];
  skipped: Skip[];
}

/** What cannot be removed stays, with the folders that it is in; the rest goes. */
export function removeAll({ replica, paths }: RemoveTask): RemoveResult {
  const result: RemoveResult = { removed: [], skipped: [] };
  const isBehindLink = createWatch(replica);
  for (const path of paths) {
    if (isBehindLink(path)) result.skipped.push({ path, reason: 'ELOOP' });
    else removeEntry(replica, path, result);
  }
  return result;
}

function removeEntry(root: ByteString, path: ByteString, result: RemoveResult): void {
  const place = toSystemPath(joinNames(root, path));
  try {
    if (lstatSync(place).isDirectory()) {
      const names = opened([joinNames(root, path)], () => readdirSync(place, nameEncoding) as ByteString[]);
      for (const name of names) removeEntry(root, joinNames(path, name), result);
      opened([joinNames(root, folderOf(path))], () => rmdirSync(place));
    } else opened([joinNames(root, folderOf(path))], () => unlinkSync(place));
    result.removed.push(path);
  } catch (error) {
    const code = codeOf(error);
    // Why something in it stayed has been told.
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY') result.skipped.push({ path, reason: code });
  }
}

/** Removes one place with all that is in it. @throws the system's error when something stays */
export function removeTree(place: ByteString): void {
  const { skipped } = removeAll({
    replica: folderOf(place),
    paths: [place.slice(folderOf(place).length + 1)],
  });
  if (skipped[0] !== undefined)
    throw Object.assign(new Error(skipped[0].reason), { code: skipped[0].reason });
}
