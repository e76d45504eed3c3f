import { describe, expect, test } from 'vitest';
import { filesOnDisk, type PlanInput, planCopy, type SpaceDetail } from '../../src/backup/plan.ts';
import type { DryRunStats } from '../../src/system/rsync.ts';

const gigabyte = 1_000_000_000;
const nothing: DryRunStats = {
  changes: 0,
  files: 0,
  bytes: 0,
  created: 0,
  deletes: 0,
  torn: 0,
  total: 1000,
  largestBytes: 0,
};

function plan(stats: Partial<DryRunStats>, changes: Partial<PlanInput> = {}) {
  return planCopy({
    stats: { ...nothing, ...stats },
    freeBytes: 100 * gigabyte,
    freeInodes: 1_000_000,
    blockBytes: 4096,
    maxDeletePercent: 25,
    allowDeletes: false,
    inPlace: false,
    detail: null,
    ...changes,
  });
}

function detail(growth: number, replaced = 0, deleted = 0): SpaceDetail {
  return { growthBytes: growth, largestReplacedBytes: replaced, deletedBytes: deleted };
}

const go = { verdict: 'go', deleteFirst: false };
const goDeletingFirst = { verdict: 'go', deleteFirst: true };

describe('go', () => {
  test.each<[string, Partial<DryRunStats>]>([
    ['nothing to do', {}],
    ['an empty disk and an empty source', { total: 0 }],
    ['only attributes', { changes: 5 }],
    ['a first copy that fits', { changes: 900, files: 800, bytes: 90 * gigabyte, created: 1000 }],
    ['a few changes and deletions', { files: 3, bytes: gigabyte, deletes: 10 }],
    ['only empty files and folders', { created: 500 }],
  ])('%s', (_what, stats) => {
    expect(plan(stats)).toEqual(go);
  });
});

describe('deletions', () => {
  /** A disk with this many files, of which so many would go and the others stay. */
  function deleting(files: number, deletes: number, changes: Partial<PlanInput> = {}) {
    return plan({ total: files - deletes, deletes, changes: deletes }, changes);
  }

  test('exactly at the limit is allowed, one file more is not', () => {
    expect(deleting(400, 100)).toEqual(go);
    expect(deleting(400, 101)).toEqual({
      verdict: 'refuse',
      code: 'too-many-deletions',
      details: { deletes: 101, files: 400, percent: 25.25, limit: 25 },
    });
    expect(deleting(1_000_000, 250_000)).toEqual(go);
    expect(deleting(1_000_000, 250_001)).toMatchObject({ code: 'too-many-deletions' });
  });

  test('every whole percentage is met exactly', () => {
    for (let limit = 0; limit <= 100; limit += 1) {
      for (const size of [100, 700, 300_000]) {
        const atLimit = (size / 100) * limit;
        expect(deleting(size, atLimit, { maxDeletePercent: limit }), `${limit} % of ${size}`).toEqual(go);
        if (limit === 100) continue;
        const refused = deleting(size, atLimit + 1, { maxDeletePercent: limit });
        expect(refused, `${limit} % of ${size} and one`).toMatchObject({ code: 'too-many-deletions' });
      }
    }
  });

  test('the share is of what the disk holds now: new files do not count', () => {
    const stats = { total: 1000, created: 900, deletes: 60, files: 900, bytes: gigabyte };
    expect(filesOnDisk({ ...nothing, ...stats })).toBe(160);
    expect(plan(stats)).toMatchObject({ details: { deletes: 60, files: 160, percent: 37.5 } });
  });

  test('the beginning of a file that a killed run left is no loss', () => {
    expect(plan({ total: 2, deletes: 1, torn: 1 })).toEqual(go);
    expect(plan({ total: 2, deletes: 2, torn: 1 })).toMatchObject({
      code: 'too-many-deletions',
      details: { deletes: 1, files: 3 },
    });
  });

  test('0 allows none, 100 all', () => {
    expect(deleting(1000, 1, { maxDeletePercent: 0 })).toMatchObject({ code: 'too-many-deletions' });
    expect(deleting(1000, 0, { maxDeletePercent: 0 })).toEqual(go);
    expect(deleting(1000, 1000, { maxDeletePercent: 100 })).toEqual(go);
  });

  test('whoever has seen how many, and means it', () => {
    expect(deleting(1000, 1000, { allowDeletes: true })).toEqual(go);
  });
});

describe('inodes', () => {
  test('exactly as many as are free, then one more', () => {
    expect(plan({ created: 50 }, { freeInodes: 50 })).toEqual(go);
    expect(plan({ created: 51 }, { freeInodes: 50 })).toEqual({
      verdict: 'refuse',
      code: 'not-enough-inodes',
      details: { needed: 51, free: 50 },
    });
  });

  test('those that are deleted make room', () => {
    expect(plan({ created: 60, deletes: 10 }, { freeInodes: 50 })).toEqual(go);
  });

  test('a filesystem that has no such limit, and one without any left', () => {
    expect(plan({ created: 1_000_000 }, { freeInodes: null })).toEqual(go);
    expect(plan({}, { freeInodes: 0 })).toEqual(go);
  });
});

