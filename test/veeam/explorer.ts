/**
 * Runs the real code of both sides over a shared folder in memory, one file operation at a time, in every order.
 *
 * Each operation of each side waits until the explorer lets it happen. Two orders that have shown both sides the same
 * are one state, and are followed only once; so all orders are seen, and it still ends.
 */

import { createHash } from 'node:crypto';
import type { Clock } from '../../src/system/clock.ts';
import type { Files } from '../../src/system/files.ts';
import type { Share } from '../../src/system/share.ts';

/** One side of a scene: the code under test, over what it is given. */
export type Actor = (world: ActorWorld) => Promise<void>;

export interface ActorWorld {
  share: Share;
  files: Files;
  clock: Clock;
  signal: AbortSignal;
  /** Stands for the time in which the side reads or writes the backups. */
  use(): Promise<void>;
}

interface Operation {
  actor: string;
  name: string;
  /** A sleeper wakes only when something has changed: otherwise it would see what it saw. */
  sleepsSince: number | null;
  run(): unknown;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Files that only one side touches, or whose coming and going means nothing to the other one. */
const isPrivate = (name: string): boolean => /^\w+ \S*(\/disk\/\S*|\.tmp)$/.test(name);

interface Scene {
  files: Map<string, string>;
  /** Grows with each change of the files. */
  version: number;
  /** What each actor has done, and what it was told. */
  seen: Record<string, string[]>;
  pending: Operation[];
  using: Set<string>;
  /** Who was seen using the source beside somebody else. */
  clashes: string[];
  ended: Record<string, 'well' | Error>;
  /** Then nothing is left out of what is listed. */
  isAlone: boolean;
  /** Frozen while all orders are explored; in a single run sleeping lets it pass. */
  now: number;
}

/** Whatever the wall clock of the test's machine says. */
const startedAt = Date.parse('2026-11-21T03:12:44.000Z');

function newScene(files: Readonly<Record<string, string>>, isAlone = false): Scene {
  return {
    files: new Map(Object.entries(files)),
    version: 0,
    seen: {},
    pending: [],
    using: new Set(),
    clashes: [],
    ended: {},
    isAlone,
    now: 0,
  };
}

function worldOf(scene: Scene, actor: string): ActorWorld {
  scene.seen[actor] = [];
  // When it began to look: what has changed since then, it may have missed.
  let lookedAt: number | null = null;
  const step = <T>(name: string, run: () => T, sleepsSince: number | null = null): Promise<T> =>
    new Promise((resolve, reject) => {
      scene.pending.push({
        actor,
        name,
        sleepsSince,
        run: () => {
          lookedAt = sleepsSince === null ? (lookedAt ?? scene.version) : null;
          return run();
        },
        resolve: resolve as (value: unknown) => void,
        reject,
      });
    });
  const change = (place: string): void => {
    if (!isPrivate(`change ${place}`)) scene.version += 1;
  };
  const put = async (place: string, text: string): Promise<void> => {
    await step(`create ${place}`, () => {
      scene.files.set(place, '');
      change(place);
    });
    await step(`fill ${place}`, () => {
      // Somebody may have renamed or removed it meanwhile.
      if (scene.files.has(place)) scene.files.set(place, text);
      change(place);
    });
  };
  const namesIn = (folder: string): string[] =>
    [...scene.files.keys()]
      .filter((place) => place.startsWith(`${folder}/`))
      .map((place) => place.slice(folder.length + 1))
      .filter((name) => scene.isAlone || !isPrivate(`list ${name}`))
      .sort();
  const remove = (place: string): Promise<boolean> =>
    step(`remove ${place}`, () => {
      change(place);
      return scene.files.delete(place);
    });
  const read = (place: string): Promise<string | null> =>
    step(`read ${place}`, () => scene.files.get(place) ?? null);
  return {
    share: {
      remove,
      read,
      // Whether a folder, or a file that was just listed, is there: the answers that matter come from `read` and `list`.
      look: async () => ({ kind: 'file', writtenAt: startedAt, changedAt: startedAt }),
      list: async (folder) => {
        // A folder is not read in one moment: what is renamed meanwhile may be missed under both names.
        const first = await step(`begin to list ${folder}`, () => namesIn(folder));
        return step(`list ${folder}`, () => namesIn(folder).filter((name) => first.includes(name)));
      },
      write: put,
      rename: (from, to) =>
        step(`rename ${from} ${to}`, () => {
          const text = scene.files.get(from);
          if (text === undefined) throw Object.assign(new Error(`ENOENT: ${from}`), { code: 'ENOENT' });
          scene.files.delete(from);
          scene.files.set(to, text);
          change(to);
        }),
      now: async () => startedAt + scene.now,
    },
    files: {
      read,
      remove,
      writeInPlace: put,
      makeDirectory: async () => undefined,
      list: async (folder) => namesIn(folder),
      kind: async (place) => (scene.files.has(place) ? 'file' : null),
      keepingTimeOf: (_directory, body) => body(),
    },
    clock: {
      now: () => startedAt + scene.now,
      monotonic: () => 5_000 + scene.now,
      sleep: (ms) => step(`sleep ${ms}`, () => undefined, lookedAt ?? scene.version),
    },
    signal: new AbortController().signal,
    use: async () => {
      await step('begin', () => {
        if (scene.using.size > 0 && [...scene.using, actor].includes('copy'))
          scene.clashes.push(`${actor} beside ${[...scene.using].join()}`);
        scene.using.add(actor);
      });
      await step('end', () => scene.using.delete(actor));
    },
  };
}

function start(scene: Scene, name: string, actor: Actor): void {
  actor(worldOf(scene, name)).then(
    () => {
      scene.ended[name] = 'well';
    },
    (error: Error) => {
      scene.ended[name] = error;
    },
  );
}

/** Lets everybody run until each waits for an operation, or has ended. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function perform(scene: Scene, operation: Operation): Promise<void> {
  scene.pending.splice(scene.pending.indexOf(operation), 1);
  let told: unknown;
  try {
    told = operation.run();
    operation.resolve(told);
  } catch (error) {
    told = String(error);
    operation.reject(error);
  }
  remember(scene.seen[operation.actor] ?? [], `${operation.name} → ${JSON.stringify(told) ?? ''}`);
  await settle();
}

/** Of looks that are repeated with a sleep between them, only the last one means anything. */
function remember(seen: string[], entry: string): void {
  seen.push(entry);
  if (!entry.startsWith('sleep')) return;
  const last = seen.findLastIndex((each, index) => index < seen.length - 1 && each.startsWith('sleep'));
  const names = seen.slice(last + 1).map((each) => each.split(' → ')[0]);
  const first = last - names.length + 1;
  const before = seen.slice(Math.max(0, first), last + 1).map((each) => each.split(' → ')[0]);
  if (last >= 0 && before.join() === names.join()) seen.splice(first, names.length);
}

/** What may happen next. Something private may as well happen at once: in whatever order, the others see the same. */
function enabled(scene: Scene): Operation[] {
  const own = scene.pending.find(({ name }) => isPrivate(name));
  if (own !== undefined) return [own];
  return scene.pending.filter(({ sleepsSince }) => sleepsSince === null || sleepsSince < scene.version);
}

export interface Exploration {
  /** How many different states were seen, and how many of them were ends. */
  states: number;
  ends: number;
  /** What went wrong, each with the order in which it does. */
  failures: string[];
}

/** Follows every order in which the actors' operations can happen. Stops at the first failure. */
export async function exploreAll(
  actors: Readonly<Record<string, Actor>>,
  files: Readonly<Record<string, string>> = {},
): Promise<Exploration> {
  const known = new Set<string>();
  const found: Exploration = { states: 0, ends: 0, failures: [] };
  const open: number[][] = [[]];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const scene = await replay(actors, files, path);
    for (;;) {
      const key = keyOf(scene);
      if (known.has(key)) break;
      known.add(key);
      found.states += 1;
      const choices = enabled(scene);
      if (hasFailed(scene, choices, actors, found)) return found;
      const [next] = choices;
      if (next === undefined) {
        found.ends += 1;
        break;
      }
      for (let other = 1; other < choices.length; other += 1) open.push([...path, other]);
      path = [...path, 0];
      await perform(scene, next);
    }
  }
  return found;
}

