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
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Office, openOffice } from './office.ts';

let office: Office;
beforeEach(() => {
  office = openOffice();
  mkdirSync(office.path('backup'));
});
afterEach(() => office.close());

const at = ['-d', 'backup'];
const record = () => office.path('backup/records_sent.dat');
const contents = (file: string) => office.copies(file).map(({ content }) => content.toString());

/** Changed long ago, so that nobody waits for it to be quiet: the kernel's own time cannot be set back, but waited for. */
function write(name: string, content: string): void {
  writeFileSync(office.path(name), content);
}

/** What a run says of the files, and its exit code. */
async function run(...options: string[]): Promise<{ exitCode: number | null; said: string[] }> {
  const { exitCode, lines } = await office.type('run', ...at, ...options);
  return { exitCode, said: lines.slice(4).filter((line) => !/^Writing|was copied to/.test(line)) };
}

describe('a change', () => {
  beforeEach(async () => {
    write('plan', 'first');
    await office.type('add', ...at, 'plan');
    await run();
  });

  test('of rights, name or inode alone makes no copy', async () => {
    chmodSync(office.path('plan'), 0o600);
    linkSync(office.path('plan'), office.path('other'));
    expect(await run()).toEqual({ exitCode: 0, said: ['plan has not been modified'] });
    const { atimeMs, mtimeMs } = statSync(office.path('plan'));
    write('new', 'first');
    utimesSync(office.path('new'), atimeMs / 1000, (Math.floor(mtimeMs * 1000) + 0.5) / 1e6);
    renameSync(office.path('new'), office.path('plan'));
    expect(await run()).toEqual({ exitCode: 0, said: ['plan has not been modified'] });
    expect(contents('plan')).toEqual(['first']);
  });

  test('that keeps size and time is found by its content', async () => {
    const { mtimeMs } = statSync(office.path('plan'));
    const seconds = (Math.floor(mtimeMs * 1000) + 0.5) / 1e6;
    write('plan', 'FIRST');
    utimesSync(office.path('plan'), seconds, seconds);
    expect((await run()).said).toEqual(['plan has been modified since last backup, we run new backup']);
    expect(contents('plan').toSorted()).toEqual(['FIRST', 'first']);
    expect(office.copies('plan').map(({ name }) => name.slice(26))).toEqual([' (2) plan', 'plan']);
  });

  test('back to an older state is recognised', async () => {
    write('plan', 'second');
    utimesSync(office.path('plan'), 1_000_000_000, 1_000_000_000);
    await run();
    expect(contents('plan')).toEqual(['second', 'first']);
    expect(office.copies('plan')[0]?.name).toMatch(/^2001-09-0\d/);
  });

  test('of a copy that somebody has deleted: it is made again', async () => {
    const folder = office.path('backup/copies', office.path('plan'));
    for (const name of readdirSync(folder)) rmSync(`${folder}/${name}`);
    expect((await run()).said).toEqual(['the last copy of plan is not there any more, we run new backup']);
    expect(contents('plan')).toEqual(['first']);
  });

  test('of a file behind a link', async () => {
    symlinkSync(office.path('plan'), office.path('link'));
    await office.type('add', ...at, 'link');
    await run();
    write('plan', 'second');
    await run();
    expect(contents('link')).toEqual(['first', 'second']);
  });
});

describe('the record', () => {
  beforeEach(async () => {
    for (const name of ['a', 'b']) write(name, `of ${name}`);
    await office.type('add', ...at, 'a', 'b');
    await run();
  });

  test('that is lost comes back from the copies, and nothing is copied twice', async () => {
    const before = readFileSync(record(), 'utf8');
    rmSync(record());
    write('b', 'new');
    expect(await run()).toEqual({
      exitCode: 0,
      said: [
        `The record ${record()} is missing; it is made anew from the copies`,
        'a has not been modified',
        'we run 1st backup of b',
      ],
    });
    expect(readFileSync(record(), 'utf8').split('\n')[1]).toBe(before.split('\n')[1]);
    expect([contents('a'), contents('b')]).toEqual([['of a'], ['of b', 'new']]);
    expect((await run()).said).toEqual(['a has not been modified', 'b has not been modified']);
  });

  test.each([
    ['a line of rubbish', () => appendFileSync(record(), 'rubbish\n')],
    ['half a line', () => writeFileSync(record(), readFileSync(record(), 'utf8').slice(0, -5))],
    ['other bytes', () => writeFileSync(record(), Buffer.from([0, 255, 10, 9, 9, 10]))],
  ])('that holds %s is written anew', async (_, damage) => {
    damage();
    write('a', 'new');
    const { said } = await run();
    expect(said[0]).toMatch(/^The record .* is damaged \(\d lines?\); it is made anew from the copies$/);
    expect((await run()).said).toEqual(['a has not been modified', 'b has not been modified']);
    expect([contents('a'), contents('b')]).toEqual([['of a', 'new'], ['of b']]);
  });
});

