/** What is refused before anything is copied or deleted: the disk holds afterwards what it held before. */

import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { command } from './command.ts';
import { type ExpectedEnd, expectEnd, expectNothingLeft, expectText, success } from './expectations.ts';
import { type Disk, diskTests, isMounted, type Lab } from './lab.ts';
import {
  compareTrees,
  countFiles,
  differences,
  readTree,
  type Tree,
  writeNoise,
  writeSmallFiles,
} from './trees.ts';

const test = diskTests();

const megabyte = 1_000_000;

/** An end before the copy, and why. */
function refused(
  code: ExpectedEnd['code'],
  sentence: string | RegExp,
  more: Partial<ExpectedEnd> = {},
): ExpectedEnd {
  return {
    exitCode: 76,
    outcome: 'refused',
    ...(code === undefined ? {} : { code }),
    sentence,
    subject: /^Backup REFUSED: disk “PLUGBACK”, nothing was copied – you can unplug it \(/,
    ...more,
  };
}

function failed(
  code: ExpectedEnd['code'],
  sentence: string | RegExp,
  more: Partial<ExpectedEnd> = {},
): ExpectedEnd {
  return refused(code, sentence, {
    exitCode: 69,
    outcome: 'failed',
    subject: /^Backup FAILED: disk “PLUGBACK”, nothing was copied – you can unplug it \(/,
    ...more,
  });
}

/** Without a disk there is nothing to unplug. */
const noDisk = {
  subject: /^Backup FAILED: no disk, nothing was copied – nothing to unplug \(/,
  startMail: false,
};

/** A disk that holds a good backup of a small source. */
async function filledDisk(lab: Lab): Promise<Disk> {
  writeSmallFiles(lab.source, 60);
  writeNoise(lab.path('source/old.vbk'), megabyte);
  const disk = await lab.disk();
  await lab.mounted(disk, (folder) => command('rsync', '-aHAXS', `${lab.source}/`, `${folder}/`));
  lab.configure([disk]);
  return disk;
}

function contents(lab: Lab, disk: Disk): Promise<Tree> {
  return lab.viewed(disk, (folder) => readTree(folder));
}

/** Runs, and makes sure that the disk still holds what it held. */
async function expectRefused(lab: Lab, disk: Disk, expected: ExpectedEnd, args: readonly string[] = []) {
  const before = await contents(lab, disk);
  const run = await expectEnd(lab, await lab.run(args), { disk, ...expected });
  expect(differences(before, await contents(lab, disk))).toEqual([]);
  expect(before.size).toBeGreaterThan(0);
  return run;
}

describe('the source', () => {
  test('is empty', async (lab) => {
    const disk = await filledDisk(lab);
    renameSync(lab.source, lab.path('elsewhere'));
    mkdirSync(lab.source);
    const sentence = `The source ${lab.source}/ is empty. Nothing was copied or deleted. Is it mounted?`;
    await expectRefused(
      lab,
      disk,
      refused('source-empty', /The source .+ is empty\. Nothing was copied or deleted\./, {
        startMail: false,
        log: [sentence],
      }),
    );

    // What a freshly formatted disk holds is nothing.
    mkdirSync(lab.path('source/lost+found'));
    await expectRefused(
      lab,
      disk,
      refused('source-empty', 'is empty. Nothing was copied or deleted.', { startMail: false }),
    );
    // Nor is our own marker, left there by a run that died.
    writeFileSync(lab.path('source/.plugback.lock'), '{}\n');
    const end = await lab.run();
    expect(end.exitCode).toBe(76);
    // And nobody talks them over: an empty source is never meant.
    expect((await lab.run(['--allow-deletes'])).exitCode).toBe(76);
  });

  test('is missing', async (lab) => {
    const disk = await filledDisk(lab);
    renameSync(lab.source, lab.path('elsewhere'));
    const sentence = `The source ${lab.source}/ does not exist. Nothing was copied or deleted.`;
    await expectRefused(lab, disk, refused('source-missing', sentence, { startMail: false }));
  });

  test('is a file', async (lab) => {
    const disk = await filledDisk(lab);
    rmSync(lab.source, { recursive: true });
    writeFileSync(lab.source, 'not a folder\n');
    await expectRefused(
      lab,
      disk,
      refused('source-not-a-directory', 'is not a folder.', { startMail: false }),
    );
  });

  test('lacks what it must contain; in German', async (lab) => {
    const disk = await filledDisk(lab);
    lab.configure([disk], { BACKUP: { 'source-must-contain': 'mounted/yes' }, GENERAL: { language: 'de' } });
    const before = await contents(lab, disk);
    const end = await lab.run();
    expect(end.exitCode).toBe(76);
    expectText(end.stderr, 'ERROR');
    expectText(end.mails.at(-1)?.message.subject ?? '', /^Sicherung ABGELEHNT: Platte „PLUGBACK“/);
    expectText(
      end.mails.at(-1)?.message.text ?? '',
      /mounted\/yes.*Es wurde nichts kopiert und nichts gelöscht\./,
    );
    expect(end.status?.run?.error?.code).toBe('source-sentinel-missing');
    expectNothingLeft(lab);
    expect(differences(before, await contents(lab, disk))).toEqual([]);

    mkdirSync(lab.path('source/mounted'));
    writeFileSync(lab.path('source/mounted/yes'), '');
    lab.configure([disk], { GENERAL: { language: 'en' } });
    await expectEnd(lab, await lab.run(), success(disk));
  });

  test('was a mounted filesystem at the last good run, and is not now', async (lab) => {
    const [disk, nas] = [await lab.disk(), await lab.disk()];
    await lab.mount(lab.source, nas.device);
    writeSmallFiles(lab.source, 60);
    lab.configure([disk]);
    await expectEnd(lab, await lab.run(), success(disk));
    await lab.unmount(lab.source);
    // Somebody wrote into the bare mount point, so it is not even empty.
    writeFileSync(lab.path('source/stray'), '');
    const sentence = `At the last good backup ${lab.source} was a mounted filesystem, now it is not`;
    await expectRefused(lab, disk, refused('source-not-mounted', sentence, { startMail: false }));
    await lab.mount(lab.source, nas.device);
    await expectEnd(lab, await lab.run(), success(disk, { log: ['Nothing had to be copied.'] }));
  });

  test('lacks one of the filesystems that were mounted below it', async (lab) => {
    const [disk, nas] = [await lab.disk(), await lab.disk()];
    writeSmallFiles(lab.source, 60);
    const share = lab.path('source/share');
    await lab.mount(share, nas.device);
    writeSmallFiles(path.join(share, 'films'), 10);
    lab.configure([disk]);
    await expectEnd(lab, await lab.run(), success(disk));
    await lab.unmount(share);
    const sentence = `At the last good backup ${share} was a mounted filesystem, now it is not`;
    await expectRefused(lab, disk, refused('source-not-mounted', sentence, { startMail: false }));
    // The share has gone for good, and somebody says so.
    rmSync(share, { recursive: true });
    await expectEnd(lab, await lab.run(['--allow-deletes']), success(disk));
    await expectEnd(lab, await lab.run(), success(disk, { log: ['Nothing had to be copied.'] }));
  });

  test('lies on the disk itself, which a dead run left mounted', async (lab) => {
    const disk = await filledDisk(lab);
    await lab.mount(lab.mountPoint, disk.device);
    const inside = path.join(lab.mountPoint, 'folder-1');
    symlinkSync(inside, lab.path('shortcut'));
    lab.configure([disk], { BACKUP: { 'backup-source': `${lab.path('shortcut')}/` } });
    const sentence =
      /The source .+shortcut\/ lies on the backup disk itself \(\/dev\/loop\d+\)\. Nothing was copied or deleted\./;
    const before = await readTree(lab.mountPoint);
    const end = await lab.run();
    await expectEnd(
      lab,
      end,
      refused('source-on-disk', sentence, { disk, warnings: ['The disk was still mounted at'] }),
    );
    expect(differences(before, await contents(lab, disk))).toEqual([]);
  });
});

describe('deletions', () => {
  test('60 % would go: refused with the count and the way out, which works', async (lab) => {
    writeSmallFiles(lab.source, 100);
    const disk = await lab.disk();
    lab.configure([disk]);
    await expectEnd(lab, await lab.run(), success(disk));
    for (const name of readdirSync(lab.source).slice(0, 4))
      rmSync(lab.path('source', name), { recursive: true });
    const deletes = (await contents(lab, disk)).size - (await readTree(lab.source)).size - 1;
    const sentence = new RegExp(
      `${deletes} of \\d+ files on the disk \\(5\\d(\\.\\d)?%\\) would be deleted, more than the 25% that max-delete-percent allows\\. Nothing was copied or deleted\\.`,
    );
    const run = await expectRefused(
      lab,
      disk,
      refused('too-many-deletions', sentence, { log: ['If it is meant: plugback run --allow-deletes'] }),
    );
    expect(run.estimate?.deletes).toBe(deletes);

    await expectEnd(lab, await lab.run(['--allow-deletes']), success(disk));
    expect(
      await lab.viewed(disk, (folder) => compareTrees(lab.source, folder, { extra: ['lost+found'] })),
    ).toEqual([]);
  });

  test('a few are part of every day, and the limit can be set', async (lab) => {
    const disk = await filledDisk(lab);
    rmSync(lab.path('source/folder-1'), { recursive: true });
    lab.configure([disk], { BACKUP: { 'max-delete-percent': 0 } });
    await expectRefused(
      lab,
      disk,
      refused('too-many-deletions', 'more than the 0% that max-delete-percent allows'),
    );
    lab.configure([disk], { BACKUP: { 'max-delete-percent': 25 } });
    await expectEnd(lab, await lab.run(), success(disk));
  });
});

describe('space', () => {
  /** How much a copy may use. */
  const freeBytes = async (lab: Lab, disk: Disk): Promise<number> =>
    lab.viewed(
      disk,
      async (folder) => Number((await command('stat', '-f', '--format=%a', folder)).trim()) * 4096,
    );

  /** No share is kept back for root, and blocks are of one size. */
  const smallDisk = (lab: Lab) => lab.disk({ megabytes: 64, mkfs: ['-b', '4096', '-m', '0'] });

  test('5 MB too little: refused before anything is copied', async (lab) => {
    const disk = await smallDisk(lab);
    writeNoise(lab.path('source/new.vbk'), (await freeBytes(lab, disk)) + 5 * megabyte);
    lab.configure([disk]);
    const sentence =
      /The copy needs 6\d(\.\d)? MB, but only 5\d(\.\d)? MB are free on the disk: 5(\.\d)? MB too little\. Nothing was copied or deleted\./;
    await expectRefused(
      lab,
      disk,
      refused('not-enough-space', sentence, {
        log: ['Use a larger disk, or remove old backups from the source.'],
      }),
    );
  });

  test('just enough is enough', async (lab) => {
    const disk = await smallDisk(lab);
    writeNoise(lab.path('source/new.vbk'), (await freeBytes(lab, disk)) - megabyte / 2);
    lab.configure([disk]);
    await expectEnd(lab, await lab.run(), success(disk));
  });

  test('it fits only once old files are gone: they go first', async (lab) => {
    const disk = await smallDisk(lab);
    writeSmallFiles(lab.source, 30);
    writeNoise(lab.path('source/Monday.vbk'), 35 * megabyte);
    lab.configure([disk]);
    await expectEnd(lab, await lab.run(), success(disk));
    unlinkSync(lab.path('source/Monday.vbk'));
    writeNoise(lab.path('source/Tuesday.vbk'), 35 * megabyte);
    const log = [
      'The copy fits only once old files are gone, so those are deleted before the new ones are copied.',
    ];
    await expectEnd(lab, await lab.run(), success(disk, { log }));
    expect(
      await lab.viewed(disk, (folder) => compareTrees(lab.source, folder, { extra: ['lost+found'] })),
    ).toEqual([]);
  });

  test('it fits only in place: refused with the hint, which works', async (lab) => {
    const disk = await smallDisk(lab);
    writeSmallFiles(lab.source, 30);
    writeNoise(lab.path('source/full.vbk'), 35 * megabyte);
    lab.configure([disk]);
    await expectEnd(lab, await lab.run(), success(disk));
    writeNoise(lab.path('source/full.vbk'), 36 * megabyte);
    await expectRefused(
      lab,
      disk,
      refused(
        'not-enough-space',
        /Or set rsync-options = --inplace: then large files are overwritten where they are/,
      ),
    );
    lab.configure([disk], { BACKUP: { 'rsync-options': '--inplace' } });
    await expectEnd(lab, await lab.run(), success(disk));
    expect(
      await lab.viewed(disk, (folder) => compareTrees(lab.source, folder, { extra: ['lost+found'] })),
    ).toEqual([]);
  });

  test('the holes of a sparse file need no room', async (lab) => {
    const disk = await smallDisk(lab);
    writeNoise(lab.path('source/machine.img'), megabyte);
    truncateSync(lab.path('source/machine.img'), 500 * megabyte);
    lab.configure([disk]);
    const run = await expectEnd(lab, await lab.run(), success(disk));
    expect(run.estimate?.bytes).toBe(500 * megabyte);
  });

  test('there is room for the bytes, but not for so many files', async (lab) => {
    const disk = await lab.disk({ mkfs: ['-N', '64'] });
    writeSmallFiles(lab.source, 200);
    lab.configure([disk]);
    const sentence =
      /The copy needs 2\d\d more files than before, but the disk’s filesystem can hold only \d+ more\./;
    await expectRefused(lab, disk, refused('not-enough-inodes', sentence));
  });
});

describe('the disk', () => {
  test('is write-protected', async (lab) => {
    const filled = await filledDisk(lab);
    await lab.detach(filled);
    const disk = await lab.attach(filled.image, 'ext4', ['--read-only']);
    const sentence = `The disk ${disk.device} is write-protected. Slide its switch, or use another disk.`;
    await expectRefused(
      lab,
      disk,
      failed('disk-read-only', /The disk .+ is write-protected\./, { log: [sentence] }),
    );
  });

  test('has a filesystem that can only be mounted read-only', async (lab) => {
    writeSmallFiles(lab.source, 10);
    const disk = await lab.disk({ fsType: 'btrfs' });
    await command('btrfstune', '-S', '1', disk.device);
    lab.configure([disk]);
    await expectRefused(
      lab,
      disk,
      failed('disk-read-only', `The disk ${disk.device} can only be mounted read-only`),
    );
  });

  test('has a damaged filesystem', async (lab) => {
    const disk = await filledDisk(lab);
    // The root is no folder any more, and the filesystem knows that something is wrong.
    await command('debugfs', '-w', '-R', 'set_inode_field <2> mode 0', disk.image);
    await command('debugfs', '-w', '-R', 'set_super_value state 2', disk.image);
    const sentence = `The filesystem of ${disk.device} is damaged, and e2fsck cannot repair it by itself (exit code 4). The disk was not mounted.`;
    const { disk: _, ...expected } = failed('fsck-failed', sentence, {
      log: [`Run “e2fsck ${disk.device}” by hand`],
    });
    await expectEnd(lab, await lab.run(), expected);
    expect(isMounted(disk.device)).toBe(false);
  });

  test('has small errors in its filesystem: repaired, with a warning', async (lab) => {
    const disk = await filledDisk(lab);
    await command('debugfs', '-w', '-R', 'set_super_value free_blocks_count 17', disk.image);
    await command('debugfs', '-w', '-R', 'set_super_value state 0', disk.image);
    writeSmallFiles(lab.path('source/new'), 10);
    const subject = /^Backup done with warnings: disk “PLUGBACK”, .+ – you can unplug it/;
    const warnings = [
      'The disk’s filesystem had small errors, probably from being pulled out too early; e2fsck repaired them.',
    ];
    await expectEnd(lab, await lab.run(), success(disk, { outcome: 'warned', subject, warnings }));
    expect(
      await lab.viewed(disk, (folder) => compareTrees(lab.source, folder, { extra: ['lost+found'] })),
    ).toEqual([]);
  });

  test('has a clone with the same UUID', async (lab) => {
    const disk = await filledDisk(lab);
    await command('cp', '--sparse=always', disk.image, lab.path('clone.img'));
    const clone = await lab.attach(lab.path('clone.img'));
    expect(clone.uuid).toBe(disk.uuid);
    const sentence = new RegExp(
      `Two filesystems have the same UUID ${disk.uuid}: ${disk.device} and ${clone.device}\\.`,
    );
    const expected = refused('duplicate-uuid', sentence, { startMail: false });
    const subject = /^Backup REFUSED: no disk, nothing was copied – nothing to unplug/;
    await expectRefused(lab, disk, { ...expected, subject });
    expect(isMounted(clone.device)).toBe(false);
  });

  test('is not one of ours: no mail, no failure, nothing', async (lab) => {
    const disk = await filledDisk(lab);
    const stranger = await lab.disk();
    const before = { history: lab.history(), log: lab.read('log/plugback.log'), status: lab.status() };
    const image = readFileSync(stranger.image);
    const end = await lab.run(['--uuid', stranger.uuid]);
    expect(end).toMatchObject({ exitCode: 0, stderr: '', mails: [], history: [], log: '' });
    expectText(
      end.stdout,
      `The disk ${stranger.uuid} is not enrolled as a backup disk, so it was left alone.`,
    );
    expect({ history: lab.history(), log: lab.read('log/plugback.log'), status: lab.status() }).toEqual(
      before,
    );
    expect(image.equals(readFileSync(stranger.image))).toBe(true);
    expect(isMounted(disk.device)).toBe(false);
  });

  test('is enrolled, but not plugged in', async (lab) => {
    const disk = await filledDisk(lab);
    await lab.detach(disk);
    const sentence = `The disk ${disk.uuid} is not plugged in.`;
    await expectEnd(lab, await lab.run(['--uuid', disk.uuid]), failed('disk-not-attached', sentence, noDisk));
    const none = 'The enrolled disk is not plugged in.';
    await expectEnd(lab, await lab.run(), failed('no-disk-attached', none, noDisk));
  });

  test('is the second of the list, and the only one that is plugged in', async (lab) => {
    writeSmallFiles(lab.source, 10);
    const disk = await lab.disk();
    // Typed in capitals by somebody.
    lab.configure(['11111111-2222-3333-4444-555555555555', disk.uuid.toUpperCase()]);
    await expectEnd(lab, await lab.run(), success(disk));
  });

  test('is mounted elsewhere by somebody, who keeps it', async (lab) => {
    const disk = await filledDisk(lab);
    const before = await contents(lab, disk);
    const elsewhere = lab.path('media');
    await lab.mount(elsewhere, disk.device);
    const sentence = `The disk ${disk.device} is already mounted at ${elsewhere}, by somebody else.`;
    const subject = /^Backup FAILED: disk “PLUGBACK”, nothing was copied – do NOT unplug it/;
    const { disk: _, ...expected } = failed('already-mounted', sentence, {
      subject,
      log: [`Unmount it (umount ${elsewhere})`],
    });
    const run = await expectEnd(lab, await lab.run(), expected);
    expect(run.unplug).toBe(false);
    expect(isMounted(elsewhere)).toBe(true);
    await lab.unmount(elsewhere);
    expect(differences(before, await contents(lab, disk))).toEqual([]);
  });
});

describe('the mount point', () => {
  test('is in use by something else, which stays', async (lab) => {
    const disk = await filledDisk(lab);
    await lab.mount(lab.mountPoint, '-t', 'tmpfs', 'somebody');
    writeFileSync(path.join(lab.mountPoint, 'theirs'), '');
    const sentence = `Something else (somebody) is mounted at ${lab.mountPoint}, where the backup disk belongs. Nothing was copied.`;
    const before = await contents(lab, disk);
    const end = await lab.run();
    expect(end.exitCode).toBe(69);
    expectText(end.stderr, sentence);
    expectText(end.mails.at(-1)?.message.text ?? '', sentence);
    expectText(end.mails.at(-1)?.message.subject ?? '', / – you can unplug it/);
    expect(end.status).toMatchObject({
      state: 'idle',
      run: { outcome: 'failed', error: { code: 'mount-point-in-use' } },
    });
    expect(readdirSync(lab.mountPoint)).toEqual(['theirs']);
    await lab.unmount(lab.mountPoint);
    expectNothingLeft(lab);
    expect(differences(before, await contents(lab, disk))).toEqual([]);
  });

  test('holds files of its own underneath: a warning', async (lab) => {
    const disk = await filledDisk(lab);
    mkdirSync(lab.mountPoint);
    writeFileSync(path.join(lab.mountPoint, 'hidden'), '');
    const subject = /^Backup done with warnings/;
    const warnings = [/holds files of its own underneath the disk\. They fill the system’s disk unseen/];
    await expectEnd(lab, await lab.run(), success(disk, { outcome: 'warned', subject, warnings }));
    expect(readdirSync(lab.mountPoint)).toEqual(['hidden']);
  });

  test('is a file', async (lab) => {
    const disk = await filledDisk(lab);
    writeFileSync(lab.mountPoint, 'a file\n');
    await expectRefused(
      lab,
      disk,
      failed('mount-point-unusable', 'cannot be used as the mount point (not a folder)'),
    );
  });
});

test('a configuration with six mistakes: all six at once, on the terminal and by mail', async (lab) => {
  const disk = await filledDisk(lab);
  const before = await contents(lab, disk);
  lab.configure([disk], {
    BACKUP: {
      'backup-source': 'srv/backups',
      'max-delete-percent': 'many',
      'rsync-options': '--remove-source-files',
      'free-space-treshold-gb': 50,
    },
    GENERAL: { language: 'klingonisch' },
    DEBUG: { debug: 'perhaps' },
  });
  const mistakes = [
    'BACKUP.backup-source: “srv/backups” is not an absolute path',
    'BACKUP.max-delete-percent: “many” is not a whole number',
    'BACKUP.rsync-options: --remove-source-files could remove or replace what must be kept',
    /BACKUP\.free-space-treshold-gb: is not a known key; .*“free-space-threshold-gb”/,
    'GENERAL.language: “klingonisch” is not one of the choices',
    'DEBUG.debug: “perhaps” is not clear',
  ];
  const end = await lab.run();
  expect(end).toMatchObject({ exitCode: 78, stdout: '', history: [] });
  expect(end.stderr).not.toMatch(/^ +at /m);
  expectText(end.stderr, `The configuration ${lab.configFile} has 6 mistakes`);
  const [mail] = end.mails;
  expect(end.mails).toHaveLength(1);
  expect(mail?.to.toSorted()).toEqual(['boss@example.com', 'sysop@example.com']);
  expectText(mail?.message.subject ?? '', /^Backup NOT started: 6 mistakes in the configuration \(/);
  for (const mistake of mistakes) {
    expectText(end.stderr, mistake);
    expectText(mail?.message.text ?? '', mistake);
  }
  expectNothingLeft(lab);
  expect(differences(before, await contents(lab, disk))).toEqual([]);
  expect(countFiles(before)).toBe(61);
});
