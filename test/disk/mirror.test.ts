/** The mirror in trouble: what can be mirrored is, and the rest is told. */

import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type MirrorOptions, mirror, type Skip, Synchro } from '../../src/index.ts';
import { isFresh } from '../../src/mirror/facts.ts';
import { withReplicaLock } from '../../src/mirror/mirror-lock.ts';
import { differences } from '../mirror/property.ts';
import { attempt, command, waitFor } from './command.ts';
import { diskTests, type Lab } from './lab.ts';
import { writeNoise } from './trees.ts';

const test = diskTests();
const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

const cycle = (lab: Lab, replica: string, options: MirrorOptions = {}) =>
  mirror(lab.source, replica, {
    threads: 0,
    allowDeletes: true,
    stateDirectory: lab.path('state'),
    runtimeDirectory: lab.path('run'),
    ...options,
  });

test('a full replica: what has no room is told, the rest arrives, and all of it once there is room', async (lab) => {
  const disk = await lab.disk({ megabytes: 16 });
  await lab.mounted(disk, async (replica) => {
    writeFileSync(lab.path('source/a first'), 'small');
    writeNoise(lab.path('source/large'), 30_000_000);
    writeFileSync(lab.path('source/z last'), 'small');
    const { skipped, added } = await cycle(lab, replica);
    expect(skipped).toEqual([{ path: 'large', reason: 'ENOSPC' }]);
    expect(added).toBe(2);
    expect(readdirSync(replica).toSorted()).toEqual(['a first', 'lost+found', 'z last']);

    // The old version stays when the new one has no room.
    rmSync(lab.path('source/large'));
    writeNoise(lab.path('source/grows'), 5_000_000);
    await cycle(lab, replica);
    const old = readFileSync(`${replica}/grows`);
    writeNoise(lab.path('source/grows'), 12_000_000);
    expect((await cycle(lab, replica)).skipped).toEqual([{ path: 'grows', reason: 'ENOSPC' }]);
    expect(readFileSync(`${replica}/grows`).equals(old)).toBe(true);

    writeNoise(lab.path('source/grows'), 4_000_000);
    expect((await cycle(lab, replica)).skipped).toEqual([]);
    expect(differences(lab.source, replica)).toBe('');
  });
});

test('what a filesystem keeps at its root is no surplus; in any other folder that name is one like others', async (lab) => {
  const disk = await lab.disk();
  writeFileSync(lab.path('source/a'), 'a');
  await lab.mounted(disk, async (replica) => {
    expect(await cycle(lab, replica)).toMatchObject({ added: 1, deleted: 0 });
    expect(readdirSync(replica).toSorted()).toEqual(['a', 'lost+found']);
    mkdirSync(`${replica}/inner/lost+found`, { recursive: true });
    expect(await cycle(lab, `${replica}/inner`)).toMatchObject({ added: 1, deleted: 1 });
  });
});

test('a replica without room for one more name: what fits arrives, the rest is told', async (lab) => {
  const replica = lab.path('small');
  mkdirSync(replica);
  await command('mount', '-t', 'tmpfs', '-o', 'nr_inodes=20', 'tmpfs', replica);
  lab.undo(() => attempt('umount', [replica]));
  for (let number = 0; number < 30; number += 1) writeFileSync(lab.path(`source/${number}`), 'x');
  const { added, skipped } = await cycle(lab, replica);
  expect(added).toBeGreaterThan(10);
  expect(skipped.length).toBe(30 - added);
  expect(new Set(skipped.map(({ reason }) => reason))).toEqual(new Set(['ENOSPC']));
  expect(readdirSync(replica).length).toBe(added);
});

