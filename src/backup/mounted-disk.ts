/** Step 3: the disk is mounted, proved to be the right one and writable, and let go of on every way out. */

import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { asPlugbackError, PlugbackError, reasonOf, systemCodeOf } from '../errors.ts';
import type { RunRecorder, StepVoice } from '../status/recorder.ts';
import { isHeldByKernel } from '../system/block-devices.ts';
import { fsckArgv, fsckResult } from '../system/fsck.ts';
import { endOf, type KernelLogMark, readKernelLog } from '../system/kernel-log.ts';
import {
  closeUpArgv,
  driverPackage,
  driversOf,
  isClosedUp,
  type MountRequest,
  mountArgv,
  umountArgv,
} from '../system/mount.ts';
import { isReadOnly, mountAt, readMounts } from '../system/mountinfo.ts';
import type { ProcessResult } from '../system/run.ts';
import type { System } from '../system/system.ts';
import type { Disk } from './find-disk.ts';
import { type HeldDisk, letGo, switchOff, unmount } from './let-go.ts';
import {
  isMounted,
  isMountOf,
  type MountPlace,
  sync,
  verifyMounted,
  verifyNoDeviceErrors,
} from './mount-state.ts';
import { type UnlockedDisk, unlockDisk } from './unlocked-disk.ts';

export interface MountSettings {
  /** `backup-destination`. */
  destination: string;
  fsck: 'auto' | 'never';
  /** A rehearsal: nothing on the disk is changed. */
  readOnly: boolean;
  /** Unlocks an encrypted disk; null: none can be unlocked. */
  keyFile: string | null;
  /** Switch the drive off when everything went well. */
  powerOff: boolean;
}

/** The disk while it is mounted. */
export interface MountedDisk extends MountPlace {
  /**
   * Makes sure that the disk is still what is mounted there: somebody may have unmounted it, and then a copy would fill
   * this machine's own.
   *
   * @throws PlugbackError `destination-not-mounted`, `disk-read-only`
   */
  verify(): Promise<void>;
  /**
   * Writes to the disk what the kernel still holds.
   *
   * @throws PlugbackError `flush-failed`, `destination-not-mounted`
   */
  sync(): Promise<void>;
  /**
   * The same, and makes sure from the kernel's log that it arrived.
   *
   * @throws PlugbackError `flush-failed`, `disk-io-error`, `destination-not-mounted`, `disk-gone`
   */
  flush(): Promise<void>;
}

/**
 * Mounts the disk, runs the body, flushes and unmounts, whatever the body did.
 *
 * An error of the body comes first; one of the unmounting is then recorded as a warning.
 *
 * @throws PlugbackError of the body, or `flush-failed`, `disk-io-error`, `unmount-failed`, or why it would not mount
 */
