/** Veeam and the copy on one folder: its own script against the real job. */

import {
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { expect } from 'vitest';
import { waitFor } from './command.ts';
import { expectEnd, expectNothingLeft, success } from './expectations.ts';
import { type Disk, diskTests, type Job, type Lab } from './lab.ts';
import { compareTrees, writeNoise } from './trees.ts';
import { expectSourceUnread, locks, marker, progressOf, script, slowCopy, smallCopy } from './veeam-lab.ts';

const test = diskTests();

async function expectSame(lab: Lab, disk: Disk): Promise<void> {
  const found = await lab.viewed(disk, (folder) =>
    compareTrees(lab.source, folder, { extra: ['lost+found'] }),
  );
  expect(found).toEqual([]);
}

/** A copy that pauses for a lock: a complete file is on the disk, and a part of the next. */
async function pausedCopy(lab: Lab, settings: Record<string, string | number> = {}) {
  const disk = await slowCopy(lab, { 'veeam-during-copy': 'yield', ...settings });
  const job = await lab.start();
  await job.until('a complete file and a part of the next', () => progressOf(lab) > 5_000_000);
  const before = progressOf(lab);
  await pause(lab, job);
  return { disk, job, before };
}

async function pause(lab: Lab, job: Job): Promise<void> {
  const asked = performance.now();
  raiseLock(lab);
  await job.until('the source to be free', () => !existsSync(lab.path(marker)));
  expect((performance.now() - asked) / 1000).toBeLessThan(5);
  expectSourceUnread(lab);
}

/** As a program does that knows nothing of markers. */
function raiseLock(lab: Lab): void {
  writeFileSync(lab.path(lock), JSON.stringify({ job: 'Nightly', host: 'FILESERVER' }));
}

const lock = 'veeam/nightly.lock';

/** The file on the disk that is not whole yet: its name there, the one that it will have, and its number. */
function unfinished(lab: Lab) {
  const name = readdirSync(lab.path('disk')).find((entry) => /^\.[a-d]\.vbk\.\w{6}$/.test(entry));
  if (name === undefined) throw new Error('no file is half copied');
  return { name, realName: name.slice(1, -7), inode: statSync(lab.path('disk', name)).ino };
}

/** The paths of all files in a folder's folders. */
function smallFiles(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.flatMap((entry) =>
    entry.isFile() && entry.parentPath !== folder ? [`${entry.parentPath}/${entry.name}`] : [],
  );
}

const paused = (disk: Disk) =>
  success(disk, {
    outcome: 'warned',
    subject: /^Backup done with warnings/,
    warnings: [/The copy paused for Veeam \(Nightly, .+\) for \d+ s, then went on\./],
  });

test('yield: the copy makes room within five seconds, goes on afterwards, and loses nothing', async (lab) => {
  const disk = await slowCopy(lab, { 'veeam-during-copy': 'yield' });
  const job = await lab.start();
  await job.until('a complete file and a part of the next', () => progressOf(lab) > 5_000_000);
  const before = progressOf(lab);
  const asked = performance.now();
  const veeam = await script(lab, 'veeam-lock');
  const seconds = (performance.now() - asked) / 1000;
  expect(veeam.exitCode).toBe(0);
  // The script's own start and its look every two seconds are part of it.
  expect(seconds).toBeLessThan(10);
  expectSourceUnread(lab);
  expect(existsSync(lab.path(marker))).toBe(false);
  expect(existsSync(lab.path('disk/.plugback.lock'))).toBe(true);
  expect(lab.read('disk/a.vbk')).toBe(lab.read('source/a.vbk'));
  const half = unfinished(lab);
  expect(lab.status()?.run).toMatchObject({ step: 'wait-veeam', outcome: null });
  expect(progressOf(lab)).toBeGreaterThanOrEqual(before);
  expect(job.output()).toMatch(
    /Veeam wants to write: .*Nightly.* The copy pauses and leaves the source to it/,
  );
  // Veeam writes: a new backup, one of those that are on the disk already, and an old one goes.
  writeNoise(lab.path('source/e.vbk'), 1_000_000);
  writeNoise(lab.path('source/a.vbk'), 1_000_000);
  unlinkSync(lab.path('source/d.vbk'));

  const shown: number[] = [];
  const watcher = setInterval(() => shown.push(progressOf(lab)), 100);
  lab.undo(() => clearInterval(watcher));
  expect((await script(lab, 'veeam-unlock')).exitCode).toBe(0);
  await job.until('the file to be whole', () => existsSync(lab.path('disk', half.realName)));
  // The same file, grown to its end: nothing of it was copied twice.
  expect(statSync(lab.path('disk', half.realName)).ino).toBe(half.inode);
  const end = await job.ended;
  clearInterval(watcher);
  const moving = shown.filter((bytes) => bytes > 0);
  expect(moving).toEqual(moving.toSorted((one, other) => one - other));
  expect(moving[0]).toBeGreaterThanOrEqual(before);
  await expectEnd(lab, end, paused(disk));
  await expectSame(lab, disk);
});

const changes: { readonly [what: string]: (file: string) => void } = {
  overwritten: (file) => writeNoise(file, 4_000_000),
  'cut off': (file) => truncateSync(file, 10),
  replaced: (file) => {
    writeNoise(`${file}.new`, 3_000_000);
    renameSync(`${file}.new`, file);
  },
  deleted: (file) => unlinkSync(file),
};

test.each(Object.keys(changes))('yield: in the pause the half-copied file is %s', async (lab, what) => {
  const { disk, job } = await pausedCopy(lab);
  changes[what]?.(lab.path('source', unfinished(lab).realName));
  unlinkSync(lab.path(lock));
  await expectEnd(lab, await job.ended, paused(disk));
  await expectSame(lab, disk);
});

test('yield: after the pause most of the source is gone: the copy does not go on, and deletes nothing', async (lab) => {
  // rsync reads a thousand names ahead, and would delete what it finds missing further on.
  const disk = await smallCopy(lab, { 'veeam-during-copy': 'yield' }, 3000);
  expect((await lab.run()).exitCode).toBe(0);
  writeNoise(lab.path('source/a.vbk'), 12_000_000);
  const job = await lab.start();
  await job.until('a part of the file', () => progressOf(lab) > 1_000_000);
  await pause(lab, job);
  for (const name of smallFiles(lab.source)) unlinkSync(name);
  unlinkSync(lab.path(lock));
  const end = await job.ended;
  expect(end.exitCode).toBe(76);
  expect(end.history[0]).toMatchObject({ outcome: 'refused', error: { code: 'too-many-deletions' } });
  expect(await lab.viewed(disk, (folder) => smallFiles(folder).length)).toBe(3000);
  expectNothingLeft(lab);
});

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'yield: %s in the pause leaves no copier behind',
  async (lab, signal) => {
    const { disk, job } = await pausedCopy(lab);
    job.kill(signal);
    const end = await job.ended;
    if (signal === 'SIGTERM') expect(end.exitCode).toBe(143);
    await waitFor('the copiers to be gone', () => lab.copiers().length === 0);
    unlinkSync(lab.path(lock));
    const again = await lab.run();
    expect(again.exitCode).toBe(0);
    await expectSame(lab, disk);
  },
);

