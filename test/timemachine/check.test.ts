/** One look at all files: what counts as a change, what is wrong is said once, and a record that is lost comes back. */

import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { beforeEach, describe, expect, vi } from 'vitest';
import { bytesOfText } from '../../src/system/byte-path.ts';
import { copyName } from '../../src/timemachine/copy-name.ts';
import { at, type Desk, type DeskFixtures, deskTest as test } from './desk.ts';

// Each waits for the others as well.
vi.setConfig({ testTimeout: 30_000 });

describe.concurrent('a change', () => {
  beforeEach<DeskFixtures>(async ({ desk }) => {
    desk.write('plan', 'first');
    desk.list('plan');
    await desk.run();
  });

  test('of rights, name or inode alone makes no copy', async ({ desk }) => {
    chmodSync(desk.office.path('plan'), 0o600);
    linkSync(desk.office.path('plan'), desk.office.path('other'));
    expect(await desk.run()).toEqual({ exitCode: 0, said: ['plan has not been modified'] });
    const { atimeMs, mtimeMs } = statSync(desk.office.path('plan'));
    desk.write('new', 'first');
    utimesSync(desk.office.path('new'), atimeMs / 1000, (Math.floor(mtimeMs * 1000) + 0.5) / 1e6);
    renameSync(desk.office.path('new'), desk.office.path('plan'));
    expect(await desk.run()).toEqual({ exitCode: 0, said: ['plan has not been modified'] });
    expect(desk.contents('plan')).toEqual(['first']);
  });

  test('that keeps size and time is found by its content', async ({ desk }) => {
    const { mtimeMs } = statSync(desk.office.path('plan'));
    const seconds = (Math.floor(mtimeMs * 1000) + 0.5) / 1e6;
    desk.write('plan', 'FIRST');
    utimesSync(desk.office.path('plan'), seconds, seconds);
    expect((await desk.run()).said).toEqual(['plan has been modified since last backup, we run new backup']);
    expect(desk.contents('plan').toSorted()).toEqual(['FIRST', 'first']);
    expect(desk.office.copies('plan').map(({ name }) => name.slice(26))).toEqual([' (2) plan', 'plan']);
  });

  test('back to an older state is recognised', async ({ desk }) => {
    desk.write('plan', 'second');
    utimesSync(desk.office.path('plan'), 1_000_000_000, 1_000_000_000);
    await desk.run();
    expect(desk.contents('plan')).toEqual(['second', 'first']);
    expect(desk.office.copies('plan')[0]?.name).toMatch(/^2001-09-0\d/);
  });

  test('of a copy that somebody has deleted: it is made again', async ({ desk }) => {
    const folder = desk.office.path('backup/copies', desk.office.path('plan'));
    for (const name of readdirSync(folder)) rmSync(`${folder}/${name}`);
    expect((await desk.run()).said).toEqual([
      'the last copy of plan is not there any more, we run new backup',
    ]);
    expect(desk.contents('plan')).toEqual(['first']);
  });

  test('of a file behind a link', async ({ desk }) => {
    symlinkSync(desk.office.path('plan'), desk.office.path('link'));
    desk.list('link');
    await desk.run();
    desk.write('plan', 'second');
    await desk.run();
    expect(desk.contents('link')).toEqual(['first', 'second']);
  });
});

