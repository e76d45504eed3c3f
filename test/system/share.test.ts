import { execFileSync } from 'node:child_process';
import { lstat, mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { createShare, memoryOf } from '../../src/system/share.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();
const share = createShare();

beforeEach(() => mkdir(folder('share')));

describe('files that other machines use as well', () => {
  test('are written whole, renamed over what is there, and removed once', async () => {
    await share.write(folder('share/a'), 'longer than before');
    await share.write(folder('share/a'), 'short');
    await share.write(folder('share/b'), 'old');
    await share.rename(folder('share/a'), folder('share/b'));
    expect(await share.list(folder('share'))).toEqual(['b']);
    expect(await readFile(folder('share/b'), 'utf8')).toBe('short');
    expect(await share.remove(folder('share/b'))).toBe(true);
    expect(await share.remove(folder('share/b'))).toBe(false);
  });

  test('what is not there is told apart from what cannot be seen', async () => {
    expect(await share.look(folder('share/none'))).toBeNull();
    expect(await share.read(folder('share/none'), 10)).toBeNull();
    expect(await share.list(folder('none'))).toBeNull();
    await writeFile(folder('file'), '');
    expect(await share.list(folder('file'))).toBe('not-a-folder');
    await expect(share.list(folder('file/below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(share.look(folder('file/below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  test('only a plain file is read: no link is followed, no pipe waited for', async () => {
    await writeFile(folder('secret'), 'secret');
    await symlink(folder('secret'), folder('share/link'));
    execFileSync('mkfifo', [folder('share/pipe')]);
    await mkdir(folder('share/below'));
    for (const [name, kind] of [
      ['link', 'other'],
      ['pipe', 'other'],
      ['below', 'directory'],
    ] as const) {
      await expect(share.read(folder('share', name), 10)).rejects.toThrow('not a plain file');
      expect(await share.look(folder('share', name))).toMatchObject({ kind });
    }
  });

  test('no more of one is read than was asked for', async () => {
    await writeFile(folder('share/a'), 'x'.repeat(100));
    expect(await share.read(folder('share/a'), 10)).toBe('x'.repeat(10));
  });

  test('a folder is removed only when nothing is in it', async () => {
    await mkdir(folder('share/below'));
    await writeFile(folder('share/below/a'), '');
    await expect(share.remove(folder('share/below'))).rejects.toMatchObject({ code: 'ENOTEMPTY' });
    expect(await readdir(folder('share/below'))).toEqual(['a']);
  });

  test('the time that was set, and the time at which it was', async () => {
    await writeFile(folder('share/a'), '');
    const before = Date.now() - 1_000;
    await utimes(folder('share/a'), 4_000_000_000, 4_000_000_000);
    const found = await share.look(folder('share/a'));
    expect(found?.writtenAt).toBe(4_000_000_000_000);
    expect(found?.changedAt).toBeGreaterThan(before);
    expect(found?.changedAt).toBe((await lstat(folder('share/a'))).ctimeMs);
  });

  test('without the right to write there is no time', async () => {
    await expect(share.now(folder('none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('for how long an answer may be old', () => {
  const line = (mountPoint: string, type: string) => `1 0 0:1 / ${mountPoint} rw - ${type} server:/x rw\n`;

  test.each([
    ['ext4', 0],
    ['cifs', 65_000],
    ['smb3', 65_000],
    ['nfs', 65_000],
    ['nfs4', 65_000],
  ])('on %s', async (type, ms) => {
    await mkdir(folder('proc/self'), { recursive: true });
    await writeFile(folder('proc/self/mountinfo'), line('/', 'ext4') + line(folder('share'), type));
    expect(await memoryOf(folder('share'), folder('proc'))).toBe(ms);
    // What is not there lies nowhere, and where mounts cannot be seen, there is no such share either.
    expect(await memoryOf(folder('share/none'), folder('proc'))).toBe(0);
    expect(await memoryOf(folder('share'), folder('nowhere'))).toBe(0);
  });
});
