/**
 * Carries a plan out. What goes, goes first: it makes room, and a name that changed only its case is free. Everything else
 * is copied into a stage (a folder at the root of the replica), compared there, and renamed to its real name: under a real
 * name there is only what is whole. Folders get their attributes last, because every name in them changes their time.
 */

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { PlugbackError, reasonOf } from '../errors.ts';
import {
  compareAttributes,
  copyAttributes,
  nameList,
  readAttributes,
  removeAttributes,
} from '../system/attributes.ts';
import { type Clock, realClock } from '../system/clock.ts';
import { copyLarge } from '../system/cp.ts';
import { createRunner } from '../system/run.ts';
import { copyWithTar } from '../system/tar.ts';
import type { Kind } from './compare.ts';
import { type LockOptions, withReplicaLock } from './mirror-lock.ts';
import { type ByteString, folderOf, fromText, joinNames, toBytes } from './names.ts';
import { type Outcome, type Skip, type SkipReason, statsOrNull } from './place.ts';
import type { MirrorPlan } from './plan.ts';
import { createPool, type Pool } from './pool.ts';
import { removeTree } from './remove.ts';
import { stageName } from './scan.ts';
import type { StagedItem } from './settle.ts';
import type { Action, Step } from './steps.ts';
import { skipReasonOf } from './tar-words.ts';

export interface ApplyOptions extends LockOptions {
  /** Threads that move files; 0: none besides this one. */
  threads?: number;
  /** Aborting ends it after the files at hand. */
  signal?: AbortSignal;
  /** Gets what was done, as it is done. */
  onDone?: (action: Action, path: ByteString) => void;
  onProgress?: (progress: MirrorProgress) => void;
}

export interface MirrorProgress {
  files: number;
  filesTotal: number;
  bytes: number;
  bytesTotal: number;
}

export interface MirrorResult {
  added: number;
  overwritten: number;
  deleted: number;
  untouched: number;
  /** What was copied, in bytes. */
  bytes: number;
  skipped: Skip[];
}

/**
 * As much goes through the stage at a time; from `enoughItems` on, a batch ends before the next new folder. To start a
 * program costs Node some milliseconds, so a batch is not small.
 */
const batchItems = 4000;
const enoughItems = 2000;
const largeBytes = 1024 * 1024;
const batchBytes = 64 * 1024 * 1024;
/** What may go better the next time: a file that was being written to; one whose room a larger one had taken in vain. */
const passing: readonly string[] = ['changing', 'ENOSPC'];
const tries = 3;
const retryMs = 50;
const watchMs = 500;

/**
 * Makes the replica equal to the source, as planned. What cannot be done is skipped and told.
 *
 * @throws PlugbackError the plan's refusal; `mirror-replica-unusable`, `mirror-running`; the signal's reason
 */
export async function applyMirror(plan: MirrorPlan, options: ApplyOptions = {}): Promise<MirrorResult> {
  return withReplicaLock(plan.places.replica, options, async (signal) => {
    const pool = createPool(options.threads);
    try {
      return await applyWith(pool, plan, { ...options, signal });
    } finally {
      await pool.close();
    }
  });
}

/** The same with threads that are there already. */
export async function applyWith(pool: Pool, plan: MirrorPlan, options: ApplyOptions): Promise<MirrorResult> {
  if (plan.refusal !== null) throw plan.refusal;
  const job = createJob(pool, plan, options);
  if (isDone(plan)) return job.result;
  await job.prepareStage();
  try {
    await removeSurplus(job);
    await copyAll(job);
    await link(job);
    await setFileAttributes(job);
  } finally {
    job.removeStage();
    await finishFolders(job);
  }
  options.signal?.throwIfAborted();
  return job.result;
}

/** Nothing to do, and nothing left behind by a run that died. */
function isDone(plan: MirrorPlan): boolean {
  const hasSteps = !plan.steps().next().done || plan.links.length > 0;
  return !hasSteps && statsOrNull(joinNames(fromText(plan.places.replica), stageName)) === null;
}

interface Job {
  plan: MirrorPlan;
  pool: Pool;
  options: ApplyOptions;
  clock: Clock;
  source: ByteString;
  replica: ByteString;
  stage: ByteString;
  result: MirrorResult;
  /** Folders in which something happened, or is to happen. */
  folders: Set<ByteString>;
  prepareStage(): Promise<void>;
  removeStage(): void;
  done(action: Action, kind: Kind, path: ByteString): void;
  skip(path: ByteString, reason: SkipReason): void;
  isStopped(): boolean;
}

