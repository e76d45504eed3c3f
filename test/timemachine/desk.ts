/** An office with a folder for the copies; tests with one of their own each wait side by side for files to be quiet. */

import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'vitest';
import { createContext, type Output } from '../../src/commands/context.ts';
import { runOnce } from '../../src/commands/timemachine/run.ts';
import { type Office, openOffice } from './office.ts';

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
  /** What a run says of the files, and its exit code; in this process, which is quicker, with all the rights that it has. */
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
      run: () => runHere(office),
      runProgram: async () => {
        const { exitCode, lines } = await office.type('run', ...at);
        return { exitCode, said: lines.slice(4).filter(isOfFiles) };
      },
    });
  },
});

/** Not where things are and were put. */
const isOfFiles = (line: string) => !/^Writing|was copied to/.test(line);

async function runHere(office: Office): Promise<Told> {
  const lines: string[] = [];
  const say = (text: string) => void lines.push(text);
  const output: Output = { line: say, problem: say, terminal: null, hasColour: false };
  const self = { version: '', program: '', stop: new AbortController().signal, output };
  const context = { ...createContext({ language: 'en' }, self), cwd: office.path() };
  const exitCode = await runOnce({ destination: 'backup' }, context);
  return { exitCode, said: lines.slice(4).filter(isOfFiles) };
}
