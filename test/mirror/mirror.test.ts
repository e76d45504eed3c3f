import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { applyMirror, type MirrorOptions, mirror, planMirror } from '../../src/index.ts';
import { createTranslator } from '../../src/messages/translator.ts';
import { applyWith } from '../../src/mirror/apply.ts';
import { countOf, isKnown } from '../../src/mirror/facts.ts';
import { openKnown } from '../../src/mirror/known.ts';
import type { Places } from '../../src/mirror/places.ts';
import { planWith } from '../../src/mirror/plan.ts';
import { createPool } from '../../src/mirror/pool.ts';
import { lookAtPair } from '../../src/mirror/scan.ts';
import { realClock } from '../../src/system/clock.ts';
import { identifyProcess } from '../../src/system/process-identity.ts';
import { command, waitFor } from '../disk/command.ts';
import { useFolder } from '../folder.ts';
import { differences } from './property.ts';

const folder = useFolder();
const source = (...names: string[]) => folder('source', ...names);
const replica = (...names: string[]) => folder('replica', ...names);

beforeEach(() => {
  mkdirSync(source());
  mkdirSync(replica());
});

/** A cycle that writes nothing outside the test's folder, and has no threads. */
const cycle = (options: MirrorOptions = {}) =>
  mirror(source(), replica(), {
    threads: 0,
    stateDirectory: folder('state'),
    runtimeDirectory: folder('run'),
    ...options,
  });

/** The same without GNU tar. */
async function plainCycle(betweenPlanAndWork = () => {}) {
  const { places } = await planMirror(source(), replica(), { allowDeletes: true, threads: 0 });
  const rules = { ...places.rules, timeUnitNs: 1000n };
  const pool = createPool({ threads: 0 });
  const plan = await planWith(pool, { ...places, hasTar: false, hasAttributes: false, rules }, {});
  betweenPlanAndWork();
  return applyWith(pool, plan, {});
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error) => error.code ?? String(error),
  );

describe('the guards', () => {
  test('a source that is not there, or empty', async () => {
    writeFileSync(replica('kept'), 'x');
    expect(await codeOf(cycle())).toBe('mirror-source-empty');
    mkdirSync(source('lost+found'));
    expect(await codeOf(cycle())).toBe('mirror-source-empty');
    rmSync(source(), { recursive: true });
    expect(await codeOf(cycle())).toBe('mirror-source-unusable');
    writeFileSync(source(), 'a file');
    expect(await codeOf(cycle())).toBe('mirror-source-unusable');
    expect(readdirSync(replica())).toEqual(['kept']);
  });

  test('a folder that fstab wants mounted, also by a way that leads through a link', async () => {
    writeFileSync(source('a'), 'a');
    mkdirSync(folder('etc'));
    symlinkSync(folder(), folder('way'));
    const roots = { proc: '/proc', etc: folder('etc') };
    for (const place of [replica(), folder('way/replica'), source()]) {
      writeFileSync(folder('etc/fstab'), `/dev/sdz1 ${place} ext4 defaults 0 2\n`);
      expect(await codeOf(cycle({ roots }))).toBe('mirror-not-mounted');
    }
  });

  test('a replica that is not there is not made', async () => {
    writeFileSync(source('a'), 'a');
    rmSync(replica(), { recursive: true });
    expect(await codeOf(cycle())).toBe('mirror-replica-unusable');
    expect(existsSync(replica())).toBe(false);
  });

  test('many deletions, unless they are allowed', async () => {
    for (const name of ['a', 'b', 'c', 'd']) writeFileSync(source(name), name);
    await cycle();
    rmSync(source('a'));
    expect(await cycle()).toMatchObject({ deleted: 1 });
    rmSync(source('b'));
    writeFileSync(source('e'), 'e');
    await expect(cycle()).rejects.toMatchObject({
      code: 'mirror-deletions',
      details: { deletes: 1, files: 3, limit: 25 },
    });
    expect(readdirSync(replica())).toEqual(['b', 'c', 'd']);
    expect(await cycle({ maxDeletePercent: 40 })).toMatchObject({ deleted: 1, added: 1 });
    for (const name of ['c', 'd', 'e']) rmSync(source(name));
    expect(await cycle({ allowDeletes: true })).toMatchObject({ deleted: 3 });
    expect(readdirSync(replica())).toEqual([]);
  });

  test('what a folder holds that becomes a file counts as deleted', async () => {
    mkdirSync(source('x'));
    for (const name of ['a', 'b', 'c', 'd']) writeFileSync(source('x', name), name);
    await cycle();
    rmSync(source('x'), { recursive: true });
    writeFileSync(source('x'), 'now a file');
    expect(await codeOf(cycle())).toBe('mirror-deletions');
  });

  test('folders that lie in each other, or are the same by a link', async () => {
    mkdirSync(source('inner'));
    symlinkSync(source(), folder('way'));
    const relationOf = (one: string, other: string) =>
      mirror(one, other, { threads: 0 }).catch((error) => error.details.relation);
    expect(await relationOf(source(), source())).toBe('same');
    expect(await relationOf(source(), folder('way'))).toBe('same');
    expect(await relationOf(source(), folder('way/inner'))).toBe('replica-in-source');
    expect(await relationOf(folder('way/inner'), source())).toBe('source-in-replica');
  });
});

