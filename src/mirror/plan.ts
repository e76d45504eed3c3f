/** What has to be done to make the replica equal to the source. Reads both, and changes nothing. */

import { statSync } from 'node:fs';
import { PlugbackError } from '../errors.ts';
import { compareAttributes, nameList, readAttributes } from '../system/attributes.ts';
import { compareEntries, kindOf } from './compare.ts';
import { type LinkedFile, type LinkStep, planLinks } from './links.ts';
import {
  asText,
  type ByteString,
  folderOf,
  fromText,
  isBelow,
  joinNames,
  nameEncoding,
  nameOf,
} from './names.ts';
import { type Skip, statsOrNull } from './place.ts';
import { type Places, type Roots, realRoots, verifyNotEmpty, verifyPlaces } from './places.ts';
import { createPool, type Pool } from './pool.ts';
import {
  addCounts,
  type Checked,
  type Counts,
  isChecked,
  nothingChecked,
  type ScanFolder,
  type ScanResult,
} from './scan.ts';
import { createStepWriter, readSteps, type Step } from './steps.ts';

export interface PlanOptions {
  /** Compare the bytes of files that look the same. */
  checksum?: boolean;
  /** More of the replica's files than that must not go; 25 by default. */
  maxDeletePercent?: number;
  /** Empty source or many deletions: it is meant. */
  allowDeletes?: boolean;
  /** Threads that read; 0: none besides this one. */
  threads?: number;
  signal?: AbortSignal;
  /** Gets the paths of what stays as it is. */
  onUntouched?: (paths: readonly ByteString[]) => void;
  /** Until when all attributes are known to be the same; see `check-record.ts`. */
  checked?: Checked;
  roots?: Roots;
}

export interface MirrorPlan {
  readonly places: Places;
  readonly source: Readonly<Counts>;
  readonly replica: Readonly<Counts>;
  readonly added: Readonly<Counts>;
  readonly overwritten: Readonly<Counts>;
  readonly deleted: Readonly<Counts>;
  /** Files and folders. */
  readonly untouched: number;
  /** Folders of the replica in which another filesystem begins, its root first, and an inner one after an outer one. */
  readonly borders: readonly ByteString[];
  /** What could not be read. */
  readonly skipped: readonly Skip[];
  /** Why the plan must not be carried out; null: it may. */
  readonly refusal: PlugbackError | null;
  /** All steps but those of files with several names. */
  steps(): Generator<Step>;
  readonly links: readonly LinkStep[];
}

/** Entries a thread reads before it reports: enough that the report costs nothing, few enough that all have work. */
const budget = 4000;

/**
 * Compares two folders.
 *
 * @throws PlugbackError `mirror-source-unusable`, `mirror-source-empty`, `mirror-replica-unusable`, `mirror-overlap`,
 *   `mirror-not-mounted`; the signal's reason
 */
export async function planMirror(
  source: string,
  replica: string,
  options: PlanOptions = {},
): Promise<MirrorPlan> {
  const pool = createPool(options.threads);
  try {
    const places = await verifyPlaces(source, replica, options.roots ?? realRoots);
    return await planWith(pool, places, options);
  } finally {
    await pool.close();
  }
}

/** The same with folders that were looked at and threads that are there. */
export async function planWith(pool: Pool, places: Places, options: PlanOptions): Promise<MirrorPlan> {
  if (options.allowDeletes !== true) verifyNotEmpty(places.source);
  const draft = createDraft(places, options);
  await draft.takeRoot();
  await scanTree(pool, places, options, (result) => draft.take(result));
  return draft.finish();
}

/** Reads all folders, as many at a time as the pool has threads. */
async function scanTree(
  pool: Pool,
  { source, replica, rules, mountPoints }: Places,
  options: PlanOptions,
  take: (result: ScanResult) => Promise<void>,
): Promise<void> {
  const { dev } = statSync(replica, { bigint: true });
  const waiting: ScanFolder[] = [{ path: '', isNew: false, isThere: true, isBorder: true, device: dev }];
  const atWork = new Set<Promise<void>>();
  while (waiting.length > 0 || atWork.size > 0) {
    options.signal?.throwIfAborted();
    while (waiting.length > 0 && atWork.size < 2 * pool.width) {
      const share = Math.max(1, Math.ceil(waiting.length / pool.width));
      const folders = waiting.splice(-share);
      const task = {
        source: fromText(source),
        replica: fromText(replica),
        folders,
        mountPoints,
        rules,
        budget,
        checksum: options.checksum === true,
        wantsSame: options.onUntouched !== undefined,
        checked: options.checked ?? nothingChecked,
      };
      const work = pool
        .run('scanFolders', task)
        .then(async (result) => {
          waiting.push(...result.rest);
          await take(result);
        })
        .finally(() => atWork.delete(work));
      atWork.add(work);
    }
    await Promise.race(atWork);
  }
}

