/** Wakes what a job needs, and waits until it can be worked with. */

import type { ComputerConfig } from '../config/types.ts';
import { PlugbackError } from '../errors.ts';
import { type Nightshift, portOf, save } from './ports.ts';

/** How often it is asked whether it is up, in ms. */
const askEveryMs = 2_000;
/** A packet that nobody was awake to forward is sent again, in ms. */
const packetEveryMs = 20_000;

/**
 * Makes sure that a computer is up.
 *
 * @returns true when it was off and was woken
 * @throws PlugbackError `computer-not-asked`, `computer-not-awake`, `computer-not-ready`, `cannot-wake`
 */
export async function makeSureItIsUp(
  computer: ComputerConfig,
  nightshift: Nightshift,
  signal: AbortSignal,
): Promise<boolean> {
  const { ports, config, state } = nightshift;
  const { name } = computer;
  const wasOn = await isOn(computer, nightshift, signal);
  // What is not known to have been off must not be taken for off: it would be sent to sleep afterwards.
  if (wasOn === null) throw new PlugbackError('computer-not-asked', { name });
  if (wasOn && (await ports.isReady(computer))) {
    // One that an earlier job woke does not stay on.
    if (!state.woken.includes(name)) ports.voice.info('nightshift.is-up', { name });
    return false;
  }
  // It has answered within the last looks: it may be starting anew, but nightshift has not switched it on.
  const wasSeen = state.computers[name]?.online === true;
  const isOurs = !wasOn && !wasSeen && !state.woken.includes(name);
  if (!wasOn) {
    if (computer.macs.length === 0) throw new PlugbackError('cannot-wake', { name, reason: 'no mac' });
    ports.voice.info('nightshift.waking', { name, minutes: config.wakeMinutes });
    // Before the first packet: after a power cut it must still be known who was off.
    if (isOurs) save(nightshift, { woken: [...state.woken, name] });
  }
  const began = ports.clock.monotonic();
  let packetAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    const now = ports.clock.monotonic();
    if (!wasOn && now - packetAt >= packetEveryMs) {
      try {
        await ports.wake(computer);
      } catch (error) {
        const isFirst = packetAt === Number.NEGATIVE_INFINITY;
        // Should it come up after all, somebody else has switched it on.
        if (isOurs && isFirst) save(nightshift, { woken: state.woken.filter((other) => other !== name) });
        throw error;
      }
      packetAt = now;
      save(nightshift, { wokenAt: ports.clock.now() });
    }
    const isOnline = await ports.isOnline(computer);
    if (isOnline && (await ports.isReady(computer))) break;
    if (ports.clock.monotonic() - began >= config.wakeMinutes * 60_000)
      throw notUp(computer, wasOn || isOnline === true, config.wakeMinutes);
    await ports.clock.sleep(askEveryMs, signal);
  }
  const seconds = (ports.clock.monotonic() - began) / 1000;
  ports.voice.info('nightshift.woke', { name, seconds });
  return isOurs;
}

/** One that is on and cannot be worked with has another cause than one that does not wake up. */
function notUp(computer: ComputerConfig, isOn: boolean, minutes: number): PlugbackError {
  const { name } = computer;
  const port = portOf(computer);
  return isOn && port !== null
    ? new PlugbackError('computer-not-ready', { name, port, minutes })
    : new PlugbackError('computer-not-awake', { name, minutes });
}

/**
 * Is it on? Asked as often as it takes to believe that it is off: one question that gets lost would make a computer one that
 * was off, which is switched off afterwards; or one that is off already, which stays on. This machine itself may have come up
 * a moment ago, and its cards after it: as long as it cannot ask, it waits, for `wake-minutes` at most.
 *
 * @returns null when it could not be asked
 * @throws the signal's reason
 */
export async function isOn(
  computer: ComputerConfig,
  { ports, config }: Nightshift,
  signal: AbortSignal,
): Promise<boolean | null> {
  const began = ports.clock.monotonic();
  let misses = 0;
  for (;;) {
    const answer = await ports.isOnline(computer);
    if (answer === true) return true;
    if (answer === false) misses += 1;
    if (misses >= config.offlineAfterMisses) return false;
    if (answer === null && ports.clock.monotonic() - began >= config.wakeMinutes * 60_000) return null;
    await ports.clock.sleep(askEveryMs, signal);
  }
}
