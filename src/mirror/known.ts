/** What is known of two folders from earlier cycles, kept in a file; see `facts.ts`. */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { writeAtomically } from '../status/atomic-file.ts';
import { countOf, type Facts, leastWords, tableOf } from './facts.ts';
import { identityOf, type Places } from './places.ts';

export interface Known {
  /** What was known when the cycle began. */
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

/** What is known of two folders, in a folder for state. */
export function openKnown(stateDirectory: string, places: Places): Known {
  const name = `${identityOf(places.source)}_${identityOf(places.replica)}.known`;
  const file = path.join(stateDirectory, 'mirrors', name);
  // Equal in everything that counted then; what counts may change (another user, programs installed).
  const { rules, hasAttributes } = places;
  const header = `${JSON.stringify({ ...rules, timeUnitNs: String(rules.timeUnitNs), hasAttributes })}\n`;
  const table = readTable(file, header);
  const added: Facts[] = [];
  return {
    table,
    add: (facts) => {
      if (facts.some((word) => word !== 0)) added.push(facts);
    },
    save: (entries) => {
      if (added.length === 0) return;
      const whole = tableOf([table, ...added]);
      // Mostly of what is gone: begin anew.
      const kept = countOf(whole) > 2 * entries + leastWords ? tableOf(added) : whole;
      try {
        writeAtomically(file, Buffer.concat([Buffer.from(header), Buffer.from(kept.buffer)]));
      } catch {}
    },
  };
}

/** Empty where there is none that can be used. */
function readTable(file: string, header: string): Facts {
  try {
    const begin = Buffer.byteLength(header);
    const descriptor = openSync(file, 'r');
    try {
      const bytes = fstatSync(descriptor).size - begin;
      const isWhole = bytes >= 4 * leastWords && Number.isInteger(Math.log2(bytes));
      const found = Buffer.alloc(begin);
      readSync(descriptor, found, 0, begin, 0);
      if (!isWhole || found.toString() !== header) return tableOf([]);
      const table = new Uint32Array(new SharedArrayBuffer(bytes));
      return readSync(descriptor, table, 0, bytes, begin) === bytes ? table : tableOf([]);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return tableOf([]);
  }
}
