/** `plugback nightshift` as it is typed: the program itself, with a mail server that catches what it sends. */

import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collectFindings, type Finding } from '../../src/commands/check/finding.ts';
import { examineJobs } from '../../src/commands/check/jobs.ts';
import { openWatchLog } from '../../src/commands/nightshift/voice.ts';
import { createTranslator } from '../../src/messages/translator.ts';
import { type NightDocument, readNights } from '../../src/status/nightshift.ts';
import { identifyProcess } from '../../src/system/process-identity.ts';
import { waitFor } from '../disk/command.ts';
import { useFolder } from '../folder.ts';
import { type SmtpCatchers, smtpCatchers } from '../mail/smtp-catcher.ts';
import { job as nightJob, nightshiftConfig } from '../nightshift/world.ts';
import { plugback, plugbackStarted } from './cli.ts';

const folder = useFolder();
let servers: SmtpCatchers;
beforeAll(async () => {
  servers = await smtpCatchers();
});
afterAll(() => servers.endAll());

/** What leaves the machine awake whatever `after-backup` says: these tests run on a real one. */
function configure(text: string, sections = ''): void {
  mkdirSync(folder('log'), { recursive: true });
  writeFileSync(
    folder('config.ini'),
    `[GENERAL]\nstate-directory = ${folder('state')}\nruntime-directory = ${folder('run')}\n${sections}` +
      `[NIGHTSHIFT]\nnightshift-log-file-path = ${folder('log', 'nightshift.log')}\n${text}`,
  );
}

const job = (name: string, command: string) =>
  `[JOB ${name}]\nkind = command\ncommand = ${command}\nretries = 0\n`;

test('by hand: the jobs in order, a mail, the history, the status', async () => {
  const server = await servers.start();
  const mail = `[MAIL]\nserver = 127.0.0.1\nport = ${server.port}\nsecurity = none\nto-mail-addresses-sysop = office@example.com\nfrom-mail-address = nas@example.com\n[DEBUG]\ndebug = yes\n`;
  configure(
    job('first', `/bin/sh -c "echo one >> ${folder('order')}"`) +
      job('second', `/bin/sh -c "echo two >> ${folder('order')}; exit 5"`),
    mail,
  );
  const end = await plugback(folder(), 'nightshift', '--now');
  expect(end.exitCode).toBe(74);
  expect(readFileSync(folder('order'), 'utf8')).toBe('one\ntwo\n');
  const [caught] = await server.mails();
  expect(caught?.message.subject).toMatch(/^Night backup on .*: 1 of 2 jobs FAILED$/);
  expect(caught?.message.text).toContain('first: done');
  expect(caught?.message.text).toContain('The job “second” failed (exit code 5), tried 1 time.');
  const { stdout } = await plugback(folder(), 'status');
  expect(stdout).toContain('nightshift is not running');
  expect(stdout).toContain(': FAILED, began');
  const { stdout: past } = await plugback(folder(), 'history');
  expect(past).toMatch(
    /The last nights\n {2}.*: FAILED, began .*\n {4}first: done, 0 s\n {4}second: FAILED, 0 s\n/,
  );
  // With debug = yes every call stands in the log, with its arguments.
  const log = readFileSync(folder('log', 'nightshift.log'), 'utf8');
  expect(log).toMatch(/DEBUG {2}calls runJob\(first, …\)/);
  expect(log).toContain(`calls /bin/sh -c 'echo one >> ${folder('order')}'`);
});

test('with --json standard output is one JSON document a line, the night at the end', async () => {
  configure(job('first', '/bin/true'));
  const { stdout, exitCode } = await plugback(folder(), 'nightshift', '--now', '--json', '--language', 'de');
  expect(exitCode).toBe(0);
  const documents = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg?: string } & Partial<NightDocument>);
  expect(documents.at(-1)).toMatchObject({ outcome: 'done', trigger: 'by-hand' });
  expect(documents[0]?.msg).toContain('beobachtet 0 Rechner');
});

