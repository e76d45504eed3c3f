/** Names, verdicts, choices and thinning: what is decided without touching anything. */

import { describe, expect, test } from 'vitest';
import { bytesOfText } from '../../src/system/byte-path.ts';
import { chooseVersion, readTime } from '../../src/timemachine/choose.ts';
import { copyName, timeOfCopy, timeOfText, timeText } from '../../src/timemachine/copy-name.ts';
import { decide } from '../../src/timemachine/decide.ts';
import type { Version } from '../../src/timemachine/destination.ts';
import { readPattern } from '../../src/timemachine/pattern.ts';
import { planThinning } from '../../src/timemachine/thinning.ts';

const us = (...parts: [number, number, number, number?, number?, number?, number?]) =>
  new Date(...parts).getTime() * 1000;

describe('the name of a copy', () => {
  const time = us(2017, 10, 26, 22, 55, 25, 174) + 276;

  test('is that of the first description', () => {
    expect(copyName(time, bytesOfText('file1.txt'))).toBe('2017-11-26 22:55:25.174276file1.txt');
  });

  test.each(['file1.txt', ' (2) x', '(2) x', '9', ' ', 'ä'.repeat(127), 'x'.repeat(255)])(
    'of %j is at most 255 bytes and tells time and number',
    (text) => {
      const name = bytesOfText(text);
      for (const number of [1, 2, 999_999]) {
        const copy = copyName(time, name, number);
        expect(copy.length).toBeLessThanOrEqual(255);
        expect(timeOfCopy(copy, name)).toEqual({ text: timeText(time), number });
      }
    },
  );

  test('is not cut within a character', () => {
    const copy = copyName(time, bytesOfText('ä'.repeat(127)), 1);
    expect(Buffer.from(copy, 'latin1').toString('utf8')).not.toContain('\ufffd');
  });

  test('other files are none', () => {
    expect(timeOfCopy(bytesOfText('file1.txt'), bytesOfText('file1.txt'))).toBe(null);
    expect(timeOfCopy(bytesOfText('2017-11-26 22:55:25.174276other'), bytesOfText('file1.txt'))).toBe(null);
  });

  test.each([0, -1, 1, time, us(1601, 0, 1), us(9999, 11, 1)])('%d comes back from its text', (timeUs) => {
    expect(timeText(timeUs)).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
    expect(timeOfText(timeText(timeUs))).toBe(timeUs);
  });

  test('absurd times have a name, too', () => {
    for (const absurd of [-1e20, 1e20]) expect(timeText(absurd)).toMatch(/^\d{4}-/);
  });
});

test.each([
  ['*.odt', ['a.odt'], ['.a.odt', 'in/a.odt']],
  ['?.odt', ['a.odt'], ['ab.odt']],
  ['[a-c].odt', ['b.odt'], ['d.odt']],
  ['*.{odt,docx}', ['a.odt', 'a.docx'], ['a.txt']],
  ['@(a|b).odt', ['a.odt', 'b.odt'], ['c.odt']],
  ['**/*.md', ['a.md', 'in/deep/a.md'], ['.in/a.md', 'in/.a.md']],
  ['.*', ['.a'], ['a']],
])('the pattern %s is read as the guide says', (pattern, matching, others) => {
  const { matches } = readPattern(pattern);
  expect([...matching, ...others].filter((name) => matches(name))).toEqual(matching);
});

describe('what to do', () => {
  const state = { modifiedUs: 1, changedUs: 2, size: 3, inode: 4 };
  const known = { state, copy: bytesOfText('c') };
  test.each([
    ['first', undefined, {}, true],
    ['unchanged', known, {}, true],
    ['copy-gone', known, {}, false],
    ['modified', known, { modifiedUs: 0 }, true],
    ['modified', known, { size: 0 }, false],
    ['doubtful', known, { changedUs: 9 }, true],
    ['doubtful', known, { inode: 9 }, true],
  ] as const)('%s', (verdict, last, change, hasCopy) => {
    expect(decide(last, { ...state, ...change }, () => hasCopy)).toBe(verdict);
  });
});

