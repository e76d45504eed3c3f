/** Which filesystem can be a backup disk, and which one somebody means. */

import { describe, expect, test } from 'vitest';
import {
  attachedFilesystems,
  chooseCandidate,
  containerOf,
  enrollObstacle,
  shortcomingOf,
  uuidIn,
} from '../../src/backup/candidates.ts';
import { PlugbackError } from '../../src/errors.ts';
import { type BlockDevice, parseLsblk } from '../../src/system/block-devices.ts';
import { fixture } from '../fixtures.ts';

const office = parseLsblk(fixture('lsblk-office.json'));

function device(path: string, changes: Partial<BlockDevice> = {}): BlockDevice {
  const found = office.find((one) => one.path === path);
  if (found === undefined) throw new Error(`${path} is not in the fixture`);
  return { ...found, ...changes };
}

/** A USB stick beside the office's drives. */
function stick(changes: Partial<BlockDevice> = {}): BlockDevice {
  return {
    ...device('/dev/sde1'),
    path: '/dev/sdg1',
    kernelName: 'sdg1',
    ancestors: ['sdg'],
    uuid: 'AB12-34CD',
    fsType: 'ext4',
    ...changes,
  };
}

describe('what is shown', () => {
  test('filesystems, and no shells of partitions', () => {
    expect(attachedFilesystems(office).map((one) => one.path)).toEqual([
      '/dev/sda1',
      '/dev/sda2',
      '/dev/sda3',
      '/dev/sda4',
      '/dev/sdb1',
      '/dev/md0',
      '/dev/sdc1',
      '/dev/sdd1',
      '/dev/mapper/backup',
      '/dev/sde1',
      '/dev/sdf1',
    ]);
  });

  test('an empty disk, but nothing that nobody plugged in', () => {
    const blank = stick({
      path: '/dev/sdh',
      kernelName: 'sdh',
      ancestors: [],
      type: 'disk',
      fsType: null,
      uuid: null,
    });
    const shown = (changes: Partial<BlockDevice>) => attachedFilesystems([{ ...blank, ...changes }]).length;
    expect(shown({})).toBe(1);
    expect(shown({ sizeBytes: 0 })).toBe(0);
    expect(shown({ type: 'rom' })).toBe(0);
    expect(shown({ kernelName: 'zram0' })).toBe(0);
    expect(shown({ type: 'loop' })).toBe(0);
    expect(shown({ type: 'loop', fsType: 'squashfs' })).toBe(0);
    expect(shown({ type: 'loop', fsType: 'ext4' })).toBe(1);
  });
});

describe('why one cannot be a backup disk', () => {
  test.each([
    ['/dev/sda1', 'system-disk'],
    ['/dev/sda2', 'swap'],
    ['/dev/sda4', 'system-disk'],
    ['/dev/sdb1', 'unsupported'],
    ['/dev/md0', null],
    ['/dev/sdd1', null],
    ['/dev/mapper/backup', null],
    ['/dev/sde1', 'duplicate-uuid'],
    ['/dev/sdf1', 'duplicate-uuid'],
  ])('%s: %s', (path, reason) => {
    expect(enrollObstacle(device(path), office)).toBe(reason);
  });

  test.each([
    ['no-filesystem', { fsType: null, uuid: null }],
    ['no-uuid', { uuid: null }],
    ['no-uuid', { uuid: 'not; one' }],
    ['read-only', { readOnly: true }],
    ['unsupported', { fsType: 'iso9660', readOnly: true }],
    ['encrypted', { fsType: 'BitLocker' }],
    [null, { fsType: 'xfs' }],
    [null, { fsType: 'exfat' }],
  ] as const)('%s', (reason, changes) => {
    const one = stick(changes);
    expect(enrollObstacle(one, [...office, one])).toBe(reason);
  });

  test('nothing on the machine’s own disk is ever called empty: the advice would be to format it', () => {
    const spare = device('/dev/sda4', { fsType: null, uuid: null });
    expect(enrollObstacle(spare, [...office.filter((one) => one.path !== '/dev/sda4'), spare])).toBe(
      'system-disk',
    );
  });

  test('what lies in an encrypted disk, and in which', () => {
    expect(containerOf(device('/dev/mapper/backup'), office)?.path).toBe('/dev/sdd1');
    expect(containerOf(device('/dev/sdd1'), office)).toBeNull();
    expect(containerOf(device('/dev/md0'), office)).toBeNull();
  });

  test('what a filesystem takes away from the copy', () => {
    expect(['vfat', 'exfat', 'ntfs', 'ext4', 'toString', null].map(shortcomingOf)).toEqual([
      'FAT',
      'exFAT',
      'NTFS',
      null,
      null,
      null,
    ]);
  });
});

