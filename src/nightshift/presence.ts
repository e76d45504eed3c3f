/** From answers to who is there. Pure: records and answers in, new records out. */

import type { ComputerRecord } from '../status/nightshift.ts';

export interface PresenceRules {
  /** Questions in a row without an answer that make a computer count as off, */
  misses: number;
  /** and the time over which they must have gone on, in ms. */
  missMs: number;
  /** After a longer time in which nobody looked, counting begins anew, in ms: not looked at is not absent. */
  gapMs: number;
}

/**
 * One more look at everybody.
 *
 * @param before the records by name; those of computers that are not asked about any more are dropped
 * @param answers who answered; online at the first answer, off only after several misses in a row; null: could not be asked
 * @param look the time of this look and of the one before, in ms since 1970; null: there was none
 */
export function observe(
  before: Readonly<Record<string, ComputerRecord>>,
  answers: ReadonlyMap<string, boolean | null>,
  look: { now: number; before: number | null },
  rules: PresenceRules,
): Record<string, ComputerRecord> {
  const { now } = look;
  const wasGap = isGap(look, rules.gapMs);
  const after: Record<string, ComputerRecord> = {};
  for (const [name, answered] of answers) {
    const known = Object.hasOwn(before, name) ? before[name] : undefined;
    if (answered === null) after[name] = unknown(known, now);
    else after[name] = answered ? seen(known, now) : missed(wasGap ? undefined : known, known, now, rules);
  }
  return after;
}

/** Is so much time between two looks that nobody knows what was in between? A clock that was set back tells nothing, either. */
export function isGap({ now, before }: { now: number; before: number | null }, gapMs: number): boolean {
  return before === null || now < before || now - before > gapMs;
}

function seen(known: ComputerRecord | undefined, now: number): ComputerRecord {
  const since = known?.online === true ? known.since : now;
  return { online: true, since, lastSeenAt: now, misses: 0, firstMissAt: null };
}

/** Who was there may still be; who was not may have come. Absence is counted anew afterwards. */
function unknown(known: ComputerRecord | undefined, now: number): ComputerRecord {
  const online = known?.online === true ? true : null;
  const since = known?.online === online ? known.since : now;
  return { online, since, lastSeenAt: known?.lastSeenAt ?? null, misses: 0, firstMissAt: null };
}

function missed(
  counted: ComputerRecord | undefined,
  known: ComputerRecord | undefined,
  now: number,
  rules: PresenceRules,
): ComputerRecord {
  const misses = (counted?.misses ?? 0) + 1;
  const firstMissAt = counted?.firstMissAt ?? now;
  const lastSeenAt = known?.lastSeenAt ?? null;
  const isOff = misses >= rules.misses && now - firstMissAt >= rules.missMs;
  if (isOff) return { online: false, since: firstMissAt, lastSeenAt, misses, firstMissAt };
  const online = counted?.online === true ? true : null;
  return { online, since: counted?.since ?? now, lastSeenAt, misses, firstMissAt };
}

export interface Presence {
  /** Names of those that are there, */
  here: string[];
  /** and of those of whom nobody knows yet whether they are. */
  unsure: string[];
  /** Since when nobody is, in ms since 1970; null while somebody is, or may be. */
  emptySince: number | null;
}

/**
 * Who is there, of those that count.
 *
 * @param counted names of the computers whose being on means that somebody works
 * @param look since when nobody has stopped looking, in ms since 1970
 */
export function presenceOf(
  records: Readonly<Record<string, ComputerRecord>>,
  counted: readonly string[],
  look: { watchedSince: number },
): Presence {
  const here = counted.filter((name) => records[name]?.online === true);
  const unsure = counted.filter((name) => (records[name]?.online ?? null) === null);
  if (here.length > 0 || unsure.length > 0) return { here, unsure, emptySince: null };
  const since = counted.map((name) => records[name]?.since ?? look.watchedSince);
  return { here, unsure, emptySince: Math.max(look.watchedSince, ...since) };
}
