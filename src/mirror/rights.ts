/** Modes, owners and times, as far as Node's own calls can set them; runs in a thread of its own, like the scan. */

import { chmodSync, lchownSync, lstatSync, lutimesSync } from 'node:fs';
import type { TarFolder } from '../system/tar.ts';
import { type CompareRules, compareEntries, type EntryStats, hasMode, kindOf } from './compare.ts';
import { type Facts, factOf, identityOf, isFresh } from './facts.ts';
import { type ByteString, joinNames, toSystemPath } from './names.ts';
import { codeOf, type Outcome, statsOrNull } from './place.ts';

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
  return task.paths.map((path) => {
    try {
      const source = statsOrNull(joinNames(task.source, path));
      if (source === null) return 'gone';
      setRights(joinNames(task.replica, path), source, task.rules, { times: task.times });
      return null;
    } catch (error) {
      return codeOf(error);
    }
  });
}

/** @throws the system's error */
export function setRights(
  place: ByteString,
  stats: EntryStats & { atimeNs: bigint },
  rules: CompareRules,
  { times }: { times: boolean },
): void {
  const target = toSystemPath(place);
  const current = lstatSync(target, { bigint: true });
  const isOwned = current.uid === stats.uid && current.gid === stats.gid;
  if (rules.owners && !isOwned) lchownSync(target, Number(stats.uid), Number(stats.gid));
  // After the owner: a change of owner takes set-user-id away.
  if (rules.modes && hasMode(kindOf(stats))) chmodSync(target, Number(stats.mode & 0o7777n));
  if (times) lutimesSync(target, seconds(stats.atimeNs), seconds(stats.mtimeNs));
}

/** As text where it is before 1970: as a number, Node would take it for now. */
function seconds(ns: bigint): number | string {
  const value = process.platform === 'win32' ? nearestSeconds(ns) : wholeMicroseconds(ns);
  return value < 0 ? String(value) : value;
}

/** What libuv makes of it on Windows is up to 1.3 µs off, wherever a double lies. */
function nearestSeconds(ns: bigint): number {
  return Number(ns / 100n) / 1e7;
}

function wholeMicroseconds(ns: bigint): number {
  // Rounded to whole microseconds here: libuv cuts off what is below, and a double may be just below.
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

/** Which of these entries differ between source and replica, by what stat tells. */
export function findDifferent(task: Omit<RightsTask, 'times'>): ByteString[] {
  return task.paths.filter((path) => {
    const source = statsOrNull(joinNames(task.source, path));
    const replica = statsOrNull(joinNames(task.replica, path));
    if (source === null || replica === null) return false;
    return compareEntries(source, replica, task.rules) === 'attributes';
  });
}
