/** What the page says about a real run, and how it starts one: it must never call a disk ready that is not. */

import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { RunDocument, StatusDocument } from '../../src/status/types.ts';
import { waitFor } from './command.ts';
import { diskTests, type Lab } from './lab.ts';
import { writeNoise, writeSmallFiles } from './trees.ts';

const test = diskTests();

/** The page of the lab's configuration, and what it answers. */
async function servePage(lab: Lab) {
  const server = await lab.start([], { command: 'serve' });
  lab.undo(async () => {
    server.kill('SIGTERM');
    await server.ended;
  });
  const address = await server.until('the page', () => /http:\/\/\S+\//.exec(server.output())?.[0]);
  const get = async (path: string) => (await fetch(`${address}${path}`)).text();
  return {
    headline: async () => /<h1>([^<]*)<\/h1>/.exec(await get(''))?.[1],
    status: async () => JSON.parse(await get('api/status')) as StatusDocument,
    history: async () => JSON.parse(await get('api/history')) as RunDocument[],
    get,
    start: (uuid: string) =>
      fetch(`${address}copy`, {
        method: 'POST',
        headers: { authorization: 'Bearer open-sesame', 'content-type': 'application/json' },
        body: JSON.stringify({ uuid }),
      }),
  };
}

test('with the token a backup is started, shown while it runs, and complete', async (lab) => {
  writeSmallFiles(lab.source, 30);
  const disk = await lab.disk({ label: 'Montag' });
  writeFileSync(lab.path('token'), 'open-sesame\n');
  lab.configure([disk], { WEBSERVER: { webport: 0, 'token-file': lab.path('token') } });
  const page = await servePage(lab);
  expect((await page.start(disk.uuid)).status).toBe(202);
  const [run] = await waitFor('the end', async () => {
    const runs = await page.history();
    return runs.length > 0 && runs;
  });
  expect(run).toMatchObject({ uuid: disk.uuid, outcome: 'done', error: null });
  await waitFor('the headline', async () => (await page.headline()) === 'You can unplug the disk.');
});

test('a start that cannot even begin is not called one', async (lab) => {
  const disk = await lab.disk();
  writeFileSync(lab.path('token'), 'open-sesame\n');
  lab.configure([disk], { WEBSERVER: { webport: 0, 'token-file': lab.path('token') } });
  const page = await servePage(lab);
  appendFileSync(lab.configFile, '\nno-such-key = 1\n');
  const answer = await page.start(disk.uuid);
  expect(answer.status).toBe(500);
  expect(await answer.text()).toContain('exit code 78');
  expect(await page.history()).toEqual([]);
});

test('whatever becomes of its files: while a backup runs, nobody is told to unplug', async (lab) => {
  writeSmallFiles(lab.source, 30);
  const disk = await lab.disk({ label: 'Montag' });
  lab.configure([disk], { BACKUP: { 'rsync-options': '--bwlimit=500' }, WEBSERVER: { webport: 0 } });
  expect((await lab.run()).exitCode).toBe(0);
  writeNoise(lab.path('source/large'), 4_000_000);
  const page = await servePage(lab);
  const job = await lab.start();
  const letGo = await lab.hold(job);
  const running = await page.status();
  expect(running).toMatchObject({ state: 'running', run: { uuid: disk.uuid } });
  // The address of a run that goes on leads to the page, which says so.
  expect(await page.get(`runs/${running.run?.id}`)).toContain('id="announcement"');
  expect(await page.get('')).not.toContain('not plugged in');

  const file = lab.path('run/status.json');
  const idle = JSON.stringify({ ...running, state: 'idle' });
  for (const text of [idle, idle.replace('"version":1', '"version":2'), idle.slice(0, 300), null]) {
    if (text === null) rmSync(file);
    else writeFileSync(file, text);
    expect(await page.status()).toMatchObject({ state: 'running' });
    expect(await page.headline(), text?.slice(0, 60)).toMatch(/^A backup is running/);
    expect(await page.get('')).toContain('Do not unplug the disk.');
  }
  letGo();
  expect((await job.ended).exitCode).toBe(0);
});

test('a power cut in mid-copy is told after the restart, and stays in the history', async (lab) => {
  writeSmallFiles(lab.source, 30);
  const disk = await lab.disk({ label: 'Montag' });
  lab.configure([disk], { BACKUP: { 'rsync-options': '--bwlimit=500' }, WEBSERVER: { webport: 0 } });
  expect((await lab.run()).exitCode).toBe(0);
  writeNoise(lab.path('source/large'), 4_000_000);
  const job = await lab.start();
  (await lab.hold(job))();
  job.kill('SIGKILL');
  await job.ended;
  // What a restart does to it.
  rmSync(lab.path('run'), { recursive: true });

  const page = await servePage(lab);
  expect(await page.headline()).toMatch(/FAILED/);
  expect(await page.get('')).toContain('The last run ended without a word');
  expect((await lab.run()).exitCode).toBe(0);
  expect((await page.history()).map(({ outcome, error }) => [outcome, error?.code ?? null])).toEqual([
    ['warned', null],
    ['failed', 'run-died'],
    ['done', null],
  ]);
});
