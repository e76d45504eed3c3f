/** Every command line that a backup can start, word by word. */

import { describe, expect, test } from 'vitest';
import { blkidArgv, lsblkArgv } from '../../src/system/block-devices.ts';
import { headerArgv, lockArgv, mappingOf, unlockArgv } from '../../src/system/cryptsetup.ts';
import { touchArgv } from '../../src/system/files.ts';
import { fsckArgv } from '../../src/system/fsck.ts';
import { dmesgArgv } from '../../src/system/kernel-log.ts';
import {
  closeUpArgv,
  driversOf,
  isClosedUp,
  mountArgv,
  syncArgv,
  syncDeviceArgv,
  umountArgv,
} from '../../src/system/mount.ts';
import { sysfsArgv, udisksArgv } from '../../src/system/power.ts';
import { type CopyOptions, type CopyRequest, copyArgv, estimateArgv } from '../../src/system/rsync.ts';
import { type Argv, commandLine } from '../../src/system/run.ts';

const uuid = '1b1f8c2e-7a4d-4c55-9f0e-2d3c4b5a6978';
const safe = 'nosuid,nodev,noexec,nosymfollow,noatime';

function mount(fsType: string, readOnly = false, driver = fsType): Argv {
  return mountArgv({ source: `UUID=${uuid}`, fsType, driver, mountPoint: '/media/plugback', readOnly });
}

function mountWords(fsType: string, options: string): Argv {
  return ['mount', '-t', fsType, '-o', options, '--source', `UUID=${uuid}`, '--target', '/media/plugback'];
}

const contents: CopyRequest = {
  source: '/srv/backups/',
  destination: '/media/plugback',
  fsType: 'ext4',
  sourceFsType: 'ext4',
  exactTimes: false,
  ownPaths: ['.plugback.lock'],
  atDiskRoot: true,
  excludesFile: null,
  userOptions: [],
};
const folder: CopyRequest = { ...contents, source: '/srv/backups', atDiskRoot: false };

const kept = [
  '-aHAX',
  '--numeric-ids',
  '--filter=-x system.*',
  '--filter=-x trusted.SGI_ACL_*',
  '--no-h',
  '--filter=H /.plugback.lock',
  '--filter=P /.plugback.lock',
];
const ownedByFilesystem = [
  '--filter=P /lost+found/***',
  '--filter=P /System Volume Information/***',
  '--filter=P /$RECYCLE.BIN/***',
  '--filter=P /RECYCLER/***',
  '--filter=P /FOUND.000/***',
  '--filter=P /.Trash/***',
  '--filter=P /.Trash-*/***',
  '--filter=P /.Trashes/***',
  '--filter=P /.Spotlight-V100/***',
  '--filter=P /.fseventsd/***',
  '--filter=P /.TemporaryItems/***',
];
const ends = ['--', '/srv/backups/', '/media/plugback/'];
const output = ['--outbuf=L', '--stats', '--log-file=/var/log/plugback/rsync.log', '--log-file-format='];
const logFile = '/var/log/plugback/rsync.log';
const usual: CopyOptions = {
  logFile,
  deleteFirst: false,
  sparse: false,
  inPlace: false,
  progress: 'when-asked',
};

