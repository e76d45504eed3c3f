/** Tells a process from a later one that got the same number. Windows tells none of this. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
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

/**
 * The process's parent, that one's, and so on up; the parent first. Empty where there is no /proc.
 *
 * @returns each with the name of the program that it executes, which no script can take; '' where that is not shown
 */
export function ancestorsOf(
  procRoot: string,
  pid: number | 'self',
): { identity: ProcessIdentity; program: string }[] {
  const ancestors: { identity: ProcessIdentity; program: string }[] = [];
  for (let at = parentOf(procRoot, pid); at !== null && at > 0; at = parentOf(procRoot, at)) {
    const identity = identifyProcess(procRoot, at);
    if (identity !== null) ancestors.push({ identity, program: programOf(procRoot, at) });
  }
  return ancestors;
}

/** Does any process run whose program has such a name? Where the program is not shown, the process's own name counts. */
export function isAnyRunning(procRoot: string, pattern: RegExp): boolean {
  const isSuch = (pid: string) => pattern.test(programOf(procRoot, pid) || nameOf(procRoot, pid));
  return readdirSync(procRoot).some((name) => /^\d+$/.test(name) && isSuch(name));
}

/** A script's process is named like the script, but what it executes is its shell. */
function programOf(procRoot: string, pid: number | string): string {
  try {
    return path.basename(readlinkSync(path.join(procRoot, String(pid), 'exe')));
  } catch {
    return '';
  }
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
