/**
 * Goes on watching: a change is copied once its file has been quiet for a second, and once a minute everything is looked
 * at, whatever the kernel has told.
 */

// For months it may need neither; but an upgrade takes away what has not been loaded by then.
import './list-yaml.ts';
import './pattern.ts';
import { existsSync, statSync } from 'node:fs';
import { asPlugbackError, PlugbackError, reasonOf, systemCodeOf } from '../errors.ts';
import { type BytePath, bytesOfText, folderOfBytes, joinBytes, nameOfBytes } from '../system/byte-path.ts';
import { createFolderWatch, type FolderEvent } from '../system/folder-watch.ts';
import { type CheckOptions, checkFiles } from './check.ts';
import type { CheckResult } from './copying.ts';
import { holdDestination, isDestinationTrouble, verifyDestination } from './destination.ts';
import { expandList, type Watched } from './expand.ts';
import { lookAt } from './file-state.ts';
import { type List, readList } from './list-file.ts';
import { quietMs } from './quiet.ts';
import { type Recorded, readRecord } from './record.ts';

export interface WatchOptions
  extends Omit<CheckOptions, 'repeatsTroubles' | 'quietPatienceMs' | 'mayTakeRestless' | 'tellsUnchanged'> {
  list: List;
  cwd: BytePath;
  isOurs: (file: BytePath) => boolean;
  /** Says an error in words, to the terminal and the log. */
  tellError: (error: PlugbackError) => void;
  /** Hears what each check came to. */
  onResult: (result: CheckResult) => void;
}

const minuteMs = 60_000;
/** Files that came or went are gathered for so long, in ms: unpacking an archive makes thousands. */
const gatherMs = 1_000;
/** How often a destination that is gone is looked for, in ms. */
const lookForMs = 2_000;
/** The tick of the kernel's clock, by which a file may seem younger than what was heard of it; in ms. */
const toleranceMs = 300;

/** Watches until the signal is aborted, and then throws its reason. */
export async function watchFiles(options: WatchOptions): Promise<never> {
  const watching = new Watching(options);
  try {
    return await watching.perform();
  } finally {
    watching.close();
  }
}

/** A file of which something was heard; by the monotonic clock. */
interface Restless {
  firstAt: number;
  lastAt: number;
}

class Watching {
  private readonly recorded: Recorded;
  private list: List;
  private listTrouble: string | null = null;
  private files = new Map<BytePath, Watched>();
  /** In which a file that comes belongs to the list. */
  private folders = new Set<BytePath>();
  /** What links lead to, and the files that are these links. */
  private targets: ReadonlyMap<BytePath, readonly BytePath[]> = new Map();
  /** Patterns of which it was told that nothing matches them. */
  private unmatched: readonly string[] = [];
  private readonly restless = new Map<BytePath, Restless>();
  private nextFull = 0;
  private trouble: PlugbackError | null = null;
  /** The filesystem that had the record: without both, an empty mount point has taken the destination's place. */
  private device: number | null = null;
  private wake = new AbortController();
  private hasToldLimit = false;
  private readonly watch = createFolderWatch({
    onEvent: (event) => this.hear(event),
    onProblem: (error) => this.tellLimit(error),
  });

  constructor(private readonly options: WatchOptions) {
    this.list = options.list;
    this.recorded = readRecord(options.destination.recordPath);
    options.signal.addEventListener('abort', () => this.wake.abort(), { once: true });
  }

  close(): void {
    this.watch.close();
  }

  async perform(): Promise<never> {
    const { clock, signal } = this.options;
    let isFirst = true;
    for (;;) {
      signal.throwIfAborted();
      if (clock.monotonic() >= this.nextFull) {
        await this.withoutDestinationTrouble(() => this.checkAll());
        if (isFirst) this.options.voice.info('tm.watching', { count: this.files.size });
        isFirst = false;
      } else if (this.trouble === null) await this.withoutDestinationTrouble(() => this.checkQuiet());
      await this.untilNext();
    }
  }

  /** Everything, with what has come to the list and its folders meanwhile. */
  private async checkAll(): Promise<void> {
    const { clock, cwd, isOurs } = this.options;
    if (this.trouble?.code === 'copies-folder-missing') {
      this.verifySameDestination();
      // What was held when it went is let go of, also for others.
      await holdDestination(
        this.options.destination,
        { ...this.options, patienceMs: null },
        async () => undefined,
      );
      this.tellBack();
    }
    this.nextFull = clock.monotonic() + minuteMs;
    await this.readListAgain();
    const { files, unmatched, folders, parents, targets } = await expandList(
      this.list.entries.map(({ bytes }) => bytes),
      { cwd, isOurs, isKnownFile: (file) => this.recorded.known.has(file) },
    );
    for (const name of unmatched) {
      if (!this.unmatched.includes(name)) this.options.voice.info('tm.nothing-matches', { name });
    }
    this.unmatched = unmatched;
    this.files = new Map(files.map((watched) => [watched.file, watched]));
    this.folders = folders;
    this.targets = targets;
    this.watch.follow([...folders, ...parents, folderOfBytes(bytesOfText(this.list.path))]);
    await this.check(files, 0);
  }

