/** This machine goes to sleep itself, once nobody needs it: a countdown, a last look, and off. */

import { type Sentence, sentence } from '../messages/translator.ts';
import type { Inhibitor, SleepKind } from '../system/power-state.ts';
import { look, maybeThere } from './look.ts';
import { type Nightshift, save, sleepOf } from './ports.ts';

/** How often it is looked during the countdown whether somebody came in, in ms. */
const lookEveryMs = 5_000;
/** When the clock wakes the machine before the window opens, in ms: it has to start. */
const startsUpMs = 5 * 60_000;

/** What keeps this machine from going to sleep. */
type Obstacle =
  | { is: 'cancelled' }
  /** Somebody wants a backup by hand. */
  | { is: 'asked' }
  | { is: 'somebody'; names: string[] }
  | { is: 'held'; holders: readonly Inhibitor[] }
  /** Nothing can be remembered: switched on again, it would back up and go off once more. */
  | { is: 'forgetful' };

/** @returns is a backup asked for? Resolves also once the machine has slept and is awake again */
export async function lieDown(night: string, nightshift: Nightshift): Promise<boolean> {
  const { config, ports, signal } = nightshift;
  const kind = sleepOf(config.afterBackup);
  if (kind === null) return false;
  // One from before the countdown meant another one.
  ports.takeCancel();
  const obstacle =
    forgetful(nightshift) ??
    (await heldAwake(kind, nightshift)) ??
    (await countDown(kind, nightshift)) ??
    (await heldAwake(kind, nightshift));
  if (obstacle === null) await setAlarm(nightshift);
  signal.throwIfAborted();
  // The last word: from here on nobody is told any more that this machine would stay on.
  let last = obstacle ?? orderOf(nightshift);
  const isRested = last === null || last.is === 'cancelled';
  const { restedNight } = nightshift.state;
  // Before it sleeps: nobody knows whether anything can be written afterwards.
  const isKept = save(nightshift, { sleepsAt: null, ...(isRested ? { restedNight: night } : {}) });
  if (last === null && !isKept) {
    Object.assign(nightshift.state, { restedNight });
    last = { is: 'forgetful' };
  }
  if (last !== null) {
    tell(last, nightshift);
    return last.is === 'asked';
  }
  try {
    ports.voice.info('nightshift.lies-down', { kind });
    await ports.sleepHost(kind);
  } catch (error) {
    ports.voice.failure(error);
  }
  return false;
}

/** @returns null when the time has run out */
async function countDown(kind: SleepKind, nightshift: Nightshift): Promise<Obstacle | null> {
  const { config, ports, signal } = nightshift;
  const { clock } = ports;
  const ends = clock.monotonic() + config.countdownSeconds * 1000;
  const sleepsAt = new Date(clock.now() + config.countdownSeconds * 1000).toISOString();
  save(nightshift, { sleepsAt });
  ports.voice.info('nightshift.countdown', { kind, seconds: config.countdownSeconds });
  let lookAt = clock.monotonic();
  for (;;) {
    const order = orderOf(nightshift);
    if (order !== null) return order;
    const isOver = clock.monotonic() >= ends;
    // The last look is the one that counts.
    if (isOver || clock.monotonic() >= lookAt) {
      const names = maybeThere(await look(nightshift), nightshift);
      if (names.length > 0) return { is: 'somebody', names };
      lookAt = clock.monotonic() + lookEveryMs;
    }
    if (isOver) return null;
    const seconds = Math.ceil((ends - clock.monotonic()) / 1000);
    ports.voice.passing('nightshift.counting', { kind, seconds });
    await clock.sleep(Math.min(1000, Math.max(1, ends - clock.monotonic())), signal);
  }
}

/** What somebody has typed meanwhile. */
function orderOf({ ports }: Nightshift): Obstacle | null {
  if (ports.takeCancel()) return { is: 'cancelled' };
  return ports.takeRequest() ? { is: 'asked' } : null;
}

function forgetful(nightshift: Nightshift): Obstacle | null {
  return save(nightshift, {}) ? null : { is: 'forgetful' };
}

async function heldAwake(kind: SleepKind, { ports }: Nightshift): Promise<Obstacle | null> {
  const holders = await ports.inhibitors(kind);
  return holders.length === 0 ? null : { is: 'held', holders };
}

function tell(obstacle: Obstacle, nightshift: Nightshift): void {
  const { voice } = nightshift.ports;
  if (obstacle.is === 'cancelled') voice.info('nightshift.cancelled');
  if (obstacle.is === 'somebody') voice.info('nightshift.interrupted-by', { names: obstacle.names });
  if (obstacle.is === 'held') {
    const holders = obstacle.holders.map(({ who, why }) => `${who} (${why})`);
    tellOnce(sentence('nightshift.inhibited', { holders }), nightshift);
  }
  if (obstacle.is === 'forgetful') tellOnce(sentence('nightshift.forgetful'), nightshift);
}

/** It is asked every minute, and told when it is another one. */
function tellOnce(said: Sentence, nightshift: Nightshift): void {
  if (JSON.stringify(said) === JSON.stringify(nightshift.state.said)) return;
  nightshift.ports.voice.said(said);
  save(nightshift, { said });
}

async function setAlarm({ config, calendar, ports }: Nightshift): Promise<void> {
  if (!config.wakeForWindow) return;
  const opens = calendar.nextWindow(ports.clock.now() + startsUpMs);
  if (opens === null) return;
  const at = opens - startsUpMs;
  try {
    await ports.setAlarm(at);
    ports.voice.info('nightshift.alarm', { at: new Date(at).toISOString() });
  } catch (error) {
    // No clock that could wake it is no reason to stay awake all night.
    ports.voice.failure(error);
  }
}
