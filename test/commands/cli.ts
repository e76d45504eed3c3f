/** Runs the bundled program as a process, with nothing of this machine's own settings. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface CliEnd {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** Runs `node dist/cli.js …` in a folder to its end. */
export function plugback(cwd: string, ...args: readonly string[]): Promise<CliEnd> {
  return start(cwd, args, () => false);
}

/** The same, but Ctrl-C is pressed as soon as it has said something. */
export function plugbackInterrupted(cwd: string, said: string, ...args: readonly string[]): Promise<CliEnd> {
  return start(cwd, args, (text) => text.includes(said));
}

/** The same, until it gets a signal. */
export function plugbackStarted(
  cwd: string,
  ...args: readonly string[]
): { kill(signal: NodeJS.Signals): void; ended: Promise<CliEnd> } {
  const stop = new AbortController();
  const ended = start(cwd, args, () => false, stop.signal);
  return { kill: (signal) => stop.abort(signal), ended };
}

function start(
  cwd: string,
  args: readonly string[],
  isTimeToStop: (text: string) => boolean,
  stop?: AbortSignal,
): Promise<CliEnd> {
  if (!existsSync(program)) throw new Error(`${program} is missing: npm run build`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd,
      env: { PATH: process.env.PATH, HOME: cwd, LANG: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    stop?.addEventListener('abort', () => child.kill(stop.reason as NodeJS.Signals), { once: true });
    const end: CliEnd = { exitCode: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      end.stdout += piece;
      if (isTimeToStop(end.stdout)) child.kill('SIGINT');
    });
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      end.stderr += piece;
      if (isTimeToStop(end.stderr)) child.kill('SIGINT');
    });
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ ...end, exitCode }));
  });
}
