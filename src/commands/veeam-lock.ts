/** `plugback veeam-lock`: Veeam's pre-job script. */

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { asPlugbackError, PlugbackError } from '../errors.ts';
import type { Letter } from '../mail/letter.ts';
import { jsonText } from '../messages/json.ts';
import { realClock } from '../system/clock.ts';
import { readBootId } from '../system/process-identity.ts';
import { createShare, memoryOf } from '../system/share.ts';
import { callerOf } from '../veeam/caller.ts';
import { raiseLock } from '../veeam/hook.ts';
import type { CommandContext } from './context.ts';
import { createPostbox, type MailParts } from './postbox.ts';
import {
  mailPatienceMs,
  prepareVeeamSide,
  sendWaiting,
  type VeeamSide,
  verifiedConfig,
} from './veeam-side.ts';

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
 *   `veeam-lock-not-written`, `interrupted`
 */
export async function veeamLock(flags: VeeamLockFlags, context: CommandContext): Promise<number> {
  const side = prepareVeeamSide(flags, context);
  try {
    const lockPath = await lock(flags, side, context);
    const { job, voice, warnings } = side;
    const name = job.name ?? job.id;
    if (context.json) context.output.line(jsonText({ job: job.id, name, path: lockPath, warnings }));
    else voice.info('hook.locked', { job: name, path: lockPath });
  } catch (error) {
    await mailFailure(error, side, context);
    throw error;
  }
  await sendWaiting(side, context);
  return 0;
}

async function lock(flags: VeeamLockFlags, side: VeeamSide, context: CommandContext): Promise<string> {
  const { lockFolder, markerPath, staleLockHours, waitForBackupMinutes } = verifiedConfig(side, flags);
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

/** Nobody looks at the log of a script. What keeps the mail from leaving must not hide why it was written. */
async function mailFailure(thrown: unknown, side: VeeamSide, context: CommandContext): Promise<void> {
  const { mailParts, translator, voice } = side;
  if (mailParts === null || asPlugbackError(thrown).code === 'interrupted') return;
  const postbox = createPostbox(mailParts, translator, context);
  if (postbox === null) return;
  try {
    await postbox.post(letterOf(thrown, side, mailParts, context));
    const { waiting, reason } = await postbox.flush({ timeoutMs: mailPatienceMs });
    if (waiting > 0) voice.warn('warn.mail-waiting', { count: waiting, reason: reason ?? '' });
  } catch (error) {
    context.output.problem(translator.tell(error).message);
  }
}

/** Which subject says it best; the others say that there is no lock. */
const subjects: { readonly [code: string]: 'hook.subject.copy-running' | 'hook.subject.config' } = {
  'copy-running': 'hook.subject.copy-running',
  config: 'hook.subject.config',
};

function letterOf(
  thrown: unknown,
  { translator, job, warnings }: VeeamSide,
  { mail }: MailParts,
  { host }: CommandContext,
): Letter {
  const { say } = translator;
  const who = { job: job.name ?? job.id, host };
  const { code, problem, remedy } = translator.tell(thrown);
  return {
    subject: say(subjects[code] ?? 'hook.subject.not-locked', who),
    text: [
      say('hook.letter', who),
      '',
      say('report.problem', { text: problem }),
      say('report.remedy', { text: remedy }),
      say('hook.letter.consequence'),
      ...warnings.map((text) => say('report.warning', { text })),
    ],
    tone: 'bad',
    to: mail.sysops,
    cc: mail.cc,
    attachments: [],
  };
}
