import { expect, test, vi } from 'vitest';
import { flushSteadily } from '../../src/backup/steady-flush.ts';
import { realClock } from '../../src/system/clock.ts';

function flushing(flush: () => Promise<void>) {
  const onFailure = vi.fn();
  return { onFailure, steady: flushSteadily({ flush, everyMs: 1, onFailure }, realClock) };
}

test('flushes again and again, one at a time, and no more once stopped', async () => {
  let running = 0;
  let most = 0;
  let count = 0;
  const { steady, onFailure } = flushing(async () => {
    running += 1;
    most = Math.max(most, running);
    await realClock.sleep(3);
    running -= 1;
    count += 1;
  });
  await vi.waitFor(() => expect(count).toBeGreaterThan(4));
  await steady.stop();
  const atStop = count;
  expect(running).toBe(0);
  await realClock.sleep(20);
  expect({ count, most }).toEqual({ count: atStop, most: 1 });
  expect(onFailure).not.toHaveBeenCalled();
});

test('stopping waits for the flush under way', async () => {
  let end: (() => void) | null = null;
  const { steady } = flushing(
    () =>
      new Promise((resolve) => {
        end = resolve;
      }),
  );
  await vi.waitFor(() => expect(end).not.toBeNull());
  let isStopped = false;
  const stopped = steady.stop().then(() => {
    isStopped = true;
  });
  await realClock.sleep(10);
  expect(isStopped).toBe(false);
  (end as (() => void) | null)?.();
  await stopped;
});

test('a failure is told at once, kept until the end, and ends it', async () => {
  let count = 0;
  const failure = new Error('input/output error');
  const { steady, onFailure } = flushing(async () => {
    count += 1;
    if (count === 2) throw failure;
  });
  await vi.waitFor(() => expect(onFailure).toHaveBeenCalledOnce());
  await realClock.sleep(10);
  expect(count).toBe(2);
  await expect(steady.stop()).rejects.toBe(failure);
});
