/** Looks for Veeam's locks while the copy runs. */

import type { VeeamLock, VeeamSign } from '../errors.ts';
import type { StepVoice } from '../status/recorder.ts';
import type { Clock } from '../system/clock.ts';

/** What Veeam's side tells a copy; see veeam/wait.ts. */
export interface VeeamGate {
  /** Waits until no lock stands. @throws PlugbackError `veeam-busy`, `veeam-locks-unreadable` */
  wait(voice: StepVoice, signal: AbortSignal): Promise<void>;
  /** The locks that stand, seen for sure. @throws PlugbackError `veeam-locks-unreadable` */
  lookForSure(voice: StepVoice, signal: AbortSignal): Promise<readonly VeeamSign[]>;
  /** The locks that stand, as far as can be seen. Never throws. */
  glance(): Promise<readonly VeeamSign[]>;
}

export interface WatchSettings {
  gate: VeeamGate;
  /** `warn`: say it once for each lock. `yield`: make room. */
  policy: 'warn' | 'yield';
  clock: Clock;
}

/** How a copy makes room. */
export interface Yielding {
  /** Stops it where it is, so that it reads nothing more; false when it can only be ended. */
  hold(): boolean;
  /** Lets it go on. */
  release(): void;
  /** Leaves the source to Veeam while the copy is held, until it may go on. Its errors end the copy. */
  whileHeld(locks: readonly VeeamLock[], signal: AbortSignal): Promise<void>;
}

export interface WatchEnd {
  /** The locks for which the copy was ended; null: it was not. */
  endedFor: readonly VeeamLock[] | null;
  /** Was it held, and went on? */
  wasHeld: boolean;
}

/** A copy shall make room within five seconds, and its copier needs some of them to end. */
const glanceEveryMs = 1_000;
/** Veeam's agents end a script that takes longer, and begin to write, in ms. */
const agentPatienceMs = 600_000;

/**
 * Runs the body, and looks for Veeam's locks meanwhile.
 *
 * @param body gets a signal that is aborted when it shall end to make room
 * @throws what the body threw, or what `whileHeld` threw
 */
export async function withVeeamWatch(
  { gate, policy, clock }: WatchSettings,
  voice: StepVoice,
  yielding: Yielding,
  body: (makeRoom: AbortSignal) => Promise<void>,
): Promise<WatchEnd> {
  const over = new AbortController();
  const makeRoom = new AbortController();
  const teller = createTeller(voice, clock);
  const end: WatchEnd = { endedFor: null, wasHeld: false };
  let failure: { error: unknown } | null = null;
  let pause: Promise<void> = Promise.resolve();
  const pauseFor = async (locks: readonly VeeamLock[]) => {
    end.wasHeld = true;
    try {
      await yielding.whileHeld(locks, over.signal);
    } catch (error) {
      failure = { error };
      makeRoom.abort();
    } finally {
      yielding.release();
    }
  };
  const watching = async () => {
    while (!over.signal.aborted && !makeRoom.signal.aborted) {
      const signs = await gate.glance();
      if (over.signal.aborted) return;
      if (policy === 'warn') {
        for (const sign of signs) teller.tell(sign);
        teller.tellGone(signs);
      } else if (signs.length > 0) {
        const locks = signs.map(plain);
        if (!yielding.hold()) {
          end.endedFor = locks;
          return makeRoom.abort();
        }
        pause = pauseFor(locks);
        await pause;
      }
      await clock.sleep(glanceEveryMs, over.signal).catch(() => undefined);
    }
  };
  // Not waited for at the end: a share that has stopped to answer must not hold the copy up.
  void watching();
  try {
    await body(makeRoom.signal);
  } finally {
    over.abort();
    await pause;
  }
  if (failure !== null) throw (failure as { error: unknown }).error;
  return end;
}

/** While a folder is read, a file that gets another name may be missed under both; so gone is what stays away, in ms. */
const goneAfterMs = 5_000;

/** Says each thing about each lock once. */
function createTeller(voice: StepVoice, clock: Clock) {
  const seenAt = new Map<string, number>();
  /** The announcements that are still to become locks, and since when they are away. */
  const waiting = new Map<string, { lock: VeeamLock; goneAt: number | null }>();
  const told = new Set<string>();
  const once = (key: string, say: () => void) => {
    if (told.has(key)) return;
    told.add(key);
    say();
  };
  return {
    tell: (sign: VeeamSign) => {
      const locks = [plain(sign)];
      if (!sign.isWaiting) {
        return once(`writes ${sign.file}`, () => voice.warn('warn.veeam-during-copy', { locks }));
      }
      const now = clock.monotonic();
      waiting.set(sign.file, { lock: plain(sign), goneAt: null });
      const since = seenAt.get(sign.file) ?? now;
      seenAt.set(sign.file, since);
      once(`waits ${sign.file}`, () => voice.info('veeam.waits-for-copy', { locks }));
      if (now - since < agentPatienceMs) return;
      once(`waits long ${sign.file}`, () => voice.warn('warn.veeam-waits-long', { locks }));
    },
    /** Of the announcements that were told before: those without a successor. @param signs all that stand now */
    tellGone: (signs: readonly VeeamSign[]) => {
      const now = clock.monotonic();
      for (const [file, { lock, goneAt }] of waiting) {
        if (signs.some((sign) => sign.file === file)) continue;
        const hasSuccessor = signs.some((sign) => jobOfFile(sign.file) === jobOfFile(file));
        if (!hasSuccessor && now - (goneAt ?? now) < goneAfterMs) {
          waiting.set(file, { lock, goneAt: goneAt ?? now });
          continue;
        }
        waiting.delete(file);
        if (!hasSuccessor) voice.warn('warn.veeam-gave-up', { locks: [lock] });
      }
    },
  };
}

/** The part of a lock's file name that tells job and machine; see veeam/lock-file.ts. */
function jobOfFile(file: string): string {
  return file.replace(/^\./, '').replace(/\.[0-9a-f]{8}\.(waiting|lock)$/, '');
}

function plain({ file, who, since }: VeeamLock): VeeamLock {
  return { file, who, since };
}