describe('what is kept', () => {
  test('holes, nanoseconds, several names', async () => {
    // Below and above the size from which the kernel copies.
    for (const [name, bytes] of [
      ['small', 600_000],
      ['sparse', 50_000_000],
    ] as const) {
      const sparse = openSync(source(name), 'w');
      ftruncateSync(sparse, bytes);
      closeSync(sparse);
    }
    await command('touch', '--date=2001-09-09 01:46:40.123456789 UTC', source('sparse'));
    mkdirSync(source('deep'));
    linkSync(source('sparse'), source('deep', 'other name'));
    await cycle();
    const stats = lstatSync(replica('sparse'), { bigint: true });
    expect(stats.mtimeNs).toBe(1_000_000_000_123_456_789n);
    expect(Number(stats.blocks)).toBeLessThan(100);
    expect(lstatSync(replica('small')).blocks).toBeLessThan(100);
    expect(lstatSync(replica('deep', 'other name'), { bigint: true }).ino).toBe(stats.ino);
    expect(differences(source(), replica())).toBe('');
  });

  test('no access control list where there is none, although the folder has one for what is new in it', async () => {
    mkdirSync(source('folder/inner'), { recursive: true });
    for (const name of ['a small', 'large', 'z small']) writeFileSync(source('folder', name), 'x');
    truncateSync(source('folder/large'), 2_000_000);
    await command('setfacl', '--default', '--modify', 'user:77:rwx', source('folder'));
    await command('setfacl', '--default', '--modify', 'user:78:rwx', replica());
    await cycle();
    expect(differences(source(), replica())).toBe('');
  });

  test('without GNU tar, what Node can: content, holes, modes, links, times to the microsecond', async () => {
    writeFileSync(source('small'), 'x', { mode: 0o640 });
    writeFileSync(source('large'), Buffer.alloc(3_000_000, 'x'));
    symlinkSync('small', source('link'));
    mkdirSync(source('folder/deep'), { recursive: true });
    writeFileSync(source('folder/deep/file'), 'x');
    linkSync(source('small'), source('folder/small'));
    utimesSync(source('folder'), 1, 2.123456);
    // Before 1970.
    utimesSync(source('large'), 1, '-500000000.123456');
    const sparse = openSync(source('sparse'), 'w');
    ftruncateSync(sparse, 5_000_000);
    appendFileSync(sparse, 'the end');
    closeSync(sparse);
    const result = await plainCycle();
    expect(result.skipped).toEqual([]);
    expect(lstatSync(replica('sparse')).blocks).toBeLessThan(100);
    expect(
      differences(source(), replica())
        .split('\n')
        .filter((line) => !/^[.h][fdL]\.\.t\.+ /.test(line)),
    ).toEqual(['']);
    expect(await plainCycle()).toMatchObject({ added: 0, overwritten: 0, deleted: 0 });
  });

  test('without GNU tar, times from before 1970', async () => {
    writeFileSync(source('old'), 'x');
    await command('touch', '--date=1969-06-01 12:00:00.123456789 UTC', source('old'));
    expect(await plainCycle()).toMatchObject({ added: 1, skipped: [] });
    expect(await plainCycle()).toMatchObject({ added: 0, overwritten: 0 });
  });

  test('without GNU tar, a pipe that came in the place of a file is not waited for', async () => {
    writeFileSync(source('file'), 'x');
    const swap = () => {
      rmSync(source('file'));
      execFileSync('mkfifo', [source('file')]);
    };
    expect(await plainCycle(swap)).toMatchObject({ skipped: [{ path: 'file', reason: 'changing' }] });
  });
});

