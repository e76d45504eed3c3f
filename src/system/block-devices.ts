/** The filesystems that are attached, as lsblk sees them, with blkid where udev has not looked. */

import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { systemCodeOf } from '../errors.ts';
import type { Argv, Runner } from './run.ts';

export interface BlockDevice {
  /** `/dev/sdb1`. */
  path: string;
  /** `sdb1`. */
  kernelName: string;
  majorMinor: string;
  /** lsblk's word: disk, part, loop, crypt, … */
  type: string;
  fsType: string | null;
  uuid: string | null;
  label: string | null;
  sizeBytes: number;
  readOnly: boolean;
  removable: boolean;
  /** usb, sata, nvme, …; null where the kernel does not say. */
  transport: string | null;
  model: string | null;
  serial: string | null;
  /** Where it is mounted; `[SWAP]` for swap in use. */
  mountPoints: string[];
  /** Kernel names of what it lies on, the whole drive included. */
  ancestors: string[];
}

const columns = [
  // Without it lsblk gives a flat list, and nothing tells which drive a partition is on.
  'NAME',
  'PATH',
  'KNAME',
  'MAJ:MIN',
  'TYPE',
  'FSTYPE',
  'UUID',
  'LABEL',
  'SIZE',
  'RO',
  'RM',
  'HOTPLUG',
  'TRAN',
  'MODEL',
  'SERIAL',
  'MOUNTPOINTS',
];

/** The arguments that list all block devices as JSON, sizes in bytes. */
export function lsblkArgv(): Argv {
  return ['lsblk', '--json', '--bytes', '--output', columns.join(',')];
}

/**
 * The arguments that read a filesystem from the device itself, without any cache. One device a call: blkid ends at the
 * first of several on which it finds nothing (seen with util-linux 2.38).
 */
export function blkidArgv(device: string): Argv {
  return ['blkid', '-p', '-o', 'udev', '--', device];
}

interface LsblkNode {
  [column: string]: unknown;
  children?: LsblkNode[];
}

/** Parses lsblk's JSON. A device that lies on several others (RAID) is listed once, with all of them. */
export function parseLsblk(json: string): BlockDevice[] {
  const devices = new Map<string, BlockDevice>();
  const visit = (node: LsblkNode, above: BlockDevice | null): void => {
    const device = readNode(node);
    const known = devices.get(device.path) ?? device;
    if (above !== null) {
      known.ancestors = [...new Set([...known.ancestors, above.kernelName, ...above.ancestors])];
      known.transport ??= above.transport;
      known.model ??= above.model;
      known.serial ??= above.serial;
      known.removable ||= above.removable;
    }
    devices.set(known.path, known);
    for (const child of node.children ?? []) visit(child, known);
  };
  const parsed = JSON.parse(json) as { blockdevices?: LsblkNode[] };
  for (const node of parsed.blockdevices ?? []) visit(node, null);
  return [...devices.values()];
}

function readNode(node: LsblkNode): BlockDevice {
  const text = (key: string): string | null => {
    const value = node[key];
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
  };
  const mountPoints = Array.isArray(node.mountpoints) ? node.mountpoints : [];
  return {
    path: text('path') ?? '',
    kernelName: text('kname') ?? '',
    majorMinor: text('maj:min') ?? '',
    type: text('type') ?? '',
    fsType: text('fstype'),
    uuid: text('uuid'),
    // A label may begin or end with blanks.
    label: typeof node.label === 'string' && node.label !== '' ? node.label : null,
    sizeBytes: Number(node.size ?? 0),
    readOnly: node.ro === true,
    removable: node.rm === true || node.hotplug === true,
    transport: text('tran'),
    model: text('model'),
    serial: text('serial'),
    mountPoints: mountPoints.filter((entry): entry is string => typeof entry === 'string'),
    ancestors: [],
  };
}

export interface ProbedFilesystem {
  fsType: string | null;
  uuid: string | null;
  label: string | null;
}

/** Parses `blkid -o udev`: `ID_FS_LABEL_ENC=B\xc3\xbcro`, the bytes of unusual characters in hexadecimal. */
export function parseBlkid(text: string): ProbedFilesystem {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (equals > 0) values.set(line.slice(0, equals), line.slice(equals + 1));
  }
  const decoded = (name: string): string | null => {
    const value = values.get(name);
    return value === undefined ? null : decodeHexEscapes(value);
  };
  return {
    fsType: decoded('ID_FS_TYPE'),
    uuid: decoded('ID_FS_UUID_ENC'),
    label: decoded('ID_FS_LABEL_ENC'),
  };
}

function decodeHexEscapes(text: string): string {
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  const plain = bytes.replace(/\\x([0-9a-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return Buffer.from(plain, 'latin1').toString('utf8');
}

/**
 * All attached block devices.
 *
 * lsblk takes filesystems from udev's records. Where no udev runs (a container, an early boot) those are empty, and
 * each device is asked itself.
 */
export async function listBlockDevices(runner: Runner): Promise<BlockDevice[]> {
  const listed = await runner.run(lsblkArgv());
  // Exit code 64: some devices could not be read, the others are listed.
  if (listed.exitCode !== 0 && listed.stdout.trim() === '') {
    throw new Error(`lsblk: ${listed.stderr.trim() || `exit code ${listed.exitCode}`}`);
  }
  const devices = parseLsblk(listed.stdout);
  if (await udevRuns()) return devices;
  return Promise.all(
    devices.map(async (device) => {
      if (device.fsType !== null || device.sizeBytes === 0) return device;
      const probed = await runner.run(blkidArgv(device.path));
      return probed.exitCode === 0 ? { ...device, ...parseBlkid(probed.stdout) } : device;
    }),
  );
}

/** Does anybody keep records of the attached filesystems that need no rights to be read? */
export async function udevRuns(): Promise<boolean> {
  return access('/run/udev/control').then(
    () => true,
    () => false,
  );
}

/** UUIDs are compared without regard to case: FAT's are shown in capitals by some tools and not by others. */
export function isSameUuid(one: string | null, other: string | null): boolean {
  return one !== null && other !== null && one.toLowerCase() === other.toLowerCase();
}

/** What this machine itself runs from; a disk below one of these is never a backup disk. */
const systemMountPoints = ['/', '/boot', '/boot/efi', '/efi', '/usr', '/var', '/home', '[SWAP]'];

/**
 * What a device has to do with the machine's own system: mount points and swap on it or on the same drive.
 * Empty for a disk that has nothing to do with it.
 */
export function systemUses(device: BlockDevice, all: readonly BlockDevice[]): string[] {
  const drives = new Set([device.kernelName, ...device.ancestors]);
  const relatives = all.filter((other) =>
    [other.kernelName, ...other.ancestors].some((name) => drives.has(name)),
  );
  const uses = relatives
    .flatMap((relative) => relative.mountPoints)
    .filter((at) => systemMountPoints.includes(at));
  return [...new Set(uses)];
}

/**
 * Does the kernel still hold a device for a filesystem, even one that is mounted nowhere in sight: detached while
 * somebody used it, or mounted in a container? Without root's rights there is no way to know, and the answer is no.
 */
export async function isHeldByKernel(device: string): Promise<boolean> {
  try {
    const handle = await open(device, constants.O_RDONLY | constants.O_EXCL);
    await handle.close();
    return false;
  } catch (error) {
    return systemCodeOf(error) === 'EBUSY';
  }
}
