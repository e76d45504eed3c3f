import { beforeEach, describe, expect, test } from 'vitest';
import { PlugbackError } from '../../src/errors.ts';
import type { Language } from '../../src/messages/format.ts';
import { createTranslator } from '../../src/messages/translator.ts';
import { type Line, RunRecorder } from '../../src/status/recorder.ts';
import { type RunDocument, type StepName, stepNames } from '../../src/status/types.ts';
import { FakeClock } from '../fakes.ts';

let clock: FakeClock;
let lines: Line[];
let changes: { document: RunDocument; urgent: boolean }[];

beforeEach(() => {
  clock = new FakeClock();
  lines = [];
  changes = [];
});

function record(language: Language = 'en'): RunRecorder {
  return new RunRecorder('20261121-031244-9f3c', clock, createTranslator(language), [
    { said: (line) => void lines.push(line) },
    {
      changed: (document, urgent) =>
        void changes.push({ document: structuredClone(document) as RunDocument, urgent }),
    },
    {},
  ]);
}

function step(recorder: RunRecorder, name: StepName) {
  const found = recorder.document.steps.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no step ${name}`);
  return found;
}

function states(recorder: RunRecorder): string[] {
  return recorder.document.steps.map((each) => each.state);
}

const gone = () => new PlugbackError('disk-gone', { device: '/dev/sdb1', phase: 'copying' });

describe('a run', () => {
  test('begins with nine pending steps and nothing known', () => {
    const { document } = record();
    expect(document.steps.map((each) => each.name)).toEqual([
      ...['find', 'wait-veeam', 'mount', 'lock', 'estimate', 'copy', 'unlock', 'free-space', 'unmount'],
    ]);
    expect(document.steps[0]).toEqual({
      name: 'find',
      state: 'pending',
      startedAt: null,
      finishedAt: null,
      message: '',
      said: null,
    });
    expect(document).toMatchObject({
      id: '20261121-031244-9f3c',
      uuid: null,
      startedAt: '2026-11-21T03:12:44.000Z',
      finishedAt: null,
      outcome: null,
      error: null,
      unplug: true,
    });
  });

  test('all steps done', async () => {
    const recorder = record();
    for (const name of stepNames) await recorder.step(name, async () => clock.pass(1000));
    recorder.succeed();
    expect(states(recorder)).toEqual(stepNames.map(() => 'done'));
    expect(recorder.document).toMatchObject({
      outcome: 'done',
      step: 'unmount',
      finishedAt: '2026-11-21T03:12:53.000Z',
    });
    expect(step(recorder, 'wait-veeam')).toMatchObject({
      startedAt: '2026-11-21T03:12:45.000Z',
      finishedAt: '2026-11-21T03:12:46.000Z',
    });
  });

  test('what was never reached is skipped', async () => {
    const recorder = record();
    await recorder.step('find', async () => {});
    recorder.succeed();
    expect(states(recorder)).toEqual(['done', ...stepNames.slice(1).map(() => 'skipped')]);
  });

  test('what is known of disk, space, estimate and whether it can be unplugged', () => {
    const recorder = record();
    recorder.disk('0000-0000', 'Montag');
    recorder.space(5, 10);
    recorder.estimate({ files: 1, bytes: 2, deletes: 3 });
    recorder.unplug(false);
    expect(recorder.document).toMatchObject({
      uuid: '0000-0000',
      label: 'Montag',
      freeBytes: 5,
      sizeBytes: 10,
      estimate: { files: 1, bytes: 2, deletes: 3 },
      unplug: false,
    });
    expect(changes).toHaveLength(4);
  });
});

describe('a step', () => {
  test('one within another gives the word back to it', async () => {
    const recorder = record();
    await recorder.step('copy', async () => {
      await recorder.step('wait-veeam', async () => expect(recorder.document.step).toBe('wait-veeam'));
      expect(recorder.document.step).toBe('copy');
    });
    await recorder.step('unlock', async () => {});
    expect(recorder.document.step).toBe('unlock');
  });

  test('gives its result, runs while it runs, and says things', async () => {
    const recorder = record();
    const result = await recorder.step('unlock', async (voice) => {
      expect(step(recorder, 'unlock')).toMatchObject({ state: 'running', finishedAt: null });
      voice.info('unlock.done');
      return 7;
    });
    expect(result).toBe(7);
    expect(step(recorder, 'unlock')).toMatchObject({
      state: 'done',
      message: 'The lock files are removed.',
      said: { key: 'unlock.done' },
    });
    expect(lines).toEqual([{ level: 'info', step: 'unlock', text: 'The lock files are removed.' }]);
  });

  test('tells its listeners about each change, running first', async () => {
    const recorder = record();
    await recorder.step('copy', async (voice) => voice.info('copy.nothing'));
    const seen = changes.map(({ document }) => [document.steps[5]?.state, document.steps[5]?.message]);
    expect(seen).toEqual([
      ['running', ''],
      ['running', 'Nothing had to be copied.'],
      ['done', 'Nothing had to be copied.'],
    ]);
  });

  test('that warned is warned, and so is the run', async () => {
    const recorder = record();
    await recorder.step('unlock', async (voice) => {
      voice.warn('warn.marker-gone', { path: '/srv/.plugback.lock' });
      voice.info('unlock.done');
    });
    expect(step(recorder, 'unlock')).toMatchObject({
      state: 'warned',
      message: 'The lock files are removed.',
    });
    recorder.succeed();
    expect(recorder.document.outcome).toBe('warned');
    expect(recorder.document.warnings).toEqual([
      'The lock file /srv/.plugback.lock was already gone when it should be removed. Somebody or something else deleted it.',
    ]);
    expect(recorder.document.warningsSaid).toEqual([
      { key: 'warn.marker-gone', details: { path: '/srv/.plugback.lock' } },
    ]);
    expect(lines.map((line) => line.level)).toEqual(['warn', 'info']);
  });

  test('can be warned about by what happens beside it', async () => {
    const recorder = record();
    await recorder.step('copy', async () => {
      recorder.voice('copy').warn('warn.files-vanished', { count: 2 });
    });
    expect(step(recorder, 'copy').state).toBe('warned');
  });

  test('that throws has failed, says why once, and throws on', async () => {
    const recorder = record();
    const error = gone();
    await expect(recorder.step('copy', () => Promise.reject(error))).rejects.toBe(error);
    recorder.fail(error);
    expect(step(recorder, 'copy')).toMatchObject({ state: 'failed', said: null });
    expect(step(recorder, 'copy').message).toBe('The disk /dev/sdb1 was pulled out while copying.');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 'error', step: 'copy' });
    expect(lines[0]?.text).toMatch(/Plug it in again/);
  });

  test('that warned and then failed has failed', async () => {
    const recorder = record();
    const failing = recorder.step('copy', async (voice) => {
      voice.warn('warn.files-vanished', { count: 2 });
      throw gone();
    });
    await expect(failing).rejects.toThrow();
    expect(step(recorder, 'copy').state).toBe('failed');
    expect(recorder.document.warnings).toHaveLength(1);
  });
});

describe('the end', () => {
  test('failed, with code, details, words and exit code', async () => {
    const recorder = record('de');
    const error = gone();
    await recorder.step('copy', () => Promise.reject(error)).catch(() => {});
    expect(recorder.fail(error)).toBe(error);
    expect(recorder.document).toMatchObject({
      outcome: 'failed',
      error: { code: 'disk-gone', details: { device: '/dev/sdb1', phase: 'copying' }, exitCode: 69 },
    });
    expect(recorder.document.error?.message).toMatch(/^Die Platte \/dev\/sdb1/);
    expect(states(recorder)).toEqual([
      ...['skipped', 'skipped', 'skipped', 'skipped', 'skipped', 'failed', 'skipped', 'skipped', 'skipped'],
    ]);
  });

  test('refused by a guard', () => {
    const recorder = record();
    recorder.fail(new PlugbackError('source-empty', { path: '/srv' }));
    expect(recorder.document).toMatchObject({ outcome: 'refused', error: { exitCode: 76 } });
  });

  test('what nobody foresaw is unexpected', () => {
    const recorder = record();
    const error = recorder.fail(new TypeError('x is not a function'));
    expect(error.code).toBe('unexpected');
    expect(recorder.document).toMatchObject({
      outcome: 'failed',
      error: { code: 'unexpected', exitCode: 1 },
    });
  });

  test('an error between two steps belongs to the one that could not begin', async () => {
    const recorder = record();
    await recorder.step('find', async () => {});
    await recorder.step('wait-veeam', async () => {});
    recorder.fail(new PlugbackError('source-empty', { path: '/srv' }));
    expect(states(recorder).slice(0, 4)).toEqual(['done', 'done', 'failed', 'skipped']);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 'error', step: 'mount' });
  });

  test('a second start on the same disk: it could not be locked, and must not be unplugged', async () => {
    const recorder = record();
    await recorder.step('find', async () => {});
    recorder.fail(new PlugbackError('already-running', { pid: 4711, since: null }));
    expect(step(recorder, 'lock').state).toBe('failed');
    expect(recorder.document.unplug).toBe(false);
  });

  test('a failed run with warnings has failed', () => {
    const recorder = record();
    recorder.warn('warn.cleanup-failed', { problem: 'x' });
    recorder.fail(gone());
    expect(recorder.document.outcome).toBe('failed');
    expect(recorder.document.warnings).toEqual(['While cleaning up: x']);
  });
});

describe('what is said besides', () => {
  test('to no step, at each level', () => {
    const recorder = record();
    recorder.info('run.start', { version: '1.0.0', id: 'x' });
    recorder.debug('an environment');
    expect(lines).toEqual([
      { level: 'info', step: null, text: 'plugback 1.0.0, run x.' },
      { level: 'debug', step: null, text: 'an environment' },
    ]);
  });

  test('a file name that would drive the terminal does not', async () => {
    const recorder = record();
    await recorder.step('unlock', async (voice) =>
      voice.warn('warn.marker-gone', { path: '/srv/\x1b[2J\n' }),
    );
    expect(lines[0]?.text).toContain('/srv/\\x1b[2J\\x0a');
    expect(JSON.stringify(recorder.document.warnings)).toContain('x1b[2J');
  });
});

describe('progress', () => {
  const progress = { bytes: 1, bytesTotal: 2, files: 0, filesTotal: 1, bytesPerSecond: 0, etaSeconds: null };

  test('may be written less often, but a new phase is urgent', () => {
    const recorder = record();
    recorder.progress({ ...progress, phase: 'copying' });
    recorder.progress({ ...progress, phase: 'copying', bytes: 2 });
    recorder.progress({ ...progress, phase: 'flushing' });
    expect(changes.map(({ urgent }) => urgent)).toEqual([true, false, true]);
    expect(recorder.document.progress?.phase).toBe('flushing');
  });
});
