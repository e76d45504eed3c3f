/**
 * Veeam's pre-job and post-job scripts: wait for the copy, raise this job's lock; take it down again.
 *
 * Both sides write first and look then. The copy writes its marker, looks for locks, and takes the marker away when it
 * sees one; the script raises its lock, looks for the marker, and waits while it sees one. Whoever looks last sees the
 * other, so never do both go. The script leaves its lock where it is and the copy always gives way to it, so one of
 * them goes: if both stepped back, they could do so for ever.
 */

import path from 'node:path';
import {
  type ErrorDetails,
  hindranceOf,
  PlugbackError,
  reasonOf,
  type StopSignal,
  systemCodeOf,
} from '../errors.ts';
import type { StepVoice } from '../status/recorder.ts';
import type { Clock } from '../system/clock.ts';
import type { ProcessIdentity } from '../system/process-identity.ts';
import type { Share } from '../system/share.ts';
import {
  isOfHost,
  isOfJob,
  type LockNames,
  type LockText,
  lockNames,
  parseLock,
  renderLock,
} from './lock-file.ts';
import { LockFolder } from './lock-folder.ts';
import { MarkerWatch } from './marker-watch.ts';
import { tellOddLocks } from './wait.ts';

export interface HookSettings {
  /** The folder for the lock files, as this machine sees it. */
  lockFolder: string;
  /** The copy's marker in the source, as this machine sees it. */
  markerPath: string;
  job: { id: string; name: string | null };
  /** This machine's name. */
  host: string;
  waitMinutes: number;
  staleHours: number;
  /** For how long an answer about the marker may come from this machine's memory instead of the share, in ms. */
  cacheMs: number;
}

export interface HookContext {
  share: Share;
  clock: Clock;
  signal: AbortSignal;
  procRoot: string;
  /** Veeam's own process that called the script; null where it is not known. */
  caller: ProcessIdentity | null;
  /** '' where the machine does not tell. */
  bootId: string;
  /** Eight hexadecimal digits, new for each call. */
  token: string;
  voice: StepVoice;
}

const pollMs = 2_000;
const lineMs = 60_000;
const longestText = 4096;

export interface Raised {
  /** The lock's path. */
  path: string;
  /** Where the marker would lie there is no folder, so nobody can tell whether a copy runs. */
  isBlind: boolean;
}

/**
 * Waits until no copy runs, then raises the job's lock.
 *
 * Told to stop by Ctrl-C, it takes its announcement back. By any other signal it leaves it: a Veeam agent ends a script
 * that takes too long, and then begins to write.
 *
 * @throws PlugbackError `copy-running` when the time is over, `veeam-lock-not-written`, `veeam-lock-withdrawn`,
 *   `veeam-interrupted`
 */
export async function raiseLock(settings: HookSettings, context: HookContext): Promise<Raised> {
  const { job, host, lockFolder } = settings;
  const names = lockNames(job.id, host, context.token);
  await clearForgotten(settings, context);
  // Before its own stands: so of two scripts of one job at once, only one can take the other's lock over.
  const earlier = (await listOfJob(settings, context)) ?? [];
  const until = await put(names.announced, names, settings, context);
  let standing = names.announced;
  try {
    const isBlind = await warnWithoutSource(settings, context);
    const copy = new MarkerWatch(settings.markerPath, context);
    const deadline = context.clock.monotonic() + settings.waitMinutes * 60_000;
    await waitForCopy(copy, deadline, settings, context);
    await raise(names, settings, context);
    standing = names.raised;
    // What this machine remembers of the marker may be older than the lock.
    if (settings.cacheMs > 0) await context.clock.sleep(settings.cacheMs, context.signal);
    // A copy may have come first by a moment. Either it steps back for the lock, or it was there and goes on to its end.
    const end = await waitForCopy(copy, deadline, settings, context);
    if (end === 'dead') context.voice.warn('hook.dead-copy', { path: settings.markerPath });
    await takeOver(earlier, settings, context);
    return { path: path.join(lockFolder, names.raised), isBlind };
  } catch (error) {
    const signal = signalOf(error);
    const isLeft = signal !== null && signal !== 'SIGINT';
    if (!isLeft) await withdraw(names, settings, context);
    if (signal === null) throw error;
    const left = isLeft ? { path: path.join(lockFolder, standing), until } : { path: null, until: null };
    throw new PlugbackError('veeam-interrupted', { signal, job: job.name ?? job.id, ...left });
  }
}

