/** What makes two entries of the same name different. Pure. */

import type { BigIntStats } from 'node:fs';

/** As one letter, because a plan holds millions. */
export type Kind = 'file' | 'folder' | 'link' | 'pipe' | 'socket' | 'block' | 'character';

/** What is known of an entry; Node's own BigIntStats fit. */
export type EntryStats = Pick<
  BigIntStats,
  'mode' | 'uid' | 'gid' | 'size' | 'mtimeNs' | 'ctimeNs' | 'ino' | 'dev' | 'nlink' | 'rdev' | 'blocks'
>;

export interface CompareRules {
  /** The replica's times are exact to so many nanoseconds; `timeUnitOf` finds out. */
  timeUnitNs: bigint;
  /** Only root can give files away. */
  owners: boolean;
  /** FAT has no modes worth keeping; on Windows all there is to them is whether a file is read-only. */
  modes: boolean;
}

export type Difference = 'none' | 'attributes' | 'content' | 'kind';

const typeMask = 0o170000;
const kinds = new Map<number, Kind>([
  [0o100000, 'file'],
  [0o040000, 'folder'],
  [0o120000, 'link'],
  [0o010000, 'pipe'],
  [0o140000, 'socket'],
  [0o060000, 'block'],
  [0o020000, 'character'],
]);

export function kindOf({ mode }: { mode: bigint | number }): Kind {
  return kinds.get(Number(mode) & typeMask) ?? 'file';
}

/**
 * Compares by kind, size, times and attributes, as far as these tell: a link's target and a file's bytes are for others
 * to compare where this says `none` or `attributes`.
 */
export function compareEntries(source: EntryStats, replica: EntryStats, rules: CompareRules): Difference {
  const kind = kindOf(source);
  if (kindOf(replica) !== kind) return 'kind';
  const sameTime = isSameTime(source.mtimeNs, replica.mtimeNs, rules.timeUnitNs);
  if (kind === 'file' && (source.size !== replica.size || !sameTime)) return 'content';
  if ((kind === 'block' || kind === 'character') && source.rdev !== replica.rdev) return 'content';
  return sameTime && hasSameRights(source, replica, rules) ? 'none' : 'attributes';
}

function hasSameRights(source: EntryStats, replica: EntryStats, rules: CompareRules): boolean {
  if (rules.owners && (source.uid !== replica.uid || source.gid !== replica.gid)) return false;
  return !rules.modes || !hasMode(kindOf(source)) || source.mode === replica.mode;
}

/** A link's own mode means nothing; nor does a folder's on Windows, where read-only is said of one with its own symbol. */
export function hasMode(kind: Kind): boolean {
  return kind !== 'link' && !(kind === 'folder' && process.platform === 'win32');
}

/** Equal as far as the coarser of the two can tell. */
export function isSameTime(one: bigint, other: bigint, unitNs: bigint): boolean {
  if (one === other) return true;
  const distance = one > other ? one - other : other - one;
  return distance < unitNs;
}
