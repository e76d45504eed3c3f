/** What is to be done about a file that was looked at. Pure. */

import type { FileState } from './file-state.ts';
import type { Known } from './record.ts';

export type Verdict =
  /** Nothing was ever copied, or the record does not tell. */
  | 'first'
  | 'modified'
  /** Only what a look cannot judge has changed, such as its rights: its content tells. */
  | 'doubtful'
  /** Nothing has changed, but somebody has removed the copy. */
  | 'copy-gone'
  | 'unchanged';

/** @param hasCopy is the last copy still there? Only asked where it matters */
export function decide(known: Known | undefined, state: FileState, hasCopy: () => boolean): Verdict {
  if (known === undefined) return 'first';
  const { state: last } = known;
  if (last.modifiedUs !== state.modifiedUs || last.size !== state.size) return 'modified';
  if (!hasCopy()) return 'copy-gone';
  return last.inode === state.inode && last.changedUs === state.changedUs ? 'unchanged' : 'doubtful';
}
