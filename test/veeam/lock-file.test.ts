import { describe, expect, test } from 'vitest';
import type { ShareEntry } from '../../src/system/share.ts';
import { jobOf } from '../../src/veeam/job.ts';
import {
  isOfJob,
  type LockText,
  lockNames,
  parseLock,
  renderLock,
  safeName,
  stateOfName,
  timeLeft,
  writtenAt,
} from '../../src/veeam/lock-file.ts';

const hour = 3_600_000;
const now = Date.parse('2026-11-21T03:12:44.000Z');

const text: LockText = {
  job: '59d71731-c829',
  name: 'Nightly',
  host: 'FILESERVER',
  pid: 4711,
  startTicks: '12345',
  bootId: 'b',
  time: '2026-11-21T01:00:00.000Z',
  expiry: '2026-11-23T01:00:00.000Z',
};

describe('a job’s id as part of a file name', () => {
  test.each(['nightly', 'a', 'job_1-b', '59d71731-c829-403c-a352-f5024d20349e'])('%s stays', (id) => {
    expect(safeName(id)).toBe(id);
  });

  const awkward = [
    'Nightly',
    'NIGHTLY',
    'Büro',
    'Bu\u0308ro',
    'a b',
    'a/b',
    'a\\b',
    '../../etc/passwd',
    '{59d71731-c829}',
    'con',
    'nul.txt',
    '-rf',
    '.hidden',
    'a@b',
    'a.b',
    'a:b',
    'a\nb',
    '\0',
    ' ',
    'x'.repeat(300),
    `${'x'.repeat(300)}y`,
    '💾',
    '*',
    '?',
  ];

  test.each(awkward)('%j becomes one that any filesystem takes', (id) => {
    expect(safeName(id)).toMatch(/^(?!-)[a-z0-9_~-]{1,60}$/);
    const { raised } = lockNames(id, 'Host', '0000000a');
    expect(Buffer.byteLength(raised)).toBeLessThan(200);
    expect(isOfJob(raised, id, 'Host')).toBe(true);
  });

  test('no two are the same, also where capitals do not count', () => {
    const names = [...awkward, 'nightly', 'b-ro', 'a-b', '59d71731-c829'].map((id) =>
      safeName(id).toLowerCase(),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  test('a job knows its own files, of whichever call, and no others', () => {
    const mine = lockNames('nightly', 'srv', '0000000a');
    for (const name of Object.values(mine)) {
      expect(isOfJob(name, 'nightly', 'srv')).toBe(true);
      expect(isOfJob(name, 'night', 'srv')).toBe(false);
      expect(isOfJob(name, 'nightly', 'srv2')).toBe(false);
      expect(isOfJob(name, 'Nightly', 'srv')).toBe(false);
    }
    expect(isOfJob('nightly@srv.lock', 'nightly', 'srv')).toBe(false);
    expect(isOfJob('nightly@srv.0000000a.lock.bak', 'nightly', 'srv')).toBe(false);
  });

  test('readers of the folder see no lock in a half-written one, and tell waiting from writing', () => {
    const { temporary, announced, raised } = lockNames('Büro', 'SRV', '0000000a');
    expect([temporary, announced, raised].map(stateOfName)).toEqual([null, 'announced', 'raised']);
    expect(['.plugback-clock-0a.tmp', '.x.waiting', 'Thumbs.db', 'veeam'].map(stateOfName)).toEqual([
      null,
      null,
      null,
      'raised',
    ]);
  });
});

describe('which job it is', () => {
  test.each([
    ['typed', 'Typed', { VEEAM_JOB_ID: '{1}', VEEAM_JOB_NAME: 'Nightly' }, { id: 'Typed', name: null }],
    [
      'Veeam’s agent for Linux',
      undefined,
      { VEEAM_JOB_ID: '{1}', VEEAM_JOB_NAME: 'N' },
      { id: '{1}', name: 'N' },
    ],
    ['only the name', undefined, { VEEAM_JOB_NAME: 'Nightly' }, { id: 'Nightly', name: null }],
    ['only the id', undefined, { VEEAM_JOB_ID: '{1}' }, { id: '{1}', name: null }],
    ['nobody tells', undefined, { VEEAM_JOB_ID: '' }, { id: 'default', name: null }],
  ])('%s', (_, flag, environment, job) => {
    expect(jobOf(flag, environment)).toEqual(job);
  });
});

describe('its text', () => {
  test('comes back as it was', () => {
    expect(parseLock(renderLock(text))).toEqual(text);
  });

  test.each(['', ' ', '\0\0', '{', '{"job":"a', 'null', '7', '[]', '{}', '"job"', '{"job":7,"host":null}'])(
    '%j tells nothing',
    (broken) => {
      expect(parseLock(broken)).toBeNull();
    },
  );

  test('of another program, what there is', () => {
    expect(parseLock('{"host":"PC7","pid":"x","time":7}')).toEqual({
      job: '',
      name: null,
      host: 'PC7',
      pid: null,
      startTicks: null,
      bootId: null,
      time: '',
      expiry: '',
    });
  });
});

describe('how old it is', () => {
  const entry = (hoursAgo: number, changedHoursAgo = hoursAgo): ShareEntry => ({
    kind: 'file',
    writtenAt: now - hoursAgo * hour,
    changedAt: now - changedHoursAgo * hour,
  });
  const isOver = (found: ShareEntry, lock: LockText | null): boolean =>
    timeLeft(found, lock, { shareNow: now, staleMs: 48 * hour }) < 0;

  test.each([
    ['of no known lifetime, within stale-lock-hours', entry(47.9), null, false],
    ['of no known lifetime, after them', entry(48.1), null, true],
    ['of a longer lifetime', entry(60), { ...text, expiry: '2026-11-24T01:00:00.000Z' }, false],
    ['of a shorter one', entry(3), { ...text, expiry: '2026-11-21T03:00:00.000Z' }, true],
    [
      'with a lifetime that makes no sense',
      entry(47),
      { ...text, expiry: '2020-01-01T00:00:00.000Z' },
      false,
    ],
    ['that wants to stand for years', entry(49), { ...text, expiry: '2036-11-24T01:00:00.000Z' }, true],
    ['with times that are none', entry(49), { ...text, time: 'x', expiry: 'y' }, true],
  ])('%s', (_, found, lock, over) => {
    expect(isOver(found, lock)).toBe(over);
  });

  test('the writer’s clock means nothing: years off, it is as old as the share says', () => {
    const early = { ...text, time: '1970-01-01T00:00:00.000Z', expiry: '1970-01-03T00:00:00.000Z' };
    const late = { ...text, time: '2099-01-01T00:00:00.000Z', expiry: '2099-01-03T00:00:00.000Z' };
    expect([isOver(entry(1), early), isOver(entry(1), late)]).toEqual([false, false]);
    expect([isOver(entry(49), early), isOver(entry(49), late)]).toEqual([true, true]);
  });

  test('from the future it is as old as its last change, which nobody can set', () => {
    const set = entry(-1000, 2);
    expect(writtenAt(set, now)).toBe(now - 2 * hour);
    expect(isOver(set, null)).toBe(false);
    expect(isOver(entry(-1000, 50), null)).toBe(true);
    expect(isOver(entry(-1000, -900), null)).toBe(false);
  });
});
