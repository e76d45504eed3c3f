/** The night watch as systemd runs it. What would send the machine to sleep is written down instead. */

import { execFileSync } from 'node:child_process';
import { expect } from 'vitest';
import type { NightDocument, NightshiftState } from '../../src/status/nightshift.ts';
import { waitFor } from '../disk/command.ts';
import { configFile, officeTests, type Settings } from './office.ts';

/** Asked for sleep it writes that down; everything else is systemd's own. */
const systemctl = `#!/bin/sh
case " $* " in
    *' suspend '* | *' hibernate '* | *' poweroff '*) echo "$*" >> /srv/recorded ;;
    *) exec /usr/bin/systemctl "$@" ;;
esac
`;
/** Somebody is there while /srv/somebody is. */
const ping = `#!/bin/sh
if [ -e /srv/somebody ]; then echo '1 packets transmitted, 1 received'; else echo '1 packets transmitted, 0 received'; exit 1; fi
`;
const sleeps = ['sleep', 'suspend', 'hibernate', 'hybrid-sleep', 'suspend-then-hibernate'];

const { test, office, deb } = officeTests(1, async (it, { file }) => {
  // Before everything else on the path of every unit.
  it.machine.write('/usr/local/sbin/systemctl', systemctl);
  it.machine.write('/usr/local/sbin/ping', ping);
  const mask = sleeps.map((name) => `ln -s /dev/null /etc/systemd/system/${name}.target`);
  it.machine.write('/root/before-boot', ['chmod 755 /usr/local/sbin/*', ...mask, ''].join('\n'));
  await it.boot();
  // A card in anna's network: without one, nobody could ask her.
  const [nsenter = '', ...onItsNetwork] = it.machine.onItsNetwork();
  for (const argv of [
    ['link', 'add', 'office', 'type', 'veth', 'peer', 'name', 'switch'],
    ['address', 'add', '192.0.2.1/24', 'dev', 'office'],
    ['link', 'set', 'office', 'up'],
    ['link', 'set', 'switch', 'up'],
  ])
    execFileSync(nsenter, [...onItsNetwork, 'ip', ...argv]);
  // Nothing in there reaches the sleep of the machine outside.
  expect(it.inside('ls', '-A', '/sys/power')).toBe('');
  it.install(file);
});

const unit = 'plugback-nightshift.service';
const link = `/etc/systemd/system/multi-user.target.wants/${unit}`;
const longJob = '/usr/bin/sleep 4711';

const property = (name: string) => office().property(unit, name);
const journal = () => office().inside('journalctl', '-q', '-o', 'cat', '-u', unit);
const isThere = (file: string) => office().machine.attempt('test', '-e', file).status === 0;
/** The processes of the job that takes long. */
const jobs = () => office().machine.attempt('pgrep', '-f', '-x', longJob).stdout.trim();
const read = (file: string) => office().machine.attempt('cat', file).stdout;
const nights = () =>
  read('/var/lib/plugback/nightshift.jsonl')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as NightDocument);
const state = () => JSON.parse(read('/var/lib/plugback/nightshift.json') || '{}') as Partial<NightshiftState>;

function somebodyIsThere(is: boolean): void {
  office().inside(...(is ? ['touch'] : ['rm', '-f']), '/srv/somebody');
}

interface Keys {
  [key: string]: string | number;
}

/** Starts the watch anew, in a night of which it knows nothing. */
function watch(command: string, nightshift: Keys = {}, others: Settings = {}): void {
  office().inside('systemctl', 'stop', unit);
  office().inside('rm', '-f', '/var/lib/plugback/nightshift.json', '/var/lib/plugback/nightshift.jsonl');
  office().configure([], {
    NIGHTSHIFT: { 'check-every-seconds': 1, 'offline-after-misses': 1, 'offline-minutes': 0, ...nightshift },
    'COMPUTER anna': { ip: '192.0.2.11' },
    'JOB copy': { kind: 'command', command },
    ...others,
  });
  office().machine.attempt('systemctl', 'reset-failed', unit);
  office().inside('systemctl', 'start', unit);
}

/** systemd waits half a minute before it starts the watch again; nobody wants to wait for that here. */
function hurryRestarts(): void {
  office().machine.write(`/etc/systemd/system/${unit}.d/quick.conf`, '[Service]\nRestartSec=100ms\n');
  office().inside('systemctl', 'daemon-reload');
}

test('switched on, it begins with the machine; before anything is filled in it ends, and is not started again and again', async () => {
  office().inside('plugback', 'install', '--nightshift');
  expect(office().inside('readlink', link)).toBe(`/usr/lib/systemd/system/${unit}\n`);
  await waitFor('it to end', () => property('ActiveState') === 'failed');
  expect(property('ExecMainStatus')).toBe('78');
  expect(property('NRestarts')).toBe('0');
  expect(journal()).toContain(configFile);
});

test('it watches, and is asked for a backup by hand', async () => {
  hurryRestarts();
  somebodyIsThere(true);
  watch('/usr/bin/touch /srv/done');
  await waitFor('a look', () => state().computers?.anna?.online === true);
  expect(office().inside('systemctl', 'is-active', unit)).toBe('active\n');
  const watching = property('MainPID');
  expect(isThere('/srv/done')).toBe(false);

  office().inside('plugback', 'nightshift', '--now');

  await waitFor('the night', () => nights().length === 1);
  expect(nights()).toMatchObject([{ trigger: 'by-hand', outcome: 'done' }]);
  expect(isThere('/srv/done')).toBe(true);
  expect(property('MainPID')).toBe(watching);
});

