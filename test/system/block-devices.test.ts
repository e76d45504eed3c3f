import { describe, expect, test } from 'vitest';
import {
  type BlockDevice,
  isSameUuid,
  listBlockDevices,
  parseBlkid,
  parseLsblk,
  systemUses,
} from '../../src/system/block-devices.ts';
import { fakeRunner } from '../fakes.ts';
import { fixture } from '../fixtures.ts';

const office = parseLsblk(fixture('lsblk-office.json'));

function device(kernelName: string, devices: readonly BlockDevice[] = office): BlockDevice {
  const found = devices.find((each) => each.kernelName === kernelName);
  if (found === undefined) throw new Error(`no ${kernelName}`);
  return found;
}

describe('what lsblk tells', () => {
  test('every device once, also the one that lies on two', () => {
    expect(office.map((each) => each.kernelName)).toEqual([
      ...['sda', 'sda1', 'sda2', 'sda3', 'sda4', 'sdb', 'sdb1', 'md0', 'sdc', 'sdc1', 'sdd', 'sdd1', 'dm-0'],
      ...['sde', 'sde1', 'sde2', 'sdf', 'sdf1'],
    ]);
  });

  test('all that is known of a partition, with what only its drive knows', () => {
    expect(device('sde1')).toEqual({
      path: '/dev/sde1',
      kernelName: 'sde1',
      majorMinor: '8:65',
      type: 'part',
      fsType: 'ext4',
      uuid: '1B1F8C2E-7A4D-4C55-9F0E-2D3C4B5A6978',
      label: ' Bücher "A" RO=1\n ',
      sizeBytes: 1_000_203_091_968,
      readOnly: false,
      removable: true,
      transport: 'usb',
      model: 'My Passport 2626',
      serial: 'WXK2E1234567',
      mountPoints: [],
      ancestors: ['sde'],
    });
  });

  test('a RAID lies on both of its halves and their drives', () => {
    const raid = device('md0');
    expect(raid.ancestors.toSorted()).toEqual(['sdb', 'sdb1', 'sdc', 'sdc1']);
    expect([raid.type, raid.transport, raid.model]).toEqual(['raid1', 'sata', 'WDC WD40EFAX-68J']);
    expect(raid.mountPoints).toEqual(['/home/anna/photos', '/srv/backups']);
  });

  test('an opened LUKS container lies on its partition and drive', () => {
    expect(device('sdd1').fsType).toBe('crypto_LUKS');
    const inside = device('dm-0');
    expect(inside).toMatchObject({
      path: '/dev/mapper/backup',
      type: 'crypt',
      fsType: 'ext4',
      transport: 'usb',
    });
    expect(inside.ancestors).toEqual(['sdd1', 'sdd']);
    expect([inside.model, inside.serial]).toEqual(['Elements 25A2', 'WX81A12345']);
  });

  test('a write-protected stick; swap in use; a partition without a filesystem', () => {
    expect(device('sdf1')).toMatchObject({ readOnly: true, removable: true, serial: null });
    expect(device('sda2').mountPoints).toEqual(['[SWAP]']);
    expect(device('sde2')).toMatchObject({ fsType: null, uuid: null, label: null, sizeBytes: 524_288 });
  });

  test('a loop device with partitions, where no udev runs', () => {
    const devices = parseLsblk(fixture('lsblk-loop.json'));
    expect(devices.map(({ path, type, ancestors }) => [path, type, ancestors])).toEqual([
      ['/dev/loop1', 'loop', []],
      ['/dev/loop1p1', 'part', ['loop1']],
      ['/dev/loop1p2', 'part', ['loop1']],
    ]);
    expect(device('loop1p1', devices)).toMatchObject({
      majorMinor: '259:0',
      mountPoints: ['/mnt/lab'],
      uuid: null,
    });
  });

  test('nothing attached', () => {
    expect(parseLsblk('{"blockdevices": []}')).toEqual([]);
    expect(parseLsblk('{}')).toEqual([]);
  });
});

