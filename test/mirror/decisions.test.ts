/** The mirror's pure parts. */

import { lstatSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type CompareRules, compareEntries, type EntryStats } from '../../src/mirror/compare.ts';
import {
  countOf,
  extendedTable,
  type Fact,
  factOf,
  isFresh,
  isKnown,
  msOf,
  tableOf,
} from '../../src/mirror/facts.ts';
import { type LinkedFile, planLinks } from '../../src/mirror/links.ts';
import { defaultDirectories } from '../../src/mirror/mirror-lock.ts';
import { fromText, toBytes, toText } from '../../src/mirror/names.ts';
import { attempt } from '../../src/mirror/place.ts';
import { relationOf, timeUnitOf } from '../../src/mirror/places.ts';
import { refuseDeletions } from '../../src/mirror/plan.ts';
import { createStepWriter, readSteps } from '../../src/mirror/steps.ts';
import { skipReasonOf } from '../../src/mirror/tar-words.ts';
import type { Mount } from '../../src/system/mountinfo.ts';

/** What asks for the system gets Windows as the answer. */
function onWindows(act: () => void): void {
  const { platform } = process;
  Object.defineProperty(process, 'platform', { value: 'win32' });
  try {
    act();
  } finally {
    Object.defineProperty(process, 'platform', { value: platform });
  }
}

describe('two entries', () => {
  const exact: CompareRules = { timeUnitNs: 1n, owners: true, modes: true };
  const file: EntryStats = {
    mode: 0o100644n,
    uid: 1n,
    gid: 1n,
    size: 5n,
    mtimeNs: 1_000_000_000_000_000_001n,
    ctimeNs: 1n,
    ino: 1n,
    dev: 1n,
    nlink: 1n,
    rdev: 0n,
    blocks: 8n,
  };
  const folder = { ...file, mode: 0o040755n };
  const link = { ...file, mode: 0o120777n };
  const device = { ...file, mode: 0o020600n, rdev: 259n };

  test.each<[string, EntryStats, EntryStats, Partial<CompareRules>, string]>([
    ['the same', file, { ...file, ino: 9n, ctimeNs: 9n, blocks: 0n }, {}, 'none'],
    ['another size', file, { ...file, size: 6n }, {}, 'content'],
    ['another time, by a nanosecond', file, { ...file, mtimeNs: file.mtimeNs + 1n }, {}, 'content'],
    [
      'a time below what can be kept',
      file,
      { ...file, mtimeNs: file.mtimeNs - 999n },
      { timeUnitNs: 1000n },
      'none',
    ],
    [
      'a time just beyond it',
      file,
      { ...file, mtimeNs: file.mtimeNs - 1000n },
      { timeUnitNs: 1000n },
      'content',
    ],
    ['another mode', file, { ...file, mode: 0o100600n }, {}, 'attributes'],
    ['another mode where there are none', file, { ...file, mode: 0o100600n }, { modes: false }, 'none'],
    ['another owner', file, { ...file, gid: 2n }, {}, 'attributes'],
    ['another owner, not as root', file, { ...file, gid: 2n }, { owners: false }, 'none'],
    ['a file and a folder', file, folder, { modes: false }, 'kind'],
    ['a folder of another size', folder, { ...folder, size: 9n }, {}, 'none'],
    ['a folder of another time', folder, { ...folder, mtimeNs: 1n }, {}, 'attributes'],
    ["a link's mode", link, { ...link, mode: 0o120000n }, {}, 'none'],
    ['another device', device, { ...device, rdev: 260n }, {}, 'content'],
  ])('%s', (_, source, replica, rules, difference) => {
    expect(compareEntries(source, replica, { ...exact, ...rules })).toBe(difference);
  });
});

describe('files with several names', () => {
  const file = (
    path: string,
    source: string,
    replica: string | null,
    isSame = replica !== null,
  ): LinkedFile => ({
    path,
    kind: 'file',
    size: 1,
    source,
    replica,
    isThere: replica !== null,
    isSame,
  });
  const told = (...files: LinkedFile[]) => {
    const { steps, untouched } = planLinks(files);
    return [
      ...steps.map(
        ({ action, file, target }) => `${action} ${file.path}${target === null ? '' : ` -> ${target}`}`,
      ),
      ...untouched.map(({ path }) => `keep ${path}`),
    ];
  };

  test('new: one is copied, the others become its names', () => {
    expect(told(file('b', '1', null), file('a', '1', null), file('c', '2', null))).toEqual([
      'add a',
      'link b -> a',
      'add c',
    ]);
  });

  test('one is there already: no copy, whatever its name', () => {
    expect(told(file('a', '1', null), file('b', '1', 'x'))).toEqual(['link a -> b', 'keep b']);
  });

  test('all as it should be', () => {
    expect(told(file('a', '1', 'x'), file('b', '1', 'x'))).toEqual(['keep a', 'keep b']);
  });

  test('two files in the source, one in the replica: one of them is copied anew', () => {
    expect(told(file('a', '1', 'x'), file('b', '2', 'x'))).toEqual(['overwrite b', 'keep a']);
  });

  test('one file in the source, two in the replica', () => {
    expect(told(file('a', '1', 'x'), file('b', '1', 'y'))).toEqual(['link b -> a', 'keep a']);
  });

  test('its content has changed', () => {
    expect(told(file('a', '1', 'x', false), file('b', '1', 'x', false))).toEqual([
      'overwrite a',
      'link b -> a',
    ]);
  });
});

