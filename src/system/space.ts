/** Free space of a mounted filesystem. */

import { statfs } from 'node:fs/promises';

export interface Space {
  sizeBytes: number;
  /** Free for everybody: what people are told. */
  freeBytes: number;
  /** Free for root: on ext filesystems a share is kept back for it, and the copy may use it. */
  freeForRootBytes: number;
  /** How many more files fit; null where the filesystem has no such limit (btrfs, FAT). */
  freeInodes: number | null;
  /** The unit in which it gives room to a file: a block, a cluster. */
  blockBytes: number;
}

/** The space of the filesystem that holds a path. */
export async function readSpace(mountPoint: string, fsType: string): Promise<Space> {
  const stats = await statfs(mountPoint);
  const freeBytes = stats.bavail * stats.bsize;
  const freeBlocksForRoot = Math.max(0, stats.bfree - withheldBlocks(stats.blocks, fsType));
  return {
    sizeBytes: stats.blocks * stats.bsize,
    freeBytes,
    // Elsewhere bfree counts blocks that cannot be had: raw ones on btrfs, reserved ones on xfs.
    freeForRootBytes: fsType.startsWith('ext') ? freeBlocksForRoot * stats.bsize : freeBytes,
    freeInodes: stats.files > 0 ? stats.ffree : null,
    blockBytes: stats.bsize,
  };
}

/**
 * What ext4 keeps for its own book-keeping even from root: a fiftieth, 4096 blocks at most (`reserved_clusters` in sysfs).
 * The kernel takes the fiftieth of all blocks, a little more than statfs counts.
 */
function withheldBlocks(blocks: number, fsType: string): number {
  return fsType === 'ext4' ? Math.min(Math.ceil(blocks / 45), 4096) : 0;
}