describe.concurrent('the record', () => {
  beforeEach<DeskFixtures>(async ({ desk }) => {
    for (const name of ['a', 'b']) desk.write(name, `of ${name}`);
    desk.list('a', 'b');
    await desk.run();
  });

  test('that is lost comes back from the copies, and nothing is copied twice', async ({ desk }) => {
    const before = readFileSync(desk.record(), 'utf8');
    rmSync(desk.record());
    desk.write('b', 'new');
    expect(await desk.run()).toEqual({
      exitCode: 0,
      said: [
        `The record ${desk.record()} is missing; it is made anew from the copies`,
        'a has not been modified',
        'we run 1st backup of b',
      ],
    });
    expect(readFileSync(desk.record(), 'utf8').split('\n')[1]).toBe(before.split('\n')[1]);
    expect([desk.contents('a'), desk.contents('b')]).toEqual([['of a'], ['of b', 'new']]);
    expect((await desk.run()).said).toEqual(['a has not been modified', 'b has not been modified']);
  });

  test.for<[string, (desk: Desk) => void]>([
    ['a line of rubbish', (desk) => appendFileSync(desk.record(), 'rubbish\n')],
    ['half a line', (desk) => writeFileSync(desk.record(), readFileSync(desk.record(), 'utf8').slice(0, -5))],
    ['other bytes', (desk) => writeFileSync(desk.record(), Buffer.from([0, 255, 10, 9, 9, 10]))],
  ])('that holds %s is written anew', async ([, damage], { desk }) => {
    damage(desk);
    desk.write('a', 'new');
    const { said } = await desk.run();
    expect(said[0]).toMatch(/^The record .* is damaged \(\d lines?\); it is made anew from the copies$/);
    expect((await desk.run()).said).toEqual(['a has not been modified', 'b has not been modified']);
    expect([desk.contents('a'), desk.contents('b')]).toEqual([['of a', 'new'], ['of b']]);
  });
});

describe.concurrent('trouble', () => {
  test('is said once each time it changes, and the other files are copied', async ({ desk }) => {
    for (const name of ['missing', 'unreadable', 'folder', 'good']) desk.write(name, 'first');
    desk.list('missing', 'unreadable', 'folder', 'good', 'pipe');
    spawnSync('mkfifo', [desk.office.path('pipe')]);
    expect((await desk.runProgram()).said).toContain('error: pipe is not a plain file and cannot be copied');

    for (const name of ['missing', 'folder']) rmSync(desk.office.path(name));
    mkdirSync(desk.office.path('folder'));
    desk.write('unreadable', 'second');
    chmodSync(desk.office.path('unreadable'), 0o000);
    desk.write('good', 'second');
    expect(await desk.runProgram()).toEqual({
      exitCode: 74,
      said: [
        'file missing not found',
        'file unreadable cannot be accessed, error is (permission denied)',
        'error: folder was a file and is a folder now; its copies stay',
        'good has been modified since last backup, we run new backup',
      ],
    });
    expect(await desk.runProgram()).toEqual({ exitCode: 74, said: ['good has not been modified'] });

    rmSync(desk.office.path('pipe'));
    chmodSync(desk.office.path('unreadable'), 0o600);
    rmSync(desk.office.path('folder'), { recursive: true });
    desk.write('missing', 'again');
    expect(await desk.runProgram()).toEqual({
      exitCode: 74,
      said: [
        'file missing can be read again',
        'missing has been modified since last backup, we run new backup',
        'file unreadable can be read again',
        'unreadable has been modified since last backup, we run new backup',
        'file folder not found',
        'good has not been modified',
        'file pipe not found',
      ],
    });
    expect(desk.contents('missing')).toEqual(['first', 'again']);
    expect(desk.contents('unreadable')).toEqual(['first', 'second']);
  });

  test('that was told before still shows in the exit code, among many files', async ({ desk }) => {
    const names = Array.from({ length: 30 }, (_, index) => `file ${index}`);
    for (const name of names) desk.write(name, name);
    desk.list(...names, 'none');
    expect((await desk.runProgram()).exitCode).toBe(74);
    desk.write('file 7', 'changed');
    expect(await desk.runProgram()).toEqual({
      exitCode: 74,
      said: [
        'file 7 has been modified since last backup, we run new backup',
        '29 files have not been modified',
      ],
    });
    expect(await desk.runProgram()).toEqual({ exitCode: 74, said: ['30 files have not been modified'] });
  });

  test('with the folder of the copies', async ({ desk }) => {
    desk.write('plan', 'first');
    desk.list('plan');
    chmodSync(desk.office.path('backup'), 0o500);
    const { exitCode, said } = await desk.runProgram();
    chmodSync(desk.office.path('backup'), 0o700);
    expect(exitCode).toBe(69);
    expect(said.at(-1)).toContain(
      `Nothing can be written to the folder ${desk.office.path('backup')}/ (permission denied)`,
    );
    expect((await desk.runProgram()).exitCode).toBe(0);
  });

  test('with the list', async ({ desk }) => {
    desk.write('config.dat', '- good\n- bad: thing\n');
    const { exitCode, lines } = await desk.office.type('run', ...at);
    expect(exitCode).toBe(78);
    expect(lines.at(-1)).toContain(
      `Line 2 of the list ${desk.office.path('config.dat')} cannot be understood`,
    );
    expect(existsSync(desk.record())).toBe(false);
    expect((await desk.office.type('remove', ...at, 'x', '-c', 'other')).exitCode).toBe(69);
  });
});

