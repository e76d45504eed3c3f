/** What every program of plugback does with what was typed: find the command, call it, say what went wrong. */

import { Command, CommanderError, Help, Option } from 'commander';
import { nearestName } from '../config/nearest.ts';
import { asPlugbackError, PlugbackError } from '../errors.ts';
import { type Language, languages } from '../messages/format.ts';
import { printable } from '../messages/printable.ts';
import { createTranslator, type PlainKey, type Translator } from '../messages/translator.ts';
import { version } from '../version.ts';
import { type CommandContext, createContext, languageOf, type Output, translatorOf } from './context.ts';
import { logOutput, terminalOutput } from './output.ts';

export interface CommandSpec {
  name: string;
  /** As commander reads it: `<needed>`, `[optional]`. */
  arguments?: string;
  description: PlainKey;
  options?: readonly (readonly [flags: string, description: PlainKey])[];
  /** Has it `--log FILE`, into which it speaks then? */
  hasLog?: boolean;
  /** It has nothing to wind down: told to stop, it just ends. */
  endsAtOnce?: boolean;
  /** What else there is to know; its own help shows it. */
  note?: PlainKey;
  examples: readonly string[];
  /** They know the options of this one as well. Without one of them, this one is performed itself. */
  subcommands?: readonly CommandSpec[];
  /** Options that are spelled with one hyphen and more than one letter, by what they are otherwise. */
  spellings?: Readonly<Record<string, string>>;
  /** Loaded only when it is called: a plugged-in disk does not wait for what other commands need. */
  perform(parameters: readonly string[], flags: never, context: CommandContext): Promise<number>;
}

/** One program with its commands. */
export interface CommandLine {
  name: string;
  description: PlainKey;
  /** What its help ends with. */
  more: PlainKey;
  commands: readonly CommandSpec[];
  /** The program's own file. */
  program: string;
  /** Where its configuration is looked for, besides `--config`; the usual places where nothing is given. */
  configPlaces?: readonly string[];
}

/**
 * Performs the command that was typed; whatever goes wrong is said, and never thrown.
 *
 * @returns the exit code
 */
export async function performTyped(typed: readonly string[], line: CommandLine): Promise<number> {
  const isFolderRemoved = leaveRemovedFolder();
  const language = languageOf({ languageFlag: languageTyped(typed), environment: process.env });
  const translator = createTranslator(language);
  const surroundings = {
    output: outputFor(typed, line),
    stop: stopSignal(),
    isJsonWanted: typed.includes('--json'),
    isFolderRemoved,
  };
  const outcome = { exitCode: 0 };
  try {
    const program = buildProgram({ line, translator, surroundings, outcome });
    if (typed.length === 0) {
      program.outputHelp();
      return 0;
    }
    await program.parseAsync(respelled(typed, line), { from: 'user' });
    return outcome.exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return 0;
      const usage = new PlugbackError('usage', { problem: usageProblem(thrown, translator) });
      return tellFailure(usage, translator, surroundings);
    }
    return tellFailure(thrown, translator, surroundings);
  }
}

/** A folder that was removed has no name, and no program that is started from it would work. @returns whether it was */
function leaveRemovedFolder(): boolean {
  try {
    process.cwd();
    return false;
  } catch {
    process.chdir('/');
    return true;
  }
}

interface Surroundings {
  output: Output;
  stop: AbortSignal;
  isJsonWanted: boolean;
  isFolderRemoved: boolean;
}

/** Told to stop once, everything winds down by itself; a second signal changes nothing. */
function stopSignal(): AbortSignal {
  const stopper = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stopper.abort(new PlugbackError('interrupted', { signal })));
  }
  return stopper.signal;
}

/** Nobody reads the terminal of a script: mistakes in what was typed go into its log, too. */
function outputFor(typed: readonly string[], { name, commands }: CommandLine): Output {
  const command = commands.find((spec) => typed.includes(spec.name));
  const hasLog = command === undefined ? commands.every((spec) => spec.hasLog) : command.hasLog;
  const logFile = hasLog === true ? wordTyped(typed, '--log') : null;
  const call = printable([name, version, ...typed].join(' '));
  return (logFile === null ? null : logOutput(logFile, call)) ?? terminalOutput();
}

