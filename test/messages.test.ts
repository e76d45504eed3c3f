/** Every sentence in both languages: complete, tidy, and harmless whatever stands on a disk. */

import { describe, expect, test } from 'vitest';
import { type ErrorCode, type ErrorDetails, exitCodes, PlugbackError } from '../src/errors.ts';
import { de, deErrors, deObstacles } from '../src/messages/de.ts';
import { en, enErrors, enObstacles } from '../src/messages/en.ts';
import { explain } from '../src/messages/explain.ts';
import { createFormat, type Language, languages } from '../src/messages/format.ts';
import { printable } from '../src/messages/printable.ts';
import { createTranslator, type DetailsOf, type SentenceKey, sentence } from '../src/messages/translator.ts';
import { anyDetails, type Details, sampleDetails, sampleErrorDetails, samples } from './sample-details.ts';

/** What else a sentence may be given, where it has more than one shape. */
const alsoSentences: { readonly [K in SentenceKey]?: readonly DetailsOf<K>[] } = {
  'find.looking': [{ count: 1 }],
  'find.found': [{ label: null, uuid: 'AB12-34CD', device: '/dev/sdb1', sizeBytes: 999, type: 'exfat' }],
  'config.option-without-value': [{ option: '-e' }],
  'copy.progress': [{ percent: 0, bytes: 0, bytesTotal: 10, rate: 0, etaSeconds: null }],
  'copy.done': [{ files: 1, bytes: 0, deletes: 1, seconds: 0.2, rate: 0 }],
  'report.amount.done': [{ files: 0, bytes: 0 }],
  'report.copied': [{ files: 0, bytes: 0, deletes: 0 }],
  'report.disk': [{ label: null, uuid: 'AB12-34CD' }],
  'report.disk-line': [{ label: null, uuid: 'AB12-34CD' }],
  'unmount.busy': [{ holders: [] }, { holders: ['bash (4711)'] }],
  'tm.all-unchanged': [{ count: 1 }],
  'tm.kept': [{ count: 1 }],
  'tm.record-damaged': [{ path: '/mnt/copies/records_sent.dat', count: 1 }],
  'tm.versions': [{ name: 'plan.odt', count: 1 }],
  'tm.watching': [{ count: 0 }, { count: 1 }],
  'usage.unknown-command': [{ word: 'xyz', meant: null }],
  'usage.unknown-option': [{ word: '--xyz', meant: null }],
  'warn.crashed-run': [{ since: null }],
  'warn.files-vanished': [{ count: 0 }, { count: 1 }],
  'warn.filesystem-limits': (['FAT', 'exFAT', 'NTFS'] as const).flatMap((type) => [
    { type, skipped: 0, refused: 0, twins: 0, names: [] },
    { type, skipped: 1, refused: 1, twins: 2, names: ['plan: new.txt', 'README'] },
  ]),
  'mount.fsck-none': [{ type: 'ntfs' }],
  'veeam.waiting': [
    {
      locks: [{ file: '.x', who: 'Nightly', since: '2026-11-21T03:12:44.000Z' }],
      minutesLeft: 1,
      isAnnounced: true,
    },
  ],
  'warn.veeam-lock-odd': [
    { locks: [{ file: 'x', who: null, since: '2026-11-21T03:12:44.000Z' }], oddity: 'empty', until: null },
  ],
  'warn.mail-waiting': [{ count: 1, reason: 'connection refused' }],
};

