/** `plugback nightshift import`: the older NightShift's list of computers, as sections of the configuration. */

import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { decodeText } from '../../config/encoding.ts';
import { PlugbackError, reasonOf } from '../../errors.ts';
import { jsonText } from '../../messages/json.ts';
import { createTranslator } from '../../messages/translator.ts';
import { readComputers, renderSections } from '../../nightshift/import-computers.ts';
import { type CommandContext, languageOf } from '../context.ts';

/** @returns the exit code: 78 where a line could not be read. @throws PlugbackError `usage`, `computers-unreadable` */
export function importComputers(file: string | undefined, context: CommandContext): number {
  const translator = createTranslator(languageOf(context));
  if (file === undefined)
    throw new PlugbackError('usage', { problem: translator.say('usage.nightshift-file') });
  const place = path.resolve(context.cwd, file);
  const { computers, problems, notes } = readComputers(textOf(place));
  if (context.json) context.output.line(jsonText(computers));
  else context.output.line(renderSections(computers).trimEnd());
  for (const said of [...notes, ...problems]) context.output.problem(translator.sayAgain(said));
  // Standard output holds the sections and nothing else: it may be appended to the configuration.
  context.output.problem(translator.say('nightshift.import.done', { count: computers.length }));
  return problems.length === 0 ? 0 : 78;
}

/** In bytes. */
const largestList = 1_000_000;

function textOf(file: string): string {
  try {
    const stats = statSync(file);
    // A device may never end, and no office has so many computers.
    if (!stats.isFile() || stats.size > largestList) throw new Error('not a list of computers');
    return decodeText(readFileSync(file)).text;
  } catch (error) {
    throw new PlugbackError(
      'computers-unreadable',
      { path: file, reason: reasonOf(error) },
      { cause: error },
    );
  }
}
