/** `plugback clean-up`: puts away what a run left behind that was ended by force. systemd calls it then. */

import { type BuriedRun, buryDeadRun } from '../backup/dead-run.ts';
import { asPlugbackError, PlugbackError } from '../errors.ts';
import { jsonText } from '../messages/json.ts';
import type { Translator } from '../messages/translator.ts';
import { takeDeadRun } from '../status/status-file.ts';
import { isSameUuid } from '../system/block-devices.ts';
import { isHeld, withLock } from '../system/lock.ts';
import { createSystem } from '../system/system.ts';
import { type CommandContext, translatorOf } from './context.ts';
import { createPostbox } from './postbox.ts';
import { prepareReading, type Reading } from './reading.ts';
import { verifyUuid } from './run.ts';

export interface CleanUpFlags {
  uuid?: string;
}

/** How long the mail may take, in ms; then it waits in the outbox. */
const mailPatienceMs = 30_000;

/**
 * What is to be put away stands in the run's own record, so that a configuration that has changed or broken since does
 * not matter.
 *
 * @returns 0. @throws PlugbackError `usage`, `config-exists-not`, `directory-unusable`
 */
export async function cleanUp({ uuid }: CleanUpFlags, context: CommandContext): Promise<number> {
  if (uuid === undefined) {
    throw new PlugbackError('usage', { problem: translatorOf(context).say('usage.clean-up') });
  }
  verifyUuid(uuid, translatorOf(context));
  const reading = prepareReading(context);
  const buried = await bury(uuid, reading, context);
  if (context.json) {
    const { mountPoint = null, mapping = null, holders = [], run = null } = buried ?? {};
    context.output.line(jsonText({ mountPoint, mapping, holders, run: run?.id ?? null }));
  } else for (const line of tell(buried, reading.translator)) context.output.line(line);
  return 0;
}

/** Null: there was no such run, or it lives, or another one has put it away already. */
async function bury(uuid: string, reading: Reading, context: CommandContext): Promise<BuriedRun | null> {
  const { paths, translator, lenient, stateDirectory, runtimeDirectory } = reading;
  const system = createSystem({ isRoot: context.isRoot });
  if (await isHeld(paths.diskLock(uuid), system.roots.proc)) return null;
  const mail = lenient?.mail ?? null;
  const postbox =
    mail === null ? null : createPostbox({ mail, stateDirectory, runtimeDirectory }, translator, context);
  const lock = {
    path: paths.runLock,
    procRoot: system.roots.proc,
    clock: system.clock,
    signal: context.stop,
    wait: false,
    onLost: () => undefined,
  };
  const recipients = { mail: mail ?? { sysops: [], cc: [] }, disks: lenient?.disks ?? [] };
  const buryContext = { paths, system, translator, host: context.host, postbox, recipients };
  const buried = await withLock(lock, async () => {
    const dead = takeDeadRun(paths);
    return dead !== null && isSameUuid(dead.run.uuid, uuid) ? buryDeadRun(dead, buryContext) : null;
  }).catch((error: unknown) => {
    if (asPlugbackError(error).code === 'already-running') return null;
    throw error;
  });
  if (buried !== null) await postbox?.flush({ timeoutMs: mailPatienceMs });
  return buried;
}

function tell(buried: BuriedRun | null, { say }: Translator): string[] {
  if (buried === null) return [say('clean-up.nothing')];
  const { run, mountPoint, mapping, holders } = buried;
  const isFree = run.unplug;
  return [
    ...(mountPoint === null || !isFree ? [] : [say('clean-up.unmounted', { mountPoint })]),
    ...(mapping === null || !isFree ? [] : [say('clean-up.locked', { mapping })]),
    ...(isFree ? [] : [say('clean-up.busy', { holders })]),
    say('clean-up.died', { at: run.startedAt }),
  ];
}
