/** cryptsetup: unlocks and locks encrypted disks (LUKS1, LUKS2). */

import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Argv } from './run.ts';

/** In sysfs, whatever the drive's own are. */
const sectorBytes = 512;

/** What lsblk and blkid call an encrypted container. */
export const luksType = 'crypto_LUKS';

export interface UnlockRequest {
  /** The container: `/dev/sdb1`. */
  device: string;
  keyFile: string;
  /** What the unlocked device is called below /dev/mapper. */
  mapping: string;
  /** For a rehearsal: nothing in the container can be written. */
  readOnly: boolean;
}

/** The name of a container's mapping, below /dev/mapper: one that nobody else uses. */
export function mappingOf(uuid: string): string {
  return `plugback-${uuid}`;
}

/** Where the unlocked device is. */
export function mappedDevice(mapping: string): string {
  return `/dev/mapper/${mapping}`;
}

/** An unlocked device. */
export interface Mapping {
  kernelName: string;
  majorMinor: string;
  sizeBytes: number;
}

/**
 * The mapping of this name; null when there is none. Read from the kernel itself: lsblk no longer shows one whose disk
 * was pulled out (seen with 2.41), and just that one must be found.
 */
export async function findMapping(mapping: string, sysRoot: string): Promise<Mapping | null> {
  const folder = path.join(sysRoot, 'class/block');
  const names = await readdir(folder).catch(() => []);
  for (const kernelName of names.filter((name) => /^dm-\d/.test(name))) {
    const read = (file: string) => readFile(path.join(folder, kernelName, file), 'utf8').catch(() => '');
    if ((await read('dm/name')).trim() !== mapping) continue;
    const sectors = Number(await read('size'));
    return { kernelName, majorMinor: (await read('dev')).trim(), sizeBytes: sectors * sectorBytes };
  }
  return null;
}

/** The arguments that unlock; nobody is ever asked for a passphrase. */
export function unlockArgv({ device, keyFile, mapping, readOnly }: UnlockRequest): Argv {
  const options = ['--type', 'luks', '--batch-mode', ...(readOnly ? ['--readonly'] : [])];
  return ['cryptsetup', 'open', ...options, '--key-file', keyFile, '--', device, mapping];
}

/** The arguments that lock; `deferred` leaves it to the kernel to do so when nobody uses the mapping any more. */
export function lockArgv(mapping: string, options: { deferred: boolean } = { deferred: false }): Argv {
  return ['cryptsetup', 'close', ...(options.deferred ? ['--deferred'] : []), '--', mapping];
}

/** The arguments that read a container's header; they fail when it cannot be read. */
export function headerArgv(device: string): Argv {
  return ['cryptsetup', 'luksDump', '--', device];
}

/** What came of unlocking. */
export type UnlockVerdict = 'unlocked' | 'wrong-key' | 'in-use' | 'failed';

/** What cryptsetup's exit code says; see cryptsetup(8), "RETURN CODES". 1 and 4 stand for much, the header's state too. */
export function unlockVerdict(exitCode: number | null): UnlockVerdict {
  if (exitCode === 0) return 'unlocked';
  if (exitCode === 2) return 'wrong-key';
  return exitCode === 5 ? 'in-use' : 'failed';
}
