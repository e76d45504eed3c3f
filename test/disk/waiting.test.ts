/** Veeam: the copy waits until nobody writes, but not for ever. */

import { mkdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { expectEnd, expectNothingLeft, expectText, success } from './expectations.ts';
import { type Disk, diskTests, isMounted, type Lab } from './lab.ts';
import { compareTrees, writeNoise, writeSmallFiles } from './trees.ts';

const test = diskTests();

/** A small source, and Veeam's lock of a job that is running. */
async function busyVeeam(lab: Lab, minutes: number): Promise<Disk> {
  writeSmallFiles(lab.source, 20);
  mkdirSync(lab.path('veeam'));
  writeFileSync(lab.path('veeam/nightly.lock'), JSON.stringify({ job: 'Nightly', host: 'FILESERVER' }));
  const disk = await lab.disk();
  lab.configure([disk], {
    BACKUP: { 'veeam-lockfile-path': lab.path('veeam'), 'wait-for-veeam-minutes': minutes },
  });
  return disk;
}

const holder =
  /Veeam is still writing: nightly\.lock \(Nightly, FILESERVER\) since .+\. Waiting for it, for 1 min at most\./;

test('it finishes while the copy waits', async (lab) => {
  const disk = await busyVeeam(lab, 1);
  const job = await lab.start();
  await job.until('the wait for Veeam', () => holder.test(job.output()));
  await job.until('the step in the status', () => lab.status()?.run?.step === 'wait-veeam');
  expect(lab.status()?.state).toBe('running');
  // The disk is left alone meanwhile.
  expect(isMounted(disk.device)).toBe(false);
  unlinkSync(lab.path('veeam/nightly.lock'));
  const log = [/Veeam has finished after .+ of waiting\. The copy starts\./];
  await expectEnd(lab, await job.ended, success(disk, { log }));
});

test('it never finishes: try later, and whose lock it is', async (lab) => {
  const disk = await busyVeeam(lab, 0);
  const end = await lab.run();
  const sentence =
    /Veeam was still writing, or about to, after 0 min: nightly\.lock \(Nightly, FILESERVER\) since .+\. Nothing was copied\./;
  await expectEnd(lab, end, {
    exitCode: 75,
    outcome: 'failed',
    code: 'veeam-busy',
    sentence,
    subject: /^Backup not made this time: disk “PLUGBACK”, nothing was copied – you can unplug it/,
    disk,
  });
});

test('the source goes away while the copy waits: nothing is deleted', async (lab) => {
  const disk = await busyVeeam(lab, 1);
  const job = await lab.start();
  await job.until('the wait for Veeam', () => holder.test(job.output()));
  rmSync(lab.source, { recursive: true });
  mkdirSync(lab.source);
  unlinkSync(lab.path('veeam/nightly.lock'));
  await expectEnd(lab, await job.ended, {
    exitCode: 76,
    outcome: 'refused',
    code: 'source-empty',
    sentence: /The source .+ is empty\. Nothing was copied or deleted\./,
    subject: /^Backup REFUSED: disk “PLUGBACK”, nothing was copied – you can unplug it/,
    disk,
  });
});

test('its folder is missing: a warning, since nobody can tell', async (lab) => {
  writeSmallFiles(lab.source, 20);
  const disk = await lab.disk();
  lab.configure([disk], { BACKUP: { 'veeam-lockfile-path': lab.path('veeam') } });
  const subject = /^Backup done with warnings/;
  const warnings = [/The folder for Veeam’s lock files, .+, does not exist/];
  await expectEnd(lab, await lab.run(), success(disk, { outcome: 'warned', subject, warnings }));
});

test('it sees our marker in the source for as long as the copy runs', async (lab) => {
  writeSmallFiles(lab.source, 20);
  writeNoise(lab.path('source/large.vbk'), 4_000_000);
  const disk = await lab.disk();
  lab.configure([disk], {
    BACKUP: { 'rsync-options': '--bwlimit=4000', 'backup-lockfile-path': 'backup-is-running.json' },
  });
  const job = await lab.start();
  const release = await lab.hold(job);
  const marker = JSON.parse(lab.read('source/backup-is-running.json'));
  expect(marker).toMatchObject({ pid: job.pid, run: lab.status()?.run?.id });
  // It shows that it lives.
  await job.until('a heartbeat', () => lab.read('source/backup-is-running.json').includes('1}'));
  expect(lab.read('disk/backup-is-running.json')).toBe(lab.read('source/backup-is-running.json'));
  release();
  const end = await job.ended;
  expect(end.exitCode).toBe(0);
  expectNothingLeft(lab);
  expect(lab.read('source/backup-is-running.json')).toBe('');
  const found = await lab.viewed(disk, (folder) =>
    compareTrees(lab.source, folder, { extra: ['lost+found'] }),
  );
  expect(found).toEqual([]);
  expectText(end.mails.at(-1)?.message.subject ?? '', /^Backup done: /);
});
