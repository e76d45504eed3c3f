import { describe, expect, test } from 'vitest';
import { copyRequest } from '../../src/backup/run-backup.ts';
import type { BackupConfig } from '../../src/config/types.ts';
import { literalPattern } from '../../src/system/rsync.ts';
import { sampleConfig, sampleDisk } from './samples.ts';

const mounted = {
  disk: sampleDisk,
  mountPoint: '/media/plugback',
  readOnly: false,
  verify: async () => {},
  sync: async () => {},
  flush: async () => {},
};

function request(
  backup: Partial<BackupConfig> = {},
  sourcePath = '/srv/backups',
  mountPoint = '/media/plugback',
) {
  const config = sampleConfig({ backup });
  const source = {
    configured: config.backup.source,
    path: sourcePath,
    mount: {
      majorMinor: '9:0',
      root: '/',
      mountPoint: '/srv',
      options: ['rw'],
      fsType: 'xfs',
      source: '/dev/md0',
      superOptions: ['rw'],
    },
    nested: [],
  };
  return copyRequest(config, { ...mounted, mountPoint }, source, '/etc/plugback/rsync_excludes');
}

describe('what rsync is asked to do', () => {
  test('with a slash at the end: the contents, to the top of the disk', () => {
    expect(request({ rsyncOptions: ['--bwlimit=50M'] })).toEqual({
      source: '/srv/backups/',
      sourceFsType: 'xfs',
      destination: '/media/plugback',
      fsType: 'ext4',
      ownPaths: ['.plugback.lock'],
      atDiskRoot: true,
      excludesFile: '/etc/plugback/rsync_excludes',
      userOptions: ['--bwlimit=50M'],
    });
  });

  test('without: the folder of that name; the marker in it has its name before it', () => {
    expect(request({ source: '/srv/backups' })).toMatchObject({
      source: '/srv/backups',
      atDiskRoot: false,
      ownPaths: ['.plugback.lock', 'backups/.plugback.lock'],
    });
  });

  test('a source that is a link counts as what it leads to', () => {
    expect(request({ source: '/backups' }, '/srv/data')).toMatchObject({
      source: '/srv/data',
      ownPaths: ['.plugback.lock', 'data/.plugback.lock'],
    });
    expect(request({ source: '/backups/' }, '/srv/data').source).toBe('/srv/data/');
  });

  test('a marker in a folder on the disk is at the top of the source', () => {
    const lockfilePath = 'locks/of plugback/.lock';
    expect(request({ lockfilePath }).ownPaths).toEqual(['locks/of plugback/.lock', '.lock']);
    expect(request({ source: '/srv/backups', lockfilePath }).ownPaths).toEqual([
      'locks/of plugback/.lock',
      'backups/.lock',
    ]);
  });

  test('Veeam’s folder below the source does not travel; elsewhere it is no concern', () => {
    const inside = { veeamLockfilePath: '/srv/backups/locks' };
    expect(request(inside).ownPaths).toEqual(['.plugback.lock', 'locks']);
    expect(request({ ...inside, source: '/srv/backups' }).ownPaths).toEqual([
      '.plugback.lock',
      'backups/.plugback.lock',
      'backups/locks',
    ]);
    expect(request({ veeamLockfilePath: '/srv/locks' }).ownPaths).toEqual(['.plugback.lock']);
    expect(request({ veeamLockfilePath: '/srv/backups-locks' }).ownPaths).toEqual(['.plugback.lock']);
    expect(request({ veeamLockfilePath: '/srv/backups' }).ownPaths).toEqual(['.plugback.lock']);
  });

  test('the whole machine: without the disk itself', () => {
    expect(request({ source: '/' }, '/')).toMatchObject({
      source: '/',
      atDiskRoot: true,
      ownPaths: ['.plugback.lock', 'media/plugback'],
    });
  });

  test('a disk mounted below the source', () => {
    expect(request({ source: '/srv' }, '/srv', '/srv/disk').ownPaths).toEqual([
      '.plugback.lock',
      'srv/.plugback.lock',
      'srv/disk',
    ]);
  });

  test('names that look like patterns stay names, and become patterns only for rsync', () => {
    const { ownPaths } = request({ source: '/srv/a[1]*', lockfilePath: '*lock?' }, '/srv/a[1]*');
    expect(ownPaths).toEqual(['*lock?', 'a[1]*/*lock?']);
    expect(ownPaths.map(literalPattern)).toEqual(['\\*lock\\?', 'a\\[1]\\*/\\*lock\\?']);
  });
});
