/** What a watch looks at when something happens: not at everything, each time anything does. */

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bytesOfText } from '../../src/system/byte-path.ts';
import { realClock } from '../../src/system/clock.ts';
import { destinationAt } from '../../src/timemachine/destination.ts';
import { readList } from '../../src/timemachine/list-file.ts';
import { watchFiles } from '../../src/timemachine/watch.ts';
import { useFolder } from '../folder.ts';
import { until } from './office.ts';

const folder = useFolder();
let stop: AbortController;
let ended: Promise<unknown>;
let checks: number;

beforeEach(() => {
  stop = new AbortController();
  checks = 0;
});
afterEach(async () => {
  stop.abort(new Error('the test is over'));
  await expect(ended).rejects.toThrow('the test is over');
});

/** Watches what the lines name, and counts how often it looks. */
async function startWatching(...lines: string[]): Promise<void> {
  mkdirSync(folder('backup'), { recursive: true });
  writeFileSync(folder('config.dat'), lines.map((line) => `- ${folder(line)}\n`).join(''));
  const list = await readList(folder('config.dat'));
  if (list === null) throw new Error('no list');
  const destination = destinationAt(folder('backup'));
  ended = watchFiles({
    list,
    destination,
    cwd: bytesOfText(folder()),
    isOurs: (file) => file.startsWith(bytesOfText(folder('backup'))),
    clock: realClock,
    signal: stop.signal,
    procRoot: '/proc',
    isRoot: false,
    voice: { info: () => undefined, error: () => undefined },
    lockPatienceMs: null,
    tellError: () => undefined,
    onResult: () => {
      checks += 1;
    },
  });
  ended.catch(() => undefined);
  await until('the first look', () => checks > 0);
}

/** Other files come and go for longer than a watch gathers such news. */
async function churn(...places: string[]): Promise<void> {
  const deadline = performance.now() + 1_500;
  for (let number = 0; performance.now() < deadline; number += 1) {
    for (const place of places) {
      writeFileSync(folder(place, `other-${number}`), 'x');
      rmSync(folder(place, `other-${number}`));
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('what else happens beside a file of the list, or where a missing one may come, is nobody’s business', async () => {
  mkdirSync(folder('home'));
  writeFileSync(folder('home/plan'), 'first');
  await startWatching('home/plan', 'home/missing', 'home/not/there/yet');
  // The first copy is made once the file is quiet.
  await until('the first copy', () => checks > 1);
  await churn('home');
  expect(checks).toBe(2);
  // But these are.
  mkdirSync(folder('home/not'));
  await until('a look for the way to a missing one', () => checks > 2);
  const before = checks;
  renameSync(folder('home'), folder('elsewhere'));
  await until('a look after the folder has gone', () => checks > before);
}, 30_000);

test('what comes in a folder of the list is', async () => {
  mkdirSync(folder('in'));
  await startWatching('in');
  writeFileSync(folder('in/new'), 'new');
  await until('a look', () => checks > 1);
}, 30_000);
