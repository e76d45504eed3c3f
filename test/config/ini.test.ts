import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeText, encodeText } from '../../src/config/encoding.ts';
import { parseIni, splitLines } from '../../src/config/ini.ts';

/** The values of a text by section and key, as plain arrays that compare whatever the names are. */
function valuesIn(text: string): [section: string, key: string, value: string][] {
  return [...parseIni(text).sections].flatMap(([section, { values }]) =>
    [...values].map(([key, value]): [string, string, string] => [section, key, value.text]),
  );
}

/** The value of the one key in a text. */
function onlyValue(setting: string): string | undefined {
  return valuesIn(`[A]\n${setting}\n`)[0]?.[2];
}

function problemsIn(text: string): unknown[] {
  return parseIni(text).problems.map(({ section, key, line, said }) => [section, key, line, said.key]);
}

describe('the dialect of ConfigParser', () => {
  test.each([
    ['key = value', 'value'],
    ['key=value', 'value'],
    ['key: value', 'value'],
    ['key : value', 'value'],
    ['key = a = b : c', 'a = b : c'],
    ['key: a = b', 'a = b'],
    ['KEY =   wide   ', 'wide'],
    ['key =', ''],
    ['key = a ; b # c', 'a ; b # c'],
    ['key = ; nothing', '; nothing'],
    ['key = #nothing', '#nothing'],
    ['key = "in quotes"', '"in quotes"'],
    ["key = 'single'", "'single'"],
    ['key = "half', '"half'],
    ['key = back\\slash \\; \\n', 'back\\slash \\; \\n'],
    ['key = true', 'true'],
    ['key = "true"', '"true"'],
    ['key = null', 'null'],
    ['key = [list]', '[list]'],
    ['key = {"a": 1}', '{"a": 1}'],
    ['key = Büro 文 👩‍💻', 'Büro 文 👩‍💻'],
    ['key = a\u2028b', 'a\u2028b'],
    ['key = 100%', '100%'],
    ['key = 100%%', '100%'],
    ['key = %d%(', '%d%('],
    ['key = %%(key)s', '%(key)s'],
    ['key = one\n  two', 'one\ntwo'],
    ['key = one\n\ttwo\n  three', 'one\ntwo\nthree'],
    ['key = one\n  # a comment\n  two', 'one\ntwo'],
    ['key = one\n; a comment\n  two', 'one\ntwo'],
    ['key = one\n\n  two\n\n', 'one\n\ntwo'],
    ['key =\n  one', '\none'],
    ['  key = one', 'one'],
  ])('%j', (setting, value) => {
    expect(onlyValue(setting)).toBe(value);
  });

  test('an indented key is a key of its own unless it is further right than the one before', () => {
    expect(valuesIn('[A]\n  one = 1\n  two = 2\n three = 3\n')).toEqual([
      ['a', 'one', '1'],
      ['a', 'two', '2'],
      ['a', 'three', '3'],
    ]);
    expect(valuesIn('[A]\none = 1\n  two = 2\n')).toEqual([['a', 'one', '1\ntwo = 2']]);
  });

  test('names are known in any case', () => {
    const ini = parseIni('[Backup]\nBackup-Source = /srv\n');
    expect(ini.sections.get('backup')).toMatchObject({ name: 'Backup', line: 1 });
    expect(ini.sections.get('backup')?.values.get('backup-source')).toEqual({
      key: 'Backup-Source',
      line: 2,
      text: '/srv',
      wrong: null,
    });
  });

  test('names may hold what other dialects treat specially', () => {
    const text =
      '[a.b]\nx.y = 1\nlist[] = 2\n"q" = 3\n[__proto__]\n__proto__ = 4\nconstructor = 5\n[a]\n_2e_ = 6\n1 = 7\n';
    expect(valuesIn(text)).toEqual([
      ['a.b', 'x.y', '1'],
      ['a.b', 'list[]', '2'],
      ['a.b', '"q"', '3'],
      ['__proto__', '__proto__', '4'],
      ['__proto__', 'constructor', '5'],
      ['a', '_2e_', '6'],
      ['a', '1', '7'],
    ]);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(({} as { constructor: unknown }).constructor).toBe(Object);
  });

  test('text behind a heading does not count', () => {
    expect([...parseIni('[A] ; the first\n').sections.keys()]).toEqual(['a']);
  });

  test.each([
    ['\n', 3],
    ['\r\n', 3],
    ['\r', 3],
  ])('lines end with %j', (ending, count) => {
    const text = ['\ufeff[A]', 'key = 1', 'other = 2'].join(ending);
    expect(splitLines(text)).toHaveLength(count);
    expect(valuesIn(text)).toEqual([
      ['a', 'key', '1'],
      ['a', 'other', '2'],
    ]);
  });
});

