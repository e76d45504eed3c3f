/** The source: is it really there, and is it what it was at the last good run? */

import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { PlugbackError, reasonOf, systemCodeOf } from '../errors.ts';
import { writeAtomically } from '../status/atomic-file.ts';
import { mountPointsInFstab } from '../system/fstab.ts';
import { isWithin, type Mount, mountHolding, readMounts } from '../system/mountinfo.ts';
import type { System } from '../system/system.ts';

export interface Source {
  /** As configured, with or without a trailing slash. */
  configured: string;
  /** The folder itself, free of links. */
  path: string;
  /** The filesystem that it lies on. */
  mount: Mount;
  /** Mount points of other filesystems below it. */
  nested: string[];
}

export interface SourceExpectations {
  source: string;
  sourceMustContain: string | null;
  /** Not counted as content: our marker's name at the root of the source. */
  markerName: string;
  destination: string;
  /** Skips the comparison with the last good run and fstab: `--allow-deletes`. */
  acceptChange: boolean;
  /** Where the last good run's facts are kept. */
  recordPath: string;
}

/** What a filesystem keeps at its root by itself: a source with nothing else is empty. */
const notContent = ['lost+found', 'System Volume Information', '$RECYCLE.BIN'];

/** Filesystems that come and go with the system and hold no backups. */
const transient =
  /^(proc|sysfs|tmpfs|ramfs|devtmpfs|devpts|cgroup2?|autofs|overlay|squashfs|nsfs|mqueue|debugfs|tracefs|securityfs|pstore|bpf|configfs|fusectl|hugetlbfs|binfmt_misc|fuse\..*)$/;

/**
 * Makes sure that there is a source to copy. Nothing is changed.
 *
 * @throws PlugbackError `source-missing`, `source-not-a-directory`, `source-unreadable`, `source-empty`,
 *   `source-sentinel-missing`, `source-not-mounted`
 */
export async function verifySource(expected: SourceExpectations, system: System): Promise<Source> {
  const folder = await resolveFolder(expected.source, system);
  const mounts = await readMounts(system.roots.proc);
  if (!expected.acceptChange) await verifyMounted(folder, expected, mounts, system);
  await verifyContent(folder, expected, system);
  const mount = mountHolding(mounts, folder);
  if (mount === null) throw new PlugbackError('source-missing', { path: expected.source });
  return { configured: expected.source, path: folder, mount, nested: nestedIn(folder, mounts, expected) };
}

async function resolveFolder(source: string, system: System): Promise<string> {
  const folder = await realpath(source).catch((error: unknown) => {
    const code = systemCodeOf(error);
    if (code === 'ENOENT') throw new PlugbackError('source-missing', { path: source });
    if (code === 'ENOTDIR') throw new PlugbackError('source-not-a-directory', { path: source });
    // Without root's rights the way to it may be closed to this process, and open to sudo.
    if (code === 'EACCES' && !system.runner.isRoot) return path.resolve(source);
    throw new PlugbackError('source-unreadable', { path: source, reason: reasonOf(error) });
  });
  const kind = await system.files.kind(folder);
  if (kind === null) throw new PlugbackError('source-missing', { path: source });
  if (kind !== 'directory') throw new PlugbackError('source-not-a-directory', { path: source });
  return folder;
}

async function verifyContent(folder: string, expected: SourceExpectations, system: System): Promise<void> {
  // A few more names than are passed over: one of them is content.
  const names = await system.files.list(folder, notContent.length + 2).catch((error: unknown) => {
    throw new PlugbackError('source-unreadable', { path: expected.source, reason: reasonOf(error) });
  });
  const content = names.filter((name) => name !== expected.markerName && !notContent.includes(name));
  if (content.length === 0) throw new PlugbackError('source-empty', { path: expected.source });
  const sentinel = expected.sourceMustContain;
  if (sentinel !== null && (await system.files.kind(path.join(folder, sentinel))) === null) {
    throw new PlugbackError('source-sentinel-missing', { path: expected.source, sentinel });
  }
}

/** Compares with fstab and with the last good run: is each filesystem there that should be? */
async function verifyMounted(
  folder: string,
  expected: SourceExpectations,
  mounts: readonly Mount[],
  system: System,
): Promise<void> {
  const mounted = new Set(mounts.map((mount) => mount.mountPoint));
  const concernsSource = (point: string) =>
    point !== '/' && (isWithin(folder, point) || isWithin(point, folder));
  const verify = (points: readonly string[], known: 'fstab' | 'last-run') => {
    const gone = points.find((point) => concernsSource(point) && !mounted.has(point));
    if (gone === undefined) return;
    throw new PlugbackError('source-not-mounted', { path: expected.source, mountPoint: gone, known });
  };
  verify(await mountPointsInFstab(system.roots.etc), 'fstab');
  const record = await readRecord(expected.recordPath);
  if (record !== null && record.path === folder) verify([record.mountPoint, ...record.nested], 'last-run');
}

function nestedIn(folder: string, mounts: readonly Mount[], expected: SourceExpectations): string[] {
  return mounts
    .filter((mount) => mount.mountPoint !== folder && isWithin(mount.mountPoint, folder))
    .filter((mount) => !transient.test(mount.fsType) && !isWithin(mount.mountPoint, expected.destination))
    .map((mount) => mount.mountPoint);
}

interface SourceRecord {
  path: string;
  mountPoint: string;
  nested: string[];
}

async function readRecord(recordPath: string): Promise<SourceRecord | null> {
  try {
    const record = JSON.parse(await readFile(recordPath, 'utf8')) as SourceRecord;
    return typeof record.mountPoint === 'string' && Array.isArray(record.nested) ? record : null;
  } catch {
    return null;
  }
}

/** Remembers what the source lay on, after a good run, for `verifySource` of the next one. */
export function rememberSource(recordPath: string, source: Source): void {
  const record: SourceRecord = {
    path: source.path,
    mountPoint: source.mount.mountPoint,
    nested: source.nested,
  };
  writeAtomically(recordPath, JSON.stringify(record));
}

/**
 * Makes sure that the source does not lie on the disk that is to be filled.
 *
 * @throws PlugbackError `source-on-disk`
 */
export async function verifyNotOnDisk(
  source: Source,
  disk: { device: string; majorMinor: string },
  system: System,
): Promise<void> {
  const holding = mountHolding(await readMounts(system.roots.proc), source.path);
  if (holding === null) return;
  if (holding.majorMinor === disk.majorMinor || holding.source === disk.device) {
    throw new PlugbackError('source-on-disk', { path: source.configured, device: disk.device });
  }
}
