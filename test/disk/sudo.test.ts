/** Not as root, but as a user who may do everything through `sudo -n`. */

import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { attempt, command, isInstalled } from './command.ts';
import { expectEnd, expectNothingLeft, expectText, success } from './expectations.ts';
import { diskTests, isMounted, type Lab } from './lab.ts';
import { compareTrees, writeNoise, writeSmallFiles } from './trees.ts';

const test = diskTests();

const user = `plugback-test-${process.pid}`;

/** Makes a user for the length of a test. */
async function throwAwayUser(
  lab: Lab,
  options: { mayUseSudo: boolean },
): Promise<{ uid: number; gid: number }> {
  if (!isInstalled('sudo') || !isInstalled('useradd')) lab.skip('needs sudo and useradd');
  const made = await attempt('useradd', [
    '--system',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    user,
  ]);
  if (made.exitCode !== 0) lab.skip('needs to make a user');
  lab.undo(() => command('userdel', user));
  if (options.mayUseSudo) {
    const rights = `/etc/sudoers.d/${user}`;
    lab.undo(() => rmSync(rights, { force: true }));
    writeFileSync(rights, `${user} ALL=(root) NOPASSWD: ALL\n`, { mode: 0o440 });
  }
  const [, , uid, gid] = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === user) ?? ['', '', '', ''];
  const ids = { uid: Number(uid), gid: Number(gid) };
  for (const name of ['state', 'run', 'log']) {
    mkdirSync(lab.path(name));
    chownSync(lab.path(name), ids.uid, ids.gid);
  }
  return ids;
}

test('the whole job, with files that only root may read', async (lab) => {
  const ids = await throwAwayUser(lab, { mayUseSudo: true });
  writeSmallFiles(lab.source, 30);
  writeFileSync(lab.path('source/secret'), 'for root only\n', { mode: 0o600 });
  mkdirSync(lab.path('source/private'));
  writeNoise(lab.path('source/private/data'), 100_000);
  chmodSync(lab.path('source/private'), 0o700);
  const disk = await lab.disk();
  lab.configure([disk]);
  const complete = () =>
    lab.viewed(disk, (folder) => compareTrees(lab.source, folder, { extra: ['lost+found'] }));

  await expectEnd(lab, await lab.run([], ids), success(disk));
  expect(await complete()).toEqual([]);
  rmSync(lab.path('source/private'), { recursive: true });
  writeNoise(lab.path('source/new'), 100_000);
  await expectEnd(lab, await lab.run([], ids), success(disk));
  await expectEnd(lab, await lab.run([], ids), success(disk, { log: ['Nothing had to be copied.'] }));
  expect(await complete()).toEqual([]);
});

test('a source that only root may enter', async (lab) => {
  const ids = await throwAwayUser(lab, { mayUseSudo: true });
  writeSmallFiles(lab.source, 30);
  chmodSync(lab.source, 0o700);
  const disk = await lab.disk();
  lab.configure([disk]);
  await expectEnd(lab, await lab.run([], ids), success(disk));
  const found = await lab.viewed(disk, (folder) =>
    compareTrees(lab.source, folder, { extra: ['lost+found'] }),
  );
  expect(found).toEqual([]);
});

test('stopped in mid-copy: the copier of root ends as well', async (lab) => {
  const ids = await throwAwayUser(lab, { mayUseSudo: true });
  writeNoise(lab.path('source/large'), 6_000_000);
  const disk = await lab.disk();
  lab.configure([disk], { BACKUP: { 'rsync-options': '--bwlimit=500' } });
  const job = await lab.start([], ids);
  (await lab.hold(job))();
  job.kill('SIGTERM');
  await expectEnd(lab, await job.ended, {
    exitCode: 143,
    outcome: 'failed',
    code: 'interrupted',
    subject: /^Backup FAILED: disk “PLUGBACK”, .+ – you can unplug it/,
    disk,
  });
});

test('without any rights: one sentence that says so', async (lab) => {
  const ids = await throwAwayUser(lab, { mayUseSudo: false });
  writeSmallFiles(lab.source, 30);
  const disk = await lab.disk();
  lab.configure([disk]);
  const end = await lab.run([], ids);
  expect(end.exitCode, end.stdout + end.stderr).toBe(77);
  expectText(
    `${end.stdout}${end.stderr}`,
    /Administrator rights are missing: .+ may not be run\. Run plugback as root/,
  );
  expect(`${end.stdout}${end.stderr}`).not.toMatch(/^ +at /m);
  expect(isMounted(disk.device)).toBe(false);
  expectNothingLeft(lab);
});
