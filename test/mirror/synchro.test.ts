import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { PlugbackError } from '../../src/errors.ts';
import { mirror, planMirror, Synchro, type SynchroOptions, type SynchroSettings } from '../../src/index.ts';
import { withReplicaLock } from '../../src/mirror/mirror-lock.ts';
import { type Clock, realClock } from '../../src/system/clock.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();
/** Nothing outside the test's folder is written, and no threads are started. */
let own: SynchroSettings;

beforeEach(() => {
  own = { threads: 0, stateDirectory: folder('state'), runtimeDirectory: folder('run') };
  for (const name of ['source1', 'source2', 'folder1', 'folder2', 'folder3']) mkdirSync(folder(name));
  for (const name of ['source1', 'source2']) {
    writeFileSync(folder(name, 'letter.txt'), `from ${name}`);
    utimesSync(folder(name), 1_000_000_000, 1_000_000_000);
  }
});

/** A clock that stands at a time of this machine's zone; whoever sleeps moves it, and is remembered. */
function standing(
  ...parts: [year: number, month: number, day: number, ...time: number[]]
): Clock & { slept: number[] } {
  let now = new Date(...parts).getTime();
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    monotonic: () => now,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      // A file that has just been written is looked at again a moment later.
      if (ms < 1000) return realClock.sleep(ms);
      slept.push(ms);
      now += ms;
    },
  };
}

function create(options: SynchroOptions = {}): Synchro {
  return new Synchro({ logPath: folder(), clock: standing(2026, 10, 21, 3, 12, 44), ...options });
}

const log = (day = '2026-11-21') => readFileSync(folder('LOGS', `LOG-${day}.txt`), 'utf8');

describe('the three examples', () => {
  test('one backup', async () => {
    const s = create();
    s.configure(folder('source1'), folder('folder1'), own);
    const result = await s.run();
    s.close();
    expect(result).toMatchObject({
      added: 1,
      overwritten: 1,
      deleted: 0,
      untouched: 0,
      bytes: 12,
      skipped: [],
    });
    expect(readFileSync(folder('folder1/letter.txt'), 'utf8')).toBe('from source1');
  });

  test('two folders to three places, one object', async () => {
    const s = create();
    for (const [source, replica] of [
      ['source1', 'folder1'],
      ['source2', 'folder2'],
      ['source2', 'folder3'],
    ] as const) {
      s.configure(folder(source), folder(replica), own);
      await s.run();
    }
    s.close();
    const texts = ['folder1', 'folder2', 'folder3'].map((name) =>
      readFileSync(folder(name, 'letter.txt'), 'utf8'),
    );
    expect(texts).toEqual(['from source1', 'from source2', 'from source2']);
  });

  test('every four hours, until it is told to stop', async () => {
    const clock = standing(2026, 10, 21, 3, 12, 44);
    const s = create({ clock });
    s.configure(folder('source1'), folder('folder1'), { ...own, mode: 'O', interval: 4 });
    let cycles = 0;
    s.on('cycle', () => {
      cycles += 1;
      if (cycles === 3) s.close();
    });
    expect(await s.run()).toMatchObject({ untouched: 2 });
    expect(clock.slept).toEqual([4 * 3_600_000, 4 * 3_600_000]);
  });
});

