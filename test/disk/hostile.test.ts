/** A disk comes from outside. Whatever was put on it, nothing outside of it is touched, and nobody waits for ever. */

import {
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { command } from './command.ts';
import { expectEnd, expectNothingLeft, expectText, markerName, success } from './expectations.ts';
import { type Disk, diskTests, type Lab } from './lab.ts';
import { compareTrees, differences, readTree, writeSmallFiles } from './trees.ts';

const test = diskTests();

/** Something outside of the disk that must stay as it is; and what it is compared with. */
async function outside(lab: Lab): Promise<{ folder: string; file: string; untouched(): Promise<void> }> {
  const folder = lab.path('outside');
  const file = path.join(folder, 'hostname');
  mkdirSync(folder);
  writeFileSync(file, 'office\n');
  writeFileSync(path.join(folder, 'precious'), 'precious\n');
  utimesSync(folder, 1_000_000_000, 1_000_000_000);
  const before = await readTree(folder);
  return {
    folder,
    file,
    untouched: async () => expect(differences(before, await readTree(folder))).toEqual([]),
  };
}

async function prepare(lab: Lab, put: (root: string) => unknown): Promise<Disk> {
  writeSmallFiles(lab.source, 20);
  const disk = await lab.disk();
  await lab.mounted(disk, put);
  lab.configure([disk]);
  return disk;
}

const refused = {
  exitCode: 77,
  outcome: 'failed',
  code: 'marker-not-writable',
  subject: /^Backup FAILED: disk “PLUGBACK”, nothing was copied – you can unplug it/,
} as const;

test('a link in the place of our lock file', async (lab) => {
  const { file, untouched } = await outside(lab);
  await prepare(lab, (root) => symlinkSync(file, path.join(root, markerName)));
  const end = await lab.run();
  const sentence =
    /The lock file .+ cannot be written \(a symbolic link is in its place\)\. Nothing was copied\./;
  await expectEnd(lab, end, { ...refused, sentence });
  await untouched();
});

test('a link in the place of our lock file in the source, where users may write', async (lab) => {
  const { file, untouched } = await outside(lab);
  await prepare(lab, () => symlinkSync(file, path.join(lab.source, markerName)));
  const end = await lab.run();
  expect(end.exitCode).toBe(77);
  expectText(end.log, 'cannot be written (a symbolic link is in its place). Nothing was copied.');
  await untouched();
  // It is not ours.
  unlinkSync(path.join(lab.source, markerName));
  expectNothingLeft(lab);
});

test('a pipe in the place of our lock file: nobody waits for a writer', async (lab) => {
  await prepare(lab, (root) => command('mkfifo', path.join(root, markerName)));
  const end = await lab.run();
  await expectEnd(lab, end, { ...refused, sentence: 'cannot be written (not a plain file)' });
});

test('a link in the way to our lock file', async (lab) => {
  const { folder, untouched } = await outside(lab);
  const disk = await prepare(lab, (root) => symlinkSync(folder, path.join(root, 'locks')));
  lab.configure([disk], { BACKUP: { 'backup-lockfile-path': 'locks/copy.lock' } });
  const end = await lab.run();
  expect(end.exitCode).toBe(77);
  expectNothingLeft(lab);
  await untouched();
});

test('links in the place of folders and files that are copied', async (lab) => {
  const { folder, file, untouched } = await outside(lab);
  const disk = await prepare(lab, (root) => {
    symlinkSync(folder, path.join(root, 'folder-1'));
    mkdirSync(path.join(root, 'folder-2'));
    symlinkSync(file, path.join(root, 'folder-2/file-2.txt'));
    // Would be deleted with everything in it, were it followed.
    symlinkSync(folder, path.join(root, 'folder-of-yore'));
  });
  const end = await lab.run(['--allow-deletes']);
  await expectEnd(lab, end, success(disk));
  await untouched();
  const found = await lab.viewed(disk, (root) => compareTrees(lab.source, root, { extra: ['lost+found'] }));
  expect(found).toEqual([]);
});

test('lost+found is a link, and not ours to follow', async (lab) => {
  const { folder, untouched } = await outside(lab);
  const disk = await prepare(lab, async (root) => {
    await command('rmdir', path.join(root, 'lost+found'));
    symlinkSync(folder, path.join(root, 'lost+found'));
    symlinkSync(folder, path.join(root, '.Trash-1000'));
  });
  const end = await lab.run(['--allow-deletes']);
  await expectEnd(lab, end, success(disk));
  await untouched();
});

test('a lock file full of nonsense, without an end', async (lab) => {
  const disk = await prepare(lab, (root) =>
    writeFileSync(path.join(root, markerName), Buffer.alloc(3_000_000, '\x1b]0;')),
  );
  const end = await lab.run();
  const subject = /^Backup done with warnings/;
  const warnings = ['The last run on this disk did not end properly: its lock file was still there.'];
  await expectEnd(lab, end, success(disk, { outcome: 'warned', subject, warnings }));
});

test('a lock file with a date that drives terminals', async (lab) => {
  const marker = { run: 'x\x1b[2J', pid: 1, host: '\u202e', startedAt: '2026-11-21\x1b[2J', heartbeat: 0 };
  const disk = await prepare(lab, (root) =>
    writeFileSync(path.join(root, markerName), JSON.stringify(marker)),
  );
  const end = await lab.run();
  const subject = /^Backup done with warnings/;
  const warnings = ['The last run on this disk did not end properly'];
  await expectEnd(lab, end, success(disk, { outcome: 'warned', subject, warnings }));
});

test('a label that drives terminals and writes headers of mails', async (lab) => {
  writeSmallFiles(lab.source, 20);
  const disk = await lab.disk({ label: 'a\x1b[2J\r\nBcc: x@y' });
  lab.configure([disk]);
  const end = await lab.run();
  expect(end.exitCode, end.stdout + end.stderr).toBe(0);
  expect(end.stdout).not.toMatch(/[^\P{Cc}\n]/u);
  expect(end.log).not.toMatch(/[^\P{Cc}\n]/u);
  for (const mail of end.mails) {
    expect(mail.raw.toString('latin1')).not.toMatch(/\x1b|^Bcc:/m);
    expect(mail.message.subject).not.toMatch(/\p{Cc}/u);
    expect(mail.to.toSorted()).toEqual(['boss@example.com', 'owner@example.com', 'sysop@example.com']);
  }
});

test('programs with the rights of root, and devices, stay asleep while it is mounted', async (lab) => {
  writeSmallFiles(lab.source, 20);
  await command('mknod', '-m', '666', lab.path('source/null'), 'c', '1', '3');
  writeFileSync(lab.path('source/program'), '#!/bin/sh\ntrue\n', { mode: 0o4755 });
  writeFileSync(lab.path('source/zz-large'), Buffer.alloc(4_000_000, 'x'));
  const disk = await lab.disk();
  lab.configure([disk], { BACKUP: { 'rsync-options': '--bwlimit=1000' } });
  const job = await lab.start();
  const isThere = (name: string) => existsSync(path.join(lab.mountPoint, name));
  await job.until('both to be on the disk', () => isThere('null') && isThere('program'));
  const release = await lab.hold(job);
  const [, line = ''] =
    new RegExp(` ${lab.mountPoint} (\\S+) `).exec(readFileSync('/proc/self/mountinfo', 'utf8')) ?? [];
  expect(line.split(',')).toEqual(expect.arrayContaining(['nosuid', 'nodev', 'noexec', 'nosymfollow']));
  expect(() => writeFileSync(path.join(lab.mountPoint, 'null'), '')).toThrow(/EACCES/);
  release();
  await expectEnd(lab, await job.ended, success(disk));
});
