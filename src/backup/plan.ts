/** Decides from the dry run whether the copy may go ahead. Pure: what goes in is all that it knows. */

import type { ErrorDetails } from '../errors.ts';
import type { DryRunStats } from '../system/rsync.ts';

/** What the changed files take and give on the disk, in bytes; measured only where space is short. */
export interface SpaceDetail {
  /** New files, and what changed files grow by. */
  growthBytes: number;
  /** The largest old version that must stay until its new one is complete. */
  largestReplacedBytes: number;
  /** What the files that would be deleted occupy. */
  deletedBytes: number;
}

export interface PlanInput {
  stats: DryRunStats;
  /** Free for the copy, in bytes. */
  freeBytes: number;
  freeInodes: number | null;
  /** The unit in which the disk gives room to a file, in bytes: up to 128 kB on a large exFAT. */
  blockBytes: number;
  maxDeletePercent: number;
  allowDeletes: boolean;
  /** rsync writes into the old file instead of beside it (`--inplace`). */
  inPlace: boolean;
  detail: SpaceDetail | null;
}

export type RefusalCode = 'too-many-deletions' | 'not-enough-space' | 'not-enough-inodes';

export type Plan =
  | { verdict: 'go'; deleteFirst: boolean }
  /** The rough sum does not fit; ask again with `detail`. */
  | { verdict: 'measure' }
  | { [C in RefusalCode]: { verdict: 'refuse'; code: C; details: ErrorDetails[C] } }[RefusalCode];

/** The least that a file or folder occupies where blocks are small: its share of the folder, and rounding. */
const leastBytes = 4096;

/** How many files the disk held before: what the source holds, less what is new to the disk, plus what would go. */
export function filesOnDisk(stats: DryRunStats): number {
  return stats.total - stats.created + stats.deletes;
}

/** Go, refuse (with the reason), or measure more closely. */
export function planCopy(input: PlanInput): Plan {
  return refuseDeletions(input) ?? refuseInodes(input) ?? fitIntoSpace(input);
}

function refuseDeletions(input: PlanInput): Plan | null {
  // The beginning of a file that a killed run left is no loss; of a few large files it would be a large part.
  const deletes = input.stats.deletes - input.stats.torn;
  const files = filesOnDisk(input.stats) - input.stats.torn;
  if (input.allowDeletes || deletes === 0 || files === 0) return null;
  const percent = (100 * deletes) / files;
  if (percent <= input.maxDeletePercent) return null;
  const details = { deletes, files, percent, limit: input.maxDeletePercent };
  return { verdict: 'refuse', code: 'too-many-deletions', details };
}

function refuseInodes(input: PlanInput): Plan | null {
  const needed = input.stats.created - input.stats.deletes;
  if (input.freeInodes === null || needed <= input.freeInodes) return null;
  return { verdict: 'refuse', code: 'not-enough-inodes', details: { needed, free: input.freeInodes } };
}

/** The filesystem's own book-keeping: folders and extents, measured as well below a thousandth of the content. */
function withOverhead(bytes: number, { stats, blockBytes }: PlanInput): number {
  return bytes <= 0 ? 0 : Math.ceil(bytes * 1.001) + stats.created * Math.max(leastBytes, blockBytes);
}

function fitIntoSpace(input: PlanInput): Plan {
  const { stats, freeBytes, detail } = input;
  const rough = withOverhead(stats.bytes, input);
  if (rough <= freeBytes) return { verdict: 'go', deleteFirst: false };
  if (detail === null) return { verdict: 'measure' };
  const beside = input.inPlace ? 0 : detail.largestReplacedBytes;
  const needed = withOverhead(detail.growthBytes + beside, input);
  if (needed <= freeBytes) return { verdict: 'go', deleteFirst: false };
  if (needed <= freeBytes + detail.deletedBytes) return { verdict: 'go', deleteFirst: true };
  const inPlaceWouldFit =
    !input.inPlace && withOverhead(detail.growthBytes, input) <= freeBytes + detail.deletedBytes;
  const neededBytes = needed - detail.deletedBytes;
  return {
    verdict: 'refuse',
    code: 'not-enough-space',
    details: { neededBytes, freeBytes, inPlaceWouldFit },
  };
}