test('what goes with a folder that becomes a file, or a name of one, is told', async () => {
  for (const name of ['one', 'two/deep']) mkdirSync(source(name), { recursive: true });
  for (const name of ['one/a', 'two/deep/b']) writeFileSync(source(name), 'x');
  await cycle();
  for (const name of ['one', 'two']) rmSync(source(name), { recursive: true });
  writeFileSync(source('one'), 'a file');
  linkSync(source('one'), source('two'));
  const deleted: string[] = [];
  const onDone: MirrorOptions['onDone'] = (action, path) => action === 'delete' && deleted.push(path);
  expect(await cycle({ allowDeletes: true, onDone })).toMatchObject({ deleted: 3, skipped: [] });
  expect(deleted).toEqual(['one/a', 'two/deep/b', 'two/deep']);
  expect(differences(source(), replica())).toBe('');
});

test('the same size and time, but other content: found with checksum', async () => {
  writeFileSync(source('a'), 'one');
  await cycle();
  const { atime, mtime } = lstatSync(source('a'));
  await command('touch', '--reference', source('a'), folder('time'));
  writeFileSync(source('a'), 'two');
  utimesSync(source('a'), atime, mtime);
  await command('touch', '--reference', folder('time'), source('a'));
  await cycle();
  expect(readFileSync(replica('a'), 'utf8')).toBe('one');
  expect(await cycle({ checksum: true })).toMatchObject({ overwritten: 1 });
  expect(readFileSync(replica('a'), 'utf8')).toBe('two');
});

test('a file that is being written to is tried again, then skipped and told; the rest arrives', async () => {
  writeFileSync(source('quiet'), 'x');
  writeFileSync(source('busy'), 'x');
  const writer = spawn('sh', ['-c', 'while :; do echo more >>"$0"; done', source('busy')], {
    stdio: 'ignore',
  });
  try {
    await waitFor('a writer', () => lstatSync(source('busy')).size > 10);
    expect((await cycle()).skipped).toEqual([{ path: 'busy', reason: 'changing' }]);
  } finally {
    writer.kill('SIGKILL');
  }
  await new Promise((resolve) => writer.once('exit', resolve));
  expect(readdirSync(replica())).toEqual(['quiet']);
  expect((await cycle()).skipped).toEqual([]);
  expect(differences(source(), replica())).toBe('');
});

test('a file with several names that is being written to: none of them becomes a name of the old one', async () => {
  for (const name of ['busy', 'other']) writeFileSync(source(name), `old ${name}`);
  await cycle();
  rmSync(source('other'));
  linkSync(source('busy'), source('other'));
  const changing = setInterval(() => appendFileSync(source('busy'), 'more'), 1);
  try {
    const { skipped } = await cycle();
    expect(skipped).toEqual([
      { path: 'busy', reason: 'changing' },
      { path: 'other', reason: 'changing' },
    ]);
  } finally {
    clearInterval(changing);
  }
  expect(readFileSync(replica('other'), 'utf8')).toBe('old other');
  await cycle();
  expect(differences(source(), replica())).toBe('');
});

