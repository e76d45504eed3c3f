/** `plugback disks`: every filesystem that is attached, and which can be a backup disk. */

import { attachedFilesystems, enrollObstacle } from '../backup/candidates.ts';
import type { EnrolledDisk } from '../config/types.ts';
import type { EnrollObstacle } from '../errors.ts';
import { jsonText } from '../messages/json.ts';
import { printable } from '../messages/printable.ts';
import type { Translator } from '../messages/translator.ts';
import { type BlockDevice, isSameUuid } from '../system/block-devices.ts';
import { type DriveDescription, describeDrives, driveOf } from '../system/drives.ts';
import { mountOfPath } from '../system/mountinfo.ts';
import { readSpace } from '../system/space.ts';
import type { CommandContext } from './context.ts';
import { createPaint } from './paint.ts';
import { prepareReading, seeBlockDevices } from './reading.ts';
import { type Column, paragraph, renderTable } from './table.ts';

/** One object of `--json`; the fields are part of the contract. */
export interface AttachedDisk {
  device: string;
  uuid: string | null;
  label: string | null;
  type: string | null;
  sizeBytes: number;
  /** Null where it is not mounted. */
  freeBytes: number | null;
  mountPoints: string[];
  model: string | null;
  bus: string | null;
  medium: 'HDD' | 'SSD' | null;
  serial: string | null;
  removable: boolean;
  readOnly: boolean;
  enrolled: boolean;
  /** Who is told about it, besides the sysops. */
  mailAddresses: string[];
  /** Why it cannot be a backup disk; null when it can, or is one. */
  obstacle: EnrollObstacle | 'source' | null;
}

/** @returns the exit code. @throws PlugbackError `program-missing`, `config-forbidden`, `config-exists-not` */
export async function disks(context: CommandContext): Promise<number> {
  const { lenient, translator } = prepareReading(context);
  const { output } = context;
  const [{ devices, isComplete }, drives] = await Promise.all([seeBlockDevices(context), describeDrives()]);
  const enrolled = lenient?.disks ?? [];
  const source = lenient?.config?.backup.source ?? null;
  const sourceMount = source === null ? null : await mountOfPath(source);
  const attached = await Promise.all(
    attachedFilesystems(devices).map((device) =>
      describe(device, { all: devices, drives, enrolled, isSource: isDeviceOf(sourceMount, device) }),
    ),
  );
  // What concerns the reader first; the machine's own disk last.
  const sorted = attached.toSorted((one, other) => rank(one) - rank(other));

  const { say } = translator;
  const problems: string[] = [];
  if (!isComplete) problems.push(say('disks.no-rights'));
  if (lenient === null) problems.push(say('disks.no-config'));
  else if (lenient.config === null) problems.push(say('disks.config-broken', { path: lenient.path }));
  if (context.json) {
    output.line(jsonText(sorted));
    for (const problem of problems) output.problem(problem);
    return 0;
  }
  const width = output.terminal?.columns ?? null;
  const destination = lenient?.config?.backup.destination ?? null;
  const table = sorted.length === 0 ? [] : renderDisks(sorted, destination, translator, context);
  const remarks = [...problems];
  if (isComplete && !sorted.some((disk) => disk.enrolled || disk.obstacle === null))
    remarks.push(say('disks.none'));
  const absent = enrolled.filter((disk) => !devices.some((device) => isSameUuid(device.uuid, disk.uuid)));
  if (isComplete && absent.length > 0)
    remarks.push(say('disks.absent', { uuids: absent.map((disk) => disk.uuid) }));
  for (const line of table) output.line(line);
  for (const [index, remark] of remarks.entries()) {
    if (index > 0 || table.length > 0) output.line('');
    for (const line of paragraph(remark, width)) output.line(line);
  }
  return 0;
}

function isDeviceOf(mount: { majorMinor: string; source: string } | null, device: BlockDevice): boolean {
  return mount !== null && (mount.majorMinor === device.majorMinor || mount.source === device.path);
}

