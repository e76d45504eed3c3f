/** Errors in words, for programs that use the library. */

import type { Language } from './format.ts';
import { createTranslator } from './translator.ts';

/**
 * Anything that the library threw, as the command would say it: what went wrong, and what to do about it, on one line. An
 * error's `message` is its code and details, for developers.
 */
export function explain(error: unknown, language: Language = 'en'): string {
  return createTranslator(language).tell(error).message;
}
