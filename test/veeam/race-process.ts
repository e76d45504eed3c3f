/**
 * One side of the race, as a process, on Linux or Windows: `race-process SIDE ROOT ROUNDS SEED [PAUSE]`, the longest
 * pause in ms. Prints a line for each round: who else used the source at the same time, and what it said. `heedless` uses
 * it without asking anybody.
 */

import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { createShare } from '../../src/system/share.ts';
import { fakeSystem } from '../fakes.ts';
import { copy, type Said, type SideWorld, veeamJob } from './sides.ts';

const [side = '', root = '', rounds = '0', seed = '1', pause = '3'] = process.argv.slice(2);

/** Polls are two seconds apart in the program; here the rounds shall follow each other. */
const sleepsFaster = 500;
const longestDelayMs = Number(pause);

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

const inside = `${root}/inside`;
await mkdir(inside, { recursive: true });

for (let round = 0; round < Number(rounds); round += 1) {
  const said: Said = [];
  let beside: string[] = [];
  // Whoever enters last sees the other; two systems may have clocks of their own.
  const use = async (): Promise<void> => {
    await writeFile(`${inside}/${side}`, '');
    beside = (await readdir(inside)).filter((name) => name !== side);
    await wait(random() * 5 * longestDelayMs);
    await rm(`${inside}/${side}`);
  };
  const token = round.toString(16).padStart(8, '0');
  if (side === 'copy') await copy(world, use, { said });
  else if (side === 'veeam') await veeamJob(world, use, { said, token });
  else await use();
  console.log(JSON.stringify({ side, beside, said }));
  await wait(random() * longestDelayMs);
}
