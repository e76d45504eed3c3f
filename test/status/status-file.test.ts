import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { appendHistory } from '../../src/status/history.ts';
import { type StatusPaths, statusPaths } from '../../src/status/paths.ts';
import { createStatusWriter, enterQueue, readStatus } from '../../src/status/status-file.ts';
import { type RunDocument, stepNames } from '../../src/status/types.ts';
import { realClock } from '../../src/system/clock.ts';
import { withLock } from '../../src/system/lock.ts';
import { identifyProcess } from '../../src/system/process-identity.ts';
import { sampleRun } from '../backup/samples.ts';
import { FakeClock } from '../fakes.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();
let paths: StatusPaths;

beforeEach(() => {
  paths = statusPaths({ stateDirectory: folder('state'), runtimeDirectory: folder('run') });
  mkdirSync(folder('run'));
});

const running = sampleRun({
  finishedAt: null,
  outcome: null,
  unplug: false,
  step: 'copy',
  steps: sampleRun().steps.map((step, index) => ({
    ...step,
    state: index < 5 ? 'done' : index === 5 ? 'running' : 'pending',
  })),
});

function store(document: unknown): void {
  writeFileSync(paths.status, typeof document === 'string' ? document : JSON.stringify(document));
}

function read() {
  return readStatus(paths, '/proc');
}

/** Does something while a living run holds the lock. */
function whileRunning<T>(body: () => Promise<T>): Promise<T> {
  const { signal } = new AbortController();
  const onLost = () => {
    throw new Error('lost');
  };
  return withLock(
    { path: paths.runLock, procRoot: '/proc', clock: realClock, signal, wait: false, onLost },
    body,
  );
}

const idle = { version: 1, state: 'idle', run: null, queue: [] };

describe('the status', () => {
  test('nothing ever ran', async () => {
    expect(await read()).toEqual(idle);
  });

  test('a run that runs', async () => {
    store({ version: 1, state: 'running', run: running, queue: [] });
    await whileRunning(async () => {
      expect(await read()).toEqual({ version: 1, state: 'running', run: running, queue: [] });
    });
  });

  test('a run that ended', async () => {
    store({ version: 1, state: 'idle', run: sampleRun(), queue: [] });
    expect(await read()).toEqual({ ...idle, run: sampleRun() });
  });

  test('a run whose process died: failed, its step as well, the others not reached, not to be unplugged', async () => {
    store({ version: 1, state: 'running', run: running, queue: [] });
    const { state, run } = await read();
    expect(state).toBe('idle');
    expect(run).toMatchObject({
      outcome: 'failed',
      error: { code: 'run-died', exitCode: 1, details: {} },
      unplug: false,
    });
    expect(run?.steps.map((step) => step.state)).toEqual([
      ...['done', 'done', 'done', 'done', 'done', 'failed', 'skipped', 'skipped', 'skipped'],
    ]);
  });

  test.each(['', '{', '{"version":1,"state":"run', 'null', '7', '\0\0\0\0'])(
    'half-written or no status at all: %j',
    async (text) => {
      store(text);
      expect(await read()).toEqual(idle);
    },
  );

  test('one of another version is left alone', async () => {
    store({ version: 2, state: 'running', run: { other: true }, queue: [] });
    expect(await read()).toEqual(idle);
  });

  test('after a restart of the machine the last run comes from the history', async () => {
    await appendHistory(paths.history, sampleRun({ id: 'a' }));
    await appendHistory(paths.history, sampleRun({ id: 'b' }));
    expect(await read()).toEqual({ ...idle, run: sampleRun({ id: 'b' }) });
  });
});

