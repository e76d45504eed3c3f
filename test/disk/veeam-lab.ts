/** A copy that takes its time, and Veeam's own script beside it. */

import { mkdirSync, readdirSync, readlinkSync } from 'node:fs';
import { expect } from 'vitest';
import { type Disk, type Lab, stateOf } from './lab.ts';
import { writeNoise, writeSmallFiles } from './trees.ts';

/** Large files in their order, in bytes. The second is one that is copied under another name until it is whole. */
const large: readonly (readonly [name: string, bytes: number])[] = [
  ['a.vbk', 4_000_000],
  ['b.vbk', 9_000_000],
  ['c.vbk', 2_000_000],
  ['d.vbk', 2_000_000],
];

/** A copy of about nine seconds. */
export async function slowCopy(lab: Lab, settings: Record<string, string | number> = {}): Promise<Disk> {
  for (const [name, bytes] of large) writeNoise(lab.path('source', name), bytes);
  return smallCopy(lab, settings);
}

/** A copy of small files, at the speed of the other. */
export async function smallCopy(
  lab: Lab,
  settings: Record<string, string | number> = {},
  files = 20,
): Promise<Disk> {
  writeSmallFiles(lab.source, files);
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

/** How many bytes the run that is under way has copied; of one that has ended, nothing. */
export function progressOf(lab: Lab): number {
  const status = lab.status();
  return status?.state === 'running' ? (status.run?.progress?.bytes ?? 0) : 0;
}

/** Whoever has something of the source open stands still. */
export function expectSourceUnread(lab: Lab): void {
  const readers = lab.copiers().filter((pid) => openFiles(pid).some((file) => file.startsWith(lab.source)));
  expect(readers.map(stateOf)).toEqual(readers.map(() => 'T'));
}

function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).map((name) => readlinkSync(`${folder}/${name}`));
}
