import { mkdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  rememberSource,
  type SourceExpectations,
  verifyNotOnDisk,
  verifySource,
} from '../../src/backup/source.ts';
import type { System } from '../../src/system/system.ts';
import { fakeSystem } from '../fakes.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();
let system: System;

beforeEach(async () => {
  system = fakeSystem({ roots: { proc: folder('proc'), etc: folder('etc') } });
  await mkdir(folder('proc/self'), { recursive: true });
  await mkdir(folder('etc'));
  await mkdir(folder('srv'));
  await writeFile(folder('srv/a.vbk'), 'a');
  await mounted(['/', '8:1', 'ext4', '/dev/sda1']);
});

/** What this machine has mounted: mount point, number, type, device. */
async function mounted(...mounts: [string, string, string, string][]): Promise<void> {
  const lines = mounts.map(
    ([point, number, type, source], index) =>
      `${index + 20} 1 ${number} / ${point} rw - ${type} ${source} rw\n`,
  );
  await writeFile(folder('proc/self/mountinfo'), lines.join(''));
}

const root: [string, string, string, string] = ['/', '8:1', 'ext4', '/dev/sda1'];

function expectations(changes: Partial<SourceExpectations> = {}): SourceExpectations {
  return {
    source: `${folder('srv')}/`,
    sourceMustContain: null,
    markerName: '.plugback.lock',
    destination: '/media/plugback',
    acceptChange: false,
    recordPath: folder('source.json'),
    ...changes,
  };
}

function verify(changes: Partial<SourceExpectations> = {}) {
  return verifySource(expectations(changes), system);
}

async function refusal(changes: Partial<SourceExpectations> = {}): Promise<unknown> {
  return verify(changes).then(
    () => null,
    ({ code, details }) => [code, details],
  );
}

describe('the source', () => {
  test('is there, on its filesystem', async () => {
    await mounted(root, [folder('srv'), '9:0', 'xfs', '/dev/md0']);
    expect(await verify()).toMatchObject({
      configured: `${folder('srv')}/`,
      path: await realpath(folder('srv')),
      mount: { mountPoint: folder('srv'), source: '/dev/md0', fsType: 'xfs' },
      nested: [],
    });
  });

  test('is what a link leads to', async () => {
    await symlink(folder('srv'), folder('link'));
    expect((await verify({ source: folder('link') })).path).toBe(folder('srv'));
  });

  test('knows the filesystems below it: not those that come and go, not the disk', async () => {
    await mounted(
      root,
      [folder('srv/photos'), '9:1', 'xfs', '/dev/md1'],
      [folder('srv/tmp'), '0:40', 'tmpfs', 'none'],
      [folder('srv/remote'), '0:41', 'fuse.sshfs', 'host:'],
      [folder('srv/disk'), '8:17', 'ext4', '/dev/sdb1'],
      [folder('srv-old'), '9:2', 'xfs', '/dev/md2'],
    );
    expect((await verify({ destination: folder('srv/disk') })).nested).toEqual([folder('srv/photos')]);
  });

  test('is missing', async () => {
    expect(await refusal({ source: folder('none/') })).toEqual(['source-missing', { path: folder('none/') }]);
    await symlink(folder('nowhere'), folder('broken'));
    expect(await refusal({ source: folder('broken') })).toEqual([
      'source-missing',
      { path: folder('broken') },
    ]);
  });

  test('is no folder', async () => {
    for (const source of [folder('srv/a.vbk'), `${folder('srv/a.vbk')}/`, folder('srv/a.vbk/b')]) {
      expect(await refusal({ source })).toEqual(['source-not-a-directory', { path: source }]);
    }
  });

  test('goes round in circles', async () => {
    await symlink(folder('circle'), folder('circle'));
    expect(await refusal({ source: folder('circle') })).toEqual([
      'source-unreadable',
      { path: folder('circle'), reason: expect.stringContaining('ELOOP') },
    ]);
  });

  test('is empty, also with what filesystems keep and our own marker in it', async () => {
    const path = `${folder('srv')}/`;
    await rm(folder('srv/a.vbk'));
    expect(await refusal()).toEqual(['source-empty', { path }]);
    await writeFile(folder('srv/.plugback.lock'), '');
    for (const name of ['lost+found', 'System Volume Information', '$RECYCLE.BIN'])
      await mkdir(folder('srv', name));
    expect(await refusal()).toEqual(['source-empty', { path }]);
    await writeFile(folder('srv/.hidden'), '');
    expect(await refusal()).toBeNull();
  });

  test('must hold its sentinel', async () => {
    await mkdir(folder('srv/in'));
    await writeFile(folder('srv/in/README.txt'), '');
    expect(await refusal({ sourceMustContain: 'in/README.txt' })).toBeNull();
    expect(await refusal({ sourceMustContain: 'in' })).toBeNull();
    expect(await refusal({ sourceMustContain: 'README.txt' })).toEqual([
      'source-sentinel-missing',
      { path: `${folder('srv')}/`, sentinel: 'README.txt' },
    ]);
  });
});

