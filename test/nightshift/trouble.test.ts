/** Nights on which something comes in between: at the wrong moment, too late, or from outside. */

import { describe, expect, test } from 'vitest';
import { PlugbackError } from '../../src/errors.ts';
import { keepWatch } from '../../src/nightshift/run-nightshift.ts';
import { freshState } from '../../src/status/nightshift.ts';
import { goingHome, live, office, start, story, watchFor } from './live.ts';
import { computer, hour, job, minute, nightshiftConfig, type Plan, World } from './world.ts';

const nobodyLoggedIn = () => Number.POSITIVE_INFINITY;
const evening = { ...freshState(), doneNight: '2026-11-20' };

/** Told to stop as soon as something holds. */
async function stopWhen(world: World, isTime: () => boolean): Promise<void> {
  const stop = new AbortController();
  let isOver = false;
  const waiting = (async () => {
    while (!isOver && !isTime()) await world.clock.sleep(100);
    stop.abort(new PlugbackError('interrupted', { signal: 'SIGTERM' }));
  })();
  await keepWatch(world.nightshift(stop.signal), { now: false, once: false }).catch(() => undefined);
  isOver = true;
  await waiting;
}

describe('a computer that comes up too late', () => {
  const wakeMinutes = 5;
  /** It needs so long for its start. */
  const slow = (minutes: number) => (world: World) => {
    const { wake } = world.ports;
    world.ports.wake = async (computer) => {
      const isFirst = !world.upAt.has(computer.name);
      await wake(computer);
      if (isFirst) world.upAt.set(computer.name, world.clock.trueTime + minutes * minute);
    };
  };

  test('the job fails; it goes back to sleep when it is up, and this machine after it', async () => {
    const world = await live({ config: { wakeMinutes }, meanwhile: slow(15) });
    expect(world.nights).toMatchObject([
      { outcome: 'failed', jobs: [{ error: { code: 'computer-not-awake' } }] },
    ]);
    expect(story(world)).toEqual(['woken nas2', 'mail failed', 'put-to-sleep nas2', 'host-asleep hibernate']);
  });

  test('it stays on where somebody is logged in', async () => {
    const world = await live({
      config: { wakeMinutes },
      plan: { idleMinutes: () => 0 },
      meanwhile: slow(15),
    });
    expect(world.said).toContain('nightshift.in-use');
    expect(world.happened('put-to-sleep')).toEqual([]);
  });

  test('hours later it was switched on by somebody', async () => {
    const world = await live({
      config: { wakeMinutes },
      plan: { idleMinutes: nobodyLoggedIn },
      meanwhile: slow(120),
    });
    expect(world.happened('put-to-sleep')).toEqual([]);
  });

  test('it is waited for, but not for ever', async () => {
    const world = await live({ plan: { wakes: () => false } });
    const ended = world.events.find(({ what }) => what === 'mail')?.at ?? 0;
    const asleep = world.events.find(({ what }) => what === 'host-asleep')?.at ?? 0;
    expect(asleep - ended).toBeGreaterThan(20 * minute);
    expect(asleep - ended).toBeLessThan(40 * minute);
  });
});

test('a computer that is on, but whose ssh does not answer, is not told as one that was woken', async () => {
  const world = await live({
    plan: { isOn: (name, at) => name === 'nas2' || goingHome.isOn(name, at) },
    config: {
      computers: [computer('anna'), computer('otto'), computer('nas2', { presence: false, sshPort: 2222 })],
    },
    meanwhile: (world) => {
      world.ports.isReady = async () => false;
    },
  });
  expect(world.happened('woken')).toEqual([]);
  expect(world.nights).toMatchObject([
    { jobs: [{ error: { code: 'computer-not-ready', details: { name: 'nas2', port: 2222 } } }] },
  ]);
});

