/** A machine that is switched on with the disk in it; the package was put on it while it was off, as an image builder does. */

import { expect } from 'vitest';
import { unitOfDisk } from '../../src/system/units.ts';
import { waitFor } from '../disk/command.ts';
import type { TestDisk } from './machine.ts';
import { officeTests } from './office.ts';

let disk: TestDisk;

const { test, office } = officeTests(1, async (it, deb) => {
  disk = it.machine.makeDisk('MINE', { partitioned: true });
  it.machine.copyIn(deb.file, '/root/plugback.deb');
  it.machine.write('/root/before-boot', 'dpkg -i /root/plugback.deb');
  it.configure([disk]);
  it.machine.plug(disk);
  await it.boot();
});

test('its backup starts by itself, after everything that may hold the source', async () => {
  const unit = unitOfDisk(disk.uuid);
  const begin = () => Number(office().property(unit, 'ExecMainStartTimestampMonotonic'));
  await waitFor('the unit to start', () => begin() > 0);
  expect(await office().settled(disk)).toMatchObject({ outcome: 'done', label: 'MINE' });
  expect(office().history()).toHaveLength(1);
  for (const target of ['local-fs.target', 'remote-fs.target']) {
    const reached = Number(office().property(target, 'ActiveEnterTimestampMonotonic'));
    expect(reached, target).toBeGreaterThan(0);
    expect(begin(), target).toBeGreaterThan(reached);
  }
  expect(office().failedUnits()).toBe('');
  expect(office().inside('systemctl', 'is-system-running').trim()).toBe('running');
});

test('page and timer, enabled while no systemd ran, run', () => {
  const units = ['plugback-web.service', 'plugback-outbox.timer'];
  expect(office().inside('systemctl', 'is-active', ...units)).toBe('active\nactive\n');
});
