/** The copy itself: what arrives on the disk is the source, on every filesystem and whatever the names. */

import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { expectEnd, expectText, success } from './expectations.ts';
import { diskTests, type FsType, type Lab } from './lab.ts';
import {
  buildOffice,
  compareTrees,
  countFiles,
  officeExcludes,
  passADay,
  readTree,
  writeNoise,
  writeSmallFiles,
} from './trees.ts';

const test = diskTests();

/** What the office holds and the disk must not. */
const leftOut = ['cache', 'accounts/~lock.tmp'];

/** What a filesystem and a desktop keep at the root of a disk. */
const ofTheDisk = ['lost+found', 'System Volume Information', '.Trash-1000'];

/** An office, with a folder for Veeam's lock files in it and a list of what to leave out. */
async function office(lab: Lab): Promise<void> {
  await buildOffice(lab.source);
  mkdirSync(lab.path('source/veeam'));
  writeFileSync(lab.path('source/veeam/.keep'), '');
  writeFileSync(lab.path('excludes'), officeExcludes);
}

const officeSettings = (lab: Lab) => ({
  BACKUP: {
    'veeam-lockfile-path': lab.path('source/veeam'),
    'rsync-excludes': lab.path('excludes'),
    // In a folder on the disk, so that the one in the source has another path and could travel.
    'backup-lockfile-path': 'locks/copy.lock',
  },
});

describe.each<FsType>(['ext4', 'xfs', 'btrfs'])('on %s', (fsType) => {
  test('first copy, a day of changes, second copy, nothing to do', async (lab) => {
    await office(lab);
    const disk = await lab.disk({ fsType });
    await lab.mounted(disk, (folder) => {
      for (const name of ofTheDisk) {
        mkdirSync(path.join(folder, name), { recursive: true });
        writeFileSync(path.join(folder, name, 'kept'), 'not ours to delete\n');
      }
    });
    lab.configure([disk], officeSettings(lab));
    const compared = () =>
      lab.viewed(disk, (folder) =>
        compareTrees(lab.source, folder, {
          excluded: [...leftOut, 'veeam'],
          extra: [...ofTheDisk, 'locks'],
        }),
      );
    const expectTheirsKept = () =>
      lab.viewed(disk, (folder) => {
        for (const name of ofTheDisk) expect(existsSync(path.join(folder, name, 'kept'))).toBe(true);
        expect(existsSync(path.join(folder, 'copy.lock'))).toBe(false);
        expect(readdirSync(path.join(folder, 'locks'))).toEqual([]);
      });

    const files = countFiles(await readTree(lab.source, [...leftOut, 'veeam']));
    const first = await expectEnd(lab, await lab.run(), success(disk, { log: ['this is the first copy'] }));
    expect(first.estimate).toMatchObject({ files, deletes: 0 });
    expect(first.progress).toMatchObject({
      phase: 'flushing',
      files,
      filesTotal: files,
      bytes: first.estimate?.bytes,
    });
    expect(await compared()).toEqual([]);
    await expectTheirsKept();

    await passADay(lab.source);
    const second = await expectEnd(lab, await lab.run(), success(disk));
    expect(second.estimate?.deletes).toBeGreaterThan(20);
    expect(second.estimate?.files).toBeLessThan(60);
    expect(second.progress?.files).toBe(second.estimate?.files);
    expect(await compared()).toEqual([]);
    await expectTheirsKept();

    const logged = statSync(lab.path('log/rsync.log')).mtimeMs;
    const third = await lab.run();
    const nothing = ['There is nothing to copy.', 'Nothing had to be copied.'];
    const subject = /^Backup done: disk “PLUGBACK”, nothing new to copy – you can unplug it/;
    const run = await expectEnd(lab, third, success(disk, { log: nothing, subject }));
    expect(run.estimate).toEqual({ files: 0, bytes: 0, deletes: 0 });
    expectText(third.mails.at(-1)?.message.text ?? '', 'Copied: nothing, the disk was up to date');
    expect(third.log).not.toContain('Copying');
    expect(statSync(lab.path('log/rsync.log')).mtimeMs).toBe(logged);
    expect(await compared()).toEqual([]);
  });
});

