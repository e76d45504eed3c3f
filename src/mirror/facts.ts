/**
 * What earlier cycles found equal in everything: pairs of an entry of the source and one of the replica, each by its inode,
 * its ctime and its size. Whoever changes an entry, its content, mode or attributes, changes its ctime, and nobody can set
 * that. So a pair whose inodes and ctimes are known is still equal: a look at both is enough, wherever they have been moved,
 * and whatever the clock did meanwhile. To ask a million files for their attributes instead takes minutes. The size is for
 * a failure of the power: ext4 and XFS then leave files whose last bytes had not been written yet, short or empty, with
 * the ctime that they had.
 *
 * A pair is kept as a hash of 64 bits, in an open-addressing table that all threads read. Pure.
 */

import type { BigIntStats, Stats } from 'node:fs';

/** Two words of 32 bits, never both 0. */
export interface Fact {
  low: number;
  high: number;
}

/** Facts side by side, two words each; 0 and 0: none. Its length is a power of two where it is a table. */
export type Facts = Uint32Array;

/** Two changes of an entry closer together than that (ms) may bear the same time. */
const tickMs = 100;
/** Some filesystems count whole seconds. */
const coarseTickMs = 2100;

/** Could an entry have changed since it was looked at, and bear the same ctime? Also when that lies in the future. */
export function isFresh(ctimeMs: number, now: number): boolean {
  return now - ctimeMs < (ctimeMs % 1000 === 0 ? coarseTickMs : tickMs);
}

type Identity = Pick<Stats, 'ino' | 'ctimeMs' | 'size'>;

const numbers = new Float64Array(6);
const words = new Uint32Array(numbers.buffer);

export function factOf(source: Identity, replica: Identity): Fact {
  numbers[0] = source.ino;
  numbers[1] = source.ctimeMs;
  numbers[2] = source.size;
  numbers[3] = replica.ino;
  numbers[4] = replica.ctimeMs;
  numbers[5] = replica.size;
  let low = 0x9e3779b9;
  let high = 0x7f4a7c15;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? 0;
    low = Math.imul(low ^ word, 0xcc9e2d51);
    low = (low << 15) | (low >>> 17);
    high = Math.imul(high ^ word, 0x1b873593);
    high = (high << 13) | (high >>> 19);
  }
  return { low: finish(low) || 1, high: finish(high) };
}

function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** What a plain stat would have said, of an exact one. */
export function identityOf({ ino, ctimeNs, size }: Pick<BigIntStats, 'ino' | 'ctimeNs' | 'size'>): Identity {
  return { ino: Number(ino), ctimeMs: msOf(ctimeNs), size: Number(size) };
}

/** What a plain stat calls `ctimeMs`, of an exact one: the same number to the last bit, or nothing would be known again. */
export function msOf(ns: bigint): number {
  return Number(ns / 1_000_000_000n) * 1000 + Number(ns % 1_000_000_000n) / 1e6;
}

/** Where it is in the table, or where it would be. */
function slotOf(table: Facts, low: number, high: number): number {
  const mask = table.length - 1;
  let slot = (low * 2) & mask;
  // Not without end: one that was damaged may be full.
  for (let left = table.length / 2; left > 0; left -= 1) {
    if (table[slot] === 0 || (table[slot] === low && table[slot + 1] === high)) break;
    slot = (slot + 2) & mask;
  }
  return slot;
}

export function isKnown(table: Facts, { low, high }: Fact): boolean {
  const slot = slotOf(table, low, high);
  return table[slot] === low && table[slot + 1] === high;
}

/** Of the smallest table. */
export const leastWords = 64;

/** @param before bytes that are left free in the buffer, in front of the table */
export function tableOf(lists: readonly Facts[], before = 0): Facts {
  const table = emptyTable(lengthFor(lists), before);
  for (const list of lists) insert(table, list);
  return table;
}

/** The same of a table and more; where there is room in it for those, it is but copied. */
export function extendedTable(table: Facts, lists: readonly Facts[], before: number): Facts {
  if (lengthFor([table, ...lists]) !== table.length) return tableOf([table, ...lists], before);
  const extended = emptyTable(table.length, before);
  extended.set(table);
  for (const list of lists) insert(extended, list);
  return extended;
}

function lengthFor(lists: readonly Facts[]): number {
  const words = lists.reduce((sum, list) => sum + 2 * countOf(list), 0);
  let length = leastWords;
  // Half of it stays empty, so that a search ends soon.
  while (length < 2 * words) length *= 2;
  return length;
}

function emptyTable(length: number, before: number): Facts {
  return new Uint32Array(new SharedArrayBuffer(before + length * 4), before);
}

function insert(table: Facts, list: Facts): void {
  for (let index = 0; index < list.length; index += 2) {
    const [low = 0, high = 0] = [list[index], list[index + 1]];
    if (low === 0) continue;
    const slot = slotOf(table, low, high);
    table[slot] = low;
    table[slot + 1] = high;
  }
}

export function concatFacts(lists: readonly Facts[]): Facts {
  const all = new Uint32Array(lists.reduce((sum, list) => sum + list.length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}

/** How many facts there are in a list or table. */
export function countOf(table: Facts): number {
  let count = 0;
  for (let index = 0; index < table.length; index += 2) if (table[index] !== 0) count += 1;
  return count;
}
