/** `status.json`: what the run that holds the lock is doing. Written by it, read by everybody. */

import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { exitCodeOf, systemCodeOf } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import { isHeld } from '../system/lock.ts';
import { identifyProcess, isAlive, type ProcessIdentity } from '../system/process-identity.ts';
import { writeAtomically } from './atomic-file.ts';
import { readHistory } from './history.ts';
import type { StatusPaths } from './paths.ts';
import type { RunListener } from './recorder.ts';
import { isRunDocument, isStatusDocument } from './shape.ts';
import { type QueuedRun, type RunDocument, type StatusDocument, statusVersion } from './types.ts';

/** How often mere progress is written, in ms. */
const progressMs = 1_000;
/** Steps that follow each other faster than that are written together, in ms. */
const stepMs = 50;

/**
 * Writes a run's document: soon when a step changes, once a second for progress, and its end before `changed` returns.
 * A status that cannot be written (full system disk) never ends a backup: `onProblem` gets the error, once.
 */
export function createStatusWriter(
  paths: StatusPaths,
  clock: Clock,
  onProblem: (error: unknown) => void,
): RunListener {
  let writtenAt = Number.NEGATIVE_INFINITY;
  let pending: NodeJS.Timeout | null = null;
  let told = false;
  const write = (run: Readonly<RunDocument>) => {
    if (pending !== null) clearTimeout(pending);
    pending = null;
    writtenAt = clock.monotonic();
    try {
      const state = run.finishedAt === null ? 'running' : 'idle';
      writeAtomically(paths.status, JSON.stringify({ version: statusVersion, state, run, queue: [] }));
    } catch (error) {
      if (!told) onProblem(error);
      told = true;
    }
  };
  return {
    changed: (run, urgent) => {
      if (run.finishedAt !== null) return write(run);
      if (pending !== null) return;
      const due = writtenAt + (urgent ? stepMs : progressMs) - clock.monotonic();
      if (due <= 0) write(run);
      // The document is the run's own and up to date when the time has come.
      else if (urgent) pending = setTimeout(() => write(run), due);
    },
  };
}

/**
 * The status as it really is: a run whose process died is shown as failed, an unreadable file as no run.
 * After a restart of the machine the last run comes from the history; `lastOf` is asked for it by readers that have
 * one at hand.
 */
export async function readStatus(
  paths: StatusPaths,
  procRoot: string,
  lastOf: () => Promise<RunDocument | null> = () => lastRun(paths),
): Promise<StatusDocument> {
  const queue = readQueue(paths, procRoot);
  const first = readStored(paths.status);
  const isRunning = await isHeld(paths.runLock, procRoot);
  // Read again: it may have begun or ended between the two looks.
  const stored = first?.state === (isRunning ? 'running' : 'idle') ? first : readStored(paths.status);
  const version = statusVersion;
  // Whatever the file says, or does not say: nobody may be told that the disk can be pulled out.
  if (isRunning)
    return stored?.state === 'running'
      ? { ...stored, queue }
      : { version, state: 'running', run: null, queue };
  if (stored?.state === 'idle') return { ...stored, queue };
  const dead = stored?.run ?? readUnfinished(paths)?.run ?? null;
  return { version, state: 'idle', run: dead === null ? await lastOf() : asDied(dead), queue };
}

/** What a run holds on to while it goes, for whoever must clean up after it, whatever the configuration says by then. */
export interface RunPlaces {
  /** `backup-destination`. */
  mountPoint: string;
  /** The marker in the source. */
  marker: string;
  /** `backup-source`. */
  source: string;
}

export interface DeadRun {
  run: RunDocument;
  /** Null where its record does not tell. */
  places: RunPlaces | null;
}

/** Leaves a trace of a run that begins, which outlives a power cut. Throws the system's error. */
export function noteUnfinished(paths: StatusPaths, run: Readonly<RunDocument>, places: RunPlaces): void {
  writeAtomically(paths.unfinished, JSON.stringify({ ...run, places }));
}

