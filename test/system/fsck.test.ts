import { expect, test } from 'vitest';
import { fsckResult } from '../../src/system/fsck.ts';

test.each([
  [0, 'clean'],
  [1, 'repaired'],
  [2, 'repaired'],
  [3, 'repaired'],
  [4, 'damaged'],
  [5, 'damaged'],
  [6, 'damaged'],
  [7, 'damaged'],
  [8, 'damaged'],
  [9, 'damaged'],
  [12, 'damaged'],
  [16, 'damaged'],
  [32, 'damaged'],
  [127, 'damaged'],
  [128, 'damaged'],
  [null, 'damaged'],
])('exit code %s of a checker: %s', (exitCode, result) => {
  expect(fsckResult(exitCode)).toBe(result);
});
