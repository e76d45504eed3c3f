/** Both sides as real processes on one real folder: 500 rounds each, with pauses at random between all file operations. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { useFolder } from '../folder.ts';
import { buildProgram, type Program } from '../program.ts';
import { clashes, expectFairRace, prepareRace, type Use, usesIn } from './race.ts';

const rounds = 500;
const folder = useFolder();
let program: Program;

beforeAll(async () => {
  program = await buildProgram(new URL('race-process.ts', import.meta.url));
});
afterAll(() => program.remove());

/** Starts both, and waits until both have ended. */
async function race(one: string, other: string, count: number): Promise<Use[]> {
  prepareRace(folder());
  const sides = [
    program.start(one, folder(), String(count), '7'),
    program.start(other, folder(), String(count), '11'),
  ];
  expect(await Promise.all(sides.map((side) => side.ended))).toEqual([0, 0]);
  return sides.flatMap((side) => usesIn(side.lines));
}

test('never both at once', async () => {
  expectFairRace(folder(), await race('copy', 'veeam', rounds), rounds);
}, 180_000);

test('a clash would be found', async () => {
  expect(clashes(await race('copy', 'heedless', 100))).not.toEqual([]);
}, 60_000);
