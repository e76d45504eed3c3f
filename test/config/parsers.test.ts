import { describe, expect, test } from 'vitest';
import * as parsers from '../../src/config/parsers.ts';
import { argumentProblem, splitArguments } from '../../src/config/rsync-options.ts';

/** The value, or the keys of the sentences about what is wrong. */
function read<T>(parser: parsers.Parser<T>, text: string, platform: parsers.Platform = 'posix'): unknown {
  const parsed = parser(text, platform);
  return 'value' in parsed ? parsed.value : parsed.problems.map((problem) => problem.key);
}

describe('paths', () => {
  test.each([
    ['/media/plugback', '/media/plugback'],
    ['/media//plugback/', '/media/plugback'],
    ['/media/./a/../plugback', '/media/plugback'],
    ['/', '/'],
    ['/with blanks/Büro;#', '/with blanks/Büro;#'],
    ['media/plugback', ['config.not-a-path']],
    ['~/backup', ['config.not-a-path']],
    ['nas:/srv', ['config.not-a-path']],
    ['"/media/plugback"', ['config.quoted-path']],
    ['C:\\backup', ['config.not-a-path']],
    ['/a\tb', ['config.control-character']],
    ['/a\x1b[31m', ['config.control-character']],
  ])('a folder %j', (text, value) => {
    expect(read(parsers.folderPath, text)).toEqual(value);
  });

  test('the source stays as typed, with or without the slash', () => {
    expect(read(parsers.sourcePath, '/srv/backups/')).toBe('/srv/backups/');
    expect(read(parsers.sourcePath, '/srv/backups')).toBe('/srv/backups');
  });

  test('a file is not a folder', () => {
    expect(read(parsers.filePath, '/var/log/x.log')).toBe('/var/log/x.log');
    expect(read(parsers.filePath, '/var/log/')).toEqual(['config.folder-not-file']);
  });

  test.each(['C:\\locks', 'c:/locks', '\\\\server\\backup\\locks'])('Windows paths: %s', (text) => {
    expect(read(parsers.folderPath, text)).toEqual(['config.not-a-path']);
    expect(read(parsers.folderPath, text, 'win32')).toBe(text);
    expect(read(parsers.veeamFolder, text)).toBe(text);
  });

  test('a Windows file is not a folder either', () => {
    expect(read(parsers.veeamFile, 'C:\\locks\\')).toEqual(['config.folder-not-file']);
  });

  test.each([
    ['.plugback.lock', '.plugback.lock'],
    ['/asbackup.lock', 'asbackup.lock'],
    ['./locks//a.lock', 'locks/a.lock'],
    ['..', ['config.not-below']],
    ['../a.lock', ['config.not-below']],
    ['a/../../b', ['config.not-below']],
    ['/', ['config.not-below']],
    ['locks/', ['config.not-below']],
    ['a..b', 'a..b'],
  ])('below the disk %j', (text, value) => {
    expect(read(parsers.pathBelow, text)).toEqual(value);
  });
});

describe('what is kept', () => {
  test.each([
    ['7,30,26', { days: 7, daily: 30, weekly: 26, monthly: null }],
    [' 1, 2, 3, 4 ', { days: 1, daily: 2, weekly: 3, monthly: 4 }],
    ['14', { days: 14, daily: 30, weekly: 26, monthly: null }],
    ['', ['config.not-keep']],
    ['a', ['config.not-keep']],
    ['-1', ['config.not-keep']],
    ['1,2,3,4,5', ['config.not-keep']],
  ])('%j', (text, value) => {
    expect(read(parsers.keep, text)).toEqual(value);
  });
});

