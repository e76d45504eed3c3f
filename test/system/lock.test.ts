import { mkdtempSync, rmSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realClock } from '../../src/system/clock.ts';
import { isHeld, type LockRequest, readOwner, withLock } from '../../src/system/lock.ts';
import { identifyProcess } from '../../src/system/process-identity.ts';
import { buildProgram, type Program } from '../program.ts';

/** A start that finds a living holder is told so within this time, as a second run on one disk must be. */
const soonMs = 1_500;

let program: Program;
let folder: string;
let made = 0;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'plugback-lock-'));
  program = await buildProgram(new URL('lock-process.ts', import.meta.url));
});

afterAll(async () => {
  await program.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** A lock that no other test uses: these tests run side by side. */
function newLock(): string {
  made += 1;
  return path.join(folder, `run-${made}`, 'disk');
}

function take<T>(lock: string, body: () => Promise<T>, request: Partial<LockRequest> = {}): Promise<T> {
  return withLock(
    {
      path: lock,
      procRoot: '/proc',
      clock: realClock,
      signal: new AbortController().signal,
      wait: false,
      onLost: () => {
        throw new Error('lost');
      },
      ...request,
    },
    body,
  );
}

/** Resolves with the time it took until the lock was had. */
async function timeToTake(lock: string, request: Partial<LockRequest> = {}): Promise<number> {
  const startedAt = performance.now();
  return take(lock, async () => performance.now() - startedAt, request);
}

/** The end of a start that finds the lock held, and how long that took. */
async function refusal(lock: string): Promise<{ error: unknown; ms: number }> {
  const startedAt = performance.now();
  const error = await take(lock, async () => null).catch((thrown: unknown) => thrown);
  return { error, ms: performance.now() - startedAt };
}

/** Dates a lock so many seconds from now, negative: ago. */
async function dateLock(lock: string, seconds: number): Promise<void> {
  const at = Date.now() / 1000 + seconds;
  await utimes(`${lock}.lock`, at, at);
}

/** What a dead holder leaves behind. */
async function leaveBehind(lock: string, owner: object | null): Promise<void> {
  await mkdir(`${lock}.lock`, { recursive: true });
  if (owner !== null) await writeFile(`${lock}.owner.json`, JSON.stringify(owner));
}

const dead = { pid: process.pid, startTicks: '1', bootId: 'another', since: '2026-11-21T03:12:44.000Z' };

describe.concurrent('a lock', { timeout: 30_000 }, () => {
  test('is had, names its holder, and leaves nothing behind', async () => {
    const lock = newLock();
    const value = await take(lock, async () => {
      expect(await isHeld(lock, '/proc')).toBe(true);
      const owner = await readOwner(lock);
      expect(owner).toMatchObject({ ...identifyProcess('/proc', 'self') });
      expect(Math.abs(Date.parse(owner?.since ?? '') - Date.now())).toBeLessThan(60_000);
      return 7;
    });
    expect(value).toBe(7);
    expect(await isHeld(lock, '/proc')).toBe(false);
    expect(await readdir(path.dirname(lock))).toEqual([]);
  });

  test('is let go when the body throws', async () => {
    const lock = newLock();
    const failing = take(lock, async () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await timeToTake(lock)).toBeLessThan(soonMs);
  });

  test('held by a living process: refused at once, with its number and since when', async () => {
    const lock = newLock();
    const holder = program.start(lock);
    expect(await holder.line()).toBe('held');
    const { error, ms } = await refusal(lock);
    const owner = await readOwner(lock);
    expect(error).toMatchObject({
      code: 'already-running',
      details: { pid: holder.pid, since: owner?.since },
    });
    expect(ms).toBeLessThan(soonMs);
    holder.kill('SIGTERM');
    expect(await holder.ended).toBe(0);
    expect(holder.lines).toEqual(['held', 'released']);
    expect(await timeToTake(lock)).toBeLessThan(soonMs);
  });

  test('whose holder was killed: free after the time in which it would have been renewed', async () => {
    const lock = newLock();
    const holder = program.start(lock);
    await holder.line();
    holder.kill('SIGKILL');
    await holder.ended;
    expect(await isHeld(lock, '/proc')).toBe(false);
    const ms = await timeToTake(lock);
    expect(ms).toBeLessThan(10_000);
    // Not robbed: whoever renews the lock without a record gets the time to do so.
    expect(ms).toBeGreaterThan(2_000);
  });

  test('whose holder was killed a while ago: free at once', async () => {
    const lock = newLock();
    const holder = program.start(lock);
    await holder.line();
    holder.kill('SIGKILL');
    await holder.ended;
    await dateLock(lock, -60);
    expect(await timeToTake(lock)).toBeLessThan(soonMs);
  });

  test('whose holder was stopped is not taken from it, however long that lasts', async ({ expect }) => {
    const lock = newLock();
    const holder = program.start(lock);
    await holder.line();
    holder.kill('SIGSTOP');
    await expect
      .poll(async () => (await readFile(`/proc/${holder.pid}/stat`, 'utf8')).split(' ')[2])
      .toBe('T');
    await dateLock(lock, -3600);
    const { error, ms } = await refusal(lock);
    expect(error).toMatchObject({ code: 'already-running', details: { pid: holder.pid } });
    expect(ms).toBeLessThan(soonMs);
    // When it goes on it renews the lock, and has not lost it.
    holder.kill('SIGCONT');
    const ageMs = async () => Date.now() - (await stat(`${lock}.lock`).catch(() => ({ mtimeMs: 0 }))).mtimeMs;
    await expect.poll(ageMs, { timeout: 10_000 }).toBeLessThan(4_000);
    expect((await refusal(lock)).error).toMatchObject({ code: 'already-running' });
    holder.kill('SIGTERM');
    await holder.ended;
    expect(holder.lines).toEqual(['held', 'released']);
    expect(await timeToTake(lock)).toBeLessThan(soonMs);
  });

  test('of a dead holder dated in the future: free at once', async () => {
    const lock = newLock();
    await leaveBehind(lock, dead);
    await dateLock(lock, 30 * 24 * 3600);
    expect(await timeToTake(lock)).toBeLessThan(soonMs);
  });

  test('of a living holder dated in the future: its own', async () => {
    const lock = newLock();
    const holder = program.start(lock);
    await holder.line();
    holder.kill('SIGSTOP');
    await dateLock(lock, 30 * 24 * 3600);
    expect((await refusal(lock)).error).toMatchObject({
      code: 'already-running',
      details: { pid: holder.pid },
    });
    expect((await lstat(`${lock}.lock`)).mtimeMs).toBeGreaterThan(Date.now() + 1e9);
  });

  test('left behind with something in it: free', async () => {
    const lock = newLock();
    await leaveBehind(lock, dead);
    await writeFile(`${lock}.lock/something`, '');
    await dateLock(lock, -60);
    expect(await timeToTake(lock)).toBeLessThan(soonMs);
  });

  test('whose holder’s number now belongs to another process: free', async () => {
    const lock = newLock();
    await leaveBehind(lock, { ...identifyProcess('/proc', 'self'), startTicks: '1', since: dead.since });
    await dateLock(lock, -60);
    expect(await timeToTake(lock)).toBeLessThan(soonMs);
  });

  test('that this very process could not let go, because its folder was gone for a while: free again', async () => {
    const lock = newLock();
    await take(
      lock,
      async () => {
        // A disk is pulled out while the lock is held, and plugged in again afterwards.
        await rename(path.dirname(lock), `${path.dirname(lock)}.gone`);
      },
      { onLost: () => undefined },
    );
    await rename(`${path.dirname(lock)}.gone`, path.dirname(lock));
    expect((await readOwner(lock))?.pid).toBe(process.pid);
    expect(await timeToTake(lock, { wait: true })).toBeLessThan(8_000);
    expect(await isHeld(lock, '/proc')).toBe(false);
  });

  test('fresh, but without a record: refused only after the time in which it would have been renewed', async () => {
    const lock = newLock();
    await leaveBehind(lock, null);
    const renewing = setInterval(() => void dateLock(lock, 0), 500);
    const { error, ms } = await refusal(lock);
    clearInterval(renewing);
    expect(error).toMatchObject({ code: 'already-running', details: { pid: null, since: null } });
    expect(ms).toBeGreaterThan(5_000);
  });

  test.each(['', '{', 'null', '{"pid":"1"}', '[]', '{"pid":1}'])(
    'a record that cannot be read: %j',
    async (text) => {
      const lock = newLock();
      await leaveBehind(lock, null);
      await writeFile(`${lock}.owner.json`, text);
      await dateLock(lock, -60);
      expect(await readOwner(lock)).toBeNull();
      expect(await isHeld(lock, '/proc')).toBe(false);
      expect(await timeToTake(lock)).toBeLessThan(soonMs);
    },
  );

  test('is waited for, and that is said once', async () => {
    const lock = newLock();
    const holder = program.start(lock);
    await holder.line();
    let told = 0;
    let release = (): void => {};
    const isWaiting = new Promise<void>((resolve) => {
      release = resolve;
    });
    const taking = timeToTake(lock, {
      wait: true,
      onWaiting: () => {
        told += 1;
        release();
      },
    });
    await isWaiting;
    expect((await readOwner(lock))?.pid).toBe(holder.pid);
    holder.kill('SIGTERM');
    await taking;
    expect(told).toBe(1);
  });

  test('is no longer waited for when the run shall stop', async () => {
    const lock = newLock();
    const holder = program.start(lock);
    await holder.line();
    const stop = new AbortController();
    const taking = timeToTake(lock, {
      wait: true,
      signal: stop.signal,
      onWaiting: () => stop.abort(new Error('stopped')),
    });
    await expect(taking).rejects.toThrow('stopped');
    expect(await isHeld(lock, '/proc')).toBe(true);
  });

  test('of several that start at once only one has it at a time', async ({ expect }) => {
    const lock = newLock();
    const holders = Array.from({ length: 4 }, () => program.start(lock));
    const isHolding = (holder: (typeof holders)[number]) =>
      holder.lines.includes('held') && holder.lines.at(-1) !== 'released';
    const left = new Set(holders);
    while (left.size > 0) {
      await expect.poll(() => [...left].filter(isHolding).length, { timeout: 10_000 }).toBe(1);
      const [holder] = [...left].filter(isHolding);
      if (holder === undefined) throw new Error('nobody holds it');
      expect((await readOwner(lock))?.pid).toBe(holder.pid);
      left.delete(holder);
      holder.kill('SIGTERM');
      expect(await holder.ended).toBe(0);
    }
    expect(holders.flatMap((holder) => holder.lines).filter((line) => line === 'lost')).toEqual([]);
  });

  test('in a folder that cannot be: said so', async () => {
    const lock = newLock();
    await mkdir(path.dirname(path.dirname(lock)), { recursive: true });
    await writeFile(path.dirname(lock), 'a file in its place');
    await expect(take(lock, async () => null)).rejects.toMatchObject({
      code: 'directory-unusable',
      details: { path: path.dirname(lock) },
    });
  });

  test('a record of the holder that cannot be written is told, and the lock let go', async () => {
    const lock = newLock();
    const inTheWay = `${lock}.owner.json`;
    await mkdir(path.join(inTheWay, 'in the way'), { recursive: true });
    await expect(take(lock, async () => null)).rejects.toMatchObject({ code: 'directory-unusable' });
    await expect(readdir(path.dirname(lock))).resolves.toEqual([path.basename(inTheWay)]);
  });
});
