/** What cannot be read, has something else in its place, or was prepared by somebody: said in words, and nothing lost. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { beforeEach, describe, expect, vi } from 'vitest';
import { realClock } from '../../src/system/clock.ts';
import { withLock } from '../../src/system/lock.ts';
import { at, type DeskFixtures, deskTest as test } from './desk.ts';
import { program, until } from './office.ts';

// Each waits for the others as well.
vi.setConfig({ testTimeout: 30_000 });

/** The exit code, and the last line of what was said. */
function endOf({ exitCode, lines }: { exitCode: number | null; lines: readonly string[] }) {
  return { exitCode, last: lines.at(-1) ?? '' };
}

describe.concurrent('what cannot be read', () => {
  beforeEach<DeskFixtures>(({ desk }) => {
    desk.write('plan', 'first');
    desk.list('plan');
  });

  test('a folder for copies behind a closed one, or behind a file', async ({ desk }) => {
    const { type, path } = desk.office;
    mkdirSync(path('closed/copies'), { recursive: true });
    chmodSync(path('closed'), 0o000);
    const closed = await type('run', '-d', 'closed/copies');
    chmodSync(path('closed'), 0o700);
    expect(endOf(closed)).toEqual({
      exitCode: 77,
      last: `${path('closed/copies/records_sent.dat')} cannot be read (permission denied), timemachine must now exit. Check its rights and its disk, or name another folder with -d.`,
    });
    expect(endOf(await type('run', '-d', 'plan/copies'))).toEqual({
      exitCode: 69,
      last: expect.stringContaining(
        `The folder ${path('plan/copies')}/ was not found, timemachine must now exit.`,
      ),
    });
  });

  test('a folder for the list behind a closed one, or behind a file', async ({ desk }) => {
    const { type, path } = desk.office;
    mkdirSync(path('closed/list'), { recursive: true });
    chmodSync(path('closed'), 0o000);
    const closed = await type('list', '-cl', 'closed/list', '--language', 'de');
    chmodSync(path('closed'), 0o700);
    expect(endOf(closed)).toEqual({
      exitCode: 77,
      last: `Die Liste ${path('closed/list')}/ kann nicht gelesen werden (keine Berechtigung), Timemachine muss jetzt aufhören. Prüfen Sie ihre Rechte.`,
    });
    expect(endOf(await type('list', '-cl', 'plan/list')).exitCode).toBe(78);
  });

  test('a record that is closed, or a folder: nothing is copied', async ({ desk }) => {
    await desk.run();
    desk.write('plan', 'second');
    chmodSync(desk.record(), 0o000);
    const closed = await desk.office.type('run', ...at);
    chmodSync(desk.record(), 0o600);
    expect(endOf(closed)).toEqual({
      exitCode: 77,
      last: expect.stringContaining(`${desk.record()} cannot be read (permission denied)`),
    });
    renameSync(desk.record(), desk.office.path('kept'));
    mkdirSync(desk.record());
    expect(endOf(await desk.office.type('run', ...at))).toEqual({
      exitCode: 69,
      last: expect.stringContaining(`${desk.record()} cannot be read (it is a folder)`),
    });
    expect(desk.contents('plan')).toEqual(['first']);
  });

  test('copies that belong to somebody else', async ({ desk }) => {
    await desk.run();
    chmodSync(desk.office.path('backup/copies'), 0o000);
    const told = [];
    for (const words of [
      ['versions', 'plan'],
      ['restore', 'plan', '--to', 'new'],
      ['diff', 'plan'],
      ['thin'],
    ]) {
      told.push(await desk.office.type(...words, ...at));
    }
    chmodSync(desk.office.path('backup/copies'), 0o700);
    for (const { exitCode, lines } of told) {
      expect(exitCode).toBe(77);
      expect(lines.at(-1)).toMatch(/cannot be read \(permission denied\), timemachine must now exit\. Check/);
    }
    expect(existsSync(desk.office.path('new'))).toBe(false);
  });

  test('what an unfinished copy of somebody else’s left behind', async ({ desk }) => {
    mkdirSync(desk.office.path('backup/unfinished/x'), { recursive: true });
    writeFileSync(desk.office.path('backup/unfinished/x/0'), 'half');
    chmodSync(desk.office.path('backup/unfinished/x'), 0o000);
    const told = await desk.office.type('run', ...at);
    chmodSync(desk.office.path('backup/unfinished/x'), 0o700);
    expect(endOf(told)).toEqual({
      exitCode: 69,
      last: expect.stringContaining(`Nothing can be written to the folder ${desk.office.path('backup')}/`),
    });
  });

  test('a file that is to be compared', async ({ desk }) => {
    await desk.run();
    chmodSync(desk.office.path('plan'), 0o000);
    expect(endOf(await desk.office.type('diff', 'plan', ...at))).toEqual({
      exitCode: 74,
      last: expect.stringMatching(/\/plan cannot be compared \(permission denied\)\. Check its rights\./),
    });
    rmSync(desk.office.path('plan'));
    expect((await desk.office.type('diff', 'plan', ...at)).lines.slice(2)).toEqual([
      '@@ -1 +0,0 @@',
      '-first',
      '\\ No newline at end of file',
    ]);
    mkdirSync(desk.office.path('plan'));
    expect(endOf(await desk.office.type('diff', 'plan', ...at, '--language', 'de'))).toEqual({
      exitCode: 74,
      last: expect.stringMatching(/\/plan kann nicht verglichen werden \(es ist ein Ordner\)\./),
    });
  });
});