interface Draft {
  /** The two folders themselves. */
  takeRoot(): Promise<void>;
  take(result: ScanResult): Promise<void>;
  finish(): MirrorPlan;
}

function createDraft(places: Places, options: PlanOptions): Draft {
  const blocks: Uint8Array[] = [];
  const linked = new Map<ByteString, LinkedFile>();
  const sums = {
    source: counts(),
    replica: counts(),
    added: counts(),
    overwritten: counts(),
    deleted: counts(),
  };
  const skipped: Skip[] = [];
  const borders: ByteString[] = [''];
  let untouched = 0;

  /** Which of the entries that look the same have other attributes. */
  const findOtherAttributes = async (names: Uint8Array): Promise<ByteString[]> => {
    if (!places.hasAttributes || names.length === 0) return [];
    const [source, replica] = await Promise.all([
      readAttributes(places.source, names),
      readAttributes(places.replica, names),
    ]);
    return compareAttributes(source, replica).different;
  };

  const addAttributeSteps = (paths: readonly ByteString[]): void => {
    const writer = createStepWriter();
    for (const path of paths) {
      const file = linked.get(path);
      if (file !== undefined) {
        file.isSame = false;
        continue;
      }
      const stats = statsOrNull(joinNames(fromText(places.source), path));
      if (stats === null) continue;
      const kind = kindOf(stats);
      const isPlain = kind === 'file' || kind === 'folder';
      writer.enter(folderOf(path));
      writer.add(isPlain ? 'attributes' : 'overwrite', kind, 0, nameOf(path));
      sums.overwritten[kind === 'folder' ? 'folders' : 'files'] += 1;
      untouched -= 1;
    }
    const block = writer.finish();
    if (block !== null) blocks.push(block);
  };

  return {
    takeRoot: async () => {
      const [one, other] = [places.source, places.replica].map((place) => statsOrNull(fromText(place)));
      const isSame = one && other && compareEntries(one, other, places.rules) === 'none';
      const isKnown = one && other && isChecked(one, other, options.checked ?? nothingChecked);
      const different = isKnown ? [] : await findOtherAttributes(nameList(['.']));
      untouched += 1;
      if (!isSame || different.length > 0) addAttributeSteps(['']);
      else options.onUntouched?.(['']);
    },
    take: async (result) => {
      for (const name of ['source', 'replica', 'added', 'overwritten', 'deleted'] as const) {
        addCounts(sums[name], result[name]);
      }
      skipped.push(...result.skipped);
      // The programs that copy take folders as text.
      borders.push(...result.borders.filter((path) => asText(path) !== null));
      if (result.steps !== null) blocks.push(result.steps);
      const sameLinked = result.linked.filter(({ isSame }) => isSame).length;
      for (const file of result.linked) linked.set(file.path, file);
      untouched += result.sameCount - sameLinked;
      const different = await findOtherAttributes(result.unchecked);
      addAttributeSteps(different);
      if (options.onUntouched === undefined) return;
      const others = new Set(different);
      const same = Buffer.from(result.same).toString(nameEncoding).split('\0').slice(0, -1);
      options.onUntouched(same.filter((path) => !others.has(path) && !linked.has(path)));
    },
    finish: () => {
      borders.sort();
      // A file has no names on two filesystems.
      const files = [...linked.values()].map((file) => ({
        ...file,
        source: `${file.source}:${borderOf(borders, file.path)}`,
      }));
      const links = planLinks(files);
      for (const { action, file } of links.steps) {
        const sum = action === 'add' || !file.isThere ? sums.added : sums.overwritten;
        sum.files += 1;
        if (action !== 'link' && file.kind === 'file') sum.bytes += file.size;
      }
      options.onUntouched?.(links.untouched.map(({ path }) => path));
      return {
        places,
        ...sums,
        borders,
        untouched: untouched + links.untouched.length,
        skipped,
        refusal: refuseDeletions(sums.replica.files, sums.deleted.files, options),
        steps: function* () {
          for (const block of blocks) yield* readSteps(block);
        },
        links: links.steps,
      };
    },
  };
}

/** The root of the filesystem that an entry of the replica lies on, as one of the borders of a plan. */
export function borderOf(borders: readonly ByteString[], path: ByteString): ByteString {
  if (borders.length === 1) return '';
  const folder = folderOf(path);
  return borders.findLast((border) => isBelow(folder, border)) ?? '';
}

const counts = (): Counts => ({ files: 0, folders: 0, bytes: 0 });

/** A source that has lost its files must not empty the replica. */
export function refuseDeletions(
  files: number,
  deletes: number,
  { allowDeletes, maxDeletePercent: limit = 25 }: PlanOptions,
): PlugbackError | null {
  if (allowDeletes === true || files === 0) return null;
  const percent = (100 * deletes) / files;
  return percent <= limit ? null : new PlugbackError('mirror-deletions', { deletes, files, percent, limit });
}
