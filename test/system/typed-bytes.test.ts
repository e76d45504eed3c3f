/** The command line in bytes, read where the kernel tells it. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bytesOf, bytesOfText } from '../../src/system/byte-path.ts';
import { typedBytes } from '../../src/system/typed-bytes.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();
const broken = (...bytes: number[]) => Buffer.from([0x61, ...bytes]);

function typed(...words: Buffer[]): string[] {
  mkdirSync(folder('self'), { recursive: true });
  writeFileSync(folder('self/cmdline'), Buffer.concat(words.flatMap((word) => [word, Buffer.of(0)])));
  return words.map((word) => word.toString('utf8'));
}

test('words that look alike as text are told apart by their order', () => {
  const words = [broken(0xe9), Buffer.from('plain'), broken(0xff), broken(0xe9)];
  const texts = typed(Buffer.from('node'), Buffer.from('cli.js'), ...words).slice(2);
  expect(typedBytes(texts, folder())).toEqual(words.map(bytesOf));
});

test('behind an option', () => {
  typed(
    Buffer.from('node'),
    Buffer.concat([Buffer.from('--to='), broken(0xe9)]),
    Buffer.concat([Buffer.from('-a'), broken(0xfe)]),
  );
  expect(typedBytes(['a\ufffd', 'a\ufffd'], folder())).toEqual([
    bytesOf(broken(0xe9)),
    bytesOf(broken(0xfe)),
  ]);
});

test('text is taken as it is, also where nothing can be asked', () => {
  expect(typedBytes(['Büro'], folder('nowhere'))).toEqual([bytesOfText('Büro')]);
  expect(typedBytes(['a\ufffd'], folder('nowhere'))).toEqual([bytesOfText('a\ufffd')]);
});
