/** One copy of one state: whole, or none. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bytesOfText } from '../../src/system/byte-path.ts';
import { type Captured, capture } from '../../src/timemachine/capture.ts';
import { destinationAt } from '../../src/timemachine/destination.ts';
import { lookAt } from '../../src/timemachine/file-state.ts';
import { restoreVersion } from '../../src/timemachine/restore.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();

function captureNow(name: string, isRestless = false): Promise<Captured> {
  mkdirSync(folder('backup'), { recursive: true });
  const file = bytesOfText(folder(name));
  const look = lookAt(file);
  if (!('state' in look)) throw new Error('no file to copy');
  const destination = destinationAt(folder('backup'));
  return capture({
    destination,
    file,
    expected: look.state,
    isUnknown: true,
    isRestless,
    slot: 0,
    isRoot: false,
  });
}

const copies = (name: string) =>
  existsSync(folder('backup/copies', folder(name))) ? readdirSync(folder('backup/copies', folder(name))) : [];

/** Large enough that another process gets to write while it is copied. */
const large = Buffer.alloc(128 * 1024 * 1024, 'a');

/** A process that does something as soon as a file is there whose name begins so. Resolves once it waits for that. */
async function actDuringCopy(
  beginning: string,
  action: string,
  ...words: string[]
): Promise<() => Promise<void>> {
  const script = `
    const fs = require('node:fs');
    const path = require('node:path');
    const [, beginning, ...words] = process.argv;
    const [folder, name] = [path.dirname(beginning), path.basename(beginning)];
    const names = () => (fs.existsSync(folder) ? fs.readdirSync(folder) : []);
    const look = () => names().find((one) => one.startsWith(name));
    console.log('ready');
    const deadline = Date.now() + 10000;
    while (look() === undefined && Date.now() < deadline);
    const found = path.join(folder, look());
    ${action}`;
  const child = spawn(process.execPath, ['-e', script, beginning, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  return async () => void (await ended);
}

/** Writes one byte. */
const writeDuringCopy = (name: string) =>
  actDuringCopy(
    folder('backup/unfinished/0'),
    `fs.writeSync(fs.openSync(words[0], 'r+'), 'b', ${large.length - 1});`,
    folder(name),
  );

/** Puts a link to something else in the place of what is being written. */
const exchangeDuringCopy = (beginning: string, victim: string) =>
  actDuringCopy(beginning, `fs.rmSync(found); fs.symlinkSync(words[0], found);`, victim);

test.each([false, true])(
  'a file that is written to while it is copied (restless: %s) leaves no copy',
  async (isRestless) => {
    writeFileSync(folder('file'), large);
    const written = await writeDuringCopy('file');
    const captured = await captureNow('file', isRestless);
    await written();
    expect(captured.kind).toBe('changed');
    expect(copies('file')).toEqual([]);
    expect(readdirSync(folder('backup/unfinished'))).toEqual([]);
    // Quiet again, it is copied.
    expect((await captureNow('file')).kind).toBe('copied');
  },
  30_000,
);

test('a state that is there already is not copied again', async () => {
  writeFileSync(folder('file'), 'content');
  expect((await captureNow('file')).kind).toBe('copied');
  expect((await captureNow('file')).kind).toBe('same');
  expect(copies('file')).toHaveLength(1);
});

test.each([-1_500_000.25, -86_400, 0, 1_000_000_000.123_456])(
  'a time of %d s is that of the copy, and of what is brought back',
  async (seconds) => {
    writeFileSync(folder('file'), 'content');
    utimesSync(folder('file'), String(seconds), String(seconds));
    const { mtimeNs } = statSync(folder('file'), { bigint: true });
    expect(mtimeNs < 0n).toBe(seconds < 0);
    await captureNow('file');
    const [copy = ''] = copies('file');
    const made = folder('backup/copies', folder('file'), copy);
    const modifiedUs = Number(mtimeNs / 1000n);
    const version = { number: 1, path: bytesOfText(made), modifiedUs, copiedUs: 0, size: 7 };
    const target = bytesOfText(folder('again'));
    await restoreVersion({ version, target, mayReplace: false, isRoot: false, token: '1' });
    const timeOf = (file: string) => Number(statSync(file, { bigint: true }).mtimeNs) / 1000;
    expect([timeOf(made), timeOf(folder('again'))]).toEqual([modifiedUs, modifiedUs]);
  },
);

test('what has taken the file’s place since the look is not copied in its name', async () => {
  mkdirSync(folder('backup'));
  writeFileSync(folder('file'), 'content');
  const file = bytesOfText(folder('file'));
  const look = lookAt(file);
  if (!('state' in look)) throw new Error('no file');
  writeFileSync(folder('other'), 'other');
  renameSync(folder('other'), folder('file'));
  const request = { destination: destinationAt(folder('backup')), file, expected: look.state };
  expect(
    await capture({ ...request, isUnknown: false, isRestless: false, slot: 0, isRoot: false }),
  ).toMatchObject({
    kind: 'changed',
    state: { size: 5 },
  });
  expect(copies('file')).toEqual([]);
});

test('a destination in whose tree something else has the folder’s name', async () => {
  writeFileSync(folder('file'), 'content');
  mkdirSync(folder('backup/copies', folder()), { recursive: true });
  symlinkSync('/nowhere/at/all', folder('backup/copies', folder('file')));
  expect(await captureNow('file')).toMatchObject({ kind: 'trouble', trouble: { kind: 'failed' } });
});

describe('who may write to the folder, too,', () => {
  const modeOf = (name: string) => (statSync(folder(name)).mode & 0o777).toString(8);

  test('gets no rights changed by exchanging a copy for a link', async () => {
    writeFileSync(folder('victim'), 'secret', { mode: 0o600 });
    writeFileSync(folder('file'), large, { mode: 0o644 });
    const exchanged = await exchangeDuringCopy(folder('backup/unfinished/0'), folder('victim'));
    await captureNow('file');
    await exchanged();
    expect(modeOf('victim')).toBe('600');
  });

  test('nor by exchanging what is being brought back', async () => {
    writeFileSync(folder('victim'), 'secret', { mode: 0o600 });
    writeFileSync(folder('version'), large, { mode: 0o644 });
    const version = {
      number: 1,
      path: bytesOfText(folder('version')),
      modifiedUs: 1e15,
      copiedUs: 1e15,
      size: large.length,
    };
    const target = bytesOfText(folder('file'));
    const exchanged = await exchangeDuringCopy(folder('.plugback-restore-'), folder('victim'));
    await restoreVersion({ version, target, mayReplace: true, isRoot: false, token: '1' });
    await exchanged();
    expect(modeOf('victim')).toBe('600');
  });
});
