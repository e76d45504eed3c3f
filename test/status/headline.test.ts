/** The one large sentence: what each status is called, and what people are told to do. */

import { describe, expect, test } from 'vitest';
import { createTranslator, sentence } from '../../src/messages/translator.ts';
import { type Headline, headlineOf, stepMessage, warningsOf } from '../../src/status/headline.ts';
import type { RunDocument, StatusDocument } from '../../src/status/types.ts';
import { sampleRun } from '../backup/samples.ts';

const english = createTranslator('en');
const german = createTranslator('de');

function status(run: RunDocument | null): StatusDocument {
  const isRunning = run !== null && run.finishedAt === null;
  return { version: 1, state: isRunning ? 'running' : 'idle', run, queue: [] };
}

function running(changes: Partial<RunDocument>): StatusDocument {
  return status(sampleRun({ finishedAt: null, outcome: null, unplug: false, ...changes }));
}

function failed(
  code: 'veeam-busy' | 'source-empty' | 'disk-gone',
  changes: Partial<RunDocument> = {},
): RunDocument {
  const errors = {
    'veeam-busy': {
      details: { minutes: 60, locks: [{ file: 'a.lock', who: null, since: '2026-11-21T03:05:00.000Z' }] },
      exitCode: 75,
      outcome: 'failed',
    },
    'source-empty': { details: { path: '/srv' }, exitCode: 76, outcome: 'refused' },
    'disk-gone': { details: { device: '/dev/sdb1' }, exitCode: 69, outcome: 'failed' },
  } as const;
  const { details, exitCode, outcome } = errors[code];
  return sampleRun({ outcome, error: { code, message: '', details, exitCode }, ...changes });
}

/** Headline and what stands beside it, in English. */
function words(headline: Headline): string {
  return [headline.said, headline.unplug, headline.lastGood]
    .filter((said) => said !== null)
    .map((said) => english.sayAgain(said))
    .join(' ');
}

const progress = {
  phase: 'copying',
  bytes: 420,
  bytesTotal: 1000,
  files: 4,
  filesTotal: 10,
  bytesPerSecond: 98_000_000,
  etaSeconds: 754,
} as const;

describe('nothing has run', () => {
  test('says so', () => {
    expect(headlineOf(status(null))).toMatchObject({
      kind: 'never',
      tone: 'neutral',
      unplug: null,
      error: null,
    });
  });
});

describe('a run that goes on', () => {
  test.each([
    ['find', 'preparing', 'The disk “Montag” is being prepared for the backup. Do not unplug the disk.'],
    [
      'wait-veeam',
      'waiting',
      'Waiting for Veeam to finish; then “Montag” is filled. Do not unplug the disk.',
    ],
    ['mount', 'preparing', 'The disk “Montag” is being prepared for the backup. Do not unplug the disk.'],
    ['lock', 'preparing', 'The disk “Montag” is being prepared for the backup. Do not unplug the disk.'],
    [
      'estimate',
      'comparing',
      'Comparing the source with “Montag”, to see what must be copied. Do not unplug the disk.',
    ],
    ['copy', 'copying', 'Copying to “Montag”: 42% done, 98 MB/s, about 13 min left. Do not unplug the disk.'],
    ['unlock', 'flushing', '“Montag” is taking the last data: do not unplug it.'],
    ['free-space', 'flushing', '“Montag” is taking the last data: do not unplug it.'],
    ['unmount', 'flushing', '“Montag” is taking the last data: do not unplug it.'],
  ] as const)('%s', (step, kind, text) => {
    const begun = step === 'wait-veeam' ? null : progress;
    const headline = headlineOf(running({ step, progress: begun }));
    expect(headline).toMatchObject({ kind, tone: 'busy', error: null });
    expect(words(headline)).toBe(text);
  });

  test('a copy that makes room for Veeam pauses, and how far it is stays', () => {
    const headline = headlineOf(running({ step: 'wait-veeam', progress }));
    expect(headline.kind).toBe('waiting');
    expect(words(headline)).toBe(
      'The copy to “Montag” pauses at 42% while Veeam writes; then it goes on by itself. Do not unplug the disk.',
    );
  });

  test('does not forbid what is harmless: before it is mounted the disk may go', () => {
    expect(headlineOf(running({ step: 'wait-veeam', unplug: true })).unplug).toBeNull();
  });

  test('flushing is told apart from copying', () => {
    const flushing = headlineOf(running({ step: 'copy', progress: { ...progress, phase: 'flushing' } }));
    expect(flushing.kind).toBe('flushing');
  });

  test('never says 100% while it copies, nor anything below 0', () => {
    const percent = (bytes: number) => {
      const headline = headlineOf(running({ step: 'copy', progress: { ...progress, bytes } }));
      return (headline.said.details as { percent: number }).percent;
    };
    expect([percent(1000), percent(1200), percent(999), percent(0)]).toEqual([99, 99, 99, 0]);
  });

  test('leaves out what it does not know', () => {
    const early = { ...progress, bytesPerSecond: 0, etaSeconds: null };
    expect(words(headlineOf(running({ step: 'copy', progress: null })))).toContain('Copying to “Montag”. ');
    expect(words(headlineOf(running({ step: 'copy', progress: { ...early, bytesTotal: 0 } })))).toContain(
      'Copying to “Montag”. ',
    );
    expect(words(headlineOf(running({ step: 'copy', progress: early })))).toContain('“Montag”: 42% done. ');
  });

  test('of a disk without a label names its UUID, of none yet names none', () => {
    expect(words(headlineOf(running({ step: 'wait-veeam', label: null })))).toContain('1b1f8c2e-7a4d');
    expect(words(headlineOf(running({ step: 'find', label: null, uuid: null, unplug: true })))).toBe(
      'A backup is starting.',
    );
  });
});

