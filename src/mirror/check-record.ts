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
import { type Checked, nothingChecked } from './scan.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** The kernel's times may be a few ticks older than the clock. */
const slackMs = 100;

export interface CheckRecord {
  /** When the last complete cycle began, ms since 1970: later changes of the source are not known. */
  startedAt: number;
  /** When it ended: what it wrote to the replica itself is known. */
  endedAt: number;
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

/** Null where there is none that can be used now. */
export function readRecord(file: string, now: number): CheckRecord | null {
  try {
    const record = JSON.parse(readFileSync(file, 'utf8')) as CheckRecord;
    const { startedAt, endedAt, fullAt } = record;
    // The clock was set back, or a day has passed.
    return startedAt <= endedAt && endedAt <= now && now - fullAt <= dayMs ? record : null;
  } catch {
    return null;
  }
}

export function checkedBy(record: CheckRecord | null): Checked {
  if (record === null) return nothingChecked;
  return {
    sourceNs: BigInt(Math.trunc(record.startedAt) - slackMs) * 1_000_000n,
    replicaNs: BigInt(Math.trunc(record.endedAt)) * 1_000_000n,
  };
}

/** Remembers a complete cycle. Where that cannot be written, the next cycle compares everything. */
export function remember(file: string, record: CheckRecord): void {
  try {
    writeAtomically(file, JSON.stringify(record));
  } catch {}
}