test('the rehearsal says what would be done and why, and writes nothing', async () => {
  const pc = '[COMPUTER archive]\nip = 192.0.2.9\nmac = 001b213c4d5e\nreach = ssh\nafter-backup = shutdown\n';
  configure(`after-backup = hibernate\n${pc}${job('a b', '/bin/sh -c "exit 5"')}target = archive\n`);
  const { stdout, exitCode } = await plugback(folder(), 'nightshift', '--dry-run', '--now');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('because somebody asked for it');
  expect(stdout).toContain("\n  It would run: /bin/sh -c 'exit 5'\n");
  expect(stdout).toContain('In the end this machine hibernates, if nobody is online.');
  expect(stdout).toContain('Nothing was done: this was a rehearsal.');
  expect(existsSync(folder('state'))).toBe(false);
  expect(existsSync(folder('log', 'nightshift.log'))).toBe(false);
});

test('a machine that fills no disk: nothing is missing, and nobody is told to plug one in', async () => {
  configure(job('first', '/bin/true'));
  await plugback(folder(), 'nightshift', '--now');
  expect((await plugback(folder(), 'check')).stdout).toContain('config.ini is complete and correct.');
  expect((await plugback(folder(), 'status')).stdout).toMatch(/^Nightshift\n/);
  configure('');
  expect((await plugback(folder(), 'check')).stdout).toContain('BACKUP.backup-source: is missing');
});

test('--once waits for nobody: it looks, and ends', async () => {
  configure(job('first', '/bin/false'));
  const { stdout, exitCode } = await plugback(folder(), 'nightshift', '--once');
  expect([exitCode, existsSync(folder('state', 'nightshift.jsonl'))]).toEqual([0, false]);
  expect(stdout).toContain('No computer is watched whose use would mean that somebody works');
});

test('a mirror is the real one, with its guards and its exit codes', async () => {
  mkdirSync(folder('from'));
  mkdirSync(folder('to'));
  writeFileSync(folder('to', 'kept'), 'kept');
  configure(`[JOB papers]\nkind = mirror\nfrom = ${folder('from')}\nto = ${folder('to')}\nretries = 0\n`);
  const refused = await plugback(folder(), 'nightshift', '--now');
  expect(refused.exitCode).toBe(76);
  expect(refused.stdout).toContain('(exit code 76: a guard refused it, and nothing was changed)');
  expect(existsSync(folder('to', 'kept'))).toBe(true);
  writeFileSync(folder('from', 'letter'), 'Dear Otto');
  writeFileSync(folder('from', 'kept'), 'kept');
  const done = await plugback(folder(), 'nightshift', '--now');
  expect([done.exitCode, readFileSync(folder('to', 'letter'), 'utf8')]).toEqual([0, 'Dear Otto']);
});

test('a backup whose disk is not there says so, and hands its exit code on', async () => {
  const uuid = '0a1b2c3d-1111-2222-3333-444455556666';
  mkdirSync(folder('source'));
  writeFileSync(folder('source', 'letter'), 'Dear Otto');
  configure(
    `[JOB disk]\nkind = backup\ndisk = ${uuid}\nretries = 0\n`,
    `[BACKUP]\nfilesystem-ids-and-notification-mail-addresses = ${uuid}\nbackup-source = ${folder('source')}\n` +
      `backup-destination = ${folder('target')}\nlog-file-path = ${folder('log', 'run.log')}\n` +
      `rsync-log-file-path = ${folder('log', 'rsync.log')}\n`,
  );
  const { stdout, exitCode } = await plugback(folder(), 'nightshift', '--now');
  expect(exitCode).toBe(69);
  expect(stdout).toContain('(exit code 69: no disk was attached, ');
});

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const)(
  '%s in mid-job ends the job with all that it has started, is told, and ends with %d',
  async (signal, exitCode) => {
    configure(
      job('first', `/bin/sh -c "sleep 600 & echo $! > ${folder('pid')}; wait"`) + job('second', '/bin/true'),
    );
    const running = plugbackStarted(folder(), 'nightshift', '--now');
    const pid = await waitFor(
      'the job',
      () => existsSync(folder('pid')) && Number(readFileSync(folder('pid'), 'utf8')),
    );
    const second = await plugback(folder(), 'nightshift');
    expect([second.exitCode, second.stderr]).toEqual([
      73,
      expect.stringContaining('nightshift is already running'),
    ]);
    const asked = await plugback(folder(), 'nightshift', '--now');
    expect([asked.exitCode, asked.stdout]).toEqual([0, expect.stringContaining('is running: first')]);
    running.kill(signal);
    const end = await running.ended;
    expect(end.exitCode).toBe(exitCode);
    expect(end.stdout).toContain('The backup was stopped');
    expect(identifyProcess('/proc', pid)).toBeNull();
    const [night] = await readNights(folder('state', 'nightshift.jsonl'), 1);
    expect(night).toMatchObject({ outcome: 'stopped', jobs: [{ state: 'failed' }, { state: 'skipped' }] });
    expect(existsSync(folder('run', 'nightshift-now'))).toBe(false);
  },
);

