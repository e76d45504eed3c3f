/** What status, history and check show, in both languages. */

import { describe, expect, test } from 'vitest';
import { collectFindings, exitCodeOfAll } from '../../src/commands/check/finding.ts';
import { renderArea, renderSummary } from '../../src/commands/check/render.ts';
import { renderHistory } from '../../src/commands/history.ts';
import { createPaint } from '../../src/commands/paint.ts';
import { renderStatus } from '../../src/commands/status.ts';
import { displayWidth } from '../../src/commands/table.ts';
import { PlugbackError } from '../../src/errors.ts';
import { type Language, languages } from '../../src/messages/format.ts';
import { createTranslator, sentence } from '../../src/messages/translator.ts';
import { type RunDocument, type StatusDocument, stepNames } from '../../src/status/types.ts';
import { sampleRun } from '../backup/samples.ts';

const plain = createPaint({ hasColour: false });

function view(language: Language, width: number | null = null) {
  const now = Date.parse('2026-11-21T03:22:44.000Z');
  return { translator: createTranslator(language), paint: plain, width, now };
}

/** Two minutes into the copy. */
function copying(): StatusDocument {
  const at = '2026-11-21T03:12:44.000Z';
  const run = sampleRun({ finishedAt: null, outcome: null, unplug: false, step: 'copy' });
  run.steps = stepNames.map((name, index) => ({
    name,
    state: index < 5 ? 'done' : index === 5 ? 'running' : 'pending',
    startedAt: index < 6 ? at : null,
    finishedAt: index < 5 ? at : null,
    message: '',
    said: name === 'copy' ? sentence('copy.running', { source: '/srv/', destination: '/media' }) : null,
  }));
  run.progress = {
    phase: 'copying',
    bytes: 5e8,
    bytesTotal: 1.5e9,
    files: 3,
    filesTotal: 9,
    bytesPerSecond: 1e7,
    etaSeconds: 100,
  };
  const queue = [{ uuid: 'AB12-34CD', label: 'Freitag', since: at }];
  return { version: 1, state: 'running', run, queue };
}

function refused(): RunDocument {
  const details = { deletes: 60, files: 100, percent: 60, limit: 25 };
  const error = { code: 'too-many-deletions' as const, message: '', details, exitCode: 76 };
  const run = sampleRun({ outcome: 'refused', error, progress: null, freeBytes: null });
  return {
    ...run,
    steps: run.steps.map((step) => ({ ...step, state: step.name === 'estimate' ? 'failed' : 'skipped' })),
  };
}

describe('status', () => {
  test('of a copy: the sentence, a bar, nine steps, the queue', () => {
    const text = renderStatus(copying(), null, view('en')).join('\n');
    expect(text).toContain(
      'Copying to “Montag”: 33% done, 10 MB/s, about 2 min left. Do not unplug the disk.',
    );
    expect(text).toContain('█████████░░░░░░░░░░░░░░░░░░░  33%  500 MB of 1.5 GB');
    expect(text).toMatch(/▸ Copy {24}running {2}\d\d:\d\d {2}10 min\n {4}Copying \/srv\/ to \/media\./);
    expect(text).toMatch(/· Flush and unmount the disk {2}not yet\n/);
    expect(text).toMatch(/“Freitag” waits its turn since \d\d:\d\d/);
    expect(stepNames.filter((name) => text.includes(createTranslator('en').say(`step.${name}`)))).toEqual(
      stepNames,
    );
  });

  test('of a refusal: why, what to do, the last good backup', () => {
    const text = renderStatus(
      { version: 1, state: 'idle', run: refused(), queue: [] },
      sampleRun(),
      view('de'),
    ).join('\n');
    expect(text).toContain('ABGELEHNT');
    expect(text).toContain('Von 100 Dateien auf der Platte würden 60 gelöscht');
    expect(text).toContain('plugback run --allow-deletes');
    expect(text).toContain('Die letzte gute Sicherung liegt auf „Montag“');
    expect(text).toContain('✘ Umfang ermitteln');
    expect(text).toContain('nicht erreicht');
  });

  test('of warnings: each is told', () => {
    const warned = sampleRun({
      outcome: 'warned',
      warnings: ['x'],
      warningsSaid: [sentence('warn.excludes-missing', { path: '/etc/x' })],
    });
    const text = renderStatus({ version: 1, state: 'idle', run: warned, queue: [] }, null, view('en')).join(
      '\n',
    );
    expect(text).toContain('Warning: The list of files to leave out, /etc/x, does not exist.');
  });

  test('before the first run is friendly', () => {
    const lines = renderStatus({ version: 1, state: 'idle', run: null, queue: [] }, null, view('en'));
    expect(lines.join('\n')).toBe(
      'No backup has been made yet.\n\nPlug a disk in and make it a backup disk: “plugback disks” shows how. ' +
        'To see it work without a disk: plugback demo',
    );
  });

  test('fits narrow terminals', () => {
    for (const language of languages) {
      for (const width of [50, 60, 80, 120]) {
        const lines = [
          ...renderStatus(copying(), null, view(language, width)),
          ...renderStatus(
            { version: 1, state: 'idle', run: refused(), queue: [] },
            sampleRun(),
            view(language, width),
          ),
        ];
        expect(lines.filter((line) => displayWidth(line) > width)).toEqual([]);
      }
    }
  });

  test('a hostile label drives no terminal', () => {
    const run = sampleRun({ label: '\x1b[2J\u202e' });
    const lines = renderStatus({ version: 1, state: 'idle', run, queue: [] }, null, view('en'));
    expect(lines.join('')).toContain('“\\x1b[2J\\u202e”');
    expect(lines.join('')).not.toMatch(/[\p{Cc}\u202e]/u);
  });
});