test('two at once: the second one says who is at it, or waits', async () => {
  for (let number = 0; number < 200; number += 1) writeFileSync(source(`file-${number}`), 'x');
  const first = cycle();
  await waitFor('the lock', () => readdirSync(folder()).includes('run'));
  await waitFor('the owner', () => readdirSync(folder('run')).some((name) => name.endsWith('owner.json')));
  let waited = 0;
  const [refused, second] = await Promise.allSettled([
    cycle(),
    cycle({
      wait: true,
      onWaiting: () => {
        waited += 1;
      },
    }),
  ]);
  expect(refused).toMatchObject({
    reason: { code: 'mirror-running', details: { path: replica(), pid: process.pid } },
  });
  expect(await first).toMatchObject({ added: 200 });
  expect(second).toMatchObject({ value: { added: 0, untouched: 201 } });
  expect(waited).toBe(1);
});

test('a mirror with another folder for locks is noticed by what it writes', async () => {
  writeFileSync(source('a'), 'a');
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const identity = await waitFor('its identity', () => identifyProcess('/proc', other.pid ?? 0));
  mkdirSync(replica('.plugback-mirror'));
  const record = { ...identity, since: '2026-11-21T03:12:44.000Z' };
  writeFileSync(replica('.plugback-mirror/mirror.owner.json'), JSON.stringify(record));
  await expect(cycle()).rejects.toMatchObject({ code: 'mirror-running', details: { pid: other.pid } });
  other.kill('SIGKILL');
  await new Promise((resolve) => other.once('exit', resolve));
  expect(await cycle()).toMatchObject({ added: 1 });
});

test('a mirror on another machine, or in a container, is noticed as long as it beats', async () => {
  writeFileSync(source('a'), 'a');
  mkdirSync(replica('.plugback-mirror'));
  const record = replica('.plugback-mirror/mirror.owner.json');
  const other = { pid: process.pid, startTicks: '1', bootId: 'of another machine' };
  writeFileSync(record, JSON.stringify({ ...other, since: '2026-11-21T03:12:44.000Z' }));
  const beating = setInterval(() => utimesSync(record, new Date(), new Date()), 1000);
  expect(await codeOf(cycle())).toBe('mirror-running');
  clearInterval(beating);
  expect(await cycle()).toMatchObject({ added: 1 });
}, 20_000);

test('a cycle beats as long as it runs', async () => {
  for (const name of ['a', 'b']) writeFileSync(source(name), name);
  writeFileSync(replica('goes first'), 'x');
  const { setInterval: repeat } = globalThis;
  const often = vi.spyOn(globalThis, 'setInterval').mockImplementation((act) => repeat(act, 1));
  const record = replica('.plugback-mirror/mirror.owner.json');
  const times = new Set<number>();
  await cycle({
    allowDeletes: true,
    onDone: () => times.add(lstatSync(record, { throwIfNoEntry: false })?.mtimeMs ?? 0),
  });
  often.mockRestore();
  times.delete(0);
  expect(times.size).toBeGreaterThan(1);
});

test('a pipe in the place of the record of who mirrors is not waited for', async () => {
  writeFileSync(source('a'), 'a');
  mkdirSync(replica('.plugback-mirror'));
  await command('mkfifo', replica('.plugback-mirror/mirror.owner.json'));
  expect(await cycle()).toMatchObject({ added: 1, skipped: [] });
});