test('a log that is written for months makes room for itself', () => {
  const logFilePath = folder('log', 'nightshift.log');
  const reading = { nightshift: { logFilePath }, debug: true };
  const context = { json: false, output: { line: () => undefined, problem: () => undefined } };
  const log = openWatchLog({ reading, context, translator: createTranslator('en') } as never);
  for (let line = 0; line < 6_000; line += 1)
    log.log({ level: 'debug', step: null, text: 'x'.repeat(1_000) });
  log.close();
  expect(statSync(logFilePath).size).toBeLessThan(5_000_000);
  expect(statSync(`${logFilePath}.1`).size).toBeGreaterThan(4_000_000);
});

test('Computers.txt becomes sections', async () => {
  writeFileSync(
    folder('Computers.txt'),
    'MAC\tIP\tUser\tServer\tTimesrc\n00-1B-21-3C-4D-5E\t10.0.0.9\tanna\t10.0.0.1\t1\n',
  );
  const { stdout, stderr, exitCode } = await plugback(folder(), 'nightshift', 'import', 'Computers.txt');
  expect(exitCode).toBe(0);
  expect(stdout).toBe(
    '[COMPUTER anna]\nmac = 00:1b:21:3c:4d:5e\nip = 10.0.0.9\nuser = anna\ninterface = 10.0.0.1\ntime-source = yes\n',
  );
  expect(stderr).toContain('1 computer found.');
});

test.each([
  [['--now'], 78, 'holds no job'],
  [['sleep'], 64, '“sleep” means nothing to nightshift'],
  [['import'], 64, 'Which file?'],
  [['import', 'missing.txt'], 78, 'missing.txt cannot be read'],
  [['cancel'], 0, 'No countdown is running'],
])('%j ends with %d', async (words, exitCode, said) => {
  configure('');
  const end = await plugback(folder(), 'nightshift', ...words);
  expect(end.exitCode).toBe(exitCode);
  expect(end.stdout + end.stderr).toContain(said);
});

test('all mistakes of a configuration are told together', async () => {
  configure('offline-minuts = 1\n[COMPUTER $(reboot)]\nip = x\n');
  const { stderr, exitCode } = await plugback(folder(), 'nightshift');
  expect(exitCode).toBe(78);
  expect(stderr).toContain('“offline-minutes”');
  expect(stderr).toContain('“x” is not an IP address');
  expect(stderr).toContain('“$(reboot)” cannot be a name here');
});

test('what was remembered and cannot be used is told, by a rehearsal too', async () => {
  configure(job('first', '/bin/true'));
  mkdirSync(folder('state'), { recursive: true });
  writeFileSync(folder('state', 'nightshift.json'), '{broken');
  const forgotten = `What nightshift remembered in ${folder('state', 'nightshift.json')} cannot be used`;
  expect((await plugback(folder(), 'nightshift', '--dry-run')).stderr).toContain(forgotten);
  expect((await plugback(folder(), 'nightshift', '--now')).stdout).toContain(forgotten);
  expect((await plugback(folder(), 'nightshift', '--dry-run')).stderr).toBe('');
});

