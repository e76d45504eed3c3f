/** The mirror's promise, 2,000 times. */

import { mkdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { useFolder } from '../folder.ts';
import { performCycles } from '../mirror/property.ts';

const folder = useFolder();
const cyclesPerSeed = 20;
const seedsPerTest = 10;

test.each(Array.from({ length: 10 }, (_, index) => 1000 + index * seedsPerTest))(
  'random trees, 200 cases from seed %i: after each cycle rsync finds nothing to do',
  async (first) => {
    for (let seed = first; seed < first + seedsPerTest; seed += 1) {
      mkdirSync(folder(String(seed)));
      await performCycles(folder(String(seed)), seed, cyclesPerSeed);
    }
    expect.hasAssertions();
  },
);
