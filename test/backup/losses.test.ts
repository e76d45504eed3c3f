/** What a foreign filesystem loses, read off the output of a dry run. */

import { describe, expect, test } from 'vitest';
import { LossFinder, nameError, verifyFilesFit } from '../../src/backup/losses.ts';
import { limitsOf } from '../../src/system/filesystems.ts';
import { cut, fixture, seededRandom } from '../fixtures.ts';

const output = fixture('rsync-dry-run-exfat.txt');

function sifted(text: string, fsType: string) {
  const finder = new LossFinder(limitsOf(fsType) ?? expect.fail('no limits'));
  const rest = [...cut(text, seededRandom(7))].map((piece) => finder.sift(piece)).join('');
  return { finder, losses: finder.losses, rest };
}

describe('the captured dry run onto exFAT', () => {
  const { losses, rest } = sifted(output, 'exfat');

  test('links and pipes, impossible names and names that are one: each is counted', () => {
    expect(losses).toMatchObject({ skipped: 2, refused: 4, twins: 3, tooLarge: null });
  });

  test('the first names are quoted, with the bytes that rsync does not print', () => {
    expect(losses.names).toEqual(['Read', 'a:b', 'nl\nx']);
  });

  test('what is left announces changes and statistics, and nothing else', () => {
    const [changes] = rest.split('\n\n');
    expect(changes?.split('\n')).toEqual([
      '*deleting   0 gone',
      '*deleting   0 docs/changed',
      '>f+++++++++ 0 a:b',
      '>f+++++++++ 0 nl\\#012x',
      'cd+++++++++ 4096 plans?/',
      '>f+++++++++ 0 plans?/x',
    ]);
    expect(rest).toContain('\nNumber of files: 15 (reg: 9, dir: 4, link: 1, special: 1)\n');
  });

  test('the root’s own time is a change only where the disk could keep it', () => {
    const line = '.d..t...... 4096 ./\n';
    expect(sifted(line, 'vfat').rest).toBe('');
    expect(sifted(line, 'ntfs').rest).toBe(line);
    expect(sifted('.d..t...... 4096 folder/\n', 'vfat').rest).not.toBe('');
  });

  test('the same names on NTFS are no loss', () => {
    expect(sifted(output, 'ntfs').losses).toMatchObject({ skipped: 2, refused: 0, twins: 0, names: [] });
  });
});

test('a file of 4 GiB does not fit on FAT, one of a byte less does', () => {
  const lines = [
    '>f+++++++++ 4294967295 fits.vbk',
    '>f+++++++++ 4294967296 large.vbk',
    '>f.s....... 9000000000 b',
    '',
  ];
  const { losses } = sifted(lines.join('\n'), 'vfat');
  expect(() => verifyFilesFit(losses)).toThrow(
    expect.objectContaining({
      code: 'file-too-large',
      exitCode: 76,
      details: { type: 'FAT', count: 2, name: 'large.vbk', bytes: 4_294_967_296 },
    }),
  );
  for (const fsType of ['exfat', 'ntfs']) verifyFilesFit(sifted(lines.join('\n'), fsType).losses);
  verifyFilesFit(null);
});

test('names that the driver cannot even look up stand only among rsync’s complaints', () => {
  const { finder, losses } = sifted('', 'ntfs');
  finder.addComplaints(fixture('rsync-dry-run-exfat-stderr.txt'), '/media/plugback');
  expect(losses).toMatchObject({ refused: 1, names: ['inv\\#377'] });
});

test('lost names make an error, links that are left out do not', () => {
  expect(nameError(null)).toBeNull();
  expect(nameError(sifted('skipping non-regular file "link"\n', 'exfat').losses)).toBeNull();
  const error = nameError(sifted('>f+++++++++ 0 a:b\n.f          2 X\n.f          2 x\n', 'exfat').losses);
  expect(error).toMatchObject({
    code: 'names-not-kept',
    exitCode: 74,
    details: { type: 'exFAT', count: 2, names: ['a:b', 'x'] },
  });
});
