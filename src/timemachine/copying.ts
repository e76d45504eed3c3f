/**
 * Copies what there is to be copied of many files, several at a time, while nobody else writes to the destination. A copy
 * is recorded, and then told, once it is safely on the disk.
 */

import { PlugbackError, reasonOf } from '../errors.ts';
import { type BytePath, textOfBytes } from '../system/byte-path.ts';
import type { Clock } from '../system/clock.ts';
import { type Captured, capture } from './capture.ts';
import { type Destination, destinationError, hasCopies } from './destination.ts';
import type { Watched } from './expand.ts';
import { type FileState, isSameState, type Trouble } from './file-state.ts';
import { fewFiles, type Item, isWork, judge, tellVerdict } from './item.ts';
import { awaitQuiet, type Candidate, changeTo, lookAgain, quietMs, untilQuiet } from './quiet.ts';
import { type Recorded, type RecordLine, readRecord, stampOf, writeRecord } from './record.ts';
import type { Voice } from './voice.ts';

export interface CopyOptions {
  destination: Destination;
  clock: Clock;
  signal: AbortSignal;
  procRoot: string;
  isRoot: boolean;
  voice: Voice;
  /** Say what is wrong also when it was said before. */
  repeatsTroubles: boolean;
  /** Say of what has not changed that it has not. */
  tellsUnchanged: boolean;
  /** The longest to wait for files that are being changed, in ms. */
  quietPatienceMs: number;
  /** May a file be copied that is never quiet? */
  mayTakeRestless: (file: BytePath) => boolean;
}

export interface CheckResult {
  copied: { file: BytePath; name: string; copy: BytePath }[];
  unchanged: number;
  troubles: { name: string; trouble: Trouble }[];
  /** Was anything copied, or is anything wrong, or well again, that was not before? */
  isNews: boolean;
  /** Those that were left for later, because they are being changed. */
  restless: BytePath[];
}

/** A restless file is left alone for so long before it is copied: several ticks of the kernel's clock. In ms. */
const settleMs = 25;
const restlessAttempts = 20;
/** So many copies are made at a time. */
const batchSize = 16;

type Attempted = PromiseSettledResult<Captured | null>;

function isOfDestination({ code }: PlugbackError): boolean {
  return code === 'copies-folder-unusable' || code === 'copies-folder-full';
}

function isOutOfRoom(end: Attempted | undefined): boolean {
  return (
    end?.status === 'rejected' && (end.reason as { code?: unknown } | null)?.code === 'copies-folder-full'
  );
}

/** What goes on while the destination is held. */
export class Copying {
  private failure: PlugbackError | null = null;
  /** Files for which there was no room. */
  private readonly misfits: string[] = [];
  private readonly result: CheckResult = {
    copied: [],
    unchanged: 0,
    troubles: [],
    isNews: false,
    restless: [],
  };

  constructor(
    private readonly recorded: Recorded,
    private readonly options: CopyOptions,
  ) {}

  async perform(files: readonly Watched[]): Promise<CheckResult> {
    const { clock, destination, voice, quietPatienceMs, signal } = this.options;
    await this.refreshRecord();
    const items = files.map((watched) => judge(watched, this.recorded, destination));
    const tellsEach = items.length <= fewFiles;
    const since = clock.monotonic();
    const candidates = new Map<Item, Candidate>();
    for (const item of items) {
      if ('state' in item.look && item.verdict !== 'unchanged')
        candidates.set(item, { file: item.file, state: item.look.state, since });
    }
    const deadline = since + quietPatienceMs;
    await awaitQuiet([...candidates.values()], Math.min(deadline, since + quietMs), clock, signal);
    const [work, others] = tellsEach ? [items, []] : this.sort(items);
    for (let from = 0; from < work.length; from += batchSize) {
      await this.handle(work.slice(from, from + batchSize), candidates);
    }
    for (const batch of this.inBatches(candidates)) await this.handle(batch, candidates);
    while (candidates.size > 0 && clock.monotonic() < deadline) {
      await awaitQuiet([...candidates.values()], deadline, clock, signal);
      for (const batch of this.inBatches(candidates)) await this.handle(batch, candidates);
    }
    await this.handleRestless(candidates);
    if (this.failure !== null) throw this.withNames(this.failure);
    this.count(others);
    if (this.options.tellsUnchanged && !tellsEach && this.result.unchanged > 0)
      voice.info('tm.all-unchanged', { count: this.result.unchanged });
    return this.result;
  }