/** Resolves with the exit code of the signal, as soon as there is one. */
function untilStopped(signal: AbortSignal): Promise<number> {
  const exitCode = () => asPlugbackError(signal.reason).exitCode;
  return new Promise((resolve) => {
    if (signal.aborted) resolve(exitCode());
    signal.addEventListener('abort', () => resolve(exitCode()), { once: true });
  });
}

/** The language is needed before anything is parsed: for the help, and for mistakes in what was typed. */
function languageTyped(typed: readonly string[]): Language | null {
  const value = wordTyped(typed, '--language');
  return languages.find((language) => language === value) ?? null;
}

/** The value of an option, before anything else is known of what was typed; null when it is not there. */
function wordTyped(typed: readonly string[], option: string): string | null {
  const at = typed.findIndex((word) => word === option || word.startsWith(`${option}=`));
  const word = typed[at];
  if (word === undefined) return null;
  return (word === option ? typed[at + 1] : word.slice(option.length + 1)) ?? null;
}

/** With options as commander knows them. */
function respelled(typed: readonly string[], { commands }: CommandLine): string[] {
  const spellings = commands.find(({ name }) => name === typed[0])?.spellings ?? {};
  const end = typed.indexOf('--');
  return typed.map((word, index) => {
    const [option = '', value] = word.split(/=(.*)/s);
    const known = end >= 0 && index > end ? undefined : spellings[option];
    return known === undefined ? word : `${known}${value === undefined ? '' : `=${value}`}`;
  });
}

/** What building a program takes. */
interface Building {
  line: CommandLine;
  translator: Translator;
  surroundings: Surroundings;
  outcome: { exitCode: number };
}

function buildProgram(building: Building): Command {
  const { line, translator } = building;
  const { say } = translator;
  const program = new Command(line.name)
    .description(say(line.description))
    .version(version, '--version', say('help.version'))
    .helpOption('-h, --help', say('help.help'))
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', `\n${say(line.more)}`);
  for (const spec of line.commands) addCommand(program, spec, building);
  program.configureHelp(translatedHelp(say));
  return program;
}

function addCommand(parent: Command, spec: CommandSpec, building: Building): void {
  const { line, translator, surroundings, outcome } = building;
  const { say } = translator;
  const { output, stop, isFolderRemoved } = surroundings;
  const command = parent
    .command(
      spec.arguments === undefined ? spec.name : `${spec.name} ${withTranslatedNames(spec.arguments, say)}`,
    )
    // The options of the whole program stand before the command; those of a command also behind what it is told to do.
    .enablePositionalOptions(false)
    .summary(say(spec.description))
    .description(
      [spec.description, spec.note].flatMap((key) => (key === undefined ? [] : [say(key)])).join('\n\n'),
    )
    .helpOption('-h, --help', say('help.help'))
    .helpCommand(false)
    .configureHelp({
      showGlobalOptions: parent.parent !== null,
      ...translatedHelp(say),
      // commander would add the choices, in English.
      optionDescription: ({ description }) => description,
    })
    .addHelpText(
      'after',
      `\n${say('help.examples')}\n${spec.examples.map((line) => `  ${line}`).join('\n')}`,
    );
  for (const [flags, description] of spec.options ?? [])
    command.option(withTranslatedNames(flags, say), say(description));
  if (spec.hasLog === true) command.option(withTranslatedNames('--log <file>', say), say('help.log'));
  if (parent.parent === null) {
    command
      .option(
        withTranslatedNames('--config <file>', say),
        say(line.configPlaces === undefined ? 'help.config' : 'help.config-beside'),
      )
      .option('--json', say('help.json'))
      .addOption(
        new Option(withTranslatedNames('--language <language>', say), say('help.language')).choices(
          languages,
        ),
      );
  }
  // What is none of its subcommands is told as such, not as one word too many.
  // Said for each: a subcommand would take it over.
  command.allowExcessArguments(spec.subcommands !== undefined);
  command.action(async (...parameters: unknown[]) => {
    const flags = command.optsWithGlobals();
    const context = createContext(flags, { stop, output, version, isFolderRemoved, ...line });
    try {
      verifySubcommand(spec, command.args, translator);
      const words = parameters.slice(0, -2).flat() as string[];
      const performed = spec.perform(words, flags as never, context);
      outcome.exitCode = await (spec.endsAtOnce ? Promise.race([performed, untilStopped(stop)]) : performed);
    } catch (thrown) {
      outcome.exitCode = tellFailure(thrown, translatorOf(context), surroundings);
    }
  });
  for (const subcommand of spec.subcommands ?? []) addCommand(command, subcommand, building);
}

