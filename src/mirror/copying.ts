/** New and changed content: copied into the stage batch by batch, compared there, renamed. */

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { nameList } from '../system/attributes.ts';
import { copyLarge } from '../system/cp.ts';
import { copyWithTar } from '../system/tar.ts';
import { batchBytes, batchesOf, type Job, type MirrorProgress, stepsOf } from './job.ts';
import { type ByteString, joinNames, toBytes } from './names.ts';
import { type Outcome, type SkipReason, statsOrNull } from './place.ts';
import { removeTree } from './remove.ts';
import type { StagedItem } from './settle.ts';
import type { Step } from './steps.ts';
import { skipReasonOf } from './tar-words.ts';

/** From so many bytes on, the kernel copies. */
const largeBytes = 1024 * 1024;
/** What may go better the next time: a file that was being written to; one whose room a larger one had taken in vain. */
const passing: readonly string[] = ['changing', 'ENOSPC'];
/** So many batches are copied at the same time. */
const atOnce = 2;
const tries = 3;
const retryMs = 50;
const watchMs = 500;

/** What is copied: the steps, and of each file with several names one. */
function* copiesOf(job: Job): Generator<Step> {
  yield* stepsOf(job, ['add', 'overwrite']);
  for (const { action, file } of job.plan.links) {
    if (action !== 'link') yield { action, kind: file.kind, path: file.path, size: file.size };
  }
}

/** While one batch is compared and renamed, the next two are copied. */
export async function copyAll(job: Job): Promise<void> {
  const progress = createProgress(job);
  let again: Step[] = [];
  let settled: Promise<void> = Promise.resolve();
  let number = 0;
  const perform = async (steps: Iterable<Step>, isLast: boolean) => {
    const copies: Promise<Staged>[] = [];
    for (const batch of batchesOf(steps)) {
      if (copies.length === atOnce) await copies.shift();
      if (job.isStopped()) break;
      number += 1;
      const stage = joinNames(job.stage, String(number));
      const stop = progress.watch(stage, batch);
      const copy = copyIntoStage(job, stage, batch).finally(stop);
      copies.push(copy);
      // One after the other: a folder comes before what a later batch has for it.
      settled = Promise.all([copy, settled]).then(async ([staged]) => {
        const outcomes = await settleBatch(job, stage, batch, staged);
        const isAgain = (index: number) => !isLast && passing.includes(outcomes[index] ?? '');
        for (const [index, step] of batch.entries()) {
          if (isAgain(index)) again.push(step);
          else take(job, step, outcomes[index] ?? null);
        }
        progress.add(batch.filter((_, index) => !isAgain(index)));
      });
      // It is awaited in the end; until then, nobody listens.
      settled.catch(() => undefined);
    }
    // What still writes to the stage must have ended before that is removed, whatever happened.
    await Promise.allSettled(copies);
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
  const isDone = await copyLarge(plan.places.source, to, nameList(names));
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

/** Names of files that are there, or were copied. */
export async function link(job: Job): Promise<void> {
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
