/** Sends computers back to sleep that nightshift has woken; never one that was on before, or that somebody uses. */

import type { ComputerConfig } from '../config/types.ts';
import { type Sentence, sentence } from '../messages/translator.ts';
import { look, maybeThere } from './look.ts';
import { computerNamed, type Nightshift, save, sleepOf } from './ports.ts';
import { isOn } from './wake.ts';

/** How long it may take until it does not answer any more, and how often it is asked, in ms. */
const fallAsleepMs = 3 * 60_000;
const askEveryMs = 2_000;

/**
 * @param names of computers; those that nightshift has not woken itself are left alone, whatever is asked
 * @param before who was there already; anybody else who answers now has come in, and all stays on
 * @returns what is still on that should not be
 */
export async function putToSleep(
  names: readonly string[],
  before: ReadonlySet<string>,
  nightshift: Nightshift,
): Promise<Sentence[]> {
  const { ports, state, config } = nightshift;
  const arrived = maybeThere(await look(nightshift), nightshift).filter((name) => !before.has(name));
  if (arrived.length > 0) {
    ports.voice.info('nightshift.left-on', { names: [...names], others: arrived });
    return [sentence('nightshift.left-on', { names: [...names], others: arrived })];
  }
  const said = await Promise.all(
    names
      .filter((name) => state.woken.includes(name))
      .map((name) => putOneToSleep(computerNamed(config, name), nightshift)),
  );
  return said.flatMap((warning) => warning ?? []);
}

/** @returns what somebody may have to do about it */
async function putOneToSleep(computer: ComputerConfig, nightshift: Nightshift): Promise<Sentence | null> {
  const { ports } = nightshift;
  const { name } = computer;
  const kind = sleepOf(computer.afterBackup);
  if (kind === null || computer.reach === 'none') return null;
  let warning: Sentence | null = null;
  try {
    // One that never came up is off as it was; should it still come, or could it not be asked, the next look finds it.
    if ((await isOn(computer, nightshift, nightshift.signal)) !== true) return null;
    // It was off: whoever is logged in now has come since.
    const idle = await ports.idleMinutes(computer);
    if (idle < (computer.idleMinutes ?? Number.POSITIVE_INFINITY)) {
      ports.voice.info('nightshift.in-use', { name });
      forget(name, nightshift);
      return null;
    }
    ports.voice.info('nightshift.sends-to-sleep', { name, kind });
    await ports.sleepComputer(computer, kind);
    if (!(await isAsleepSoon(computer, nightshift))) {
      warning = sentence('nightshift.stays-awake', { name });
      ports.voice.warn('nightshift.stays-awake', { name });
    }
  } catch (error) {
    // Told to stop before it was told anything: the next start does it.
    if (nightshift.signal.aborted) return null;
    warning = sentence('nightshift.not-put-to-sleep', { name });
    ports.voice.failure(error);
  }
  // Also where it failed: one that cannot be sent to sleep is not asked again every minute of the night.
  forget(name, nightshift);
  return warning;
}

/** Told to stop, it does not wait any longer: the computer has been told what to do. */
async function isAsleepSoon(computer: ComputerConfig, { ports, signal }: Nightshift): Promise<boolean> {
  const until = ports.clock.monotonic() + fallAsleepMs;
  while (!signal.aborted && (await ports.isOnline(computer)) !== false) {
    if (ports.clock.monotonic() >= until) return false;
    await ports.clock.sleep(askEveryMs, signal).catch(() => undefined);
  }
  return true;
}

function forget(name: string, nightshift: Nightshift): void {
  save(nightshift, { woken: nightshift.state.woken.filter((other) => other !== name) });
}
