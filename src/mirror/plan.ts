/** What has to be done to make the replica equal to the source. Reads both, and changes nothing. */

import { statSync } from 'node:fs';
import { PlugbackError } from '../errors.ts';
import { compareAttributes, nameList, readAttributes } from '../system/attributes.ts';
import { compareEntries, kindOf } from './compare.ts';
import { concatFacts, type Facts, isFresh, isKnown } from './facts.ts';
import { type Known, openKnown } from './known.ts';
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
import { createPool, type Pool, type PoolOptions } from './pool.ts';
import { addCounts, type Counts, lookAtPair, type ScanFolder, type ScanResult } from './scan.ts';
import { createStepWriter, readSteps, type Step } from './steps.ts';

export interface PlanOptions extends PoolOptions {
  /** Compare the bytes of files that look the same. */
  checksum?: boolean;
  /** More of the replica's files than that must not go; 25 by default. */
  maxDeletePercent?: number;
  /** Empty source or many deletions: it is meant. */
  allowDeletes?: boolean;
  signal?: AbortSignal;
  /** Gets the paths of what stays as it is. */
  onUntouched?: (paths: readonly ByteString[]) => void;
  /** Where is kept what need not be compared again; `defaultDirectories` by default. */
  stateDirectory?: string;
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

/** The same while there are fewer folders than threads: what is found must soon be shared out. */
const firstBudget = 50;
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
  const pool = createPool(options);
  try {
    const places = await verifyPlaces(source, replica, options.roots ?? realRoots);
    return await planWith(pool, places, { ...options, known: openKnown(places, options.stateDirectory) });
  } finally {
    await pool.close();
  }
}

export interface KnowingOptions extends PlanOptions {
  /** Learns what is found equal; by default everything is compared. */
  known?: Known | undefined;
}

/** The same with folders that were looked at and threads that are there. */
export async function planWith(pool: Pool, places: Places, options: KnowingOptions): Promise<MirrorPlan> {
  if (options.allowDeletes !== true) verifyNotEmpty(places.source);
  const draft = createDraft(places, options);
  await draft.takeRoot();
  await scanTree(pool, places, options, (result) => draft.take(result));
  return await draft.finish();
}

/** Reads all folders, as many at a time as the pool has threads. */
async function scanTree(
  pool: Pool,
  { source, replica, rules, mountPoints }: Places,
  options: KnowingOptions,
  take: (result: ScanResult) => Promise<void>,
): Promise<void> {
  const { dev } = statSync(replica);
  const waiting: ScanFolder[] = [{ path: '', isNew: false, isThere: true, isBorder: true, device: dev }];
  const atWork = new Set<Promise<void>>();
  while (waiting.length > 0 || atWork.size > 0) {
    options.signal?.throwIfAborted();
    while (waiting.length > 0 && atWork.size < 2 * pool.width) {
      const share = Math.max(1, Math.ceil(waiting.length / pool.width));
      const isScarce = waiting.length < pool.width;
      const folders = waiting.splice(-share);
      const task = {
        source: fromText(source),
        replica: fromText(replica),
        folders,
        mountPoints,
        rules,
        budget: isScarce ? firstBudget : budget,
        checksum: options.checksum === true,
        isGuarded: options.allowDeletes !== true,
        wantsSame: options.onUntouched !== undefined,
        known: options.known?.table ?? null,
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
  finish(): Promise<MirrorPlan>;
}

function createDraft(places: Places, options: KnowingOptions): Draft {
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

  /** Those of which the attributes are still to be compared. */
  let open: { names: Uint8Array; facts: Facts }[] = [];
  let openCount = 0;

  const compareOpen = async (): Promise<void> => {
    const names = Buffer.concat(open.map((part) => part.names));
    const facts = concatFacts(open.map((part) => part.facts));
    open = [];
    openCount = 0;
    const different = new Set(await findOtherAttributes(names));
    addAttributeSteps([...different]);
    if (different.size > 0 || options.onUntouched !== undefined) {
      const paths = pathsOf(names);
      for (const [index, path] of paths.entries())
        if (different.has(path)) facts.fill(0, 2 * index, 2 * index + 2);
      options.onUntouched?.(paths.filter((path) => !different.has(path) && !linked.has(path)));
    }
    options.known?.add(facts);
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
      const pair = lookAtPair(places.source, places.replica);
      const wasKnown =
        pair !== null && options.known !== undefined && isKnown(options.known.table, pair.fact);
      const different = wasKnown ? [] : await findOtherAttributes(nameList(['.']));
      untouched += 1;
      if (!isSame || different.length > 0) {
        addAttributeSteps(['']);
        return;
      }
      options.onUntouched?.(['']);
      const now = Date.now();
      const isSettled =
        pair !== null && !isFresh(pair.source.ctimeMs, now) && !isFresh(pair.replica.ctimeMs, now);
      if (isSettled && !wasKnown) options.known?.add(Uint32Array.of(pair.fact.low, pair.fact.high));
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
      options.onUntouched?.(pathsOf(result.same).filter((path) => !linked.has(path)));
      open.push({ names: result.unchecked, facts: result.facts });
      openCount += result.facts.length / 2;
      // A few programs for many entries: to start one takes as long as to ask hundreds.
      if (openCount >= budget) await compareOpen();
    },
    finish: async () => {
      if (openCount > 0) await compareOpen();
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
        skipped: onceEach(skipped),
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

/** What is closed on both sides is told once. */
function onceEach(skipped: readonly Skip[]): Skip[] {
  const told = new Set<ByteString>();
  return skipped.filter(({ path }) => {
    const isNew = !told.has(path);
    told.add(path);
    return isNew;
  });
}

/** The paths of a list with a NUL after each. */
function pathsOf(names: Uint8Array): ByteString[] {
  return Buffer.from(names).toString(nameEncoding).split('\0').slice(0, -1);
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
