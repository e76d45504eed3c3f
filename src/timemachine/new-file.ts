/**
 * New files in folders that somebody else may write to as well. Root gives them owner, rights and time through their
 * handle: under their name there may be a link to something else by then, whose rights would be changed.
 */

import { constants } from 'node:fs';
import { copyFile, type FileHandle, open, rm } from 'node:fs/promises';

/** A file as it is when it is made: mode 0600, empty. Its name is free again at the end, unless it was renamed. */
export async function withNewFile<T>(name: Buffer, body: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(name, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    return await body(file);
  } finally {
    await file.close();
    await rm(name, { force: true });
  }
}

/** Copies a whole file into an open one; where the filesystem can, they share their blocks until one changes. */
export async function copyInto(source: string | Buffer, file: FileHandle): Promise<void> {
  await copyFile(source, throughHandle(file), constants.COPYFILE_FICLONE);
}

/** A path to an open file, whatever has happened to its name. */
export function throughHandle({ fd }: FileHandle): string {
  return `/proc/self/fd/${fd}`;
}

/**
 * Sets when a file was changed. libuv cuts off what is below a microsecond, towards 1970; so it is half a one further away,
 * and rounding lands on the same. As text: a number below 0 means the time of now to Node.
 *
 * @param timeUs in µs since 1970
 */
export async function setTime(file: FileHandle, timeUs: number): Promise<void> {
  const seconds = String((timeUs + (timeUs < 0 ? -0.5 : 0.5)) / 1e6);
  await file.utimes(seconds, seconds);
}
