/** Single nights, good and bad, in the simulated office. */

import { describe, expect, test } from 'vitest';
import { putToSleep } from '../../src/nightshift/put-to-sleep.ts';
import { keepWatch } from '../../src/nightshift/run-nightshift.ts';
import { goingHome, live, office, start, story, watchFor } from './live.ts';
import { computer, day, hour, job, minute, nightshiftConfig, type Plan, World } from './world.ts';

test('a whole night: woken, backed up, sent back to sleep, and this machine too', async () => {
  const world = await live();
  expect(story(world)).toEqual([
    'woken nas2',
    'job documents',
    'put-to-sleep nas2',
    'mail done',
    'host-asleep hibernate',
  ]);
  const [night] = world.nights;
  expect(night).toMatchObject({ night: '2026-11-21', trigger: 'all-gone', woken: ['nas2'], outcome: 'done' });
  // Otto left at 20:00; ten minutes later, to the next look.
  const begun = Date.parse(night?.startedAt ?? '') - start;
  expect(begun).toBeGreaterThanOrEqual(3 * hour + 10 * minute);
  expect(begun).toBeLessThan(3 * hour + 13 * minute);
});

test('one lost ping changes nothing', async () => {
  const plan = {
    isLost: (name: string, at: number) => name === 'otto' && Math.abs(at - start - 2.5 * hour) < 30_000,
  };
  const world = await live({ plan });
  expect(world.said.filter((key) => key === 'nightshift.went')).toHaveLength(3);
  expect(story(world)).toEqual(story(await live()));
});

describe('a worker comes back in mid-job', () => {
  const plan: Partial<Plan> = {
    isOn: (name, at) =>
      goingHome.isOn(name, at) || (name === 'anna' && at > start + 3.5 * hour && at < start + 5 * hour),
  };

  test('the backup goes on, and nothing is switched off under her hands', async () => {
    const world = await live({ plan, hours: 4.5 });
    expect(story(world)).toEqual(['woken nas2', 'job documents', 'mail done']);
    expect(world.said).toContain('nightshift.arrived-go-on');
    expect(world.said).toContain('nightshift.left-on');
  });

  test('when she has gone again, all that was woken goes to sleep', async () => {
    const world = await live({ plan });
    expect(story(world).slice(-3)).toEqual(['mail done', 'put-to-sleep nas2', 'host-asleep hibernate']);
    expect(world.events.at(-1)?.at).toBeGreaterThan(start + 5 * hour + 10 * minute);
  });

  test('with when-somebody-comes = stop it ends at once, and is made up for', async () => {
    const world = await live({ plan, config: { whenSomebodyComes: 'stop' } });
    expect(world.nights.map(({ outcome }) => outcome)).toEqual(['stopped', 'done']);
    expect(world.nights[0]?.warnings.map(({ key }) => key)).toContain('nightshift.stopped-for');
    const ended = Date.parse(world.nights[0]?.finishedAt ?? '') - start;
    expect(ended).toBeLessThan(3.5 * hour + 2 * minute);
    expect(Date.parse(world.nights[1]?.startedAt ?? '') - start).toBeGreaterThanOrEqual(
      5 * hour + 10 * minute,
    );
  });
});

test('a computer that does not wake: the job fails clearly, nothing hangs, and it is mailed', async () => {
  const world = await live({ plan: { wakes: () => false } });
  expect(world.nights).toHaveLength(1);
  expect(world.nights[0]).toMatchObject({
    outcome: 'failed',
    jobs: [{ state: 'failed', attempts: 0, error: { code: 'computer-not-awake' } }],
  });
  expect(world.happened('job')).toEqual([]);
  expect(world.happened('put-to-sleep')).toEqual([]);
});

test('the jobs after one that failed still run', async () => {
  const jobs = [job('first', { retries: 0 }), job('second')];
  const world = await live({
    config: { jobs },
    plan: { job: async ({ name }) => ({ exitCode: name === 'first' ? 2 : 0 }) },
  });
  expect(world.nights[0]?.jobs.map(({ state, exitCode }) => [state, exitCode])).toEqual([
    ['failed', 2],
    ['done', 0],
  ]);
});

