/** mount and umount. */

import type { Argv } from './run.ts';

/**
 * Nothing on a disk from outside may run, act as a device, gain rights, or lead out of the disk by a link.
 * Access times are not kept: writing them would only slow the copy down.
 */
const safeOptions = ['nosuid', 'nodev', 'noexec', 'nosymfollow', 'noatime'];

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
  mountPoint: string;
  /** For a rehearsal: nothing on the disk is changed, not even by replaying its journal. */
  readOnly: boolean;
}

/** The arguments that mount a filesystem. */
export function mountArgv(request: MountRequest): Argv {
  const { source, fsType, mountPoint, readOnly } = request;
  const options = [readOnly ? 'ro' : 'rw', ...safeOptions];
  // Seen otherwise: ext4 with an I/O error went on as if nothing had been.
  if (fsType.startsWith('ext')) options.push('errors=remount-ro');
  const replay = Object.hasOwn(noReplay, fsType) ? noReplay[fsType] : undefined;
  if (readOnly && replay !== undefined) options.push(replay);
  return ['mount', '-t', fsType, '-o', options.join(','), '--source', source, '--target', mountPoint];
}

/** The arguments that unmount; `lazy` detaches at once and leaves the rest to the kernel. */
export function umountArgv(mountPoint: string, options: { lazy: boolean } = { lazy: false }): Argv {
  return options.lazy ? ['umount', '--lazy', '--', mountPoint] : ['umount', '--', mountPoint];
}

/** The arguments that write everything of one filesystem to its device (syncfs) and fail when that failed. */
export function syncArgv(mountPoint: string): Argv {
  return ['sync', '--file-system', '--', mountPoint];
}
