/** An office with a folder for the copies; tests with one of their own each wait side by side for files to be quiet. */

import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'vitest';
import { type CommandContext, createContext, type Output } from '../../src/commands/context.ts';
import { diff } from '../../src/commands/timemachine/diff.ts';
import { add, showList } from '../../src/commands/timemachine/list.ts';
import { type RestoreFlags, restore } from '../../src/commands/timemachine/restore.ts';
import { runOnce } from '../../src/commands/timemachine/run.ts';
import { thinVersions } from '../../src/commands/timemachine/thin.ts';
import { showVersions } from '../../src/commands/timemachine/versions.ts';
import type { Language } from '../../src/messages/format.ts';
import { createTranslator } from '../../src/messages/translator.ts';
import { type Office, openOffice, type Said } from './office.ts';

/** The option with which a desk's copies are made. */
export const at = ['-d', 'backup'];

export interface Told {
  exitCode: number | null;
  said: string[];
}

export interface Desk {
  office: Office;
  record(): string;
  contents(file: string): string[];
  write(name: string, content: string): void;
  /** Adds lines to the list, as people do with an editor. */
  list(...files: string[]): void;
  /** As `office.type`, but in this process, which is much quicker; with all the rights that it has. Words are text. */
  type(...words: string[]): Promise<Pick<Said, 'exitCode' | 'lines'>>;
  /** What a run in this process says of the files, and its exit code. */
  run(): Promise<Told>;
  /** The same by the program itself, without the rights that root has to everybody's files. */
  runProgram(): Promise<Told>;
}

export interface DeskFixtures {
  desk: Desk;
}

/** A test with an office of its own. */
export const officeTest = test.extend<{ office: Office }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from it that nothing is needed
  office: async ({}, use) => {
    const office = openOffice();
    await use(office);
    await office.close();
  },
});

export const deskTest = officeTest.extend<DeskFixtures>({
  desk: async ({ office }, use) => {
    mkdirSync(office.path('backup'));
    await use({
      office,
      record: () => office.path('backup/records_sent.dat'),
      contents: (file) => office.copies(file).map(({ content }) => content.toString()),
      write: (name, content) => writeFileSync(office.path(name), content),
      list: (...files) =>
        appendFileSync(
          office.path('config.dat'),
          files.map((file) => `- ${JSON.stringify(file)}\n`).join(''),
        ),
      type: (...words) => performHere(office, words),
      run: async () => saidOfFiles(await performHere(office, ['run', ...at])),
      runProgram: async () => saidOfFiles(await office.type('run', ...at)),
    });
  },
});

/** Not where things are and were put. */
const isOfFiles = (line: string) => !/^Writing|was copied to/.test(line);

const saidOfFiles = ({ exitCode, lines }: Pick<Said, 'exitCode' | 'lines'>): Told => ({
  exitCode,
  said: lines.slice(4).filter(isOfFiles),
});

const commands: Readonly<
  Record<string, (files: string[], flags: Flags, context: CommandContext) => Promise<number>>
> = {
  run: (_, flags, context) => runOnce(flags, context),
  list: (_, flags, context) => showList(flags, context),
  add,
  versions: ([file = ''], flags, context) => showVersions(file, flags, context),
  restore: ([file = ''], flags, context) => restore(file, flags, context),
  diff: ([file = ''], flags, context) => diff(file, flags, context),
  thin: thinVersions,
};

interface Flags extends RestoreFlags {
  keep?: string;
  dryRun?: boolean;
}

const options: Readonly<Record<string, string>> = {
  '-c': 'listName',
  '-cl': 'listFolder',
  '-d': 'destination',
};

/** Performs a command as the program would, without starting it: options with values, and files. */
async function performHere(
  office: Office,
  words: readonly string[],
): Promise<Pick<Said, 'exitCode' | 'lines'>> {
  const [name = '', ...rest] = words;
  const flags: Record<string, string> = {};
  const isDryRun = rest.includes('--dry-run');
  const files: string[] = [];
  while (rest.length > 0) {
    const word = rest.shift() ?? '';
    if (word === '--dry-run') continue;
    if (word.startsWith('-')) flags[options[word] ?? word.slice(2)] = rest.shift() ?? '';
    else files.push(word);
  }
  const language = flags.language === 'de' ? 'de' : 'en';
  const lines: string[] = [];
  const say = (text: string) => void lines.push(text);
  const output: Output = { line: say, problem: say, terminal: null, hasColour: false };
  const self = { version: '', program: '', stop: new AbortController().signal, output };
  const typed = flags.language === undefined ? {} : { language: language as Language };
  const context = { ...createContext(typed, self), cwd: office.path(), environment: { LANG: 'C' } };
  try {
    const exitCode = await commands[name]?.(files, { ...flags, dryRun: isDryRun }, context);
    return { exitCode: exitCode ?? null, lines };
  } catch (error) {
    const told = createTranslator(language).tell(error);
    return { exitCode: told.exitCode, lines: [...lines, told.message] };
  }
}
