/** Step 1: which of the attached filesystems is the backup disk. */

import type { EnrolledDisk } from '../config/types.ts';
import { PlugbackError } from '../errors.ts';
import { type BlockDevice, isSameUuid, listBlockDevices, systemUses } from '../system/block-devices.ts';
import type { Runner } from '../system/run.ts';

/** The backup disk of a run. */
export interface Disk {
  uuid: string;
  label: string | null;
  /** `/dev/sdb1`. */
  device: string;
  majorMinor: string;
  /** `crypto_LUKS` for an encrypted disk that is still locked. */
  fsType: string;
  sizeBytes: number;
  writeProtected: boolean;
  /** Its own kernel name and those of the drive it lies on, as the kernel's log names them. */
  kernelNames: string[];
}

/** Looks at the machine and chooses, see `chooseDisk`. */
export async function findDisk(
  wanted: { uuid: string | null; enrolled: readonly EnrolledDisk[]; configPath: string },
  runner: Runner,
): Promise<Disk> {
  if (wanted.enrolled.length === 0) throw new PlugbackError('no-disks-enrolled', { path: wanted.configPath });
  return chooseDisk(wanted, await listBlockDevices(runner));
}

/**
 * The first UUID of the list that is attached, or the one that was asked for.
 *
 * @throws PlugbackError `no-disk-attached`, `disk-not-attached`, `duplicate-uuid`, `system-disk`
 */
export function chooseDisk(
  wanted: { uuid: string | null; enrolled: readonly EnrolledDisk[] },
  devices: readonly BlockDevice[],
): Disk {
  const uuids = wanted.uuid === null ? wanted.enrolled.map((disk) => disk.uuid) : [wanted.uuid];
  for (const uuid of uuids) {
    const matches = devices.filter((device) => isSameUuid(device.uuid, uuid));
    const [device] = matches;
    if (device === undefined) continue;
    if (matches.length > 1) {
      throw new PlugbackError('duplicate-uuid', { uuid, devices: matches.map((match) => match.path) });
    }
    return verifyDevice(device, uuid, devices);
  }
  if (wanted.uuid !== null) throw new PlugbackError('disk-not-attached', { uuid: wanted.uuid });
  throw new PlugbackError('no-disk-attached', { uuids });
}

function verifyDevice(device: BlockDevice, uuid: string, all: readonly BlockDevice[]): Disk {
  const uses = systemUses(device, all);
  if (uses.length > 0) throw new PlugbackError('system-disk', { device: device.path, uses: uses.join(', ') });
  return {
    // As the device writes it, not as the configuration does: mount compares letter by letter.
    uuid: device.uuid ?? uuid,
    label: device.label,
    device: device.path,
    majorMinor: device.majorMinor,
    fsType: device.fsType ?? 'auto',
    sizeBytes: device.sizeBytes,
    writeProtected: device.readOnly,
    kernelNames: [device.kernelName, ...device.ancestors],
  };
}