function createJob(pool: Pool, plan: MirrorPlan, options: ApplyOptions): Job {
  const replica = fromText(plan.places.replica);
  const stage = joinNames(replica, stageName);
  const result: MirrorResult = {
    added: 0,
    overwritten: 0,
    deleted: 0,
    untouched: plan.untouched,
    bytes: 0,
    skipped: [...plan.skipped],
  };
  const sums = {
    add: 'added',
    overwrite: 'overwritten',
    attributes: 'overwritten',
    delete: 'deleted',
  } as const;
  const unusable = (error: unknown) =>
    new PlugbackError(
      'mirror-replica-unusable',
      { path: plan.places.replica, reason: reasonOf(error) },
      { cause: error },
    );
  const job: Job = {
    plan,
    pool,
    options,
    clock: options.clock ?? realClock,
    source: fromText(plan.places.source),
    replica,
    stage,
    result,
    folders: new Set(['']),
    prepareStage: async () => {
      try {
        if (statsOrNull(stage) !== null) removeTree(stage);
        mkdirSync(path.join(plan.places.replica, stageName), { mode: 0o700 });
      } catch (error) {
        throw unusable(error);
      }
      // Else all in it would inherit the root's default access control list.
      if (plan.places.hasAttributes) {
        const inherited = new Map([['system.posix_acl_default', [stageName]]]);
        await removeAttributes(createRunner(true), plan.places.replica, inherited);
      }
    },
    removeStage: () => {
      try {
        removeTree(stage);
      } catch (error) {
        throw unusable(error);
      }
    },
    done: (action, kind, path) => {
      if (action !== 'link') result[sums[action]] += 1;
      if (action !== 'delete' && kind === 'folder') job.folders.add(path);
      job.folders.add(folderOf(path));
      options.onDone?.(action, path);
    },
    skip: (path, reason) => result.skipped.push({ path, reason }),
    isStopped: () => options.signal?.aborted === true,
  };
  return job;
}

async function removeSurplus(job: Job): Promise<void> {
  for (const batch of batchesOf(stepsOf(job, ['delete']))) {
    if (job.isStopped()) return;
    const paths = batch.map((step) => step.path);
    const { removed, skipped } = await job.pool.run('removeAll', { replica: job.replica, paths });
    for (const path of removed) job.done('delete', 'file', path);
    job.result.skipped.push(...skipped);
    // What a folder was, it is no more.
    for (const path of removed) job.folders.delete(path);
  }
}

function* stepsOf(job: Job, actions: readonly Action[]): Generator<Step> {
  for (const step of job.plan.steps()) if (actions.includes(step.action)) yield step;
}

