/** Modes, owners, attributes and times, where no content is copied: of files, and at the end of folders. */

import { accessSync, constants } from 'node:fs';
import {
  compareAttributes,
  copyAttributes,
  nameList,
  readAttributes,
  removeAttributes,
} from '../system/attributes.ts';
import { copyWithTar, setFoldersWithTar, type TarResult } from '../system/tar.ts';
import { batchesOf, type Job, stepsOf } from './job.ts';
import { type ByteString, joinNames, toSystemPath } from './names.ts';
import { attempt, type Outcome, type SkipReason } from './place.ts';
import { archiveName } from './rights.ts';

/** 2 kB each. */
const foldersAtOnce = 2000;

/** Modes, owners and attributes of files whose content is as it should be. */
export async function setFileAttributes(job: Job): Promise<void> {
  for (const batch of batchesOf(stepsOf(job, ['attributes']))) {
    if (job.isStopped()) return;
    const files = batch.filter(({ kind }) => kind === 'file').map((step) => step.path);
    for (const { kind, path } of batch) if (kind === 'folder') job.folders.add(path);
    if (files.length === 0) continue;
    await removeSurplusAttributes(job, files);
    const outcomes = await copyRights(job, files, false);
    const done = files.filter((_, index) => outcomes[index] === null);
    const lacking = await copyFileAttributes(job, done);
    for (const [index, path] of files.entries()) {
      const outcome = outcomes[index] ?? lacking.get(path) ?? null;
      if (outcome === null) job.done('attributes', 'file', path);
      else if (outcome !== 'gone') job.skip(path, outcome);
    }
  }
}

/** @returns why some have other attributes all the same: not every filesystem keeps them, not every user may read them */
async function copyFileAttributes(
  job: Job,
  paths: readonly ByteString[],
): Promise<Map<ByteString, SkipReason>> {
  const { source, replica, hasAttributes } = job.plan.places;
  if (!hasAttributes) return new Map();
  const names = nameList(paths);
  await copyAttributes(source, replica, names);
  const lists = await Promise.all([readAttributes(source, names), readAttributes(replica, names)]);
  const { different } = compareAttributes(...lists);
  return new Map(different.map((path) => [path, isReadable(job, path) ? 'ENOTSUP' : 'EACCES']));
}

/** May this user read the source's entry, and so its attributes? Else they look as if there were none. */
function isReadable({ source }: Job, path: ByteString): boolean {
  return attempt(() => accessSync(toSystemPath(joinNames(source, path)), constants.R_OK)) === undefined;
}

function copyRights(job: Job, paths: readonly ByteString[], times: boolean): Promise<Outcome[]> {
  const { source, replica } = job;
  return job.pool.run('copyRights', { source, replica, paths, rules: job.plan.places.rules, times });
}

/** tar and setfattr only add. Before the modes: without its access control list, a file's mode means something else. */
async function removeSurplusAttributes(job: Job, paths: readonly ByteString[]): Promise<void> {
  const { places } = job.plan;
  if (!places.hasAttributes) return;
  const names = nameList(paths);
  const [source, replica] = await Promise.all([
    readAttributes(places.source, names),
    readAttributes(places.replica, names),
  ]);
  const { surplus } = compareAttributes(source, replica);
  const certain = [...surplus].map(
    ([attribute, having]) => [attribute, having.filter((path) => isReadable(job, path))] as const,
  );
  await removeAttributes(places.replica, new Map(certain));
}

/** Folders get modes, owners, attributes and times, those that contain others after these. */
export async function finishFolders(job: Job): Promise<void> {
  const folders = [...job.folders].sort().reverse();
  const { places } = job.plan;
  const task = { source: job.source, replica: job.replica, rules: places.rules };
  const steps = [...stepsOf(job, ['attributes'])].filter(({ kind }) => kind === 'folder');
  const due = steps.map(({ path }) => path).filter((path) => job.folders.has(path));
  const planned = new Set([...job.bareFolders, ...due]);
  const paths = await job.pool.run('findDifferent', { ...task, paths: folders, others: [...planned] });
  if (paths.length === 0) return;
  const isWhole = places.hasTar && (await copyFolders(job, paths, planned));
  const left = await job.pool.run('findDifferent', { ...task, paths });
  // Inner ones first, as they come: an outer one may become closed.
  const outcomes = await copyRights(job, left, true);
  const failed = new Set<ByteString>();
  for (const [index, path] of left.entries()) {
    const outcome = outcomes[index] ?? null;
    if (outcome !== null) failed.add(path);
    if (outcome !== null && outcome !== 'gone') job.skip(path, outcome);
  }
  for (const path of due) if (!failed.has(path)) job.done('attributes', 'folder', path);
  const { known } = job.options;
  if (known === undefined || !isWhole) return;
  // What has changed since the cycle began may have changed after it was copied.
  known.add(await job.pool.run('learnFolders', { ...task, paths, before: known.openedAt }));
}

/**
 * @param planned those of which the attributes differ, or may; the others have theirs: the scan has compared them, or they
 *   came with them
 * @returns whether all that there is to them was copied
 */
async function copyFolders(
  job: Job,
  paths: readonly ByteString[],
  planned: ReadonlySet<ByteString>,
): Promise<boolean> {
  const { plan, pool, source } = job;
  const { places } = plan;
  const { owners } = places.rules;
  const results: TarResult[] = [];
  const unequal = paths.filter((folder) => planned.has(folder)).map(archiveName);
  if (unequal.length > 0) {
    await removeSurplusAttributes(job, unequal);
    const names = nameList(unequal);
    results.push(await copyWithTar({ from: places.source, to: places.replica, names, owners }));
  }
  const equal = paths.filter((folder) => !planned.has(folder));
  for (let from = 0; from < equal.length; from += foldersAtOnce) {
    const batch = equal.slice(from, from + foldersAtOnce);
    const folders = await pool.run('describeFolders', { source, paths: batch });
    results.push(await setFoldersWithTar(places.replica, folders, owners));
  }
  return results.every(({ failed, complaints }) => failed === null && complaints.size === 0);
}