describe('settings', () => {
  const performed = async (settings: object): Promise<number[]> => {
    const clock = standing(2026, 10, 21);
    const s = create({ clock });
    s.configure(folder('source1'), folder('folder1'), { ...own, ...settings } as SynchroSettings);
    // What has no end is ended after five cycles.
    let cycles = 0;
    s.on('cycle', () => {
      cycles += 1;
      if (cycles === 5) s.close();
    });
    await s.run();
    return [cycles, ...clock.slept.slice(0, 1).map((ms) => ms / 3_600_000)];
  };

  test.each([
    ['none', {}, [1]],
    ['single', { mode: 'single', max: 3 }, [1]],
    ['S', { mode: 'S' }, [1]],
    ['no mode at all', { mode: 7 }, [1]],
    ['an unknown mode', { mode: 'weekly' }, [1]],
    ['ongoing', { mode: 'Ongoing', max: 2, interval: 3 }, [2, 3]],
    ['o', { mode: 'o', max: 2, interval: 3 }, [2, 3]],
    ['too often', { mode: 'o', max: 2, interval: 0.1 }, [2, 0.25]],
    ['in another age', { mode: 'o', max: 2, interval: 1e12 }, [2, (2 ** 31 - 1) / 3_600_000]],
    ['backwards', { mode: 'o', max: 2, interval: -1 }, [2, 0.25]],
    ['no interval', { mode: 'o', max: 2 }, [2, 24]],
    ['no number', { mode: 'o', max: 2, interval: '3' }, [2, 24]],
    ['a part of a cycle', { mode: 'o', max: 2.1, interval: 1 }, [3, 1]],
    ['a negative number of cycles', { mode: 'o', max: -2, interval: 1 }, [5, 1]],
    ['a number of cycles that is none', { mode: 'o', max: '2', interval: 1 }, [5, 1]],
    ['no number of cycles', { mode: 'o', interval: 1 }, [5, 1]],
  ])('%s', async (_, settings, expected) => {
    expect(await performed(settings)).toEqual(expected);
  });

  const codeOf = (configure: () => void): string | null => {
    try {
      configure();
      return null;
    } catch (error) {
      return error instanceof PlugbackError ? error.code : String(error);
    }
  };

  test('folders that are not there', () => {
    const s = create();
    expect(codeOf(() => s.configure(folder('nowhere'), folder('folder1')))).toBe('mirror-source-unusable');
    expect(codeOf(() => s.configure(folder('source1'), folder('nowhere')))).toBe('mirror-replica-unusable');
    expect(codeOf(() => s.configure(folder('source1/letter.txt'), folder('folder1')))).toBe(
      'mirror-source-unusable',
    );
  });

  test('an empty name is not the current folder', async () => {
    const s = create();
    const nameless = { code: 'mirror-replica-unusable', details: { path: '', reason: 'no name' } };
    expect(codeOf(() => s.configure('', folder('folder1')))).toBe('mirror-source-unusable');
    expect(codeOf(() => s.configure(folder('source1'), ''))).toBe(nameless.code);
    expect(codeOf(() => new Synchro({ logPath: '' }))).toBe('mirror-log-unusable');
    await expect(mirror('', folder('folder1'))).rejects.toMatchObject({ code: 'mirror-source-unusable' });
    await expect(mirror(folder('source1'), '')).rejects.toMatchObject(nameless);
    await expect(planMirror(folder('source1'), '')).rejects.toMatchObject(nameless);
  });

  test('the log in the replica, by whatever way', () => {
    const at = (logPath: string) =>
      codeOf(() => create({ logPath }).configure(folder('source1'), folder('folder1')));
    expect(at(folder('folder1'))).toBe('mirror-log-in-replica');
    expect(at(folder('folder1/deeper'))).toBe('mirror-log-in-replica');
    expect(at(folder('folder1/..x'))).toBe('mirror-log-in-replica');
    mkdirSync(folder('folder10'));
    expect(at(folder('folder10'))).toBeNull();
    symlinkSync(folder('folder1'), folder('way'));
    expect(at(folder('way/deeper'))).toBe('mirror-log-in-replica');
    mkdirSync(folder('LOGS'));
    expect(codeOf(() => create().configure(folder('source1'), folder('LOGS')))).toBe('mirror-log-in-replica');
  });

  test('only LOGS is made: a folder that is missing may be one that is not mounted', async () => {
    const s = create({ logPath: folder('disk') });
    expect(codeOf(() => s.configure(folder('source1'), folder('folder1'), own))).toBe('mirror-log-unusable');
    mkdirSync(folder('disk'));
    s.configure(folder('source1'), folder('folder1'), own);
    rmSync(folder('disk'), { recursive: true });
    await expect(s.run()).rejects.toMatchObject({ code: 'mirror-log-unusable' });
    expect(existsSync(folder('disk'))).toBe(false);
  });

  test('what could not be configured does not run, nor what was before; it is in the log', async () => {
    const s = create();
    s.configure(folder('source1'), folder('folder1'), own);
    await s.run();
    expect(codeOf(() => s.configure(folder('nowhere'), folder('folder2'), own))).toBe(
      'mirror-source-unusable',
    );
    await expect(s.run()).rejects.toThrow('configure() comes before run()');
    expect(codeOf(() => s.configure(folder('source1'), folder('LOGS'), own))).toBe('mirror-log-in-replica');
    await expect(s.run()).rejects.toThrow('configure() comes before run()');
    s.close();
    expect(log()).toContain(`The source ${folder('nowhere')} cannot be read`);
  });

  test('run comes after configure', async () => {
    await expect(create().run()).rejects.toThrow('configure() comes before run()');
  });
});

