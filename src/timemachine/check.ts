/**
 * One look at all files: what is new or has changed is copied, and what is wrong is said once.
 *
 * Nothing is locked or written as long as nothing has changed.
 */

import { type CheckResult, Copying, type CopyOptions } from './copying.ts';
import { holdDestination, verifyDestination } from './destination.ts';
import type { Watched } from './expand.ts';
import { fewFiles, type Item, isWork, judge, tellVerdict } from './item.ts';
import type { Recorded } from './record.ts';

export interface CheckOptions extends CopyOptions {
  /** The longest to wait for another timemachine, in ms; null: as long as it takes. */
  lockPatienceMs: number | null;
}

/**
 * @param recorded what is known of earlier checks; it takes in what this one finds
 * @throws PlugbackError `copies-folder-…`, `lock-lost`, `interrupted`
 */
export async function checkFiles(
  files: readonly Watched[],
  recorded: Recorded,
  options: CheckOptions,
): Promise<CheckResult> {
  const items = files.map((watched) => judge(watched, recorded, options.destination));
  if (!items.some((item) => isWork(item, recorded, options))) {
    return tellNothingNew(items, options);
  }
  tellMissingDestination(items, options);
  const { destination, lockPatienceMs: patienceMs, voice } = options;
  const onWaiting = () => voice.info('tm.waiting', { path: destination.folder });
  return await holdDestination(destination, { ...options, patienceMs, onWaiting }, async (signal) => {
    return await new Copying(recorded, { ...options, signal }).perform(files);
  });
}

/** Nothing was changed, and what is wrong was said before. */
function tellNothingNew(items: readonly Item[], { voice, tellsUnchanged }: CheckOptions): CheckResult {
  const well = items.filter(({ look }) => 'state' in look);
  if (tellsUnchanged && items.length > fewFiles) voice.info('tm.all-unchanged', { count: well.length });
  else if (tellsUnchanged) for (const { name } of well) voice.info('tm.unchanged', { name });
  const troubles = items.flatMap(({ name, look }) =>
    'trouble' in look ? [{ name, trouble: look.trouble }] : [],
  );
  return { copied: [], unchanged: well.length, troubles, isNews: false, restless: [] };
}

/** What would have been done is told before why it cannot be. */
function tellMissingDestination(items: readonly Item[], { destination, voice }: CheckOptions): void {
  try {
    verifyDestination(destination);
  } catch (error) {
    const first = items.find(({ verdict }) => verdict !== null && verdict !== 'unchanged');
    if (first !== undefined) tellVerdict(first, voice);
    throw error;
  }
}
