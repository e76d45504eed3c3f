import { describe, expect, test } from 'vitest';
import { configLetter, endLetter, recipients, startLetter } from '../../src/backup/report.ts';
import { type ErrorCode, type ErrorDetails, exitCodeOf } from '../../src/errors.ts';
import { type Language, languages } from '../../src/messages/format.ts';
import { createTranslator, sentence } from '../../src/messages/translator.ts';
import type { RunDocument } from '../../src/status/types.ts';
import { sampleConfig, sampleRun, uuid } from './samples.ts';

function context(language: Language = 'en', config = sampleConfig()) {
  return { config, translator: createTranslator(language), host: 'atlantis' };
}

function end(run: RunDocument, language: Language = 'en') {
  return endLetter(run, context(language), []);
}

function failed<C extends ErrorCode>(
  code: C,
  details: ErrorDetails[C],
  changes: Partial<RunDocument> = {},
): RunDocument {
  const exitCode = exitCodeOf(code, details);
  return sampleRun({
    outcome: exitCode === 76 ? 'refused' : 'failed',
    error: { code, details, exitCode, message: '' },
    ...changes,
  });
}

const partly = {
  ...sampleRun().progress,
  phase: 'copying',
  bytes: 500_000_000,
  files: 400,
} as RunDocument['progress'];
const warning = sentence('warn.free-space-low', {
  freeBytes: 12_000_000_000,
  thresholdBytes: 50_000_000_000,
});

function warned(count: number): RunDocument {
  return sampleRun({
    outcome: 'warned',
    warnings: Array.from({ length: count }, (_, index) => `warning ${index + 1}`),
    warningsSaid: Array.from({ length: count }, () => warning),
  });
}

const killed = failed('copy-failed', { exitCode: 20, meaning: 'killed', lines: [] }, { progress: partly });
const stuck = failed(
  'unmount-failed',
  { mountPoint: '/media/plugback', holders: ['bash (42)'] },
  { unplug: false },
);
const empty = failed('source-empty', { path: '/srv/backups/' }, { progress: null, uuid: null, label: null });
const deletions = failed(
  'too-many-deletions',
  { deletes: 600, files: 1000, percent: 60, limit: 25 },
  { progress: null },
);

const subjects: [what: string, run: RunDocument, subjects: Record<Language, string>][] = [
  [
    'done',
    sampleRun(),
    {
      en: 'Backup done: disk “Montag”, 1.5 GB in 1,234 files – you can unplug it (atlantis)',
      de: 'Sicherung fertig: Platte „Montag“, 1,5 GB in 1.234 Dateien – kann abgezogen werden (atlantis)',
    },
  ],
  [
    'done, nothing new, a disk without a label',
    sampleRun({ label: null, progress: null }),
    {
      en: `Backup done: disk ${uuid}, nothing new to copy – you can unplug it (atlantis)`,
      de: `Sicherung fertig: Platte ${uuid}, nichts Neues zu kopieren – kann abgezogen werden (atlantis)`,
    },
  ],
  [
    'done with warnings',
    warned(2),
    {
      en: 'Backup done with warnings: disk “Montag”, 1.5 GB in 1,234 files – you can unplug it (atlantis)',
      de: 'Sicherung fertig, mit Warnungen: Platte „Montag“, 1,5 GB in 1.234 Dateien – kann abgezogen werden (atlantis)',
    },
  ],
  [
    'failed in the middle',
    killed,
    {
      en: 'Backup FAILED: disk “Montag”, only 500 MB of 1.5 GB copied – you can unplug it (atlantis)',
      de: 'Sicherung FEHLGESCHLAGEN: Platte „Montag“, nur 500 MB von 1,5 GB kopiert – kann abgezogen werden (atlantis)',
    },
  ],
  [
    'failed after everything was copied, and still mounted',
    stuck,
    {
      en: 'Backup FAILED: disk “Montag”, 1.5 GB in 1,234 files – do NOT unplug it (atlantis)',
      de: 'Sicherung FEHLGESCHLAGEN: Platte „Montag“, 1,5 GB in 1.234 Dateien – NICHT abziehen (atlantis)',
    },
  ],
  [
    'refused',
    deletions,
    {
      en: 'Backup REFUSED: disk “Montag”, nothing was copied – you can unplug it (atlantis)',
      de: 'Sicherung ABGELEHNT: Platte „Montag“, nichts kopiert – kann abgezogen werden (atlantis)',
    },
  ],
  [
    'refused before there was a disk',
    empty,
    {
      en: 'Backup REFUSED: no disk, nothing was copied – nothing to unplug (atlantis)',
      de: 'Sicherung ABGELEHNT: keine Platte, nichts kopiert – nichts abzuziehen (atlantis)',
    },
  ],
];

