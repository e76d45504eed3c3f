/** Can this process write there? It tries, and leaves nothing behind. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { canAppendTo, canWriteInto } from '../../src/system/writable.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();

test('a folder that is there', async () => {
  expect(await canWriteInto(folder())).toMatchObject({ reason: null, freeBytes: expect.any(Number) });
  expect(readdirSync(folder())).toEqual([]);
});

test('a folder that would have to be made', async () => {
  expect((await canWriteInto(folder('a/b/c'))).reason).toBeNull();
  expect(existsSync(folder('a'))).toBe(false);
});

test('a file in the way', async () => {
  writeFileSync(folder('a'), '');
  expect((await canWriteInto(folder('a/b'))).reason).toBe('not a directory');
});

test('where the kernel lets nobody make a folder, and Node’s own way would try for ever', async () => {
  expect((await canWriteInto('/proc/plugback/x')).reason).not.toBeNull();
});

test('a log: there, not there, not a file', async () => {
  writeFileSync(folder('there.log'), 'a line\n');
  expect((await canAppendTo(folder('there.log'))).reason).toBeNull();
  expect(readFileSync(folder('there.log'), 'utf8')).toBe('a line\n');
  expect((await canAppendTo(folder('new/x.log'))).reason).toBeNull();
  expect(existsSync(folder('new'))).toBe(false);
  mkdirSync(folder('folder.log'));
  expect((await canAppendTo(folder('folder.log'))).reason).not.toBeNull();
});
