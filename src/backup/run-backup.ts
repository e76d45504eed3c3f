/** The job, top to bottom: nine steps from a disk that was plugged in to a disk that can be pulled out. */

import path from 'node:path';
import type { Config } from '../config/types.ts';
import { type ErrorDetails, PlugbackError, reasonOf, type VeeamLock } from '../errors.ts';
import type { StatusPaths } from '../status/paths.ts';
import type { RunRecorder, StepVoice } from '../status/recorder.ts';
import { enterQueue } from '../status/status-file.ts';
import { isAttached } from '../system/attachment.ts';
import { isHeld, withLock } from '../system/lock.ts';
import { isWithin } from '../system/mountinfo.ts';
import type { CopyRequest } from '../system/rsync.ts';
import { readSpace } from '../system/space.ts';
import type { System } from '../system/system.ts';
import { keepsNanoseconds } from '../system/times.ts';
import { withAttachedDisk } from './attached-disk.ts';
import { copyFiles, type InFlight, nothingYet, type Portion } from './copy.ts';
import { rememberEncryption, verifyEncryption } from './encryption-record.ts';
import { type CopyPlan, estimateCopy } from './estimate.ts';
import { usableExcludes } from './excludes.ts';
import { type Disk, findDisk } from './find-disk.ts';
import { nameError } from './losses.ts';
import { type SourceMarker, withMarkers } from './marker.ts';
import { type MountedDisk, withMountedDisk } from './mounted-disk.ts';
import {
  rememberSource,
  type Source,
  type SourceExpectations,
  verifyNotOnDisk,
  verifySource,
} from './source.ts';
import { verifyKey } from './unlocked-disk.ts';
import { type VeeamGate, withVeeamWatch, type Yielding } from './veeam-watch.ts';

export interface BackupRequest {
  /** The disk that was plugged in; null: the first of the configuration's list that is attached. */
  uuid: string | null;
  /** Rehearse everything up to the plan and change nothing. */
  dryRun: boolean;
  /** Whoever started this has seen how much would be deleted, and means it. */
  allowDeletes: boolean;
  /** Veeam, with whom the source is shared. */
  veeam: VeeamGate;
  /** Called as soon as the disk is known. */
  onFound(disk: Disk): void;
  /** Called when it is the disk's turn: from here on people are told. */
  onStart(): Promise<void>;
}

export interface BackupContext {
  config: Config;
  system: System;
  recorder: RunRecorder;
  paths: StatusPaths;
  /** This machine's name, for the markers. */
  host: string;
  /** Unlocks encrypted disks; null: there is none. */
  keyFile: string | null;
  /** Aborted, with a PlugbackError as its reason, when the run shall stop; everything is cleaned up then. */
  signal: AbortSignal;
  /** Stops the run from within. */
  abort(reason: PlugbackError): void;
}

/** Runs one backup to its end. Resolves only after the disk is flushed and unmounted; throws PlugbackError. */
export async function runBackup(request: BackupRequest, context: BackupContext): Promise<void> {
  const { recorder } = context;
  const { disk } = await recorder.step('find', (voice) => findDiskAndSource(request, context, voice));
  request.onFound(disk);
  await withAttachedDisk(disk, context, (signal) => backUpOnto(disk, request, { ...context, signal }));
}

async function backUpOnto(disk: Disk, request: BackupRequest, context: BackupContext): Promise<void> {
  const { recorder, signal } = context;
  await withDiskLock(disk, context, () =>
    withTurn(disk, context, async () => {
      await request.onStart();
      await recorder.step('wait-veeam', (voice) => request.veeam.wait(voice, signal));
      // Time has passed, perhaps an hour: look again before anything is touched.
      const source = await verifySource(sourceExpectations(request, context), context.system);
      await withMountedDisk(disk, mountSettings(request, context), withClaims(context), async (mounted) => {
        await verifyNotOnDisk(source, mounted.disk, context.system);
        if (request.dryRun) return rehearse(request, context, mounted, source);
        const giveWay = giveWayTo(request.veeam, context, signal);
        const places = markerPlaces(context, mounted, source);
        await withMarkers(places, runIdentity(context), { ...context, giveWay }, async (marker) => {
          const task = { request, context, mounted, source, marker };
          const plan = await recorder.step('estimate', (voice) => estimate(task, voice));
          await recorder.step('copy', (voice) => copy(task, plan, voice));
        });
        await recorder.step('free-space', (voice) => lookAtFreeSpace(context, mounted, voice));
      });
      if (!request.dryRun) remember(source, disk, context);
    }),
  );
}

