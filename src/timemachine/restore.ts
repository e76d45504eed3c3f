/** Brings a version of a file back: whole, with its rights and its time, in one moment. */

import { existsSync, lstatSync } from 'node:fs';
import { chown, lstat, mkdir, realpath, rename } from 'node:fs/promises';
import { PlugbackError, reasonOf, systemCodeOf } from '../errors.ts';
import {
  type BytePath,
  bufferOf,
  bytesOf,
  folderOfBytes,
  joinBytes,
  textOfBytes,
} from '../system/byte-path.ts';
import type { Version } from './destination.ts';
import { copyInto, setTime, withNewFile } from './new-file.ts';
import { syncFolder } from './record.ts';

/** What a version is called, beside the file's place, until it is whole. */
export const restoringPrefix = '.plugback-restore-';

export interface RestoreRequest {
  version: Version;
  target: BytePath;
  /** Is it the file's own place? Then it may replace what is there, and folders that have gone are made again. */
  mayReplace: boolean;
  isRoot: boolean;
  /** Different for each process. */
  token: string;
}

/**
 * Puts a version in its place; until then what was there stays.
 *
 * @throws PlugbackError `restore-exists`, `restore-folder-missing`, `restore-failed`
 */
export async function restoreVersion(request: RestoreRequest): Promise<void> {
  const { version, isRoot, token } = request;
  const path = textOfBytes(request.target);
  if (!request.mayReplace && isThere(request.target)) throw new PlugbackError('restore-exists', { path });
  const folder = folderOfBytes(request.target);
  if (!request.mayReplace && !existsSync(bufferOf(folder)))
    throw new PlugbackError('restore-folder-missing', { path: `${textOfBytes(folder)}/` });
  try {
    // A link to the file stays a link.
    const target = await behindLinks(request.target);
    const { mode, uid, gid } = await lstat(bufferOf(version.path));
    if (request.mayReplace) await makeFolders(folderOfBytes(target), isRoot ? { uid, gid } : null);
    const temporary = bufferOf(joinBytes(folderOfBytes(target), restoringPrefix + token));
    await withNewFile(temporary, async (made) => {
      await copyInto(bufferOf(version.path), made);
      if (isRoot) await made.chown(uid, gid).catch(() => undefined);
      await made.chmod(mode & 0o777);
      await setTime(made, version.modifiedUs);
      await made.sync();
      await rename(temporary, bufferOf(target));
      await syncFolder(bufferOf(folderOfBytes(target)));
    });
  } catch (error) {
    throw new PlugbackError('restore-failed', { path, reason: reasonOf(error) }, { cause: error });
  }
}

/** A link that leads nowhere is something, too. */
function isThere(target: BytePath): boolean {
  return lstatSync(bufferOf(target), { throwIfNoEntry: false }) !== undefined;
}

/**
 * Makes the folders that have gone with the file. Their rights went as well, so only the file's owner may look into them.
 *
 * @param owner null: whoever calls
 */
async function makeFolders(folder: BytePath, owner: { uid: number; gid: number } | null): Promise<void> {
  try {
    await mkdir(bufferOf(folder), 0o700);
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return;
    if (systemCodeOf(error) !== 'ENOENT' || folder === '/') throw error;
    await makeFolders(folderOfBytes(folder), owner);
    await mkdir(bufferOf(folder), 0o700);
  }
  if (owner !== null) await chown(bufferOf(folder), owner.uid, owner.gid);
}

async function behindLinks(target: BytePath): Promise<BytePath> {
  try {
    return bytesOf(await realpath(bufferOf(target), { encoding: 'buffer' }));
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return target;
    throw error;
  }
}