describe('the log', () => {
  test('a line for each thing, and a summary', async () => {
    writeFileSync(folder('folder1/old.txt'), 'old');
    writeFileSync(folder('source1/same\nline.txt'), 'x');
    utimesSync(folder('source1'), 1_000_000_000, 1_000_000_000);
    const s = create();
    s.configure(folder('source1'), folder('folder1'), { ...own, allowDeletes: true });
    await s.run();
    await s.run();
    s.close();
    const text = log().replaceAll(folder(), '');
    const lines = text.split('\n').map((line) => line.replace(/ in \d+ s/, ''));
    // A file that was written just now is tried again; and what is known to be the same is told before what was compared.
    const [begin, added, middle, untouched, end] = [[0, 2], [2, 4], [4, 7], [7, 10], [10]].map(([from, to]) =>
      lines.slice(from, to),
    );
    expect([begin, added?.toSorted(), middle, untouched?.toSorted(), end].flat()).toEqual([
      '2026-11-21 03:12:44  Mirroring /source1 to /folder1.',
      '2026-11-21 03:12:44  Deleted: old.txt',
      '2026-11-21 03:12:44  Added: letter.txt',
      '2026-11-21 03:12:44  Added: same\\x0aline.txt',
      '2026-11-21 03:12:44  Date or rights set: .',
      '2026-11-21 03:12:44  2 added, 1 overwritten, 1 deleted, 0 untouched, 0 skipped; 13 bytes copied.',
      '2026-11-21 03:12:44  Mirroring /source1 to /folder1.',
      '2026-11-21 03:12:44  Untouched: .',
      '2026-11-21 03:12:44  Untouched: letter.txt',
      '2026-11-21 03:12:44  Untouched: same\\x0aline.txt',
      '2026-11-21 03:12:44  0 added, 0 overwritten, 0 deleted, 3 untouched, 0 skipped; 0 bytes copied.',
      '',
    ]);
  });

  test('a new day, a new file', async () => {
    const s = create({ clock: standing(2026, 11, 31, 22, 0, 0), language: 'de' });
    s.configure(folder('source1'), folder('folder1'), { ...own, mode: 'o', interval: 4, max: 2 });
    await s.run();
    s.close();
    expect(readdirSync(folder('LOGS'))).toEqual(['LOG-2026-12-31.txt', 'LOG-2027-01-01.txt']);
    expect(log('2026-12-31')).toContain('22:00:00  Neu: letter.txt');
    expect(log('2026-12-31')).toContain('Der nächste Durchgang beginnt: ');
    expect(log('2027-01-01')).toContain('02:00:00  Unverändert: letter.txt');
  });

  test('what went wrong is in it; the ongoing mode tries again', async () => {
    const s = create();
    s.configure(folder('source1'), folder('folder1'), { ...own, mode: 'o', max: 2 });
    rmSync(folder('source1/letter.txt'));
    const failures: string[] = [];
    s.on('failure', (error) => {
      failures.push(error.code);
      writeFileSync(folder('source1/letter.txt'), 'back again');
    });
    expect(await s.run()).toMatchObject({ added: 1 });
    s.close();
    expect(failures).toEqual(['mirror-source-empty']);
    expect(log()).toContain('is empty. Nothing was copied or deleted.');
  });

  test('one that cannot be written is no silence', async () => {
    writeFileSync(folder('LOGS'), 'a file');
    const s = create();
    s.configure(folder('source1'), folder('folder1'), own);
    await expect(s.run()).rejects.toMatchObject({ code: 'mirror-log-unusable' });
  });

  test('one that cannot be written for a while does not end the ongoing mode', async () => {
    writeFileSync(folder('LOGS'), 'a file');
    const s = create();
    s.configure(folder('source1'), folder('folder1'), { ...own, mode: 'o', max: 2 });
    const failures: string[] = [];
    s.on('failure', (error) => {
      failures.push(error.code);
      rmSync(folder('LOGS'));
    });
    expect(await s.run()).toMatchObject({ skipped: [] });
    expect(failures).toEqual(['mirror-log-unusable']);
    expect(log('2026-11-22')).toContain('Mirroring ');
  });

  test('one that cannot be written does not hide what else went wrong', async () => {
    writeFileSync(folder('LOGS'), 'a file');
    const s = create();
    s.configure(folder('source1'), folder('folder1'), own);
    rmSync(folder('source1/letter.txt'));
    await expect(s.run()).rejects.toMatchObject({ code: 'mirror-source-empty' });
  });
});