test('a job that fails is tried again, and its exit code counts', async () => {
  const world = await live({
    config: { jobs: [job('documents', { retries: 2 })] },
    plan: { job: async () => ({ exitCode: 1 }) },
  });
  expect(world.nights[0]?.jobs[0]).toMatchObject({
    state: 'failed',
    attempts: 3,
    error: { code: 'job-failed' },
  });
  const world2 = await live({
    config: { jobs: [job('documents', { goodExitCodes: [0, 1] })] },
    plan: { job: async () => ({ exitCode: 1 }) },
  });
  expect(world2.nights[0]?.jobs[0]).toMatchObject({ state: 'done', attempts: 1 });
});

test('a job that hangs is ended, and not tried again', async () => {
  const world = await live({
    config: { jobs: [job('documents', { timeoutMinutes: 90, target: ['nas2'] })] },
    plan: {
      job: (_, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve({ exitCode: null }), { once: true });
        }),
    },
  });
  const [entry] = world.nights[0]?.jobs ?? [];
  expect(entry).toMatchObject({ state: 'failed', attempts: 1, error: { code: 'job-timeout' } });
  expect(Date.parse(entry?.finishedAt ?? '') - Date.parse(entry?.startedAt ?? '')).toBeLessThan(93 * minute);
  expect(world.happened('put-to-sleep')).toEqual(['nas2']);
});

test('in the window somebody at work stops nothing, and nothing is switched off that she needs', async () => {
  const world = await live({
    config: { window: { from: 3 * 60, to: 5 * 60 } },
    plan: { isOn: (name) => name === 'anna' },
  });
  expect(world.nights).toMatchObject([{ trigger: 'window', outcome: 'done', night: '2026-11-21' }]);
  expect(new Date(world.nights[0]?.startedAt ?? '').toISOString()).toMatch(/^2026-11-22T02:0/);
  // She was there before and has not come in: the backup computer goes, this machine stays.
  expect(world.happened('put-to-sleep')).toEqual(['nas2']);
  expect(world.happened('host-asleep')).toEqual([]);
});

test('the power fails in mid-job: the night is made up for, and the computer that was off is known', async () => {
  const config = nightshiftConfig(office);
  const world = new World(config, goingHome, start);
  const power = new AbortController();
  const failing = world.clock.sleep(3.5 * hour).then(() => {
    world.losePower();
    // The backup computer has a battery.
    world.upAt.set('nas2', world.clock.trueTime);
    power.abort(new Error('power failure'));
  });
  await keepWatch(world.nightshift(power.signal), { now: false, once: false }).catch(() => undefined);
  await failing;
  world.gainPower();
  await world.clock.sleep(20 * minute);
  await watchFor(world, 6 * hour);
  expect(world.nights.map(({ outcome, night }) => [outcome, night])).toEqual([
    ['died', '2026-11-21'],
    ['done', '2026-11-21'],
  ]);
  expect(world.nights[0]?.jobs[0]?.state).toBe('failed');
  expect(world.happened('put-to-sleep')).toEqual(['nas2']);
  expect(world.happened('host-asleep')).toEqual(['hibernate']);
});

