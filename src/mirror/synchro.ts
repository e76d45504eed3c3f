/**
 * The mirror as an object, for programs:
 *
 *     const synchro = new Synchro({ logPath: '/var/log' });
 *     synchro.configure('/srv/office', '/mnt/replica', { mode: 'ongoing', interval: 4 });
 *     await synchro.run();
 *     synchro.close();
 */

import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { asPlugbackError, type PlugbackError } from '../errors.ts';
import type { Language } from '../messages/format.ts';
import { createTranslator, type SayArguments, type SentenceKey } from '../messages/translator.ts';
import { type Clock, realClock } from '../system/clock.ts';
import { createDailyLog, type DailyLog, logFolder, verifyPlaceOfLog } from './daily-log.ts';
import { failuresOf } from './failures.ts';
import type { MirrorProgress, MirrorResult } from './job.ts';
import { mirror } from './mirror.ts';
import { type ByteString, toBytes, toText } from './names.ts';
import { verifyNamed } from './places.ts';
import type { Action } from './steps.ts';
import {
  type Configuration,
  configurationOf,
  type SynchroSettings,
  verifyLogOutside,
} from './synchro-settings.ts';

export interface SynchroOptions {
  /** The folder, which must exist, in which `LOGS` is, or will be; the current one by default. Null: no log. */
  logPath?: string | null;
  /** Of the log; English by default. */
  language?: Language;
  /** Aborting ends `run` after the file at hand. */
  signal?: AbortSignal;
  clock?: Clock;
}

/** One thing that was done. */
export interface MirrorEntry {
  action: 'added' | 'overwritten' | 'deleted';
  /** From the root of the replica; what is no UTF-8 as `\xff`. */
  path: string;
  /** The same, byte by byte. */
  bytes: Buffer;
}

export type StopMoment = 'before' | 'during' | 'between';

export interface SynchroEvents {
  /** A cycle begins. */
  begin: [];
  entry: [entry: MirrorEntry];
  progress: [progress: MirrorProgress];
  /** Programs are missing, so attributes and the like are not mirrored; told once. */
  limited: [];
  /** A cycle has ended. */
  cycle: [result: MirrorResult, seconds: number];
  /** A cycle of the ongoing mode has failed; the next one will come. */
  failure: [error: PlugbackError];
  /** Another mirror writes to the replica, and is waited for. */
  waiting: [];
  /** When the next cycle begins, ms since 1970. */
  next: [at: number];
  /** It was told to stop: before a cycle did anything, in one, or between two. */
  stopped: [moment: StopMoment];
}

/** A timer cannot be set further. */
const longestSleepMs = 2 ** 31 - 1;
/** So many lines go to the log at a time. */
const linesAtOnce = 500;

const doneActions: { readonly [A in Action]: MirrorEntry['action'] } = {
  add: 'added',
  link: 'overwritten',
  overwrite: 'overwritten',
  attributes: 'overwritten',
  delete: 'deleted',
};

export class Synchro extends EventEmitter<SynchroEvents> {
  readonly #logs: string | null;
  readonly #log: DailyLog | null;
  readonly #clock: Clock;
  readonly #say: ReturnType<typeof createTranslator>;
  readonly #signal: AbortSignal;
  readonly #closing = new AbortController();
  #configuration: Configuration | null = null;
  #lines: string[] = [];
  #hasSaidLimited = false;
  /** Has the cycle done anything yet? */
  #isAtWork = false;