describe('references', () => {
  test('are filled in from the section, then from DEFAULT', () => {
    const text = '[DEFAULT]\nlog = /var/log\nwho = default\n[A]\nwho = a\nfile = %(LOG)s/%(who)s-100%%.log\n';
    expect(valuesIn(text)).toContainEqual(['a', 'file', '/var/log/a-100%.log']);
  });

  test('in DEFAULT see the section that borrows them', () => {
    const ini = parseIni('[DEFAULT]\nfile = %(base)s/x\n[A]\nbase = /a\n[B]\n');
    expect(ini.sections.get('a')?.inherited.get('file')).toMatchObject({ text: '/a/x', wrong: null });
    expect(ini.sections.get('b')?.inherited.get('file')?.wrong?.key).toBe('config.reference-unknown');
    expect(ini.defaults.get('file')?.wrong?.key).toBe('config.reference-unknown');
  });

  test('that lead nowhere or in circles are said', () => {
    const wrong = (text: string) => parseIni(text).sections.get('a')?.values.get('key')?.wrong;
    expect(wrong('[A]\nkey = %(nix)s')).toEqual({
      key: 'config.reference-unknown',
      details: { name: 'nix' },
    });
    expect(wrong('[A]\nkey = %(key)s')?.key).toBe('config.reference-endless');
    expect(wrong('[A]\nkey = %(b)s\nb = %(key)s')?.key).toBe('config.reference-endless');
  });

  test('that multiply are no bomb', () => {
    const keys = Array.from({ length: 9 }, (_, level) => `k${level} = ${`%(k${level + 1})s`.repeat(50)}`);
    const ini = parseIni(`[A]\n${keys.join('\n')}\nk9 = x\n`);
    expect(ini.sections.get('a')?.values.get('k0')?.wrong?.key).toBe('config.reference-endless');
  });
});

describe('mistakes of form', () => {
  test('each is said with its line', () => {
    expect(problemsIn('# comment\nfirst = 1\nsecond = 2\n[A]\nkey = 1\nwhat is this\n= 3\n')).toEqual([
      [null, null, 2, 'config.no-section'],
      [null, null, 6, 'config.not-a-setting'],
      [null, null, 7, 'config.not-a-setting'],
    ]);
  });

  test('what is there twice is said with both lines, and the first counts', () => {
    const text = '[A]\nkey = 1\nKEY = 2\n[B]\nkey = 3\n[a]\nkey = 4\n';
    expect(problemsIn(text)).toEqual([
      ['A', 'KEY', 3, 'config.twice'],
      ['a', null, 6, 'config.twice'],
    ]);
    expect(parseIni(text).problems[0]?.said).toEqual({
      key: 'config.twice',
      details: { first: 2, second: 3 },
    });
    expect(valuesIn(text)).toEqual([
      ['a', 'key', '1'],
      ['b', 'key', '3'],
    ]);
  });

  test('DEFAULT may be there several times', () => {
    expect(problemsIn('[DEFAULT]\na = 1\n[X]\n[DEFAULT]\nb = 2\n')).toEqual([]);
  });

  test('some other file does not fill the screen', () => {
    expect(problemsIn(`[A]\n${'some words\n'.repeat(500)}`)).toHaveLength(20);
    expect(problemsIn('some words\n'.repeat(500))).toHaveLength(1);
  });

  test('an empty text holds nothing', () => {
    expect(parseIni('')).toEqual({ sections: new Map(), defaults: new Map(), problems: [] });
  });
});

