/** mount and umount. */

import type { Argv } from './run.ts';

/**
 * Nothing on a disk from outside may run, act as a device, gain rights, or lead out of the disk by a link.
 * Access times are not kept: writing them would only slow the copy down.
 */
const safeOptions = ['nosuid', 'nodev', 'noexec', 'nosymfollow', 'noatime'];

/**
 * Filesystems that keep no rights of their own would be open to every user of this machine while they are mounted.
 * Times on FAT are this machine's: after a change of summer time every file would be another hour old, and be copied anew.
 */
const foreignOptions: { readonly [fsType: string]: readonly string[] } = {
  vfat: ['umask=077', 'utf8=1', 'tz=UTC'],
  exfat: ['umask=077'],
  ntfs: ['umask=077'],
};

/**
 * Who mounts a filesystem, the best first; the kernel's own driver has the filesystem's name where nothing stands here.
 * `ntfs` alone is the kernel's old driver, which cannot write, or the program that somebody has put in its place.
 */
const drivers: { readonly [fsType: string]: readonly string[] } = {
  exfat: ['exfat', 'exfat-fuse'],
  ntfs: ['ntfs3', 'ntfs-3g', 'ntfs'],
};

/** The Debian package that brings a driver to a kernel without one. */
const driverPackages: { readonly [fsType: string]: string } = { exfat: 'exfat-fuse', ntfs: 'ntfs-3g' };

export function driversOf(fsType: string): readonly string[] {
  return own(drivers, fsType) ?? [fsType];
}

export function driverPackage(fsType: string): string | null {
  return own(driverPackages, fsType) ?? null;
}

/** The entry of a table; a type comes off a disk, and one called `toString` must find nothing. */
function own<T>(table: { readonly [fsType: string]: T }, fsType: string): T | undefined {
  return Object.hasOwn(table, fsType) ? table[fsType] : undefined;
}

/** Filesystems of which a rehearsal does not even replay the journal, and the option that says so. */
const noReplay: { readonly [fsType: string]: string } = {
  ext3: 'noload',
  ext4: 'noload',
  xfs: 'norecovery',
  btrfs: 'rescue=nologreplay',
};

export interface MountRequest {
  /** As mount knows it: `UUID=…` or a device. */
  source: string;
  fsType: string;
  /** One of `driversOf(fsType)`. */
  driver: string;
  mountPoint: string;
  /** For a rehearsal: nothing on the disk is changed, not even by replaying its journal. */
  readOnly: boolean;
}

/** The arguments that mount a filesystem. */
export function mountArgv(request: MountRequest): Argv {
  const { source, fsType, driver, mountPoint, readOnly } = request;
  const options = [readOnly ? 'ro' : 'rw', ...safeOptions, ...(own(foreignOptions, fsType) ?? [])];
  // Seen otherwise: ext4 with an I/O error went on as if nothing had been.
  if (fsType.startsWith('ext')) options.push('errors=remount-ro');
  const replay = own(noReplay, fsType);
  if (readOnly && replay !== undefined) options.push(replay);
  return ['mount', '-t', driver, '-o', options.join(','), '--source', source, '--target', mountPoint];
}

/** Is a mount, by its options, as closed as was asked for? */
export function isClosedUp(options: readonly string[]): boolean {
  return safeOptions.every((option) => options.includes(option));
}

/** The arguments that close up a mount whose driver, a program of its own, did not pass the options on. */
export function closeUpArgv({ mountPoint, readOnly }: { mountPoint: string; readOnly: boolean }): Argv {
  const options = ['remount', 'bind', readOnly ? 'ro' : 'rw', ...safeOptions];
  return ['mount', '--internal-only', '-o', options.join(','), '--target', mountPoint];
}

/** The arguments that unmount; `lazy` detaches at once and leaves the rest to the kernel. */
export function umountArgv(mountPoint: string, options: { lazy: boolean } = { lazy: false }): Argv {
  return options.lazy ? ['umount', '--lazy', '--', mountPoint] : ['umount', '--', mountPoint];
}

/** The arguments that write everything of one filesystem to its device (syncfs) and fail when that failed. */
export function syncArgv(mountPoint: string): Argv {
  return ['sync', '--file-system', '--', mountPoint];
}

/** The arguments that write everything of one device to it: a driver that is a program writes there, past its filesystem. */
export function syncDeviceArgv(device: string): Argv {
  return ['sync', '--', device];
}
