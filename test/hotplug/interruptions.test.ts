/** A backup is torn off, by hand or by a power failure: that is told, and the next one completes it. */

import { expect } from 'vitest';
import { faultsOf } from './disks.ts';
import { scenarios } from './scenario.ts';

const scenario = scenarios();
const megabyte = 1024 * 1024;

/** What is kept of a run whose disk went. */
const gone = (phase: string) => ({
  outcome: 'failed',
  error: { code: 'disk-gone', exitCode: 69, details: { phase } },
});

scenario('pulled out in mid-copy: the mail says so; plugged in again, it is completed', async (box) => {
  const disk = await box.disk();
  await box.grow('large.vbk', 12);
  await box.configure([disk], { 'rsync-options': '--bwlimit=500' });
  await box.plug(disk);
  await box.copied(megabyte);
  await box.pull(disk);
  const torn = await box.ended(disk);
  expect(torn).toMatchObject(gone('copying'));
  expect(await box.isMounted()).toBe(false);
  expect(await box.lastMail()).toMatch(/^Pulled out [^:]*: disk “PLUGBACK”/);
  expect(await box.lastMail()).not.toContain('is complete.');
  expect(await box.differences(disk)).not.toEqual([]);

  await box.configure([disk]);
  await box.plug(disk);
  const next = await box.ended(disk);
  expect(next).toMatchObject({ outcome: 'warned', error: null, unplug: true });
  expect(next.warnings.join()).toContain('did not end properly');
  expect(await box.lastMail()).toMatch(/^Backup done with warnings: .* you can unplug it/);
  expect(await box.failedUnits()).toEqual([]);
  await box.pull(disk);
  expect(await box.differences(disk)).toEqual([]);
});

scenario('pulled out while it still writes what is in memory: that is no backup', async (box) => {
  const disk = await box.disk();
  await box.grow('large.vbk', 12);
  await box.configure([disk]);
  await box.plug(disk, { bytesPerSecond: megabyte / 4 });
  await box.guest.until('the flushing', async () => {
    return (await box.status())?.run?.progress?.phase === 'flushing';
  });
  await box.pull(disk);
  const run = await box.ended(disk);
  expect(run).toMatchObject(gone('flushing'));
  expect(await box.lastMail()).toMatch(/^Pulled out [^:]*: disk “PLUGBACK”/);
  expect(await box.lastMail()).not.toContain('is complete.');
  expect(await box.isMounted()).toBe(false);
});

scenario(
  'a power cut in mid-copy: the disk is sound, and the next start completes the backup',
  async (box) => {
    const disk = await box.disk();
    await box.grow('large.vbk', 12);
    await box.configure([disk], { 'rsync-options': '--bwlimit=500' });
    // The configuration is to outlive the power cut.
    await box.guest.run('sync');
    await box.plug(disk);
    await box.copied(megabyte);
    await box.cutPower();
    expect(await faultsOf(disk)).toBe('');

    await box.powerOn();
    const run = await box.ended(disk);
    expect(run).toMatchObject({ outcome: 'warned', error: null, unplug: true });
    expect(run.warnings.join()).toContain('did not end properly');
    expect(await box.lastMail()).toMatch(/^Backup done with warnings: .* you can unplug it/);
    expect(await box.isMounted()).toBe(false);
    await box.pull(disk);
    expect(await faultsOf(disk)).toBe('');
    expect(await box.differences(disk)).toEqual([]);
  },
);
