/** Files that change while a timemachine is killed, doubled or overtaken, and what must be true of the copies afterwards. */

import { createHash, randomBytes, randomInt } from 'node:crypto';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { expect } from 'vitest';
import { bufferOf, joinBytes } from '../../src/system/byte-path.ts';
import { copiesOf, destinationAt } from '../../src/timemachine/destination.ts';
import { readRecord } from '../../src/timemachine/record.ts';
import { type Office, until } from './office.ts';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const hash = (content: Buffer) => createHash('sha256').update(content).digest('hex');

export const at = ['-d', 'backup'];

/** Files of an office of which every state is remembered. */
export class Files {
  private readonly states = new Map<string, string[]>();

  constructor(
    private readonly office: Office,
    readonly names: readonly string[],
    private readonly bytes: number,
  ) {
    mkdirSync(office.path('backup'), { recursive: true });
    for (const name of names) this.change(name);
  }

  /** Gives a file a content that no file ever had. */
  change(name: string): void {
    const content = randomBytes(randomInt(this.bytes) + 16);
    this.states.set(name, [...(this.states.get(name) ?? []), hash(content)]);
    const temporary = this.office.path(`.${name}.new`);
    writeFileSync(temporary, content);
    renameSync(temporary, this.office.path(name));
  }

  changeSome(count: number): void {
    for (let done = 0; done < count; done += 1) this.change(this.names[randomInt(this.names.length)] ?? '');
  }

  /** Every copy is whole and a state that its file had, none is there twice, and what is recorded is there. */
  verify(): void {
    for (const name of this.names) {
      const copies = this.office.copies(name).map(({ content }) => hash(content));
      expect({ name, copies: new Set(copies).size }).toEqual({ name, copies: copies.length });
      const known = new Set(this.states.get(name));
      expect({ name, foreign: copies.filter((copy) => !known.has(copy)) }).toEqual({ name, foreign: [] });
    }
    this.verifyRecord();
  }

  verifyRecord(): void {
    const destination = destinationAt(this.office.path('backup'));
    const { known, damagedLines } = readRecord(destination.recordPath);
    expect(damagedLines).toBe(0);
    for (const [file, { copy, state }] of known) {
      const path = bufferOf(joinBytes(copiesOf(destination, file), copy));
      expect({ copy, size: existsSync(path) ? statSync(path).size : null }).toEqual({
        copy,
        size: state.size,
      });
    }
  }

  /** Is what each file holds now among its copies? */
  hasLast(): boolean {
    return this.names.every((name) => {
      const now = readFileSync(this.office.path(name));
      return this.office.copies(name).some(({ content }) => content.equals(now));
    });
  }

  /** The newest copy of each file is what it holds now, and nothing half-made lies about. */
  verifyLast(): void {
    for (const name of this.names) {
      const last = this.office.copies(name).map(({ content }) => hash(content));
      expect({ name, last: last.includes(hash(readFileSync(this.office.path(name)))) }).toEqual({
        name,
        last: true,
      });
    }
    const unfinished = this.office.path('backup/unfinished');
    expect(existsSync(unfinished) ? readdirSync(unfinished) : []).toEqual([]);
  }
}

/** Looks all the time: what it waits for lasts some milliseconds. */
async function spin(isSo: () => boolean, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!isSo() && performance.now() < deadline) await sleep(1);
}

/** Kills timemachines at random moments, `run` and `watch` in turn, while files change. */
export async function killOften(office: Office, kills: number): Promise<void> {
  const names = Array.from({ length: 12 }, (_, index) => `file ${index}`);
  const files = new Files(office, names, 1_000_000);
  await office.type('add', ...at, ...names);
  for (let kill = 0; kill < kills; kill += 1) {
    const going = office.start(kill % 2 === 0 ? 'run' : 'watch', ...at);
    const startedAt = Date.now();
    // What the kill before left behind is older.
    const hasStarted = () =>
      going.hasEnded() ||
      (statSync(office.path('backup/unfinished/0'), { throwIfNoEntry: false })?.ctimeMs ?? 0) > startedAt;
    files.changeSome(3);
    await sleep(randomInt(200));
    if (kill % 3 === 0) files.changeSome(2);
    // Two of three while copies are made, the others at any time.
    if (kill % 3 === 1) await Promise.race([sleep(randomInt(2_000)), going.ended]);
    else {
      await spin(hasStarted, 2_500);
      await Promise.race([sleep(randomInt(30)), going.ended]);
    }
    going.kill('SIGKILL');
    await going.ended;
    files.verifyRecord();
  }
  const { exitCode, lines } = await office.type('run', ...at);
  expect({ exitCode, lines: lines.filter((line) => /error/i.test(line)) }).toEqual({
    exitCode: 0,
    lines: [],
  });
  files.verify();
  files.verifyLast();
  const before = names.map((name) => office.copies(name).length);
  await office.type('run', ...at);
  expect(names.map((name) => office.copies(name).length)).toEqual(before);
  const copies = before.reduce((sum, count) => sum + count, 0);
  console.log(`${kills} kills: ${copies} copies, each whole, none twice`);
  expect(copies).toBeGreaterThanOrEqual(names.length);
}

