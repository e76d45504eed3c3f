import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  type CopyRequest,
  copyArgv,
  DryRunParser,
  type DryRunStats,
  literalPattern,
  parseChange,
  rsyncMeaning,
} from '../../src/system/rsync.ts';
import { cut, fixture, seededRandom } from '../fixtures.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();

function parsed(pieces: readonly string[]): DryRunStats {
  const parser = new DryRunParser();
  for (const piece of pieces) parser.add(piece);
  return parser.finish();
}

describe('the dry run', () => {
  const text = fixture('rsync-dry-run.txt');
  const stats = {
    changes: 24,
    files: 14,
    bytes: 5_342_921,
    created: 16,
    deletes: 5,
    torn: 0,
    total: 22,
    largestBytes: 5_242_880,
  };

  test('counts what would be done', () => {
    expect(parsed([text])).toEqual(stats);
  });

  test('hands on the large files whose content would travel, and nothing else', () => {
    const lines = [
      '>f+++++++++ 65536 new.vbk',
      '>f.st...... 70000 changed.vbk',
      '>f+++++++++ 65535 small',
      'cd+++++++++ 99999 folder/',
      '.f...p..... 99999 only-rights',
      '*deleting   99999 gone.vbk',
    ];
    const large = new DryRunParser().add(`${lines.join('\n')}\n`);
    expect(large.map(({ name, bytes }) => [name.toString(), bytes])).toEqual([
      ['new.vbk', 65_536],
      ['changed.vbk', 70_000],
    ]);
  });

  test('however the output is cut', () => {
    expect(parsed([...text])).toEqual(stats);
    const random = seededRandom(2);
    for (let round = 0; round < 300; round += 1) {
      const pieces = cut(text, random);
      expect(parsed(pieces), JSON.stringify(pieces)).toEqual(stats);
    }
  });

  test('without a line end at the end', () => {
    expect(parsed(['>f+++++++++'])).toMatchObject({ changes: 1 });
    expect(parsed(['Number of files: 7'])).toMatchObject({ total: 7 });
  });

  test('numbers with the separators of any language', () => {
    expect(parsed(['Number of files: 1,234,567 (reg: 1,234,000, dir: 567)\n'])).toMatchObject({
      total: 1_234_567,
    });
    expect(parsed(['Total transferred file size: 1.234.567 bytes\n'])).toMatchObject({ bytes: 1_234_567 });
  });

  test('what a killed rsync left behind is told from what people delete', () => {
    const torn = ['.large.vbk.aB3dEf', 'images/.Monday.vbk.000000'];
    const deleted = ['.hidden', 'notes.abcdef', 'images/.large.vbk.aB3dE', '.large.vbk.aB3dEf/x'];
    const lines = [...torn, ...deleted].map((name) => `*deleting   0 ${name}\n`);
    expect(parsed(lines)).toMatchObject({ changes: 6, torn: 2 });
  });

  test('nothing at all', () => {
    const nothing = {
      changes: 0,
      files: 0,
      bytes: 0,
      created: 0,
      deletes: 0,
      torn: 0,
      total: 0,
      largestBytes: 0,
    };
    expect(parsed([])).toEqual(nothing);
    expect(parsed(['', '\n', '\n\n'])).toEqual(nothing);
  });

  test('what rsync says besides is neither a change nor a number', () => {
    const noise = [
      'cannot delete non-empty directory: Number of files: 99',
      'skipping non-regular file "x"',
      'file has vanished: "/srv/a"',
      'sent 603 bytes  received 159 bytes  1524.00 bytes/sec',
      '>f+++',
      ' >f+++++++++',
    ].join('\n');
    expect(parsed([noise])).toMatchObject({ changes: 0, total: 0 });
  });

  test.each([
    '>f+++++++++',
    '<f.st......',
    'cd+++++++++',
    'cL+++++++++',
    'cD+++++++++',
    'cS+++++++++',
    'hf+++++++++',
    '.f...p.....',
    '.d..t......',
    '.f.......x.',
    '.f......a..',
    '>fcsTpoguax',
    '.f     p   ',
    '*deleting  ',
  ])('%j is a change', (line) => {
    expect(parsed([`${line}\n`]).changes).toBe(1);
  });
});

