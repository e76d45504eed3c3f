/** The folder mirror under wine: it runs there without rsync, tar or anything else. */

import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, inject, onTestFinished } from 'vitest';
import { waitFor } from '../disk/command.ts';
import { WindowsMachine, windowsPath } from './machine.ts';
import { windowsTest as test } from './tests.ts';

const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** Opens a file so that nobody else can, and says so. */
const holding = `
const fs = await import('node:fs');
const exclusively = 0x10000000;
fs.openSync(process.argv[2], fs.constants.O_RDWR | exclusively);
console.log('held');
setTimeout(() => {}, 60_000);`;

function startOffice() {
  const machine = new WindowsMachine();
  for (const name of ['replica', 'log']) mkdirSync(machine.path(name));
  const node = windowsPath(inject('windowsNode'));
  const call = (...words: string[]) => machine.call([node, ...words]);
  const mirror = async (source: string, replica: string, ...flags: string[]) => {
    const { exitCode, output } = await call(
      windowsPath(program),
      'mirror',
      source,
      replica,
      '--json',
      ...flags,
    ).ended;
    // What is said of an error beside it goes to the same file.
    const document = output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1);
    return { exitCode, ...JSON.parse(document) };
  };
  return {
    machine,
    cycle: (...flags: string[]) =>
      mirror(windowsPath(machine.path('source')), windowsPath(machine.path('replica')), ...flags),
    mirror,
    hold: async (place: string) => {
      writeFileSync(machine.path('hold.mjs'), holding);
      const holder = call(windowsPath(machine.path('hold.mjs')), windowsPath(place));
      await waitFor('the file to be held', () => holder.output().includes('held'));
      return async () => {
        holder.kill();
        await holder.ended;
      };
    },
  };
}

test('what is new, changed, gone or renamed, with a log', async () => {
  const { machine, cycle } = startOffice();
  const source = (name: string) => machine.path('source', name);
  for (const name of ['Empty', 'Büro']) mkdirSync(source(name));
  for (const name of ['Report', '.hidden', 'Büro/Brief é.txt']) writeFileSync(source(name), name);
  writeFileSync(source('large'), Buffer.alloc(3_000_000, 'x'));
  truncateSync(source('large'), 5_000_000);
  expect(await cycle()).toMatchObject({ exitCode: 0, added: 6, skipped: [] });
  expect(await cycle('--log', windowsPath(machine.path('log')))).toMatchObject({ added: 0, untouched: 7 });
  const [day = ''] = readdirSync(machine.path('log/LOGS'));
  expect(readFileSync(machine.path('log/LOGS', day), 'utf8')).toMatch(/Untouched: Büro\/Brief é\.txt\n/);

  // Only the case of two names changes.
  renameSync(source('Report'), source('REPORT'));
  renameSync(source('Büro'), source('BÜRO'));
  writeFileSync(source('large'), 'small now');
  expect(await cycle('--allow-deletes')).toMatchObject({ exitCode: 0, skipped: [] });
  expect(readdirSync(machine.path('replica')).toSorted()).toEqual(
    readdirSync(machine.path('source')).toSorted(),
  );
  expect(readFileSync(machine.path('replica/BÜRO/Brief é.txt'), 'utf8')).toBe('Büro/Brief é.txt');
  expect(readFileSync(machine.path('replica/large'), 'utf8')).toBe('small now');
});

test('a hundred files, each written at another moment', async () => {
  const { machine, cycle } = startOffice();
  for (let number = 0; number < 100; number += 1) {
    const place = machine.path('source', String(number));
    writeFileSync(place, 'x');
    utimesSync(place, 1_795_302_523 + number / 1000.123, 1_795_302_523 + number / 1000.123);
  }
  expect(await cycle()).toMatchObject({ exitCode: 0, added: 100, skipped: [] });
  expect(await cycle()).toMatchObject({ added: 0, overwritten: 0, untouched: 101 });
});

test('a file that another program keeps open, on either side, is skipped and told; the rest is mirrored', async () => {
  const { machine, cycle, hold } = startOffice();
  for (const name of ['open', 'other']) writeFileSync(machine.path('source', name), 'old');
  await cycle();
  for (const root of ['source', 'replica']) {
    for (const name of ['open', 'other']) writeFileSync(machine.path('source', name), `new in ${root}`);
    const letGo = await hold(machine.path(root, 'open'));
    const before = readFileSync(machine.path('replica/open'), 'utf8');
    expect(await cycle()).toMatchObject({
      exitCode: 0,
      overwritten: expect.any(Number),
      skipped: [{ path: 'open', reason: 'open-elsewhere' }],
    });
    expect(readFileSync(machine.path('replica/open'), 'utf8')).toBe(before);
    expect(readFileSync(machine.path('replica/other'), 'utf8')).toBe(`new in ${root}`);
    await letGo();
    expect(await cycle()).toMatchObject({ exitCode: 0, skipped: [] });
    expect(readFileSync(machine.path('replica/open'), 'utf8')).toBe(`new in ${root}`);
  }
});

test('a whole drive and a folder on it are refused', async () => {
  const { machine, mirror } = startOffice();
  const drive = path.join(inject('winePrefix'), 'dosdevices', 'q:');
  symlinkSync(machine.root, drive);
  onTestFinished(() => rmSync(drive));
  writeFileSync(machine.path('source/a'), 'a');
  for (const [source, replica] of [
    ['Q:\\source', 'Q:\\'],
    ['Q:\\', 'Q:\\replica'],
    ['Q:\\source', 'q:\\SOURCE'],
  ] as const) {
    expect(await mirror(source, replica, '--allow-deletes')).toMatchObject({
      exitCode: 76,
      error: { code: 'mirror-overlap' },
    });
  }
});