  /** What there is something to do or say about, and the rest. */
  private sort(items: readonly Item[]): [Item[], Item[]] {
    const isToDo = (item: Item) => isWork(item, this.recorded, this.options);
    return [items.filter(isToDo), items.filter((item) => !isToDo(item))];
  }

  /** Those of which nothing is told: unchanged, or in trouble that was told before. */
  private count(items: readonly Item[]): void {
    for (const { name, look } of items) {
      if ('trouble' in look) this.result.troubles.push({ name, trouble: look.trouble });
      else this.result.unchanged += 1;
    }
  }

  /** Another timemachine may have written since it was read. A lost record is told, and made anew from the copies. */
  private async refreshRecord(): Promise<void> {
    const { destination, voice } = this.options;
    const { recordPath: path } = destination;
    if (stampOf(path) !== this.recorded.stamp) Object.assign(this.recorded, readRecord(path));
    const { exists, damagedLines: count } = this.recorded;
    if (count > 0) voice.error('tm.record-damaged', { path, count });
    else if (!exists && hasCopies(destination)) voice.error('tm.record-lost', { path });
    // At once: whoever cannot write it does not begin to copy.
    if (count > 0 || !exists) await this.write([]);
  }

  /** @throws PlugbackError `copies-folder-missing`, `copies-folder-unusable` */
  private async write(lines: readonly RecordLine[]): Promise<void> {
    const { destination } = this.options;
    try {
      await writeRecord(destination.recordPath, this.recorded, lines);
    } catch (error) {
      throw destinationError(destination, reasonOf(error), error);
    }
  }

  private withNames(failure: PlugbackError): PlugbackError {
    if (failure.code !== 'copies-folder-full') return failure;
    const { path, reason } = (failure as PlugbackError<'copies-folder-full'>).details;
    const details = { path, reason, name: this.misfits[0] ?? null, count: this.misfits.length };
    return new PlugbackError('copies-folder-full', details, { cause: failure.cause });
  }

  private isQuiet(candidate: Candidate): boolean {
    return untilQuiet(candidate, this.options.clock) <= 0;
  }

  private inBatches(candidates: ReadonlyMap<Item, Candidate>): Item[][] {
    const items = [...candidates].flatMap(([item, candidate]) => (this.isQuiet(candidate) ? [item] : []));
    return Array.from({ length: Math.ceil(items.length / batchSize) }, (_, index) =>
      items.slice(index * batchSize, (index + 1) * batchSize),
    );
  }

  /** Copies some, records what came of it, and tells. */
  private async handle(items: readonly Item[], candidates: Map<Item, Candidate>): Promise<void> {
    this.options.signal.throwIfAborted();
    // All of them to their end, whatever becomes of one: afterwards others may write to the destination.
    const ends = await Promise.allSettled(items.map((item, slot) => this.attempt(item, slot, candidates)));
    for (const [index, item] of items.entries()) {
      if (items.length === 1 || !isOutOfRoom(ends[index])) continue;
      // The half copy of a large file had taken the room of the others; now that it is gone, each has what there is.
      this.options.signal.throwIfAborted();
      [ends[index]] = (await Promise.allSettled([this.attempt(item, index, candidates)])) as [Attempted];
    }
    const ended = items.flatMap((item, index) => {
      const end = ends[index];
      if (end?.status === 'fulfilled') return candidates.has(item) ? [] : [{ item, outcome: end.value }];
      this.keepFailure(end?.reason, item);
      candidates.delete(item);
      return [];
    });
    await this.settle(ended);
  }

  /** Copies one that is quiet; null where there is nothing to be copied yet. */
  private async attempt(
    item: Item,
    slot: number,
    candidates: Map<Item, Candidate>,
  ): Promise<Captured | null> {
    const candidate = candidates.get(item);
    if (candidate === undefined || !this.isQuiet(candidate)) return null;
    const outcome = await this.captureOne(item, candidate.state, slot, false);
    if (outcome.kind !== 'changed') candidates.delete(item);
    else changeTo(candidate, outcome.state, this.options.clock);
    return outcome;
  }

