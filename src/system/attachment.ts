/** Is a device still plugged in? */

import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** Made by the kernel on top of others: such a device stays when what it lies on is pulled out. */
export function isVirtual(kernelName: string): boolean {
  return /^(dm-|md)\d/.test(kernelName);
}

/**
 * Is the device there, and with it a drive that it lies on? The kernel takes a drive's folder in sysfs away at once,
 * also while its filesystem is mounted; of a card reader's drive, when the card is taken out, it says that its size is 0.
 *
 * @param kernelNames of the device (`dm-0`) and then of everything that it lies on (`sdb1`, `sdb`)
 */
export async function isAttached(kernelNames: readonly string[], sysRoot: string): Promise<boolean> {
  const [own, ...below] = await Promise.all(
    kernelNames.map(async (name) => ({ name, isThere: await hasMedium(name, sysRoot) })),
  );
  if (own?.isThere !== true) return false;
  const drives = below.filter(({ name }) => !isVirtual(name));
  // Of several drives that are one (RAID), one may go.
  return drives.length === 0 || drives.some(({ isThere }) => isThere);
}

async function hasMedium(kernelName: string, sysRoot: string): Promise<boolean> {
  // The kernel's own spelling of names with a slash in them.
  const folder = path.join(sysRoot, 'class/block', kernelName.replaceAll('/', '!'));
  try {
    return Number(await readFile(path.join(folder, 'size'), 'utf8')) > 0;
  } catch {
    return false;
  }
}
