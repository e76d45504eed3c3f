/** Tables that fit the terminal, and text that drives none. */

import { describe, expect, test } from 'vitest';
import { type Column, cut, displayWidth, pad, paragraph, renderTable } from '../../src/commands/table.ts';
import { jsonText } from '../../src/messages/json.ts';

const uuid = '1b1f8c2e-7a4d-4c55-9f0e-2d3c4b5a6978';

describe('how wide a text is', () => {
  test.each([
    ['', 0],
    ['plain', 5],
    ['Größe', 5],
    // The umlaut as a letter and an accent.
    ['Gro\u0308ße', 5],
    ['文件', 4],
    ['💾', 2],
    ['👩‍💻', 2],
    ['“Straße” –', 10],
    ['✔', 1],
  ])('%s', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  test('cut to it, never in the middle of a character', () => {
    expect(cut('OFFICE-A', 8)).toBe('OFFICE-A');
    expect(cut('OFFICE-AB', 8)).toBe('OFFICE-…');
    expect(cut('文件文件', 4)).toBe('文…');
    expect(cut('文件文件', 5)).toBe('文件…');
    expect(cut('👩‍💻👩‍💻👩‍💻', 4)).toBe('👩‍💻…');
  });

  test('filled up to it', () => {
    expect(pad('文件', 6)).toBe('文件  ');
    expect(pad('12', 4, 'right')).toBe('  12');
    expect(pad('too long', 3)).toBe('too long');
  });
});

describe('paragraphs', () => {
  test('are broken at blanks, behind an indentation', () => {
    expect(paragraph('one two three', 9, '  ', '! ')).toEqual(['! one two', '  three']);
  });

  test('stay whole where nobody looks at a terminal', () => {
    expect(paragraph('one two three', null, '  ')).toEqual(['  one two three']);
  });

  test('keep a word that is too long whole, so that it can be copied', () => {
    expect(paragraph(`plugback enroll ${uuid}`, 20, '')).toEqual(['plugback enroll', uuid]);
  });
});

describe('tables', () => {
  const columns: Column[] = [
    { title: 'Device' },
    { title: 'UUID' },
    { title: 'Label', cutTo: 6 },
    { title: 'Size', align: 'right' },
    { title: 'Drive', isExtra: true },
  ];
  const rows = [
    { cells: ['/dev/sdb1', uuid, 'OFFICE-ARCHIVE', '2 TB', 'Passport, USB'], note: 'can be enrolled' },
    { cells: ['/dev/sda1', '–', '–', '512 MB', '–'], note: 'no' },
  ];
  const render = (width: number | null) => renderTable(columns, rows, { width, noteTitle: 'State' });

  test('where nobody looks, each row is one line', () => {
    expect(render(null)).toEqual([
      'Device     UUID                                  Label             Size  Drive          State',
      `/dev/sdb1  ${uuid}  OFFICE-ARCHIVE    2 TB  Passport, USB  can be enrolled`,
      '/dev/sda1  –                                     –               512 MB  –              no',
    ]);
  });

  test('just wide enough looks the same, one column less puts the notes below', () => {
    const widest = Math.max(...render(null).map(displayWidth));
    expect(render(widest)).toEqual(render(null));
    expect(render(widest - 1).slice(0, 3)).toEqual([
      'Device     UUID                                  Label             Size  Drive',
      `/dev/sdb1  ${uuid}  OFFICE-ARCHIVE    2 TB  Passport, USB`,
      '    can be enrolled',
    ]);
  });

  test('then the extra columns go into the notes, then cells are cut', () => {
    expect(render(80).slice(0, 3)).toEqual([
      'Device     UUID                                  Label             Size',
      `/dev/sdb1  ${uuid}  OFFICE-ARCHIVE    2 TB`,
      '    Drive: Passport, USB; can be enrolled',
    ]);
    expect(render(66).slice(0, 2)).toEqual([
      'Device     UUID                                  Label        Size',
      `/dev/sdb1  ${uuid}  OFFICE-A…    2 TB`,
    ]);
  });

  test('and where that is not enough, a row becomes a list, and the UUID stays whole', () => {
    expect(render(50)).toEqual([
      '/dev/sdb1',
      `    UUID    ${uuid}`,
      '    Label   OFFICE-ARCHIVE',
      '    Size    2 TB',
      '    Drive   Passport, USB',
      '    can be enrolled',
      '',
      '/dev/sda1',
      '    Size    512 MB',
      '    no',
    ]);
  });

  test('no line is wider than the terminal, whatever its width, unless a word alone is', () => {
    for (let width = 52; width <= 140; width += 1) {
      expect(Math.max(...render(width).map(displayWidth))).toBeLessThanOrEqual(width);
    }
  });

  test('every width shows every UUID whole', () => {
    for (let width = 20; width <= 140; width += 5) expect(render(width).join('\n')).toContain(uuid);
  });
});

test('JSON drives no terminal either, and means the same', () => {
  const label = '<b>\x1b[31m\x9b2J\u202e\u2028';
  const text = jsonText({ label });
  expect(text).toMatch(/^[\x20-\x7e]*$/);
  expect(JSON.parse(text)).toEqual({ label });
});
