/** Step 5: what would the copy do, and may it? */

import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { PlugbackError, reasonOf } from '../errors.ts';
import type { RunRecorder, StepVoice } from '../status/recorder.ts';
import { limitsOf } from '../system/filesystems.ts';
import {
  type Change,
  type CopyRequest,
  DryRunParser,
  type DryRunStats,
  estimateArgv,
  parseChange,
  rsyncMeaning,
} from '../system/rsync.ts';
import { readSpace } from '../system/space.ts';
import type { System } from '../system/system.ts';
import { openChangeList } from './change-list.ts';
import { type Losses, LossFinder, verifyFilesFit } from './losses.ts';
import { filesOnDisk, type Plan, planCopy, type SpaceDetail } from './plan.ts';

export interface EstimateSettings {
  request: CopyRequest;
  /** Gets the list of all changes; null: it is kept nowhere, as in a rehearsal. */
  rsyncLogFile: string | null;
  maxDeletePercent: number;
  allowDeletes: boolean;
  /** The same copy goes on after a pause: what its disk cannot hold was said. */
  isResumed: boolean;
  /** What a copy that is held has written of files that are not whole yet, in bytes: they need no more room than once. */
  inFlightBytes: number;
}

export interface CopyPlan {
  /** What the dry run was run with, and the copy will be. */
  request: CopyRequest;
  stats: DryRunStats;
  deleteFirst: boolean;
  /** Are there holes to keep in what will be copied? */
  sparse: boolean;
  /** Is there nothing on the disk yet that the copy could overwrite? */
  ontoEmptyDisk: boolean;
  /** What the disk's filesystem cannot hold; null for one of Linux. */
  losses: Losses | null;
}

/** A share of the disk's filesystem compresses, so a file's blocks say nothing about what its copy will take. */
const compressing = ['btrfs', 'zfs'];

/** How many of rsync's complaints an error quotes. */
const quotedLines = 3;

/**
 * Runs rsync's dry run with the copy's own arguments and decides.
 *
 * @throws PlugbackError `estimate-failed`, `everything-excluded`, `file-too-large`, `too-many-deletions`,
 *   `not-enough-space`, `not-enough-inodes`
 */
export async function estimateCopy(
  settings: EstimateSettings,
  context: { system: System; recorder: RunRecorder; signal: AbortSignal },
  voice: StepVoice,
): Promise<CopyPlan> {
  const { request } = settings;
  voice.info('estimate.running');
  const { stats, sparse, losses } = await dryRun(settings, context, voice);
  // The transfer's root itself counts as one. The source is not empty: that was looked at before.
  if (stats.total <= 1) throw new PlugbackError('everything-excluded', { path: request.source });
  const space = await readSpace(request.destination, request.fsType);
  context.recorder.space(space.freeBytes, space.sizeBytes);
  context.recorder.estimate({ files: stats.files, bytes: stats.bytes, deletes: stats.deletes });
  if (losses !== null && !settings.isResumed) {
    const { limits, skipped, refused, twins, names } = losses;
    voice.warn('warn.filesystem-limits', { type: limits.name, skipped, refused, twins, names });
  }
  verifyFilesFit(losses);
  const ontoEmptyDisk = filesOnDisk(stats) <= 1;
  if (ontoEmptyDisk && stats.files > 0) voice.info('estimate.first-copy');

  const input = {
    stats,
    freeBytes: space.freeForRootBytes + settings.inFlightBytes,
    freeInodes: space.freeInodes,
    blockBytes: space.blockBytes,
    maxDeletePercent: settings.maxDeletePercent,
    allowDeletes: settings.allowDeletes,
    inPlace: request.userOptions.includes('--inplace'),
  };
  let plan: Plan = planCopy({ ...input, detail: null });
  if (plan.verdict === 'measure') {
    plan = planCopy({ ...input, detail: await measureSpace(request, context.system, context.signal) });
  }
  if (plan.verdict === 'refuse') throw new PlugbackError(plan.code, plan.details);
  const deleteFirst = plan.verdict === 'go' && plan.deleteFirst;
  voice.info('estimate.done', { ...stats, freeBytes: space.freeBytes });
  if (stats.changes === 0) voice.info('estimate.nothing');
  else if (stats.files === 0 && stats.deletes === 0 && stats.created === 0) voice.info('estimate.attributes');
  if (deleteFirst) voice.info('estimate.delete-first');
  return { request, stats, deleteFirst, sparse, ontoEmptyDisk, losses };
}

