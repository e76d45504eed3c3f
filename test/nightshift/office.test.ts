/** The real office, with programs and cards that are told to it: what it makes of what it cannot know, and of hostile hosts. */

import { describe, expect, test } from 'vitest';
import type { NightshiftConfig } from '../../src/config/types.ts';
import { PlugbackError } from '../../src/errors.ts';
import { createTranslator } from '../../src/messages/translator.ts';
import { createOffice } from '../../src/nightshift/office.ts';
import type { Nightshift, Voice } from '../../src/nightshift/ports.ts';
import { makeSureItIsUp } from '../../src/nightshift/wake.ts';
import { freshState } from '../../src/status/nightshift.ts';
import type { Interface } from '../../src/system/interfaces.ts';
import { createRunner, type Runner } from '../../src/system/run.ts';
import { type Answer, FakeClock, fakeRunner } from '../fakes.ts';
import { computer, nightshiftConfig } from './world.ts';

const eth0: Interface = {
  name: 'eth0',
  address: '10.0.0.1',
  netmask: '255.255.255.0',
  mac: '02:00:00:00:00:77',
  isInternal: false,
};
const eth1: Interface = { ...eth0, name: 'eth1', address: '10.6.0.1' };
const routes = [
  { net: '0.0.0.0', prefix: 0, card: 'eth1' },
  { net: '10.0.0.0', prefix: 24, card: 'eth0' },
];

/** An office, and what it has said. */
function openOffice(
  runner: Runner,
  values: { cards?: () => Interface[]; routes?: typeof routes; config?: Partial<NightshiftConfig> } = {},
) {
  const said: string[] = [];
  const say = (key: string, ...details: unknown[]) => void said.push(`${key} ${JSON.stringify(details)}`);
  const voice = {
    info: say,
    warn: say,
    error: say,
    passing: say,
    said: () => undefined,
    failure: (error: unknown) => say(String(error)),
  } as Voice;
  const clock = new FakeClock();
  const ports = createOffice({
    config: nightshiftConfig(values.config),
    paths: { state: '', history: '', lock: '', request: '', cancel: '' },
    clock,
    runner,
    rootRunner: runner,
    platform: 'linux',
    readInterfaces: values.cards ?? (() => [eth0, eth1]),
    readRoutes: () => values.routes ?? routes,
    whyAwake: '',
    runJob: async () => ({ exitCode: 0 }),
    ownWork: async () => [],
    save: () => true,
    record: async () => undefined,
    voice,
  });
  return { ports, said, clock };
}

const pinged = (received: 0 | 1): Answer => ({
  exitCode: received === 1 ? 0 : 1,
  stdout: `--- 10.0.0.9 ping statistics ---\n1 packets transmitted, ${received} received\n`,
});
const pc = computer('pc', { reach: 'none' });

describe('what is not known is no absence', () => {
  test('an answer, and none', async () => {
    expect(await openOffice(fakeRunner(() => pinged(1))).ports.isOnline(pc)).toBe(true);
    expect(await openOffice(fakeRunner(() => pinged(0))).ports.isOnline(pc)).toBe(false);
  });

  test('a pulled cable: nobody is asked through another card, and it is said once', async () => {
    let cards = [eth1];
    const { ports, said } = openOffice(
      fakeRunner(() => pinged(0)),
      { cards: () => cards },
    );
    const next = () => new Promise((resolve) => setImmediate(resolve));
    const look = () => Promise.all([pc, { ...pc, name: 'other', ips: ['10.0.0.8'] }].map(ports.isOnline));
    expect(await look()).toEqual([null, null]);
    await next();
    expect(await look()).toEqual([null, null]);
    expect(said).toEqual(['nightshift.blind [{"name":"pc","reason":"eth0: no link"}]']);
    cards = [eth0];
    await next();
    expect(await ports.isOnline(pc)).toBe(false);
  });

  test('a card that has lost its address: the default route is no way to its net', async () => {
    let cards = [eth0, eth1];
    const { ports } = openOffice(
      fakeRunner(() => pinged(0)),
      { cards: () => cards, routes: routes.slice(0, 1) },
    );
    expect(await ports.isOnline(pc)).toBe(false);
    cards = [eth1];
    await new Promise((resolve) => setImmediate(resolve));
    expect(await ports.isOnline(pc)).toBeNull();
  });

  test.each<[string, Answer]>([
    ['there is no ping', { exitCode: 127 }],
    ['it may not ping', { exitCode: 2, stderr: 'ping: socktype: SOCK_RAW: Operation not permitted' }],
    ['ping was ended', { exitCode: null, signal: 'SIGTERM' }],
    ['nothing can be started', new Error('EMFILE')],
    [
      'a firewall of this machine',
      { ...pinged(0), stderr: 'ping: sendmsg: Operation not permitted' } as Answer,
    ],
  ])('%s', async (_what, answer) => {
    const { ports, said } = openOffice(fakeRunner(() => answer));
    expect(await ports.isOnline(pc)).toBeNull();
    expect(said).toHaveLength(1);
  });

  test('ping that may not be run is no surprise, and said once', async () => {
    const { ports, said } = openOffice(fakeRunner(() => new Error('ping: spawn ping EACCES')));
    expect([await ports.isOnline(pc), await ports.isOnline(pc)]).toEqual([null, null]);
    expect(said).toEqual(['nightshift.blind [{"name":"pc","reason":"ping: spawn ping EACCES"}]']);
    const details = { name: 'pc', reason: 'ping: spawn ping EACCES' };
    expect(createTranslator('en').say('nightshift.blind', details)).toContain('(ping may not be run)');
  });

  test('one address that answers is enough, and one that is not known is too much', async () => {
    const two = { ...pc, ips: ['10.0.0.9', '10.0.7.9'] };
    const office = (received: 0 | 1) =>
      openOffice(
        fakeRunner(() => pinged(received)),
        { routes: routes.slice(1) },
      ).ports.isOnline(two);
    expect(await office(1)).toBe(true);
    expect(await office(0)).toBeNull();
  });

  test('it is not woken, and not sent to sleep afterwards as one that was off', async () => {
    const answers = [null, null, true];
    const state = freshState();
    const { ports, clock } = openOffice(fakeRunner(() => undefined));
    const nightshift = {
      config: nightshiftConfig(),
      state,
      ports: { ...ports, clock, isOnline: async () => answers.shift() ?? null, isReady: async () => true },
    } as unknown as Nightshift;
    const { signal } = new AbortController();
    expect(await makeSureItIsUp(computer('nas2'), nightshift, signal)).toBe(false);
    expect(state.woken).toEqual([]);
    await expect(makeSureItIsUp(computer('nas2'), nightshift, signal)).rejects.toThrow('computer-not-asked');
    expect(state.woken).toEqual([]);
  });
});

