/** Locks that are strange, and locks that were forgotten: told, and never a crash. */

import { mkdir, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { createShare, type Share } from '../../src/system/share.ts';
import { createVeeamGate } from '../../src/veeam/wait.ts';
import { FakeClock } from '../fakes.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();
const hour = 3_600_000;
const bootId = 'this-boot';

let clock: FakeClock;
let said: [key: string, details: unknown][];

beforeEach(async () => {
  clock = new FakeClock();
  said = [];
  await mkdir(folder('locks'));
  await mkdir(folder('proc/sys/kernel/random'), { recursive: true });
  await writeFile(folder('proc/sys/kernel/random/boot_id'), `${bootId}\n`);
  await running(500, 'veeamservice');
});

/** A process of the test's machine, which was started 5000 ticks after it. */
async function running(pid: number, name: string): Promise<void> {
  await mkdir(folder(`proc/${pid}`));
  await writeFile(folder(`proc/${pid}/comm`), `${name}\n`);
  const zeros = Array.from({ length: 17 }, () => '0').join(' ');
  await writeFile(folder(`proc/${pid}/stat`), `${pid} (${name}) S 1 ${zeros} 5000 0\n`);
}

/** A lock as it lies on the share, so many hours old by the share's clock. */
async function lock(name: string, content: unknown, hoursOld = 1): Promise<void> {
  const file = folder('locks', name);
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  const at = new Date(clock.now() - hoursOld * hour);
  await utimes(file, at, at);
}

interface Setting {
  minutes?: number;
  cleansUp?: boolean;
  host?: string;
  share?: Partial<Share>;
}

function gate(setting: Setting = {}) {
  const { minutes = 5, cleansUp = true, host = 'atlantis', share = {} } = setting;
  // By default the share's clock goes like this machine's.
  const whole = { ...createShare(), now: async () => clock.now(), ...share };
  const settings = { lockPath: folder('locks'), minutes, staleHours: 48, cacheMs: 0, cleansUp };
  return createVeeamGate(settings, { share: whole, clock, procRoot: folder('proc'), host });
}

async function wait(setting: Setting = {}): Promise<unknown> {
  const voice = {
    info: (...[key, details]: [string, unknown?]) => void said.push([key, details]),
    warn: (...[key, details]: [string, unknown?]) => void said.push([key, details]),
  };
  return gate(setting)
    .wait(voice as never, new AbortController().signal)
    .then(
      () => 'free',
      (error: { code?: string }) => error.code,
    );
}

function told(key: string): unknown[] {
  return said.filter(([each]) => each === key).map(([, details]) => details);
}

describe('strange, and held until its time is over', () => {
  test.each([
    ['empty', ''],
    ['empty', '\0\0\0'],
    ['not-ours', '{"job":"Nigh'],
    ['not-ours', 'locked by hand'],
  ])('%s: %j', async (oddity, content) => {
    await lock('x.lock', content, 47);
    expect(await wait()).toBe('veeam-busy');
    expect(told('warn.veeam-lock-odd')).toEqual([
      {
        oddity,
        locks: [expect.objectContaining({ file: 'x.lock', who: null })],
        until: new Date(new FakeClock().now() + hour).toISOString(),
      },
    ]);
    said = [];
    await lock('x.lock', content, 49);
    expect(await wait()).toBe('free');
    expect(told('warn.veeam-lock-stale')).toEqual([
      expect.objectContaining({ why: 'expired', isRemoved: true }),
    ]);
    expect(await readdir(folder('locks'))).toEqual([]);
  });

  test('a folder', async () => {
    await mkdir(folder('locks/x'));
    // It is as new as the test itself, whatever the test's clock says.
    clock = new FakeClock(Date.now());
    expect(await wait()).toBe('veeam-busy');
    expect(told('warn.veeam-lock-odd')).toEqual([expect.objectContaining({ oddity: 'directory' })]);
  });

  test('one that cannot be read, nor even looked at', async () => {
    await lock('x.lock', { job: 'Nightly' });
    const deny = async () => Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES' }));
    expect(await wait({ share: { read: deny } })).toBe('veeam-busy');
    expect(await wait({ share: { read: deny, look: deny } })).toBe('veeam-busy');
    expect(told('warn.veeam-lock-odd')).toEqual([
      expect.objectContaining({ oddity: 'unreadable' }),
      expect.objectContaining({ oddity: 'unreadable' }),
    ]);
  });

  test('a link that leads nowhere', async () => {
    await symlink('/nowhere', folder('locks/x.lock'));
    clock = new FakeClock(Date.now());
    expect(await wait()).toBe('veeam-busy');
    expect(told('warn.veeam-lock-odd')).toEqual([expect.objectContaining({ oddity: 'unreadable' })]);
  });

  test('one from the future', async () => {
    clock = new FakeClock(Date.now());
    await lock('x.lock', { job: 'Nightly', host: 'PC' }, -24 * 365);
    expect(await wait()).toBe('veeam-busy');
    expect(told('warn.veeam-lock-odd')).toEqual([expect.objectContaining({ oddity: 'future' })]);
    // Two days on, by the share's clock.
    said = [];
    clock.pass(49 * hour);
    expect(await wait()).toBe('free');
    expect(told('warn.veeam-lock-stale')).toHaveLength(1);
  });
});

describe('clocks that differ', () => {
  test.each([-25, -1, 1, 25])(
    'by %d h between this machine and the share: only the share’s counts',
    async (hours) => {
      const ahead = { now: async () => clock.now() + hours * hour };
      // Written an hour ago, by the share's clock.
      await lock('fresh.lock', { job: 'A', host: 'PC' }, 1 - hours);
      expect(await wait({ share: ahead })).toBe('veeam-busy');
      await lock('fresh.lock', { job: 'A', host: 'PC' }, 49 - hours);
      expect(await wait({ share: ahead })).toBe('free');
    },
  );

  test('a share on which no time can be stamped: nothing expires there, and that is said once', async () => {
    const now = async () => Promise.reject(new Error('EROFS: read-only file system'));
    await lock('x.lock', { job: 'A', host: 'PC' }, 1000);
    await lock('y.lock', '', 1000);
    expect(await wait({ share: { now } })).toBe('veeam-busy');
    expect(told('warn.veeam-clock-unknown')).toEqual([
      { path: folder('locks'), reason: 'EROFS: read-only file system' },
    ]);
    expect(told('warn.veeam-lock-odd')).toEqual([expect.objectContaining({ until: null })]);
    expect(await readdir(folder('locks'))).toEqual(['x.lock', 'y.lock']);
  });

  test('the share’s own time is stamped on a file that does not stay', async () => {
    const before = Date.now();
    const stamped = await createShare().now(folder('locks'));
    expect(Math.abs(stamped - before)).toBeLessThan(10_000);
    expect(await readdir(folder('locks'))).toEqual([]);
  });
});

describe('left behind on this machine', () => {
  const nobody = { pid: 501, startTicks: '5000', bootId };
  const alive = { pid: 500, startTicks: '5000', bootId };

  test.each([
    ['its process lives', alive, 'veeam-busy', null],
    ['its process is gone', nobody, 'free', 'process-gone'],
    ['another process has its number now', { ...alive, startTicks: '1' }, 'free', 'process-gone'],
    ['by a program that tells only the number', { pid: 501 }, 'free', 'process-gone'],
    ['the machine was started again', { ...alive, pid: null, bootId: 'earlier' }, 'free', 'rebooted'],
    ['the process is not known', { pid: null, bootId }, 'veeam-busy', null],
  ])('%s', async (_, process, end, why) => {
    await lock('x.lock', { job: 'Nightly', host: 'ATLANTIS', ...process });
    expect(await wait()).toBe(end);
    expect(told('warn.veeam-lock-stale')).toEqual(
      why === null ? [] : [expect.objectContaining({ why, isRemoved: true })],
    );
    expect(await readdir(folder('locks'))).toHaveLength(why === null ? 1 : 0);
  });

  test('not while anything of Veeam’s is at work, its service aside', async () => {
    await running(701, 'veeamagent');
    await lock('x.lock', { job: 'Nightly', host: 'atlantis', ...nobody });
    expect(await wait()).toBe('veeam-busy');
    await rm(folder('proc/701'), { recursive: true });
    expect(await wait()).toBe('free');
  });

  test('a script that is called like Veeam is none of Veeam’s processes', async () => {
    await running(702, 'veeam-watch.sh');
    await symlink('/usr/bin/dash', folder('proc/702/exe'));
    await lock('x.lock', { job: 'Nightly', host: 'atlantis', ...nobody });
    expect(await wait()).toBe('free');
  });

  test('of another machine none is touched that is still in its time', async () => {
    await lock('x.lock', { job: 'Nightly', host: 'FILESERVER', ...nobody, bootId: 'another' }, 47);
    expect(await wait()).toBe('veeam-busy');
    expect(told('warn.veeam-lock-stale')).toEqual([]);
    expect(await readdir(folder('locks'))).toEqual(['x.lock']);
  });

  test('a rehearsal tells of it and leaves it where it is', async () => {
    await lock('x.lock', { job: 'Nightly', host: 'atlantis', ...nobody });
    expect(await wait({ cleansUp: false })).toBe('free');
    expect(told('warn.veeam-lock-stale')).toEqual([expect.objectContaining({ isRemoved: false })]);
    expect(await readdir(folder('locks'))).toEqual(['x.lock']);
  });

  test('it is told once, and what else stands is waited for', async () => {
    await lock('old.lock', { job: 'Old', host: 'atlantis', ...nobody });
    await lock('new.lock', { job: 'New', host: 'FILESERVER' });
    expect(await wait()).toBe('veeam-busy');
    expect(told('warn.veeam-lock-stale')).toHaveLength(1);
    expect(await readdir(folder('locks'))).toEqual(['new.lock']);
  });
});

test('a share that went away takes no lock with it', async () => {
  await lock('x.lock', { job: 'nightly', host: 'srv' });
  const { glance, wait: waitFor } = gate();
  expect(await glance()).toHaveLength(1);
  await rm(folder('locks'), { recursive: true });
  expect(await glance()).toHaveLength(1);
  const voice = { info: () => undefined, warn: () => undefined };
  await expect(waitFor(voice, new AbortController().signal)).rejects.toMatchObject({
    code: 'veeam-locks-unreadable',
    exitCode: 75,
  });
  await mkdir(folder('locks'));
  expect(await glance()).toEqual([]);
});

test('more than five that were forgotten are told in one line', async () => {
  for (const name of 'abcdef') await lock(`${name}.lock`, '', 49);
  expect(await wait()).toBe('free');
  expect(said.filter(([key]) => key.startsWith('warn.'))).toEqual([
    ['warn.veeam-locks-stale', { count: 6, path: folder('locks'), why: 'expired', isRemoved: true }],
  ]);
  expect(await readdir(folder('locks'))).toEqual([]);
});

test('a script that waits counts as a lock for a copy that would begin', async () => {
  await lock('.nightly@srv.0000000a.waiting', { job: 'nightly', host: 'srv' });
  expect(await wait()).toBe('veeam-busy');
  expect(told('veeam.waiting')[0]).toMatchObject({ isAnnounced: true });
  expect(await gate().glance()).toEqual([expect.objectContaining({ isWaiting: true, who: 'nightly, srv' })]);
});