describe('waking several computers', () => {
  const computers = [
    computer('otto'),
    computer('one', { afterBackup: 'shutdown' }),
    computer('two', { afterBackup: 'shutdown' }),
  ];
  const config = { computers, jobs: [job('documents', { target: ['one', 'two'] })] };

  test('when one cannot be woken, the other is neither forgotten nor woken on', async () => {
    const world = await live({
      config,
      meanwhile: (world) => {
        const { wake } = world.ports;
        world.ports.wake = async (one) => {
          if (one.name === 'one') throw new PlugbackError('cannot-wake', { name: 'one', reason: 'no card' });
          await wake(one);
        };
      },
    });
    expect(story(world)).toEqual(['woken two', 'put-to-sleep two', 'mail failed', 'host-asleep hibernate']);
    expect(world.nights[0]?.woken).toEqual(['two']);
  });

  test('one to which no packet went is nobody that was woken', async () => {
    const world = await live({
      plan: {
        isOn: (name, at) => goingHome.isOn(name, at) || (name === 'nas2' && at > start + 3.3 * hour),
        idleMinutes: nobodyLoggedIn,
      },
      meanwhile: (world) => {
        world.ports.wake = async ({ name }) => {
          throw new PlugbackError('cannot-wake', { name, reason: 'no card' });
        };
      },
    });
    expect(world.nights).toMatchObject([{ outcome: 'failed' }]);
    expect(world.happened('put-to-sleep')).toEqual([]);
  });
});

test('a cable that is pulled when all have gone but one is nobody’s absence: no backup begins', async () => {
  const world = await live({
    plan: { isOn: (name) => name === 'otto' },
    meanwhile: (world) => {
      const { isOnline } = world.ports;
      const isPulled = () => world.clock.now() > start + 2 * hour;
      world.ports.isOnline = async (one) => (isPulled() ? null : isOnline(one));
    },
  });
  expect(world.nights).toEqual([]);
  expect(world.happened('woken')).toEqual([]);
  expect(world.happened('host-asleep')).toEqual([]);
});

test('a question that gets lost makes no computer one that was off', async () => {
  // A server that is on, at which nobody is logged in; the one question before its job gets lost.
  let lost = 0;
  const world = await live({
    config: {
      computers: [computer('anna'), computer('nas2', { afterBackup: 'shutdown', presence: false })],
    },
    plan: { isOn: (name) => name === 'nas2', idleMinutes: nobodyLoggedIn },
    meanwhile: (world) => {
      const { isOnline } = world.ports;
      world.ports.isOnline = async (one) => {
        const isFirst = one.name === 'nas2' && lost === 0 && world.said.includes('nightshift.job');
        if (isFirst) lost += 1;
        return isFirst ? false : isOnline(one);
      };
    },
  });
  expect(lost).toBe(1);
  expect(world.nights).toMatchObject([{ outcome: 'done', woken: [] }]);
  expect(world.happened('put-to-sleep')).toEqual([]);
});

test('by hand, with nothing known yet: one who comes in meanwhile has come in', async () => {
  const plan: Plan = {
    isOn: (name, at) => name === 'anna' && at > start + 0.5 * hour,
    idleMinutes: nobodyLoggedIn,
  };
  const world = new World(nightshiftConfig(office), plan, start);
  await keepWatch(world.nightshift(new AbortController().signal), { now: true, once: false });
  expect(world.nights).toMatchObject([{ outcome: 'done', woken: ['nas2'] }]);
  expect(world.happened('put-to-sleep')).toEqual([]);
});

test('one who comes in the moment the last job ends is seen, and nothing is switched off', async () => {
  let cameAt = Number.POSITIVE_INFINITY;
  const world = await live({
    hours: 6,
    plan: {
      isOn: (name, at) => goingHome.isOn(name, at) || (name === 'anna' && at >= cameAt),
      idleMinutes: nobodyLoggedIn,
      job: async (_, signal, { clock }) => {
        await clock.sleep(30 * minute, signal);
        cameAt = clock.trueTime;
        return { exitCode: 0 };
      },
    },
  });
  expect(world.nights).toMatchObject([{ outcome: 'done' }]);
  expect(world.said).toContain('nightshift.left-on');
  expect(world.happened('put-to-sleep')).toEqual([]);
});