test.concurrent('a file that somebody has locked is told once, and copied when it is free', async ({
  desk,
}) => {
  desk.write('plan', 'first');
  desk.list('plan');
  // As a file server does for its clients: whoever opens the file without waiting is told to come again.
  const [setLease, toWrite] = [1024, 1];
  const script = `$SIG{IO} = 'IGNORE'; $| = 1;
open(my $file, '+<', $ARGV[0]) or die $!;
fcntl($file, ${setLease}, ${toWrite}) or die $!;
print "held\\n";
sleep;`;
  const holder = spawn('perl', ['-e', script, desk.office.path('plan')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'exit');
  await once(holder.stdout, 'data');
  try {
    expect(await desk.run()).toEqual({
      exitCode: 74,
      said: [expect.stringMatching(/^file plan is locked by another program, error is \(it is in use\)$/)],
    });
    expect(await desk.run()).toEqual({ exitCode: 74, said: [] });
  } finally {
    holder.kill('SIGKILL');
    await ended;
  }
  expect(await desk.run()).toEqual({
    exitCode: 0,
    said: ['file plan can be read again', 'we run 1st backup of plan'],
  });
});

test.concurrent('a link in the tree of copies is not followed out of it', async ({ desk }) => {
  const { path } = desk.office;
  desk.write('plan', 'secret');
  desk.list('plan');
  mkdirSync(path('elsewhere'));
  mkdirSync(path('backup/copies'));
  // The first folder of the file's path.
  symlinkSync(path('elsewhere'), path('backup/copies', path().split('/')[1] ?? ''));
  expect(await desk.run()).toEqual({
    exitCode: 74,
    said: [
      expect.stringMatching(/^The record .* is missing/),
      'file plan could not be copied, error is (a symbolic link is in its place)',
    ],
  });
  expect(readdirSync(path('elsewhere'))).toEqual([]);
});

test.concurrent('the destination itself may be reached through a link', async ({ desk }) => {
  desk.write('plan', 'first');
  desk.list('plan');
  symlinkSync(desk.office.path('backup'), desk.office.path('link'));
  expect((await desk.type('run', '-d', 'link')).exitCode).toBe(0);
  expect(desk.contents('plan')).toEqual(['first']);
});

test.concurrent('files that are added at the same time are all in the list', async ({ desk }) => {
  const names = Array.from({ length: 6 }, (_, index) => `file ${index}`);
  const told = await Promise.all(names.map((name) => desk.office.type('add', ...at, name)));
  expect(told.map(({ exitCode }) => exitCode)).toEqual(names.map(() => 0));
  const list = readFileSync(desk.office.path('config.dat'), 'utf8');
  expect(list.split('\n').toSorted()).toEqual(['', ...names.map((name) => `- ${name}`)]);
  expect(readdirSync(desk.office.path()).toSorted()).toEqual(['backup', 'config.dat', 'timemachine.log']);
});

test.concurrent('restore --to with a slash at the end means a folder', async ({ desk }) => {
  desk.write('plan', 'first');
  desk.list('plan');
  await desk.run();
  expect(endOf(await desk.type('restore', 'plan', ...at, '--to', 'out/'))).toEqual({
    exitCode: 74,
    last: expect.stringContaining(
      `The folder ${desk.office.path('out')}/ does not exist, so nothing was brought back.`,
    ),
  });
  expect(existsSync(desk.office.path('out'))).toBe(false);
  for (const [language, words] of [
    ['en', 'there is 1, the oldest of'],
    ['de', 'es ist eine, die älteste vom'],
  ] as const) {
    const { lines } = await desk.type('restore', 'plan', ...at, '--version', '9', '--language', language);
    expect(lines.at(-1)).toContain(words);
  }
});

test.concurrent('a list that cannot be changed is told as the list', async ({ desk }) => {
  const { path, type } = desk.office;
  mkdirSync(path('lists'), { mode: 0o500 });
  expect(endOf(await type('add', 'plan', '-cl', 'lists', ...at))).toEqual({
    exitCode: 77,
    last: expect.stringContaining(
      `The list ${path('lists/config.dat')} cannot be changed (permission denied).`,
    ),
  });
});

test.concurrent('who waits for another timemachine says so at once', async ({ desk }) => {
  desk.write('plan', 'first');
  desk.list('plan');
  const lock = {
    path: desk.office.path('backup/timemachine'),
    procRoot: '/proc',
    clock: realClock,
    signal: new AbortController().signal,
    wait: false,
    onLost: () => undefined,
  };
  let run = Promise.resolve<{ exitCode: number | null }>({ exitCode: null });
  await withLock(lock, async () => {
    run = desk.run();
    const log = () => readFileSync(desk.office.path('timemachine.log'), 'utf8');
    const isThere = () => existsSync(desk.office.path('timemachine.log'));
    await until('the sentence', () => isThere() && log().includes('Another timemachine is writing to'));
  });
  expect((await run).exitCode).toBe(0);
});

test.concurrent('the help of a subcommand has one --version at most', async ({ desk }) => {
  const count = async (name: string) =>
    (await desk.office.type(name, '--help')).lines.filter((line) => /^ *--version/.test(line)).length;
  expect([await count('restore'), await count('versions')]).toEqual([1, 0]);
});

test.concurrent('a mistake in the list is told in the language of the rest', async ({ desk }) => {
  for (const [text, reason] of [
    ['a: b\n', 'das ist keine Liste'],
    ['- a\n- [b\n', 'ein Anführungszeichen oder eine Klammer fehlt'],
    ['- a\n\t- b\n', 'ein Tabulator steht, wo Leerzeichen hingehören'],
    ['- a\nb\n', 'das ist kein Eintrag einer Liste'],
  ]) {
    desk.write('config.dat', text ?? '');
    const { lines } = await desk.type('list', '--language', 'de');
    expect(lines.at(-1)).toContain(`ist nicht verständlich (${reason})`);
  }
});

test.concurrent('in a folder that was removed, relative names mean nothing', async ({ desk }) => {
  const { path } = desk.office;
  const type = (...words: string[]) => {
    const script = 'cd "$1" && rmdir "$1" && shift && exec "$@"';
    mkdirSync(path('gone'), { recursive: true });
    const child = spawnSync(
      'sh',
      ['-c', script, 'sh', path('gone'), process.execPath, program, 'timemachine', ...words],
      {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, LANG: 'C.UTF-8' },
      },
    );
    return { exitCode: child.status, said: child.stderr };
  };
  const meaningless = {
    exitCode: 64,
    said: expect.stringContaining('The current folder was removed, so that'),
  };
  expect(type('run')).toEqual(meaningless);
  const whole = ['-cl', path(), '-d', path('backup')];
  expect(type('add', 'plan', ...whole)).toEqual(meaningless);
  expect(type('add', path('plan'), ...whole).exitCode).toBe(0);
  expect(readFileSync(path('config.dat'), 'utf8')).toBe(`- ${path('plan')}\n`);
});

