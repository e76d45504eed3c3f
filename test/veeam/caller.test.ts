import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { callerOf } from '../../src/veeam/caller.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();

/** A process in a /proc of the test's own; null: what it executes is not shown. */
async function running(
  pid: number | 'self',
  name: string,
  parent: number,
  program: string | null = `/usr/sbin/${name}`,
): Promise<void> {
  await mkdir(folder('proc', String(pid)), { recursive: true });
  await writeFile(folder('proc', String(pid), 'comm'), `${name}\n`);
  if (program !== null) await symlink(program, folder('proc', String(pid), 'exe'));
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

test('a script that is called like Veeam is not Veeam; nor is what does not show its program', async () => {
  await running('self', 'node', 800);
  await running(800, 'veeam-prejob.sh', 700, '/usr/bin/dash');
  await running(700, 'veeamjobman', 1, null);
  await running(1, 'systemd', 0);
  expect(callerOf(folder('proc'))).toBeNull();
});

test('a program that was replaced while it runs is still Veeam’s', async () => {
  await running('self', 'node', 700);
  await running(700, 'jobman', 1, '/usr/sbin/veeamjobman (deleted)');
  expect(callerOf(folder('proc'))).toMatchObject({ pid: 700 });
});

test('called by hand there is none; nor where there is no /proc', async () => {
  await running('self', 'node', 800);
  await running(800, 'bash', 1);
  await running(1, 'systemd', 0);
  expect(callerOf(folder('proc'))).toBeNull();
  expect(callerOf(folder('nowhere'))).toBeNull();
});
