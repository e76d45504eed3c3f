/**
 * Carries a plan out. What goes, goes first: it makes room, and a name that changed only its case is free. Everything else
 * is copied into a stage (a folder at the root of the replica), compared there, and renamed to its real name: under a real
 * name there is only what is whole. Folders get their attributes last, because every name in them changes their time.
 */

import { closeSync } from 'node:fs';
import { PlugbackError, reasonOf, systemCodeOf } from '../errors.ts';
import { copyAll, link } from './copying.ts';
import { finishFolders, setFileAttributes } from './finishing.ts';
import { type ApplyOptions, batchesOf, createJob, type Job, type MirrorResult, stepsOf } from './job.ts';
import { withReplicaLock } from './mirror-lock.ts';
import { type ByteString, fromText, joinNames } from './names.ts';
import { attempt, codeOf, type SkipReason, statsOrNull } from './place.ts';
import { identityOf } from './places.ts';
import type { MirrorPlan } from './plan.ts';
import { createPool, type Pool } from './pool.ts';
import { removeTree } from './remove.ts';
import { stageName } from './scan.ts';

/**
 * Makes the replica equal to the source, as planned. What cannot be done is skipped and told.
 *
 * @throws PlugbackError the plan's refusal; `mirror-source-unusable`, `mirror-replica-unusable`, `mirror-replica-failed`, `mirror-running`; the
 *   signal's reason
 */
export async function applyMirror(plan: MirrorPlan, options: ApplyOptions = {}): Promise<MirrorResult> {
  return withReplicaLock(plan.places.replica, options, async (signal) => {
    const pool = createPool(options);
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
  verifyStillThere(plan);
  await job.prepareStages();
  try {
    await perform(job);
  } catch (error) {
    if (error instanceof PlugbackError || systemCodeOf(error) === null) throw error;
    const details = { path: plan.places.replica, reason: reasonOf(error) };
    throw new PlugbackError('mirror-replica-failed', details, { cause: error });
  }
  options.signal?.throwIfAborted();
  // What it held was gone, file by file, which by itself is nothing to tell.
  const vanished = whyVanished(plan.places.source, plan.places.sourceIdentity);
  if (vanished !== null) job.skip('', vanished);
  return job.result;
}

/** A plan may be old, and the disk that it is for no longer mounted. @throws PlugbackError */
function verifyStillThere({ places }: MirrorPlan): void {
  const { source, replica, sourceIdentity, replicaIdentity } = places;
  const lost = whyVanished(source, sourceIdentity);
  if (lost !== null) throw new PlugbackError('mirror-source-unusable', { path: source, reason: lost });
  const gone = whyVanished(replica, replicaIdentity);
  if (gone !== null) throw new PlugbackError('mirror-replica-unusable', { path: replica, reason: gone });
}

/** Null: it is the same folder as ever. */
function whyVanished(folder: string, identity: string): SkipReason | null {
  try {
    return identityOf(folder) === identity ? null : 'ESTALE';
  } catch (error) {
    return codeOf(error);
  }
}

async function perform(job: Job): Promise<void> {
  try {
    await removeSurplus(job);
    await job.prepareFullStages();
    await copyAll(job);
    await link(job);
    await setFileAttributes(job);
  } finally {
    job.stopBeat();
    try {
      for (const { place, failure, holder } of job.stages.values()) {
        if (holder !== null) closeSync(holder);
        if (failure === null) removeTree(place);
        // There may be half of one; what keeps it there has been told, or nobody needed it.
        else attempt(() => removeTree(place));
      }
    } finally {
      await finishFolders(job);
    }
  }
}

/** Nothing to do, and nothing left behind by a run that died. */
function isDone(plan: MirrorPlan): boolean {
  const hasSteps = !plan.steps().next().done || plan.links.length > 0;
  const stageIn = (border: ByteString) =>
    joinNames(fromText(plan.places.replica), joinNames(border, stageName));
  return !hasSteps && plan.borders.every((border) => statsOrNull(stageIn(border)) === null);
}

async function removeSurplus(job: Job): Promise<void> {
  for (const batch of batchesOf(stepsOf(job, ['delete']))) {
    if (job.isStopped()) return;
    const paths = batch.map((step) => step.path);
    const { removed, skipped } = await job.pool.run('removeAll', { replica: job.replica, paths });
    for (const path of removed) job.done('delete', 'file', path);
    for (const { path, reason } of skipped) job.skip(path, reason);
    // What a folder was, it is no more.
    for (const path of removed) job.folders.delete(path);
  }
}
