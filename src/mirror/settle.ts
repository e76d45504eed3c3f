/**
 * The last part of each copy: what arrived in the stage is compared with the source as it was before and as it is now,
 * and renamed to its real name. Runs in a thread of its own, like the scan.
 */

import {
  type BigIntStats,
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import { systemCodeOf } from '../errors.ts';
import { isSameTime, type Kind, kindOf } from './compare.ts';
import { type Facts, factOf, isFresh, msOf } from './facts.ts';
import { type ByteString, folderOf, joinNames, nameEncoding, toSystemPath } from './names.ts';
import {
  attempt,
  createWatch,
  type Outcome,
  opened,
  type SkipReason,
  statsOrNull,
  verifyWay,
} from './place.ts';
import { removeTree } from './remove.ts';

/** So recently changed, in ns, that a change before and one after a look may bear the same time. */
const freshNs = 20_000_000n;

/** No look at a batch takes longer (ns); a time that lies further ahead is of another clock, and no change of now. */
const lookNs = 1_000_000_000n;

/** Per file: inode, size, time of content, time of change. */
const fields = 4;

export interface LookTask {
  source: ByteString;
  paths: readonly ByteString[];
}

/** What the source was before the copy. */
export interface Look {
  numbers: BigInt64Array;
  /** When the look began, ns since 1970. */
  at: bigint;
}

export function lookAtSource({ source, paths }: LookTask): Look {
  // Before the first of them: what changes while they are looked at is of now.
  const at = BigInt(Date.now()) * 1_000_000n;
  const numbers = new BigInt64Array(paths.length * fields);
  for (const [index, path] of paths.entries()) {
    const stats = attempt(() => statsOrNull(joinNames(source, path)));
    // What cannot be looked at is told by `settle`, which looks again.
    if (stats !== null && typeof stats !== 'string')
      numbers.set([stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs], index * fields);
  }
  return { numbers, at };
}

export interface StagedItem {
  path: ByteString;
  kind: Kind;
}

export interface SettleTask {
  source: ByteString;
  replica: ByteString;
  stage: ByteString;
  items: readonly StagedItem[];
  before: Look;
  timeUnitNs: bigint;
  /** What the copying complained of, by path. */
  complaints: ReadonlyMap<ByteString, SkipReason>;
  /** Of what owner, mode or attributes could not be set. */
  lacking: ReadonlyMap<ByteString, SkipReason>;
}

export interface Settled {
  outcomes: Outcome[];
  /** What is known of those that arrived. */
  facts: Facts;
  /** What was in folders of the replica that something else has replaced. */
  gone: ByteString[];
}

export function settle(task: SettleTask): Settled {
  // As numbers, and not the stats themselves: a batch of these is more than a collector of short-lived things likes.
  const identities = new Float64Array(identityFields * task.items.length);
  const isAstray = createWatch(task.source);
  const outcomes = task.items.map((item, index) =>
    // A link came in a folder's place: it is not the source that was copied.
    isAstray(item.path) ? 'changing' : attempt(() => verify(task, item, index, identities)),
  );
  for (const [index, outcome] of outcomes.entries()) {
    const item = task.items[index];
    // A folder is renamed with all that is in it: what is not to arrive must not be there.
    if (outcome !== null && item !== undefined) discard(joinNames(task.stage, item.path));
  }
  const arrived = new Set<ByteString>();
  /** Folders that could not be moved, and why: so what is in them cannot be either. */
  const stuck = new Map<ByteString, Outcome>();
  const gone: ByteString[] = [];
  const isBehindLink = createWatch(task.replica);
  const facts = new Uint32Array(2 * task.items.length);
  for (const [index, item] of task.items.entries()) {
    if (outcomes[index] !== null) continue;
    const above = folderOf(item.path);
    const reason = stuck.get(above);
    if (reason !== undefined) {
      outcomes[index] = reason;
      if (item.kind === 'folder') stuck.set(item.path, reason);
      continue;
    }
    const came = arrived.has(above);
    const moved = came ? 'whole' : attempt(() => moveIntoPlace(task, item, isBehindLink, gone));
    if (moved === 'whole') {
      if (item.kind === 'folder') arrived.add(item.path);
      // What a folder is, is decided at the end.
      else if (!task.lacking.has(item.path))
        learn(task, item, identities.subarray(identityFields * index), came, facts.subarray(2 * index));
    } else if (moved !== 'merged') {
      outcomes[index] = moved;
      if (item.kind === 'folder') stuck.set(item.path, moved);
    }
  }
  return { outcomes, facts, gone };
}

/** Inode, ctime (ms) and size, of the source's entry and of the one in the stage. */
const identityFields = 6;

/** Notes the fact that source and replica are equal. */
function learn(
  task: SettleTask,
  item: StagedItem,
  [sourceIno = 0, sourceMs = 0, sourceSize = 0, stagedIno = 0, stagedMs = 0, stagedSize = 0]: Float64Array,
  came: boolean,
  facts: Facts,
): void {
  if (isFresh(sourceMs, Number(task.before.at / 1_000_000n))) return;
  const source = { ino: sourceIno, ctimeMs: sourceMs, size: sourceSize };
  const replica = { ino: stagedIno, ctimeMs: stagedMs, size: stagedSize };
  if (!came) {
    // To be renamed by itself has changed it.
    const stats = attempt(() => statsOrNull(joinNames(task.replica, item.path)));
    if (stats === null || typeof stats === 'string') return;
    replica.ctimeMs = msOf(stats.ctimeNs);
  }
  const { low, high } = factOf(source, replica);
  facts[0] = low;
  facts[1] = high;
}

function verify(task: SettleTask, item: StagedItem, index: number, identities: Float64Array): Outcome {
  const complaint = task.complaints.get(item.path);
  const now = statsOrNull(joinNames(task.source, item.path));
  if (now === null) return 'gone';
  const staged = statsOrNull(joinNames(task.stage, item.path));
  if (item.kind === 'folder') return staged?.isDirectory() === true ? null : (complaint ?? 'incomplete');
  if (hasChanged(task.before, index, now)) return 'changing';
  if (complaint !== undefined) return complaint;
  if (staged === null || kindOf(staged) !== item.kind) return 'incomplete';
  // A program that runs with its owner's rights must not come with another owner.
  const lacking = task.lacking.get(item.path);
  if (lacking !== undefined && (staged.mode & 0o6000n) !== 0n) return lacking;
  if (item.kind === 'file' && staged.size !== now.size) return 'incomplete';
  const isInTime = isSameTime(staged.mtimeNs, now.mtimeNs, task.timeUnitNs) || isExtreme(now.mtimeNs);
  if (!isInTime) return 'incomplete';
  const fieldsOf = ({ ino, ctimeNs, size }: BigIntStats) => [Number(ino), msOf(ctimeNs), Number(size)];
  identities.set([...fieldsOf(now), ...fieldsOf(staged)], identityFields * index);
  return null;
}

function hasChanged({ numbers, at }: Look, index: number, now: BigIntStats): boolean {
  const [ino, size, mtimeNs, ctimeNs = 0n] = numbers.subarray(index * fields, (index + 1) * fields);
  // Nanoseconds before 1677 and after 2262 have more than 64 bits; cut off like the ones from before, they compare as well.
  const isTime = (ns: bigint, before: bigint | undefined) => BigInt.asIntN(64, ns) === before;
  if (now.ino !== ino || now.size !== size) return true;
  if (!isTime(now.mtimeNs, mtimeNs) || !isTime(now.ctimeNs, ctimeNs)) return true;
  const age = at - ctimeNs;
  return now.isFile() && age > -lookNs && age < freshNs;
}

/** 1980 and 2038, and a day for the time zone: FAT knows nothing before, small inodes (ext3) nothing after. */
const earliestNs = 315_619_200_000_000_000n;
const latestNs = 2_147_397_247_000_000_000n;

/** A time that the replica may be unable to keep, and that therefore does not tell whether a copy is whole. */
function isExtreme(mtimeNs: bigint): boolean {
  return mtimeNs < earliestNs || mtimeNs > latestNs;
}

/** `whole`: it is there with all that the stage had of it. `merged`: the folder was there already. */
function moveIntoPlace(
  task: SettleTask,
  item: StagedItem,
  isBehindLink: (path: ByteString) => boolean,
  gone: ByteString[],
): 'whole' | 'merged' {
  verifyWay(isBehindLink, item.path);
  const from = joinNames(task.stage, item.path);
  const to = joinNames(task.replica, item.path);
  const existing = statsOrNull(to);
  if (existing?.isDirectory() === true) {
    if (item.kind === 'folder') return 'merged';
    // It goes out of the way at once, and then away: nothing is half there under the real name.
    const inside = namesBelow(task.replica, item.path);
    renameInto(to, asideIn(task.stage));
    gone.push(...inside);
  } else if (existing !== null && item.kind === 'folder')
    opened([folderOf(to)], () => unlinkSync(toSystemPath(to)));
  renameInto(from, to);
  return 'whole';
}

/** All that is below a folder, the inner before the outer. What cannot be read is left out. */
function namesBelow(root: ByteString, folder: ByteString): ByteString[] {
  const names = attempt(
    () => readdirSync(toSystemPath(joinNames(root, folder)), nameEncoding) as ByteString[],
  );
  if (typeof names === 'string') return [];
  return names.flatMap((name) => {
    const path = joinNames(folder, name);
    const stats = attempt(() => statsOrNull(joinNames(root, path)));
    const isFolder = typeof stats === 'object' && stats?.isDirectory() === true;
    return isFolder ? [...namesBelow(root, path), path] : [path];
  });
}

let asides = 0;

/** A name in the stage that nothing else has: a mirrored name cannot hold a NUL, and this folder is no mirrored one. */
function asideIn(stage: ByteString): ByteString {
  const folder = `${stage}.aside`;
  mkdirSync(toSystemPath(folder), { recursive: true, mode: 0o700 });
  asides += 1;
  return `${folder}/${asides}-${process.hrtime.bigint()}`;
}

function renameInto(from: ByteString, to: ByteString): void {
  // A folder that moves is itself written to: it has a new parent.
  opened([folderOf(from), folderOf(to), from], () => rename(toSystemPath(from), toSystemPath(to)));
}

/** @throws the system's error */
function rename(from: string | Buffer, to: string | Buffer): void {
  try {
    renameSync(from, to);
  } catch (error) {
    // Windows replaces no file that is read-only.
    if (!(process.platform === 'win32' && systemCodeOf(error) === 'EPERM' && makeWritable(to))) throw error;
    renameSync(from, to);
  }
}

/** @returns whether it is a file that was read-only */
function makeWritable(place: string | Buffer): boolean {
  const stats = lstatSync(place, { throwIfNoEntry: false });
  if (stats?.isFile() !== true || (stats.mode & 0o200) !== 0) return false;
  chmodSync(place, stats.mode | 0o200);
  return true;
}

export interface LinkTask {
  replica: ByteString;
  stage: ByteString;
  links: readonly { path: ByteString; target: ByteString }[];
}

/** Makes files names of other files of the replica. */
export function makeLinks(task: LinkTask): Pick<Settled, 'outcomes' | 'gone'> {
  const isBehindLink = createWatch(task.replica);
  const gone: ByteString[] = [];
  const outcomes = task.links.map(({ path, target }) => {
    const outcome = attempt(() => {
      for (const place of [path, target]) verifyWay(isBehindLink, place);
      const [to, from] = [joinNames(task.replica, path), joinNames(task.replica, target)];
      const fresh = asideIn(task.stage);
      linkSync(toSystemPath(from), toSystemPath(fresh));
      if (statsOrNull(to)?.isDirectory() === true) {
        const inside = namesBelow(task.replica, path);
        renameInto(to, asideIn(task.stage));
        gone.push(...inside);
      }
      renameInto(fresh, to);
    });
    return outcome === undefined ? null : outcome;
  });
  return { outcomes, gone };
}

function discard(place: ByteString): void {
  try {
    removeTree(place);
  } catch {
    // The whole stage goes at the end of the cycle; what cannot even be removed there is told then.
  }
}