test('a state that was lost, or cannot be written: the night is not backed up again, and the trouble is told once', async () => {
  // The window is always open.
  const window = 'window = 00:00-23:59\n';
  configure(window + job('first', `/bin/sh -c "echo one >> ${folder('order')}"`));
  await plugback(folder(), 'nightshift', '--once');
  expect(readFileSync(folder('order'), 'utf8')).toBe('one\n');
  writeFileSync(folder('state', 'nightshift.json'), '');
  await plugback(folder(), 'nightshift', '--once');
  expect(readFileSync(folder('order'), 'utf8')).toBe('one\n');
  rmSync(folder('state', 'nightshift.json'));
  mkdirSync(folder('state', 'nightshift.json'));
  const { stdout } = await plugback(folder(), 'nightshift', '--once');
  expect(readFileSync(folder('order'), 'utf8')).toBe('one\n');
  expect(stdout.match(/could not be written/g)).toHaveLength(1);
});

test('a command that does not exist is told with the name of its job', async () => {
  configure(job('papers', folder('no-such-program')));
  const { stdout, exitCode } = await plugback(folder(), 'nightshift', '--now');
  expect(stdout).toContain(
    `The job “papers” did not run: the program ${folder('no-such-program')} does not exist.`,
  );
  expect(exitCode).toBe(78);
});

test('only the exit code of a command may be called good', () => {
  for (const language of ['en', 'de'] as const) {
    const { problem } = createTranslator(language);
    const remedyOf = (kind: 'rsync' | 'command', exitCode: number | null) =>
      problem('job-failed', { job: 'papers', kind, exitCode, count: 2 }).remedy;
    for (const exitCode of [11, 12, 23, 24, 25, 30, 255, 99])
      expect(remedyOf('rsync', exitCode)).not.toContain('good-exit-codes');
    expect(remedyOf('rsync', 25)).toContain('max-deletes');
    expect(remedyOf('command', 5)).toContain('good-exit-codes');
    expect(remedyOf('command', null)).not.toContain('good-exit-codes');
  }
});

test('a log that cannot be written is told as that', async () => {
  configure(job('first', '/bin/true'));
  mkdirSync(folder('log', 'nightshift.log'));
  const { stderr } = await plugback(folder(), 'nightshift', '--now');
  expect(stderr).toContain(`The log of nightshift, ${folder('log', 'nightshift.log')}, could not be written`);
});

test('a machine that fills no disk: run says what it would need, a mirror needs nothing of it', async () => {
  configure(job('a', '/bin/true'));
  for (const name of ['from', 'to']) mkdirSync(folder(name));
  writeFileSync(folder('from', 'letter'), 'text');
  const run = await plugback(folder(), 'run');
  expect([run.exitCode, run.stderr]).toEqual([
    78,
    expect.stringContaining('BACKUP.backup-source: is missing'),
  ]);
  expect((await plugback(folder(), 'enroll', '/dev/null', '--yes')).stderr).not.toContain('has 0 mistakes');
  const config = ['--config', folder('config.ini')];
  const mirror = await plugback(folder(), 'mirror', folder('from'), folder('to'), ...config);
  expect([mirror.exitCode, mirror.stderr]).toEqual([0, '']);
  expect(existsSync(folder('to', 'letter'))).toBe(true);
});

