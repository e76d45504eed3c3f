/** The list of all that a run changes on the disk, at the head of rsync's log. */

import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { PlugbackError, reasonOf } from '../errors.ts';
import { rotateLog } from '../status/rotate.ts';
import { isChange } from '../system/rsync.ts';

/** How many old rsync logs stay. */
const keptLogs = 5;

export interface ChangeList {
  /** Takes the dry run's output as it comes. @throws PlugbackError `directory-unusable` */
  add(piece: string): void;
  close(): void;
}

/**
 * A log of its own for each run that changes anything: begun with the first change, older ones moved aside.
 * It also says what would have been deleted when a guard then refuses it.
 *
 * @param filePath null: the list is kept nowhere
 * @param heading the words above the list
 */
export function openChangeList(filePath: string | null, heading: () => string): ChangeList {
  let descriptor: number | null = null;
  let undecided: string | null = filePath === null ? null : '';
  return {
    add: (piece) => {
      let text = piece;
      if (undecided !== null && filePath !== null) {
        undecided += piece;
        if (!undecided.includes('\n')) return;
        // The changes come first, the statistics last: the first line tells whether there are any.
        if (isChange(undecided)) descriptor = begin(filePath, heading());
        text = undecided;
        undecided = null;
      }
      if (descriptor !== null) writeSync(descriptor, text);
    },
    close: () => {
      if (descriptor !== null) closeSync(descriptor);
      descriptor = null;
    },
  };
}

function begin(filePath: string, heading: string): number {
  try {
    rotateLog(filePath, { atBytes: 0, keep: keptLogs });
    const descriptor = openSync(filePath, 'a', 0o640);
    writeSync(descriptor, `${heading}\n`);
    return descriptor;
  } catch (error) {
    throw new PlugbackError('directory-unusable', { path: path.dirname(filePath), reason: reasonOf(error) });
  }
}