describe('a time that was typed', () => {
  test.each<[string, number | null]>([
    ['2026-11-21 03:12:44.5', us(2026, 10, 21, 3, 12, 44, 500)],
    ['2026-11-21T03:12:44.123456', us(2026, 10, 21, 3, 12, 44, 123) + 456],
    ['2026-11-21 03:12', us(2026, 10, 21, 3, 12, 59, 999) + 999],
    [' 2026-11-21 ', us(2026, 10, 21, 23, 59, 59, 999) + 999],
    ['2026-11-21T03:12:44Z', Date.UTC(2026, 10, 21, 3, 12, 44) * 1000 + 999_999],
    ['2026-11-21 03:12:44.0+01:00', Date.UTC(2026, 10, 21, 2, 12, 44) * 1000],
    ['2026-02-31', null],
    ['2026-11-21 25:00', null],
    ['yesterday', null],
    ['', null],
    ['2026-11-21Z', null],
  ])('%j', (text, expected) => {
    expect(readTime(text)).toBe(expected);
  });

  const versions = [30, 20, 10].map((modifiedUs, index): Version => {
    return { number: index + 1, modifiedUs, copiedUs: modifiedUs, size: 1, path: bytesOfText('x') };
  });
  test.each([
    [{ atUs: null, number: null }, 30],
    [{ atUs: null, number: 3 }, 10],
    [{ atUs: 20, number: null }, 20],
    [{ atUs: 29, number: null }, 20],
    [{ atUs: 9, number: null }, null],
    [{ atUs: null, number: 4 }, null],
  ])('%j', (wanted, expected) => {
    const choose = () => chooseVersion(versions, wanted, 'x').modifiedUs;
    if (expected === null)
      expect(choose).toThrow(
        expect.objectContaining({ code: 'no-such-version', details: expect.objectContaining({ count: 3 }) }),
      );
    else expect(choose()).toBe(expected);
  });
});

describe('thinning', () => {
  const now = new Date(2026, 10, 21, 12).getTime();
  const day = 24 * 60 * 60 * 1000;
  const keep = { days: 2, daily: 5, weekly: 3, monthly: 2 };

  /** Versions of such ages in days, as numbered by the list: the newest is 1. */
  const aged = (...ages: number[]) =>
    ages
      .toSorted((one, other) => one - other)
      .map((age, index): Version => {
        return {
          number: index + 1,
          modifiedUs: (now - age * day) * 1000,
          copiedUs: (now - age * day) * 1000,
          size: 1,
          path: bytesOfText(String(age)),
        };
      });
  const gone = (ages: number[], rule = keep) =>
    planThinning(aged(...ages), now, rule).map(({ path }) => Number(path));

  test('all of the last days stay', () => {
    expect(gone([0, 0.1, 0.2, 1, 1.5, 1.9])).toEqual([]);
  });
  test('then the last one of each day', () => {
    expect(gone([0, 3.1, 3.2, 3.3, 4.1])).toEqual([3.2, 3.3]);
  });
  test('then the last one of each week, and of each month', () => {
    // Before Saturday the 21st of November: Sunday the 8th, the days down to Monday the 2nd, Sunday the 1st.
    expect(gone([0, 13.1, 14.1, 15.1, 19.1, 20.1])).toEqual([14.1, 15.1, 19.1]);
    // The 12th, 7th and 1st of October, the 30th of September.
    expect(gone([0, 40.1, 45.1, 51.1, 52.1])).toEqual([45.1, 51.1]);
  });
  test('then none, or one a month for ever', () => {
    expect(gone([0, 300, 301])).toEqual([300, 301]);
    expect(gone([0, 300, 301, 2000], { ...keep, monthly: null as never })).toEqual([301]);
  });
  test('never the newest', () => {
    expect(gone([5000])).toEqual([]);
    expect(gone([5000, 5001], { days: 0, daily: 0, weekly: 0, monthly: 0 })).toEqual([5001]);
  });
  test('an old state that was copied a moment ago counts as young', () => {
    const copiedUs = (now - day) * 1000;
    const versions = aged(300, 301, 302).map((version, index) =>
      index === 1 ? { ...version, copiedUs } : version,
    );
    const thinned = (rule = keep) => planThinning(versions, now, rule).map(({ path }) => Number(path));
    expect(thinned()).toEqual([302]);
    expect(thinned({ ...keep, days: 0 })).toEqual([301, 302]);
  });
  test('what was thinned once is not thinned again', () => {
    const ages = Array.from({ length: 500 }, (_, index) => index * 0.37);
    const left = ages.filter((age) => !gone(ages).includes(age));
    expect(left.length).toBeLessThan(40);
    expect(gone(left)).toEqual([]);
  });
});
