/** New and changed content: copied into the stage batch by batch, compared there, renamed. */

import { mkdirSync } from 'node:fs';
import { systemCodeOf } from '../errors.ts';
import { nameList } from '../system/attributes.ts';
import { copyLarge } from '../system/cp.ts';
import { copyWithTar } from '../system/tar.ts';
import { batchBytes, batchesOf, type Job, type MirrorProgress, type Stage, stepsOf } from './job.ts';
import type { LinkedFile, LinkStep } from './links.ts';
import { type ByteString, joinNames, toSystemPath, toText } from './names.ts';
import { attempt, type Outcome, type SkipReason, statsOrNull } from './place.ts';
import { removeTree } from './remove.ts';
import type { Settled, StagedItem } from './settle.ts';
import type { Step } from './steps.ts';
import { isOfRights, skipReasonOf } from './tar-words.ts';

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

/** Batches of which each goes to one filesystem. */
function* stagedBatches(job: Job, steps: () => Iterable<Step>): Generator<{ stage: Stage; batch: Step[] }> {
  for (const stage of job.stages.values()) {
    const own = function* () {
      for (const step of steps()) if (job.stageOf(step.path) === stage) yield step;
    };
    for (const batch of batchesOf(own())) yield { stage, batch };
  }
}

/** While one batch is compared and renamed, the next two are copied. */
export async function copyAll(job: Job): Promise<void> {
  const progress = createProgress(job);
  let again: Step[] = [];
  let settled: Promise<void> = Promise.resolve();
  let number = 0;
  let hasFailed = false;
  const perform = async (steps: () => Iterable<Step>, isLast: boolean) => {
    const copies: Promise<Staged>[] = [];
    for (const { stage: root, batch } of stagedBatches(job, steps)) {
      // What it throws is thrown below, when no other one writes any more.
      if (copies.length === atOnce) await copies.shift()?.catch(() => undefined);
      if (job.isStopped() || hasFailed) break;
      number += 1;
      const stage = { ...root, place: joinNames(root.place, String(number)) };
      const stop = progress.watch(stage.place, batch);
      const copy = copyIntoStage(job, stage, batch).finally(stop);
      copies.push(copy);
      // One after the other: a folder comes before what a later batch has for it.
      settled = Promise.all([copy, settled]).then(async ([staged]) => {
        const { outcomes, facts, gone } = await settleBatch(job, stage.place, batch, staged);
        if (staged.isWhole) job.options.known?.add(facts);
        else for (const { kind, path } of batch) if (kind === 'folder') job.bareFolders.add(path);
        for (const path of gone) job.replaced(path);
        const isAgain = (index: number) => !isLast && passing.includes(outcomes[index] ?? '');
        for (const [index, step] of batch.entries()) {
          if (isAgain(index)) again.push(step);
          else take(job, step, outcomes[index] ?? null, staged.lacking.get(step.path));
        }
        progress.add(batch.filter((_, index) => !isAgain(index)));
      });
      // It is awaited in the end; until then, the rest need not be copied.
      settled.catch(() => {
        hasFailed = true;
      });
    }
    // What still writes to the stage must have ended before that is removed, whatever happened.
    await Promise.allSettled(copies);
    await settled;
  };
  await perform(() => copiesOf(job), false);
  for (let left = tries - 1; left > 0 && again.length > 0 && !job.isStopped(); left -= 1) {
    // What fits comes before what does not.
    const steps = again.toSorted((one, other) => one.size - other.size);
    again = [];
    await job.clock.sleep(retryMs);
    await perform(() => steps, left === 1);
  }
}

function take(job: Job, step: Step, outcome: Outcome, lacking: SkipReason | undefined): void {
  if (outcome !== null) job.missing.set(step.path, outcome);
  if (outcome === 'gone') return;
  if (outcome === null) {
    job.result.bytes += step.size;
    job.done(step.action, step.kind, step.path);
    // Of folders that is seen, and told, at the end.
    if (lacking !== undefined && step.kind !== 'folder') job.skip(step.path, lacking);
  } else job.skip(step.path, outcome);
}

interface Progress {
  /** These are done. */
  add(batch: readonly Step[]): void;
  /** Tells how far a batch is of which a file takes long. @returns what ends that, and throws what the listener threw */
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
    const stats = attempt(() => statsOrNull(joinNames(stage, path)));
    // A disk that fails is told where it is written to.
    return stats === null || typeof stats === 'string' ? 0 : Math.min(size, Number(stats.size));
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
      const thrown: unknown[] = [];
      const timer = setInterval(() => {
        const bytes = long.reduce((sum, step) => sum + arrived(stage, step), progress.bytes);
        try {
          options.onProgress?.({ ...progress, bytes });
        } catch (error) {
          // Out of a timer it would end the whole process.
          thrown.push(error);
          clearInterval(timer);
        }
      }, watchMs);
      return () => {
        clearInterval(timer);
        if (thrown.length > 0) throw thrown[0];
      };
    },
  };
}

interface Staged {
  before: Awaited<ReturnType<typeof lookAt>>;
  complaints: Complaints;
  /** Owners and the like that could not be set, of what has arrived itself. */
  lacking: Complaints;
  /** All that counts was copied, attributes included. */
  isWhole: boolean;
}

function lookAt(job: Job, items: readonly StagedItem[]) {
  return job.pool.run('lookAtSource', { source: job.source, paths: items.map((item) => item.path) });
}

