/**
 * Until when the attributes of all entries are known to be the same. To read extended attributes costs a call for each
 * file of both sides; but whoever changes one changes the file's ctime, which stat tells anyway. So entries that have not
 * changed since the last complete cycle began are not asked again, except once a day: a clock that was set back for a
 * while, or a folder that was moved in from elsewhere, may hide a change.
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { writeAtomically } from '../status/atomic-file.ts';
import { identityOf, type Places } from './places.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** The kernel's times may be a tick older than the clock. */
const slackMs = 1000;

export interface CheckRecord {
  /** When the last complete cycle began, ms since 1970. */
  startedAt: number;
  /** When the last cycle began that asked all entries. */
  fullAt: number;
}

export function recordPath(stateDirectory: string, places: Places): string {
  return path.join(
    stateDirectory,
    'mirrors',
    `${identityOf(places.source)}_${identityOf(places.replica)}.json`,
  );
}

export function readRecord(file: string): CheckRecord | null {
  try {
    const record = JSON.parse(readFileSync(file, 'utf8')) as CheckRecord;
    return Number.isFinite(record.startedAt) && Number.isFinite(record.fullAt) ? record : null;
  } catch {
    return null;
  }
}

/** Until when attributes need no comparing, ns since 1970; 0: compare all. */
export function checkedUntil(record: CheckRecord | null, now: number): bigint {
  if (record === null || now < record.startedAt || now - record.fullAt > dayMs) return 0n;
  return BigInt(Math.trunc(record.startedAt) - slackMs) * 1_000_000n;
}

/** Remembers a complete cycle. Where that cannot be written, the next cycle compares everything. */
export function remember(
  file: string,
  cycle: { startedAt: number; checkedNs: bigint },
  last: CheckRecord | null,
): void {
  const fullAt = cycle.checkedNs === 0n ? cycle.startedAt : (last?.fullAt ?? cycle.startedAt);
  try {
    writeAtomically(file, JSON.stringify({ startedAt: cycle.startedAt, fullAt }));
  } catch {}
}
