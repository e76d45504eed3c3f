/** Captured output of real programs (see test/fixtures/README.md), and ways to cut it into pieces. */

import { readFileSync } from 'node:fs';

/** A file of test/fixtures as text. */
export function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
}

/** Numbers from 0 to below 1 that look random and are the same in each run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A text cut at random places, as it may come out of a pipe; some pieces are empty, many are a single character. */
export function cut(text: string, random: () => number): string[] {
  const pieces: string[] = [];
  const longest = 2 + Math.floor(random() * 80);
  for (let from = 0; from < text.length; ) {
    const length = Math.floor(random() * longest);
    pieces.push(text.slice(from, from + length));
    from += length;
  }
  return pieces;
}
