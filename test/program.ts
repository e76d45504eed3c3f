/** Runs a TypeScript file as a process of its own: bundled first, because Node 20 reads no TypeScript. */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export interface Started {
  readonly pid: number;
  /** The lines it has written so far. */
  readonly lines: readonly string[];
  /** The next line it writes; throws with its errors when it ends without one. */
  line(): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

export interface Program {
  start(...args: string[]): Started;
  /** Ends everything that was started, and removes the bundle. */
  remove(): Promise<void>;
}

/** Bundles a source file with everything that it imports, into a folder of its own. */
export async function bundleSource(source: URL): Promise<{ file: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'plugback-program-'));
  const outfile = path.join(folder, 'program.mjs');
  await build({
    entryPoints: [fileURLToPath(source)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // Some of what is bundled still says require().
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    target: 'node20',
    logLevel: 'silent',
  });
  return { file: outfile, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Makes a program of a source file. */
export async function buildProgram(source: URL): Promise<Program> {
  const { file, remove } = await bundleSource(source);
  const all: Started[] = [];
  return {
    start: (...args) => {
      const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
      const started = follow(child);
      all.push(started);
      return started;
    },
    remove: async () => {
      // A stopped process (SIGSTOP) ends only by this signal.
      for (const started of all) started.kill('SIGKILL');
      await Promise.all(all.map((started) => started.ended));
      await remove();
    },
  };
}

function follow(child: ChildProcessByStdio<null, Readable, Readable>): Started {
  const lines: string[] = [];
  const waiting: (() => void)[] = [];
  let taken = 0;
  let rest = '';
  let errors = '';
  let hasEnded = false;
  const wake = (): void => {
    for (const go of waiting.splice(0)) go();
  };
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    const parts = (rest + piece).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    wake();
  });
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    errors += piece;
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (exitCode, signal) => {
      hasEnded = true;
      wake();
      resolve(exitCode ?? signal ?? -1);
    });
  });
  return {
    pid: child.pid ?? -1,
    lines,
    ended,
    kill: (signal) => {
      child.kill(signal);
    },
    line: async () => {
      while (taken >= lines.length) {
        if (hasEnded) throw new Error(`the process ended without a word: ${errors}`);
        await new Promise<void>((go) => {
          waiting.push(go);
        });
      }
      taken += 1;
      return lines[taken - 1] ?? '';
    },
  };
}
