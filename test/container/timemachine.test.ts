/** The timemachine as systemd runs it: by its timer, and as a watch. */

import { expect } from 'vitest';
import { waitFor } from '../disk/command.ts';
import { officeTests } from './office.ts';

const { test, office } = officeTests(1, async (it, deb) => {
  await it.boot();
  it.install(deb.file);
});

const service = 'plugback-timemachine.service';
const timer = 'plugback-timemachine.timer';
const folder = '/var/lib/plugback/timemachine';
const plan = '/srv/office/plan.txt';

/** What the copies of the plan hold, the oldest first. */
function versions(destination = folder): string[] {
  const script = 'for copy in "$1"/*; do cat "$copy"; done';
  const { stdout } = office().machine.attempt('sh', '-c', script, 'sh', `${destination}/copies${plan}`);
  return stdout.split('\n').slice(0, -1);
}

const write = (text: string) => office().machine.write(plan, `${text}\n`);
/** Starts the service as its timer does, but more often than systemd allows within some seconds. */
function start(): void {
  office().inside('systemctl', 'reset-failed', service);
  office().inside('systemctl', 'start', service);
}
/** Its timer goes off every minute; nobody wants to wait for that here. */
function hurryTimer(isHurried: boolean): void {
  const dropIn = `/etc/systemd/system/${timer}.d/override.conf`;
  if (isHurried) office().machine.write(dropIn, '[Timer]\nOnCalendar=\nOnCalendar=*:*:0/3\n');
  else office().inside('rm', dropIn);
  office().inside('systemctl', 'daemon-reload');
  office().inside('systemctl', 'restart', timer);
}

const journal = () => office().inside('journalctl', '-q', '-o', 'cat', '-u', service);

test('set up and a file added, the timer has it copied, with owner and rights', async () => {
  const said = office().inside('plugback', 'install', '--timemachine');
  expect(office().property(timer, 'ActiveState')).toBe('active');
  expect(office().property(timer, 'TimersCalendar')).toContain('OnCalendar=*-*-* *:*:00 ');
  const [, command = ''] = /added with: sudo (plugback timemachine add) /.exec(said) ?? [];
  write('first');
  office().inside('chown', '1000:1000', plan);
  office().inside('chmod', '640', plan);
  // Before the service has run for the first time.
  office().inside(...command.split(' '), plan, '-cl', folder, '-d', folder);
  hurryTimer(true);
  await waitFor('the first version', () => versions().length === 1, 30);
  hurryTimer(false);
  await waitFor('the service to end', () => office().property(service, 'ActiveState') === 'inactive');
  expect(office().inside('sh', '-c', `stat -c '%a %u %g' ${folder}/copies${plan}/*`)).toBe('640 1000 1000\n');
  expect(office().failedUnits()).toBe('');
});

test('each run makes a version of what has changed, and nothing else', async () => {
  write('second');
  for (const _ of ['once', 'twice']) {
    start();
    expect(versions()).toEqual(['first', 'second']);
  }
});

test('what is wrong is in the journal, once, and the unit does not fail for it', () => {
  office().inside('plugback', 'timemachine', 'add', '/srv/office/none', '-cl', folder, '-d', folder);
  for (const _ of ['once', 'twice']) start();
  expect(journal().match(/file \/srv\/office\/none not found/g)).toHaveLength(1);
  expect(journal()).not.toContain('was copied to');
  expect(office().property(service, 'Result')).toBe('success');
  office().inside('plugback', 'timemachine', 'remove', '/srv/office/none', '-cl', folder, '-d', folder);
});

test('as a watch it copies a change at once, comes back when it is killed, and ends in order', async () => {
  // As docs/timemachine.md says.
  const lines = ['Type=exec', 'ExecStart=', 'ExecStart=/usr/bin/plugback timemachine watch'];
  const dropIn = `/etc/systemd/system/${service}.d/override.conf`;
  office().machine.write(dropIn, ['[Service]', ...lines, ''].join('\n'));
  office().inside('systemctl', 'daemon-reload');
  office().inside('systemctl', 'stop', service);
  start();
  const log = () => office().inside('cat', `${folder}/timemachine.log`);
  const watches = () => log().match(/Watching 1 file$/gm)?.length ?? 0;
  await waitFor('the watch', () => watches() === 1, 30);
  const changedAt = performance.now();
  write('third');
  await waitFor('the version', () => versions().at(-1) === 'third', 10);
  console.log(`from the change to the watch's copy: ${Math.round(performance.now() - changedAt)} ms`);

  office().inside('systemctl', 'kill', '--signal=KILL', service);
  hurryTimer(true);
  await waitFor('the next watch', () => watches() === 2, 30);
  hurryTimer(false);
  write('fourth');
  await waitFor('the version', () => versions().at(-1) === 'fourth', 10);

  office().inside('systemctl', 'stop', service);
  expect(log().trimEnd()).toMatch(/Timemachine stopped$/);
  expect(office().property(service, 'Result')).toBe('success');
  expect(office().failedUnits()).toBe('');
  office().inside('rm', dropIn);
  office().inside('systemctl', 'daemon-reload');
});

test('the configuration names other folders', () => {
  office().inside('mkdir', '/srv/lists', '/srv/copies');
  office().configure([], { TIMEMACHINE: { 'list-folder': '/srv/lists', destination: '/srv/copies' } });
  office().inside('plugback', 'timemachine', 'add', plan);
  start();
  expect(versions('/srv/copies')).toEqual(['fourth']);
});

test('purging the package leaves the copies, and no timer', () => {
  const { status, stderr } = office().machine.attempt('dpkg', '-P', 'plugback');
  expect(status).toBe(0);
  expect(stderr).toContain(`kept ${folder}`);
  expect(versions()).toEqual(['first', 'second', 'third', 'fourth']);
  expect(office().machine.attempt('systemctl', 'is-enabled', timer).stdout.trim()).toBe('not-found');
  expect(office().failedUnits()).toBe('');
});
