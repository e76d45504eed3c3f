/** Disks with filesystems of other systems: what they can hold arrives, and what they cannot is said once. */

import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { limitsOf } from '../../src/system/filesystems.ts';
import { isClosedUp } from '../../src/system/mount.ts';
import { command } from './command.ts';
import { type ExpectedEnd, expectEnd, success } from './expectations.ts';
import { type Disk, diskTests, type FsType, kill, type Lab, mounts, processes } from './lab.ts';
import { differences, readTree, type Tree, writeNoise, writeSmallFiles } from './trees.ts';

const test = diskTests();

/** Every way in which a file can be more than its content, and names of every kind that Windows knows. */
async function office(lab: Lab): Promise<void> {
  writeSmallFiles(lab.path('source/small'), 60);
  writeNoise(lab.path('source/images/Tuesday.vbk'), 3_000_000);
  mkdirSync(lab.path('source/Bücher'));
  for (const name of ['Größe €.txt', '😀', '.hidden', ' leading blank', "it's [1] {2} #3 %4"])
    writeFileSync(lab.path('source/Bücher', name), name);
  writeFileSync(lab.path('source/secret'), 'for its owner only\n', { mode: 0o600 });
  linkSync(lab.path('source/secret'), lab.path('source/secret too'));
  symlinkSync('/etc/hostname', lab.path('source/link'));
  await command('mkfifo', lab.path('source/pipe'));
  for (const file of ['small/folder-1/file-1.txt', 'images', 'secret'])
    utimesSync(lab.path('source', file), 1_500_000_001.75, 1_500_000_001.75);
}

/** What of a tree every one of these filesystems holds; NTFS keeps links besides. */
function kept(tree: Tree, fsType: FsType): Tree {
  const keepsLinks = fsType === 'ntfs';
  return new Map(
    [...tree].flatMap(([name, entry]) => {
      if (entry.kind === 'other' || (entry.kind === 'link' && !keepsLinks)) return [];
      const { kind, size, content, sameAs } = entry;
      const same = keepsLinks && sameAs !== undefined ? { sameAs } : {};
      const whole = { kind, mode: '', owner: '', modified: '', ...same };
      return [
        [
          name,
          {
            ...whole,
            ...(size === undefined ? {} : { size }),
            ...(content === undefined ? {} : { content }),
          },
        ],
      ];
    }),
  );
}

function expectCopied(lab: Lab, disk: Disk): Promise<void> {
  return lab.viewed(disk, async (folder) => {
    const [source, copy] = [
      await readTree(lab.source),
      await readTree(folder, ['System Volume Information']),
    ];
    expect(differences(kept(source, disk.fsType), kept(copy, disk.fsType))).toEqual([]);
    for (const name of ['small/folder-1/file-1.txt', 'images', 'secret']) {
      const apart = lstatSync(path.join(folder, name)).mtimeMs - lstatSync(lab.path('source', name)).mtimeMs;
      expect(Math.abs(apart), name).toBeLessThanOrEqual(2000);
    }
  });
}

/** Done, with the one warning. */
function doneOn(disk: Disk, skipped: number, more: Partial<ExpectedEnd> = {}): ExpectedEnd {
  const name = limitsOf(disk.fsType)?.name;
  const subject = /^Backup done with warnings: disk “PLUGBACK”, .+ – you can unplug it/;
  const warnings = [new RegExp(`filesystem is ${name}, which keeps no owners.*: ${skipped}\\.$`, 'm')];
  return success(disk, { outcome: 'warned', subject, warnings, ...more });
}

/** Not complete: some names cannot be held. */
function namesNotKept(disk: Disk, sentence: string, warning: RegExp): ExpectedEnd {
  return {
    exitCode: 74,
    outcome: 'failed',
    code: 'names-not-kept',
    sentence,
    subject: /^Backup FAILED: disk “PLUGBACK”/,
    warnings: [warning],
    disk,
  };
}

function countOf(part: string, text = ''): number {
  return text.split(part).length - 1;
}