test('a failure of the power: what the disk had not got by then is copied once more', async (lab) => {
  const disk = await lab.disk();
  const names = Array.from({ length: 50 }, (_, number) => `file ${number}`);
  for (const name of names) writeFileSync(lab.path('source', name), name);
  const last = lstatSync(lab.path('source', names.at(-1) ?? '')).ctimeMs;
  // What has changed just now is compared anyway.
  await waitFor('files that are not of just now', () => !isFresh(last, Date.now()));
  await lab.mounted(disk, async (replica) => {
    expect(await cycle(lab, replica)).toMatchObject({ added: names.length, skipped: [] });
    // The names have come to the disk, what is in the files has not.
    await command('xfs_io', '-x', '-c', 'shutdown -f', replica);
  });
  await command('blockdev', '--flushbufs', disk.device);
  await lab.mounted(disk, async (replica) => {
    const isEmpty = (name: string) => lstatSync(`${replica}/${name}`).size === 0;
    const lost = names.filter(isEmpty).length;
    expect(lost).toBeGreaterThan(0);
    const { overwritten, skipped } = await cycle(lab, replica);
    expect(skipped).toEqual([]);
    // The folder's time may be among what was lost.
    expect(overwritten).toBeGreaterThanOrEqual(lost);
    expect(differences(lab.source, replica)).toBe('');
  });
});

test('a replica without room for the stage: what is surplus goes all the same, and makes room', async (lab) => {
  const replica = lab.path('small');
  mkdirSync(replica);
  await command('mount', '-t', 'tmpfs', '-o', 'nr_inodes=20', 'tmpfs', replica);
  lab.undo(() => attempt('umount', [replica]));
  writeFileSync(lab.path('source/0'), 'x');
  await cycle(lab, replica);
  const fill = () => {
    for (let number = 0; ; number += 1) writeFileSync(`${replica}/old ${number}`, '');
  };
  expect(fill).toThrow('ENOSPC');
  writeFileSync(lab.path('source/1'), 'x');
  expect(await cycle(lab, replica)).toMatchObject({ added: 1, skipped: [] });
  expect(differences(lab.source, replica)).toBe('');

  // Nothing is surplus: then nothing can come, and what is there stays.
  expect(fill).toThrow('ENOSPC');
  const there = readdirSync(replica);
  for (const name of there) writeFileSync(lab.path('source', name), 'new');
  const { added, skipped } = await cycle(lab, replica);
  expect(added).toBe(0);
  expect(skipped.map(({ path }) => path).toSorted()).toEqual(there.toSorted());
  expect(new Set(skipped.map(({ reason }) => reason))).toEqual(new Set(['ENOSPC']));
  expect(readdirSync(replica)).toEqual(there);
});

test('a replica that is mounted read-only is refused, and says so', async (lab) => {
  const disk = await lab.disk();
  writeFileSync(lab.path('source/a'), 'a');
  await lab.mounted(
    disk,
    async (replica) => {
      await expect(cycle(lab, replica)).rejects.toMatchObject({
        code: 'mirror-replica-unusable',
        details: { reason: expect.stringMatching(/^EROFS/) },
      });
    },
    'ro',
  );
});

test('bind mounts of the same folders are found out', async (lab) => {
  mkdirSync(lab.path('source/inner/deeper'), { recursive: true });
  for (const place of ['bound', 'replica/mounted']) mkdirSync(lab.path(place), { recursive: true });
  const bind = async (from: string, to: string) => {
    await command('mount', '--bind', lab.path(from), lab.path(to));
    lab.undo(() => attempt('umount', [lab.path(to)]));
  };
  const relationTo = (replica: string) =>
    cycle(lab, lab.path(replica)).catch((error) => error.details?.relation);
  await bind('source', 'bound');
  expect(await relationTo('bound')).toBe('same');
  expect(await relationTo('bound/inner')).toBe('replica-in-source');
  await command('umount', lab.path('bound'));
  await bind('source/inner', 'bound');
  expect(await relationTo('bound/deeper')).toBe('replica-in-source');
  await bind('source', 'replica/mounted');
  expect(await relationTo('replica')).toBe('source-in-replica');
});

