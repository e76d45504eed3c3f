/** `plugback timemachine restore`: brings a version of a file back. */

import { stat } from 'node:fs/promises';
import { PlugbackError, systemCodeOf } from '../../errors.ts';
import { jsonText } from '../../messages/json.ts';
import { type BytePath, bufferOf, joinBytes, nameOfBytes, textOfBytes } from '../../system/byte-path.ts';
import { checkFiles } from '../../timemachine/check.ts';
import { chooseVersion } from '../../timemachine/choose.ts';
import { timeText } from '../../timemachine/copy-name.ts';
import { holdDestination, type Version } from '../../timemachine/destination.ts';
import { lookAt } from '../../timemachine/file-state.ts';
import { versionsHeld } from '../../timemachine/held.ts';
import { readRecord, writeRecord } from '../../timemachine/record.ts';
import { restoreVersion } from '../../timemachine/restore.ts';
import type { CommandContext } from '../context.ts';
import { versionDocument, versionsOf, type WantedFlags, wantedVersion } from './found.ts';
import {
  checkSurroundings,
  lockPatienceMs,
  logged,
  onceOptions,
  prepareTimemachine,
  type Setting,
  typedFiles,
} from './setting.ts';

export interface RestoreFlags extends WantedFlags {
  /** Where to put it. */
  to?: string;
}

/** @returns 0. @throws PlugbackError `usage`, `no-versions`, `no-such-version`, `restore-…`, `copies-folder-…` */
export async function restore(file: string, flags: RestoreFlags, context: CommandContext): Promise<number> {
  const setting = prepareTimemachine(flags, context);
  return await logged(setting, async () => {
    const wanted = wantedVersion(flags, setting);
    const { bytes, name, versions } = await versionsOf(file, setting);
    const version = chooseVersion(versions, wanted, name);
    const target = flags.to === undefined ? bytes : await targetOf(flags.to, bytes, setting);
    if (flags.to === undefined) await keepPresent(bytes, name, setting);
    const mayReplace = flags.to === undefined;
    const token = `${process.pid}`;
    await restoreVersion({ version, target, mayReplace, isRoot: context.isRoot, token });
    if (mayReplace) await recordRestored(bytes, version, setting);
    const restored = { path: textOfBytes(target), at: timeText(version.modifiedUs) };
    setting.voice.info('tm.restored', restored);
    if (context.json)
      context.output.line(jsonText({ restored: restored.path, version: versionDocument(version) }));
    return 0;
  });
}

/** In a folder, under the file's own name; a slash at the end says that it is meant to be one. */
async function targetOf(to: string, file: BytePath, setting: Setting): Promise<BytePath> {
  const [target = file] = typedFiles(setting, [to], '--to');
  const stats = await stat(bufferOf(target)).catch(() => null);
  return stats?.isDirectory() === true || to.endsWith('/') ? joinBytes(target, nameOfBytes(file)) : target;
}

/**
 * From now on it counts as what was copied last, so that thinning leaves it. Where nothing can be written, the file itself
 * still tells: it has the version's time and size.
 */
async function recordRestored(file: BytePath, version: Version, setting: Setting): Promise<void> {
  const { destination } = setting;
  const onWaiting = () => setting.voice.info('tm.waiting', { path: destination.folder });
  const options = { ...checkSurroundings(setting), patienceMs: lockPatienceMs, onWaiting };
  try {
    await holdDestination(destination, options, async () => {
      const look = lookAt(file);
      if ('trouble' in look || versionsHeld([version], look).length === 0) return;
      const known = { state: look.state, copy: nameOfBytes(version.path) };
      const recorded = readRecord(destination.recordPath);
      // One that is lost is told, and made anew, by the next run.
      if (!recorded.exists) return;
      await writeRecord(destination.recordPath, recorded, [{ kind: 'copied', file, known }]);
    });
  } catch (error) {
    // The version is back, whatever kept this from being written.
    if (!(error instanceof PlugbackError) && systemCodeOf(error) === null) throw error;
  }
}

/**
 * What the file holds now must not be lost for what it held once.
 *
 * @throws PlugbackError `restore-not-kept` where the destination takes nothing more, `restore-failed`, `copies-folder-…`
 */
async function keepPresent(file: BytePath, name: string, setting: Setting): Promise<void> {
  try {
    await copyPresent(file, name, setting);
  } catch (error) {
    const isFull = error instanceof PlugbackError && error.code === 'copies-folder-full';
    if (!isFull && !(error instanceof PlugbackError && error.code === 'copies-folder-unusable')) throw error;
    const { path, reason } = (error as PlugbackError<'copies-folder-unusable'>).details;
    throw new PlugbackError('restore-not-kept', { name, path, reason, isFull }, { cause: error });
  }
}

async function copyPresent(file: BytePath, name: string, setting: Setting): Promise<void> {
  const look = lookAt(file);
  if ('trouble' in look && look.trouble.kind === 'missing') return;
  const { troubles } = await checkFiles([{ file, name, look }], readRecord(setting.destination.recordPath), {
    ...checkSurroundings(setting),
    ...onceOptions,
    repeatsTroubles: false,
    tellsUnchanged: false,
  });
  const [first] = troubles;
  if (first !== undefined)
    throw new PlugbackError('restore-failed', { path: name, reason: first.trouble.reason });
}
