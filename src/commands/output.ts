/** Where a command speaks: on the terminal, or into a log where it was called by a program. */

import { appendFileSync } from 'node:fs';
import { formatLine } from '../status/log-line.ts';
import { rotateLog } from '../status/rotate.ts';
import { realClock } from '../system/clock.ts';
import type { Output } from './context.ts';

/** A log that is larger makes room for a new one; in bytes. */
const rotateAtBytes = 1_000_000;
const oldLogs = 3;

/** Standard output and standard error of this process. */
export function terminalOutput(): Output {
  const { stdout, stderr, env } = process;
  // A reader that went away (`plugback run | head`) must not end a backup.
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
  return {
    line: (text) => void stdout.write(`${text}\n`),
    problem: (text) => void stderr.write(`${text}\n`),
    terminal: stdout.isTTY
      ? { columns: stdout.columns ?? 80, write: (text) => void stdout.write(text) }
      : null,
    hasColour: stdout.isTTY === true && env.NO_COLOR === undefined && env.TERM !== 'dumb',
  };
}

/**
 * Appends to a log, which several processes may do at once: on Windows the shell's own `>>` lets only one of them.
 *
 * @param call how the program was called; a first line with the time says so
 * @returns null when the log cannot be written
 */
export function logOutput(filePath: string, call: string): Output | null {
  const append = (text: string) => appendFileSync(filePath, `${text}\n`);
  try {
    rotate(filePath);
    append(formatLine({ at: realClock.now(), level: 'info', step: null, text: call }));
  } catch {
    return null;
  }
  const line = (text: string): void => {
    try {
      append(text);
    } catch {
      // A disk that is full by now is no reason to give up.
    }
  };
  return { line, problem: line, terminal: null, hasColour: false };
}

/** A log that cannot be moved aside grows on. */
function rotate(filePath: string): void {
  try {
    rotateLog(filePath, { atBytes: rotateAtBytes, keep: oldLogs });
  } catch {}
}