describe.each<[fsType: FsType, skipped: number]>([
  ['vfat', 2],
  ['exfat', 2],
  ['ntfs', 1],
])('on %s', (fsType, skipped) => {
  test('what it can hold arrives, what it cannot is said once, and nothing is copied twice', async (lab) => {
    await office(lab);
    const disk = await lab.disk({ fsType });
    lab.configure([disk]);
    const end = await lab.run();
    await expectEnd(lab, end, doneOn(disk, skipped, { log: ['this is the first copy'] }));
    for (const text of [end.log, end.mails.at(-1)?.message.text, end.history[0]?.warnings.join('\n')])
      expect(countOf('which keeps no owners', text)).toBe(1);
    await expectCopied(lab, disk);

    const second = await expectEnd(
      lab,
      await lab.run(),
      doneOn(disk, skipped, { log: ['Nothing had to be copied.'] }),
    );
    expect(second.estimate).toEqual({ files: 0, bytes: 0, deletes: 0 });

    writeFileSync(lab.path('source/Bücher/😀'), 'changed');
    rmSync(lab.path('source/small/folder-2/file-2.txt'));
    const third = await expectEnd(lab, await lab.run(), doneOn(disk, skipped));
    expect(third.estimate).toEqual({ files: 1, bytes: 7, deletes: 1 });
    await expectCopied(lab, disk);
  });

  test('while it is mounted, nothing leads out of it, and only root may look', async (lab) => {
    await office(lab);
    const disk = await lab.disk({ fsType });
    lab.configure([disk], { BACKUP: { 'rsync-options': '--bwlimit=500' } });
    const job = await lab.start();
    const release = await lab.hold(job);
    const mount = mounts().find(({ mountPoint }) => mountPoint === lab.mountPoint);
    const rights = lstatSync(lab.mountPoint).mode & 0o077;
    job.kill('SIGTERM');
    release();
    expect((await job.ended).exitCode).toBe(143);
    expect(mount?.options.join()).toSatisfy(() => isClosedUp(mount?.options ?? []));
    expect(rights).toBe(0);
  });

  test('a rehearsal changes nothing on it', async (lab) => {
    await office(lab);
    const disk = await lab.disk({ fsType });
    lab.configure([disk]);
    const end = await lab.run(['--dry-run']);
    expect(end).toMatchObject({ exitCode: 0, stderr: '' });
    expect(end.stdout).toContain('which keeps no owners');
    expect(await lab.viewed(disk, (folder) => readdirSync(folder))).toEqual([]);
  });
});

/** The programs that drive a disk, where the kernel has no driver of its own. */
function driverPids(disk: Disk): number[] {
  return processes((words) => /exfat-fuse|ntfs-3g/.test(words[0] ?? '') && words.includes(disk.device));
}

test.each<FsType>(['exfat', 'ntfs'])(
  'the driver of %s died with its run: the next one goes on',
  async (lab, fsType) => {
    await office(lab);
    const disk = await lab.disk({ fsType });
    lab.configure([disk], { BACKUP: { 'rsync-options': '--bwlimit=500' } });
    const before = (await lab.mails()).length;
    const job = await lab.start();
    await lab.hold(job);
    // Else it would leave with the next run's.
    const hasLeft = async () => (await lab.mails()).length > before && lab.outbox().length === 0;
    await job.until('the first mail', hasLeft);
    const drivers = driverPids(disk);
    if (drivers.length === 0) lab.skip('needs a kernel without the driver');
    for (const pid of [job.pid, ...lab.copiers(), ...drivers]) kill(pid, 'SIGKILL');
    await job.ended;
    lab.configure([disk], { BACKUP: { 'rsync-options': null } });
    const warnings = [/was still mounted at/, /did not end properly/, /which keeps no owners/];
    await expectEnd(lab, await lab.run(), doneOn(disk, 0, { warnings }));
    await expectCopied(lab, disk);
  },
);

