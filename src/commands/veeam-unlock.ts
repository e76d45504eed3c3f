/** `plugback veeam-unlock`: Veeam's post-job script. */

import { jsonText } from '../messages/json.ts';
import { createShare } from '../system/share.ts';
import { lowerLock } from '../veeam/hook.ts';
import type { CommandContext } from './context.ts';
import { mailFailure, sendWaiting } from './veeam-mail.ts';
import { prepareVeeamSide, verifiedConfig } from './veeam-side.ts';

/**
 * Whatever ends it is told by mail as well, where the mail section of the configuration can be read.
 *
 * @returns the exit code
 * @throws PlugbackError `usage`, `config`, `config-missing`, `config-exists-not`, `veeam-lock-not-removed`
 */
export async function veeamUnlock(flags: { job?: string }, context: CommandContext): Promise<number> {
  const side = prepareVeeamSide(flags, context);
  const { job, voice, warnings } = side;
  const { host, json, output } = context;
  try {
    const { lockFolder } = await verifiedConfig(side, flags);
    const removed = await lowerLock({ lockFolder, job, host }, { share: createShare(), voice });
    const name = job.name ?? job.id;
    if (json) output.line(jsonText({ job: job.id, name, removed, warnings }));
    else if (removed > 0) voice.info('hook.unlocked', { job: name });
  } catch (error) {
    await mailFailure(error, 'post-job', side, context);
    throw error;
  }
  await sendWaiting(side, context);
  return 0;
}
