/** What is known of two folders from earlier cycles, kept in a file; see `facts.ts`. */

import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { writeAtomically } from '../status/atomic-file.ts';
import { countOf, extendedTable, type Facts, leastWords, tableOf } from './facts.ts';
import { defaultDirectories } from './mirror-lock.ts';
import { identityOf, type Places } from './places.ts';

export interface Known {
  /** When the cycle began, ms since 1970. */
  readonly openedAt: number;
  /** What was known then. */
  readonly table: Facts;
  /** What is known besides. */
  add(facts: Facts): void;
  /**
   * Keeps all of it for the next cycle. Where that cannot be written, the next one compares everything.
   *
   * @param entries how many there are in the replica now
   */
  save(entries: number): void;
}

/** In front of the table: what counted when it was made, as JSON, and blanks. */
const headerBytes = 256;

/** What is known of two folders; undefined where nothing can be: only this machine's clock tells what is of just now. */
export function openKnown(places: Places, stateDirectory = defaultDirectories().state): Known | undefined {
  if (!places.hasOneClock) return undefined;
  const name = `${identityOf(places.source)}_${identityOf(places.replica)}.known`;
  const file = path.join(stateDirectory, 'mirrors', name);
  // Equal in everything that counted then; what counts may change (another user, programs installed).
  const { rules, hasAttributes } = places;
  // Told from a time's digits, one unit in a hundred seems coarser than it is: below a microsecond, that is no matter.
  const unitNs = rules.timeUnitNs > 1000n ? rules.timeUnitNs : 1000n;
  const counts = { ...rules, timeUnitNs: String(unitNs), hasAttributes };
  const header = Buffer.from(JSON.stringify(counts).padEnd(headerBytes));
  const table = readTable(file, header);
  const added: Facts[] = [];
  return {
    openedAt: Date.now(),
    table,
    add: (facts) => {
      if (facts.some((word) => word !== 0)) added.push(facts);
    },
    save: (entries) => {
      if (added.length === 0) return;
      const whole = extendedTable(table, added, headerBytes);
      // Mostly of what is gone: begin anew.
      const kept = countOf(whole) > 2 * entries + leastWords ? tableOf(added, headerBytes) : whole;
      const content = new Uint8Array(kept.buffer);
      content.set(header);
      try {
        writeAtomically(file, content);
        removeOld(path.dirname(file));
      } catch {}
    },
  };
}

/** Of folders that nobody has mirrored for long; were somebody to do it again, all would be compared once. */
const keptMs = 400 * 24 * 60 * 60 * 1000;

function removeOld(folder: string): void {
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    if (name.endsWith('.known') && Date.now() - lstatSync(file).mtimeMs > keptMs) unlinkSync(file);
  }
}

/** Empty where there is none that can be used. */
function readTable(file: string, header: Buffer): Facts {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const { size } = fstatSync(descriptor);
      const bytes = size - headerBytes;
      if (bytes < 4 * leastWords || !Number.isInteger(Math.log2(bytes))) return tableOf([]);
      const content = new Uint8Array(new SharedArrayBuffer(size));
      const isWhole = readSync(descriptor, content, 0, size, 0) === size;
      const isOfNow = header.equals(content.subarray(0, headerBytes));
      return isWhole && isOfNow ? new Uint32Array(content.buffer, headerBytes) : tableOf([]);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return tableOf([]);
  }
}
