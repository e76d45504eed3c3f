/** The life of the package: apt installs it, upgrades leave everybody's own things alone, removing and purging take it away. */

import { expect } from 'vitest';
import { unitOfDisk } from '../../src/system/units.ts';
import { waitFor } from '../disk/command.ts';
import type { TestDisk } from './machine.ts';
import { configFile, officeTests, slowly } from './office.ts';

let disk: TestDisk;
let second: TestDisk;

const { test, office, deb } = officeTests(2, async (it) => {
  disk = it.machine.makeDisk('MINE');
  second = it.machine.makeDisk('SECOND');
  await it.boot();
});

const page = 'plugback-web.service';
const timer = 'plugback-outbox.timer';
/** The names of the program's files. */
const parts = () => office().inside('ls', '/usr/lib/plugback/chunks').trim().split('\n');
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

test('an upgrade in mid-copy: one backup goes on and one begins with the old program, though its files are gone', async () => {
  const old = parts();
  // Nobody takes mails there: they can be seen waiting.
  const mail = {
    server: '127.0.0.1',
    port: 9,
    security: 'none',
    'to-mail-addresses-sysop': 'sysop@example.com',
  };
  office().configure([disk, second], { ...slowly, MAIL: mail });
  await office().plugUntilCopying(disk);
  office().machine.plug(second);
  await waitFor('the second disk to wait', () => office().status().queue[0]?.uuid === second.uuid);
  const processes = [disk, second].map(({ uuid }) => office().property(unitOfDisk(uuid), 'MainPID'));

  office().install(deb().file);

  expect(parts().filter((part) => old.includes(part))).toEqual([]);
  expect(await office().settled(disk)).toMatchObject({ label: 'MINE', outcome: 'done' });
  expect([disk, second].map(({ uuid }) => office().property(unitOfDisk(uuid), 'ExecMainPID'))).toEqual(
    processes,
  );
  expect(await office().settled(second)).toMatchObject({ label: 'SECOND', outcome: 'done' });
  // The second backup's were composed after the upgrade.
  const outbox = office().inside('plugback', 'outbox');
  for (const title of ['Backup started', 'Backup done']) {
    for (const label of ['MINE', 'SECOND']) expect(outbox).toMatch(new RegExp(`${title}.*${label}`));
  }
});

test('removing ends a backup in order and keeps configuration and history, purging takes them too', async () => {
  office().configure([disk], slowly);
  await office().plugUntilCopying(disk);
  office().inside('apt-get', 'remove', '-y', '-q', 'plugback');
  expect(office().isMounted()).toBe(false);
  const latest = office().inside('tail', '-n', '1', '/var/lib/plugback/history.jsonl');
  expect(JSON.parse(latest)).toMatchObject({
    outcome: 'failed',
    error: { code: 'interrupted' },
    unplug: true,
  });
  const left = office().inside('ls', '/etc/plugback', '/var/lib/plugback');
  expect(left).toMatch(/config\.ini[\s\S]*history\.jsonl/);
  expect(office().machine.attempt('systemctl', 'cat', unitOfDisk('ab-cd')).status).not.toBe(0);
  expect(isActive(page)).toBe('inactive');

  // Somebody else's, mounted in there: it stays, and is no reason to fail.
  office().inside('mkdir', '/var/lib/plugback/theirs');
  office().inside('mount', '-t', 'tmpfs', 'theirs', '/var/lib/plugback/theirs');
  office().machine.write('/var/lib/plugback/theirs/file', 'kept');
  // Nor does the disks' key go: without it they cannot be read any more.
  office().machine.write('/etc/plugback/disk.key', 'secret');
  const purged = office().machine.attempt('dpkg', '-P', 'plugback');
  expect(purged).toMatchObject({ status: 0, stderr: expect.stringContaining('disk.key') });
  expect(office().inside('ls', '-A', '/etc/plugback')).toBe('disk.key\n');
  expect(office().inside('cat', '/var/lib/plugback/theirs/file')).toBe('kept');
  expect(office().inside('find', '/var/lib/plugback', '-xdev', '-type', 'f')).toBe('');
  office().inside('umount', '/var/lib/plugback/theirs');
  for (const folder of ['/var/log/plugback', '/media/plugback']) {
    expect(office().machine.attempt('ls', folder).status, folder).not.toBe(0);
  }
  expect(isEnabled(page)).toBe('not-found');
});
