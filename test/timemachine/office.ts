/** A home folder with a timemachine: the real program, typed as people type it, with nothing of this machine's settings. */

import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bufferOf, bytesOf, bytesOfText, joinBytes } from '../../src/system/byte-path.ts';

export const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const isRoot = process.geteuid?.() === 0;

export interface Said {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** What the terminal shows: standard output and errors in their order. */
  lines: string[];
}

export interface Going {
  /** What it has said so far. */
  lines(): string[];
  kill(signal: NodeJS.Signals): void;
  hasEnded(): boolean;
  pid: number;
  readonly ended: Promise<Said>;
}

export interface Office {
  path(...parts: string[]): string;
  /** Types `plugback timemachine …` in the home folder and waits for its end. */
  type(...words: (string | Buffer)[]): Promise<Said>;
  /** The same, and does not wait. */
  start(...words: (string | Buffer)[]): Going;
  /** The copies of a file, by the file's path from the home folder: their names and contents, the oldest first. */
  copies(file: string | Buffer, destination?: string): { name: string; content: Buffer }[];
  /** Ends what still goes on, and removes the folder. */
  close(): Promise<void>;
}

/** Makes an empty home folder, in the folder for temporary files or another. */
export function openOffice(parent = tmpdir()): Office {
  if (!existsSync(program)) throw new Error(`${program} is missing: npm run build`);
  const home = mkdtempSync(path.join(parent, 'plugback-timemachine-'));
  const going: Going[] = [];
  let started = 0;
  const start: Office['start'] = (...words) => {
    started += 1;
    const output = path.join(tmpdir(), `${path.basename(home)}-${started}.out`);
    const one = startProgram(home, output, words);
    going.push(one);
    return one;
  };
  return {
    path: (...parts) => path.join(home, ...parts),
    start,
    type: (...words) => start(...words).ended,
    copies: (file, destination = 'backup') => {
      const name = typeof file === 'string' ? bytesOfText(file) : bytesOf(file);
      const folder = joinBytes(bytesOfText(path.join(home, destination, 'copies', home)), name);
      if (!existsSync(bufferOf(folder))) return [];
      return readdirSync(bufferOf(folder), { encoding: 'buffer' })
        .map(bytesOf)
        .sort()
        .map((copy) => ({
          name: bufferOf(copy).toString('utf8'),
          content: readFileSync(bufferOf(joinBytes(folder, copy))),
        }));
    },
    close: async () => {
      for (const one of going) one.kill('SIGKILL');
      await Promise.all(going.map(({ ended }) => ended));
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Node passes on text only: words that are none go through xargs, which ends with 123 for any of the program's own codes. */
function startProgram(home: string, output: string, words: readonly (string | Buffer)[]): Going {
  const descriptor = openSync(output, 'w');
  // root may read everything, which is not what is to be shown.
  const limited = isRoot ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search', '--'] : [];
  const command = [...limited, process.execPath, program, 'timemachine'];
  const texts = words.filter((word) => typeof word === 'string');
  const list = `${output}.words`;
  if (texts.length < words.length) {
    writeFileSync(list, Buffer.concat(words.flatMap((word) => [Buffer.from(word), Buffer.of(0)])));
  }
  const [file = '', ...args] =
    texts.length < words.length
      ? ['xargs', '--null', `--arg-file=${list}`, ...command]
      : [...command, ...texts];
  const child = spawn(file, args, {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8' },
    stdio: ['ignore', descriptor, descriptor],
  });
  closeSync(descriptor);
  const lines = () =>
    readFileSync(output, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  const ended = new Promise<Said>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => {
      resolve({ exitCode, signal, lines: lines() });
      for (const file of [output, list]) rmSync(file, { force: true });
    });
  });
  return {
    lines: () => (existsSync(output) ? lines() : []),
    kill: (signal) => void child.kill(signal),
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    pid: child.pid ?? -1,
    ended,
  };
}

/** Resolves once it is so; throws after so many seconds. */
export async function until(what: string, isSo: () => boolean, seconds = 10): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`waited for ${what} in vain`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