describe.concurrent('the list', () => {
  test('may hold folders and patterns, and what is there twice is copied once', async ({ desk }) => {
    for (const folder of ['in/deep', 'other']) mkdirSync(desk.office.path(folder), { recursive: true });
    for (const name of ['in/a', 'in/deep/.b', 'other/x.txt', 'other/y.doc', 'z.txt']) desk.write(name, name);
    symlinkSync('/etc', desk.office.path('in/away'));
    desk.write('config.dat', '- in\n- other/*.txt\n- "*.txt"\n- in/a\n- ./z.txt\n- none*\n');
    const { exitCode, lines } = await desk.type('run', ...at);
    expect(lines.filter((line) => line.startsWith('we run 1st backup'))).toEqual([
      `we run 1st backup of ${desk.office.path('in/a')}`,
      `we run 1st backup of ${desk.office.path('in/deep/.b')}`,
      `we run 1st backup of ${desk.office.path('other/x.txt')}`,
      `we run 1st backup of ${desk.office.path('z.txt')}`,
    ]);
    expect({ exitCode, said: lines.filter((line) => line.includes('none')) }).toEqual({
      exitCode: 0,
      said: ['nothing matches the pattern none* yet'],
    });
    desk.write('in/deep/new', 'x');
    rmSync(desk.office.path('in/a'));
    const later = await desk.run();
    expect(later.said).toContain(`we run 1st backup of ${desk.office.path('in/deep/new')}`);
    expect(desk.contents('in/deep/new')).toEqual(['x']);
  });

  test('tells of a file with the signs of a pattern in its name that it is gone', async ({ desk }) => {
    desk.write('plan [1].odt', 'first');
    desk.list('plan [1].odt', 'draft (1).odt');
    await desk.run();
    rmSync(desk.office.path('plan [1].odt'));
    expect(await desk.run()).toEqual({ exitCode: 74, said: ['file plan [1].odt not found'] });
  });

  test('may name the folder that holds the copies: they are not copied again', async ({ desk }) => {
    desk.write('plan', 'first');
    const here = ['-d', '.'];
    desk.list('.');
    for (const _ of [1, 2, 3]) await desk.type('run', ...here);
    expect(desk.office.copies('plan', '.').map(({ content }) => content.toString())).toEqual(['first']);
    expect(readdirSync(desk.office.path('copies', desk.office.path())).toSorted()).toEqual([
      'config.dat',
      'plan',
    ]);
  });
});

test.concurrent('a file of the same name from another folder stays apart, and so does one that became a folder', async ({
  desk,
}) => {
  const { path } = desk.office;
  for (const folder of ['a', 'b']) mkdirSync(path(folder));
  for (const folder of ['a', 'b']) desk.write(`${folder}/x`, `of ${folder}`);
  desk.list('a/x', 'b/x');
  await desk.run();
  expect(desk.contents('a/x')).toEqual(['of a']);
  expect(desk.contents('b/x')).toEqual(['of b']);

  rmSync(path('a/x'));
  mkdirSync(path('a/x'));
  desk.write('a/x/x', 'below');
  desk.list('a/x/x');
  const run = await desk.run();
  expect(run.said).toContain('error: a/x was a file and is a folder now; its copies stay');
  expect(run.exitCode).toBe(74);
  expect(desk.contents('a/x/x')).toEqual(['below']);
  expect(desk.contents('b/x')).toHaveLength(1);
});

