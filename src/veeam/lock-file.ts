/** A lock file of Veeam's side: its name, its text, and whether it still counts. Pure. */

import { createHash } from 'node:crypto';
import type { ShareEntry } from '../system/share.ts';

/**
 * `raised`: Veeam may be writing. `announced`: Veeam's script waits for a copy to end; programs that know nothing of
 * that see no lock, because the name begins with a dot.
 */
export type LockState = 'raised' | 'announced';

/** What a lock file says. Other programs' lock files may say less, or nothing. */
export interface LockText {
  job: string;
  /** What people call the job, where that is not its id. */
  name: string | null;
  host: string;
  /** The process for which the lock stands, Veeam's own; null where it is not known. Never the script that wrote it. */
  pid: number | null;
  /** With `bootId` it tells the process from a later one of the same number (see system/process-identity.ts). */
  startTicks: string | null;
  bootId: string | null;
  /** ISO 8601 in UTC, by the writer's clock: only the distance to `expiry` means something elsewhere. */
  time: string;
  expiry: string;
}

/** What is strange about a lock file; it counts all the same. */
export type LockOddity = 'empty' | 'not-ours' | 'unreadable' | 'directory' | 'future';

/** Why a lock does not count any more. */
export type StaleReason = 'expired' | 'rebooted' | 'process-gone';

/** The names of one lock, in the order in which it goes through them. */
export interface LockNames {
  /** While it is being written. */
  temporary: string;
  announced: string;
  raised: string;
}

/** Clocks may differ by so much before a time counts as lying in the future, in ms. */
const futureToleranceMs = 10 * 60_000;
/** A lock that wants to stand for longer than any backup takes goes by stale-lock-hours, in ms. */
const longestLifetimeMs = 30 * 24 * 3_600_000;
const longestPlainName = 40;

/**
 * A name from outside as part of a file name, on any filesystem. Two different ones never become the same: what is not
 * plain lower-case gets a fingerprint, since some filesystems take Nightly and nightly for one.
 */
export function safeName(text: string): string {
  if (/^[a-z0-9][a-z0-9_-]*$/.test(text) && text.length <= longestPlainName) return text;
  const readable = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replace(/^-+/, '');
  const fingerprint = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return `${readable.slice(0, longestPlainName)}~${fingerprint}`;
}

/**
 * The names of a lock. The token makes them new for each call: whoever clears away an old lock can never hit a new one.
 *
 * @param token eight hexadecimal digits
 */
export function lockNames(job: string, host: string, token: string): LockNames {
  const base = `${safeName(job)}@${safeName(host)}.${token}`;
  return { temporary: `.${base}.tmp`, announced: `.${base}.waiting`, raised: `${base}.lock` };
}

/** Is it a name of this job's on this machine, by whichever call? */
export function isOfJob(fileName: string, job: string, host: string): boolean {
  const beginning = `${safeName(job)}@${safeName(host)}.`;
  const bare = fileName.replace(/^\./, '');
  return bare.startsWith(beginning) && /^[0-9a-f]{8}\.(tmp|waiting|lock)$/.test(bare.slice(beginning.length));
}

/** Is it a name of any job's on this machine? */
export function isOfHost(fileName: string, host: string): boolean {
  const [, end] = fileName.replace(/^\./, '').split('@');
  const beginning = `${safeName(host)}.`;
  return (
    end?.startsWith(beginning) === true &&
    /^[0-9a-f]{8}\.(tmp|waiting|lock)$/.test(end.slice(beginning.length))
  );
}

/** Is it a file of this machine that is only there while it is being written, or one that was to tell the share's clock? */
export function isUnfinished(fileName: string, host: string): boolean {
  if (/^\.plugback-clock-[0-9a-f]{8}\.tmp$/.test(fileName)) return true;
  return fileName.endsWith('.tmp') && isOfHost(fileName, host);
}

/** What file managers and network shares leave in any folder, and files that are still being written. */
const notLocks = /^(\.|thumbs\.db$|desktop\.ini$)/i;

/** What a file of this name in the folder means; null: it is no lock. */
export function stateOfName(fileName: string): LockState | null {
  if (/^\.[^.@]+@[^.@]+\.[0-9a-f]{8}\.waiting$/.test(fileName)) return 'announced';
  return notLocks.test(fileName) ? null : 'raised';
}

export function renderLock(text: LockText): string {
  return `${JSON.stringify(text)}\n`;
}

/** Reads a lock file's text, as far as it tells; null when it tells neither job nor host. */
export function parseLock(text: string): LockText | null {
  let found: Partial<Record<keyof LockText, unknown>>;
  try {
    found = JSON.parse(text) ?? {};
  } catch {
    return null;
  }
  const words = (key: keyof LockText) => {
    const value = found[key];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const job = words('job');
  const host = words('host');
  if (job === null && host === null) return null;
  const pid = typeof found.pid === 'number' && Number.isSafeInteger(found.pid) ? found.pid : null;
  return {
    job: job ?? '',
    name: words('name'),
    host: host ?? '',
    pid,
    startTicks: words('startTicks'),
    bootId: words('bootId'),
    time: words('time') ?? '',
    expiry: words('expiry') ?? '',
  };
}

/** Does the file lie in the future, by the clock of the share that it lies on? */
export function isFromFuture(entry: ShareEntry, shareNow: number): boolean {
  return entry.writtenAt > shareNow + futureToleranceMs;
}

/** When a lock was written, by the share's clock: a time in the future is none, then the last change counts. */
export function writtenAt(entry: ShareEntry, shareNow: number): number {
  return isFromFuture(entry, shareNow) ? Math.min(entry.writtenAt, entry.changedAt) : entry.writtenAt;
}

/**
 * For how long a lock counts yet, in ms; negative once its time is over. Its own lifetime counts where it tells a
 * sensible one. All but the lifetime is the share's own time.
 */
export function timeLeft(
  entry: ShareEntry,
  text: LockText | null,
  { shareNow, staleMs }: { shareNow: number; staleMs: number },
): number {
  const own = text === null ? Number.NaN : Date.parse(text.expiry) - Date.parse(text.time);
  const lifetimeMs = own > 0 && own <= Math.max(longestLifetimeMs, staleMs) ? own : staleMs;
  return lifetimeMs - (shareNow - writtenAt(entry, shareNow));
}
