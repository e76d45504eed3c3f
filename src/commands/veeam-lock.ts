/** `plugback veeam-lock`: Veeam's pre-job script. */

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { PlugbackError } from '../errors.ts';
import { jsonText } from '../messages/json.ts';
import { realClock } from '../system/clock.ts';
import { readBootId } from '../system/process-identity.ts';
import { createShare, memoryOf } from '../system/share.ts';
import { callerOf } from '../veeam/caller.ts';
import { type Raised, raiseLock } from '../veeam/hook.ts';
import type { CommandContext } from './context.ts';
import { mailBlind, mailFailure, sendWaiting } from './veeam-mail.ts';
import { prepareVeeamSide, type VeeamSide, verifiedConfig } from './veeam-side.ts';

export interface VeeamLockFlags {
  job?: string;
  /** Minutes. */
  timeout?: string;
}

const procRoot = '/proc';

/**
 * Whatever ends it is told by mail as well, where the mail section of the configuration can be read.
 *
 * @returns the exit code
 * @throws PlugbackError `usage`, `config`, `config-missing`, `config-exists-not`, `copy-running`,
 *   `veeam-lock-not-written`, `veeam-lock-withdrawn`, `veeam-interrupted`
 */
export async function veeamLock(flags: VeeamLockFlags, context: CommandContext): Promise<number> {
  const side = prepareVeeamSide(flags, context);
  try {
    const { path: lockPath, isBlind } = await lock(flags, side, context);
    const { job, voice, warnings } = side;
    const name = job.name ?? job.id;
    if (context.json) context.output.line(jsonText({ job: job.id, name, path: lockPath, warnings }));
    else voice.info('hook.locked', { job: name, path: lockPath });
    if (isBlind) await mailBlind(side, context);
  } catch (error) {
    await mailFailure(error, 'pre-job', side, context);
    throw error;
  }
  await sendWaiting(side, context);
  return 0;
}

async function lock(flags: VeeamLockFlags, side: VeeamSide, context: CommandContext): Promise<Raised> {
  const { lockFolder, markerPath, staleLockHours, waitForBackupMinutes } = await verifiedConfig(side, flags);
  const settings = {
    lockFolder,
    markerPath,
    job: side.job,
    host: context.host,
    waitMinutes: minutesOf(flags.timeout, side) ?? waitForBackupMinutes,
    staleHours: staleLockHours,
    cacheMs: Math.max(
      await memoryOf(lockFolder, procRoot),
      await memoryOf(path.dirname(markerPath), procRoot),
    ),
  };
  return raiseLock(settings, {
    share: createShare(),
    clock: realClock,
    signal: context.stop,
    procRoot,
    caller: callerOf(procRoot),
    bootId: readBootId(procRoot),
    token: randomBytes(4).toString('hex'),
    voice: side.voice,
  });
}

/** Null where nothing was typed. @throws PlugbackError `usage` */
function minutesOf(flag: string | undefined, { translator }: VeeamSide): number | null {
  if (flag === undefined) return null;
  if (/^\d{1,5}$/.test(flag)) return Number(flag);
  throw new PlugbackError('usage', { problem: translator.say('usage.timeout', { value: flag }) });
}
