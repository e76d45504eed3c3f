/** What a watch looks at when something happens: not at everything, each time anything does. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
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
  mkdirSync(folder('home'));
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
  const deadline = performance.now() + 1_200;
  for (let number = 0; performance.now() < deadline; number += 1) {
    for (const place of places) {
      writeFileSync(folder(place, `other-${number}`), 'x');
      rmSync(folder(place, `other-${number}`));
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('what else happens beside a file of the list, or where a missing one may come, is nobody’s business', async () => {
  await startWatching('home/missing', 'home/not/there/yet');
  await churn('home');
  expect(checks).toBe(1);
  // But this is.
  mkdirSync(folder('home/not'));
  await until('a look for the way to a missing one', () => checks > 1);
});
