/** The key file of an encrypted disk: there, and nobody else's to read or to replace. */

import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { type KeyFileFlaw, systemCodeOf } from '../errors.ts';

/** The name under which systemd hands over the key, see LoadCredential= in systemd.exec(5). */
const credentialName = 'plugback-key';

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
 * program, that nobody else can read or write. A link is followed: what counts is the file.
 */
export async function keyFileFlaw(keyFile: string): Promise<KeyFileFlaw | null> {
  try {
    const stats = await stat(keyFile);
    if (!stats.isFile()) return 'not-a-file';
    if (stats.size === 0) return 'empty';
    const ours = [0, process.geteuid?.()];
    if (!ours.includes(stats.uid)) return 'foreign-owner';
    const others = constants.S_IRWXG | constants.S_IRWXO;
    return (stats.mode & others) === 0 ? null : 'readable-by-others';
  } catch (error) {
    return systemCodeOf(error) === 'ENOENT' ? 'missing' : 'unreadable';
  }
}
