/** Turns sentences as data (key and details) into words of one language. */

import { asPlugbackError, type ErrorCode, type ErrorDetails, exitCodeOf } from '../errors.ts';
import { de, deErrors } from './de.ts';
import { en, enErrors } from './en.ts';
import { createFormat, type Format, type Language } from './format.ts';
import { printable } from './printable.ts';
import { reasonInWords } from './reasons.ts';

export type Catalogue = typeof en;
export type SentenceKey = keyof Catalogue;
export type DetailsOf<K extends SentenceKey> = Parameters<Catalogue[K]>[0];

/** The sentences that need no details. */
export type PlainKey = { [K in SentenceKey]: DetailsOf<K> extends undefined ? K : never }[SentenceKey];

/** A sentence as data: it can be written to a file and said later, in any language. */
export interface Sentence<K extends SentenceKey = SentenceKey> {
  readonly key: K;
  readonly details: DetailsOf<K>;
}

/** What went wrong, and what to do about it. */
export interface Problem {
  problem: string;
  remedy: string;
}

/** What went wrong, to be told to people: its code, what is known, the words, the exit code. */
export interface ToldError extends Problem {
  code: ErrorCode;
  details: ErrorDetails[ErrorCode];
  exitCode: number;
  /** Problem and remedy as one text. */
  message: string;
}

/** Details are only asked for where the sentence has any. */
export type SayArguments<K extends SentenceKey> =
  DetailsOf<K> extends undefined ? [] : [details: DetailsOf<K>];

export interface Translator {
  readonly language: Language;
  readonly format: Format;
  /** The sentence in words, on one line, with nothing in it that could drive a terminal. */
  say<K extends SentenceKey>(key: K, ...details: SayArguments<K>): string;
  /** A sentence that was kept as data. */
  sayAgain(sentence: Sentence): string;
  /** The words for an error's code and details. */
  problem<C extends ErrorCode>(code: C, details: ErrorDetails[C]): Problem;
  /** Anything thrown, in words; what nobody foresaw is told as `unexpected`. */
  tell(thrown: unknown): ToldError;
}

/** Packs a sentence as data. */
export function sentence<K extends SentenceKey>(key: K, ...details: SayArguments<K>): Sentence<K> {
  return { key, details: details[0] as DetailsOf<K> };
}

/** The translator of a language. */
export function createTranslator(language: Language): Translator {
  const format = createFormat(language);
  const sentences = language === 'de' ? de : en;
  const errors = language === 'de' ? deErrors : enErrors;

  const words = (key: SentenceKey, details: unknown): string => {
    if (!Object.hasOwn(sentences, key)) return printable(key);
    const template = sentences[key] as (details: unknown, format: Format) => string;
    return printable(template(withReason(details, language), format));
  };
  const problem = <C extends ErrorCode>(code: C, details: ErrorDetails[C]): Problem => {
    const told = Object.hasOwn(errors, code)
      ? attempt(() => errors[code](withReason(details, language), format))
      : null;
    return { problem: printable(told?.problem ?? code), remedy: printable(told?.remedy ?? '') };
  };

  return {
    language,
    format,
    say: (key, ...details) => words(key, details[0]),
    // A file of a newer version, or a damaged one, may hold a sentence or details that this version does not know.
    sayAgain: ({ key, details }) => attempt(() => words(key, details)) ?? printable(key),
    problem,
    tell: (thrown) => {
      const { code, details } = asPlugbackError(thrown);
      const text = problem(code, details);
      return {
        code,
        details,
        ...text,
        exitCode: exitCodeOf(code, details),
        message: text.remedy === '' ? text.problem : `${text.problem} ${text.remedy}`,
      };
    },
  };
}

function attempt<T>(say: () => T): T | null {
  try {
    return say();
  } catch {
    return null;
  }
}

/** Details with a reason from the system are told with the reason in words. */
function withReason<D>(details: D, language: Language): D {
  const reason = (details as { reason?: unknown } | null | undefined)?.reason;
  return typeof reason === 'string' ? { ...details, reason: reasonInWords(reason, language) } : details;
}