/**
 * Follows so many orders, chosen by chance: for scenes that have too many. Stops at the first failure.
 *
 * @param seed the same one chooses the same orders
 */
export async function exploreSome(
  actors: Readonly<Record<string, Actor>>,
  orders: number,
  seed: number,
): Promise<Exploration> {
  const found: Exploration = { states: 0, ends: 0, failures: [] };
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  for (let order = 0; order < orders; order += 1) {
    const scene = await replay(actors, {}, []);
    for (;;) {
      found.states += 1;
      const choices = enabled(scene);
      if (hasFailed(scene, choices, actors, found)) return found;
      const next = choices[below(choices.length)];
      if (next === undefined) break;
      await perform(scene, next);
    }
    found.ends += 1;
  }
  return found;
}

/** Notes what is wrong with a scene, and how it came to it; false: nothing is. */
function hasFailed(
  scene: Scene,
  choices: readonly Operation[],
  actors: Readonly<Record<string, Actor>>,
  { failures }: Exploration,
): boolean {
  const failure = failureOf(scene, choices, Object.keys(actors));
  if (failure !== null) failures.push(`${failure}\n${JSON.stringify(scene.seen, null, 1)}`);
  return failure !== null;
}

/** Who has been told what, how things stand, and who sleeps on. */
function keyOf(scene: Scene): string {
  const going = enabled(scene).map(({ actor }) => actor);
  const state = JSON.stringify([scene.seen, [...scene.files].sort(), going.sort()]);
  return createHash('sha1').update(state).digest('base64');
}

