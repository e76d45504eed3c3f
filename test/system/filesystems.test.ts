/** What the filesystems of other systems cannot hold. */

import { describe, expect, test } from 'vitest';
import { limitsOf } from '../../src/system/filesystems.ts';

const invalid = Buffer.from([0x61, 0xff]);

describe('paths that cannot exist on FAT and exFAT', () => {
  const refuses = (path: string | Buffer) => limitsOf('exfat')?.refusesPath(Buffer.from(path as string));

  test.each([
    'a:b',
    'what?',
    '*',
    'say "x"',
    '<',
    '>',
    'a|b',
    'back\\slash',
    'line\nbreak',
    'bell\u0007',
    'dot.',
    'blank ',
    '...',
    'folder./file',
    'folder /file',
    'a:b/file',
  ])('%j', (path) => {
    expect(refuses(path)).toBe(true);
  });

  test.each([
    'Server.vbk',
    '.hidden',
    ' leading',
    'a/b.c/d',
    'Bücher €',
    '😀',
    'delete\u007f',
    "it's [1] {2} #3 %4",
    'folder/',
  ])('not %j', (path) => {
    expect(refuses(path)).toBe(false);
  });

  test('bytes that are no UTF-8', () => {
    expect(refuses(invalid)).toBe(true);
  });
});

test('NTFS takes every name that is UTF-8', () => {
  const { refusesPath } = limitsOf('ntfs') ?? expect.fail('no limits');
  expect(refusesPath(invalid)).toBe(true);
  for (const name of ['a:b', 'dot.', 'line\nbreak']) expect(refusesPath(Buffer.from(name))).toBe(false);
});

test('FAT takes files up to a byte less than 4 GiB', () => {
  expect(limitsOf('vfat')?.largestFile).toBe(4_294_967_295);
});

test('filesystems of Linux, and names that only a table of JavaScript knows, have no limits', () => {
  for (const fsType of ['ext4', 'xfs', 'btrfs', 'toString', null]) expect(limitsOf(fsType)).toBeNull();
});
