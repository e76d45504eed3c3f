/** `plugback timemachine run`: looks once at all files, for cron. */

import { jsonText } from '../../messages/json.ts';
import { textOfBytes } from '../../system/byte-path.ts';
import { checkFiles } from '../../timemachine/check.ts';
import type { CheckResult } from '../../timemachine/copying.ts';
import { expandList } from '../../timemachine/expand.ts';
import { ownFiles } from '../../timemachine/own-files.ts';
import { readRecord } from '../../timemachine/record.ts';
import type { CommandContext } from '../context.ts';
import {
  begin,
  checkSurroundings,
  logged,
  onceOptions,
  prepareTimemachine,
  type TimemachineFlags,
} from './setting.ts';

/** Something could not be copied. */
const incomplete = 74;

/**
 * @returns 0; 74 when a file could not be copied
 * @throws PlugbackError `list-…`, `copies-folder-…`
 */
export async function runOnce(flags: TimemachineFlags, context: CommandContext): Promise<number> {
  const setting = prepareTimemachine(flags, context);
  return await logged(setting, async () => {
    const list = await begin(setting);
    const recorded = readRecord(setting.destination.recordPath);
    const { files, unmatched } = await expandList(
      list.entries.map(({ bytes }) => bytes),
      { cwd: setting.cwd, isOurs: ownFiles(setting), isKnownFile: (file) => recorded.known.has(file) },
    );
    for (const name of unmatched) setting.voice.info('tm.nothing-matches', { name });
    const result = await checkFiles(files, recorded, {
      ...checkSurroundings(setting),
      ...onceOptions,
      // Who looks wants to know; cron has been told when it happened.
      repeatsTroubles: context.output.terminal !== null,
      tellsUnchanged: true,
    });
    if (context.json) context.output.line(jsonText(documentOf(result)));
    return result.troubles.length > 0 ? incomplete : 0;
  });
}

/** The result for a machine. */
export function documentOf({ copied, unchanged, troubles }: CheckResult) {
  return {
    copied: copied.map(({ file, copy }) => ({ file: textOfBytes(file), copy: textOfBytes(copy) })),
    unchanged,
    troubles: troubles.map(({ name, trouble }) => ({ file: name, ...trouble })),
  };
}
