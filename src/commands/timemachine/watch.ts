/** `plugback timemachine watch`: goes on watching until it is told to stop. */

import type { PlugbackError } from '../../errors.ts';
import { jsonText } from '../../messages/json.ts';
import type { CheckResult } from '../../timemachine/copying.ts';
import { ownFiles } from '../../timemachine/own-files.ts';
import { watchFiles } from '../../timemachine/watch.ts';
import type { CommandContext } from '../context.ts';
import { documentOf } from './run.ts';
import {
  begin,
  checkSurroundings,
  logged,
  prepareTimemachine,
  type Setting,
  type TimemachineFlags,
} from './setting.ts';

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
      tellError: (error) => tellGoingOn(error, setting),
      onResult,
    });
  });
}

/** What would end another command: a watch goes on, and says so. */
function tellGoingOn(error: PlugbackError, { voice, translator, context, logError }: Setting): void {
  if (error.code === 'copies-folder-missing') voice.error('tm.waits-missing', detailsOf(error));
  else if (error.code === 'copies-folder-unusable') voice.error('tm.waits-unusable', detailsOf(error));
  else if (error.code === 'copies-folder-unreadable') voice.error('tm.waits-unreadable', detailsOf(error));
  else if (isFullAltogether(error)) voice.error('tm.waits-full', detailsOf(error));
  else if (error.code === 'list-unreadable') voice.error('tm.list-kept', detailsOf(error));
  else {
    const text = translator.tell(error).message;
    logError(text);
    context.output.problem(text);
  }
}

/** Nothing fits, not even what the timemachine itself writes; of a file that does not fit, its own sentence tells. */
function isFullAltogether({ code, details }: PlugbackError): boolean {
  return code === 'copies-folder-full' && (details as { name: string | null }).name === null;
}

function detailsOf({ details }: PlugbackError): { path: string; reason: string } {
  const { path, reason } = details as { path: string; reason?: string };
  return { path, reason: reason ?? '' };
}