describe('trouble', () => {
  test('is said once each time it changes, and the other files are copied', async () => {
    for (const name of ['missing', 'unreadable', 'folder', 'good']) write(name, 'first');
    await office.type('add', ...at, 'missing', 'unreadable', 'folder', 'good', 'pipe');
    spawnSync('mkfifo', [office.path('pipe')]);
    expect((await run()).said).toContain('error: pipe is not a plain file and cannot be copied');

    for (const name of ['missing', 'folder']) rmSync(office.path(name));
    mkdirSync(office.path('folder'));
    write('unreadable', 'second');
    chmodSync(office.path('unreadable'), 0o000);
    write('good', 'second');
    expect(await run()).toEqual({
      exitCode: 74,
      said: [
        'file missing not found',
        'file unreadable cannot be accessed, error is permission denied',
        'error: folder was a file and is a folder now; its copies stay',
        'good has been modified since last backup, we run new backup',
      ],
    });
    expect(await run()).toEqual({ exitCode: 74, said: ['good has not been modified'] });

    rmSync(office.path('pipe'));
    chmodSync(office.path('unreadable'), 0o600);
    rmSync(office.path('folder'), { recursive: true });
    write('missing', 'again');
    expect(await run()).toEqual({
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
    expect(contents('missing')).toEqual(['first', 'again']);
    expect(contents('unreadable')).toEqual(['first', 'second']);
  });

  test('with the folder of the copies', async () => {
    write('plan', 'first');
    await office.type('add', ...at, 'plan');
    chmodSync(office.path('backup'), 0o500);
    const { exitCode, said } = await run();
    chmodSync(office.path('backup'), 0o700);
    expect(exitCode).toBe(74);
    expect(said.at(-1)).toContain(
      `Nothing can be written to the folder ${office.path('backup')}/ (permission denied)`,
    );
    expect((await run()).exitCode).toBe(0);
  });

  test('with the list', async () => {
    write('config.dat', '- good\n- bad: thing\n');
    const { exitCode, lines } = await office.type('run', ...at);
    expect(exitCode).toBe(78);
    expect(lines.at(-1)).toContain(`Line 2 of the list ${office.path('config.dat')} cannot be understood`);
    expect(existsSync(record())).toBe(false);
    expect((await office.type('remove', ...at, 'x', '-c', 'other')).exitCode).toBe(69);
  });
});

describe('the list', () => {
  test('may hold folders and patterns, and what is there twice is copied once', async () => {
    for (const folder of ['in/deep', 'other']) mkdirSync(office.path(folder), { recursive: true });
    for (const name of ['in/a', 'in/deep/.b', 'other/x.txt', 'other/y.doc', 'z.txt']) write(name, name);
    symlinkSync('/etc', office.path('in/away'));
    write('config.dat', '- in\n- other/*.txt\n- "*.txt"\n- in/a\n- ./z.txt\n- none*\n');
    const { lines } = await office.type('run', ...at);
    expect(lines.filter((line) => line.startsWith('we run 1st backup'))).toEqual([
      `we run 1st backup of ${office.path('in/a')}`,
      `we run 1st backup of ${office.path('in/deep/.b')}`,
      `we run 1st backup of ${office.path('other/x.txt')}`,
      `we run 1st backup of ${office.path('z.txt')}`,
    ]);
    expect(lines.at(-1)).toBe('file none* not found');
    write('in/deep/new', 'x');
    rmSync(office.path('in/a'));
    const later = await run();
    expect(later.said).toContain(`we run 1st backup of ${office.path('in/deep/new')}`);
    expect(contents('in/deep/new')).toEqual(['x']);
  });

  test('may name the folder that holds the copies: they are not copied again', async () => {
    write('plan', 'first');
    const here = ['-d', '.'];
    await office.type('add', ...here, '.');
    for (const _ of [1, 2, 3]) await office.type('run', ...here);
    expect(office.copies('plan', '.').map(({ content }) => content.toString())).toEqual(['first']);
    expect(readdirSync(office.path('copies', office.path())).toSorted()).toEqual(['config.dat', 'plan']);
  });
});

test('--json is one document and nothing else', async () => {
  write('plan', 'first');
  await office.type('add', ...at, 'plan', 'none');
  // The output has what goes wrong as well.
  const { lines } = await office.type('run', ...at, '--json');
  expect(lines).toHaveLength(2);
  const copy = `${office.path('backup/copies', office.path('plan'))}/${office.copies('plan')[0]?.name}`;
  expect(JSON.parse(lines[1] ?? '')).toEqual({
    copied: [{ file: office.path('plan'), copy }],
    unchanged: 0,
    troubles: [{ file: 'none', kind: 'missing', reason: 'ENOENT' }],
  });
  const versions = await office.type('versions', ...at, 'plan', '--json');
  expect(JSON.parse(versions.lines[0] ?? '')).toMatchObject({
    file: office.path('plan'),
    versions: [{ number: 1, size: 5, copy }],
  });
});

test('in German', async () => {
  write('plan', 'x');
  await office.type('add', ...at, 'plan', 'none');
  const { lines } = await office.type('run', ...at, '--language', 'de');
  expect(lines).toContain('Erste Kopie von plan');
  expect(lines).toContain('Fehler: Die Datei none wurde nicht gefunden');
});

test('the log makes room for itself', async () => {
  writeFileSync(office.path('timemachine.log'), 'x'.repeat(10_000_000));
  for (const number of [1, 2, 3]) writeFileSync(office.path(`timemachine.log.${number}`), `old ${number}`);
  await office.type('list', ...at);
  expect(statSync(office.path('timemachine.log')).size).toBeLessThan(10_000);
  expect(statSync(office.path('timemachine.log.1')).size).toBe(10_000_000);
  expect(readFileSync(office.path('timemachine.log.3'), 'utf8')).toBe('old 2');
  expect(existsSync(office.path('timemachine.log.4'))).toBe(false);
});

test('who may not enter the folder of a file may not read its copies either', async () => {
  write('plan', 'secret');
  await office.type('add', ...at, 'plan');
  await run();
  expect(statSync(office.path('backup/copies')).mode & 0o777).toBe(0o700);
});

test('a copy never runs with another’s rights', async () => {
  write('tool', '#!/bin/sh\n');
  chmodSync(office.path('tool'), 0o6755);
  await office.type('add', ...at, 'tool');
  await run();
  const copy = `${office.path('backup/copies', office.path('tool'))}/${office.copies('tool')[0]?.name}`;
  expect((statSync(copy).mode & 0o7777).toString(8)).toBe('755');
});

describe('restore', () => {
  beforeEach(async () => {
    write('plan', 'first');
    chmodSync(office.path('plan'), 0o640);
    await office.type('add', ...at, 'plan');
    await run();
    write('plan', 'second');
  });

  test('keeps what the file holds now', async () => {
    expect((await office.type('restore', 'plan', ...at, '--version', '1')).exitCode).toBe(0);
    expect(readFileSync(office.path('plan'), 'utf8')).toBe('first');
    expect(statSync(office.path('plan')).mode & 0o777).toBe(0o640);
    expect(contents('plan')).toEqual(['first', 'second']);
  });

  test('of a time', async () => {
    await run();
    const [first] = office.copies('plan');
    const time = first?.name.slice(0, 26) ?? '';
    expect((await office.type('restore', 'plan', ...at, '--at', time)).exitCode).toBe(0);
    expect(readFileSync(office.path('plan'), 'utf8')).toBe('first');
    expect((await office.type('restore', 'plan', ...at, '--at', '2001-01-01')).exitCode).toBe(69);
    expect((await office.type('restore', 'plan', ...at, '--at', 'soon')).exitCode).toBe(64);
    expect((await office.type('restore', 'plan', ...at, '--version', '0')).exitCode).toBe(64);
    expect((await office.type('restore', 'nobody', ...at)).exitCode).toBe(69);
  });

  test('to another place takes nothing away there', async () => {
    write('taken', 'mine');
    expect((await office.type('restore', 'plan', ...at, '--to', 'taken')).exitCode).toBe(76);
    expect(readFileSync(office.path('taken'), 'utf8')).toBe('mine');
    expect((await office.type('restore', 'plan', ...at, '--to', 'free')).exitCode).toBe(0);
    expect(readFileSync(office.path('free'), 'utf8')).toBe('first');
    expect(readFileSync(office.path('plan'), 'utf8')).toBe('second');
  });

  test('diff shows what has changed since', async () => {
    const { exitCode, lines } = await office.type('diff', 'plan', ...at);
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
    await run();
    expect((await office.type('diff', 'plan', ...at)).lines[0]).toMatch(
      /plan is the same as the version of /,
    );
  });

  test('thin never takes the newest', async () => {
    await run();
    const rehearsal = await office.type('thin', ...at, '--keep', '0,0,0,0', '--dry-run');
    expect(rehearsal.lines.filter((line) => line.startsWith('Would delete '))).toHaveLength(1);
    expect(contents('plan')).toHaveLength(2);
    await office.type('thin', 'plan', ...at, '--keep', '0,0,0,0');
    expect(contents('plan')).toEqual(['second']);
    expect((await run()).said).toEqual(['plan has not been modified']);
    expect((await office.type('thin', ...at, '--keep', 'much')).exitCode).toBe(64);
  });
});
