import { mkdir, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { PlugbackError, type VeeamLock } from '../../src/errors.ts';
import { createTranslator, type SentenceKey } from '../../src/messages/translator.ts';
import { createShare } from '../../src/system/share.ts';
import { createVeeamGate } from '../../src/veeam/wait.ts';
import { FakeClock } from '../fakes.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();
const minute = 60_000;
const writtenAt = new Date('2026-11-21T01:00:00.000Z');

let clock: FakeClock;
let said: [level: string, key: SentenceKey, details: unknown][];
/** When each of it was said, in minutes. */
let saidAt: number[];
let stop: AbortController;

beforeEach(async () => {
  clock = new FakeClock();
  said = [];
  saidAt = [];
  stop = new AbortController();
  await mkdir(folder('locks'));
});

/** Veeam writes a lock file. */
async function lock(name: string, content: unknown = { job: 'Nightly' }): Promise<void> {
  const file = folder('locks', name);
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  await utimes(file, writtenAt, writtenAt);
}

function wait(lockPath: string | null = folder('locks'), minutes = 60): Promise<void> {
  const say =
    (level: string) =>
    (key: SentenceKey, ...details: unknown[]): void => {
      said.push([level, key, details[0]]);
      saidAt.push(passed());
    };
  // The share's clock is the test's.
  const share = { ...createShare(), now: async () => clock.now() };
  const settings = { lockPath, minutes, staleHours: 48, cacheMs: 0, cleansUp: true };
  const gate = createVeeamGate(settings, { share, clock, procRoot: '/proc', host: 'atlantis' });
  return gate.wait({ info: say('info'), warn: say('warn') }, stop.signal);
}

/** Minutes that have passed since the start. */
function passed(): number {
  return (clock.monotonic() - new FakeClock().monotonic()) / minute;
}

/** The holders of the first line that was said, in words. */
function holders(): (string | undefined)[] {
  const line = said.find(([, key]) => key === 'veeam.waiting');
  const locks = (line?.[2] as { locks?: VeeamLock[] } | undefined)?.locks ?? [];
  const { say } = createTranslator('en');
  return locks.map((lock) => {
    const line = say('veeam.waiting', { locks: [lock], minutesLeft: 1, isAnnounced: false });
    return /^Veeam is still writing: (.*)\. Waiting for it/.exec(line)?.[1];
  });
}

describe('nobody is waited for', () => {
  test('nothing is configured', async () => {
    await wait(null);
    expect(said).toEqual([['info', 'veeam.not-configured', undefined]]);
  });

  test('no lock file is there', async () => {
    await wait();
    expect(said).toEqual([['info', 'veeam.idle', undefined]]);
    expect(passed()).toBe(0);
  });

  test('what file managers and shares leave in any folder is no lock', async () => {
    for (const name of ['.hidden', '.DS_Store', 'Thumbs.db', 'desktop.ini', 'DESKTOP.INI']) await lock(name);
    await wait();
    expect(said).toEqual([['info', 'veeam.idle', undefined]]);
  });

  test('the folder is missing: warned about, because nobody can tell', async () => {
    await wait(folder('nowhere'));
    expect(said).toEqual([['warn', 'warn.veeam-folder-missing', { path: folder('nowhere') }]]);
  });

  test('a single lock file is there only while Veeam writes', async () => {
    await wait(folder('locks/veeam.lock'));
    expect(said).toEqual([['info', 'veeam.idle', undefined]]);
  });
});

describe('whose file it is', () => {
  test('job and host as the file tells them, and since when', async () => {
    await lock('Server.lock', { job: 'Nightly', host: 'SRV1' });
    clock.at(2_000, () => rm(folder('locks/Server.lock')));
    await wait();
    expect(said[0]?.slice(0, 2)).toEqual(['info', 'veeam.waiting']);
    const since = createTranslator('en').format.dateTime(writtenAt.toISOString());
    expect(holders()).toEqual([`Server.lock (Nightly, SRV1) since ${since}`]);
  });

  test.each([
    ['{"host":"PC2"}', '(PC2) '],
    ['{"job":"Nightly"}', '(Nightly) '],
    ['{"job":"","host":7}', ''],
    ['', ''],
    ['Monday', ''],
    ['null', ''],
    ['[1]', ''],
    ['{"job":"', ''],
  ])('in the file: %j', async (content, who) => {
    await lock('PC.lock', content);
    clock.at(2_000, () => rm(folder('locks/PC.lock')));
    await wait();
    expect(holders()).toEqual([expect.stringMatching(`^PC\\.lock ${who.replace(/[()]/g, '\\$&')}since `)]);
  });

  test('several, by name; a folder and a link count as well and are not followed', async () => {
    await lock('b.lock', { job: 'B' });
    await lock('a.lock', '');
    await mkdir(folder('locks/c'));
    await writeFile(folder('secret'), JSON.stringify({ job: 'secret' }));
    await symlink(folder('secret'), folder('locks/d.lock'));
    clock.at(2_000, () => rm(folder('locks'), { recursive: true }).then(() => mkdir(folder('locks'))));
    await wait();
    expect(holders()).toEqual([
      expect.stringMatching(/^a\.lock since /),
      expect.stringMatching(/^b\.lock \(B\) since /),
      expect.stringMatching(/^c since /),
      expect.stringMatching(/^d\.lock since /),
    ]);
  });

  test('control characters in name and job do nothing', async () => {
    await lock('x\x1b[2J.lock', { job: 'a\nb' });
    clock.at(2_000, async () => {
      for (const name of await readdir(folder('locks'))) await rm(folder('locks', name));
    });
    await wait();
    expect(holders()).toEqual([expect.stringMatching(/^x\\x1b\[2J\.lock \(a\\x0ab\) since /)]);
  });
});

describe('waiting', () => {
  test('until the last lock is gone, and it is said how long that took', async () => {
    await lock('a.lock');
    await lock('b.lock');
    clock.at(5 * minute, () => rm(folder('locks/a.lock')));
    clock.at(7 * minute, () => rm(folder('locks/b.lock')));
    await wait();
    expect(said.at(-1)).toEqual(['info', 'veeam.finished', { seconds: 420 }]);
    expect(passed()).toBe(7);
  });

  test('a line a minute, with the minutes that are left', async () => {
    await lock('a.lock');
    clock.at(3 * minute + 30_000, () => rm(folder('locks/a.lock')));
    await wait();
    expect(said.slice(0, -1).map(([, key]) => key)).toEqual(Array(4).fill('veeam.waiting'));
    expect(said.slice(0, -1).map(([, , details]) => details)).toEqual(
      [60, 59, 58, 57].map((minutesLeft) => expect.objectContaining({ minutesLeft })),
    );
    expect(saidAt.slice(0, -1)).toEqual([0, 1, 2, 3]);
  });

  test('a lock that comes while another is waited for is waited for, too', async () => {
    await lock('a.lock');
    clock.at(minute, () => lock('b.lock'));
    clock.at(2 * minute, () => rm(folder('locks/a.lock')));
    clock.at(3 * minute, () => rm(folder('locks/b.lock')));
    await wait();
    expect(passed()).toBe(3);
  });

  test('as long as configured, then “try later”, with those who hold it', async () => {
    await lock('a.lock', { job: 'Nightly' });
    await expect(wait(folder('locks'), 10)).rejects.toMatchObject({
      code: 'veeam-busy',
      exitCode: 75,
      details: { minutes: 10, locks: [{ file: 'a.lock', who: 'Nightly', since: writtenAt.toISOString() }] },
    });
    expect(passed()).toBe(10);
    expect(said.filter(([, key]) => key === 'veeam.waiting')).toHaveLength(10);
  });

  test('not at all with 0 minutes', async () => {
    await lock('a.lock');
    await expect(wait(folder('locks'), 0)).rejects.toMatchObject({
      code: 'veeam-busy',
      details: { minutes: 0 },
    });
    expect(passed()).toBe(0);
  });

  test('gone in the last moment is gone', async () => {
    await lock('a.lock');
    clock.at(10 * minute, () => rm(folder('locks/a.lock')));
    await wait(folder('locks'), 10);
    expect(said.at(-1)?.[1]).toBe('veeam.finished');
  });

  test('the run is stopped: at once, with the reason', async () => {
    await lock('a.lock');
    clock.at(minute, () => stop.abort(new Error('stopped')));
    await expect(wait()).rejects.toThrow('stopped');
    expect(passed()).toBe(1);
  });

  test('the folder goes away with a lock in it: Veeam may still be writing, so nothing is copied', async () => {
    await lock('a.lock');
    clock.at(minute, () => rm(folder('locks'), { recursive: true }));
    await expect(wait()).rejects.toMatchObject({ code: 'veeam-locks-unreadable', exitCode: 75 });
  });

  test.each([
    ['EACCES: permission denied, scandir', 77],
    ['EPERM: operation not permitted', 77],
    ['EHOSTDOWN: host is down, scandir', 75],
  ])('missing rights are code 77, all else may be over later: %s', (reason, exitCode) => {
    const unreadable = new PlugbackError('veeam-locks-unreadable', { path: '/locks', reason });
    expect(unreadable.exitCode).toBe(exitCode);
  });

  test('a single lock file', async () => {
    await lock('veeam.lock', { job: 'Nightly' });
    clock.at(minute, () => rm(folder('locks/veeam.lock')));
    await wait(folder('locks/veeam.lock'));
    expect(holders()).toEqual([expect.stringMatching(/^veeam\.lock \(Nightly\) since /)]);
    expect(said.at(-1)).toEqual(['info', 'veeam.finished', { seconds: 60 }]);
  });

  test('a link to the folder is the folder', async () => {
    await symlink(folder('locks'), folder('link'));
    await wait(folder('link'));
    expect(said).toEqual([['info', 'veeam.idle', undefined]]);
    await lock('a.lock');
    clock.at(minute, () => rm(folder('locks/a.lock')));
    await wait(folder('link'));
    expect(said.at(-1)).toEqual(['info', 'veeam.finished', { seconds: 60 }]);
  });
});

describe('a folder that cannot be read', () => {
  test('fails with what is in the way: nobody knows whether Veeam is writing', async () => {
    await writeFile(folder('file'), '');
    await symlink(folder('circle'), folder('circle'));
    for (const [lockPath, reason] of [
      [folder('file/locks'), /ENOTDIR/],
      [folder('circle/locks'), /ELOOP/],
    ] as const) {
      await expect(wait(lockPath)).rejects.toMatchObject({
        code: 'veeam-locks-unreadable',
        exitCode: 75,
        details: { path: lockPath, reason: expect.stringMatching(reason) },
      });
    }
  });
});
