/** What is said of a cycle that did not do all. */

import { expect, test } from 'vitest';
import { tellCycle } from '../../src/commands/mirror-words.ts';
import { createTranslator } from '../../src/messages/translator.ts';
import type { Skip, SkipReason } from '../../src/mirror/place.ts';

function told(skipped: Skip[]): { lines: string[]; problems: string[] } {
  const lines: string[] = [];
  const problems: string[] = [];
  tellCycle(
    { added: 1, overwritten: 0, deleted: 0, untouched: 0, bytes: 3, skipped },
    1,
    createTranslator('en'),
    {
      line: (text) => void lines.push(text),
      problem: (text) => void problems.push(text),
      terminal: null,
      hasColour: false,
    },
  );
  return { lines, problems };
}

const skips = (count: number, reason: SkipReason): Skip[] =>
  Array.from({ length: count }, (_, index) => ({ path: `${reason}-${index + 1}`, reason }));

test('all was mirrored, or comes later: no last word', () => {
  expect(told([]).problems).toEqual([]);
  expect(told(skips(1, 'changing')).problems).toEqual(['Skipped: changing-1 (it kept changing)']);
});

test.each([
  ['ENOSPC', 'The replica is full: make room on it, or take a larger disk.'],
  ['EDQUOT', 'The replica is full: make room on it, or take a larger disk.'],
  ['EACCES', 'Rights are missing: run it as root, or mend the rights of what is named.'],
  ['EPERM', 'Rights are missing: run it as root, or mend the rights of what is named.'],
  ['EIO', 'A disk is failing: look at the kernel’s messages (journalctl -k), check its cable, replace it.'],
] as const)('%s: the replica is not complete, and what to do', (reason, remedy) => {
  const { problems } = told(skips(2, reason));
  expect(problems.at(-1)).toBe(`2 things could not be mirrored: the replica is not complete. ${remedy}`);
});

test('several reasons, several remedies; one that is unknown has none', () => {
  const { problems } = told([...skips(1, 'EIO'), ...skips(1, 'ENOSPC'), ...skips(1, 'socket')]);
  expect(problems.at(-1)).toMatch(
    /^2 things .* not complete\. The replica is full: .* disk\. A disk is failing: /,
  );
  expect(told(skips(1, 'incomplete')).problems.at(-1)).toBe(
    'One thing could not be mirrored: the replica is not complete.',
  );
});

test('twenty are named, failures first', () => {
  const { problems } = told([...skips(49, 'changing'), ...skips(1, 'ENOSPC')]);
  expect(problems).toHaveLength(22);
  expect(problems[0]).toBe('Skipped: ENOSPC-1 (no space is left)');
  expect(problems[20]).toBe('… and 30 more: --log or --json names them all.');
});
