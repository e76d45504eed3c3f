/** What is decided, as a table: what is remembered, when it is, who is there; and what follows. */

import { describe, expect, test } from 'vitest';
import { type CalendarSettings, createCalendar } from '../../src/nightshift/calendar.ts';
import { type Action, decide, type Rules, whatFollows } from '../../src/nightshift/decide.ts';
import type { Presence } from '../../src/nightshift/presence.ts';
import { freshState, type NightshiftState } from '../../src/status/nightshift.ts';

const settings: CalendarSettings = {
  nightBegins: 18 * 60,
  window: { from: 3 * 60, to: 5 * 60 },
  timeZone: 'Europe/Berlin',
};
const rules: Rules = {
  calendar: createCalendar(settings),
  offlineMs: 10 * 60_000,
  liesDown: true,
  putsToSleep: ['nas2'],
  isAskedFor: false,
  seesPeople: true,
};

/** A time of November 2026 in Berlin, which is an hour ahead of UTC then. */
const at = (day: number, time: string) => Date.parse(`2026-11-${day}T${time}:00+01:00`);

interface Case {
  what: string;
  now: number;
  state?: Partial<NightshiftState>;
  here?: string[];
  unsure?: string[];
  /** For how many minutes nobody has been there. */
  emptyFor?: number;
  rules?: Partial<Rules>;
  expected: Partial<Action> & { why?: string };
}

