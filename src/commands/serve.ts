/** `plugback serve`: the status page, until somebody ends it. */

import { constants, setPriority } from 'node:os';
import { findConfigFile, loadLeniently } from '../config/load.ts';
import { PlugbackError } from '../errors.ts';
import { createTranslator } from '../messages/translator.ts';
import type { CommandContext } from './context.ts';
import { startPage, untilStopped } from './page-server.ts';

/** @returns 0 once it was told to stop. @throws PlugbackError `config-missing`, `config`, `port-in-use`, `port-forbidden`, … */
export async function serve(context: CommandContext): Promise<number> {
  const lenient = loadLeniently(findConfigFile(context), context.environment, {
    language: context.languageFlag,
  });
  const { config, isLanguageChosen } = lenient;
  if (config === null)
    throw new PlugbackError('config', { path: lenient.path, problems: lenient.problems, isVeeamSide: false });
  const translator = createTranslator(config.language);
  // A copy goes first: whoever watches it must not slow it down.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  const page = await startPage({ config, isLanguageChosen, translator, context });
  if (context.json) context.output.line(JSON.stringify({ address: page.address }));
  else context.output.line(translator.say('serve.listening', { address: page.address }));
  if (context.output.terminal !== null) context.output.problem(translator.say('serve.stop'));
  await untilStopped(context.stop);
  await page.close();
  return 0;
}