describe('what blkid tells', () => {
  test('labels of every kind, exactly', () => {
    const blocks = fixture('blkid-udev.txt').trimEnd().split('\n\n');
    expect(blocks.map((block) => parseBlkid(block).label)).toEqual([
      ' two blanks',
      'say "hi"',
      'RO="1" UUID=x',
      'line\nbreak',
      'back\\slash',
      'tab\tx',
      '$(id) `x`',
      'esc\x1b[31m',
      'inv��',
      'Büro€',
      "it's <&>",
      'a=b=c',
      'STICK 1',
      'back\\x41slash',
    ]);
    expect(parseBlkid(blocks[2] ?? '')).toEqual({
      fsType: 'ext4',
      uuid: '00000000-0000-4000-8000-000000000002',
      label: 'RO="1" UUID=x',
    });
    expect(parseBlkid(blocks[12] ?? '')).toEqual({ fsType: 'vfat', uuid: '4A3B-C12F', label: 'STICK 1' });
  });

  test('a partition table is no filesystem', () => {
    expect(parseBlkid('ID_PART_TABLE_TYPE=dos\n')).toEqual({ fsType: null, uuid: null, label: null });
    expect(parseBlkid('')).toEqual({ fsType: null, uuid: null, label: null });
  });
});

describe('all attached devices', () => {
  test('lsblk that could not read some devices is believed about the others', async () => {
    const runner = fakeRunner((line) =>
      line.startsWith('lsblk ')
        ? {
            exitCode: 64,
            stdout: fixture('lsblk-office.json'),
            stderr: 'lsblk: /dev/sr0: not a block device',
          }
        : { exitCode: 2 },
    );
    expect((await listBlockDevices(runner)).length).toBe(office.length);
  });

  test('lsblk that tells nothing is an error in its own words', async () => {
    const runner = fakeRunner(() => ({ exitCode: 1, stderr: 'lsblk: failed to access sysfs directory\n' }));
    await expect(listBlockDevices(runner)).rejects.toThrow('lsblk: lsblk: failed to access sysfs directory');
  });

  test('only where no udev runs, each device without a known filesystem is asked itself', async () => {
    const runner = fakeRunner((line) => {
      if (line.startsWith('lsblk ')) return { stdout: fixture('lsblk-loop.json') };
      if (line.endsWith(' /dev/loop1p1')) return { stdout: fixture('blkid-udev.txt').split('\n\n')[9] ?? '' };
      return { exitCode: 2 };
    });
    const devices = await listBlockDevices(runner);
    const asked = runner.calls.filter(([program]) => program === 'blkid').map((argv) => argv.at(-1));
    if (asked.length === 0) return expect(devices).toEqual(parseLsblk(fixture('lsblk-loop.json')));
    expect(asked.toSorted()).toEqual(['/dev/loop1', '/dev/loop1p1', '/dev/loop1p2']);
    expect(devices.map(({ label, fsType }) => [label, fsType])).toEqual([
      [null, null],
      ['Büro€', 'ext4'],
      [null, null],
    ]);
  });
});

describe('what a device has to do with this machine’s own system', () => {
  test.each([
    ['sda3', ['/boot/efi', '[SWAP]', '/']],
    ['sda4', ['/boot/efi', '[SWAP]', '/']],
    ['sda', ['/boot/efi', '[SWAP]', '/']],
    ['md0', []],
    ['sdb1', []],
    ['dm-0', []],
    ['sde1', []],
  ])('%s', (kernelName, uses) => {
    expect(systemUses(device(kernelName), office)).toEqual(uses);
  });

  test('a RAID below the root makes all of its drives system drives', () => {
    const rooted = office.map((each) => (each.kernelName === 'md0' ? { ...each, mountPoints: ['/'] } : each));
    expect(systemUses(device('sdb1', rooted), rooted)).toEqual(['/']);
    expect(systemUses(device('sdc', rooted), rooted)).toEqual(['/']);
    expect(systemUses(device('sde1', rooted), rooted)).toEqual([]);
  });
});

test('UUIDs are the same in any case, and nothing is the same as nothing', () => {
  expect(isSameUuid('9a3f-11c0', '9A3F-11C0')).toBe(true);
  expect(isSameUuid('9A3F-11C0', '9A3F-11C1')).toBe(false);
  expect(isSameUuid(null, null)).toBe(false);
});
