/** Which of the attached filesystems can become a backup disk, and which one somebody means. Pure. */

import { isFilesystemUuid } from '../config/parsers.ts';
import { type EnrollObstacle, PlugbackError } from '../errors.ts';
import { type BlockDevice, isSameUuid, systemUses } from '../system/block-devices.ts';
import { luksType } from '../system/cryptsetup.ts';
import { type ForeignFilesystem, limitsOf } from '../system/filesystems.ts';

/** Filesystems that can be mounted for writing and hold files of any kind. */
const capable = ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'f2fs', 'jfs', 'vfat', 'exfat', 'ntfs', 'ntfs3'];

/** Smaller than any filesystem worth the name: the shell of logical partitions, the space of a boot loader. */
const leastBytes = 2_000_000;

/** A filesystem that takes something away from the copy; null where it keeps everything. */
export function shortcomingOf(fsType: string | null): ForeignFilesystem | null {
  return limitsOf(fsType)?.name ?? null;
}

/**
 * The attached filesystems, and the disks and partitions that are still empty. Left out is what nobody plugged in:
 * memory, CD drives, the packages that Ubuntu attaches as images.
 */
export function attachedFilesystems(devices: readonly BlockDevice[]): BlockDevice[] {
  const below = new Set(devices.flatMap((device) => device.ancestors));
  return devices.filter((device) => {
    if (device.sizeBytes === 0 || device.type === 'rom' || /^(zram|ram|fd)\d/.test(device.kernelName))
      return false;
    if (device.fsType !== null) return !(device.type === 'loop' && device.fsType === 'squashfs');
    return !below.has(device.kernelName) && device.sizeBytes >= leastBytes && device.type !== 'loop';
  });
}

/** Why a filesystem cannot become a backup disk; null when it can. */
export function enrollObstacle(device: BlockDevice, all: readonly BlockDevice[]): EnrollObstacle | null {
  const { fsType, uuid } = device;
  if (fsType === 'swap') return 'swap';
  // Before anything that would advise to format it.
  if (systemUses(device, all).length > 0) return 'system-disk';
  if (fsType === null) return 'no-filesystem';
  if (fsType === 'BitLocker') return 'encrypted';
  if (!capable.includes(fsType) && fsType !== luksType) return 'unsupported';
  if (uuid === null || !isFilesystemUuid(uuid)) return 'no-uuid';
  if (all.some((other) => other.path !== device.path && isSameUuid(other.uuid, uuid)))
    return 'duplicate-uuid';
  return device.readOnly ? 'read-only' : null;
}

/** The encrypted container in which a device lies; null where there is none. */
export function containerOf(device: BlockDevice, all: readonly BlockDevice[]): BlockDevice | null {
  const below = all.filter(({ kernelName }) => device.ancestors.includes(kernelName));
  return below.find(({ fsType }) => fsType === luksType) ?? null;
}

/** What somebody typed to name a disk. */
export interface TypedDisk {
  /** A UUID, a device, a whole disk; as typed. */
  text: string;
  /** Where it leads as a path, links followed; null when there is nothing. */
  resolved: string | null;
}

/** A whole disk that holds several filesystems: nobody can tell which one is meant. */
export interface SeveralFilesystems {
  several: BlockDevice[];
}

/**
 * The filesystem that is meant.
 *
 * @throws PlugbackError `device-not-found`, `disk-not-attached`, `duplicate-uuid`, and `cannot-enroll` for a disk
 *   without any filesystem
 */
export function chooseCandidate(
  typed: TypedDisk,
  devices: readonly BlockDevice[],
): BlockDevice | SeveralFilesystems {
  const uuid = uuidIn(typed.text);
  if (uuid !== null) {
    const matches = devices.filter((device) => isSameUuid(device.uuid, uuid));
    if (matches.length > 1) throw duplicate(uuid, matches);
    const [match] = matches;
    if (match !== undefined) return match;
  }
  const named = devices.find((device) => isDevice(device, typed));
  if (named === undefined) {
    if (uuid !== null) throw new PlugbackError('disk-not-attached', { uuid });
    throw new PlugbackError('device-not-found', { device: typed.text });
  }
  const filesystem = onlyFilesystem(named, devices);
  if ('several' in filesystem) return filesystem;
  const twins = devices.filter((device) => isSameUuid(device.uuid, filesystem.uuid));
  if (filesystem.uuid !== null && twins.length > 1) throw duplicate(filesystem.uuid, twins);
  return filesystem;
}

/** `3f2c-…`, `UUID=3f2c-…`, `/dev/disk/by-uuid/3f2c-…`: the UUID; null for anything else. */
export function uuidIn(text: string): string | null {
  const bare = text.replace(/^UUID=|^\/dev\/disk\/by-uuid\//i, '').replace(/^"(.*)"$/, '$1');
  return isFilesystemUuid(bare) ? bare : null;
}

function isDevice(device: BlockDevice, typed: TypedDisk): boolean {
  const paths = [device.path, `/dev/${device.kernelName}`];
  if (typed.text === device.kernelName) return true;
  return paths.includes(typed.text) || (typed.resolved !== null && paths.includes(typed.resolved));
}

/** The device itself where it holds a filesystem, else the only one on it. */
function onlyFilesystem(
  named: BlockDevice,
  devices: readonly BlockDevice[],
): BlockDevice | SeveralFilesystems {
  if (named.fsType !== null) return named;
  const onIt = devices.filter(
    (device) => device.ancestors.includes(named.kernelName) && device.fsType !== null,
  );
  const [first, ...others] = onIt;
  if (first === undefined) return named;
  return others.length > 0 ? { several: onIt } : first;
}

function duplicate(uuid: string, matches: readonly BlockDevice[]): PlugbackError {
  return new PlugbackError('duplicate-uuid', { uuid, devices: matches.map((match) => match.path) });
}
