/** `plugback enroll`: makes a disk that is plugged in a backup disk. */

import { realpath } from 'node:fs/promises';
import { chooseCandidate, containerOf, enrollObstacle, shortcomingOf, uuidIn } from '../backup/candidates.ts';
import { addDisk, readConfigText, writeConfigText } from '../config/enroll.ts';
import { mailAddresses } from '../config/parsers.ts';
import type { Config, EnrolledDisk } from '../config/types.ts';
import { PlugbackError } from '../errors.ts';
import { jsonText } from '../messages/json.ts';
import { createTranslator, type Translator } from '../messages/translator.ts';
import { type BlockDevice, isSameUuid } from '../system/block-devices.ts';
import { luksType } from '../system/cryptsetup.ts';
import { describeDrives, driveOf } from '../system/drives.ts';
import { mountOfPath } from '../system/mountinfo.ts';
import { type CommandContext, languageOf, prepare } from './context.ts';
import { createPaint } from './paint.ts';
import { seeBlockDevices } from './reading.ts';
import { paragraph } from './table.ts';

export interface EnrollFlags {
  mail?: string;
}

/** What `--json` prints; the fields are part of the contract. */
interface Enrollment {
  uuid: string;
  /** Null when it is enrolled already and not plugged in; so are label, type and size then. */
  device: string | null;
  label: string | null;
  type: string | null;
  sizeBytes: number | null;
  /** False when it was enrolled already. */
  added: boolean;
  /** Who is told about it now, besides the sysops, and which of them are new. */
  mailAddresses: string[];
  addedMailAddresses: string[];
  configuration: string;
  warnings: string[];
}

/**
 * @param typed a UUID, a device, a whole disk
 * @returns the exit code
 * @throws PlugbackError `usage`, `config-missing`, `config`, `device-not-found`, `disk-not-attached`, `duplicate-uuid`,
 *   `cannot-enroll`, `source-on-disk`, `config-not-writable`
 */
export async function enroll(typed: string, flags: EnrollFlags, context: CommandContext): Promise<number> {
  const addresses = readAddresses(flags.mail, context);
  const { config, translator } = prepare(context);
  const [{ devices }, resolved] = await Promise.all([
    seeBlockDevices(context),
    realpath(typed).catch(() => null),
  ]);
  const known = enrolledWithoutDevice(typed, config, devices);
  const device =
    known === null ? await chooseDevice({ text: typed, resolved }, config, devices, translator) : null;
  const uuid = known?.uuid ?? device?.uuid ?? '';
  const enrolled = config.backup.disks.find((disk) => isSameUuid(disk.uuid, uuid)) ?? null;

  const before = readConfigText(config.path);
  const after = addDisk(before, enrolled?.uuid ?? uuid, addresses);
  if (after !== before) writeConfigText(config.path, after);

  const isTold = (address: string) =>
    enrolled?.mailAddresses.some((other) => other.toLowerCase() === address.toLowerCase()) ?? false;
  const fresh = addresses.filter((address) => !isTold(address));
  const enrollment: Enrollment = {
    uuid,
    device: device?.path ?? null,
    label: device?.label ?? null,
    type: device?.fsType ?? null,
    sizeBytes: device?.sizeBytes ?? null,
    added: enrolled === null,
    mailAddresses: [...(enrolled?.mailAddresses ?? []), ...fresh],
    addedMailAddresses: fresh,
    configuration: config.path,
    warnings: device === null ? [] : await warningsAbout(device, devices, config, translator),
  };
  const { output } = context;
  if (context.json) output.line(jsonText(enrollment));
  else for (const line of renderEnrollment(enrollment, config, translator, context)) output.line(line);
  return 0;
}

/** Mistakes in what was typed come before those in the configuration. */
function readAddresses(typed: string | undefined, context: CommandContext): string[] {
  if (typed === undefined) return [];
  // The configuration's language is not known yet.
  const { say, sayAgain } = createTranslator(languageOf(context));
  const read = mailAddresses(typed, 'posix');
  if ('problems' in read) {
    const text = read.problems.map(sayAgain).join(' ');
    throw new PlugbackError('usage', { problem: say('enroll.mail', { text }) });
  }
  if (read.value.length === 0) throw new PlugbackError('usage', { problem: say('enroll.mail-empty') });
  return read.value;
}