test('a log that lies in the replica by a bind mount is refused', async (lab) => {
  for (const place of ['replica/inner', 'bound']) mkdirSync(lab.path(place), { recursive: true });
  await command('mount', '--bind', lab.path('replica/inner'), lab.path('bound'));
  lab.undo(() => attempt('umount', [lab.path('bound')]));
  const synchro = new Synchro({ logPath: lab.path('bound') });
  expect(() => synchro.configure(lab.source, lab.path('replica'))).toThrow(
    expect.objectContaining({ code: 'mirror-log-in-replica' }),
  );
});

test('filesystems that are mounted inside the replica get their part, one that is closed is told', async (lab) => {
  const folders = ['disk ä/deep', 'bound', 'closed'];
  for (const root of ['source', 'replica', 'elsewhere'])
    for (const name of folders) mkdirSync(lab.path(root, name), { recursive: true });
  const mount = async (folder: string, ...words: string[]) => {
    mkdirSync(folder, { recursive: true });
    await command('mount', ...words, folder);
    lab.undo(() => attempt('umount', ['--lazy', folder]));
  };
  const replica = lab.path('replica');
  const options = 'size=20m,mode=755';
  await mount(`${replica}/disk ä`, '-t', 'tmpfs', '-o', options, 'tmpfs');
  await mount(`${replica}/bound`, '--bind', lab.path('elsewhere'));
  await mount(`${replica}/closed`, '-t', 'tmpfs', '-o', `${options},ro`, 'tmpfs');
  // What a killed mirror has left in one of them.
  mkdirSync(`${replica}/disk ä/.plugback-mirror/3`, { recursive: true });

  const places = ['', 'disk ä/', 'disk ä/deep/', 'bound/'];
  for (const place of places) {
    writeFileSync(lab.path(`source/${place}file`), place);
    mkdirSync(lab.path(`source/${place}new folder`));
    writeFileSync(lab.path(`source/${place}new folder/inner`), place);
    linkSync(lab.path(`source/${place}file`), lab.path(`source/${place}other name`));
    // One file, with a name on each filesystem.
    if (place !== '') linkSync(lab.path('source/file'), lab.path(`source/${place}everywhere`));
  }
  writeFileSync(lab.path('source/closed/in vain'), 'x');
  // Or it may be made in the same tick as the one that is mounted, and have nothing to be told.
  utimesSync(lab.path('source/closed'), 0, 0);
  const { skipped } = await cycle(lab, replica);
  expect(skipped).toEqual([
    { path: 'closed/in vain', reason: 'EROFS' },
    { path: 'closed', reason: 'EROFS' },
  ]);
  rmSync(lab.path('source/closed/in vain'));
  await command('umount', `${replica}/closed`);
  const again = await cycle(lab, replica);
  expect(again).toMatchObject({ added: 0, deleted: 0, skipped: [] });
  const inodeOf = (name: string) => lstatSync(`${replica}/${name}`).ino;
  for (const place of places) expect(inodeOf(`${place}other name`)).toBe(inodeOf(`${place}file`));
  const links = differences(lab.source, replica)
    .split('\n')
    .filter((line) => line !== '');
  // rsync would give them one inode, which cannot be.
  expect(links.every((line) => line.startsWith('hf') || line.startsWith('hL'))).toBe(true);

  for (const place of places) {
    writeFileSync(lab.path(`source/${place}new folder/inner`), 'changed');
    rmSync(lab.path(`source/${place}other name`));
  }
  const changed = await cycle(lab, replica);
  expect(changed).toMatchObject({ deleted: places.length, skipped: [] });
  for (const place of places) {
    expect(readFileSync(`${replica}/${place}new folder/inner`, 'utf8')).toBe('changed');
    expect(readdirSync(`${replica}/${place}`)).not.toContain('.plugback-mirror');
  }
});