describe('other computers', () => {
  const nas2 = computer('nas2', { ips: ['127.0.0.9'] });

  test('one that prints for ever is not listened to', async () => {
    const real = createRunner(true);
    const runner: Runner = { isRoot: true, run: (_argv, options) => real.run(['yes', 'anna'], options) };
    await expect(openOffice(runner).ports.idleMinutes(nas2)).rejects.toThrow('ssh-failed');
  });

  test('a clock that its own programs cannot set is told the time of now', async () => {
    const told: string[] = [];
    const { ports, clock } = openOffice(
      fakeRunner(async (line) => {
        told.push(line);
        if (line.includes('chronyd')) await clock.sleep(30_000);
        return { exitCode: line.includes('chronyd') ? 1 : 0 };
      }),
    );
    const began = clock.now();
    await ports.setClock(computer('nas2'), null, 1000);
    expect(told[0]).toContain("'server 10.0.0.1 iburst'");
    expect(told[1]).toContain(`date --utc --set=@${((began + 31_000) / 1000).toFixed(3)}`);
  });

  test('ssh that may not be run', async () => {
    const { ports } = openOffice(fakeRunner(() => new Error('ssh: spawn ssh EACCES')));
    await expect(ports.idleMinutes(computer('nas2'))).rejects.toMatchObject({
      code: 'ssh-failed',
      details: { reason: 'ssh: spawn ssh EACCES' },
    });
    const { problem } = createTranslator('en');
    const told = problem('ssh-failed', { name: 'nas2', reason: 'ssh: spawn ssh EACCES' });
    expect(told.problem).toContain('(ssh may not be run)');
  });

  test('ssh that does not get through is no trouble of the clock', async () => {
    const { ports } = openOffice(fakeRunner(() => ({ exitCode: 255, stderr: 'Permission denied' })));
    await expect(ports.setClock(computer('nas2'), null, 0)).rejects.toMatchObject({
      code: 'ssh-failed',
      details: { name: 'nas2', reason: 'Permission denied' },
    });
  });

  test('a program of this machine that is missing is told as that', async () => {
    const { ports } = openOffice(
      fakeRunner(() => new PlugbackError('program-missing', { program: 'systemctl' })),
    );
    await expect(ports.sleepHost('suspend')).rejects.toMatchObject({ code: 'program-missing' });
    await expect(ports.setAlarm(0)).rejects.toMatchObject({ code: 'program-missing' });
  });

  test('behind a router it is told the time, where no address of this machine is known', async () => {
    const runner = fakeRunner(() => ({}));
    await openOffice(runner).ports.setClock(computer('nas2', { ips: ['10.99.0.9'] }), null, 0);
    expect(runner.calls).toHaveLength(1);
    expect(runner.calls[0]?.at(-1)).toContain('date --utc --set=@');
  });

  test('what is typed after a refusal survives a shell', async () => {
    const stderr = 'Host key verification failed.';
    const { ports } = openOffice(
      fakeRunner(() => ({ exitCode: 255, stderr })),
      { config: { sshKnownHostsFile: "/etc/it's here; reboot" } },
    );
    await expect(ports.idleMinutes(nas2)).rejects.toMatchObject({
      code: 'host-key-unknown',
      details: { command: "ssh -o 'UserKnownHostsFile=/etc/it'\\''s here; reboot' -p 22 root@127.0.0.9" },
    });
  });
});
