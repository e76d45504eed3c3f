/** `plugback timemachine versions`, `restore` and `diff`: what there is of a file, and what to do with it. */

import { mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PlugbackError } from '../../errors.ts';
import { jsonText } from '../../messages/json.ts';
import { printable } from '../../messages/printable.ts';
import { type BytePath, bufferOf, joinBytes, nameOfBytes, textOfBytes } from '../../system/byte-path.ts';
import { realClock } from '../../system/clock.ts';
import { createRunner } from '../../system/run.ts';
import { checkFiles } from '../../timemachine/check.ts';
import { chooseVersion, readTime, type Wanted } from '../../timemachine/choose.ts';
import { timeText } from '../../timemachine/copy-name.ts';
import { listVersions, type Version } from '../../timemachine/destination.ts';
import { lookAt } from '../../timemachine/file-state.ts';
import { readRecord } from '../../timemachine/record.ts';
import { restoreVersion } from '../../timemachine/restore.ts';
import type { CommandContext } from '../context.ts';
import { createPaint } from '../paint.ts';
import { renderTable } from '../table.ts';
import {
  logged,
  prepareTimemachine,
  procRoot,
  type Setting,
  type TimemachineFlags,
  typedFiles,
} from './setting.ts';

export interface VersionFlags extends TimemachineFlags {
  at?: string;
  version?: string;
  /** Where to put it. */
  to?: string;
}

/** @returns 0. @throws PlugbackError `no-versions` */
export async function showVersions(
  file: string,
  flags: TimemachineFlags,
  context: CommandContext,
): Promise<number> {
  const setting = prepareTimemachine(flags, context);
  const { say, format } = setting.translator;
  const { name, versions } = await versionsOf(file, setting);
  if (context.json) {
    context.output.line(jsonText({ file: name, versions: versions.map(documentOf) }));
    return 0;
  }
  const { output } = context;
  const columns = [
    { title: say('tm.column.version'), align: 'right' as const },
    { title: say('tm.column.time') },
    { title: say('tm.column.size'), align: 'right' as const },
  ];
  const rows = versions.map(({ number, modifiedUs, size }) => ({
    cells: [String(number), timeText(modifiedUs), format.bytes(size)],
  }));
  output.line(say('tm.versions', { name, count: versions.length }));
  const paint = createPaint(output);
  const options = { width: output.terminal?.columns ?? null, styleTitle: paint.strong };
  for (const line of renderTable(columns, rows, options)) output.line(line);
  return 0;
}

/** @returns 0. @throws PlugbackError `usage`, `no-versions`, `no-such-version`, `restore-…`, `copies-folder-…` */
export async function restore(file: string, flags: VersionFlags, context: CommandContext): Promise<number> {
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
    const restored = { path: textOfBytes(target), at: timeText(version.modifiedUs) };
    setting.voice.info('tm.restored', restored);
    if (context.json)
      context.output.line(jsonText({ restored: restored.path, version: documentOf(version) }));
    return 0;
  });
}

/** @returns 0, whether there is a difference or not. @throws PlugbackError `usage`, `no-versions`, `no-such-version` */
export async function diff(file: string, flags: VersionFlags, context: CommandContext): Promise<number> {
  const setting = prepareTimemachine(flags, context);
  const { bytes, name, versions } = await versionsOf(file, setting);
  const version = chooseVersion(versions, wantedVersion(flags, setting), name);
  const at = timeText(version.modifiedUs);
  const lines = await differences(version.path, bytes, [`${name} (${at})`, name]);
  if (context.json) {
    context.output.line(jsonText({ file: name, version: documentOf(version), diff: lines }));
    return 0;
  }
  if (lines.length === 0) context.output.line(setting.translator.say('tm.same', { name, at }));
  // A tab is part of many texts and harmless.
  for (const line of lines) context.output.line(line.split('\t').map(printable).join('\t'));
  return 0;
}

interface Found {
  bytes: BytePath;
  name: string;
  versions: Version[];
}

async function versionsOf(word: string, setting: Setting): Promise<Found> {
  const [bytes] = typedFiles(setting, [word]);
  const name = textOfBytes(bytes ?? ('' as BytePath));
  const versions = bytes === undefined ? [] : await listVersions(setting.destination, bytes);
  if (bytes === undefined || versions.length === 0)
    throw new PlugbackError('no-versions', { name, path: setting.destination.folder });
  return { bytes, name, versions };
}

function wantedVersion({ at, version }: VersionFlags, { translator }: Setting): Wanted {
  const { say } = translator;
  if (at !== undefined && version !== undefined)
    throw new PlugbackError('usage', { problem: say('usage.at-or-version') });
  const atUs = at === undefined ? null : readTime(at);
  if (at !== undefined && atUs === null)
    throw new PlugbackError('usage', { problem: say('usage.at', { value: at }) });
  if (version !== undefined && !/^[1-9]\d{0,8}$/.test(version))
    throw new PlugbackError('usage', { problem: say('usage.version', { value: version }) });
  return { atUs, number: version === undefined ? null : Number(version) };
}

/** In a folder that is there, under the file's own name. */
async function targetOf(to: string, file: BytePath, setting: Setting): Promise<BytePath> {
  const [target = file] = typedFiles(setting, [to]);
  const stats = await stat(bufferOf(target)).catch(() => null);
  return stats?.isDirectory() === true ? joinBytes(target, nameOfBytes(file)) : target;
}

/** What the file holds now must not be lost for what it held once. */
async function keepPresent(file: BytePath, name: string, setting: Setting): Promise<void> {
  const look = lookAt(file);
  if ('trouble' in look && look.trouble.kind === 'missing') return;
  const { destination, voice, context } = setting;
  const { troubles } = await checkFiles([{ file, name, look }], readRecord(destination.recordPath), {
    destination,
    clock: realClock,
    signal: context.stop,
    procRoot,
    isRoot: context.isRoot,
    voice,
    repeatsTroubles: false,
    tellsUnchanged: false,
    quietPatienceMs: 5_000,
    mayTakeRestless: () => true,
    lockPatienceMs: 50_000,
  });
  const [first] = troubles;
  if (first !== undefined)
    throw new PlugbackError('restore-failed', { path: name, reason: first.trouble.reason });
}

/** Through links with names of our own: a file's name need not be text. */
async function differences(
  version: BytePath,
  file: BytePath,
  labels: readonly [string, string],
): Promise<string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'plugback-diff-'));
  try {
    const [then, now] = [path.join(folder, 'then'), path.join(folder, 'now')];
    await symlink(bufferOf(version), then);
    const isThere = !('trouble' in lookAt(file));
    await symlink(isThere ? bufferOf(file) : '/dev/null', now);
    const [older, newer] = labels.map(printable);
    const { exitCode, stdout, stderr } = await createRunner(true).run([
      'diff',
      '--unified',
      `--label=${older}`,
      `--label=${newer}`,
      '--',
      then,
      now,
    ]);
    if (exitCode === 0 || exitCode === 1) return stdout === '' ? [] : stdout.replace(/\n$/, '').split('\n');
    throw new Error(stderr.trim().split('\n').at(-1));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function documentOf({ number, modifiedUs, size, path: copy }: Version) {
  return {
    number,
    modified: new Date(modifiedUs / 1000).toISOString(),
    size,
    copy: textOfBytes(copy),
  };
}
