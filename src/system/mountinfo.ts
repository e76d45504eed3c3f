/** Reads `/proc/self/mountinfo`: what is really mounted where, in this process's eyes. */

import { readFileSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';

export interface Mount {
  /** `major:minor` of the device, as the kernel numbers it. */
  majorMinor: string;
  /** The folder of the filesystem that is mounted: `/` unless it is a bind mount or subvolume. */
  root: string;
  mountPoint: string;
  /** Options of this mount, such as `ro`, `nosuid`. */
  options: string[];
  fsType: string;
  /** The device or share as the mounter named it. */
  source: string;
  /** Options of the filesystem itself, such as `ro` after an error. */
  superOptions: string[];
}

/** Parses mountinfo; see proc(5) for the fields. Blanks and newlines in paths come as octal escapes. */
export function parseMountinfo(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const [left, right] = line.split(' - ');
    if (left === undefined || right === undefined) continue;
    const [, , majorMinor, root, mountPoint, options] = left.split(' ');
    const [fsType, source, superOptions] = right.split(' ');
    if (majorMinor === undefined || root === undefined || mountPoint === undefined || fsType === undefined)
      continue;
    mounts.push({
      majorMinor,
      root: unescapeOctal(root),
      mountPoint: unescapeOctal(mountPoint),
      options: (options ?? '').split(','),
      fsType,
      source: unescapeOctal(source ?? ''),
      superOptions: (superOptions ?? '').split(','),
    });
  }
  return mounts;
}

function unescapeOctal(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** Everything that is mounted, in the order in which it was mounted. */
export async function readMounts(procRoot: string): Promise<Mount[]> {
  return parseMountinfo(await readFile(path.join(procRoot, 'self', 'mountinfo'), 'utf8'));
}

/** The same for what cannot wait. @throws the system's error where there is no /proc */
export function readMountsSync(procRoot: string): Mount[] {
  return parseMountinfo(readFileSync(path.join(procRoot, 'self', 'mountinfo'), 'utf8'));
}

/** What is mounted exactly there; of several mounts on top of each other the uppermost. */
export function mountAt(mounts: readonly Mount[], mountPoint: string): Mount | null {
  return mounts.findLast((mount) => mount.mountPoint === mountPoint) ?? null;
}

/** The mount on which a path lies. The path must be absolute and free of links and `..`. */
export function mountHolding(mounts: readonly Mount[], filePath: string): Mount | null {
  let best: Mount | null = null;
  for (const mount of mounts) {
    if (!isWithin(filePath, mount.mountPoint)) continue;
    if (best === null || mount.mountPoint.length >= best.mountPoint.length) best = mount;
  }
  return best;
}

/** The mount on which a folder or file really lies, links followed; null when it is not there. */
export async function mountOfPath(filePath: string, procRoot = '/proc'): Promise<Mount | null> {
  const real = await realpath(filePath).catch(() => null);
  return real === null ? null : mountHolding(await readMounts(procRoot), real);
}

/** Is a path a folder itself or something below it? */
export function isWithin(filePath: string, folder: string): boolean {
  return filePath === folder || filePath.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** A mount that cannot be written to, whether by its own options or because its filesystem gave up. */
export function isReadOnly(mount: Mount): boolean {
  return mount.options.includes('ro') || mount.superOptions.includes('ro');
}
