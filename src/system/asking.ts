/** Asks a running program, by signal, to say how far it is. */

import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

export interface Question {
  signal: 'SIGVTALRM';
  /** Milliseconds between two questions. */
  everyMs: number;
}

/**
 * Sends the signal again and again, but only while the process has a handler for it: one that has not begun yet, or
 * does not know the question, would be ended by it.
 *
 * @returns what ends the questions; call it as soon as the process has ended
 */
export function askRegularly(pid: number, { signal, everyMs }: Question): () => void {
  const timer = setInterval(() => {
    if (catches(pid, constants.signals[signal])) process.kill(pid, signal);
  }, everyMs);
  return () => clearInterval(timer);
}

/** Is there a handler? Bit n-1 of `SigCgt` is signal n; see proc_pid_status(5). */
function catches(pid: number, number: number): boolean {
  try {
    const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return mask !== undefined && ((BigInt(`0x${mask}`) >> BigInt(number - 1)) & 1n) === 1n;
  } catch {
    return false;
  }
}
