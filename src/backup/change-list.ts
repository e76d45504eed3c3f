/** The list of all that a run changes on the disk, at the head of rsync's log. */

import { closeSync, openSync, writeSync } from 'node:fs';
import { rotateLog } from '../status/rotate.ts';
import { isChange } from '../system/rsync.ts';

/** How many old rsync logs stay. */
const keptLogs = 5;

export interface ChangeList {
  /** Takes the dry run's output as it comes. Never throws. */
  add(piece: string): void;
  close(): void;
}

export interface ChangeListOptions {
  /** Null: the list is kept nowhere. */
  filePath: string | null;
  /** The words above the list. */
  heading(): string;
  /** Called once when it cannot be written: a full system disk is no reason not to back up. */
  onProblem(filePath: string, error: unknown): void;
}

/**
 * A log of its own for each run that changes anything: begun with the first change, older ones moved aside.
 * It also says what would have been deleted when a guard then refuses it.
 */
export function openChangeList({ filePath, heading, onProblem }: ChangeListOptions): ChangeList {
  let descriptor: number | null = null;
  let undecided: string | null = '';
  const close = () => {
    if (descriptor !== null) closeSync(descriptor);
    descriptor = null;
  };
  return {
    add: (piece) => {
      if (filePath === null) return;
      try {
        if (undecided === null) {
          if (descriptor !== null) writeSync(descriptor, piece);
          return;
        }
        undecided += piece;
        if (!undecided.includes('\n')) return;
        const beginning = undecided;
        undecided = null;
        // The changes come first, the statistics last: the first line tells whether there are any.
        if (!isChange(beginning)) return;
        rotateLog(filePath, { atBytes: 0, keep: keptLogs });
        descriptor = openSync(filePath, 'a', 0o640);
        writeSync(descriptor, `${heading()}\n${beginning}`);
      } catch (error) {
        close();
        onProblem(filePath, error);
      }
    },
    close,
  };
}