test.concurrent('what another timemachine keeps in a folder of the list is not copied', async ({ desk }) => {
  const { path } = desk.office;
  desk.list('in');
  for (const folder of ['in/other/copies/srv', 'in/copies', 'in/mine'])
    mkdirSync(path(folder), { recursive: true });
  const theirs = [
    'in/other/records_sent.dat',
    'in/other/copies/srv/x',
    'in/timemachine.log',
    'in/timemachine.log.1',
  ];
  const own = ['in/copies/x', 'in/mine/timemachine.log', 'in/other/mine'];
  for (const name of [...theirs, ...own]) desk.write(name, 'x');
  const line = '2026-11-21 03:12:44  INFO   ...........Timemachine started...........\n';
  for (const name of theirs.slice(2)) desk.write(name, line);
  expect((await desk.run()).said).toEqual(own.map((name) => `we run 1st backup of ${path(name)}`));
});

test.concurrent('its own files are left out also where the list names them, or a link leads to them', async ({
  desk,
}) => {
  const { path } = desk.office;
  desk.write('plan', 'first');
  desk.list('plan');
  await desk.run();
  symlinkSync(path('backup'), path('link'));
  symlinkSync(path('timemachine.log'), path('log'));
  desk.list('backup/records_sent.dat', 'backup/copies', 'link/records_sent.dat', 'link/copies', 'log');
  desk.list('timemachine.log', 'backup');
  expect(await desk.run()).toEqual({ exitCode: 0, said: ['plan has not been modified'] });
});

test.concurrent('a folder for the copies that is missing is told as such, and a file without versions', async ({
  desk,
}) => {
  for (const command of ['versions', 'restore', 'diff', 'thin']) {
    const { exitCode, lines } = await desk.type(command, 'plan', '-d', 'none');
    expect({ command, exitCode, last: lines.at(-1) }).toEqual({
      command,
      exitCode: 69,
      last: expect.stringContaining(`The folder ${desk.office.path('none')}/ was not found`),
    });
    expect((await desk.type(command, 'plan', ...at)).lines.at(-1)).toContain('There is no version of');
  }
});

test.concurrent('folders may be relative or absolute, with a slash at the end or without', async ({
  desk,
}) => {
  const { path, type } = desk.office;
  mkdirSync(path('lists'));
  desk.write('plan', 'first');
  await type('-cl', 'lists', '-d', 'backup', '-c', 'mine.dat', '-a', 'plan');
  for (const [start, end] of [
    ['', ''],
    ['./', '/'],
    [path('/'), '/'],
  ]) {
    const options = ['-cl', `${start}lists${end}`, '-d', `${start}backup${end}`, '-c', 'mine.dat'];
    const { exitCode, lines } = await type('run', ...options);
    expect({ options, exitCode, top: lines.slice(1, 4) }).toEqual({
      options,
      exitCode: 0,
      top: [
        `Config file is ${path('lists/mine.dat')}`,
        `History of files recorded in ${path('backup/records_sent.dat')}`,
        `Destination of backups is ${path('backup')}/`,
      ],
    });
  }
  expect(desk.contents('plan')).toEqual(['first']);
  expect(existsSync(path('lists/timemachine.log'))).toBe(true);
  expect((await type('-cl=lists', '-c', 'mine.dat', '-l')).lines).toContain('plan');
});

test.concurrent('a word that is no subcommand is told with what may have been meant', async ({ desk }) => {
  const { exitCode, lines } = await desk.office.type('verions', ...at);
  expect(exitCode).toBe(64);
  expect(lines[0]).toMatch(/^There is no command “verions”. Did you mean “versions”\?/);
  expect((await desk.office.type('restore', ...at)).exitCode).toBe(64);
});

test.concurrent('--json is one document and nothing else', async ({ desk }) => {
  desk.write('plan', 'first');
  desk.list('plan', 'none');
  // The output has what goes wrong as well.
  const { lines } = await desk.office.type('run', ...at, '--json');
  expect(lines).toHaveLength(2);
  const copy = `${desk.office.path('backup/copies', desk.office.path('plan'))}/${desk.office.copies('plan')[0]?.name}`;
  expect(JSON.parse(lines[1] ?? '')).toEqual({
    copied: [{ file: desk.office.path('plan'), copy }],
    unchanged: 0,
    troubles: [{ file: 'none', kind: 'missing', reason: 'ENOENT' }],
  });
  const versions = await desk.office.type('versions', ...at, 'plan', '--json');
  expect(JSON.parse(versions.lines[0] ?? '')).toMatchObject({
    file: desk.office.path('plan'),
    versions: [{ number: 1, size: 5, copy }],
  });
});

