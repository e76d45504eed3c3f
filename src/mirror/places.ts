/** The two folders: are they there, and do they lie apart? */

import { type BigIntStats, lstatSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { type MirrorOverlap, PlugbackError, reasonOf } from '../errors.ts';
import { mountPointsInFstab } from '../system/fstab.ts';
import { isWithin, type Mount, mountHolding, readMounts } from '../system/mountinfo.ts';
import { findProgram } from '../system/programs.ts';
import type { CompareRules } from './compare.ts';
import { type ByteString, fromText } from './names.ts';
import { ownNames, stageName } from './scan.ts';

/** Where the kernel's files and the machine's settings are. */
export interface Roots {
  proc: string;
  etc: string;
}

export const realRoots: Roots = { proc: '/proc', etc: '/etc' };

const isWindows = () => process.platform === 'win32';

export interface Places {
  /** Absolute, free of links. */
  source: string;
  replica: string;
  /** `identityOf` each when they were looked at: another folder may come to their place. */
  sourceIdentity: string;
  replicaIdentity: string;
  /** What the replica can keep. */
  rules: CompareRules;
  /** Where other filesystems are mounted inside the replica, from its root. */
  mountPoints: readonly ByteString[];
  /** With GNU tar all that there is to a file is kept; without it, what Node can. */
  hasTar: boolean;
  /** Extended attributes are compared. */
  hasAttributes: boolean;
  /** Both are on filesystems whose times are this machine's. */
  hasOneClock: boolean;
}

/**
 * Makes sure that there are two folders that lie apart, and finds out what the replica can keep.
 *
 * @throws PlugbackError `mirror-source-unusable`, `mirror-replica-unusable`, `mirror-overlap`, `mirror-not-mounted`
 */
export async function verifyPlaces(source: string, replica: string, roots: Roots): Promise<Places> {
  verifyNamed(source, 'mirror-source-unusable');
  verifyNamed(replica, 'mirror-replica-unusable');
  const places = {
    source: await folderAt(source, 'mirror-source-unusable'),
    replica: await folderAt(replica, 'mirror-replica-unusable'),
  };
  // Only Linux tells; elsewhere paths have to do. A folder of that name on Windows tells nothing.
  const mounts = isWindows() ? [] : await readMounts(roots.proc).catch((): Mount[] => []);
  verifyApart(places, mounts);
  await verifyMounted(places, mounts, roots);
  const hasTar = await hasGnuTar();
  const fsType = mountHolding(mounts, places.replica)?.fsType ?? '';
  const keepsRights = !isWindows() && !withoutRights.test(fsType);
  const programs = await Promise.all(
    ['getfattr', 'setfattr', 'xargs'].map((program) => findProgram(program)),
  );
  const keepsAttributes = keepsRights && !programs.includes(null);
  return {
    ...places,
    sourceIdentity: identityOf(places.source),
    replicaIdentity: identityOf(places.replica),
    rules: {
      timeUnitNs: timeUnitOf(statSync(places.replica, { bigint: true }), hasTar),
      owners: keepsRights && process.geteuid?.() === 0,
      modes: keepsRights || isWindows(),
    },
    mountPoints: mountPointsIn(places.replica, mounts),
    hasTar,
    hasAttributes: keepsAttributes && hasTar,
    hasOneClock: [places.source, places.replica].every((place) => hasOwnClock(place, mounts)),
  };
}

/**
 * The same, after a look at a time that the replica's filesystem has set just now: that of a new filesystem's root comes from
 * the program that made it, in whole seconds, whatever the filesystem can keep. Needs the lock: it writes to the replica.
 */
export function withMeasuredTimes(places: Places): Places {
  if (places.rules.timeUnitNs <= 2000n) return places;
  const probe = path.join(places.replica, stageName);
  try {
    mkdirSync(probe, { mode: 0o700 });
    rmdirSync(probe);
  } catch {
    // It is full, or read-only, or somebody died here: then as it seems.
    return places;
  }
  const timeUnitNs = timeUnitOf(statSync(places.replica, { bigint: true }), places.hasTar);
  return { ...places, rules: { ...places.rules, timeUnitNs } };
}

function mountPointsIn(folder: string, mounts: readonly Mount[]): ByteString[] {
  const inside = mounts.filter(({ mountPoint }) => mountPoint !== folder && isWithin(mountPoint, folder));
  return [...new Set(inside.map(({ mountPoint }) => fromText(path.posix.relative(folder, mountPoint))))];
}

/** Filesystems from Windows: what looks like a mode there was made up when they were mounted. */
const withoutRights = /^(vfat|msdos|exfat|ntfs3?|fuseblk|cifs|smb3)$/;

/** Also of what is mounted below it. */
function hasOwnClock(folder: string, mounts: readonly Mount[]): boolean {
  const nested = mounts.filter(({ mountPoint }) => isWithin(mountPoint, folder));
  return [mountHolding(mounts, folder), ...nested].every((mount) => ownClock.test(mount?.fsType ?? ''));
}

const ownClock = /^(ext[234]|xfs|btrfs|f2fs|tmpfs|overlay|zfs|bcachefs)$/;

/**
 * To the system an empty path is the current folder: that of an unset variable would be emptied.
 *
 * @throws PlugbackError of that code
 */
export function verifyNamed(
  place: string,
  code: 'mirror-source-unusable' | 'mirror-replica-unusable' | 'mirror-log-unusable',
): void {
  if (place === '') throw new PlugbackError(code, { path: '', reason: 'no name' });
}

async function folderAt(
  place: string,
  code: 'mirror-source-unusable' | 'mirror-replica-unusable',
): Promise<string> {
  try {
    const real = await realpath(place);
    readdirSync(real);
    return real;
  } catch (error) {
    throw new PlugbackError(code, { path: place, reason: reasonOf(error) }, { cause: error });
  }
}

/** @throws PlugbackError `mirror-overlap` */
export function verifyApart(places: { source: string; replica: string }, mounts: readonly Mount[]): void {
  const relation = relationOf(places.source, places.replica, mounts);
  if (relation !== null) throw new PlugbackError('mirror-overlap', { ...places, relation });
}

/**
 * How two folders lie in each other; null: apart. A folder can be seen in two places (a bind mount), so what counts is
 * where it lies on its filesystem; the same goes for what is mounted below it.
 */
export function relationOf(source: string, replica: string, mounts: readonly Mount[]): MirrorOverlap | null {
  const sources = extentsOf(source, mounts);
  const replicas = extentsOf(replica, mounts);
  const [ownSource, ownReplica] = [sources[0], replicas[0]];
  if (ownSource === undefined || ownReplica === undefined) return null;
  if (isInside(ownSource, ownReplica) && isInside(ownReplica, ownSource)) return 'same';
  if (sources.some((extent) => isInside(ownReplica, extent))) return 'replica-in-source';
  if (replicas.some((extent) => isInside(ownSource, extent))) return 'source-in-replica';
  return null;
}

interface Extent {
  device: string;
  folder: string;
}

/** Where a folder lies on its filesystem, and then what is mounted below it. */
function extentsOf(folder: string, mounts: readonly Mount[]): Extent[] {
  const holding = mountHolding(mounts, folder);
  if (holding === null) return [{ device: '', folder: isWindows() ? folder.toLowerCase() : folder }];
  const inside = path.posix.join(
    holding.root,
    folder.slice(holding.mountPoint.length === 1 ? 0 : holding.mountPoint.length),
  );
  const nested = mounts.filter(({ mountPoint }) => mountPoint !== folder && isWithin(mountPoint, folder));
  return [
    { device: holding.majorMinor, folder: inside.length > 1 ? inside.replace(/\/$/, '') : inside },
    ...nested.map(({ majorMinor, root }) => ({ device: majorMinor, folder: root })),
  ];
}

function isInside(one: Extent, other: Extent): boolean {
  if (one.device !== other.device) return false;
  if (!isWindows()) return isWithin(one.folder, other.folder);
  // That of a whole drive ends with one.
  const above = other.folder.endsWith('\\') ? other.folder : `${other.folder}\\`;
  return one.folder === other.folder || one.folder.startsWith(above);
}

/** What fstab wants mounted, and is not, would make a folder look empty, or fill the disk below the mount point. */
async function verifyMounted(
  places: { source: string; replica: string },
  mounts: readonly Mount[],
  roots: Roots,
): Promise<void> {
  if (isWindows()) return;
  const mounted = new Set(mounts.map(({ mountPoint }) => mountPoint));
  const unknown = (await mountPointsInFstab(roots.etc)).filter((point) => !mounted.has(point));
  // fstab may name it by a way that leads through a link.
  const real = await Promise.all(unknown.map((point) => realpath(point).catch(() => point)));
  const missing = real.filter((point) => point !== '/' && !mounted.has(point));
  for (const folder of [places.source, places.replica]) {
    const mountPoint = missing.find((point) => isWithin(folder, point) || isWithin(point, folder));
    if (mountPoint !== undefined) throw new PlugbackError('mirror-not-mounted', { path: folder, mountPoint });
  }
}

/** @throws PlugbackError `mirror-source-empty` */
export function verifyNotEmpty(source: string): void {
  const own = [...ownNames, stageName];
  const content = readdirSync(source).filter((name) => !own.includes(name));
  if (content.length === 0) throw new PlugbackError('mirror-source-empty', { path: source });
}

/** Other programs of that name do not know what is asked of it here. setpriv ends it together with this process. */
async function hasGnuTar(): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const [program, setpriv] = [await findProgram('tar'), await findProgram('setpriv')];
  return program !== null && setpriv !== null && !/busybox|toybox|bsdtar/.test(await realpath(program));
}

