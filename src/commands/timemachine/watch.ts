/** `plugback timemachine watch`: goes on watching until it is told to stop. */

import { jsonText } from '../../messages/json.ts';
import type { CheckResult } from '../../timemachine/copying.ts';
import { ownFiles } from '../../timemachine/own-files.ts';
import { watchFiles } from '../../timemachine/watch.ts';
import type { CommandContext } from '../context.ts';
import { documentOf } from './run.ts';
import { begin, checkSurroundings, logged, prepareTimemachine, type TimemachineFlags } from './setting.ts';

/**
 * With `--json` it prints one document for each check that has news.
 *
 * @returns the exit code of the signal
 * @throws PlugbackError `list-…`
 */
export async function watch(flags: TimemachineFlags, context: CommandContext): Promise<number> {
  const setting = prepareTimemachine(flags, context);
  return await logged(setting, async () => {
    const onResult = (result: CheckResult) => {
      if (context.json && result.isNews) context.output.line(jsonText(documentOf(result)));
    };
    return await watchFiles({
      ...checkSurroundings(setting),
      list: await begin(setting),
      cwd: setting.cwd,
      isOurs: ownFiles(setting),
      lockPatienceMs: null,
      tellError: (error) => {
        const text = setting.translator.tell(error).message;
        setting.logError(text);
        context.output.problem(text);
      },
      onResult,
    });
  });
}
