/** The life of the package: apt installs it, upgrades leave everybody's own things alone, removing and purging take it away. */

import { expect } from 'vitest';
import { unitOfDisk } from '../../src/system/units.ts';
import { waitFor } from '../disk/command.ts';
import type { TestDisk } from './machine.ts';
import { configFile, officeTests } from './office.ts';

let disk: TestDisk;

const { test, office, deb } = officeTests(1, async (it) => {
  disk = it.machine.makeDisk('MINE');
  await it.boot();
});

const page = 'plugback-web.service';
const timer = 'plugback-outbox.timer';
const program = '/usr/lib/plugback';
const isEnabled = (unit: string) => office().machine.attempt('systemctl', 'is-enabled', unit).stdout.trim();
const isActive = (unit: string) => office().machine.attempt('systemctl', 'is-active', unit).stdout.trim();

test('apt installs it, with page and timer', () => {
  office().machine.copyIn(deb().file, '/root/plugback.deb');
  const said = office().inside('apt-get', 'install', '-y', '-q', '/root/plugback.deb');
  expect(said).toMatch(/0 upgraded, 1 newly installed, 0 to remove/);
  for (const unit of [page, timer]) expect(isEnabled(unit)).toBe('enabled');
  expect(isActive(timer)).toBe('active');
  expect(office().inside('stat', '-c', '%a %U', configFile)).toBe('640 root\n');
  expect(office().failedUnits()).toBe('');
});

test('an upgrade over an edited configuration, a switched-off timer and a running page', async () => {
  office().configure([disk]);
  const edited = office().inside('cat', configFile);
  office().inside('systemctl', 'restart', page);
  await waitFor('the page', () => isActive(page) === 'active');
  const oldPage = office().property(page, 'MainPID');
  office().inside('systemctl', 'disable', '--now', timer);

  office().install(deb().next('99.1'));

  expect(office().inside('dpkg-query', '-W', 'plugback')).toBe('plugback\t99.1\n');
  expect(office().inside('cat', configFile)).toBe(edited);
  await waitFor('the page', () => isActive(page) === 'active');
  expect(office().property(page, 'MainPID')).not.toBe(oldPage);
  expect(isEnabled(timer)).toBe('disabled');
  expect(isActive(timer)).toBe('inactive');
});

test('an upgrade in mid-copy: the backup goes on with the old program, though its files are gone', async () => {
  const old = office().inside('ls', `${program}/chunks`);
  await office().plugUntilCopying(disk, {
    MAIL: { server: '127.0.0.1', port: 9, security: 'none', 'to-mail-addresses-sysop': 'sysop@example.com' },
  });
  const unit = unitOfDisk(disk.uuid);
  const before = office().property(unit, 'MainPID');
  office().install(deb().file);
  const replaced = office().inside('ls', `${program}/chunks`).split('\n');
  expect(old.split('\n').filter((part) => part !== '' && replaced.includes(part))).toEqual([]);
  expect(office().property(unit, 'MainPID')).toBe(before);
  expect(await office().settled(disk)).toMatchObject({ outcome: 'done' });
  // Composed by the old program, at the very end.
  expect(office().inside('plugback', 'outbox')).toContain('Backup done');
});

test('removing keeps configuration and history, purging takes them too', () => {
  office().inside('apt-get', 'remove', '-y', '-q', 'plugback');
  const left = office().inside('ls', '/etc/plugback', '/var/lib/plugback');
  expect(left).toMatch(/config\.ini[\s\S]*history\.jsonl/);
  expect(office().machine.attempt('systemctl', 'cat', unitOfDisk('ab-cd')).status).not.toBe(0);
  expect(isActive(page)).toBe('inactive');

  // Somebody else's, mounted in there: it stays, and is no reason to fail.
  office().inside('mkdir', '/var/lib/plugback/theirs');
  office().inside('mount', '-t', 'tmpfs', 'theirs', '/var/lib/plugback/theirs');
  office().machine.write('/var/lib/plugback/theirs/file', 'kept');
  office().inside('dpkg', '-P', 'plugback');
  expect(office().inside('cat', '/var/lib/plugback/theirs/file')).toBe('kept');
  expect(office().inside('find', '/var/lib/plugback', '-xdev', '-type', 'f')).toBe('');
  office().inside('umount', '/var/lib/plugback/theirs');
  for (const folder of ['/etc/plugback', '/var/log/plugback', '/media/plugback']) {
    expect(office().machine.attempt('ls', folder).status, folder).not.toBe(0);
  }
  expect(isEnabled(page)).toBe('not-found');
});
