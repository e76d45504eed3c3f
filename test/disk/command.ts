/** Starts the outside programs that the tests need, and waits for conditions. */

import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** sbin, where mkfs and mount live, is not in everybody's path. */
export const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end, whatever its exit code. */
export function attempt(program: string, args: readonly string[]): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PATH: searchPath, LC_ALL: 'C' };
    execFile(program, args, { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') return reject(error);
      resolve({ exitCode: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

/** Runs a program that must succeed, and returns what it printed. */
export async function command(program: string, ...args: readonly string[]): Promise<string> {
  const result = await attempt(program, args);
  if (result.exitCode === 0) return result.stdout;
  throw new Error(`${program} ${args.join(' ')}: exit code ${result.exitCode}\n${result.stderr}`);
}

/** Is a program installed? */
export function isInstalled(program: string): boolean {
  return searchPath.split(':').some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Asks until the answer is neither null, undefined nor false, and returns it.
 *
 * @param pause milliseconds between two questions: more where asking costs something
 */
export async function waitFor<T>(
  what: string,
  ask: () => T | Promise<T>,
  seconds = 30,
  pause = 20,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) {
      return answer as NonNullable<Exclude<T, false>>;
    }
    if (performance.now() > deadline) throw new Error(`waited ${seconds} s in vain: ${what}`);
    await sleep(pause);
  }
}
