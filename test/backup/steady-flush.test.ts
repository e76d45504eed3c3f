import { expect, test, vi } from 'vitest';
import { withSteadyFlush } from '../../src/backup/steady-flush.ts';
import { realClock } from '../../src/system/clock.ts';

/** Flushes every millisecond while the body runs; `stop` is the signal from outside. */
function flushing<T>(
  flush: () => Promise<void>,
  body: (signal: AbortSignal) => Promise<T>,
  stop = new AbortController(),
): Promise<T> {
  return withSteadyFlush({ flush, everyMs: 1, signal: stop.signal }, realClock, body);
}

const untilAborted = (signal: AbortSignal): Promise<string> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve('aborted')));

test('flushes again and again, one at a time, and no more once the body is over', async () => {
  let running = 0;
  let most = 0;
  let count = 0;
  const flush = async () => {
    running += 1;
    most = Math.max(most, running);
    await realClock.sleep(3);
    running -= 1;
    count += 1;
  };
  const body = () => vi.waitFor(() => expect(count).toBeGreaterThan(4)).then(() => 'copied');
  expect(await flushing(flush, body)).toBe('copied');
  const atEnd = count;
  expect(running).toBe(0);
  await realClock.sleep(20);
  expect({ count, most }).toEqual({ count: atEnd, most: 1 });
});

test('waits for the flush under way', async () => {
  let end: (() => void) | null = null;
  const flush = () =>
    new Promise<void>((resolve) => {
      end = resolve;
    });
  let isOver = false;
  const all = flushing(flush, () => vi.waitFor(() => expect(end).not.toBeNull())).then(() => {
    isOver = true;
  });
  await realClock.sleep(80);
  expect(isOver).toBe(false);
  (end as (() => void) | null)?.();
  await all;
});

test('a failure ends the body at once and is told, however well the body took it', async () => {
  let count = 0;
  const failure = new Error('input/output error');
  const flush = async () => {
    count += 1;
    if (count === 2) throw failure;
  };
  await expect(flushing(flush, untilAborted)).rejects.toBe(failure);
  expect(count).toBe(2);
});

test('a failure that comes after the stop from outside changes nothing', async () => {
  const stop = new AbortController();
  const flush = async () => {
    stop.abort();
    throw new Error('killed');
  };
  expect(await flushing(flush, untilAborted, stop)).toBe('aborted');
});

test('what the body throws comes first', async () => {
  const body = () => Promise.reject(new Error('rsync is missing'));
  await expect(flushing(() => Promise.resolve(), body)).rejects.toThrow('rsync is missing');
});
