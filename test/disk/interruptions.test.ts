/** Runs that are killed, stopped, or started twice. */

import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import type { StatusDocument } from '../../src/status/types.ts';
import { waitFor } from './command.ts';
import { expectEnd, expectNothingLeft, expectText, markerName, success } from './expectations.ts';
import { type Disk, diskTests, isMounted, type Job, kill, type Lab, stateOf } from './lab.ts';
import { compareTrees, writeNoise, writeSmallFiles } from './trees.ts';

const test = diskTests();

/** A source whose copy takes some seconds: long enough to be caught at it. */
function slowSource(lab: Lab): void {
  writeSmallFiles(lab.source, 20);
  writeNoise(lab.path('source/large.vbk'), 8_000_000);
}

const slowly = { BACKUP: { 'rsync-options': '--bwlimit=4000' } };
/** For copies that do not come to their end. */
const verySlowly = { BACKUP: { 'rsync-options': '--bwlimit=500' } };
const quickly = { BACKUP: { 'rsync-options': null } };

/** Starts a run and holds its copy, once its first mail has left. */
async function startAndHold(lab: Lab): Promise<{ job: Job; release: () => void }> {
  const mailsBefore = (await lab.mails()).length;
  const job = await lab.start();
  const release = await lab.hold(job);
  await job.until(
    'the first mail',
    async () => (await lab.mails()).length > mailsBefore && lab.outbox().length === 0,
  );
  return { job, release };
}

async function expectComplete(lab: Lab, disk: Disk): Promise<void> {
  const found = await lab.viewed(disk, (folder) =>
    compareTrees(lab.source, folder, { extra: ['lost+found'] }),
  );
  expect(found).toEqual([]);
}

const crashedRun =
  /The last run on this disk did not end properly \(started .+\): its lock file was still there/;
const leftoverMount = /The disk was still mounted at .+ from a run that died/;
const warned = { outcome: 'warned', subject: /^Backup done with warnings: .+ – you can unplug it/ } as const;