test('yield: a copy with a time limit is ended in place of being held, and what is complete stays', async (lab) => {
  const { disk, job, before } = await pausedCopy(lab, { 'rsync-options': '--bwlimit=2000 --timeout=60' });
  expect(lab.copiers()).toEqual([]);
  unlinkSync(lab.path(lock));
  const end = await job.ended;
  await expectEnd(lab, end, paused(disk));
  // The complete file was not copied again: both parts together are hardly more than the whole.
  expect(end.history[0]?.progress?.bytes).toBeGreaterThanOrEqual(before);
  expect(end.history[0]?.progress?.bytes).toBeLessThan(18_500_000);
  await expectSame(lab, disk);
});

test('yield: Veeam does not end in time, and what is copied stays', async (lab) => {
  const disk = await slowCopy(lab, { 'veeam-during-copy': 'yield', 'wait-for-veeam-minutes': 0 });
  const job = await lab.start();
  await job.until('a complete file', () => progressOf(lab) > 5_000_000);
  const asked = performance.now();
  raiseLock(lab);
  await job.until('the copier to be gone', () => lab.copiers().length === 0);
  expect((performance.now() - asked) / 1000).toBeLessThan(5);
  await expectEnd(lab, await job.ended, {
    exitCode: 75,
    outcome: 'failed',
    code: 'veeam-kept-writing',
    sentence:
      /made room for Veeam, which was still writing after 0 min: nightly\.lock.+The copy is not complete\./,
    subject: /^Backup not made this time: disk “PLUGBACK”, only .+ copied – you can unplug it/,
    disk,
  });
  unlinkSync(lab.path(lock));
  const again = await lab.run();
  expect(again.exitCode).toBe(0);
  expect(again.history[0]?.progress?.bytes).toBeLessThan(13_500_000);
  await expectSame(lab, disk);
});

