/** Starts a backup as if its disk had just been plugged in: by the machine's own units, else as a process of its own. */

import { readFileSync } from 'node:fs';
import { PlugbackError, reasonOf } from '../errors.ts';
import { isSameUuid } from '../system/block-devices.ts';
import type { Clock } from '../system/clock.ts';
import { isHeld } from '../system/lock.ts';
import type { Argv, Runner } from '../system/run.ts';
import { startUnitArgv } from '../system/units.ts';
import type { CopyStarter } from './readers.ts';

export interface StarterOptions {
  token: string | null;
  /** The UUIDs of the enrolled disks, as they are configured now. */
  enrolled(): readonly string[];
  /** The lock of the run that copies. */
  runLock: string;
  procRoot: string;
  clock: Clock;
  runner: Runner;
  /** The UUIDs of the disks that are attached now. */
  attached(): Promise<readonly string[]>;
  /** Starts a process that outlives this one; gives what resolves with its exit code. */
  startDetached(argv: Argv): Promise<{ ended: Promise<number | null> }>;
  /** The command line of a run without systemd. */
  runArgv(uuid: string): Argv;
  /** Is the template unit there, and a systemd that knows it? */
  hasUnits(): boolean;
}

/** A run that was just started has this long to take the lock before another may be, in ms. */
const graceMs = 15_000;
/** A process that has not ended after that time has begun its work, in ms. */
const soonMs = 1_000;
/** A configuration broken meanwhile, missing rights: such a run tells of it nowhere but by its exit code. */
const neverBegan = [1, 64, 77, 78];

export function createStarter(options: StarterOptions): CopyStarter {
  const { clock } = options;
  let startedAt = Number.NEGATIVE_INFINITY;
  const enrolled = (uuid: string) => options.enrolled().find((known) => isSameUuid(known, uuid));
  return {
    token: options.token,
    isEnrolled: (uuid) => enrolled(uuid) !== undefined,
    start: async (uuid) => {
      // Noted before anything is waited for: of two requests of the same moment, one starts a run.
      if (clock.monotonic() - startedAt < graceMs) return 'already-running';
      const before = startedAt;
      startedAt = clock.monotonic();
      try {
        if (await isHeld(options.runLock, options.procRoot)) {
          startedAt = before;
          return 'already-running';
        }
        if (!(await options.attached()).some((seen) => isSameUuid(seen, uuid))) {
          startedAt = before;
          return 'not-attached';
        }
        // As it is configured, not as it was typed.
        await startRun(enrolled(uuid) ?? uuid, options, () => {
          startedAt = Number.NEGATIVE_INFINITY;
        });
        return 'started';
      } catch (error) {
        startedAt = before;
        throw new PlugbackError('start-failed', { reason: reasonOf(error) }, { cause: error });
      }
    },
  };
}

async function startRun(uuid: string, options: StarterOptions, onEnd: () => void): Promise<void> {
  if (!options.hasUnits()) {
    const { ended } = await options.startDetached(options.runArgv(uuid));
    void ended.then(onEnd);
    const exitCode = await Promise.race([ended, options.clock.sleep(soonMs).then(() => 0)]);
    if (exitCode === null || neverBegan.includes(exitCode)) throw new Error(`exit code ${exitCode ?? '-'}`);
    return;
  }
  const started = await options.runner.run(startUnitArgv(uuid));
  if (started.exitCode !== 0) throw new Error(started.stderr.trim());
}

/**
 * The secret word of a token file.
 *
 * @throws PlugbackError `token-unusable` when there is none, or it cannot be sent in a header
 */
export function readToken(filePath: string): string {
  let token = '';
  try {
    token = readFileSync(filePath, 'utf8').trim();
  } catch (error) {
    throw new PlugbackError('token-unusable', { path: filePath, reason: reasonOf(error) }, { cause: error });
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new PlugbackError('token-unusable', { path: filePath, reason: 'not one single word' });
  }
  return token;
}
