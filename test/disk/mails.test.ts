/** The mail server: whatever it does, the backup does not wait for it, and no mail is lost. */

import { expect } from 'vitest';
import { expectEnd, expectNothingLeft, expectText, success } from './expectations.ts';
import { diskTests, isMounted } from './lab.ts';
import { compareTrees, writeNoise, writeSmallFiles } from './trees.ts';

const test = diskTests();

test('it is down during the run: the mails wait, and leave with the next run', async (lab) => {
  const server = await lab.ownMailServer();
  writeSmallFiles(lab.source, 20);
  const disk = await lab.disk();
  lab.configure([disk]);
  await server.goDown();
  const end = await lab.run();
  expect(end).toMatchObject({ exitCode: 0, mails: [] });
  expect(end.seconds).toBeLessThan(10);
  expect(end.history).toMatchObject([{ outcome: 'done', warnings: [] }]);
  expectText(
    end.stdout,
    /2 mails could not be sent yet \(The mail server .+ refuses connections at port \d+\)/,
  );
  expect(lab.outbox()).toHaveLength(2);
  expectNothingLeft(lab);

  await server.comeUp();
  writeNoise(lab.path('source/new'), 1000);
  const next = await lab.run();
  expect(next.exitCode).toBe(0);
  expect(lab.outbox()).toEqual([]);
  const subjects = next.mails.map((mail) => mail.message.subject?.split(':')[0]);
  expect(subjects.toSorted()).toEqual(['Backup done', 'Backup done', 'Backup started', 'Backup started']);
  // Each under its own number, none twice.
  expect(new Set(next.mails.map((mail) => mail.message.messageId)).size).toBe(4);
});

test('it comes back in mid-copy: both mails leave at the end', async (lab) => {
  const server = await lab.ownMailServer();
  writeNoise(lab.path('source/large.vbk'), 4_000_000);
  const disk = await lab.disk();
  lab.configure([disk], { BACKUP: { 'rsync-options': '--bwlimit=4000' } });
  await server.goDown();
  const job = await lab.start();
  const release = await lab.hold(job);
  await job.until('the first mail to wait', () => lab.outbox().length === 1);
  await server.comeUp();
  release();
  const end = await job.ended;
  await expectEnd(lab, end, success(disk));
  expect(lab.outbox()).toEqual([]);
});

test('it takes connections and never says a word: the disk is done long before', async (lab) => {
  const server = await lab.ownMailServer({ hangs: 'greeting' });
  writeSmallFiles(lab.source, 20);
  const disk = await lab.disk();
  lab.configure([disk]);
  const job = await lab.start();
  await job.until('the end of the backup itself', () => lab.status()?.run?.outcome === 'done');
  expect(isMounted(disk.device)).toBe(false);
  expect(lab.status()).toMatchObject({ state: 'idle', run: { unplug: true, error: null } });
  const run = await job.until('the history', () => lab.history()[0]);
  // The first mail alone would have taken ten seconds.
  expect(Date.parse(run.finishedAt ?? '') - Date.parse(run.startedAt)).toBeLessThan(8000);
  await job.until('the last mail to wait', () => lab.outbox().length === 2);
  expectNothingOfTheRun(lab);

  // Whoever has no patience at all can end it; the backup was done.
  job.kill('SIGTERM');
  const end = await job.ended;
  expect(end.exitCode).toBe(0);
  expect(lab.outbox()).toHaveLength(2);
  await server.goDown();
  await server.comeUp({});
  const next = await lab.run();
  expect(next.exitCode).toBe(0);
  expect(lab.outbox()).toEqual([]);
  expect(next.mails).toHaveLength(4);
  const found = await lab.viewed(disk, (folder) =>
    compareTrees(lab.source, folder, { extra: ['lost+found'] }),
  );
  expect(found).toEqual([]);
});

test('no mail server is configured: no mails, and nothing is missed', async (lab) => {
  writeSmallFiles(lab.source, 20);
  const disk = await lab.disk();
  lab.configure([disk], { MAIL: { server: null, port: null, security: null } });
  const end = await lab.run();
  expect(end).toMatchObject({ exitCode: 0, stderr: '', mails: [] });
  expect(end.history).toMatchObject([{ outcome: 'done', warnings: [] }]);
  expect(lab.outbox()).toEqual([]);
  expectNothingLeft(lab);
});

function expectNothingOfTheRun(lab: Parameters<typeof expectNothingLeft>[0]): void {
  expect(isMounted(lab.mountPoint)).toBe(false);
  expect(lab.read('run/run.owner.json')).toBe('');
  expect(lab.read('source/.plugback.lock')).toBe('');
}
