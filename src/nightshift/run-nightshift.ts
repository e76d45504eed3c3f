/** Nightshift, top to bottom: look who is there, decide, do it, wait, and again. */

import type { NightDocument } from '../status/nightshift.ts';
import { type Action, decide, type Rules, whatFollows } from './decide.ts';
import { lieDown } from './lie-down.ts';
import { look, presence } from './look.ts';
import { backUpNight } from './night.ts';
import { type Nightshift, save, sleepOf } from './ports.ts';
import { putToSleep } from './put-to-sleep.ts';

export interface Wishes {
  /** Back up now, whoever is there, and end. */
  now: boolean;
  /** Look once, do what is to be done, and end. */
  once: boolean;
}

/**
 * Keeps the night watch until the signal is aborted, or the wish is fulfilled.
 *
 * @returns the last night that was backed up; null: there was none
 * @throws the signal's reason
 */
export async function keepWatch(nightshift: Nightshift, wishes: Wishes): Promise<NightDocument | null> {
  const { config, ports, signal } = nightshift;
  await buryDeadNight(nightshift);
  let isAskedFor = ports.takeRequest() || wishes.now;
  let night: NightDocument | null = null;
  let waited = '';
  for (;;) {
    await look(nightshift);
    signal.throwIfAborted();
    const action = decideNow(nightshift, isAskedFor);
    // What holds for hours is said once, and not every minute of the night.
    if (action.do === 'back-up' || JSON.stringify(action.said) !== waited) {
      ports.voice.said(action.said);
      save(nightshift, { said: action.said });
    }
    waited = JSON.stringify(action.said);

    if (action.do === 'back-up') {
      night = await ports.stayAwake(() => backUpNight(action, nightshift));
      const isLast = wishes.now || wishes.once;
      isAskedFor = (isLast && (await settle(nightshift))) || ports.takeRequest();
      if (isLast && !isAskedFor) return night;
      continue;
    }
    isAskedFor = await perform(action, nightshift);
    if (isAskedFor) continue;
    if (wishes.once) return night;
    await ports.untilNextLook(config.checkEverySeconds * 1000, signal);
    isAskedFor = ports.takeRequest();
  }
}

/** What is to be done now; pure but for what is asked of the clock. */
export function decideNow(nightshift: Nightshift, isAskedFor: boolean): Action {
  const { state, ports } = nightshift;
  return decide(state, ports.clock.now(), presence(nightshift), rulesOf(nightshift, isAskedFor));
}

function rulesOf({ config, calendar }: Nightshift, isAskedFor: boolean): Rules {
  return {
    calendar,
    offlineMs: config.offlineMinutes * 60_000,
    liesDown: config.afterBackup !== 'leave',
    putsToSleep: config.computers
      .filter(({ afterBackup, reach }) => sleepOf(afterBackup) !== null && reach !== 'none')
      .map(({ name }) => name),
    isAskedFor,
    seesPeople: config.computers.some(({ presence: counts }) => counts),
  };
}

/** @returns has somebody asked for a backup meanwhile? */
async function perform(action: Action, nightshift: Nightshift): Promise<boolean> {
  if (action.do === 'lie-down') return lieDown(action.night, nightshift);
  if (action.do === 'put-to-sleep') await putToSleep(action.computers, new Set(), nightshift);
  return false;
}

/** After the one backup that was wished for: what follows it by itself, if nobody is there. @returns as `perform` does */
async function settle(nightshift: Nightshift): Promise<boolean> {
  const action = decideNow(nightshift, false);
  return action.do !== 'back-up' && perform(action, nightshift);
}

/**
 * A night that was running when this process began has died with the machine, or with the process before it. It is told,
 * and made up for; which computers were off before is remembered.
 */
async function buryDeadNight(nightshift: Nightshift): Promise<void> {
  const { state, ports } = nightshift;
  const dead = state.running;
  save(nightshift, { sleepsAt: null });
  if (dead === null) return;
  const { attempts } = state;
  const count = attempts.night === dead.night ? attempts.count + 1 : 1;
  const jobs = dead.jobs.map((job) => {
    if (job.state === 'running') return { ...job, state: 'failed' as const };
    return job.state === 'pending' ? { ...job, state: 'skipped' as const } : job;
  });
  const finishedAt = new Date(Math.max(Date.parse(dead.startedAt), state.lookedAt ?? 0)).toISOString();
  save(nightshift, { running: null, attempts: { night: dead.night, count } });
  const follows = whatFollows(state, dead.night);
  ports.voice.warn('nightshift.died', { night: dead.night });
  ports.voice.said(follows);
  const warnings = [...dead.warnings, follows];
  await ports.record({ ...dead, jobs, warnings, finishedAt, outcome: 'died' });
}
