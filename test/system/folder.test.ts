/** Folders, also where none can be made. */

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder } from '../../src/system/folder.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'plugback-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('those above it are made as well; the mode is the last one’s', () => {
  const deep = path.join(folder, 'a/b/c');
  expect(makeFolder(deep, 0o700)).toBe(true);
  expect(statSync(deep).mode & 0o777).toBe(0o700);
  expect(statSync(path.dirname(deep)).mode & 0o777).toBe(0o755);
});

test('one that is there stays as it is', () => {
  expect(makeFolder(folder, 0o755)).toBe(false);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test('below a file it fails, and below /proc it fails instead of never ending', () => {
  writeFileSync(path.join(folder, 'file'), '');
  expect(() => makeFolder(path.join(folder, 'file/x'))).toThrow(/ENOTDIR/);
  expect(() => makeFolder('/proc/plugback/x')).toThrow(/ENOENT/);
});
