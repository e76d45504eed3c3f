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
      if (policy === 'warn') for (const sign of signs) teller.tell(sign);
      else if (signs.length > 0) {
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

/** Says each thing about each lock once. */
function createTeller(voice: StepVoice, clock: Clock) {
  const seenAt = new Map<string, number>();
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
      const since = seenAt.get(sign.file) ?? now;
      seenAt.set(sign.file, since);
      once(`waits ${sign.file}`, () => voice.info('veeam.waits-for-copy', { locks }));
      if (now - since < agentPatienceMs) return;
      once(`waits long ${sign.file}`, () => voice.warn('warn.veeam-waits-long', { locks }));
    },
  };
}

function plain({ file, who, since }: VeeamLock): VeeamLock {
  return { file, who, since };
}
