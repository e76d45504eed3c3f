/** What nightshift would do now, in words: the action, and for a backup every job with what it takes. */

import type { JobConfig } from '../config/types.ts';
import { type Sentence, sentence } from '../messages/translator.ts';
import type { Action } from './decide.ts';
import type { Answers } from './look.ts';
import { computerNamed, type Nightshift, sleepOf } from './ports.ts';

/**
 * @param answers who answers just now, by name
 * @param commandOf how a job is run, as it would be typed
 */
export function rehearsal(
  action: Action,
  answers: Answers,
  nightshift: Nightshift,
  commandOf: (job: JobConfig) => string,
): Sentence[] {
  const { config } = nightshift;
  const names = config.computers.map(({ name }) => name);
  const online = names.filter((name) => answers.get(name) === true);
  const unknown = names.filter((name) => answers.get(name) === null);
  const seen = [
    online.length === 0
      ? sentence('nightshift.plan.nobody')
      : sentence('nightshift.plan.online', { names: online }),
    ...(unknown.length === 0 ? [] : [sentence('nightshift.plan.unknown', { names: unknown })]),
  ];
  if (action.do !== 'back-up') return [...seen, action.said];
  const jobs = config.jobs.flatMap((job) => jobLines(job, online, nightshift, commandOf));
  const host = sleepOf(config.afterBackup);
  return [
    ...seen,
    action.said,
    ...jobs,
    ...(host === null ? [] : [sentence('nightshift.plan.host', { kind: host })]),
  ];
}

function jobLines(
  job: JobConfig,
  online: readonly string[],
  { config }: Nightshift,
  commandOf: (job: JobConfig) => string,
): Sentence[] {
  const names = [...new Set([...job.source, ...job.target])];
  const involved = names.map((name) => computerNamed(config, name));
  const asleep = names.filter((name) => !online.includes(name));
  const source = involved.find(({ timeSource }) => timeSource)?.name ?? null;
  return [
    sentence('nightshift.plan.job', { job: job.name }),
    ...(asleep.length === 0 ? [] : [sentence('nightshift.plan.wakes', { names: asleep })]),
    ...(names.length === 0 ? [] : [sentence('nightshift.plan.clock', { source })]),
    sentence('nightshift.plan.runs', { command: commandOf(job) }),
    ...involved.flatMap(({ name, afterBackup, reach }) => {
      const kind = sleepOf(afterBackup);
      if (kind === null || reach === 'none' || !asleep.includes(name)) return [];
      return [sentence('nightshift.plan.sleeps', { name, kind })];
    }),
  ];
}