  /** @throws PlugbackError `mirror-log-unusable` where the path of the log is empty */
  constructor(options: SynchroOptions = {}) {
    super();
    if (typeof options.logPath === 'string') verifyNamed(options.logPath, 'mirror-log-unusable');
    this.#clock = options.clock ?? realClock;
    this.#logs = options.logPath === null ? null : logFolder(options.logPath ?? '.');
    this.#log = this.#logs === null ? null : createDailyLog(this.#logs, () => this.#clock.now());
    this.#say = createTranslator(options.language ?? 'en');
    const signals = [this.#closing.signal, ...(options.signal === undefined ? [] : [options.signal])];
    this.#signal = AbortSignal.any(signals);
  }

  /** Today's log; null where there is none. */
  get logFile(): string | null {
    return this.#log?.file ?? null;
  }

  /**
   * What the next `run` does; may be called again and again.
   *
   * @throws PlugbackError `mirror-source-unusable`, `mirror-replica-unusable`, `mirror-log-in-replica`,
   *   `mirror-log-unusable` where the folder for `LOGS` is missing
   */
  configure(source: string, replica: string, settings: SynchroSettings = {}): void {
    // What was configured before is not what is wanted now, and must not run in its place.
    this.#configuration = null;
    try {
      const configuration = configurationOf(source, replica, settings);
      if (this.#logs !== null) {
        verifyLogOutside(this.#logs, configuration.replica);
        verifyPlaceOfLog(this.#logs);
      }
      this.#configuration = configuration;
    } catch (error) {
      this.#noteIfKept(asPlugbackError(error));
      throw error;
    }
  }

  /**
   * Mirrors as configured, until it is done, aborted or closed.
   *
   * @returns the result of the last cycle; null when there was none, or it was aborted
   * @throws PlugbackError whatever ended a cycle of the single mode, or the last one of the ongoing mode; see `mirror`
   */
  async run(): Promise<MirrorResult | null> {
    const configuration = this.#configuration;
    if (configuration === null) throw new Error('Synchro: configure() comes before run()');
    const cycles = configuration.isOngoing ? configuration.maxCycles : 1;
    let result: MirrorResult | null = null;
    try {
      for (let cycle = 1; cycle <= cycles && !this.#signal.aborted; cycle += 1) {
        // By a clock that does not jump: the other one may be set back by a year, in a cycle as well as between two.
        const end = this.#clock.monotonic() + configuration.intervalMs;
        const isLast = cycle === cycles;
        result = await this.#performCycle(configuration, isLast);
        if (!isLast && !this.#signal.aborted) await this.#sleepUntil(end);
      }
      return result;
    } finally {
      // Closed meanwhile: the last lines have opened the log once more.
      if (this.#closing.signal.aborted) this.#log?.close();
    }
  }

  /** Ends what runs after the file at hand, and closes the log. */
  close(): void {
    this.#closing.abort();
    this.#log?.close();
  }

  async #performCycle(configuration: Configuration, isLast: boolean): Promise<MirrorResult | null> {
    const { source, replica, options } = configuration;
    const began = this.#clock.monotonic();
    this.#isAtWork = false;
    try {
      this.emit('begin');
      this.#note('mirror.begins', { source, replica });
      const result = await mirror(source, replica, {
        ...options,
        clock: this.#clock,
        signal: this.#signal,
        ...(this.#log === null ? {} : { onUntouched: (paths) => this.#noteUntouched(paths) }),
        onDone: (action, path) => this.#take(action, path),
        onProgress: (progress) => {
          this.#isAtWork = true;
          this.#flush();
          this.emit('progress', progress);
        },
        onPlan: ({ places }) => {
          // Windows has none of them.
          if (!places.hasAttributes && process.platform !== 'win32') this.#sayLimited();
        },
        onWaiting: () => {
          this.#note('mirror.waiting', { replica });
          this.#flush();
          this.emit('waiting');
        },
      });
      const seconds = Math.round(this.#clock.monotonic() - began) / 1000;
      this.#summarize(result, seconds);
      this.#flush();
      this.emit('cycle', result, seconds);
      return result;
    } catch (error) {
      const told = asPlugbackError(error);
      if (this.#signal.aborted) this.#note(this.#isAtWork ? 'mirror.interrupted' : 'mirror.stopped-before');
      else this.#lines.push(this.#say.tell(told).message);
      this.#flushIfPossible();
      if (this.#signal.aborted) {
        this.emit('stopped', this.#isAtWork ? 'during' : 'before');
        return null;
      }
      if (isLast) throw told;
      this.emit('failure', told);
      return null;
    }
  }

  #sayLimited(): void {
    if (this.#hasSaidLimited) return;
    this.#hasSaidLimited = true;
    this.#note('mirror.no-attributes');
    this.emit('limited');
  }

  #noteUntouched(paths: readonly ByteString[]): void {
    for (const path of paths) this.#note('mirror.untouched', { path: nameOf(path) });
  }

  #summarize(result: MirrorResult, seconds: number): void {
    for (const { path, reason } of result.skipped)
      this.#note('mirror.skipped', { path: nameOf(path), reason });
    this.#note('mirror.summary', { ...result, skipped: result.skipped.length, seconds });
    const failures = failuresOf(result.skipped);
    if (failures.count > 0) this.#note('mirror.incomplete', failures);
  }

  #take(action: Action, path: ByteString): void {
    this.#isAtWork = true;
    const done = doneActions[action];
    const said = action === 'attributes' ? 'attributes' : done;
    this.#note(`mirror.${said}`, { path: nameOf(path) });
    if (this.listenerCount('entry') > 0) {
      this.emit('entry', { action: done, path: nameOf(path), bytes: toBytes(path) });
    }
  }

  #note<K extends SentenceKey>(key: K, ...details: SayArguments<K>): void {
    if (this.#log === null) return;
    this.#lines.push(this.#say.say(key, ...details));
    if (this.#lines.length >= linesAtOnce) this.#flush();
  }

  /** Who reads the log of a job that is started by the clock must not take the day for one without a mirror. */
  #noteIfKept(error: PlugbackError): void {
    // One that is not there yet may be meant to lie in a folder that is not mounted.
    if (this.#logs === null || error.code === 'mirror-log-in-replica' || !existsSync(this.#logs)) return;
    this.#lines.push(this.#say.tell(error).message);
    this.#flushIfPossible();
  }

  #flush(): void {
    const lines = this.#lines;
    this.#lines = [];
    this.#log?.write(lines);
  }

  /** What went wrong is told in any case; that the log fails as well must not take its place, or end the ongoing mode. */
  #flushIfPossible(): void {
    try {
      this.#flush();
    } catch {}
  }

  /** @param end by the clock that does not jump */
  async #sleepUntil(end: number): Promise<void> {
    const at = this.#clock.now() + Math.max(0, end - this.#clock.monotonic());
    this.#note('mirror.next', { at: new Date(at).toISOString() });
    this.#flushIfPossible();
    this.emit('next', at);
    try {
      for (let left = end - this.#clock.monotonic(); left > 0; left = end - this.#clock.monotonic()) {
        await this.#clock.sleep(Math.min(left, longestSleepMs), this.#signal);
      }
    } catch (error) {
      if (!this.#signal.aborted) throw error;
      this.#note('mirror.stopped');
      this.#flushIfPossible();
      this.emit('stopped', 'between');
    }
  }
}

/** A path for people; the root itself is a dot. */
export function nameOf(name: ByteString): string {
  return name === '' ? '.' : toText(name);
}