test('once everybody has gone it counts down to sleep, unless it is told not to', async () => {
  somebodyIsThere(false);
  watch('/usr/bin/true', { 'after-backup': 'suspend', 'countdown-seconds': 3600 });
  await waitFor('the countdown', () => typeof state().sleepsAt === 'string');
  expect(nights()).toMatchObject([{ trigger: 'all-gone', outcome: 'done' }]);
  office().inside('plugback', 'nightshift', 'cancel');
  await waitFor('the countdown to end', () => state().sleepsAt === null);
  expect(typeof state().restedNight).toBe('string');
  expect(isThere('/srv/recorded')).toBe(false);

  watch('/usr/bin/true', { 'after-backup': 'suspend', 'countdown-seconds': 1 });
  await waitFor('sleep', () => isThere('/srv/recorded'));
  expect(read('/srv/recorded')).toBe('--check-inhibitors=yes suspend\n');
  expect(property('ActiveState')).toBe('active');
});

test('stopped in mid-job it ends the job at once and in order, and goes on when it is started', async () => {
  watch(longJob);
  await waitFor('the job', () => jobs() !== '');
  const stoppedAt = performance.now();
  office().inside('systemctl', 'stop', unit);
  expect(performance.now() - stoppedAt).toBeLessThan(5_000);
  expect(jobs()).toBe('');
  expect(property('Result')).toBe('success');
  expect(property('ActiveState')).toBe('inactive');
  expect(nights()).toMatchObject([{ outcome: 'stopped' }]);
  expect(state()).toMatchObject({ running: null, process: null });

  office().inside('systemctl', 'start', unit);
  await waitFor('the job again', () => jobs() !== '');
});

test('killed in mid-job it takes the job along, is started again, and makes up for the night', async () => {
  const job = jobs();
  office().inside('systemctl', 'kill', '--kill-whom=main', '--signal=KILL', unit);
  await waitFor('another job', () => !['', job].includes(jobs()));
  expect(jobs()).toMatch(/^\d+$/);
  expect(nights().at(-1)).toMatchObject({ outcome: 'died' });
});

test('wrong configuration ends it, and it is not started again and again', async () => {
  office().inside('systemctl', 'stop', unit);
  office().machine.write(configFile, '[NIGHTSHIFT]\nwindow = late\n');
  office().inside('systemctl', 'start', unit);
  await waitFor('it to end', () => property('ActiveState') === 'failed');
  expect(property('ExecMainStatus')).toBe('78');
  expect(property('NRestarts')).toBe('0');
  expect(journal()).toContain('NIGHTSHIFT.window');
});

test('an upgrade while it watches: the new program watches', async () => {
  somebodyIsThere(true);
  watch('/usr/bin/true');
  await waitFor('a look', () => state().computers?.anna?.online === true);
  const old = property('MainPID');
  office().install(deb().next('99.1'));
  await waitFor('the new one', () => ![old, '0'].includes(property('MainPID')));
  await waitFor('a look', () => typeof state().lookedAt === 'number');
  expect(property('NRestarts')).toBe('1');
  expect(journal()).toContain('plugback was upgraded');
  expect(office().failedUnits()).toBe('');
});

test('an upgrade in mid-night: it goes to its end with the old program, then the new one watches', async () => {
  // Nobody takes mails there: they can be seen waiting.
  const MAIL = {
    server: '127.0.0.1',
    port: 9,
    security: 'none',
    'to-mail-addresses-sysop': 'sysop@example.com',
  };
  office().machine.write(
    '/srv/job',
    '#!/bin/sh\ntouch /srv/begun\nuntil [ -e /srv/go-on ]; do sleep 0.1; done\n',
  );
  office().inside('chmod', '755', '/srv/job');
  somebodyIsThere(false);
  watch('/srv/job', {}, { MAIL });
  await waitFor('the job', () => isThere('/srv/begun'));
  const old = property('MainPID');

  office().install(deb().file);

  expect(property('MainPID')).toBe(old);
  office().inside('touch', '/srv/go-on');
  await waitFor('the new one', () => ![old, '0'].includes(property('MainPID')));
  expect(nights()).toMatchObject([{ outcome: 'done' }]);
  expect(office().inside('plugback', 'outbox')).toContain('Night backup on');
});

test('removed, it ends; installed again, it goes on; purged, nothing of it is left', async () => {
  const { machine } = office();
  const isActive = () => machine.attempt('systemctl', 'is-active', unit).stdout.trim();
  office().inside('dpkg', '-r', 'plugback');
  expect(isActive()).toBe('inactive');
  office().install(deb().file);
  await waitFor('it to watch', () => isActive() === 'active');
  office().inside('rm', '-r', `/etc/systemd/system/${unit}.d`);
  office().inside('dpkg', '-P', 'plugback');
  expect(isActive()).toBe('inactive');
  expect(machine.attempt('systemctl', 'is-enabled', unit).stdout.trim()).toBe('not-found');
  expect(machine.attempt('ls', '-d', link).status).not.toBe(0);
  expect(machine.attempt('pgrep', '-f', 'nightshift').stdout).toBe('');
  expect(office().failedUnits()).toBe('');
});
