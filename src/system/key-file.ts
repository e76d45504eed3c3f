/** The key file of an encrypted disk: there, and nobody else's to read or to replace. */

import { constants, type Stats } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { type KeyFileFlaw, systemCodeOf } from '../errors.ts';

/** The name under which systemd hands over the key, see LoadCredential= in systemd.exec(5). */
const credentialName = 'plugback-key';
const stickyBit = 0o1000;

/**
 * Where the key is: the configured file, else the one that systemd handed over; null when there is neither.
 *
 * @param environment with CREDENTIALS_DIRECTORY where systemd started this process with credentials
 */
export async function findKeyFile(
  configured: string | null,
  environment: NodeJS.ProcessEnv,
): Promise<string | null> {
  if (configured !== null) return configured;
  const directory = environment.CREDENTIALS_DIRECTORY;
  if (directory === undefined) return null;
  const credential = path.join(directory, credentialName);
  return access(credential).then(
    () => credential,
    () => null,
  );
}

/**
 * What is wrong with a key file; null when nothing is. It must be a plain file of root's, or of whoever runs this
 * program, that nobody else can read, write or put another in place of. A link is followed: what counts is the file.
 */
export async function keyFileFlaw(keyFile: string): Promise<KeyFileFlaw | null> {
  try {
    const stats = await stat(keyFile);
    if (!stats.isFile()) return 'not-a-file';
    if (stats.size === 0) return 'empty';
    if (!isOurs(stats)) return 'foreign-owner';
    const others = constants.S_IRWXG | constants.S_IRWXO;
    if ((stats.mode & others) !== 0) return 'readable-by-others';
    // Through a link there are two ways to the file, and either could be bent.
    const folders = new Set([
      ...foldersAbove(path.resolve(keyFile)),
      ...foldersAbove(await realpath(keyFile)),
    ]);
    for (const folder of folders) if (isOpen(await stat(folder))) return 'in-an-open-folder';
    return null;
  } catch (error) {
    return systemCodeOf(error) === 'ENOENT' ? 'missing' : 'unreadable';
  }
}

function isOurs({ uid }: Stats): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

/** Whoever can write into a folder can replace what is in it; not so where the sticky bit keeps each to their own. */
function isOpen(folder: Stats): boolean {
  if (!isOurs(folder)) return true;
  if ((folder.mode & stickyBit) !== 0) return false;
  const byGroup = (folder.mode & constants.S_IWGRP) !== 0 && folder.gid !== 0;
  return byGroup || (folder.mode & constants.S_IWOTH) !== 0;
}

function foldersAbove(file: string): string[] {
  const folder = path.dirname(file);
  return folder === file ? [] : [folder, ...foldersAbove(folder)];
}