async function replay(
  actors: Readonly<Record<string, Actor>>,
  files: Readonly<Record<string, string>>,
  path: readonly number[],
): Promise<Scene> {
  const scene = newScene(files);
  for (const [name, actor] of Object.entries(actors)) start(scene, name, actor);
  await settle();
  for (const choice of path) {
    const operation = enabled(scene)[choice];
    if (operation === undefined) throw new Error('the same order had another outcome');
    await perform(scene, operation);
  }
  return scene;
}

function failureOf(scene: Scene, choices: readonly Operation[], names: readonly string[]): string | null {
  if (scene.clashes.length > 0) return `both at once: ${scene.clashes.join()}`;
  for (const [name, end] of Object.entries(scene.ended)) {
    if (end !== 'well') return `${name} has failed: ${end.stack}`;
  }
  const waiting = names.filter((name) => scene.ended[name] === undefined);
  if (choices.length === 0 && waiting.length > 0) return `waits for ever: ${waiting.join()}`;
  return null;
}

export interface Ended {
  /** False when it was killed before its end. */
  hasEnded: boolean;
  error: Error | null;
  files: Record<string, string>;
}

/**
 * Runs one actor alone, and kills it after so many operations. Sleeping lets time pass.
 *
 * @param limit the number of operations that it may do; nothing: it runs to its end
 */
export async function runAlone(
  actor: Actor,
  files: Readonly<Record<string, string>>,
  limit = 10_000,
): Promise<Ended> {
  const scene = newScene(files, true);
  start(scene, 'it', actor);
  await settle();
  for (let count = 0; count < limit && scene.ended.it === undefined; count += 1) {
    const [next] = scene.pending;
    if (next === undefined) throw new Error('it waits for nothing that could happen');
    const slept = /^sleep ([\d.]+)$/.exec(next.name);
    if (slept !== null) scene.now += Number(slept[1]);
    await perform(scene, next);
  }
  const end = scene.ended.it;
  return {
    hasEnded: end !== undefined,
    error: end instanceof Error ? end : null,
    files: Object.fromEntries(scene.files),
  };
}
