import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { findHolders } from '../../src/system/holders.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();

async function putProcess(pid: number, name: string, links: Record<string, string>): Promise<void> {
  await mkdir(folder(String(pid), 'fd'), { recursive: true });
  await writeFile(folder(String(pid), 'comm'), `${name}\n`);
  for (const [link, target] of Object.entries(links)) await symlink(target, folder(String(pid), link));
}

test('who has a file, a working directory or a program on the disk, each once', async () => {
  await putProcess(1, 'systemd', { cwd: '/', root: '/', exe: '/usr/lib/systemd/systemd' });
  await putProcess(20, 'bash', { cwd: '/media/plugback/photos', 'fd/0': '/dev/pts/0' });
  await putProcess(21, 'smbd', {
    cwd: '/',
    'fd/0': '/dev/null',
    'fd/7': '/media/plugback/a',
    'fd/8': '/media/plugback/b',
  });
  await putProcess(22, 'tool', { cwd: '/', exe: '/media/plugback/bin/tool' });
  await putProcess(23, 'less', { cwd: '/media/plugback-old', 'fd/3': '/media/plugbackup' });
  await putProcess(24, 'shell', { cwd: '/media/plugback' });
  await writeFile(folder('uptime'), '');
  await mkdir(folder('self'));
  // Gone while it was looked at.
  await mkdir(folder('25'));
  expect((await findHolders(folder(), '/media/plugback')).toSorted()).toEqual([
    'bash (20)',
    'shell (24)',
    'smbd (21)',
    'tool (22)',
  ]);
  expect(await findHolders(folder(), '/srv')).toEqual([]);
});

test('this process holds its own working directory', async () => {
  expect((await findHolders('/proc', process.cwd())).join()).toContain(`(${process.pid})`);
});
