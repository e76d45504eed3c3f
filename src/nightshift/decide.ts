/** What is to be done now. Pure: what is remembered, the time and who is there in, one action out. */

import { type Sentence, sentence } from '../messages/translator.ts';
import type { NightshiftState, NightTrigger } from '../status/nightshift.ts';
import type { Calendar } from './calendar.ts';
import type { Presence } from './presence.ts';

export type Action =
  | { do: 'wait'; said: Sentence }
  | { do: 'back-up'; trigger: NightTrigger; night: string; said: Sentence }
  /** Computers that nightshift woke, and that somebody's presence kept it from sending to sleep again. */
  | { do: 'put-to-sleep'; computers: string[]; said: Sentence }
  /** This machine. */
  | { do: 'lie-down'; night: string; said: Sentence };

export interface Rules {
  calendar: Calendar;
  /** For how long nobody must be there, in ms. */
  offlineMs: number;
  /** Does this machine go to sleep after the backup? */
  liesDown: boolean;
  /** Those of the woken that are sent to sleep again, if they were off before. */
  putsToSleep: readonly string[];
  /** Somebody asked for the backup now. */
  isAskedFor: boolean;
  /** Is there a computer whose being on means that somebody works? Else nobody could be seen to have gone. */
  seesPeople: boolean;
}

/** A night whose backup has died so often is given up: whatever kills it would do so again. */
export const mostAttempts = 3;

/**
 * The next action.
 *
 * @param state what is remembered
 * @param now ms since 1970
 * @param presence who is there, without the computers that nightshift itself has woken
 */
export function decide(state: NightshiftState, now: number, presence: Presence, rules: Rules): Action {
  const { calendar, offlineMs } = rules;
  const night = calendar.nightOf(now);
  const { emptySince } = presence;
  // A clock that was set back makes no time pass.
  const isEmpty = emptySince !== null && now - emptySince >= offlineMs;
  const since = iso(emptySince ?? now);

  if (rules.isAskedFor) return backUp('by-hand', night, sentence('nightshift.why.by-hand', { night }));
  const isGivenUp = hasDiedTooOften(state.attempts, night);
  const isDue = !isOver(state.doneNight, night) && !isGivenUp;
  if (isDue && isEmpty && rules.seesPeople)
    return backUp('all-gone', night, sentence('nightshift.why.all-gone', { night, since }));
  const windowEnd = calendar.windowEnd(now);
  if (isDue && windowEnd !== null)
    return backUp(
      'window',
      night,
      sentence('nightshift.why.window', { night, until: iso(windowEnd), zone: calendar.zone }),
    );

  if (isEmpty) {
    const woken = state.woken.filter((name) => rules.putsToSleep.includes(name));
    const computers = woken.filter((name) => state.computers[name]?.online !== false);
    if (computers.length > 0) {
      return {
        do: 'put-to-sleep',
        computers,
        said: sentence('nightshift.why.put-to-sleep', { names: computers, since }),
      };
    }
    const isRested = isOver(state.restedNight, night);
    // Only after a backup of its own: nobody who switches it on in the morning shall see it go off again.
    if (rules.liesDown && state.doneNight === night && !isRested) {
      // Nobody else would send it back to sleep.
      if (woken.length > 0) return { do: 'wait', said: sentence('nightshift.wait.late', { names: woken }) };
      return { do: 'lie-down', night, said: sentence('nightshift.why.lie-down', { since }) };
    }
  }
  if (isDue && !rules.seesPeople) {
    const opens = calendar.nextWindow(now);
    const at = opens === null ? null : iso(opens);
    return { do: 'wait', said: sentence('nightshift.wait.nobody-seen', { night, at, zone: calendar.zone }) };
  }
  return { do: 'wait', said: waitingFor({ isDue, isGivenUp, night, ...presence }, offlineMs) };
}

/** What becomes of a night that was cut off. */
export function whatFollows({ doneNight, attempts }: NightshiftState, night: string): Sentence {
  if (isOver(doneNight, night)) return sentence('nightshift.has-backup', { night });
  if (hasDiedTooOften(attempts, night))
    return sentence('nightshift.wait.given-up', { night, count: mostAttempts });
  return sentence('nightshift.made-up-for');
}

function hasDiedTooOften(attempts: NightshiftState['attempts'], night: string): boolean {
  return attempts.night === night && attempts.count >= mostAttempts;
}

/** Dates compare as text. A night in the future was written by a clock that was wrong: it counts, but not for ever. */
function isOver(marked: string | null, night: string): boolean {
  return marked !== null && marked >= night && marked <= dayAfter(night);
}

function dayAfter(night: string): string {
  return new Date(Date.parse(`${night}T12:00:00Z`) + 24 * 3600 * 1000).toISOString().slice(0, 10);
}

function backUp(trigger: NightTrigger, night: string, said: Sentence): Action {
  return { do: 'back-up', trigger, night, said };
}

function waitingFor(
  seen: { isDue: boolean; isGivenUp: boolean; night: string } & Presence,
  offlineMs: number,
): Sentence {
  const { night, here, unsure, emptySince } = seen;
  if (seen.isGivenUp) return sentence('nightshift.wait.given-up', { night, count: mostAttempts });
  if (!seen.isDue) return sentence('nightshift.wait.done', { night });
  if (here.length > 0) return sentence('nightshift.wait.somebody', { night, names: here });
  if (emptySince === null) return sentence('nightshift.wait.unsure', { night, names: unsure });
  return sentence('nightshift.wait.not-yet', {
    night,
    since: iso(emptySince),
    until: iso(emptySince + offlineMs),
  });
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