const table: [what: string, made: Argv | null, words: readonly string[] | null][] = [
  [
    'all block devices',
    lsblkArgv(),
    [
      'lsblk',
      '--json',
      '--bytes',
      '--output',
      'NAME,PATH,KNAME,MAJ:MIN,TYPE,FSTYPE,UUID,LABEL,SIZE,RO,RM,HOTPLUG,TRAN,MODEL,SERIAL,MOUNTPOINTS',
    ],
  ],
  ['one device’s filesystem', blkidArgv('/dev/sdb1'), ['blkid', '-p', '-o', 'udev', '--', '/dev/sdb1']],

  ['mount ext4', mount('ext4'), mountWords('ext4', `rw,${safe},errors=remount-ro`)],
  ['mount ext3', mount('ext3'), mountWords('ext3', `rw,${safe},errors=remount-ro`)],
  ['mount ext2', mount('ext2'), mountWords('ext2', `rw,${safe},errors=remount-ro`)],
  ['mount xfs', mount('xfs'), mountWords('xfs', `rw,${safe}`)],
  ['mount btrfs', mount('btrfs'), mountWords('btrfs', `rw,${safe}`)],
  ['mount vfat', mount('vfat'), mountWords('vfat', `rw,${safe},umask=077,utf8=1,tz=UTC`)],
  ['mount exfat', mount('exfat'), mountWords('exfat', `rw,${safe},umask=077`)],
  ['mount ntfs', mount('ntfs', false, 'ntfs3'), mountWords('ntfs3', `rw,${safe},umask=077`)],
  ['rehearse ext4', mount('ext4', true), mountWords('ext4', `ro,${safe},errors=remount-ro,noload`)],
  ['rehearse ext3', mount('ext3', true), mountWords('ext3', `ro,${safe},errors=remount-ro,noload`)],
  ['rehearse ext2', mount('ext2', true), mountWords('ext2', `ro,${safe},errors=remount-ro`)],
  ['rehearse xfs', mount('xfs', true), mountWords('xfs', `ro,${safe},norecovery`)],
  ['rehearse btrfs', mount('btrfs', true), mountWords('btrfs', `ro,${safe},rescue=nologreplay`)],
  ['rehearse vfat', mount('vfat', true), mountWords('vfat', `ro,${safe},umask=077,utf8=1,tz=UTC`)],
  ['unmount', umountArgv('/media/plugback'), ['umount', '--', '/media/plugback']],
  ['detach', umountArgv('/media/plugback', { lazy: true }), ['umount', '--lazy', '--', '/media/plugback']],
  [
    'close up a mount whose driver did not',
    closeUpArgv({ mountPoint: '/media/plugback', readOnly: false }),
    ['mount', '--internal-only', '-o', `remount,bind,rw,${safe}`, '--target', '/media/plugback'],
  ],
  ['flush', syncArgv('/media/plugback'), ['sync', '--file-system', '--', '/media/plugback']],
  ['flush past the filesystem', syncDeviceArgv('/dev/sdb1'), ['sync', '--', '/dev/sdb1']],

  ['check ext2', fsckArgv('ext2', '/dev/sdb1'), ['e2fsck', '-p', '/dev/sdb1']],
  ['check ext3', fsckArgv('ext3', '/dev/sdb1'), ['e2fsck', '-p', '/dev/sdb1']],
  ['check ext4', fsckArgv('ext4', '/dev/sdb1'), ['e2fsck', '-p', '/dev/sdb1']],
  ['check vfat', fsckArgv('vfat', '/dev/sdb1'), ['fsck.fat', '-a', '/dev/sdb1']],
  ['check exfat', fsckArgv('exfat', '/dev/sdb1'), ['fsck.exfat', '-p', '/dev/sdb1']],
  ['check xfs: nothing', fsckArgv('xfs', '/dev/sdb1'), null],
  ['check btrfs: nothing', fsckArgv('btrfs', '/dev/sdb1'), null],
  ['check ntfs: nothing', fsckArgv('ntfs', '/dev/sdb1'), null],

  ['the kernel’s log', dmesgArgv(), ['dmesg', '--raw']],

  [
    'estimate, the source’s contents',
    estimateArgv(contents),
    [
      'rsync',
      ...kept,
      ...ownedByFilesystem,
      '--delete',
      '--dry-run',
      '--stats',
      '--out-format=%i %l %n',
      ...ends,
    ],
  ],
  [
    'estimate, the folder itself',
    estimateArgv(folder),
    [
      'rsync',
      ...kept,
      '--delete',
      '--dry-run',
      '--stats',
      '--out-format=%i %l %n',
      '--',
      '/srv/backups',
      '/media/plugback/',
    ],
  ],
  [
    'copy, the source’s contents',
    copyArgv(contents, usual),
    ['rsync', ...kept, ...ownedByFilesystem, '--delete', ...output, ...ends],
  ],
  [
    'copy, the folder itself',
    copyArgv(folder, usual),
    ['rsync', ...kept, '--delete', ...output, '--', '/srv/backups', '/media/plugback/'],
  ],
  [
    'copy, old files first',
    copyArgv(folder, { ...usual, deleteFirst: true }),
    ['rsync', ...kept, '--delete-before', ...output, '--', '/srv/backups', '/media/plugback/'],
  ],
  [
    'copy with holes to keep',
    copyArgv(folder, { ...usual, sparse: true }),
    ['rsync', ...kept, '--sparse', '--delete', ...output, '--', '/srv/backups', '/media/plugback/'],
  ],
  [
    'copy onto a disk that keeps times exactly',
    copyArgv({ ...folder, exactTimes: true }, usual),
    [
      'rsync',
      ...kept.slice(0, 2),
      '--modify-window=-1',
      ...kept.slice(2),
      '--delete',
      ...output,
      '--',
      '/srv/backups',
      '/media/plugback/',
    ],
  ],
  [
    'copy without temporary names',
    copyArgv(folder, { ...usual, inPlace: true }),
    ['rsync', '--inplace', ...kept, '--delete', ...output, '--', '/srv/backups', '/media/plugback/'],
  ],
  ...['--partial-dir=.partial', '--delay-updates'].map((option): (typeof table)[number] => [
    `copy without temporary names with ${option}, which rsync refuses beside --inplace`,
    copyArgv({ ...folder, userOptions: [option] }, { ...usual, inPlace: true }),
    ['rsync', ...kept, option, '--delete', ...output, '--', '/srv/backups', '/media/plugback/'],
  ]),
  [
    'copy through sudo, which lets nobody ask',
    copyArgv(folder, { ...usual, progress: 'continuous' }),
    [
      'rsync',
      ...kept,
      '--delete',
      ...output.slice(0, 2),
      '--info=progress2,name0',
      ...output.slice(2),
      '--',
      '/srv/backups',
      '/media/plugback/',
    ],
  ],
  [
    'copy with excludes and options of one’s own, excludes first',
    copyArgv(
      {
        ...folder,
        excludesFile: '/etc/plugback/rsync_excludes',
        userOptions: ['--bwlimit=50M', '--inplace'],
      },
      usual,
    ),
    [
      'rsync',
      ...kept,
      '--exclude-from=/etc/plugback/rsync_excludes',
      '--bwlimit=50M',
      '--inplace',
      '--delete',
      ...output,
      '--',
      '/srv/backups',
      '/media/plugback/',
    ],
  ],
  ...['vfat', 'exfat', 'msdos'].map((fsType): (typeof table)[number] => [
    `copy onto ${fsType}: no owners, no links, times to two seconds`,
    copyArgv({ ...folder, fsType, ownPaths: [] }, usual),
    [
      'rsync',
      '-rt',
      '--modify-window=2',
      '--no-h',
      '--delete',
      ...output,
      '--',
      '/srv/backups',
      '/media/plugback/',
    ],
  ]),
  [
    'copy onto NTFS: links, but no owners',
    copyArgv({ ...folder, fsType: 'ntfs', ownPaths: [] }, usual),
    ['rsync', '-rltH', '--no-h', '--delete', ...output, '--', '/srv/backups', '/media/plugback/'],
  ],
  [
    'estimate where two names can be one: what stays as it is, too',
    estimateArgv({ ...folder, fsType: 'exfat', ownPaths: [] }),
    [
      'rsync',
      '-rt',
      '--modify-window=2',
      '--no-h',
      '--delete',
      '--dry-run',
      '--stats',
      '-ii',
      '--out-format=%i %l %n',
      '--',
      '/srv/backups',
      '/media/plugback/',
    ],
  ],
  [
    'copy with names that look like patterns',
    copyArgv(
      { ...folder, ownPaths: ['a/b*c', 'back\\slash', '[x]\\?'], destination: '/media/plugback/' },
      usual,
    ),
    [
      'rsync',
      ...kept.slice(0, -2),
      '--filter=H /a/b\\*c',
      '--filter=P /a/b\\*c',
      '--filter=H /back\\slash',
      '--filter=P /back\\slash',
      '--filter=H /\\[x]\\\\\\?',
      '--filter=P /\\[x]\\\\\\?',
      '--delete',
      ...output,
      '--',
      '/srv/backups',
      '/media/plugback/',
    ],
  ],

  [
    'a folder’s time, to the nanosecond',
    touchArgv('/media/plugback', 1_763_694_764_000_000_007n),
    ['touch', '--no-create', '-m', '--date=@1763694764.000000007', '--', '/media/plugback'],
  ],
  [
    'a time before 1970',
    touchArgv('/media/plugback', -1_250_000_000n),
    ['touch', '--no-create', '-m', '--date=@-1.250000000', '--', '/media/plugback'],
  ],
  [
    'half a second before 1970',
    touchArgv('/media/plugback', -500_000_000n),
    ['touch', '--no-create', '-m', '--date=@-0.500000000', '--', '/media/plugback'],
  ],

  [
    'an encrypted disk',
    unlockArgv({
      device: '/dev/sdb1',
      keyFile: '/etc/plugback/key',
      mapping: mappingOf(uuid),
      readOnly: false,
    }),
    [
      ...['cryptsetup', 'open', '--type', 'luks', '--batch-mode', '--key-file', '/etc/plugback/key'],
      ...['--', '/dev/sdb1', `plugback-${uuid}`],
    ],
  ],
  [
    'an encrypted disk, for a rehearsal',
    unlockArgv({ device: '/dev/sdb1', keyFile: '/key', mapping: 'm', readOnly: true }),
    [
      ...['cryptsetup', 'open', '--type', 'luks', '--batch-mode', '--readonly', '--key-file', '/key'],
      ...['--', '/dev/sdb1', 'm'],
    ],
  ],
  ['its header', headerArgv('/dev/sdb1'), ['cryptsetup', 'luksDump', '--', '/dev/sdb1']],
  ['locked again', lockArgv('m'), ['cryptsetup', 'close', '--', 'm']],
  [
    'locked as soon as nobody uses it',
    lockArgv('m', { deferred: true }),
    ['cryptsetup', 'close', '--deferred', '--', 'm'],
  ],
  [
    'switched off',
    udisksArgv('sdb'),
    ['udisksctl', 'power-off', '--no-user-interaction', '--block-device', '/dev/sdb'],
  ],
  ['switched off by the kernel', sysfsArgv('/sys/x/remove'), ['tee', '--', '/sys/x/remove']],

  ['as root: as it is', commandLine(['dmesg', '--raw'], true), ['dmesg', '--raw']],
  ['otherwise: sudo', commandLine(['dmesg', '--raw'], false), ['sudo', '-n', '--', 'dmesg', '--raw']],
  [
    'as root, ended with this process',
    commandLine(['rsync', '-a'], true, 'SIGKILL'),
    ['setpriv', '--pdeathsig', 'KILL', '--', 'rsync', '-a'],
  ],
  [
    'otherwise, ended with this process',
    commandLine(['rsync', '-a'], false, 'SIGTERM'),
    ['sudo', '-n', '--', 'setpriv', '--pdeathsig', 'TERM', '--', 'rsync', '-a'],
  ],
];

