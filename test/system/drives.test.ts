/** What drive is that: two packages are asked, and neither is believed blindly. */

import { describe, expect, test } from 'vitest';
import { parseLsblk } from '../../src/system/block-devices.ts';
import {
  describeDrives,
  driveOf,
  type LaidOutDrive,
  type ListedDrive,
  mergeDrives,
} from '../../src/system/drives.ts';
import { fixture } from '../fixtures.ts';

const listed: ListedDrive = {
  device: '/dev/sde',
  busType: 'USB',
  isSystem: false,
  isReadOnly: false,
  isRemovable: true,
};
const laidOut: LaidOutDrive = {
  device: '/dev/sde',
  name: 'My Passport 2626',
  vendor: 'Western Digital',
  type: 'HD',
  interfaceType: 'USB',
  serialNum: 'WX12',
  smartStatus: 'Ok',
};
const sources = (one: () => Promise<ListedDrive[]>, other: () => Promise<LaidOutDrive[]>) => ({
  drivelist: one,
  systeminformation: other,
});

describe('the two are put together', () => {
  test('for the same drive', () => {
    expect(mergeDrives([listed], [laidOut])).toEqual([
      {
        device: '/dev/sde',
        vendor: 'Western Digital',
        model: 'My Passport 2626',
        bus: 'USB',
        medium: 'HDD',
        serial: 'WX12',
        isSystem: false,
        isReadOnly: false,
        isRemovable: true,
        isFailing: false,
      },
    ]);
  });

  test('what only one of them knows is known', () => {
    expect(mergeDrives([listed], [])).toMatchObject([{ bus: 'USB', model: null, isFailing: null }]);
    expect(mergeDrives([], [laidOut])).toMatchObject([{ bus: 'USB', isSystem: null, isReadOnly: null }]);
  });

  test('words that say nothing are left out', () => {
    const [drive] = mergeDrives(
      [{ ...listed, busType: 'UNKNOWN' }],
      [{ ...laidOut, vendor: '0x1af4', name: ' ', interfaceType: '', serialNum: '', smartStatus: 'unknown' }],
    );
    expect(drive).toMatchObject({ vendor: null, model: null, bus: null, serial: null, isFailing: null });
  });

  test('the maker is not named twice', () => {
    const [drive] = mergeDrives(
      [],
      [{ ...laidOut, vendor: 'Samsung', name: 'Samsung SSD 870', type: 'SSD' }],
    );
    expect(drive).toMatchObject({ vendor: null, model: 'Samsung SSD 870', medium: 'SSD' });
  });

  test('a drive that foresees its own end says so', () => {
    expect(mergeDrives([], [{ ...laidOut, smartStatus: 'Predicted Failure' }])).toMatchObject([
      { isFailing: true },
    ]);
  });
});

describe('asking', () => {
  const never = () => new Promise<never>(() => undefined);
  const fails = () => Promise.reject(new Error('no udev'));
  const throws = () => {
    throw new Error('at once');
  };

  test.each([
    ['hangs', never],
    ['fails', fails],
    ['throws', throws],
  ])('one that %s is not heard, the other is', async (_, broken) => {
    expect(
      await describeDrives(
        sources(broken, async () => [laidOut]),
        20,
      ),
    ).toMatchObject([{ model: 'My Passport 2626', isSystem: null }]);
    expect(
      await describeDrives(
        sources(async () => [listed], broken),
        20,
      ),
    ).toMatchObject([{ model: null, isSystem: false }]);
    expect(await describeDrives(sources(broken, broken), 20)).toEqual([]);
  });

  test('the real packages answer on this machine, or are silent', async () => {
    for (const drive of await describeDrives()) expect(drive.device).toMatch(/^\/dev\//);
  });
});

test('a partition belongs to its drive', () => {
  const devices = parseLsblk(fixture('lsblk-office.json'));
  const drives = mergeDrives([listed], []);
  const on = (path: string) => {
    const device = devices.find((one) => one.path === path);
    return device === undefined ? undefined : driveOf(device, drives);
  };
  expect(on('/dev/sde')?.device).toBe('/dev/sde');
  expect(on('/dev/sde1')?.device).toBe('/dev/sde');
  expect(on('/dev/sdf1')).toBeNull();
});
