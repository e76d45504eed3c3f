/**
 * One side of the race, as a process: `race-process SIDE ROOT ROUNDS SEED`. Prints a line for each round: when it used the
 * source, in ns of the machine's steady clock, and what it said.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { createShare } from '../../src/system/share.ts';
import { fakeSystem } from '../fakes.ts';
import { copy, type Said, type SideWorld, veeamJob } from './sides.ts';

const [side = '', root = '', rounds = '0', seed = '1'] = process.argv.slice(2);

/** Polls are two seconds apart in the program; here the rounds shall follow each other. */
const sleepsFaster = 500;
const longestDelayMs = 3;

let state = Number(seed);

/** A small generator, so that a failure can be repeated as far as two processes allow. */
function random(): number {
  state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
  return state / 2_147_483_648;
}

/** The same operations, each after a pause of its own. */
function slowly<T extends object>(operations: T): T {
  return new Proxy(operations, {
    get: (target, name) => {
      const operation: unknown = Reflect.get(target, name);
      if (typeof operation !== 'function') return operation;
      return async (...words: unknown[]) => {
        await wait(random() * longestDelayMs);
        return operation(...words);
      };
    },
  });
}

const world: SideWorld = {
  share: slowly(createShare()),
  files: slowly(fakeSystem().files),
  clock: {
    now: Date.now,
    monotonic: () => performance.now(),
    sleep: async (ms) => void (await wait(ms / sleepsFaster)),
  },
  signal: new AbortController().signal,
  root,
  procRoot: '/proc',
};

for (let round = 0; round < Number(rounds); round += 1) {
  const said: Said = [];
  let used = { begin: 0n, end: 0n };
  const use = async (): Promise<void> => {
    const begin = process.hrtime.bigint();
    await wait(random() * 5 * longestDelayMs);
    used = { begin, end: process.hrtime.bigint() };
  };
  const token = round.toString(16).padStart(8, '0');
  await (side === 'copy' ? copy(world, use, { said }) : veeamJob(world, use, { said, token }));
  console.log(JSON.stringify({ side, begin: String(used.begin), end: String(used.end), said }));
  await wait(random() * longestDelayMs);
}
