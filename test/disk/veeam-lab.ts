/** A copy that takes its time, and Veeam's own script beside it. */

import { mkdirSync, readdirSync } from 'node:fs';
import type { Disk, Lab } from './lab.ts';
import { writeNoise, writeSmallFiles } from './trees.ts';

/** A copy of about eight seconds. */
export async function slowCopy(lab: Lab, settings: Record<string, string | number> = {}): Promise<Disk> {
  writeSmallFiles(lab.source, 20);
  for (const name of ['a', 'b', 'c', 'd']) writeNoise(lab.path(`source/${name}.vbk`), 4_000_000);
  mkdirSync(lab.path('veeam'));
  const disk = await lab.disk();
  lab.configure([disk], {
    BACKUP: { 'veeam-lockfile-path': lab.path('veeam'), 'rsync-options': '--bwlimit=2000', ...settings },
    VEEAM: { 'veeam-lockfiles': lab.path('veeam') },
  });
  return disk;
}

/** The locks that Veeam has raised. */
export function locks(lab: Lab): string[] {
  return readdirSync(lab.path('veeam')).filter((name) => name.endsWith('.lock'));
}

/** Veeam's pre-job or post-job script, for a job called Nightly. */
export async function script(lab: Lab, command: 'veeam-lock' | 'veeam-unlock', ...args: string[]) {
  return lab.run(['--job', 'Nightly', ...args], { command });
}

/** The copy's marker, from the lab's root. */
export const marker = 'source/.plugback.lock';

/** How many bytes are copied. */
export function progressOf(lab: Lab): number {
  return lab.status()?.run?.progress?.bytes ?? 0;
}
