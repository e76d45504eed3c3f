/** `plugback veeam-unlock`: Veeam's post-job script. */

import { jsonText } from '../messages/json.ts';
import { createShare } from '../system/share.ts';
import { lowerLock } from '../veeam/hook.ts';
import type { CommandContext } from './context.ts';
import { prepareVeeamSide } from './veeam-side.ts';

/** @returns the exit code @throws PlugbackError `usage`, `config`, `config-missing`, `veeam-lock-not-removed` */
export async function veeamUnlock(flags: { job?: string }, context: CommandContext): Promise<number> {
  const { config, job, voice, warnings } = prepareVeeamSide(flags, context);
  const { host, json, output } = context;
  const removed = await lowerLock(
    { lockFolder: config.lockFolder, job, host },
    { share: createShare(), voice },
  );
  const name = job.name ?? job.id;
  if (json) output.line(jsonText({ job: job.id, name, removed, warnings }));
  else if (removed > 0) voice.info('hook.unlocked', { job: name });
  return 0;
}
