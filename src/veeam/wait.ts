/** Waits until Veeam is not writing: until no lock file is left in the configured folder. */

import { lstat, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { PlugbackError, reasonOf, systemCodeOf, type VeeamLock } from '../errors.ts';
import type { StepVoice } from '../status/recorder.ts';
import type { System } from '../system/system.ts';

export interface WaitSettings {
  /** The folder with Veeam's lock files, or a single lock file; null: nothing is configured. */
  lockPath: string | null;
  minutes: number;
}

const pollMs = 2_000;
const lineMs = 60_000;
/** What file managers and network shares leave in any folder. */
const notLocks = /^(\.|thumbs\.db$|desktop\.ini$)/i;

/**
 * Waits, saying for whom, at most the configured minutes.
 *
 * @throws PlugbackError `veeam-busy` when the time is over, `veeam-locks-unreadable`
 */
export async function waitForVeeam(
  settings: WaitSettings,
  context: { system: System; signal: AbortSignal },
  voice: StepVoice,
): Promise<void> {
  const { lockPath, minutes } = settings;
  const { system, signal } = context;
  if (lockPath === null) return voice.info('veeam.not-configured');
  const { clock } = system;
  const startedAt = clock.monotonic();
  let saidAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    const found = await findVeeamLocks(lockPath, system);
    const hasWaited = saidAt !== Number.NEGATIVE_INFINITY;
    if (found === null) {
      // There was a lock in it a moment ago: a share that went away, with Veeam still writing behind it.
      if (hasWaited) throw new PlugbackError('veeam-locks-unreadable', { path: lockPath, reason: 'ENOENT' });
      return voice.warn('warn.veeam-folder-missing', { path: lockPath });
    }
    const now = clock.monotonic();
    if (found.length === 0) {
      if (!hasWaited) return voice.info('veeam.idle');
      return voice.info('veeam.finished', { seconds: (now - startedAt) / 1000 });
    }
    const leftMs = startedAt + minutes * 60_000 - now;
    if (leftMs <= 0) throw new PlugbackError('veeam-busy', { minutes, locks: found });
    if (now - saidAt >= lineMs) {
      saidAt = now;
      voice.info('veeam.waiting', { locks: found, minutesLeft: Math.ceil(leftMs / 60_000) });
    }
    await clock.sleep(Math.min(pollMs, leftMs), signal);
  }
}

/** The locks that Veeam holds now; null when there is no such folder. */
export async function findVeeamLocks(lockPath: string, system: System): Promise<VeeamLock[] | null> {
  try {
    // The folder may be a link to a share.
    const stats = await stat(lockPath);
    if (!stats.isDirectory()) return [await describeLock(lockPath, system)];
    const names = (await readdir(lockPath)).filter((name) => !notLocks.test(name)).sort();
    return Promise.all(names.map((name) => describeLock(path.join(lockPath, name), system)));
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return isFileName(lockPath) ? [] : null;
    throw new PlugbackError(
      'veeam-locks-unreadable',
      { path: lockPath, reason: reasonOf(error) },
      { cause: error },
    );
  }
}

/** A path such as `/srv/veeam.lock` names one lock file, which is only there while Veeam writes. */
function isFileName(lockPath: string): boolean {
  return /\.\w+$/.test(path.basename(lockPath));
}

async function describeLock(filePath: string, system: System): Promise<VeeamLock> {
  const stats = await lstat(filePath).catch(() => null);
  const modified = new Date(stats?.mtimeMs ?? system.clock.now()).toISOString();
  const text = await system.files.read(filePath, 4096).catch(() => null);
  return { file: path.basename(filePath), who: whoHolds(text), since: modified };
}

/** Our own lock files are JSON with job and host; others may hold anything. */
function whoHolds(text: string | null): string | null {
  try {
    const { job, host } = JSON.parse(text ?? '') as { job?: unknown; host?: unknown };
    const parts = [job, host].filter((part): part is string => typeof part === 'string' && part !== '');
    return parts.length === 0 ? null : parts.join(', ');
  } catch {
    return null;
  }
}
