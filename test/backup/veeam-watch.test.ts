import { beforeEach, describe, expect, test } from 'vitest';
import { type VeeamGate, withVeeamWatch, type Yielding } from '../../src/backup/veeam-watch.ts';
import type { VeeamSign } from '../../src/errors.ts';
import type { StepVoice } from '../../src/status/recorder.ts';

const since = '2026-11-21T03:12:44.000Z';
const sign = (file: string, isWaiting = false): VeeamSign => ({ file, who: 'Nightly', since, isWaiting });
const plain = (file: string) => ({ file, who: 'Nightly', since });

let said: [key: string, details: unknown][];
const say: StepVoice['info'] = (...words) => {
  said.push([words[0], words[1]]);
};
const voice: StepVoice = { info: say, warn: say };

beforeEach(() => {
  said = [];
});

/** A gate of which only the looks while the copy runs matter. */
function gateOf(glance: VeeamGate['glance']): VeeamGate {
  return { wait: async () => undefined, lookForSure: async () => [], glance };
}

/** A copy that lasts for so many looks; each look sees the next signs, the last ones again and again. */
async function watch(policy: 'warn' | 'yield', looks: readonly (readonly VeeamSign[])[], lasting: number) {
  let count = 0;
  let elapsed = 0;
  let end = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  const gate = gateOf(async () => {
    const signs = looks[Math.min(count, looks.length - 1)] ?? [];
    count += 1;
    if (count > lasting) end();
    return signs;
  });
  const clock = {
    now: () => elapsed,
    monotonic: () => elapsed,
    sleep: async (ms: number, signal?: AbortSignal) => {
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      elapsed += ms;
    },
  };
  let isStopped = false;
  const { endedFor: locks } = await withVeeamWatch(
    { gate, policy, clock },
    voice,
    cannotBeHeld,
    (makeRoom) => {
      makeRoom.addEventListener('abort', () => {
        isStopped = true;
        end();
      });
      return over;
    },
  );
  return { locks, isStopped, count, elapsed };
}

const cannotBeHeld: Yielding = {
  hold: () => false,
  release: () => undefined,
  whileHeld: () => Promise.reject(new Error('it is not held')),
};

/** A copy that can be held: what happens to it, in its order. It ends when it is told to, or by itself. */
function holdable(whileHeld: (signal: AbortSignal) => Promise<void>) {
  const happened: string[] = [];
  let end = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  const yielding: Yielding = {
    hold: () => happened.push('held') > 0,
    release: () => void happened.push('released'),
    whileHeld: async (locks, signal) => {
      happened.push(`left to ${locks.map(({ file }) => file).join()}`);
      await whileHeld(signal);
    },
  };
  let looks = 0;
  const gate = gateOf(async () => {
    looks += 1;
    if (looks === 4) end();
    return looks === 2 ? [sign('a')] : [];
  });
  const clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: () => new Promise<void>((resolve) => setImmediate(resolve)),
  };
  const run = () =>
    withVeeamWatch({ gate, policy: 'yield', clock }, voice, yielding, (makeRoom) => {
      makeRoom.addEventListener('abort', () => {
        happened.push('ended');
        end();
      });
      return over;
    });
  return { run, happened, end };
}

describe('warn', () => {
  test('once for each lock, and the copy goes on', async () => {
    const looks = [[], [sign('a')], [sign('a'), sign('b')], [sign('b')], [sign('a')]];
    expect(await watch('warn', looks, 8)).toMatchObject({ locks: null, isStopped: false });
    expect(said).toEqual([
      ['warn.veeam-during-copy', { locks: [plain('a')] }],
      ['warn.veeam-during-copy', { locks: [plain('b')] }],
    ]);
  });

  test('a script that waits is no warning, until an agent would have ended it', async () => {
    await watch('warn', [[sign('a', true)]], 500);
    expect(said.map(([key]) => key)).toEqual(['veeam.waits-for-copy']);
    said = [];
    await watch('warn', [[sign('a', true)]], 700);
    expect(said.map(([key]) => key)).toEqual(['veeam.waits-for-copy', 'warn.veeam-waits-long']);
  });
});