/** For the next run. The backup itself is complete, so a full system disk does not make a failure of it. */
function remember(source: Source, disk: Disk, { recorder, paths }: BackupContext): void {
  try {
    rememberSource(paths.sourceRecord, source);
    rememberEncryption(paths, disk);
  } catch (error) {
    recorder.debug(`${paths.sourceRecord}: ${reasonOf(error)}`);
  }
}

async function findDiskAndSource(
  request: BackupRequest,
  context: BackupContext,
  voice: StepVoice,
): Promise<{ disk: Disk }> {
  const { config, system, recorder } = context;
  const enrolled = config.backup.disks;
  voice.info('find.looking', { count: enrolled.length });
  const disk = await findDisk({ uuid: request.uuid, enrolled, configPath: config.path }, system.runner);
  recorder.disk(disk.uuid, disk.label);
  verifyEncryption(context.paths, disk);
  await verifyKey(disk, context.keyFile);
  voice.info('find.found', { ...disk, type: disk.fsType });
  const source = await verifySource(sourceExpectations(request, context), system);
  voice.info('find.source', {
    path: source.configured,
    mountPoint: source.mount.mountPoint,
    device: source.mount.source,
  });
  return { disk };
}

function sourceExpectations(request: BackupRequest, { config, paths }: BackupContext): SourceExpectations {
  return {
    source: config.backup.source,
    sourceMustContain: config.backup.sourceMustContain,
    markerName: markerName(config),
    destination: config.backup.destination,
    acceptChange: request.allowDeletes,
    recordPath: paths.sourceRecord,
  };
}

/** Two runs on one disk: the second ends at once. */
function withDiskLock<T>(disk: Disk, context: BackupContext, body: () => Promise<T>): Promise<T> {
  return withLock({ ...lockBasics(context, context.paths.diskLock(disk.uuid)), wait: false }, body);
}

/** Two disks: the second waits its turn, and is shown in the queue meanwhile. */
async function withTurn<T>(disk: Disk, context: BackupContext, body: () => Promise<T>): Promise<T> {
  const { recorder, paths, system } = context;
  const leaveQueue: (() => void)[] = [];
  const onWaiting = () => {
    recorder.info('find.waiting-turn');
    const since = new Date(system.clock.now()).toISOString();
    leaveQueue.push(enterQueue(paths, system.roots.proc, { uuid: disk.uuid, label: disk.label, since }));
  };
  try {
    return await withLock({ ...lockBasics(context, paths.runLock), wait: true, onWaiting }, () => {
      for (const leave of leaveQueue) leave();
      if (leaveQueue.length > 0) recorder.info('find.my-turn');
      return body();
    });
  } finally {
    for (const leave of leaveQueue) leave();
  }
}

function lockBasics(context: BackupContext, lockPath: string) {
  const { system, signal } = context;
  return {
    path: lockPath,
    procRoot: system.roots.proc,
    clock: system.clock,
    signal,
    onLost: () => context.abort(new PlugbackError('lock-lost', { path: lockPath })),
  };
}

function mountSettings(request: BackupRequest, { config, keyFile }: BackupContext) {
  const { destination, fsck } = config.backup;
  const powerOff = config.backup.powerOff && !request.dryRun;
  return { destination, fsck, keyFile, powerOff, readOnly: request.dryRun };
}

/** A run that waits its turn has nothing mounted yet; its lock says that it needs its disk. */
function withClaims(context: BackupContext): BackupContext {
  const { system, paths } = context;
  const isSpokenFor = (uuid: string) => isHeld(paths.diskLock(uuid), system.roots.proc);
  return { ...context, system: { ...system, isSpokenFor } };
}

function markerName(config: Config): string {
  return path.basename(config.backup.lockfilePath);
}

