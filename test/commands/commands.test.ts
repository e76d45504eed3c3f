/** status, history, enroll, check and disks as they are typed: the real program, with folders of the test's making. */

import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../src/commands/check/finding.ts';
import type { AttachedDisk } from '../../src/commands/disks.ts';
import { withLock } from '../../src/system/lock.ts';
import { systemdRuns } from '../../src/system/units.ts';
import { sampleRun } from '../backup/samples.ts';
import { FakeClock } from '../fakes.ts';
import { useFolder } from '../folder.ts';
import { type SmtpCatchers, smtpCatchers } from '../mail/smtp-catcher.ts';
import { plugback, plugbackInterrupted } from './cli.ts';

const folder = useFolder();
const secret = 'correct-horse-battery';

interface Keys {
  [section: string]: { [key: string]: string | number };
}

/** Writes config.ini with everything inside the test's folder. */
function configure(changes: Keys = {}): void {
  mkdirSync(folder('source'), { recursive: true });
  writeFileSync(folder('source/file.vbk'), 'x');
  const base: Keys = {
    BACKUP: {
      'backup-source': `${folder('source')}/`,
      'backup-destination': folder('disk'),
      'log-file-path': folder('log/plugback.log'),
      'rsync-log-file-path': folder('log/rsync.log'),
    },
    GENERAL: { 'state-directory': folder('state'), 'runtime-directory': folder('run') },
  };
  const lines: string[] = [];
  for (const section of new Set([...Object.keys(base), ...Object.keys(changes)])) {
    lines.push(`[${section}]`);
    const keys = { ...base[section], ...changes[section] };
    for (const [key, value] of Object.entries(keys)) lines.push(`${key} = ${value}`);
  }
  writeFileSync(folder('config.ini'), `${lines.join('\n')}\n`, { mode: 0o600 });
}

function keepHistory(...runs: unknown[]): void {
  mkdirSync(folder('state'), { recursive: true });
  writeFileSync(folder('state/history.jsonl'), runs.map((run) => `${JSON.stringify(run)}\n`).join(''));
}

async function findings(...args: string[]): Promise<{ exitCode: number; findings: Finding[] }> {
  const { stdout, exitCode } = await plugback(folder(), 'check', '--json', ...args);
  const document = JSON.parse(stdout) as { exitCode: number; findings: Finding[] };
  expect(exitCode).toBe(document.exitCode);
  return document;
}

describe('status', () => {
  test('before the first run: friendly, also without any configuration', async () => {
    const { exitCode, stdout, stderr } = await plugback(folder(), 'status', '--language', 'de');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('Es gab noch keine Sicherung.');
    expect(stdout).toContain('plugback demo');
  });

  test('--json is the status document of the contract and nothing else', async () => {
    configure();
    const run = sampleRun();
    keepHistory(run);
    const { stdout } = await plugback(folder(), 'status', '--json');
    expect(JSON.parse(stdout)).toEqual({ version: 1, state: 'idle', run, queue: [] });
  });

  test('of a run that goes on, and of the same run when its process has died', async () => {
    configure();
    const run = sampleRun({
      finishedAt: null,
      outcome: null,
      step: 'wait-veeam',
      progress: null,
      unplug: true,
    });
    mkdirSync(folder('run'));
    writeFileSync(
      folder('run/status.json'),
      JSON.stringify({ version: 1, state: 'running', run, queue: [] }),
    );
    const lock = {
      path: folder('run/run'),
      procRoot: '/proc',
      clock: new FakeClock(),
      signal: new AbortController().signal,
      wait: false,
      onLost: () => undefined,
    };
    const { stdout: alive } = await withLock(lock, () => plugback(folder(), 'status'));
    expect(alive).toContain('Waiting for Veeam to finish; then “Montag” is filled.');
    const { stdout: dead } = await plugback(folder(), 'status');
    expect(dead).toContain('The backup on “Montag” FAILED');
    expect(dead).toContain('Do not unplug the disk.');
    expect(dead).toContain('The last run ended without a word');
  });

  test('with a broken configuration still tells', async () => {
    configure({ BACKUP: { 'max-delete-percent': 'many' } });
    keepHistory(sampleRun());
    const { exitCode, stdout } = await plugback(folder(), 'status');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('The backup on “Montag” is complete');
  });

  test('with a configuration that is not there says so', async () => {
    const { exitCode, stdout, stderr } = await plugback(folder(), 'status', '--config', 'nowhere.ini');
    expect({ exitCode, stdout }).toEqual({ exitCode: 78, stdout: '' });
    expect(stderr).toContain(`${folder('nowhere.ini')} cannot be read`);
  });
});