test('steps come back as they were packed, whatever the names', () => {
  const writer = createStepWriter();
  expect(writer.finish()).toBeNull();
  writer.enter('');
  writer.add('attributes', 'folder', 0, '');
  writer.enter('a b/\xff');
  writer.add('add', 'file', 12, 'x\ny /z'.replace('/', '\\'));
  writer.add('delete', 'link', 3, ' ');
  expect([...readSteps(writer.finish() ?? new Uint8Array())]).toEqual([
    { action: 'attributes', kind: 'folder', size: 0, path: '' },
    { action: 'add', kind: 'file', size: 12, path: 'a b/\xff/x\ny \\z' },
    { action: 'delete', kind: 'link', size: 3, path: 'a b/\xff/ ' },
  ]);
});

test('names: bytes and back, and as people read them', () => {
  expect(fromText('ä')).toBe('\xc3\xa4');
  expect(toText('\xc3\xa4')).toBe('ä');
  expect(toText('a\xff\xc3')).toBe('a\\xff\\xc3');
  expect([...toBytes('a\xff')]).toEqual([0x61, 0xff]);
});

describe('how two folders lie', () => {
  const mount = (mountPoint: string, majorMinor: string, root = '/'): Mount => ({
    mountPoint,
    majorMinor,
    root,
    options: ['rw'],
    fsType: 'ext4',
    source: '',
    superOptions: ['rw'],
  });
  const disk = mount('/', '8:1');

  test.each<[string, string, string, Mount[], string | null]>([
    ['apart', '/srv/a', '/srv/ab', [disk], null],
    ['the same', '/srv/a', '/srv/a', [disk], 'same'],
    ['one in the other', '/srv/a', '/srv/a/b', [disk], 'replica-in-source'],
    ['the other in the one', '/srv/a/b', '/srv/a', [disk], 'source-in-replica'],
    ['the same on two disks', '/srv/a', '/mnt/srv/a', [disk, mount('/mnt', '8:2')], null],
    ['the same by a bind mount', '/srv/a', '/mnt', [disk, mount('/mnt', '8:1', '/srv/a')], 'same'],
    [
      'a part of it by a bind mount',
      '/srv/a',
      '/mnt/x',
      [disk, mount('/mnt', '8:1', '/srv/a/b')],
      'replica-in-source',
    ],
    ['the root of a disk', '/', '/mnt', [disk, mount('/mnt', '8:1', '/srv')], 'replica-in-source'],
    [
      'the replica is mounted in the source',
      '/srv',
      '/mnt/r',
      [disk, mount('/srv/in', '8:2', '/r'), mount('/mnt', '8:2')],
      'replica-in-source',
    ],
    [
      'a disk below the source that holds the replica',
      '/srv',
      '/srv/disk/r',
      [disk, mount('/srv/disk', '8:2')],
      'replica-in-source',
    ],
  ])('%s', (_, source, replica, mounts, relation) => {
    expect(relationOf(source, replica, mounts)).toBe(relation);
  });
});

test.each([
  ['apart', 'C:\\data', 'C:\\data2', null],
  ['the same but for the case', 'C:\\Data', 'C:\\data', 'same'],
  ['one in the other', 'C:\\data', 'C:\\data\\in', 'replica-in-source'],
  ['on the drive that is the replica', 'D:\\data', 'D:\\', 'source-in-replica'],
  ['a whole drive, and a folder on it', 'D:\\', 'D:\\copy', 'replica-in-source'],
  ['a drive and another one', 'C:\\', 'D:\\', null],
])('how two folders of Windows lie: %s', (_, source, replica, relation) => {
  onWindows(() => expect(relationOf(source, replica, [])).toBe(relation));
});

test('on Windows, what is open elsewhere is told from what may not be read', () => {
  const failing = (code: string) => () => {
    throw Object.assign(new Error(code), { code });
  };
  onWindows(() => {
    expect(attempt(failing('EBUSY'))).toBe('open-elsewhere');
    expect(attempt(failing('EPERM'))).toBe('EPERM');
  });
});

test('where state and locks are on Windows, whatever a shell from elsewhere has set there', () => {
  const environment = {
    LOCALAPPDATA: 'C:\\Users\\Ute\\AppData\\Local',
    XDG_STATE_HOME: '/x',
    XDG_RUNTIME_DIR: '/x',
  };
  expect(defaultDirectories(environment, 'win32')).toEqual({
    state: 'C:\\Users\\Ute\\AppData\\Local\\plugback',
    runtime: 'C:\\Users\\Ute\\AppData\\Local\\plugback\\run',
  });
  // A service may have none.
  expect(defaultDirectories({}, 'win32').runtime).toMatch(/\\AppData\\Local\\plugback\\run$/);
});

