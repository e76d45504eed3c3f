/** Runs a source file of this folder as a process of its own: bundled first, because Node 20 reads no TypeScript. */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { bundleSource } from '../program.ts';

export type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export interface Program {
  /** Starts it with one argument: a value that it finds as JSON. `launcher` stands before its command line. */
  start(argument: unknown, launcher?: readonly string[]): Child;
  /** Starts it and returns what it wrote once it has ended well; throws with its stderr otherwise. */
  run(argument: unknown): Promise<string>;
  remove(): Promise<void>;
}

/** Bundles `test/mail/NAME.ts` with everything it imports. */
export async function bundle(name: string): Promise<Program> {
  const { file, remove } = await bundleSource(new URL(`${name}.ts`, import.meta.url));
  const start = (argument: unknown, launcher: readonly string[] = []): Child => {
    const [program = '', ...args] = [...launcher, process.execPath, file, JSON.stringify(argument)];
    return spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  };
  return {
    start,
    run: async (argument) => {
      const child = start(argument);
      const [stdout, stderr, exitCode] = await Promise.all([
        textOf(child.stdout),
        textOf(child.stderr),
        new Promise((resolve) => child.once('close', resolve)),
      ]);
      if (exitCode !== 0) throw new Error(`${name} ended with ${exitCode}: ${stderr}`);
      return stdout;
    },
    remove,
  };
}

/** The first line that a child writes; throws with its stderr when it ends without one. */
export async function firstLine(child: Child): Promise<string> {
  const errors = textOf(child.stderr);
  let text = '';
  for await (const piece of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    text += piece;
    const end = text.indexOf('\n');
    if (end >= 0) {
      child.stdout.resume();
      return text.slice(0, end);
    }
  }
  throw new Error(`the process ended without a word: ${await errors}`);
}

/** Ends a child and waits until it is gone. */
export async function end(child: Child, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.kill(signal);
  await gone;
}

async function textOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const piece of stream.setEncoding('utf8')) text += piece;
  return text;
}