describe('history', () => {
  const runs = [1, 2, 3].map((day) =>
    sampleRun({ id: `run-${day}`, label: `DISK-${day}`, startedAt: `2026-11-0${day}T03:12:44.000Z` }),
  );

  test('is newest first, as a table and as JSON', async () => {
    configure();
    keepHistory(...runs);
    const { stdout } = await plugback(folder(), 'history');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => /DISK-\d/.exec(line)?.[0]),
    ).toEqual([undefined, 'DISK-3', 'DISK-2', 'DISK-1']);
    const { stdout: json } = await plugback(folder(), 'history', '--json');
    expect(JSON.parse(json)).toEqual(runs.toReversed());
  });

  test('--limit shows that many, and that there are more', async () => {
    configure();
    keepHistory(...runs);
    const { stdout } = await plugback(folder(), 'history', '--limit', '2');
    expect(stdout).not.toContain('DISK-1');
    expect(stdout).toContain('Shown are the last 2; more with --limit 10.');
    const { stdout: all } = await plugback(folder(), 'history', '--limit', '3');
    expect(all).not.toContain('Shown are');
    const { stdout: json } = await plugback(folder(), 'history', '--limit', '1', '--json');
    expect(JSON.parse(json)).toHaveLength(1);
  });

  test('before the first run', async () => {
    const { exitCode, stdout } = await plugback(folder(), 'history');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^No backup has been made yet/);
    expect((await plugback(folder(), 'history', '--json')).stdout).toBe('[]\n');
  });

  test.each(['0', '-1', '1.5', 'many', '', '99999999'])('--limit %j is wrong usage', async (limit) => {
    const { exitCode, stderr } = await plugback(folder(), 'history', `--limit=${limit}`);
    expect(exitCode).toBe(64);
    expect(stderr).toMatch(/^--limit .*: that is no number of backups; it should be a whole number/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('that cannot be read is an error with a remedy', async () => {
    configure();
    mkdirSync(folder('state/history.jsonl'), { recursive: true });
    const { exitCode, stderr } = await plugback(folder(), 'history');
    expect(exitCode).toBe(77);
    expect(stderr).toContain('history.jsonl cannot be used');
  });
});

describe('enroll', () => {
  test('needs a configuration, and says how to make one', async () => {
    const { exitCode, stderr } = await plugback(folder(), 'enroll', '/dev/sdz9');
    expect(exitCode).toBe(78);
    expect(stderr).toContain('Copy config.ini.template to /etc/plugback/config.ini');
  });

  test.each([
    ['nobody', 'nobody'],
    ['anna@example.com,otto@', 'otto@'],
    ['', '--mail needs an address'],
  ])('--mail %j is wrong usage', async (mail, said) => {
    configure();
    const { exitCode, stderr } = await plugback(folder(), 'enroll', '/dev/sdz9', `--mail=${mail}`);
    expect(exitCode).toBe(64);
    expect(stderr).toContain(said);
  });

  test('what is not there', async () => {
    configure({ GENERAL: { language: 'de' } });
    const device = await plugback(folder(), 'enroll', '/dev/sdz9');
    expect(device).toMatchObject({
      exitCode: 69,
      stderr: expect.stringContaining('Eine Platte /dev/sdz9 gibt es nicht'),
    });
    const uuid = await plugback(folder(), 'enroll', 'AAAA-BBBB');
    expect(uuid).toMatchObject({ exitCode: 69, stderr: expect.stringContaining('AAAA-BBBB') });
  });
});

describe('disks', () => {
  test('--json is an array, also without any configuration', async () => {
    const { exitCode, stdout, stderr } = await plugback(folder(), 'disks', '--json');
    expect(exitCode).toBe(0);
    const disks = JSON.parse(stdout) as AttachedDisk[];
    expect(disks.filter((disk) => disk.enrolled)).toEqual([]);
    for (const disk of disks) expect(disk.device).toMatch(/^\/dev\//);
    expect(stderr).toContain('There is no configuration yet, so no disk is enrolled.');
  });
});

test('help is in one language', async () => {
  const { stdout } = await plugback(folder(), 'check', '--help', '--language', 'de');
  expect(stdout).toContain('Sprache aller Texte: en oder de');
  expect(stdout).not.toContain('choices');
});

describe('check', () => {
  let catchers: SmtpCatchers;
  beforeAll(async () => {
    catchers = await smtpCatchers();
  });
  afterAll(() => catchers.endAll());

  function matching<T extends { message: RegExp }>(finding: T) {
    return { ...finding, message: expect.stringMatching(finding.message) };
  }

  function only(all: readonly Finding[], check: string): Pick<Finding, 'state' | 'message' | 'remedy'>[] {
    return all
      .filter((finding) => finding.check === check)
      .map(({ state, message, remedy }) => ({ state, message, remedy }));
  }

  test('whether backups can be started from the page, and by whom', async () => {
    const token = async () => only((await findings()).findings, 'token');
    configure();
    expect(await token()).toMatchObject([{ state: 'good', message: /there is no token-file/ }].map(matching));
    configure({ WEBSERVER: { 'token-file': folder('token') } });
    expect(await token()).toMatchObject([{ state: 'warning', message: /cannot be used/ }].map(matching));
    writeFileSync(folder('token'), 'secret-word\n', { mode: 0o644 });
    const remedy = `Take that right away: chmod o= ${folder('token')}`;
    expect(await token()).toMatchObject([{ state: 'warning', message: /can read/, remedy }].map(matching));
    chmodSync(folder('token'), 0o640);
    expect(await token()).toMatchObject([{ state: 'good', message: /Whoever knows the word/ }].map(matching));
  });

  test('a machine on which Veeam runs its scripts is examined for that, and nothing else', async () => {
    const sides = (locks: string) =>
      `[VEEAM]\nveeam-lockfiles = ${locks}\nbackup-lockfile = ${folder('source/.plugback.lock')}\n` +
      `[GENERAL]\nstate-directory = ${folder('state')}\nruntime-directory = ${folder('run')}\n`;
    writeFileSync(folder('config.ini'), sides(folder('locks')));
    for (const name of ['locks', 'source']) mkdirSync(folder(name));
    const good = await findings();
    expect(good.exitCode).toBe(0);
    expect(new Set(good.findings.map(({ area }) => area))).toEqual(
      new Set(['config', 'veeam', 'folders', 'mail']),
    );
    for (const check of ['config', 'veeam-locks', 'veeam-marker']) {
      expect(only(good.findings, check)).toMatchObject([{ state: 'good' }]);
    }
    expect(readdirSync(folder('locks'))).toEqual([]);
    const { stdout } = await plugback(folder(), 'check');
    expect(stdout).toMatch(/Veeam’s scripts can raise their locks/);

    writeFileSync(folder('config.ini'), sides(folder('nowhere')));
    rmSync(folder('source'), { recursive: true });
    const bad = await findings();
    expect(bad.exitCode).toBe(74);
    expect(only(bad.findings, 'veeam-marker')).toMatchObject([{ state: 'warning' }]);
    writeFileSync(folder('config.ini'), sides('locks'));
    expect((await findings()).exitCode).toBe(78);
  });

  test('a lock folder that nobody can write into is told: no lock expires there', async () => {
    // Nobody may write there, root neither.
    configure({ BACKUP: { 'veeam-lockfile-path': '/proc/sys/kernel/random' } });
    expect(only((await findings()).findings, 'veeam-writing')).toMatchObject(
      [{ state: 'warning', message: /Nothing can be written.+none expires/ }].map(matching),
    );
  });

  test('the key file, also while no encrypted disk is there', async () => {
    const key = folder('disk.key');
    configure({ BACKUP: { 'encryption-key-file': key } });
    const examined = async () => only((await findings()).findings, 'key');
    expect(await examined()).toMatchObject(
      [{ state: 'bad', message: /there is no such file/ }].map(matching),
    );
    writeFileSync(key, 'secret', { mode: 0o444 });
    expect(await examined()).toMatchObject([{ state: 'bad', message: /can read or change/ }].map(matching));
    chmodSync(key, 0o400);
    expect(await examined()).toMatchObject([{ state: 'good' }]);
  });

  test('finds a sound configuration good, and changes nothing', async () => {
    configure();
    const { findings: all } = await findings();
    for (const check of [
      'config',
      'source',
      'excludes',
      'veeam',
      'state',
      'runtime',
      'mount-point',
      'outbox',
    ]) {
      expect({ check, state: only(all, check)[0]?.state }).toEqual({ check, state: 'good' });
    }
    // No disk is enrolled yet.
    expect(only(all, 'disks')).toMatchObject([
      { state: 'bad', remedy: expect.stringContaining('plugback enroll') },
    ]);
    expect(['disk', 'state', 'run', 'log'].filter((name) => existsSync(folder(name)))).toEqual([]);
  });

  test('of a broken configuration tells all mistakes, and goes on with what can be examined', async () => {
    configure({
      BACKUP: { 'backup-sorce': '/x', 'max-delete-percent': 300 },
      MAIL: {
        server: 'localhost',
        password: secret,
        username: 'x',
        'to-mail-addresses-sysop': 'a@example.com',
      },
    });
    chmodSync(folder('config.ini'), 0o644);
    const { exitCode, findings: all } = await findings();
    expect(exitCode).toBe(78);
    expect(only(all, 'config-mistake').map((finding) => finding.message)).toEqual([
      expect.stringContaining('BACKUP.backup-sorce: is not a known key'),
      expect.stringContaining('BACKUP.max-delete-percent: 300'),
    ]);
    expect(only(all, 'config-doubt')).toMatchObject([
      { state: 'warning', message: expect.stringContaining('chmod 600') },
    ]);
    expect(only(all, 'programs').length + only(all, 'program').length).toBeGreaterThan(0);
    expect(only(all, 'state')).toHaveLength(1);
    expect(only(all, 'mail')).toMatchObject([{ state: 'good' }]);
    expect(JSON.stringify(all)).not.toContain(secret);
  });

  test('without a configuration says how to make one, and goes on', async () => {
    const { exitCode, findings: all } = await findings();
    expect(exitCode).toBe(78);
    expect(only(all, 'config')).toMatchObject([
      { state: 'bad', remedy: expect.stringContaining('config.ini.template') },
    ]);
    expect(only(all, 'clock')).toHaveLength(1);
    const named = await findings('--config', 'nowhere.ini');
    expect(only(named.findings, 'config')).toMatchObject([
      { message: expect.stringContaining('nowhere.ini') },
    ]);
  });

  test('looks at the source as a run would', async () => {
    configure({ BACKUP: { 'source-must-contain': 'README.txt' } });
    expect(only((await findings()).findings, 'source')).toMatchObject([
      { state: 'bad', message: expect.stringContaining('README.txt') },
    ]);
    writeFileSync(folder('source/README.txt'), '');
    const { findings: all } = await findings();
    expect([...only(all, 'source'), ...only(all, 'sentinel')]).toMatchObject([
      { state: 'good' },
      { state: 'good' },
    ]);
  });

  test('misses what is configured and not there', async () => {
    configure({
      BACKUP: {
        'rsync-excludes': folder('excludes'),
        'veeam-lockfile-path': folder('veeam'),
        'log-file-path': '/proc/x/y.log',
      },
      MAIL: {
        server: 'localhost',
        'to-mail-addresses-sysop': 'a@example.com',
        username: 'x',
        'password-file': folder('pw'),
      },
    });
    writeFileSync(folder('pw'), secret, { mode: 0o644 });
    const { findings: all } = await findings();
    expect(only(all, 'excludes')).toMatchObject([{ state: 'warning' }]);
    expect(only(all, 'veeam')).toMatchObject([{ state: 'warning' }]);
    expect(only(all, 'log')[0]).toMatchObject({
      state: 'warning',
      message: expect.stringContaining('/proc/x/y.log'),
    });
    expect(only(all, 'password-file')).toMatchObject([
      { state: 'warning', remedy: `Let only its owner read it: chmod 600 ${folder('pw')}` },
    ]);
  });

  test('sees that Veeam is writing, and who', async () => {
    configure({ BACKUP: { 'veeam-lockfile-path': folder('veeam') } });
    mkdirSync(folder('veeam'));
    expect(only((await findings()).findings, 'veeam')).toMatchObject([{ state: 'good' }]);
    writeFileSync(folder('veeam/Buero-PC.lock'), '');
    expect(only((await findings()).findings, 'veeam')).toMatchObject([
      { state: 'warning', message: expect.stringContaining('Buero-PC.lock') },
    ]);
  });

  test('a clock that is behind the last backup', async () => {
    configure();
    keepHistory(sampleRun({ finishedAt: '2097-01-01T00:00:00.000Z' }));
    expect(only((await findings()).findings, 'clock')).toMatchObject([
      { state: 'warning', remedy: expect.stringContaining('timedatectl') },
    ]);
  });

  test('without --mail sends nothing', async () => {
    const server = await catchers.start();
    configure({ MAIL: mailTo(server) });
    const { findings: all } = await findings();
    expect(only(all, 'mail')).toMatchObject([
      { state: 'good', message: expect.stringContaining(`port ${server.port}`) },
    ]);
    expect(await server.connections()).toBe(0);
  });

  test('--mail tries the whole path with a letter to the sysops, and sends what waited', async () => {
    const server = await catchers.start();
    configure({ MAIL: { ...mailTo(server), cc: 'boss@example.com' } });
    const before = await waitingMail();
    const { findings: all } = await findings('--mail', '--language', 'de');
    const path = all.filter((finding) => finding.check.startsWith('mail-'));
    expect(path.map((finding) => [finding.check, finding.state])).toEqual([
      ['mail-resolve', 'good'],
      ['mail-connect', 'good'],
      ['mail-tls', 'good'],
      ['mail-login', 'good'],
      ['mail-accepted', 'good'],
    ]);
    expect(only(all, 'outbox-sent')).toMatchObject([{ message: 'Eine wartende Mail ist hinausgegangen.' }]);
    expect(only(all, 'outbox')).toMatchObject([{ state: 'good' }]);
    const mails = await server.mails();
    expect(mails.map((mail) => [mail.to, mail.message.subject])).toEqual([
      [['sysop@example.com'], expect.stringContaining('Testmail von plugback')],
      [['late@example.com'], before],
    ]);
  });

  test('outbox shows what waits, and with --send lets it go', async () => {
    const server = await catchers.start();
    configure({ MAIL: mailTo(server) });
    const subject = await waitingMail();
    const shown = await plugback(folder(), 'outbox');
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
    expect(shown.stdout).toContain(`“${subject}” to late@example.com (1 attempt)`);
    const sent = await plugback(folder(), 'outbox', '--send', '--json');
    expect({ ...sent, stdout: JSON.parse(sent.stdout) }).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: { sent: 1, waiting: [] },
    });
    expect((await server.mails()).map((mail) => mail.to)).toEqual([['late@example.com']]);
    expect((await plugback(folder(), 'outbox', '--send')).stdout).toBe('No mail is waiting.\n');
  });

  test('outbox --send with a server that is down: later, and why', async () => {
    const server = await catchers.start();
    await server.goDown();
    configure({ MAIL: mailTo(server) });
    await waitingMail();
    const { exitCode, stdout, stderr } = await plugback(folder(), 'outbox', '--send');
    expect(exitCode).toBe(75);
    expect(stdout).toContain('late@example.com (2 attempts)');
    expect(stderr).toContain('refuses connections');
  });

  test('--mail with a server that is down names the stage and the remedy', async () => {
    const server = await catchers.start();
    await server.goDown();
    configure({ MAIL: mailTo(server) });
    await waitingMail();
    const { stdout, stderr, exitCode } = await plugback(folder(), 'check', '--mail');
    expect(stdout).toMatch(/✘ ERROR +The mail server 127\.0\.0\.1 refuses connections at port \d+\.\n +→ /);
    expect(stdout).toMatch(/! warning +1 mail waits in the outbox since/);
    expect(stderr).toContain('Sending a test mail through 127.0.0.1 …');
    expect(exitCode).toBeGreaterThan(0);
    const { findings: all } = await findings('--mail');
    expect(all.find((finding) => finding.check === 'mail-connect')).toMatchObject({
      state: 'bad',
      exitCode: 69,
    });
  });

  test('Ctrl-C ends it at once, whatever hangs', async () => {
    const server = await catchers.start({ hangs: 'greeting' });
    configure({ MAIL: mailTo(server) });
    const { exitCode, stderr } = await plugbackInterrupted(
      folder(),
      'Sending a test mail',
      'check',
      '--mail',
    );
    expect({ exitCode, stderr }).toEqual({
      exitCode: 130,
      stderr: 'Sending a test mail through 127.0.0.1 …\n',
    });
  });

  function mailTo(server: { host: string; port: number }): { [key: string]: string | number } {
    return {
      'to-mail-addresses-sysop': 'sysop@example.com',
      'from-mail-address': 'plugback@example.com',
      server: server.host,
      port: server.port,
      security: 'none',
    };
  }

  /** Puts a mail into the outbox, as a run left it. @returns its subject */
  async function waitingMail(): Promise<string> {
    const subject = 'Backup done';
    const id = '20261120T031244000Z-0a1b2c3d';
    const outbox = folder('state/outbox');
    mkdirSync(outbox, { recursive: true });
    const message = `From: plugback@example.com\r\nTo: late@example.com\r\nSubject: ${subject}\r\n\r\nx\r\n`;
    writeFileSync(path.join(outbox, `${id}.eml`), message);
    const record = {
      id,
      createdAt: '2026-11-20T03:12:44.000Z',
      subject,
      envelope: { from: 'plugback@example.com', to: ['late@example.com'] },
      letter: { subject, text: ['x'], to: ['late@example.com'], cc: [], attachments: [] },
      attempts: 1,
      lastTriedAt: null,
      lastError: null,
      setAside: false,
    };
    writeFileSync(path.join(outbox, `${id}.json`), JSON.stringify(record));
    return subject;
  }
});

