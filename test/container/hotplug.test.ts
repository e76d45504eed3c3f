/** Disks come and go on a machine with systemd, udev and the Debian package, and backups start by themselves. */

import { describe, expect } from 'vitest';
import { unitOfDisk } from '../../src/system/units.ts';
import { waitFor } from '../disk/command.ts';
import type { TestDisk } from './machine.ts';
import { officeTests, slowly } from './office.ts';

let mine: TestDisk;
let second: TestDisk;
let foreign: TestDisk;
let partitioned: TestDisk;

const { test, office } = officeTests(4, async (it, deb) => {
  mine = it.machine.makeDisk('MINE');
  second = it.machine.makeDisk('SECOND');
  foreign = it.machine.makeDisk('FOREIGN');
  partitioned = it.machine.makeDisk('PARTITION', { partitioned: true });
  await it.boot();
  it.install(deb.file);
});

test('before anything is filled in, nothing fails, not even with a disk', async () => {
  const unit = unitOfDisk(foreign.uuid);
  office().machine.plug(foreign);
  await waitFor('the unit to have run', () => office().property(unit, 'ExecMainExitTimestamp') !== '');
  expect(office().property(unit, 'Result')).toBe('success');
  expect(office().failedUnits()).toBe('');
});

test('a plugged-in disk is filled, flushed, unmounted; plugged in again, once more', async () => {
  office().configure([mine]);
  for (const count of [1, 2]) {
    const pluggedAt = Date.now();
    const run = await office().backUp(mine);
    expect(run).toMatchObject({ outcome: 'done', label: 'MINE' });
    expect(office().history()).toHaveLength(count);
    const beganAt = Date.parse(run.steps[0]?.startedAt ?? '');
    console.log(`from the disk to the first step: ${beganAt - pluggedAt} ms`);
    expect(office().isMounted()).toBe(false);
    await office().machine.pull(mine);
  }
  expect(office().fileOn(mine, '/letter.txt')).toBe('Dear Sir');
  expect(office().failedUnits()).toBe('');
});

test('a disk with a partition, as nearly all have: its filesystem starts one backup', async () => {
  office().configure([partitioned]);
  const before = office().history().length;
  expect(await office().backUp(partitioned)).toMatchObject({ outcome: 'done', label: 'PARTITION' });
  expect(office().history()).toHaveLength(before + 1);
  await office().machine.pull(partitioned);
  expect(office().fileOn(partitioned, '/letter.txt')).toBe('Dear Sir');
});

test('a foreign disk: no failed unit, no entry in the history, one line for whoever looks for mistakes', async () => {
  office().configure([mine]);
  const before = office().history().length;
  const unit = unitOfDisk(foreign.uuid);
  const tell = () => office().inside('journalctl', '-q', '-o', 'cat', '-u', unit, '-p', 'debug..debug');
  office().machine.plug(foreign);
  await waitFor('the line', () => tell().includes('not enrolled'));
  await office().settled(foreign);
  expect(office().property(unit, 'Result')).toBe('success');
  expect(office().history()).toHaveLength(before);
  expect(office().failedUnits()).toBe('');
});

test('two disks at once: one after the other', async () => {
  office().configure([mine, second]);
  const before = office().history().length;
  office().machine.plug(mine);
  office().machine.plug(second);
  await waitFor('both backups', () => office().history().length === before + 2, 90);
  await Promise.all([office().settled(mine), office().settled(second)]);
  const [later, earlier] = office().history();
  expect([earlier?.label, later?.label].toSorted()).toEqual(['MINE', 'SECOND']);
  expect([earlier?.outcome, later?.outcome]).toEqual(['done', 'done']);
  expect(Date.parse(later?.steps[2]?.startedAt ?? '')).toBeGreaterThanOrEqual(
    Date.parse(earlier?.finishedAt ?? ''),
  );
});

