import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { isAttached } from '../../src/system/attachment.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();

function plug(...kernelNames: string[]): void {
  for (const name of kernelNames) setSize(name, 1024);
}

function setSize(kernelName: string, sectors: number): void {
  const place = folder(path.join('sys/class/block', kernelName));
  mkdirSync(place, { recursive: true });
  writeFileSync(path.join(place, 'size'), `${sectors}\n`);
}

function pull(...kernelNames: string[]): void {
  for (const name of kernelNames) rmSync(folder(path.join('sys/class/block', name)), { recursive: true });
}

const ask = (...kernelNames: string[]) => isAttached(kernelNames, folder('sys'));

test('a partition, for as long as it is there', async () => {
  plug('sdb1', 'sdb');
  expect(await ask('sdb1', 'sdb')).toBe(true);
  pull('sdb1', 'sdb');
  expect(await ask('sdb1', 'sdb')).toBe(false);
});

test('a card reader stays when the card is taken out, with a drive of no size', async () => {
  plug('sdc');
  setSize('sdc', 0);
  expect(await ask('sdc')).toBe(false);
});

test('an unlocked disk is gone with the drive below it, though its mapping stays', async () => {
  plug('dm-0', 'sdd1', 'sdd');
  expect(await ask('dm-0', 'sdd1', 'sdd')).toBe(true);
  pull('sdd1', 'sdd');
  expect(await ask('dm-0', 'sdd1', 'sdd')).toBe(false);
});

test('of several drives that are one, one may go', async () => {
  plug('md0', 'sde', 'sdf');
  pull('sde');
  expect(await ask('md0', 'sde', 'sdf')).toBe(true);
  pull('sdf');
  expect(await ask('md0', 'sde', 'sdf')).toBe(false);
});

test('a name with a slash is found under the kernel’s spelling', async () => {
  plug('cciss!c0d0');
  expect(await ask('cciss/c0d0')).toBe(true);
});
