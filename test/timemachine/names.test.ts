/** Names of every kind: listed, copied, shown and brought back, byte for byte. */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Office, openOffice } from './office.ts';

let office: Office;
beforeEach(() => {
  office = openOffice();
  mkdirSync(office.path('backup'));
});
afterEach(() => office.close());

const at = ['-d', 'backup'];
const inHome = (name: Buffer) => Buffer.concat([Buffer.from(`${office.path()}/`), name]);

const names: readonly [what: string, name: Buffer][] = [
  ['plain', Buffer.from('plan.txt')],
  ['blanks', Buffer.from('  two  blanks ')],
  ['a newline', Buffer.from('line\nbreak')],
  ['a newline at the end', Buffer.from('end\n')],
  ['invalid UTF-8', Buffer.from([0x63, 0xe9, 0x2e, 0x74, 0x78, 0x74])],
  ['invalid beside valid UTF-8', Buffer.concat([Buffer.from('Büro'), Buffer.from([0xff, 0x22, 0x5c])])],
  ['a leading dash', Buffer.from('-rf')],
  ['what YAML reads as something else', Buffer.from('true')],
  ['a mapping to YAML', Buffer.from('a: b # c')],
  ['a pattern', Buffer.from('*[a-z]?.{txt,doc}')],
  ['quotation marks and backslashes', Buffer.from('"\\x41\\\'')],
  ['a tab and a control character', Buffer.from('a\tb\x1b[31m')],
  ['255 bytes', Buffer.from(`${'ä'.repeat(127)}x`)],
  ['what looks like a copy', Buffer.from('2017-11-26 22:55:25.174276file1.txt')],
  ['what looks like a copy’s number', Buffer.from(' (2) x')],
  ['German', Buffer.from('Straße größer.txt')],
  ['a byte order mark', Buffer.from('\ufeffx')],
];

test('names of every kind are added once, copied, shown, brought back and removed', async () => {
  const all = names.map(([, name]) => name);
  const write = (text: string) => {
    for (const name of all) writeFileSync(inHome(name), text);
  };
  const contents = (name: Buffer) => office.copies(name).map(({ content }) => content.toString());
  write('first');
  for (const _ of ['once', 'twice']) await office.type('add', ...at, '--', ...all);
  expect((await office.type('run', ...at)).exitCode).toBe(0);
  write('second state');
  expect((await office.type('run', ...at)).exitCode).toBe(0);
  for (const [what, name] of names)
    expect({ what, is: contents(name) }).toEqual({ what, is: ['first', 'second state'] });

  mkdirSync(office.path('out'));
  for (const [what, name] of names) {
    const versions = await office.type('versions', ...at, '--', name);
    expect({ what, is: versions.lines.map((line) => line.trim().split(' ')[0]).slice(2) }).toEqual({
      what,
      is: ['1', '2'],
    });
    rmSync(inHome(name));
    expect((await office.type('restore', ...at, '--version', '2', '--', name)).exitCode).toBe(0);
    expect({ what, is: readFileSync(inHome(name), 'utf8') }).toEqual({ what, is: 'first' });
    expect((await office.type('restore', ...at, '--to', 'out', '--', name)).exitCode).toBe(0);
  }
  const out = readdirSync(office.path('out'), { encoding: 'buffer' });
  expect(out.map((name) => name.toString('hex')).toSorted()).toEqual(
    all.map((name) => name.toString('hex')).toSorted(),
  );

  // What was brought back is there already.
  expect((await office.type('run', ...at)).exitCode).toBe(0);
  for (const name of all) expect(contents(name)).toEqual(['first', 'second state']);
  expect((await office.type('remove', ...at, '--', ...all)).exitCode).toBe(0);
  expect(readFileSync(office.path('config.dat'), 'utf8')).toBe('');
}, 60_000);

test('a file of the same name from another folder stays apart, and so does one that became a folder', async () => {
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
