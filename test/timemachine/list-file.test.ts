/** The list that people edit: what they wrote stays. */

import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bytesOf, bytesOfText, textOfBytes } from '../../src/system/byte-path.ts';
import {
  addToList,
  createList,
  parseList,
  readList,
  removeFromList,
} from '../../src/timemachine/list-file.ts';
import { parseYaml } from '../../src/timemachine/list-yaml.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();
const path = () => folder('config.dat');
const text = () => readFileSync(path(), 'utf8');
const names = async (content: string) =>
  (await parseList(content, 'x')).map(({ bytes }) => textOfBytes(bytes));

async function change(content: string, add: readonly string[], remove: readonly string[]): Promise<string> {
  writeFileSync(path(), content);
  const open = async () => (await readList(path())) ?? (await createList(path()));
  if (add.length > 0) await addToList(await open(), add.map(bytesOfText));
  if (remove.length > 0) await removeFromList(await open(), remove.map(bytesOfText));
  return text();
}

describe('reading', () => {
  test.each<[string, string[]]>([
    ['', []],
    ['# nothing yet\n', []],
    ['[]', []],
    ['[a, "b c"]\n', ['a', 'b c']],
    ['- a\n- b', ['a', 'b']],
    ['\ufeff- a\r\n- b\r\n', ['a', 'b']],
    [
      '# top\n\n  - /srv/Büro/Straße (1).odt # the plan\n  # between\n  - b\n',
      ['/srv/Büro/Straße (1).odt', 'b'],
    ],
    ['- true\n- 2024\n- null\n- ~\n- 1e3\n- yes\n', ['true', '2024', 'null', '~', '1e3', 'yes']],
    ['- *.txt\n- /srv/**/*.docx\n- "*.odt"\n', ['*.txt', '/srv/**/*.docx', '*.odt']],
    ['- "a\\nb"\n- |-\n  c\n  d\n- e\n', ['a\nb', 'c\nd', 'e']],
    ['-\n- a\n- ""\n', ['a']],
    ['---\n- a\n...\n', ['a']],
    ['- a\n  b\n', ['a b']],
  ])('%j', async (content, expected) => {
    expect(await names(content)).toEqual(expected);
  });

  test('plain lines mean the same to YAML', async () => {
    const plain = '# head\n  - /srv/a b/c-d_e.f+g@h~i,(j)=k\n\n  - ~/x\n  - 2024\n  - Größe 文\n  # tail\n';
    expect(await parseList(plain, 'x')).toEqual(parseYaml(plain, 'x'));
    expect(await parseList(`\ufeff${plain}`.replaceAll('\n', '\r\n'), 'x')).toEqual(
      parseYaml(`\ufeff${plain}`.replaceAll('\n', '\r\n'), 'x'),
    );
  });

  test.each<[string, number]>([
    ['a: b\n', 1],
    ['just words\n', 1],
    ['- a\n- b: c\n', 2],
    ['- a\n- [b\n', 2],
    ['- a\n- "b\n', 2],
    ['- a\n---\n- b\n', 2],
    ['# top\n---\n- a\n# more\n---\n- b\n', 4],
    ['- a\n- !bytes "ü\u0142"\n', 2],
  ])('%j is told by its line', async (content, line) => {
    await expect(parseList(content, '/x')).rejects.toMatchObject({
      code: 'list-broken',
      details: { path: '/x', line: expect.any(Number) },
    });
    await parseList(content, '/x').catch((error) => expect(error.details.line).toBeGreaterThanOrEqual(line));
  });

  test('a list saved by a Windows editor', async () => {
    writeFileSync(path(), Buffer.from('- B\xfcro.txt\r\n', 'latin1'));
    expect((await readList(path()))?.entries.map(({ bytes }) => textOfBytes(bytes))).toEqual(['Büro.txt']);
  });

  test('no list, and one that cannot be read', async () => {
    expect(await readList(folder('none'))).toBe(null);
    await expect(readList(folder())).rejects.toMatchObject({ code: 'list-unreadable' });
  });
});

test('a list that somebody has made in the meantime is not emptied', async () => {
  expect(await readList(path())).toBe(null);
  writeFileSync(path(), '- theirs\n');
  expect((await createList(path())).entries.map(({ bytes }) => bytes)).toEqual(['theirs']);
  expect(text()).toBe('- theirs\n');
  await expect(createList(folder('none/config.dat'))).rejects.toMatchObject({ code: 'list-not-writable' });
});

describe('add and remove', () => {
  const commented = '# my files\n- a # first\n\n# the second\n- "b c"\n# end\n';

  test('comments, order and quotation marks stay', async () => {
    expect(await change(commented, ['new'], [])).toBe(commented.replace('# end', '- new\n# end'));
    expect(await change(commented, [], ['b c'])).toBe('# my files\n- a # first\n\n# the second\n# end\n');
    expect(await change(commented, ['x'], ['x'])).toBe(commented);
    expect(await change(commented, [], ['a'])).toBe('# my files\n\n# the second\n- "b c"\n# end\n');
  });

  test('line ends, byte order mark and indentation stay', async () => {
    expect(await change('\ufeff  - a\r\n  - b\r\n', ['c'], ['a'])).toBe('\ufeff  - b\r\n  - c\r\n');
    expect(await change('- a', ['b'], [])).toBe('- a\n- b\n');
    expect(await change('\ufeff- a\n', [], ['a'])).toBe('\ufeff');
  });

  test('a list in brackets is written out, one line an entry', async () => {
    expect(await change('[a, "b c"] # mine\n', ['d'], ['a'])).toBe('- "b c"\n- d\n# mine\n');
    expect(await change('[]\n', ['a'], [])).toBe('- a\n');
  });

  test('one that stands there twice goes altogether', async () => {
    expect(await change('- a\n- b\n- a\n', [], ['a'])).toBe('- b\n');
  });

  test('texts of several lines go with all their lines', async () => {
    expect(await change('- |-\n  a\n  b\n- c\n', [], ['a\nb'])).toBe('- c\n');
    expect(await change('- "a\n\n  b"\n- c\n', [], ['a\nb'])).toBe('- c\n');
  });

  test('names that are no text, or syntax, are read back', async () => {
    const all = [
      bytesOf(Buffer.from([0x61, 0xe9, 0x22, 0x5c, 0x0a])),
      ...['true', 'a: b', '-x', '*.txt', 'a #b', ' a ', 'ü\u0085'].map(bytesOfText),
    ];
    const list = await createList(path());
    await addToList(list, all);
    expect((await readList(path()))?.entries.map(({ bytes }) => bytes)).toEqual(all);
    expect(text()).toContain('- !bytes "a\\xe9\\"\\\\\\x0a"\n');
  });
});
