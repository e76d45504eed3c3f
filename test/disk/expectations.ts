/** What must hold after every run, whatever became of it. */

import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import type { CaughtMail } from '../../src/mail/catcher.ts';
import type { OutcomeName, RunDocument } from '../../src/status/types.ts';
import { type Disk, isMounted, type JobEnd, type Lab } from './lab.ts';

export const markerName = '.plugback.lock';

export interface ExpectedEnd {
  exitCode: number;
  outcome: OutcomeName;
  /** Of the error; nothing where there is none. */
  code?: ErrorCode;
  /** In the log, on the terminal, and in the last mail. */
  sentence?: string | RegExp;
  /** Of the last mail. */
  subject: string | RegExp;
  /** Further sentences in the log. */
  log?: readonly (string | RegExp)[];
  /** Parts of the warnings, in their order; none by default. */
  warnings?: readonly (string | RegExp)[];
  /** Does a mail say that the run has begun? It does once the disk is known and nothing else is in the way. */
  startMail?: boolean;
  /** The disk of the run; nothing of ours must be left on it. Not given where it cannot be looked at. */
  disk?: Disk;
}

/** Holds everything that a run leaves against what should have happened; returns the run's document. */
export async function expectEnd(lab: Lab, end: JobEnd, expected: ExpectedEnd): Promise<RunDocument> {
  const { sentence, startMail = true, warnings = [] } = expected;
  const context = `${end.stdout}${end.stderr}`;
  expect(end.exitCode, context).toBe(expected.exitCode);
  // Problems go to standard error, all else to standard output; neither drives a terminal.
  expect(end.stdout).not.toContain('  ERROR  ');
  expect(end.stderr.split('\n').filter((line) => line !== '' && !line.includes('  ERROR  '))).toEqual([]);
  expect(context).not.toMatch(/[^\P{Cc}\n]/u);
  for (const text of [...(sentence === undefined ? [] : [sentence]), ...(expected.log ?? [])]) {
    expectText(context, text);
    expectText(end.log, text);
  }

  const run = expectRun(lab, end);
  expect(run.outcome).toBe(expected.outcome);
  expect(run.error?.code).toBe(expected.code);
  expect(run.error?.exitCode ?? 0).toBe(expected.exitCode);
  expect(run.warnings, context).toHaveLength(warnings.length);
  warnings.forEach((warning, place) => {
    expectText(run.warnings[place] ?? '', warning);
    expectText(end.log, warning);
  });

  const last = end.mails.at(-1);
  expect(end.mails, context).toHaveLength(startMail ? 2 : 1);
  if (startMail)
    expect(end.mails[0]?.message.subject).toMatch(/^Backup started: .* – please leave it plugged in \(/);
  if (last !== undefined) expectLastMail(last, expected, run);

  expectNothingLeft(lab);
  if (expected.disk !== undefined) {
    expect(isMounted(expected.disk.device)).toBe(false);
    const names = await lab.viewed(expected.disk, (folder) => readdirSync(folder));
    expect(names).not.toContain(markerName);
    expect(names).not.toContain(`${markerName}.probe`);
  }
  return run;
}

function expectRun(lab: Lab, end: JobEnd): RunDocument {
  // A run that died tells nothing itself; the next one does it.
  const own = end.history.filter(({ error }) => error?.code !== 'run-died');
  expect(own).toHaveLength(1);
  const [run] = own;
  if (run === undefined) throw new Error('no history');
  expect(end.status).toMatchObject({ version: 1, state: 'idle' });
  expect(end.status?.run).toEqual(run);
  expect(run.finishedAt).not.toBeNull();
  expect(run.steps.filter(({ state }) => state === 'running' || state === 'pending')).toEqual([]);
  expect(lab.read(`state/runs/${run.id}.log`)).toBe(end.log);
  return run;
}

function expectLastMail(mail: CaughtMail, expected: ExpectedEnd, run: RunDocument): void {
  const text = mail.message.text ?? '';
  expectText(mail.message.subject ?? '', expected.subject);
  expect(mail.message.html).toBeTruthy();
  expect(mail.message.attachments.map(({ filename }) => filename)).toContain(`plugback-${run.id}.log`);
  const known = run.uuid === null ? [] : ['owner@example.com'];
  expect(mail.to.toSorted()).toEqual(['boss@example.com', ...known, 'sysop@example.com']);
  if (run.error === null) {
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
    expect(text).toContain('is complete. You can unplug the disk.');
  } else {
    expect(text).not.toContain('is complete.');
    if (expected.sentence !== undefined) expectText(text, expected.sentence);
    expect(text).toMatch(/^What to do: \S/m);
  }
  for (const warning of expected.warnings ?? []) expectText(text, warning);
}

/** Nothing mounted, nothing locked, no marker in the source, no probe, nobody in the queue, no copier at work. */
export function expectNothingLeft(lab: Lab): void {
  expect(isMounted(lab.mountPoint)).toBe(false);
  expect(existsSync(path.join(lab.source, markerName))).toBe(false);
  expect(lab.copiers()).toEqual([]);
  const runtime = lab.path('run');
  const locks = existsSync(runtime)
    ? readdirSync(runtime).filter((name) => /\.lock$|\.owner\.json/.test(name))
    : [];
  expect(locks).toEqual([]);
  const queue = lab.path('run/queue');
  expect(existsSync(queue) ? readdirSync(queue) : []).toEqual([]);
}

export function expectText(text: string, wanted: string | RegExp): void {
  if (typeof wanted === 'string') expect(text).toContain(wanted);
  else expect(text).toMatch(wanted);
}

/** What a run that did all that it should looks like. */
export function success(disk: Disk, more: Partial<ExpectedEnd> = {}): ExpectedEnd {
  return {
    exitCode: 0,
    outcome: 'done',
    subject: /^Backup done: disk “PLUGBACK”, .+ – you can unplug it \(/,
    log: ['The disk is flushed and unmounted. You can unplug it.'],
    disk,
    ...more,
  };
}
