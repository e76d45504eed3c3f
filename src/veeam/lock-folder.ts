/** The folder in which Veeam's locks stand, as both sides see it: who holds one, which ones were forgotten. */

import path from 'node:path';
import { PlugbackError, reasonOf, type VeeamLock } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import { identifyProcess, isAlive, isAnyRunning, readBootId } from '../system/process-identity.ts';
import type { Share, ShareEntry } from '../system/share.ts';
import {
  isFromFuture,
  isUnfinished,
  type LockOddity,
  type LockState,
  type LockText,
  parseLock,
  type StaleReason,
  stateOfName,
  timeLeft,
  writtenAt,
} from './lock-file.ts';

export interface FoundLock extends VeeamLock {
  path: string;
  state: LockState;
  oddity: LockOddity | null;
  /** When its time is over, by this machine's clock, ISO 8601 in UTC; null where the share's clock cannot be asked. */
  until: string | null;
  /** Why it does not count any more; null: it is held. */
  stale: StaleReason | null;
}

export interface LockFolderOptions {
  /** The folder, or a single lock file. */
  path: string;
  /** After how many hours a lock that tells no expiry was forgotten. */
  staleHours: number;
  /** This machine's name. */
  host: string;
  share: Share;
  clock: Clock;
  procRoot: string;
}

/** Veeam's processes, but for the one that always runs. */
const veeamAtWork = /^veeam(?!service)/i;
const longestText = 4096;
/** Writing a lock takes a moment; what is older was left by a script that was ended, in ms. */
const unfinishedMs = 3_600_000;
/** For how long the share's clock is taken to run like this machine's, in ms. */
const clockTrustMs = 600_000;

export class LockFolder {
  /** By how much the share's clock is ahead of this machine's steady one, and when that was found, in ms; or why it was not found. */
  private ahead: { ms: number | null; foundAt: number; reason: string } | null = null;

  /** The names that `find` saw of files that are being written. */
  private unfinished: readonly string[] = [];

  constructor(private readonly options: LockFolderOptions) {}

  /**
   * All locks, by name, those that do not count any more among them; null when there is no such folder.
   *
   * @throws PlugbackError `veeam-locks-unreadable`
   */
  async find(): Promise<FoundLock[] | null> {
    const { path: folder, share, host } = this.options;
    this.unfinished = [];
    try {
      const names = await share.list(folder);
      if (names === 'not-a-folder') return await this.examine([folder]);
      if (names === null) return isFileName(folder) ? [] : null;
      this.unfinished = names.filter((name) => isUnfinished(name, host));
      const locks = names.filter((name) => stateOfName(name) !== null).sort();
      return await this.examine(locks.map((name) => path.join(folder, name)));
    } catch (error) {
      if (error instanceof PlugbackError) throw error;
      const details = { path: folder, reason: reasonOf(error) };
      throw new PlugbackError('veeam-locks-unreadable', details, { cause: error });
    }
  }

  /** Why the share's clock could not be asked, so that no lock is known to be over; null: it could, or nobody needed it. */
  get clockTrouble(): string | null {
    return this.ahead?.ms === null ? this.ahead.reason : null;
  }

  /** Removes a lock that was forgotten; false when that is not allowed, or it is a folder with something in it. */
  async discard(lock: FoundLock): Promise<boolean> {
    return this.options.share.remove(lock.path).then(
      () => true,
      () => false,
    );
  }

  /** Removes what `find` saw of files that this machine never finished, once they are an hour old. Never throws. */
  async clearUnfinished(): Promise<void> {
    const { path: folder, share } = this.options;
    const shareNow = this.unfinished.length === 0 ? null : await this.shareNow();
    if (shareNow === null) return;
    for (const name of this.unfinished) {
      const place = path.join(folder, name);
      const entry = await share.look(place).catch(() => null);
      if (entry === null || shareNow - writtenAt(entry, shareNow) < unfinishedMs) continue;
      await share.remove(place).catch(() => undefined);
    }
  }