describe('whose computer is switched off', () => {
  test('not one that was on before', async () => {
    const world = await live({
      config: {
        computers: [computer('anna'), computer('nas2', { afterBackup: 'shutdown', presence: false })],
      },
      plan: { isOn: (name) => name === 'nas2' },
    });
    expect(world.nights).toHaveLength(1);
    expect(world.happened('woken')).toEqual([]);
    expect(world.happened('put-to-sleep')).toEqual([]);
  });

  test('not one at which somebody has logged in meanwhile', async () => {
    const world = await live({ plan: { idleMinutes: () => 0 } });
    expect(world.said).toContain('nightshift.in-use');
    expect(world.happened('put-to-sleep')).toEqual([]);
  });

  test('not one that nightshift has not woken, whatever is asked of it', async () => {
    const idleMinutes = () => Number.POSITIVE_INFINITY;
    const world = await live({ hours: 0, plan: { isOn: () => true, idleMinutes } });
    const nightshift = world.nightshift(new AbortController().signal);
    const everybody = new Set(['anna', 'otto', 'nas2']);
    nightshift.state.woken = [];
    await putToSleep(['nas2'], everybody, nightshift);
    expect(world.happened('put-to-sleep')).toEqual([]);
    nightshift.state.woken = ['nas2'];
    void putToSleep(['nas2'], everybody, nightshift);
    await world.clock.sleep(minute);
    expect(world.happened('put-to-sleep')).toEqual(['nas2']);
  });

  test('not one that went off by itself and was switched on by somebody', async () => {
    // She comes in, works at the backup computer, and leaves it on.
    const world = await live({
      plan: {
        isOn: (name, at) =>
          goingHome.isOn(name, at) ||
          (name === 'anna' && at > start + 4 * hour && at < start + 6 * hour) ||
          (name === 'nas2' && at > start + 5 * hour),
        idleMinutes: () => Number.POSITIVE_INFINITY,
      },
      meanwhile: (world) => {
        // After the backup it is switched off by hand.
        void world.clock.sleep(4.5 * hour).then(() => world.upAt.delete('nas2'));
      },
    });
    expect(world.happened('woken').length).toBeGreaterThan(0);
    expect(world.happened('put-to-sleep')).toEqual([]);
  });

  test('only after the last job that needs it', async () => {
    const jobs = [job('one', { target: ['nas2'] }), job('two', { source: ['nas2'] }), job('three')];
    const world = await live({ config: { jobs } });
    expect(story(world).slice(1, 5)).toEqual(['job one', 'job two', 'put-to-sleep nas2', 'job three']);
    expect(world.said).not.toContain('nightshift.is-up');
  });
});

describe('this machine', () => {
  const counted = (world: World) => world.said.filter((key) => key === 'passing nightshift.counting').length;

  test('counts down on the terminal, every second, and into the log once', async () => {
    const world = await live({ config: { countdownSeconds: 30 } });
    expect(counted(world)).toBe(30);
    expect(world.said.filter((key) => key === 'nightshift.countdown')).toHaveLength(1);
  });

  test('stays on when somebody says so, for the whole night', async () => {
    const world = await live({
      config: { countdownSeconds: 600 },
      meanwhile: (world) => {
        const listen = world.ports.voice.passing;
        world.ports.voice.passing = (...said) => {
          listen(...said);
          if (counted(world) === 5) world.cancel();
        };
      },
    });
    expect(world.happened('host-asleep')).toEqual([]);
    expect(world.said.filter((key) => key === 'nightshift.cancelled')).toHaveLength(1);
    expect(counted(world)).toBeLessThan(10);
    expect(world.state).toMatchObject({ restedNight: '2026-11-21', sleepsAt: null });
  });

  test('a cancel from before the countdown is none', async () => {
    const world = await live({ meanwhile: (world) => world.cancel() });
    expect(world.happened('host-asleep')).toEqual(['hibernate']);
  });

  test('stays on when somebody comes in during the countdown, and goes once she has left', async () => {
    let cameAt = Number.POSITIVE_INFINITY;
    const world = await live({
      config: { countdownSeconds: 60 },
      plan: {
        isOn: (name, at) =>
          goingHome.isOn(name, at) || (name === 'anna' && at > cameAt && at < cameAt + hour),
      },
      meanwhile: (world) => {
        const listen = world.ports.voice.passing;
        world.ports.voice.passing = (...said) => {
          listen(...said);
          if (counted(world) === 50 && cameAt > 1e15) cameAt = world.clock.trueTime;
        };
      },
    });
    expect(world.said.filter((key) => key === 'nightshift.interrupted-by')).toHaveLength(1);
    expect(world.happened('host-asleep')).toEqual(['hibernate']);
    expect(world.events.at(-1)?.at).toBeGreaterThan(cameAt + hour);
  });

  test('one who comes in at the very last moment is seen', async () => {
    let cameAt = Number.POSITIVE_INFINITY;
    const world = await live({
      config: { countdownSeconds: 7 },
      hours: 5,
      plan: { isOn: (name, at) => goingHome.isOn(name, at) || (name === 'anna' && at >= cameAt) },
      meanwhile: (world) => {
        const listen = world.ports.voice.passing;
        world.ports.voice.passing = (...said) => {
          listen(...said);
          if (counted(world) === 7) cameAt = world.clock.trueTime;
        };
      },
    });
    expect(world.happened('host-asleep')).toEqual([]);
  });

  test('stays on while something keeps it awake', async () => {
    const freeAt = start + 6 * hour;
    const world = await live({
      plan: { inhibitors: (at) => (at < freeAt ? [{ who: 'apt', why: 'upgrade' }] : []) },
    });
    expect(world.said).toContain('nightshift.inhibited');
    const [asleep] = world.events.filter(({ what }) => what === 'host-asleep');
    expect(asleep?.at).toBeGreaterThan(freeAt);
  });

  test('sets its clock to wake it before the window', async () => {
    const world = await live({ config: { wakeForWindow: true, window: { from: 3 * 60, to: 5 * 60 } } });
    expect(world.happened('alarm')).toEqual(['2026-11-22T01:55:00.000Z']);
  });

  test('goes to sleep once a night', async () => {
    expect((await live({ hours: 22 })).happened('host-asleep')).toHaveLength(1);
  });
});

