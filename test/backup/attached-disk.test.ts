import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { withAttachedDisk } from '../../src/backup/attached-disk.ts';
import { PlugbackError } from '../../src/errors.ts';
import { createTranslator } from '../../src/messages/translator.ts';
import { RunRecorder } from '../../src/status/recorder.ts';
import { fakeSystem } from '../fakes.ts';
import { useFolder } from '../folder.ts';
import { sampleDisk as disk } from './samples.ts';

const folder = useFolder();
const stopped = new PlugbackError('interrupted', { signal: 'SIGTERM' });

let recorder: RunRecorder;
let outer: AbortController;

beforeEach(() => {
  for (const name of disk.kernelNames) {
    mkdirSync(folder(`sys/class/block/${name}`), { recursive: true });
    writeFileSync(folder(`sys/class/block/${name}/size`), '1024\n');
  }
  outer = new AbortController();
});

function pull(): void {
  rmSync(folder('sys/class/block'), { recursive: true });
}

function attached<T>(body: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const system = fakeSystem({ roots: { sys: folder('sys') } });
  recorder = new RunRecorder('20261121-031244-9f3c', system.clock, createTranslator('en'), []);
  return withAttachedDisk(disk, { system, recorder, signal: outer.signal }, body);
}

/** A copy that goes on until it is stopped, and then fails in its own way. */
async function copyUntilStopped(signal: AbortSignal, failure?: Error): Promise<never> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  throw failure ?? signal.reason;
}

describe('a disk that stays', () => {
  test('nothing is in the way', async () => {
    expect(await attached(async () => 7)).toBe(7);
  });

  test('what the body throws is thrown, and a signal is told as what it is', async () => {
    const failure = new PlugbackError('source-empty', { path: '/srv' });
    await expect(attached(() => Promise.reject(failure))).rejects.toBe(failure);
    outer.abort(stopped);
    await expect(attached((signal) => copyUntilStopped(signal))).rejects.toBe(stopped);
  });
});

describe('a disk that is pulled out', () => {
  test('ends the run within two seconds', async () => {
    const began = performance.now();
    const run = attached((signal) => copyUntilStopped(signal));
    pull();
    await expect(run).rejects.toMatchObject({
      code: 'disk-gone',
      exitCode: 69,
      details: { device: disk.device, phase: 'before' },
    });
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test('is the reason, also when systemd sends a signal for it', async () => {
    const run = attached((signal) => copyUntilStopped(signal));
    pull();
    outer.abort(stopped);
    await expect(run).rejects.toMatchObject({ code: 'disk-gone' });
  });

  test('is the reason, also when something else fails first', async () => {
    const failure = new PlugbackError('flush-failed', { mountPoint: '/media/plugback', reason: 'EIO' });
    const run = attached(async () => {
      pull();
      throw failure;
    });
    await expect(run).rejects.toMatchObject({ code: 'disk-gone', cause: failure });
  });

  test('in mid-copy, and when all but the last of it was written', async () => {
    const progress = { bytes: 1, bytesTotal: 2, files: 1, filesTotal: 2, bytesPerSecond: 1, etaSeconds: 1 };
    const pullWhile = (phase: 'copying' | 'flushing') =>
      attached(async (signal) => {
        await recorder.step('lock', async () => {});
        recorder.progress({ ...progress, phase });
        rmSync(folder('sys/class/block'), { recursive: true, force: true });
        return copyUntilStopped(signal);
      });
    await expect(pullWhile('copying')).rejects.toMatchObject({ details: { phase: 'copying' } });
    await expect(pullWhile('flushing')).rejects.toMatchObject({ details: { phase: 'flushing' } });
  });

  test('after everything was done, is nobody’s concern', async () => {
    expect(
      await attached(async () => {
        pull();
        return 7;
      }),
    ).toBe(7);
  });
});
