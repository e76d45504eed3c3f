import { lstatSync, mkdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compareAttributes, parseAttributes } from '../../src/system/attributes.ts';
import { parseComplaints, setFoldersWithTar, unescapeName } from '../../src/system/tar.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();

test('what tar complains of, by name, also where a name holds colons, blanks and line breaks', () => {
  const known = new Set(['a', 'a: b', 'x\ny\xff', 'folder/c']);
  // Captured from GNU tar 1.34 with --quoting-style=escape in the C locale.
  const stderr = [
    'tar: a: Cannot open: Permission denied',
    'tar: a: b: file changed as we read it',
    'tar: x\\ny\\377: Cannot stat: No such file or directory',
    'tar: folder/c: Wrote only 3584 of 10240 bytes',
    'tar: Exiting with failure status due to previous errors',
    'tar: /mnt/stage: Cannot open: No such file or directory',
    '',
  ].join('\n');
  const { byName, others } = parseComplaints(stderr, known);
  expect([...byName]).toEqual([
    ['a', 'Cannot open: Permission denied'],
    ['a: b', 'file changed as we read it'],
    ['x\ny\xff', 'Cannot stat: No such file or directory'],
    ['folder/c', 'Wrote only 3584 of 10240 bytes'],
  ]);
  expect(others).toEqual(['tar: /mnt/stage: Cannot open: No such file or directory']);
});

test('names as tar escapes them', () => {
  expect(unescapeName('a\\\\n\\n\\t\\303\\244')).toBe('a\\n\n\t\xc3\xa4');
});

test('attributes: lists are read and compared', () => {
  // Captured from getfattr 2.5.1: an escaped name, and attributes with and without a value.
  const source = parseAttributes(
    '# file: a\\012b\nuser.x=0x31\nuser.empty\n\n# file: c\nuser.a\\075b=0x32\n\n',
  );
  expect(source.get('a\nb')).toEqual(
    new Map([
      ['user.x', '0x31'],
      ['user.empty', ''],
    ]),
  );
  const replica = parseAttributes(
    '# file: a\\012b\nuser.x=0x31\nuser.empty\n\n# file: c\nuser.old=0x32\n\n# file: d\nuser.old=0x32\n',
  );
  const { different, surplus } = compareAttributes(source, replica);
  expect(different).toEqual(['c', 'd']);
  expect(surplus).toEqual(new Map([['user.old', ['c', 'd']]]));
});

test('folders get modes and times to the nanosecond from an archive of our own', async () => {
  const times = [1_700_000_000_123_456_789n, -1n, 0n, 5_000_000_000_000_000_000n];
  const names = ['plain', 'line\nbreak', 'no UTF-8 \xff', `${'long/'.repeat(60)}end`];
  const folders = names.map((name, index) => ({
    name,
    mode: 0o750 + index,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    mtimeNs: times[index] ?? 0n,
  }));
  const placeOf = (name: string) => Buffer.concat([Buffer.from(`${folder()}/`), Buffer.from(name, 'latin1')]);
  for (const { name } of folders) mkdirSync(placeOf(name), { recursive: true });
  expect(await setFoldersWithTar(folder(), folders, false)).toEqual({ complaints: new Map(), failed: null });
  for (const { name, mode, mtimeNs } of folders) {
    const stats = lstatSync(placeOf(name), { bigint: true });
    expect([stats.mode & 0o7777n, stats.mtimeNs], name).toEqual([BigInt(mode), mtimeNs]);
  }
});