describe('the source’s filesystem', () => {
  const notMounted = (mountPoint: string, known: string) => [
    'source-not-mounted',
    { path: `${folder('srv')}/`, mountPoint, known },
  ];

  test('should be mounted according to fstab', async () => {
    await writeFile(folder('etc/fstab'), `/dev/md0 ${folder('srv')} xfs defaults 0 2\n`);
    expect(await refusal()).toEqual(notMounted(folder('srv'), 'fstab'));
    await mounted(root, [folder('srv'), '9:0', 'xfs', '/dev/md0']);
    expect(await refusal()).toBeNull();
  });

  test('one above or below it counts, one beside it does not', async () => {
    await writeFile(folder('etc/fstab'), `/dev/md0 ${folder()} xfs defaults 0 2\n`);
    expect(await refusal()).toEqual(notMounted(folder(), 'fstab'));
    await writeFile(folder('etc/fstab'), `/dev/md0 ${folder('srv/photos')} xfs defaults 0 2\n`);
    expect(await refusal()).toEqual(notMounted(folder('srv/photos'), 'fstab'));
    await writeFile(
      folder('etc/fstab'),
      `/dev/md0 ${folder('srv-old')} xfs defaults 0 2\n/dev/sda1 / ext4\n`,
    );
    expect(await refusal()).toBeNull();
  });

  test('was mounted at the last good run', async () => {
    await mounted(
      root,
      [folder('srv'), '9:0', 'xfs', '/dev/md0'],
      [folder('srv/photos'), '9:1', 'xfs', '/dev/md1'],
    );
    rememberSource(folder('source.json'), await verify());
    expect(await refusal()).toBeNull();
    await mounted(root, [folder('srv'), '9:0', 'xfs', '/dev/md0']);
    expect(await refusal()).toEqual(notMounted(folder('srv/photos'), 'last-run'));
    await mounted(root);
    expect(await refusal()).toEqual(notMounted(folder('srv'), 'last-run'));
  });

  test('whoever means it goes on', async () => {
    await writeFile(folder('etc/fstab'), `/dev/md0 ${folder('srv')} xfs defaults 0 2\n`);
    await writeFile(
      folder('source.json'),
      JSON.stringify({ path: folder('srv'), mountPoint: folder('srv'), nested: [] }),
    );
    expect(await refusal({ acceptChange: true })).toBeNull();
  });

  test('a source on the root filesystem, and one that was elsewhere then, compare with nothing', async () => {
    rememberSource(folder('source.json'), await verify());
    expect(JSON.parse(await readFile(folder('source.json'), 'utf8'))).toEqual({
      path: folder('srv'),
      mountPoint: '/',
      nested: [],
    });
    expect(await refusal()).toBeNull();
    const other = { path: '/elsewhere', mountPoint: folder('srv'), nested: [] };
    await writeFile(folder('source.json'), JSON.stringify(other));
    expect(await refusal()).toBeNull();
  });

  test.each(['', '{', 'null', '{"mountPoint":7}', '{"path":"/srv","mountPoint":"/srv"}'])(
    'a record that cannot be read says nothing: %j',
    async (text) => {
      await writeFile(folder('source.json'), text);
      expect(await refusal()).toBeNull();
    },
  );
});

describe('the source on the disk itself', () => {
  const disk = { device: '/dev/sdb1', majorMinor: '8:17' };

  async function verifyOn(...mounts: [string, string, string, string][]): Promise<unknown> {
    const source = await verify();
    await mounted(root, ...mounts);
    return verifyNotOnDisk(source, disk, system).then(
      () => null,
      ({ code, details }) => [code, details],
    );
  }

  test('by number, or by device where the filesystem has numbers of its own', async () => {
    const refused = ['source-on-disk', { path: `${folder('srv')}/`, device: '/dev/sdb1' }];
    expect(await verifyOn([folder('srv'), '8:17', 'ext4', '/dev/disk/by-label/x'])).toEqual(refused);
    expect(await verifyOn([folder('srv'), '0:40', 'btrfs', '/dev/sdb1'])).toEqual(refused);
    expect(await verifyOn([folder(), '8:17', 'ext4', '/dev/sdb1'])).toEqual(refused);
  });

  test('elsewhere', async () => {
    expect(await verifyOn()).toBeNull();
    expect(await verifyOn([folder('srv'), '8:1', 'ext4', '/dev/sda1'])).toBeNull();
    expect(await verifyOn(['/media/plugback', '8:17', 'ext4', '/dev/sdb1'])).toBeNull();
  });
});
