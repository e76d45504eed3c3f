/** One mirror at a time writes to a replica. */

import { lstatSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { PlugbackError, reasonOf } from '../errors.ts';
import { type Clock, realClock } from '../system/clock.ts';
import { makeFolder } from '../system/folder.ts';
import { withLock } from '../system/lock.ts';
import { identityOf } from './places.ts';

export interface LockOptions {
  /** Wait until another mirror has ended, instead of refusing; false by default. */
  wait?: boolean;
  /** Called once when it is waited for. */
  onWaiting?: () => void;
  /** Where locks are; `defaultDirectories` by default. */
  runtimeDirectory?: string;
  signal?: AbortSignal;
  clock?: Clock;
}

/** Where state is kept, and where run-time files are, for this user. */
export function defaultDirectories(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): { state: string; runtime: string } {
  if (platform === 'win32') {
    // One place for both: Windows has none that it empties, and that of temporary files may be another in each session.
    const local = environment.LOCALAPPDATA || path.win32.join(userInfo().homedir, 'AppData', 'Local');
    const state = path.win32.join(local, 'plugback');
    return { state, runtime: path.win32.join(state, 'run') };
  }
  if (process.geteuid?.() === 0) {
    return {
      state: environment.STATE_DIRECTORY ?? '/var/lib/plugback',
      runtime: environment.RUNTIME_DIRECTORY ?? '/run/plugback',
    };
  }
  const { homedir, uid } = userInfo();
  return {
    state: path.join(environment.XDG_STATE_HOME ?? path.join(homedir, '.local/state'), 'plugback'),
    runtime: path.join(environment.XDG_RUNTIME_DIR ?? path.join(tmpdir(), `plugback-${uid}`), 'plugback'),
  };
}

/**
 * Makes sure that nobody else can write to a folder in the one for temporary files, where everybody may make one of any name:
 * with links in it, the lock's record would be written wherever these lead.
 *
 * @throws PlugbackError `directory-unusable`
 */
function verifyOwn(runtime: string): void {
  const folder = path.dirname(runtime);
  const uid = process.geteuid?.();
  if (uid === undefined || path.dirname(folder) !== tmpdir()) return;
  try {
    makeFolder(folder, 0o700);
    const stats = lstatSync(folder);
    if (stats.isDirectory() && stats.uid === uid && (stats.mode & 0o022) === 0) return;
    throw new Error('EACCES: permission denied');
  } catch (error) {
    throw new PlugbackError(
      'directory-unusable',
      { path: folder, reason: reasonOf(error) },
      { cause: error },
    );
  }
}

/**
 * Holds a replica's lock while the body runs; the body's signal is aborted with the other one's, and when the lock is lost.
 *
 * @throws PlugbackError `mirror-running`, `directory-unusable`; the signal's reason
 */
export async function withReplicaLock<T>(
  replica: string,
  options: LockOptions,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (options.runtimeDirectory === undefined) verifyOwn(defaultDirectories().runtime);
  const lost = new AbortController();
  const outer = options.signal ?? new AbortController().signal;
  const request = {
    path: path.join(
      options.runtimeDirectory ?? defaultDirectories().runtime,
      `mirror-${identityOf(replica)}`,
    ),
    procRoot: '/proc',
    clock: options.clock ?? realClock,
    signal: outer,
    wait: options.wait === true,
    ...(options.onWaiting === undefined ? {} : { onWaiting: options.onWaiting }),
    onLost: () => lost.abort(new PlugbackError('mirror-running', { path: replica, pid: null, since: null })),
  };
  try {
    return await withLock(request, () => body(AbortSignal.any([outer, lost.signal])));
  } catch (error) {
    if (!(error instanceof PlugbackError) || error.code !== 'already-running') throw error;
    const details = error.details as { pid: number | null; since: string | null };
    throw new PlugbackError('mirror-running', { path: replica, ...details }, { cause: error });
  }
}