test.concurrent('in German', async ({ desk }) => {
  desk.write('plan', 'x');
  desk.list('plan', 'none');
  const { lines } = await desk.type('run', ...at, '--language', 'de');
  expect(lines).toContain('Erste Kopie von plan');
  expect(lines).toContain('Fehler: Die Datei none wurde nicht gefunden');
});

test.concurrent('the log makes room for itself', async ({ desk }) => {
  writeFileSync(desk.office.path('timemachine.log'), 'x'.repeat(10_000_000));
  for (const number of [1, 2, 3])
    writeFileSync(desk.office.path(`timemachine.log.${number}`), `old ${number}`);
  await desk.type('list', ...at);
  expect(statSync(desk.office.path('timemachine.log')).size).toBeLessThan(10_000);
  expect(statSync(desk.office.path('timemachine.log.1')).size).toBe(10_000_000);
  expect(readFileSync(desk.office.path('timemachine.log.3'), 'utf8')).toBe('old 2');
  expect(existsSync(desk.office.path('timemachine.log.4'))).toBe(false);
});

test.concurrent('a log that cannot be moved aside grows on', async ({ desk }) => {
  writeFileSync(desk.office.path('timemachine.log'), 'x'.repeat(10_000_000));
  mkdirSync(desk.office.path('timemachine.log.3/in the way'), { recursive: true });
  expect((await desk.run()).said.join('\n')).not.toContain('cannot be written');
  expect(statSync(desk.office.path('timemachine.log')).size).toBeGreaterThan(10_000_000);
});

test.concurrent('who may not enter the folder of a file may not read its copies either', async ({ desk }) => {
  desk.write('plan', 'secret');
  desk.list('plan');
  await desk.run();
  expect(statSync(desk.office.path('backup/copies')).mode & 0o777).toBe(0o700);
});

test.concurrent('a copy never runs with another’s rights', async ({ desk }) => {
  desk.write('tool', '#!/bin/sh\n');
  chmodSync(desk.office.path('tool'), 0o6755);
  desk.list('tool');
  await desk.run();
  const copy = `${desk.office.path('backup/copies', desk.office.path('tool'))}/${desk.office.copies('tool')[0]?.name}`;
  expect((statSync(copy).mode & 0o7777).toString(8)).toBe('755');
});