/** @throws PlugbackError `usage` for a word that is none of its subcommands */
function verifySubcommand(
  { subcommands }: CommandSpec,
  [word]: readonly string[],
  { say }: Translator,
): void {
  if (subcommands === undefined || word === undefined) return;
  const { name, isSlip } = nearestName(
    word,
    subcommands.map((subcommand) => subcommand.name),
  );
  throw new PlugbackError('usage', {
    problem: say('usage.unknown-command', { word, meant: isSlip ? name : null }),
  });
}

/** What commander says by itself, in the language of the rest. */
function translatedHelp(
  say: Translator['say'],
): Pick<Help, 'styleTitle' | 'commandUsage' | 'subcommandTerm' | 'visibleGlobalOptions'> {
  const plain = new Help();
  plain.showGlobalOptions = true;
  return {
    styleTitle: (title) => translatedTitle(title, say),
    commandUsage: (command) => withTranslatedNames(plain.commandUsage(command), say),
    // The program's own --version is none of a subcommand, which may have another one.
    visibleGlobalOptions: (command) =>
      (command.parent?.parent ?? null) === null
        ? []
        : plain.visibleGlobalOptions(command).filter(({ long }) => long !== '--version'),
    subcommandTerm: (command) => withTranslatedNames(plain.subcommandTerm(command), say),
  };
}

const valueKeys: { readonly [name: string]: PlainKey } = {
  addresses: 'help.value.addresses',
  command: 'help.value.command',
  disk: 'help.value.disk',
  file: 'help.value.file',
  folder: 'help.value.folder',
  hours: 'help.value.hours',
  language: 'help.value.language',
  minutes: 'help.value.minutes',
  options: 'help.value.options',
  replica: 'help.value.replica',
  source: 'help.value.source',
  files: 'help.value.files',
  path: 'help.value.path',
  time: 'help.value.time',
};

/** `<source>` and `[options]` as people of a language call them. */
function withTranslatedNames(text: string, say: Translator['say']): string {
  return text.replace(/(?<=[<[])[a-z]+(?=(?:\.\.\.)?[\]>])/g, (name) => {
    const key = valueKeys[name];
    return key === undefined ? name : say(key);
  });
}

/** commander's own headings, in the language of the rest. */
function translatedTitle(title: string, say: Translator['say']): string {
  const keys: { readonly [title: string]: PlainKey } = {
    'Usage:': 'help.title.usage',
    'Arguments:': 'help.title.arguments',
    'Options:': 'help.title.options',
    'Global Options:': 'help.title.global-options',
    'Commands:': 'help.title.commands',
  };
  const key = keys[title];
  return key === undefined ? title : say(key);
}

/** What commander found wrong with what was typed, in words of our own. */
function usageProblem(error: CommanderError, { say }: Translator): string {
  const word = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  const meant = /Did you mean (?:one of )?([^?]+)\?/.exec(error.message)?.[1] ?? null;
  switch (error.code) {
    case 'commander.unknownCommand':
      return say('usage.unknown-command', { word, meant });
    case 'commander.unknownOption':
      return say('usage.unknown-option', { word, meant });
    case 'commander.missingArgument':
      return say('usage.missing-argument', { word });
    case 'commander.optionMissingArgument':
      return say('usage.missing-value', { word });
    case 'commander.excessArguments':
      return say('usage.too-many');
    case 'commander.invalidArgument':
      return say('usage.invalid', { word: /argument '([^']*)'/.exec(error.message)?.[1] ?? word });
    default:
      return error.message.replace(/^error: /, '');
  }
}

/** Anything thrown as one clear sentence with its remedy, never a stack trace. */
function tellFailure(
  thrown: unknown,
  translator: Translator,
  { output, isJsonWanted }: Surroundings,
): number {
  const told = translator.tell(thrown);
  output.problem(told.message);
  if (isJsonWanted) {
    const { code, message, exitCode } = told;
    output.line(JSON.stringify({ error: { code, message, exitCode } }));
  }
  return told.exitCode;
}