describe('the subject of the last mail alone tells', () => {
  test.each(subjects)('%s', (_what, run, expected) => {
    expect({ en: end(run, 'en').subject, de: end(run, 'de').subject }).toEqual(expected);
  });

  test('a label that would break the header or drive a terminal does not', () => {
    const { subject } = end(sampleRun({ label: 'Montag\r\nBcc: x@evil.example\x1b[31m\u202e' }));
    expect(subject).toContain('Montag\\x0d\\x0aBcc: x@evil.example\\x1b[31m\\u202e');
    expect(subject).not.toMatch(/[\r\n\x1b\u202e]/);
  });
});

describe('the text on success', () => {
  test('what was copied, how long it took, what is free, which disk, from where', () => {
    expect(end(sampleRun()).text).toEqual([
      'The backup on the disk “Montag” is complete. You can unplug the disk.',
      '',
      'Copied: 1,234 files, 1.5 GB; deleted: 12',
      expect.stringMatching(/^Started: .* on atlantis, took 1 h 02 min$/),
      'Free on the disk: 480 GB of 2 TB',
      `Disk: “Montag”, UUID ${uuid}`,
      'Source: /srv/backups/',
    ]);
  });

  test('nothing was to be copied', () => {
    const { text } = end(sampleRun({ progress: null, estimate: { files: 0, bytes: 0, deletes: 0 } }));
    expect(text[2]).toBe('Copied: nothing, the disk was up to date');
  });

  test.each(languages)('at most 10 lines, however many warnings there are (%s)', (language) => {
    for (let count = 0; count <= 30; count += 1) {
      const { text } = end(warned(count), language);
      expect(text.length, `${count} warnings`).toBeLessThanOrEqual(10);
    }
  });

  test('as many warnings as there is room for, then how many are left', () => {
    expect(end(warned(3)).text.slice(7)).toEqual([
      'Warning: warning 1',
      'Warning: warning 2',
      'Warning: warning 3',
    ]);
    expect(end(warned(20)).text.slice(7)).toEqual([
      'Warning: warning 1',
      'Warning: warning 2',
      '18 more warnings are in the attached log.',
    ]);
  });
});

describe('the text on failure', () => {
  test('what happened, what to do, whether it can be unplugged, and how far each step came', () => {
    const run = failed(
      'disk-gone',
      { device: '/dev/sdb1', phase: 'copying' },
      { progress: partly, ...warnings(1) },
    );
    for (const step of run.steps) {
      if (step.name === 'copy') step.state = 'failed';
      if (step.name === 'free-space') step.state = 'skipped';
      if (step.name === 'mount') step.state = 'warned';
    }
    expect(end(run).text).toEqual([
      'The backup is NOT complete (disk “Montag”).',
      '',
      'What happened: The disk /dev/sdb1 was pulled out while copying.',
      'What to do: Plug it in again: the backup starts by itself and goes on where it was.',
      'The disk was pulled out; this machine holds nothing of it any more.',
      '',
      expect.stringMatching(/^Started: .* on atlantis, took 1 h 02 min$/),
      'Free on the disk: 480 GB of 2 TB',
      `Disk: “Montag”, UUID ${uuid}`,
      'Source: /srv/backups/',
      '',
      expect.stringMatching(/^Warning: Only 12 GB are free on the disk, less than the 50 GB you asked for\./),
      '',
      'Find the disk: done',
      'Wait for Veeam: done',
      'Mount the disk: done, with a warning',
      'Lock the disk: done',
      'Estimate the copy: done',
      'Copy: FAILED',
      'Unlock the disk: done',
      'Look at the free space: not reached',
      'Flush and unmount the disk: done',
    ]);
  });

  function warnings(count: number): Partial<RunDocument> {
    const { warnings: texts, warningsSaid } = warned(count);
    return { warnings: texts, warningsSaid };
  }

  test('a disk that is still mounted must not be unplugged', () => {
    expect(end(stuck).text).toContain('The disk may still be in use. Do NOT unplug it.');
    expect(end(stuck, 'de').text).toContain(
      'Die Platte ist möglicherweise noch in Gebrauch. Bitte NICHT abziehen.',
    );
  });

  test('refused: to protect the data, with what to type if it is meant', () => {
    const text = end(deletions).text.join('\n');
    expect(text).toContain('The backup was refused to protect your data (disk “Montag”).');
    expect(text).toContain('600 of 1,000 files on the disk (60%) would be deleted');
    expect(text).toContain('plugback run --allow-deletes');
  });

  test('no disk: none is named', () => {
    const { text } = end(empty);
    expect(text[0]).toBe('The backup was refused to protect your data (no disk).');
    expect(text.join('\n')).not.toContain('UUID');
  });

  test('no line says that it is complete', () => {
    for (const language of languages) {
      for (const run of [killed, stuck, deletions, empty]) {
        const { text, subject } = end(run, language);
        expect(`${subject}\n${text.join('\n')}`).not.toMatch(
          /is complete|ist fertig|Backup done|Sicherung fertig/,
        );
      }
    }
  });
});

