/**
 * The folder that takes the copies:
 *
 *     records_sent.dat                     the record
 *     copies/home/anna/plan.txt/…plan.txt  the copies of /home/anna/plan.txt
 *     unfinished/                          copies that are being made
 *     timemachine.lock                     held while something is written
 */

import { existsSync, statSync } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { hindranceOf, PlugbackError, reasonOf, systemCodeOf } from '../errors.ts';
import {
  type BytePath,
  bufferOf,
  bytesOf,
  bytesOfText,
  joinBytes,
  nameOfBytes,
  nodePath,
} from '../system/byte-path.ts';
import type { Clock } from '../system/clock.ts';
import { withLock } from '../system/lock.ts';
import { timeOfCopy, timeOfText, timeText } from './copy-name.ts';

export interface Destination {
  /** As people are told it, with a slash at the end. */
  folder: string;
  /** The record. */
  recordPath: string;
  copies: BytePath;
  unfinished: BytePath;
  lockPath: string;
}

/** A copy, and when the state was made that it holds. */
export interface Version {
  /** 1 is the newest. */
  number: number;
  path: BytePath;
  /** In µs since 1970. */
  modifiedUs: number;
  /** When the copy was made, by the destination's own filesystem; or moved there, or its rights changed. In µs since 1970. */
  copiedUs: number;
  /** In bytes. */
  size: number;
}

/** @param folder absolute */
export function destinationAt(folder: string): Destination {
  const bytes = bytesOfText(folder);
  return {
    folder: folder.endsWith('/') ? folder : `${folder}/`,
    recordPath: path.join(folder, 'records_sent.dat'),
    copies: joinBytes(bytes, 'copies'),
    unfinished: joinBytes(bytes, 'unfinished'),
    lockPath: path.join(folder, 'timemachine'),
  };
}

/** @throws PlugbackError `copies-folder-missing`, `copies-folder-unreadable` */
export function verifyDestination({ folder }: Destination): void {
  if (!isFolder(folder)) throw new PlugbackError('copies-folder-missing', { path: folder });
}

/** @throws PlugbackError `copies-folder-unreadable` when it cannot be told */
function isFolder(folder: string): boolean {
  try {
    return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOTDIR') return false;
    throw unreadable(folder, error);
  }
}

/** Something of the destination that cannot be read, as an error in words. */
export function unreadable(path: string, error: unknown): PlugbackError {
  return new PlugbackError('copies-folder-unreadable', { path, reason: reasonOf(error) }, { cause: error });
}

/** Has anything ever been copied there? */
export function hasCopies({ copies }: Destination): boolean {
  return existsSync(nodePath(copies));
}

/** The folder of a file's copies. */
export function copiesOf({ copies }: Destination, file: BytePath): BytePath {
  return joinBytes(copies, file);
}

/**
 * The versions of a file, the newest first.
 *
 * @param time only those with this time in their names, as `timeText` writes it
 * @throws the system's error when its folder cannot be read
 */
export async function listVersions(
  destination: Destination,
  file: BytePath,
  time: string | null = null,
): Promise<Version[]> {
  const folder = copiesOf(destination, file);
  const names = await readdir(bufferOf(folder), { encoding: 'buffer' }).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return [];
    throw error;
  });
  const found: (Version & { order: number })[] = [];
  for (const name of names.map(bytesOf)) {
    const told = timeOfCopy(name, nameOfBytes(file));
    if (told === null || (time !== null && told.text !== time)) continue;
    const stats = await lstat(bufferOf(joinBytes(folder, name))).catch(() => null);
    if (stats === null || !stats.isFile()) continue;
    // The copy has its file's time, whatever the time zone was when its name was made; somebody may have changed it.
    const own = Math.floor(stats.mtimeMs * 1000);
    const modifiedUs = timeText(own) === told.text ? own : timeOfText(told.text);
    found.push({
      number: 0,
      path: joinBytes(folder, name),
      modifiedUs,
      copiedUs: Math.floor(stats.ctimeMs * 1000),
      size: stats.size,
      order: told.number,
    });
  }
  found.sort((one, other) => other.modifiedUs - one.modifiedUs || other.order - one.order);
  return found.map(({ order: _, ...version }, index) => ({ ...version, number: index + 1 }));
}

