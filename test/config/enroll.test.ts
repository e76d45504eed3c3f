import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addDisk, readConfigText, writeConfigText } from '../../src/config/enroll.ts';
import { checkConfig } from '../../src/config/load.ts';
import { PlugbackError } from '../../src/errors.ts';

const one = '0a1b2c3d-1111-2222-3333-444455556666';
const two = '7D3F-19AC';
const key = 'filesystem-ids-and-notification-mail-addresses';

/** The disks that a text enrolls, as `UUID: addresses`. */
function enrolled(text: string): string[] {
  const { disks } = checkConfig(Buffer.from(text), '/c', {}, { platform: 'posix' });
  return disks.map(({ uuid, mailAddresses }) => [`${uuid}:`, ...mailAddresses].join(' '));
}

describe('a new disk', () => {
  test.each([
    ['an empty key', `[BACKUP]\n${key} =\ncc = x\n`, `[BACKUP]\n${key} = ${two}, a@b\ncc = x\n`],
    ['a colon', `[BACKUP]\n${key}:\n`, `[BACKUP]\n${key}: ${two}, a@b\n`],
    ['a disk', `[BACKUP]\n${key} = ${one}, x@y\n`, `[BACKUP]\n${key} = ${one}, x@y, ${two}, a@b\n`],
    ['a comma at the end', `[BACKUP]\n${key} = ${one} ,\n`, `[BACKUP]\n${key} = ${one}, ${two}, a@b\n`],
    [
      'a comment below',
      `[BACKUP]\n${key} = ${one}\n# Montag\n`,
      `[BACKUP]\n${key} = ${one}, ${two}, a@b\n# Montag\n`,
    ],
    [
      'a line for each disk',
      `[BACKUP]\n${key} =\n  ${one}, x@y\n  # the next\nbackup-source = /a\n`,
      `[BACKUP]\n${key} =\n  ${one}, x@y,\n  ${two}, a@b\n  # the next\nbackup-source = /a\n`,
    ],
    [
      'a line for each disk, with a comma',
      `[BACKUP]\n${key} = ABCD-0001,\n\t${one},\n`,
      `[BACKUP]\n${key} = ABCD-0001,\n\t${one},\n\t${two}, a@b\n`,
    ],
    [
      'a section without the key',
      `[Backup]\n# source\nbackup-source = /a\n\n# mail\n[MAIL]\ncc =\n`,
      `[Backup]\n# source\nbackup-source = /a\n${key} = ${two}, a@b\n\n# mail\n[MAIL]\ncc =\n`,
    ],
    ['an empty section', '[BACKUP]\n\n[MAIL]\n', `[BACKUP]\n${key} = ${two}, a@b\n\n[MAIL]\n`],
    [
      'an indented section',
      '  [BACKUP]\n  backup-source = /a\n  [MAIL]\n',
      `  [BACKUP]\n  backup-source = /a\n  ${key} = ${two}, a@b\n  [MAIL]\n`,
    ],
    ['no section', '[MAIL]\ncc =\n', `[MAIL]\ncc =\n\n[BACKUP]\n${key} = ${two}, a@b\n`],
    ['no section, a gap', '[MAIL]\ncc =\n\n', `[MAIL]\ncc =\n\n[BACKUP]\n${key} = ${two}, a@b\n`],
    [
      'no section, Windows',
      '[MAIL]\r\ncc =\r\n',
      `[MAIL]\r\ncc =\r\n\r\n[BACKUP]\r\n${key} = ${two}, a@b\r\n`,
    ],
    ['no line ending', '[MAIL]\ncc =', `[MAIL]\ncc =\n\n[BACKUP]\n${key} = ${two}, a@b\n`],
    [
      'no line ending in the section',
      '[BACKUP]\nbackup-source = /a',
      `[BACKUP]\nbackup-source = /a\n${key} = ${two}, a@b`,
    ],
    ['nothing', '', `[BACKUP]\n${key} = ${two}, a@b\n`],
    ['only a mark', '\ufeff', `\ufeff[BACKUP]\n${key} = ${two}, a@b\n`],
    [
      'Windows’ line endings',
      `\ufeff[BACKUP]\r\n${key.toUpperCase()} = ${one}\r\n; Büro\r\n`,
      `\ufeff[BACKUP]\r\n${key.toUpperCase()} = ${one}, ${two}, a@b\r\n; Büro\r\n`,
    ],
    [
      'DEFAULT',
      `[DEFAULT]\n${key} = ${one}\n[BACKUP]\nbackup-source = /a\n`,
      `[DEFAULT]\n${key} = ${one}, ${two}, a@b\n[BACKUP]\nbackup-source = /a\n`,
    ],
    [
      'a reference',
      `[BACKUP]\nmonday = ${one}, x%%@y\n${key} = %(monday)s,\n  ABCD-0001\n`,
      `[BACKUP]\nmonday = ${one}, x%%@y\n${key} = ${one}, x%%@y, ABCD-0001, ${two}, a@b\n\n`,
    ],
  ])('beside %s', (_what, before, after) => {
    const text = addDisk(before, two, ['a@b']);
    expect(text).toBe(after);
    expect(enrolled(text)).toContain(`${two}: a@b`);
    expect(enrolled(text)).toEqual([...enrolled(before), `${two}: a@b`]);
    expect(addDisk(text, two.toLowerCase(), ['A@B'])).toBe(text);
  });

  test('without addresses, or with one that holds a percent sign', () => {
    expect(addDisk('', two, [])).toBe(`[BACKUP]\n${key} = ${two}\n`);
    expect(enrolled(addDisk('', two, ['50%%@b', 'a@b', 'A@b']))).toEqual([`${two}: 50%%@b a@b`]);
  });
});