describe('a foreign disk while the configuration is broken', () => {
  test('is nobody’s business: no failure, no mail', async () => {
    configure({ BACKUP: { 'backup-source': '' } });
    const { exitCode, stderr, stdout } = await plugback(folder(), 'run', '--uuid', 'AB12-34CD');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('is not enrolled');
  });

  test('nor is one whose UUID is longer than any, or a part of one that is listed', async () => {
    configure({
      BACKUP: { 'backup-source': '', 'filesystem-ids-and-notification-mail-addresses': 'AB12-34CD' },
    });
    for (const uuid of ['deadbeef-dead-beef-dead-beefdeadbeef0000', '34CD']) {
      expect((await plugback(folder(), 'run', '--uuid', uuid)).exitCode).toBe(0);
    }
  });

  test.each(['AB12-34CD', 'ab12-34cd', 'AB1234CD'])(
    'one that may be listed, as %s, is not foreign',
    async (uuid) => {
      configure({
        BACKUP: { 'backup-source': '', 'filesystem-ids-and-notification-mail-addresses': 'AB12-34CD' },
      });
      expect((await plugback(folder(), 'run', '--uuid', uuid)).exitCode).toBe(78);
    },
  );
});

describe('install', () => {
  test('--dry-run lists every step, as text and as JSON, and needs no rights', async () => {
    const { exitCode, stdout, stderr } = await plugback(folder(), 'install', '--dry-run');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('would run: udevadm control --reload\nNothing was changed.\n');
    const { steps } = JSON.parse((await plugback(folder(), 'install', '--dry-run', '--json')).stdout) as {
      steps: { action: string; path?: string; state: string }[];
    };
    expect(steps.filter(({ action }) => action === 'write')).toHaveLength(8);
  });

  test.skipIf(systemdRuns())('where nobody would heed the units says so', async () => {
    const { exitCode, stdout, stderr } = await plugback(folder(), 'install');
    expect({ exitCode: process.getuid?.() === 0 ? exitCode : 78, stdout }).toEqual({
      exitCode: 78,
      stdout: '',
    });
    expect(stderr).toContain('Nothing was changed.');
  });
});