test('both mails tell what matters, and carry the logs', async (lab) => {
  writeSmallFiles(lab.source, 30);
  const disk = await lab.disk({ label: 'Friday' });
  lab.configure([disk], { GENERAL: { language: 'de' } });
  const { exitCode, mails, log, history } = await lab.run();
  expect(exitCode).toBe(0);
  expect(log).toContain('Alles ist geschrieben, die Platte ist abgemeldet. Sie können sie jetzt abziehen.');
  const [start, end] = mails;
  expect(mails).toHaveLength(2);
  expect(start?.message.subject).toMatch(/^Sicherung gestartet: „Friday“/);
  expect(start?.message.text).toContain('Friday');
  expect(start?.message.text).toContain(`${lab.source}/`);
  expect(start?.message.attachments).toEqual([]);
  expect(end?.message.subject).toMatch(/^Sicherung fertig: Platte „Friday“, .*30 Dateien.*abgezogen/);
  expect(end?.message.text?.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
  expect(end?.message.text).toContain(disk.uuid);
  const [run] = history;
  const attached = new Map(end?.message.attachments.map((each) => [each.filename, each.content.toString()]));
  expect([...attached.keys()]).toEqual([`plugback-${run?.id}.log`, `rsync-${run?.id}.log`]);
  expectText(attached.get(`plugback-${run?.id}.log`) ?? '', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}INFO {3}\S/m);
  expectText(attached.get(`rsync-${run?.id}.log`) ?? '', 'folder-1/file-1.txt');
});

test('without a slash at its end the source arrives as a folder, and the rest of the disk is left alone', async (lab) => {
  await buildOffice(lab.source);
  const disk = await lab.disk();
  await lab.mounted(disk, (folder) => writeFileSync(path.join(folder, 'stranger'), 'stays\n'));
  lab.configure([disk], { BACKUP: { 'backup-source': lab.source } });
  await expectEnd(lab, await lab.run(), success(disk));
  await passADay(lab.source);
  await expectEnd(lab, await lab.run(), success(disk));
  await expectEnd(lab, await lab.run(), success(disk, { log: ['Nothing had to be copied.'] }));
  await lab.viewed(disk, async (folder) => {
    expect(readdirSync(folder).sort()).toEqual(['lost+found', 'source', 'stranger']);
    expect(await compareTrees(lab.source, path.join(folder, 'source'))).toEqual([]);
  });
});

describe.each<[kept: string, mkfs: string[], copied: number]>([
  ['nanoseconds: a change within the second of the last copy is seen', ['-I', '256'], 1],
  ['only seconds: nothing is copied for ever again', ['-I', '128'], 0],
])('a disk that keeps %s', (_kept, mkfs, copied) => {
  test('', async (lab) => {
    const file = lab.path('source/books.db');
    writeSmallFiles(lab.source, 5);
    writeFileSync(file, 'before');
    utimesSync(file, 1_700_000_000.25, 1_700_000_000.25);
    const disk = await lab.disk({ mkfs });
    lab.configure([disk]);
    await expectEnd(lab, await lab.run(), success(disk));
    writeFileSync(file, 'after_');
    utimesSync(file, 1_700_000_000.75, 1_700_000_000.75);
    const second = await expectEnd(lab, await lab.run(), success(disk));
    expect(second.estimate).toEqual({ files: copied, bytes: 6 * copied, deletes: 0 });
    const third = await expectEnd(lab, await lab.run(), success(disk));
    expect(third.estimate).toEqual({ files: 0, bytes: 0, deletes: 0 });
  });
});

test('only changed rights, owners and times are brought up to date, without copying a byte', async (lab) => {
  writeSmallFiles(lab.source, 30);
  const disk = await lab.disk();
  lab.configure([disk]);
  await expectEnd(lab, await lab.run(), success(disk));
  utimesSync(lab.path('source/folder-1'), 1_000_000_000, 1_000_000_000);
  const log = ['No file has new content; only rights, owners or times have changed'];
  const run = await expectEnd(lab, await lab.run(), success(disk, { log }));
  expect(run.estimate).toEqual({ files: 0, bytes: 0, deletes: 0 });
  expect(
    await lab.viewed(disk, (folder) => compareTrees(lab.source, folder, { extra: ['lost+found'] })),
  ).toEqual([]);
});