/** The same for errors. */
const alsoErrors: { readonly [C in ErrorCode]?: readonly ErrorDetails[C][] } = {
  config: [{ path: '/etc/plugback/config.ini', problems: ['backup.source: is empty'], isVeeamSide: true }],
  'no-disk-attached': [{ uuids: ['AB12-34CD'] }],
  'disk-read-only': [{ device: '/dev/sdb1', writeProtected: true }],
  'already-running': [{ pid: null, since: null }],
  'source-not-mounted': [{ path: '/srv/backups', mountPoint: '/srv', known: 'last-run' }],
  'too-many-deletions': [{ deletes: 1, files: 1, percent: 100, limit: 25 }],
  'not-enough-space': [{ neededBytes: 10, freeBytes: 3, inPlaceWouldFit: false }],
  'driver-missing': [{ device: '/dev/sdb1', type: 'jfs', package: null }],
  'file-too-large': [{ type: 'FAT', count: 1, name: 'Server.vbk', bytes: 5_000_000_000 }],
  'names-not-kept': [{ type: 'NTFS', count: 1, names: ['x'] }],
  'clocks-apart': [{ name: 'nas2', seconds: 8e8, limitSeconds: 60, shows: '2001-07-17T12:00:00.000Z' }],
  'job-failed': [1, 10, 11, 12, 20, 23, 24, 25, 30, 255].map((exitCode) => ({
    job: 'papers',
    kind: 'rsync',
    exitCode,
    count: 2,
  })),
  'copy-failed': [{ exitCode: null, meaning: 'killed', lines: [] }],
  'copies-folder-full': [null, 'film.mkv'].map((name) => ({
    path: '/mnt/copies/',
    reason: 'ENOSPC',
    name,
    count: name === null ? 0 : 12,
  })),
  'no-such-version': [{ name: '/home/anna/plan.odt', count: 1, at: '2026-11-21 03:12:44.174276' }],
  'restore-not-kept': [{ name: 'plan.odt', path: '/mnt/copies/', reason: 'EROFS', isFull: false }],
  'unmount-failed': [{ mountPoint: '/media/backup', holders: [] }],
  'cannot-enroll': Object.keys(enObstacles).map((reason) => ({
    device: '/dev/sdb1',
    reason: reason as keyof typeof enObstacles,
  })),
  interrupted: [{ signal: 'SIGINT' }],
  'veeam-interrupted': [{ signal: 'SIGINT', job: 'Nightly', path: null, until: null }],
  'veeam-lock-not-written': (['full', 'missing', 'other'] as const).map((hindrance) => ({
    path: '/locks',
    reason: 'it is read-only',
    hindrance,
  })),
  'veeam-lock-not-removed': [{ path: '/locks', reason: 'it does not exist', hindrance: 'missing' }],
};

/** Sentences without a word of their own, which are the same in both languages. */
const wordless: readonly string[] = ['report.step', 'enroll.mail', 'tm.entry', 'nightshift.computer-online'];

const sentenceKeys = Object.keys(en) as SentenceKey[];
const errorCodes = [...Object.keys(exitCodes), 'interrupted', 'veeam-interrupted'] as ErrorCode[];

test('every detail has a sample in sample-details.ts', () => {
  // The union of all their types is too much for the compiler.
  const templates = [en, enErrors].flatMap((catalogue: object) => Object.values(catalogue).map(String));
  const names = templates.flatMap((template) => [...template.matchAll(/\bd\.(\w+)/g)]);
  const asked = new Set(names.map((match) => match[1] ?? ''));
  expect([...asked].filter((name) => !Object.hasOwn(samples, name))).toEqual([]);
});

describe.each(languages)('in the language %s', (language) => {
  const { say, problem } = untyped(language);

  test('every sentence is tidy in each of its shapes', () => {
    const texts = sentenceKeys.flatMap((key) =>
      [sampleDetails(key), ...(alsoSentences[key] ?? [])].map((details) => ({
        key,
        text: say(key, details),
      })),
    );
    expect(texts.filter(({ text }) => !isTidy(text, language))).toEqual([]);
  });

  test('every error has a tidy problem, a whole sentence, and a tidy remedy', () => {
    const texts = errorCodes.flatMap((code) =>
      [sampleErrorDetails(code), ...(alsoErrors[code] ?? [])].map((details) => problem(code, details)),
    );
    expect(texts.filter((text) => !isTidy(text.problem, language) || !isTidy(text.remedy, language))).toEqual(
      [],
    );
  });

  test('nothing from outside can drive a terminal, break a line or turn the text round', () => {
    const details = anyDetails(hostile);
    const texts = [
      ...sentenceKeys.map((key) => say(key, details)),
      ...errorCodes.flatMap((code) => Object.values(problem(code, details))),
    ];
    const dangerous = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
    expect(texts.filter((text) => dangerous.test(text))).toEqual([]);
    expect(texts.filter((text) => text.includes('\\x1b[31m')).length).toBeGreaterThan(20);
  });
});

