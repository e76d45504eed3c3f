/** The only place that starts a process. */

import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { Readable } from 'node:stream';
import type { ResultPromise } from 'execa';
import { PlugbackError, reasonOf, systemCodeOf } from '../errors.ts';
import { askRegularly, type Question } from './asking.ts';

/** A program and its arguments; never a shell string. */
export type Argv = readonly [program: string, ...args: string[]];

export interface ProcessResult {
  /** Null when a signal ended it. */
  exitCode: number | null;
  signal: string | null;
  /** UTF-8, invalid bytes replaced; '' where a listener got it. */
  stdout: string;
  /** Its beginning, 64 KiB at most: one complaint a file, of a million files, must not fill the memory. */
  stderr: string;
}

export type PieceListener = (piece: string) => void | Promise<void>;

export interface RunOptions {
  /** Aborting ends the program: SIGTERM first, SIGKILL after `killAfterMs`. */
  signal?: AbortSignal;
  /** What the program reads on standard input; nothing by default. */
  input?: string;
  /** Milliseconds after which the program is ended; 0 or nothing: no limit. */
  timeoutMs?: number;
  /** Milliseconds between SIGTERM and SIGKILL; 2000 by default. */
  killAfterMs?: number;
  /**
   * Aborting ends also what the program has started: a script's children would go on. One that is left behind by a program
   * that ended by itself goes on; its output is not waited for.
   * Without effect through sudo, which does so anyway, and on Windows, which knows no groups.
   */
  endsGroup?: boolean;
  /** The program speaks the language of this process; by default none, because what it says is parsed. */
  keepsLanguage?: boolean;
  /**
   * Gets standard output as it comes, in pieces that may end in mid-line; then `stdout` stays empty.
   * While a promise that it returns is pending, the program is held up instead of filling the memory.
   */
  onStdout?: PieceListener;
  /** What the kernel sends the program when this process dies, even by kill -9. A program that is held needs SIGKILL. */
  dieWithParent?: 'SIGTERM' | 'SIGKILL';
  /** Gets the brake of the program once it has begun; null where this process has no right to it (through sudo). */
  onBegun?: (brake: Brake | null) => void;
  /** A signal that makes the program say how far it is; not sent through sudo. */
  question?: Question;
}

/** Stops a program where it is, and lets it go on. */
export interface Brake {
  /** False when the program has ended. */
  hold(): boolean;
  release(): void;
}

export interface Runner {
  /** True when programs run with root's rights as they are; false when each goes through `sudo -n`. */
  readonly isRoot: boolean;
  /**
   * Runs a program to its end, whatever its exit code.
   *
   * @throws PlugbackError `program-missing` when there is no such program, `no-rights` when sudo refuses, and the
   *   signal's reason when it was aborted before the program began
   */
  run(argv: Argv, options?: RunOptions): Promise<ProcessResult>;
}

/** How long is listened to what a program has left behind and that holds its output, in ms. */
const outputPatienceMs = 2_000;
const defaultKillAfterMs = 2_000;

/** What is kept of a program's complaints, in characters. */
const keptStderr = 64 * 1024;

/** Units and cron may leave sbin out, where mount and fsck live. */
export const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The arguments as they are really run: through `sudo -n` when not root. */
export function commandLine(argv: Argv, isRoot: boolean, dieWithParent?: RunOptions['dieWithParent']): Argv {
  const [program, ...args] = argv;
  // The kernel drops the request when a set-uid program starts, so it stands behind sudo, not before it.
  const inner: Argv =
    dieWithParent === undefined
      ? argv
      : ['setpriv', '--pdeathsig', dieWithParent.slice('SIG'.length), '--', program, ...args];
  return isRoot ? inner : ['sudo', '-n', '--', ...inner];
}