describe('history', () => {
  const runs = [refused(), sampleRun({ warnings: ['x'], outcome: 'warned' }), sampleRun({ label: null })];

  test('is a table that says why', () => {
    const lines = renderHistory(runs, createTranslator('en'), { width: null });
    expect(lines[0]).toMatch(/^Start +Disk +Result +Files +Copied +Time +Free after +Why$/);
    expect(lines[1]).toMatch(/“?Montag.* ✘ REFUSED +– +– +1 h 02 min +– +60 of 100 files/);
    expect(lines[2]).toMatch(/Montag +! warnings +1,234 +1\.5 GB +1 h 02 min +480 GB$/);
    expect(lines[3]).toMatch(/1b1f8c2e-7a4d-4c55-9f0e-2d3c4b5a6978 +✔ done/);
  });

  test('fits narrow terminals in both languages', () => {
    for (const language of languages) {
      // The UUID of a disk without a label is never cut.
      for (const width of [54, 60, 80, 100, 120]) {
        const lines = renderHistory(runs, createTranslator(language), { width });
        expect(lines.filter((line) => displayWidth(line) > width)).toEqual([]);
      }
    }
  });
});

describe('check', () => {
  const findings = collectFindings('disks', createTranslator('en'));
  findings.good('disk', 'The disk is there.');
  findings.warning('fsck', 'e2fsck is missing.', 'Install it.');
  findings.thrown('source', new PlugbackError('source-empty', { path: '/srv' }));
  findings.problem('disks', 'no-disks-enrolled', { path: '/c' });

  test('each finding has a symbol, a word and its remedy', () => {
    expect(renderArea('disks', findings.all, view('en')).slice(0, 6)).toEqual([
      'Disks',
      '  ✔ ok       The disk is there.',
      '  ! warning  e2fsck is missing.',
      '             → Install it.',
      '  ✘ ERROR    The source /srv is empty. Nothing was copied or deleted.',
      '             → Is it mounted?',
    ]);
    expect(renderArea('disks', findings.all, view('en')).at(-1)).toBe('');
    expect(renderArea('disks', [], view('en'))).toEqual([]);
  });

  test('the gravest decides the exit code; warnings do not count', () => {
    expect(exitCodeOfAll(findings.all)).toBe(78);
    const bad = (exitCode: number) => {
      const one = collectFindings('mail', createTranslator('en'));
      one.bad('x', exitCode, '');
      return one.all[0];
    };
    const all = (...codes: number[]) => exitCodeOfAll(codes.map(bad).filter((one) => one !== undefined));
    expect([all(69, 76), all(76, 77), all(77, 78, 1), all(69), all(1), all()]).toEqual([
      76, 77, 78, 69, 1, 0,
    ]);
    expect(exitCodeOfAll(findings.all.filter((one) => one.state !== 'bad'))).toBe(0);
  });

  test('the last line says whether a backup can run', () => {
    const last = (states: string[]) =>
      renderSummary(
        findings.all.filter((one) => states.includes(one.state)),
        78,
        view('en'),
      ).join(' ');
    expect(last(['good'])).toMatch(/^Everything is in order/);
    expect(last(['good', 'warning'])).toBe('A backup can run; 1 warning above.');
    expect(last(['good', 'warning', 'bad'])).toBe('2 errors above (exit code 78).');
  });

  test('fits narrow terminals', () => {
    const lines = renderArea('disks', findings.all, view('de', 50));
    expect(lines.filter((line) => displayWidth(line) > 50)).toEqual([]);
  });
});

test('colour only repeats what symbols and words say', () => {
  const colourful = createPaint({ hasColour: true });
  expect(colourful.tone('bad', 'x')).toBe('\x1b[31mx\x1b[0m');
  expect(colourful.tone('neutral', 'x')).toBe('x');
  expect(plain.strong('x') + plain.quiet('y') + plain.tone('bad', 'z')).toBe('xyz');
});