describe('the two languages', () => {
  test('have the same sentences', () => {
    expect(Object.keys(de).toSorted()).toEqual(Object.keys(en).toSorted());
    expect(Object.keys(deErrors).toSorted()).toEqual(Object.keys(enErrors).toSorted());
    expect(Object.keys(deObstacles).toSorted()).toEqual(Object.keys(enObstacles).toSorted());
  });

  test('tell the same details, in other words', () => {
    const telling = [
      ...sentenceKeys.map((key) => ({
        name: key,
        words: (language: Language, details: Details) =>
          untyped(language).say(key, sampleDetails(key, details)),
      })),
      ...errorCodes.map((code) => ({
        name: code,
        words: (language: Language, details: Details) =>
          Object.values(untyped(language).problem(code, sampleErrorDetails(code, details))).join(' '),
      })),
    ];
    for (const { name, words } of telling) {
      const english = told((details) => words('en', details));
      const german = told((details) => words('de', details));
      expect({ name, details: german.details }).toEqual({ name, details: english.details });
      if (!wordless.includes(name))
        expect({ name, text: german.text }).not.toEqual({ name, text: english.text });
    }
  });
});

describe('the translator', () => {
  test('says a kept sentence again in another language', () => {
    const kept = JSON.parse(JSON.stringify(sentence('run.done', { seconds: 65 })));
    expect(createTranslator('en').sayAgain(kept)).toBe('Backup complete after 1 min.');
    expect(createTranslator('de').sayAgain(kept)).toBe('Sicherung vollständig nach 1 min.');
  });

  test('shows the key of a sentence that it does not know', () => {
    const newer = JSON.parse('{ "key": "later.invented", "details": {} }');
    expect(createTranslator('en').sayAgain(newer)).toBe('later.invented');
  });

  test('tells an error with its remedy and exit code', () => {
    expect(createTranslator('en').tell(new PlugbackError('source-empty', { path: '/srv' }))).toEqual({
      code: 'source-empty',
      details: { path: '/srv' },
      exitCode: 76,
      problem: 'The source /srv is empty. Nothing was copied or deleted.',
      remedy: 'Is it mounted?',
      message: 'The source /srv is empty. Nothing was copied or deleted. Is it mounted?',
    });
  });

  test('explains an error of the library as the command would', () => {
    const error = new PlugbackError('mirror-source-empty', { path: '/srv' });
    expect(explain(error)).toBe(createTranslator('en').tell(error).message);
    expect(explain(error, 'de')).toContain('Die Quelle /srv ist leer.');
    expect(explain('a string')).toContain('a string');
  });

  test('tells what nobody foresaw without its stack', () => {
    const told = createTranslator('de').tell(new TypeError('x is not a function\n    at y'));
    expect(told.code).toBe('unexpected');
    expect(told.exitCode).toBe(1);
    expect(told.message).toContain('x is not a function\\x0a');
  });

  test.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('a stop by %s ends with %d', (signal, exitCode) => {
    expect(createTranslator('en').tell(new PlugbackError('interrupted', { signal })).exitCode).toBe(exitCode);
  });
});