const cases: Case[] = [
  {
    what: 'all gone for long enough',
    now: at(21, '19:00'),
    emptyFor: 10,
    expected: { do: 'back-up', trigger: 'all-gone', night: '2026-11-21' },
  },
  {
    what: 'all gone, but a second too short',
    now: at(21, '19:00'),
    emptyFor: 10 - 1 / 60,
    expected: { do: 'wait', why: 'nightshift.wait.not-yet' },
  },
  {
    what: 'somebody works late',
    now: at(21, '23:00'),
    here: ['anna'],
    expected: { do: 'wait', why: 'nightshift.wait.somebody' },
  },
  {
    what: 'nobody knows yet whether somebody is there',
    now: at(21, '23:00'),
    unsure: ['anna'],
    expected: { do: 'wait', why: 'nightshift.wait.unsure' },
  },
  {
    what: 'no computer tells whether people are there: they are not gone',
    now: at(21, '23:00'),
    emptyFor: 300,
    rules: { seesPeople: false },
    expected: { do: 'wait', why: 'nightshift.wait.nobody-seen' },
  },
  {
    what: 'no computer tells whether people are there, but the window is open',
    now: at(22, '03:00'),
    emptyFor: 300,
    rules: { seesPeople: false },
    expected: { do: 'back-up', trigger: 'window', night: '2026-11-21' },
  },
  {
    what: 'the night is done, after midnight too',
    now: at(22, '01:00'),
    state: { doneNight: '2026-11-21', restedNight: '2026-11-21' },
    emptyFor: 300,
    expected: { do: 'wait', why: 'nightshift.wait.done' },
  },
  {
    what: 'everybody at lunch, and the night was backed up',
    now: at(21, '12:30'),
    state: { doneNight: '2026-11-20', restedNight: '2026-11-20' },
    emptyFor: 30,
    expected: { do: 'wait', why: 'nightshift.wait.done' },
  },
  {
    what: 'everybody at lunch, and the night was missed: it is made up for',
    now: at(21, '12:30'),
    state: { doneNight: '2026-11-19' },
    emptyFor: 30,
    expected: { do: 'back-up', trigger: 'all-gone', night: '2026-11-20' },
  },
  {
    what: 'the evening after a night that was made up for at lunch is another night',
    now: at(21, '18:30'),
    state: { doneNight: '2026-11-20' },
    emptyFor: 30,
    expected: { do: 'back-up', night: '2026-11-21' },
  },
  {
    what: 'the window, with somebody at work',
    now: at(22, '03:00'),
    here: ['anna'],
    expected: { do: 'back-up', trigger: 'window', night: '2026-11-21' },
  },
  {
    what: 'the window, in its last moment',
    now: at(22, '05:00') - 1,
    here: ['anna'],
    expected: { do: 'back-up', trigger: 'window' },
  },
  {
    what: 'the window, just closed',
    now: at(22, '05:00'),
    here: ['anna'],
    expected: { do: 'wait', why: 'nightshift.wait.somebody' },
  },
  {
    what: 'the window, a moment before it opens',
    now: at(22, '03:00') - 1,
    here: ['anna'],
    expected: { do: 'wait', why: 'nightshift.wait.somebody' },
  },
  {
    what: 'the window, and the night is done already',
    now: at(22, '04:00'),
    here: ['anna'],
    state: { doneNight: '2026-11-21' },
    expected: { do: 'wait', why: 'nightshift.wait.done' },
  },
  {
    what: 'no window configured',
    now: at(22, '04:00'),
    here: ['anna'],
    rules: { calendar: createCalendar({ ...settings, window: null }) },
    expected: { do: 'wait', why: 'nightshift.wait.somebody' },
  },
  {
    what: 'by hand, in the middle of the day, with everybody there and the night done',
    now: at(21, '14:00'),
    here: ['anna', 'otto'],
    state: { doneNight: '2026-11-20' },
    rules: { isAskedFor: true },
    expected: { do: 'back-up', trigger: 'by-hand', night: '2026-11-20' },
  },
  {
    what: 'a backup that has died twice is tried once more',
    now: at(21, '20:00'),
    emptyFor: 60,
    state: { attempts: { night: '2026-11-21', count: 2 } },
    expected: { do: 'back-up' },
  },
  {
    what: 'a backup that has died three times is given up for this night',
    now: at(21, '20:00'),
    emptyFor: 60,
    state: { attempts: { night: '2026-11-21', count: 3 } },
    expected: { do: 'wait', why: 'nightshift.wait.given-up' },
  },
  {
    what: 'and the next night begins afresh',
    now: at(22, '20:00'),
    emptyFor: 60,
    state: { attempts: { night: '2026-11-21', count: 3 } },
    expected: { do: 'back-up', night: '2026-11-22' },
  },
  {
    what: 'the backup is done and nobody there: this machine lies down',
    now: at(21, '21:00'),
    emptyFor: 60,
    state: { doneNight: '2026-11-21' },
    expected: { do: 'lie-down', night: '2026-11-21' },
  },
  {
    what: 'the backup is done, but somebody is there',
    now: at(21, '21:00'),
    here: ['anna'],
    state: { doneNight: '2026-11-21' },
    expected: { do: 'wait', why: 'nightshift.wait.done' },
  },
  {
    what: 'once a night only: whoever switches it on again in the morning wants it on',
    now: at(22, '07:30'),
    emptyFor: 60,
    state: { doneNight: '2026-11-21', restedNight: '2026-11-21' },
    expected: { do: 'wait', why: 'nightshift.wait.done' },
  },
  {
    what: 'this machine always stays on',
    now: at(21, '21:00'),
    emptyFor: 60,
    state: { doneNight: '2026-11-21' },
    rules: { liesDown: false },
    expected: { do: 'wait' },
  },
  {
    what: 'a woken computer that was left on goes back to sleep first',
    now: at(21, '21:00'),
    emptyFor: 60,
    state: { doneNight: '2026-11-21', woken: ['nas2'] },
    expected: { do: 'put-to-sleep', computers: ['nas2'] },
  },
  {
    what: 'a woken computer that shall stay on keeps nobody awake',
    now: at(21, '21:00'),
    emptyFor: 60,
    state: { doneNight: '2026-11-21', woken: ['archive'] },
    expected: { do: 'lie-down' },
  },
  {
    what: 'a woken computer while somebody is there',
    now: at(21, '21:00'),
    here: ['anna'],
    state: { doneNight: '2026-11-21', woken: ['nas2'] },
    expected: { do: 'wait' },
  },
  {
    what: 'the clock was a year ahead once: that night does not count for ever',
    now: at(21, '20:00'),
    emptyFor: 60,
    state: { doneNight: '2027-11-21' },
    expected: { do: 'back-up', night: '2026-11-21' },
  },
  {
    what: 'the clock was set back by hours: no second backup of the night before',
    now: at(21, '17:00'),
    emptyFor: 60,
    state: { doneNight: '2026-11-21', restedNight: '2026-11-21' },
    expected: { do: 'wait', why: 'nightshift.wait.done' },
  },
  {
    what: 'the clock was set back behind the moment when the last one left',
    now: at(21, '20:00'),
    emptyFor: -30,
    expected: { do: 'wait', why: 'nightshift.wait.not-yet' },
  },
];

test.each(cases)(
  '$what',
  ({ now, state, here = [], unsure = [], emptyFor, rules: own, expected: wanted }) => {
    const emptySince = emptyFor === undefined ? null : now - emptyFor * 60_000;
    const presence: Presence = { here, unsure, emptySince };
    const action = decide({ ...freshState(), ...state }, now, presence, { ...rules, ...own });
    const { why, ...expected } = wanted;
    expect(action).toMatchObject(expected);
    if (why !== undefined) expect(action.said.key).toBe(why);
  },
);

test('deciding changes nothing that is remembered', () => {
  const state = Object.freeze({ ...freshState(), woken: Object.freeze(['nas2']) as string[] });
  decide(state, at(21, '20:00'), { here: [], unsure: [], emptySince: at(21, '10:00') }, rules);
  expect(state).toEqual({ ...freshState(), woken: ['nas2'] });
});

