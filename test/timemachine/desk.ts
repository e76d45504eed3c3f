/** An office with a folder for the copies; tests with one of their own each wait side by side for files to be quiet. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'vitest';
import { type Office, openOffice } from './office.ts';

/** The option with which a desk's copies are made. */
export const at = ['-d', 'backup'];

export interface Desk {
  office: Office;
  record(): string;
  contents(file: string): string[];
  write(name: string, content: string): void;
  /** What a run says of the files, and its exit code. */
  run(...options: string[]): Promise<{ exitCode: number | null; said: string[] }>;
}

export interface DeskFixtures {
  desk: Desk;
}

export const deskTest = test.extend<DeskFixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from it that nothing is needed
  desk: async ({}, use) => {
    const office = openOffice();
    mkdirSync(office.path('backup'));
    await use({
      office,
      record: () => office.path('backup/records_sent.dat'),
      contents: (file) => office.copies(file).map(({ content }) => content.toString()),
      write: (name, content) => writeFileSync(office.path(name), content),
      run: async (...options) => {
        const { exitCode, lines } = await office.type('run', ...at, ...options);
        return { exitCode, said: lines.slice(4).filter((line) => !/^Writing|was copied to/.test(line)) };
      },
    });
    await office.close();
  },
});