  private async examine(paths: readonly string[]): Promise<FoundLock[]> {
    if (paths.length === 0) return [];
    const shareNow = await this.shareNow();
    const found = await Promise.all(paths.map((filePath) => this.examineOne(filePath, shareNow)));
    return found.filter((lock) => lock !== null);
  }

  /** Null when it is gone by now. */
  private async examineOne(filePath: string, shareNow: number | null): Promise<FoundLock | null> {
    const { share, staleHours, clock } = this.options;
    const entry = await share.look(filePath).catch(() => undefined);
    if (entry === null) return null;
    const raw = await share.read(filePath, longestText).catch(() => undefined);
    if (raw === null) return null;
    const text = raw === undefined ? null : parseLock(raw);
    const staleMs = staleHours * 3_600_000;
    // What cannot even be looked at is taken for new. Another machine's clock says nothing of a file's age.
    const leftMs =
      entry === undefined || shareNow === null ? null : timeLeft(entry, text, { shareNow, staleMs });
    const since = entry === undefined ? clock.now() : writtenAt(entry, shareNow ?? entry.writtenAt);
    const file = path.basename(filePath);
    return {
      file,
      path: filePath,
      who: whoHolds(text),
      since: new Date(since).toISOString(),
      state: stateOfName(file) ?? 'raised',
      oddity: oddityOf(entry, raw, text, shareNow),
      until: leftMs === null ? null : new Date(clock.now() + leftMs).toISOString(),
      stale: leftMs !== null && leftMs < 0 ? 'expired' : this.orphanedBy(text),
    };
  }

  /** Only a process of this machine can be seen to be gone. */
  private orphanedBy(text: LockText | null): StaleReason | null {
    const { host, procRoot } = this.options;
    const bootId = readBootId(procRoot);
    if (text === null || bootId === '' || text.host.toLowerCase() !== host.toLowerCase()) return null;
    if (text.bootId !== null && text.bootId !== bootId) return 'rebooted';
    if (text.pid === null) return null;
    const isThere =
      text.startTicks === null
        ? identifyProcess(procRoot, text.pid) !== null
        : isAlive(procRoot, { pid: text.pid, startTicks: text.startTicks, bootId });
    // Another of Veeam's processes may have gone on with the work.
    return isThere || isAnyRunning(procRoot, veeamAtWork) ? null : 'process-gone';
  }

  /** The share stamps the files, so only its own clock can tell their age; null where nothing can be written to ask it. */
  private async shareNow(): Promise<number | null> {
    const { share, clock, path: folder } = this.options;
    const steady = clock.monotonic();
    if (this.ahead === null || steady - this.ahead.foundAt > clockTrustMs) {
      const asked = await share.now(folder).then(
        (now) => ({ ms: now - clock.monotonic(), reason: '' }),
        (error: unknown) => ({ ms: null, reason: reasonOf(error) }),
      );
      this.ahead = { ...asked, foundAt: steady };
    }
    return this.ahead.ms === null ? null : clock.monotonic() + this.ahead.ms;
  }
}

/** A path such as `/srv/veeam.lock` names one lock file, which is only there while Veeam writes. */
function isFileName(lockPath: string): boolean {
  return /\.\w+$/.test(path.basename(lockPath));
}

function oddityOf(
  entry: ShareEntry | undefined,
  raw: string | undefined,
  text: LockText | null,
  shareNow: number | null,
): LockOddity | null {
  if (entry?.kind === 'directory') return 'directory';
  if (entry === undefined || raw === undefined) return 'unreadable';
  if (shareNow !== null && isFromFuture(entry, shareNow)) return 'future';
  if (/^[\s\0]*$/.test(raw)) return 'empty';
  return text === null ? 'not-ours' : null;
}

/** Our own lock files are JSON with job and host; others may hold anything. */
function whoHolds(text: LockText | null): string | null {
  const parts = text === null ? [] : [text.name ?? text.job, text.host].filter((part) => part !== '');
  return parts.length === 0 ? null : parts.join(', ');
}