test('while this machine slept nobody looked: absence is counted anew', async () => {
  const world = await live({
    config: { afterBackup: 'leave' },
    plan: { isOn: () => false },
    meanwhile: (world) => {
      const { untilNextLook } = world.ports;
      world.ports.untilNextLook = (ms, signal) =>
        untilNextLook(world.clock.trueTime === start + 15 * minute ? 2 * hour : ms, signal);
    },
  });
  const [night] = world.nights;
  expect(Date.parse(night?.startedAt ?? '')).toBeGreaterThanOrEqual(start + 2 * hour + 25 * minute);
});

test('after a power failure of more than an hour nobody knows who has switched on what', async () => {
  const plan = { ...goingHome, idleMinutes: nobodyLoggedIn };
  const computers = [computer('anna'), computer('nas2', { afterBackup: 'shutdown', presence: false })];
  const world = new World(nightshiftConfig({ ...office, computers }), plan, start, evening);
  const power = new AbortController();
  const failing = world.clock.sleep(2.5 * hour).then(() => {
    world.losePower();
    power.abort(new Error('power failure'));
  });
  await keepWatch(world.nightshift(power.signal), { now: false, once: false }).catch(() => undefined);
  await failing;
  expect(world.state.woken).toEqual(['nas2']);
  world.gainPower();
  await world.clock.sleep(1.5 * hour);
  world.upAt.set('nas2', world.clock.trueTime);
  await watchFor(world, 4 * hour);
  expect(world.nights.map(({ outcome }) => outcome)).toEqual(['died', 'done']);
  expect(world.happened('put-to-sleep')).toEqual([]);
});

describe('with when-somebody-comes = stop', () => {
  const comes = (at: number): Partial<Plan> => ({
    isOn: (name, now) => name === 'otto' || (name === 'anna' && now > at && now < at + 20 * minute),
  });

  test('the window is forced: nobody stops it', async () => {
    const world = await live({
      config: { whenSomebodyComes: 'stop', window: { from: 3 * 60, to: 5 * 60 } },
      plan: comes(start + 10.5 * hour),
    });
    expect(world.nights).toMatchObject([{ trigger: 'window', outcome: 'done' }]);
    expect(world.said).toContain('nightshift.arrived-go-on');
  });

  test('nor is a backup stopped that the window would begin again at once', async () => {
    const world = await live({
      config: { whenSomebodyComes: 'stop', window: { from: 20 * 60, to: 23 * 60 } },
      plan: {
        isOn: (name, at) =>
          (name === 'otto' && at < start + 2.5 * hour) || (name === 'anna' && at > start + 3.5 * hour),
      },
    });
    expect(world.nights).toMatchObject([{ trigger: 'all-gone', outcome: 'done' }]);
  });

  test('nor one that was asked for by hand', async () => {
    const world = await live({
      config: { whenSomebodyComes: 'stop' },
      plan: comes(start + 1.5 * hour),
      hours: 3,
      meanwhile: (world) => void world.clock.sleep(hour).then(() => world.request()),
    });
    expect(world.nights).toMatchObject([{ trigger: 'by-hand', outcome: 'done' }]);
  });
});

