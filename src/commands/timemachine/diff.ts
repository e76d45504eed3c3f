/** `plugback timemachine diff`: what has changed in a file since a version. */

import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { jsonText } from '../../messages/json.ts';
import { printable } from '../../messages/printable.ts';
import { type BytePath, bufferOf } from '../../system/byte-path.ts';
import { createRunner } from '../../system/run.ts';
import { chooseVersion } from '../../timemachine/choose.ts';
import { timeText } from '../../timemachine/copy-name.ts';
import { lookAt } from '../../timemachine/file-state.ts';
import type { CommandContext } from '../context.ts';
import { versionDocument, versionsOf, type WantedFlags, wantedVersion } from './found.ts';
import { prepareTimemachine } from './setting.ts';

/** @returns 0, whether there is a difference or not. @throws PlugbackError `usage`, `no-versions`, `no-such-version` */
export async function diff(file: string, flags: WantedFlags, context: CommandContext): Promise<number> {
  const setting = prepareTimemachine(flags, context);
  const { bytes, name, versions } = await versionsOf(file, setting);
  const version = chooseVersion(versions, wantedVersion(flags, setting), name);
  const at = timeText(version.modifiedUs);
  const lines = await differences(version.path, bytes, [`${name} (${at})`, name]);
  if (context.json) {
    context.output.line(jsonText({ file: name, version: versionDocument(version), diff: lines }));
    return 0;
  }
  if (lines.length === 0) context.output.line(setting.translator.say('tm.same', { name, at }));
  // A tab is part of many texts and harmless.
  for (const line of lines) context.output.line(line.split('\t').map(printable).join('\t'));
  return 0;
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
