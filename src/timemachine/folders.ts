/** Makes the folders of the tree of copies, and hands them to the disk: what they hold must be found after a power cut. */

import { mkdir } from 'node:fs/promises';
import { systemCodeOf } from '../errors.ts';
import { type BytePath, bufferOf, folderOfBytes } from '../system/byte-path.ts';
import type { Destination } from './destination.ts';
import { syncFolder } from './record.ts';

/**
 * Makes a folder below the destination and those between. Only who owns the destination may look into them: a copy that
 * everybody may read can be of a file in a folder that nobody may enter.
 *
 * @throws the system's error when it cannot be made, or something else has its name
 */
export async function makeFolders(destination: Destination, folder: BytePath): Promise<void> {
  try {
    await mkdir(bufferOf(folder), 0o700);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || folder === destination.copies || folder === destination.unfinished) throw error;
    await makeFolders(destination, folderOfBytes(folder));
    await makeFolders(destination, folder);
    return;
  }
  await syncFolder(bufferOf(folderOfBytes(folder)));
}
