/** A machine that is switched on with the disk in it; the package was put on it while it was off, as an image builder does. */

import { expect } from 'vitest';
import { unitOfDisk } from '../../src/system/units.ts';
import { waitFor } from '../disk/command.ts';
import type { TestDisk } from './machine.ts';
import { officeTests } from './office.ts';

let disk: TestDisk;

/** It answers two seconds after everybody else is up. */
const fileServer = `[Service]
Type=oneshot
ExecStart=sleep 2
`;
const remoteSource = `[Unit]
DefaultDependencies=no
Requires=file-server.service
After=file-server.service
Before=remote-fs.target
[Mount]
What=/srv/office
Where=/srv/remote
Type=none
Options=bind
[Install]
WantedBy=remote-fs.target
`;

const { test, office } = officeTests(1, async (it, deb) => {
  disk = it.machine.makeDisk('MINE', { partitioned: true });
  it.machine.copyIn(deb.file, '/root/plugback.deb');
  it.machine.write(
    '/root/before-boot',
    'dpkg -i /root/plugback.deb; mkdir /srv/remote; systemctl enable srv-remote.mount',
  );
  it.machine.write('/etc/systemd/system/file-server.service', fileServer);
  it.machine.write('/etc/systemd/system/srv-remote.mount', remoteSource);
  it.configure([disk], { BACKUP: { 'backup-source': '/srv/remote/' } });
  it.machine.plug(disk);
  await it.boot();
});

test('its backup starts by itself, but not before the source is mounted', async () => {
  const unit = unitOfDisk(disk.uuid);
  await waitFor('the unit to start', () => office().property(unit, 'InvocationID') !== '');
  expect(await office().settled(disk)).toMatchObject({ outcome: 'done', label: 'MINE' });
  expect(office().history()).toHaveLength(1);
  await office().machine.pull(disk);
  expect(office().fileOn(disk, '/letter.txt')).toBe('Dear Sir');
  expect(office().failedUnits()).toBe('');
  expect(office().inside('systemctl', 'is-system-running').trim()).toBe('running');
});

test('page and timer, enabled while no systemd ran, run', () => {
  const units = ['plugback-web.service', 'plugback-outbox.timer'];
  expect(office().inside('systemctl', 'is-active', ...units)).toBe('active\nactive\n');
});
