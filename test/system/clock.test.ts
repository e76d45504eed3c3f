import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { realClock } from '../../src/system/clock.ts';

test('sleeps as long as it is told, and leaves no listener behind', async () => {
  const { signal } = new AbortController();
  const startedAt = realClock.monotonic();
  await realClock.sleep(30, signal);
  expect(realClock.monotonic() - startedAt).toBeGreaterThan(25);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('wakes up at once when it is stopped, with the reason', async () => {
  const stop = new AbortController();
  const sleeping = realClock.sleep(600_000, stop.signal);
  stop.abort(new Error('stopped'));
  await expect(sleeping).rejects.toThrow('stopped');
  await expect(realClock.sleep(600_000, stop.signal)).rejects.toThrow('stopped');
});
