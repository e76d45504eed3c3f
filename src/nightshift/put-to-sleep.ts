/** Sends computers back to sleep that nightshift has woken; never one that was on before, or that somebody uses. */

import type { ComputerConfig } from '../config/types.ts';
import { look, maybeThere } from './look.ts';
import { computerNamed, type Nightshift, save, sleepOf } from './ports.ts';

/** How long it may take until it does not answer any more, and how often it is asked, in ms. */
const fallAsleepMs = 3 * 60_000;
const askEveryMs = 2_000;

/**
 * @param names of computers; those that nightshift has not woken itself are left alone, whatever is asked
 * @param before who was there already; anybody else who answers now has come in, and all stays on
 */
export async function putToSleep(
  names: readonly string[],
  before: ReadonlySet<string>,
  nightshift: Nightshift,
): Promise<void> {
  const { ports, state, config } = nightshift;
  const arrived = maybeThere(await look(nightshift), nightshift).filter((name) => !before.has(name));
  if (arrived.length > 0) {
    ports.voice.info('nightshift.left-on', { names: [...names], others: arrived });
    return;
  }
  await Promise.all(
    names
      .filter((name) => state.woken.includes(name))
      .map((name) => putOneToSleep(computerNamed(config, name), nightshift)),
  );
}

async function putOneToSleep(computer: ComputerConfig, nightshift: Nightshift): Promise<void> {
  const { ports, signal } = nightshift;
  const { name } = computer;
  const kind = sleepOf(computer.afterBackup);
  if (kind === null || computer.reach === 'none') return;
  // One that never came up is off as it was; should it still come, the next look finds it.
  if (!(await ports.isOnline(computer))) return;
  try {
    // It was off: whoever is logged in now has come since.
    const idle = await ports.idleMinutes(computer);
    if (idle < (computer.idleMinutes ?? Number.POSITIVE_INFINITY)) {
      ports.voice.info('nightshift.in-use', { name });
      forget(name, nightshift);
      return;
    }
    ports.voice.info('nightshift.sends-to-sleep', { name, kind });
    await ports.sleepComputer(computer, kind);
    const until = ports.clock.monotonic() + fallAsleepMs;
    while (await ports.isOnline(computer)) {
      if (ports.clock.monotonic() >= until) {
        ports.voice.warn('nightshift.stays-awake', { name });
        break;
      }
      await ports.clock.sleep(askEveryMs, signal);
    }
  } catch (error) {
    signal.throwIfAborted();
    ports.voice.failure(error);
  }
  // Also where it failed: one that cannot be sent to sleep is not asked again every minute of the night.
  forget(name, nightshift);
}

function forget(name: string, nightshift: Nightshift): void {
  save(nightshift, { woken: nightshift.state.woken.filter((other) => other !== name) });
}
