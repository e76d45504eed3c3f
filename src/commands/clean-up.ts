/** `plugback clean-up`: puts away what a run left behind that was ended by force. systemd calls it after each run. */

import { cleanUp as putAway } from '../backup/clean-up.ts';
import { PlugbackError } from '../errors.ts';
import { jsonText } from '../messages/json.ts';
import { isSameUuid } from '../system/block-devices.ts';
import { createSystem } from '../system/system.ts';
import { type CommandContext, prepare, translatorOf } from './context.ts';
import { createPostbox } from './postbox.ts';

export interface CleanUpFlags {
  uuid?: string;
}

/** @returns the exit code. @throws PlugbackError `usage`, `config`, `config-missing`, `directory-unusable` */
export async function cleanUp(flags: CleanUpFlags, context: CommandContext): Promise<number> {
  // Whatever its exit code: a run that ended by itself has put everything away.
  if (context.environment.EXIT_CODE === 'exited') return 0;
  const { uuid } = flags;
  if (uuid === undefined) {
    throw new PlugbackError('usage', { problem: translatorOf(context).say('usage.clean-up') });
  }
  const { config, translator } = prepare(context);
  if (!config.backup.disks.some((disk) => isSameUuid(disk.uuid, uuid))) return 0;
  const { say } = translator;
  const { output, host } = context;
  const system = createSystem({ isRoot: context.isRoot });
  const postbox = createPostbox(config, translator, context);
  const left = await putAway({ config, translator, system, postbox, uuid, host });
  if (context.json) {
    output.line(jsonText({ ...left, run: left.run?.id ?? null }));
    return 0;
  }
  const { mountPoint, mapping, run } = left;
  if (mountPoint !== null) output.line(say('clean-up.unmounted', { mountPoint }));
  if (mapping !== null) output.line(say('clean-up.locked', { mapping }));
  if (run !== null) output.line(say('clean-up.died', { at: run.startedAt }));
  if (mountPoint === null && mapping === null && run === null) output.line(say('clean-up.nothing'));
  return 0;
}
