/**
 * Locks between processes of this machine, alive as long as their holder is.
 *
 * proper-lockfile keeps a folder whose time is renewed every second; it has no notion of who holds it. So a record
 * beside it names the process: a second start learns at once that the first one lives, instead of waiting for the
 * time to grow stale, and a lock whose time lies in the future (no clock battery) is recognised as dead.
 */

import { constants } from 'node:fs';
import { lstat, open, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import lockfile from 'proper-lockfile';
import { PlugbackError, reasonOf, systemCodeOf } from '../errors.ts';
import type { Clock } from './clock.ts';
import { makeFolder } from './folder.ts';
import {
  identifyProcess,
  isAlive,
  type ProcessIdentity,
  readBootId,
  readPidNamespace,
} from './process-identity.ts';

/** A lock not renewed for so long is dead. Long enough to outlast a stalled disk, see `isAlive` for the rest. */
const staleMs = 5_000;
const renewMs = 1_000;
const retryMs = 100;
/** More than a record ever has. */
const recordBytes = 4096;

/** The locks that this process holds. */
const heldHere = new Set<string>();

export interface LockOwner extends ProcessIdentity {
  /** ISO 8601 in UTC. */
  since: string;
  /** Where the process has its number; see `isOfHere`. */
  pidNamespace?: string;
}

export interface LockRequest {
  /** The lock's path without an ending; its folder is made. */
  path: string;
  procRoot: string;
  clock: Clock;
  signal: AbortSignal;
  /** Wait until it is free, instead of refusing when its holder lives. */
  wait: boolean;
  /** Called once when it turns out that the lock is held and will be waited for. */
  onWaiting?: () => void;
  /** Called when the lock is lost while held. */
  onLost: () => void;
}

/**
 * Holds a lock while the body runs.
 *
 * @throws PlugbackError `already-running` when a living process holds it and `wait` is false; `directory-unusable`
 */
export async function withLock<T>(request: LockRequest, body: () => Promise<T>): Promise<T> {
  const release = await acquire(request);
  try {
    return await body();
  } finally {
    await release();
  }
}

async function acquire(request: LockRequest): Promise<() => Promise<void>> {
  await makeParent(request.path);
  const folder = `${request.path}.lock`;
  const deadline = request.clock.monotonic() + staleMs + 2 * renewMs;
  let told = false;
  for (;;) {
    request.signal.throwIfAborted();
    const owner = await readOwner(request.path);
    const ownerLives = owner !== null && isAlive(request.procRoot, owner) && !isLeftover(request, owner);
    // A holder that was stopped (SIGSTOP, a frozen machine) stops renewing, yet must not be robbed.
    const release = ownerLives ? null : await tryAcquire(request, folder);
    if (release !== null) {
      heldHere.add(request.path);
      await writeOwner(request).catch(async (error: unknown) => {
        heldHere.delete(request.path);
        await release();
        throw unusable(path.dirname(folder), error);
      });
      return async () => {
        // The record goes first: while it names a living process, nobody else takes the lock.
        await rm(ownerPath(request.path), { force: true });
        heldHere.delete(request.path);
        await release();
      };
    }
    const busy = ownerLives || request.clock.monotonic() > deadline;
    if (busy && !request.wait) {
      throw new PlugbackError('already-running', { pid: owner?.pid ?? null, since: owner?.since ?? null });
    }
    if (busy && !told) {
      told = true;
      request.onWaiting?.();
    }
    if (!ownerLives) await removeWhenDeadForSure(folder, request.clock);
    await request.clock.sleep(retryMs, request.signal);
  }
}

/** Our own record of a lock that could not be let go: its folder was on a disk that was pulled out, and has come back. */
function isLeftover({ path: lockPath, procRoot }: LockRequest, owner: LockOwner): boolean {
  const self = identifyProcess(procRoot, 'self');
  return self?.pid === owner.pid && self.startTicks === owner.startTicks && !heldHere.has(lockPath);
}

async function tryAcquire(request: LockRequest, folder: string): Promise<(() => Promise<void>) | null> {
  let release: (() => Promise<void>) | null = null;
  const lock = async (): Promise<void> => {
    release = await lockfile.lock(request.path, {
      realpath: false,
      lockfilePath: folder,
      stale: staleMs,
      update: renewMs,
      retries: 0,
      // A machine that slept renews too late. Others saw this process alive and kept away, so take it again.
      onCompromised: () => {
        release = null;
        lock().catch(() => request.onLost());
      },
    });
  };
  try {
    await lock();
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ELOCKED') return null;
    // A stale lock folder with something in it: proper-lockfile cannot remove it.
    if (code === 'ENOTEMPTY') {
      await rm(folder, { recursive: true, force: true });
      return null;
    }
    throw unusable(path.dirname(folder), error);
  }
  // Lost in the last moment: then there is nothing to release.
  return async () => release?.().catch(() => undefined);
}

function unusable(directory: string, error: unknown): PlugbackError {
  return new PlugbackError(
    'directory-unusable',
    { path: directory, reason: reasonOf(error) },
    { cause: error },
  );
}

/** Removes a lock dated in the future whose holder is gone: it would block until the clock gets there. */
async function removeWhenDeadForSure(folder: string, clock: Clock): Promise<void> {
  const stats = await lstat(folder).catch(() => null);
  if (stats !== null && stats.mtimeMs > clock.now() + 2 * staleMs)
    await rm(folder, { recursive: true, force: true });
}

async function makeParent(lockPath: string): Promise<void> {
  const directory = path.dirname(lockPath);
  try {
    makeFolder(directory);
  } catch (error) {
    throw unusable(directory, error);
  }
}

/** Where the record of a lock's owner is. */
export function ownerPath(lockPath: string): string {
  return `${lockPath}.owner.json`;
}

/** Leaves the record that names this process as the owner; `readOwner` and `isHeld` find it. */
export async function writeOwner(request: Pick<LockRequest, 'path' | 'procRoot' | 'clock'>): Promise<void> {
  const identity = identifyProcess(request.procRoot, 'self');
  if (identity === null) return;
  const since = new Date(request.clock.now()).toISOString();
  const owner: LockOwner = { ...identity, since, pidNamespace: readPidNamespace(request.procRoot) };
  const temporary = `${ownerPath(request.path)}.${identity.pid}`;
  try {
    await writeFile(temporary, JSON.stringify(owner));
    await rename(temporary, ownerPath(request.path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Who holds, or last held, a lock; null when nobody left a record. */
export async function readOwner(lockPath: string): Promise<LockOwner | null> {
  try {
    const owner = JSON.parse(await readRecord(ownerPath(lockPath))) as LockOwner;
    return typeof owner.pid === 'number' && typeof owner.startTicks === 'string' ? owner : null;
  } catch {
    return null;
  }
}

/**
 * The beginning of a record, which may lie on a disk that somebody else wrote: a link there is not followed, a pipe not
 * waited for, and a file of any size not read to its end.
 *
 * @throws the system's error
 */
async function readRecord(file: string): Promise<string> {
  // Windows knows neither of the two, and has nothing that they keep from.
  const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>;
  const handle = await open(file, constants.O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(recordBytes), 0, recordBytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * Can it be told from here whether an owner lives? Not of one on another machine, in a container, or from before this
 * machine was started.
 */
export function isOfHere({ bootId, pidNamespace }: LockOwner, procRoot: string): boolean {
  const here = readPidNamespace(procRoot);
  return bootId === readBootId(procRoot) && (pidNamespace ?? here) === here;
}

/** Is a lock held by a living process? For readers such as the status page. */
export async function isHeld(lockPath: string, procRoot: string): Promise<boolean> {
  const owner = await readOwner(lockPath);
  return owner !== null && isAlive(procRoot, owner);
}