test('a clock that is set back during a cycle does not put the next one off', async () => {
  const clock = standing(2026, 10, 21);
  let setBackMs = 0;
  const s = create({ clock: { ...clock, now: () => clock.now() - setBackMs } });
  s.configure(folder('source1'), folder('folder1'), { ...own, mode: 'o', max: 2, interval: 4 });
  s.on('begin', () => {
    setBackMs = 365 * 24 * 3_600_000;
  });
  await s.run();
  expect(clock.slept).toEqual([4 * 3_600_000]);
});

test('told to stop before it begins, it does nothing; while it sleeps, it ends', async () => {
  const stopper = new AbortController();
  const s = create({ signal: stopper.signal });
  s.configure(folder('source1'), folder('folder1'), { ...own, mode: 'o' });
  s.on('next', () => stopper.abort());
  expect(await s.run()).toMatchObject({ added: 1 });
  expect(log()).toMatch(/Stopped .*\n$/);
  expect(await s.run()).toBeNull();
});

test('told to stop while it waits for another mirror: no file was at hand', async () => {
  const other = create({ logPath: null });
  other.configure(folder('source1'), folder('folder1'), own);
  const stopper = new AbortController();
  const s = create({ signal: stopper.signal });
  s.configure(folder('source1'), folder('folder1'), { ...own, wait: true });
  const moments: string[] = [];
  s.on('stopped', (moment) => moments.push(moment));
  s.on('waiting', () => stopper.abort());
  let waited: Promise<unknown> = Promise.resolve();
  await withReplicaLock(folder('folder1'), { runtimeDirectory: folder('run') }, async () => {
    waited = s.run();
    expect(await waited).toBeNull();
  });
  expect(moments).toEqual(['before']);
  expect(log()).toMatch(/Waiting for its end\.\n.* Stopped before anything was copied or deleted\.\n$/);
});

test('events: what was done, and how far it is', async () => {
  const s = create();
  s.configure(folder('source1'), folder('folder1'), own);
  const entries: unknown[] = [];
  let last: unknown;
  s.on('entry', (entry) => entries.push(entry));
  s.on('progress', (progress) => {
    last = progress;
  });
  await s.run();
  expect(entries).toEqual([
    { action: 'added', path: 'letter.txt', bytes: Buffer.from('letter.txt') },
    { action: 'overwritten', path: '.', bytes: Buffer.alloc(0) },
  ]);
  expect(last).toEqual({ files: 1, filesTotal: 1, bytes: 12, bytesTotal: 12 });
});
