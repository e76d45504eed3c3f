/** `plugback serve`: the status page, until somebody ends it. */

import { constants, setPriority } from 'node:os';
import { findConfigFile, type LenientConfig, loadLeniently } from '../config/load.ts';
import { PlugbackError } from '../errors.ts';
import { createTranslator } from '../messages/translator.ts';
import type { CommandContext } from './context.ts';
import { type PageConfig, pageOf, startPage, untilStopped } from './page-server.ts';

/** @returns 0 once it was told to stop. @throws PlugbackError `config-missing`, `config`, `port-in-use`, `port-forbidden`, … */
export async function serve(context: CommandContext): Promise<number> {
  const lenient = loadLeniently(findConfigFile(context), context.environment, {
    language: context.languageFlag,
  });
  const { path, problems, isLanguageChosen } = lenient;
  const config = lenient.config === null ? pageOfWatch(lenient) : pageOf(lenient.config);
  if (config === null) throw new PlugbackError('config', { path, problems, isVeeamSide: false });
  const translator = createTranslator(lenient.language);
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

/** A machine that fills no disk has a night watch to show; null where something is wrong. */
function pageOfWatch(lenient: LenientConfig): PageConfig | null {
  const { path, web, disks, problems, stateDirectory, runtimeDirectory } = lenient;
  if (problems.length > 0 || web === null) return null;
  return { path, web, disks, logFilePath: null, stateDirectory, runtimeDirectory };
}
