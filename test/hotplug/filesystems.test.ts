/** Disks with other filesystems than ext4, through the drivers of a stock kernel. */

import { expect } from 'vitest';
import type { FsType } from './disks.ts';
import { listing, source } from './office.ts';
import { type Box, scenarios } from './scenario.ts';

const scenario = scenarios();

/** The least that their mkfs takes, roughly. */
const megabytes: { readonly [F in FsType]?: number } = { xfs: 320, btrfs: 128 };

/** All that is below a folder of the guest. */
const listingIn = (box: Box, folder: string) => listing((...argv) => box.guest.run(...argv), folder);
/** The lines with sizes and checksums. */
const sums = (lines: readonly string[]) => lines.filter((line) => /^[0-9a-f]{64} /.test(line));

/** What the guest finds on a disk that is plugged in, and used by nobody. */
async function listingOfPlugged(box: Box, uuid: string): Promise<string[]> {
  await box.guest.run('mount', '-o', 'ro', `/dev/disk/by-uuid/${uuid}`, '/mnt');
  try {
    return await listingIn(box, '/mnt');
  } finally {
    await box.guest.run('umount', '/mnt');
  }
}

for (const fsType of ['xfs', 'btrfs'] as const) {
  scenario(`${fsType}: the copy is the source`, async (box) => {
    const disk = await box.disk({ fsType, megabytes: megabytes[fsType] ?? 64 });
    await box.configure([disk]);
    await box.plug(disk);
    expect(await box.ended(disk)).toMatchObject({ outcome: 'done', error: null, unplug: true, warnings: [] });
    expect(await box.isMounted()).toBe(false);
    expect(await box.failedUnits()).toEqual([]);
    expect(await listingOfPlugged(box, disk.uuid)).toEqual(await listingIn(box, source));
  });
}

for (const fsType of ['vfat', 'exfat'] as const) {
  scenario(
    `${fsType}: every file that it can hold is there, and the mail tells of the others`,
    async (box) => {
      const disk = await box.disk({ fsType });
      await box.configure([disk]);
      await box.plug(disk);
      const run = await box.ended(disk);
      expect(run).toMatchObject({ outcome: 'warned', error: null, unplug: true });
      expect(await box.property(disk, 'ExecMainStatus')).toBe('0');
      for (const warning of run.warnings) expect(await box.lastMail()).toContain(warning);
      expect(await box.isMounted()).toBe(false);
      const possible = sums(await listingIn(box, source)).filter((line) => !line.includes('\n'));
      expect(possible.length).toBeGreaterThan(40);
      expect(sums(await listingOfPlugged(box, disk.uuid))).toEqual(possible);
    },
  );
}