describe('clocks', () => {
  const setBy = (world: World) => world.happened('clock-set');
  const twenty = 20 * minute;

  test('one that is 20 minutes off and cannot be set: the job is not run', async () => {
    const world = await live({ plan: { clockAhead: () => -twenty, isClockStuck: () => true } });
    expect(world.happened('job')).toEqual([]);
    expect(world.nights[0]).toMatchObject({
      outcome: 'failed',
      jobs: [{ state: 'failed', error: { code: 'clocks-apart', details: { name: 'nas2', seconds: 1200 } } }],
      clocks: [{ computer: 'nas2', beforeMs: -twenty, afterMs: -twenty }],
    });
    // It was woken for nothing, and goes back to sleep.
    expect(world.happened('put-to-sleep')).toEqual(['nas2']);
  });

  test('one that is off is set by this machine’s, and told before and after', async () => {
    const world = await live({ plan: { clockAhead: () => twenty } });
    expect(setBy(world)).toEqual(['nas2 by host']);
    expect(world.nights[0]).toMatchObject({
      outcome: 'done',
      clocks: [{ computer: 'nas2', beforeMs: twenty, afterMs: 0 }],
    });
  });

  const withTimeSource = {
    computers: [
      computer('nas2', { afterBackup: 'shutdown' }),
      computer('server', { timeSource: true, presence: false }),
    ],
    jobs: [job('documents', { source: ['server'], target: ['nas2'] })],
  };

  test('a time source among the computers sets this machine and the others', async () => {
    const world = await live({
      config: withTimeSource,
      plan: {
        isOn: (name) => name === 'server',
        clockAhead: (name) => (name === 'server' ? twenty : 0),
      },
    });
    expect(setBy(world)).toEqual(['host by server', 'nas2 by server']);
    expect(world.clock.shift).toBe(twenty);
    expect(world.nights[0]?.clocks).toEqual([
      { computer: 'server', beforeMs: twenty, afterMs: 0 },
      { computer: 'nas2', beforeMs: -twenty, afterMs: 0 },
    ]);
  });

  test.each([2, 49, -26])(
    'this machine was %d hours behind: no second night, and what was woken is known',
    async (hours) => {
      const world = await live({
        config: withTimeSource,
        plan: {
          isOn: (name) => name === 'server',
          clockAhead: (name) => (name === 'server' ? hours * hour : 0),
        },
        state: { doneNight: null },
        hours: 2.5,
      });
      expect(world.clock.shift).toBe(hours * hour);
      expect(world.nights).toHaveLength(1);
      expect(world.happened('put-to-sleep')).toEqual(['nas2']);
    },
  );

  test('this machine cannot be set: what counts is how far the target is from the source', async () => {
    const world = await live({
      config: {
        computers: [computer('nas2'), computer('server', { timeSource: true, presence: false })],
        jobs: [job('documents', { source: ['server'], target: ['nas2'] })],
      },
      plan: {
        isOn: (name) => name === 'server',
        clockAhead: () => twenty,
        isClockStuck: () => true,
      },
    });
    expect(world.nights[0]?.jobs[0]).toMatchObject({
      error: { code: 'clocks-apart', details: { name: 'server' } },
    });
  });

  test('nor can the others: what counts is how far they are from the source, not from this machine', async () => {
    const seconds = (name: string) => (name === 'server' ? 30 : -40);
    const world = await live({
      config: {
        computers: [computer('nas2'), computer('server', { timeSource: true, presence: false })],
        jobs: [job('documents', { source: ['server'], target: ['nas2'] })],
      },
      plan: {
        isOn: (name) => name === 'server',
        clockAhead: (name) => seconds(name) * 1000,
        isClockStuck: () => true,
      },
    });
    expect(world.nights[0]?.jobs[0]).toMatchObject({
      error: { code: 'clocks-apart', details: { name: 'nas2', seconds: 70 } },
    });
  });

  test('a time source whose clock is impossible sets nobody', async () => {
    const world = await live({
      config: {
        computers: [computer('nas2'), computer('server', { timeSource: true, presence: false })],
        jobs: [job('documents', { source: ['server'], target: ['nas2'] })],
      },
      plan: {
        isOn: (name) => name === 'server',
        clockAhead: (name) => (name === 'server' ? -26 * 365 * day : 0),
      },
    });
    expect(setBy(world)).toEqual([]);
    expect(world.nights[0]?.jobs[0]).toMatchObject({
      error: { code: 'clocks-apart', details: { name: 'server' } },
    });
  });

  test('clocks that agree are left alone', async () => {
    expect(setBy(await live({ plan: { clockAhead: () => 300 } }))).toEqual([]);
  });

  test('one that is wrong by days is told with its date', async () => {
    const world = await live({ plan: { clockAhead: () => -9000 * 24 * hour, isClockStuck: () => true } });
    expect(world.nights[0]?.jobs[0]?.error).toMatchObject({
      code: 'clocks-apart',
      details: { name: 'nas2', shows: expect.stringMatching(/^2002-/) },
    });
  });

  test('one that does not tell is a warning', async () => {
    const world = await live({ plan: { clockAhead: () => null } });
    expect(world.nights[0]).toMatchObject({
      outcome: 'done',
      warnings: [{ key: 'nightshift.clock-unknown' }],
    });
    expect(world.said).not.toContain('nightshift.clocks-together');
  });
});

