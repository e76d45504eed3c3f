/** What should be mounted: /etc/fstab. */

import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** The mount points that fstab wants mounted at all times; none where there is no fstab. */
export async function mountPointsInFstab(etcRoot: string): Promise<string[]> {
  const text = await readFile(path.join(etcRoot, 'fstab'), 'utf8').catch(() => '');
  return parseFstab(text);
}

/** The mount points that fstab wants mounted at all times; see fstab(5). */
export function parseFstab(text: string): string[] {
  const points: string[] = [];
  for (const line of text.split('\n')) {
    const [device, mountPoint, fsType, options = ''] = line.trim().split(/\s+/);
    if (device === undefined || device.startsWith('#') || mountPoint === undefined) continue;
    if (!mountPoint.startsWith('/') || fsType === 'swap' || options.split(',').includes('noauto')) continue;
    const unescaped = mountPoint.replace(/\\([0-7]{3})/g, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 8)),
    );
    points.push(unescaped.length > 1 ? unescaped.replace(/\/+$/, '') : unescaped);
  }
  return points;
}
