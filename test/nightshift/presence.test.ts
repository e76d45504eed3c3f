/** Who is there, from answers that may get lost. */

import { expect, test } from 'vitest';
import { observe, presenceOf } from '../../src/nightshift/presence.ts';
import type { ComputerRecord } from '../../src/status/nightshift.ts';

const rules = { misses: 3, missMs: 110_000, gapMs: 210_000 };
const minute = 60_000;

/** One computer, asked once a minute: `+` it answers, `.` it does not, `?` nobody asks, `x` it cannot be asked. */
function watched(answers: string, from?: ComputerRecord): ComputerRecord {
  let records = from === undefined ? {} : { pc: from };
  let before: number | null = null;
  for (const [index, answer] of [...answers].entries()) {
    if (answer === '?') continue;
    const now = index * minute;
    records = observe(
      records,
      new Map([['pc', answer === 'x' ? null : answer === '+']]),
      { now, before },
      rules,
    );
    before = now;
  }
  const record = (records as { pc?: ComputerRecord }).pc;
  if (record === undefined) throw new Error('never asked');
  return record;
}

test.each([
  ['online at the first answer', '+', true],
  ['online at once, also after a long absence', '......+', true],
  ['one lost ping is nothing', '+.+', true],
  ['nor are two', '++..', true],
  ['three in a row count', '++...', false],
  ['three that are not in a row do not', '+.+.+.', true],
  ['nobody knows at the beginning', '.', null],
  ['nor after two', '..', null],
  ['but after three', '...', false],
  ['what was not looked at is not absence: counting begins anew', '+.?????.', null],
  ['and takes its time again', '+.?????...', false],
  ['who was there and cannot be asked is still there', '+xxxxx', true],
  ['who was not there and cannot be asked may have come', '+...x', null],
  ['absence is counted anew once they can be asked again', '+...xx..', null],
  ['and takes its time', '+...xx...', false],
  ['what could not be asked is no miss', '+..x.', true],
  ['an answer in between is an answer', '...?????+', true],
])('%s: %s', (_what, answers, online) => {
  expect(watched(answers).online).toBe(online);
});

test('it counts as off since the first question without an answer', () => {
  expect(watched('++...')).toMatchObject({ since: 2 * minute, lastSeenAt: minute, misses: 3 });
});

test('it stays off since then', () => {
  expect(watched('++........')).toMatchObject({ online: false, since: 2 * minute });
});

test('quick looks one after the other do not make anybody absent', () => {
  let records: Record<string, ComputerRecord> = {};
  for (let second = 0; second < 60; second += 5) {
    const look = { now: second * 1000, before: second === 0 ? null : (second - 5) * 1000 };
    records = observe(records, new Map([['pc', second === 0]]), look, rules);
  }
  expect(records.pc?.online).toBe(true);
});

test('a clock that was set back begins counting anew', () => {
  const before = watched('++..');
  const [pc] = Object.values(
    observe({ pc: before }, new Map([['pc', false]]), { now: 60_000, before: 180_000 }, rules),
  );
  expect(pc).toMatchObject({ online: null, misses: 1 });
});

test('a computer that is not asked about any more is forgotten', () => {
  expect(observe({ pc: watched('+') }, new Map(), { now: 1, before: 0 }, rules)).toEqual({});
});

test('names of objects’ own are names like others', () => {
  const records = observe(
    {},
    new Map([
      ['__proto__', true],
      ['constructor', false],
    ]),
    { now: 1, before: null },
    rules,
  );
  expect(Object.keys(records)).toContain('constructor');
  expect(records.constructor).toMatchObject({ online: null });
});

const off = (since: number): ComputerRecord => ({
  online: false,
  since,
  lastSeenAt: null,
  misses: 9,
  firstMissAt: since,
});
const on: ComputerRecord = { online: true, since: 0, lastSeenAt: 5, misses: 0, firstMissAt: null };

test.each([
  [
    'the last one who left counts',
    { a: off(100), b: off(300) },
    ['a', 'b'],
    { here: [], unsure: [], emptySince: 300 },
  ],
  ['somebody is there', { a: off(100), b: on }, ['a', 'b'], { here: ['b'], unsure: [], emptySince: null }],
  [
    'those that do not count are not there',
    { a: off(100), b: on },
    ['a'],
    { here: [], unsure: [], emptySince: 100 },
  ],
  [
    'one of whom nothing is known may be there',
    { a: off(100) },
    ['a', 'b'],
    { here: [], unsure: ['b'], emptySince: null },
  ],
  ['nobody counts: empty since somebody watches', {}, [], { here: [], unsure: [], emptySince: 50 }],
])('%s', (_what, records, counted, presence) => {
  expect(presenceOf(records, counted, { watchedSince: 50 })).toEqual(presence);
});
