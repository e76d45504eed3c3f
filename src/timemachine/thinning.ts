/** Which old versions go. Pure. */

import type { Keep } from '../config/types.ts';
import type { Version } from './destination.ts';

const dayMs = 24 * 60 * 60 * 1000;
const weekMs = 7 * dayMs;
/** The average one. */
const monthMs = (365.25 / 12) * dayMs;

/**
 * A version is as young as its file was when it was changed, or as its copy is, whichever is younger: an old document that
 * was copied yesterday has not been here for longer than that.
 *
 * @param versions of one file
 * @param nowMs wall-clock time, ms since 1970
 * @returns those that can go; never the newest one
 */
export function planThinning(versions: readonly Version[], nowMs: number, keep: Keep): Version[] {
  const newestFirst = versions.toSorted((one, other) => one.number - other.number);
  const taken = new Set<string>();
  return newestFirst.filter(({ modifiedUs, copiedUs }, index) => {
    const slot = slotOf(modifiedUs / 1000, nowMs, keep);
    // Not with 0 days: a copy of this very moment is as old as that.
    const isNew = keep.days > 0 && nowMs - copiedUs / 1000 <= keep.days * dayMs;
    // The last of its day, week or month comes first in this order.
    const isKept = index === 0 || isNew || slot === 'all' || (slot !== null && !taken.has(slot));
    if (slot !== null) taken.add(slot);
    return !isKept;
  });
}

/** The day, week or month of which one version stays; null where none does. */
function slotOf(timeMs: number, nowMs: number, keep: Keep): string | null {
  const age = nowMs - timeMs;
  if (age <= keep.days * dayMs) return 'all';
  const at = new Date(timeMs);
  const [year, month, date] = [at.getFullYear(), at.getMonth(), at.getDate()];
  if (age <= (keep.days + keep.daily) * dayMs) return `day ${year}-${month}-${date}`;
  const weeksEnd = (keep.days + keep.daily) * dayMs + keep.weekly * weekMs;
  // Days are counted in UTC, where each has 24 hours; the first of January 1970 was a Thursday.
  const day = Math.floor(Date.UTC(year, month, date) / dayMs);
  if (age <= weeksEnd) return `week ${Math.floor((day + 3) / 7)}`;
  if (keep.monthly === null || age <= weeksEnd + keep.monthly * monthMs) return `month ${year}-${month}`;
  return null;
}