async function copyIntoStage(job: Job, { place, failure }: Stage, batch: readonly Step[]): Promise<Staged> {
  const before = await lookAt(job, batch);
  const allFor = (reason: SkipReason): Staged => ({
    before,
    complaints: new Map(batch.map(({ path }) => [path, reason])),
    lacking: new Map(),
    isWhole: false,
  });
  if (failure !== null) return allFor(failure);
  try {
    return { before, ...(await fillStage(job, place, batch)) };
  } catch (error) {
    // The stage itself found no room: so none of them did.
    if (systemCodeOf(error) !== 'ENOSPC') throw error;
    return allFor('ENOSPC');
  }
}

/** @throws the system's error when the stage cannot be made */
async function fillStage(
  job: Job,
  stage: ByteString,
  batch: readonly Step[],
): Promise<Omit<Staged, 'before'>> {
  const { places } = job.plan;
  if (places.hasTar) {
    const copied = (await copyBySize(job, stage, batch)) ?? (await copyByTar(job, stage, batch));
    if (copied !== null) return { ...copied, isWhole: copied.lacking.size === 0 };
  }
  // Or nothing told what of it is good: once more, file by file, for the reasons.
  renew(stage);
  const task = { source: job.source, stage, items: batch, rules: places.rules };
  const complaints = await job.pool.run('copyPlainly', task);
  return { complaints, lacking: new Map(), isWhole: !places.hasAttributes };
}

type Complaints = ReadonlyMap<ByteString, SkipReason>;
type Copied = Pick<Staged, 'complaints' | 'lacking'>;

/**
 * The kernel copies large files, tar the rest. tar comes first: cp gives the folders around a file their default access
 * control lists at once, and what tar would make in these would inherit them. Not without root's rights: cp makes the
 * folders as closed as they are in the source, and the next file does not get in.
 *
 * @returns null when that did not work, or there is nothing large
 */
async function copyBySize(job: Job, stage: ByteString, batch: readonly Step[]): Promise<Copied | null> {
  const isLarge = ({ kind, size }: Step) => kind === 'file' && size >= largeBytes;
  const large = batch.filter(isLarge).map((step) => step.path);
  const { places } = job.plan;
  if (large.length === 0 || !places.rules.owners) return null;
  const copied = await copyByTar(
    job,
    stage,
    batch.filter((step) => !isLarge(step)),
  );
  // Which files it could not copy, cp does not tell; tar does.
  const isDone = copied !== null && (await copyLarge(places.source, toText(stage), nameList(large)));
  return isDone ? copied : null;
}

/** @returns null when it failed, and nothing tells at which file */
async function copyByTar(job: Job, stage: ByteString, batch: readonly Step[]): Promise<Copied | null> {
  renew(stage);
  const { places } = job.plan;
  const complaints = new Map<ByteString, SkipReason>();
  const lacking = new Map<ByteString, SkipReason>();
  if (batch.length === 0) return { complaints, lacking };
  const result = await copyWithTar({
    from: places.source,
    to: toText(stage),
    names: nameList(batch.map((step) => step.path)),
    owners: places.rules.owners,
  });
  if (result.failed !== null) return null;
  for (const [name, words] of result.complaints) {
    (isOfRights(words) ? lacking : complaints).set(name, skipReasonOf(words));
  }
  return { complaints, lacking };
}

/** Makes the stage of a batch, and takes away what an attempt has left in it. */
function renew(stage: ByteString): void {
  removeTree(stage);
  // Not as bytes: of those, Windows takes no more than 260.
  mkdirSync(toSystemPath(stage), { mode: 0o700 });
}

async function settleBatch(
  job: Job,
  stage: ByteString,
  items: readonly StagedItem[],
  { before, complaints, lacking }: Staged,
): Promise<Settled> {
  const { source, replica } = job;
  const { timeUnitNs } = job.plan.places.rules;
  const task = { source, replica, stage, items, before, timeUnitNs, complaints, lacking };
  return job.pool.run('settle', task);
}

/** Names of files that are there, or were copied. */
export async function link(job: Job): Promise<void> {
  const all: LinkStep[] = [];
  for (const step of job.plan.links) {
    if (step.action !== 'link') continue;
    const outcome = job.missing.get(step.target ?? '');
    // Under its name there is what was there before, if anything, and never under this one.
    if (outcome !== undefined) takeLink(job, step.file, outcome);
    else all.push(step);
  }
  for (const stage of job.stages.values()) {
    const steps = all.filter(({ file }) => job.stageOf(file.path) === stage);
    if (steps.length > 0 && !job.isStopped()) await linkWithin(job, stage, steps);
  }
}

async function linkWithin(job: Job, { place, failure }: Stage, steps: readonly LinkStep[]): Promise<void> {
  const links = steps.map(({ file, target }) => ({ path: file.path, target: target ?? '' }));
  const { outcomes, gone } =
    failure === null
      ? await job.pool.run('makeLinks', { replica: job.replica, stage: joinNames(place, 'links'), links })
      : { outcomes: steps.map(() => failure), gone: [] };
  for (const path of gone) job.replaced(path);
  for (const [index, { file }] of steps.entries()) takeLink(job, file, outcomes[index] ?? null);
}

function takeLink(job: Job, file: LinkedFile, outcome: Outcome): void {
  if (outcome === null) job.done(file.isThere ? 'overwrite' : 'add', file.kind, file.path);
  else if (outcome !== 'gone') job.skip(file.path, outcome);
}
