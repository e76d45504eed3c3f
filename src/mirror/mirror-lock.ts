/** One mirror at a time writes to a replica. */

import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { PlugbackError } from '../errors.ts';
import { type Clock, realClock } from '../system/clock.ts';
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
 * Holds a replica's lock while the body runs; the body's signal is aborted with the other one's, and when the lock is lost.
 *
 * @throws PlugbackError `mirror-running`, `directory-unusable`; the signal's reason
 */
export async function withReplicaLock<T>(
  replica: string,
  options: LockOptions,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
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