describe('encodings', () => {
  const umlauts = 'Büro – Straße “€”';

  test('UTF-8 with and without its mark', () => {
    expect(decodeText(Buffer.from(umlauts))).toEqual({ text: umlauts, encoding: 'utf-8' });
    expect(decodeText(Buffer.from(`\ufeff${umlauts}`)).text).toBe(`\ufeff${umlauts}`);
  });

  test('the Latin-1 of Windows', () => {
    const bytes = Buffer.from([0x42, 0xfc, 0x72, 0x6f, 0x20, 0x96, 0x20, 0x80]);
    expect(decodeText(bytes)).toEqual({ text: 'Büro – €', encoding: 'windows-1252' });
  });

  test('UTF-16 by its mark', () => {
    expect(decodeText(Buffer.from('\ufeff[A]', 'utf16le'))).toEqual({
      text: '\ufeff[A]',
      encoding: 'utf-16le',
    });
  });

  test('every byte comes back as it was', () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    for (const bytes of [all, Buffer.from(umlauts), Buffer.from('\ufeffä', 'utf16le')]) {
      const { text, encoding } = decodeText(bytes);
      expect(encodeText(text, encoding).equals(bytes)).toBe(true);
    }
  });

  test('a character that Windows-1252 does not know makes the file UTF-8', () => {
    expect(encodeText('ü文', 'windows-1252')).toEqual(Buffer.from('ü文'));
  });
});

test('the seed’s file, as Windows saved it, reads as ConfigParser reads it', () => {
  const bytes = readFileSync(new URL('../fixtures/config/seed-windows.ini', import.meta.url));
  const { text, encoding } = decodeText(bytes);
  expect(encoding).toBe('windows-1252');
  // What Python 3.11’s ConfigParser gives for this file.
  expect(valuesIn(text)).toEqual([
    [
      'backup',
      'filesystem-ids-and-notification-mail-addresses',
      '0A1B2C3D-1111-2222-3333-444455556666 , Thomas.Mueller@example.com , zeineb@example.com ,  7D3F-19AC, sibylle@example.com , 01D8F2A3B4C5D6E7',
    ],
    ['backup', 'backup-source', '/srv/Sicherungen/Büro & Lager; alt #2/'],
    ['backup', 'backup-destination', '/media/asbackup/'],
    ['backup', 'backup-lockfile-path', '/asbackup.lock'],
    ['backup', 'veeam-lockfile-path', '/srv/veeam locks'],
    ['backup', 'log-file-path', '/var/log/asbackup/asbackup.log'],
    ['backup', 'rsync-log-file-path', '/var/log/asbackup/rsync.log'],
    ['backup', 'wait-for-veeam-minutes', '90'],
    ['backup', 'rsync-update-ratio-seconds', '30'],
    ['backup', 'free-space-threshold-gb', '120,5'],
    ['mail', 'to-mail-addresses-sysop', 'thomas.mueller@example.com ,\nsysop@example.com'],
    ['mail', 'from-mail-address', 'Atlantis Sicherung <atlantis@example.com>'],
    ['mail', 'cc', ''],
    ['mail', 'server', 'mail.example.com'],
    ['mail', 'port', '587'],
    ['mail', 'username', 'atlantis'],
    ['mail', 'password', '100% "geheim"; #1 = ü€'],
    ['webserver', 'webhost', '0.0.0.0'],
    ['webserver', 'webport', '5000'],
    ['veeam', 'veeam-lockfiles', '\\\\atlantis\\backup\\veeam locks'],
    ['veeam', 'wait-for-backup-minutes', '480'],
    ['debug', 'debug', 'False'],
  ]);
});
