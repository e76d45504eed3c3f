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
import { createPostbox } from './postbox.ts';
import { prepareVeeamSide, type VeeamSide } from './veeam-side.ts';

export interface VeeamLockFlags {
  job?: string;
  /** Minutes. */
  timeout?: string;
}

const procRoot = '/proc';
/** How long the mail may take, in ms; then it waits in the outbox. */
const mailPatienceMs = 30_000;

/**
 * @returns the exit code
 * @throws PlugbackError `usage`, `config`, `config-missing`, `copy-running`, `veeam-lock-not-written`, `interrupted`
 */
export async function veeamLock(flags: VeeamLockFlags, context: CommandContext): Promise<number> {
  const side = prepareVeeamSide(flags, context);
  const { config, job, voice } = side;
  const waitMinutes = minutesOf(flags.timeout, side);
  const { lockFolder, markerPath } = config;
  const settings = {
    lockFolder,
    markerPath,
    job,
    host: context.host,
    waitMinutes,
    staleHours: config.staleLockHours,
    cacheMs: Math.max(
      await memoryOf(lockFolder, procRoot),
      await memoryOf(path.dirname(markerPath), procRoot),
    ),
  };
  try {
    const lockPath = await raiseLock(settings, {
      share: createShare(),
      clock: realClock,
      signal: context.stop,
      procRoot,
      caller: callerOf(procRoot),
      bootId: readBootId(procRoot),
      token: randomBytes(4).toString('hex'),
      voice,
    });
    const name = job.name ?? job.id;
    if (context.json)
      context.output.line(jsonText({ job: job.id, name, path: lockPath, warnings: side.warnings }));
    else voice.info('hook.locked', { job: name, path: lockPath });
    return 0;
  } catch (error) {
    await mailFailure(error, side, context);
    throw error;
  }
}

function minutesOf(flag: string | undefined, { config, translator }: VeeamSide): number {
  if (flag === undefined) return config.waitForBackupMinutes;
  if (/^\d{1,5}$/.test(flag)) return Number(flag);
  throw new PlugbackError('usage', { problem: translator.say('usage.timeout', { value: flag }) });
}

/** Nobody looks at the log of a script. What keeps the mail from leaving must not hide why it was written. */
async function mailFailure(thrown: unknown, side: VeeamSide, context: CommandContext): Promise<void> {
  const { config, translator, voice } = side;
  const postbox = createPostbox(config, translator, context);
  const letter = letterOf(thrown, side, context);
  if (postbox === null || letter === null) return;
  try {
    await postbox.post(letter);
    const { waiting, reason } = await postbox.flush({ timeoutMs: mailPatienceMs });
    if (waiting > 0) voice.warn('warn.mail-waiting', { count: waiting, reason: reason ?? '' });
  } catch (error) {
    context.output.problem(translator.tell(error).message);
  }
}

/** Null for an end that is nobody's business. */
function letterOf(thrown: unknown, side: VeeamSide, { host }: CommandContext): Letter | null {
  const { config, translator, job, warnings } = side;
  const { say } = translator;
  const { code } = asPlugbackError(thrown);
  const who = { job: job.name ?? job.id, host };
  if (code === 'interrupted') return null;
  const { problem, remedy } = translator.tell(thrown);
  return {
    subject:
      code === 'copy-running' ? say('hook.subject.copy-running', who) : say('hook.subject.not-locked', who),
    text: [
      say('hook.letter', who),
      '',
      say('report.problem', { text: problem }),
      say('report.remedy', { text: remedy }),
      say('hook.letter.consequence'),
      ...warnings.map((text) => say('report.warning', { text })),
    ],
    tone: 'bad',
    to: config.mail.sysops,
    cc: config.mail.cc,
    attachments: [],
  };
}
