/** What every command gets: how it was called, where it speaks, what tells it to stop. */

import { hostname } from 'node:os';
import { findConfigFile, loadConfig, loadLeniently } from '../config/load.ts';
import type { Config } from '../config/types.ts';
import { PlugbackError } from '../errors.ts';
import { type Language, languages } from '../messages/format.ts';
import { createTranslator, type Translator } from '../messages/translator.ts';
import { createSystem, type System } from '../system/system.ts';

export interface CommandContext {
  /** `--config`. */
  configFlag: string | null;
  /** `--language`; it wins over the configuration's. */
  languageFlag: Language | null;
  /** `--json`: standard output is for a machine. */
  json: boolean;
  cwd: string;
  /** The folder in which it was called is gone; `cwd` is `/` then, and no relative name means anything. */
  isFolderRemoved: boolean;
  /** Where the configuration is looked for, besides `--config`; null: the usual places. */
  configPlaces: readonly string[] | null;
  environment: Readonly<Record<string, string | undefined>>;
  version: string;
  /** The program's own file, to start it once more. */
  program: string;
  host: string;
  isRoot: boolean;
  output: Output;
  /** Aborted with a PlugbackError `interrupted` when the process is told to stop. */
  stop: AbortSignal;
}

export interface Output {
  /** A line on standard output. */
  line(text: string): void;
  /** A line on standard error. */
  problem(text: string): void;
  /** Null when standard output is not a terminal. */
  terminal: { columns: number; write(text: string): void } | null;
  /** Colours and symbols, only on a terminal and not with NO_COLOR. */
  hasColour: boolean;
}

/** The context of this process. */
export function createContext(
  flags: { config?: string; json?: boolean; language?: Language },
  self: Pick<CommandContext, 'version' | 'program' | 'stop' | 'output'> & {
    configPlaces?: readonly string[];
    isFolderRemoved?: boolean;
  },
): CommandContext {
  return {
    configFlag: flags.config ?? null,
    languageFlag: flags.language ?? null,
    json: flags.json ?? false,
    cwd: process.cwd(),
    isFolderRemoved: self.isFolderRemoved ?? false,
    configPlaces: self.configPlaces ?? null,
    environment: process.env,
    version: self.version,
    program: self.program,
    host: hostname(),
    isRoot: process.geteuid?.() === 0,
    stop: self.stop,
    output: self.output,
  };
}

/** The language before a configuration is known: the flag, else the machine's, else English. */
export function languageOf(context: Pick<CommandContext, 'languageFlag' | 'environment'>): Language {
  const { LC_ALL, LC_MESSAGES, LANG } = context.environment;
  const locale = (LC_ALL || LC_MESSAGES || LANG || localeOfWindows()).slice(0, 2).toLowerCase();
  return context.languageFlag ?? languages.find((language) => language === locale) ?? 'en';
}

/** Windows has no such variables, but a language. To ask for it costs 20 ms, and elsewhere tells nothing else. */
function localeOfWindows(): string {
  return process.platform === 'win32' ? new Intl.DateTimeFormat().resolvedOptions().locale : '';
}

/** The language for what ends a command: the configuration's where there is one that tells. */
export function translatorOf(context: CommandContext): Translator {
  try {
    const filePath = findConfigFile(context);
    return createTranslator(
      loadLeniently(filePath, context.environment, { language: context.languageFlag }).language,
    );
  } catch {
    return createTranslator(languageOf(context));
  }
}

/**
 * The language for a command that needs no configuration: one that was named must be there and right, one that is found may be
 * as it likes.
 *
 * @throws PlugbackError `config-exists-not`, `config-forbidden`, `config` for the one that was named
 */
export function translatorWithoutConfig(context: CommandContext): Translator {
  if (context.configFlag === null) return translatorOf(context);
  const lenient = loadLeniently(findConfigFile(context), context.environment, {
    language: context.languageFlag,
  });
  const { path, problems } = lenient;
  if (problems.length > 0) throw new PlugbackError('config', { path, problems, isVeeamSide: false });
  return createTranslator(lenient.language);
}

export interface Prepared {
  config: Config;
  translator: Translator;
  system: System;
}

/**
 * Configuration, language and machine, for a command that needs them all.
 *
 * @throws PlugbackError `config-missing`, `config-forbidden`, `config-exists-not`, `config`
 */
export function prepare(context: CommandContext): Prepared {
  const filePath = findConfigFile(context);
  const config = loadConfig(filePath, context.environment, { language: context.languageFlag });
  const translator = createTranslator(context.languageFlag ?? config.language);
  return { config, translator, system: createSystem({ isRoot: context.isRoot }) };
}