describe('what is swapped while it runs', () => {
  test('a link in the place of a file of the replica: no mode goes where it leads', async () => {
    writeFileSync(source('tool'), 'x', { mode: 0o755 });
    await cycle();
    chmodSync(source('tool'), 0o4755);
    writeFileSync(folder('outside'), 'x', { mode: 0o600 });
    const { skipped } = await cycle({
      onPlan: () => {
        rmSync(replica('tool'));
        symlinkSync(folder('outside'), replica('tool'));
      },
    });
    expect(lstatSync(folder('outside')).mode & 0o7777).toBe(0o600);
    expect(skipped).toEqual([{ path: 'tool', reason: 'ELOOP' }]);
  });

  test('a link in the place of a folder of the replica: nothing is written or deleted where it leads', async () => {
    for (const name of ['deep', 'outside']) mkdirSync(name === 'deep' ? source(name) : folder(name));
    for (const name of ['goes', 'changes', 'stays']) writeFileSync(source('deep', name), 'x');
    for (const name of ['goes', 'changes']) writeFileSync(folder('outside', name), 'not the mirror’s');
    await cycle();
    rmSync(source('deep/goes'));
    for (const name of ['changes', 'is new']) writeFileSync(source('deep', name), 'changed');
    const { skipped } = await cycle({
      allowDeletes: true,
      onPlan: () => {
        renameSync(replica('deep'), folder('away'));
        symlinkSync(folder('outside'), replica('deep'));
      },
    });
    expect(readdirSync(folder('outside'))).toEqual(['changes', 'goes']);
    expect(readFileSync(folder('outside/changes'), 'utf8')).toBe('not the mirror’s');
    expect(skipped.map(({ reason }) => reason)).toEqual(['ELOOP', 'ELOOP', 'ELOOP']);
    await cycle({ allowDeletes: true });
    expect(differences(source(), replica())).toBe('');
    expect(readdirSync(folder('outside'))).toEqual(['changes', 'goes']);
  });

  test('a source that vanishes while it is copied is told: not all of it was mirrored', async () => {
    writeFileSync(source('a'), 'a');
    writeFileSync(replica('goes first'), 'x');
    const onDone = () => {
      if (existsSync(source())) renameSync(source(), folder('unplugged'));
    };
    expect(await cycle({ onDone, allowDeletes: true })).toMatchObject({
      added: 0,
      deleted: 1,
      skipped: [{ path: '', reason: 'ENOENT' }],
    });
  });

  test('a plan is not carried out in another folder than it was made for', async () => {
    writeFileSync(source('a'), 'a');
    const plan = await planMirror(source(), replica(), { threads: 0 });
    const apply = () => applyMirror(plan, { threads: 0, runtimeDirectory: folder('run') });
    renameSync(replica(), folder('unplugged'));
    mkdirSync(replica());
    expect(await codeOf(apply())).toBe('mirror-replica-unusable');
    expect(readdirSync(replica())).toEqual([]);
    renameSync(folder('unplugged'), replica());
    renameSync(source(), folder('unplugged'));
    mkdirSync(source());
    expect(await codeOf(apply())).toBe('mirror-source-unusable');
  });

  test('a file in the place of a folder of the source: it does not come under its name without the stage', async () => {
    for (const name of ['empty', 'deep/er']) mkdirSync(source(name), { recursive: true });
    writeFileSync(source('deep/er/file'), 'x');
    await cycle();
    chmodSync(source('empty'), 0o700);
    writeFileSync(source('deep/er/file'), 'changed');
    const { skipped } = await cycle({
      onPlan: () => {
        for (const name of ['empty', 'deep']) {
          rmSync(source(name), { recursive: true });
          writeFileSync(source(name), 'just begun');
        }
      },
    });
    expect(skipped).toEqual([]);
    for (const name of ['empty', 'deep']) expect(lstatSync(replica(name)).isDirectory()).toBe(true);
    await cycle({ allowDeletes: true });
    expect(differences(source(), replica())).toBe('');
  });

  test('a link in the place of a folder of the source: what it leads to is not mirrored as the folder', async () => {
    mkdirSync(source('deep'));
    mkdirSync(folder('outside'));
    writeFileSync(source('deep/old'), 'x');
    await cycle();
    for (const place of [source('deep/file'), folder('outside/file')]) writeFileSync(place, place);
    const { skipped } = await cycle({
      onPlan: () => {
        renameSync(source('deep'), folder('away'));
        symlinkSync(folder('outside'), source('deep'));
      },
    });
    expect(readdirSync(replica('deep'))).toEqual(['old']);
    expect(skipped).toEqual([{ path: 'deep/file', reason: 'changing' }]);
    await cycle({ allowDeletes: true });
    expect(differences(source(), replica())).toBe('');
  });
});