test('how exactly times can be kept', () => {
  expect(timeUnitOf({ ctimeNs: 1_700_000_000_123_456_789n }, true)).toBe(1n);
  expect(timeUnitOf({ ctimeNs: 1_700_000_000_123_456_789n }, false)).toBe(1000n);
  expect(timeUnitOf({ ctimeNs: 1_700_000_000_123_456_700n }, true)).toBe(100n);
  expect(timeUnitOf({ ctimeNs: 1_700_000_000_123_456_700n }, false)).toBe(1000n);
  expect(timeUnitOf({ ctimeNs: 1_700_000_000_120_000_000n }, true)).toBe(10_000_000n);
  expect(timeUnitOf({ ctimeNs: 1_700_000_000_000_000_000n }, true)).toBe(2_000_000_000n);
  onWindows(() => {
    expect(timeUnitOf({ ctimeNs: 1_700_000_000_123_456_700n }, false)).toBe(2000n);
    expect(timeUnitOf({ ctimeNs: 1_700_000_000_000_000_000n }, false)).toBe(2_000_000_000n);
  });
});

test('mass deletion: the limit itself is allowed, an empty replica has nothing to lose', () => {
  expect(refuseDeletions(0, 0, {})).toBeNull();
  expect(refuseDeletions(4, 1, {})).toBeNull();
  expect(refuseDeletions(100, 26, {})?.details).toEqual({ deletes: 26, files: 100, percent: 26, limit: 25 });
  expect(refuseDeletions(100, 26, { maxDeletePercent: 30 })).toBeNull();
  expect(refuseDeletions(100, 100, { allowDeletes: true })).toBeNull();
});

describe('what is known of a pair', () => {
  const source = { ino: 12, ctimeMs: 1_700_000_000_123.4568, size: 10 };
  const replica = { ino: 7_000_000_001, ctimeMs: 1_700_000_000_999.25, size: 10 };
  const listed = (...facts: Fact[]) => Uint32Array.from(facts.flatMap(({ low, high }) => [low, high]));

  test('is known of no other inode, time or size, and not the other way round', () => {
    const table = tableOf([listed(factOf(source, replica))]);
    expect(isKnown(table, factOf(source, replica))).toBe(true);
    for (const [one, other] of [
      [{ ...source, ino: 13 }, replica],
      [{ ...source, ctimeMs: source.ctimeMs + 0.001 }, replica],
      [source, { ...replica, ino: replica.ino + 1 }],
      [source, { ...replica, ctimeMs: replica.ctimeMs - 1 }],
      [{ ...source, size: 11 }, replica],
      // What a failure of the power leaves.
      [source, { ...replica, size: 0 }],
      [replica, source],
    ] as const)
      expect(isKnown(table, factOf(one, other))).toBe(false);
  });

  test('a table holds all that it is given, and grows', () => {
    const many = Array.from({ length: 5000 }, (_, ino) => factOf({ ...source, ino }, replica));
    const small = tableOf([listed(...many.slice(0, 100))]);
    const table = extendedTable(small, [listed(...many.slice(100)), listed()], 0);
    expect(many.every((fact) => isKnown(table, fact))).toBe(true);
    expect(countOf(table)).toBe(5000);
    expect(tableOf([table]).length).toBe(table.length);
    const again = extendedTable(table, [listed(factOf(replica, source))], 256);
    expect([again.length, again.byteOffset, countOf(again)]).toEqual([table.length, 256, 5001]);
    expect(many.every((fact) => isKnown(again, fact))).toBe(true);
    expect(isKnown(table, factOf({ ...source, ino: 5000 }, replica))).toBe(false);
  });

  test('is not kept of what may change once more within the same tick, or has a time from the future', () => {
    expect(isFresh(1_000_000.5, 1_000_050)).toBe(true);
    expect(isFresh(1_000_000.5, 1_000_200)).toBe(false);
    expect(isFresh(1_000_000, 1_000_200)).toBe(true);
    expect(isFresh(1_000_000, 1_002_200)).toBe(false);
    expect(isFresh(9_000_000.5, 1_000_200)).toBe(true);
  });

  test('an exact time is the same number as a plain one', () => {
    for (const place of ['/', '/etc', process.execPath, import.meta.filename]) {
      expect(msOf(lstatSync(place, { bigint: true }).ctimeNs)).toBe(lstatSync(place).ctimeMs);
    }
  });
});

test.each([
  ['Cannot open: Permission denied', 'EACCES'],
  ['Wrote only 4096 of 10240 bytes', 'ENOSPC'],
  ['Cannot write: No space left on device', 'ENOSPC'],
  ['file changed as we read it', 'changing'],
  ['File shrank by 17 bytes; padding with zeros', 'changing'],
  ['Read error at byte 0, while reading 512 bytes: Input/output error', 'EIO'],
  ['Something that nobody has seen yet', 'incomplete'],
])('tar says “%s”', (words, reason) => {
  expect(skipReasonOf(words)).toBe(reason);
});