function signalOf(error: unknown): StopSignal | null {
  if (!(error instanceof PlugbackError) || error.code !== 'interrupted') return null;
  return (error.details as ErrorDetails['interrupted']).signal;
}

/**
 * Takes this job's lock down, and nobody else's. Where none has the job's id, those count that tell it as their name.
 *
 * @returns how many there were; none is a warning, with what else stands of this machine
 * @throws PlugbackError `veeam-lock-not-removed`, also where there is no lock folder
 */
export async function lowerLock(
  { lockFolder, job, host }: Pick<HookSettings, 'lockFolder' | 'job' | 'host'>,
  { share, voice }: Pick<HookContext, 'share' | 'voice'>,
): Promise<number> {
  let place = lockFolder;
  try {
    const names = await share.list(lockFolder);
    if (names === null) throw Object.assign(new Error('ENOENT: no such folder'), { code: 'ENOENT' });
    if (names === 'not-a-folder') throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
    const own = names.filter((name) => isOfJob(name, job.id, host));
    const others = own.some(isLock) ? [] : await describeLocks(lockFolder, names, host, share);
    const named = others.filter(({ text }) => text?.name === job.id || text?.job === job.id);
    let removed = 0;
    for (const name of [...own, ...named.map(({ file }) => file)]) {
      place = path.join(lockFolder, name);
      if ((await share.remove(place)) && isLock(name)) removed += 1;
    }
    if (removed === 0) {
      voice.warn('hook.no-lock', { job: job.name ?? job.id, path: lockFolder });
      const holders = others.map(({ file, text }) => callName(text) ?? file);
      if (holders.length > 0) voice.warn('hook.other-locks', { holders });
    }
    return removed;
  } catch (error) {
    const details = { path: place, reason: reasonOf(error), hindrance: hindranceOf(error) };
    throw new PlugbackError('veeam-lock-not-removed', details, { cause: error });
  }
}

function isLock(name: string): boolean {
  return !name.endsWith('.tmp');
}

/** This machine's locks, with what each tells; null where that cannot be read. */
async function describeLocks(
  folder: string,
  names: readonly string[],
  host: string,
  share: Share,
): Promise<{ file: string; text: LockText | null }[]> {
  const files = names.filter((name) => isLock(name) && isOfHost(name, host));
  const texts = await Promise.all(
    files.map((file) => share.read(path.join(folder, file), longestText).catch(() => null)),
  );
  return files.map((file, at) => ({ file, text: parseLock(texts[at] ?? '') }));
}

/** What people call a job, and the id by which it is told from others. */
function callName(text: LockText | null): string | null {
  if (text === null || text.job === '') return null;
  return text.name === null ? text.job : `${text.name} (${text.job})`;
}

/** Locks that others forgot; this job's own are taken over with a word of their own. */
async function clearForgotten(settings: HookSettings, context: HookContext): Promise<void> {
  const folder = lockFolderOf(settings, context);
  // Whether it can be used shows when the lock is written.
  const found = (await folder.find().catch(() => null)) ?? [];
  await folder.clearUnfinished();
  const forgotten = found.filter(
    ({ file, stale }) => stale !== null && !isOfJob(file, settings.job.id, settings.host),
  );
  await tellOddLocks(forgotten, { folder, path: settings.lockFolder, cleansUp: true }, context.voice);
}

function lockFolderOf({ lockFolder, staleHours, host }: HookSettings, context: HookContext): LockFolder {
  return new LockFolder({ path: lockFolder, staleHours, host, ...context });
}

/**
 * Writes the lock under one of its names, which nobody sees before all of it is there.
 *
 * @returns when its time is over, ISO 8601 in UTC
 * @throws PlugbackError `veeam-lock-not-written`
 */
