/** What two sides of a race have told. */

import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';

/** One round of one side. */
export interface Use {
  side: string;
  /** Who used the source while this side did. */
  beside: string[];
  said: string[];
}

const folders = ['locks', 'source', 'disk'];

/** Makes the folders in which the sides meet. */
export function prepareRace(root: string): void {
  for (const name of folders) mkdirSync(path.join(root, name));
}

/** The rounds of a side that it printed, a line each. */
export function usesIn(lines: readonly string[]): Use[] {
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

/** Who used the source while somebody else did. */
export function clashes(uses: readonly Use[]): string[] {
  return uses.flatMap(({ side, beside }) => beside.map((other) => `${side} beside ${other}`));
}

/** They never used the source at once, and left nothing behind; and they did meet, or this would show nothing. */
export function expectFairRace(root: string, uses: readonly Use[], rounds: number): void {
  expect(uses).toHaveLength(2 * rounds);
  expect(clashes(uses)).toEqual([]);
  const met = (key: string): number => uses.filter(({ said }) => said.includes(key)).length;
  expect(met('veeam.waiting')).toBeGreaterThan(rounds / 20);
  expect(met('hook.waiting')).toBeGreaterThan(rounds / 20);
  expect(folders.flatMap((name) => readdirSync(path.join(root, name)))).toEqual([]);
}
