/** The names that are most of a trap; all of them are in the slow suite. */

import { expect } from 'vitest';
import { officeTest as test } from './desk.ts';
import { keepNames, oddNames } from './names.ts';

const traps = ['a newline at the end', 'invalid beside valid UTF-8', 'a leading dash'];

test.concurrent('odd names are added once, copied, shown, brought back and removed', async ({ office }) => {
  const names = oddNames.filter(([what]) => traps.includes(what));
  expect(names).toHaveLength(traps.length);
  await keepNames(office, names);
}, 30_000);
