/** `plugback timemachine` without a further word: the short options, else one look at all files. */

import type { CommandContext } from './context.ts';
import { add, remove, showList } from './timemachine/list.ts';
import { runOnce } from './timemachine/run.ts';
import type { TimemachineFlags } from './timemachine/setting.ts';

export interface ShortFlags extends TimemachineFlags {
  list?: boolean;
  add?: string;
  remove?: string;
}

/** Of several, -l goes before -a, and -a before -r. */
export async function timemachine(flags: ShortFlags, context: CommandContext): Promise<number> {
  if (flags.list === true) return await showList(flags, context);
  if (flags.add !== undefined) return await add([flags.add], flags, context);
  if (flags.remove !== undefined) return await remove([flags.remove], flags, context);
  return await runOnce(flags, context);
}
