/** Unlocking and locking, with a cryptsetup of the test's making: real containers need a kernel with device-mapper. */

import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { unlockDisk, verifyKey } from '../../src/backup/unlocked-disk.ts';
import { createTranslator } from '../../src/messages/translator.ts';
import { RunRecorder } from '../../src/status/recorder.ts';
import { type Answer, FakeClock, fakeRunner, fakeSystem } from '../fakes.ts';
import { useFolder } from '../folder.ts';
import { sampleDisk } from './samples.ts';

const folder = useFolder();
const container = { ...sampleDisk, label: null, fsType: 'crypto_LUKS' };
const mapping = `plugback-${container.uuid}`;
const mapped = `/dev/mapper/${mapping}`;

let keyFile: string;
/** What cryptsetup open answers. */
let opening: Answer;
/** How often cryptsetup close says that somebody still uses it. */
let busy: number;
let filesystem: string;
let lines: string[];

beforeEach(() => {
  keyFile = folder('key');
  writeFileSync(keyFile, 'secret', { mode: 0o400 });
  opening = {};
  busy = 0;
  filesystem = 'ID_FS_TYPE=ext4\nID_FS_LABEL_ENC=Tresor\nID_FS_UUID_ENC=aaaa\n';
  lines = [];
});

/** As the kernel shows it: another one beside ours. */
function openMapping(): void {
  for (const [name, dm] of [
    ['dm-0', 'swap'],
    ['dm-3', mapping],
  ]) {
    const place = folder('sys/class/block', name ?? '');
    mkdirSync(path.join(place, 'dm'), { recursive: true });
    writeFileSync(path.join(place, 'dm/name'), `${dm}\n`);
    writeFileSync(path.join(place, 'dev'), '254:3\n');
    writeFileSync(path.join(place, 'size'), '125000\n');
  }
}

function closeMapping(): void {
  rmSync(folder('sys/class/block/dm-3'), { recursive: true, force: true });
}

function isOpen(): boolean {
  return existsSync(folder('sys/class/block/dm-3'));
}

function machine() {
  const runner = fakeRunner((line) => {
    if (line.startsWith('blkid')) return { stdout: filesystem };
    if (line.startsWith('cryptsetup luksDump'))
      return { exitCode: 1, stderr: 'Device is not a valid LUKS device.\n' };
    if (line.startsWith('cryptsetup open')) {
      if (!('exitCode' in opening)) openMapping();
      return opening;
    }
    if (line.startsWith('cryptsetup close --deferred')) return {};
    if (line.startsWith('cryptsetup close')) {
      busy -= 1;
      if (busy >= 0) return { exitCode: 5, stderr: 'Device is still in use.\n' };
      closeMapping();
      return {};
    }
    return undefined;
  });
  return { runner, system: fakeSystem({ runner, clock: new FakeClock(), roots: { sys: folder('sys') } }) };
}

async function unlock(signal = new AbortController().signal) {
  const { runner, system } = machine();
  const recorder = new RunRecorder('20261121-031244-9f3c', system.clock, createTranslator('en'), [
    { said: ({ text }) => lines.push(text) },
  ]);
  const settings = { keyFile, readOnly: false, mountPoint: '/media/plugback' };
  const unlocked = await unlockDisk(container, settings, { system, signal }, recorder.voice('mount'));
  return { unlocked, runner };
}

describe('unlocking', () => {
  test('gives the filesystem inside, under the UUID of the container', async () => {
    const { unlocked, runner } = await unlock();
    expect(unlocked.source).toBe(mapped);
    expect(unlocked.disk).toEqual({
      ...container,
      label: 'Tresor',
      device: mapped,
      majorMinor: '254:3',
      fsType: 'ext4',
      sizeBytes: 64_000_000,
      kernelNames: ['dm-3', 'sdb1', 'sdb'],
    });
    const words = `cryptsetup open --type luks --batch-mode --key-file ${keyFile} -- /dev/sdb1 ${mapping}`;
    expect(runner.calls.map((argv) => argv.join(' '))).toContain(words);
  });

  test('any other disk is handed back as it is, and asked nothing', async () => {
    const { runner, system } = machine();
    const recorder = new RunRecorder('20261121-031244-9f3c', system.clock, createTranslator('en'), []);
    const settings = { keyFile: null, readOnly: false, mountPoint: '/media/plugback' };
    const { signal } = new AbortController();
    const unlocked = await unlockDisk(sampleDisk, settings, { system, signal }, recorder.voice('mount'));
    await unlocked.lock();
    expect(unlocked).toMatchObject({ disk: sampleDisk, source: `UUID=${sampleDisk.uuid}` });
    expect(runner.calls).toEqual([]);
  });

  test.each([
    ['wrong-key', { exitCode: 2, stderr: 'No key available with this passphrase.\n' }],
    ['encryption-damaged', { exitCode: 1, stderr: 'Device /dev/sdb1 is not a valid LUKS device.\n' }],
    ['already-unlocked', { exitCode: 5, stderr: 'Device /dev/sdb1 is in use.\n' }],
  ])('that fails: %s', async (code, answer) => {
    opening = answer;
    await expect(unlock()).rejects.toMatchObject({ code });
  });

  test('a container without a filesystem is locked again', async () => {
    filesystem = '';
    await expect(unlock()).rejects.toMatchObject({ code: 'container-empty' });
    expect(isOpen()).toBe(false);
  });

  test('told to stop meanwhile: locked again', async () => {
    const stopper = new AbortController();
    const reason = new Error('stopped');
    const running = unlock(stopper.signal);
    stopper.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(isOpen()).toBe(false);
  });

  test('what a dead run left unlocked is locked first, and told', async () => {
    openMapping();
    const { runner } = await unlock();
    const calls = runner.calls
      .map(([program, verb]) => `${program} ${verb}`)
      .filter((call) => /crypt/.test(call));
    expect(calls).toEqual(['cryptsetup close', 'cryptsetup open']);
    expect(lines).toContainEqual(expect.stringContaining('still unlocked'));
  });
});

describe('locking', () => {
  test('waits for whoever still looks at it', async () => {
    const { unlocked } = await unlock();
    busy = 3;
    await unlocked.lock();
    expect(isOpen()).toBe(false);
  });

  test('leaves it to the kernel in the end, and says so', async () => {
    const { unlocked, runner } = await unlock();
    busy = Number.POSITIVE_INFINITY;
    await expect(unlocked.lock()).rejects.toMatchObject({ code: 'lock-failed', details: { mapping } });
    expect(runner.calls).toContainEqual(['cryptsetup', 'close', '--deferred', '--', mapping]);
  });

  test('one that is locked already is fine', async () => {
    const { unlocked } = await unlock();
    closeMapping();
    await expect(unlocked.lock()).resolves.toBeUndefined();
  });
});

describe('the key, before anybody waits for anything', () => {
  test('none', async () => {
    await expect(verifyKey(container, null)).rejects.toMatchObject({ code: 'disk-encrypted' });
    await expect(verifyKey(sampleDisk, null)).resolves.toBeUndefined();
  });

  test('one that others can read', async () => {
    chmodSync(keyFile, 0o440);
    const details = { path: keyFile, flaw: 'readable-by-others' };
    await expect(verifyKey(container, keyFile)).rejects.toMatchObject({ code: 'key-file-unusable', details });
  });
});