test('check tells what the jobs would not find on this machine, and with which exit code they would end', async () => {
  const keys = ['key', 'hosts'].map((name) => folder('missing', name));
  for (const name of ['from', 'empty', 'log']) mkdirSync(folder(name), { recursive: true });
  writeFileSync(folder('from', 'letter'), 'text');
  writeFileSync(folder('plain'), '#!/bin/sh\n', { mode: 0o644 });
  const copy = (name: string, kind: string, from: string, to: string, more = '') =>
    `[JOB ${name}]\nkind = ${kind}\nfrom = ${from}\nto = ${to}\n${more}`;
  writeFileSync(
    folder('config.ini'),
    `[GENERAL]\nstate-directory = ${folder('state')}\nruntime-directory = ${folder('run')}\n` +
      `[NIGHTSHIFT]\nnightshift-log-file-path = ${folder('plain', 'n.log')}\n` +
      `ssh-key-file = ${keys[0]}\nssh-known-hosts-file = ${keys[1]}\n` +
      job('gone', folder('no-program')) +
      job('plain', folder('plain')) +
      job('folder', folder('from')) +
      copy('no source', 'rsync', folder('nowhere'), folder('to')) +
      copy('nothing', 'rsync', folder('empty'), folder('to'), 'delete = yes\n') +
      copy('no mirror', 'mirror', folder('nowhere'), folder('from')) +
      copy('itself', 'mirror', folder(), folder('from')) +
      copy('fine', 'rsync', folder('from'), folder('to')),
  );
  const { stdout } = await plugback(folder(), 'check', '--json');
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  const told = findings.filter(({ check }) => ['job', 'jobs', 'ssh-file', 'log'].includes(check));
  expect(told.map(({ check, state, exitCode, message }) => [check, state, exitCode, message])).toEqual([
    ['ssh-file', 'bad', 78, expect.stringContaining(`ssh-key-file names ${keys[0]}`)],
    ['ssh-file', 'bad', 78, expect.stringContaining(`ssh-known-hosts-file names ${keys[1]}`)],
    ['job', 'bad', 78, `“gone”: ${folder('no-program')} is no program that can be run.`],
    ['job', 'bad', 78, expect.stringContaining('“plain”: ')],
    ['job', 'bad', 78, expect.stringContaining('“folder”: ')],
    ['job', 'bad', 76, expect.stringContaining(`“no source”: The source ${folder('nowhere')}`)],
    ['job', 'bad', 76, expect.stringContaining(`“nothing”: The source ${folder('empty')} is empty`)],
    ['job', 'bad', 76, expect.stringContaining(`“no mirror”: The source ${folder('nowhere')}`)],
    ['job', 'bad', 76, expect.stringMatching(/“itself”: .*lies in/)],
    ['jobs', 'good', 0, 'These jobs find here what they need: fine.'],
    ['log', 'warning', 0, expect.stringContaining(folder('plain', 'n.log'))],
  ]);
  for (const { remedy, state } of told) expect(remedy === null).toBe(state === 'good');
});

test('check knows of a backup job without a disk', async () => {
  mkdirSync(folder('source'));
  const checked = async (backup: string, disk: string) => {
    configure(
      `[JOB disk]\nkind = backup\n${disk}`,
      `[BACKUP]\nbackup-source = ${folder('source')}/\n${backup}`,
    );
    const { stdout } = await plugback(folder(), 'check', '--json');
    return (JSON.parse(stdout) as { findings: Finding[] }).findings.filter(({ state }) => state === 'bad');
  };
  const none = { check: 'disks', exitCode: 78 };
  expect(await checked('', '')).toEqual(expect.arrayContaining([expect.objectContaining(none)]));
  const enrolled = 'filesystem-ids-and-notification-mail-addresses = 7d3f-19ac\n';
  const other = {
    check: 'job',
    exitCode: 69,
    message: '“disk”: The disk abcd-1234 is not enrolled, so nothing is backed up.',
  };
  expect(await checked(enrolled, 'disk = abcd-1234\n')).toEqual(
    expect.arrayContaining([expect.objectContaining(other)]),
  );
  expect((await checked(enrolled, 'disk = 7D3F-19AC\n')).filter(({ check }) => check === 'job')).toEqual([]);
});

test('what lies on a computer that is off need not be there before it is woken', async () => {
  const translator = createTranslator('en');
  const work = { kind: 'mirror', from: folder('share'), to: folder() } as const;
  const config = nightshiftConfig({ jobs: [{ ...nightJob('a'), source: ['pc'], ...work }] });
  const statesOf = async (away: readonly string[]) => {
    const findings = collectFindings('nightshift', translator);
    await examineJobs(config, new Set(away), { translator, lenient: null }, findings);
    return findings.all.map(({ state }) => state);
  };
  expect([await statesOf([]), await statesOf(['pc'])]).toEqual([['bad'], ['good']]);
});