test('warn: once for a lock that appears, and the script waits for the copy', async (lab) => {
  const disk = await slowCopy(lab);
  const job = await lab.start();
  const release = await lab.hold(job);
  // A job whose script does not know of the copy.
  writeFileSync(lab.path('veeam/other.lock'), JSON.stringify({ job: 'Other', host: 'PC7' }));
  await job.until('the warning', () =>
    /Veeam began to write while the copy ran: other\.lock/.test(job.output()),
  );
  const veeam = await lab.start(['--job', 'Nightly'], { command: 'veeam-lock' });
  await veeam.until('the wait', () => /A copy is running\. Veeam waits for it/.test(veeam.output()));
  await job.until('the notice', () => /Veeam waits for this copy to end: .+Nightly/.test(job.output()));
  expect(locks(lab)).toEqual(['other.lock']);
  release();
  const end = await job.ended;
  expect((await veeam.ended).exitCode).toBe(0);
  expect(locks(lab)).toHaveLength(2);
  expect(end.log.match(/began to write while the copy ran/g)).toHaveLength(1);
  const warnings = [/Veeam began to write while the copy ran: other\.lock \(Other, PC7\)/];
  await expectEnd(
    lab,
    end,
    success(disk, { outcome: 'warned', subject: /^Backup done with warnings/, warnings }),
  );

  // Its turn: the next copy waits for it.
  unlinkSync(lab.path('veeam/other.lock'));
  const next = await lab.start();
  await next.until('the wait for Veeam', () => /Veeam is still writing: .+Nightly/.test(next.output()));
  expect((await script(lab, 'veeam-unlock')).exitCode).toBe(0);
  expect((await next.ended).exitCode).toBe(0);
});

test('the script gives up: code 75, a mail, no lock; not writable: code 74 and a mail', async (lab) => {
  await slowCopy(lab);
  const before = (await lab.mails()).length;
  const job = await lab.start();
  const release = await lab.hold(job);
  const hasLeft = async () => (await lab.mails()).length > before && lab.outbox().length === 0;
  await job.until('the first mail', hasLeft);
  const busy = await script(lab, 'veeam-lock', '--timeout', '0');
  expect(busy.exitCode).toBe(75);
  expect(busy.mails.map(({ message }) => message.subject)).toEqual([
    expect.stringMatching(/^Veeam did not wait any longer: a copy is still running \(job Nightly, /),
  ]);
  expect(readdirSync(lab.path('veeam'))).toEqual([]);
  release();
  expect((await job.ended).exitCode).toBe(0);
  expectNothingLeft(lab);

  rmSync(lab.path('veeam'), { recursive: true });
  const unwritable = await script(lab, 'veeam-lock');
  expect(unwritable.exitCode).toBe(74);
  expect(unwritable.mails.map(({ message }) => message.subject)).toEqual([
    expect.stringMatching(/^Veeam’s lock file could not be written \(job Nightly, /),
  ]);
});
