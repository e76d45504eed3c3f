/** From what was typed to one command to its exit code. */

import { fileURLToPath } from 'node:url';
import { Command, CommanderError, Option } from 'commander';
import { type CommandContext, createContext, languageOf, translatorOf } from './commands/context.ts';
import { nearestName } from './config/nearest.ts';
import { asPlugbackError, PlugbackError } from './errors.ts';
import { type Language, languages } from './messages/format.ts';
import { createTranslator, type PlainKey, type Translator } from './messages/translator.ts';

declare const PLUGBACK_VERSION: string;

interface CommandSpec {
  name: string;
  /** As commander reads it: `<needed>`, `[optional]`. */
  arguments?: string;
  description: PlainKey;
  options?: readonly (readonly [flags: string, description: PlainKey])[];
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

const timemachineSpec: CommandSpec = {
  name: 'timemachine',
  description: 'help.timemachine',
  options: [
    ['-c, --list-name <name>', 'help.timemachine.list-name'],
    ['--cl, --list-folder <folder>', 'help.timemachine.list-folder'],
    ['-d, --destination <folder>', 'help.timemachine.destination'],
    ['-l, --list', 'help.timemachine.list'],
    ['-a, --add <file>', 'help.timemachine.add'],
    ['-r, --remove <file>', 'help.timemachine.remove'],
  ],
  spellings: { '-cl': '--cl' },
  note: 'help.timemachine.note',
  examples: [
    'plugback timemachine add plan.odt -d /mnt/copies',
    'plugback timemachine -c config.dat -cl /home/anna -d /mnt/copies',
  ],
  subcommands: [
    {
      name: 'add',
      arguments: '<files...>',
      description: 'help.timemachine.do-add',
      examples: ['plugback timemachine add plan.odt /srv/office', 'plugback timemachine add -- -notes-'],
      perform: async (files, flags, context) =>
        (await import('./commands/timemachine/list.ts')).add(files, flags, context),
    },
    {
      name: 'remove',
      arguments: '<files...>',
      description: 'help.timemachine.do-remove',
      examples: ['plugback timemachine remove plan.odt'],
      perform: async (files, flags, context) =>
        (await import('./commands/timemachine/list.ts')).remove(files, flags, context),
    },
    {
      name: 'list',
      endsAtOnce: true,
      description: 'help.timemachine.do-list',
      examples: ['plugback timemachine list', 'plugback timemachine list --json'],
      perform: async (_, flags, context) =>
        (await import('./commands/timemachine/list.ts')).showList(flags, context),
    },
    {
      name: 'run',
      description: 'help.timemachine.do-run',
      examples: ['plugback timemachine run -d /mnt/copies'],
      perform: async (_, flags, context) =>
        (await import('./commands/timemachine/run.ts')).runOnce(flags, context),
    },
    {
      name: 'watch',
      description: 'help.timemachine.do-watch',
      examples: ['plugback timemachine watch -d /mnt/copies'],
      perform: async (_, flags, context) =>
        (await import('./commands/timemachine/watch.ts')).watch(flags, context),
    },
    {
      name: 'versions',
      endsAtOnce: true,
      arguments: '<file>',
      description: 'help.timemachine.do-versions',
      examples: ['plugback timemachine versions plan.odt -d /mnt/copies'],
      perform: async ([file = ''], flags, context) =>
        (await import('./commands/timemachine/versions.ts')).showVersions(file, flags, context),
    },
    {
      name: 'restore',
      arguments: '<file>',
      description: 'help.timemachine.do-restore',
      options: [
        ['--at <time>', 'help.timemachine.at'],
        ['--version <n>', 'help.timemachine.version'],
        ['--to <path>', 'help.timemachine.to'],
      ],
      examples: [
        'plugback timemachine restore plan.odt --at "2026-11-21 03:12"',
        'plugback timemachine restore plan.odt --version 2 --to /tmp/',
      ],
      perform: async ([file = ''], flags, context) =>
        (await import('./commands/timemachine/restore.ts')).restore(file, flags, context),
    },
    {
      name: 'diff',
      endsAtOnce: true,
      arguments: '<file>',
      description: 'help.timemachine.do-diff',
      options: [
        ['--at <time>', 'help.timemachine.at'],
        ['--version <n>', 'help.timemachine.version'],
      ],
      examples: ['plugback timemachine diff plan.odt', 'plugback timemachine diff plan.odt --at 2026-11-21'],
      perform: async ([file = ''], flags, context) =>
        (await import('./commands/timemachine/diff.ts')).diff(file, flags, context),
    },
    {
      name: 'thin',
      arguments: '[files...]',
      description: 'help.timemachine.do-thin',
      options: [
        ['--keep <numbers>', 'help.timemachine.keep'],
        ['--dry-run', 'help.timemachine.dry-run'],
      ],
      examples: ['plugback timemachine thin --dry-run', 'plugback timemachine thin --keep 7,30,26 plan.odt'],
      perform: async (files, flags, context) =>
        (await import('./commands/timemachine/thin.ts')).thinVersions(files, flags, context),
    },
  ],
  perform: async (_, flags, context) =>
    (await import('./commands/timemachine.ts')).timemachine(flags, context),
};

const commandSpecs: readonly CommandSpec[] = [
  {
    name: 'run',
    description: 'help.run',
    options: [
      ['--uuid <uuid>', 'help.run.uuid'],
      ['--dry-run', 'help.run.dry-run'],
      ['--allow-deletes', 'help.run.allow-deletes'],
      ['--web', 'help.run.web'],
    ],
    examples: ['plugback run', 'plugback run --dry-run', 'plugback run --uuid 3f2c-…'],
    perform: async (_, flags, context) => (await import('./commands/run.ts')).run(flags, context),
  },
  {
    name: 'disks',
    endsAtOnce: true,
    description: 'help.disks',
    examples: ['plugback disks', 'plugback disks --json'],
    perform: async (_, _flags, context) => (await import('./commands/disks.ts')).disks(context),
  },
  {
    name: 'enroll',
    endsAtOnce: true,
    arguments: '<disk>',
    description: 'help.enroll',
    options: [['--mail <addresses>', 'help.enroll.mail']],
    examples: [
      'plugback enroll /dev/sdb1',
      'plugback enroll 3f2c-… --mail anna@example.com,otto@example.com',
    ],
    perform: async ([disk = ''], flags, context) =>
      (await import('./commands/enroll.ts')).enroll(disk, flags, context),
  },
  {
    name: 'check',
    endsAtOnce: true,
    description: 'help.check',
    options: [['--mail', 'help.check.mail']],
    note: 'help.check.codes',
    examples: ['plugback check', 'plugback check --mail'],
    perform: async (_, flags, context) => (await import('./commands/check.ts')).check(flags, context),
  },
  {
    name: 'status',
    endsAtOnce: true,
    description: 'help.status',
    examples: ['plugback status', 'plugback status --json'],
    perform: async (_, _flags, context) => (await import('./commands/status.ts')).status(context),
  },
  {
    name: 'history',
    endsAtOnce: true,
    description: 'help.history',
    options: [['--limit <n>', 'help.history.limit']],
    examples: ['plugback history', 'plugback history --limit 100 --json'],
    perform: async (_, flags, context) => (await import('./commands/history.ts')).history(flags, context),
  },
  {
    name: 'serve',
    description: 'help.serve',
    examples: ['plugback serve', 'plugback serve --config /etc/plugback/config.ini'],
    perform: async (_, _flags, context) => (await import('./commands/serve.ts')).serve(context),
  },
  {
    name: 'veeam-lock',
    description: 'help.veeam-lock',
    options: [
      ['--job <id>', 'help.veeam.job'],
      ['--timeout <minutes>', 'help.veeam-lock.timeout'],
    ],
    note: 'help.veeam-lock.codes',
    examples: ['plugback veeam-lock --job Nightly', 'plugback veeam-lock --job Nightly --timeout 60'],
    perform: async (_, flags, context) =>
      (await import('./commands/veeam-lock.ts')).veeamLock(flags, context),
  },
  {
    name: 'veeam-unlock',
    description: 'help.veeam-unlock',
    options: [['--job <id>', 'help.veeam.job']],
    examples: ['plugback veeam-unlock --job Nightly'],
    perform: async (_, flags, context) =>
      (await import('./commands/veeam-unlock.ts')).veeamUnlock(flags, context),
  },
  {
    name: 'outbox',
    description: 'help.outbox',
    options: [['--send', 'help.outbox.send']],
    examples: ['plugback outbox', 'plugback outbox --send'],
    perform: async (_, flags, context) => (await import('./commands/outbox.ts')).outbox(flags, context),
  },
  {
    name: 'clean-up',
    description: 'help.clean-up',
    options: [['--uuid <uuid>', 'help.clean-up.uuid']],
    examples: ['plugback clean-up --uuid 3f2c-…'],
    perform: async (_, flags, context) => (await import('./commands/clean-up.ts')).cleanUp(flags, context),
  },
  timemachineSpec,
  {
    name: 'install',
    description: 'help.install',
    options: [
      ['--dry-run', 'help.install.dry-run'],
      ['--timemachine', 'help.install.timemachine'],
    ],
    examples: ['plugback install --dry-run', 'sudo plugback install', 'sudo plugback install --timemachine'],
    perform: async (_, flags, context) => (await import('./commands/install.ts')).install(flags, context),
  },
  {
    name: 'uninstall',
    description: 'help.uninstall',
    options: [['--dry-run', 'help.install.dry-run']],
    examples: ['sudo plugback uninstall'],
    perform: async (_, flags, context) => (await import('./commands/install.ts')).uninstall(flags, context),
  },
  {
    name: 'demo',
    description: 'help.demo',
    examples: ['plugback demo', 'plugback demo --language de'],
    perform: async (_, _flags, context) => (await import('./commands/demo.ts')).demo(context),
  },
];

const self = { version: PLUGBACK_VERSION, program: fileURLToPath(import.meta.url) };

/** Told to stop once, everything winds down by itself; a second signal changes nothing. */
const stopper = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stopper.abort(new PlugbackError('interrupted', { signal })));
}