async function describe(
  device: BlockDevice,
  known: {
    all: readonly BlockDevice[];
    drives: readonly DriveDescription[];
    enrolled: readonly EnrolledDisk[];
    isSource: boolean;
  },
): Promise<AttachedDisk> {
  const drive = driveOf(device, known.drives);
  const enrolled = known.enrolled.find((disk) => isSameUuid(disk.uuid, device.uuid)) ?? null;
  const model = [drive?.vendor, drive?.model ?? device.model]
    .filter((part) => typeof part === 'string')
    .join(' ');
  return {
    device: device.path,
    uuid: device.uuid,
    label: device.label,
    type: device.fsType,
    sizeBytes: device.sizeBytes,
    freeBytes: await freeBytesOf(device),
    mountPoints: device.mountPoints,
    model: model === '' ? null : model,
    bus: drive?.bus ?? device.transport?.toUpperCase() ?? null,
    medium: drive?.medium ?? null,
    serial: drive?.serial ?? device.serial,
    removable: device.removable,
    readOnly: device.readOnly,
    enrolled: enrolled !== null,
    mailAddresses: enrolled?.mailAddresses ?? [],
    obstacle: enrollObstacle(device, known.all) ?? (known.isSource ? 'source' : null),
  };
}

async function freeBytesOf(device: BlockDevice): Promise<number | null> {
  const mountPoint = device.mountPoints.find((point) => point.startsWith('/'));
  if (mountPoint === undefined) return null;
  return readSpace(mountPoint, device.fsType ?? '').then(
    (space) => space.freeBytes,
    () => null,
  );
}

function rank(disk: AttachedDisk): number {
  if (disk.enrolled) return 0;
  return disk.obstacle === null ? 1 : 2;
}

function renderDisks(
  attached: readonly AttachedDisk[],
  destination: string | null,
  translator: Translator,
  context: CommandContext,
): string[] {
  const { say, format } = translator;
  const columns: Column[] = [
    { title: say('disks.device') },
    { title: 'UUID' },
    { title: say('disks.label'), cutTo: 6 },
    { title: say('disks.type') },
    { title: say('disks.size'), align: 'right' },
    { title: say('disks.free'), align: 'right' },
    { title: say('disks.drive'), isExtra: true },
  ];
  const rows = attached.map((disk) => ({
    cells: [
      disk.device,
      disk.uuid,
      disk.label,
      disk.type,
      format.bytes(disk.sizeBytes),
      disk.freeBytes === null ? null : format.bytes(disk.freeBytes),
      driveText(disk, translator),
    ].map((cell) => (cell === null || cell === '' ? '–' : printable(cell))),
    note: stateText(disk, destination, translator),
  }));
  const paint = createPaint(context.output);
  return renderTable(columns, rows, {
    width: context.output.terminal?.columns ?? null,
    noteTitle: say('disks.state'),
    styleTitle: paint.strong,
  });
}

/** `WD My Passport, USB, HDD`. */
function driveText(disk: AttachedDisk, { say }: Translator): string | null {
  if (/^\/dev\/loop\d/.test(disk.device)) return say('disks.image');
  const parts = [disk.model, disk.bus, disk.medium].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(', ');
}

function stateText(disk: AttachedDisk, destination: string | null, { say }: Translator): string {
  const { obstacle } = disk;
  // At our own mount point it is only there while a backup runs.
  const mountPoint = disk.mountPoints.find((point) => point !== destination);
  const mounted = mountPoint === undefined ? [] : [say('disks.mounted', { mountPoint })];
  if (obstacle === 'source') return say('disks.cannot-source');
  if (disk.enrolled) {
    if (obstacle !== null) return say('disks.enrolled-but', { obstacle });
    return [say('disks.enrolled', { addresses: disk.mailAddresses }), ...mounted].join('; ');
  }
  if (obstacle !== null) return say('disks.cannot', { obstacle });
  // The command comes last, so that it can be copied.
  return [...mounted, say('disks.can', { uuid: disk.uuid ?? '' })].join('; ');
}
