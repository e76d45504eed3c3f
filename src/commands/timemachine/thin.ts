/** `plugback timemachine thin`: deletes old versions, never the newest. */

import { keep as readKeep } from '../../config/parsers.ts';
import { PlugbackError } from '../../errors.ts';
import { jsonText } from '../../messages/json.ts';
import { textOfBytes } from '../../system/byte-path.ts';
import { realClock } from '../../system/clock.ts';
import { thin } from '../../timemachine/thin.ts';
import type { CommandContext } from '../context.ts';
import {
  lockPatienceMs,
  logged,
  prepareTimemachine,
  procRoot,
  type TimemachineFlags,
  typedFiles,
} from './setting.ts';

export interface ThinFlags extends TimemachineFlags {
  keep?: string;
  dryRun?: boolean;
}

/**
 * @param files none: all that have versions
 * @returns 0
 * @throws PlugbackError `usage`, `copies-folder-…`
 */
export async function thinVersions(
  files: readonly string[],
  flags: ThinFlags,
  context: CommandContext,
): Promise<number> {
  const setting = prepareTimemachine(flags, context);
  const { voice, translator } = setting;
  return await logged(setting, async () => {
    const parsed = flags.keep === undefined ? { value: setting.keep } : readKeep(flags.keep, 'posix');
    if ('problems' in parsed)
      throw new PlugbackError('usage', {
        problem: translator.say('usage.keep', { value: flags.keep ?? '' }),
      });
    const { value: keep } = parsed;
    const dryRun = flags.dryRun === true;
    const gone: string[] = [];
    const kept = await thin(setting.destination, files.length === 0 ? null : typedFiles(setting, files), {
      clock: realClock,
      procRoot,
      signal: context.stop,
      patienceMs: lockPatienceMs,
      onWaiting: () => voice.info('tm.waiting', { path: setting.destination.folder }),
      keep,
      dryRun,
      onGone: ({ path }) => {
        gone.push(textOfBytes(path));
        voice.info(dryRun ? 'tm.would-thin' : 'tm.thinned', { path: textOfBytes(path) });
      },
    });
    if (gone.length === 0) voice.info('tm.nothing-to-thin');
    voice.info('tm.kept', { count: kept });
    if (dryRun) voice.info('tm.rehearsed');
    if (context.json) context.output.line(jsonText({ dryRun, deleted: gone, kept }));
    return 0;
  });
}