test('a replica that fails in the middle: said so, and not that nothing was done', async () => {
  for (const name of ['a', 'b']) writeFileSync(source(name), name);
  for (const name of ['kept', 'old']) writeFileSync(replica(name), name);
  const failing = cycle({
    allowDeletes: true,
    onDone: () => {
      rmSync(replica('.plugback-mirror'), { recursive: true });
      writeFileSync(replica('.plugback-mirror'), 'in the way');
    },
  });
  const error = await failing.catch((thrown) => thrown);
  expect(error).toMatchObject({ code: 'mirror-replica-failed', exitCode: 74 });
  expect(createTranslator('en').tell(error).message).not.toContain('Nothing was copied');
  expect(await cycle()).toMatchObject({ added: 2 });
});

test('what a dead run left goes, also where there is nothing else to do', async () => {
  writeFileSync(source('a'), 'a');
  await cycle();
  mkdirSync(replica('.plugback-mirror/7/folder'), { recursive: true });
  writeFileSync(replica('.plugback-mirror/7/folder/half'), 'ha');
  await cycle();
  expect(readdirSync(replica())).toEqual(['a']);
  expect(differences(source(), replica())).toBe('');
});

describe('attributes', () => {
  /** Until a change of now bears another time than the last one, for certain. */
  const passATick = (...places: string[]) =>
    waitFor('times that are old', () =>
      places.every((place) => Date.now() - lstatSync(place).ctimeMs > 150) ? true : null,
    );

  const tableKnown = (places: Places) => openKnown(places, folder('state'))?.table ?? new Uint32Array();

  test('that were changed on either side are found', async () => {
    for (const name of ['a', 'b']) writeFileSync(source(name), name);
    await passATick(source('a'), source('b'));
    await cycle();
    await command('setfattr', '-n', 'user.x', '-v', '1', source('a'));
    await command('setfattr', '-n', 'user.y', '-v', '1', replica('b'));
    expect(await cycle()).toMatchObject({ overwritten: 2 });
    expect(differences(source(), replica())).toBe('');
  });

  test('of a folder that was moved in, with files as old and as large as those before, are found', async () => {
    for (const place of [source('folder'), folder('other')]) {
      mkdirSync(place);
      writeFileSync(`${place}/file`, place === folder('other') ? 'other' : 'first');
      utimesSync(`${place}/file`, 1, 1);
      utimesSync(place, 1, 1);
    }
    await command('setfattr', '-n', 'user.x', '-v', '1', folder('other/file'));
    await passATick(source('folder/file'), folder('other/file'));
    await cycle();
    renameSync(source('folder'), folder('gone'));
    renameSync(folder('other'), source('folder'));
    // The file, and the root, in which something was renamed.
    expect(await cycle()).toMatchObject({ overwritten: 2, added: 0, deleted: 0 });
    expect(await command('getfattr', '--absolute-names', '-d', replica('folder/file'))).toContain('user.x');
  });

  test('of entries that were found the same are not asked again', async () => {
    mkdirSync(source('folder'));
    writeFileSync(source('folder/file'), 'x');
    await passATick(source('folder/file'), source('folder'), source());
    const { places } = await planMirror(source(), replica(), { threads: 0 });
    const isKnownOf = (name: string) => {
      const pair = lookAtPair(source(name), replica(name));
      return pair !== null && isKnown(tableKnown(places), pair.fact);
    };
    await cycle();
    // A new folder is compared once.
    expect(['folder/file', 'folder', ''].map(isKnownOf)).toEqual([true, false, true]);
    await passATick(replica('folder'), replica());
    await cycle();
    expect(['folder/file', 'folder', ''].map(isKnownOf)).toEqual([true, true, true]);
    // A folder that was there already is known with what is new in it.
    writeFileSync(source('folder/file'), 'xy');
    await passATick(source('folder/file'));
    await cycle();
    expect(['folder/file', 'folder', ''].map(isKnownOf)).toEqual([true, true, true]);
    chmodSync(source('folder/file'), 0o600);
    expect(isKnownOf('folder/file')).toBe(false);
    expect(await cycle()).toMatchObject({ overwritten: 1 });
  });

  test('a file of what is known that is damaged is none', async () => {
    writeFileSync(source('a'), 'a');
    await passATick(source('a'));
    await cycle();
    const [name = ''] = readdirSync(folder('state/mirrors'));
    const file = folder('state/mirrors', name);
    const content = readFileSync(file);
    const { places } = await planMirror(source(), replica(), { threads: 0 });
    const known = () => countOf(tableKnown(places));
    expect(known()).toBeGreaterThan(0);
    writeFileSync(file, content.subarray(0, -8));
    expect(known()).toBe(0);
    // A full one: a search in it comes to an end all the same.
    writeFileSync(file, Buffer.concat([content.subarray(0, 256), Buffer.alloc(256, 'x')]));
    expect(await cycle()).toMatchObject({ added: 0, overwritten: 0 });
    writeFileSync(file, content);
    expect(countOf(tableKnown({ ...places, hasAttributes: false }))).toBe(0);
    expect(await cycle()).toMatchObject({ added: 0, overwritten: 0 });
  });
});

