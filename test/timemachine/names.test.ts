/** The names that are most of a trap; all of them are in the slow suite. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { at, officeTest as test } from './desk.ts';
import { keepNames, oddNames } from './names.ts';

const traps = ['a newline at the end', 'invalid beside valid UTF-8', 'a leading dash'];

test.concurrent('odd names are added once, copied, shown, brought back and removed', async ({ office }) => {
  const names = oddNames.filter(([what]) => traps.includes(what));
  expect(names).toHaveLength(traps.length);
  await keepNames(office, names);
}, 30_000);

test.concurrent('a file of the same name from another folder stays apart, and so does one that became a folder', async ({
  office,
}) => {
  mkdirSync(office.path('backup'));
  for (const folder of ['a', 'b']) mkdirSync(office.path(folder));
  for (const folder of ['a', 'b']) writeFileSync(office.path(folder, 'x'), `of ${folder}`);
  await office.type('add', ...at, 'a/x', 'b/x');
  await office.type('run', ...at);
  expect(office.copies('a/x').map(({ content }) => content.toString())).toEqual(['of a']);
  expect(office.copies('b/x').map(({ content }) => content.toString())).toEqual(['of b']);

  rmSync(office.path('a/x'));
  mkdirSync(office.path('a/x'));
  writeFileSync(office.path('a/x/x'), 'below');
  const said = await office.type('add', ...at, 'a/x/x');
  expect(said.exitCode).toBe(0);
  const run = await office.type('run', ...at);
  expect(run.lines).toContain('error: a/x was a file and is a folder now; its copies stay');
  expect(run.exitCode).toBe(74);
  expect(office.copies('a/x/x').map(({ content }) => content.toString())).toEqual(['below']);
  expect(office.copies('b/x')).toHaveLength(1);
});
