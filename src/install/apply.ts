/** Carries out a plan, or tells what it would come to. */

import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PlugbackError, reasonOf } from '../errors.ts';
import { makeFolder } from '../system/folder.ts';
import type { Runner } from '../system/run.ts';
import type { Step } from './plan.ts';

/** `done`: changed now, or would be. `unchanged`: is as it should be. `kept`: people's own, left alone. */
export type StepState = 'done' | 'unchanged' | 'kept';

export interface DoneStep {
  step: Step;
  state: StepState;
}

export interface ApplyOptions {
  /** The root of the filesystem that is set up. */
  root: string;
  runner: Runner;
  /** Look, and change nothing. */
  dryRun: boolean;
  /** Hears of each step as soon as it is done. */
  onStep(done: DoneStep): void;
}

/** The most that systemd or udev may take for an answer, in ms. */
const commandMs = 60_000;

/** @throws PlugbackError `install-failed` with the first step that went wrong; those before it are done */
export async function applyPlan(plan: readonly Step[], options: ApplyOptions): Promise<DoneStep[]> {
  const all: DoneStep[] = [];
  for (const step of plan) {
    const hasChanged = all.some((done) => done.step.action !== 'command' && done.state === 'done');
    try {
      const done = { step, state: await perform(step, hasChanged, options) };
      all.push(done);
      options.onStep(done);
    } catch (error) {
      const what = step.action === 'command' ? step.argv.join(' ') : step.path;
      throw new PlugbackError('install-failed', { what, reason: reasonOf(error) }, { cause: error });
    }
  }
  return all;
}

async function perform(step: Step, hasChanged: boolean, options: ApplyOptions): Promise<StepState> {
  const { root, dryRun, runner } = options;
  if (step.action === 'command') {
    if (step.onlyAfterChange && !hasChanged) return 'unchanged';
    if (!dryRun) await runCommand(runner, step);
    return 'done';
  }
  const target = path.join(root, step.path);
  switch (step.action) {
    case 'directory':
      if (existsSync(target)) return 'unchanged';
      if (!dryRun) makeFolder(target);
      return 'done';
    case 'remove':
      if (!existsSync(target)) return 'unchanged';
      if (!dryRun) rmSync(target);
      return 'done';
    case 'write': {
      const present = existsSync(target) ? readFileSync(target, 'utf8') : null;
      if (present === step.text) return 'unchanged';
      if (present !== null && step.keeps) return 'kept';
      if (!dryRun) writeWhole(target, step.text, step.mode);
      return 'done';
    }
  }
}

/** udev and systemd may read at any moment: they find the old file or the new one. */
function writeWhole(target: string, text: string, mode: number): void {
  makeFolder(path.dirname(target));
  const temporary = path.join(path.dirname(target), `.${path.basename(target)}.new`);
  try {
    writeFileSync(temporary, text, { mode });
    // The mask of whoever typed the command does not count.
    chmodSync(temporary, mode);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

async function runCommand(runner: Runner, { argv }: Extract<Step, { action: 'command' }>): Promise<void> {
  const { exitCode, stderr } = await runner.run(argv, { timeoutMs: commandMs });
  if (exitCode !== 0) throw new Error(stderr.trim().split('\n').at(-1) || `exit code ${exitCode}`);
}
