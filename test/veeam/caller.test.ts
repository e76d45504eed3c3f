import { mkdir, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { callerOf } from '../../src/veeam/caller.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();

/** A process in a /proc of the test's own. */
async function running(pid: number | 'self', name: string, parent: number): Promise<void> {
  await mkdir(folder('proc', String(pid)), { recursive: true });
  await writeFile(folder('proc', String(pid), 'comm'), `${name}\n`);
  const number = pid === 'self' ? 900 : pid;
  const rest = Array.from({ length: 17 }, () => '0').join(' ');
  await writeFile(
    folder('proc', String(pid), 'stat'),
    `${number} (${name}) S ${parent} ${rest} ${number * 10} 0\n`,
  );
}

test('the nearest process of Veeam’s above the script, whatever shell is between', async () => {
  await running('self', 'node', 800);
  await running(800, 'sh (x) y', 700);
  await running(700, 'veeamjobman', 600);
  await running(600, 'veeamservice', 1);
  await running(1, 'systemd', 0);
  expect(callerOf(folder('proc'))).toEqual({ pid: 700, startTicks: '7000', bootId: '' });
});

test('called by hand there is none; nor where there is no /proc', async () => {
  await running('self', 'node', 800);
  await running(800, 'bash', 1);
  await running(1, 'systemd', 0);
  expect(callerOf(folder('proc'))).toBeNull();
  expect(callerOf(folder('nowhere'))).toBeNull();
});
