/** What is wrong in a configuration, as data: where it stands, and the sentence that says it. */

import { printable } from '../messages/printable.ts';
import type { Sentence, Translator } from '../messages/translator.ts';

export interface ConfigProblem {
  /** As the template writes it (`BACKUP`), or as typed where nobody knows it; null where only a line is to blame. */
  section: string | null;
  /** As the template writes it, or as typed where nobody knows it; null where the whole section is meant. */
  key: string | null;
  /** Counted from 1; null where something is missing. */
  line: number | null;
  said: Sentence;
}

const longestName = 60;

/** One problem in words: `BACKUP.backup-source: what is wrong, what it should be`. */
export function tellProblem(problem: ConfigProblem, translator: Translator): string {
  const names = [problem.section, problem.key].filter((name) => name !== null).map(shownName);
  if (problem.line !== null && names.length === 0)
    names.push(translator.say('config.line', { line: problem.line }));
  const said = translator.sayAgain(problem.said);
  return names.length === 0 ? said : `${names.join('.')}: ${said}`;
}

function shownName(name: string): string {
  return printable(name.length > longestName ? `${name.slice(0, longestName)}…` : name);
}

/** In the order of the file's lines, so that they can be corrected from top to bottom; what is missing comes last. */
export function inOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const line = (problem: ConfigProblem): number => problem.line ?? Number.MAX_SAFE_INTEGER;
  return problems.toSorted((one, other) => line(one) - line(other));
}
