/** Veeam's scripts on real files: how long they wait, what they say, what they leave. */

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { PlugbackError } from '../../src/errors.ts';
import { createShare } from '../../src/system/share.ts';
import { FakeClock, fakeSystem } from '../fakes.ts';
import { useFolder } from '../folder.ts';
import { type HookOptions, lock, type Said, type SideWorld, unlock } from './sides.ts';

const folder = useFolder();
const minute = 60_000;

let clock: FakeClock;
let stop: AbortController;
let said: Said;

beforeEach(async () => {
  clock = new FakeClock();
  stop = new AbortController();
  said = [];
  for (const name of ['locks', 'source']) await mkdir(folder(name));
});

function world(): SideWorld {
  const share = { ...createShare(), now: async () => clock.now() };
  return {
    share,
    files: fakeSystem().files,
    clock,
    signal: stop.signal,
    root: folder(),
    procRoot: '/nowhere',
  };
}

const raise = (options: HookOptions = {}): Promise<string> => lock(world(), { said, ...options });
const lower = (options: HookOptions = {}): Promise<number> => unlock(world(), { said, ...options });

let beats = 0;

/** A copy writes its marker, or renews it. */
async function beat(): Promise<void> {
  beats += 1;
  await writeFile(folder('source/.plugback.lock'), JSON.stringify({ run: 'r', heartbeat: beats }));
}

/** A copy that runs for so many minutes. */
async function copyFor(minutes: number): Promise<void> {
  await beat();
  for (let at = 10_000; at < minutes * minute; at += 10_000) clock.at(at, beat);
  clock.at(minutes * minute, () => rm(folder('source/.plugback.lock')));
}

function minutesPassed(): number {
  return (clock.now() - new FakeClock().now()) / minute;
}

async function locks(): Promise<string[]> {
  return readdir(folder('locks'));
}