test('a disk that is not there: started by hand, its backup waits for it, as long as systemd waits for any disk', async () => {
  office().configure([mine]);
  const unit = unitOfDisk(mine.uuid);
  const device = `dev-disk-by\\x2duuid-${unit.slice('plugback@'.length, -'.service'.length)}.device`;
  const before = office().history().length;
  office().inside('systemctl', 'start', '--no-block', unit);
  expect(office().property(unit, 'Job')).not.toBe('0');
  expect(office().property(unit, 'ActiveState')).toBe('inactive');
  expect(office().property(device, 'JobRunningTimeoutUSec')).toBe('1min 30s');
  await office().backUp(mine);
  expect(office().history()).toHaveLength(before + 1);
  await office().machine.pull(mine);
  await waitFor('the device to go', () => office().property(device, 'ActiveState') === 'inactive');
  // The same wait, cut short.
  office().inside('mkdir', '-p', `/run/systemd/system/${device}.d`);
  office().machine.write(`/run/systemd/system/${device}.d/soon.conf`, '[Unit]\nJobRunningTimeoutSec=1s\n');
  office().inside('systemctl', 'daemon-reload');
  const { status, stderr } = office().machine.attempt('systemctl', 'start', unit);
  expect(status).toBe(1);
  expect(stderr).toContain('A dependency job for');
  expect(office().failedUnits()).toBe('');
  expect(office().history()).toHaveLength(before + 1);
  office().inside('rm', '-r', `/run/systemd/system/${device}.d`);
  office().inside('systemctl', 'daemon-reload');
});

describe('in mid-copy', () => {
  test('told to stop, it unmounts, and nothing counts as failed', async () => {
    office().configure([mine], slowly);
    await office().plugUntilCopying(mine);
    const inhibitors = () => office().inside('systemd-inhibit', '--list', '--no-legend', '--no-pager');
    expect(inhibitors()).toMatch(/plugback.*sleep.*block/);
    office().inside('systemctl', 'stop', unitOfDisk(mine.uuid));
    expect(office().isMounted()).toBe(false);
    expect(office().isRunning('rsync')).toBe(false);
    expect(inhibitors()).not.toContain('plugback');
    expect(office().failedUnits()).toBe('');
  });

  test('killed, it leaves nothing behind, and the history tells of it', async () => {
    office().configure([mine], slowly);
    await office().plugUntilCopying(mine);
    office().inside('systemctl', 'kill', '--kill-whom=main', '--signal=KILL', unitOfDisk(mine.uuid));
    await office().settled(mine);
    expect(office().isMounted()).toBe(false);
    expect(office().history()[0]).toMatchObject({ label: 'MINE', unplug: true, error: { code: 'run-died' } });
    expect(office().machine.attempt('ls', '/srv/office/.plugback.lock').status).not.toBe(0);
    expect(office().failedUnits()).toContain('plugback@');
    office().inside('systemctl', 'reset-failed');
    await office().machine.pull(mine);
  });

  test('pulled out, it ends by itself and leaves no mount; plugged in again, it completes', async () => {
    office().configure([mine], slowly);
    await office().plugUntilCopying(mine);
    const began = performance.now();
    office().machine.announceRemoval(mine);
    expect(await office().settled(mine)).not.toMatchObject({ outcome: 'done' });
    expect(office().isMounted()).toBe(false);
    console.log(`from the pull to the end of the unit: ${Math.round(performance.now() - began)} ms`);
    await office().machine.pull(mine);
    office().configure([mine]);
    const before = office().history().length;
    expect(await office().backUp(mine)).toMatchObject({ outcome: expect.stringMatching(/done|warned/) });
    expect(office().history()).toHaveLength(before + 1);
  });
});

test('the page starts the unit of a disk that is plugged in', async () => {
  office().machine.write('/etc/plugback/token', 'open-sesame');
  office().configure([second], { WEBSERVER: { 'token-file': '/etc/plugback/token' } });
  office().inside('systemctl', 'restart', 'plugback-web.service');
  const first = await office().backUp(second);
  const script = `fetch('http://127.0.0.1:8080/copy', { method: 'POST', headers: {
    authorization: 'Bearer open-sesame', 'content-type': 'application/json' }, body: '{"uuid":"${second.uuid}"}' })
    .then((answer) => { process.exitCode = answer.status === 202 ? 0 : 1; })`;
  await waitFor('the page', () => office().machine.attempt('node', '-e', script).status === 0, 20);
  await waitFor('the second backup', () => office().history()[0]?.id !== first.id, 60);
  expect(office().history()[0]).toMatchObject({ label: 'SECOND', outcome: 'done' });
});
