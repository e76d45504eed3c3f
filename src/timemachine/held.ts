/** Which of its versions a file holds now. Pure. */

import type { Version } from './destination.ts';
import type { Look } from './file-state.ts';

/**
 * Those with the file's time and size: the state that was copied last, or one that was brought back. Most times it is one or
 * none; states of the same microsecond and size cannot be told apart without reading them.
 */
export function versionsHeld(versions: readonly Version[], look: Look): Version[] {
  if ('trouble' in look) return [];
  const { modifiedUs, size } = look.state;
  return versions.filter((version) => version.modifiedUs === modifiedUs && version.size === size);
}