test('the tone: good, warning, bad, neutral', () => {
  expect([sampleRun(), warned(1), killed, deletions].map((run) => end(run).tone)).toEqual([
    'good',
    'warning',
    'bad',
    'bad',
  ]);
  expect(startLetter(sampleRun(), context()).tone).toBe('neutral');
});

test('the first mail says that it must stay plugged in', () => {
  const letter = startLetter(sampleRun({ finishedAt: null }), context());
  expect(letter.subject).toBe('Backup started: “Montag” – please leave it plugged in (atlantis)');
  expect(letter.text).toEqual([
    'The backup on the disk “Montag” has started. Please leave the disk plugged in.',
    '',
    'Source: /srv/backups/',
    expect.stringMatching(/^Started: .* on atlantis$/),
    'A second mail follows when the disk can be unplugged.',
  ]);
  expect(letter.attachments).toEqual([]);
  const german = startLetter(sampleRun({ finishedAt: null }), context('de')).subject;
  expect(german).toBe('Sicherung gestartet: „Montag“ – bitte angesteckt lassen (atlantis)');
});

describe('who gets it', () => {
  const config = sampleConfig();

  test('the sysops always, the disk’s own addresses, and cc', () => {
    expect(recipients(uuid.toUpperCase(), config)).toEqual({
      to: ['admin@office.example', 'root', 'anna@office.example'],
      cc: ['boss@office.example'],
    });
  });

  test('no disk, or one that is not in the list: the sysops', () => {
    for (const unknown of [null, '0000-0000']) {
      expect(recipients(unknown, config)).toEqual({
        to: ['admin@office.example', 'root'],
        cc: ['boss@office.example'],
      });
    }
  });

  test('attachments travel with the last mail', () => {
    const log = { name: 'plugback.log', path: '/var/lib/plugback/runs/1.log' };
    expect(endLetter(sampleRun(), context(), [log]).attachments).toEqual([log]);
  });
});

test('a broken configuration is told with all of its mistakes', () => {
  const problems = ['BACKUP.fsck: is wrong', 'MAIL.port: is wrong'];
  const letter = configLetter(
    { path: '/etc/plugback/config.ini', problems },
    { mail: sampleConfig().mail, translator: createTranslator('en'), host: 'atlantis' },
  );
  expect(letter.subject).toBe('Backup NOT started: 2 mistakes in the configuration (atlantis)');
  expect(letter.text).toEqual(expect.arrayContaining(problems));
  expect(letter.to).toEqual(['admin@office.example', 'root']);
});

test.each([
  [
    'veeam-busy',
    { minutes: 60, locks: [{ file: 'a.lock', who: null, since: '2026-11-21T03:05:00.000Z' }] },
    {},
  ],
  ['already-running', { pid: 1, since: null }, { unplug: false }],
] as const)('%s is told as “not now”, never as a failure', (code, details, changes) => {
  const letter = end(failed(code, details, changes));
  expect(letter.subject).toMatch(/^Backup not made this time: /);
  expect(letter.text[0]).toMatch(/^No backup was made this time/);
  expect(end(failed(code, details, changes), 'de').subject).toMatch(/^Diesmal keine Sicherung: /);
});