test('what is mounted in a folder that the source does not have stays, and is told', async (lab) => {
  const replica = lab.path('replica');
  for (const name of ['gone/mounted', 'file']) mkdirSync(`${replica}/${name}`, { recursive: true });
  mkdirSync(lab.path('elsewhere'));
  for (const name of ['elsewhere/precious', 'replica/gone/old', 'source/file', 'source/a'])
    writeFileSync(lab.path(name), 'x');
  for (const place of ['gone/mounted', 'file']) {
    await command('mount', '--bind', lab.path('elsewhere'), `${replica}/${place}`);
    lab.undo(() => attempt('umount', [`${replica}/${place}`]));
  }
  expect(await cycle(lab, replica)).toMatchObject({
    added: 1,
    deleted: 0,
    skipped: [
      { path: 'file', reason: 'EBUSY' },
      { path: 'gone', reason: 'EBUSY' },
    ],
  });
  expect(readdirSync(lab.path('elsewhere'))).toEqual(['precious']);
});

test('a disk that was unmounted while its lock was waited for is not mirrored into its mount point', async (lab) => {
  const replica = lab.path('replica');
  mkdirSync(replica);
  mkdirSync(lab.path('etc'));
  await command('mount', '-t', 'tmpfs', 'tmpfs', replica);
  lab.undo(() => attempt('umount', [replica]));
  writeFileSync(lab.path('etc/fstab'), `tmpfs ${replica} tmpfs defaults 0 0\n`);
  writeFileSync(lab.path('source/a'), 'a');
  const roots = { proc: '/proc', etc: lab.path('etc') };
  const key = { runtimeDirectory: lab.path('run') };
  const second = await withReplicaLock(replica, key, async () => {
    let mirrored: Promise<unknown> = Promise.resolve();
    await new Promise<void>((resolve) => {
      mirrored = cycle(lab, replica, { roots, wait: true, onWaiting: resolve }).catch(({ code }) => code);
    });
    await command('umount', replica);
    return { mirrored };
  });
  expect(await second.mirrored).toBe('mirror-not-mounted');
  expect(readdirSync(replica)).toEqual([]);
});

test('without setfattr, attributes are left alone, and that is said; the rest is mirrored', async (lab) => {
  mkdirSync(lab.path('replica'));
  for (const name of ['source/a', 'replica/a']) writeFileSync(lab.path(name), 'a');
  await command('setfattr', '-n', 'user.x', '-v', '1', lab.path('replica/a'));
  await command('touch', '--reference', lab.path('source/a'), lab.path('replica/a'));
  // What cannot be executed is not there.
  const hide = 'mount --bind /dev/null "$(command -v setfattr)" && exec "$@"';
  const words = [process.execPath, program, 'mirror', lab.source, lab.path('replica')];
  const { exitCode, stdout } = await attempt('unshare', ['--mount', 'sh', '-c', hide, 'sh', ...words]);
  expect(stdout).toContain('Extended attributes and access control lists are not mirrored');
  expect(exitCode).toBe(0);
});

test('attributes that the replica does not keep are told', async (lab) => {
  const replica = lab.path('replica');
  mkdirSync(replica);
  await command('mount', '-t', 'ramfs', 'ramfs', replica);
  lab.undo(() => attempt('umount', [replica]));
  writeFileSync(lab.path('source/a'), 'a');
  await command('setfattr', '-n', 'user.x', '-v', '1', lab.path('source/a'));
  expect(await cycle(lab, replica)).toMatchObject({ added: 1 });
  expect(await cycle(lab, replica)).toMatchObject({
    overwritten: 0,
    skipped: [{ path: 'a', reason: 'ENOTSUP' }],
  });
});

test('a part of a btrfs is a filesystem, too, although nothing is mounted there', async (lab) => {
  const disk = await lab.disk({ fsType: 'btrfs', megabytes: 128 });
  mkdirSync(lab.path('source/part'), { recursive: true });
  writeFileSync(lab.path('source/part/file'), 'x');
  await lab.mounted(disk, async (replica) => {
    await command('btrfs', 'subvolume', 'create', `${replica}/part`);
    expect(await cycle(lab, replica)).toMatchObject({ added: 1, skipped: [] });
    expect(differences(lab.source, replica)).toBe('');
  });
});

