/** Filesystems of other systems, mounted by the kernel's own drivers. */

import { expect } from 'vitest';
import { isClosedUp } from '../../src/system/mount.ts';
import { source } from './office.ts';
import { type Box, mountPoint, scenarios } from './scenario.ts';

const scenario = scenarios();

/** The mount of the backup disk, in the guest's own words: driver and options. */
async function mounted(box: Box): Promise<{ driver: string; options: string[]; ofDriver: string }> {
  const lines = (await box.guest.run('cat', '/proc/self/mountinfo')).split('\n');
  const [left = '', right = ''] = (lines.find((line) => line.includes(` ${mountPoint} `)) ?? '').split(' - ');
  const [driver = '', , ofDriver = ''] = right.split(' ');
  return { driver, options: left.split(' ')[5]?.split(',') ?? [], ofDriver };
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
    expect(first).toMatchObject({ outcome: 'warned', unplug: true });
    expect(first.warnings).toHaveLength(1);
    await box.pull(disk);

    await box.guest.run('timedatectl', 'set-timezone', 'Asia/Tokyo');
    await box.plug(disk);
    const second = await box.ended(disk);
    expect(second.estimate).toEqual({ files: 0, bytes: 0, deletes: 0 });
    expect(second.steps.find(({ name }) => name === 'copy')?.message).toContain('Nothing had to be copied');
  });
}
