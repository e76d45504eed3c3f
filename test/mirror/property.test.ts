import { expect, test } from 'vitest';
import { useFolder } from '../folder.ts';
import { performCycles } from './property.ts';

const folder = useFolder();

test('random trees: after each cycle rsync finds nothing to do', async () => {
  // The slow suite has 2,000 cases.
  for (const seed of [1, 2, 3, 4]) await performCycles(folder(), seed, 10);
  expect.hasAssertions();
}, 120_000);
