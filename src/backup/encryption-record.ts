/**
 * Which disks were encrypted when they were filled. A UUID is written down on the disk, so anybody can make a plain one that
 * carries it; filled with everything, it would be carried out of the house for everybody to read.
 */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { PlugbackError } from '../errors.ts';
import { writeAtomically } from '../status/atomic-file.ts';
import type { StatusPaths } from '../status/paths.ts';
import type { Disk } from './find-disk.ts';
import { isEncrypted } from './unlocked-disk.ts';

/** Where it is written down that the disk with this UUID is encrypted. */
export function encryptionRecord({ sourceRecord }: Pick<StatusPaths, 'sourceRecord'>, uuid: string): string {
  const name = uuid.toLowerCase().replaceAll(/[^0-9a-z-]/g, '_');
  return path.join(path.dirname(sourceRecord), 'encrypted-disks', name);
}

/** Remembers a disk that the key has unlocked. @throws the system's error when it cannot be written */
export function rememberEncryption(paths: Pick<StatusPaths, 'sourceRecord'>, disk: Disk): void {
  const record = encryptionRecord(paths, disk.uuid);
  if (isEncrypted(disk) && !existsSync(record)) writeAtomically(record, '');
}

/**
 * Makes sure that a disk which was encrypted still is.
 *
 * @throws PlugbackError `not-encrypted-any-more`
 */
export function verifyEncryption(paths: Pick<StatusPaths, 'sourceRecord'>, disk: Disk): void {
  const record = encryptionRecord(paths, disk.uuid);
  if (isEncrypted(disk) || !existsSync(record)) return;
  throw new PlugbackError('not-encrypted-any-more', { device: disk.device, path: record });
}
