/** The timemachine on disks of its own: one that is full, one that goes and comes back, one that shares its blocks. */

import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, statfsSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { openOffice, until } from '../timemachine/office.ts';
import { attempt, command, waitFor } from './command.ts';
import { diskTests, type Lab } from './lab.ts';

const test = diskTests();

function office(lab: Lab, parent?: string) {
  const opened = openOffice(parent);
  lab.undo(() => opened.close());
  return opened;
}

const at = ['-d', 'backup'];
const isFull = /^There is no room for large in the folder .* \(no space is left\)\. What fits was copied\./;

test('a full disk takes what fits, and the rest once there is room', async (lab) => {
  const { path, type, copies } = office(lab);
  await lab.mount(path('backup'), '-t', 'tmpfs', '-o', 'size=1m', 'none');
  for (const [name, bytes] of [['large', 3_000_000] as const, ['small', 1000] as const]) {
    writeFileSync(path(name), randomBytes(bytes));
  }
  await type('add', ...at, 'large', 'small');
  const { exitCode, lines } = await type('run', ...at);
  expect({ exitCode, last: lines.at(-1) }).toEqual({ exitCode: 69, last: expect.stringMatching(isFull) });
  expect([copies('large').length, copies('small').length]).toEqual([0, 1]);
  expect(readdirSync(path('backup/unfinished'))).toEqual([]);

  await command('mount', '-o', 'remount,size=8m', path('backup'));
  expect((await type('run', ...at)).exitCode).toBe(0);
  expect([copies('large').length, copies('small').length]).toEqual([1, 1]);
});

test('a disk that is unmounted while it watches: its mount point takes nothing', async (lab) => {
  const { path, type, start, copies } = office(lab);
  const disk = await lab.disk();
  await lab.mount(path('backup'), disk.device);
  writeFileSync(path('plan'), 'first');
  await type('add', ...at, 'plan');
  const watch = start('watch', ...at);
  await until('the first copy', () => copies('plan').length === 1);
  await until('the record', () => watch.lines().some((line) => line.startsWith('Writing dates_recorded')));
  // It may still be closing what it has written.
  await waitFor(
    'the disk to be let go',
    async () => (await attempt('umount', [path('backup')])).exitCode === 0,
  );
  writeFileSync(path('plan'), 'second');
  await until('the message', () => watch.lines().some((line) => line.includes('was not found, timemachine')));
  expect(readdirSync(path('backup'))).toEqual([]);
  await lab.mount(path('backup'), disk.device);
  await until('the second copy', () => copies('plan').length === 2);
  expect(watch.lines()).toContain(`The folder ${path('backup')}/ can be used again`);
  watch.kill('SIGTERM');
  await watch.ended;
});

test('a copy on btrfs takes no room until its file changes', async (lab) => {
  const disk = await lab.disk({ fsType: 'btrfs', megabytes: 256 });
  await lab.mount(lab.path('shared'), disk.device);
  const { path, type, copies } = office(lab, lab.path('shared'));
  mkdirSync(path('backup'));
  const used = async () => {
    await command('sync', '-f', path());
    const { blocks, bfree, bsize } = statfsSync(path());
    return (blocks - bfree) * bsize;
  };
  writeFileSync(path('large'), randomBytes(60_000_000));
  const before = await used();
  await type('add', ...at, 'large');
  expect((await type('run', ...at)).exitCode).toBe(0);
  expect(copies('large')[0]?.content).toHaveLength(60_000_000);
  expect((await used()) - before).toBeLessThan(10_000_000);
});
