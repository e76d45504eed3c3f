/**
 * Steps 4 and 7: the marker files on the disk and in the source, for as long as a copy runs.
 *
 * On the disk a marker is the evidence of an incomplete copy; in the source it is what Veeam's side waits for.
 * Whether its run still lives is told by the lock on this machine, and from elsewhere by its heartbeat.
 */

import path from 'node:path';
import { PlugbackError, reasonOf } from '../errors.ts';
import type { RunRecorder, StepVoice } from '../status/recorder.ts';
import type { System } from '../system/system.ts';

export interface Marker {
  run: string;
  pid: number;
  host: string;
  /** ISO 8601 in UTC. */
  startedAt: string;
  /** Rises by one every ten seconds while the run lives. */
  heartbeat: number;
}

export interface MarkerPlaces {
  /** On the disk, at `backup-lockfile-path`. */
  disk: string;
  /** At the root of the source. */
  source: string;
  /** False once the disk was pulled out. */
  isDiskThere(): Promise<boolean>;
}

const heartbeatMs = 10_000;

/** The marker as it is written: always of the same length while a run lives, so that it can be renewed in place. */
export function renderMarker(marker: Marker): string {
  const heartbeat = String(marker.heartbeat).padStart(8);
  return `${JSON.stringify({ ...marker, heartbeat: 0 }).replace('"heartbeat":0', `"heartbeat":${heartbeat}`)}\n`;
}

/** Reads a marker; null when it is empty or not one of ours, which says only that some run did not end well. */
export function parseMarker(text: string): Marker | null {
  try {
    const marker = JSON.parse(text) as Marker;
    const isWhole = typeof marker.run === 'string' && typeof marker.startedAt === 'string';
    return isWhole && !Number.isNaN(Date.parse(marker.startedAt)) ? marker : null;
  } catch {
    return null;
  }
}

/**
 * Writes both markers, runs the body, removes them, whatever the body did.
 *
 * @throws PlugbackError of the body, or `marker-name-taken`, `disk-not-writable`, `marker-not-writable`, `marker-not-removable`
 */
export async function withMarkers<T>(
  places: MarkerPlaces,
  identity: { run: string; pid: number; host: string },
  context: { system: System; recorder: RunRecorder },
  body: () => Promise<T>,
): Promise<T> {
  const { system, recorder } = context;
  const startedAt = new Date(system.clock.now()).toISOString();
  const text = (heartbeat: number) => renderMarker({ ...identity, startedAt, heartbeat });

  const written: string[] = [];
  const stopHeartbeat = { now: async () => {} };
  let failure: { error: unknown } | null = null;
  let value: T | undefined;
  try {
    await recorder.step('lock', async (voice) => {
      await warnAboutCrashedRun(places, system, voice);
      await bothDone([
        writeOnDisk(places.disk, text(0), written, system),
        writeInSource(places.source, text(0), written, system),
      ]);
      stopHeartbeat.now = keepAlive(written, text, system);
      voice.info('lock.done', places);
    });
    value = await body();
  } catch (error) {
    failure = { error };
  }
  await stopHeartbeat.now();
  try {
    await recorder.step('unlock', async (voice) => {
      const isThere = await places.isDiskThere();
      // It stays, as the evidence of an incomplete copy.
      if (!isThere) voice.info('unlock.left-on-disk', { path: places.disk });
      await removeAll(isThere ? written : written.filter((place) => place !== places.disk), system, voice);
    });
  } catch (error) {
    if (failure === null) throw error;
    recorder.warn('warn.cleanup-failed', { problem: recorder.describe(error) });
  }
  if (failure !== null) throw failure.error;
  return value as T;
}

/** This run holds the lock, so whoever left a marker is gone. */
async function warnAboutCrashedRun(places: MarkerPlaces, system: System, voice: StepVoice): Promise<void> {
  const onDisk = await read(places.disk, system);
  if (onDisk !== null) voice.warn('warn.crashed-run', { since: parseMarker(onDisk)?.startedAt ?? null });
  const inSource = await read(places.source, system);
  if (inSource !== null && !isLeftover(inSource)) {
    throw new PlugbackError('marker-name-taken', { path: places.source });
  }
  if (inSource !== null && onDisk === null) voice.warn('warn.crashed-run-source');
}

/** A marker, or what a power cut leaves of one: nothing, zeros, its beginning. Anything else is somebody's file. */
function isLeftover(text: string): boolean {
  return /^[\s\0]*$/.test(text) || text.startsWith('{"run":') || parseMarker(text) !== null;
}

async function read(place: string, system: System): Promise<string | null> {
  try {
    return await system.files.read(place);
  } catch (error) {
    throw new PlugbackError(
      'marker-not-writable',
      { path: place, reason: reasonOf(error) },
      { cause: error },
    );
  }
}

/** Waits for both even when one fails: cleaning up must not overtake the other. */
async function bothDone(writes: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(writes);
  await Promise.all(writes);
}

/** The first thing that is written to the disk, and handed through to it: the proof that it takes writes. */
async function writeOnDisk(place: string, text: string, written: string[], system: System): Promise<void> {
  try {
    await write(place, text, written, system);
  } catch (error) {
    const details = { mountPoint: path.dirname(place), reason: reasonOf(error) };
    throw new PlugbackError('disk-not-writable', details, { cause: error });
  }
}

async function writeInSource(place: string, text: string, written: string[], system: System): Promise<void> {
  try {
    await write(place, text, written, system);
  } catch (error) {
    throw new PlugbackError(
      'marker-not-writable',
      { path: place, reason: reasonOf(error) },
      { cause: error },
    );
  }
}

async function write(place: string, text: string, written: string[], system: System): Promise<void> {
  const folder = path.dirname(place);
  await system.files.makeDirectory(folder, 0o755);
  await system.files.keepingTimeOf(folder, async () => {
    // Noted before it is complete: half of it must be removed as well.
    written.push(place);
    await system.files.writeInPlace(place, text);
  });
}

/** Renews the markers until stopped. A failure is left to the copy, which meets the same disk. */
function keepAlive(
  places: readonly string[],
  text: (heartbeat: number) => string,
  system: System,
): () => Promise<void> {
  let heartbeat = 0;
  let beating: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    heartbeat += 1;
    const beat = text(heartbeat);
    beating = beating.then(() =>
      Promise.allSettled(places.map((place) => system.files.writeInPlace(place, beat))),
    );
  }, heartbeatMs);
  return async () => {
    clearInterval(timer);
    // A beat that is still being written would bring a removed file back.
    await beating;
  };
}

async function removeAll(places: readonly string[], system: System, voice: StepVoice): Promise<void> {
  const removals = places.map(async (place) => {
    const wasThere = await system.files.keepingTimeOf(path.dirname(place), () => system.files.remove(place));
    if (!wasThere) voice.warn('warn.marker-gone', { path: place });
  });
  const results = await Promise.allSettled(removals);
  const failed = results.findIndex((result) => result.status === 'rejected');
  const reason = results[failed]?.status === 'rejected' ? results[failed].reason : null;
  if (reason !== null) {
    const details = { path: places[failed] ?? '', reason: reasonOf(reason) };
    throw new PlugbackError('marker-not-removable', details, { cause: reason });
  }
  voice.info(places.length === 0 ? 'unlock.none' : 'unlock.done');
}
