import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findKeyFile, keyFileFlaw } from '../../src/system/key-file.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();

function write(name: string, content = 'secret', mode = 0o400): string {
  writeFileSync(folder(name), content);
  chmodSync(folder(name), mode);
  return folder(name);
}

describe('where the key is', () => {
  test('in the configured file, whatever systemd handed over', async () => {
    write('plugback-key');
    expect(await findKeyFile('/etc/plugback/key', { CREDENTIALS_DIRECTORY: folder() })).toBe(
      '/etc/plugback/key',
    );
  });

  test('among what systemd handed over', async () => {
    expect(await findKeyFile(null, { CREDENTIALS_DIRECTORY: folder() })).toBeNull();
    write('plugback-key');
    expect(await findKeyFile(null, { CREDENTIALS_DIRECTORY: folder() })).toBe(folder('plugback-key'));
    expect(await findKeyFile(null, {})).toBeNull();
  });
});

describe('a key file', () => {
  test('that is its owner’s alone', async () => {
    expect(await keyFileFlaw(write('key'))).toBeNull();
    expect(await keyFileFlaw(write('writable', 'secret', 0o600))).toBeNull();
  });

  test.each([0o440, 0o404, 0o420, 0o410])('with mode %o', async (mode) => {
    expect(await keyFileFlaw(write('key', 'secret', mode))).toBe('readable-by-others');
  });

  test('that is none', async () => {
    mkdirSync(folder('directory'));
    expect(await keyFileFlaw(folder('directory'))).toBe('not-a-file');
    expect(await keyFileFlaw('/dev/zero')).toBe('not-a-file');
    expect(await keyFileFlaw(write('nothing', ''))).toBe('empty');
    expect(await keyFileFlaw(folder('nowhere'))).toBe('missing');
    expect(await keyFileFlaw(`${write('file')}/below`)).toBe('unreadable');
  });

  test('behind a link: what counts is the file', async () => {
    symlinkSync(write('key', 'secret', 0o444), folder('link'));
    expect(await keyFileFlaw(folder('link'))).toBe('readable-by-others');
  });

  test('in a folder in which others can replace it', async () => {
    mkdirSync(folder('open/inner'), { recursive: true });
    const key = write('open/inner/key');
    expect(await keyFileFlaw(key)).toBeNull();
    symlinkSync(key, folder('link'));
    chmodSync(folder('open'), 0o777);
    expect(await keyFileFlaw(key)).toBe('in-an-open-folder');
    expect(await keyFileFlaw(folder('link'))).toBe('in-an-open-folder');
    // As /tmp is: each may remove only what is theirs.
    chmodSync(folder('open'), 0o1777);
    expect(await keyFileFlaw(key)).toBeNull();
  });

  test('behind a link in such a folder', async () => {
    mkdirSync(folder('open'));
    symlinkSync(write('key'), folder('open/link'));
    chmodSync(folder('open'), 0o777);
    expect(await keyFileFlaw(folder('open/link'))).toBe('in-an-open-folder');
  });

  test.runIf(process.geteuid?.() === 0)('in a folder of somebody else’s', async () => {
    mkdirSync(folder('theirs'));
    const key = write('theirs/key');
    chownSync(folder('theirs'), 1234, 1234);
    expect(await keyFileFlaw(key)).toBe('in-an-open-folder');
  });

  test.runIf(process.geteuid?.() === 0)('of somebody else’s', async () => {
    const key = write('key');
    chownSync(key, 1234, 1234);
    expect(await keyFileFlaw(key)).toBe('foreign-owner');
  });
});