/**
 * How exactly times can be kept, in ns: by the filesystem, told from the digits of a time that it set itself (a folder's
 * last change; once in a thousand times it seems coarser than it is), and by what sets them.
 */
export function timeUnitOf({ ctimeNs }: Pick<BigIntStats, 'ctimeNs'>, hasTar: boolean): bigint {
  const ofSetter = hasTar ? 1n : isWindows() ? ofWindowsNs : 1000n;
  const ofFilesystem = unitsNs.find((unit) => ctimeNs % unit === 0n) ?? 1n;
  // FAT shows whole seconds, of which it keeps every other one.
  const unit = ofFilesystem === 1_000_000_000n ? 2_000_000_000n : ofFilesystem;
  return unit > ofSetter ? unit : ofSetter;
}

/** As filesystems keep times: whole seconds, hundredths, microseconds, tenths of these. */
const unitsNs = [1_000_000_000n, 10_000_000n, 1000n, 100n];
/** What Node sets there comes out up to 1.5 µs off: it reckons in doubles since 1601. */
const ofWindowsNs = 2000n;

/** The same for a folder wherever it is seen; the lock's name. @throws the system's error */
export function identityOf(folder: string): string {
  const { dev, ino } = lstatSync(folder, { bigint: true });
  return `${dev}-${ino}`;
}