describe.concurrent('restore', () => {
  beforeEach<DeskFixtures>(async ({ desk }) => {
    desk.write('plan', 'first');
    chmodSync(desk.office.path('plan'), 0o640);
    desk.list('plan');
    await desk.run();
    desk.write('plan', 'second');
  });

  test('keeps what the file holds now', async ({ desk }) => {
    expect((await desk.type('restore', 'plan', ...at, '--version', '1')).exitCode).toBe(0);
    expect(readFileSync(desk.office.path('plan'), 'utf8')).toBe('first');
    expect(statSync(desk.office.path('plan')).mode & 0o777).toBe(0o640);
    expect(desk.contents('plan')).toEqual(['first', 'second']);
  });

  test('of a time', async ({ desk }) => {
    await desk.run();
    const [first] = desk.office.copies('plan');
    const time = first?.name.slice(0, 26) ?? '';
    expect((await desk.type('restore', 'plan', ...at, '--at', time)).exitCode).toBe(0);
    expect(readFileSync(desk.office.path('plan'), 'utf8')).toBe('first');
    expect((await desk.type('restore', 'plan', ...at, '--at', '2001-01-01')).exitCode).toBe(69);
    expect((await desk.type('restore', 'plan', ...at, '--at', 'soon')).exitCode).toBe(64);
    expect((await desk.type('restore', 'plan', ...at, '--version', '0')).exitCode).toBe(64);
    expect((await desk.type('restore', 'nobody', ...at)).exitCode).toBe(69);
  });

  test('to another place takes nothing away there', async ({ desk }) => {
    desk.write('taken', 'mine');
    expect((await desk.type('restore', 'plan', ...at, '--to', 'taken')).exitCode).toBe(76);
    expect(readFileSync(desk.office.path('taken'), 'utf8')).toBe('mine');
    symlinkSync('nowhere', desk.office.path('link'));
    expect((await desk.type('restore', 'plan', ...at, '--to', 'link')).exitCode).toBe(76);
    expect((await desk.type('restore', 'plan', ...at, '--to', 'free')).exitCode).toBe(0);
    expect(readFileSync(desk.office.path('free'), 'utf8')).toBe('first');
    expect(readFileSync(desk.office.path('plan'), 'utf8')).toBe('second');
  });

  test('of a file whose folders have gone brings them back, for its owner only', async ({ desk }) => {
    mkdirSync(desk.office.path('in/deep'), { recursive: true });
    desk.write('in/deep/file', 'kept');
    desk.list('in/deep/file');
    await desk.run();
    rmSync(desk.office.path('in'), { recursive: true });
    expect((await desk.type('restore', 'in/deep/file', ...at)).exitCode).toBe(0);
    expect(readFileSync(desk.office.path('in/deep/file'), 'utf8')).toBe('kept');
    for (const folder of ['in', 'in/deep']) {
      expect(statSync(desk.office.path(folder)).mode & 0o777).toBe(0o700);
    }
  });

  test.for([false, true])(
    'what was brought back is not thinned (the file is gone since: %s)',
    async (isGone, { desk }) => {
      const { path } = desk.office;
      for (const [day, content] of [[20_000, 'oldest'] as const, [20_001, 'older'] as const]) {
        const copy = path('backup/copies', path('plan'), copyName(day * 86_400e6, bytesOfText('plan')));
        writeFileSync(copy, content);
        utimesSync(copy, day * 86_400, day * 86_400);
      }
      const notes = async () =>
        (await desk.type('versions', 'plan', ...at)).lines.slice(2).map((line) => line.split(/ {2,}/).at(-1));
      expect(await notes()).toEqual(['copied last', '5 bytes', '6 bytes']);
      expect((await desk.type('restore', 'plan', ...at, '--version', '3')).exitCode).toBe(0);
      expect(await notes()).toEqual(['6 bytes', '5 bytes', '5 bytes', 'what the file holds now']);
      // Either tells which version it is: the record, or what the file is now.
      rmSync(isGone ? path('plan') : desk.record());
      expect((await notes()).at(-1)).toBe(isGone ? 'copied last' : 'what the file holds now');
      await desk.type('thin', ...at, '--keep', '0,0,0,0');
      expect(desk.contents('plan')).toEqual(['oldest', 'second']);
    },
  );

  test('diff shows what has changed since', async ({ desk }) => {
    const { exitCode, lines } = await desk.type('diff', 'plan', ...at);
    expect({ exitCode, text: lines.slice(2) }).toEqual({
      exitCode: 0,
      text: [
        '@@ -1 +1 @@',
        '-first',
        '\\ No newline at end of file',
        '+second',
        '\\ No newline at end of file',
      ],
    });
    await desk.run();
    expect((await desk.type('diff', 'plan', ...at)).lines[0]).toMatch(/plan is the same as the version of /);
  });

  test('thin never takes the newest', async ({ desk }) => {
    await desk.run();
    const rehearsal = await desk.office.type('thin', ...at, '--keep', '0,0,0,0', '--dry-run');
    expect(rehearsal.lines.filter((line) => line.startsWith('Would delete '))).toHaveLength(1);
    expect(desk.contents('plan')).toHaveLength(2);
    await desk.type('thin', 'plan', ...at, '--keep', '0,0,0,0');
    expect(desk.contents('plan')).toEqual(['second']);
    expect((await desk.run()).said).toEqual(['plan has not been modified']);
    expect((await desk.type('thin', ...at, '--keep', 'much')).exitCode).toBe(64);
  });
});