/** The same. @throws PlugbackError `copies-folder-unreadable` */
export async function readVersions(destination: Destination, file: BytePath): Promise<Version[]> {
  try {
    return await listVersions(destination, file);
  } catch (error) {
    throw unreadable(destination.folder, error);
  }
}

export interface HoldOptions {
  procRoot: string;
  clock: Clock;
  signal: AbortSignal;
  /** The longest to wait for another timemachine, in ms; null: as long as it takes. */
  patienceMs: number | null;
  /** Called once when another timemachine writes there and is waited for. */
  onWaiting?: () => void;
  /** It only makes room: on a disk too full for a lock it goes on without one, which nobody else could have either. */
  makesRoom?: boolean;
}

/**
 * Nobody else writes to the destination while the body runs.
 *
 * @throws PlugbackError `copies-folder-…`, `lock-lost`; and what the body throws
 */
export async function holdDestination<T>(
  destination: Destination,
  options: HoldOptions,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  verifyDestination(destination);
  const { procRoot, clock, signal, patienceMs, makesRoom } = options;
  const stop = new AbortController();
  const hand = () => stop.abort(signal.reason);
  // Not AbortSignal.any: a watch that goes on for months would collect one a copy.
  if (signal.aborted) hand();
  signal.addEventListener('abort', hand, { once: true });
  const giveUp = () => stop.abort(new PlugbackError('copies-folder-busy', { path: destination.folder }));
  const patience = patienceMs === null ? undefined : setTimeout(giveUp, patienceMs);
  const request = {
    path: destination.lockPath,
    procRoot,
    clock,
    signal: stop.signal,
    wait: true,
    ...(options.onWaiting === undefined ? {} : { onWaiting: options.onWaiting }),
    onLost: () => stop.abort(new PlugbackError('lock-lost', { path: destination.lockPath })),
  };
  let hasBegun = false;
  const hold = async () => {
    hasBegun = true;
    clearTimeout(patience);
    await removeUnfinished(destination);
    return await body(stop.signal);
  };
  try {
    return await withLock(request, hold);
  } catch (thrown) {
    const error = asDestinationError(destination, thrown);
    const isFull = error instanceof PlugbackError && error.code === 'copies-folder-full';
    if (makesRoom === true && isFull && !hasBegun) return await hold();
    throw error;
  } finally {
    clearTimeout(patience);
    signal.removeEventListener('abort', hand);
  }
}

/** What a killed timemachine was about to copy. */
async function removeUnfinished(destination: Destination): Promise<void> {
  try {
    await rm(bufferOf(destination.unfinished), { recursive: true, force: true });
  } catch (error) {
    throw destinationError(destination, reasonOf(error), error);
  }
}

/** Trouble with the lock is trouble with the destination. */
function asDestinationError(destination: Destination, error: unknown): unknown {
  if (!(error instanceof PlugbackError)) return error;
  if (error.code === 'lock-lost') return missingOr(destination, error);
  if (error.code !== 'directory-unusable') return error;
  const { reason } = (error as PlugbackError<'directory-unusable'>).details;
  return destinationError(destination, reason, error.cause);
}

/** What is wrong with the destination: gone altogether, full, or not to be written to. @param cause the system's error */
export function destinationError(destination: Destination, reason: string, cause: unknown): PlugbackError {
  const details = { path: destination.folder, reason };
  const error =
    hindranceOf(cause) === 'full'
      ? new PlugbackError('copies-folder-full', { ...details, name: null, count: 0 }, { cause })
      : new PlugbackError('copies-folder-unusable', details, { cause });
  return missingOr(destination, error);
}

function missingOr(destination: Destination, other: PlugbackError): PlugbackError {
  try {
    verifyDestination(destination);
    return other;
  } catch (error) {
    return error as PlugbackError;
  }
}

/** Is it about the destination, so that the next check may go well? */
export function isDestinationTrouble(error: unknown): error is PlugbackError {
  return (
    error instanceof PlugbackError && (error.code.startsWith('copies-folder-') || error.code === 'lock-lost')
  );
}