/** A disk that is enrolled can get more addresses without being plugged in. */
function enrolledWithoutDevice(
  typed: string,
  config: Config,
  devices: readonly BlockDevice[],
): EnrolledDisk | null {
  const uuid = uuidIn(typed);
  if (uuid === null || devices.some((device) => isSameUuid(device.uuid, uuid))) return null;
  return config.backup.disks.find((disk) => isSameUuid(disk.uuid, uuid)) ?? null;
}

async function chooseDevice(
  typed: { text: string; resolved: string | null },
  config: Config,
  devices: readonly BlockDevice[],
  { say, format }: Translator,
): Promise<BlockDevice> {
  const chosen = chooseCandidate(typed, devices);
  if ('several' in chosen) {
    const names = chosen.several.map(
      (device) =>
        `${device.path} (${[device.label, device.fsType, format.bytes(device.sizeBytes)].filter(Boolean).join(', ')})`,
    );
    throw new PlugbackError('usage', {
      problem: say('enroll.several', { device: typed.text, devices: names }),
    });
  }
  // Of a disk that is enrolled already, nothing is decided any more.
  if (config.backup.disks.some((disk) => isSameUuid(disk.uuid, chosen.uuid))) return chosen;
  const reason = enrollObstacle(chosen, devices);
  if (reason !== null) throw new PlugbackError('cannot-enroll', { device: chosen.path, reason });
  const mount = await mountOfPath(config.backup.source);
  if (mount !== null && (mount.majorMinor === chosen.majorMinor || mount.source === chosen.path)) {
    throw new PlugbackError('source-on-disk', { path: config.backup.source, device: chosen.path });
  }
  return chosen;
}

const shortcomingSentences = { FAT: 'drive.fat', exFAT: 'drive.exfat', NTFS: 'drive.ntfs' } as const;

/** What is no obstacle, and should be known all the same. */
async function warningsAbout(
  device: BlockDevice,
  all: readonly BlockDevice[],
  config: Config,
  { say }: Translator,
): Promise<string[]> {
  const warnings: string[] = [];
  const named = { device: device.path };
  const shortcoming = shortcomingOf(device.fsType);
  if (shortcoming !== null) warnings.push(say(shortcomingSentences[shortcoming], named));
  const container = containerOf(device, all);
  if (container !== null) {
    warnings.push(say('drive.inside', { ...named, container: container.path, uuid: container.uuid ?? '' }));
  }
  if (device.fsType === luksType && config.backup.encryptionKeyFile === null)
    warnings.push(say('drive.no-key', named));
  const mountPoint = device.mountPoints.find((point) => point !== config.backup.destination);
  if (mountPoint !== undefined) warnings.push(say('enroll.mounted', { ...named, mountPoint }));
  // A second opinion: lsblk has already said that it is no system disk and can be written to.
  const drive = driveOf(device, await describeDrives());
  if (drive?.isSystem === true) warnings.push(say('drive.looks-internal', named));
  if (drive?.isReadOnly === true) warnings.push(say('drive.looks-read-only', named));
  if (drive?.isFailing === true) warnings.push(say('drive.failing', named));
  return warnings;
}

function renderEnrollment(
  enrollment: Enrollment,
  config: Config,
  { say }: Translator,
  context: CommandContext,
): string[] {
  const { uuid, label, device, added, addedMailAddresses: fresh } = enrollment;
  const paint = createPaint(context.output);
  const width = context.output.terminal?.columns ?? null;
  const lines = (text: string) => paragraph(text, width);
  const disk = { uuid, label };
  const head = added
    ? say('enroll.done', {
        ...disk,
        device: device ?? '',
        type: enrollment.type ?? '',
        sizeBytes: enrollment.sizeBytes ?? 0,
      })
    : say('enroll.already', disk);
  const text = [...paragraph(head, width, '  ', '✔ ').map((line) => paint.tone('good', line))];
  if (added) {
    const addresses = enrollment.mailAddresses;
    text.push(
      ...lines(addresses.length === 0 ? say('enroll.told-nobody') : say('enroll.told', { addresses })),
    );
  } else if (fresh.length > 0) text.push(...lines(say('enroll.told-new', { addresses: fresh })));
  const isChanged = added || fresh.length > 0;
  text.push(...lines(say(isChanged ? 'enroll.written' : 'enroll.unchanged', { path: config.path })));
  for (const warning of enrollment.warnings) {
    text.push('', ...paragraph(warning, width, '  ', '! ').map((line) => paint.tone('warning', line)));
  }
  if (!added) return text;
  const { source, maxDeletePercent: percent } = config.backup;
  return [...text, '', ...lines(say('enroll.next', { source, percent })), ...lines(say('enroll.try'))];
}
