/** Both sides as real processes on one real folder: 500 rounds each, with pauses at random between all file operations. */

import { mkdirSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useFolder } from '../folder.ts';
import { buildProgram, type Program } from '../program.ts';

interface Use {
  side: string;
  begin: bigint;
  end: bigint;
  said: string[];
}

const rounds = 500;
const folder = useFolder();
let program: Program;

beforeAll(async () => {
  program = await buildProgram(new URL('race-process.ts', import.meta.url));
});
afterAll(() => program.remove());

function useOf(line: string): Use {
  const { side, begin, end, said } = JSON.parse(line);
  return { side, begin: BigInt(begin), end: BigInt(end), said };
}

/** Who used the source while somebody else did. */
function clashes(uses: readonly Use[]): string[] {
  const inOrder = uses.toSorted((one, other) => (one.begin < other.begin ? -1 : 1));
  return inOrder.flatMap((use, index) => {
    const before = inOrder[index - 1];
    return before !== undefined && before.end > use.begin ? [`${before.side} beside ${use.side}`] : [];
  });
}

test('never both at once', async () => {
  for (const name of ['locks', 'source', 'disk']) mkdirSync(folder(name));
  const sides = [
    program.start('copy', folder(), String(rounds), '7'),
    program.start('veeam', folder(), String(rounds), '11'),
  ];
  expect(await Promise.all(sides.map((side) => side.ended))).toEqual([0, 0]);
  const uses = sides.flatMap((side) => side.lines.map(useOf));
  expect(uses).toHaveLength(2 * rounds);
  expect(clashes(uses)).toEqual([]);
  // They did meet: without that, this would show nothing.
  const met = (key: string): number => uses.filter(({ said }) => said.includes(key)).length;
  expect(met('veeam.waiting')).toBeGreaterThan(rounds / 20);
  expect(met('hook.waiting')).toBeGreaterThan(rounds / 20);
  expect(['locks', 'source', 'disk'].flatMap((name) => readdirSync(folder(name)))).toEqual([]);
}, 180_000);

test('a clash would be found', () => {
  const use = (side: string, begin: bigint, end: bigint): Use => ({ side, begin, end, said: [] });
  expect(clashes([use('copy', 1n, 5n), use('veeam', 4n, 6n)])).toEqual(['copy beside veeam']);
  expect(clashes([use('veeam', 5n, 6n), use('copy', 1n, 5n)])).toEqual([]);
});