async function dryRun(
  { request, rsyncLogFile }: EstimateSettings,
  { system, recorder, signal }: { system: System; recorder: RunRecorder; signal: AbortSignal },
  voice: StepVoice,
): Promise<{ stats: DryRunStats; sparse: boolean; losses: Losses | null }> {
  const parser = new DryRunParser();
  const limits = limitsOf(request.fsType);
  const finder = limits === null ? null : new LossFinder(limits);
  const list = openChangeList({
    filePath: rsyncLogFile,
    heading: () => recorder.words('rsync-log.changes'),
    onProblem: (path, error) => voice.warn('warn.rsync-log', { path, reason: reasonOf(error) }),
  });
  let sparse = false;
  const keepsHoles = limits?.keepsHoles !== false;
  const lookForHoles = async (files: readonly Change[]) => {
    for (const file of files) sparse ||= await hasHoles(file, request);
  };
  try {
    const result = await system.runner.run(estimateArgv(request), {
      signal,
      dieWithParent: 'SIGTERM',
      onStdout: (printed) => {
        const piece = finder?.sift(printed) ?? printed;
        list.add(piece);
        const large = parser.add(piece);
        return sparse || !keepsHoles || large.length === 0 ? undefined : lookForHoles(large);
      },
    });
    signal.throwIfAborted();
    verifyDryRun(result.exitCode, result.stderr);
    finder?.addComplaints(result.stderr, request.destination);
  } finally {
    list.close();
  }
  const stats = parser.finish();
  const losses = finder?.losses ?? null;
  // rsync counts what it skips among the source's files, and they never come to the disk.
  return { stats: { ...stats, total: stats.total - (losses?.skipped ?? 0) }, sparse, losses };
}

/** Fewer blocks than its size needs: a sparse file (or one on a compressing filesystem, where it does no harm). */
async function hasHoles(file: Change, request: CopyRequest): Promise<boolean> {
  const now = await occupied(sourceRootOf(request), file.name);
  return now !== null && now.bytes < file.bytes;
}

function sourceRootOf({ source }: CopyRequest): string {
  return source.endsWith('/') ? source : path.dirname(source);
}

/** A file that cannot be read is no reason not to copy the others: the copy itself will report it as a failure. */
function verifyDryRun(exitCode: number | null, stderr: string): void {
  const meaning = rsyncMeaning(exitCode);
  if (meaning === 'done' || meaning === 'vanished' || meaning === 'partial') return;
  throw new PlugbackError('estimate-failed', { exitCode, meaning, lines: complaints(stderr) });
}

/** The first of rsync's complaints, without its closing summary. */
export function complaints(stderr: string): string[] {
  const lines = stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^rsync (error|warning): /.test(line));
  return lines.slice(0, quotedLines);
}

/** Asks each changed file what it occupies now and will occupy: only where the rough sum does not fit. */
async function measureSpace(request: CopyRequest, system: System, signal: AbortSignal): Promise<SpaceDetail> {
  const detail: SpaceDetail = { growthBytes: 0, largestReplacedBytes: 0, deletedBytes: 0 };
  const sourceRoot = sourceRootOf(request);
  let rest = '';
  let failure: unknown;
  const measure = async (lines: readonly string[]) => {
    for (const line of lines) {
      const change = parseChange(line);
      if (change !== null) await measureChange(change, sourceRoot, request, detail);
    }
  };
  const result = await system.runner.run(estimateArgv(request), {
    signal,
    dieWithParent: 'SIGTERM',
    onStdout: (piece) => {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      return measure(lines).catch((error: unknown) => {
        failure = error;
      });
    },
  });
  signal.throwIfAborted();
  if (failure !== undefined) throw failure;
  verifyDryRun(result.exitCode, result.stderr);
  return detail;
}

async function measureChange(
  change: Change,
  sourceRoot: string,
  request: CopyRequest,
  detail: SpaceDetail,
): Promise<void> {
  if (change.kind === 'other') return;
  const old = change.kind === 'create' ? null : await occupied(request.destination, change.name);
  if (change.kind === 'delete') {
    // A hard link that goes frees nothing while another one stays.
    detail.deletedBytes += old === null || old.links > 1 ? 0 : old.bytes;
    return;
  }
  const wanted = await wantedBytes(change, sourceRoot, request);
  const before = old?.bytes ?? 0;
  detail.growthBytes += Math.max(0, wanted - before);
  detail.largestReplacedBytes = Math.max(detail.largestReplacedBytes, Math.min(wanted, before));
}

/** Holes of a sparse file are not copied, so its blocks count; on a compressing filesystem they would count too little. */
async function wantedBytes(change: Change, sourceRoot: string, request: CopyRequest): Promise<number> {
  const keepsHoles = limitsOf(request.fsType)?.keepsHoles !== false;
  if (!keepsHoles || compressing.includes(request.sourceFsType)) return change.bytes;
  const now = await occupied(sourceRoot, change.name);
  return now === null ? change.bytes : Math.min(change.bytes, now.bytes);
}

async function occupied(root: string, name: Buffer): Promise<{ bytes: number; links: number } | null> {
  const fullName = Buffer.concat([Buffer.from(root.endsWith('/') ? root : `${root}/`), name]);
  const stats = await lstat(fullName).catch(() => null);
  return stats === null ? null : { bytes: stats.blocks * 512, links: stats.nlink };
}
