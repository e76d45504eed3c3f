/** Stand-ins for the machine: programs and time. What they were not told to answer, they refuse. */

import type { Clock } from '../src/system/clock.ts';
import { createFiles } from '../src/system/files.ts';
import type { Argv, ProcessResult, Runner, RunOptions } from '../src/system/run.ts';
import type { System } from '../src/system/system.ts';

export interface FakeRunner extends Runner {
  /** Everything that was asked for, in order. */
  readonly calls: Argv[];
}

export type Answer = Partial<ProcessResult> | Error;

/**
 * A runner that starts nothing. It throws for a command line to which `answer` has no answer.
 *
 * @param answer gets the whole command line as one text, blanks between the words
 */
export function fakeRunner(
  answer: (commandLine: string, options: RunOptions) => Answer | undefined | Promise<Answer>,
  isRoot = true,
): FakeRunner {
  const calls: Argv[] = [];
  return {
    isRoot,
    calls,
    run: async (argv, options = {}) => {
      calls.push(argv);
      const answered = await answer(argv.join(' '), options);
      if (answered === undefined) throw new Error(`nobody answers for: ${argv.join(' ')}`);
      if (answered instanceof Error) throw answered;
      return { exitCode: 0, signal: null, stdout: '', stderr: '', ...answered };
    },
  };
}

/** A runner to which nothing is allowed. */
export const noPrograms = (): FakeRunner => fakeRunner(() => undefined);

/** Time that only passes when somebody sleeps; then what was planned for that time happens. */
export class FakeClock implements Clock {
  private elapsed = 0;
  private readonly plans: { at: number; action: () => void | Promise<void> }[] = [];

  constructor(private readonly startedAt = Date.parse('2026-11-21T03:12:44.000Z')) {}

  now(): number {
    return this.startedAt + this.elapsed;
  }

  /** Not the same number as `now()`: whoever mixes them up is found out. */
  monotonic(): number {
    return 5_000 + this.elapsed;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.pass(ms);
    for (const plan of this.plans.splice(0)) {
      if (plan.at <= this.elapsed) await plan.action();
      else this.plans.push(plan);
    }
    signal?.throwIfAborted();
  }

  /** Lets time pass without anybody sleeping. */
  pass(ms: number): void {
    this.elapsed += ms;
  }

  /** Plans something for so many ms after the start. */
  at(ms: number, action: () => void | Promise<void>): void {
    this.plans.push({ at: ms, action });
  }
}

/** The real files of this machine with programs and time of the test's making. */
export function fakeSystem(
  options: { runner?: Runner; clock?: Clock; roots?: Partial<System['roots']> } = {},
): System {
  const runner = options.runner ?? noPrograms();
  return {
    runner,
    clock: options.clock ?? new FakeClock(),
    files: createFiles(runner),
    roots: { proc: '/proc', sys: '/sys', etc: '/etc', ...options.roots },
  };
}
