/** Who keeps a mounted filesystem busy. */

import { readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { isWithin } from './mountinfo.ts';

/**
 * The programs with an open file, working directory or root below a mount point, as `name (process id)`.
 * Without root's rights only this user's own are seen.
 */
export async function findHolders(procRoot: string, mountPoint: string): Promise<string[]> {
  const pids = (await readdir(procRoot)).filter((name) => /^\d+$/.test(name));
  const holders: string[] = [];
  for (const pid of pids) {
    const process = path.join(procRoot, pid);
    const descriptors = await readdir(path.join(process, 'fd')).catch(() => []);
    const links = ['cwd', 'root', 'exe', ...descriptors.map((descriptor) => path.join('fd', descriptor))];
    for (const link of links) {
      const target = await readlink(path.join(process, link)).catch(() => null);
      if (target === null || !isWithin(target, mountPoint)) continue;
      const name = await readFile(path.join(process, 'comm'), 'utf8').catch(() => '?');
      holders.push(`${name.trim()} (${pid})`);
      break;
    }
  }
  return holders;
}
