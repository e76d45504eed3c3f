/**
 * Threads that read folders and move files with synchronous calls. Node's asynchronous ones were measured at 10 µs more a
 * call and run four at a time at most, whatever the disk can do; a million files need millions of calls.
 */

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type TaskName, type Tasks, tasks } from './tasks.ts';

type Input<N extends TaskName> = Parameters<Tasks[N]>[0];
type Output<N extends TaskName> = ReturnType<Tasks[N]>;

export interface Pool {
  /** How many tasks are worth having at work at the same time. */
  readonly width: number;
  run<N extends TaskName>(name: N, input: Input<N>): Promise<Output<N>>;
  close(): Promise<void>;
}

/** One a processor, but two where there is one: while one waits for the disk, the other works. More than four wait. */
const usualThreads = Math.min(4, Math.max(2, availableParallelism()));
/** What a thread holds is gone after each task: let it be collected, in a small heap (MB), instead of piling up. */
const heap = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256 };

/** The bundle's file for the threads, beside the bundle itself or its parts. */
function workerFile(): URL | null {
  const places = ['./mirror/worker.js', '../mirror/worker.js'].map((name) => new URL(name, import.meta.url));
  return places.find((place) => existsSync(place)) ?? null;
}

export interface PoolOptions {
  /** Threads that read; 0: none besides this one. */
  threads?: number;
  /**
   * This thread is one of them: good for a program that has nothing else to do, bad for one that must answer others. Not on
   * Windows, whatever this says.
   */
  usesThisThread?: boolean;
}

/** All happens in this thread also where the file for the others is missing (a bundle in a bundle). */
export function createPool({ threads = usualThreads, usesThisThread = false }: PoolOptions): Pool {
  const file = threads === 0 ? null : workerFile();
  // On Windows Node itself copies: while this thread did that with a large file, the lock would not be renewed.
  const isHelped = usesThisThread && process.platform !== 'win32';
  return file === null ? inThisThread() : withThreads(file, threads, isHelped);
}

function inThisThread(): Pool {
  const run = async <N extends TaskName>(name: N, input: Input<N>): Promise<Output<N>> =>
    (tasks[name] as (input: Input<N>) => Output<N>)(input);
  return { width: 1, run, close: async () => undefined };
}

interface Thread {
  worker: Worker;
  isBusy: boolean;
}

interface Job {
  name: TaskName;
  input: unknown;
  resolve(output: never): void;
  reject(error: unknown): void;
}

function withThreads(file: URL, width: number, usesThisThread: boolean): Pool {
  const most = usesThisThread ? width - 1 : width;
  const threads: Thread[] = [];
  const waiting: Job[] = [];
  const working = new Map<Thread, Job>();
  let isPlanned = false;

  const startThread = (): Thread => {
    const thread: Thread = { worker: new Worker(file, { resourceLimits: heap }), isBusy: false };
    thread.worker.on('message', ({ output, error }: { output: never; error?: unknown }) => {
      const job = working.get(thread);
      working.delete(thread);
      thread.isBusy = false;
      next();
      if (error === undefined) job?.resolve(output);
      else job?.reject(error);
    });
    thread.worker.on('error', (error) => {
      working.get(thread)?.reject(error);
      working.delete(thread);
      threads.splice(threads.indexOf(thread), 1);
      next();
    });
    threads.push(thread);
    return thread;
  };
  const next = (): void => {
    const job = waiting[0];
    if (job === undefined) return;
    const thread = threads.find(({ isBusy }) => !isBusy) ?? (threads.length < most ? startThread() : null);
    if (thread === null) {
      if (usesThisThread) performHere();
      return;
    }
    waiting.shift();
    thread.isBusy = true;
    working.set(thread, job);
    thread.worker.postMessage({ name: job.name, input: job.input });
  };
  /** One job, once what the system and the other threads have to tell has been heard. */
  const performHere = (): void => {
    if (isPlanned) return;
    isPlanned = true;
    setImmediate(() => {
      isPlanned = false;
      const job = waiting.shift();
      if (job === undefined) return;
      next();
      try {
        job.resolve((tasks[job.name] as (input: unknown) => never)(job.input));
      } catch (error) {
        job.reject(error);
      }
      next();
    });
  };
  // At once: they load while this thread still looks at the folders.
  while (threads.length < most) startThread();
  return {
    width,
    run: (name, input) =>
      new Promise((resolve, reject) => {
        waiting.push({ name, input, resolve, reject });
        next();
      }),
    close: async () => {
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}