test('a clock that jumps back hides nothing', async () => {
  const day = 24 * 60 * 60 * 1000;
  writeFileSync(source('a'), 'new');
  // It was ahead by a year when the last cycle ran.
  await cycle({ clock: { ...realClock, now: () => Date.now() + 365 * day } });
  await command('setfattr', '-n', 'user.x', '-v', '1', source('a'));
  expect(await cycle()).toMatchObject({ overwritten: 1 });
  writeFileSync(source('a'), 'old');
  utimesSync(source('a'), 1, 1);
  expect(await cycle()).toMatchObject({ overwritten: 1 });
  expect(differences(source(), replica())).toBe('');
});

test('times of other centuries, for which 64 bits of nanoseconds are too few', async () => {
  for (const [name, date] of [
    ['early', '1601-01-01 UTC'],
    ['late', '2300-01-01 UTC'],
  ] as const) {
    writeFileSync(source(name), name);
    await command('touch', '-d', date, source(name));
  }
  expect(await cycle()).toMatchObject({ added: 2, skipped: [] });
  expect(differences(source(), replica())).toBe('');
  expect(await cycle()).toMatchObject({ added: 0, overwritten: 0, skipped: [] });
});

test('what has the name of the stage is told, and stays out', async () => {
  mkdirSync(source('.plugback-mirror'));
  writeFileSync(source('.plugback-mirror/mine'), 'x');
  mkdirSync(source('inner/.plugback-mirror'), { recursive: true });
  expect(await cycle()).toMatchObject({
    added: 2,
    skipped: [{ path: '.plugback-mirror', reason: 'reserved' }],
  });
  expect(readdirSync(replica())).toEqual(['inner']);
});

test('a folder that cannot be changed is no folder that was', async () => {
  mkdirSync(source('fixed'));
  await cycle();
  await command('chattr', '+i', replica('fixed'));
  try {
    writeFileSync(source('fixed/new'), 'x');
    const skipped = ['fixed', 'fixed/new'].map((path) => ({ path, reason: 'EPERM' }));
    const result = await cycle();
    expect(result).toMatchObject({ added: 0, overwritten: 0 });
    expect(result.skipped.toSorted((one, other) => (one.path < other.path ? -1 : 1))).toEqual(skipped);
  } finally {
    await command('chattr', '-i', replica('fixed'));
  }
});

test('sockets are skipped and told, and are the only thing that rsync would still make', async () => {
  mkdirSync(source('folder'));
  writeFileSync(source('folder/file'), 'x');
  mkdirSync(replica('gate'));
  writeFileSync(replica('gate/of old'), 'what the source had before under that name');
  const server = createServer();
  for (const name of ['gate', 'folder/gate']) {
    await new Promise<void>((resolve) => server.listen(folder('gate'), resolve));
    // The name that the server made goes with it.
    linkSync(folder('gate'), source(name));
    await new Promise((resolve) => server.close(resolve));
  }
  const { skipped } = await cycle({ allowDeletes: true });
  expect(skipped.toSorted((one, other) => (one.path < other.path ? -1 : 1))).toEqual([
    { path: 'folder/gate', reason: 'socket' },
    { path: 'gate', reason: 'socket' },
  ]);
  expect(differences(source(), replica())).toMatch(/^cS\+{9} gate\ncS\+{9} folder\/gate\n$/);
});

