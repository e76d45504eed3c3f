/** When a file may be copied: nobody has changed it for a second. */

import type { BytePath } from '../system/byte-path.ts';
import type { Clock } from '../system/clock.ts';
import { type FileState, isSameState, lookAt } from './file-state.ts';

/** In ms. */
export const quietMs = 1_000;

/** A file that is to be copied: in which state it is, and since when it is known to be in it (by the monotonic clock). */
export interface Candidate {
  file: BytePath;
  state: FileState;
  since: number;
}

/** In ms; 0: it is quiet. By the clock that marked the file, or by ours, should the two differ. */
export function untilQuiet({ state, since }: Candidate, clock: Clock): number {
  const age = clock.now() - state.changedUs / 1000;
  if (age >= quietMs) return 0;
  return Math.max(0, since + quietMs - clock.monotonic());
}

/** Takes in what the file is now; one that is gone stays what it was. */
export function lookAgain(candidate: Candidate, clock: Clock): void {
  const look = lookAt(candidate.file);
  if ('state' in look && !isSameState(look.state, candidate.state)) changeTo(candidate, look.state, clock);
}

/** It turned out to be in another state. */
export function changeTo(candidate: Candidate, state: FileState, clock: Clock): void {
  Object.assign(candidate, { state, since: clock.monotonic() });
}

/**
 * Resolves once all are quiet, or at the deadline (by the monotonic clock).
 *
 * @throws the signal's reason when it is aborted
 */
export async function awaitQuiet(
  candidates: readonly Candidate[],
  deadline: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (candidates.length > 0) {
    const wait = Math.max(...candidates.map((candidate) => untilQuiet(candidate, clock)));
    const left = deadline - clock.monotonic();
    if (wait <= 0 || left <= 0) return;
    await clock.sleep(Math.min(wait, left), signal);
    for (const candidate of candidates) lookAgain(candidate, clock);
  }
}
