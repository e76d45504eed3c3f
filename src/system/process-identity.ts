/** Tells a process from a later one that got the same number. Windows tells none of this. */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface ProcessIdentity {
  pid: number;
  /** Clock ticks between boot and the start of the process: with the boot, unique for ever. */
  startTicks: string;
  bootId: string;
}

/** The identity of a running process; null when there is none of that number. */
export function identifyProcess(procRoot: string, pid: number | 'self'): ProcessIdentity | null {
  try {
    const stat = read(procRoot, pid, 'stat');
    // The second field is the program's name in brackets, which may hold blanks and brackets itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const startTicks = fields[19];
    if (startTicks === undefined || fields[0] === 'Z') return null;
    return { pid: Number.parseInt(stat, 10), startTicks, bootId: readBootId(procRoot) };
  } catch {
    return null;
  }
}

/** Does exactly this process still run? */
export function isAlive(procRoot: string, identity: ProcessIdentity): boolean {
  const now = identifyProcess(procRoot, identity.pid);
  return now !== null && now.startTicks === identity.startTicks && now.bootId === identity.bootId;
}

/** The process's parent, that one's, and so on up; the parent first. Empty where there is no /proc. */
export function ancestorsOf(
  procRoot: string,
  pid: number | 'self',
): { identity: ProcessIdentity; name: string }[] {
  const ancestors: { identity: ProcessIdentity; name: string }[] = [];
  for (let at = parentOf(procRoot, pid); at !== null && at > 0; at = parentOf(procRoot, at)) {
    const identity = identifyProcess(procRoot, at);
    if (identity !== null) ancestors.push({ identity, name: nameOf(procRoot, at) });
  }
  return ancestors;
}

/** Does any process run whose name is such? */
export function isAnyRunning(procRoot: string, pattern: RegExp): boolean {
  return readdirSync(procRoot).some((name) => /^\d+$/.test(name) && pattern.test(nameOf(procRoot, name)));
}

function parentOf(procRoot: string, pid: number | 'self'): number | null {
  try {
    const stat = read(procRoot, pid, 'stat');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}

function nameOf(procRoot: string, pid: number | string): string {
  try {
    return read(procRoot, pid, 'comm').trim();
  } catch {
    return '';
  }
}

/** Different after each start of the machine; '' where the machine does not tell. */
export function readBootId(procRoot: string): string {
  try {
    return read(procRoot, 'sys/kernel/random', 'boot_id').trim();
  } catch {
    return '';
  }
}

/** Throws where there is no such file; on Windows always, whatever folder of this name somebody has made. */
function read(procRoot: string, folder: string | number, name: string): string {
  if (process.platform === 'win32') throw new Error('no /proc');
  return readFileSync(path.join(procRoot, String(folder), name), 'utf8');
}