const lineBytes = 16;
const lineCount = 12_800;

/** A state that shows whether it is whole: each line says which one it is. */
function stateOf(number: number): Buffer {
  return Buffer.from(`${String(number).padStart(lineBytes - 1, '0')}\n`.repeat(lineCount));
}

/** Which state it is; 'torn' for a mixture, 'empty' for a file that was just truncated. */
export function numberOf(content: Buffer): number | 'torn' | 'empty' {
  if (content.length === 0) return 'empty';
  const first = content.subarray(0, lineBytes);
  return content.equals(Buffer.concat(Array.from({ length: lineCount }, () => first)))
    ? Number(first)
    : 'torn';
}

/** How programs write their files. */
const writers: Readonly<Record<string, (path: string, content: Buffer) => void>> = {
  'in place': (path, content) => {
    const descriptor = openSync(path, existsSync(path) ? 'r+' : 'w');
    writeSync(descriptor, content, 0, content.length, 0);
    closeSync(descriptor);
  },
  'by rename': (path, content) => {
    writeFileSync(`${path}.tmp`, content);
    renameSync(`${path}.tmp`, path);
  },
  'truncate and write': (path, content) => {
    const descriptor = openSync(path, existsSync(path) ? 'r+' : 'w');
    ftruncateSync(descriptor, 0);
    writeSync(descriptor, content);
    closeSync(descriptor);
  },
};

/** Rewrites files so often while `watch` goes on and `run` is started again and again. */
export async function rewriteOften(office: Office, times: number, pauseMs: number): Promise<void> {
  mkdirSync(office.path('backup'));
  const names = Object.keys(writers);
  for (const name of names) writers[name]?.(office.path(name), stateOf(0));
  await office.type('add', ...at, ...names);
  const watch = office.start('watch', ...at);
  let isOver = false;
  const runs = (async () => {
    let count = 0;
    for (; !isOver; count += 1) expect([0, 74]).toContain((await office.type('run', ...at)).exitCode);
    return count;
  })();
  for (let number = 1; number <= times; number += 1) {
    for (const name of names) writers[name]?.(office.path(name), stateOf(number));
    await sleep(pauseMs);
  }
  isOver = true;
  const count = await runs;
  const last = () =>
    names.every((name) => office.copies(name).some(({ content }) => numberOf(content) === times));
  const deadline = performance.now() + 6_000;
  while (!last() && performance.now() < deadline) await sleep(50);
  watch.kill('SIGTERM');
  expect((await watch.ended).exitCode).toBe(143);
  for (const name of names) {
    const numbers = office.copies(name).map(({ content }) => numberOf(content));
    expect({ name, torn: numbers.filter((number) => number === 'torn').length }).toEqual({ name, torn: 0 });
    if (name !== 'truncate and write') expect(numbers).not.toContain('empty');
    expect({ name, last: numbers.includes(times) }).toEqual({ name, last: true });
    console.log(`${name}: rewritten ${times} times, ${numbers.length} versions, ${count} runs`);
  }
}

/** Changes a file so often, each time in the moment in which the state before has been copied; the last must not be forgotten. */
export async function changeDuringCopy(office: Office, times: number): Promise<void> {
  mkdirSync(office.path('backup'));
  writeFileSync(office.path('plan'), 'state 0');
  await office.type('add', ...at, 'plan');
  office.start('watch', ...at);
  for (let number = 1; number <= times; number += 1) {
    await spin(() => office.copies('plan').length >= number, 8_000);
    writeFileSync(office.path('plan'), `state ${number}`);
  }
  await spin(() => office.copies('plan').length > times, 8_000);
  expect(office.copies('plan').map(({ content }) => content.toString())).toEqual(
    Array.from({ length: times + 1 }, (_, number) => `state ${number}`),
  );
}

/** Two timemachines with lists that overlap keep their copies in one folder. */
export async function shareDestination(office: Office, seconds: number): Promise<void> {
  const names = Array.from({ length: 9 }, (_, index) => `file ${index}`);
  const files = new Files(office, names, 100_000);
  const lists = [names.slice(0, 6), names.slice(3)];
  const options = lists.map((_, index) => ['-c', `list-${index}`, ...at]);
  for (const [index, list] of lists.entries()) await office.type('add', ...(options[index] ?? []), ...list);
  const watches = options.map((option) => office.start('watch', ...option));
  const deadline = performance.now() + seconds * 1000;
  while (performance.now() < deadline) {
    files.changeSome(4);
    await Promise.all([sleep(1_500), ...options.map((option) => office.type('run', ...option))]);
  }
  await until('the last copies', () => files.hasLast());
  for (const watch of watches) watch.kill('SIGTERM');
  await Promise.all(watches.map(({ ended }) => ended));
  files.verify();
  files.verifyLast();
}
