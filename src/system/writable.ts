/** Can this process write there? Found out by writing, because rights, read-only mounts and full disks all say no. */

import { constants, mkdir, open, realpath, rm, rmdir, statfs } from 'node:fs/promises';
import path from 'node:path';
import { reasonOf, systemCodeOf } from '../errors.ts';

export interface Writability {
  /** Null: yes. */
  reason: string | null;
  /** Of the filesystem that it lies on, or will lie on; null where that is unknown. */
  freeBytes: number | null;
}

/** Can files be made in a folder, or the folder itself where it is still missing? Leaves nothing behind. */
export async function canWriteInto(folder: string): Promise<Writability> {
  const existing = await nearestExisting(folder);
  const freeBytes = await freeBytesAt(existing);
  try {
    await writeProbe(folder, existing);
    return { reason: null, freeBytes };
  } catch (error) {
    return { reason: shortReason(error), freeBytes };
  }
}

/** Can lines be added to a file, or the file be made? */
export async function canAppendTo(filePath: string): Promise<Writability> {
  try {
    const handle = await open(filePath, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
    await handle.close();
    return { reason: null, freeBytes: await freeBytesAt(path.dirname(filePath)) };
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return canWriteInto(path.dirname(filePath));
    return { reason: shortReason(error), freeBytes: null };
  }
}

async function writeProbe(folder: string, existing: string): Promise<void> {
  const made: string[] = [];
  try {
    // One by one: Node's recursive mkdir never ends below /proc.
    for (const missing of foldersBetween(existing, folder)) {
      await mkdir(missing, { mode: 0o755 });
      made.push(missing);
    }
    await writeFileIn(folder);
  } finally {
    // One that somebody has begun to use meanwhile is not empty, and stays.
    for (const folder of made.toReversed()) await rmdir(folder).catch(() => undefined);
  }
}

/** The folders from below an upper one down to a lower one. */
function foldersBetween(upper: string, lower: string): string[] {
  const folders: string[] = [];
  for (let folder = lower; folder !== upper; folder = path.dirname(folder)) folders.unshift(folder);
  return folders;
}

async function writeFileIn(folder: string): Promise<void> {
  const probe = path.join(folder, `.plugback-check-${process.pid}`);
  const handle = await open(probe, 'wx', 0o600);
  try {
    await handle.writeFile('plugback\n');
  } finally {
    await handle.close();
    await rm(probe, { force: true });
  }
}

async function nearestExisting(folder: string): Promise<string> {
  for (let candidate = folder; ; candidate = path.dirname(candidate)) {
    const isThere = await realpath(candidate).then(
      () => true,
      () => false,
    );
    if (isThere || candidate === path.dirname(candidate)) return candidate;
  }
}

async function freeBytesAt(place: string): Promise<number | null> {
  return statfs(place).then(
    // Where there are no blocks at all (proc), free ones say nothing.
    (stats) => (stats.blocks === 0 ? null : stats.bavail * stats.bsize),
    () => null,
  );
}

/** `EROFS: read-only file system, open '/x'`: the words in the middle. */
function shortReason(error: unknown): string {
  return /^[A-Z]+: ([^,]+)/.exec(reasonOf(error))?.[1] ?? reasonOf(error);
}
