/** The udev rule: which devices start a backup. Its patterns are udev's own, read here the way fnmatch reads them. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const rule = readFileSync(new URL('../../udev/90-plugback.rules', import.meta.url), 'utf8');

/** What a device has: `ACTION`, `SUBSYSTEM`, and its properties. */
type Device = Readonly<Record<string, string>>;

const disk: Device = {
  ACTION: 'add',
  SUBSYSTEM: 'block',
  ID_FS_USAGE: 'filesystem',
  ID_FS_TYPE: 'ext4',
  ID_FS_UUID: '1b1f8c2e-7a4d-4c55-9f0e-2d3c4b5a6978',
};

test.each<[string, Device, boolean]>([
  ['a filesystem', disk, true],
  ['one that changed, as after formatting or unlocking', { ...disk, ACTION: 'change' }, true],
  ['a short UUID', { ...disk, ID_FS_TYPE: 'vfat', ID_FS_UUID: 'AB12-34CD' }, true],
  ['an encrypted container', { ...disk, ID_FS_USAGE: 'crypto', ID_FS_TYPE: 'crypto_LUKS' }, true],
  ['a disk that goes', { ...disk, ACTION: 'remove' }, false],
  ['no block device', { ...disk, SUBSYSTEM: 'net' }, false],
  ['swap', { ...disk, ID_FS_USAGE: 'other' }, false],
  ['part of a RAID', { ...disk, ID_FS_USAGE: 'raid' }, false],
  ['an empty disk', { ACTION: 'add', SUBSYSTEM: 'block' }, false],
  ['a DVD', { ...disk, ID_FS_TYPE: 'iso9660', ID_FS_UUID: '2026-11-21-03-12-44-00' }, false],
  ['a snap', { ...disk, ID_FS_TYPE: 'squashfs' }, false],
  ['a UUID that is too long', { ...disk, ID_FS_UUID: 'deadbeef-dead-beef-dead-beefdeadbeef000' }, false],
  ['no UUID', { ...disk, ID_FS_UUID: '' }, false],
  ['a UUID that is an option', { ...disk, ID_FS_UUID: '--help' }, false],
  ['a UUID that is a path', { ...disk, ID_FS_UUID: 'abcd/../../x' }, false],
  ['a UUID with a blank', { ...disk, ID_FS_UUID: 'abcd ef' }, false],
  ['a UUID that udev would fill in', { ...disk, ID_FS_UUID: 'abcd$name' }, false],
])('%s', (_, device, starts) => {
  expect(startsBackup(device)).toBe(starts);
});

test('the unit is started by systemd, not by udev', () => {
  expect(rule).not.toMatch(/^[^#]*\bRUN\b/m);
  expect(rule).toContain('ENV{SYSTEMD_WANTS}+="%c"');
});

function startsBackup(device: Device): boolean {
  for (const line of rule.split('\n')) {
    if (line.includes('SYSTEMD_WANTS') && !line.startsWith('#')) return true;
    const match = /^(?:ENV\{)?(\w+)\}?(==|!=)"([^"]*)", GOTO="plugback_end"$/.exec(line);
    if (match === null) continue;
    const [, key = '', operator, pattern = ''] = match;
    if (matches(device[key] ?? '', pattern) === (operator === '==')) return false;
  }
  return false;
}

function matches(value: string, pattern: string): boolean {
  const source = pattern.replaceAll('[!', '[^').replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^(?:${source})$`).test(value);
}
