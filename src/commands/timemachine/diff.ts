/** `plugback timemachine diff`: what has changed in a file since a version. */

import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PlugbackError, reasonOf } from '../../errors.ts';
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

/**
 * A file that is gone is compared as an empty one.
 *
 * @returns 0, whether there is a difference or not
 * @throws PlugbackError `usage`, `no-versions`, `no-such-version`, `copies-folder-unreadable`, `diff-failed`
 */
export async function diff(file: string, flags: WantedFlags, context: CommandContext): Promise<number> {
  const setting = prepareTimemachine(flags, context);
  const { bytes, name, versions } = await versionsOf(file, setting);
  const version = chooseVersion(versions, wantedVersion(flags, setting), name);
  const at = timeText(version.modifiedUs);
  const lines = await differences(version.path, bytes, [`${name} (${at})`, name]).catch((error) => {
    // That there is no such program, or that it was told to stop, has words of its own.
    if (error instanceof PlugbackError) throw error;
    throw new PlugbackError('diff-failed', { name, reason: reasonOf(error) }, { cause: error });
  });
  if (context.json) {
    context.output.line(jsonText({ file: name, version: versionDocument(version), diff: lines }));
    return 0;
  }
  if (lines.length === 0) context.output.line(setting.translator.say('tm.same', { name, at }));
  // A tab is part of many texts and harmless.
  for (const line of lines) context.output.line(line.split('\t').map(printable).join('\t'));
  return 0;
}

/**
 * The lines of a unified diff, through links with names of our own: a file's name need not be text.
 *
 * @throws Error with what kept the two from being compared
 */
async function differences(
  version: BytePath,
  file: BytePath,
  labels: readonly [string, string],
): Promise<string[]> {
  const look = lookAt(file);
  const isMissing = 'trouble' in look && look.trouble.kind === 'missing';
  if ('trouble' in look && !isMissing) throw new Error(look.trouble.reason);
  const folder = await mkdtemp(path.join(tmpdir(), 'plugback-diff-'));
  try {
    const [then, now] = [path.join(folder, 'then'), path.join(folder, 'now')];
    await symlink(bufferOf(version), then);
    await symlink(isMissing ? '/dev/null' : bufferOf(file), now);
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