const exitCode = await main(process.argv.slice(2));
// What was said must get out first; what still hangs on a socket must not keep the process.
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));

/** Resolves with the exit code of the signal, as soon as there is one. */
function untilStopped(): Promise<number> {
  const { signal } = stopper;
  const exitCode = () => asPlugbackError(signal.reason).exitCode;
  return new Promise((resolve) => {
    if (signal.aborted) resolve(exitCode());
    signal.addEventListener('abort', () => resolve(exitCode()), { once: true });
  });
}

async function main(typed: readonly string[]): Promise<number> {
  const language = languageOf({ languageFlag: languageTyped(typed), environment: process.env });
  const translator = createTranslator(language);
  const isJsonWanted = typed.includes('--json');
  const outcome = { exitCode: 0 };
  try {
    const program = buildProgram(translator, outcome);
    if (typed.length === 0) {
      program.outputHelp();
      return 0;
    }
    await program.parseAsync(respelled(typed), { from: 'user' });
    return outcome.exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return 0;
      const usage = new PlugbackError('usage', { problem: usageProblem(thrown, translator) });
      return tellFailure(usage, translator, isJsonWanted);
    }
    return tellFailure(thrown, translator, isJsonWanted);
  }
}

/** The language is needed before anything is parsed: for the help, and for mistakes in what was typed. */
function languageTyped(typed: readonly string[]): Language | null {
  const at = typed.findIndex((word) => word === '--language' || word.startsWith('--language='));
  const value = typed[at]?.split('=')[1] ?? typed[at + 1];
  return at < 0 ? null : (languages.find((language) => language === value) ?? null);
}