  /** What does not fit is no reason to leave out what does; it is thrown at the end, with the first that did not. */
  private keepFailure(error: unknown, { name }: Item): void {
    if (!(error instanceof PlugbackError) || !isOfDestination(error)) throw error;
    if (error.code === 'copies-folder-full') this.misfits.push(name);
    this.failure ??= error;
  }

  /** A file that is changed all the time is copied between two changes, if there is time enough. */
  private async handleRestless(candidates: ReadonlyMap<Item, Candidate>): Promise<void> {
    const { clock, signal, mayTakeRestless } = this.options;
    for (const [item, candidate] of candidates) {
      if (!mayTakeRestless(item.file)) {
        this.result.restless.push(item.file);
        continue;
      }
      let outcome: Captured | null = {
        kind: 'trouble',
        trouble: { kind: 'restless', reason: 'it is changed all the time' },
      };
      for (let attempt = 0; attempt < restlessAttempts; attempt += 1) {
        await clock.sleep(settleMs, signal);
        const before = candidate.state;
        lookAgain(candidate, clock);
        if (!isSameState(before, candidate.state)) continue;
        const captured = await this.captureOne(item, candidate.state, 0, true).catch((error) =>
          this.keepFailure(error, item),
        );
        if (captured?.kind === 'changed') continue;
        outcome = captured ?? null;
        break;
      }
      if (outcome !== null) await this.settle([{ item, outcome }]);
    }
  }

  private captureOne(item: Item, state: FileState, slot: number, isRestless: boolean): Promise<Captured> {
    const { destination, isRoot } = this.options;
    const isUnknown = item.verdict === 'first';
    return capture({ destination, file: item.file, expected: state, isUnknown, isRestless, slot, isRoot });
  }

  /** Records first, tells afterwards. */
  private async settle(outcomes: readonly { item: Item; outcome: Captured | null }[]): Promise<void> {
    const { voice } = this.options;
    const troubles = outcomes.map(({ item, outcome }) => this.troubleIn(item, outcome));
    const before = new Map(outcomes.map(({ item }) => [item, this.recorded.troubles.get(item.file)]));
    const lines = outcomes.flatMap(({ item, outcome }, index): RecordLine[] => {
      const { file } = item;
      const trouble = troubles[index] ?? null;
      if (trouble !== null) {
        return before.get(item) === trouble.kind ? [] : [{ kind: 'trouble', file, trouble: trouble.kind }];
      }
      if (outcome !== null && 'known' in outcome) return [{ kind: 'copied', file, known: outcome.known }];
      return before.get(item) === undefined ? [] : [{ kind: 'well', file }];
    });
    if (lines.length > 0) await this.write(lines);
    for (const [index, { item, outcome }] of outcomes.entries()) {
      const trouble = troubles[index] ?? null;
      const told = before.get(item);
      if (told !== trouble?.kind) this.result.isNews = true;
      if (trouble !== null) this.tellTrouble(item, trouble, told !== trouble.kind);
      else {
        if (told !== undefined) voice.info('tm.well', { name: item.name });
        this.tellOutcome(item, outcome);
      }
    }
  }

  private troubleIn(item: Item, outcome: Captured | null): Trouble | null {
    if ('trouble' in item.look) return item.look.trouble;
    return outcome?.kind === 'trouble' ? outcome.trouble : null;
  }

  private tellTrouble({ name }: Item, trouble: Trouble, isNew: boolean): void {
    this.result.troubles.push({ name, trouble });
    if (isNew || this.options.repeatsTroubles) {
      this.options.voice.error(`tm.trouble.${trouble.kind}`, { name, reason: trouble.reason });
    }
  }

  private tellOutcome(item: Item, outcome: Captured | null): void {
    const { destination, voice } = this.options;
    const { file, name } = item;
    if (outcome?.kind !== 'copied') {
      this.result.unchanged += 1;
      if (this.options.tellsUnchanged) voice.info('tm.unchanged', { name });
      return;
    }
    const { copy } = outcome;
    this.result.copied.push({ file, name, copy });
    this.result.isNews = true;
    tellVerdict(item, voice);
    voice.info('tm.copied', { name, path: textOfBytes(copy) });
    voice.info('tm.recorded', { path: destination.recordPath });
  }
}
