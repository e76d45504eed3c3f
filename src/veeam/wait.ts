/** The copy's side of the agreement with Veeam: wait until no lock stands, and look again once the marker is written. */

import { PlugbackError, type VeeamLock, type VeeamSign } from '../errors.ts';
import type { StepVoice } from '../status/recorder.ts';
import type { Clock } from '../system/clock.ts';
import type { Share } from '../system/share.ts';
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
  /** The locks that stand. Never throws: what cannot be seen while the copy runs is no reason to end it. */
  glance(): Promise<VeeamSign[]>;
}

const pollMs = 2_000;
const lineMs = 60_000;

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

  const held = async (voice: StepVoice | null): Promise<VeeamSign[] | null> => {
    const found = await folder.find();
    if (found === null) return null;
    for (const lock of found) if (voice !== null) await tell(lock, voice);
    return found.filter((lock) => lock.stale === null).map(signOf);
  };
  const tell = async (lock: FoundLock, voice: StepVoice) => {
    if (told.has(lock.file)) return;
    if (lock.stale === null && lock.oddity === null) return;
    told.add(lock.file);
    await tellOddLock(lock, { folder, cleansUp }, voice);
  };
  return {
    wait: (voice, signal) => waitUntilFree({ lockPath, minutes, clock, signal, held }, voice),
    lookForSure: async (voice, signal) => {
      if (cacheMs > 0) {
        voice.info('veeam.settling', { seconds: cacheMs / 1000 });
        await clock.sleep(cacheMs, signal);
      }
      return (await held(voice)) ?? [];
    },
    glance: async () => (await held(null).catch(() => null)) ?? [],
  };
}

/** Says what is strange about a lock; one that was forgotten is cleared away. */
export async function tellOddLock(
  lock: FoundLock,
  { folder, cleansUp }: { folder: LockFolder; cleansUp: boolean },
  voice: Pick<StepVoice, 'warn'>,
): Promise<void> {
  const { stale, oddity } = lock;
  if (stale !== null) {
    const isRemoved = cleansUp && (await folder.discard(lock));
    voice.warn('warn.veeam-lock-stale', { locks: [plain(lock)], why: stale, isRemoved });
  } else if (oddity !== null) {
    voice.warn('warn.veeam-lock-odd', { locks: [plain(lock)], oddity });
  }
}

async function waitUntilFree(
  task: {
    lockPath: string;
    minutes: number;
    clock: Clock;
    signal: AbortSignal;
    held(voice: StepVoice): Promise<VeeamSign[] | null>;
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
      if (hasWaited) throw new PlugbackError('veeam-locks-unreadable', { path: lockPath, reason: 'ENOENT' });
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
      voice.info('veeam.waiting', { locks, minutesLeft: Math.ceil(leftMs / 60_000) });
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