test('too little room is left for the next time: a warning, and still a success', async (lab) => {
  writeSmallFiles(lab.source, 30);
  const disk = await lab.disk();
  lab.configure([disk], { BACKUP: { 'free-space-threshold-gb': '0.5' } });
  const subject = /^Backup done with warnings: disk “PLUGBACK”, .+ – you can unplug it/;
  const warnings = [/Only .* MB are free on the disk, less than the 500 MB you asked for/];
  await expectEnd(lab, await lab.run(), success(disk, { outcome: 'warned', subject, warnings }));
});

const long = 'x'.repeat(251);
/** Names are bytes. */
const names: readonly Buffer[] = [
  'new\nline',
  '\n',
  '-rf',
  '--delete',
  'trailing blank ',
  ' leading blank',
  ' ',
  `${long}.end`,
  // Composed and decomposed.
  '\u00fc.txt',
  'u\u0308.txt',
  'tab\tand \x1b[31mescape',
  'back\\slash',
  '\\#012',
  'star*',
  '[brackets]',
  'question?',
  '$(touch pwned)',
  '; touch pwned',
  '`touch pwned`',
  '"double" and \'single\'',
  '~',
  '#comment',
  '!exclamation',
  '+ plus',
  '😀',
  '%s%n',
  '{a,b}',
  '.hidden',
  '...',
]
  .map((name) => Buffer.from(name))
  .concat(Buffer.from([0xff, 0xfe, 0x80]), Buffer.from([0x61, 0xc3]), Buffer.from([0xed, 0xa0, 0x80]));

test('names: anything that the filesystem takes is copied, counted, and deleted again', async (lab) => {
  writeSmallFiles(lab.path('source/office'), 300);
  const inSource = (...parts: readonly (string | Buffer)[]): Buffer =>
    Buffer.concat([
      Buffer.from(lab.source),
      ...parts.flatMap((part) => [Buffer.from('/'), Buffer.from(part)]),
    ]);
  for (const name of names) {
    writeFileSync(inSource(name), name);
    const folder = Buffer.concat([Buffer.from('folder '), name]).subarray(0, 255);
    mkdirSync(inSource(folder));
    writeFileSync(inSource(folder, name), name);
  }
  linkSync(inSource('-rf'), inSource('folder -rf', 'linked'));
  // Like our own, but not at the root.
  for (const name of ['.plugback.lock', 'lost+found']) writeFileSync(inSource('office', name), 'travels\n');
  const disk = await lab.disk();
  lab.configure([disk]);
  const compared = () =>
    lab.viewed(disk, (folder) => compareTrees(lab.source, folder, { extra: ['lost+found'] }));

  const run = await expectEnd(lab, await lab.run(), success(disk));
  expect(run.estimate).toMatchObject({ files: 300 + 2 * names.length + 2, deletes: 0 });
  expect(run.progress?.files).toBe(run.estimate?.files);
  expect(await compared()).toEqual([]);
  expect(existsSync(lab.path('pwned'))).toBe(false);

  for (const name of names) rmSync(inSource(name));
  const second = await expectEnd(lab, await lab.run(), success(disk));
  expect(second.estimate).toEqual({ files: 0, bytes: 0, deletes: names.length });
  expect(await compared()).toEqual([]);
});

test('a copy that is held back shows how far it is inside a small file, too', async (lab) => {
  writeNoise(lab.path('source/only.vbk'), 3_000_000);
  const disk = await lab.disk();
  lab.configure([disk], { BACKUP: { 'rsync-options': '--bwlimit=1000' } });
  const job = await lab.start();
  await job.until('a part of the only file', () => {
    const bytes = lab.status()?.run?.progress?.bytes ?? 0;
    return bytes > 0 && bytes < 3_000_000;
  });
  await expectEnd(lab, await job.ended, success(disk));
});
