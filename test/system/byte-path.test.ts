/** Paths as bytes: nothing is lost on the way to text and back. */

import { describe, expect, test } from 'vitest';
import {
  type BytePath,
  bufferOf,
  bytesOf,
  bytesOfText,
  escapeBytes,
  isText,
  isWithin,
  resolveBytes,
  textOfBytes,
  unescapeBytes,
} from '../../src/system/byte-path.ts';

const raw = (...bytes: number[]) => bytesOf(Buffer.from(bytes));

describe('text', () => {
  test.each<[BytePath, string, boolean]>([
    [bytesOfText('Büro 文件 👩‍💻'), 'Büro 文件 👩‍💻', true],
    [raw(0x61, 0xe9, 0x62), 'a\\xe9b', false],
    [raw(0xc3), '\\xc3', false],
    [raw(0xc3, 0xbc, 0xff), 'ü\\xff', false],
    // Longer than it has to be, half of a pair, beyond the last character: no UTF-8.
    [raw(0xc0, 0xaf), '\\xc0\\xaf', false],
    [raw(0xed, 0xa0, 0x80), '\\xed\\xa0\\x80', false],
    [raw(0xf4, 0x90, 0x80, 0x80), '\\xf4\\x90\\x80\\x80', false],
  ])('%j is shown as %s', (bytes, shown, isUtf8) => {
    expect(textOfBytes(bytes)).toBe(shown);
    expect(isText(bytes)).toBe(isUtf8);
  });

  test('any bytes come back from one line of text', () => {
    const every = bytesOf(Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1)));
    const samples = [every, bytesOfText('\\x41 \\\\ ü\n'), raw(0xe9, 0x5c, 0x78), bytesOfText('plain')];
    for (const bytes of samples) {
      expect(escapeBytes(bytes)).not.toMatch(/[\t\n]/);
      expect(unescapeBytes(escapeBytes(bytes))).toBe(bytes);
    }
    expect(unescapeBytes('\\x4')).toBe(null);
  });

  test('a Buffer gets the same bytes', () => {
    expect(bufferOf(raw(0x2f, 0xe9, 0x0a))).toEqual(Buffer.from([0x2f, 0xe9, 0x0a]));
  });
});

test('paths', () => {
  const cwd = bytesOfText('/home/anna');
  expect(resolveBytes(cwd, bytesOfText('./a//b/../c/'))).toBe('/home/anna/a/c');
  expect(resolveBytes(cwd, raw(0xe9))).toBe('/home/anna/\xe9');
  expect(isWithin(cwd, bytesOfText('/home/anna/x'))).toBe(true);
  expect(isWithin(cwd, bytesOfText('/home/anna2'))).toBe(false);
});
