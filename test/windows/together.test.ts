/** Veeam's side on Windows, the copy's on Linux, on one folder. */

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { waitFor } from '../disk/command.ts';
import { expectEnd, success } from '../disk/expectations.ts';
import { diskTests, type Lab } from '../disk/lab.ts';
import { expectSourceUnread, locks, marker, progressOf, slowCopy } from '../disk/veeam-lab.ts';
import { buildProgram, bundleSource, type Program } from '../program.ts';
import { clashes, expectFairRace, prepareRace, usesIn } from '../veeam/race.ts';
import { WindowsMachine, windowsPath } from './machine.ts';
import { windowsTest } from './tests.ts';

const raceSource = new URL('../veeam/race-process.ts', import.meta.url);
let linux: Program;
let windows: Awaited<ReturnType<typeof bundleSource>>;

beforeAll(async () => {
  linux = await buildProgram(raceSource);
  windows = await bundleSource(raceSource);
});
afterAll(async () => {
  await linux.remove();
  await windows.remove();
});

windowsTest(
  '500 rounds with pauses at random between all file operations: never both at once',
  async () => {
    const rounds = 500;
    const machine = new WindowsMachine();
    const root = machine.path('race');
    mkdirSync(root);
    prepareRace(root);
    const words = ['veeam', windowsPath(root), String(rounds), '11'];
    const veeam = machine.call([inject('windowsNode'), windowsPath(windows.file), ...words]);
    const copy = linux.start('copy', root, String(rounds), '7');
    expect(await copy.ended).toBe(0);
    const { exitCode, output } = await veeam.ended;
    expect(exitCode).toBe(0);
    expectFairRace(root, [...usesIn(copy.lines), ...usesIn(output.split('\n'))], rounds);
  },
  300,
);

windowsTest(
  '30 rounds of the program itself beside copies without an end: never both at once',
  async () => {
    const machine = new WindowsMachine();
    const root = machine.path('race');
    mkdirSync(root);
    prepareRace(root);
    mkdirSync(`${root}/inside`);
    machine.configure({
      VEEAM: {
        'veeam-lockfiles': windowsPath(`${root}/locks`),
        'backup-lockfile': windowsPath(`${root}/source/.plugback.lock`),
      },
    });
    const copies = linux.start('copy', root, '1000000', '7', '40');
    let waits = 0;
    for (let round = 0; round < 30; round += 1) {
      const { exitCode, output } = await machine.exe(['veeam-lock', '--job', 'nightly']).ended;
      expect(exitCode).toBe(0);
      if (/A copy is running/.test(output)) waits += 1;
      writeFileSync(`${root}/inside/veeam`, '');
      expect(readdirSync(`${root}/inside`)).toEqual(['veeam']);
      // Veeam writes.
      await wait(Math.random() * 200);
      rmSync(`${root}/inside/veeam`);
      expect((await machine.exe(['veeam-unlock', '--job', 'nightly']).ended).exitCode).toBe(0);
    }
    copies.kill('SIGKILL');
    await copies.ended;
    const uses = usesIn(copies.lines);
    expect(clashes(uses)).toEqual([]);
    // They did meet, at both doors.
    expect(waits).toBeGreaterThan(2);
    expect(uses.filter(({ said }) => said.includes('veeam.waiting')).length).toBeGreaterThan(10);
  },
  180,
);

const diskTest = diskTests();

/** A Windows machine that sees the folders of a lab. */
function machineBeside(lab: Lab): WindowsMachine {
  if (inject('lackingForWindows') !== '') lab.skip(inject('lackingForWindows'));
  const machine = new WindowsMachine();
  machine.configure({
    VEEAM: {
      'veeam-lockfiles': windowsPath(lab.path('veeam')),
      'backup-lockfile': windowsPath(lab.path(marker)),
    },
  });
  return machine;
}

diskTest('plugback run and plugback-veeam.exe wait for each other', async (lab) => {
  const machine = machineBeside(lab);
  const disk = await slowCopy(lab);
  const job = await lab.start();
  await job.until('a copy that is under way', () => progressOf(lab) > 0);
  const release = await lab.hold(job);
  const veeam = machine.script('pre-job.cmd', ['--job', 'Nightly']);
  await waitFor('the wait', () => /A copy is running\. Veeam waits for it/.test(machine.log()));
  await job.until('the notice', () => /Veeam waits for this copy to end: .+Nightly/.test(job.output()));
  expect(locks(lab)).toEqual([]);
  release();
  await expectEnd(lab, await job.ended, success(disk));
  expect((await veeam.ended).exitCode).toBe(0);
  expect(locks(lab)).toHaveLength(1);

  const next = await lab.start();
  await next.until('the wait for Veeam', () => /Veeam is still writing: .+Nightly/.test(next.output()));
  expect((await machine.script('post-job.cmd', ['--job', 'Nightly']).ended).exitCode).toBe(0);
  expect((await next.ended).exitCode).toBe(0);
});

diskTest(
  'a copy that yields makes room for plugback-veeam.exe within seconds, and goes on afterwards',
  async (lab) => {
    const machine = machineBeside(lab);
    const disk = await slowCopy(lab, { 'veeam-during-copy': 'yield' });
    const job = await lab.start();
    await job.until('a copy that is under way', () => progressOf(lab) > 0);
    const asked = performance.now();
    expect((await machine.script('pre-job.cmd', ['--job', 'Nightly']).ended).exitCode).toBe(0);
    expect((performance.now() - asked) / 1000).toBeLessThan(10);
    expectSourceUnread(lab);
    expect((await machine.script('post-job.cmd', ['--job', 'Nightly']).ended).exitCode).toBe(0);
    const warnings = [/The copy paused for Veeam \(Nightly, .+\) for/];
    await expectEnd(
      lab,
      await job.ended,
      success(disk, { outcome: 'warned', subject: /^Backup done with warnings/, warnings }),
    );
  },
);

diskTest(
  'kill -9 of the copy: the program watches its marker for two minutes, says so, and locks',
  async (lab) => {
    const machine = machineBeside(lab);
    await slowCopy(lab);
    const job = await lab.start();
    await job.until('a copy that is under way', () => progressOf(lab) > 0);
    job.kill('SIGKILL');
    await job.ended;
    const asked = performance.now();
    const veeam = await machine.exe(['veeam-lock', '--job', 'Nightly']).ended;
    expect((performance.now() - asked) / 1000).toBeGreaterThan(115);
    expect(veeam).toMatchObject({
      exitCode: 0,
      output: expect.stringMatching(/has not changed for two minutes/),
    });
    expect(locks(lab)).toHaveLength(1);
  },
  240_000,
);
