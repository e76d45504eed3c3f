/** A file in a check: what the look at it and the record come to. */

import { existsSync } from 'node:fs';
import { joinBytes, nodePath } from '../system/byte-path.ts';
import { decide, type Verdict } from './decide.ts';
import { copiesOf, type Destination } from './destination.ts';
import type { Watched } from './expand.ts';
import type { Recorded } from './record.ts';
import type { Voice } from './voice.ts';

/** Of so few files, each is told, also those that have not changed. */
export const fewFiles = 20;

export interface Item extends Watched {
  /** Null where it is in trouble. */
  verdict: Verdict | null;
}

/** What is to be done about a file. */
export function judge(watched: Watched, recorded: Recorded, destination: Destination): Item {
  const { file, look } = watched;
  if ('trouble' in look) return { ...watched, verdict: null };
  const known = recorded.known.get(file);
  const hasCopy = () =>
    known !== undefined && existsSync(nodePath(joinBytes(copiesOf(destination, file), known.copy)));
  return { ...watched, verdict: decide(known, look.state, hasCopy) };
}

/** Is there anything to be done or said about it? */
export function isWork(
  item: Item,
  recorded: Recorded,
  { repeatsTroubles }: { repeatsTroubles: boolean },
): boolean {
  const told = recorded.troubles.get(item.file);
  if ('trouble' in item.look) return repeatsTroubles || told !== item.look.trouble.kind;
  return item.verdict !== 'unchanged' || told !== undefined;
}

/** Says why a file is copied. */
export function tellVerdict({ name, verdict }: Item, voice: Voice): void {
  if (verdict === 'first') voice.info('tm.first', { name });
  else if (verdict === 'copy-gone') voice.info('tm.copy-gone', { name });
  else voice.info('tm.modified', { name });
}