async function put(
  name: string,
  names: LockNames,
  settings: HookSettings,
  { share, clock, caller, bootId }: HookContext,
): Promise<string> {
  const { lockFolder, job, host, staleHours, waitMinutes } = settings;
  const temporary = path.join(lockFolder, names.temporary);
  const now = clock.now();
  const [staleMs, waitMs] = [staleHours * 3_600_000, waitMinutes * 60_000];
  // An announcement must not expire while its script still waits.
  const expiry = new Date(now + (waitMs < staleMs ? staleMs : waitMs + staleMs)).toISOString();
  const text = renderLock({
    job: job.id,
    name: job.name,
    host,
    pid: caller?.pid ?? null,
    startTicks: caller?.startTicks ?? null,
    bootId: bootId === '' ? null : bootId,
    time: new Date(now).toISOString(),
    expiry,
  });
  const write = async (): Promise<void> => {
    await share.write(temporary, text);
    await share.rename(temporary, path.join(lockFolder, name));
  };
  try {
    // Another script of the same job, ending just now, may take an unfinished file for one that was left behind.
    await write().catch((error) => (systemCodeOf(error) === 'ENOENT' ? write() : Promise.reject(error)));
    return expiry;
  } catch (error) {
    await share.remove(temporary).catch(() => undefined);
    throw notWritten(lockFolder, error);
  }
}

function notWritten(lockFolder: string, error: unknown): PlugbackError {
  const details = { path: lockFolder, reason: reasonOf(error), hindrance: hindranceOf(error) };
  return new PlugbackError('veeam-lock-not-written', details, { cause: error });
}

/**
 * Makes a lock of the announcement. Where another script of the job has taken that over, the lock is written afresh: the
 * look at the copy comes after it. Where nothing of the job stands any more, its post-job script has run: a lock that
 * came after it, nobody would take down.
 *
 * @throws PlugbackError `veeam-lock-withdrawn`, `veeam-lock-not-written`
 */
async function raise(names: LockNames, settings: HookSettings, context: HookContext): Promise<void> {
  const { lockFolder, job } = settings;
  const [from, to] = [path.join(lockFolder, names.announced), path.join(lockFolder, names.raised)];
  try {
    await context.share.rename(from, to);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw notWritten(lockFolder, error);
    const others = await listOfJob(settings, context);
    if (others === null) throw notWritten(lockFolder, error);
    if (!others.some(isLock)) {
      const details = { job: job.name ?? job.id, path: lockFolder };
      throw new PlugbackError('veeam-lock-withdrawn', details, { cause: error });
    }
    await put(names.raised, names, settings, context);
    context.voice.warn('hook.written-afresh', { job: job.name ?? job.id });
  }
}

/** The files of this job's that stand; null where there is no lock folder, or it cannot be read. */
async function listOfJob(
  { lockFolder, job, host }: HookSettings,
  { share }: HookContext,
): Promise<string[] | null> {
  const found = await share.list(lockFolder).catch(() => null);
  return Array.isArray(found) ? found.filter((name) => isOfJob(name, job.id, host)) : null;
}

/** Only once the new lock stands for good: there is never a moment without, and a script that gives up leaves the others'. */
async function takeOver(
  earlier: readonly string[],
  { lockFolder, job }: HookSettings,
  { share, voice }: HookContext,
): Promise<void> {
  let hasStood = false;
  for (const name of earlier) {
    // The new one counts; an old one that cannot be removed expires by itself.
    const wasThere = await share.remove(path.join(lockFolder, name)).catch(() => true);
    if (wasThere && !name.endsWith('.tmp')) hasStood = true;
  }
  if (hasStood) voice.warn('hook.taken-over', { job: job.name ?? job.id });
}

/** A marker cannot be seen in a folder that is not there. @returns is it so? */
async function warnWithoutSource({ markerPath }: HookSettings, context: HookContext): Promise<boolean> {
  const folder = path.dirname(markerPath);
  const entry = await context.share.look(folder).catch(() => null);
  if (entry === null) context.voice.warn('hook.source-missing', { path: folder });
  return entry === null;
}

async function waitForCopy(
  copy: MarkerWatch,
  deadline: number,
  { waitMinutes, markerPath }: HookSettings,
  { clock, signal, voice }: HookContext,
): Promise<'none' | 'dead'> {
  let saidAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    const state = await copy.look();
    if (state !== 'alive') return state;
    const now = clock.monotonic();
    const leftMs = deadline - now;
    if (leftMs <= 0) throw new PlugbackError('copy-running', { minutes: waitMinutes, path: markerPath });
    if (now - saidAt >= lineMs) {
      saidAt = now;
      voice.info('hook.waiting', { minutesLeft: Math.ceil(leftMs / 60_000) });
    }
    await clock.sleep(Math.min(pollMs, leftMs), signal);
  }
}

async function withdraw(
  names: LockNames,
  { lockFolder }: HookSettings,
  { share }: HookContext,
): Promise<void> {
  for (const name of Object.values(names)) {
    await share.remove(path.join(lockFolder, name)).catch(() => undefined);
  }
}