/** With options as commander knows them. */
function respelled(typed: readonly string[]): string[] {
  const spellings = commandSpecs.find(({ name }) => name === typed[0])?.spellings ?? {};
  const end = typed.indexOf('--');
  return typed.map((word, index) => {
    const [option = '', value] = word.split(/=(.*)/s);
    const known = end >= 0 && index > end ? undefined : spellings[option];
    return known === undefined ? word : `${known}${value === undefined ? '' : `=${value}`}`;
  });
}

function buildProgram(translator: Translator, outcome: { exitCode: number }): Command {
  const { say } = translator;
  const program = new Command('plugback')
    .description(say('help.plugback'))
    .version(PLUGBACK_VERSION, '--version', say('help.version'))
    .helpOption('-h, --help', say('help.help'))
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', `\n${say('help.more')}`);
  for (const spec of commandSpecs) addCommand(program, spec, translator, outcome);
  program.configureHelp({ styleTitle: (title) => translatedTitle(title, say) });
  return program;
}

function addCommand(
  parent: Command,
  spec: CommandSpec,
  translator: Translator,
  outcome: { exitCode: number },
): void {
  const { say } = translator;
  const command = parent
    .command(spec.arguments === undefined ? spec.name : `${spec.name} ${spec.arguments}`)
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
      styleTitle: (title) => translatedTitle(title, say),
    })
    .addHelpText(
      'after',
      `\n${say('help.examples')}\n${spec.examples.map((line) => `  ${line}`).join('\n')}`,
    );
  for (const [flags, description] of spec.options ?? []) command.option(flags, say(description));
  if (parent.parent === null) {
    command
      .option('--config <file>', say('help.config'))
      .option('--json', say('help.json'))
      .addOption(new Option('--language <language>', say('help.language')).choices(languages));
  }
  // What is none of its subcommands is told as such, not as one word too many.
  if (spec.subcommands !== undefined) command.allowExcessArguments();
  command.action(async (...parameters: unknown[]) => {
    const flags = command.optsWithGlobals();
    const context = createContext(flags, stopper.signal, self);
    try {
      verifySubcommand(spec, command.args, translator);
      const words = parameters.slice(0, -2).flat() as string[];
      const performed = spec.perform(words, flags as never, context);
      outcome.exitCode = await (spec.endsAtOnce ? Promise.race([performed, untilStopped()]) : performed);
    } catch (thrown) {
      outcome.exitCode = tellFailure(thrown, translatorOf(context), context.json);
    }
  });
  for (const subcommand of spec.subcommands ?? []) addCommand(command, subcommand, translator, outcome);
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
function tellFailure(thrown: unknown, translator: Translator, isJsonWanted: boolean): number {
  const told = translator.tell(thrown);
  process.stderr.write(`${told.message}\n`);
  if (isJsonWanted) {
    const { code, message, exitCode } = told;
    process.stdout.write(`${JSON.stringify({ error: { code, message, exitCode } })}\n`);
  }
  return told.exitCode;
}