/** The runner for this process; `isRoot` decides about sudo, once. */
export function createRunner(isRoot: boolean): Runner {
  return {
    isRoot,
    run: async (argv, options = {}) => {
      // Loaded on first use: it is the largest part of the start-up.
      const { execa } = await import('execa');
      options.signal?.throwIfAborted();
      const [program, ...args] = commandLine(argv, isRoot, options.dieWithParent);
      const endsGroup = isRoot && options.endsGroup === true && process.platform !== 'win32';
      const child = execa(program, args, {
        reject: false,
        // Programs' texts and numbers are parsed: never in the user's language.
        // Where no udev runs, mount believes for minutes what it once knew about a device: no memory, no mistake.
        env: {
          ...(options.keepsLanguage === true ? {} : { LC_ALL: 'C' }),
          PATH: searchPath,
          BLKID_FILE: '/dev/null',
        },
        // A Ctrl-C on the terminal goes to the whole group; this program decides itself what ends, and when.
        detached: true,
        cleanup: false,
        stripFinalNewline: false,
        forceKillAfterDelay: options.killAfterMs ?? defaultKillAfterMs,
        timeout: options.timeoutMs ?? 0,
        maxBuffer: 16 * 1024 * 1024,
        ...(options.signal === undefined || !isRoot || endsGroup ? {} : { cancelSignal: options.signal }),
        ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
        buffer: { stdout: options.onStdout === undefined, stderr: false },
      }) as unknown as ResultPromise<{ reject: false }>;
      let stderr = '';
      const keepBeginning = (piece: string) => {
        stderr += piece.slice(0, keptStderr - stderr.length);
      };
      const isEnded = () => endsGroup && options.signal?.aborted === true;
      let isClosed = false;
      const heard = Promise.all([
        listen(child.stdout, options.onStdout),
        listen(child.stderr, keepBeginning),
      ]).catch((error: unknown) => {
        child.kill();
        return isEnded() || isClosed ? [] : { error };
      });
      const stopAsking =
        isRoot && options.question !== undefined && child.pid !== undefined
          ? askRegularly(child.pid, options.question)
          : () => undefined;
      child.once('exit', stopAsking);
      const closeOutput = () => {
        isClosed = true;
        for (const stream of [child.stdout, child.stderr]) stream?.destroy();
      };
      if (options.endsGroup === true)
        child.once('exit', () => setTimeout(closeOutput, outputPatienceMs).unref());
      options.onBegun?.(isRoot ? brakeOf(child) : null);
      // `detached` made the program, or sudo, the leader of a group.
      const group = -(child.pid ?? 0);
      const ending = endOnAbort(options, (name) => {
        if (group === 0) return;
        if (!isRoot)
          void execa('sudo', ['-n', '--', 'kill', '-s', name, '--', String(group)], { reject: false });
        else if (endsGroup) signalGroup(group, name);
        // What has left the group may hold the output for ever.
        if (name === 'KILL' && endsGroup) closeOutput();
      });
      const result = await child.finally(ending.stop);
      // Zero would be the group of this process.
      if (isEnded() && group !== 0) await untilGroupIsGone(group, options.killAfterMs);
      const heardAll = await heard;
      if ('error' in heardAll) throw heardAll.error;
      if (result.exitCode === undefined && result.signal === undefined && !result.isCanceled) {
        if (systemCodeOf(result.cause ?? result) === 'ENOENT')
          throw new PlugbackError('program-missing', { program });
        throw new Error(`${program}: ${reasonOf(result.cause ?? result.message)}`);
      }
      verifyStarted(argv[0], result.exitCode ?? null, stderr);
      return {
        exitCode: result.exitCode ?? null,
        signal: result.signal ?? null,
        stdout: text(result.stdout),
        stderr,
      };
    },
  };
}

function brakeOf(child: {
  pid?: number | undefined;
  exitCode: number | null;
  signalCode: string | null;
}): Brake {
  const send = (signal: NodeJS.Signals): boolean => {
    // As long as Node has not told of its end, its number is nobody else's.
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return false;
    process.kill(child.pid, signal);
    return true;
  };
  return { hold: () => send('SIGSTOP'), release: () => void send('SIGCONT') };
}

/**
 * Starts a program that outlives this process, with nothing to read and nobody who reads what it writes.
 * It runs with the rights of this process, and in its environment.
 *
 * @returns what resolves with its exit code, should it end before this process does; null: ended by a signal
 * @throws PlugbackError `program-missing`, or why the system did not start it
 */
export async function startDetached(argv: Argv): Promise<{ ended: Promise<number | null> }> {
  const { execa } = await import('execa');
  const [program, ...args] = argv;
  const child = execa(program, args, {
    detached: true,
    cleanup: false,
    stdio: 'ignore',
    reject: false,
    buffer: false,
  });
  child.unref();
  if (child.pid !== undefined) {
    takeUsualPriority(child.pid);
    return { ended: child.then(({ exitCode }) => exitCode ?? null) };
  }
  const { cause, message } = await child;
  if (systemCodeOf(cause) === 'ENOENT') throw new PlugbackError('program-missing', { program });
  throw new Error(`${program}: ${reasonOf(cause ?? message)}`);
}

/** The words of programs are parsed: never in the user's language. */
const bareEnvironment = { LC_ALL: 'C', PATH: searchPath };

/** How one of the two programs of a pipeline ended. */
export type PipelineResult = Pick<ProcessResult, 'exitCode' | 'signal' | 'stderr'>;

/** A program of a pipeline, and the folder it runs in. */
export interface PipelineEnd {
  argv: Argv;
  cwd?: string;
}

