/** Makes the folders of the tree of copies, and hands them to the disk: what they hold must be found after a power cut. */

import { lstat, mkdir, realpath } from 'node:fs/promises';
import { systemCodeOf } from '../errors.ts';
import { type BytePath, bufferOf, bytesOf, folderOfBytes, joinBytes } from '../system/byte-path.ts';
import type { Destination } from './destination.ts';
import { syncFolder } from './record.ts';

/**
 * Makes a folder below the destination and those between. Only who owns the destination may look into them: a copy that
 * everybody may read can be of a file in a folder that nobody may enter.
 *
 * A disk may have been in other hands: a link in place of one of the folders is not followed out of it.
 *
 * @throws the system's error when it cannot be made; ELOOP when a link has the place of one of the folders
 */
export async function makeFolders(destination: Destination, folder: BytePath): Promise<void> {
  const top = folderOfBytes(destination.copies);
  // The destination itself may well be reached through links.
  const realTop = await realPath(top);
  await make(folder, top, joinBytes(realTop, folder.slice(top.length)));
}

async function make(folder: BytePath, top: BytePath, expected: BytePath): Promise<void> {
  try {
    if ((await realPath(folder)) !== expected) throw linkInTheWay();
    return;
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT' || folder === top) throw error;
  }
  const above = folderOfBytes(folder);
  await make(above, top, folderOfBytes(expected));
  try {
    await mkdir(bufferOf(folder), 0o700);
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
    // Made for another copy in the same moment; or a link that leads nowhere.
    if (!(await lstat(bufferOf(folder))).isDirectory()) throw linkInTheWay();
  }
  await syncFolder(bufferOf(above));
}

async function realPath(folder: BytePath): Promise<BytePath> {
  return bytesOf(await realpath(bufferOf(folder), { encoding: 'buffer' }));
}

function linkInTheWay(): Error {
  return Object.assign(new Error('ELOOP: a symbolic link is in its place'), { code: 'ELOOP' });
}
