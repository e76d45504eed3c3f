/** A machine on which the program lies as npm installs it: `plugback install` sets up the rest. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import { waitFor } from '../disk/command.ts';
import type { TestDisk } from './machine.ts';
import { run } from './machine.ts';
import { officeTests, project } from './office.ts';

let disk: TestDisk;

const { test, office, deb } = officeTests(1, async (it) => {
  disk = it.machine.makeDisk('MINE');
  await it.boot();
  const folder = mkdtempSync(path.join(tmpdir(), 'plugback-bundle-'));
  const archive = path.join(folder, 'bundle.tar');
  run('tar', '-C', project, '-cf', archive, 'dist', 'package.json');
  it.machine.copyIn(archive, '/root/bundle.tar');
  rmSync(folder, { recursive: true });
  it.inside('mkdir', '-p', '/opt/plug back');
  it.inside('tar', '-C', '/opt/plug back', '-xf', '/root/bundle.tar');
  it.inside('ln', '-s', '/opt/plug back/dist/cli.js', '/usr/local/bin/plugback');
});

const check = () => office().machine.attempt('plugback', 'check', '--json').stdout;

test('install sets it up, twice is like once, and a disk starts its backup', async () => {
  expect(check()).toContain('starts nothing on this machine');
  expect(office().inside('plugback', 'install')).toContain('wrote /etc/systemd/system/plugback@.service');
  expect(office().inside('plugback', 'install')).not.toContain('wrote ');
  expect(check()).not.toContain('starts nothing on this machine');
  office().configure([disk]);
  expect(check()).toContain('starts its backup by itself');
  expect(await office().backUp(disk)).toMatchObject({ label: 'MINE', outcome: 'done', error: null });
  expect(office().isMounted()).toBe(false);
});

test('installed again after npm has replaced the program, the page is the new one', () => {
  office().inside('systemctl', 'restart', 'plugback-web.service');
  const before = office().property('plugback-web.service', 'MainPID');
  office().inside('plugback', 'install');
  const after = office().property('plugback-web.service', 'MainPID');
  expect(Number(after)).toBeGreaterThan(0);
  expect(after).not.toBe(before);
});

test('the night watch is switched on where it was asked for, and is the new program once npm has replaced it', async () => {
  const unit = 'plugback-nightshift.service';
  const property = (name: string) => office().property(unit, name);
  office().configure([], {
    NIGHTSHIFT: { 'check-every-seconds': 1 },
    'JOB copy': { kind: 'command', command: '/usr/bin/true' },
  });
  expect(office().inside('plugback', 'install', '--nightshift')).toContain(
    `wrote /etc/systemd/system/${unit}`,
  );
  const wants = '/etc/systemd/system/multi-user.target.wants';
  expect(office().inside('readlink', `${wants}/${unit}`)).toBe(`/etc/systemd/system/${unit}\n`);
  const look = () =>
    office().machine.attempt('grep', '-c', 'lookedAt":1', '/var/lib/plugback/nightshift.json');
  await waitFor('a look', () => look().status === 0);
  const before = property('MainPID');
  office().machine.write(`/etc/systemd/system/${unit}.d/quick.conf`, '[Service]\nRestartSec=100ms\n');
  office().inside('systemctl', 'daemon-reload');
  office().inside('tar', '-C', '/opt/plug back', '-xf', '/root/bundle.tar');
  const isNew = () => !['0', before].includes(property('MainPID'));
  await waitFor('the new one', () => isNew() && property('ActiveState') === 'active');
  office().inside('rm', '-r', `/etc/systemd/system/${unit}.d`);
});

test('uninstall takes it away, and a disk starts nothing any more', () => {
  office().inside('plugback', 'uninstall');
  expect(office().machine.attempt('systemctl', 'cat', 'plugback@ab.service').status).not.toBe(0);
  expect(office().machine.attempt('systemctl', 'cat', 'plugback-nightshift.service').status).not.toBe(0);
  expect(office().machine.attempt('pgrep', '-f', 'nightshift').stdout).toBe('');
  expect(office().failedUnits()).toBe('');
  const left = office().inside('ls', '/etc/plugback', '/var/lib/plugback');
  expect(left).toMatch(/config\.ini[\s\S]*history\.jsonl/);
});

test('the package takes over: what the npm copy wrote no longer counts, and what was on stays on', async () => {
  office().inside('plugback', 'install');
  office().inside('systemctl', 'disable', '--now', 'plugback-outbox.timer');
  office().machine.copyIn(deb().file, '/root/plugback.deb');
  office().inside('apt-get', 'install', '-y', '-q', '/root/plugback.deb');
  office().inside('rm', '-r', '/opt/plug back', '/usr/local/bin/plugback');
  const gone =
    '/etc/systemd/system/plugback@.service starts /opt/plug back/dist/cli.js, which does not exist';
  expect(check()).toContain(gone);

  expect(office().inside('plugback', 'uninstall')).toContain('removed /etc/systemd/system/plugback@.service');

  const ours = 'ls -d /etc/systemd/system/plugback* /etc/udev/rules.d/90-plugback* 2>/dev/null || true';
  expect(office().inside('sh', '-c', ours)).toBe('');
  expect(check()).toContain('starts its backup by itself');
  const isEnabled = (unit: string) => office().machine.attempt('systemctl', 'is-enabled', unit).stdout.trim();
  expect(isEnabled('plugback-web.service')).toBe('enabled');
  const timer = isEnabled('plugback-outbox.timer');
  office().inside('plugback', 'install');
  expect(isEnabled('plugback-outbox.timer')).toBe(timer);
  expect(await office().backUp(disk)).toMatchObject({ label: 'MINE', outcome: 'done' });
  expect(office().machine.attempt('plugback', 'uninstall').status).toBe(78);
});