test.concurrent('one word too many is wrong usage, not left out', async ({ desk }) => {
  for (const words of [
    ['restore', 'g', 'h'],
    ['run', 'g'],
  ]) {
    expect(endOf(await desk.office.type(...words, ...at))).toEqual({
      exitCode: 64,
      last: expect.stringContaining('There are more words than this command takes.'),
    });
  }
});

test.concurrent('empty names are wrong usage', async ({ desk }) => {
  desk.write('a', 'a');
  const empty: [string, string[]][] = [
    ['-d', ['run', '-d', '']],
    ['-cl', ['run', '-cl', '']],
    ['-c', ['run', '-c', '']],
    ['FILE', ['add', '']],
    ['FILE', ['versions', '', ...at]],
    ['FILE', ['thin', '', ...at]],
  ];
  for (const [word, words] of empty) {
    expect(endOf(await desk.type(...words))).toEqual({
      exitCode: 64,
      last: expect.stringContaining(`The name for ${word} is empty`),
    });
  }
  desk.list('a');
  await desk.run();
  expect(endOf(await desk.type('restore', 'a', ...at, '--to', '')).last).toContain(
    'The name for --to is empty',
  );
});

describe.concurrent('the configuration', () => {
  const configuration = (desk: DeskFixtures['desk'], ...lines: string[]) =>
    desk.write('config.ini', ['[TIMEMACHINE]', ...lines, ''].join('\n'));

  test('names the folders; options win', async ({ desk }) => {
    const { path } = desk.office;
    const { type } = desk;
    mkdirSync(path('lists'));
    mkdirSync(path('here'));
    desk.write('plan', 'first');
    const keys = [`destination = ${path('backup')}`, `list-folder = ${path('lists')}/`, 'list-name = my.dat'];
    configuration(desk, ...keys, 'keep = 0,0,0,0');
    expect((await type('add', 'plan')).lines.slice(2)).toEqual([
      `Config file is ${path('lists/my.dat')}`,
      `History of files recorded in ${path('backup/records_sent.dat')}`,
      `Destination of backups is ${path('backup')}/`,
      `plan was added to configfile ${path('lists/my.dat')}`,
    ]);
    expect((await type('run')).exitCode).toBe(0);
    desk.write('plan', 'second');
    expect((await type('run')).exitCode).toBe(0);
    expect(desk.contents('plan')).toEqual(['first', 'second']);
    expect((await type('thin')).lines).toContain('1 version stays');
    expect((await type('run', '-d', 'here')).exitCode).toBe(0);
    expect(desk.office.copies('plan', 'here')).toHaveLength(1);
    expect((await type('list', '-cl', '.', '-c', 'config.dat')).lines).toContain(
      `Config file is ${path('config.dat')}`,
    );
  });

  test('mistakes of its own are told, those of others are not', async ({ desk }) => {
    desk.write(
      'config.ini',
      '[BACKUP]\nbackup-sauce = x\n[TIMEMACHINE]\ndestination = backup\nkeep = much\n',
    );
    const { exitCode, lines } = await desk.type('list');
    expect(exitCode).toBe(78);
    expect(lines.join('\n')).toMatch(/TIMEMACHINE\.destination: .*TIMEMACHINE\.keep: /s);
    expect(lines.join('\n')).not.toContain('BACKUP');
    // Another program's.
    desk.write('config.ini', 'port = 1\nnonsense\n[server]\nroot = /srv\n');
    expect((await desk.type('list')).exitCode).toBe(0);
    desk.write('config.ini', 'x'.repeat(2_000_000));
    expect((await desk.type('list')).exitCode).toBe(78);
    desk.write('config.ini', '[BACKUP]\nbackup-sauce = x\n[GENERAL]\nlanguage = de\n');
    expect((await desk.type('list')).lines[0]).toContain('Timemachine gestartet');
  });

  test('that is closed counts for nothing, unless it was named', async ({ desk }) => {
    configuration(desk, 'list-name = my.dat');
    chmodSync(desk.office.path('config.ini'), 0o000);
    expect((await desk.office.type('list')).lines).toContain(
      `Config file is ${desk.office.path('config.dat')}`,
    );
    const named = [await desk.office.type('list', '--config', 'config.ini')];
    named.push(await desk.office.type('list', '--config', 'none.ini'));
    expect(named.map(({ exitCode }) => exitCode)).toEqual([78, 78]);
  });

  test('may not put the copies where a disk is filled: a backup would delete them', async ({ desk }) => {
    configuration(desk, 'destination = /media/plugback/copies');
    expect((await desk.type('list')).lines[0]).toContain('TIMEMACHINE.destination: ');
  });
});
