/** Disks are plugged in and become backups: on whatever bus, with a table of partitions or without. */

import { expect } from 'vitest';
import { scenarios } from './scenario.ts';

const scenario = scenarios();

scenario('a USB stick is filled, unmounted, and a mail says that it can be pulled out', async (box) => {
  const disk = await box.disk();
  await box.configure([disk]);
  const pluggedAt = await box.plug(disk);
  const run = await box.ended(disk);
  console.log(`from the plug to the first step: ${Math.round(Date.parse(run.startedAt) - pluggedAt)} ms`);
  expect(run).toMatchObject({ outcome: 'done', label: 'PLUGBACK', unplug: true, warnings: [] });
  expect(await box.isMounted()).toBe(false);
  expect(await box.failedUnits()).toEqual([]);
  await box.pull(disk);
  expect(await box.differences(disk)).toEqual([]);
});
