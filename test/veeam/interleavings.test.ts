/** Veeam and the copy never use the source at once, and nobody waits for ever: every order of their file operations, and a death after each. */

import { mkdir, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { useFolder } from '../folder.ts';
import { type Actor, type ActorWorld, exploreAll, exploreSome, runAlone } from './explorer.ts';
import {
  type CopyOptions,
  copy,
  type HookOptions,
  lock,
  type Said,
  type SideWorld,
  unlock,
  veeamJob,
} from './sides.ts';

/** No process of the test's machine is looked at. */
function sideWorld(world: ActorWorld): SideWorld {
  return { ...world, root: '/shared', procRoot: '/nowhere' };
}

/** That the exploration comes to an end shows that nobody steps back for ever. */
const patienceMs = 120_000;

/** Its marker stands for as long as it uses the source. */
const aCopy =
  (options: CopyOptions = {}): Actor =>
  (world) =>
    copy(
      sideWorld(world),
      async () => {
        if ((await world.files.read('/shared/source/.plugback.lock')) === null) throw new Error('no marker');
        await world.use();
      },
      options,
    );

const aVeeamJob =
  (options: HookOptions = {}): Actor =>
  (world) =>
    veeamJob(sideWorld(world), world.use, options);

/** Whichever of the two ends last takes the job's lock down; they may use the source beside each other. */
const aScriptOfTwo =
  (token: string): Actor =>
  async (world) => {
    const side = sideWorld(world);
    const expectLock = async () => {
      if ((await world.files.list('/shared/locks', 1)).length === 0) throw new Error('no lock');
    };
    await lock(side, { token });
    await expectLock();
    await world.use();
    await expectLock();
    await world.share.write(`/shared/ended/${token}`, '');
    const ended = await world.share.list('/shared/ended');
    if (Array.isArray(ended) && ended.length === 2) await unlock(side);
  };

describe('never both, and each has its turn', () => {
  test(
    'a copy and a job of Veeam',
    async () => {
      const { states, ends, failures } = await exploreAll({ copy: aCopy(), veeam: aVeeamJob() });
      expect(failures).toEqual([]);
      expect(states).toBeGreaterThan(500);
      expect(ends).toBeGreaterThan(5);
    },
    patienceMs,
  );

  test(
    'a copy that makes room, and a job',
    async () => {
      const { failures, ends } = await exploreAll({ copy: aCopy({ yields: true }), veeam: aVeeamJob() });
      expect(failures).toEqual([]);
      expect(ends).toBeGreaterThan(5);
    },
    patienceMs,
  );

  test(
    'two scripts of one job: while either of them is at it, a lock stands',
    async () => {
      const pair = { one: aScriptOfTwo('0000000a'), two: aScriptOfTwo('0000000b') };
      const { states, failures, ends } = await exploreAll(pair);
      expect(failures).toEqual([]);
      expect(states).toBeGreaterThan(500);
      expect(ends).toBeGreaterThan(5);
    },
    patienceMs,
  );

  test(
    'two scripts of one job, and a copy: 500 orders',
    async () => {
      const scene = { copy: aCopy(), one: aScriptOfTwo('0000000a'), two: aScriptOfTwo('0000000b') };
      const { failures, ends } = await exploreSome(scene, 500, 1);
      expect(failures).toEqual([]);
      expect(ends).toBe(500);
    },
    patienceMs,
  );
});

describe('what is wrong is found', () => {
  test('a copy that looks only before its marker stands', async () => {
    const { failures } = await exploreAll({ copy: aCopy({ looksOnlyOnce: true }), veeam: aVeeamJob() });
    expect(failures).toEqual([expect.stringMatching(/^both at once/)]);
  });

  test('a script that looks only before its lock stands', async () => {
    const hasty: Actor = (world) => {
      let looks = 0;
      const { read } = world.share;
      // The second look at the marker sees nothing.
      const share = {
        ...world.share,
        read: (place: string, limit: number) => {
          if (place.endsWith('/source/.plugback.lock')) looks += 1;
          return looks > 1 ? Promise.resolve(null) : read(place, limit);
        },
      };
      return veeamJob({ ...sideWorld(world), share }, world.use);
    };
    const { failures } = await exploreAll({ copy: aCopy(), veeam: hasty });
    expect(failures).toEqual([expect.stringMatching(/^both at once/)]);
  });

  test('a script that does not take its lock down', async () => {
    const forgetful: Actor = async (world) => {
      await lock(sideWorld(world));
      await world.use();
    };
    const { failures } = await exploreAll({ copy: aCopy(), veeam: forgetful });
    expect(failures).toEqual([expect.stringMatching(/^waits for ever: copy/)]);
  });
});

describe('killed after any operation', () => {
  const folder = useFolder();
  const bootId = 'this-boot';
  /** Veeam's process, which has died with its script. */
  const caller = { pid: 4712, startTicks: '1', bootId };

  beforeEach(async () => {
    // The heart of a copy that was killed must not beat on.
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    await mkdir(folder('proc/sys/kernel/random'), { recursive: true });
    await writeFile(folder('proc/sys/kernel/random/boot_id'), `${bootId}\n`);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const here = (world: ActorWorld): SideWorld => ({ ...world, root: '/shared', procRoot: folder('proc') });
  const places = (files: Record<string, string>): string[] => Object.keys(files);

  /** What is left after each death, the last one not included, which comes after the end. */
  async function deaths(actor: Actor): Promise<Record<string, string>[]> {
    const left: Record<string, string>[] = [];
    for (let operations = 0; ; operations += 1) {
      const { hasEnded, files } = await runAlone(actor, {}, operations);
      if (hasEnded) return left;
      left.push(files);
    }
  }

  async function finish(
    actor: (world: ActorWorld, said: Said) => Promise<void>,
    files: Record<string, string>,
  ) {
    const said: Said = [];
    const end = await runAlone((world) => actor(world, said), files);
    expect(end).toMatchObject({ hasEnded: true, error: null });
    return { said, left: places(end.files) };
  }

  test('the script: the next copy on that machine goes on, the next script takes over, both with a word', async () => {
    const left = await deaths((world) => veeamJob(here(world), world.use, { caller, bootId }));
    const withLock = left.filter((files) => places(files).some((place) => /(waiting|lock)$/.test(place)));
    expect(left.length).toBeGreaterThan(8);
    expect(withLock.length).toBeGreaterThan(4);
    for (const files of left) {
      const isWordDue = withLock.includes(files);
      const copied = await finish(
        (world, said) => copy(here(world), world.use, { said, host: 'fileserver' }),
        files,
      );
      expect(copied.said.includes('warn.veeam-lock-stale')).toBe(isWordDue);
      expect(copied.left.filter((place) => !place.endsWith('.tmp'))).toEqual([]);

      const again = { caller, bootId, token: '0000000b' };
      const locked = await finish(
        async (world, said) => void (await lock(here(world), { ...again, said })),
        files,
      );
      expect(locked.said.includes('hook.taken-over')).toBe(isWordDue);
      expect(locked.left).toEqual(['/shared/locks/nightly@fileserver.0000000b.lock']);
      const unlocked = await finish(async (world, said) => void (await unlock(here(world), { said })), files);
      expect(unlocked.said.includes('hook.no-lock')).toBe(!isWordDue);
      expect(unlocked.left).toEqual([]);
    }
  });

  test('a script of another machine: its lock stays, and the copy is put off', async () => {
    const left = await deaths((world) => veeamJob(here(world), world.use, { caller, bootId }));
    const files = left.at(-1) ?? {};
    expect(places(files)).toEqual([expect.stringMatching(/\.lock$/)]);
    const end = await runAlone((world) => copy(here(world), world.use, { waitMinutes: 5 }), files);
    expect(end.error).toMatchObject({ code: 'veeam-busy' });
    expect(end.files).toEqual(files);
  });

  test('the copy: the script waits for its marker for two minutes and no longer, the next copy cleans up', async () => {
    const left = await deaths((world) => copy(here(world), world.use));
    const marker = '/shared/source/.plugback.lock';
    const withMarker = left.filter((files) => marker in files);
    expect(withMarker.length).toBeGreaterThan(3);
    for (const files of left) {
      const locked = await finish(async (world, said) => void (await lock(here(world), { said })), files);
      expect(locked.said.includes('hook.dead-copy')).toBe(withMarker.includes(files));

      const copied = await finish((world, said) => copy(here(world), world.use, { said }), files);
      const warned = copied.said.some((key) => key.startsWith('warn.crashed-run'));
      expect(warned).toBe(places(files).length > 0);
      expect(copied.left).toEqual([]);
    }
  });
});