test('by hand while it watches: at once, with everybody there', async () => {
  const world = await live({
    plan: { isOn: (name) => name !== 'nas2' },
    hours: 3,
    meanwhile: (world) => void world.clock.sleep(hour).then(() => world.request()),
  });
  expect(world.nights).toMatchObject([{ trigger: 'by-hand', outcome: 'done' }]);
  expect(Date.parse(world.nights[0]?.startedAt ?? '') - start).toBeLessThan(hour + 2 * minute);
});

test('told to stop in mid-job: the job is ended, the night is not done, the mail says so', async () => {
  const world = await live({ hours: 3.5 });
  expect(world.nights).toMatchObject([{ outcome: 'stopped', jobs: [{ state: 'failed' }] }]);
  expect(world.state).toMatchObject({ running: null, doneNight: '2026-11-20' });
});

test('somebody is at lunch: a computer that is on but unused counts as off', async () => {
  const config = { computers: [computer('anna', { idleMinutes: 30 }), computer('nas2')] };
  const away = await live({ config, plan: { isOn: (name) => name === 'anna', idleMinutes: () => 31 } });
  expect(away.nights).toHaveLength(1);
  const there = await live({ config, plan: { isOn: (name) => name === 'anna', idleMinutes: () => 29 } });
  expect(there.nights).toHaveLength(0);
});
