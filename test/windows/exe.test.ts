/** plugback-veeam.exe under wine: what it does, and how it ends. */

import { existsSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { version } from '../../src/version.ts';
import { waitFor } from '../disk/command.ts';
import { makeOffice } from '../mail/certificates.ts';
import { type SmtpCatchers, smtpCatchers } from '../mail/smtp-catcher.ts';
import { startCopy } from './copy.ts';
import { WindowsMachine, windowsPath } from './machine.ts';
import { windowsTest as test } from './tests.ts';

let catchers: SmtpCatchers;
beforeAll(async () => {
  catchers = await smtpCatchers();
});
afterAll(() => catchers.endAll());

test('lock and unlock, in a folder with blanks, umlauts, ampersand, brackets, percent and exclamation mark', async () => {
  const machine = new WindowsMachine('Büro & Söhne (1) 100% fertig!');
  const locked = await machine.exe(['veeam-lock', '--job', 'Nightly']).ended;
  expect(locked).toMatchObject({
    exitCode: 0,
    output: expect.stringMatching(
      /INFO {3}Veeam may write \(job Nightly\)\. The lock file Z:\\.+ keeps copies away/,
    ),
  });
  const [name = ''] = machine.locks();
  expect(machine.inLockFolder()).toEqual([name]);
  expect(JSON.parse(readFileSync(machine.path('locks ä', name), 'utf8'))).toMatchObject({
    job: 'Nightly',
    host: expect.stringMatching(/./),
    pid: null,
  });
  expect((await machine.exe(['veeam-unlock', '--job', 'Nightly']).ended).exitCode).toBe(0);
  expect(machine.inLockFolder()).toEqual([]);
  const again = await machine.exe(['veeam-unlock', '--job', 'Nightly']).ended;
  expect(again).toMatchObject({
    exitCode: 0,
    output: expect.stringMatching(/WARN {3}There was no lock of the job/),
  });
});

test('job names that Windows forbids as names of files', async () => {
  const machine = new WindowsMachine();
  for (const job of ['NUL', 'a:b', 'x. ', 'C:\\jobs\\*?', 'Sicherung “Büro”']) {
    expect((await machine.exe(['veeam-lock', '--job', job]).ended).exitCode).toBe(0);
    expect(machine.locks()).toHaveLength(1);
    expect((await machine.exe(['veeam-unlock', '--job', job]).ended).exitCode).toBe(0);
    expect(machine.inLockFolder()).toEqual([]);
  }
});

test('a copy runs: it waits, and goes on when the copy ends', async () => {
  const machine = new WindowsMachine();
  const endCopy = startCopy(machine);
  const call = machine.exe(['veeam-lock', '--job', 'Nightly']);
  await waitFor('the wait', () => /A copy is running\. Veeam waits for it, for 480 min/.test(call.output()));
  expect(machine.locks()).toEqual([]);
  expect(machine.inLockFolder()).toEqual([expect.stringMatching(/^\.nightly~.+\.waiting$/)]);
  endCopy();
  expect((await call.ended).exitCode).toBe(0);
  expect(machine.locks()).toHaveLength(1);
});

test('the copy does not end in time: code 75, no lock, and a mail in the configuration’s language', async () => {
  const machine = new WindowsMachine();
  const server = await catchers.start();
  machine.configure({ MAIL: machine.mailTo(server), GENERAL: { language: 'de' } });
  const endCopy = startCopy(machine);
  const { exitCode, output } = await machine.exe(['veeam-lock', '--job', 'Nightly', '--timeout', '0']).ended;
  endCopy();
  expect(exitCode).toBe(75);
  expect(output).toMatch(/Veeam bekam keine Sperre/);
  expect(machine.inLockFolder()).toEqual([]);
  const mails = await server.mails();
  expect(mails.map(({ message }) => message.subject)).toEqual([
    expect.stringMatching(/^Veeam hat nicht länger gewartet: .+\(Job Nightly, /),
  ]);
  expect(mails[0]?.message.text).toContain(windowsPath(machine.marker));
  expect(machine.outbox()).toEqual([]);
});

test('the lock cannot be written: code 74 and a mail; the mail server is down: it leaves with the next call', async () => {
  const machine = new WindowsMachine();
  const server = await catchers.start();
  await server.goDown();
  const share = '\\\\nowhere\\backup ä\\locks';
  machine.configure({ MAIL: machine.mailTo(server), VEEAM: { 'veeam-lockfiles': share } });
  const { exitCode, output } = await machine.exe(['veeam-lock', '--job', 'Nightly']).ended;
  expect(exitCode).toBe(74);
  expect(output).toContain(`into the folder ${share} (`);
  expect(output).toMatch(/1 mail could not be sent yet/);
  expect(machine.outbox()).toHaveLength(1);

  await server.comeUp();
  machine.configure({ MAIL: machine.mailTo(server) });
  expect((await machine.exe(['veeam-lock', '--job', 'Nightly']).ended).exitCode).toBe(0);
  const mails = await server.mails();
  expect(mails.map(({ message }) => message.subject)).toEqual([
    expect.stringMatching(/^Veeam’s lock file could not be written \(job Nightly, /),
  ]);
  expect(mails[0]?.message.text).toContain(share);
  expect(machine.outbox()).toEqual([]);
}, 90);

test('a mail server with a certificate of the office’s own authority: believed once Windows does', async () => {
  const machine = new WindowsMachine();
  const office = await makeOffice(machine.path());
  const server = await catchers.start({ security: 'starttls', certificate: office.server });
  const mail = { ...machine.mailTo(server), security: 'starttls' };
  machine.configure({ MAIL: mail, VEEAM: { 'veeam-lockfiles': 'Z:\\nowhere' } });
  const suspicious = await machine.exe(['veeam-lock']).ended;
  expect(suspicious).toMatchObject({ exitCode: 74, output: expect.stringMatching(/certificate/) });
  expect(machine.outbox()).toHaveLength(1);

  await machine.trust(office.authorityFile);
  machine.configure({ MAIL: mail });
  expect((await machine.exe(['veeam-lock']).ended).exitCode).toBe(0);
  expect(await server.mails()).toMatchObject([{ secure: true }]);
});

test('the post-job script sends what waits as well; by default it waits in ProgramData', async () => {
  const machine = new WindowsMachine();
  const server = await catchers.start();
  await server.goDown();
  const settings = { MAIL: machine.mailTo(server), GENERAL: { 'state-directory': '' } };
  machine.configure({ ...settings, VEEAM: { 'veeam-lockfiles': 'Z:\\nowhere' } });
  expect((await machine.exe(['veeam-lock']).ended).exitCode).toBe(74);
  const outbox = path.join(machine.programData, 'plugback', 'outbox');
  expect(readdirSync(outbox)).toHaveLength(2);
  await server.comeUp();
  machine.configure(settings);
  expect((await machine.exe(['veeam-unlock']).ended).exitCode).toBe(0);
  expect(await server.mails()).toHaveLength(1);
  expect(readdirSync(outbox)).toEqual([]);
}, 90);

test('a broken configuration: code 78, all mistakes, and a mail of them where the server is known', async () => {
  const machine = new WindowsMachine();
  const server = await catchers.start();
  machine.configure({
    MAIL: machine.mailTo(server),
    VEEAM: { 'veeam-lockfiles': 'locks', 'wait-for-backup-minuts': 5 },
  });
  const { exitCode, output } = await machine.exe(['veeam-lock', '--job', 'Nightly']).ended;
  expect(exitCode).toBe(78);
  expect(output).toMatch(
    /veeam-lockfiles: “locks” is not an absolute path.+wait-for-backup-minuts: is not a known key/s,
  );
  expect(output).not.toContain('plugback check');
  const mails = await server.mails();
  expect(mails.map(({ message }) => message.subject)).toEqual([
    expect.stringMatching(/^Veeam got no lock: the configuration has mistakes \(job Nightly, /),
  ]);
  expect(mails[0]?.message.text).toMatch(/“locks” is not an absolute path/);
});

test('no configuration: code 78, and where it belongs; --config names another', async () => {
  const machine = new WindowsMachine();
  const beside = path.join(machine.home, 'config.ini');
  rmSync(beside);
  // Whoever can write to the folder in which Veeam happens to start it shall not configure it.
  machine.configure({}, machine.path('config.ini'));
  const { exitCode, output } = await machine.exe(['veeam-lock'], { cwd: machine.root }).ended;
  expect(exitCode).toBe(78);
  expect(output).toContain(`Copy config.ini.template to ${windowsPath(beside)}`);
  expect(machine.inLockFolder()).toEqual([]);
  const words = ['veeam-lock', '--config', 'config.ini'];
  expect((await machine.exe(words, { cwd: machine.root }).ended).exitCode).toBe(0);
  expect(machine.locks()).toHaveLength(1);
});

test('a lock of this machine that was left behind: the same job takes it over, an expired one of another is removed', async () => {
  const machine = new WindowsMachine();
  expect((await machine.exe(['veeam-lock', '--job', 'nightly']).ended).exitCode).toBe(0);
  expect((await machine.exe(['veeam-lock', '--job', 'weekly']).ended).exitCode).toBe(0);
  const [nightly = '', weekly = ''] = machine.locks();
  const longAgo = Date.now() / 1000 - 49 * 3600;
  utimesSync(machine.path('locks ä', weekly), longAgo, longAgo);
  const { exitCode, output } = await machine.exe(['veeam-lock', '--job', 'nightly']).ended;
  expect(exitCode).toBe(0);
  expect(output).toMatch(/WARN {3}An earlier lock of the job nightly was still there/);
  expect(output).toMatch(/WARN {3}A lock of Veeam was left behind: weekly@.+ removed/);
  expect(machine.locks()).toHaveLength(1);
  expect(machine.locks()).not.toContain(nightly);
});

test('killed while it waits: the announcement stays, the next call takes it over', async () => {
  const machine = new WindowsMachine();
  const endCopy = startCopy(machine);
  const call = machine.exe(['veeam-lock', '--job', 'nightly']);
  await waitFor('the wait', () => /A copy is running/.test(call.output()));
  call.kill();
  await call.ended;
  expect(machine.inLockFolder()).toEqual([expect.stringMatching(/^\.nightly@.+\.waiting$/)]);
  endCopy();
  const next = await machine.exe(['veeam-lock', '--job', 'nightly']).ended;
  expect(next).toMatchObject({ exitCode: 0, output: expect.stringMatching(/An earlier lock of the job/) });
  expect(machine.inLockFolder()).toEqual(machine.locks());
  expect(machine.locks()).toHaveLength(1);
});

test('killed at any moment: the next call puts it right', async () => {
  const machine = new WindowsMachine();
  const seen = new Set<string>();
  for (let round = 0; round < 12; round += 1) {
    const call = machine.exe(['veeam-lock', '--job', 'nightly']);
    // As soon as it writes; once that is announced; once the lock stands.
    const moment = [/./, /\.(waiting|lock)$/, /\.lock$/][round % 3] ?? /./;
    const isThere = () => machine.inLockFolder().some((name) => moment.test(name));
    await Promise.race([waitFor('a file', isThere, 20, 0), call.ended]);
    call.kill();
    await call.ended;
    seen.add(
      machine
        .inLockFolder()
        .map((name) => path.extname(name))
        .join(),
    );
    const next = await machine.exe(['veeam-lock', '--job', 'nightly']).ended;
    expect(next.exitCode).toBe(0);
    expect(machine.inLockFolder()).toEqual(machine.locks());
    expect(machine.locks()).toHaveLength(1);
    expect((await machine.exe(['veeam-unlock', '--job', 'nightly']).ended).exitCode).toBe(0);
    expect(machine.inLockFolder()).toEqual([]);
  }
  console.log(`left behind by the kills: ${[...seen].join(' | ')}`);
}, 120);

test('the post-job script comes while the pre-job script still waits: no lock is left', async () => {
  const machine = new WindowsMachine();
  const endCopy = startCopy(machine);
  const call = machine.exe(['veeam-lock', '--job', 'nightly']);
  await waitFor('the wait', () => /A copy is running/.test(call.output()));
  expect((await machine.exe(['veeam-unlock', '--job', 'nightly']).ended).exitCode).toBe(0);
  endCopy();
  expect((await call.ended).exitCode).toBe(74);
  expect(machine.inLockFolder()).toEqual([]);
});

test('on a share, by UNC path: a copy is seen that began just before the lock was written', async () => {
  const machine = new WindowsMachine();
  const share = machine.share();
  machine.configure({
    VEEAM: {
      'veeam-lockfiles': `${share}\\locks ä`,
      'backup-lockfile': `${share}\\source\\.plugback.lock`,
    },
  });
  const call = machine.exe(['veeam-lock', '--job', 'nightly']);
  await waitFor('the lock', () => machine.locks().length === 1);
  const locked = performance.now();
  const endCopy = startCopy(machine);
  await waitFor('the wait', () => /A copy is running/.test(call.output()));
  expect((performance.now() - locked) / 1000).toBeGreaterThan(10);
  endCopy();
  expect(await call.ended).toMatchObject({
    exitCode: 0,
    output: expect.stringContaining(`${share}\\locks ä\\`),
  });
  expect(machine.locks()).toHaveLength(1);
  expect((await machine.exe(['veeam-unlock', '--job', 'nightly']).ended).exitCode).toBe(0);
  expect(machine.inLockFolder()).toEqual([]);
});

test('help and version, in both languages; without a command it helps', async () => {
  const machine = new WindowsMachine();
  const say = async (...words: string[]) => (await machine.exe(words).ended).output;
  expect(await say('--version')).toBe(`${version}\n`);
  expect(await say('--help')).toMatch(/^Usage: plugback-veeam .+veeam-lock.+veeam-unlock/s);
  expect(await say('--help')).not.toMatch(/^ +(run|serve|enroll)\b/m);
  expect(await say()).toBe(await say('--help'));
  expect(await say('veeam-lock', '--help', '--language', 'de')).toMatch(
    /Beispiele:.+plugback-veeam veeam-lock/s,
  );
  const wrong = await machine.exe(['run']).ended;
  expect(wrong.exitCode).toBe(64);
  expect(existsSync(machine.path('state'))).toBe(false);
});
