/** The machine as the features see it: what starts programs, tells the time, touches files. */

import { type Clock, realClock } from './clock.ts';
import { createFiles, type Files } from './files.ts';
import { createRunner, type Runner } from './run.ts';

export interface System {
  runner: Runner;
  clock: Clock;
  files: Files;
  /** Where the kernel's process and device files and the machine's settings are: `/proc`, `/sys`, `/etc`. */
  roots: { proc: string; sys: string; etc: string };
  /** Is somebody going to use the disk with this UUID, though nothing of it is mounted yet? Not given: nobody says so. */
  isSpokenFor?(uuid: string): Promise<boolean>;
}

/** The real machine, as root or through `sudo -n`. */
export function createSystem(options: { isRoot: boolean }): System {
  const runner = createRunner(options.isRoot);
  return {
    runner,
    clock: realClock,
    files: createFiles(runner),
    roots: { proc: '/proc', sys: '/sys', etc: '/etc' },
  };
}
