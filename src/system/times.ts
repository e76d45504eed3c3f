/** How exactly a filesystem keeps times. */

import { stat } from 'node:fs/promises';

/** Those that can keep nanoseconds, which Linux counts in. */
const exactFilesystems = ['ext3', 'ext4', 'xfs', 'btrfs', 'f2fs'];

/**
 * Does the mounted filesystem keep times to the nanosecond? An ext filesystem with inodes of 128 bytes keeps seconds.
 * Told from the root folder's own time of change, which something made there has set: once in 10^9 times it says no
 * for a yes.
 */
export async function keepsNanoseconds(mountPoint: string, fsType: string): Promise<boolean> {
  if (!exactFilesystems.includes(fsType)) return false;
  const { ctimeNs } = await stat(mountPoint, { bigint: true });
  return ctimeNs % 1_000_000_000n !== 0n;
}
