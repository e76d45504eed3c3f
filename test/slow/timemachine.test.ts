/** The timemachine at length: 300 kills, a minute of rewriting, 10,000 files. What it measures, it prints. */

import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { realClock } from '../../src/system/clock.ts';
import { withLock } from '../../src/system/lock.ts';
import { keepNames, oddNames } from '../timemachine/names.ts';
import { type Office, openOffice, until } from '../timemachine/office.ts';
import { at, changeDuringCopy, killOften, rewriteOften, shareDestination } from '../timemachine/torture.ts';

let office: Office;
beforeEach(() => {
  office = openOffice();
});
afterEach(() => office.close());

test('300 kills: nothing is lost, nothing is copied twice', () => killOften(office, 300), 1_800_000);

test(
  'rewritten 1,000 times in a minute: no version is torn, and the last one is there',
  () => rewriteOften(office, 1_000, 55),
  180_000,
);

test(
  'two on one destination for half a minute: each version once',
  () => shareDestination(office, 30),
  180_000,
);

test(
  'a change in the moment in which the one before is copied is not forgotten',
  () => changeDuringCopy(office, 30),
  120_000,
);

test('names of every kind', () => keepNames(office, oddNames), 120_000);

test('a change that nobody tells is found within a minute', async () => {
  for (const folder of ['backup', 'plans', 'way']) mkdirSync(office.path(folder));
  for (const name of ['first', 'second']) writeFileSync(office.path('plans', name), name);
  // Nobody hears of a change half-way between a link and what it leads to.
  const half = office.path('way/half');
  symlinkSync(office.path('plans/first'), half);
  symlinkSync(half, office.path('link'));
  await office.type('add', ...at, 'link');
  const watch = office.start('watch', ...at);
  await until('the first copy', () => office.copies('link').length === 1);
  rmSync(half);
  symlinkSync(office.path('plans/second'), half);
  await until('the second copy', () => office.copies('link').length === 2, 63);
  watch.kill('SIGTERM');
  expect((await watch.ended).exitCode).toBe(143);
}, 120_000);

test('another timemachine that does not end: try again later', async () => {
  mkdirSync(office.path('backup'));
  writeFileSync(office.path('plan'), 'first');
  await office.type('add', ...at, 'plan');
  const lock = {
    path: office.path('backup/timemachine'),
    procRoot: '/proc',
    clock: realClock,
    signal: new AbortController().signal,
    wait: false,
    onLost: () => undefined,
  };
  const { exitCode, lines } = await withLock(lock, () => office.type('run', ...at));
  expect({ exitCode, last: lines.at(-1) }).toEqual({
    exitCode: 75,
    last: expect.stringContaining('Another timemachine is still writing to'),
  });
  expect((await office.type('run', ...at)).exitCode).toBe(0);
}, 120_000);

test('10,000 files: a run with nothing changed, and what watching costs', async () => {
  mkdirSync(office.path('backup'));
  for (let number = 0; number < 10_000; number += 1) {
    const folder = office.path('files', String(Math.floor(number / 500)));
    if (number % 500 === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/file-${number}.txt`, `content ${number}`);
  }
  await office.type('add', ...at, 'files');
  const first = await timed(() => office.type('run', ...at));
  expect(first.result.lines.filter((line) => line.includes(' was copied to '))).toHaveLength(10_000);
  const times: number[] = [];
  for (let turn = 0; turn < 7; turn += 1) {
    const { ms, result } = await timed(() => office.type('run', ...at));
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.lines.at(-1)).toBe('10,000 files have not been modified');
    times.push(ms);
  }
  const median = times.toSorted((one, other) => one - other)[3] ?? 0;

  const watch = office.start('watch', ...at);
  await until('the watch', () => watch.lines().includes('Watching 10,000 files'), 30);
  const before = processorSeconds(watch.pid);
  const idleSeconds = 120;
  await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000));
  const percent = ((processorSeconds(watch.pid) - before) / idleSeconds) * 100;
  const megabytes = memoryMegabytes(watch.pid);
  const changed = performance.now();
  writeFileSync(office.path('files/7/file-3777.txt'), 'changed');
  const isCopied = () => office.copies('files/7/file-3777.txt').length === 2;
  await until('the copy', isCopied, 5);
  const seen = performance.now() - changed;
  console.log(
    [
      `10,000 files: first run ${(first.ms / 1000).toFixed(1)} s`,
      `nothing changed ${median.toFixed(0)} ms (${times.map((ms) => ms.toFixed(0)).join(', ')})`,
      `watch ${megabytes.toFixed(0)} MB, ${percent.toFixed(2)} % of a processor when idle`,
      `a change is copied after ${seen.toFixed(0)} ms`,
    ].join(' · '),
  );
  // Generous: the machine may be busy with other things. The aims are 500 ms, 120 MB, 1 % and 2 s.
  expect(median).toBeLessThan(1_500);
  expect(megabytes).toBeLessThan(150);
  expect(percent).toBeLessThan(3);
  expect(seen).toBeLessThan(3_000);
}, 600_000);

async function timed<T>(body: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const start = performance.now();
  const result = await body();
  return { ms: performance.now() - start, result };
}

/** As the kernel counts it, in ticks of a hundredth of a second. */
function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function memoryMegabytes(pid: number): number {
  return (Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024) / 1e6;
}