describe('a script that stops waiting', () => {
  const announced = sign('.nightly@pc.0000000a.waiting', true);
  const keys = () => said.map(([key]) => key);

  test('is a warning, once: an agent may have begun to write', async () => {
    await watch('warn', [[], [announced], [announced], []], 30);
    expect(said).toEqual([
      ['veeam.waits-for-copy', { locks: [plain(announced.file)] }],
      ['warn.veeam-gave-up', { locks: [plain(announced.file)] }],
    ]);
  });

  test('is none where its lock, or another script of the job, takes its place', async () => {
    await watch('warn', [[announced], [], [], [sign('nightly@pc.0000000a.lock')]], 30);
    expect(keys()).toEqual(['veeam.waits-for-copy', 'warn.veeam-during-copy']);
    said = [];
    await watch('warn', [[announced], [sign('.nightly@pc.0000000b.waiting', true)]], 30);
    expect(keys()).toEqual(['veeam.waits-for-copy', 'veeam.waits-for-copy']);
  });

  test('another job’s lock is no excuse', async () => {
    await watch('warn', [[announced], [sign('weekly@pc.0000000b.lock')]], 30);
    expect(keys()).toContain('warn.veeam-gave-up');
  });

  test('not seen for a moment is not gone', async () => {
    await watch('warn', [[announced], [], [], [announced]], 30);
    expect(keys()).toEqual(['veeam.waits-for-copy']);
  });
});

describe('yield', () => {
  test.each([true, false])(
    'a copy that cannot be held is ended at the first sign (of a script that waits: %s)',
    async (isWaiting) => {
      const end = await watch('yield', [[], [], [sign('a', isWaiting)]], 50);
      expect(end).toMatchObject({ locks: [plain('a')], isStopped: true });
      expect(end.elapsed).toBeLessThanOrEqual(2_000);
      expect(said).toEqual([]);
    },
  );

  test('a copy that can be held goes on afterwards, and the locks are looked for again', async () => {
    const copy = holdable(async () => undefined);
    expect(await copy.run()).toEqual({ endedFor: null, wasHeld: true });
    expect(copy.happened).toEqual(['held', 'left to a', 'released']);
  });

  test('Veeam does not leave the source in time: the copy is ended before it could read on', async () => {
    const copy = holdable(() => Promise.reject(new Error('still writing')));
    await expect(copy.run()).rejects.toThrow('still writing');
    expect(copy.happened).toEqual(['held', 'left to a', 'ended', 'released']);
  });

  test('a held copy that ends, as with a pulled disk, ends the wait for Veeam', async () => {
    const copy = holdable(async (signal) => {
      copy.end();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      copy.happened.push('waited no longer');
    });
    expect(await copy.run()).toMatchObject({ endedFor: null });
    expect(copy.happened).toEqual(['held', 'left to a', 'waited no longer', 'released']);
  });

  test('without any it runs to its end', async () => {
    expect(await watch('yield', [[]], 5)).toMatchObject({ locks: null, isStopped: false });
  });
});

test('a share that has stopped to answer does not hold the end of the copy up', async () => {
  const gate = gateOf(() => new Promise<never>(() => undefined));
  const clock = { now: () => 0, monotonic: () => 0, sleep: async () => undefined };
  const end = await withVeeamWatch(
    { gate, policy: 'yield', clock },
    voice,
    cannotBeHeld,
    async () => undefined,
  );
  expect(end).toEqual({ endedFor: null, wasHeld: false });
});

test('what the copy throws is thrown, and nobody looks any more', async () => {
  let looks = 0;
  const gate = gateOf(async () => {
    looks += 1;
    return [];
  });
  const clock = { now: () => 0, monotonic: () => 0, sleep: async () => Promise.reject(new Error('over')) };
  const failing = withVeeamWatch({ gate, policy: 'warn', clock }, voice, cannotBeHeld, () =>
    Promise.reject(new Error('torn')),
  );
  await expect(failing).rejects.toThrow('torn');
  expect(looks).toBe(1);
});