describe('numbers', () => {
  const minutes = parsers.wholeNumber(0, 480);

  test.each([
    ['0', 0],
    ['480', 480],
    ['+60', 60],
    ['007', 7],
    ['481', ['config.out-of-range']],
    ['-1', ['config.out-of-range']],
    ['60 min', ['config.not-a-whole-number']],
    ['1.5', ['config.not-a-whole-number']],
    ['1e2', ['config.not-a-whole-number']],
    ['0x10', ['config.not-a-whole-number']],
    ['sixty', ['config.not-a-whole-number']],
    ['99999999999999999999999', ['config.out-of-range']],
  ])('whole: %j', (text, value) => {
    expect(read(minutes, text)).toEqual(value);
  });

  test.each([
    ['50', 50],
    ['0.5', 0.5],
    ['0,5', 0.5],
    ['120,25', 120.25],
    ['0.125', 0.125],
    ['1.5', 1.5],
    ['1000', 1000],
    ['1.000', ['config.ambiguous-number']],
    ['1,000', ['config.ambiguous-number']],
    ['1.000.000', ['config.ambiguous-number']],
    ['1.000,5', ['config.not-a-number']],
    ['-5', ['config.not-a-number']],
    ['50 GB', ['config.not-a-number']],
    ['.5', ['config.not-a-number']],
    ['2000000', ['config.out-of-range']],
  ])('decimal: %j', (text, value) => {
    expect(read(parsers.decimalNumber(1_000_000), text)).toEqual(value);
  });
});

describe('words', () => {
  test.each(['yes', 'YES', 'on', 'True', '1', 'ja'])('%s is yes', (text) => {
    expect(read(parsers.yesOrNo, text)).toBe(true);
  });
  test.each(['no', 'Off', 'FALSE', '0', 'nein'])('%s is no', (text) => {
    expect(read(parsers.yesOrNo, text)).toBe(false);
  });
  test.each(['maybe', '2', 'y', 'yes!'])('%s is neither', (text) => {
    expect(read(parsers.yesOrNo, text)).toEqual(['config.not-yes-or-no']);
  });
  test('one of a choice, in any case', () => {
    expect(read(parsers.choice('tls', 'none'), 'TLS')).toBe('tls');
    expect(parsers.choice('tls', 'none')('ssl', 'posix')).toEqual({
      problems: [{ key: 'config.not-a-choice', details: { value: 'ssl', choices: ['tls', 'none'] } }],
    });
  });
});

