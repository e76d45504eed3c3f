/** The log of a program that nobody watches. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { logOutput } from '../../src/commands/output.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();
const stamp = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}INFO {3}`;

test('several calls append to one log, each begins with its time and its words', () => {
  const one = logOutput(folder('veeam.log'), 'one --job a');
  const other = logOutput(folder('veeam.log'), 'other --job b');
  one?.line('said');
  other?.problem('warned');
  const lines = readFileSync(folder('veeam.log'), 'utf8').split('\n');
  expect(lines[0]).toMatch(new RegExp(`^${stamp}one --job a$`));
  expect(lines[1]).toMatch(new RegExp(`^${stamp}other --job b$`));
  expect(lines.slice(2)).toEqual(['said', 'warned', '']);
});

test('a large log makes room, and three old ones are kept', () => {
  for (let call = 0; call < 6; call += 1) {
    logOutput(folder('veeam.log'), `call ${call}`);
    writeFileSync(folder('veeam.log'), 'x'.repeat(1_000_000), { flag: 'a' });
  }
  const names = ['veeam.log', 'veeam.log.1', 'veeam.log.2', 'veeam.log.3'];
  expect(readdirSync(folder()).toSorted()).toEqual(names);
  expect(readFileSync(folder('veeam.log'), 'utf8')).toContain('call 5');
  expect(readFileSync(folder('veeam.log.3'), 'utf8')).toContain('call 2');
});

test('where no log can be written there is none, and nobody fails', () => {
  mkdirSync(folder('veeam.log'));
  expect(logOutput(folder('veeam.log'), 'call')).toBeNull();
  writeFileSync(folder('file'), '');
  expect(logOutput(folder('file', 'veeam.log'), 'call')).toBeNull();
});
