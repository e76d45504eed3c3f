/** Step 6: the copy, with live progress, and the proof that it reached the disk. */

import { PlugbackError, type VeeamLock } from '../errors.ts';
import type { RunRecorder, StepVoice } from '../status/recorder.ts';
import { copyArgv, rsyncMeaning } from '../system/rsync.ts';
import { ProgressParser, RateMeter, type TransferProgress } from '../system/rsync-progress.ts';
import type { Brake, ProcessResult } from '../system/run.ts';
import { readSpace } from '../system/space.ts';
import type { System } from '../system/system.ts';
import { explainedByPull, goneError } from './attached-disk.ts';
import { type CopyPlan, complaints } from './estimate.ts';
import { nameError } from './losses.ts';
import type { MountedDisk } from './mounted-disk.ts';
import { withSteadyFlush } from './steady-flush.ts';
import type { WatchEnd, Yielding } from './veeam-watch.ts';

export interface CopySettings {
  plan: CopyPlan;
  rsyncLogFile: string;
  /** Milliseconds between two progress lines in the log. */
  logEveryMs: number;
  /** What was copied before the copy made room for Veeam. */
  soFar: Portion;
  /** Runs the copier; has it make room for Veeam where that is wanted. */
  watched(
    copier: Pick<Yielding, 'hold' | 'release'> & InFlight,
    body: (makeRoom: AbortSignal) => Promise<void>,
  ): Promise<WatchEnd>;
}

export interface InFlight {
  /** What is copied of files that are not whole yet, in bytes. */
  inFlightBytes(): number;
}

/** The part of a copy that is done. */
export interface Portion {
  /** Files that are complete on the disk, and their bytes. */
  files: number;
  bytes: number;
  /** The progress that was shown: it counts what was begun, and does not fall back. */
  shownBytes: number;
  seconds: number;
}

export const nothingYet: Portion = { files: 0, bytes: 0, shownBytes: 0, seconds: 0 };

export type CopyEnd =
  | { kind: 'complete' }
  /** It was ended to make room for Veeam. */
  | { kind: 'made-room'; locks: readonly VeeamLock[]; soFar: Portion }
  /** It made room and went on: what Veeam has changed meanwhile is not on the disk yet. */
  | { kind: 'outdated'; soFar: Portion };

/** How often rsync is asked how far it is, and the progress is worked out anew; in ms. */
const progressMs = 250;
/**
 * A file that any disk takes in less than a second: nobody misses a progress within it. An rsync that is asked answers
 * between two files only.
 */
const smallFileBytes = 8 * 1024 * 1024;
/** Milliseconds between two flushes while copying; through sudo rarely, which logs each program that it starts. */
const flushEveryMs = { asRoot: 500, throughSudo: 30_000 };
/**
 * Through sudo rsync cannot be asked and prints a line for each file. Taking them together leaves the processor to
 * rsync; a pipe holds what a disk writes in that time. In ms.
 */
const readEveryMs = 20;

/**
 * Copies, then flushes. Nothing to do ends it at once.
 *
 * @throws PlugbackError `copy-failed`, `names-not-kept`, `disk-full`, `disk-gone`, and those of `mounted.verify` and `mounted.flush`
 */
