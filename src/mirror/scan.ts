/**
 * Reads folders of the source and the replica side by side, and says what is to be done in them. It changes nothing.
 * Synchronous, because it runs in threads of its own: a promise a file would cost more than the file.
 */

import { type BigIntStats, lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { type CompareRules, compareEntries, type Difference, type Kind, kindOf } from './compare.ts';
import { hasSameContent } from './content.ts';
import { type Fact, type Facts, factOf, isFresh, isKnown } from './facts.ts';
import type { LinkedFile } from './links.ts';
import {
  type ByteString,
  folderOf,
  isBelow,
  joinNames,
  nameEncoding,
  nameOf,
  placesIn,
  toSystemPath,
} from './names.ts';
import { attempt, codeOf, type Skip, statsOrNull } from './place.ts';
import { createStepWriter, type StepWriter } from './steps.ts';

/** At the root of the replica, and of each filesystem in it, while a cycle runs; never mirrored, never deleted as foreign. */
export const stageName = '.plugback-mirror';

/** What a filesystem keeps at its root by itself: neither content nor surplus. */
export const ownNames: readonly string[] = ['lost+found', 'System Volume Information', '$RECYCLE.BIN'];

export interface ScanFolder {
  path: ByteString;
  /** The replica has no such folder: all in it is new. */
  isNew: boolean;
  /** The replica has something else of that name. */
  isThere: boolean;
  /** Another filesystem begins here in the replica. */
  isBorder: boolean;
  /** That the replica's folder lies on; null where it has none. */
  device: number | null;
}

export interface ScanTask {
  source: ByteString;
  replica: ByteString;
  folders: readonly ScanFolder[];
  /** See `Places`. */
  mountPoints: readonly ByteString[];
  rules: CompareRules;
  /** Compare the bytes of files, too, that look the same. */
  checksum: boolean;
  /** What goes is counted, because not too much may go. */
  isGuarded: boolean;
  /** Report the paths of what stays as it is. */
  wantsSame: boolean;
  /** What need not be compared again; null: everything is. */
  known: Facts | null;
  /** The folders that are left when so many entries have been read come back as `rest`. */
  budget: number;
}

export interface Counts {
  files: number;
  folders: number;
  bytes: number;
}

export interface ScanResult {
  rest: ScanFolder[];
  steps: Buffer | null;
  /** What is the same, for certain or as far as stat tells. */
  sameCount: number;
  /** Paths of what is known to be the same, if wanted, with a NUL after each. */
  same: Buffer;
  /** Paths of those whose extended attributes are still to be compared. */
  unchecked: Buffer;
  /** What is known of each of those once its attributes prove to be the same. */
  facts: Facts;
  linked: LinkedFile[];
  skipped: Skip[];
  /** Folders of the replica in which another filesystem begins. */
  borders: ByteString[];
  /** What the source holds in these folders. */
  source: Counts;
  /** What the replica holds in them, folders that will go included. */
  replica: Counts;
  added: Counts;
  overwritten: Counts;
  deleted: Counts;
}

const noCounts = (): Counts => ({ files: 0, folders: 0, bytes: 0 });

export function scanFolders(task: ScanTask): ScanResult {
  const writer = createStepWriter();
  const result: ScanResult = {
    rest: [...task.folders],
    steps: null,
    sameCount: 0,
    same: Buffer.alloc(0),
    unchecked: Buffer.alloc(0),
    facts: new Uint32Array(0),
    linked: [],
    skipped: [],
    borders: [],
    source: noCounts(),
    replica: noCounts(),
    added: noCounts(),
    overwritten: noCounts(),
    deleted: noCounts(),
  };
  const same: ByteString[] = [];
  const unchecked: ByteString[] = [];
  const facts: number[] = [];
  const findings = { result, writer, same, unchecked, facts, now: Date.now() };
  for (let read = 0; read < task.budget; ) {
    // The one found last comes first: its entries are still in the kernel's memory, and few wait.
    const folder = result.rest.pop();
    if (folder === undefined) break;
    read += 1 + scanFolder(task, folder, findings);
  }
  result.steps = writer.finish();
  result.same = packNames(same);
  result.unchecked = packNames(unchecked);
  result.facts = Uint32Array.from(facts);
  return result;
}

interface Findings {
  result: ScanResult;
  writer: StepWriter;
  same: ByteString[];
  unchecked: ByteString[];
  /** Two words for each of `unchecked`. */
  facts: number[];
  /** By the clock that gives the entries their times, ms since 1970. */
  now: number;
}

function packNames(names: readonly ByteString[]): Buffer {
  return Buffer.from(names.length === 0 ? '' : `${names.join('\0')}\0`, nameEncoding);
}

/** @returns how many entries it has */
function scanFolder(task: ScanTask, folder: ScanFolder, findings: Findings): number {
  const { result, writer } = findings;
  // Just before what is in it, so that both come in one batch, and the folder is renamed with its files.
  if (folder.isNew) {
    writer.enter(folderOf(folder.path));
    writer.add(folder.isThere ? 'overwrite' : 'add', 'folder', 0, nameOf(folder.path));
  }
  const names = listNames(task.source, folder, result, 'source');
  const replicaNames = folder.isNew ? [] : listNames(task.replica, folder, result, 'replica');
  if (names === null || replicaNames === null) return 1;
  const left: ByteString[] = [];
  let next = 0;
  writer.enter(folder.path);
  const inSource = placesIn(joinNames(task.source, folder.path));
  const inReplica = placesIn(joinNames(task.replica, folder.path));
  for (const name of names) {
    // Both are sorted.
    for (let other = replicaNames[next]; other !== undefined && other < name; other = replicaNames[next]) {
      left.push(other);
      next += 1;
    }
    const wasThere = replicaNames[next] === name;
    if (wasThere) next += 1;
    const pair = wasThere && task.known !== null ? lookAtPair(inSource(name), inReplica(name)) : null;
    const wasKnown = pair !== null && task.known !== null && isKnown(task.known, pair.fact);
    if (wasKnown && isPlain(task, pair)) {
      takeKnown(task, folder, name, pair, findings);
      continue;
    }
    const path = joinNames(folder.path, name);
    const source = statsOf(task.source, path, result);
    if (source === null) continue;
    let replica = wasThere ? statsOf(task.replica, path, result) : null;
    // It cannot be copied; what has its name in the replica goes all the same.
    if (replica !== null && kindOf(source) === 'socket' && kindOf(replica) !== 'socket') {
      left.push(name);
      replica = null;
    }
    scanEntry(task, { folder, path, name, source, replica, pair, wasKnown }, findings);
  }
  for (const name of replicaNames.slice(next)) left.push(name);
  for (const name of left) {
    if (folder.isBorder && isOwnName(name) && isFilesystemRoot(task.replica, folder.path)) continue;
    const path = joinNames(folder.path, name);
    const stats = statsOf(task.replica, path, result);
    if (stats === null) continue;
    const gone = countGone(task, path, stats, result);
    if (gone === null) continue;
    addCounts(result.deleted, gone);
    addCounts(result.replica, gone);
    writer.add('delete', kindOf(stats), gone.files, name);
  }
  return names.length + left.length;
}

/** An entry of the source and one of the replica, as far as a quick look tells. */
interface Pair {
  source: Stats;
  replica: Stats;
  fact: Fact;
}

/** Null where one is gone, or cannot be looked at: a longer look tells why. */
export function lookAtPair(inSource: string | Buffer, inReplica: string | Buffer): Pair | null {
  try {
    const source = lstatSync(inSource);
    const replica = lstatSync(inReplica);
    return { source, replica, fact: factOf(source, replica) };
  } catch {
    return null;
  }
}

/** Nothing else is to be asked of it: not the bytes, not which names are one file. */
function isPlain({ checksum }: ScanTask, { source, replica }: Pair): boolean {
  if (source.isDirectory()) return true;
  return source.nlink === 1 && replica.nlink === 1 && !checksum;
}

function takeKnown(
  task: ScanTask,
  folder: ScanFolder,
  name: ByteString,
  { source, replica }: Pair,
  { result, same }: Findings,
): void {
  const kind = kindOf(source);
  count(result.source, kind, source.size);
  count(result.replica, kind, replica.size);
  result.sameCount += 1;
  if (kind !== 'folder' && !task.wantsSame) return;
  const path = joinNames(folder.path, name);
  if (kind === 'folder') addFolder(task, folder, path, replica.dev, result);
  if (task.wantsSame) same.push(path);
}

/** One that both sides have. */
function addFolder(
  { mountPoints }: ScanTask,
  outer: ScanFolder,
  path: ByteString,
  device: number,
  result: ScanResult,
): void {
  // Parts of a btrfs (subvolumes) are no mount points, but devices; a bind mount is the other way round.
  const isBorder = device !== outer.device || mountPoints.includes(path);
  result.rest.push({ path, isNew: false, isThere: true, isBorder, device });
  if (isBorder) result.borders.push(path);
}

interface Entry {
  folder: ScanFolder;
  path: ByteString;
  name: ByteString;
  source: BigIntStats;
  replica: BigIntStats | null;
  pair: Pair | null;
  /** Its attributes are the same. */
  wasKnown: boolean;
}

function scanEntry(task: ScanTask, entry: Entry, findings: Findings): void {
  const { result, writer } = findings;
  const { folder, path, name, source, replica } = entry;
  const kind = kindOf(source);
  const size = kind === 'file' ? Number(source.size) : 0;
  count(result.source, kind, size);
  if (replica !== null && kindOf(replica) !== 'folder')
    count(result.replica, kindOf(replica), Number(replica.size));
  if (replica !== null && kindOf(replica) === 'folder') result.replica.folders += 1;
  if (kind === 'folder') {
    if (replica !== null && kindOf(replica) === 'folder')
      addFolder(task, folder, path, Number(replica.dev), result);
    else result.rest.push({ path, isNew: true, isThere: replica !== null, isBorder: false, device: null });
  }

  const difference = replica === null ? null : differenceOf(task, path, source, replica);
  if (kind === 'socket' && difference !== 'none') {
    result.skipped.push({ path, reason: 'socket' });
    return;
  }
  if (replica !== null && difference === 'kind' && kindOf(replica) === 'folder') {
    const gone = countGone(task, path, replica, result);
    if (gone === null) return;
    addCounts(result.deleted, gone);
    addCounts(result.replica, gone);
    // It was counted above.
    result.replica.folders -= 1;
  }
  if (
    kind !== 'folder' &&
    (source.nlink > 1n || (replica !== null && replica.nlink > 1n && difference !== 'kind'))
  ) {
    result.linked.push({
      path,
      kind,
      size,
      source: `${source.dev}:${source.ino}`,
      replica: replica === null || difference === 'kind' ? null : `${replica.dev}:${replica.ino}`,
      isThere: replica !== null,
      isSame: difference === 'none',
    });
    if (difference === 'none') takeSame(task, entry, findings);
    return;
  }
  if (difference === 'none') takeSame(task, entry, findings);
  else if (difference === null) {
    if (kind !== 'folder') writer.add('add', kind, size, name);
    count(result.added, kind, size);
  } else if (kind === 'folder' && difference !== 'attributes') count(result.overwritten, kind, size);
  else if (difference === 'attributes' && (kind === 'file' || kind === 'folder')) {
    writer.add('attributes', kind, 0, name);
    result.overwritten[kind === 'file' ? 'files' : 'folders'] += 1;
  } else {
    writer.add('overwrite', kind, size, name);
    count(result.overwritten, kind, size);
  }
}

function takeSame(task: ScanTask, entry: Entry, { result, same, unchecked, facts, now }: Findings): void {
  const { path, pair } = entry;
  result.sameCount += 1;
  if (entry.wasKnown) {
    if (task.wantsSame) same.push(path);
    return;
  }
  unchecked.push(path);
  if (pair === null || isFresh(pair.source.ctimeMs, now) || isFresh(pair.replica.ctimeMs, now))
    facts.push(0, 0);
  else facts.push(pair.fact.low, pair.fact.high);
}

function differenceOf(
  task: ScanTask,
  path: ByteString,
  source: BigIntStats,
  replica: BigIntStats,
): Difference {
  const difference = compareEntries(source, replica, task.rules);
  if (difference === 'kind' || difference === 'content') return difference;
  if (source.isSymbolicLink() && targetOf(task.source, path) !== targetOf(task.replica, path))
    return 'content';
  if (!task.checksum || !source.isFile()) return difference;
  const placeIn = (root: ByteString) => toSystemPath(joinNames(root, path));
  try {
    return hasSameContent(placeIn(task.source), placeIn(task.replica)) ? difference : 'content';
  } catch {
    // It cannot be read: then the copy cannot either, and tells why.
    return 'content';
  }
}

function targetOf(root: ByteString, path: ByteString): string | null {
  try {
    return readlinkSync(toSystemPath(joinNames(root, path)), nameEncoding);
  } catch {
    return null;
  }
}

function count(counts: Counts, kind: Kind, bytes: number): void {
  if (kind === 'folder') counts.folders += 1;
  else counts.files += 1;
  if (kind === 'file') counts.bytes += bytes;
}

export function addCounts(sum: Counts, counts: Counts): void {
  sum.files += counts.files;
  sum.folders += counts.folders;
  sum.bytes += counts.bytes;
}

function listNames(
  root: ByteString,
  { path, isBorder }: ScanFolder,
  { skipped }: ScanResult,
  side: 'source' | 'replica',
): ByteString[] | null {
  try {
    const names = readdirSync(toSystemPath(joinNames(root, path)), nameEncoding) as ByteString[];
    // Names that were made together lie together on the disk; and both sides are walked along at the same time.
    names.sort();
    if (!isBorder) return names;
    // Somebody's own of that name has no place in the replica.
    if (side === 'source' && names.includes(stageName))
      skipped.push({ path: joinNames(path, stageName), reason: 'reserved' });
    // Nobody but Windows may read what it keeps at the root of a drive.
    const isDrive = process.platform === 'win32' && isFilesystemRoot(root, path);
    return names.filter((name) => name !== stageName && !(isDrive && isOwnName(name)));
  } catch (error) {
    skipped.push({ path, reason: codeOf(error) });
    return null;
  }
}

/** Windows writes them in either case. */
function isOwnName(name: ByteString): boolean {
  return ownNames.some((own) => own.toLowerCase() === name.toLowerCase());
}

/** Of the root of a replica nobody has found that out yet. */
function isFilesystemRoot(replica: ByteString, path: ByteString): boolean {
  if (path !== '') return true;
  const place = toSystemPath(replica);
  // A drive of Windows and the root of all have none above them.
  if (typeof place === 'string' && dirname(place) === place) return true;
  const [own, above] = [replica, joinNames(replica, '..')].map((folder) =>
    attempt(() => statsOrNull(folder)),
  );
  // Where nothing tells, nothing goes.
  if (typeof own !== 'object' || typeof above !== 'object') return true;
  return own?.dev !== above?.dev;
}

/** Null for what is gone meanwhile, or cannot be looked at. */
function statsOf(root: ByteString, path: ByteString, { skipped }: ScanResult): BigIntStats | null {
  try {
    return lstatSync(toSystemPath(joinNames(root, path)), { bigint: true });
  } catch (error) {
    const code = codeOf(error);
    // A name that is no Unicode (Windows does not mind) comes as another one, of which there is nothing.
    if (code !== 'ENOENT' || (process.platform === 'win32' && path.includes('\ufffd')))
      skipped.push({ path, reason: code });
    return null;
  }
}

/**
 * All that would go with an entry of the replica, itself included. Null, and told, where it stays: while deletions are
 * limited, what cannot be counted must not go.
 */
function countGone(
  task: ScanTask,
  path: ByteString,
  stats: BigIntStats,
  { skipped }: ScanResult,
): Counts | null {
  // It cannot go, and what is mounted is not the replica's: another disk, or a part of this machine.
  if (task.mountPoints.some((mountPoint) => isBelow(mountPoint, path))) {
    skipped.push({ path, reason: 'EBUSY' });
    return null;
  }
  const counts = noCounts();
  try {
    countTree(task.replica, path, stats, counts);
    return counts;
  } catch (error) {
    if (!task.isGuarded) return counts;
    skipped.push({ path, reason: codeOf(error) });
    return null;
  }
}

/** @throws the system's error where a folder cannot be read; what has vanished is not counted */
function countTree(root: ByteString, path: ByteString, stats: BigIntStats, counts: Counts): void {
  count(counts, kindOf(stats), Number(stats.size));
  if (kindOf(stats) !== 'folder') return;
  const place = joinNames(root, path);
  for (const name of readdirSync(toSystemPath(place), nameEncoding) as ByteString[]) {
    const inner = statsOrNull(joinNames(place, name));
    if (inner !== null) countTree(place, name, inner, counts);
  }
}