describe('command lines', () => {
  test.each(table)('%s', (_what, made, words) => {
    expect(made).toEqual(words);
  });

  test('estimate and copy agree about everything that decides what is copied', () => {
    const request: CopyRequest = { ...contents, excludesFile: '/x', userOptions: ['--inplace'] };
    const own = ['--dry-run', '--stats', '--out-format=%i %l %n', ...output];
    const rest = (argv: Argv): string[] => argv.filter((word) => !own.includes(word));
    expect(rest(copyArgv(request, usual))).toEqual(rest(estimateArgv(request)));
  });

  test('a label, a UUID or a name from outside stays one word', () => {
    const evil = '$(reboot) ; "x" --help\n';
    const words = mountArgv({
      source: `UUID=${evil}`,
      fsType: 'ext4',
      driver: 'ext4',
      mountPoint: '/m',
      readOnly: false,
    });
    expect(words).toContain(`UUID=${evil}`);
    expect(commandLine(blkidArgv(evil), false).at(-1)).toBe(evil);
    expect(umountArgv('--all')).toEqual(['umount', '--', '--all']);
  });
});

describe('who mounts a filesystem', () => {
  test.each([
    ['ext4', ['ext4']],
    // Alone it would be the kernel's driver that cannot write.
    ['ntfs', ['ntfs3', 'ntfs-3g', 'ntfs']],
    ['exfat', ['exfat', 'exfat-fuse']],
    ['toString', ['toString']],
  ])('%s', (fsType, drivers) => {
    expect(driversOf(fsType)).toEqual(drivers);
  });

  test('a mount that lacks one of the options is not closed up', () => {
    expect(isClosedUp(['rw', ...safe.split(',')])).toBe(true);
    for (const option of safe.split(',')) {
      expect(isClosedUp(['rw', ...safe.split(',').filter((other) => other !== option)])).toBe(false);
    }
  });
});
