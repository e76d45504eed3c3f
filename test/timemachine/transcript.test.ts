/** What the timemachine's first description shows, typed command by command: what it says, and what it leaves behind. */

import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { expect, vi } from 'vitest';
import { officeTest as test } from './desk.ts';
import type { Office } from './office.ts';

// Each waits for the others as well.
vi.setConfig({ testTimeout: 30_000 });

const started = '...........Timemachine started...........';
const empty = 'Configuration file is empty, please add files';

/** What every call begins with. */
function head(office: Office, list: string, isEmpty = false): string[] {
  return [
    started,
    ...(isEmpty ? [empty] : []),
    `Config file is ${office.path(list)}`,
    `History of files recorded in ${office.path('backup/records_sent.dat')}`,
    `Destination of backups is ${office.path('backup')}/`,
  ];
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The beginning of a sentence that goes on with what to do about it. */
const beginningWith = (text: string) => expect.stringMatching(new RegExp(`^${escaped(text)}`));

/** A copy's line, without the time in its name. */
function copied(office: Office, name: string): unknown[] {
  const folder = office.path('backup/copies', office.path(), name);
  return [
    expect.stringMatching(
      new RegExp(
        `^${name} was copied to ${escaped(folder)}/\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{6}${name}$`,
      ),
    ),
    `Writing dates_recorded to ${office.path('backup/records_sent.dat')}`,
  ];
}

test.concurrent('how to list, add and remove files', async ({ office }) => {
  const { path } = office;
  mkdirSync(path('backup'));
  const options = ['-c', 'config.dat', '-cl', path(), '-d', path('backup')];
  const list = path('config.dat');
  const [one, two] = [path('file1.txt'), path('file2.txt')];

  expect(await office.type(...options)).toEqual({
    exitCode: 0,
    signal: null,
    lines: head(office, 'config.dat', true),
  });
  rmSync(list);
  expect((await office.type(...options, '-a', one)).lines).toEqual([
    ...head(office, 'config.dat', true),
    `${one} was added to configfile ${list}`,
  ]);
  expect((await office.type(...options, '-a', two)).lines).toEqual([
    ...head(office, 'config.dat'),
    `${two} was added to configfile ${list}`,
  ]);
  expect((await office.type(...options, '-l')).lines).toEqual([
    ...head(office, 'config.dat'),
    'The list of files being observed is',
    one,
    two,
  ]);
  expect((await office.type(...options, '-r', two)).lines).toEqual([
    ...head(office, 'config.dat'),
    `${two} was removed from configfile ${list}`,
  ]);
  // -l goes before -a, and -a before -r.
  expect((await office.type(...options, '-r', one, '-a', two, '-l')).lines).toEqual([
    ...head(office, 'config.dat'),
    'The list of files being observed is',
    one,
  ]);
  expect((await office.type(...options, '-r', one, '-a', two)).lines).toEqual([
    ...head(office, 'config.dat'),
    `${two} was added to configfile ${list}`,
  ]);
  // A file that is there already, and the last ones that go.
  expect(await office.type(...options, '-a', two)).toMatchObject({
    exitCode: 0,
    lines: [...head(office, 'config.dat'), `${two} is already in configfile ${list}`],
  });
  expect(readFileSync(list, 'utf8')).toBe(`- ${one}\n- ${two}\n`);
  await office.type('remove', one, two, ...options);
  expect(await office.type(...options)).toMatchObject({
    exitCode: 0,
    lines: head(office, 'config.dat', true),
  });
});

test.concurrent('how to run it, check modifications and back up', async ({ office }) => {
  const { path } = office;
  for (const name of ['file1.txt', 'file2.txt', 'file3.txt']) writeFileSync(path(name), '');
  chmodSync(path('file2.txt'), 0o000);
  const options = ['-d', path('timemachine/backup'), '-cl', path('timemachine'), '-c', 'myconfig.dat'];
  const top = (isEmpty = false) =>
    head(office, 'timemachine/myconfig.dat', isEmpty).map((line) =>
      line.replace(path('backup'), path('timemachine/backup')),
    );
  const copy = (name: string) =>
    copied(office, name).map((line) =>
      typeof line === 'string'
        ? line.replace(path('backup'), path('timemachine/backup'))
        : expect.stringMatching(
            new RegExp(
              `^${name} was copied to ${escaped(path('timemachine/backup/copies', path(), name))}/[-\\d]{10} [\\d:]{8}\\.\\d{6}${name}$`,
            ),
          ),
    );

  // The folder of the list is missing.
  expect(await office.type(...options)).toMatchObject({
    exitCode: 78,
    lines: [beginningWith(`The folder ${path('timemachine')}/ was not found, timemachine must now exit`)],
  });
  mkdirSync(path('timemachine'));
  expect(await office.type(...options)).toMatchObject({ exitCode: 0, lines: top(true) });
  for (const [index, name] of ['file1.txt', 'file2.txt', 'file3.txt'].entries()) {
    expect((await office.type(...options, '-a', name)).lines).toEqual([
      ...top(index === 0),
      `${name} was added to configfile ${path('timemachine/myconfig.dat')}`,
    ]);
  }
  expect((await office.type(...options, '-l')).lines).toEqual([
    ...top(),
    'The list of files being observed is',
    'file1.txt',
    'file2.txt',
    'file3.txt',
  ]);

  // The first check finds no folder for the copies.
  expect(await office.type(...options)).toMatchObject({
    exitCode: 69,
    lines: [
      ...top(),
      'we run 1st backup of file1.txt',
      beginningWith(`The folder ${path('timemachine/backup')}/ was not found, timemachine must now exit`),
    ],
  });
  mkdirSync(path('timemachine/backup'));
  expect(await office.type(...options)).toMatchObject({
    exitCode: 74,
    lines: [
      ...top(),
      'we run 1st backup of file1.txt',
      ...copy('file1.txt'),
      'file file2.txt cannot be accessed, error is (permission denied)',
      'we run 1st backup of file3.txt',
      ...copy('file3.txt'),
    ],
  });

  chmodSync(path('file2.txt'), 0o400);
  expect(await office.type(...options)).toMatchObject({
    exitCode: 0,
    lines: [
      ...top(),
      'file1.txt has not been modified',
      'file file2.txt can be read again',
      'we run 1st backup of file2.txt',
      ...copy('file2.txt'),
      'file3.txt has not been modified',
    ],
  });

  // touch file*
  for (const name of ['file1.txt', 'file2.txt', 'file3.txt']) {
    const { mode } = statSync(path(name));
    chmodSync(path(name), 0o600);
    writeFileSync(path(name), '');
    chmodSync(path(name), mode & 0o777);
  }
  expect((await office.type(...options)).lines).toEqual([
    ...top(),
    ...['file1.txt', 'file2.txt', 'file3.txt'].flatMap((name) => [
      `${name} has been modified since last backup, we run new backup`,
      ...copy(name),
    ]),
  ]);

  // The log holds all of it; “grep -i error” finds what went wrong.
  const log = readFileSync(path('timemachine/timemachine.log'), 'utf8').trimEnd().split('\n');
  expect(log.every((line) => /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}(INFO |ERROR) {2}\S/.test(line))).toBe(true);
  expect(log.at(-1)).toContain(`Writing dates_recorded to ${path('timemachine/backup/records_sent.dat')}`);
  const errors = log.filter((line) => /error/i.test(line)).map((line) => line.slice(28));
  expect(errors).toEqual([
    empty,
    empty,
    beginningWith(`The folder ${path('timemachine/backup')}/ was not found, timemachine must now exit`),
    'file file2.txt cannot be accessed, error is (permission denied)',
  ]);

  expect(readFileSync(path('timemachine/myconfig.dat'), 'utf8')).toBe(
    '- file1.txt\n- file2.txt\n- file3.txt\n',
  );
  // Every state is there, with the rights of its file and its size.
  for (const name of ['file1.txt', 'file2.txt', 'file3.txt']) {
    const folder = path('timemachine/backup/copies', path(), name);
    const names = readdirSync(folder);
    expect(names).toHaveLength(2);
    for (const one of names) {
      const { mode, size } = statSync(`${folder}/${one}`);
      expect({ one, mode: mode & 0o777, size }).toEqual({
        one,
        mode: name === 'file2.txt' ? 0o400 : 0o644,
        size: 0,
      });
    }
  }
});
