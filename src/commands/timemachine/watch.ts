/** `plugback timemachine watch`: goes on watching until it is told to stop. */

import { jsonText } from '../../messages/json.ts';
import { realClock } from '../../system/clock.ts';
import type { CheckResult } from '../../timemachine/check.ts';
import { ownFiles } from '../../timemachine/own-files.ts';
import { watchFiles } from '../../timemachine/watch.ts';
import type { CommandContext } from '../context.ts';
import { documentOf } from './run.ts';
import { begin, logged, prepareTimemachine, procRoot, type TimemachineFlags } from './setting.ts';

/**
 * With `--json` it prints one document for each check that came to anything.
 *
 * @returns the exit code of the signal
 * @throws PlugbackError `list-…`
 */
export async function watch(flags: TimemachineFlags, context: CommandContext): Promise<number> {
  const setting = prepareTimemachine(flags, context);
  return await logged(setting, async () => {
    const { destination, voice, cwd, translator } = setting;
    const onResult = (result: CheckResult) => {
      if (context.json && result.copied.length + result.troubles.length > 0)
        context.output.line(jsonText(documentOf(result)));
    };
    return await watchFiles({
      list: await begin(setting),
      cwd,
      isOurs: ownFiles(setting),
      destination,
      clock: realClock,
      signal: context.stop,
      procRoot,
      isRoot: context.isRoot,
      voice,
      lockPatienceMs: null,
      tellError: (error) => {
        const text = translator.tell(error).message;
        setting.logError(text);
        context.output.problem(text);
      },
      onResult,
    });
  });
}
