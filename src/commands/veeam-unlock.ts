/** `plugback veeam-unlock`: Veeam's post-job script. */

import { jsonText } from '../messages/json.ts';
import { createShare } from '../system/share.ts';
import { lowerLock } from '../veeam/hook.ts';
import type { CommandContext } from './context.ts';
import { prepareVeeamSide, sendWaiting, verifiedConfig } from './veeam-side.ts';

/** @returns the exit code @throws PlugbackError `usage`, `config`, `config-missing`, `config-exists-not`, `veeam-lock-not-removed` */
export async function veeamUnlock(flags: { job?: string }, context: CommandContext): Promise<number> {
  const side = prepareVeeamSide(flags, context);
  const { job, voice, warnings } = side;
  const { host, json, output } = context;
  const removed = await lowerLock(
    { lockFolder: verifiedConfig(side, flags).lockFolder, job, host },
    { share: createShare(), voice },
  );
  const name = job.name ?? job.id;
  if (json) output.line(jsonText({ job: job.id, name, removed, warnings }));
  else if (removed > 0) voice.info('hook.unlocked', { job: name });
  await sendWaiting(side, context);
  return 0;
}
