/** Which drive is switched off, on a machine whose sysfs is a folder; QEMU has the real thing. */

import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { powerOff } from '../../src/system/power.ts';
import { FakeClock, fakeRunner, fakeSystem } from '../fakes.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();
const sys = (...parts: string[]) => folder('sys', ...parts);
const usb = 'devices/pci0/usb1/1-2';

/** What was written where, in order. */
let written: string[];
let blockdevices: object[];
/** Does the drive go when its switch is written to? */
let obeys: boolean;

beforeEach(() => {
  written = [];
  blockdevices = [];
  obeys = true;
  awaited = [];
  clock = new FakeClock();
  for (const name of ['block', 'class/block']) mkdirSync(sys(name), { recursive: true });
});

/** @param bus the folder of the device through which it is connected */
function addDrive(name: string, bus: string, { sectors = 1024, mountPoint = '' } = {}): void {
  const place = sys(bus, 'host0/block', name);
  mkdirSync(path.join(place, 'device'), { recursive: true });
  writeFileSync(path.join(place, 'device/delete'), '');
  writeFileSync(path.join(place, 'size'), `${sectors}\n`);
  for (const list of ['block', 'class/block']) symlinkSync(place, sys(list, name));
  blockdevices.push({
    name,
    path: `/dev/${name}`,
    kname: name,
    mountpoints: mountPoint === '' ? [] : [mountPoint],
  });
}

function makeUsb(): void {
  mkdirSync(sys(usb), { recursive: true });
  for (const name of ['idVendor', 'remove']) writeFileSync(sys(usb, name), '');
}

let clock: FakeClock;
/** The UUIDs of disks whose backups wait their turn. */
let awaited: string[];

function switchOff(...kernelNames: string[]) {
  const runner = fakeRunner((line) => {
    if (line.startsWith('lsblk')) return { stdout: JSON.stringify({ blockdevices }) };
    if (line.startsWith('blkid')) return { exitCode: 2 };
    const file = /^tee -- (.*)$/.exec(line)?.[1];
    if (file === undefined) return undefined;
    written.push(path.relative(sys(), file));
    if (obeys) rmSync(sys('class/block', kernelNames.at(-1) ?? ''), { force: true });
    return {};
  });
  const system = fakeSystem({ runner, clock, roots: { sys: sys() } });
  return powerOff(kernelNames, { ...system, isSpokenFor: async (uuid) => awaited.includes(uuid) });
}

test('a USB drive: it is let go of, then its port has no power', async () => {
  makeUsb();
  addDrive('sdb', usb);
  expect(await switchOff('sdb1', 'sdb')).toEqual({ kind: 'off' });
  expect(written).toEqual([`${usb}/host0/block/sdb/device/delete`, `${usb}/remove`]);
});

test('a drive in a bay has no port that could be switched off', async () => {
  addDrive('sdc', 'devices/pci0/ata3');
  expect(await switchOff('sdc')).toEqual({ kind: 'off' });
  expect(written).toEqual(['devices/pci0/ata3/host0/block/sdc/device/delete']);
});

test('an encrypted one is switched off below its mapping', async () => {
  makeUsb();
  addDrive('sdb', usb);
  expect(await switchOff('dm-0', 'sdb1', 'sdb')).toEqual({ kind: 'off' });
});

describe('never another one along with it', () => {
  test('that shares the USB device: a dock for two', async () => {
    makeUsb();
    addDrive('sdb', usb);
    addDrive('sdc', `${usb}/second`);
    expect(await switchOff('sdb1', 'sdb')).toEqual({ kind: 'shared', with: ['sdc'] });
    expect(written).toEqual([]);
  });

  test('an empty slot of a card reader misses nothing', async () => {
    makeUsb();
    addDrive('sdb', usb);
    addDrive('sdc', `${usb}/second`, { sectors: 0 });
    expect(await switchOff('sdb1', 'sdb')).toEqual({ kind: 'off' });
  });

  test('that is on another port is none of its business', async () => {
    makeUsb();
    addDrive('sdb', usb);
    addDrive('sdc', 'devices/pci0/usb1/1-20');
    expect(await switchOff('sdb1', 'sdb')).toEqual({ kind: 'off' });
  });

  test('a second partition of it that is mounted', async () => {
    makeUsb();
    addDrive('sdb', usb);
    const children = [{ name: 'sdb2', path: '/dev/sdb2', kname: 'sdb2', mountpoints: ['/srv/photos'] }];
    blockdevices = [{ name: 'sdb', path: '/dev/sdb', kname: 'sdb', mountpoints: [], children }];
    expect(await switchOff('sdb1', 'sdb')).toEqual({ kind: 'shared', with: ['sdb2'] });
    expect(written).toEqual([]);
  });

  test('a second partition of it whose backup waits its turn', async () => {
    makeUsb();
    addDrive('sdb', usb);
    const part = (number: number) => ({
      name: `sdb${number}`,
      path: `/dev/sdb${number}`,
      kname: `sdb${number}`,
      uuid: `uuid-${number}`,
      mountpoints: [],
    });
    blockdevices = [
      { name: 'sdb', path: '/dev/sdb', kname: 'sdb', mountpoints: [], children: [part(1), part(2)] },
    ];
    // The lock of the one that has just been filled is still held.
    awaited = ['uuid-1', 'uuid-2'];
    expect(await switchOff('sdb1', 'sdb')).toEqual({ kind: 'shared', with: ['sdb2'] });
    awaited = ['uuid-1'];
    expect(await switchOff('sdb1', 'sdb')).toEqual({ kind: 'off' });
  });
});

test('a drive without any switch is told at once', async () => {
  addDrive('sdc', 'devices/pci0/ata3');
  rmSync(sys('devices/pci0/ata3/host0/block/sdc/device/delete'));
  const before = clock.monotonic();
  expect(await switchOff('sdc')).toEqual({ kind: 'failed', reason: 'this drive cannot be switched off' });
  expect(clock.monotonic()).toBe(before);
});

test('a drive that stays, and one that is not there, are told', async () => {
  makeUsb();
  addDrive('sdb', usb);
  obeys = false;
  expect(await switchOff('sdb')).toEqual({ kind: 'failed', reason: 'this drive cannot be switched off' });
  expect(await switchOff('sdx')).toMatchObject({ kind: 'failed', reason: expect.stringContaining('ENOENT') });
});
