import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { appendHistory } from '../../src/status/history.ts';
import { type StatusPaths, statusPaths } from '../../src/status/paths.ts';
import { createFileReaders } from '../../src/web/file-readers.ts';
import type { Readers } from '../../src/web/readers.ts';
import { sampleRun, uuid } from '../backup/samples.ts';
import { FakeClock } from '../fakes.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();
let paths: StatusPaths;
let readers: Readers;
const clock = new FakeClock(Date.parse('2026-11-30T00:00:00.000Z'));
const failure = { code: 'disk-full', message: '', details: { freeBytes: 1 }, exitCode: 74 } as const;

beforeEach(() => {
  const directories = { stateDirectory: folder('state'), runtimeDirectory: folder('run') };
  mkdirSync(folder('state/runs'), { recursive: true });
  mkdirSync(folder('run'));
  paths = statusPaths(directories);
  readers = createFileReaders({
    ...directories,
    logFilePath: folder('plugback.log'),
    enrolled: () => [uuid.toUpperCase(), '7d3f-19ac'],
    attached: async () => [{ uuid: '7D3F-19AC', label: 'Neu' }],
    clock,
    procRoot: '/proc',
  });
});

function idOf(number: number): string {
  return `20261121-00000${number}-0000`;
}

async function ids(): Promise<string[]> {
  return (await readers.history({ limit: 100, skip: 0 })).runs.map((run) => run.id);
}

describe('the history', () => {
  test('is read on when it grows, and anew when it is another file or shorter', async () => {
    expect(await ids()).toEqual([]);
    await appendHistory(paths.history, sampleRun({ id: idOf(1) }));
    expect(await ids()).toEqual([idOf(1)]);
    await appendHistory(paths.history, sampleRun({ id: idOf(2) }));
    expect(await ids()).toEqual([idOf(2), idOf(1)]);
    writeFileSync(paths.history, `${JSON.stringify(sampleRun({ id: idOf(3) }))}\n`);
    expect(await ids()).toEqual([idOf(3)]);
    rmSync(paths.history);
    expect(await ids()).toEqual([]);
    await appendHistory(paths.history, sampleRun({ id: idOf(4), label: 'Größe 🙂' }));
    expect(await ids()).toEqual([idOf(4)]);
  });

  test('half a line waits for its other half; what is no run is passed over', async () => {
    const line = JSON.stringify(sampleRun({ id: idOf(1), label: 'ü'.repeat(200_000) }));
    writeFileSync(paths.history, `nonsense\n{"id":"x"}\n\n${line.slice(0, 100_000)}`);
    expect(await ids()).toEqual([]);
    appendFileSync(paths.history, `${line.slice(100_000)}\n`);
    expect(await ids()).toEqual([idOf(1)]);
    await appendHistory(paths.history, sampleRun({ id: idOf(2) }));
    expect(await ids()).toEqual([idOf(2), idOf(1)]);
  });

  test('the last good run, the last run after a restart of the machine, one run by its id', async () => {
    await appendHistory(paths.history, sampleRun({ id: idOf(1) }));
    await appendHistory(paths.history, sampleRun({ id: idOf(2), outcome: 'failed', error: failure }));
    expect((await readers.lastGood())?.id).toBe(idOf(1));
    expect((await readers.status()).run?.id).toBe(idOf(2));
    expect((await readers.run(idOf(1)))?.id).toBe(idOf(1));
    for (const id of [idOf(3), '../../etc/passwd', '']) expect(await readers.run(id)).toBeNull();
  });

  test('a run that is not in the history yet is found in the status', async () => {
    const status = { version: 1, state: 'idle', run: sampleRun({ id: idOf(7) }), queue: [] };
    writeFileSync(paths.status, JSON.stringify(status));
    expect((await readers.run(idOf(7)))?.id).toBe(idOf(7));
  });

  test('points: oldest first, the newest of them; nothing for a run without a disk', async () => {
    await appendHistory(paths.history, sampleRun({ id: idOf(1), freeBytes: 1 }));
    await appendHistory(paths.history, sampleRun({ id: idOf(2), freeBytes: 2, progress: null }));
    await appendHistory(paths.history, sampleRun({ id: idOf(3), progress: null, error: failure }));
    await appendHistory(paths.history, sampleRun({ id: idOf(4), uuid: null, error: failure }));
    const points = await readers.points(3);
    expect(points.map(({ bytes, freeBytes }) => [bytes, freeBytes])).toEqual([
      [0, 2],
      [null, 480_000_000_000],
    ]);
  });
});

describe('the disks', () => {
  test('as the history and what is attached show them', async () => {
    await appendHistory(paths.history, sampleRun());
    await appendHistory(
      paths.history,
      sampleRun({ id: idOf(2), outcome: 'failed', error: failure, freeBytes: 5, label: 'Dienstag' }),
    );
    expect(await readers.disks()).toEqual([
      {
        uuid: uuid.toUpperCase(),
        label: 'Dienstag',
        isAttached: false,
        lastGoodAt: '2026-11-21T04:14:49.000Z',
        freeBytes: 5,
        sizeBytes: 2_000_000_000_000,
        isOverdue: true,
      },
      {
        uuid: '7d3f-19ac',
        label: 'Neu',
        isAttached: true,
        lastGoodAt: null,
        freeBytes: null,
        sizeBytes: null,
        isOverdue: true,
      },
    ]);
  });

  test('a good backup of the last eight days is none too old', async () => {
    await appendHistory(paths.history, sampleRun({ finishedAt: '2026-11-22T00:00:00.000Z' }));
    expect((await readers.disks())[0]?.isOverdue).toBe(false);
  });
});

describe('the logs', () => {
  test('the end in whole lines', async () => {
    expect(await readers.logTail(100)).toBe('');
    writeFileSync(folder('plugback.log'), 'first\nsecond\nthird\n');
    expect(await readers.logTail(100)).toBe('first\nsecond\nthird\n');
    expect(await readers.logTail(13)).toBe('second\nthird\n');
    expect(await readers.logTail(12)).toBe('third\n');
  });

  test('of one run; none for a name that is no run’s', async () => {
    writeFileSync(paths.runLog(idOf(1)), 'text\n');
    expect(await readers.runLog(idOf(1))).toBe('text\n');
    expect(await readers.openRunLog(idOf(2))).toBeNull();
    writeFileSync(folder('state/secret.log'), 'secret');
    expect(await readers.runLog('../secret')).toBeNull();
    expect(await readers.openRunLog('../secret')).toBeNull();
  });
});

test('mails that wait are counted', async () => {
  expect(await readers.outboxLength()).toBe(0);
  mkdirSync(folder('state/outbox'));
  for (const name of ['a.json', 'a.eml', 'b.json']) writeFileSync(folder('state/outbox', name), '');
  expect(await readers.outboxLength()).toBe(2);
});
