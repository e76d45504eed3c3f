/** This machine goes to sleep itself, once nobody needs it: a countdown, a last look, and off. */

import type { Inhibitor, SleepKind } from '../system/power-state.ts';
import { look, maybeThere } from './look.ts';
import { type Nightshift, save, sleepOf } from './ports.ts';

/** How often it is looked during the countdown whether somebody came in, in ms. */
const lookEveryMs = 5_000;
/** When the clock wakes the machine before the window opens, in ms: it has to start. */
const startsUpMs = 5 * 60_000;

/** `asleep`: it was told to. `cancelled`: somebody typed so. `somebody`: came in. `inhibited`, `failed`: it cannot now. */
export type LyingDown = 'asleep' | 'cancelled' | 'somebody' | 'inhibited' | 'failed';

/** @returns what became of it; `asleep` also once it has woken up again */
export async function lieDown(night: string, nightshift: Nightshift): Promise<LyingDown> {
  const { config, ports } = nightshift;
  const kind = sleepOf(config.afterBackup);
  if (kind === null) return 'asleep';
  ports.takeCancel();
  const held = await ports.inhibitors(kind);
  if (held.length > 0) return tellHeld(held, nightshift);
  const countdown = await countDown(kind, nightshift);
  if (countdown === 'cancelled') {
    ports.voice.info('nightshift.cancelled');
    save(nightshift, { sleepsAt: null, restedNight: night });
    return 'cancelled';
  }
  if (countdown !== null) {
    ports.voice.info('nightshift.interrupted-by', { names: countdown });
    save(nightshift, { sleepsAt: null });
    return 'somebody';
  }
  const heldNow = await ports.inhibitors(kind);
  if (heldNow.length > 0) {
    save(nightshift, { sleepsAt: null });
    return tellHeld(heldNow, nightshift);
  }
  // Before it sleeps: nobody knows whether anything can be written afterwards.
  save(nightshift, { sleepsAt: null, restedNight: night });
  try {
    await setAlarm(nightshift);
    ports.voice.info('nightshift.lies-down', { kind });
    await ports.sleepHost(kind);
    return 'asleep';
  } catch (error) {
    ports.voice.failure(error);
    return 'failed';
  }
}

/** @returns null when the time has run out; `cancelled`; or who came in */
async function countDown(kind: SleepKind, nightshift: Nightshift): Promise<'cancelled' | string[] | null> {
  const { config, ports, signal } = nightshift;
  const { clock } = ports;
  const ends = clock.monotonic() + config.countdownSeconds * 1000;
  const sleepsAt = new Date(clock.now() + config.countdownSeconds * 1000).toISOString();
  save(nightshift, { sleepsAt });
  ports.voice.info('nightshift.countdown', { kind, seconds: config.countdownSeconds });
  let lookAt = clock.monotonic();
  for (;;) {
    if (ports.takeCancel()) return 'cancelled';
    const isOver = clock.monotonic() >= ends;
    // The last look is the one that counts.
    if (isOver || clock.monotonic() >= lookAt) {
      const here = maybeThere(await look(nightshift), nightshift);
      if (here.length > 0) return here;
      lookAt = clock.monotonic() + lookEveryMs;
    }
    if (isOver) return ports.takeCancel() ? 'cancelled' : null;
    const seconds = Math.ceil((ends - clock.monotonic()) / 1000);
    ports.voice.passing('nightshift.counting', { kind, seconds });
    await clock.sleep(Math.min(1000, Math.max(1, ends - clock.monotonic())), signal);
  }
}

function tellHeld(held: readonly Inhibitor[], { ports }: Nightshift): 'inhibited' {
  ports.voice.info('nightshift.inhibited', { holders: held.map(({ who, why }) => `${who} (${why})`) });
  return 'inhibited';
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
