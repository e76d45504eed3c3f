/** What the parts of a cycle share: the plan, the threads, the stage, and what has come of it so far. */

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { PlugbackError, reasonOf } from '../errors.ts';
import { removeAttributes } from '../system/attributes.ts';
import { type Clock, realClock } from '../system/clock.ts';
import { readOwner, writeOwner } from '../system/lock.ts';
import { isAlive } from '../system/process-identity.ts';
import type { Kind } from './compare.ts';
import type { LockOptions } from './mirror-lock.ts';
import { type ByteString, folderOf, fromText, joinNames } from './names.ts';
import { type Skip, type SkipReason, statsOrNull } from './place.ts';
import type { MirrorPlan } from './plan.ts';
import type { Pool } from './pool.ts';
import { removeTree } from './remove.ts';
import { stageName } from './scan.ts';
import type { Action, Step } from './steps.ts';

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
const batchItems = 2500;
const enoughItems = 1500;
/** Bytes; a larger file is a batch of its own. */
export const batchBytes = 64 * 1024 * 1024;

export interface Job {
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
  done(action: Action, kind: Kind, path: ByteString): void;
  skip(path: ByteString, reason: SkipReason): void;
  isStopped(): boolean;
}

export function createJob(pool: Pool, plan: MirrorPlan, options: ApplyOptions): Job {
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
      const folder = path.join(plan.places.replica, stageName);
      const record = { path: path.join(folder, 'mirror'), procRoot: '/proc', clock: job.clock };
      await verifyFree(plan.places.replica, record);
      try {
        if (statsOrNull(stage) !== null) removeTree(stage);
        mkdirSync(folder, { mode: 0o700 });
        await writeOwner(record);
      } catch (error) {
        const details = { path: plan.places.replica, reason: reasonOf(error) };
        throw new PlugbackError('mirror-replica-unusable', details, { cause: error });
      }
      // Else all in it would inherit the root's default access control list.
      if (plan.places.hasAttributes) {
        const inherited = new Map([['system.posix_acl_default', [stageName]]]);
        await removeAttributes(plan.places.replica, inherited);
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

/**
 * The lock keeps out who has the same folder for locks. Another user, or a container, has not, but sees the stage.
 *
 * @throws PlugbackError `mirror-running`
 */
async function verifyFree(replica: string, record: { path: string; procRoot: string }): Promise<void> {
  const owner = await readOwner(record.path);
  if (owner === null || owner.pid === process.pid || !isAlive(record.procRoot, owner)) return;
  throw new PlugbackError('mirror-running', { path: replica, pid: owner.pid, since: owner.since });
}

export function* stepsOf(job: Job, actions: readonly Action[]): Generator<Step> {
  for (const step of job.plan.steps()) if (actions.includes(step.action)) yield step;
}

export function* batchesOf(steps: Iterable<Step>): Generator<Step[]> {
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
