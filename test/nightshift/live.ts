/** An evening in the simulated office: who goes home when, and what nightshift makes of it. */

import type { NightshiftConfig } from '../../src/config/types.ts';
import { PlugbackError } from '../../src/errors.ts';
import { keepWatch } from '../../src/nightshift/run-nightshift.ts';
import { freshState, type NightshiftState } from '../../src/status/nightshift.ts';
import { computer, hour, job, nightshiftConfig, type Plan, World } from './world.ts';

/** Saturday, 21 November 2026, 17:00 in Berlin. */
export const start = Date.parse('2026-11-21T17:00:00+01:00');

export const office: Partial<NightshiftConfig> = {
  computers: [computer('anna'), computer('otto'), computer('nas2', { afterBackup: 'shutdown' })],
  jobs: [job('documents', { target: ['nas2'] })],
  afterBackup: 'hibernate',
};

/** Anna goes home at 19:00, Otto at 20:00, unless the test says otherwise. */
export const goingHome: Plan = {
  isOn: (name, at) => at < start + (name === 'anna' ? 2 : name === 'otto' ? 3 : 0) * hour,
};

/** Lets nightshift run for some hours. */
export async function live(
  options: {
    config?: Partial<NightshiftConfig>;
    plan?: Partial<Plan>;
    state?: Partial<NightshiftState>;
    hours?: number;
    meanwhile?: (world: World) => void;
  } = {},
): Promise<World> {
  const config = nightshiftConfig({ ...office, ...options.config });
  const world = new World(config, { ...goingHome, ...options.plan }, start, {
    ...freshState(),
    doneNight: '2026-11-20',
    ...options.state,
  });
  options.meanwhile?.(world);
  await watchFor(world, (options.hours ?? 13) * hour);
  return world;
}

export async function watchFor(world: World, ms: number): Promise<void> {
  const stop = new AbortController();
  const over = world.clock
    .sleep(ms)
    .then(() => stop.abort(new PlugbackError('interrupted', { signal: 'SIGTERM' })));
  await keepWatch(world.nightshift(stop.signal), { now: false, once: false }).catch(
    (error: PlugbackError) => {
      if (error.code !== 'interrupted') throw error;
    },
  );
  await over;
}

/** What happened, in order; packets that follow each other until somebody answers are told once. */
export const story = ({ events }: World) =>
  events
    .map(({ what, who }) => `${what} ${who}`)
    .filter((line, index, all) => !(line.startsWith('woken') && line === all[index - 1]));
