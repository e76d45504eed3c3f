/** What of a cycle's skips is a failure, and what there is to do about it. */

import type { MirrorCause } from '../errors.ts';
import type { Skip, SkipReason } from './place.ts';

/** What is in use will come with a later cycle, and what cannot be copied by its nature never; neither is a failure. */
export function isFailure(reason: SkipReason): boolean {
  return reason === 'incomplete' || reason.startsWith('E');
}

const causes: readonly (readonly [cause: MirrorCause, codes: readonly string[]])[] = [
  ['full', ['ENOSPC', 'EDQUOT']],
  ['rights', ['EACCES', 'EPERM']],
  ['device', ['EIO']],
];

/** How many failed, and why, as far as there is something to do about it. */
export function failuresOf(skipped: readonly Skip[]): { count: number; causes: MirrorCause[] } {
  const reasons = skipped.map(({ reason }) => reason).filter(isFailure);
  const found = new Set<string>(reasons);
  return {
    count: reasons.length,
    causes: causes.filter(([, codes]) => codes.some((code) => found.has(code))).map(([cause]) => cause),
  };
}