test('only the case of a name changes', async () => {
  writeFileSync(source('Report'), 'x');
  await cycle();
  renameSync(source('Report'), source('report'));
  await cycle({ allowDeletes: true });
  expect(readdirSync(replica())).toEqual(['report']);
});

test('told to stop: what is begun is finished, nothing half is left, the next cycle goes on', async () => {
  const bytes = 5_000_000;
  for (let number = 0; number < 100; number += 1) {
    writeFileSync(source(`file-${number}`), 'the beginning of a large hole');
    truncateSync(source(`file-${number}`), bytes);
  }
  const stopper = new AbortController();
  const ended = cycle({ signal: stopper.signal, onProgress: () => stopper.abort(new Error('stop')) });
  await expect(ended).rejects.toThrow('stop');
  const arrived = readdirSync(replica());
  expect(arrived.length).toBeGreaterThan(0);
  expect(arrived.length).toBeLessThan(100);
  expect(arrived.filter((name) => lstatSync(replica(name)).size !== bytes)).toEqual([]);
  expect((await cycle()).added).toBe(100 - arrived.length);
});

test('what a listener throws while a large file is copied ends the cycle, not the process', async () => {
  writeFileSync(source('large'), 'x');
  truncateSync(source('large'), 100_000_000);
  const { setInterval: repeat } = globalThis;
  // A copy of seconds would make the test as slow.
  const often = vi.spyOn(globalThis, 'setInterval').mockImplementation((act) => repeat(act, 1));
  const uncaught: unknown[] = [];
  const listen = (error: unknown) => uncaught.push(error);
  process.on('uncaughtException', listen);
  try {
    const full = new Error('full');
    const onProgress = () => {
      throw full;
    };
    await expect(cycle({ onProgress })).rejects.toThrow(full);
  } finally {
    often.mockRestore();
    process.off('uncaughtException', listen);
  }
  expect(uncaught).toEqual([]);
});

test('an error ends the cycle at once, and nothing writes to the replica any more', async () => {
  // Each a batch of its own.
  for (let number = 0; number < 40; number += 1) {
    writeFileSync(source(`${number}`), 'x');
    truncateSync(source(`${number}`), 70_000_000);
  }
  let stages = 0;
  const look = setInterval(() => {
    const names = existsSync(replica('.plugback-mirror')) ? readdirSync(replica('.plugback-mirror')) : [];
    stages = Math.max(stages, ...names.map(Number).filter(Number.isInteger));
  }, 1);
  const failing = cycle({
    onDone: () => {
      throw new Error('nobody listens');
    },
  });
  await expect(failing).rejects.toThrow('nobody listens');
  clearInterval(look);
  expect(stages).toBeLessThan(10);
  expect(readdirSync(replica()).length).toBe(1);
});

test('a plan changes nothing, and tells each step', async () => {
  writeFileSync(source('a'), 'aa');
  mkdirSync(source('b'));
  chmodSync(source('b'), 0o700);
  writeFileSync(replica('c'), 'c');
  const plan = await planMirror(source(), replica(), { threads: 0, allowDeletes: true });
  const steps = [...plan.steps()].filter(({ path }) => path !== '');
  expect(steps.toSorted((one, other) => (one.path < other.path ? -1 : 1))).toEqual([
    { action: 'add', kind: 'file', path: 'a', size: 2 },
    { action: 'add', kind: 'folder', path: 'b', size: 0 },
    { action: 'delete', kind: 'file', path: 'c', size: 1 },
  ]);
  expect(plan).toMatchObject({
    added: { files: 1, folders: 1, bytes: 2 },
    deleted: { files: 1 },
    refusal: null,
  });
  expect(readdirSync(replica())).toEqual(['c']);
});