export async function copyFiles(
  settings: CopySettings,
  mounted: MountedDisk,
  context: { system: System; recorder: RunRecorder; signal: AbortSignal },
  voice: StepVoice,
): Promise<CopyEnd> {
  const { soFar } = settings;
  const { stats } = settings.plan;
  if (stats.changes === 0 && soFar === nothingYet) {
    voice.info('copy.nothing');
    return { kind: 'complete' };
  }
  const { system, recorder, signal } = context;
  await mounted.verify();
  voice.info('copy.running', { source: settings.plan.request.source, destination: mounted.mountPoint });

  const startedAt = system.clock.monotonic();
  const onlySmallFiles = stats.largestBytes <= smallFileBytes;
  const isSlowed = hasOption(settings.plan, '--bwlimit');
  const asks = onlySmallFiles && !isSlowed && system.runner.isRoot;
  const progress = watchProgress(settings, context, voice);
  const argv = copyArgv(settings.plan.request, {
    logFile: settings.rsyncLogFile,
    deleteFirst: settings.plan.deleteFirst,
    sparse: settings.plan.sparse,
    inPlace: onlySmallFiles && settings.plan.ontoEmptyDisk,
    progress: asks ? 'when-asked' : 'continuous',
  });
  const steadily = {
    flush: mounted.sync,
    everyMs: system.runner.isRoot ? flushEveryMs.asRoot : flushEveryMs.throughSudo,
    signal,
  };
  let brake: Brake | null = null;
  const runRsync = (signal: AbortSignal) =>
    system.runner.run(argv, {
      signal,
      dieWithParent: 'SIGKILL',
      onBegun: (given) => {
        brake = given;
      },
      ...(asks ? { question: { signal: 'SIGVTALRM', everyMs: progressMs } } : {}),
      onStdout: (piece) => {
        progress.add(piece);
        return system.clock.sleep(readEveryMs);
      },
    });
  // Only rsync's first process is held: it reads the source, and the others wait for it. With a time limit they would not.
  const canBeHeld = !hasOption(settings.plan, '--timeout');
  const copier = {
    hold: () => {
      const isHeld = canBeHeld && brake?.hold() === true;
      if (isHeld) progress.hold();
      return isHeld;
    },
    release: () => {
      progress.release();
      brake?.release();
    },
    inFlightBytes: () => progress.inFlightBytes(),
  };
  let result: ProcessResult | null = null;
  const { endedFor, wasHeld } = await explainedByPull(mounted.disk, context, () =>
    settings.watched(copier, async (makeRoom) => {
      result = await withSteadyFlush(steadily, system.clock, (signal) =>
        runRsync(AbortSignal.any([signal, makeRoom])),
      ).catch(nullOnceAborted(makeRoom));
    }),
  ).finally(progress.stop);
  signal.throwIfAborted();
  const { files, bytes } = progress.finish();
  const seconds = soFar.seconds + (system.clock.monotonic() - startedAt - progress.heldMs()) / 1000;
  const ended = result as ProcessResult | null;
  const meaning = ended === null ? null : rsyncMeaning(ended.exitCode);
  if (endedFor !== null && meaning !== 'done') {
    recorder.progress({ ...progress.document(), bytesPerSecond: 0, etaSeconds: null });
    const { bytes: shownBytes } = progress.document();
    return { kind: 'made-room', locks: endedFor, soFar: { ...progress.complete(), shownBytes, seconds } };
  }
  if (wasHeld && (meaning === 'done' || meaning === 'partial' || meaning === 'vanished')) {
    // What it could not copy, Veeam may have changed under its hands: the next comparison tells.
    return { kind: 'outdated', soFar: { files, bytes, shownBytes: progress.document().bytes, seconds } };
  }
  if (ended !== null) await verifyCopied(ended, settings.plan, mounted, context, voice);

  recorder.progress({ ...progress.document(), phase: 'flushing', etaSeconds: null });
  voice.info('copy.flushing');
  await explainedByPull(mounted.disk, context, async () => {
    await mounted.flush();
    await mounted.verify();
  });
  voice.info('copy.done', {
    files,
    bytes,
    deletes: Math.max(stats.deletes, recorder.document.estimate?.deletes ?? 0),
    seconds,
    rate: bytes / Math.max(seconds, 0.001),
  });
  return { kind: 'complete' };
}

function hasOption({ request }: CopyPlan, name: string): boolean {
  return request.userOptions.some((option) => option === name || option.startsWith(`${name}=`));
}

/** The copier was stopped before it began: then there is no result. */
function nullOnceAborted(makeRoom: AbortSignal): (error: unknown) => null {
  return (error) => {
    if (makeRoom.aborted && error === makeRoom.reason) return null;
    throw error;
  };
}