/**
 * Runs two programs to their end, the first one's output as the second one's input, without a byte of it coming through
 * this process. Both have the rights of this process.
 *
 * @param input what the first one reads
 * @throws PlugbackError `program-missing`, or why the system did not start one of them
 */
export async function runPipeline(
  first: PipelineEnd,
  second: PipelineEnd,
  input: Uint8Array,
): Promise<readonly [PipelineResult, PipelineResult]> {
  const start = ({ argv, cwd }: PipelineEnd, stdin: 'pipe' | Readable | null, stdout: 'pipe' | 'ignore') => {
    const [program, ...args] = argv;
    return spawn(program, args, {
      env: bareEnvironment,
      cwd,
      detached: true,
      stdio: [stdin, stdout, 'pipe'],
    });
  };
  const from = start(first, 'pipe', 'pipe');
  const to = start(second, from.stdout, 'ignore');
  // Only the two of them hold the ends now: when the second one dies, the first one is told. Before the next turn of the
  // event loop, or this process would take the beginning.
  from.stdout?.destroy();
  // It may end before it has read all; then its exit code tells.
  from.stdin?.on('error', () => undefined).end(input);
  return Promise.all([endOf(from, first.argv[0]), endOf(to, second.argv[0])]);
}

/**
 * Runs a program that reads and writes bytes, with the rights of this process. execa would do as well, but costs more to
 * load than many such programs take.
 *
 * @throws PlugbackError `program-missing`, or why the system did not start it
 */
export async function runOnBytes(
  { argv, cwd }: PipelineEnd,
  input: Uint8Array,
): Promise<PipelineResult & { stdout: Buffer }> {
  const [program, ...args] = argv;
  const child = spawn(program, args, { env: bareEnvironment, cwd, detached: true });
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  // It may end before it has read all; then its exit code tells.
  child.stdin.on('error', () => undefined).end(input);
  const end = await endOf(child, program);
  return { ...end, stdout: Buffer.concat(pieces) };
}

function endOf(child: ChildProcess, program: string): Promise<PipelineResult> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    stderr += piece.slice(0, keptStderr - stderr.length);
  });
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      const isMissing = systemCodeOf(error) === 'ENOENT';
      reject(isMissing ? new PlugbackError('program-missing', { program }, { cause: error }) : error);
    });
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, stderr }));
  });
}

/** The priority of this process may be a low one; raising it again is root's. */
function takeUsualPriority(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_NORMAL);
  } catch {}
}

/**
 * Ends a program when the signal is aborted, where execa cannot.
 *
 * @returns what takes the listener away again
 */
function endOnAbort(
  { signal, killAfterMs = defaultKillAfterMs }: RunOptions,
  kill: (name: 'TERM' | 'KILL') => void,
): { stop(): void } {
  if (signal === undefined) return { stop: () => undefined };
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    kill('TERM');
    timer = setTimeout(() => kill('KILL'), killAfterMs);
  };
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  return {
    stop: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    },
  };
}

/** @returns false: there is nobody in it any more */
function signalGroup(group: number, name: 'TERM' | 'KILL' | 0): boolean {
  try {
    return process.kill(group, name === 0 ? 0 : `SIG${name}`);
  } catch {
    return false;
  }
}

/** The first of a group has ended; those that it started get as much time as it had. */
async function untilGroupIsGone(group: number, patienceMs = defaultKillAfterMs): Promise<void> {
  const ends = performance.now() + patienceMs;
  while (signalGroup(group, 0)) {
    if (performance.now() >= ends) return void signalGroup(group, 'KILL');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Hands on a stream's pieces, one after the other; resolves when the last one has been taken. */
async function listen(stream: Readable | null, onPiece: PieceListener | undefined): Promise<void> {
  if (stream === null || onPiece === undefined) return;
  stream.setEncoding('utf8');
  // Pausing the stream instead would not do: Node resumes it when the program ends, taken or not.
  for await (const piece of stream) await onPiece(piece as string);
}

function text(output: unknown): string {
  return typeof output === 'string' ? output : '';
}

/**
 * sudo and setpriv start the program for us: that there is none, or that it may not be run, is said in their words.
 *
 * @throws PlugbackError `program-missing`, `no-rights`
 */
export function verifyStarted(program: string, exitCode: number | null, stderr: string): void {
  if (exitCode === 127 && /^setpriv: failed to execute .*: No such file/m.test(stderr)) {
    throw new PlugbackError('program-missing', { program });
  }
  if (exitCode !== 1) return;
  if (/^sudo: .*: command not found$/m.test(stderr)) throw new PlugbackError('program-missing', { program });
  if (/^(sudo: a password is required|Sorry, user .* (is not allowed|may not run))/m.test(stderr)) {
    throw new PlugbackError('no-rights', { program });
  }
}
