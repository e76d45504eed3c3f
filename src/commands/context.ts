/** What every command gets: how it was called, where it speaks, what tells it to stop. */

import { hostname } from 'node:os';
import { findConfigFile, loadConfig, loadLeniently } from '../config/load.ts';
import type { Config } from '../config/types.ts';
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
  stop: AbortSignal,
  self: { version: string; program: string },
): CommandContext {
  const { stdout, stderr, env } = process;
  // A reader that went away (`plugback run | head`) must not end a backup.
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
  return {
    configFlag: flags.config ?? null,
    languageFlag: flags.language ?? null,
    json: flags.json ?? false,
    cwd: process.cwd(),
    environment: env,
    ...self,
    host: hostname(),
    isRoot: process.geteuid?.() === 0,
    stop,
    output: {
      line: (text) => void stdout.write(`${text}\n`),
      problem: (text) => void stderr.write(`${text}\n`),
      terminal: stdout.isTTY
        ? { columns: stdout.columns ?? 80, write: (text) => void stdout.write(text) }
        : null,
      hasColour: stdout.isTTY === true && env.NO_COLOR === undefined && env.TERM !== 'dumb',
    },
  };
}

/** The language before a configuration is known: the flag, else the locale's, else English. */
export function languageOf(context: Pick<CommandContext, 'languageFlag' | 'environment'>): Language {
  const { LC_ALL, LC_MESSAGES, LANG } = context.environment;
  const locale = (LC_ALL || LC_MESSAGES || LANG || '').slice(0, 2).toLowerCase();
  return context.languageFlag ?? languages.find((language) => language === locale) ?? 'en';
}

/** The language for what ends a command: the configuration's where there is one that tells. */
export function translatorOf(context: CommandContext): Translator {
  try {
    const filePath = findConfigFile({ configFlag: context.configFlag, cwd: context.cwd });
    return createTranslator(
      loadLeniently(filePath, context.environment, { language: context.languageFlag }).language,
    );
  } catch {
    return createTranslator(languageOf(context));
  }
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
  const filePath = findConfigFile({ configFlag: context.configFlag, cwd: context.cwd });
  const config = loadConfig(filePath, context.environment, { language: context.languageFlag });
  const translator = createTranslator(context.languageFlag ?? config.language);
  return { config, translator, system: createSystem({ isRoot: context.isRoot }) };
}
