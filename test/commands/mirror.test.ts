/** `plugback mirror`, as it is typed. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { defaultDirectories, withReplicaLock } from '../../src/mirror/mirror-lock.ts';
import { useFolder } from '../folder.ts';
import { plugback, plugbackInterrupted } from './cli.ts';

const folder = useFolder();

beforeEach(() => {
  for (const name of ['source', 'replica']) mkdirSync(folder(name));
  writeFileSync(folder('source/letter.txt'), 'Dear all');
});

const mirror = (...options: string[]) => plugback(folder(), 'mirror', 'source', 'replica', ...options);

test('once, with a log', async () => {
  const { exitCode, stdout, stderr } = await mirror('--log', '.');
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^Mirroring source to replica\.\n1 added, .* 0 skipped; 8 bytes copied in \d+ s\.\n$/,
  );
  expect(readFileSync(folder('replica/letter.txt'), 'utf8')).toBe('Dear all');
  const [log = ''] = readdirSync(folder('LOGS'));
  expect(readFileSync(folder('LOGS', log), 'utf8')).toContain('  Added: letter.txt\n');
});

test('on a terminal: a bar, and then nothing but the lines', () => {
  writeFileSync(folder('source/large'), Buffer.alloc(2_000_000, 'x'));
  const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
  // script runs a command line on a terminal of its own.
  const typed = `stty cols 90; ${process.execPath} ${program} mirror source replica --language en`;
  const shown = execFileSync('script', ['--quiet', '--return', '--command', typed, '/dev/null'], {
    cwd: folder(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  expect(shown).toMatch(/\r?█+ {2}100% {2}2 MB of 2 MB/);
  expect(shown).toMatch(/\r\x1b\[K2 added, [^\n]*\n$/);
});

test('as JSON', async () => {
  const { stdout } = await mirror('--json');
  expect(JSON.parse(stdout)).toMatchObject({ added: 1, deleted: 0, bytes: 8, skipped: [] });
  expect(stdout).toMatch(/"seconds":\d+(\.\d{1,3})?[,}]/);
});

test('a rehearsal changes nothing and says what would be done, also what would be refused', async () => {
  writeFileSync(folder('replica/old\x1b[31m'), 'x');
  const { exitCode, stdout, stderr } = await mirror('--dry-run');
  expect(exitCode).toBe(76);
  expect(stdout).toContain('would be added: letter.txt\n');
  expect(stdout).toContain('would be deleted: old\\x1b[31m\n');
  expect(stdout).toContain('8 bytes to copy. Nothing was changed.\n');
  expect(stderr).toContain('more than the 25% that are allowed');
  const allowed = await mirror('--dry-run', '--json', '--allow-deletes');
  const steps = allowed.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(steps).toContainEqual({ action: 'add', kind: 'file', path: 'letter.txt' });
  expect(steps.at(-1)).toMatchObject({ added: 1, deleted: 1 });
  expect(readdirSync(folder('replica'))).toEqual(['old\x1b[31m']);
});

test('what was typed wrong is said', async () => {
  expect(await mirror('--every', 'often')).toMatchObject({
    exitCode: 64,
    stderr: expect.stringContaining('--every often: it should be a number of hours above 0'),
  });
  for (const hours of ['0', '-1', '', '1,500']) {
    expect(await mirror('--every', hours)).toMatchObject({ exitCode: 64, stdout: '' });
  }
  expect(await mirror('--every', '1', '--max', 'abc')).toMatchObject({
    exitCode: 64,
    stderr: expect.stringContaining('--max abc: it should be a number of cycles, such as 3;'),
  });
  expect(await mirror('--every', '1', '--max', '0')).toMatchObject({ exitCode: 64, stdout: '' });
  expect(await mirror('--every', '1', '--max', '')).toMatchObject({ exitCode: 64 });
  expect(await mirror('--max', '2')).toMatchObject({
    exitCode: 64,
    stderr: expect.stringContaining('--max says how often --every repeats'),
  });
  expect(await plugback(folder(), 'mirror', 'source')).toMatchObject({ exitCode: 64 });
  expect(await plugback(folder(), 'mirror', 'source', 'nowhere')).toMatchObject({
    exitCode: 76,
    stderr: expect.stringContaining('The replica nowhere cannot be used (it does not exist)'),
  });
  expect(await mirror('--log', 'replica')).toMatchObject({ exitCode: 78 });
  expect(await mirror('--log', 'disk')).toMatchObject({
    exitCode: 77,
    stderr: expect.stringContaining('disk cannot be written (it does not exist). Is its disk mounted'),
  });
  expect(readdirSync(folder('replica'))).toEqual([]);
});

test('an empty argument is not the current folder', async () => {
  writeFileSync(folder('mine'), 'stays');
  for (const [name, ...typed] of [
    ['source', '', 'replica'],
    ['replica', 'source', '', '--allow-deletes'],
    ['replica', 'source', '', '--dry-run'],
    ['--log', 'source', 'replica', '--log', ''],
  ]) {
    expect(await plugback(folder(), 'mirror', ...typed)).toMatchObject({
      exitCode: 64,
      stderr: expect.stringContaining(`“${name}” is empty`),
    });
  }
  expect(readdirSync(folder())).toEqual(['mine', 'replica', 'source']);
});

test('a quarter of an hour is the least, and a comma is a point', async () => {
  const often = await mirror('--every', '0,1', '--max', '1', '--allow-deletes');
  expect(often.stdout).toMatch(/^0\.25 hours is the least that --every can be; [^\n]*\nMirroring /);
  expect(often.exitCode).toBe(0);
  const seldom = await mirror('--every', '1,5', '--max', '1', '--json');
  expect(seldom).toMatchObject({ exitCode: 0, stderr: '' });
});

test('the language is the configuration’s; one that is broken matters where it was named', async () => {
  expect((await mirror()).stdout).toMatch(/^Mirroring source/);
  writeFileSync(folder('config.ini'), '[GENERAL]\nlanguage = de\nnonsense = 1\n');
  expect(await mirror()).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^source wird nach/) });
  expect((await mirror('--language', 'en')).stdout).toMatch(/^Mirroring source/);
  expect(await mirror('--config', 'config.ini')).toMatchObject({
    exitCode: 78,
    stdout: '',
    stderr: expect.stringContaining('nonsense'),
  });
  expect(await mirror('--config', 'nowhere.ini')).toMatchObject({ exitCode: 78, stdout: '' });
});

test('the guard against deletions has a limit of one’s own, and its sentence names it', async () => {
  for (const name of ['1', '2', '3']) writeFileSync(folder('replica', name), 'x');
  for (const name of ['1', '2']) writeFileSync(folder('source', name), 'x');
  expect(await mirror()).toMatchObject({
    exitCode: 76,
    stderr: expect.stringMatching(/--dry-run shows what would go\. .*--max-delete-percent/),
  });
  expect(await mirror('--max-delete-percent', '33,3')).toMatchObject({ exitCode: 76 });
  expect(await mirror('--max-delete-percent', '34', '--dry-run')).toMatchObject({ exitCode: 0 });
  expect(await mirror('--max-delete-percent', '34 %')).toMatchObject({ exitCode: 0 });
  for (const percent of ['many', '-1', '101', '']) {
    expect(await mirror('--max-delete-percent', percent)).toMatchObject({
      exitCode: 64,
      stderr: expect.stringContaining('a number from 0 to 100'),
    });
  }
});

test('help, man page and completion name every option and exit code', async () => {
  const { stdout } = await plugback(folder(), 'mirror', '--help');
  const codes = ['73', '74', '76', '77', '78', '64', '129', '130', '143'];
  for (const code of codes) expect(stdout).toMatch(new RegExp(`\\b${code}\\b`));
  const options = [...stdout.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, option]) => option ?? '');
  expect(options).toContain('--max-delete-percent');
  const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const man = read('docs/plugback.1').replaceAll('\\-', '-');
  const completion = /^ *mirror\) options\+='(.*)'/m.exec(read('packaging/plugback.bash'))?.[1]?.split(' ');
  const own = options.filter((option) => !['--config', '--json', '--language', '--help'].includes(option));
  for (const option of own) {
    expect(completion).toContain(option);
    expect(man).toMatch(new RegExp(`^\\.BI? ${option}\\b`, 'm'));
    expect(read('docs/mirror.md')).toContain(`| \`${option}`);
    expect(read('README.md')).toContain(`[${option}`);
  }
});

test('what only gets another date or other rights is not called overwritten', async () => {
  for (const name of ['source/d', 'source/d/e', 'replica/d', 'replica/d/e']) mkdirSync(folder(name));
  for (const name of ['source/d', 'replica/d', 'source', 'replica']) utimesSync(folder(name), 1e9, 1e9);
  utimesSync(folder('source/d/e'), 1e9, 1e9);
  const { stdout } = await mirror('--dry-run');
  expect(stdout).toContain('would get other date or rights: d/e\n');
  expect(stdout).toContain('1 would be added, 1 overwritten,');
  expect((await mirror('--dry-run', '--json')).stdout).toContain('"action":"attributes"');
  await mirror('--log', '.');
  const [log = ''] = readdirSync(folder('LOGS'));
  expect(readFileSync(folder('LOGS', log), 'utf8')).toContain('  Date or rights set: d/e\n');
});

test('in German all of it is German, with one word for one thing', async () => {
  const { stdout } = await plugback(folder(), 'mirror', '--help', '--language', 'de');
  expect(stdout).toContain('Aufruf: plugback mirror [Optionen] <Quelle> <Replikat>\n');
  for (const value of ['--every <Stunden>', '--log <Ordner>', '--config <Datei>', '--language <Sprache>']) {
    expect(stdout).toContain(`  ${value} `);
  }
  expect(stdout).not.toMatch(/[Aa]bgleich|angleichen/);
  expect((await plugback(folder(), '--help', '--language', 'de')).stdout).toMatch(
    /plugback \[Optionen\] \[Befehl\]\n[\s\S]*\n {2}mirror \[Optionen\] <Quelle> <Replikat>/,
  );
  expect((await plugback(folder(), 'mirror', '--language', 'de')).stderr).toContain(
    'Die Angabe „Quelle“ fehlt.',
  );
  expect((await plugback(folder(), 'mirror', 'source', '', '--language', 'de')).stderr).toContain(
    '„Replikat“ ist leer',
  );
  expect((await plugback(folder(), 'mirror', '--help')).stdout).toContain(
    'Usage: plugback mirror [options] <source> <replica>\n',
  );
});

test('a rehearsal is done once', async () => {
  const { exitCode, stdout } = await mirror('--every', '1', '--dry-run');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^A rehearsal is done once, whatever --every says\.\n(?:would get other date or rights: \.\n)?would be added: letter\.txt\n/,
  );
});

test('Ctrl-C while another mirror is waited for: no file was at hand', async () => {
  const runtimeDirectory = defaultDirectories({}).runtime;
  await withReplicaLock(folder('replica'), { runtimeDirectory }, async () => {
    const typed = ['mirror', 'source', 'replica', '--wait', '--allow-deletes'];
    const end = await plugbackInterrupted(folder(), 'Waiting for its end', ...typed);
    expect(end.exitCode).toBe(130);
    expect(end.stdout).toMatch(/Waiting for its end\.\nStopped before anything was copied or deleted\.\n$/);
  });
  expect(readdirSync(folder('replica'))).toEqual([]);
});

test('again and again, until Ctrl-C', async () => {
  // The first cycle fails and says so; while it sleeps, it is stopped.
  writeFileSync(folder('replica/old'), 'x');
  const end = await plugbackInterrupted(
    folder(),
    'are allowed',
    'mirror',
    'source',
    'replica',
    '--every',
    '1',
  );
  expect(end.exitCode).toBe(130);
  expect(end.stdout).toMatch(/Mirroring source to replica\.\nThe next cycle begins at .*\nStopped/);
  const twice = await mirror('--every', '1', '--max', '0.5', '--allow-deletes');
  expect(twice.exitCode).toBe(0);
});