describe('killed with kill -9 in mid-copy', () => {
  test('alone: the copier goes with it; the next run warns and completes the copy', async (lab) => {
    slowSource(lab);
    const disk = await lab.disk();
    lab.configure([disk], verySlowly);
    const { job, release } = await startAndHold(lab);
    job.kill('SIGKILL');
    release();
    const killed = await job.ended;
    expect(killed.signal).toBe('SIGKILL');
    await waitFor('the end of the copier', () => lab.copiers().length === 0);

    // What a dead run leaves: readers are not fooled by the status that it can no longer correct.
    expect(isMounted(disk.device)).toBe(true);
    expect(killed.status?.state).toBe('running');
    expect(JSON.parse(readFileSync(`${lab.mountPoint}/${markerName}`, 'utf8'))).toMatchObject({
      pid: job.pid,
    });
    expect(JSON.parse(readFileSync(`${lab.source}/${markerName}`, 'utf8'))).toMatchObject({ pid: job.pid });
    const seen = await lab.json<StatusDocument>('status');
    expect(seen).toMatchObject({
      state: 'idle',
      run: { outcome: 'failed', unplug: false, error: { code: 'run-died' } },
    });

    lab.configure([disk], quickly);
    const end = await lab.run();
    await expectEnd(lab, end, success(disk, { ...warned, warnings: [leftoverMount, crashedRun] }));
    await expectComplete(lab, disk);
    // And that is the end of it.
    await expectEnd(lab, await lab.run(), success(disk));
  });

  test('what systemd does then: the disk is unmounted, the source is free, and people are told', async (lab) => {
    slowSource(lab);
    const disk = await lab.disk({ label: 'MONTAG' });
    lab.configure([disk], verySlowly);
    const { job } = await startAndHold(lab);
    // A run that lives has nothing that somebody else may put away.
    const early = await lab.run(['--uuid', disk.uuid], { command: 'clean-up' });
    expect(early.stdout).toMatch(/^There was nothing to put away\.\n/);
    expect(isMounted(disk.device)).toBe(true);
    for (const pid of [job.pid, ...lab.copiers()]) kill(pid, 'SIGKILL');
    await job.ended;

    const end = await lab.run(['--uuid', disk.uuid], { command: 'clean-up' });
    expect(end.exitCode).toBe(0);
    expect(end.stdout).toMatch(
      /^The disk was still mounted at .+; it is unmounted now\.\nThe backup that started/,
    );
    expect(isMounted(disk.device)).toBe(false);
    expect(readdirSync(lab.source)).not.toContain(markerName);
    expect(await lab.viewed(disk, (folder) => readdirSync(folder))).toContain(markerName);
    expect(end.history).toMatchObject([{ outcome: 'failed', unplug: true, error: { code: 'run-died' } }]);
    expect(end.status).toMatchObject({ state: 'idle', run: { unplug: true, error: { code: 'run-died' } } });
    expect(end.mails.map(({ message }) => message.subject)).toEqual([
      expect.stringMatching(/^Backup FAILED: disk “MONTAG”, .+ – you can unplug it \(/),
    ]);

    const again = await lab.run(['--uuid', disk.uuid], { command: 'clean-up' });
    expect(again.stdout).toBe('There was nothing to put away.\n');
    lab.configure([disk], quickly);
    const next = await lab.run();
    await expectEnd(lab, next, success(disk, { ...warned, warnings: [crashedRun] }));
    await expectComplete(lab, disk);
  });

  test('while somebody is in its folder: nobody is told to unplug it', async (lab) => {
    slowSource(lab);
    const disk = await lab.disk({ label: 'MONTAG' });
    lab.configure([disk], verySlowly);
    const { job } = await startAndHold(lab);
    const visitor = spawn('sleep', ['600'], { cwd: lab.mountPoint, stdio: 'ignore' });
    lab.undo(() => visitor.kill('SIGKILL'));
    for (const pid of [job.pid, ...lab.copiers()]) kill(pid, 'SIGKILL');
    await job.ended;
    const end = await lab.run(['--uuid', disk.uuid], { command: 'clean-up' });
    expect(end.stdout).toMatch(/^The disk is still in use by sleep \(\d+\)\. Do NOT unplug it before/);
    expect(end.history).toMatchObject([{ unplug: false, error: { code: 'run-died' } }]);
    expect(end.mails.at(-1)?.message.subject).toMatch(/^Backup FAILED: .+ – do NOT unplug it/);
  });

  test('its configuration has broken since: it is cleaned up after, and the mail leaves', async (lab) => {
    slowSource(lab);
    const disk = await lab.disk({ label: 'MONTAG' });
    lab.configure([disk], verySlowly);
    const { job } = await startAndHold(lab);
    for (const pid of [job.pid, ...lab.copiers()]) kill(pid, 'SIGKILL');
    await job.ended;
    lab.configure([disk], { BACKUP: { 'max-delete-percent': 'a quarter' } });
    const end = await lab.run(['--uuid', disk.uuid], { command: 'clean-up' });
    expect(end.exitCode).toBe(0);
    expect(isMounted(disk.device)).toBe(false);
    expect(end.mails.map(({ message }) => message.subject)).toEqual([
      expect.stringMatching(/^Backup FAILED: disk “MONTAG”, .+ – you can unplug it \(/),
    ]);
  });

  test('the next disk puts it away and tells of it, should it come first', async (lab) => {
    slowSource(lab);
    const first = await lab.disk({ label: 'MONTAG' });
    const second = await lab.disk({ label: 'DIENSTAG' });
    lab.configure([first, second], verySlowly);
    const job = await lab.start(['--uuid', first.uuid]);
    await lab.hold(job);
    for (const pid of [job.pid, ...lab.copiers()]) kill(pid, 'SIGKILL');
    await job.ended;
    lab.configure([first, second], quickly);
    const end = await lab.run(['--uuid', second.uuid]);
    expect(end.exitCode, end.stderr).toBe(0);
    expect(isMounted(first.device)).toBe(false);
    expect(end.history).toMatchObject([
      { label: 'MONTAG', unplug: true, error: { code: 'run-died' } },
      { label: 'DIENSTAG', error: null },
    ]);
    expect(end.mails.map(({ message }) => message.subject)).toContainEqual(
      expect.stringMatching(/^Backup FAILED: disk “MONTAG”, .+ – you can unplug it \(/),
    );
    await expectComplete(lab, second);
  });

  test('with its copier, at the same moment; and the disk was unplugged and plugged in again', async (lab) => {
    slowSource(lab);
    const disk = await lab.disk();
    lab.configure([disk], verySlowly);
    const { job } = await startAndHold(lab);
    for (const pid of [job.pid, ...lab.copiers()]) kill(pid, 'SIGKILL');
    await job.ended;
    await lab.pull(disk);
    lab.configure([disk], quickly);
    const end = await lab.run();
    await expectEnd(lab, end, success(disk, { ...warned, warnings: [crashedRun] }));
    expect(end.history.map(({ error }) => error?.code)).toEqual(['run-died', undefined]);
    await expectComplete(lab, disk);
  });

  test('while its copier cannot die: the disk is named as busy, and not touched', async (lab) => {
    slowSource(lab);
    const disk = await lab.disk();
    lab.configure([disk], verySlowly);
    const { job, release } = await startAndHold(lab);
    job.kill('SIGKILL');
    await job.ended;
    const end = await lab.run();
    expect(end.exitCode).toBe(74);
    expectText(end.log, /could not be unmounted from .+; it is in use by rsync \(\d+\)/);
    expectText(end.mails.at(-1)?.message.subject ?? '', /^Backup FAILED: .+ – do NOT unplug it/);
    expect(end.status?.run).toMatchObject({ outcome: 'failed', unplug: false });
    expect(isMounted(disk.device)).toBe(true);

    release();
    await waitFor('the end of the copier', () => lab.copiers().length === 0);
    lab.configure([disk], quickly);
    const next = await lab.run();
    await expectEnd(lab, next, success(disk, { ...warned, warnings: [leftoverMount, crashedRun] }));
    await expectComplete(lab, disk);
  });
});

test('started twice on one disk: the second ends at once, the first does not even notice', async (lab) => {
  slowSource(lab);
  const disk = await lab.disk();
  lab.configure([disk], slowly);
  const first = await lab.start();
  const release = await lab.hold(first);
  const second = await lab.run();
  expect(second.exitCode).toBe(73);
  expect(second.seconds).toBeLessThan(5);
  const sentence = new RegExp(`A backup on this disk is already running since .+ \\(process ${first.pid}\\)`);
  expectText(second.stderr, sentence);
  expect(second.history).toHaveLength(1);
  expect(second.history[0]).toMatchObject({
    outcome: 'failed',
    unplug: false,
    error: { code: 'already-running' },
  });
  const [mail] = second.mails.slice(-1);
  expectText(mail?.message.subject ?? '', / – do NOT unplug it/);
  expectText(mail?.message.text ?? '', sentence);
  // It is still the first one's show.
  expect(lab.status()).toMatchObject({ state: 'running', run: { step: 'copy', outcome: null } });
  expect(isMounted(disk.device)).toBe(true);

  release();
  const end = await first.ended;
  expect(end.exitCode).toBe(0);
  expect(end.status?.run).toMatchObject({ outcome: 'done', warnings: [] });
  expectText(end.mails.at(-1)?.message.subject ?? '', /^Backup done: .+ – you can unplug it/);
  expectNothingLeft(lab);
  await expectComplete(lab, disk);
});

test('two disks at once: the second waits its turn, is seen waiting, and is filled as well', async (lab) => {
  slowSource(lab);
  const [one, two] = [await lab.disk({ label: 'ONE' }), await lab.disk({ label: 'TWO' })];
  lab.configure([one, two], slowly);
  const first = await lab.start(['--uuid', one.uuid]);
  const release = await lab.hold(first);
  const second = await lab.start(['--uuid', two.uuid]);
  const queue = await second.until('the second disk in the queue', async () => {
    const status = await lab.json<StatusDocument>('status');
    return status.queue.length > 0 && status.queue;
  });
  expect(queue).toMatchObject([{ uuid: two.uuid, label: 'TWO' }]);
  expectText(second.output(), 'Another disk is being filled at the moment. This one waits its turn');
  expect(isMounted(two.device)).toBe(false);
  expect(lab.status()).toMatchObject({ state: 'running', run: { uuid: one.uuid } });

  release();
  const ends = [await first.ended, await second.ended];
  expect(ends.map((end) => end.exitCode)).toEqual([0, 0]);
  expectText(ends[1]?.stdout ?? '', 'It is this disk’s turn now.');
  expect(lab.history().map((run) => [run.label, run.outcome])).toEqual([
    ['ONE', 'done'],
    ['TWO', 'done'],
  ]);
  expect((await lab.json<StatusDocument>('status')).queue).toEqual([]);
  expectNothingLeft(lab);
  for (const disk of [one, two]) await expectComplete(lab, disk);
});

describe('told to stop', () => {
  const stopped = (signal: NodeJS.Signals, exitCode: number) => ({
    exitCode,
    outcome: 'failed' as const,
    code: 'interrupted' as const,
    sentence: `The backup was stopped from outside (${signal}). It is not complete.`,
    subject: /^Backup FAILED: disk “PLUGBACK”, .+ – you can unplug it/,
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)(
    'in mid-copy: unmounted, unlocked and mailed within 3 s (%s)',
    async (lab, [signal, exitCode]) => {
      slowSource(lab);
      const disk = await lab.disk();
      lab.configure([disk], verySlowly);
      const job = await lab.start();
      const release = await lab.hold(job);
      release();
      const stoppedAt = performance.now();
      job.kill(signal);
      const end = await job.ended;
      expect((performance.now() - stoppedAt) / 1000).toBeLessThan(3);
      await expectEnd(lab, end, { ...stopped(signal, exitCode), disk, log: [`Asked to stop (${signal})`] });
      lab.configure([disk], quickly);
      await expectEnd(lab, await lab.run(), success(disk));
      await expectComplete(lab, disk);
    },
  );

  test('while it waits for Veeam', async (lab) => {
    slowSource(lab);
    const disk = await lab.disk();
    lab.configure([disk], { BACKUP: { 'veeam-lockfile-path': lab.path('veeam') } });
    mkdirSync(lab.path('veeam'));
    writeFileSync(lab.path('veeam/nightly.lock'), JSON.stringify({ job: 'Nightly', host: 'FILESERVER' }));
    const job = await lab.start();
    await job.until('the wait for Veeam', () => /Waiting for it/.test(job.output()));
    job.kill('SIGTERM');
    const subject = /^Backup FAILED: disk “PLUGBACK”, nothing was copied – you can unplug it/;
    await expectEnd(lab, await job.ended, { ...stopped('SIGTERM', 143), subject, disk });
  });

  test('while it waits its turn', async (lab) => {
    slowSource(lab);
    const [one, two] = [await lab.disk({ label: 'ONE' }), await lab.disk({ label: 'TWO' })];
    lab.configure([one, two], slowly);
    const first = await lab.start(['--uuid', one.uuid]);
    const release = await lab.hold(first);
    const second = await lab.start(['--uuid', two.uuid]);
    await second.until('the second to wait', () => second.output().includes('waits its turn'));
    second.kill('SIGTERM');
    const end = await second.ended;
    expect(end.exitCode).toBe(143);
    expectText(end.stderr, stopped('SIGTERM', 143).sentence);
    expect(lab.status()).toMatchObject({ state: 'running', run: { uuid: one.uuid }, queue: [] });
    release();
    expect((await first.ended).exitCode).toBe(0);
    expectNothingLeft(lab);
    await expectComplete(lab, one);
  });

  test('twice, because somebody is impatient: once is enough', async (lab) => {
    slowSource(lab);
    const disk = await lab.disk();
    lab.configure([disk], verySlowly);
    const job = await lab.start();
    const release = await lab.hold(job);
    release();
    job.kill('SIGTERM');
    await job.until('the first to be heard', () => job.output().includes('Asked to stop'));
    job.kill('SIGTERM');
    await expectEnd(lab, await job.ended, { ...stopped('SIGTERM', 143), disk });
  });
});

test('a run that stands still keeps its lock, whatever the time', async (lab) => {
  slowSource(lab);
  const disk = await lab.disk();
  lab.configure([disk], slowly);
  const { job: first, release } = await startAndHold(lab);
  first.kill('SIGSTOP');
  await waitFor('the first to stand still', () => stateOf(first.pid) === 'T');
  const second = await lab.run();
  expect(second.exitCode).toBe(73);
  first.kill('SIGCONT');
  release();
  expect((await first.ended).exitCode).toBe(0);
  await expectComplete(lab, disk);
});
