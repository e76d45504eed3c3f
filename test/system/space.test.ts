import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { readSpace } from '../../src/system/space.ts';

test('what is free for everybody is told; on ext filesystems root may use more of it', async () => {
  const stats = await statfs(tmpdir());
  for (const fsType of ['xfs', 'btrfs', 'vfat', 'ext4']) {
    const space = await readSpace(tmpdir(), fsType);
    expect(space.sizeBytes).toBe(stats.blocks * stats.bsize);
    expect(space.blockBytes).toBe(stats.bsize);
    expect(space.freeBytes).toBeLessThanOrEqual(space.sizeBytes);
    if (fsType !== 'ext4') expect(space.freeForRootBytes).toBe(space.freeBytes);
    expect(space.freeForRootBytes).toBeGreaterThanOrEqual(0);
    expect(space.freeForRootBytes).toBeLessThanOrEqual(space.sizeBytes);
  }
});

test('a folder that is not there', async () => {
  await expect(readSpace('/plugback-no-such-folder', 'ext4')).rejects.toThrow(/ENOENT/);
});