function* batchesOf(steps: Iterable<Step>): Generator<Step[]> {
  let batch: Step[] = [];
  let bytes = 0;
  for (const step of steps) {
    if (step.kind === 'folder' && batch.length >= enoughItems) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(step);
    bytes += step.size;
    if (batch.length < batchItems && bytes < batchBytes) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

/** What is copied: the steps, and of each file with several names one. */
function* copiesOf(job: Job): Generator<Step> {
  yield* stepsOf(job, ['add', 'overwrite']);
  for (const { action, file } of job.plan.links) {
    if (action !== 'link') yield { action, kind: file.kind, path: file.path, size: file.size };
  }
}

/** Two batches are at work: while one is being compared and renamed, the next one is copied. */
async function copyAll(job: Job): Promise<void> {
  const progress = createProgress(job);
  let again: Step[] = [];
  let settled = Promise.resolve();
  let number = 0;
  const perform = async (steps: Iterable<Step>, isLast: boolean) => {
    for (const batch of batchesOf(steps)) {
      if (job.isStopped()) break;
      number += 1;
      const stage = joinNames(job.stage, String(number));
      const stop = progress.watch(stage, batch);
      const staged = await copyIntoStage(job, stage, batch).finally(stop);
      await settled;
      settled = settleBatch(job, stage, batch, staged).then((outcomes) => {
        const isAgain = (index: number) => !isLast && passing.includes(outcomes[index] ?? '');
        for (const [index, step] of batch.entries()) {
          if (isAgain(index)) again.push(step);
          else take(job, step, outcomes[index] ?? null);
        }
        progress.add(batch.filter((_, index) => !isAgain(index)));
      });
    }
    await settled;
  };
  await perform(copiesOf(job), false);
  for (let left = tries - 1; left > 0 && again.length > 0 && !job.isStopped(); left -= 1) {
    // What fits comes before what does not.
    const steps = again.toSorted((one, other) => one.size - other.size);
    again = [];
    await job.clock.sleep(retryMs);
    await perform(steps, left === 1);
  }
}

function take(job: Job, step: Step, outcome: Outcome): void {
  if (outcome === 'gone') return;
  if (outcome === null) {
    job.result.bytes += step.size;
    job.done(step.action, step.kind, step.path);
  } else job.skip(step.path, outcome);
}

interface Progress {
  /** These are done. */
  add(batch: readonly Step[]): void;
  /** Tells how far a batch is of which a file takes long. @returns what ends that */
  watch(stage: ByteString, batch: readonly Step[]): () => void;
}

function createProgress({ plan, options }: Job): Progress {
  const progress: MirrorProgress = {
    files: 0,
    filesTotal: plan.added.files + plan.overwritten.files,
    bytes: 0,
    bytesTotal: plan.added.bytes + plan.overwritten.bytes,
  };
  const arrived = (stage: ByteString, { path, size }: Step): number => {
    const stats = statsOrNull(joinNames(stage, path));
    return Math.min(size, Number(stats?.size ?? 0));
  };
  return {
    add: (batch) => {
      progress.files += batch.filter(({ kind }) => kind !== 'folder').length;
      progress.bytes += batch.reduce((sum, { size }) => sum + size, 0);
      options.onProgress?.({ ...progress });
    },
    watch: (stage, batch) => {
      const long = batch.filter(({ size }) => size >= batchBytes);
      if (long.length === 0 || options.onProgress === undefined) return () => undefined;
      const timer = setInterval(() => {
        const bytes = long.reduce((sum, step) => sum + arrived(stage, step), progress.bytes);
        options.onProgress?.({ ...progress, bytes });
      }, watchMs);
      return () => clearInterval(timer);
    },
  };
}

interface Staged {
  before: Awaited<ReturnType<typeof lookAt>>;
  complaints: ReadonlyMap<ByteString, SkipReason>;
}

function lookAt(job: Job, items: readonly StagedItem[]) {
  return job.pool.run('lookAtSource', { source: job.source, paths: items.map((item) => item.path) });
}

async function copyIntoStage(job: Job, stage: ByteString, batch: readonly Step[]): Promise<Staged> {
  const before = await lookAt(job, batch);
  mkdirSync(toBytes(stage), { mode: 0o700 });
  const { places } = job.plan;
  if (places.hasTar) {
    const to = path.join(places.replica, stage.slice(job.replica.length + 1));
    const isCopied = await copyLargeOnes(job, to, batch);
    const result = await copyWithTar({
      from: places.source,
      to,
      names: nameList(batch.filter((step) => !isCopied(step)).map((step) => step.path)),
      owners: places.rules.owners,
    });
    if (result.failed === null) {
      const complaints = [...result.complaints].map(([name, words]) => [name, skipReasonOf(words)] as const);
      return { before, complaints: new Map(complaints) };
    }
    // Nothing tells what of it is good. Once more, file by file, for the reasons.
    removeTree(stage);
    mkdirSync(toBytes(stage), { mode: 0o700 });
  }
  const task = { source: job.source, stage, items: batch, rules: places.rules };
  return { before, complaints: await job.pool.run('copyPlainly', task) };
}

/**
 * The kernel copies large files. Not without root's rights: cp makes the folders around a file as closed as they are in
 * the source, and the next file does not get in.
 *
 * @returns which of the batch need no other copy
 */
async function copyLargeOnes(
  { plan }: Job,
  to: string,
  batch: readonly Step[],
): Promise<(step: Step) => boolean> {
  const isLarge = ({ kind, size }: Step) => kind === 'file' && size >= largeBytes;
  const names = batch.filter(isLarge).map((step) => step.path);
  if (names.length === 0 || !plan.places.rules.owners) return () => false;
  // Where one fails, tar copies them all, and tells why.
  const isDone = await copyLarge(createRunner(true), plan.places.source, to, nameList(names));
  return isDone ? isLarge : () => false;
}

async function settleBatch(
  job: Job,
  stage: ByteString,
  items: readonly StagedItem[],
  { before, complaints }: Staged,
): Promise<Outcome[]> {
  const { source, replica } = job;
  const { timeUnitNs } = job.plan.places.rules;
  return job.pool.run('settle', { source, replica, stage, items, before, timeUnitNs, complaints });
}

async function link(job: Job): Promise<void> {
  const steps = job.plan.links.filter(({ action }) => action === 'link');
  if (steps.length === 0 || job.isStopped()) return;
  const links = steps.map(({ file, target }) => ({ path: file.path, target: target ?? '' }));
  const outcomes = await job.pool.run('makeLinks', {
    replica: job.replica,
    stage: joinNames(job.stage, 'links'),
    links,
  });
  for (const [index, { file }] of steps.entries()) {
    const outcome = outcomes[index] ?? null;
    if (outcome === null) job.done(file.isThere ? 'overwrite' : 'add', file.kind, file.path);
    // The file that it should be a name of is not there; why has been told.
    else if (outcome !== 'gone') job.skip(file.path, outcome);
  }
}

/** Modes, owners and attributes of files whose content is as it should be. */
async function setFileAttributes(job: Job): Promise<void> {
  for (const batch of batchesOf(stepsOf(job, ['attributes']))) {
    if (job.isStopped()) return;
    const files = batch.filter(({ kind }) => kind === 'file').map((step) => step.path);
    for (const { kind, path } of batch) if (kind === 'folder') job.done('attributes', kind, path);
    if (files.length === 0) continue;
    await removeSurplusAttributes(job, files);
    const outcomes = await copyRights(job, files, false);
    const done = files.filter((_, index) => outcomes[index] === null);
    if (job.plan.places.hasAttributes) {
      await copyAttributes(job.plan.places.source, job.plan.places.replica, nameList(done));
    }
    for (const [index, path] of files.entries()) {
      const outcome = outcomes[index] ?? null;
      if (outcome === null) job.done('attributes', 'file', path);
      else if (outcome !== 'gone') job.skip(path, outcome);
    }
  }
}

function copyRights(job: Job, paths: readonly ByteString[], times: boolean): Promise<Outcome[]> {
  const { source, replica } = job;
  return job.pool.run('copyRights', { source, replica, paths, rules: job.plan.places.rules, times });
}

/** tar and setfattr only add. Before the modes: without its access control list, a file's mode means something else. */
async function removeSurplusAttributes(job: Job, paths: readonly ByteString[]): Promise<void> {
  const { places } = job.plan;
  if (!places.hasAttributes) return;
  const runner = createRunner(true);
  const names = nameList(paths);
  const [source, replica] = await Promise.all([
    readAttributes(runner, places.source, names),
    readAttributes(runner, places.replica, names),
  ]);
  await removeAttributes(runner, places.replica, compareAttributes(source, replica).surplus);
}

/** Folders get modes, owners, attributes and times, those that contain others after these. */
async function finishFolders(job: Job): Promise<void> {
  const folders = [...job.folders].sort().reverse();
  const { places } = job.plan;
  const task = { source: job.source, replica: job.replica, rules: places.rules };
  const planned = new Set([...stepsOf(job, ['attributes'])].map((step) => step.path));
  const different = new Set(await job.pool.run('findDifferent', { ...task, paths: folders }));
  const paths = folders.filter((folder) => different.has(folder) || planned.has(folder));
  if (paths.length === 0) return;
  const names = paths.map((folder) => (folder === '' ? '.' : folder));
  await removeSurplusAttributes(job, names);
  if (places.hasTar) {
    const { owners } = places.rules;
    await copyWithTar({ from: places.source, to: places.replica, names: nameList(names), owners });
  }
  const left = await job.pool.run('findDifferent', { ...task, paths });
  // Inner ones first, as they come: an outer one may become closed.
  const outcomes = await copyRights(job, left, true);
  for (const [index, path] of left.entries()) {
    const outcome = outcomes[index] ?? null;
    if (outcome !== null && outcome !== 'gone') job.skip(path, outcome);
  }
}