describe('a run that has ended', () => {
  test('well', () => {
    const headline = headlineOf(status(sampleRun()));
    expect(headline).toMatchObject({ kind: 'complete', tone: 'good', lastGood: null });
    expect(words(headline)).toMatch(
      /^The backup on “Montag” is complete \(.*\)\. You can unplug the disk\.$/,
    );
  });

  test('with warnings', () => {
    const headline = headlineOf(status(sampleRun({ warnings: ['little space'], outcome: 'warned' })));
    expect(headline).toMatchObject({ kind: 'warned', tone: 'warning' });
    expect(words(headline)).toMatch(/complete, with 1 warning \(.*You can unplug/);
  });

  test('refused, with the last good one', () => {
    const headline = headlineOf(status(failed('source-empty')), sampleRun({ label: 'Freitag' }));
    expect(headline).toMatchObject({ kind: 'refused', tone: 'bad', error: { code: 'source-empty' } });
    expect(words(headline)).toMatch(
      /“Montag” was REFUSED .*You can unplug the disk\. The last good backup is on “Freitag”/,
    );
  });

  test('badly, with the disk still mounted', () => {
    const headline = headlineOf(status(failed('disk-gone', { unplug: false })));
    expect(headline).toMatchObject({ kind: 'failed', tone: 'bad', lastGood: null });
    expect(words(headline)).toMatch(/“Montag” FAILED \(.*\)\. Do not unplug the disk\.$/);
  });

  test('because the disk was pulled out: nothing about pulling it out', () => {
    expect(headlineOf(status(failed('disk-gone'))).unplug).toBeNull();
  });

  test('badly, before any disk was known', () => {
    const headline = headlineOf(status(failed('source-empty', { uuid: null, label: null })));
    expect(headline.unplug).toBeNull();
    expect(words(headline)).toMatch(/^The backup was REFUSED/);
  });

  test('“not now” is not an error', () => {
    const headline = headlineOf(status(failed('veeam-busy')));
    expect(headline).toMatchObject({ kind: 'later', tone: 'warning' });
    expect(words(headline)).toMatch(/^Not now:/);
  });

  test('died: it has no end, and is told all the same', () => {
    const died = failed('disk-gone', { finishedAt: null, unplug: false });
    expect(headlineOf({ ...status(died), state: 'idle' }).kind).toBe('failed');
  });
});

describe('what steps and warnings say', () => {
  const run = sampleRun();
  const [first] = run.steps;
  if (first === undefined) throw new Error('a run has steps');

  test('in the reader’s language', () => {
    const step = { ...first, message: 'The lock files are removed.', said: sentence('unlock.done') };
    expect(stepMessage(run, step, german)).toBe('Die Sperrdateien sind gelöscht.');
    const warned = sampleRun({
      warnings: ['in English'],
      warningsSaid: [sentence('warn.excludes-missing', { path: '/x' })],
    });
    expect(warningsOf(warned, german)).toEqual([german.say('warn.excludes-missing', { path: '/x' })]);
  });

  test('a failed step’s too, as long as only one failed', () => {
    const step = { ...first, state: 'failed' as const, message: 'in English' };
    const one = { ...failed('source-empty'), steps: [step] };
    expect(stepMessage(one, step, german)).toBe(german.problem('source-empty', { path: '/srv' }).problem);
    const two = { ...one, steps: [step, { ...step, name: 'unmount' as const }] };
    expect(stepMessage(two, step, german)).toBe('in English');
  });

  test('kept words can drive no terminal', () => {
    expect(stepMessage(run, { ...first, message: 'a\x1b[2Jb' }, english)).toBe('a\\x1b[2Jb');
    expect(warningsOf(sampleRun({ warnings: ['a\x1bb'] }), english)).toEqual(['a\\x1bb']);
  });
});