describe('asked for a backup', () => {
  const counted = (world: World) => world.said.filter((key) => key === 'passing nightshift.counting').length;

  test('during the countdown: it begins at once, instead of after the sleep', async () => {
    const world = await live({
      meanwhile: (world) => {
        const listen = world.ports.voice.passing;
        world.ports.voice.passing = (...said) => {
          listen(...said);
          if (counted(world) === 5) world.request();
        };
      },
    });
    expect(story(world)).toEqual([
      'woken nas2',
      'job documents',
      'put-to-sleep nas2',
      'mail done',
      'woken nas2',
      'job documents',
      'put-to-sleep nas2',
      'mail done',
      'host-asleep hibernate',
    ]);
    expect(world.nights.map(({ trigger }) => trigger)).toEqual(['all-gone', 'by-hand']);
  });

  test.each([
    { now: true, once: false },
    { now: false, once: true },
  ])('during the countdown of one that was to end then (%j): it is done first', async (wishes) => {
    const since = start - 2 * hour;
    const off = { online: false, since, lastSeenAt: null, misses: 9, firstMissAt: since };
    const state = {
      ...evening,
      computers: { anna: off },
      lookedAt: start - minute,
      watchedSince: since,
    };
    const computers = [computer('anna'), computer('nas2', { afterBackup: 'shutdown', presence: false })];
    const plan: Plan = {
      isOn: () => false,
      job: async (_, signal, { clock }) => {
        await clock.sleep(20 * minute, signal);
        return { exitCode: 0 };
      },
    };
    const world = new World(nightshiftConfig({ ...office, computers }), plan, start, state);
    const listen = world.ports.voice.passing;
    world.ports.voice.passing = (...said) => {
      listen(...said);
      if (counted(world) === 5) world.request();
    };
    await keepWatch(world.nightshift(new AbortController().signal), wishes);
    expect(counted(world)).toBeGreaterThan(5);
    expect(world.happened('job')).toEqual(wishes.now ? ['documents', 'documents'] : ['documents']);
  });

  test('while one runs: the next one follows, before this machine sleeps', async () => {
    const computers = [computer('anna'), computer('nas2', { afterBackup: 'shutdown', presence: false })];
    const world = await live({
      config: { computers },
      meanwhile: (world) => void world.clock.sleep(2.5 * hour).then(() => world.request()),
    });
    expect(story(world).at(-1)).toBe('host-asleep hibernate');
    expect(world.nights.map(({ trigger }) => trigger)).toEqual(['all-gone', 'by-hand']);
  });

  test('while nobody watched: the next start does it', async () => {
    const world = new World(nightshiftConfig(office), { isOn: (name) => name === 'anna' }, start, evening);
    world.request();
    await watchFor(world, 3 * hour);
    expect(world.nights.map(({ trigger }) => trigger)).toEqual(['by-hand']);
  });
});

describe('told to stop', () => {
  const setUp = (config = {}) =>
    new World(nightshiftConfig({ ...office, ...config }), goingHome, start, evening);

  test('while the woken computer falls asleep: the night is over, and not backed up once more', async () => {
    const world = setUp();
    const { isOnline } = world.ports;
    // It takes its time.
    world.ports.isOnline = async (one) =>
      (one.name === 'nas2' && world.happened('put-to-sleep').length > 0) || isOnline(one);
    await stopWhen(world, () => world.happened('put-to-sleep').length > 0);
    expect(world.nights).toMatchObject([{ outcome: 'done' }]);
    expect(world.state).toMatchObject({ running: null, doneNight: '2026-11-21', woken: [] });
  });

  test('while it looks: nobody is woken any more', async () => {
    const world = setUp();
    const stop = new AbortController();
    const { isOnline } = world.ports;
    world.ports.isOnline = async (one) => {
      if (world.clock.trueTime >= start + 3 * hour + 10 * minute)
        stop.abort(new PlugbackError('interrupted', { signal: 'SIGTERM' }));
      return isOnline(one);
    };
    await keepWatch(world.nightshift(stop.signal), { now: false, once: false }).catch(() => undefined);
    expect(world.events).toEqual([]);
  });

  test('in the last look of the countdown: this machine stays on', async () => {
    const world = setUp({ countdownSeconds: 0 });
    const stop = new AbortController();
    const { isOnline } = world.ports;
    world.ports.isOnline = async (one) => {
      if (world.said.includes('nightshift.countdown'))
        stop.abort(new PlugbackError('interrupted', { signal: 'SIGTERM' }));
      return isOnline(one);
    };
    await keepWatch(world.nightshift(stop.signal), { now: false, once: false }).catch(() => undefined);
    expect(world.nights).toHaveLength(1);
    expect(world.happened('host-asleep')).toEqual([]);
  });

  test('in mid-job: what was woken is known, told, and sent back to sleep by the next start', async () => {
    const world = setUp();
    await stopWhen(world, () => world.happened('job').length > 0);
    expect(world.nights).toMatchObject([{ outcome: 'stopped' }]);
    expect(world.nights[0]?.warnings.map(({ key }) => key)).toEqual([
      'nightshift.made-up-for',
      'nightshift.still-on',
    ]);
    expect(world.state.woken).toEqual(['nas2']);
    await watchFor(world, 3 * hour);
    expect(world.nights.map(({ outcome }) => outcome)).toEqual(['stopped', 'done']);
    expect(world.happened('put-to-sleep')).toEqual(['nas2']);
  });
});