async function verifyCopied(
  { exitCode, stderr }: ProcessResult,
  plan: CopyPlan,
  mounted: MountedDisk,
  context: { system: System; recorder: RunRecorder },
  voice: StepVoice,
): Promise<void> {
  const meaning = rsyncMeaning(exitCode);
  if (meaning === 'done') return;
  if (meaning === 'vanished') {
    const count = stderr.split('\n').filter((line) => line.startsWith('file has vanished')).length;
    return voice.warn('warn.files-vanished', { count });
  }
  const gone = await goneError(mounted.disk, context);
  if (gone !== null) throw gone;
  const { disk, mountPoint } = mounted;
  if (/No space left on device/.test(stderr)) {
    const { freeBytes } = await readSpace(mountPoint, disk.fsType);
    throw new PlugbackError('disk-full', { freeBytes });
  }
  const unnameable = meaning === 'partial' ? nameError(plan.losses) : null;
  if (unnameable !== null) throw unnameable;
  throw new PlugbackError('copy-failed', { exitCode, meaning, lines: complaints(stderr) });
}

/** Turns rsync's output into the run's progress, several times a second, and a log line now and then. */
function watchProgress(
  settings: CopySettings,
  context: { system: System; recorder: RunRecorder },
  voice: StepVoice,
) {
  const { clock } = context.system;
  const { soFar } = settings;
  const { stats } = settings.plan;
  const bytesTotal = Math.max(soFar.shownBytes, soFar.bytes + stats.bytes);
  const filesTotal = soFar.files + stats.files;
  const parser = new ProgressParser();
  const meter = new RateMeter();
  let loggedAt = clock.monotonic();
  let bytesPerSecond = 0;
  /** What was transferred when the last file was complete. */
  let complete: TransferProgress = { files: 0, bytes: 0 };
  /** Since when the copy is held, by the steady clock, and for how long it was before that, in ms. */
  let heldSince: number | null = null;
  let heldMs = 0;

  const document = () => {
    // Files that grew since the estimate must not bring it over 100 %.
    const done = Math.min(soFar.bytes + parser.progress.bytes, bytesTotal);
    // A file that was cut off by a pause is copied anew; what was shown of it stays.
    const bytes = Math.max(done, soFar.shownBytes);
    const left = bytesTotal - done;
    return {
      phase: 'copying' as const,
      bytes,
      bytesTotal,
      files: Math.min(soFar.files + parser.progress.files, filesTotal),
      filesTotal,
      bytesPerSecond,
      etaSeconds: bytesPerSecond > 0 ? Math.round(left / bytesPerSecond) : null,
    };
  };
  const tick = () => {
    if (heldSince !== null) return;
    const now = clock.monotonic();
    bytesPerSecond = Math.round(meter.rate(now, parser.progress.bytes));
    const current = document();
    context.recorder.progress(current);
    if (now - loggedAt < settings.logEveryMs || current.bytesTotal === 0) return;
    loggedAt = now;
    const { bytes, bytesTotal, etaSeconds } = current;
    const percent = Math.floor((1000 * bytes) / bytesTotal) / 10;
    voice.info('copy.progress', { percent, bytes, bytesTotal, rate: bytesPerSecond, etaSeconds });
  };
  tick();
  const timer = setInterval(tick, progressMs);
  return {
    add: (piece: string) => {
      parser.add(piece);
      if (parser.progress.files > complete.files) complete = parser.progress;
    },
    stop: () => clearInterval(timer),
    hold: () => {
      heldSince = clock.monotonic();
      context.recorder.progress({ ...document(), bytesPerSecond: 0, etaSeconds: null });
    },
    release: () => {
      if (heldSince !== null) heldMs += clock.monotonic() - heldSince;
      heldSince = null;
    },
    heldMs: () => heldMs,
    inFlightBytes: () => parser.progress.bytes - complete.bytes,
    finish: (): TransferProgress => {
      const final = parser.finish();
      tick();
      return { files: soFar.files + final.files, bytes: soFar.bytes + final.bytes };
    },
    /** Of a copy that was stopped: the files that are whole. */
    complete: (): TransferProgress => ({
      files: soFar.files + complete.files,
      bytes: soFar.bytes + complete.bytes,
    }),
    document,
  };
}
