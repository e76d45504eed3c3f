/** Keeping the machine awake: it begins with the work, ends with it, and never stands in its way. */

import { expect, test } from 'vitest';
import { PlugbackError } from '../../src/errors.ts';
import { stayAwake } from '../../src/system/inhibit.ts';
import { fakeRunner } from '../fakes.ts';

test('the request ends with the work, also when that fails', async () => {
  let asked: AbortSignal | undefined;
  const runner = fakeRunner(async (_, { signal }) => {
    asked = signal;
    await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    return {};
  });
  const work = stayAwake({ runner, why: 'a test' }, async () => {
    expect(asked?.aborted).toBe(false);
    throw new Error('broke');
  });
  await expect(work).rejects.toThrow('broke');
  expect(asked?.aborted).toBe(true);
  expect(runner.calls).toHaveLength(1);
});

test('without anybody to ask, the work is done all the same', async () => {
  const runner = fakeRunner(() => new PlugbackError('program-missing', { program: 'systemd-inhibit' }));
  expect(await stayAwake({ runner, why: 'a test' }, async () => 42)).toBe(42);
});
