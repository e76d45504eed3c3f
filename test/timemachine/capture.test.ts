/** One copy of one state: whole, or none. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bytesOfText } from '../../src/system/byte-path.ts';
import { type Captured, capture } from '../../src/timemachine/capture.ts';
import { destinationAt } from '../../src/timemachine/destination.ts';
import { lookAt } from '../../src/timemachine/file-state.ts';
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

/** A process that writes one byte as soon as the copy has begun. */
async function writeDuringCopy(name: string): Promise<() => Promise<void>> {
  const script = `
    const { existsSync, openSync, writeSync } = require('node:fs');
    const [, file, temporary] = process.argv;
    const descriptor = openSync(file, 'r+');
    console.log('ready');
    const deadline = Date.now() + 10000;
    while (!existsSync(temporary) && Date.now() < deadline);
    writeSync(descriptor, 'b', ${large.length - 1});`;
  const child = spawn(process.execPath, ['-e', script, folder(name), folder('backup/unfinished/0')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  return async () => void (await ended);
}

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
