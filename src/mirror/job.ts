/** What the parts of a cycle share: the plan, the threads, the stage, and what has come of it so far. */

import { lutimesSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { PlugbackError, reasonOf } from '../errors.ts';
import { removeAttributes } from '../system/attributes.ts';
import { type Clock, realClock } from '../system/clock.ts';
import { isOfHere, ownerPath, readOwner, writeOwner } from '../system/lock.ts';
import { isAlive } from '../system/process-identity.ts';
import { isOpenAnywhere, openUnshared } from '../system/sharing.ts';
import type { Kind } from './compare.ts';
import type { Known } from './known.ts';
import type { LockOptions } from './mirror-lock.ts';
import { type ByteString, folderOf, fromText, joinNames, toText } from './names.ts';
import { attempt, codeOf, type Outcome, type Skip, type SkipReason, statsOrNull } from './place.ts';
import { borderOf, type MirrorPlan } from './plan.ts';
import type { Pool, PoolOptions } from './pool.ts';
import { removeTree } from './remove.ts';
import { stageName } from './scan.ts';
import type { Action, Step } from './steps.ts';

export interface ApplyOptions extends LockOptions, PoolOptions {
  /** Aborting ends it after the files at hand. */
  signal?: AbortSignal;
  /** Gets what was done, as it is done. */
  onDone?: (action: Action, path: ByteString) => void;
  /** Learns what was copied, so that the next cycle need not compare it. */
  known?: Known | undefined;
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

/** Where things are copied to before they are renamed, which works only within a filesystem. */
export interface Stage {
  /** The path. */
  place: ByteString;
  /** Why there is none on a filesystem inside the replica; nothing can be copied to that. */
  failure: SkipReason | null;
  /** What keeps others out on Windows: a file in it that is open here alone. */
  holder: number | null;
}

export interface Job {
  plan: MirrorPlan;
  pool: Pool;
  options: ApplyOptions;
  clock: Clock;
  source: ByteString;
  replica: ByteString;
  /** One a filesystem, by the folder in which that begins. */
  stages: ReadonlyMap<ByteString, Stage>;
  result: MirrorResult;
  /** What was to be copied and has not come. */
  missing: Map<ByteString, Exclude<Outcome, null>>;
  /** Folders in which something happened, or is to happen. */
  folders: Set<ByteString>;
  /** New folders that came without their attributes. */
  bareFolders: Set<ByteString>;
  /** @throws PlugbackError `mirror-running`, `mirror-replica-unusable` */
  prepareStages(): Promise<void>;
  /** Ends what shows others that this cycle lives; before the stages go. */
  stopBeat(): void;
  /** Tries once more where there was no room for a stage. */
  prepareFullStages(): Promise<void>;
  stageOf(path: ByteString): Stage;
  done(action: Action, kind: Kind, path: ByteString): void;
  /** It was in a folder that has become something else, and is gone with that. */
  replaced(path: ByteString): void;
  skip(path: ByteString, reason: SkipReason): void;
  isStopped(): boolean;
}

export function createJob(pool: Pool, plan: MirrorPlan, options: ApplyOptions): Job {
  const replica = fromText(plan.places.replica);
  const stages = new Map<ByteString, Stage>();
  const stageFolder = (border: ByteString) => path.join(plan.places.replica, toText(border), stageName);
  const result: MirrorResult = {
    added: 0,
    overwritten: 0,
    deleted: 0,
    untouched: plan.untouched,
    bytes: 0,
    skipped: [...plan.skipped],
  };
  const skipped = new Set(plan.skipped.map(({ path }) => path));
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
    stages,
    result,
    missing: new Map(),
    folders: new Set(['']),
    bareFolders: new Set(),
    prepareStages: async () => {
      for (const border of plan.borders) await verifyFree(stageFolder(border), job);
      for (const border of plan.borders) {
        const place = joinNames(replica, joinNames(border, stageName));
        const stage: Stage = { place, failure: null, holder: null };
        stages.set(border, stage);
        // To make and to remove the stage changes its time.
        job.folders.add(border);
        try {
          stage.holder = await makeStage(stage.place, stageFolder(border), job);
        } catch (error) {
          stage.failure = codeOf(error);
          // Where there is no room, what goes may make some.
          if (border === '' && !isFull(stage)) throw unusable(plan.places.replica, error);
        }
      }
      const beat = () => {
        const now = new Date();
        for (const border of plan.borders) {
          attempt(() => lutimesSync(ownerPath(ownerIn(stageFolder(border), job.clock).path), now, now));
        }
      };
      const timer = setInterval(beat, beatMs).unref();
      job.stopBeat = () => clearInterval(timer);
    },
    stopBeat: () => undefined,
    prepareFullStages: async () => {
      for (const [border, stage] of stages) {
        if (!isFull(stage)) continue;
        try {
          stage.holder = await makeStage(stage.place, stageFolder(border), job);
          stage.failure = null;
        } catch (error) {
          stage.failure = codeOf(error);
        }
      }
    },
    stageOf: (path) => {
      const stage = stages.get(borderOf(plan.borders, path));
      if (stage === undefined) throw new Error('no stage');
      return stage;
    },
    done: (action, kind, path) => {
      if (action !== 'link') result[sums[action]] += 1;
      if (action !== 'delete' && kind === 'folder') job.folders.add(path);
      job.folders.add(folderOf(path));
      options.onDone?.(action, path);
    },
    replaced: (path) => {
      result.deleted += 1;
      options.onDone?.('delete', path);
    },
    skip: (path, reason) => {
      if (!skipped.has(path)) result.skipped.push({ path, reason });
      skipped.add(path);
    },
    isStopped: () => options.signal?.aborted === true,
  };
  return job;
}

function unusable(replica: string, error: unknown): PlugbackError {
  return new PlugbackError(
    'mirror-replica-unusable',
    { path: replica, reason: reasonOf(error) },
    { cause: error },
  );
}

/** Who uses a stage, in the stage itself. */
const ownerIn = (stage: string, clock: Clock) => ({
  path: path.join(stage, 'mirror'),
  procRoot: '/proc',
  clock,
});

/**
 * The lock keeps out who has the same folder for locks. Another user, a container, or a machine that shares the disk has not,
 * but sees the stage; so does who mirrors into a filesystem that is mounted inside this replica. Whether a process of
 * another machine lives is told by its beat; never by comparing two machines' clocks.
 *
 * @throws PlugbackError `mirror-running`; the signal's reason
 */
async function verifyFree(stage: string, { clock, options }: Job): Promise<void> {
  if (isOpenAnywhere(holderIn(stage))) {
    const details = { path: path.dirname(stage), pid: null, since: null };
    throw new PlugbackError('mirror-running', details);
  }
  const record = ownerIn(stage, clock).path;
  const owner = await readOwner(record);
  if (owner === null) return;
  const lives = isOfHere(owner, '/proc')
    ? owner.pid !== process.pid && isAlive('/proc', owner)
    : await isBeating(ownerPath(record), clock, options.signal);
  if (!lives) return;
  const details = { path: path.dirname(stage), pid: owner.pid, since: owner.since };
  throw new PlugbackError('mirror-running', details);
}

/** ms between two beats: the record's time is set. */
const beatMs = 1000;
/** Some filesystems keep times to two seconds. */
const beatLooks = { count: 20, everyMs: 250 };

/** Is a record's time set again and again? */
async function isBeating(record: string, clock: Clock, signal: AbortSignal | undefined): Promise<boolean> {
  const timeOf = () => statsOrNull(fromText(record))?.mtimeNs;
  const before = timeOf();
  for (let look = 0; look < beatLooks.count; look += 1) {
    await clock.sleep(beatLooks.everyMs, signal);
    const now = timeOf();
    if (now === undefined) return false;
    if (now !== before) return true;
  }
  return false;
}

const isFull = ({ failure }: Stage) => failure === 'ENOSPC' || failure === 'EDQUOT';

/** Windows does not tell one process from another of that number, but lets a process keep a file to itself. */
const holderIn = (stage: string): string => path.join(stage, 'mirror.held');

/**
 * @param place the stage, as bytes
 * @returns its `holder`
 * @throws the system's error
 */
async function makeStage(place: ByteString, stage: string, { clock, plan }: Job): Promise<number | null> {
  if (statsOrNull(place) !== null) removeTree(place);
  mkdirSync(stage, { mode: 0o700 });
  if (process.platform === 'win32') return openUnshared(holderIn(stage));
  await writeOwner(ownerIn(stage, clock));
  if (!plan.places.hasAttributes) return null;
  // Else all in it would inherit the default access control list of the folder that it is in.
  const inherited = new Map([['system.posix_acl_default', [stageName]]]);
  await removeAttributes(path.dirname(stage), inherited);
  return null;
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