describe('space', () => {
  const bytes = 10 * gigabyte;
  const free = 9 * gigabyte;
  const stats = { files: 10, bytes, created: 5 };
  /** 10 GB and its thousandth, and a block for each of the 5 new files. */
  const rough = 10_010_000_000 + 5 * 4096;

  function short(measured: SpaceDetail, changes: Partial<PlanInput> = {}) {
    return plan(stats, { freeBytes: free, detail: measured, ...changes });
  }

  test('what fits in the rough sum needs no measuring; one byte less does', () => {
    expect(plan(stats, { freeBytes: rough })).toEqual(go);
    expect(plan(stats, { freeBytes: rough - 1 })).toEqual({ verdict: 'measure' });
  });

  test('measured, changed files take the place of their old versions', () => {
    expect(short(detail(3 * gigabyte, 5 * gigabyte))).toEqual(go);
  });

  test('fits only once the old files are gone', () => {
    expect(short(detail(9 * gigabyte, gigabyte, 2 * gigabyte))).toEqual(goDeletingFirst);
  });

  test('exactly fitting, with and without deleting', () => {
    const needed = 8_008_000_000 + 5 * 4096;
    const measured = detail(8 * gigabyte, 0, gigabyte);
    expect(short(measured, { freeBytes: needed })).toEqual(go);
    expect(short(measured, { freeBytes: needed - 1 })).toEqual(goDeletingFirst);
    expect(short(measured, { freeBytes: needed - gigabyte })).toEqual(goDeletingFirst);
    expect(short(measured, { freeBytes: needed - gigabyte - 1 })).toEqual({
      verdict: 'refuse',
      code: 'not-enough-space',
      details: { neededBytes: needed - gigabyte, freeBytes: needed - gigabyte - 1, inPlaceWouldFit: false },
    });
  });

  test('refused, with how much is needed of what is free', () => {
    expect(short(detail(10 * gigabyte))).toEqual({
      verdict: 'refuse',
      code: 'not-enough-space',
      details: { neededBytes: rough, freeBytes: free, inPlaceWouldFit: false },
    });
  });

  test('what is deleted anyway lowers what is needed', () => {
    expect(short(detail(12 * gigabyte, 0, gigabyte))).toMatchObject({
      details: { neededBytes: 12_012_000_000 + 5 * 4096 - gigabyte },
    });
  });

  test('a large file that is written beside its old version would fit in its place, and that is hinted at', () => {
    expect(short(detail(gigabyte, 9 * gigabyte))).toEqual({
      verdict: 'refuse',
      code: 'not-enough-space',
      details: { neededBytes: rough, freeBytes: free, inPlaceWouldFit: true },
    });
  });

  test('whoever writes in place already gets it, and no hint', () => {
    expect(short(detail(gigabyte, 9 * gigabyte), { inPlace: true })).toEqual(go);
    expect(short(detail(10 * gigabyte, 9 * gigabyte), { inPlace: true })).toMatchObject({
      code: 'not-enough-space',
      details: { inPlaceWouldFit: false },
    });
  });

  test('in place would fit once the old files are gone', () => {
    expect(short(detail(9 * gigabyte, 9 * gigabyte, gigabyte))).toMatchObject({
      details: { inPlaceWouldFit: true },
    });
  });

  test('a full disk on which nothing changes', () => {
    expect(plan({ changes: 3 }, { freeBytes: 0 })).toEqual(go);
    expect(plan({ changes: 3, deletes: 3 }, { freeBytes: 0 })).toEqual(go);
  });

  test('a full disk on which files only shrink', () => {
    expect(short(detail(0), { freeBytes: 0 })).toEqual(go);
  });
});

test('the first reason wins: deletions before inodes before space', () => {
  const stats = { files: 10, bytes: 500 * gigabyte, created: 2_000_000, deletes: 900, total: 2_000_000 };
  expect(plan(stats)).toMatchObject({ code: 'too-many-deletions' });
  expect(plan(stats, { allowDeletes: true })).toMatchObject({ code: 'not-enough-inodes' });
  expect(plan(stats, { allowDeletes: true, freeInodes: null })).toEqual({ verdict: 'measure' });
});

test('where room is given in large pieces, many small files need more of it than their content', () => {
  const stats = { files: 100_000, bytes: gigabyte, created: 100_000 };
  expect(plan(stats, { freeBytes: 10 * gigabyte })).toEqual(go);
  expect(plan(stats, { freeBytes: 10 * gigabyte, blockBytes: 131_072 })).toEqual({ verdict: 'measure' });
  expect(plan(stats, { freeBytes: 15 * gigabyte, blockBytes: 131_072 })).toEqual(go);
});
