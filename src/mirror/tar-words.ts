/** What tar says of a file, as the code of the system's error behind it. */

import type { SkipReason } from './place.ts';

const reasons: readonly (readonly [words: RegExp, reason: SkipReason])[] = [
  [/file changed as we read it|File shrank by|File removed before we read it/, 'changing'],
  [/Permission denied/, 'EACCES'],
  [/Operation not permitted/, 'EPERM'],
  // A file takes less than it is given only where nothing is left.
  [/No space left on device|Wrote only \d+ of \d+ bytes/, 'ENOSPC'],
  [/Disk quota exceeded/, 'EDQUOT'],
  [/Input\/output error/, 'EIO'],
  [/Read-only file system/, 'EROFS'],
  [/File too large/, 'EFBIG'],
  [/File name too long/, 'ENAMETOOLONG'],
  [/Operation not supported/, 'ENOTSUP'],
];

/** @param words after the name, in the C locale */
export function skipReasonOf(words: string): SkipReason {
  return reasons.find(([pattern]) => pattern.test(words))?.[1] ?? 'incomplete';
}

/** Does it only say that an owner, a mode or an attribute could not be set? Then the file itself has arrived. */
export function isOfRights(words: string): boolean {
  return /^Cannot (?:change (?:ownership|mode)|set )/.test(words);
}