test('what holds this machine awake all night is said once', async () => {
  const world = await live({ plan: { inhibitors: () => [{ who: 'apt', why: 'upgrade' }] } });
  for (const key of ['nightshift.inhibited', 'nightshift.why.lie-down'])
    expect(world.said.filter((said) => said === key)).toHaveLength(1);
  expect(world.state.said?.key).toBe('nightshift.inhibited');
});

test('a computer that cannot be sent back to sleep is told by mail', async () => {
  const world = await live({
    meanwhile: (world) => {
      world.ports.sleepComputer = async ({ name }) => {
        throw new PlugbackError('ssh-failed', { name, reason: 'no' });
      };
    },
  });
  expect(world.nights[0]?.warnings).toEqual([
    { key: 'nightshift.not-put-to-sleep', details: { name: 'nas2' } },
  ]);
});

test('a source that cannot be read just now is tried again', async () => {
  let tries = 0;
  const world = await live({
    plan: {
      job: async () => {
        tries += 1;
        if (tries === 1) throw new PlugbackError('source-unreadable', { path: 'nas2:/srv', reason: 'ssh' });
        return { exitCode: 0 };
      },
    },
  });
  expect(world.nights).toMatchObject([{ outcome: 'done', jobs: [{ attempts: 2 }] }]);
});

test('a cancel while it is asked who holds this machine awake is heard', async () => {
  const world = await live({
    meanwhile: (world) => {
      const { inhibitors } = world.ports;
      let asked = 0;
      world.ports.inhibitors = async (kind) => {
        asked += 1;
        if (asked === 2) world.cancel();
        return inhibitors(kind);
      };
    },
  });
  expect(world.happened('host-asleep')).toEqual([]);
  expect(world.said).toContain('nightshift.cancelled');
});

describe('a disk that is full', () => {
  test('this machine stays on, says so once, and goes to sleep when it can remember that', async () => {
    const world = await live({
      meanwhile: (world) => {
        world.isDiskFull = true;
        void world.clock.sleep(10 * hour).then(() => {
          world.isDiskFull = false;
        });
      },
    });
    expect(world.said.filter((key) => key === 'nightshift.forgetful')).toHaveLength(1);
    expect(world.nights).toHaveLength(1);
    const [asleep] = world.events.filter(({ what }) => what === 'host-asleep');
    expect(asleep?.at).toBeGreaterThan(start + 10 * hour);
    expect(world.state.restedNight).toBe('2026-11-21');
  });

  test('it may fill up during the countdown', async () => {
    const world = await live({
      meanwhile: (world) => {
        const { inhibitors } = world.ports;
        world.ports.inhibitors = async (kind) => {
          world.isDiskFull = true;
          return inhibitors(kind);
        };
      },
    });
    expect(world.said.filter((key) => key === 'nightshift.forgetful')).toHaveLength(1);
    expect(world.happened('host-asleep')).toEqual([]);
  });
});