  /** Those that were heard of, and are quiet now. */
  private async checkQuiet(): Promise<void> {
    const now = this.options.clock.monotonic();
    const quiet = [...this.restless].filter(([, { lastAt }]) => lastAt + quietMs <= now);
    const files = quiet.flatMap(([file]) => {
      const watched = this.files.get(file);
      // It has left the list meanwhile.
      if (watched === undefined) this.restless.delete(file);
      return watched === undefined ? [] : [{ ...watched, look: lookAt(file) }];
    });
    if (files.length === 0) return;
    // What was missing has come as a folder: it is one of the list.
    const isNewFolder = ({ file, look }: Watched) =>
      'trouble' in look && look.trouble.kind === 'folder' && !this.recorded.known.has(file);
    if (files.some(isNewFolder)) await this.checkAll();
    else await this.check(files, toleranceMs);
  }

  private async check(files: readonly Watched[], quietPatienceMs: number): Promise<void> {
    const { clock } = this.options;
    this.verifySameDestination();
    const since = new Map(this.restless);
    const result = await checkFiles(files, this.recorded, {
      ...this.options,
      quietPatienceMs,
      repeatsTroubles: false,
      tellsUnchanged: false,
      // In a whole minute it was not quiet for a second.
      mayTakeRestless: (file) =>
        (since.get(file)?.firstAt ?? Number.POSITIVE_INFINITY) + minuteMs <= clock.monotonic(),
    });
    // What was heard meanwhile is a change that the check may not have seen.
    for (const { file } of files) {
      if (this.restless.get(file)?.lastAt === since.get(file)?.lastAt) this.restless.delete(file);
    }
    const now = clock.monotonic();
    for (const file of result.restless) {
      this.restless.set(file, { firstAt: since.get(file)?.firstAt ?? now, lastAt: now });
    }
    if (existsSync(this.options.destination.recordPath)) this.device = this.deviceNow() ?? this.device;
    this.options.onResult(result);
  }

  /** @throws PlugbackError `copies-folder-missing`, `copies-folder-unreadable` */
  private verifySameDestination(): void {
    const { destination } = this.options;
    verifyDestination(destination);
    if (this.device === null || existsSync(destination.recordPath)) return;
    if (this.deviceNow() !== this.device)
      throw new PlugbackError('copies-folder-missing', { path: destination.folder });
  }

  /** Null for a destination that has gone in this moment. */
  private deviceNow(): number | null {
    try {
      return statSync(this.options.destination.folder).dev;
    } catch {
      return null;
    }
  }

  /** What is wrong with the destination is said once; it is taken up again when it is back. */
  private async withoutDestinationTrouble(body: () => Promise<void>): Promise<void> {
    const { clock, tellError, signal } = this.options;
    try {
      await body();
      this.tellBack();
    } catch (error) {
      if (signal.aborted || !isDestinationTrouble(error)) throw error;
      if (this.trouble?.code !== error.code) tellError(error);
      this.trouble = error;
      const isMissing = error.code === 'copies-folder-missing';
      this.nextFull = clock.monotonic() + (isMissing ? lookForMs : minuteMs);
    }
  }

  private tellBack(): void {
    const { voice, destination } = this.options;
    if (this.trouble !== null) voice.info('tm.back', { path: destination.folder });
    this.trouble = null;
  }

  /** A list that cannot be read at the moment leaves the one that was read before. */
  private async readListAgain(): Promise<void> {
    const { tellError, voice } = this.options;
    const { path } = this.list;
    try {
      const list = await readList(path);
      if (list === null) throw new PlugbackError('list-unreadable', { path, reason: 'ENOENT' });
      if (list.text !== this.list.text || this.listTrouble !== null) voice.info('tm.list-again', { path });
      this.list = list;
      this.listTrouble = null;
    } catch (thrown) {
      const error = asPlugbackError(thrown);
      if (this.listTrouble !== error.message) tellError(error);
      this.listTrouble = error.message;
    }
  }

  private hear({ folder, name, isComingOrGoing, isAwaited }: FolderEvent): void {
    const now = this.options.clock.monotonic();
    const file = name === null ? null : joinBytes(folder, name);
    if (file !== null && this.options.isOurs(file)) return;
    const changed = file === null ? [] : [file, ...(this.targets.get(file) ?? [])];
    const watched = changed.filter((one) => this.files.has(one));
    for (const one of watched) {
      this.restless.set(one, { firstAt: this.restless.get(one)?.firstAt ?? now, lastAt: now });
    }
    if (watched.length > 0) this.wake.abort();
    else if (
      file === bytesOfText(this.list.path) ||
      isAwaited ||
      // A folder that is itself moved or removed is told by its own name.
      (isComingOrGoing && (this.folders.has(folder) || name === nameOfBytes(folder)))
    ) {
      this.nextFull = Math.min(this.nextFull, now + gatherMs);
      this.wake.abort();
    }
  }

  private tellLimit(error: unknown): void {
    // The same codes as of a full disk and of too many open files, which would be misleading here.
    const isLimit = ['ENOSPC', 'EMFILE'].includes(systemCodeOf(error) ?? '');
    const reason = isLimit ? 'too many watches' : reasonOf(error);
    if (!this.hasToldLimit) this.options.voice.error('tm.watch-limit', { reason });
    this.hasToldLimit = true;
  }

  private async untilNext(): Promise<void> {
    const { clock, signal } = this.options;
    if (signal.aborted) return;
    this.wake = new AbortController();
    const quietAt = [...this.restless.values()].map(({ lastAt }) => lastAt + quietMs);
    const next = this.trouble === null ? Math.min(this.nextFull, ...quietAt) : this.nextFull;
    const wait = Math.max(0, next - clock.monotonic());
    await clock.sleep(wait, this.wake.signal).catch(() => undefined);
  }
}