describe('which one is meant', () => {
  const choose = (text: string, resolved: string | null = null, devices = office) =>
    chooseCandidate({ text, resolved }, devices);
  const error = (text: string, resolved: string | null = null, devices = office): PlugbackError => {
    try {
      choose(text, resolved, devices);
    } catch (thrown) {
      if (thrown instanceof PlugbackError) return thrown;
    }
    throw new Error(`no error for ${text}`);
  };
  const vault = 'bbbbbbbb-0002-4000-8000-00000000000b';

  test.each([
    ['a device', '/dev/mapper/backup', null],
    ['the kernel’s name for it', '/dev/dm-0', null],
    ['a name without its folder', 'dm-0', null],
    ['a link to it', '/dev/disk/by-label/Vault', '/dev/dm-0'],
    ['a UUID', vault, null],
    ['a UUID in capitals', vault.toUpperCase(), null],
    ['a UUID as fstab writes it', `UUID=${vault}`, null],
    ['a UUID as fstab may write it', `UUID="${vault}"`, null],
    ['udev’s link where no udev runs', `/dev/disk/by-uuid/${vault}`, null],
  ])('%s', (_, text, resolved) => {
    expect(choose(text, resolved)).toMatchObject({ path: '/dev/mapper/backup' });
  });

  test('a whole disk with exactly one filesystem', () => {
    const one = stick();
    const disk = stick({ path: '/dev/sdg', kernelName: 'sdg', ancestors: [], fsType: null, uuid: null });
    const empty = stick({ path: '/dev/sdg2', kernelName: 'sdg2', fsType: null, uuid: null });
    expect(choose('/dev/sdg', null, [...office, disk, one, empty])).toMatchObject({ path: '/dev/sdg1' });
  });

  test('a whole disk with several is a question', () => {
    expect(choose('/dev/sda')).toMatchObject({
      several: [{ path: '/dev/sda1' }, { path: '/dev/sda2' }, { path: '/dev/sda3' }, { path: '/dev/sda4' }],
    });
  });

  test('a whole disk with none is the disk itself', () => {
    const disk = stick({ path: '/dev/sdg', kernelName: 'sdg', ancestors: [], fsType: null, uuid: null });
    expect(choose('/dev/sdg', null, [disk])).toBe(disk);
  });

  test('a clone is refused, however it is named', () => {
    for (const text of ['/dev/sde1', '/dev/sde', '1b1f8c2e-7a4d-4c55-9f0e-2d3c4b5a6978']) {
      expect(error(text)).toMatchObject({
        code: 'duplicate-uuid',
        details: { devices: ['/dev/sde1', '/dev/sdf1'] },
      });
    }
  });

  test('what is not there', () => {
    expect(error('AAAA-BBBB')).toMatchObject({ code: 'disk-not-attached', details: { uuid: 'AAAA-BBBB' } });
    expect(error('/dev/sdz1')).toMatchObject({ code: 'device-not-found', details: { device: '/dev/sdz1' } });
    // Something is there, but it is no disk.
    expect(error('config.ini', '/etc/plugback/config.ini').code).toBe('device-not-found');
  });

  test('what is a UUID and what is not', () => {
    expect(uuidIn('AB12-34CD')).toBe('AB12-34CD');
    expect(uuidIn('/dev/disk/by-uuid/AB12-34CD')).toBe('AB12-34CD');
    expect(uuidIn('/dev/sdb1')).toBeNull();
    expect(uuidIn('sdb1')).toBeNull();
  });
});
