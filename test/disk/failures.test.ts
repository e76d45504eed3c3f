/** What goes wrong while the copy runs, or after rsync has said that all is well. */

import { spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { command } from './command.ts';
import { type ExpectedEnd, expectEnd, expectNothingLeft, markerName, success } from './expectations.ts';
import {
  type Disk,
  type DiskOptions,
  diskTests,
  type FsType,
  isMounted,
  type JobEnd,
  type Lab,
} from './lab.ts';
import { compareTrees, writeNoise, writeSmallFiles } from './trees.ts';

const test = diskTests();

const slowly = { BACKUP: { 'rsync-options': '--bwlimit=4000' } };

/** A source whose copy takes some seconds: long enough to be caught at it. */
function slowSource(lab: Lab): void {
  writeSmallFiles(lab.path('source/a'), 20);
  writeNoise(lab.path('source/b-large.vbk'), 8_000_000);
  writeSmallFiles(lab.path('source/z'), 20);
}

function failed(
  code: ExpectedEnd['code'],
  sentence: string | RegExp,
  more: Partial<ExpectedEnd> = {},
): ExpectedEnd {
  return {
    exitCode: 74,
    outcome: 'failed',
    ...(code === undefined ? {} : { code }),
    sentence,
    subject: /^Backup FAILED: disk “PLUGBACK”, .+ – you can unplug it \(/,
    ...more,
  };
}

/** On a disk that takes nothing any more the lock file stays: the evidence that the copy is not complete. */
function dead(code: ExpectedEnd['code'], sentence: string | RegExp): ExpectedEnd {
  return failed(code, sentence, { warnings: [/While cleaning up: The lock file .+ cannot be removed/] });
}

async function expectComplete(lab: Lab, disk: Disk): Promise<void> {
  const found = await lab.viewed(disk, (folder) =>
    compareTrees(lab.source, folder, { extra: ['lost+found'] }),
  );
  expect(found).toEqual([]);
}

/** With the cause out of the way, the next run completes the copy. */
async function expectNextRunCompletes(lab: Lab, disk: Disk): Promise<void> {
  const end = await lab.run();
  expect(end.exitCode, end.stdout + end.stderr).toBe(0);
  expectNothingLeft(lab);
  await expectComplete(lab, disk);
}

/** Whoever meets the trouble first tells it: rsync, or the flush beside it. */
function firstToMeetIt(end: JobEnd): 'copy-failed' | 'flush-failed' {
  const code = end.history.at(-1)?.error?.code;
  if (code === 'copy-failed' || code === 'flush-failed') return code;
  throw new Error(`${code}: neither rsync nor the flush\n${end.stderr}`);
}

/** Starts a slow run, and holds its copy in its tracks until `release` is called. */
async function holdSlowCopy(lab: Lab, options: DiskOptions = {}) {
  slowSource(lab);
  const disk = await lab.disk(options);
  lab.configure([disk], slowly);
  const job = await lab.start();
  return { disk, job, release: await lab.hold(job) };
}

describe('the disk', () => {
  test.each<FsType>(['xfs', 'ext4'])('dies in mid-copy (%s)', async (lab, fsType) => {
    const { disk, job, release } = await holdSlowCopy(lab, { fsType });
    await command('xfs_io', '-x', '-c', 'shutdown', lab.mountPoint);
    release();
    const end = await job.ended;
    await expectEnd(lab, end, dead(firstToMeetIt(end), /\((?:rsync 11\) .+ I|i)nput\/output error/));
    expect(isMounted(disk.device)).toBe(false);
    await expectNextRunCompletes(lab, disk);
  });

  test('turns itself read-only in mid-copy', async (lab) => {
    const { disk, job, release } = await holdSlowCopy(lab);
    writeFileSync(`/sys/fs/ext4/${disk.kernelName}/trigger_fs_error`, 'a test');
    release();
    const end = await job.ended;
    await expectEnd(
      lab,
      end,
      dead(firstToMeetIt(end), /Read-only file system|(?:turned itself|it is) read-only/),
    );
    expect(isMounted(disk.device)).toBe(false);
    await expectNextRunCompletes(lab, disk);
  });

  test('takes everything, and keeps nothing: found by flushing', async (lab) => {
    const room = lab.path('small');
    await lab.mount(room, '-t', 'tmpfs', '-o', 'size=12m', 'small');
    writeSmallFiles(lab.source, 20);
    writeNoise(lab.path('source/large.vbk'), 30_000_000);
    // Claims to hold 64 MB, and has room for 12.
    const disk = await lab.disk({ directory: room });
    lab.configure([disk]);
    const end = await lab.run();
    await expectEnd(
      lab,
      end,
      dead('flush-failed', /The disk at .+ did not take everything that was copied \(.+\)/),
    );
    expect(isMounted(disk.device)).toBe(false);
    await command('mount', '-o', 'remount,size=100m', room);
    await expectNextRunCompletes(lab, disk);
  });

  test('lost data without telling any program: the kernel’s log knows', async (lab) => {
    const { disk, job, release } = await holdSlowCopy(lab);
    const line = `Buffer I/O error on dev ${disk.kernelName}, logical block 17, lost async page write`;
    // Without its end of line the kernel shows it only when the next one comes.
    writeFileSync('/dev/kmsg', `<3>${line}\n`);
    release();
    const sentence = `The kernel reported errors of the disk ${disk.device} during the run (${line})`;
    await expectEnd(lab, await job.ended, failed('disk-io-error', sentence, { disk }));
    // That was then.
    await expectNextRunCompletes(lab, disk);
  });

  test('runs full in mid-copy', async (lab) => {
    writeSmallFiles(lab.path('source/a'), 20);
    writeNoise(lab.path('source/b-large.vbk'), 4_000_000);
    writeFileSync(lab.path('source/c-log'), 'short\n');
    const disk = await lab.disk({ megabytes: 16 });
    lab.configure([disk], { BACKUP: { 'rsync-options': '--bwlimit=8000' } });
    const job = await lab.start();
    const release = await lab.hold(job);
    writeNoise(lab.path('source/c-log'), 20_000_000);
    release();
    const end = await job.ended;
    await expectEnd(
      lab,
      end,
      failed(
        'disk-full',
        /The disk ran full while copying \(.+ left\)\. The backup on it is not complete\./,
        { disk },
      ),
    );
    writeFileSync(lab.path('source/c-log'), 'short again\n');
    await expectNextRunCompletes(lab, disk);
  });

  test('is unmounted by somebody in mid-copy: this machine’s own disk is not filled', async (lab) => {
    const { disk, job, release } = await holdSlowCopy(lab);
    await command('umount', '--lazy', lab.mountPoint);
    release();
    const end = await job.ended;
    const sentence = `The backup disk is no longer mounted at ${lab.mountPoint}.`;
    const subject = /^Backup REFUSED: disk “PLUGBACK”, .+/;
    const warnings = ['was already gone when it should be removed'];
    const more = { exitCode: 76, outcome: 'refused', subject, warnings } as const;
    await expectEnd(lab, end, failed('destination-not-mounted', sentence, more));
    expect(readdirSync(lab.mountPoint)).toEqual([]);
    await expectNextRunCompletes(lab, disk);
  });
});

describe('busy at the end', () => {
  /** A program whose working folder is on the disk. */
  function sitOn(lab: Lab): () => void {
    const sitter = spawn('sleep', ['600'], { cwd: lab.mountPoint, stdio: 'ignore' });
    lab.undo(() => sitter.kill('SIGKILL'));
    return () => void sitter.kill('SIGKILL');
  }

  test('who uses it is named; once it is let go, all is well', async (lab) => {
    const { disk, job, release } = await holdSlowCopy(lab);
    const goAway = sitOn(lab);
    release();
    await job.until('the user of the disk to be named', () =>
      /still in use by sleep \(\d+\); trying again/.test(job.output()),
    );
    expect(isMounted(disk.device)).toBe(true);
    goAway();
    await expectEnd(lab, await job.ended, success(disk));
    await expectComplete(lab, disk);
  });

  test('it is not let go: detached, and nobody is told that it is safe', async (lab) => {
    const { disk, job, release } = await holdSlowCopy(lab);
    const goAway = sitOn(lab);
    release();
    const end = await job.ended;
    const sentence =
      /The disk could not be unmounted from .+; it is in use by sleep \(\d+\)\. Do not unplug it\./;
    const subject = /^Backup FAILED: disk “PLUGBACK”, .+ – do NOT unplug it/;
    const run = await expectEnd(lab, end, failed('unmount-failed', sentence, { subject }));
    expect(run.unplug).toBe(false);
    expect(`${end.log}${end.mails.at(-1)?.message.text}`).not.toContain('can unplug');
    expect(`${end.log}${end.mails.at(-1)?.message.text}`).not.toContain('can be unplugged');

    // It is mounted nowhere any more, and yet not free: still nobody is told that it is safe.
    const again = await lab.run();
    await expectEnd(lab, again, failed('unmount-failed', 'Do not unplug it.', { subject }));
    expect(again.history[0]?.unplug).toBe(false);
    goAway();
    await expectNextRunCompletes(lab, disk);
  });
});

describe('the source', () => {
  test('files that vanish while copying are a warning', async (lab) => {
    const { disk, job, release } = await holdSlowCopy(lab);
    for (const number of [6, 13]) unlinkSync(lab.path(`source/z/folder-6/file-${number}.txt`));
    utimesSync(lab.path('source/z/folder-6'), 1_000_000_000, 1_000_000_000);
    release();
    const subject = /^Backup done with warnings: disk “PLUGBACK”/;
    const warnings = [
      '2 files disappeared from the source while copying. That is usual when somebody works in it',
    ];
    await expectEnd(lab, await job.ended, success(disk, { outcome: 'warned', subject, warnings }));
    await expectNextRunCompletes(lab, disk);
  });

  test('a file that cannot be read is a failure that names it; all others are copied', async (lab) => {
    slowSource(lab);
    writeFileSync(lab.path('source/m-unreadable'), 'x'.repeat(4096));
    // Root may read everything; this file of the kernel answers nobody.
    const speed = '/sys/class/net/lo/speed';
    if (!existsSync(speed)) lab.skip('needs /sys/class/net/lo/speed');
    await command('mount', '--bind', speed, lab.path('source/m-unreadable'));
    lab.undo(() => command('umount', lab.path('source/m-unreadable')));
    const disk = await lab.disk();
    lab.configure([disk]);
    const end = await lab.run();
    const sentence =
      /The copy is not complete: some files could not be copied \(rsync 23\) \(.*m-unreadable.*\)/;
    await expectEnd(lab, end, failed('copy-failed', sentence, { disk }));
    await lab.viewed(disk, (folder) => {
      expect(existsSync(path.join(folder, 'z/folder-1/file-1.txt'))).toBe(true);
    });
  });

  test('a lock file that somebody deletes is missed, with a warning', async (lab) => {
    const { disk, job, release } = await holdSlowCopy(lab);
    for (const folder of [lab.source, lab.mountPoint]) unlinkSync(path.join(folder, markerName));
    release();
    const subject = /^Backup done with warnings: disk “PLUGBACK”/;
    const gone = 'was already gone when it should be removed. Somebody or something else deleted it.';
    await expectEnd(
      lab,
      await job.ended,
      success(disk, { outcome: 'warned', subject, warnings: [gone, gone] }),
    );
  });

  test('grows while it is copied: nothing is over 100 %', async (lab) => {
    const { disk, job, release } = await holdSlowCopy(lab);
    for (let number = 0; number < 200; number += 1)
      appendFileSync(lab.path('source/z/folder-6/file-6.txt'), 'grows '.repeat(1000));
    release();
    const end = await job.ended;
    const run = await expectEnd(lab, end, success(disk));
    expect(run.progress?.bytes).toBe(run.progress?.bytesTotal);
  });
});

describe('the machine’s own folders', () => {
  test('no log can be written: the backup is made all the same', async (lab) => {
    slowSource(lab);
    const disk = await lab.disk();
    mkdirSync(lab.path('log/plugback.log'), { recursive: true });
    lab.configure([disk]);
    const end = await lab.run();
    expect(end.exitCode, end.stdout + end.stderr).toBe(0);
    expectNothingLeft(lab);
    await expectComplete(lab, disk);
    rmSync(lab.path('log/plugback.log'), { recursive: true });
  });

  test('the system’s disk is full: the backup is made all the same', async (lab) => {
    slowSource(lab);
    const disk = await lab.disk();
    const full = lab.path('state');
    await lab.mount(full, '-t', 'tmpfs', '-o', 'size=64k', 'full');
    writeNoise(path.join(full, 'filler'), 60_000);
    const [log, rsyncLog] = [path.join(full, 'log'), path.join(full, 'rsync.log')];
    lab.configure([disk], { BACKUP: { 'log-file-path': log, 'rsync-log-file-path': rsyncLog } });
    const end = await lab.run();
    expect(end.exitCode, end.stdout + end.stderr).toBe(0);
    expectNothingLeft(lab);
    await expectComplete(lab, disk);
  });
});