describe('the pre-job script', () => {
  test('where no copy runs: at once, and the lock tells whose it is and for how long', async () => {
    const caller = { pid: 4711, startTicks: '99', bootId: 'boot' };
    const path = await raise({ caller, bootId: 'boot', settings: { job: { id: '{1}', name: 'Nightly' } } });
    expect(await locks()).toEqual([expect.stringMatching(/^1-~[0-9a-f]{16}@fileserver\.0000000a\.lock$/)]);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      job: '{1}',
      name: 'Nightly',
      host: 'fileserver',
      ...caller,
      time: '2026-11-21T03:12:44.000Z',
      expiry: '2026-11-23T03:12:44.000Z',
    });
    expect(said).toEqual([]);
    expect(minutesPassed()).toBe(0);
  });

  test('waits longer than a lock counts elsewhere: its announcement does not expire meanwhile', async () => {
    const path = await raise({ settings: { staleHours: 2, waitMinutes: 180 } });
    const { time, expiry } = JSON.parse(await readFile(path, 'utf8'));
    expect(Date.parse(expiry) - Date.parse(time)).toBe(5 * 60 * minute);
  });

  test('waits for a copy, and meanwhile stands where a copy sees it and nobody else', async () => {
    await copyFor(3.5);
    const seen: string[][] = [];
    clock.at(minute, async () => void seen.push(await locks()));
    await raise();
    expect(minutesPassed()).toBeCloseTo(3.5, 1);
    expect(seen).toEqual([['.nightly@fileserver.0000000a.waiting']]);
    expect(await locks()).toEqual(['nightly@fileserver.0000000a.lock']);
    expect(said).toEqual(Array(4).fill('hook.waiting'));
  });

  test('gives up after the time, leaves nothing', async () => {
    await copyFor(60);
    await expect(raise({ settings: { waitMinutes: 10 } })).rejects.toMatchObject({
      code: 'copy-running',
      exitCode: 75,
      details: { minutes: 10, path: folder('source/.plugback.lock') },
    });
    expect(minutesPassed()).toBe(10);
    expect(await locks()).toEqual([]);
  });

  test('does not wait at all with 0 minutes', async () => {
    await beat();
    await expect(raise({ settings: { waitMinutes: 0 } })).rejects.toMatchObject({ code: 'copy-running' });
    expect(minutesPassed()).toBe(0);
  });

  test.each(['{"run":"r"}', '', '\0\0', 'half a li'])(
    'a marker that stands still is waited for two minutes: %j',
    async (text) => {
      await writeFile(folder('source/.plugback.lock'), text);
      await raise();
      expect(minutesPassed()).toBe(2);
      expect(said).toEqual(['hook.waiting', 'hook.waiting', 'hook.dead-copy']);
    },
  );

  test('one that beats once more within two minutes is alive', async () => {
    await beat();
    clock.at(119_000, beat);
    await raise();
    expect(minutesPassed()).toBeCloseTo(4, 1);
  });

  test('a marker that cannot be read any more is not taken for dead', async () => {
    const share = { ...createShare(), now: async () => clock.now() };
    const gone = async () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }));
    const settings = { waitMinutes: 5 };
    const without = { ...world(), share: { ...share, read: gone, look: gone } };
    await expect(lock(without, { said, settings })).rejects.toMatchObject({ code: 'copy-running' });
  });

  test('the lock cannot be written: code 74, and nothing is left', async () => {
    for (const lockFolder of [folder('nowhere'), folder('source/file')]) {
      await writeFile(folder('source/file'), '');
      await expect(raise({ settings: { lockFolder } })).rejects.toMatchObject({
        code: 'veeam-lock-not-written',
        exitCode: 74,
        details: { path: lockFolder, hindrance: 'missing' },
      });
    }
    const write = async () =>
      Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }));
    const full = { ...world(), share: { ...createShare(), write } };
    await expect(lock(full, { said })).rejects.toMatchObject({
      details: { path: folder('locks'), hindrance: 'full' },
    });
  });

  test('what an earlier script never finished is cleared away after an hour, of this machine only', async () => {
    const files = [
      '.weekly@fileserver.0000000b.tmp',
      '.weekly@other.0000000c.tmp',
      '.plugback-clock-0000000d.tmp',
    ];
    for (const name of files) await writeFile(folder('locks', name), '');
    clock = new FakeClock(Date.now() + 59 * minute);
    await raise();
    expect(await locks()).toEqual(expect.arrayContaining(files));
    clock = new FakeClock(Date.now() + 61 * minute);
    await raise({ token: '0000000e' });
    expect(await locks()).toEqual(['.weekly@other.0000000c.tmp', 'nightly@fileserver.0000000e.lock']);
  });

  test('takes an earlier lock of the same job over, and leaves those of others', async () => {
    await raise({ token: '00000001' });
    await raise({ token: '00000002', job: 'weekly' });
    await writeFile(folder('locks/other.lock'), '');
    await raise({ token: '00000003' });
    expect(said).toEqual(['hook.taken-over']);
    expect(await locks()).toEqual([
      'nightly@fileserver.00000003.lock',
      'other.lock',
      'weekly@fileserver.00000002.lock',
    ]);
  });

  test('an announcement that a second script of the job took over: the lock is written afresh, with a word', async () => {
    await copyFor(3);
    clock.at(minute, async () => {
      await writeFile(folder('locks/nightly@fileserver.0000000b.lock'), '{}');
      await rm(folder('locks/.nightly@fileserver.0000000a.waiting'));
    });
    const path = await raise();
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ job: 'nightly', host: 'fileserver' });
    expect(said).toContain('hook.written-afresh');
  });

  test('one that the post-job script took away: no lock, which nobody would take down', async () => {
    await copyFor(3);
    clock.at(minute, () => void lower());
    await expect(raise()).rejects.toMatchObject({
      code: 'veeam-lock-withdrawn',
      exitCode: 74,
      details: { job: 'nightly', path: folder('locks') },
    });
    expect(await locks()).toEqual([]);
  });

  test('a lock folder that went away meanwhile is not told as if somebody had let go', async () => {
    await copyFor(3);
    clock.at(minute, () => rm(folder('locks'), { recursive: true }));
    await expect(raise()).rejects.toMatchObject({
      code: 'veeam-lock-not-written',
      details: { path: folder('locks'), hindrance: 'missing' },
    });
  });

  test('two scripts of one job at once: each ends with a lock', async () => {
    await copyFor(3);
    const second = new Promise<string>((resolve, reject) => {
      clock.at(minute, () => void raise({ token: '0000000b' }).then(resolve, reject));
    });
    const paths = await Promise.all([raise(), second]);
    expect(paths).toEqual([
      folder('locks/nightly@fileserver.0000000a.lock'),
      folder('locks/nightly@fileserver.0000000b.lock'),
    ]);
    expect((await locks()).length).toBeGreaterThan(0);
    expect(await lower()).toBeGreaterThan(0);
    expect(await locks()).toEqual([]);
  });

  test('one that gives up leaves the earlier lock, for which somebody may be writing', async () => {
    await raise({ token: '00000001' });
    await copyFor(60);
    await expect(raise({ settings: { waitMinutes: 1 } })).rejects.toMatchObject({ code: 'copy-running' });
    expect(await locks()).toEqual(['nightly@fileserver.00000001.lock']);
    expect(said).not.toContain('hook.taken-over');
  });

  test('clears away what others forgot', async () => {
    await raise({ token: '00000001', job: 'weekly' });
    clock = new FakeClock(Date.now() + 49 * 60 * minute);
    await raise();
    expect(said).toEqual(['warn.veeam-lock-stale']);
    expect(await locks()).toEqual(['nightly@fileserver.0000000a.lock']);
  });

  test('Ctrl-C takes it back; any other end leaves it, because the agent begins to write then', async () => {
    const waiting = '.nightly@fileserver.0000000a.waiting';
    const until = '2026-11-23T03:12:44.000Z';
    for (const [signal, exitCode, left] of [
      ['SIGINT', 130, []],
      ['SIGTERM', 143, [waiting]],
      ['SIGHUP', 129, [waiting]],
    ] as const) {
      clock = new FakeClock();
      stop = new AbortController();
      await beat();
      clock.at(minute, () => stop.abort(new PlugbackError('interrupted', { signal })));
      const stands =
        left.length === 0 ? { path: null, until: null } : { path: folder('locks', waiting), until };
      await expect(raise()).rejects.toMatchObject({
        code: 'veeam-interrupted',
        exitCode,
        details: { signal, job: 'nightly', ...stands },
      });
      expect(await locks()).toEqual(left);
    }
  });

  test('on a share it looks for the copy again when it sees for sure', async () => {
    // Written by a copy when the script had just looked, and seen by it half a minute later.
    clock.at(30_000, () => copyFor(3));
    await raise({ settings: { cacheMs: 65_000 } });
    expect(said).toContain('hook.waiting');
    expect(minutesPassed()).toBeGreaterThan(2.9);
  });

  test('a source that is not there is told: nobody can see a copy', async () => {
    await rm(folder('source'), { recursive: true });
    await raise();
    expect(said).toEqual(['hook.source-missing']);
  });
});

