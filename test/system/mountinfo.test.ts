import { mkdir, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import {
  isReadOnly,
  isWithin,
  type Mount,
  mountAt,
  mountHolding,
  parseMountinfo,
  readMounts,
} from '../../src/system/mountinfo.ts';
import { fixture } from '../fixtures.ts';
import { useFolder } from '../folder.ts';

const mounts = parseMountinfo(fixture('mountinfo.txt'));
const folder = useFolder();

function at(mountPoint: string): Mount {
  const mount = mountAt(mounts, mountPoint);
  if (mount === null) throw new Error(`nothing at ${mountPoint}`);
  return mount;
}

describe('mountinfo', () => {
  test('every line is a mount, in order', () => {
    expect(mounts).toHaveLength(15);
    expect(mounts.slice(0, 3).map((mount) => mount.mountPoint)).toEqual(['/', '/proc', '/mnt/lab']);
  });

  test('a disk as it is mounted for a backup', () => {
    expect(at('/mnt/lab/with blank')).toEqual({
      majorMinor: '7:15',
      root: '/',
      mountPoint: '/mnt/lab/with blank',
      options: ['rw', 'nosuid', 'nodev', 'noexec', 'noatime', 'nosymfollow'],
      fsType: 'ext4',
      source: '/dev/loop15',
      superOptions: ['rw'],
    });
  });

  test('a bind mount shows its folder, a subvolume its name and a number of its own', () => {
    expect(at('/mnt/lab/bound')).toMatchObject({
      root: '/photos 2026',
      majorMinor: '7:15',
      source: '/dev/loop15',
    });
    expect(at('/mnt/lab/sub')).toMatchObject({
      root: '/@backups',
      majorMinor: '0:40',
      source: '/dev/loop16',
    });
  });

  test.each([
    ['/mnt/lab/new\nline', 'the new line '],
    ['/mnt/lab/tab\there', 'the tab here '],
    ['/mnt/lab/back\\slash', 'the back\\slash '],
    ['/mnt/lab/hash#sign', 'the hash#sign '],
    ['/mnt/lab/Bücher', 'the Bücher '],
    ['/mnt/lab/a - b', 'the a - b '],
  ])('escapes are undone: %j', (mountPoint, source) => {
    expect(at(mountPoint).source).toBe(source);
  });

  test('read-only by the mount alone, by the filesystem alone, or not', () => {
    expect(isReadOnly(at('/mnt/lab/bound'))).toBe(true);
    expect(isReadOnly(at('/mnt/lab/media'))).toBe(true);
    const { superOptions, ...rest } = at('/mnt/lab/with blank');
    expect(isReadOnly({ ...rest, superOptions })).toBe(false);
    expect(isReadOnly({ ...rest, superOptions: ['ro', 'errors=remount-ro'] })).toBe(true);
    expect(isReadOnly({ ...rest, superOptions: ['rw', 'errors=remount-ro'] })).toBe(false);
  });

  test('lines that are none are passed over', () => {
    expect(parseMountinfo('')).toEqual([]);
    expect(parseMountinfo('36 35 98:0 / /mnt\n\n- - -\nx - y\n')).toEqual([]);
  });

  test('is read from the given place', async () => {
    await mkdir(folder('self'));
    await writeFile(folder('self/mountinfo'), fixture('mountinfo.txt'));
    expect(await readMounts(folder())).toEqual(mounts);
  });
});

describe('what is mounted where', () => {
  test('the uppermost of several mounts in one place', () => {
    expect(at('/mnt/lab/stacked').source).toBe('above');
    expect(mountHolding(mounts, '/mnt/lab/stacked/x')?.source).toBe('above');
  });

  test('only exactly there', () => {
    expect(mountAt(mounts, '/mnt/lab/with')).toBeNull();
    expect(mountAt(mounts, '/mnt/lab/with blank/')).toBeNull();
    expect(mountAt(mounts, '/mnt/lab/with blank/photos 2026')).toBeNull();
  });

  test.each([
    ['/mnt/lab/with blank/photos 2026/a.jpg', '/mnt/lab/with blank'],
    ['/mnt/lab/with blank', '/mnt/lab/with blank'],
    ['/mnt/lab/with blanks', '/mnt/lab'],
    ['/mnt/lab', '/mnt/lab'],
    ['/mnt/labs', '/'],
    ['/', '/'],
  ])('%s lies on %s', (filePath, mountPoint) => {
    expect(mountHolding(mounts, filePath)?.mountPoint).toBe(mountPoint);
  });

  test('nothing holds anything where nothing is mounted', () => {
    expect(mountHolding([], '/srv')).toBeNull();
  });
});

test.each([
  ['/srv/backups', '/srv/backups', true],
  ['/srv/backups/a', '/srv/backups', true],
  ['/srv/backups/a', '/srv/backups/', true],
  ['/srv/backups-old', '/srv/backups', false],
  ['/srv', '/srv/backups', false],
  ['/srv', '/', true],
  ['/', '/', true],
])('%s within %s: %s', (filePath, parent, expected) => {
  expect(isWithin(filePath, parent)).toBe(expected);
});
