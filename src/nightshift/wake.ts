/** Wakes what a job needs, and waits until it can be worked with. */

import type { ComputerConfig } from '../config/types.ts';
import { PlugbackError } from '../errors.ts';
import { type Nightshift, save } from './ports.ts';

/** How often it is asked whether it is up, in ms. */
const askEveryMs = 2_000;
/** A packet that nobody was awake to forward is sent again, in ms. */
const packetEveryMs = 20_000;

/**
 * Makes sure that a computer is up.
 *
 * @returns true when it was off and was woken
 * @throws PlugbackError `computer-not-awake`, `cannot-wake`
 */
export async function makeSureItIsUp(
  computer: ComputerConfig,
  nightshift: Nightshift,
  signal: AbortSignal,
): Promise<boolean> {
  const { ports, config, state } = nightshift;
  const { name } = computer;
  const wasOn = await isKnownToBeOn(computer, nightshift, signal);
  if (wasOn && (await ports.isReady(computer))) {
    ports.voice.info('nightshift.is-up', { name });
    return false;
  }
  const isOurs = !wasOn && !state.woken.includes(name);
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
      await ports.wake(computer);
      packetAt = now;
    }
    if ((await ports.isOnline(computer)) && (await ports.isReady(computer))) break;
    if (ports.clock.monotonic() - began >= config.wakeMinutes * 60_000)
      throw new PlugbackError('computer-not-awake', { name, minutes: config.wakeMinutes });
    await ports.clock.sleep(askEveryMs, signal);
  }
  const seconds = (ports.clock.monotonic() - began) / 1000;
  ports.voice.info('nightshift.woke', { name, seconds });
  return isOurs;
}

/**
 * What is not known to have been off must not be taken for off: it would be sent to sleep afterwards. This machine itself may
 * have come up a moment ago, and its cards after it.
 */
async function isKnownToBeOn(
  computer: ComputerConfig,
  { ports, config }: Nightshift,
  signal: AbortSignal,
): Promise<boolean> {
  const began = ports.clock.monotonic();
  for (;;) {
    const isOn = await ports.isOnline(computer);
    if (isOn !== null) return isOn;
    if (ports.clock.monotonic() - began >= config.wakeMinutes * 60_000)
      throw new PlugbackError('cannot-wake', { name: computer.name, reason: 'no way to it from here' });
    await ports.clock.sleep(askEveryMs, signal);
  }
}
