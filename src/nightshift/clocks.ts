/** Brings the clocks of a job's computers together, in both directions, and refuses a job where they stay apart. */

import type { ComputerConfig } from '../config/types.ts';
import { PlugbackError } from '../errors.ts';
import { sentence } from '../messages/translator.ts';
import type { ClockReading, NightDocument } from '../status/nightshift.ts';
import { earliestTime } from '../system/clock.ts';
import { moveTimes } from './look.ts';
import type { Nightshift } from './ports.ts';

/** Clocks that differ by less are left alone, in ms: no file system's times are so exact that it would show. */
const goodEnoughMs = 500;
/** Of a clock that is wrong by more, the date says more than the hours, in ms. */
const manyDaysMs = 2 * 24 * 3600_000;

/**
 * The time source among the job's computers counts; without one, this machine's clock. This machine is set in any case,
 * whether it takes part or not: it is what all others are compared with.
 *
 * @param involved sources first
 * @throws PlugbackError `clocks-apart` where one stays further away than the limit; `host-key-unknown`, `host-key-changed`
 */
export async function bringClocksTogether(
  involved: readonly ComputerConfig[],
  night: NightDocument,
  nightshift: Nightshift,
): Promise<void> {
  const { ports, config } = nightshift;
  const source = involved.find((computer) => computer.timeSource) ?? null;
  const followers = involved.filter((computer) => computer !== source);

  let sourceAhead = 0;
  if (source !== null) {
    const before = await measure(source, nightshift);
    if (before !== null) verifyPossible(source, before, nightshift);
    if (before !== null && Math.abs(before) >= goodEnoughMs) await setOwn(source, before, nightshift);
    const after = before === null ? null : await measure(source, nightshift);
    note({ computer: source.name, beforeMs: before, afterMs: after }, night, nightshift);
    sourceAhead = after ?? 0;
  }
  for (const computer of followers) {
    const relative = async () => {
      const ahead = await measure(computer, nightshift);
      return ahead === null ? null : ahead - sourceAhead;
    };
    const before = await relative();
    // Where nothing can be measured, setting may still help; where nothing can be said to it, it cannot be set.
    const isOff = before === null || Math.abs(before) >= goodEnoughMs;
    if (isOff && computer.reach !== 'none') await set(computer, source, sourceAhead, nightshift);
    const after = await relative();
    note({ computer: computer.name, beforeMs: before, afterMs: after }, night, nightshift);
  }

  const names = involved.map(({ name }) => name);
  const readings = night.clocks.filter(({ computer }) => names.includes(computer));
  const apart = readings.find(
    ({ afterMs }) => afterMs !== null && Math.abs(afterMs) > config.clockLimitSeconds * 1000,
  );
  if (apart?.afterMs != null)
    throw tooFarApart(
      apart.computer,
      { offMs: apart.afterMs, aheadMs: sourceAhead + apart.afterMs },
      nightshift,
    );
  // Where one did not tell, the warning about it has been said.
  if (readings.every(({ afterMs }) => afterMs !== null))
    ports.voice.info('nightshift.clocks-together', { source: source?.name ?? null });
}

/** An empty battery makes it 1970 or 2000 at the time source: nobody is set by that. @throws PlugbackError `clocks-apart` */
function verifyPossible({ name }: ComputerConfig, aheadMs: number, nightshift: Nightshift): void {
  if (nightshift.ports.clock.now() + aheadMs >= earliestTime) return;
  throw tooFarApart(name, { offMs: aheadMs, aheadMs }, nightshift);
}

/** @param aheadMs of this machine's clock */
function tooFarApart(
  name: string,
  { offMs, aheadMs }: { offMs: number; aheadMs: number },
  { ports, config }: Nightshift,
): PlugbackError {
  const shown = new Date(ports.clock.now() + aheadMs);
  const isTellable = Math.abs(offMs) > manyDaysMs && !Number.isNaN(shown.getTime());
  return new PlugbackError('clocks-apart', {
    name,
    seconds: Math.abs(offMs) / 1000,
    limitSeconds: config.clockLimitSeconds,
    shows: isTellable ? shown.toISOString() : null,
  });
}

async function measure(computer: ComputerConfig, { ports }: Nightshift): Promise<number | null> {
  try {
    return await ports.clockOffset(computer);
  } catch (error) {
    throwIfStranger(error);
    return null;
  }
}

async function set(
  follower: ComputerConfig | null,
  source: ComputerConfig | null,
  aheadMs: number,
  { ports }: Nightshift,
): Promise<void> {
  try {
    await ports.setClock(follower, source, aheadMs);
  } catch (error) {
    throwIfStranger(error);
    // Whether it matters is told by the difference that is left.
    ports.voice.failure(error);
  }
}

async function setOwn(source: ComputerConfig, aheadMs: number, nightshift: Nightshift): Promise<void> {
  const { clock } = nightshift.ports;
  const [wall, monotonic] = [clock.now(), clock.monotonic()];
  await set(null, source, aheadMs, nightshift);
  moveTimes(nightshift, clock.now() - wall - (clock.monotonic() - monotonic));
}

/** Somebody else may answer in its place: nothing is sent there. */
function throwIfStranger(error: unknown): void {
  if (error instanceof PlugbackError && ['host-key-unknown', 'host-key-changed'].includes(error.code))
    throw error;
}

function note(reading: ClockReading, night: NightDocument, { ports }: Nightshift): void {
  night.clocks = [...night.clocks.filter(({ computer }) => computer !== reading.computer), reading];
  const { computer: name, beforeMs, afterMs } = reading;
  if (afterMs === null) {
    night.warnings.push(sentence('nightshift.clock-unknown', { name }));
    ports.voice.warn('nightshift.clock-unknown', { name });
  } else {
    const inSeconds = (ms: number) => ms / 1000;
    ports.voice.info('nightshift.clock', {
      name,
      before: beforeMs === null ? null : inSeconds(beforeMs),
      after: inSeconds(afterMs),
    });
  }
}
