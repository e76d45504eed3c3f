/** What is really mounted at a place, and whether what was written to it arrived. */

import { PlugbackError } from '../errors.ts';
import { deviceErrors, type KernelLogMark, readKernelLog } from '../system/kernel-log.ts';
import { syncArgv, syncDeviceArgv } from '../system/mount.ts';
import { isReadOnly, type Mount, mountAt, readMounts } from '../system/mountinfo.ts';
import type { System } from '../system/system.ts';
import type { Disk } from './find-disk.ts';

/** Where a disk should be mounted, and how. */
export interface MountPlace {
  disk: Disk;
  /** Free of links. */
  mountPoint: string;
  readOnly: boolean;
}

/** Does a mount show this disk? btrfs has numbers of its own, so there the device's name decides. */
export function isMountOf(mount: Mount, disk: Disk): boolean {
  return (
    mount.majorMinor === disk.majorMinor ||
    (mount.majorMinor.startsWith('0:') && mount.source === disk.device)
  );
}

/** Is a disk mounted anywhere? */
export async function isMounted(disk: Disk, system: System): Promise<boolean> {
  return (await readMounts(system.roots.proc)).some((mount) => isMountOf(mount, disk));
}

/** @throws PlugbackError `destination-not-mounted`, `disk-read-only` */
export async function verifyMounted(
  { disk, mountPoint, readOnly }: MountPlace,
  system: System,
): Promise<void> {
  const mount = mountAt(await readMounts(system.roots.proc), mountPoint);
  if (mount === null || !isMountOf(mount, disk))
    throw new PlugbackError('destination-not-mounted', { mountPoint });
  if (!readOnly && isReadOnly(mount))
    throw new PlugbackError('disk-read-only', { device: disk.device, writeProtected: false });
}

/**
 * Hands everything to the device, and believes only what the kernel says about it.
 *
 * @throws PlugbackError `flush-failed`, `destination-not-mounted`
 */
export async function sync({ disk, mountPoint, readOnly }: MountPlace, system: System): Promise<void> {
  const mount = mountAt(await readMounts(system.roots.proc), mountPoint);
  if (mount === null || !isMountOf(mount, disk))
    throw new PlugbackError('destination-not-mounted', { mountPoint });
  let result = await system.runner.run(syncArgv(mountPoint));
  // There syncfs reaches only the driver's program, which writes through the device's own buffers.
  if (result.exitCode === 0 && mount.fsType === 'fuseblk') {
    result = await system.runner.run(syncDeviceArgv(disk.device));
  }
  if (result.exitCode !== 0) {
    const reason = result.stderr.trim().replace(/^sync: /, '') || `exit code ${result.exitCode}`;
    throw new PlugbackError('flush-failed', { mountPoint, reason });
  }
  // An ext filesystem that met an error turned itself read-only; what came after was not written.
  const after = mountAt(await readMounts(system.roots.proc), mountPoint);
  if (!readOnly && after !== null && isReadOnly(after)) {
    throw new PlugbackError('flush-failed', { mountPoint, reason: 'the filesystem turned itself read-only' });
  }
}

/** @throws PlugbackError `disk-io-error` when the kernel has logged an error of the disk since the mark */
export async function verifyNoDeviceErrors(
  disk: Disk,
  mark: KernelLogMark | null,
  system: System,
): Promise<void> {
  if (mark === null) return;
  const lines = deviceErrors(await readKernelLog(system.runner), mark, disk.kernelNames);
  if (lines.length > 0)
    throw new PlugbackError('disk-io-error', { device: disk.device, lines: lines.slice(0, 3) });
}
