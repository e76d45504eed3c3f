/** Looks who is there: asks everybody at once, and remembers the answers. */

import type { ComputerConfig, NightshiftConfig } from '../config/types.ts';
import type { ComputerRecord } from '../status/nightshift.ts';
import { type Nightshift, save } from './ports.ts';
import { isGap, observe, type Presence, presenceOf } from './presence.ts';

/** Looks that come later than so many intervals leave a gap in what is known. */
const gapIntervals = 3;
/** After so long without a look nobody knows any more who has switched on a computer that nightshift once woke. */
const longestMemoryMs = 3600_000;
/** A computer that was woken and did not come up in time may still do so for so long, in ms. */
const latestMs = 30 * 60_000;
/** A look takes its time, too, when nobody answers. */
const gapGraceMs = 30_000;

function presenceRules(config: NightshiftConfig) {
  const missMs = (config.offlineAfterMisses - 1) * config.checkEverySeconds * 1000;
  return {
    misses: config.offlineAfterMisses,
    // Extra looks, as during a countdown, must not make a computer count as off sooner.
    missMs: missMs * 0.9,
    gapMs: gapIntervals * config.checkEverySeconds * 1000 + gapGraceMs,
  };
}

/** Who answered just now, by name; null: could not be asked. */
export type Answers = ReadonlyMap<string, boolean | null>;

/** One look at all computers. */
export async function look(nightshift: Nightshift): Promise<Answers> {
  const { config, ports, state } = nightshift;
  const answers = new Map(
    await Promise.all(
      config.computers.map(async (computer) => [computer.name, await isThere(computer, nightshift)] as const),
    ),
  );
  const now = ports.clock.now();
  const rules = presenceRules(config);
  const times = { now, before: state.lookedAt };
  const computers = observe(state.computers, answers, times, rules);
  const wasGap = isGap(times, rules.gapMs);
  const isForgotten = state.lookedAt === null || Math.abs(now - state.lookedAt) > longestMemoryMs;
  const woken = isForgotten
    ? []
    : state.woken.filter((name) => isStillOurs(name, computers[name], nightshift));
  tellChanges(nightshift, computers);
  const watchedSince = wasGap || state.watchedSince === null ? now : state.watchedSince;
  save(nightshift, { computers, lookedAt: now, watchedSince, woken });
  return answers;
}

/**
 * One that is off again, by hand or by itself, is nobody's that nightshift woke: whoever switches it on next wants it on.
 * One that has not been up yet may be on its way.
 */
function isStillOurs(name: string, after: ComputerRecord | undefined, { state, ports }: Nightshift): boolean {
  if (after?.online !== false) return after !== undefined;
  if (state.computers[name]?.online === true) return false;
  return state.running !== null || Math.abs(ports.clock.now() - (state.wokenAt ?? 0)) < latestMs;
}

async function isThere(computer: ComputerConfig, { ports, config }: Nightshift): Promise<boolean | null> {
  const isOnline = await ports.isOnline(computer);
  if (isOnline !== true) return isOnline;
  if (computer.idleMinutes === null || !counts(computer, config)) return true;
  try {
    return (await ports.idleMinutes(computer)) < computer.idleMinutes;
  } catch {
    // What it does not tell is taken for use: nobody's work is disturbed because of a password.
    return true;
  }
}

function counts(computer: ComputerConfig, config: NightshiftConfig): boolean {
  return computer.presence && config.computers.includes(computer);
}

function tellChanges({ ports, state }: Nightshift, after: Nightshift['state']['computers']): void {
  for (const [name, { online }] of Object.entries(after)) {
    const before = state.computers[name]?.online ?? null;
    if (online === before || online === null) continue;
    if (online) ports.voice.info('nightshift.came', { name });
    else if (before !== null) ports.voice.info('nightshift.went', { name });
  }
}

/**
 * This machine's clock was set: what was remembered by the old one moves along, or it would look as if nobody had watched for
 * as long as the clock was wrong.
 */
export function moveTimes(nightshift: Nightshift, byMs: number): void {
  const { state } = nightshift;
  const moved = <T extends number | null>(at: T) => (at === null ? at : ((at + byMs) as T));
  const computers = Object.fromEntries(
    Object.entries(state.computers).map(([name, record]) => [
      name,
      {
        ...record,
        since: moved(record.since),
        lastSeenAt: moved(record.lastSeenAt),
        firstMissAt: moved(record.firstMissAt),
      },
    ]),
  );
  save(nightshift, {
    computers,
    lookedAt: moved(state.lookedAt),
    watchedSince: moved(state.watchedSince),
    wokenAt: moved(state.wokenAt),
  });
}

/** Those whose presence counts and that nightshift has not woken itself. */
function counted({ config, state }: Pick<Nightshift, 'config' | 'state'>): string[] {
  return config.computers
    .filter((computer) => computer.presence && !state.woken.includes(computer.name))
    .map(({ name }) => name);
}

/** Who is there of them. */
export function presence(nightshift: Nightshift): Presence {
  const { state } = nightshift;
  const watchedSince = state.watchedSince ?? state.lookedAt ?? 0;
  return presenceOf(state.computers, counted(nightshift), { watchedSince });
}

/** Those of them that have answered just now. */
export function answering(answers: Answers, nightshift: Pick<Nightshift, 'config' | 'state'>): string[] {
  return counted(nightshift).filter((name) => answers.get(name) === true);
}

/** Those of them of whom it is not known just now that they are not there: nothing is switched off meanwhile. */
export function maybeThere(answers: Answers, nightshift: Pick<Nightshift, 'config' | 'state'>): string[] {
  return counted(nightshift).filter((name) => answers.get(name) !== false);
}