test('times of a FAT, which keeps two seconds and no modes, are no difference', async (lab) => {
  const disk = await lab.disk({ fsType: 'vfat' });
  writeFileSync(lab.path('source/a'), 'a', { mode: 0o600 });
  mkdirSync(lab.path('source/folder'));
  writeFileSync(lab.path('source/folder/b'), 'b');
  await lab.mounted(disk, async (replica) => {
    expect(await cycle(lab, replica)).toMatchObject({ added: 3, skipped: [] });
    expect(await cycle(lab, replica)).toMatchObject({ added: 0, overwritten: 0, deleted: 0, skipped: [] });
  });
});

const nobody = 65534;

/** The program as a user without rights; its folder `home` is in the lab. */
function runAsNobody(lab: Lab, ...flags: string[]) {
  const user = [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--'];
  const home = [
    ...['env', '--unset=XDG_RUNTIME_DIR'],
    `HOME=${lab.path('home')}`,
    `TMPDIR=${lab.path('home')}`,
    `XDG_STATE_HOME=${lab.path('home')}`,
  ];
  const words = [process.execPath, program, 'mirror', lab.source, lab.path('replica'), '--json', ...flags];
  return attempt('setpriv', [...user, ...home, ...words]);
}

test('a file whose time the replica cannot keep arrives all the same', async (lab) => {
  // Inodes without room for what comes after 2038.
  const disk = await lab.disk({ mkfs: ['-I', '128'] });
  writeFileSync(lab.path('source/future'), 'x');
  utimesSync(lab.path('source/future'), 2_208_988_800, 2_208_988_800);
  await lab.mounted(disk, async (replica) => {
    expect(await cycle(lab, replica)).toMatchObject({ added: 1, skipped: [] });
    expect(readFileSync(`${replica}/future`, 'utf8')).toBe('x');
    expect(await cycle(lab, replica)).toMatchObject({ added: 0, skipped: [] });
  });
});

test('root without the right to give files away: they arrive, and that their owner is another one is told', async (lab) => {
  mkdirSync(lab.path('replica'));
  for (const name of ['file', 'set-user-id']) {
    writeFileSync(lab.path('source', name), name);
    chownSync(lab.path('source', name), nobody, nobody);
  }
  chmodSync(lab.path('source/set-user-id'), 0o4755);
  const words = [process.execPath, program, 'mirror', lab.source, lab.path('replica'), '--json'];
  const { exitCode, stdout } = await attempt('setpriv', ['--bounding-set=-chown', '--', ...words]);
  const { added, skipped } = JSON.parse(stdout);
  expect([added, exitCode]).toEqual([1, 74]);
  expect(skipped.map(({ path, reason }: Skip) => `${path} ${reason}`).toSorted()).toEqual([
    'file EPERM',
    'set-user-id EPERM',
  ]);
  expect(readdirSync(lab.path('replica'))).toEqual(['file']);
});

test('not as root: what may not be read is told, what was mirrored of it stays, closed folders are no obstacle', async (lab) => {
  const own = (place: string) => chownSync(place, nobody, nobody);
  chmodSync(lab.root, 0o755);
  for (const name of ['closed', 'secret', 'open']) mkdirSync(lab.path('source', name));
  for (const name of ['closed/a', 'secret/b', 'open/c', 'hidden'])
    writeFileSync(lab.path('source', name), name);
  for (const name of ['', 'closed', 'closed/a', 'secret', 'secret/b', 'open', 'open/c'])
    own(lab.path('source', name));
  chmodSync(lab.path('source/closed'), 0o555);
  chmodSync(lab.path('source/hidden'), 0o600);
  for (const name of ['replica', 'home']) {
    mkdirSync(lab.path(name));
    own(lab.path(name));
  }
  const run = () => runAsNobody(lab);
  const first = await run();
  expect(first.stderr).toMatch(/^One thing could not be mirrored: the replica is not complete\./);
  expect(first.exitCode).toBe(74);
  expect(JSON.parse(first.stdout).skipped).toEqual([{ path: 'hidden', reason: 'EACCES' }]);
  expect(readdirSync(lab.path('replica')).toSorted()).toEqual(['closed', 'open', 'secret']);

  chmodSync(lab.path('source/hidden'), 0o644);
  chmodSync(lab.path('source/secret'), 0o000);
  writeFileSync(lab.path('source/closed/d'), 'new in a closed folder');
  own(lab.path('source/closed/d'));
  const second = await run();
  expect(JSON.parse(second.stdout).skipped).toEqual([{ path: 'secret', reason: 'EACCES' }]);
  expect(existsSync(lab.path('replica/secret/b'))).toBe(true);
  expect(readFileSync(lab.path('replica/closed/d'), 'utf8')).toBe('new in a closed folder');
  expect(readFileSync(lab.path('replica/hidden'), 'utf8')).toBe('hidden');
});

test('not as root: what cannot be counted, because its folder is closed, does not slip past the limit of deletions', async (lab) => {
  chmodSync(lab.root, 0o755);
  for (const name of ['replica/closed/deep', 'home']) mkdirSync(lab.path(name), { recursive: true });
  for (let number = 0; number < 9; number += 1) writeFileSync(lab.path(`replica/closed/${number}`), 'x');
  writeFileSync(lab.path('source/a'), 'a');
  for (const name of ['source', 'source/a', 'home']) chownSync(lab.path(name), nobody, nobody);
  await command('chown', '-R', `${nobody}:${nobody}`, lab.path('replica'));
  chmodSync(lab.path('replica/closed'), 0o000);
  const guarded = await runAsNobody(lab);
  expect(JSON.parse(guarded.stdout)).toMatchObject({
    added: 1,
    deleted: 0,
    skipped: [{ path: 'closed', reason: 'EACCES' }],
  });
  expect(readdirSync(lab.path('replica/closed')).length).toBe(10);
  expect((await runAsNobody(lab, '--allow-deletes')).exitCode).toBe(0);
  expect(readdirSync(lab.path('replica'))).toEqual(['a']);
});

test('not as root: a folder for locks that another user has made is not used', async (lab) => {
  chmodSync(lab.root, 0o755);
  for (const name of ['replica', `home/plugback-${nobody}/plugback`])
    mkdirSync(lab.path(name), { recursive: true });
  writeFileSync(lab.path('source/a'), 'a');
  for (const name of ['replica', 'home']) chownSync(lab.path(name), nobody, nobody);
  // It takes what the links of another user lead to for its own.
  chmodSync(lab.path('home', `plugback-${nobody}`, 'plugback'), 0o777);
  const { exitCode, stderr } = await runAsNobody(lab);
  expect(stderr).toContain(lab.path('home', `plugback-${nobody}`));
  expect(exitCode).not.toBe(0);
  expect(readdirSync(lab.path('replica'))).toEqual([]);
});

test('not as root: attributes of what may not be read any more stay in the replica', async (lab) => {
  chmodSync(lab.root, 0o755);
  for (const name of ['replica', 'home']) mkdirSync(lab.path(name));
  writeFileSync(lab.path('source/a'), 'a');
  await command('setfattr', '-n', 'user.x', '-v', '1', lab.path('source/a'));
  await command('cp', '--archive', lab.path('source/a'), lab.path('replica/a'));
  for (const name of ['replica', 'replica/a', 'home']) chownSync(lab.path(name), nobody, nobody);
  chmodSync(lab.path('source/a'), 0o600);
  expect(JSON.parse((await runAsNobody(lab)).stdout)).toMatchObject({
    skipped: [{ path: 'a', reason: 'EACCES' }],
  });
  expect(await command('getfattr', '--dump', '--absolute-names', lab.path('replica/a'))).toContain('user.x');
});
