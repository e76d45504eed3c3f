import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { realClock } from '../../src/system/clock.ts';
import { withLock } from '../../src/system/lock.ts';
import type { Argv } from '../../src/system/run.ts';
import { createStarter, readToken, type StarterOptions } from '../../src/web/starter.ts';
import { FakeClock, fakeRunner, noPrograms } from '../fakes.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();

function starterFor(changes: Partial<StarterOptions> = {}) {
  const detached: Argv[] = [];
  const clock = new FakeClock();
  const starter = createStarter({
    token: 'word',
    enrolled: () => ['3F2C-19AC'],
    runLock: folder('run'),
    procRoot: '/proc',
    clock,
    runner: noPrograms(),
    attached: async () => ['3f2c-19ac'],
    startDetached: async (argv) => {
      detached.push(argv);
      return { ended: new Promise(() => undefined) };
    },
    runArgv: (uuid) => ['node', 'cli.js', 'run', '--uuid', uuid],
    hasUnits: () => false,
    ...changes,
  });
  return { starter, detached, clock };
}

describe('a start', () => {
  test('is a process of its own where there are no units; the UUID as it is configured', async () => {
    const { starter, detached } = starterFor();
    expect([starter.isEnrolled('3f2c-19ac'), starter.isEnrolled('ffff')]).toEqual([true, false]);
    expect(await starter.start('3f2c-19ac')).toBe('started');
    expect(detached).toEqual([['node', 'cli.js', 'run', '--uuid', '3F2C-19AC']]);
  });

  test('of a disk that is not plugged in is none', async () => {
    const { starter, detached } = starterFor({ attached: async () => ['FFFF-FFFF'] });
    expect(await starter.start('3f2c-19ac')).toBe('not-attached');
    expect(detached).toEqual([]);
  });

  test('that ends at once with an error is none; after its end the next may be, without a wait', async () => {
    const codes = [78, 0, 0];
    const startDetached = async () => ({ ended: Promise.resolve(codes.shift() ?? null) });
    const { starter } = starterFor({ startDetached });
    await expect(starter.start('3f2c-19ac')).rejects.toMatchObject({
      code: 'start-failed',
      details: { reason: 'exit code 78' },
    });
    expect(await starter.start('3f2c-19ac')).toBe('started');
    expect(await starter.start('3f2c-19ac')).toBe('started');
  });

  test('goes through systemd where the units are', async () => {
    const runner = fakeRunner(() => ({}));
    const { starter, detached } = starterFor({ runner, hasUnits: () => true });
    expect(await starter.start('3f2c-19ac')).toBe('started');
    expect(runner.calls).toEqual([
      ['systemctl', 'start', '--no-block', '--', 'plugback@3F2C\\x2d19AC.service'],
    ]);
    expect(detached).toEqual([]);
  });

  test('that systemd refuses is told with its words, and may be tried again', async () => {
    const runner = fakeRunner(() => ({ exitCode: 5, stderr: 'Unit not found.\n' }));
    const { starter } = starterFor({ runner, hasUnits: () => true });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(starter.start('3f2c-19ac')).rejects.toMatchObject({
        code: 'start-failed',
        details: { reason: 'Unit not found.' },
      });
    }
  });

  test('two in the same moment are one; a while later, without a run, the next may be', async () => {
    const { starter, detached, clock } = starterFor();
    expect(await Promise.all([starter.start('3f2c-19ac'), starter.start('3f2c-19ac')])).toEqual([
      'started',
      'already-running',
    ]);
    clock.pass(16_000);
    expect(await starter.start('3f2c-19ac')).toBe('started');
    expect(detached).toHaveLength(2);
  });

  test('while a run holds the lock there is none', async () => {
    const { starter, detached } = starterFor();
    const { signal } = new AbortController();
    const onLost = () => undefined;
    await withLock(
      { path: folder('run'), procRoot: '/proc', clock: realClock, signal, wait: false, onLost },
      async () => {
        expect(await starter.start('3f2c-19ac')).toBe('already-running');
      },
    );
    expect(detached).toEqual([]);
  });
});

describe('the token file', () => {
  test('holds one word; the line’s end does not count', () => {
    writeFileSync(folder('token'), '  geheim-123\n');
    expect(readToken(folder('token'))).toBe('geheim-123');
  });

  test.each(['', '\n', 'two words', 'grün'])('%j is refused', (text) => {
    writeFileSync(folder('token'), text);
    expect(() => readToken(folder('token'))).toThrow(expect.objectContaining({ code: 'token-unusable' }));
  });

  test('that is not there, or a folder, is refused', () => {
    for (const where of [folder('nothing'), path.dirname(folder('token'))]) {
      expect(() => readToken(where)).toThrow(expect.objectContaining({ code: 'token-unusable' }));
    }
  });
});
