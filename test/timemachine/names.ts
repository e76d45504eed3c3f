/** Names of every kind: listed, copied, shown and brought back, byte for byte. */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { at } from './desk.ts';
import type { Office } from './office.ts';

export type Name = readonly [what: string, name: Buffer];

export const oddNames: readonly Name[] = [
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

/** Adds files of such names twice, copies two states of each, shows, brings back and removes them. */
export async function keepNames(office: Office, names: readonly Name[]): Promise<void> {
  mkdirSync(office.path('backup'));
  const inHome = (name: Buffer) => Buffer.concat([Buffer.from(`${office.path()}/`), name]);
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
  const bringBack = async ([what, name]: Name) => {
    const versions = await office.type('versions', ...at, '--', name);
    expect({ what, is: versions.lines.map((line) => line.trim().split(' ')[0]).slice(2) }).toEqual({
      what,
      is: ['1', '2'],
    });
    rmSync(inHome(name));
    expect((await office.type('restore', ...at, '--version', '2', '--', name)).exitCode).toBe(0);
    expect({ what, is: readFileSync(inHome(name), 'utf8') }).toEqual({ what, is: 'first' });
    expect((await office.type('restore', ...at, '--to', 'out', '--', name)).exitCode).toBe(0);
  };
  await Promise.all(names.map(bringBack));
  const out = readdirSync(office.path('out'), { encoding: 'buffer' });
  expect(out.map((name) => name.toString('hex')).toSorted()).toEqual(
    all.map((name) => name.toString('hex')).toSorted(),
  );

  // What was brought back is there already.
  expect((await office.type('run', ...at)).exitCode).toBe(0);
  for (const name of all) expect(contents(name)).toEqual(['first', 'second state']);
  expect((await office.type('remove', ...at, '--', ...all)).exitCode).toBe(0);
  expect(readFileSync(office.path('config.dat'), 'utf8')).toBe('');
}