describe('the queue', () => {
  function queued(uuid: string, since: string, process: unknown): void {
    mkdirSync(paths.queue, { recursive: true });
    writeFileSync(folder('run/queue', `${uuid}.json`), JSON.stringify({ uuid, label: null, since, process }));
  }
  const self = () => identifyProcess('/proc', 'self');

  test('runs that wait, the oldest first; not those whose process died', async () => {
    queued('b', '2026-11-21T03:00:00.000Z', self());
    queued('a', '2026-11-21T04:00:00.000Z', self());
    queued('dead', '2026-11-21T01:00:00.000Z', { ...self(), startTicks: '1' });
    queued('other-boot', '2026-11-21T01:00:00.000Z', { ...self(), bootId: 'x' });
    queued('nobody', '2026-11-21T01:00:00.000Z', null);
    expect((await read()).queue).toEqual([
      { uuid: 'b', label: null, since: '2026-11-21T03:00:00.000Z' },
      { uuid: 'a', label: null, since: '2026-11-21T04:00:00.000Z' },
    ]);
  });

  test('half-written entries, and files that are none', async () => {
    mkdirSync(paths.queue);
    writeFileSync(folder('run/queue/1.json'), '{"uuid":');
    writeFileSync(folder('run/queue/2.json'), 'null');
    writeFileSync(folder('run/queue/3.json.4711.new'), JSON.stringify({ uuid: 'x', process: self() }));
    writeFileSync(folder('run/queue/4.json'), JSON.stringify({ process: self() }));
    queued('a', '2026-11-21T04:00:00.000Z', self());
    expect((await read()).queue.map((entry) => entry.uuid)).toEqual(['a']);
  });

  test('in and out', async () => {
    const leave = enterQueue(paths, '/proc', {
      uuid: 'a',
      label: 'Montag',
      since: '2026-11-21T03:00:00.000Z',
    });
    expect((await read()).queue).toEqual([{ uuid: 'a', label: 'Montag', since: '2026-11-21T03:00:00.000Z' }]);
    leave();
    leave();
    expect((await read()).queue).toEqual([]);
  });

  test('one that cannot be entered holds nobody up', () => {
    writeFileSync(paths.queue, 'a file in its place');
    expect(() => enterQueue(paths, '/proc', { uuid: 'a', label: null, since: '' })()).not.toThrow();
  });
});

describe('writing', () => {
  function writer() {
    const clock = new FakeClock();
    const onProblem = vi.fn();
    return { clock, onProblem, changed: createStatusWriter(paths, clock, onProblem).changed };
  }
  const written = (): { state: string; run: RunDocument } => JSON.parse(readFileSync(paths.status, 'utf8'));

  test('what readers read', async () => {
    writer().changed?.(running, true);
    expect(written()).toEqual({ version: 1, state: 'running', run: running, queue: [] });
    writer().changed?.(sampleRun(), true);
    expect(await read()).toEqual({ ...idle, run: sampleRun() });
    expect(readdirSync(folder('run'))).toEqual(['status.json']);
  });

  test('progress once a second', () => {
    const { changed, clock } = writer();
    const at = (bytes: number) => ({ ...running, freeBytes: bytes });
    changed?.(at(1), true);
    changed?.(at(2), false);
    clock.pass(999);
    changed?.(at(3), false);
    expect(written().run.freeBytes).toBe(1);
    clock.pass(1);
    changed?.(at(4), false);
    expect(written().run.freeBytes).toBe(4);
  });

  test('steps that follow each other quickly are written together, soon, and with the latest', async () => {
    const { changed, clock } = writer();
    const document = { ...running };
    changed?.(document, true);
    document.step = 'unlock';
    changed?.(document, true);
    document.step = 'free-space';
    changed?.(document, true);
    expect(written().run.step).toBe('copy');
    await vi.waitFor(() => expect(written().run.step).toBe('free-space'));
    clock.pass(50);
    document.step = 'unmount';
    changed?.(document, true);
    expect(written().run.step).toBe('unmount');
  });

  test('the end at once, whatever was to be written later', async () => {
    const { changed } = writer();
    const document = { ...running };
    changed?.(document, true);
    changed?.(document, true);
    document.finishedAt = '2026-11-21T05:00:00.000Z';
    changed?.(document, false);
    expect(written()).toMatchObject({ state: 'idle', run: { finishedAt: '2026-11-21T05:00:00.000Z' } });
  });

  test('a status that cannot be written is told once and ends nothing', () => {
    mkdirSync(paths.status);
    const { changed, clock, onProblem } = writer();
    for (let round = 0; round < 3; round += 1) {
      clock.pass(2000);
      changed?.(running, true);
    }
    expect(onProblem).toHaveBeenCalledTimes(1);
  });
});

test('paths: a UUID from outside cannot leave the folder', () => {
  expect(paths.diskLock('1B1F-8C2E')).toBe(folder('run/disk-1b1f-8c2e'));
  expect(paths.diskLock('../../etc/x')).toBe(folder('run/disk-______etc_x'));
  expect(stepNames).toHaveLength(9);
});