/** This run has ended, and the history tells of it. Throws the system's error. */
export function forgetUnfinished(paths: StatusPaths, id: string): void {
  if (readUnfinished(paths)?.run.id === id) rmSync(paths.unfinished, { force: true });
}

/** What is left of a run that died, for the history; null when the last one ended. Only for whoever holds the run's lock. */
export function takeDeadRun(paths: StatusPaths): DeadRun | null {
  const begun = readUnfinished(paths);
  if (begun === null) return null;
  const { run, places } = begun;
  const stored = readStored(paths.status)?.run ?? null;
  const isStored = stored?.id === run.id;
  const dead = asDied(isStored ? stored : run);
  const known = dead.steps.flatMap(({ startedAt, finishedAt }) => [startedAt, finishedAt]);
  // When exactly nobody knows: it wrote its status once a second for as long as it lived.
  if (isStored) known.push(timeOf(paths.status));
  const finishedAt = known.reduce(
    (latest, at) => (at !== null && (latest === null || at > latest) ? at : latest),
    null,
  );
  return { run: { ...dead, finishedAt: finishedAt ?? dead.startedAt }, places };
}

function timeOf(filePath: string): string | null {
  const stats = statSync(filePath, { throwIfNoEntry: false });
  return stats === undefined ? null : stats.mtime.toISOString();
}

function readUnfinished(paths: StatusPaths): DeadRun | null {
  try {
    const record: unknown = JSON.parse(readFileSync(paths.unfinished, 'utf8'));
    if (!isRunDocument(record)) return null;
    const { places, ...run } = record as RunDocument & { places?: unknown };
    return { run, places: isRunPlaces(places) ? places : null };
  } catch {
    return null;
  }
}

function isRunPlaces(value: unknown): value is RunPlaces {
  const places = value as Partial<RunPlaces> | null | undefined;
  return [places?.mountPoint, places?.marker, places?.source].every((place) => typeof place === 'string');
}

async function lastRun(paths: StatusPaths): Promise<RunDocument | null> {
  const [last] = await readHistory(paths.history, { limit: 1 });
  return last ?? null;
}

function readStored(filePath: string): StatusDocument | null {
  try {
    const document: unknown = JSON.parse(readFileSync(filePath, 'utf8'));
    return isStatusDocument(document, statusVersion) ? document : null;
  } catch {
    return null;
  }
}

function asDied(run: RunDocument): RunDocument {
  const steps = run.steps.map((step) => {
    if (step.state === 'running') return { ...step, state: 'failed' as const };
    return step.state === 'pending' ? { ...step, state: 'skipped' as const } : step;
  });
  const error = { code: 'run-died' as const, message: '', details: {}, exitCode: exitCodeOf('run-died', {}) };
  // Nobody unmounted the disk.
  return { ...run, steps, outcome: 'failed', error, unplug: false };
}

/** Puts a run that waits its turn where readers see it; the result takes it away again. */
export function enterQueue(paths: StatusPaths, procRoot: string, queued: QueuedRun): () => void {
  const filePath = path.join(paths.queue, `${process.pid}.json`);
  // Only for show: the lock decides about the turn, so a full or write-protected system disk changes nothing.
  const attempt = (action: () => void): void => {
    try {
      action();
    } catch {}
  };
  const entry = { ...queued, process: identifyProcess(procRoot, process.pid) };
  attempt(() => writeAtomically(filePath, JSON.stringify(entry)));
  return () => attempt(() => rmSync(filePath, { force: true }));
}

function readQueue(paths: StatusPaths, procRoot: string): QueuedRun[] {
  const queue: QueuedRun[] = [];
  for (const name of namesIn(paths.queue)) {
    try {
      const entry = JSON.parse(readFileSync(path.join(paths.queue, name), 'utf8')) as QueuedRun & {
        process: ProcessIdentity;
      };
      if (typeof entry.uuid !== 'string' || typeof entry.since !== 'string') continue;
      if (!isAlive(procRoot, entry.process)) continue;
      queue.push({ uuid: entry.uuid, label: entry.label, since: entry.since });
    } catch {
      // Half gone, or not ours.
    }
  }
  return queue.sort((one, other) => one.since.localeCompare(other.since));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
