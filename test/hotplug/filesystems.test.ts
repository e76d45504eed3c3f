/** Disks with other filesystems than ext4, mounted by the drivers of a stock kernel. */

import { expect } from 'vitest';
import { isClosedUp } from '../../src/system/mount.ts';
import { listing, source } from './office.ts';
import { type Box, mountPoint, scenarios } from './scenario.ts';

const scenario = scenarios();

/** All that is below a folder of the guest. */
const listingIn = (box: Box, folder: string) => listing((...argv) => box.guest.run(...argv), folder);
/** The lines with sizes and checksums. */
const sums = (lines: readonly string[]) => lines.filter((line) => /^[0-9a-f]{64} /.test(line));

/** What the guest finds on a disk that is plugged in, and used by nobody. */
async function listingOfPlugged(box: Box, driver: string, uuid: string): Promise<string[]> {
  const options = driver === 'vfat' ? 'ro,utf8=1' : 'ro';
  await box.guest.run('mount', '-t', driver, '-o', options, `/dev/disk/by-uuid/${uuid}`, '/mnt');
  try {
    return await listingIn(box, '/mnt');
  } finally {
    await box.guest.run('umount', '/mnt');
  }
}

/** The mount of the backup disk, in the guest's own words: driver and options. */
async function mounted(box: Box): Promise<{ driver: string; options: string[]; ofDriver: string }> {
  const lines = (await box.guest.run('cat', '/proc/self/mountinfo')).split('\n');
  const [left = '', right = ''] = (lines.find((line) => line.includes(` ${mountPoint} `)) ?? '').split(' - ');
  const [driver = '', , ofDriver = ''] = right.split(' ');
  return { driver, options: left.split(' ')[5]?.split(',') ?? [], ofDriver };
}

for (const [fsType, megabytes] of [
  ['xfs', 320],
  ['btrfs', 128],
] as const) {
  scenario(`${fsType}: the copy is the source`, async (box) => {
    const disk = await box.disk({ fsType, megabytes });
    await box.configure([disk]);
    await box.plug(disk);
    expect(await box.ended(disk)).toMatchObject({ outcome: 'done', error: null, unplug: true, warnings: [] });
    expect(await box.isMounted()).toBe(false);
    expect(await box.failedUnits()).toEqual([]);
    expect(await listingOfPlugged(box, fsType, disk.uuid)).toEqual(await listingIn(box, source));
  });
}

for (const [fsType, driver, option] of [
  ['vfat', 'vfat', 'tz=UTC'],
  ['exfat', 'exfat', 'dmask=0077'],
  ['ntfs', 'ntfs3', 'dmask=0077'],
] as const) {
  scenario(`${fsType}: by the driver that can write, closed up, and nothing is copied twice`, async (box) => {
    await box.guest.run('rm', `${source}/Grüße aus\nKöln.txt`);
    await box.guest.run('touch', `${source}/Größe €.txt`);
    const disk = await box.disk({ fsType, label: 'OFFICE' });
    await box.configure([disk], { 'rsync-options': '--bwlimit=500' });
    await box.plug(disk);
    await box.copied(1);
    const mount = await mounted(box);
    expect(mount.driver).toBe(driver);
    expect(isClosedUp(mount.options), mount.options.join()).toBe(true);
    expect(mount.ofDriver).toContain(option);
    const first = await box.ended(disk);
    expect(first).toMatchObject({ outcome: 'warned', error: null, unplug: true });
    expect(first.warnings).toHaveLength(1);
    expect(await box.lastMail()).toContain(first.warnings[0]);
    expect(sums(await listingOfPlugged(box, driver, disk.uuid))).toEqual(sums(await listingIn(box, source)));
    await box.pull(disk);

    await box.guest.run('timedatectl', 'set-timezone', 'Asia/Tokyo');
    await box.plug(disk);
    const second = await box.ended(disk);
    expect(second.estimate).toEqual({ files: 0, bytes: 0, deletes: 0 });
    expect(second.steps.find(({ name }) => name === 'copy')?.message).toContain('Nothing had to be copied');
  });
}
