import { describe, expect, test } from 'vitest';
import { chooseDisk, findDisk } from '../../src/backup/find-disk.ts';
import { type BlockDevice, parseLsblk } from '../../src/system/block-devices.ts';
import { fakeRunner, noPrograms } from '../fakes.ts';
import { fixture } from '../fixtures.ts';

const office = parseLsblk(fixture('lsblk-office.json'));
/** The office without the clone of sde1. */
const withoutClone = office.filter((device) => !device.kernelName.startsWith('sdf'));

const vault = 'bbbbbbbb-0002-4000-8000-00000000000b';
const passport = '1b1f8c2e-7a4d-4c55-9f0e-2d3c4b5a6978';
const absent = '00000000-0000-4000-8000-000000000000';

function enrolled(...uuids: string[]) {
  return uuids.map((uuid) => ({ uuid, mailAddresses: [] }));
}

function choose(uuids: string[], uuid: string | null = null, devices: readonly BlockDevice[] = withoutClone) {
  return chooseDisk({ uuid, enrolled: enrolled(...uuids) }, devices);
}

/** Code and details of the error. */
function refusal(
  uuids: string[],
  uuid: string | null = null,
  devices: readonly BlockDevice[] = withoutClone,
): unknown {
  try {
    return choose(uuids, uuid, devices);
  } catch (error) {
    const { code, details } = error as { code: string; details: object };
    return [code, details];
  }
}

describe('the disk of a run', () => {
  test('everything that is known of it, the UUID as the device writes it', () => {
    expect(choose([passport])).toEqual({
      uuid: passport.toUpperCase(),
      label: ' Bücher "A" RO=1\n ',
      device: '/dev/sde1',
      majorMinor: '8:65',
      fsType: 'ext4',
      sizeBytes: 1_000_203_091_968,
      writeProtected: false,
      kernelNames: ['sde1', 'sde'],
    });
  });

  test('the first of the configuration’s list, not the first that is attached', () => {
    expect(choose([absent, passport, vault]).device).toBe('/dev/sde1');
    expect(choose([absent, vault, passport]).device).toBe('/dev/mapper/backup');
  });

  test('the one that was asked for, whatever the list says', () => {
    expect(choose([vault, passport], passport).device).toBe('/dev/sde1');
    expect(choose([], passport.toUpperCase()).device).toBe('/dev/sde1');
  });

  test('UUIDs in any case', () => {
    expect(choose([vault.toUpperCase()]).uuid).toBe(vault);
  });

  test('an opened container knows the drive below it, for the kernel’s log', () => {
    expect(choose([vault]).kernelNames).toEqual(['dm-0', 'sdd1', 'sdd']);
  });

  test('a write-protected one is found, and is said to be so', () => {
    const clone = office.filter((device) => !device.kernelName.startsWith('sde'));
    expect(choose([passport], null, clone)).toMatchObject({ device: '/dev/sdf1', writeProtected: true });
  });

  test('a filesystem of unknown type is left to mount', () => {
    const unknown = office.map((device) =>
      device.kernelName === 'dm-0' ? { ...device, fsType: null } : device,
    );
    expect(choose([vault], null, unknown).fsType).toBe('auto');
  });
});

describe('no disk for a run', () => {
  test('none attached, or not the one that was asked for', () => {
    expect(refusal([absent])).toEqual(['no-disk-attached', { uuids: [absent] }]);
    expect(refusal([passport], absent)).toEqual(['disk-not-attached', { uuid: absent }]);
    expect(refusal([passport], null, [])).toEqual(['no-disk-attached', { uuids: [passport] }]);
  });

  test('an empty UUID is nobody’s', () => {
    expect(refusal([''])).toEqual(['no-disk-attached', { uuids: [''] }]);
  });

  test('two with one UUID, also when they differ in case', () => {
    expect(refusal([absent, passport], null, office)).toEqual([
      'duplicate-uuid',
      { uuid: passport, devices: ['/dev/sde1', '/dev/sdf1'] },
    ]);
    expect(refusal([], passport, office)).toEqual([
      'duplicate-uuid',
      { uuid: passport, devices: ['/dev/sde1', '/dev/sdf1'] },
    ]);
  });

  test('a clone further down the list does not matter', () => {
    expect(choose([vault, passport], null, office).device).toBe('/dev/mapper/backup');
  });

  test.each([
    ['the root filesystem', 'c0ffee00-1111-4222-8333-444455556666', '/dev/sda3'],
    ['the boot partition', '9a3f-11c0', '/dev/sda1'],
    ['swap', '5f0c7d1e-0c55-4b4e-8d39-6a8d1f1a2b3c', '/dev/sda2'],
    ['another partition of the same drive', 'c0ffee00-1111-4222-8333-777788889999', '/dev/sda4'],
  ])('this machine’s own disk: %s', (_what, uuid, device) => {
    expect(refusal([uuid])).toEqual(['system-disk', { device, uses: '/boot/efi, [SWAP], /' }]);
  });
});

describe('looking at the machine', () => {
  test('nobody looks when no disk is enrolled', async () => {
    const looking = findDisk(
      { uuid: null, enrolled: [], configPath: '/etc/plugback/config.ini' },
      noPrograms(),
    );
    await expect(looking).rejects.toMatchObject({
      code: 'no-disks-enrolled',
      details: { path: '/etc/plugback/config.ini' },
    });
  });

  test('lsblk decides', async () => {
    const runner = fakeRunner((line) =>
      line.startsWith('lsblk ') ? { stdout: fixture('lsblk-office.json') } : { exitCode: 2 },
    );
    const wanted = { uuid: null, enrolled: enrolled(vault), configPath: '' };
    expect((await findDisk(wanted, runner)).device).toBe('/dev/mapper/backup');
  });
});
