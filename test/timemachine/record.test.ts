/** The record in the memory of a watch that goes on for months. */

import { mkdirSync, readFileSync, renameSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bytesOfText } from '../../src/system/byte-path.ts';
import { type RecordLine, readRecord, stampOf, writeRecord } from '../../src/timemachine/record.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();
const state = { modifiedUs: 1, changedUs: 2, size: 3, inode: 4 };
const copied = (name: string): RecordLine => ({
  kind: 'copied',
  file: bytesOfText(`/srv/${name}`),
  known: { state, copy: bytesOfText(name) },
});

test('after a write that failed it is read again: the memory knows more than the file', async () => {
  const path = folder('records_sent.dat');
  const recorded = readRecord(path);
  await writeRecord(path, recorded, [copied('a')]);
  expect(recorded.stamp).toBe(stampOf(path));

  // Nothing can be written for a moment, and then the file is as it was.
  renameSync(path, folder('kept'));
  mkdirSync(path);
  await expect(writeRecord(path, recorded, [copied('b')])).rejects.toThrow();
  rmdirSync(path);
  renameSync(folder('kept'), path);

  expect(recorded.stamp).not.toBe(stampOf(path));
  expect([...readRecord(path).known.keys()]).toEqual(['/srv/a']);
});

test('what somebody has linked in its place is not written to', async () => {
  const path = folder('records_sent.dat');
  writeFileSync(folder('victim'), '');
  symlinkSync(folder('victim'), path);
  await expect(writeRecord(path, readRecord(path), [copied('a')])).rejects.toMatchObject({ code: 'ELOOP' });
  expect(readFileSync(folder('victim'), 'utf8')).toBe('');
});
