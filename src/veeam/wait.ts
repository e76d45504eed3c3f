/** The copy's side of the agreement with Veeam: wait until no lock stands, and look again once the marker is written. */

import { PlugbackError, type VeeamLock, type VeeamSign } from '../errors.ts';
import type { StepVoice } from '../status/recorder.ts';
import type { Clock } from '../system/clock.ts';
import type { Share } from '../system/share.ts';
import type { StaleReason } from './lock-file.ts';
import { type FoundLock, LockFolder } from './lock-folder.ts';

export interface WaitSettings {
  /** The folder with Veeam's lock files, or a single lock file; null: nothing is configured. */
  lockPath: string | null;
  minutes: number;
  staleHours: number;
  /** For how long an answer about the folder may come from this machine's memory instead of the share, in ms. */
  cacheMs: number;
  /** Forgotten locks are removed; a rehearsal only tells of them. */
  cleansUp: boolean;
}

export interface VeeamContext {
  share: Share;
  clock: Clock;
  procRoot: string;
  /** This machine's name. */
  host: string;
}

/** What a copy asks of Veeam's side. */
export interface VeeamGate {
  /**
   * Waits, saying for whom, at most the configured minutes.
   *
   * @throws PlugbackError `veeam-busy` when the time is over, `veeam-locks-unreadable`
   */
  wait(voice: StepVoice, signal: AbortSignal): Promise<void>;
  /** The locks that stand once everything is certain to be seen that stood when this was called. @throws PlugbackError `veeam-locks-unreadable` */
  lookForSure(voice: StepVoice, signal: AbortSignal): Promise<VeeamSign[]>;
  /**
   * The locks that stand. Never throws: what cannot be seen while the copy runs is no reason to end it, and nothing is
   * gone because of it; those that were seen last stand.
   */
  glance(): Promise<VeeamSign[]>;
}

const pollMs = 2_000;
const lineMs = 60_000;
/** More forgotten locks than these are told by their number. */
const mostTold = 5;

/** What a copy knows of Veeam, for as long as the run lasts: nothing is said twice. */
export function createVeeamGate(settings: WaitSettings, context: VeeamContext): VeeamGate {
  const { lockPath, minutes, staleHours, cacheMs, cleansUp } = settings;
  const { clock } = context;
  const told = new Set<string>();
  if (lockPath === null) {
    return {
      wait: async (voice) => voice.info('veeam.not-configured'),
      lookForSure: async () => [],
      glance: async () => [],
    };
  }
  const folder = new LockFolder({ path: lockPath, staleHours, ...context });

  let seen: VeeamSign[] = [];
  const held = async (voice: StepVoice | null): Promise<VeeamSign[] | null> => {
    const found = await folder.find();
    if (found === null) return null;
    if (voice !== null) {
      if (cleansUp) await folder.clearUnfinished();
      const isNew = ({ file, stale, oddity }: FoundLock) =>
        !told.has(file) && (stale !== null || oddity !== null);
      const fresh = found.filter(isNew);
      for (const { file } of fresh) told.add(file);
      await tellOddLocks(fresh, { folder, path: lockPath, cleansUp }, voice);
      tellClockTrouble(voice);
    }
    seen = found.filter((lock) => lock.stale === null).map(signOf);
    return seen;
  };
  let isClockTold = false;
  const tellClockTrouble = (voice: StepVoice): void => {
    const reason = folder.clockTrouble;
    if (reason === null || isClockTold) return;
    isClockTold = true;
    voice.warn('warn.veeam-clock-unknown', { path: lockPath, reason });
  };
  return {
    wait: (voice, signal) => {
      const hasSeen = seen.length > 0;
      return waitUntilFree({ lockPath, minutes, clock, signal, held, hasSeen }, voice);
    },
    lookForSure: async (voice, signal) => {
      if (cacheMs > 0) {
        voice.info('veeam.settling', { seconds: cacheMs / 1000 });
        await clock.sleep(cacheMs, signal);
      }
      return (await held(voice)) ?? [];
    },
    glance: async () => {
      const found = await held(null).catch(() => null);
      return found ?? seen;
    },
  };
}

/** Says what is strange about locks; those that were forgotten are cleared away, and many of them told in one line. */
export async function tellOddLocks(
  locks: readonly FoundLock[],
  { folder, path, cleansUp }: { folder: LockFolder; path: string; cleansUp: boolean },
  voice: Pick<StepVoice, 'warn'>,
): Promise<void> {
  const forgotten = new Map<string, { why: StaleReason; isRemoved: boolean; locks: VeeamLock[] }>();
  for (const lock of locks) {
    const { stale: why, oddity, until } = lock;
    if (why !== null) {
      const isRemoved = cleansUp && (await folder.discard(lock));
      const alike = forgotten.get(`${why} ${isRemoved}`) ?? { why, isRemoved, locks: [] };
      alike.locks.push(plain(lock));
      forgotten.set(`${why} ${isRemoved}`, alike);
    } else if (oddity !== null) {
      voice.warn('warn.veeam-lock-odd', { locks: [plain(lock)], oddity, until });
    }
  }
  for (const { why, isRemoved, locks: alike } of forgotten.values()) {
    if (alike.length > mostTold) {
      voice.warn('warn.veeam-locks-stale', { count: alike.length, path, why, isRemoved });
    } else for (const lock of alike) voice.warn('warn.veeam-lock-stale', { locks: [lock], why, isRemoved });
  }
}

async function waitUntilFree(
  task: {
    lockPath: string;
    minutes: number;
    clock: Clock;
    signal: AbortSignal;
    held(voice: StepVoice): Promise<VeeamSign[] | null>;
    /** Did a lock stand when anybody looked last? */
    hasSeen: boolean;
  },
  voice: StepVoice,
): Promise<void> {
  const { lockPath, minutes, clock, signal } = task;
  const startedAt = clock.monotonic();
  let saidAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    const found = await task.held(voice);
    // A share may take its time to answer.
    signal.throwIfAborted();
    const hasWaited = saidAt !== Number.NEGATIVE_INFINITY;
    if (found === null) {
      // There was a lock in it a moment ago: a share that went away, with Veeam still writing behind it.
      if (hasWaited || task.hasSeen)
        throw new PlugbackError('veeam-locks-unreadable', { path: lockPath, reason: 'ENOENT' });
      return voice.warn('warn.veeam-folder-missing', { path: lockPath });
    }
    const now = clock.monotonic();
    if (found.length === 0) {
      if (!hasWaited) return voice.info('veeam.idle');
      return voice.info('veeam.finished', { seconds: (now - startedAt) / 1000 });
    }
    const locks = found.map(plain);
    const leftMs = startedAt + minutes * 60_000 - now;
    if (leftMs <= 0) throw new PlugbackError('veeam-busy', { minutes, locks });
    if (now - saidAt >= lineMs) {
      saidAt = now;
      const isAnnounced = found.every((sign) => sign.isWaiting);
      voice.info('veeam.waiting', { locks, minutesLeft: Math.ceil(leftMs / 60_000), isAnnounced });
    }
    await clock.sleep(Math.min(pollMs, leftMs), signal);
  }
}

function signOf(lock: FoundLock): VeeamSign {
  return { ...plain(lock), isWaiting: lock.state === 'announced' };
}

/** What is told of a lock, and no more. */
export function plain({ file, who, since }: VeeamLock): VeeamLock {
  return { file, who, since };
}