test.each([
  ['is made up for', {}, 'nightshift.made-up-for'],
  [
    'that died three times is given up',
    { attempts: { night: '2026-11-21', count: 3 } },
    'nightshift.wait.given-up',
  ],
  ['that was backed up before needs nothing', { doneNight: '2026-11-21' }, 'nightshift.has-backup'],
])('a night that was cut off and %s', (_what, remembered, key) => {
  expect(whatFollows({ ...freshState(), ...remembered }, '2026-11-21').key).toBe(key);
});

describe('the calendar', () => {
  const calendar = createCalendar(settings);
  const inBerlin = (text: string) => Date.parse(text);

  test.each([
    ['2026-11-21T17:59:59+01:00', '2026-11-20'],
    ['2026-11-21T18:00:00+01:00', '2026-11-21'],
    ['2026-11-22T00:00:00+01:00', '2026-11-21'],
    ['2026-11-22T17:59:59+01:00', '2026-11-21'],
    // Clocks go forward at 02:00 on 29 March, back at 03:00 on 25 October.
    ['2026-03-29T17:59:59+02:00', '2026-03-28'],
    ['2026-03-29T18:00:00+02:00', '2026-03-29'],
    ['2026-10-25T17:59:59+01:00', '2026-10-24'],
    ['2026-10-25T18:00:00+01:00', '2026-10-25'],
    ['2027-01-01T12:00:00+01:00', '2026-12-31'],
  ])('at %s it is the night of %s', (moment, night) => {
    expect(calendar.nightOf(inBerlin(moment))).toBe(night);
    expect(createCalendar(settings).nightOf(inBerlin(moment))).toBe(night);
  });

  test.each([
    ['2026-11-22T02:59:59+01:00', null],
    ['2026-11-22T03:00:00+01:00', '2026-11-22T05:00:00+01:00'],
    ['2026-11-22T04:59:59+01:00', '2026-11-22T05:00:00+01:00'],
    ['2026-11-22T05:00:00+01:00', null],
    ['2026-10-25T02:30:00+02:00', null],
    ['2026-10-25T04:00:00+01:00', '2026-10-25T05:00:00+01:00'],
  ])('at %s the window closes at %s', (moment, end) => {
    expect(calendar.windowEnd(inBerlin(moment))).toBe(end === null ? null : inBerlin(end));
  });

  test('a window that begins in the hour that does not exist opens when the clock has gone forward', () => {
    const spring = createCalendar({ ...settings, window: { from: 2 * 60 + 30, to: 4 * 60 } });
    const opened = spring.nextWindow(inBerlin('2026-03-29T00:00:00+01:00')) ?? 0;
    expect(new Date(opened).toISOString()).toMatch(/^2026-03-29T01:/);
    expect(spring.windowEnd(inBerlin('2026-03-29T03:45:00+02:00'))).toBe(
      inBerlin('2026-03-29T04:00:00+02:00'),
    );
    expect(spring.windowEnd(inBerlin('2026-03-29T04:15:00+02:00'))).toBeNull();
  });

  test.each([
    [2 * 60, 3 * 60, '04:00'],
    [2 * 60 + 15, 2 * 60 + 45, '03:30'],
  ])(
    'a window that lies in that hour as a whole (%d to %d) lasts as long as ever, not until the next day',
    (from, to, end) => {
      const spring = createCalendar({ ...settings, window: { from, to } });
      const closes = inBerlin(`2026-03-29T${end}:00+02:00`);
      expect(spring.windowEnd(inBerlin('2026-03-29T03:00:00+02:00'))).toBe(closes);
      expect(spring.windowEnd(closes)).toBeNull();
      expect(spring.windowEnd(inBerlin('2026-03-29T12:00:00+02:00'))).toBeNull();
      expect(spring.windowEnd(inBerlin('2026-03-30T02:20:00+02:00'))).not.toBeNull();
    },
  );

  test('a window over midnight is one window', () => {
    const late = createCalendar({ ...settings, window: { from: 23 * 60, to: 60 } });
    const end = inBerlin('2026-11-22T01:00:00+01:00');
    expect(late.windowEnd(inBerlin('2026-11-21T23:30:00+01:00'))).toBe(end);
    expect(late.windowEnd(inBerlin('2026-11-22T00:59:00+01:00'))).toBe(end);
    expect(late.windowEnd(inBerlin('2026-11-22T01:01:00+01:00'))).toBeNull();
  });

  test('every moment of a year belongs to the night that its wall clock tells', () => {
    const wall = new Intl.DateTimeFormat('sv-SE', {
      timeZone: 'Europe/Berlin',
      dateStyle: 'short',
      timeStyle: 'short',
    });
    for (let now = at(1, '00:00'); now < at(1, '00:00') + 365 * 86_400_000; now += 17 * 60_000) {
      const [day = '', time = ''] = wall.format(now).split(' ');
      const before = new Date(Date.parse(`${day}T12:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
      expect(calendar.nightOf(now)).toBe(time >= '18:00' ? day : before);
    }
  });
});
