/** A watch that runs for weeks notices that an upgrade has replaced its program. */

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isUnitsProcess, watchProgram } from '../../src/commands/nightshift/program.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();

test('a program is replaced once another file is in its place, and not while there is none', () => {
  const file = folder('cli.js');
  writeFileSync(file, 'old');
  const verifySame = watchProgram(file);
  verifySame();
  writeFileSync(folder('new.js'), 'old');
  rmSync(file);
  verifySame();
  renameSync(folder('new.js'), file);
  expect(verifySame).toThrow('program-replaced');
});

test('only the process that systemd has started itself is started by it again', () => {
  expect(isUnitsProcess({ SYSTEMD_EXEC_PID: '4711' }, 4711)).toBe(true);
  expect(isUnitsProcess({ SYSTEMD_EXEC_PID: '4711' }, 4712)).toBe(false);
  expect(isUnitsProcess({}, 4711)).toBe(false);
});
