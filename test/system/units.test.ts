/** Units' names, as systemd itself writes them, and whether they and udev's rule are in force. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { unitWord } from '../../src/install/plan.ts';
import {
  brokenUnit,
  escapeUnit,
  programOfUnit,
  ruleIsInstalled,
  startUnitArgv,
  unitOfDisk,
  unitsAreInstalled,
} from '../../src/system/units.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();

const hasEscape = spawnSync('systemd-escape', ['--version']).status === 0;

const names = [
  '1b1f8c2e-7a4d-4c55-9f0e-2d3c4b5a6978',
  'AB12-34CD',
  '2026-11-21-03-12-44-00',
  '5E6F70810A1B2C3D',
  'a b\\c',
  'ü:_.x',
];

test('a unit’s name is escaped', () => {
  expect(unitOfDisk('1b1f-7a4d')).toBe('plugback@1b1f\\x2d7a4d.service');
  expect(startUnitArgv('1b1f-7a4d')).toEqual([
    'systemctl',
    'start',
    '--no-block',
    '--',
    'plugback@1b1f\\x2d7a4d.service',
  ]);
  expect(escapeUnit('a/ü b')).toBe('a\\x2f\\xc3\\xbc\\x20b');
});

describe.skipIf(!hasEscape)('systemd-escape says the same', () => {
  test.each(names)('%s', (name) => {
    const { stdout } = spawnSync('systemd-escape', ['--template=plugback@.service', '--', name], {
      encoding: 'utf8',
    });
    expect(unitOfDisk(name)).toBe(stdout.trimEnd());
  });

  test.each(names)('and gives %s back', (name) => {
    const { stdout } = spawnSync('systemd-escape', ['--unescape', '--', escapeUnit(name)], {
      encoding: 'utf8',
    });
    expect(stdout.trimEnd()).toBe(name);
  });
});

describe('what is installed', () => {
  function place(file: string, text = ''): void {
    mkdirSync(path.dirname(folder(file)), { recursive: true });
    writeFileSync(folder(file), text);
  }

  test('units count only where systemd runs the machine', () => {
    expect(unitsAreInstalled(folder())).toBe(false);
    place('usr/lib/systemd/system/plugback@.service');
    expect(unitsAreInstalled(folder())).toBe(false);
    mkdirSync(folder('run/systemd/system'), { recursive: true });
    expect(unitsAreInstalled(folder())).toBe(true);
  });

  test('a rule that somebody has switched off does not count', () => {
    expect(ruleIsInstalled(folder())).toBe(false);
    place('usr/lib/udev/rules.d/90-plugback.rules');
    expect(ruleIsInstalled(folder())).toBe(true);
    mkdirSync(folder('etc/udev/rules.d'), { recursive: true });
    symlinkSync('/dev/null', folder('etc/udev/rules.d/90-plugback.rules'));
    expect(ruleIsInstalled(folder())).toBe(false);
  });

  test('a unit whose program is gone is named: the one that counts, not the one beneath', () => {
    place('usr/bin/plugback');
    place('usr/lib/systemd/system/plugback@.service', 'ExecStart=/usr/bin/plugback run --uuid=%I\n');
    expect(brokenUnit(folder())).toBeNull();
    place('usr/bin/node');
    const text = 'ExecStart=/usr/bin/node /usr/local/lib/node_modules/plugback/dist/cli.js run --uuid=%I\n';
    place('etc/systemd/system/plugback@.service', text);
    expect(brokenUnit(folder())).toEqual({
      unit: '/etc/systemd/system/plugback@.service',
      program: '/usr/local/lib/node_modules/plugback/dist/cli.js',
    });
    place('usr/local/lib/node_modules/plugback/dist/cli.js');
    expect(brokenUnit(folder())).toBeNull();
  });

  test.each(['/opt/plug back/cli.js', '/a"b\\c/100%/$x.js'])(
    'the program %s is read as it was written',
    (file) => {
      const text = `[Service]\nExecStart=${unitWord('/usr/bin/node')} ${unitWord(file)} run\n`;
      expect(programOfUnit(text)).toEqual(['/usr/bin/node', file]);
    },
  );
});
