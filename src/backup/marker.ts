/**
 * Steps 4 and 7: the marker files on the disk and in the source, for as long as a copy runs.
 *
 * On the disk a marker is the evidence of an incomplete copy; in the source it is what Veeam's side waits for.
 * Whether its run still lives is told by the lock on this machine, and from elsewhere by its heartbeat.
 */

import path from 'node:path';
import { PlugbackError, reasonOf, type VeeamLock } from '../errors.ts';
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

/** The marker in the source, while the body of `withMarkers` runs. */
export interface SourceMarker {
  /** Takes it away, does something, and puts it back once Veeam leaves room for it again. */
  away(meanwhile: () => Promise<void>): Promise<void>;
}

/** How a copy gives way to Veeam. */
export interface GiveWay {
  /** The locks that stand, seen for sure. @throws PlugbackError `veeam-locks-unreadable` */
  look(voice: StepVoice): Promise<readonly VeeamLock[]>;
  /** Waits until none stands. @throws PlugbackError `veeam-busy`, `veeam-locks-unreadable` */
  wait(): Promise<void>;
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
 * In the source it is written first and then looked for Veeam's locks; if there is one, the marker goes away again and
 * the copy waits. Veeam's script raises its lock first and then looks for the marker, so one of the two sees the other.
 *
 * @throws PlugbackError of the body, or `marker-name-taken`, `disk-not-writable`, `marker-not-writable`, `marker-not-removable`,
 *   and those of `giveWay`
 */
export async function withMarkers<T>(
  places: MarkerPlaces,
  identity: { run: string; pid: number; host: string },
  context: { system: System; recorder: RunRecorder; giveWay: GiveWay },
  body: (source: SourceMarker) => Promise<T>,
): Promise<T> {
  const { system, recorder, giveWay } = context;
  const startedAt = new Date(system.clock.now()).toISOString();
  const text = (heartbeat: number) => renderMarker({ ...identity, startedAt, heartbeat });

  const written = new Set<string>();
  const heartbeat = keepAlive(written, text, system);
  const writeSource = async () => {
    await writeInSource(places.source, text(heartbeat.count()), written, system);
    heartbeat.resume();
  };
  const leaveSource = async () => {
    await heartbeat.skip(places.source);
    await removeMarker(places.source, system);
    written.delete(places.source);
  };
  const giveWayWhereNeeded = async (voice: StepVoice) => {
    for (;;) {
      const locks = await giveWay.look(voice);
      if (locks.length === 0) return;
      voice.info('veeam.stepping-back', { locks });
      await leaveSource();
      await giveWay.wait();
      await writeSource();
    }
  };
  const sourceMarker: SourceMarker = {
    away: async (meanwhile) => {
      await leaveSource();
      await meanwhile();
      await writeSource();
      await giveWayWhereNeeded(recorder.voice('lock'));
    },
  };
  let failure: { error: unknown } | null = null;
  let value: T | undefined;
  try {
    await recorder.step('lock', async (voice) => {
      await warnAboutCrashedRun(places, system, voice);
      await bothDone([writeOnDisk(places.disk, text(0), written, system), writeSource()]);
      await giveWayWhereNeeded(voice);
      voice.info('lock.done', places);
    });
    value = await body(sourceMarker);
  } catch (error) {
    failure = { error };
  }
  await heartbeat.stop();
  try {
    await recorder.step('unlock', async (voice) => {
      const isThere = await places.isDiskThere();
      // On the disk it stays then, as the evidence of an incomplete copy.
      const leaving = [...written].filter((place) => isThere || place !== places.disk);
      await removeAll(leaving, system, voice);
      if (!isThere) voice.info('unlock.left-on-disk', { path: places.disk });
      else voice.info(written.size === 0 ? 'unlock.none' : 'unlock.done');
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
async function writeOnDisk(place: string, text: string, written: Set<string>, system: System): Promise<void> {
  try {
    await write(place, text, written, system);
  } catch (error) {
    const details = { mountPoint: path.dirname(place), reason: reasonOf(error) };
    throw new PlugbackError('disk-not-writable', details, { cause: error });
  }
}

async function writeInSource(
  place: string,
  text: string,
  written: Set<string>,
  system: System,
): Promise<void> {
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

async function write(place: string, text: string, written: Set<string>, system: System): Promise<void> {
  const folder = path.dirname(place);
  await system.files.makeDirectory(folder, 0o755);
  await system.files.keepingTimeOf(folder, async () => {
    // Noted before it is complete: half of it must be removed as well.
    written.add(place);
    await system.files.writeInPlace(place, text);
  });
}

/** Renews the markers until stopped. A failure is left to the copy, which meets the same disk. */
function keepAlive(places: ReadonlySet<string>, text: (heartbeat: number) => string, system: System) {
  let heartbeat = 0;
  let skipped: string | null = null;
  let beating: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    heartbeat += 1;
    const beat = text(heartbeat);
    beating = beating.then(() =>
      Promise.allSettled(
        [...places]
          .filter((place) => place !== skipped)
          .map((place) => system.files.writeInPlace(place, beat)),
      ),
    );
  }, heartbeatMs);
  // In both cases a beat that is still being written would bring a removed file back.
  return {
    count: () => heartbeat,
    /** Leaves a place alone until it is written again. */
    skip: async (place: string) => {
      skipped = place;
      await beating;
    },
    resume: () => {
      skipped = null;
    },
    stop: async () => {
      clearInterval(timer);
      await beating;
    },
  };
}

/** False when it was gone already. */
async function removeMarker(place: string, system: System): Promise<boolean> {
  try {
    return await system.files.keepingTimeOf(path.dirname(place), () => system.files.remove(place));
  } catch (error) {
    const details = { path: place, reason: reasonOf(error) };
    throw new PlugbackError('marker-not-removable', details, { cause: error });
  }
}

async function removeAll(places: readonly string[], system: System, voice: StepVoice): Promise<void> {
  const removals = places.map(async (place) => {
    if (!(await removeMarker(place, system))) voice.warn('warn.marker-gone', { path: place });
  });
  // Both, even when one fails.
  await Promise.allSettled(removals);
  await Promise.all(removals);
}
