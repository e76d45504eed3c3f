/** The enrolled disks that are plugged in, and the place where they are mounted. Nothing is mounted or written. */

import { realpath } from 'node:fs/promises';
import { enrollObstacle, shortcomingOf } from '../../backup/candidates.ts';
import { verifyEncryption } from '../../backup/encryption-record.ts';
import { chooseDisk } from '../../backup/find-disk.ts';
import type { Config, EnrolledDisk } from '../../config/types.ts';
import { PlugbackError, reasonOf } from '../../errors.ts';
import { readStatus } from '../../status/status-file.ts';
import {
  type BlockDevice,
  blkidArgv,
  isSameUuid,
  listBlockDevices,
  parseBlkid,
} from '../../system/block-devices.ts';
import { luksType } from '../../system/cryptsetup.ts';
import { type DriveDescription, describeDrives, driveOf } from '../../system/drives.ts';
import { fsckArgv } from '../../system/fsck.ts';
import { findKeyFile, keyFileFlaw } from '../../system/key-file.ts';
import { mountAt, mountOfPath, readMounts } from '../../system/mountinfo.ts';
import { debianPackage, findProgram } from '../../system/programs.ts';
import { seeBlockDevices } from '../reading.ts';
import type { Examination } from './examination.ts';
import type { Findings } from './finding.ts';

/** A drive that does not answer must not hold up everything else, in ms. */
const probeMs = 15_000;

export async function examineDisks(examination: Examination, findings: Findings): Promise<void> {
  const { lenient, context, translator } = examination;
  if (lenient === null) return;
  const { disks, config } = lenient;
  if (disks.length === 0) {
    // A list with mistakes in it is told among the configuration's.
    if (config !== null) findings.problem('disks', 'no-disks-enrolled', { path: lenient.path });
  } else {
    try {
      const [{ devices, isComplete }, drives] = await Promise.all([
        seeBlockDevices(context),
        describeDrives(),
      ]);
      for (const enrolled of disks) {
        await examineDisk(enrolled, { devices, drives, isComplete }, examination, findings);
      }
      const isAnyThere = disks.some(({ uuid }) => devices.some((device) => isSameUuid(device.uuid, uuid)));
      if (!isComplete) findings.warning('disks', translator.say('disks.no-rights'));
      else if (!isAnyThere) {
        const told = translator.problem('no-disk-attached', {
          uuids: disks.map((disk) => disk.uuid),
        });
        findings.warning('disks', told.problem, told.remedy);
      }
    } catch (error) {
      findings.thrown('disks', error);
    }
  }
  const keyFile = config?.backup.encryptionKeyFile ?? null;
  if (keyFile !== null) await examineKeyFile(keyFile, examination, findings);
  if (config !== null) await examineMountPoint(config, examination, findings);
}

async function examineDisk(
  enrolled: EnrolledDisk,
  seen: { devices: readonly BlockDevice[]; drives: readonly DriveDescription[]; isComplete: boolean },
  examination: Examination,
  findings: Findings,
): Promise<void> {
  const { translator, lenient } = examination;
  const { say } = translator;
  const { uuid } = enrolled;
  const device = seen.devices.find((candidate) => isSameUuid(candidate.uuid, uuid));
  if (device === undefined) {
    if (seen.isComplete) findings.good('disk', say('check.disk-absent', { uuid }));
    return;
  }
  const named = { device: device.path };
  try {
    const disk = chooseDisk({ uuid, enrolled: [enrolled] }, seen.devices);
    verifyEncryption(examination.paths, disk);
    const reason = enrollObstacle(device, seen.devices);
    if (reason === 'read-only') {
      throw new PlugbackError('disk-read-only', { ...named, writeProtected: true });
    }
    if (reason !== null) throw new PlugbackError('cannot-enroll', { ...named, reason });
    await verifyNotSource(device, lenient?.config ?? null);
    const destination = lenient?.config?.backup.destination;
    const mountPoint = device.mountPoints.find((point) => destination !== undefined && point !== destination);
    if (mountPoint !== undefined) throw new PlugbackError('already-mounted', { ...named, mountPoint });
    const unreadable = await probe(device, examination);
    if (unreadable !== null) {
      const remedy = say('check.disk-unreadable.remedy');
      return findings.bad('disk', 69, say('check.disk-unreadable', { ...named, reason: unreadable }), remedy);
    }
    findings.good('disk', say('check.disk', { ...disk, type: disk.fsType }));
  } catch (error) {
    findings.thrown('disk', error);
  }
  if (shortcomingOf(device.fsType) === 'FAT') findings.warning('filesystem', say('drive.fat', named));
  await examineChecker(device, examination, findings);
  await examineEncryption(device, examination, findings);
  const drive = driveOf(device, seen.drives);
  if (drive?.isFailing === true) findings.warning('drive', say('drive.failing', named));
  if (drive?.isReadOnly === true && !device.readOnly) {
    findings.warning('drive', say('drive.looks-read-only', named));
  }
}

