/** A destination without room: what fits is copied, what does not is named, and there is a way out. */

import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { expect, vi } from 'vitest';
import { createContext } from '../../src/commands/context.ts';
import { watch } from '../../src/commands/timemachine/watch.ts';
import { exitCodes, PlugbackError } from '../../src/errors.ts';
import { at, deskTest as test } from './desk.ts';
import { until } from './office.ts';

/** A disk that is not there: how much it takes, and who waits for whom. */
const disk = vi.hoisted(() => ({
  room: Number.POSITIVE_INFINITY,
  taken: 0,
  /** What was taken by copies that failed, by their descriptors. */
  failed: new Map<number, number>(),
  together: 0,
  arrived: 0,
  locks: 0,
}));
const noSpace = vi.hoisted(
  () => () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }),
);

vi.mock('../../src/timemachine/new-file.ts', async (load) => {
  const real = await load<typeof import('../../src/timemachine/new-file.ts')>();
  let letGo = () => {};
  const everybodyIsThere = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  return {
    ...real,
    withNewFile: async (...[name, body]: Parameters<typeof real.withNewFile>) => {
      let mine: number | undefined;
      try {
        return await real.withNewFile(name, async (file) => {
          mine = file.fd;
          return await body(file);
        });
      } finally {
        // Half a copy is removed: its room is free again.
        if (mine !== undefined) {
          disk.taken -= disk.failed.get(mine) ?? 0;
          disk.failed.delete(mine);
        }
      }
    },
    copyInto: async (...[source, file]: Parameters<typeof real.copyInto>) => {
      const { size } = statSync(source);
      disk.taken += size;
      disk.arrived += 1;
      // All at once, as large files are that take long.
      if (disk.arrived >= disk.together) letGo();
      await everybodyIsThere;
      if (disk.taken <= disk.room) return await real.copyInto(source, file);
      disk.failed.set(file.fd, size);
      throw noSpace();
    },
  };
});

vi.mock('../../src/system/lock.ts', async (load) => {
  const real = await load<typeof import('../../src/system/lock.ts')>();
  return {
    ...real,
    withLock: async <T>(...[request, body]: [Parameters<typeof real.withLock>[0], () => Promise<T>]) => {
      disk.locks += 1;
      if (disk.room > 0) return await real.withLock(request, body);
      const details = { path: request.path, reason: noSpace().message };
      throw new PlugbackError('directory-unusable', details, { cause: noSpace() });
    },
  };
});

const small = ['a', 'b', 'c'];

test('one that does not fit keeps no other from being copied; thin and restore --to work on a full disk', async ({
  desk,
}) => {
  const { path } = desk.office;
  desk.write('film', 'x'.repeat(2000));
  for (const name of small) desk.write(name, name);
  desk.list('film', ...small);
  Object.assign(disk, { room: 1000, together: 1 + small.length });
  const { exitCode, lines } = await desk.type('run', ...at);
  expect({ exitCode, last: lines.at(-1) }).toEqual({
    exitCode: 69,
    last: expect.stringContaining(
      `There is no room for film in the folder ${path('backup')}/ (no space is left). What fits was copied. Make room there, for example with “plugback timemachine thin”`,
    ),
  });
  expect(small.map((name) => desk.contents(name))).toEqual(small.map((name) => [name]));
  expect(readdirSync(path('backup/unfinished'))).toEqual([]);

  disk.room = 0;
  const old = path('backup/copies', path('a'), '2001-01-01 00:00:00.000000a');
  writeFileSync(old, 'old');
  utimesSync(old, new Date(2001, 0, 1), new Date(2001, 0, 1));
  desk.write('a', 'changed');
  const refused = await desk.type('restore', 'a', ...at, '--version', '2');
  expect({ exitCode: refused.exitCode, last: refused.lines.at(-1) }).toEqual({
    exitCode: 69,
    last: expect.stringMatching(
      /^What .*\/a holds now could not be copied to .* before \(no space is left\), so it was left as it is\. Make room there, .* with --to/,
    ),
  });
  expect(readFileSync(path('a'), 'utf8')).toBe('changed');

  disk.locks = 0;
  const keep = ['--keep', '0,0,0,0'];
  const rehearsal = await desk.type('thin', ...at, ...keep, '--dry-run');
  expect(rehearsal.lines).toContain(`Would delete ${old}`);
  expect([disk.locks, existsSync(old)]).toEqual([0, true]);
  disk.room = 3000;
  expect((await desk.type('restore', 'a', ...at, '--version', '2', '--to', 'free')).exitCode).toBe(0);
  expect(readFileSync(path('free'), 'utf8')).toBe('old');
  disk.room = 0;
  expect((await desk.type('thin', ...at, ...keep)).lines).toContain(`Deleted ${old}`);
  expect(desk.contents('a')).toEqual(['a']);
});

test('a watch on a full disk says that it goes on', async ({ desk }) => {
  desk.write('a', 'a');
  desk.list('a');
  disk.room = 0;
  const stop = new AbortController();
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const output = { line: say, problem: say, terminal: null, hasColour: false };
  const self = { version: '', program: '', stop: stop.signal, output };
  const context = { ...createContext({ language: 'en' }, self), cwd: desk.office.path() };
  const ended = watch({ destination: 'backup' }, context);
  await until('the sentence', () => said.some((text) => text.includes('(no space is left)')));
  stop.abort(new PlugbackError('interrupted', { signal: 'SIGTERM' }));
  expect(await ended).toBe(143);
  expect(said.filter((text) => text.includes('(no space is left)'))).toEqual([
    expect.stringContaining('timemachine tries again once a minute. Make room there'),
  ]);
});

test('under systemd it fails, unlike a file that cannot be copied', () => {
  const unit = readFileSync(new URL('../../systemd/plugback-timemachine.service', import.meta.url), 'utf8');
  const fine = (/^SuccessExitStatus=(.*)$/m.exec(unit)?.[1] ?? '').split(' ').map(Number);
  expect(fine).toContain(74);
  const bad = ['missing', 'full', 'unusable', 'unreadable'] as const;
  expect(bad.filter((what) => fine.includes(exitCodes[`copies-folder-${what}`]))).toEqual([]);
});
