import { describe, expect, test } from 'vitest';
import { deviceErrors, endOf, parseKernelLog, readKernelLog } from '../../src/system/kernel-log.ts';
import { fakeRunner } from '../fakes.ts';
import { fixture } from '../fixtures.ts';

/** The errors of devices in a captured log, since its beginning. */
function errorsIn(name: string, ...devices: string[]): string[] {
  return deviceErrors(parseKernelLog(fixture(name)), 0, devices);
}

describe('the kernel’s log', () => {
  test('each line with its time', () => {
    const lines = parseKernelLog(fixture('dmesg-xfs-shutdown.txt'));
    expect(lines).toHaveLength(6);
    expect(lines[1]).toEqual({ time: 3517.471905, text: 'XFS (loop1): Ending clean mount' });
    expect(endOf(lines)).toBe(3517.493853);
  });

  test('an empty log, and lines that are none', () => {
    expect(parseKernelLog('')).toEqual([]);
    expect(parseKernelLog('dmesg: read kernel buffer failed\n<6>[x] y\n')).toEqual([]);
    expect(endOf([])).toBe(0);
  });

  test('early lines and those with the caller’s number', () => {
    expect(
      parseKernelLog('<5>[    0.000000] Linux version\n<3>[   12.5][ T99] I/O error, dev sdb, sector 8\n'),
    ).toEqual([
      { time: 0, text: 'Linux version' },
      { time: 12.5, text: '[ T99] I/O error, dev sdb, sector 8' },
    ]);
  });

  test('is read by dmesg, or fails in its words', async () => {
    const runner = fakeRunner(() => ({ stdout: '<6>[    1.5] hello\n' }));
    expect(await readKernelLog(runner)).toEqual([{ time: 1.5, text: 'hello' }]);
    expect(runner.calls).toEqual([['dmesg', '--raw']]);
    const refused = fakeRunner(() => ({
      exitCode: 1,
      stderr: 'dmesg: read kernel buffer failed: Operation not permitted\n',
    }));
    await expect(readKernelLog(refused)).rejects.toThrow(
      'dmesg: read kernel buffer failed: Operation not permitted',
    );
  });
});