function markerPlaces({ config, system }: BackupContext, mounted: MountedDisk, source: Source) {
  return {
    isDiskThere: () => isAttached(mounted.disk.kernelNames, system.roots.sys),
    disk: path.join(mounted.mountPoint, config.backup.lockfilePath),
    source: path.join(source.path, markerName(config)),
  };
}

function runIdentity(context: BackupContext) {
  return { run: context.recorder.document.id, pid: process.pid, host: context.host };
}

/** What the steps from the estimate to the copy work with. */
interface CopyTask {
  request: BackupRequest;
  context: BackupContext;
  mounted: MountedDisk;
  source: Source;
  /** Null in a rehearsal, which writes none. */
  marker: SourceMarker | null;
}

/** How a copy gives way to a Veeam that came first by a moment, or that it pauses for. */
function giveWayTo(veeam: VeeamGate, { recorder }: BackupContext, signal: AbortSignal) {
  return {
    look: (voice: StepVoice) => veeam.lookForSure(voice, signal),
    wait: () =>
      recorder.step('wait-veeam', (voice) =>
        veeam.wait(voice, signal).catch((error: unknown) => {
          const isBusy = error instanceof PlugbackError && error.code === 'veeam-busy';
          if (!isBusy || recorder.document.progress === null) throw error;
          const details = error.details as ErrorDetails['veeam-busy'];
          throw new PlugbackError('veeam-kept-writing', details, { cause: error });
        }),
      ),
  };
}

async function rehearse(
  request: BackupRequest,
  context: BackupContext,
  mounted: MountedDisk,
  source: Source,
): Promise<void> {
  const { recorder } = context;
  await recorder.step('lock', async (voice) => voice.info('lock.rehearsal'));
  await recorder.step('estimate', async (voice) => {
    await estimate({ request, context, mounted, source, marker: null }, voice);
    voice.info('estimate.rehearsal');
  });
}

async function estimate(
  task: CopyTask,
  voice: StepVoice,
  { isResumed = false, inFlightBytes = 0 } = {},
): Promise<CopyPlan> {
  const { request, context, mounted, source } = task;
  const { maxDeletePercent, rsyncExcludes, rsyncLogFilePath } = context.config.backup;
  const excludesFile = await usableExcludes(rsyncExcludes, context.system, voice);
  const settings = {
    request: {
      ...copyRequest(context.config, mounted, source, excludesFile),
      exactTimes: await keepsNanoseconds(mounted.mountPoint, mounted.disk.fsType),
    },
    rsyncLogFile: request.dryRun ? null : rsyncLogFilePath,
    maxDeletePercent,
    allowDeletes: request.allowDeletes,
    isResumed,
    inFlightBytes,
  };
  return estimateCopy(settings, context, voice);
}

async function copy(task: CopyTask, firstPlan: CopyPlan, voice: StepVoice): Promise<void> {
  const { request, context, mounted } = task;
  const { rsyncLogFilePath, rsyncUpdateRatioSeconds, veeamDuringCopy } = context.config.backup;
  const watch = { gate: request.veeam, policy: veeamDuringCopy, clock: context.system.clock };
  let plan = firstPlan;
  let soFar = nothingYet;
  for (;;) {
    const settings = {
      plan,
      soFar,
      rsyncLogFile: rsyncLogFilePath,
      logEveryMs: rsyncUpdateRatioSeconds * 1000,
      watched: (
        copier: Pick<Yielding, 'hold' | 'release'> & InFlight,
        body: (makeRoom: AbortSignal) => Promise<void>,
      ) => withVeeamWatch(watch, voice, { ...copier, whileHeld: heldCopy(copier, task, voice) }, body),
    };
    const end = await copyFiles(settings, mounted, context, voice);
    if (end.kind === 'complete') break;
    if (end.kind === 'made-room') await makeRoom(end.locks, task, voice, context.signal);
    else voice.info('copy.comparing-again');
    plan = await planRest(end.soFar, task);
    soFar = end.soFar;
    voice.info('copy.resumed');
  }
  // Two names that are one on the disk are no error to rsync.
  const unnameable = nameError(plan.losses);
  if (unnameable !== null) throw unnameable;
}

