/** Modes, owners and times, as far as Node's own calls can set them; runs in a thread of its own, like the scan. */

import { chmodSync, closeSync, fchmodSync, lchownSync, lstatSync, lutimesSync, openSync } from 'node:fs';
import type { TarFolder } from '../system/tar.ts';
import { type CompareRules, compareEntries, type EntryStats, hasMode, kindOf } from './compare.ts';
import { type Facts, factOf, identityOf, isFresh } from './facts.ts';
import { type ByteString, joinNames, toSystemPath } from './names.ts';
import { attempt, codeOf, createWatch, type Outcome, readingFlags, statsOrNull, verifyWay } from './place.ts';

export interface RightsTask {
  source: ByteString;
  replica: ByteString;
  paths: readonly ByteString[];
  rules: CompareRules;
  /** Set times too, to the microsecond; it is all that Node can. */
  times: boolean;
}

/** Gives entries of the replica the mode and owner of the source's. */
export function copyRights(task: RightsTask): Outcome[] {
  const [isAstray, isBehindLink] = [createWatch(task.source), createWatch(task.replica)];
  return task.paths.map((path) => {
    try {
      const source = isAstray(path) ? null : statsOrNull(joinNames(task.source, path));
      if (source === null) return 'gone';
      verifyWay(isBehindLink, path);
      setRights(joinNames(task.replica, path), source, task.rules, { times: task.times });
      return null;
    } catch (error) {
      return codeOf(error);
    }
  });
}

/** @throws the system's error; `ELOOP` when something else is there than the source has */
export function setRights(
  place: ByteString,
  stats: EntryStats & { atimeNs: bigint },
  rules: CompareRules,
  { times }: { times: boolean },
): void {
  const target = toSystemPath(place);
  const current = lstatSync(target, { bigint: true });
  // Somebody has put it there since the two were compared: a mode would go where a link leads.
  if (kindOf(current) !== kindOf(stats)) throw Object.assign(new Error('ELOOP'), { code: 'ELOOP' });
  const isOwned = current.uid === stats.uid && current.gid === stats.gid;
  if (rules.owners && !isOwned) lchownSync(target, Number(stats.uid), Number(stats.gid));
  // After the owner: a change of owner takes set-user-id away.
  if (rules.modes && hasMode(kindOf(stats))) setMode(target, stats, rules);
  if (times) lutimesSync(target, seconds(stats.atimeNs), seconds(stats.mtimeNs));
}

/**
 * Node has no lchmod, and root would give any file of the machine a mode of somebody else's choice, were a link put in its
 * place in the last moment. Whoever is not root may be unable to open the file, and can only change what is his own.
 */
function setMode(target: string | Buffer, stats: EntryStats, rules: CompareRules): void {
  const mode = Number(stats.mode & 0o7777n);
  const kind = kindOf(stats);
  if (!rules.owners || (kind !== 'file' && kind !== 'folder')) {
    chmodSync(target, mode);
    return;
  }
  const file = openSync(target, readingFlags);
  try {
    fchmodSync(file, mode);
  } finally {
    closeSync(file);
  }
}

/** As text: a number below 0 means the time of now to Node. */
function seconds(ns: bigint): string {
  return String(process.platform === 'win32' ? nearestSeconds(ns) : wholeMicroseconds(ns));
}

/** What libuv makes of it on Windows is up to 1.5 µs off, wherever a double lies. */
function nearestSeconds(ns: bigint): number {
  return Number(ns / 100n) / 1e7;
}

function wholeMicroseconds(ns: bigint): number {
  // Rounded to whole microseconds here: libuv cuts off what is below (before 1970: above), and a double may be just below.
  return (Number(ns / 1000n) + (ns < 0n ? -0.25 : 0.25)) / 1e6;
}

/** How tar calls a folder. */
export function archiveName(path: ByteString): string {
  return path === '' ? '.' : path;
}

/** Folders of the source, as an archive has them; without those that are gone. */
export function describeFolders({ source, paths }: Pick<RightsTask, 'source' | 'paths'>): TarFolder[] {
  return paths.flatMap((path) => {
    const stats = statsOrNull(joinNames(source, path));
    if (stats === null || kindOf(stats) !== 'folder') return [];
    const [uid, gid, mode] = [Number(stats.uid), Number(stats.gid), Number(stats.mode & 0o7777n)];
    return [{ name: archiveName(path), mode, uid, gid, mtimeNs: stats.mtimeNs }];
  });
}

/**
 * What is known of folders now that they have been made equal.
 *
 * @param task `before`: when they began to be compared and copied, ms since 1970; what has changed since is not known
 */
export function learnFolders({ before, ...task }: Omit<RightsTask, 'times'> & { before: number }): Facts {
  const facts = new Uint32Array(2 * task.paths.length);
  for (const [index, path] of task.paths.entries()) {
    const source = statsOrNull(joinNames(task.source, path));
    const replica = statsOrNull(joinNames(task.replica, path));
    if (source === null || replica === null || isFresh(identityOf(source).ctimeMs, before)) continue;
    if (compareEntries(source, replica, task.rules) !== 'none') continue;
    const { low, high } = factOf(identityOf(source), identityOf(replica));
    facts.set([low, high], 2 * index);
  }
  return facts;
}

export interface DifferenceTask extends Omit<RightsTask, 'times'> {
  /** Those of the paths that differ in what stat does not tell. */
  others?: readonly ByteString[];
}

/**
 * Which of these entries differ between source and replica, and can be made equal without a copy: what has become
 * something else in the source meanwhile is for the next cycle.
 */
export function findDifferent(task: DifferenceTask): ByteString[] {
  const [isAstray, isBehindLink] = [createWatch(task.source), createWatch(task.replica)];
  const others = new Set(task.others);
  return task.paths.filter((path) => {
    if (isAstray(path) || isBehindLink(path)) return false;
    const source = attempt(() => statsOrNull(joinNames(task.source, path)));
    const replica = attempt(() => statsOrNull(joinNames(task.replica, path)));
    if (source === null || replica === null) return false;
    // Whoever sets its rights is told why it cannot be looked at.
    if (typeof source === 'string' || typeof replica === 'string') return true;
    const difference = compareEntries(source, replica, task.rules);
    return difference === 'attributes' || (difference === 'none' && others.has(path));
  });
}