describe('hosts', () => {
  test.each([
    ['mail.example.com', 'mail.example.com'],
    ['mail.büro.example', 'mail.büro.example'],
    ['localhost', 'localhost'],
    ['192.0.2.7', '192.0.2.7'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['mail.example.com:587', ['config.host-with-port']],
    ['[::1]:25', ['config.host-with-port']],
    ['smtp://mail.example.com', ['config.not-a-host']],
    ['mail example', ['config.not-a-host']],
    ['-oProxy', ['config.not-a-host']],
    ['a\nb', ['config.not-a-host']],
  ])('%j', (text, value) => {
    expect(read(parsers.host('port'), text)).toEqual(value);
  });
});

describe('mail addresses', () => {
  test.each([
    'a@b',
    'root@localhost',
    'Thomas.Müller@büro.example',
    "o'neil+backup@sub.example.com",
    '100%@example.com',
  ])('%s is one', (text) => {
    expect(parsers.isMailAddress(text)).toBe(true);
  });
  test.each([
    'a',
    '@b',
    'a@',
    'a@b@c',
    'a b@c',
    'a@b c',
    'a@b\r\nBcc: x@y',
    'a@b\u0000',
    '<a@b>',
    '"a"@b',
    'a,b@c',
    'a..b@c',
    'a@-b',
    'a@b.',
    `${'a'.repeat(250)}@b.cd`,
  ])('%j is none', (text) => {
    expect(parsers.isMailAddress(text)).toBe(false);
  });

  test('a list has blanks, line breaks and too many commas between them', () => {
    expect(read(parsers.mailAddresses, ' a@b ,c@d;e@f ,,\n g@h,')).toEqual(['a@b', 'c@d', 'e@f', 'g@h']);
    expect(read(parsers.mailAddresses, '')).toEqual([]);
    expect(read(parsers.mailAddresses, 'a@b, A@B')).toEqual(['a@b']);
  });

  test('every wrong one of a list is named', () => {
    expect(parsers.mailAddresses('a@b, nobody, c@, d@e', 'posix')).toEqual({
      problems: ['nobody', 'c@'].map((value) => ({ key: 'config.not-a-mail-address', details: { value } })),
    });
  });

  test.each([
    ['backup@example.com', 'backup@example.com'],
    ['Backup <backup@example.com>', '"Backup" <backup@example.com>'],
    ['"Büro, hinten" <b@c>', '"Büro, hinten" <b@c>'],
    ['<b@c>', 'b@c'],
    ['Backup backup@example.com', ['config.not-a-mail-address']],
    ['a@b, c@d', ['config.not-a-mail-address']],
    ['x <a@b> <c@d>', ['config.not-a-mail-address']],
    ['x\nBcc: y <a@b>', ['config.control-character']],
  ])('the sender %j', (text, value) => {
    expect(read(parsers.sender, text)).toEqual(value);
  });
});

describe('the list of disks', () => {
  const one = '0a1b2c3d-1111-2222-3333-444455556666';

  test('UUIDs, each with its addresses', () => {
    expect(read(parsers.disks, `${one} , a@b, c@d,7D3F-19AC,01D8F2A3B4C5D6E7 ,e@f, E@F`)).toEqual([
      { uuid: one, mailAddresses: ['a@b', 'c@d'] },
      { uuid: '7D3F-19AC', mailAddresses: [] },
      { uuid: '01D8F2A3B4C5D6E7', mailAddresses: ['e@f'] },
    ]);
  });

  test('may be empty', () => {
    expect(read(parsers.disks, '')).toEqual([]);
    expect(read(parsers.disks, ' , ,\n')).toEqual([]);
  });

  test.each([
    [`a@b, ${one}`, ['config.mail-before-disk']],
    ['/dev/sdb1, a@b', ['config.not-a-uuid']],
    ['abc', ['config.not-a-uuid']],
    [`${one}0`, ['config.not-a-uuid']],
    ['-abc-', ['config.not-a-uuid']],
    ['GHIJ-1234', ['config.not-a-uuid']],
    [`${one}, ${one.toUpperCase()}`, ['config.uuid-twice']],
    [`${one}, a@@b`, ['config.not-a-mail-address']],
    ['a@b, nix, c@', ['config.mail-before-disk', 'config.not-a-uuid', 'config.not-a-mail-address']],
  ])('%j', (text, problems) => {
    expect(read(parsers.disks, text)).toEqual(problems);
  });

  test('a value is quoted in part only', () => {
    const parsed = parsers.disks('x'.repeat(500), 'posix');
    expect(JSON.stringify(parsed)).toContain(`"${'x'.repeat(80)}…"`);
  });
});

describe('options for rsync', () => {
  test.each([
    ['', []],
    ['  -z   --bwlimit=50M ', ['-z', '--bwlimit=50M']],
    ['--exclude="a b" \'--exclude=c d\'', ['--exclude=a b', '--exclude=c d']],
    ['-z\n--whole-file', ['-z', '--whole-file']],
    ['--suffix=""', ['--suffix=']],
    ['""', ['']],
    ['--exclude="a\'b"', ["--exclude=a'b"]],
    ['--exclude="a', null],
    ["it's", null],
  ])('split %j', (text, value) => {
    expect(splitArguments(text)).toEqual(value);
  });

  test.each([
    '--inplace',
    '-z',
    '-W',
    '-zWy',
    '--bwlimit=50M',
    '--delete-excluded',
    '--exclude=*.tmp',
    '--exclude=clear.txt',
    '--filter=- *.tmp',
    '-f- *.tmp',
    '-T.tmp',
    '-@2',
    '-B=4096',
    '--backup',
    '--backup-dir=.old',
    '--partial-dir=.part/x',
    '--checksum',
    '--one-file-system',
    '-x',
    '--no-perms',
    '--no-H',
    '--timeout=600',
    '--fuzzy',
    '--chmod=u+rw',
    '--an-option-of-tomorrow',
  ])('%s may be there', (argument) => {
    expect(argumentProblem(argument)).toBeNull();
  });

  test.each([
    ['--dry-run', 'config.option-rehearsal'],
    ['-n', 'config.option-rehearsal'],
    ['-zvn', 'config.option-output'],
    ['-zn', 'config.option-rehearsal'],
    ['--list-only', 'config.option-rehearsal'],
    ['--only-write-batch=x', 'config.option-rehearsal'],
    ['-V', 'config.option-rehearsal'],
    ['--remove-source-files', 'config.option-source'],
    ['--remove-sent-files', 'config.option-source'],
    ['--ignore-errors', 'config.option-source'],
    ['-K', 'config.option-source'],
    ['--write-devices', 'config.option-source'],
    ['--insecure-links', 'config.option-source'],
    ['--daemon', 'config.option-elsewhere'],
    ['--server', 'config.option-elsewhere'],
    ['-e', 'config.option-elsewhere'],
    ['-essh', 'config.option-elsewhere'],
    ['--rsh=ssh', 'config.option-elsewhere'],
    ['--rsync-path=x', 'config.option-elsewhere'],
    ['-M--x', 'config.option-elsewhere'],
    ['--files-from=x', 'config.option-selection'],
    ['--from0', 'config.option-selection'],
    ['-0', 'config.option-selection'],
    ['-R', 'config.option-selection'],
    ['--no-r', 'config.option-selection'],
    ['--compare-dest=x', 'config.option-selection'],
    ['--exclude-from=/x', 'config.option-selection'],
    ['--include-from=/x', 'config.option-selection'],
    ['-C', 'config.option-selection'],
    ['-F', 'config.option-selection'],
    ['--ignore-existing', 'config.option-selection'],
    ['--append', 'config.option-selection'],
    ['--filter=._/x', 'config.option-source'],
    ['--filter=: .rules', 'config.option-source'],
    ['--filter=merge /x', 'config.option-source'],
    ['--log-file=x', 'config.option-output'],
    ['--log-file-format=x', 'config.option-output'],
    ['--log-format=x', 'config.option-output'],
    ['--out-format=x', 'config.option-output'],
    ['--info=all', 'config.option-output'],
    ['--stats', 'config.option-output'],
    ['--progress', 'config.option-output'],
    ['-P', 'config.option-output'],
    ['-i', 'config.option-output'],
    ['-h', 'config.option-output'],
    ['--quiet', 'config.option-output'],
    ['--max-delete=5', 'config.option-deletion'],
    ['--del', 'config.option-deletion'],
    ['--delete-after', 'config.option-deletion'],
    ['--backup-dir=/srv/old', 'config.option-folder'],
    ['--backup-dir=../old', 'config.option-folder'],
    ['--temp-dir=/tmp', 'config.option-folder'],
    ['-T/tmp', 'config.option-folder'],
    ['--link-dest=a/../../b', 'config.option-folder'],
    ['--exclude', 'config.option-without-value'],
    ['--exclude=', 'config.option-without-value'],
    ['-f', 'config.option-without-value'],
    ['-zT', 'config.option-without-value'],
    ['--filter=!', 'config.option-source'],
    ['--filter=clear', 'config.option-source'],
    ['--exclude=!', 'config.option-source'],
    ['-f!', 'config.option-source'],
    ['/srv/other', 'config.option-bare'],
    ['foo', 'config.option-bare'],
    ['--', 'config.option-bare'],
    ['-', 'config.option-bare'],
    ['', 'config.option-bare'],
  ])('%j is refused', (argument, key) => {
    expect(argumentProblem(argument)?.key).toBe(key);
  });

  test('every refused one is named', () => {
    expect(parsers.rsyncOptions('-z --dry-run --bwlimit=1M -P', 'posix')).toEqual({
      problems: [
        { key: 'config.option-rehearsal', details: { option: '--dry-run' } },
        { key: 'config.option-output', details: { option: '-P' } },
      ],
    });
    expect(read(parsers.rsyncOptions, '--exclude="a')).toEqual(['config.open-quote']);
    expect(read(parsers.rsyncOptions, '--exclude=a\x00')).toEqual(['config.control-character']);
  });
});
