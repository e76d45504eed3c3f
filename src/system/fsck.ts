/** The check of a filesystem before it is mounted: only what can be repaired safely and without asking. */

import type { Argv } from './run.ts';

const checkers: { readonly [fsType: string]: (device: string) => Argv } = {
  ext2: (device) => ['e2fsck', '-p', device],
  ext3: (device) => ['e2fsck', '-p', device],
  ext4: (device) => ['e2fsck', '-p', device],
  vfat: (device) => ['fsck.fat', '-a', device],
  exfat: (device) => ['fsck.exfat', '-p', device],
};

/** The arguments of the checker; null where the filesystem repairs itself when mounted (xfs, btrfs) or has none. */
export function fsckArgv(fsType: string, device: string): Argv | null {
  // The type comes off a disk: a filesystem called `toString` must find nothing.
  return Object.hasOwn(checkers, fsType) ? (checkers[fsType]?.(device) ?? null) : null;
}

export type FsckResult = 'clean' | 'repaired' | 'damaged';

/** What a checker's exit code says; see fsck(8): bit 0 repaired, bit 1 reboot wanted, above that not repaired. */
export function fsckResult(exitCode: number | null): FsckResult {
  if (exitCode === 0) return 'clean';
  return exitCode !== null && exitCode < 4 ? 'repaired' : 'damaged';
}
