/** The timemachine's log: lines for people, in a file that makes room for itself. */

import { appendFileSync } from 'node:fs';
import { formatLine } from '../status/log-line.ts';
import { rotateLog } from '../status/rotate.ts';

/** A log of this size is put aside, in bytes; so many of them stay. */
const atBytes = 10_000_000;
const keep = 3;

export interface TimemachineLog {
  write(level: 'info' | 'error', text: string): void;
}

/**
 * Opens the file anew for each line: another timemachine may have put it aside.
 *
 * @param onProblem called once when it cannot be written: copies are worth more than a log
 */
export function openTimemachineLog(
  filePath: string,
  now: () => number,
  onProblem: (error: unknown) => void,
): TimemachineLog {
  let isBroken = false;
  return {
    write: (level, text) => {
      try {
        makeRoom(filePath);
        appendFileSync(filePath, `${formatLine({ at: now(), level, step: null, text })}\n`, { mode: 0o640 });
        isBroken = false;
      } catch (error) {
        if (!isBroken) onProblem(error);
        isBroken = true;
      }
    },
  };
}

/** A log that cannot be moved aside grows on; and another timemachine may be moving it in this moment. */
function makeRoom(filePath: string): void {
  try {
    rotateLog(filePath, { atBytes, keep });
  } catch {}
}
