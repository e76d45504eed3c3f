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
  /** `warn`: say it once for each lock. `yield`: stop the body. */
  policy: 'warn' | 'yield';
  clock: Clock;
}

/** A copy shall make room within five seconds, and its copier needs some of them to end. */
const glanceEveryMs = 1_000;
/** Veeam's agents end a script that takes longer, and begin to write, in ms. */
const agentPatienceMs = 600_000;

/**
 * Runs the body, and looks for Veeam's locks meanwhile.
 *
 * @param body gets a signal that is aborted when it shall make room
 * @returns the locks for which the body was stopped; null: it was not
 */
export async function withVeeamWatch(
  { gate, policy, clock }: WatchSettings,
  voice: StepVoice,
  body: (makeRoom: AbortSignal) => Promise<void>,
): Promise<readonly VeeamLock[] | null> {
  const over = new AbortController();
  const makeRoom = new AbortController();
  const teller = createTeller(voice, clock);
  let inTheWay: readonly VeeamLock[] | null = null;
  const watching = async () => {
    while (!over.signal.aborted) {
      const signs = await gate.glance();
      if (over.signal.aborted) return;
      if (policy === 'warn') for (const sign of signs) teller.tell(sign);
      else if (signs.length > 0) {
        inTheWay = signs.map(plain);
        return makeRoom.abort();
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
  }
  return inTheWay;
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
