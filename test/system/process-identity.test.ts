import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { identifyProcess, isAlive } from '../../src/system/process-identity.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();

/** A process as /proc shows it. */
async function putProcess(pid: number, name: string, state: string, startTicks: number): Promise<void> {
  await mkdir(folder(String(pid)), { recursive: true });
  const rest = Array.from({ length: 18 }, (_, index) => index).join(' ');
  await writeFile(folder(String(pid), 'stat'), `${pid} (${name}) ${state} ${rest} ${startTicks} 0 0\n`);
  await mkdir(folder('sys/kernel/random'), { recursive: true });
  await writeFile(folder('sys/kernel/random/boot_id'), 'a-boot\n');
}

describe('a process', () => {
  test('this one is alive, and another start of the same number is not', () => {
    const self = identifyProcess('/proc', 'self');
    expect(self).toMatchObject({ pid: process.pid });
    if (self === null) return;
    expect(isAlive('/proc', self)).toBe(true);
    expect(isAlive('/proc', { ...self, startTicks: '1' })).toBe(false);
    expect(isAlive('/proc', { ...self, bootId: 'another' })).toBe(false);
  });

  test('one that has ended is not alive', async () => {
    const child = spawn('sleep', ['600']);
    const identity = identifyProcess('/proc', child.pid ?? 0);
    expect(identity).not.toBeNull();
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill();
    await ended;
    expect(identity !== null && isAlive('/proc', identity)).toBe(false);
  });

  test.each(['node', 'a b', 'x) S 1 (y', '((', 'new\nline'])('its name may be %j', async (name) => {
    await putProcess(42, name, 'S', 12_345);
    expect(identifyProcess(folder(), 42)).toEqual({ pid: 42, startTicks: '12345', bootId: 'a-boot' });
  });

  test('a dead one that nobody has buried is dead', async () => {
    await putProcess(42, 'node', 'Z', 12_345);
    expect(identifyProcess(folder(), 42)).toBeNull();
  });

  test('what is no process', async () => {
    expect(identifyProcess(folder(), 42)).toBeNull();
    await mkdir(folder('43'));
    await writeFile(folder('43/stat'), '');
    expect(identifyProcess(folder(), 43)).toBeNull();
  });
});
