/** What the command `mirror` says of a cycle. */

import type { Translator } from '../messages/translator.ts';
import { failuresOf, isFailure } from '../mirror/failures.ts';
import type { MirrorResult } from '../mirror/job.ts';
import type { Skip } from '../mirror/place.ts';
import { nameOf } from '../mirror/synchro.ts';
import type { Output } from './context.ts';

/** So many are named on a terminal; a replica that is full would skip a hundred thousand. */
const mostNamed = 20;

/** What was skipped, failures first: they must not be among those that are not named. */
export function tellSkipped(skipped: readonly Skip[], { say }: Translator, output: Output): void {
  const sorted = [
    ...skipped.filter(({ reason }) => isFailure(reason)),
    ...skipped.filter(({ reason }) => !isFailure(reason)),
  ];
  for (const { path, reason } of sorted.slice(0, mostNamed)) {
    output.problem(say('mirror.skipped', { path: nameOf(path), reason }));
  }
  const count = sorted.length - mostNamed;
  if (count > 0) output.problem(say('mirror.more-skipped', { count }));
}

/** What came of a cycle; the last word is what is to be done. */
export function tellCycle(
  result: MirrorResult,
  seconds: number,
  translator: Translator,
  output: Output,
): void {
  tellSkipped(result.skipped, translator, output);
  output.line(translator.say('mirror.summary', { ...result, skipped: result.skipped.length, seconds }));
  tellFailures(result.skipped, translator, output);
}

/** Says so where the replica is not complete. */
export function tellFailures(skipped: readonly Skip[], { say }: Translator, output: Output): void {
  const failures = failuresOf(skipped);
  if (failures.count > 0) output.problem(say('mirror.incomplete', failures));
}
