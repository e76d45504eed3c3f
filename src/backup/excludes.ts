/** The list of files to leave out, which belongs to the sysadmin. */

import { PlugbackError, reasonOf } from '../errors.ts';
import type { StepVoice } from '../status/recorder.ts';
import type { System } from '../system/system.ts';

/** A list of excludes is a page of text, not a backup file named by mistake. In bytes. */
const largestList = 1_000_000;

/**
 * The list as rsync may use it: null when none is configured, or when it is not there, which is warned about.
 *
 * A line `!` makes rsync forget every rule before it (seen with rsync 3.5): also ours, which keep the lock files from
 * travelling and `lost+found` from being deleted.
 *
 * @throws PlugbackError `excludes-unusable`
 */
export async function usableExcludes(
  filePath: string | null,
  system: System,
  voice: StepVoice,
): Promise<string | null> {
  if (filePath === null) return null;
  const text = await system.files.read(filePath, largestList).catch((error: unknown) => {
    throw new PlugbackError('excludes-unusable', { path: filePath, line: null, reason: reasonOf(error) });
  });
  if (text === null) {
    voice.warn('warn.excludes-missing', { path: filePath });
    return null;
  }
  const line = findClearingLine(text);
  if (line !== null) throw new PlugbackError('excludes-unusable', { path: filePath, line, reason: null });
  return filePath;
}

/** The number of the first line that clears all rules, counted from 1; null when there is none. */
export function findClearingLine(text: string): number | null {
  const index = text.split(/[\r\n\0]/).findIndex((line) => /^\s*!/.test(line));
  return index < 0 ? null : index + 1;
}
