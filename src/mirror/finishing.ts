/** Modes, owners, attributes and times, where no content is copied: of files, and at the end of folders. */

import { accessSync, constants } from 'node:fs';
import {
  compareAttributes,
  copyAttributes,
  nameList,
  readAttributes,
  removeAttributes,
} from '../system/attributes.ts';
import { copyWithTar } from '../system/tar.ts';
import { batchesOf, type Job, stepsOf } from './job.ts';
import { type ByteString, joinNames, toSystemPath } from './names.ts';
import { attempt, type Outcome, type SkipReason } from './place.ts';

/** Modes, owners and attributes of files whose content is as it should be. */
export async function setFileAttributes(job: Job): Promise<void> {
  for (const batch of batchesOf(stepsOf(job, ['attributes']))) {
    if (job.isStopped()) return;
    const files = batch.filter(({ kind }) => kind === 'file').map((step) => step.path);
    for (const { kind, path } of batch) if (kind === 'folder') job.done('attributes', kind, path);
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
  const others: ByteString[] = [];
  for (const { path } of stepsOf(job, ['attributes'])) if (job.folders.has(path)) others.push(path);
  const paths = await job.pool.run('findDifferent', { ...task, paths: folders, others });
  if (paths.length === 0) return;
  const names = paths.map((folder) => (folder === '' ? '.' : folder));
  await removeSurplusAttributes(job, names);
  if (places.hasTar) {
    const { owners } = places.rules;
    await copyWithTar({ from: places.source, to: places.replica, names: nameList(names), owners });
  }
  const left = await job.pool.run('findDifferent', { ...task, paths });
  // Inner ones first, as they come: an outer one may become closed.
  const outcomes = await copyRights(job, left, true);
  for (const [index, path] of left.entries()) {
    const outcome = outcomes[index] ?? null;
    if (outcome !== null && outcome !== 'gone') job.skip(path, outcome);
  }
}
