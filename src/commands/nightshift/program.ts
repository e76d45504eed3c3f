/** Whether the watch's own program is still the one that it was started from: it runs for weeks, and upgrades come. */

import { statSync } from 'node:fs';
import { PlugbackError } from '../../errors.ts';

/**
 * @param file the program's own
 * @returns what throws `program-replaced` once another file is in its place; while an upgrade is at work there may be none
 */
export function watchProgram(file: string): () => void {
  const before = identityOf(file);
  return () => {
    const now = identityOf(file);
    if (before !== null && now !== null && now !== before) throw new PlugbackError('program-replaced', {});
  };
}

/** Is this process the one that a systemd unit has started? Then systemd starts it again. Programs that it starts are not. */
export function isUnitsProcess(
  environment: Readonly<Record<string, string | undefined>>,
  pid: number,
): boolean {
  return environment.SYSTEMD_EXEC_PID === String(pid);
}

function identityOf(file: string): string | null {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined ? null : `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeMs}`;
}
