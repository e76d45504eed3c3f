/** The outside programs: are they there, and new enough? */

import { chmodSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  debianPackage,
  findProgram,
  isAtLeast,
  leastRsync,
  neededPrograms,
  nightshiftPrograms,
  parseRsyncVersion,
  readRsyncVersion,
  rsyncVersionArgv,
} from '../../src/system/programs.ts';
import { fakeRunner } from '../fakes.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();

test('rsync is asked for its version', async () => {
  expect(rsyncVersionArgv()).toEqual(['rsync', '--version']);
  const runner = fakeRunner(() => ({ stdout: 'rsync  version 3.4.1  protocol version 32\nCopyright …\n' }));
  expect(await readRsyncVersion(runner)).toBe('3.4.1');
  const broken = fakeRunner(() => ({ exitCode: 127, stderr: 'libpopt.so.0: cannot open\nmore' }));
  await expect(readRsyncVersion(broken)).rejects.toThrow('libpopt.so.0: cannot open');
});

test.each([
  ['rsync  version 3.2.7  protocol version 31', '3.2.7'],
  ['rsync  version v3.2.4  protocol version 31', '3.2.4'],
  ['rsync  version 3.5  protocol version 32', '3.5'],
  ['openrsync: protocol version 29', null],
])('%s', (text, version) => {
  expect(parseRsyncVersion(text)).toBe(version);
});

test.each([
  ['3.1.3', true],
  ['3.1.2', false],
  ['3.1', false],
  ['3.10.0', true],
  ['4.0', true],
  ['2.9.9', false],
])('%s is new enough: %s', (version, isEnough) => {
  expect(isAtLeast(version, leastRsync)).toBe(isEnough);
});

describe('where they are', () => {
  test('only what can be run counts', async () => {
    writeFileSync(folder('tool'), '#!/bin/sh\n');
    chmodSync(folder('tool'), 0o644);
    expect(await findProgram('tool', `/nowhere:${folder()}`)).toBeNull();
    chmodSync(folder('tool'), 0o755);
    expect(await findProgram('tool', `/nowhere:${folder()}`)).toBe(folder('tool'));
  });

  test('every one has a Debian package', () => {
    expect(debianPackage('e2fsck')).toBe('e2fsprogs');
    expect(debianPackage('setpriv')).toBe('util-linux');
    expect(debianPackage('something')).toBe('something');
    expect(neededPrograms(true)).not.toContain('sudo');
    expect(neededPrograms(false)).toContain('sudo');
  });
});

test('nightshift needs nothing where it watches nobody, and ssh only where somebody takes commands', () => {
  expect(nightshiftPrograms([])).toEqual([]);
  expect(nightshiftPrograms([{ reach: 'none' }])).toEqual(['ping', 'xargs']);
  expect(nightshiftPrograms([{ reach: 'none' }, { reach: 'windows-ssh' }])).toContain('ssh');
  expect(nightshiftPrograms([{ reach: 'ssh' }]).map(debianPackage)).toEqual([
    'iputils-ping',
    'findutils',
    'openssh-client',
  ]);
});
