/** What is to be said about nightshift, as data: for the terminal and for the page. Pure. */

import type { ErrorCode } from '../errors.ts';
import { type Sentence, sentence } from '../messages/translator.ts';
import type { NightDocument, NightJob, NightOutcome, NightshiftNow, NightshiftState } from './nightshift.ts';

export interface NightshiftView extends NightshiftNow {
  /** Newest first. */
  nights: readonly NightDocument[];
}

export interface NightshiftSaid {
  now: Sentence[];
  /** Those of the night that runs. */
  jobs: { said: Sentence; state: NightJob['state'] }[];
  computers: { said: Sentence; name: string; online: boolean | null; since: string }[];
  nights: {
    said: Sentence;
    outcome: NightOutcome;
    /** Why jobs of it failed. */
    problems: NonNullable<NightJob['error']>[];
  }[];
}

/** What it does now, who is online, what the last nights did. */
export function sayNightshift({ state, isRunning, cutOff, nights }: NightshiftView): NightshiftSaid {
  return {
    now: isRunning ? nowSaid(state) : [sentence('nightshift.off'), ...cutOffSaid(state, cutOff)],
    jobs: isRunning ? (state.running?.jobs ?? []).map(jobSaid) : [],
    // What nobody watches any more says nothing about now.
    computers: isRunning
      ? Object.entries(state.computers).map(([name, { online, since: at }]) => {
          const since = iso(at);
          return { said: sentence('nightshift.computer', { name, online, since }), name, online, since };
        })
      : [],
    nights: nights.map(({ night, outcome: end, startedAt, jobs }) => {
      const outcome = end ?? 'died';
      return {
        said: sentence('nightshift.night', { night, outcome, at: startedAt }),
        outcome,
        // Why it was stopped, its own name tells.
        problems: outcome === 'failed' ? jobs.flatMap(({ error }) => error ?? []) : [],
      };
    }),
  };
}

/** What ended a job that was not at fault: nobody has to start anything again. */
const cutOff: readonly ErrorCode[] = ['interrupted', 'somebody-came'];

/** Was it stopped, or did it die with the machine? */
export function isCutOff({ state, error }: NightJob): boolean {
  return state === 'failed' && (error === null || cutOff.includes(error.code));
}

/** A job in words: what became of it, and how long it took. */
export function jobSaid(job: NightJob): NightshiftSaid['jobs'][number] {
  const { name, startedAt, finishedAt } = job;
  const state = isCutOff(job) ? 'stopped' : job.state;
  const isOver = startedAt !== null && finishedAt !== null;
  const seconds = isOver ? (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000 : null;
  return { said: sentence('nightshift.report.job', { job: name, state, seconds }), state: job.state };
}

/** The same for programs, as `GET /api/nightshift` tells it: part of the contract. Times are ISO 8601 in UTC. */
export interface NightshiftDocument {
  isRunning: boolean;
  computers: { name: string; online: boolean | null; since: string; lastSeenAt: string | null }[];
  /** The last night that is over, by the date of its evening. */
  doneNight: string | null;
  /** Computers that it has woken and not yet sent back to sleep. */
  woken: readonly string[];
  running: NightDocument | null;
  /** The night that nightshift died in, until its next start has told of it. */
  cutOff: NightDocument | null;
  sleepsAt: string | null;
  /** What it does or waits for, as data. */
  said: Sentence | null;
  nights: readonly NightDocument[];
}

export function documentOf({ state, isRunning, cutOff, nights }: NightshiftView): NightshiftDocument {
  const { doneNight, woken, running, sleepsAt, said } = state;
  const computers = Object.entries(state.computers).map(([name, record]) => ({
    name,
    online: record.online,
    since: iso(record.since),
    lastSeenAt: record.lastSeenAt === null ? null : iso(record.lastSeenAt),
  }));
  return { isRunning, computers, doneNight, woken, running, cutOff, sleepsAt, said, nights };
}

/** How the next start goes on is promised once only: a night that dies again and again is given up. */
function cutOffSaid({ doneNight, attempts }: NightshiftState, cutOff: NightDocument | null): Sentence[] {
  if (cutOff === null) return [];
  const { night } = cutOff;
  const isMadeUpFor = attempts.night !== night && (doneNight ?? '') < night;
  return [
    sentence('nightshift.died', { night }),
    ...(isMadeUpFor ? [sentence('nightshift.next-start')] : []),
  ];
}

function nowSaid({ running, sleepsAt, said }: NightshiftState): Sentence[] {
  if (sleepsAt !== null) return [sentence('nightshift.sleeps-at', { at: sleepsAt })];
  if (running !== null) {
    const job = running.jobs.find(({ state }) => state === 'running')?.name ?? null;
    return [sentence('nightshift.running', { night: running.night, job })];
  }
  return said === null ? [] : [said];
}

function iso(at: number): string {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? '' : time.toISOString();
}