describe('one change', () => {
  const changes = fixture('rsync-dry-run.txt').split('\n\n', 1).join('').split('\n').map(parseChange);

  test('every line of the captured run', () => {
    const told = changes.map((change) => [change?.kind, change?.bytes, change?.name.toString('latin1')]);
    expect(told).toEqual([
      ['delete', 0, 'gone/inv\xff'],
      ['delete', 0, 'gone/a'],
      ['delete', 0, 'gone/'],
      ['delete', 0, 'gone\nnewline/'],
      ['delete', 0, '*deleting'],
      ['create', 1, ' lead'],
      ['create', 3, '-dash'],
      ['create', 6, 'B\xc3\xbccher'],
      ['create', 7, 'a -> target'],
      ['create', 4, 'back\\slash'],
      ['replace', 100_000, 'changed'],
      ['create', 0, 'empty'],
      ['create', 2, 'inv\xff\xfe'],
      ['other', 11, 'link'],
      ['create', 5, 'lit\\#012eral'],
      ['create', 1, 'new\nline'],
      ['other', 0, 'pipe'],
      ['other', 1, 'same-size'],
      ['create', 5_242_880, 'sparse.img'],
      ['create', 1, 'tab\there'],
      ['create', 1, 'trail '],
      ['create', 10, 'docs/plain.txt'],
      ['other', 10, 'hardlink'],
      ['other', 4096, 'trailing blank /'],
    ]);
  });

  test('letters beyond ASCII that rsync prints as they are', () => {
    expect(parseChange('>f+++++++++ 1 Bücher €.txt')?.name.toString()).toBe('Bücher €.txt');
  });

  test('a name that looks like a change', () => {
    expect(parseChange('>f+++++++++ 3 *deleting   0 x')).toMatchObject({ kind: 'create', bytes: 3 });
    expect(parseChange('>f+++++++++ 3 *deleting   0 x')?.name.toString()).toBe('*deleting   0 x');
  });

  test.each([
    '',
    'Number of files: 3',
    'sending incremental file list',
    '>f+++++++++',
    '>f+++++++++ x name',
    '*deleting x',
  ])('%j is none', (line) => {
    expect(parseChange(line)).toBeNull();
  });
});

describe('a name as a pattern', () => {
  test.each([
    ['/.plugback.lock', '/.plugback.lock'],
    ['/back\\slash', '/back\\slash'],
    ['/a*b', '/a\\*b'],
    ['/[x]?', '/\\[x]\\?'],
    ['/back\\slash*', '/back\\\\slash\\*'],
    ['/a]b{c}', '/a]b{c}'],
  ])('%s becomes %s', (name, pattern) => {
    expect(literalPattern(name)).toBe(pattern);
  });

  test('the real rsync leaves out these names and no similar ones', async () => {
    const own = [
      'a*b',
      'a?b',
      '[ab]',
      'back\\slash',
      'both\\*',
      'c]d',
      ' blanks ',
      '- minus',
      '#x',
      'ü',
      '!',
      'in/**',
    ];
    const similar = [
      'aXb',
      'a',
      'b',
      'ab',
      'both',
      'both\\X',
      'backslash',
      'blanks',
      'minus',
      'x',
      'in/x',
      'cd',
    ];
    for (const part of ['source', 'disk']) await mkdir(folder(part, 'in'), { recursive: true });
    for (const name of [...own, ...similar]) await writeFile(folder('source', name), 'in the source');
    // On the disk they differ: they would be replaced if they were not hidden. `stale` shows that rsync deletes.
    for (const name of [...own, 'stale']) await writeFile(folder('disk', name), 'on the disk');
    // On the disk alone they would be deleted if they were not protected.
    for (const name of own.slice(0, 6)) await rm(folder('source', name));
    const request: CopyRequest = {
      source: `${folder('source')}/`,
      destination: folder('disk'),
      fsType: 'vfat',
      sourceFsType: 'ext4',
      exactTimes: false,
      ownPaths: own,
      atDiskRoot: true,
      excludesFile: null,
      userOptions: [],
    };
    const [program, ...words] = copyArgv(request, {
      logFile: folder('log'),
      deleteFirst: false,
      sparse: false,
      inPlace: false,
      progress: 'continuous',
    });
    await promisify(execFile)(program, words);
    const found = await readdir(folder('disk'), { recursive: true });
    expect(found.toSorted()).toEqual([...own, ...similar, 'in'].toSorted());
    for (const name of own) expect(await readFile(folder('disk', name), 'utf8'), name).toBe('on the disk');
    for (const name of similar)
      expect(await readFile(folder('disk', name), 'utf8'), name).toBe('in the source');
  });
});

describe('what rsync’s exit code means', () => {
  test.each([
    [0, 'done'],
    [1, 'usage'],
    [2, 'protocol'],
    [3, 'files-unreadable'],
    [4, 'usage'],
    [5, 'protocol'],
    [6, 'unknown'],
    [10, 'protocol'],
    [11, 'input-output'],
    [12, 'protocol'],
    [13, 'protocol'],
    [14, 'protocol'],
    [20, 'killed'],
    [21, 'killed'],
    [22, 'out-of-memory'],
    [23, 'partial'],
    [24, 'vanished'],
    [25, 'delete-limit'],
    [30, 'timeout'],
    [35, 'timeout'],
    [null, 'killed'],
    [99, 'unknown'],
    [127, 'unknown'],
  ])('%s: %s', (exitCode, meaning) => {
    expect(rsyncMeaning(exitCode)).toBe(meaning);
  });

  test('only 0 is done', () => {
    const done = Array.from({ length: 256 }, (_, exitCode) => exitCode).filter(
      (code) => rsyncMeaning(code) === 'done',
    );
    expect(done).toEqual([0]);
  });
});
