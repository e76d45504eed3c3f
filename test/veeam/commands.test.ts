/** The commands of Veeam's scripts as a process: who is told when they fail. */

import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { plugback } from '../commands/cli.ts';
import { useFolder } from '../folder.ts';
import { type SmtpCatcher, type SmtpCatchers, smtpCatchers } from '../mail/smtp-catcher.ts';

const folder = useFolder();
const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
let servers: SmtpCatchers;
let server: SmtpCatcher;

beforeAll(async () => {
  servers = await smtpCatchers();
});
afterAll(() => servers.endAll());
beforeEach(async () => {
  server = await servers.start();
});

function configure(veeam: string, mail = ''): void {
  const keys = [
    ...['[VEEAM]', `backup-lockfile = ${folder('source/.plugback.lock')}`, veeam],
    ...['[MAIL]', 'server = 127.0.0.1', `port = ${server.port}`, 'security = none', mail],
    ...['to-mail-addresses-sysop = admin@example.com', '[GENERAL]'],
    ...[`state-directory = ${folder('state')}`, `runtime-directory = ${folder('run')}`],
  ];
  writeFileSync(folder('config.ini'), `${keys.join('\n')}\n`);
  for (const name of ['locks', 'source']) mkdirSync(folder(name), { recursive: true });
}

async function subjects(): Promise<(string | undefined)[]> {
  return (await server.mails()).map(({ message }) => message.subject);
}

const locksIn = (place: string): string => `veeam-lockfiles = ${folder(place)}`;

test('a broken configuration is mailed, with all its mistakes', async () => {
  configure('veeam-lockfiles = locks\nwait-for-backup-minutes = soon');
  const { exitCode, stderr } = await plugback(folder(), 'veeam-lock', '--job', 'Nightly');
  expect(exitCode).toBe(78);
  expect(await subjects()).toEqual([
    expect.stringMatching(/^Veeam got no lock: the configuration has mistakes \(job Nightly, /),
  ]);
  const [mail] = await server.mails();
  for (const words of [stderr, mail?.message.text]) {
    expect(words).toMatch(/veeam-lockfiles: “locks” is not an absolute path/);
    expect(words).toMatch(/wait-for-backup-minutes: “soon” is not a whole number/);
    expect(words).not.toContain('plugback check');
  }
});

test('so are wrong words behind the command; a wrong mail section only warns', async () => {
  configure(locksIn('locks'));
  expect((await plugback(folder(), 'veeam-lock', '--job', ' ')).exitCode).toBe(64);
  expect((await plugback(folder(), 'veeam-lock', '--timeout', 'long')).exitCode).toBe(64);
  expect(await subjects()).toHaveLength(2);
  configure(locksIn('locks'), 'cc = x@@y');
  expect(readdirSync(folder('locks'))).toEqual([]);
  const { exitCode, stderr } = await plugback(folder(), 'veeam-lock');
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/does not stop this script: MAIL\.cc: /);
  expect(stderr).toMatch(/no mail tells of trouble/);
  expect(readdirSync(folder('locks'))).toHaveLength(1);
  expect((await plugback(folder(), 'veeam-unlock')).exitCode).toBe(0);
  expect(await subjects()).toHaveLength(2);
});

test('a lock that could not be removed is mailed, too', async () => {
  configure(locksIn('locks'));
  expect((await plugback(folder(), 'veeam-lock', '--job', 'nightly')).exitCode).toBe(0);
  const [name = ''] = readdirSync(folder('locks'));
  rmSync(folder('locks', name));
  // Nobody may remove a folder with something in it, root neither.
  mkdirSync(folder('locks', name, 'inside'), { recursive: true });
  expect((await plugback(folder(), 'veeam-unlock', '--job', 'nightly')).exitCode).toBe(74);
  expect(await subjects()).toEqual([expect.stringMatching(/^Veeam’s lock was not removed \(job nightly, /)]);
  const [mail] = await server.mails();
  expect(mail?.message.text).toContain(folder('locks', name));
  expect(mail?.message.text).toMatch(/Copies wait for this lock until its time is over/);
});

test('a folder where the marker belongs, and a file where the locks do, are mistakes; no folder at all is mailed', async () => {
  configure(locksIn('locks'));
  mkdirSync(folder('source/.plugback.lock'));
  const { exitCode, stderr } = await plugback(folder(), 'veeam-lock');
  expect(exitCode).toBe(78);
  expect(stderr).toMatch(/VEEAM\.backup-lockfile: is a folder/);
  writeFileSync(folder('file'), '');
  configure(locksIn('file'));
  const misplaced = await plugback(folder(), 'veeam-lock');
  expect(misplaced.exitCode).toBe(78);
  expect(misplaced.stderr).toMatch(/VEEAM\.veeam-lockfiles: is a file/);
  expect(await subjects()).toHaveLength(2);

  configure(locksIn('locks'));
  rmSync(folder('source'), { recursive: true });
  expect((await plugback(folder(), 'veeam-lock', '--job', ' nightly ')).exitCode).toBe(0);
  expect((await subjects()).at(-1)).toMatch(/^Veeam cannot see whether a copy is running \(job nightly, /);
  expect(readdirSync(folder('locks'))).toEqual([expect.stringMatching(/^nightly@/)]);
});

test('veeam-unlock without its folder: code 74, what to do, and a mail', async () => {
  configure(locksIn('nowhere'));
  const { exitCode, stderr } = await plugback(folder(), 'veeam-unlock', '--job', 'nightly');
  expect(exitCode).toBe(74);
  expect(stderr).toMatch(/Create the folder, or mount the share/);
  expect(await subjects()).toEqual([expect.stringMatching(/^Veeam’s lock was not removed \(job nightly, /)]);
});

test('stopped while it waits, it says what stands and how to let go of it', async () => {
  configure(locksIn('locks'));
  writeFileSync(folder('source/.plugback.lock'), 'a copy');
  const child = spawn(process.execPath, [program, 'veeam-lock', '--job', 'nightly'], { cwd: folder() });
  let stderr = '';
  child.stderr.on('data', (piece) => {
    stderr += piece;
  });
  child.stdout.on('data', (piece) => {
    if (String(piece).includes('Veeam waits')) child.kill('SIGTERM');
  });
  const exitCode = await new Promise((resolve) => child.once('close', resolve));
  expect(exitCode).toBe(143);
  expect(stderr).toMatch(/\.waiting stands, and no copy begins before/);
  expect(stderr).toMatch(/plugback veeam-unlock --job "nightly"/);
  expect(stderr).not.toMatch(/backup was stopped/);
});

test.each(['veeam-lock', 'veeam-unlock'])(
  'what could not leave does so with the next %s',
  async (command) => {
    configure(locksIn('nowhere'));
    await server.goDown();
    const { exitCode, stderr } = await plugback(folder(), 'veeam-lock');
    expect(exitCode).toBe(74);
    expect(stderr).toMatch(/1 mail could not be sent yet/);
    configure(locksIn('locks'));
    await server.comeUp();
    expect((await plugback(folder(), command)).exitCode).toBe(0);
    expect(await subjects()).toEqual([expect.stringMatching(/^Veeam’s lock file could not be written/)]);
    expect(readdirSync(folder('state/outbox'))).toEqual([]);
  },
);