describe.each<FsType>(['vfat', 'exfat'])('names that %s cannot hold', (fsType) => {
  test('are named, and all others are copied', async (lab) => {
    writeSmallFiles(lab.source, 30);
    for (const name of ['plan: new.txt', 'why?', 'line\nbreak']) writeFileSync(lab.path('source', name), 'x');
    writeFileSync(Buffer.concat([Buffer.from(`${lab.source}/`), Buffer.from([0x61, 0xff])]), 'x');
    const disk = await lab.disk({ fsType });
    lab.configure([disk]);
    const expected = namesNotKept(
      disk,
      '4 files cannot be kept on the disk because of their names',
      /NOT kept, because of their names: 4 files, such as .*plan: new\.txt/,
    );
    await expectEnd(lab, await lab.run(), expected);
    await expectEnd(lab, await lab.run(), expected);
    expect(await lab.viewed(disk, (folder) => readdirSync(folder, { recursive: true }))).toHaveLength(30 + 7);
  });

  test('two that differ only in capitals: told although rsync sees nothing wrong', async (lab) => {
    writeSmallFiles(lab.source, 30);
    for (const name of ['README', 'Readme']) writeFileSync(lab.path('source', name), name);
    const disk = await lab.disk({ fsType });
    lab.configure([disk]);
    const run = await expectEnd(
      lab,
      await lab.run(),
      namesNotKept(
        disk,
        '1 file cannot be kept on the disk because of its name, such as Readme.',
        /NOT kept, because of its name: 1 file, such as Readme\.$/m,
      ),
    );
    expect(run.steps.find(({ name }) => name === 'copy')?.state).toBe('failed');
  });
});

test('a name that is no UTF-8 cannot be held by ntfs', async (lab) => {
  writeSmallFiles(lab.source, 30);
  for (const name of ['plan: new.txt', 'line\nbreak', 'Readme', 'README'])
    writeFileSync(lab.path('source', name), name);
  const disk = await lab.disk({ fsType: 'ntfs' });
  lab.configure([disk]);
  await expectEnd(lab, await lab.run(), doneOn(disk, 0, { warnings: [/; ext4 keeps everything\.$/m] }));
  writeFileSync(Buffer.concat([Buffer.from(`${lab.source}/`), Buffer.from([0x61, 0xff])]), 'x');
  await expectEnd(
    lab,
    await lab.run(),
    namesNotKept(
      disk,
      'NTFS takes no name that is not UTF-8.',
      /NOT kept, because of its name: 1 file, such as a/,
    ),
  );
});

test('a file that is too large for FAT: refused before anything is copied', async (lab) => {
  writeSmallFiles(lab.source, 30);
  writeFileSync(lab.path('source/Server.vbk'), '');
  truncateSync(lab.path('source/Server.vbk'), 2 ** 32);
  const disk = await lab.disk({ fsType: 'vfat' });
  lab.configure([disk]);
  await expectEnd(lab, await lab.run(), {
    exitCode: 76,
    outcome: 'refused',
    code: 'file-too-large',
    sentence: 'Server.vbk has 4.3 GB. Nothing was copied or deleted.',
    subject: /^Backup REFUSED: disk “PLUGBACK”/,
    warnings: [/filesystem is FAT/],
    disk,
  });
  expect(await lab.viewed(disk, (folder) => readdirSync(folder))).toEqual([]);
});

test('a filesystem that this machine has no driver for: told with what is missing', async (lab) => {
  writeSmallFiles(lab.source, 30);
  const disk = await lab.disk({ fsType: 'vfat', withoutDriver: true });
  if (await lab.hasDriver(disk)) lab.skip('needs a kernel without FAT');
  lab.configure([disk]);
  await expectEnd(lab, await lab.run(), {
    exitCode: 69,
    outcome: 'failed',
    code: 'driver-missing',
    sentence: `This machine cannot mount the disk ${disk.device}: it lacks the driver for vfat.`,
    subject: /^Backup FAILED: disk “PLUGBACK”/,
  });
});