describe('the post-job script', () => {
  test('removes this job’s lock and no other', async () => {
    await raise({ token: '00000001' });
    await raise({ token: '00000002', job: 'nightly2' });
    expect(await lower()).toBe(1);
    expect(said).toEqual([]);
    expect(await locks()).toEqual(['nightly2@fileserver.00000002.lock']);
  });

  test('also what a script left that was ended while it waited', async () => {
    await writeFile(folder('locks/.nightly@fileserver.0000000b.waiting'), '');
    await writeFile(folder('locks/.nightly@fileserver.0000000c.tmp'), '');
    expect(await lower()).toBe(1);
    expect(await locks()).toEqual([]);
  });

  test('none is a warning', async () => {
    expect(await lower()).toBe(0);
    expect(said).toEqual(['hook.no-lock']);
  });

  test('a lock folder that is not there, or a file, is an error: nobody knows what stands', async () => {
    await writeFile(folder('source/file'), '');
    for (const lockFolder of [folder('nowhere'), folder('source/file')]) {
      await expect(lower({ settings: { lockFolder } })).rejects.toMatchObject({
        code: 'veeam-lock-not-removed',
        exitCode: 74,
        details: { path: lockFolder, hindrance: 'missing' },
      });
    }
    expect(said).toEqual([]);
  });

  test('a lock that Veeam’s id names is found by the name that people know', async () => {
    await raise({ settings: { job: { id: '{59d7}', name: 'Büro Nacht' } } });
    await raise({ token: '0000000b', job: 'weekly' });
    await raise({ token: '0000000c', settings: { job: { id: '{60}', name: 'Büro Nacht' }, host: 'other' } });
    expect(await lower({ job: 'Büro Tag' })).toBe(0);
    expect(said).toEqual(['hook.no-lock', 'hook.other-locks']);
    expect(await lower({ job: 'Büro Nacht' })).toBe(1);
    expect(await locks()).toHaveLength(2);
  });

  test('one that cannot be removed is an error', async () => {
    await raise();
    const remove = async () => Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES' }));
    const stubborn = { ...world(), share: { ...createShare(), remove } };
    await expect(unlock(stubborn, { said })).rejects.toMatchObject({
      code: 'veeam-lock-not-removed',
      exitCode: 74,
    });
  });
});