/**
 * What happens while a copy is held: the source is Veeam's until it has finished. The copy goes on with the files that it
 * knows of, and deletes; so nothing is released before all guards have seen what Veeam has left.
 */
function heldCopy({ inFlightBytes }: InFlight, task: CopyTask, voice: StepVoice): Yielding['whileHeld'] {
  const { recorder, signal } = task.context;
  return async (locks, over) => {
    const source = await makeRoom(locks, task, voice, AbortSignal.any([signal, over]));
    const before = recorder.document.estimate;
    const options = { isResumed: true, inFlightBytes: inFlightBytes() };
    await recorder.step('estimate', (step) => estimate({ ...task, source }, step, options));
    if (before !== null) recorder.estimate(before);
    over.throwIfAborted();
    voice.info('copy.resumed');
  };
}

/** Leaves the source to Veeam until it has finished. @returns the source as it is then */
async function makeRoom(
  locks: readonly VeeamLock[],
  { request, context, marker }: CopyTask,
  voice: StepVoice,
  signal: AbortSignal,
): Promise<Source> {
  const { system } = context;
  const pausedAt = system.clock.monotonic();
  voice.info('copy.paused', { locks });
  await marker?.away(giveWayTo(request.veeam, context, signal).wait);
  voice.warn('warn.veeam-paused', { locks, seconds: (system.clock.monotonic() - pausedAt) / 1000 });
  return verifySource(sourceExpectations(request, context), system);
}

/** Plans what is left to do: Veeam has changed the source. */
async function planRest(soFar: Portion, task: CopyTask): Promise<CopyPlan> {
  const { request, context } = task;
  const { recorder, system } = context;
  const source = await verifySource(sourceExpectations(request, context), system);
  const before = recorder.document.estimate;
  const plan = await recorder.step('estimate', (voice) =>
    estimate({ ...task, source }, voice, { isResumed: true }),
  );
  recorder.estimate({
    files: soFar.files + plan.stats.files,
    bytes: soFar.bytes + plan.stats.bytes,
    deletes: Math.max(before?.deletes ?? 0, plan.stats.deletes),
  });
  return plan;
}

/** What rsync is to do. A trailing slash of the source decides whether its contents or the folder itself travel. */
export function copyRequest(
  config: Config,
  mounted: MountedDisk,
  source: Source,
  excludesFile: string | null,
): Omit<CopyRequest, 'exactTimes'> {
  const contentsOnly = config.backup.source.endsWith('/');
  const prefix = contentsOnly ? '' : `${path.basename(source.path)}/`;
  const inSource = (place: string | null): string[] => {
    if (place === null || place === source.path || !isWithin(place, source.path)) return [];
    return [prefix + path.relative(source.path, place)];
  };
  const { lockfilePath, veeamLockfilePath, rsyncOptions } = config.backup;
  const ownPaths = [
    lockfilePath,
    ...inSource(path.join(source.path, markerName(config))),
    ...inSource(veeamLockfilePath),
    // A source that is the whole machine must not copy the disk onto itself.
    ...inSource(mounted.mountPoint),
  ];
  return {
    source: contentsOnly && source.path !== '/' ? `${source.path}/` : source.path,
    sourceFsType: source.mount.fsType,
    destination: mounted.mountPoint,
    fsType: mounted.disk.fsType,
    ownPaths: [...new Set(ownPaths)],
    atDiskRoot: contentsOnly,
    excludesFile,
    userOptions: rsyncOptions,
  };
}

async function lookAtFreeSpace(
  context: BackupContext,
  mounted: MountedDisk,
  voice: StepVoice,
): Promise<void> {
  const { sizeBytes, freeBytes } = await readSpace(mounted.mountPoint, mounted.disk.fsType);
  context.recorder.space(freeBytes, sizeBytes);
  const thresholdBytes = context.config.backup.freeSpaceThresholdGb * 1e9;
  if (freeBytes < thresholdBytes) return voice.warn('warn.free-space-low', { freeBytes, thresholdBytes });
  voice.info('free-space.enough', { freeBytes, sizeBytes });
}