/** Is everything there to unlock an encrypted disk? That the key fits, only unlocking it tells. */
async function examineEncryption(
  device: BlockDevice,
  examination: Examination,
  findings: Findings,
): Promise<void> {
  const { lenient, context, translator } = examination;
  const { say } = translator;
  if (device.fsType !== luksType) return;
  if ((await findProgram('cryptsetup')) === null) {
    const remedy = say('check.install', { package: debianPackage('cryptsetup') });
    findings.bad('program', 78, say('check.program-missing', { program: 'cryptsetup' }), remedy);
  }
  const configured = lenient?.config?.backup.encryptionKeyFile ?? null;
  const keyFile = await findKeyFile(configured, context.environment);
  // Not an error: systemd may hand the key over to the backup, and to nobody else.
  if (keyFile === null) return findings.warning('key', say('drive.no-key', { device: device.path }));
  // One that is configured is examined whether a disk is there or not.
  if (configured === null) await examineKeyFile(keyFile, examination, findings);
}

async function examineKeyFile(
  keyFile: string,
  { translator: { say } }: Examination,
  findings: Findings,
): Promise<void> {
  const flaw = await keyFileFlaw(keyFile);
  if (flaw === null) findings.good('key', say('check.key', { path: keyFile }));
  else findings.problem('key', 'key-file-unusable', { path: keyFile, flaw });
}

async function verifyNotSource(device: BlockDevice, config: Config | null): Promise<void> {
  if (config === null) return;
  const { source } = config.backup;
  const mount = await mountOfPath(source);
  if (mount === null || (mount.majorMinor !== device.majorMinor && mount.source !== device.path)) return;
  throw new PlugbackError('source-on-disk', { path: source, device: device.path });
}

/** Reads the filesystem's beginning from the device itself. @returns why that did not succeed, or null */
async function probe(device: BlockDevice, { system }: Examination): Promise<string | null> {
  try {
    const result = await system.runner.run(blkidArgv(device.path), { timeoutMs: probeMs });
    const { uuid } = parseBlkid(result.stdout);
    if (result.exitCode === 0 && isSameUuid(uuid, device.uuid)) return null;
    // Without rights nothing was found out.
    if (/Permission denied/i.test(result.stderr)) return null;
    return result.stderr.trim().split('\n')[0] || `blkid ${result.exitCode ?? result.signal}`;
  } catch (error) {
    return reasonOf(error);
  }
}

async function examineChecker(
  device: BlockDevice,
  examination: Examination,
  findings: Findings,
): Promise<void> {
  const { say } = examination.translator;
  if (examination.lenient?.config?.backup.fsck === 'never') return;
  const type = device.fsType ?? '';
  const [program] = fsckArgv(type, device.path) ?? [];
  if (program === undefined || (await findProgram(program)) !== null) return;
  const remedy = say('check.install', { package: debianPackage(program) });
  findings.warning('fsck', say('check.fsck-missing', { program, type }), remedy);
}

async function examineMountPoint(
  config: Config,
  examination: Examination,
  findings: Findings,
): Promise<void> {
  const { system, translator, paths } = examination;
  const { say } = translator;
  const { destination, disks } = config.backup;
  const { state, run } = await readStatus(paths, system.roots.proc);
  if (state === 'running' && run?.uuid != null) {
    return findings.good('mount-point', say('check.running', { uuid: run.uuid, label: run.label }));
  }
  try {
    const kind = await system.files.kind(destination);
    const mountPoint = await realpath(destination).catch(() => destination);
    if (kind === 'file') {
      throw new PlugbackError('mount-point-unusable', { mountPoint: destination, reason: 'not a folder' });
    }
    const mount = mountAt(await readMounts(system.roots.proc), mountPoint);
    if (mount !== null) {
      const devices = await listBlockDevices(system.runner);
      const device = devices.find((one) => one.majorMinor === mount.majorMinor || one.path === mount.source);
      const isOurs = disks.some(({ uuid }) => isSameUuid(uuid, device?.uuid ?? null));
      if (isOurs) return findings.warning('mount-point', say('check.mount-leftover', { mountPoint }));
      throw new PlugbackError('mount-point-in-use', { mountPoint, device: mount.source });
    }
    // A folder without rights is how plugback makes it; then there is nothing in it either.
    const names = kind === null ? [] : await system.files.list(mountPoint, 1).catch(() => []);
    if (names.length > 0) findings.warning('mount-point', say('warn.mount-point-not-empty', { mountPoint }));
    else findings.good('mount-point', say('check.mount-point', { mountPoint }));
  } catch (error) {
    findings.thrown('mount-point', error);
  }
}