describe('a disk that is there already', () => {
  test.each([
    [`${one}`, `${one}, a@b`],
    [`${one.toUpperCase()}, x@y`, `${one.toUpperCase()}, x@y, a@b`],
    [`${one} , x@y ,${two}`, `${one} , x@y, a@b ,${two}`],
    [`${one},${two}, a@b`, `${one}, a@b,${two}, a@b`],
    [`${one}, A@B`, `${one}, A@B`],
    [`${two},\n  ${one},\n  ABCD-0001`, `${two},\n  ${one}, a@b,\n  ABCD-0001`],
  ])('%j', (before, after) => {
    expect(addDisk(`[BACKUP]\n${key} = ${before}\n`, one, ['a@b'])).toBe(`[BACKUP]\n${key} = ${after}\n`);
  });

  test('needs no new addresses', () => {
    const text = `[BACKUP]\n${key} = ${one}\n`;
    expect(addDisk(text, one, [])).toBe(text);
  });
});

test('what is neither UUID nor address never gets into a configuration', () => {
  expect(() => addDisk('', `${two}\n[MAIL]`, [])).toThrow(RangeError);
  expect(() => addDisk('', '../x', [])).toThrow(RangeError);
  expect(() => addDisk('', two, ['a@b\ncc = x@y'])).toThrow(RangeError);
  expect(() => addDisk('', two, ['a@b, c@d'])).toThrow(RangeError);
});

describe('writing', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'plugback-enroll-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('keeps mode and encoding, and leaves nothing beside the file', () => {
    const file = path.join(folder, 'config.ini');
    const seed = new URL('../fixtures/config/seed-windows.ini', import.meta.url);
    writeFileSync(file, readFileSync(seed));
    chmodSync(file, 0o640);
    writeConfigText(file, addDisk(readConfigText(file), 'ABCD-0001', ['neu@büro.example']));

    const before = readFileSync(seed).toString('latin1');
    const after = readFileSync(file).toString('latin1');
    expect(after).toBe(before.replace('01D8F2A3B4C5D6E7', '01D8F2A3B4C5D6E7, ABCD-0001, neu@büro.example'));
    expect(statSync(file).mode & 0o7777).toBe(0o640);
    expect(readdirSync(folder)).toEqual(['config.ini']);
  });

  test('an unchanged text gives the same bytes', () => {
    const file = path.join(folder, 'config.ini');
    for (const bytes of [
      Buffer.from('\ufeffä\r\n'),
      Buffer.from('ä\n', 'latin1'),
      Buffer.from('\ufeffä', 'utf16le'),
    ]) {
      writeFileSync(file, bytes);
      writeConfigText(file, readConfigText(file));
      expect(readFileSync(file).equals(bytes)).toBe(true);
    }
  });

  test('a new file is its owner’s alone', () => {
    const file = path.join(folder, 'new.ini');
    writeConfigText(file, 'ä');
    expect(readFileSync(file, 'utf8')).toBe('ä');
    expect(statSync(file).mode & 0o7777).toBe(0o600);
  });

  test('a link stays a link', () => {
    const file = path.join(folder, 'real.ini');
    const link = path.join(folder, 'link.ini');
    writeFileSync(file, 'old');
    symlinkSync(file, link);
    writeConfigText(link, 'new');
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(
      readdirSync(folder, { withFileTypes: true })
        .find((entry) => entry.name === 'link.ini')
        ?.isSymbolicLink(),
    ).toBe(true);
  });

  test.skipIf(process.geteuid?.() !== 0)('the owner stays', () => {
    const file = path.join(folder, 'config.ini');
    writeFileSync(file, 'old');
    chownSync(file, 1234, 2345);
    writeConfigText(file, 'new');
    expect(statSync(file)).toMatchObject({ uid: 1234, gid: 2345 });
  });

  test('where there is no folder, it says so', () => {
    const file = path.join(folder, 'nowhere', 'config.ini');
    expect(() => writeConfigText(file, 'x')).toThrow(
      new PlugbackError('config-not-writable', { path: file, reason: 'ENOENT' }),
    );
    expect(() => readConfigText(file)).toThrow(PlugbackError);
  });
});