export async function withMountedDisk<T>(
  disk: Disk,
  settings: MountSettings,
  context: MountContext,
  body: (mounted: MountedDisk) => Promise<T>,
): Promise<T> {
  const { system, recorder } = context;
  const held = await recorder.step('mount', (voice) => mountDisk(disk, settings, context, voice));
  const outcome = await body(held.mounted).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  const hasFailed = 'error' in outcome;
  try {
    await recorder.step('unmount', async (voice) => {
      await letGo(held, system, voice, hasFailed);
      // A drive that is off must be plugged in anew before anything can be tried again.
      if (settings.powerOff && !hasFailed) await switchOff(held.mounted.disk, system, voice);
    });
    recorder.unplug(true);
  } catch (error) {
    // A write may have failed although the disk was unmounted: then it can be pulled out, only not trusted.
    recorder.unplug(!['unmount-failed', 'lock-failed'].includes(asPlugbackError(error).code));
    if (!hasFailed) throw error;
    recorder.warn('warn.cleanup-failed', { problem: recorder.describe(error) });
  }
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

interface MountContext {
  system: System;
  recorder: RunRecorder;
  signal: AbortSignal;
}

async function mountDisk(
  plugged: Disk,
  settings: MountSettings,
  context: MountContext,
  voice: StepVoice,
): Promise<HeldDisk & { mounted: MountedDisk }> {
  const { system, recorder } = context;
  const { readOnly, keyFile } = settings;
  await clearDeadMount(plugged, settings.destination, system, recorder, voice);
  const mountPoint = await prepareMountPoint(settings.destination, system);
  if (plugged.writeProtected)
    throw new PlugbackError('disk-read-only', { device: plugged.device, writeProtected: true });
  const unlocked = await unlockDisk(plugged, { keyFile, readOnly, mountPoint }, context, voice);
  try {
    // It is the container that is on the list; the name is inside.
    recorder.disk(plugged.uuid, unlocked.disk.label);
    return { ...(await mountUnlocked(unlocked, mountPoint, settings, context, voice)), lock: unlocked.lock };
  } catch (error) {
    await unlocked.lock().catch((second: unknown) => {
      recorder.unplug(false);
      recorder.warn('warn.cleanup-failed', { problem: recorder.describe(second) });
    });
    throw error;
  }
}

async function mountUnlocked(
  { disk, source }: UnlockedDisk,
  mountPoint: string,
  settings: MountSettings,
  context: MountContext,
  voice: StepVoice,
): Promise<{ mounted: MountedDisk; mark: KernelLogMark | null }> {
  const { system, recorder, signal } = context;
  const { readOnly } = settings;
  await clearMountPoint(disk, mountPoint, system, recorder, voice);
  await warnAboutHiddenFiles(mountPoint, system, voice);
  const marking = markKernelLog(system, voice);
  if (!readOnly) await checkFilesystem(disk, settings, system, voice, signal);
  const mark = await marking;
  signal.throwIfAborted();
  const request = { source, fsType: disk.fsType, mountPoint, readOnly };
  const result = await mountWithSomeDriver(request, system);
  if (result.exitCode !== 0) throw mountError(disk, mountPoint, result.stderr);
  recorder.unplug(false);
  try {
    await closeUp(request, disk, system);
    await proveMount(disk, mountPoint, settings, system);
  } catch (error) {
    await system.runner.run(umountArgv(mountPoint));
    recorder.unplug(!(await isMounted(disk, system)));
    throw error;
  }
  voice.info(readOnly ? 'mount.done-read-only' : 'mount.done', { mountPoint, device: disk.device });
  const place = { disk, mountPoint, readOnly };
  const mounted: MountedDisk = {
    ...place,
    verify: () => verifyMounted(place, system),
    sync: () => sync(place, system),
    flush: async () => {
      await sync(place, system);
      await verifyNoDeviceErrors(disk, mark, system);
    },
  };
  return { mounted, mark };
}

/** The mount point, made when it is missing: with no rights at all, so that nobody fills the system's disk through it. */
async function prepareMountPoint(destination: string, system: System): Promise<string> {
  const unusable = (reason: string) =>
    new PlugbackError('mount-point-unusable', { mountPoint: destination, reason });
  try {
    await system.files.makeDirectory(destination, 0o000);
    // mountinfo shows paths without links, and rsync refuses to write through somebody else's link.
    const mountPoint = await realpath(destination).catch(() => path.resolve(destination));
    if ((await system.files.kind(mountPoint)) !== 'directory') throw unusable('not a folder');
    return mountPoint;
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') throw unusable('not a folder');
    throw error instanceof PlugbackError ? error : unusable(reasonOf(error));
  }
}

/** Unmounts what a dead run left behind; anything else in the way is not ours to touch. */
async function clearMountPoint(
  disk: Disk,
  mountPoint: string,
  system: System,
  recorder: RunRecorder,
  voice: StepVoice,
): Promise<void> {
  const mounts = await readMounts(system.roots.proc);
  const ours = mounts.filter((mount) => isMountOf(mount, disk));
  recorder.unplug(ours.length === 0);
  const elsewhere = ours.find((mount) => mount.mountPoint !== mountPoint);
  if (elsewhere !== undefined) {
    throw new PlugbackError('already-mounted', { device: disk.device, mountPoint: elsewhere.mountPoint });
  }
  if (ours.length === 0 && (await isHeldByKernel(disk.device))) {
    // The last run could only detach it, and whoever used it then still does.
    recorder.unplug(false);
    throw new PlugbackError('unmount-failed', { mountPoint, holders: [] });
  }
  const inTheWay = mountAt(mounts, mountPoint);
  if (inTheWay === null) return;
  if (!isMountOf(inTheWay, disk)) {
    throw new PlugbackError('mount-point-in-use', { mountPoint, device: inTheWay.source });
  }
  // Whoever uses it was not started by this run: once detached, nobody would see any more who it is.
  await unmount(mountPoint, system, voice, { detachBusy: false });
  recorder.unplug(true);
  voice.warn('warn.leftover-mount', { mountPoint });
}

/** A mount whose driver was a program, and was killed with its run: nobody can even look at it any more. */
async function clearDeadMount(
  disk: Disk,
  destination: string,
  system: System,
  recorder: RunRecorder,
  voice: StepVoice,
): Promise<void> {
  const isDead = await stat(destination).then(
    () => false,
    (error: unknown) => systemCodeOf(error) === 'ENOTCONN',
  );
  if (!isDead) return;
  const parent = await realpath(path.dirname(destination));
  await clearMountPoint(disk, path.join(parent, path.basename(destination)), system, recorder, voice);
}

async function warnAboutHiddenFiles(mountPoint: string, system: System, voice: StepVoice): Promise<void> {
  const names = await system.files.list(mountPoint, 1);
  if (names.length > 0) voice.warn('warn.mount-point-not-empty', { mountPoint });
}

async function checkFilesystem(
  disk: Disk,
  settings: MountSettings,
  system: System,
  voice: StepVoice,
  signal: AbortSignal,
): Promise<void> {
  if (settings.fsck === 'never') return voice.info('mount.fsck-off');
  const argv = fsckArgv(disk.fsType, disk.device);
  if (argv === null) return voice.info('mount.fsck-none', { type: disk.fsType });
  const [program] = argv;
  voice.info('mount.fsck-running', { program });
  const result = await system.runner
    .run(argv, { signal, dieWithParent: 'SIGTERM' })
    .catch((error: unknown) => {
      if (error instanceof PlugbackError && error.code === 'program-missing') return null;
      throw error;
    });
  signal.throwIfAborted();
  if (result === null) return voice.warn('warn.fsck-missing', { program, type: disk.fsType });
  const verdict = fsckResult(result.exitCode);
  if (verdict === 'damaged') {
    throw new PlugbackError('fsck-failed', { device: disk.device, program, exitCode: result.exitCode ?? -1 });
  }
  if (verdict === 'repaired') return voice.warn('warn.fsck-repaired', { program });
  voice.info('mount.fsck-clean');
}

async function markKernelLog(system: System, voice: StepVoice): Promise<KernelLogMark | null> {
  try {
    return endOf(await readKernelLog(system.runner));
  } catch (error) {
    voice.warn('warn.kernel-log-unreadable', { reason: reasonOf(error) });
    return null;
  }
}

const noDriver = /unknown filesystem type/;

async function mountWithSomeDriver(
  request: Omit<MountRequest, 'driver'>,
  system: System,
): Promise<ProcessResult> {
  const [first = request.fsType, ...others] = driversOf(request.fsType);
  let result = await system.runner.run(mountArgv({ ...request, driver: first }));
  for (const driver of others) {
    if (result.exitCode === 0 || !noDriver.test(result.stderr)) break;
    result = await system.runner.run(mountArgv({ ...request, driver }));
  }
  return result;
}

/** ntfs-3g and exfat-fuse drop options that they do not know, and a link on the disk would lead out of it. */
async function closeUp(
  place: { mountPoint: string; readOnly: boolean },
  disk: Disk,
  system: System,
): Promise<void> {
  const { mountPoint } = place;
  const mount = mountAt(await readMounts(system.roots.proc), mountPoint);
  if (mount === null || isClosedUp(mount.options)) return;
  const result = await system.runner.run(closeUpArgv(place));
  if (result.exitCode !== 0) throw mountError(disk, mountPoint, result.stderr);
}

function mountError(disk: Disk, mountPoint: string, stderr: string): PlugbackError {
  if (/write-protected|read-only/i.test(stderr)) {
    return new PlugbackError('disk-read-only', { device: disk.device, writeProtected: disk.writeProtected });
  }
  if (noDriver.test(stderr)) {
    const { device, fsType } = disk;
    return new PlugbackError('driver-missing', { device, type: fsType, package: driverPackage(fsType) });
  }
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !/dmesg\(1\)/.test(line));
  const reason = (lines.at(-1) ?? 'mount failed').replace(/^mount: /, '').trim();
  return new PlugbackError('mount-failed', { device: disk.device, mountPoint, reason });
}

/** mount's exit code proves nothing: a dirty NTFS is mounted read-only with 0. That it takes a write, the marker proves. */
async function proveMount(
  disk: Disk,
  mountPoint: string,
  settings: MountSettings,
  system: System,
): Promise<void> {
  const mount = mountAt(await readMounts(system.roots.proc), mountPoint);
  if (mount === null || !isMountOf(mount, disk)) {
    const found = mount === null ? '-' : `${mount.source} (${mount.majorMinor})`;
    throw new PlugbackError('wrong-device-mounted', {
      mountPoint,
      expected: `${disk.device} (${disk.majorMinor})`,
      found,
    });
  }
  if (settings.readOnly) return;
  if (isReadOnly(mount))
    throw new PlugbackError('disk-read-only', { device: disk.device, writeProtected: false });
}
