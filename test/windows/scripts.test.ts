/** pre-job.cmd and post-job.cmd, which Veeam is pointed at, under wine. */

import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { version } from '../../src/version.ts';
import { waitFor } from '../disk/command.ts';
import { type SmtpCatchers, smtpCatchers } from '../mail/smtp-catcher.ts';
import { startCopy } from './copy.ts';
import { WindowsMachine, windowsPath } from './machine.ts';
import { windowsTest as test } from './tests.ts';

let catchers: SmtpCatchers;
beforeAll(async () => {
  catchers = await smtpCatchers();
});
afterAll(() => catchers.endAll());

/** Not with a percent sign: wine's own cmd would look for a variable in what `%~dp0` stands for; Windows does not. */
const folders = ['plugback', 'Veeam & plugback (Büro 1)!', 'Größe=1; a,b ^x'];

for (const folder of folders) {
  test(`lock and unlock from “${folder}”, started anywhere, with a log beside them`, async () => {
    const machine = new WindowsMachine(folder);
    for (const cwd of ['/', machine.home, machine.path('source')]) {
      const before = await machine.script('pre-job.cmd', ['--job', 'Büro & (nachts)'], { cwd }).ended;
      expect(before).toEqual({ exitCode: 0, output: '' });
      expect(machine.locks()).toHaveLength(1);
      const after = await machine.script('post-job.cmd', ['--job', 'Büro & (nachts)'], { cwd }).ended;
      expect(after).toEqual({ exitCode: 0, output: '' });
      expect(machine.inLockFolder()).toEqual([]);
    }
    const calls = machine
      .log()
      .split('\n')
      .filter((line) => line.includes(`plugback-veeam ${version} veeam-`));
    expect(calls).toHaveLength(6);
    expect(machine.log()).toMatch(/Veeam may write \(job Büro & \(nachts\)\)/);
    expect(machine.log()).toMatch(/The lock of the job Büro & \(nachts\) is removed; copies may start\./);
  });
}

test('as cmd’s own command, too, from a folder that is named relatively', async () => {
  const machine = new WindowsMachine('Büro 1');
  const options = { cwd: machine.home };
  expect((await machine.call(['cmd', '/c', 'pre-job.cmd'], options).ended).exitCode).toBe(0);
  expect(machine.locks()).toEqual([expect.stringMatching(/^default@/)]);
  const named = `${windowsPath(machine.home)}\\post-job.cmd`;
  expect((await machine.call(['cmd', '/c', named], options).ended).exitCode).toBe(0);
  expect(machine.inLockFolder()).toEqual([]);
});

test('exit codes are passed on: 75, 74, 78, 64', async () => {
  const machine = new WindowsMachine();
  const server = await catchers.start();
  const config = { MAIL: machine.mailTo(server) };
  machine.configure(config);
  const endCopy = startCopy(machine);
  expect((await machine.script('pre-job.cmd', ['--timeout', '0']).ended).exitCode).toBe(75);
  endCopy();
  rmSync(machine.path('locks ä'), { recursive: true });
  expect((await machine.script('pre-job.cmd').ended).exitCode).toBe(74);
  machine.configure({ ...config, VEEAM: { 'veeam-lockfiles': '' } });
  expect((await machine.script('pre-job.cmd').ended).exitCode).toBe(78);
  expect((await machine.script('post-job.cmd').ended).exitCode).toBe(78);
  expect((await machine.script('pre-job.cmd', ['--jbo', 'x']).ended).exitCode).toBe(64);
  for (const said of [
    /A copy was still running after 0 min/,
    /cannot be written/,
    /veeam-lockfiles: is missing/,
    /--jbo/,
  ]) {
    expect(machine.log()).toMatch(said);
  }
  expect((await server.mails()).map(({ message }) => message.subject)).toEqual([
    expect.stringMatching(/a copy is still running/),
    expect.stringMatching(/could not be written/),
    expect.stringMatching(/the configuration has mistakes/),
    expect.stringMatching(/Veeam’s lock was not removed/),
  ]);
});

test('two jobs wait at once, and both are in the log', async () => {
  const machine = new WindowsMachine();
  const endCopy = startCopy(machine);
  const calls = ['eins', 'zwei'].map((job) => machine.script('pre-job.cmd', ['--job', job]));
  await waitFor('both', () => machine.log().match(/A copy is running\. Veeam waits for it/g)?.length === 2);
  endCopy();
  const ends = await Promise.all(calls.map((call) => call.ended));
  expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(machine.log()).toMatch(/Veeam may write \(job eins\)/);
  expect(machine.log()).toMatch(/Veeam may write \(job zwei\)/);
  expect(machine.locks()).toHaveLength(2);
});

test('the log cannot be written: it works all the same, and says it where it was called', async () => {
  const machine = new WindowsMachine();
  mkdirSync(path.join(machine.home, 'veeam.log'));
  const { exitCode, output } = await machine.script('pre-job.cmd').ended;
  expect(exitCode).toBe(0);
  expect(output).toMatch(/Veeam may write \(job default\)/);
  expect(machine.locks()).toHaveLength(1);
  expect(readdirSync(path.join(machine.home, 'veeam.log'))).toEqual([]);
});