describe('errors of a device', () => {
  test.each([
    ['dmesg-ext4-lost-writes.txt', 'critical space allocation error, dev loop1, sector 86018 op 0x1:(WRITE)'],
    [
      'dmesg-ext4-lost-writes.txt',
      'EXT4-fs warning (device loop1): ext4_end_bio:368: I/O error 3 writing to inode',
    ],
    ['dmesg-ext4-lost-writes.txt', 'EXT4-fs (loop1): failed to convert unwritten extents'],
    ['dmesg-ext4-lost-writes.txt', 'Buffer I/O error on device loop1, logical block 43009'],
    ['dmesg-ext4-aborted.txt', 'EXT4-fs error (device loop1): trigger_test_error:129: comm bash: oops'],
    ['dmesg-ext4-aborted.txt', 'Aborting journal on device loop1-8.'],
    ['dmesg-ext4-aborted.txt', 'EXT4-fs (loop1): Remounting filesystem read-only'],
    ['dmesg-ext4-aborted.txt', 'EXT4-fs (loop1): shut down requested (2)'],
    ['dmesg-xfs-shutdown.txt', 'XFS (loop1): User initiated shutdown received.'],
    ['dmesg-xfs-shutdown.txt', 'XFS (loop1): Log I/O Error (0x6) detected at xfs_fs_goingdown'],
    ['dmesg-xfs-lost-writes.txt', 'loop1: writeback error on inode 131, offset 0, sector 163920'],
    ['dmesg-btrfs-lost-writes.txt', 'BTRFS: error (device loop1) in btrfs_commit_transaction:2546: errno=-5'],
    ['dmesg-btrfs-lost-writes.txt', 'BTRFS error (device loop1 state EA): Transaction aborted (error -5)'],
    ['dmesg-usb-written.txt', 'critical medium error, dev sde, sector 4751360 op 0x1:(WRITE)'],
    ['dmesg-usb-written.txt', 'Buffer I/O error on dev sde1, logical block 593664, lost async page write'],
    ['dmesg-usb-written.txt', 'device offline error, dev sde, sector 8'],
    ['dmesg-usb-written.txt', 'JBD2: I/O error when updating journal superblock for sde1-8.'],
    ['dmesg-usb-written.txt', 'JBD2: Detected IO errors while flushing file data on sde1-8'],
    ['dmesg-usb-written.txt', 'sd 4:0:0:0: [sde] Synchronize Cache(10) failed'],
    ['dmesg-usb-written.txt', 'FAT-fs (sde2): Directory bread(block 1216) failed'],
    ['dmesg-usb-written.txt', 'FAT-fs (sde2): error, fat_get_cluster'],
    ['dmesg-usb-written.txt', 'FAT-fs (sde2): Filesystem has been set read-only'],
    ['dmesg-usb-written.txt', 'ntfs3(sde1): ino=1a, "Montag" attr_set_size failed -5'],
  ])('%s: %s', (name, beginning) => {
    const devices = name.includes('usb') ? ['sde1', 'sde2', 'sde'] : ['loop1'];
    expect(errorsIn(name, ...devices)).toContainEqual(expect.stringContaining(beginning));
  });

  test('nothing that belongs to a good run: mounting, repairing, discarding, unmounting', () => {
    expect(errorsIn('dmesg-harmless.txt', 'loop1', 'loop16', 'loop17')).toEqual([]);
    const plugged = parseKernelLog(fixture('dmesg-usb-written.txt')).filter((line) => line.time < 1000);
    expect(plugged).toHaveLength(8);
    expect(deviceErrors(plugged, 0, ['sde', 'sde1'])).toEqual([]);
  });

  test.each([
    ['dmesg-ext4-lost-writes.txt', 'loop10'],
    ['dmesg-ext4-lost-writes.txt', 'loop'],
    ['dmesg-ext4-lost-writes.txt', 'oop1'],
    ['dmesg-ext4-aborted.txt', 'loop10'],
    ['dmesg-xfs-shutdown.txt', 'loop10'],
    ['dmesg-xfs-lost-writes.txt', 'loop10'],
    ['dmesg-btrfs-lost-writes.txt', 'loop10'],
    ['dmesg-usb-written.txt', 'sd'],
    ['dmesg-usb-written.txt', 'sde10'],
    ['dmesg-usb-written.txt', 'sda'],
    ['dmesg-usb-written.txt', 'e1'],
  ])('%s says nothing about %s', (name, device) => {
    expect(errorsIn(name, device)).toEqual([]);
  });

  test('loop10’s errors are not loop1’s, in every kind of line', () => {
    for (const name of [
      'ext4-lost-writes',
      'ext4-aborted',
      'xfs-shutdown',
      'xfs-lost-writes',
      'btrfs-lost-writes',
    ]) {
      const ten = fixture(`dmesg-${name}.txt`).replaceAll('loop1', 'loop10');
      expect(deviceErrors(parseKernelLog(ten), 0, ['loop1']), name).toEqual([]);
      expect(deviceErrors(parseKernelLog(ten), 0, ['loop10']).length, name).toBeGreaterThan(0);
    }
  });

  test('only those after the mark', () => {
    const lines = parseKernelLog(fixture('dmesg-ext4-aborted.txt'));
    expect(deviceErrors(lines, 0, ['loop1'])).toHaveLength(5);
    const mark = endOf(lines.slice(0, 3));
    expect(deviceErrors(lines, mark, ['loop1'])).toEqual([
      'EXT4-fs (loop1): shut down requested (2)',
      'Aborting journal on device loop1-8.',
    ]);
    expect(deviceErrors(lines, endOf(lines), ['loop1'])).toEqual([]);
  });

  test('a name is no pattern', () => {
    const lines = [{ time: 1, text: 'I/O error, dev sdXb, sector 8' }];
    expect(deviceErrors(lines, 0, ['sd.b'])).toEqual([]);
  });
});
