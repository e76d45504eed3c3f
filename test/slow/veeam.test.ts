/** What takes minutes because people wait minutes: Veeam's script watches the marker of a copy that died. */

import { type ChildProcess, spawn } from 'node:child_process';
import { constants, copyFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { searchPath, waitFor } from '../disk/command.ts';
import { expectEnd, success } from '../disk/expectations.ts';
import { diskTests, type Lab } from '../disk/lab.ts';
import { locks, marker, progressOf, slowCopy } from '../disk/veeam-lab.ts';

const test = diskTests();

test('kill -9: the script waits two minutes for a dead copy, a copy clears the lock of a dead Veeam away', async (lab) => {
  const disk = await slowCopy(lab);
  const job = await lab.start();
  await job.until('a copy that is under way', () => progressOf(lab) > 0);
  job.kill('SIGKILL');
  await job.ended;
  expect(existsSync(lab.path(marker))).toBe(true);
  const asked = performance.now();
  const { veeam, end } = veeamWithScript(lab);
  await waitFor('the lock', () => locks(lab).length === 1, 150);
  expect((performance.now() - asked) / 1000).toBeGreaterThan(115);
  expect(lab.read('veeam.log')).toMatch(/has not changed for two minutes/);

  // Veeam writes, and dies.
  veeam.kill('SIGKILL');
  await end;
  const next = await lab.run();
  await expectEnd(
    lab,
    next,
    success(disk, {
      outcome: 'warned',
      subject: /^Backup done with warnings/,
      warnings: [
        /A lock of Veeam was left behind: .*Nightly.*; the process that held it is gone/,
        /was still mounted at /,
        /did not end properly/,
      ],
    }),
  );
  expect(locks(lab)).toEqual([]);
}, 240_000);

/** A process of Veeam's own name, which runs the script and then goes on. */
function veeamWithScript(lab: Lab): { veeam: ChildProcess; end: Promise<void> } {
  const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
  const agent = lab.path('veeamagent');
  // A link would not do: what counts is what a process executes.
  copyFileSync(process.execPath, agent, constants.COPYFILE_FICLONE);
  const command = [program, 'veeam-lock', '--job', 'Nightly', '--config', lab.configFile];
  const main = `
    const { spawnSync } = require('node:child_process');
    const { openSync } = require('node:fs');
    const log = openSync(${JSON.stringify(lab.path('veeam.log'))}, 'w');
    spawnSync(${JSON.stringify(process.execPath)}, ${JSON.stringify(command)}, { stdio: ['ignore', log, log] });
    setInterval(() => {}, 1000);`;
  const veeam = spawn(agent, ['-e', main], {
    stdio: 'ignore',
    env: { PATH: searchPath },
    cwd: path.dirname(agent),
  });
  const end = new Promise<void>((resolve) => veeam.once('exit', () => resolve()));
  lab.undo(() => veeam.kill('SIGKILL'));
  return { veeam, end };
}
