/**
 * What drive is that: maker, model, bus, health, as `drivelist` and `systeminformation` tell it.
 *
 * It is told to people, and heard as a second opinion on system and read-only drives. It never decides: one calls an
 * internal backup disk a system drive, the other loses partitions whose label holds a quotation mark. Either may fail
 * or hang, above all where no udev runs; then it is not heard.
 */

import type { Drive } from 'drivelist';
import type { Systeminformation } from 'systeminformation';
import type { BlockDevice } from './block-devices.ts';

export interface DriveDescription {
  /** `/dev/sdb`. */
  device: string;
  vendor: string | null;
  model: string | null;
  /** `USB`, `SATA`, `PCIe`, … */
  bus: string | null;
  medium: 'HDD' | 'SSD' | null;
  serial: string | null;
  /** Null: the question was not answered. */
  isSystem: boolean | null;
  isReadOnly: boolean | null;
  isRemovable: boolean | null;
  /** The drive says of itself that it will fail soon (S.M.A.R.T.); null where it does not say. */
  isFailing: boolean | null;
}

/** What drivelist tells, as far as it is used. */
export type ListedDrive = Pick<Drive, 'device' | 'busType' | 'isSystem' | 'isReadOnly' | 'isRemovable'>;
/** What systeminformation tells, as far as it is used. */
export type LaidOutDrive = Pick<
  Systeminformation.DiskLayoutData,
  'device' | 'name' | 'vendor' | 'type' | 'interfaceType' | 'serialNum' | 'smartStatus'
>;

export interface DriveSources {
  drivelist(): Promise<readonly ListedDrive[]>;
  systeminformation(): Promise<readonly LaidOutDrive[]>;
}

/** Usually 20 ms together; a drive that does not answer must not hold anybody up. */
const patienceMs = 3_000;

const realSources: DriveSources = {
  // Only its lsblk part: the rest loads an addon that Linux never calls.
  drivelist: async () => {
    const { default: drivelist } = await import('drivelist/js/lsblk/index.js');
    return drivelist.lsblk();
  },
  systeminformation: async () => {
    const { default: systeminformation } = await import('systeminformation');
    return systeminformation.diskLayout();
  },
};

/** The drives of this machine, as far as anybody describes them in time. Never throws. */
export async function describeDrives(
  sources: DriveSources = realSources,
  timeoutMs = patienceMs,
): Promise<DriveDescription[]> {
  const [listed, laidOut] = await Promise.all([
    heard(sources.drivelist, timeoutMs),
    heard(sources.systeminformation, timeoutMs),
  ]);
  return mergeDrives(listed, laidOut);
}

/** What a source says within its time; nothing when it fails or hangs. */
async function heard<T>(ask: () => Promise<readonly T[]>, timeoutMs: number): Promise<readonly T[]> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<readonly T[]>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, []);
  });
  try {
    // Called inside an async function, so that a throw becomes a rejection.
    const answer = await Promise.race([(async () => ask())(), silence]);
    return Array.isArray(answer) ? answer : [];
  } catch {
    return [];
  } finally {
    clearTimeout(timer);
  }
}

/** One description a drive, from both. */
export function mergeDrives(
  listed: readonly ListedDrive[],
  laidOut: readonly LaidOutDrive[],
): DriveDescription[] {
  const devices = [...new Set([...listed, ...laidOut].map((drive) => drive.device))];
  return devices.map((device) => {
    const list = listed.find((drive) => drive.device === device);
    const layout = laidOut.find((drive) => drive.device === device);
    const model = known(layout?.name);
    const vendor = known(layout?.vendor);
    return {
      device,
      vendor: vendor !== null && startsAlike(model, vendor) ? null : vendor,
      model,
      bus: known(layout?.interfaceType) ?? known(list?.busType),
      medium: mediumOf(layout?.type),
      serial: known(layout?.serialNum),
      isSystem: list?.isSystem ?? null,
      isReadOnly: list?.isReadOnly ?? null,
      isRemovable: list?.isRemovable ?? null,
      isFailing: layout === undefined ? null : failing(layout.smartStatus),
    };
  });
}

/** A text that says something: not '', not `UNKNOWN`, not the bare number that a virtual drive gives for its maker. */
function known(text: string | undefined): string | null {
  const trimmed = text?.trim() ?? '';
  return /^(|unknown|0x[0-9a-f]+)$/i.test(trimmed) ? null : trimmed;
}

/** `Samsung` before `Samsung SSD 870` says nothing new. */
function startsAlike(model: string | null, vendor: string): boolean {
  const [first = ''] = vendor.toLowerCase().split(' ');
  return model?.toLowerCase().startsWith(first) ?? false;
}

function mediumOf(type: string | undefined): DriveDescription['medium'] {
  if (type === 'HD') return 'HDD';
  return type === 'SSD' || type === 'NVMe' ? 'SSD' : null;
}

function failing(smartStatus: string): boolean | null {
  if (smartStatus === 'Ok') return false;
  return smartStatus === 'Predicted Failure' ? true : null;
}

/** The description of the drive on which a device lies; null where nobody described it. */
export function driveOf(device: BlockDevice, drives: readonly DriveDescription[]): DriveDescription | null {
  const names = [device.path, ...[device.kernelName, ...device.ancestors].map((name) => `/dev/${name}`)];
  return drives.find((drive) => names.includes(drive.device)) ?? null;
}