describe('printable', () => {
  test.each([
    ['Büro 3 – “Straße” 文件 👩‍💻', 'Büro 3 – “Straße” 文件 👩‍💻'],
    ['\x1b[2J', '\\x1b[2J'],
    ['a\r\nBcc: b', 'a\\x0d\\x0aBcc: b'],
    ['gnp\u202eexe', 'gnp\\u202eexe'],
    ['\ud800', '\\ud800'],
    ['\u0085\u2028', '\\x85\\u2028'],
  ])('%j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });
});

describe('numbers, sizes and times', () => {
  const english = createFormat('en');
  const german = createFormat('de');

  test.each([
    [0, '0 bytes', '0 Bytes'],
    [1, '1 byte', '1 Byte'],
    [999, '999 bytes', '999 Bytes'],
    [1000, '1 kB', '1 kB'],
    [1500, '1.5 kB', '1,5 kB'],
    [999_499, '999 kB', '999 kB'],
    [999_500, '1 MB', '1 MB'],
    [12_345_678, '12.3 MB', '12,3 MB'],
    [300_000_000, '300 MB', '300 MB'],
    [2_000_398_934_016, '2 TB', '2 TB'],
    [7.5e15, '7.5 PB', '7,5 PB'],
    [4e18, '4,000 PB', '4.000 PB'],
  ])('%d bytes', (bytes, inEnglish, inGerman) => {
    expect(english.bytes(bytes)).toBe(inEnglish);
    expect(german.bytes(bytes)).toBe(inGerman);
    expect(german.rate(bytes)).toBe(`${inGerman}/s`);
  });

  test.each([
    [-1, '0 s'],
    [0.4, '0 s'],
    [59.4, '59 s'],
    [59.6, '1 min'],
    [90, '2 min'],
    [3569, '59 min'],
    [3599, '1 h 00 min'],
    [3600, '1 h 00 min'],
    [7500, '2 h 05 min'],
    [100_000, '27 h 47 min'],
  ])('%d seconds', (seconds, text) => {
    expect(english.duration(seconds)).toBe(text);
    expect(german.duration(seconds)).toBe(text);
  });

  test('counts', () => {
    expect(english.count(1_234_567)).toBe('1,234,567');
    expect(german.count(1_234_567)).toBe('1.234.567');
  });

  test.each([
    [0, '0%', '0 %'],
    [12.34, '12.3%', '12,3 %'],
    [100, '100%', '100 %'],
  ])('%d percent', (percent, inEnglish, inGerman) => {
    expect(english.percent(percent)).toBe(inEnglish);
    expect(german.percent(percent)).toBe(inGerman);
  });

  test('lists', () => {
    expect(english.list([])).toBe('');
    expect(english.list(['a'])).toBe('a');
    expect(english.list(['a', 'b', 'c'])).toBe('a, b and c');
    expect(german.list(['a', 'b', 'c'])).toBe('a, b und c');
  });

  test('times are of this machine’s time zone', () => {
    const time = new Date(2026, 10, 21, 3, 12, 44).toISOString();
    expect(english.dateTime(time)).toBe('21 Nov 2026, 03:12');
    expect(german.dateTime(time)).toBe('21.11.2026, 03:12');
  });

  test('a time that is none is shown as it is', () => {
    expect(english.dateTime('yesterday')).toBe('yesterday');
  });
});

/** The translator for details whose types the compiler cannot follow through a loop. */
function untyped(language: Language): {
  say: (key: SentenceKey, details: unknown) => string;
  problem: (code: ErrorCode, details: unknown) => { problem: string; remedy: string };
} {
  const { sayAgain, problem } = createTranslator(language);
  return {
    say: (key, details) => sayAgain({ key, details } as Parameters<typeof sayAgain>[0]),
    problem: (code, details) => problem(code, details as ErrorDetails[ErrorCode]),
  };
}

/** What a malicious label or file name could hold, in place of every string. */
function hostile(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hostile);
  return typeof value === 'string' ? '\x1b[31m\r\nBcc: x\u202e\u2028\u0007\u009b' : value;
}

/** A text, and the names of the details that went into it. */
function told(words: (details: Details) => string): { details: string[]; text: string } {
  const names = new Set<string>();
  const text = words(anyDetails(undefined, names));
  return { details: [...names].toSorted(), text };
}

/** No gap where a detail should be, no stray blank, and quotation marks of this language only, in pairs. */
function isTidy(text: string, language: Language): boolean {
  const [opening, closing, foreign] = language === 'de' ? ['„', '“', '”'] : ['“', '”', '„'];
  return (
    text !== '' &&
    !/undefined|\bnull\b|NaN|\[object|Invalid Date|=>/.test(text) &&
    !/ {2}|^ | $| [.,;:!?)](?!\w|\/)/.test(text) &&
    text.split(opening).length === text.split(closing).length &&
    !text.includes(foreign)
  );
}
