/** Disks are plugged in and become backups, on whatever bus; others are left alone. */

import { expect } from 'vitest';
import type { RunDocument } from '../../src/status/types.ts';
import { unitOfDisk } from '../../src/system/units.ts';
import type { Disk } from './disks.ts';
import { type Box, scenarios } from './scenario.ts';

const scenario = scenarios();

/** Plugs a disk in, waits for the end of its backup, pulls it out, and holds everything against what it should be. */
async function backUp(box: Box, disk: Disk, bus: 'usb' | 'scsi'): Promise<RunDocument> {
  const pluggedAt = await box.plug(disk, { bus });
  const run = await box.ended(disk);
  console.log(`from the plug to the first step: ${Math.round(Date.parse(run.startedAt) - pluggedAt)} ms`);
  expect(run).toMatchObject({ outcome: 'done', label: disk.label, unplug: true, error: null, warnings: [] });
  expect(await box.isMounted()).toBe(false);
  expect(await box.failedUnits()).toEqual([]);
  await box.pull(disk);
  expect(await box.differences(disk)).toEqual([]);
  return run;
}

scenario('a USB stick is filled and unmounted, and a mail says that it can be pulled out', async (box) => {
  const disk = await box.disk();
  await box.configure([disk]);
  const run = await backUp(box, disk, 'usb');
  const mails = await box.mails();
  expect(mails.map(({ message }) => message.subject)).toEqual([
    expect.stringMatching(/^Backup started: “PLUGBACK” – please leave it plugged in/),
    expect.stringMatching(/^Backup done: disk “PLUGBACK”, .* – you can unplug it \(office-box\)$/),
  ]);
  for (const mail of mails) expect(mail.to.toSorted()).toEqual(['owner@example.com', 'sysop@example.com']);
  expect(await box.lastMail()).toContain('is complete. You can unplug the disk.');
  const history = JSON.parse(await box.guest.run('plugback', 'history', '--json'));
  expect(history).toMatchObject([{ id: run.id, outcome: 'done' }]);
});

scenario('a SCSI disk is filled like a USB stick', async (box) => {
  const disk = await box.disk();
  await box.configure([disk]);
  await backUp(box, disk, 'scsi');
});

scenario(
  'a disk with a table of partitions: the partition is filled, and the disk counts once',
  async (box) => {
    const disk = await box.disk({ partitioned: true });
    await box.configure([disk]);
    await backUp(box, disk, 'usb');
    expect(await box.history()).toHaveLength(1);
  },
);

scenario('a foreign stick: no failed unit, no mail, no entry in the history', async (box) => {
  const mine = await box.disk();
  const foreign = await box.disk({ label: 'FOREIGN' });
  await box.configure([mine]);
  await box.plug(foreign);
  const journal = ['journalctl', '-q', '-o', 'cat', '-u', unitOfDisk(foreign.uuid)] as const;
  await box.guest.until('the line for whoever looks for it', async () =>
    (await box.guest.run(...journal, '-p', 'debug..debug')).includes('not enrolled'),
  );
  await box.unitEnded(foreign);
  expect(await box.property(foreign, 'Result')).toBe('success');
  expect(await box.failedUnits()).toEqual([]);
  expect(await box.history()).toEqual([]);
  expect(await box.mails()).toEqual([]);
  await box.pull(foreign);
  expect((await box.contents(foreign)).filter((line) => line !== '')).toEqual([]);
});

scenario('two sticks at once: one after the other, and both are complete', async (box) => {
  const disks = [await box.disk({ label: 'MONDAY' }), await box.disk({ label: 'TUESDAY' })];
  await box.configure(disks);
  for (const disk of disks) await box.plug(disk);
  const runs = [];
  for (const disk of disks) runs.push(await box.ended(disk));
  for (const run of runs) expect(run).toMatchObject({ outcome: 'done', error: null });
  const [first, second] = runs.map(copyOf).toSorted((one, other) => one.startedAt - other.startedAt);
  expect(second?.startedAt).toBeGreaterThanOrEqual(first?.finishedAt ?? Number.NaN);
  expect(
    (await box.mails()).filter(({ message }) => /^Backup done/.test(message.subject ?? '')),
  ).toHaveLength(2);
  for (const disk of disks) {
    await box.pull(disk);
    expect(await box.differences(disk)).toEqual([]);
  }
});

/** When a run's copy began and ended. */
function copyOf(run: RunDocument): { startedAt: number; finishedAt: number } {
  const { startedAt, finishedAt } = run.steps.find(({ name }) => name === 'copy') ?? {};
  return { startedAt: Date.parse(startedAt ?? ''), finishedAt: Date.parse(finishedAt ?? '') };
}
