/** Disks for the guest: images with a filesystem, made and looked into on this side. */

import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { attempt, command } from '../disk/command.ts';

export type FsType = 'ext4' | 'xfs' | 'btrfs' | 'vfat' | 'exfat' | 'ntfs';

export interface Disk {
  label: string;
  image: string;
  uuid: string;
  /** Where its filesystem begins in the image, in bytes. */
  offset: number;
}

export interface DiskOptions {
  label?: string;
  megabytes?: number;
  fsType?: FsType;
  /** A table of partitions (GPT) with one in it, in place of a filesystem from the first byte to the last. */
  partitioned?: boolean;
}

const megabyte = 1024 * 1024;

const makeFilesystem: {
  readonly [F in FsType]: (label: string, image: string) => readonly [string, ...string[]];
} = {
  ext4: (label, image) => ['mkfs.ext4', '-q', '-F', '-L', label, image],
  xfs: (label, image) => ['mkfs.xfs', '-q', '-L', label, image],
  btrfs: (label, image) => ['mkfs.btrfs', '-q', '-L', label, image],
  vfat: (label, image) => ['mkfs.vfat', '-n', label, image],
  exfat: (label, image) => ['mkfs.exfat', '-L', label, image],
  ntfs: (label, image) => ['mkntfs', '--quiet', '--fast', '--force', '--label', label, image],
};

/** Makes a disk in a folder. */
export async function makeDisk(folder: string, options: DiskOptions = {}): Promise<Disk> {
  const { label = 'PLUGBACK', megabytes = 64, fsType = 'ext4', partitioned = false } = options;
  const image = path.join(folder, `${label}-${readdirSync(folder).length}.img`);
  writeFileSync(image, '');
  truncateSync(image, megabytes * megabyte);
  const offset = partitioned ? megabyte : 0;
  if (partitioned) {
    if (fsType !== 'ext4') throw new Error('only ext4 is made at an offset');
    partition(image);
    // A megabyte at the end is for the second copy of the table.
    const size = `${(megabytes - 2) * 1024}k`;
    await command('mkfs.ext4', '-q', '-F', '-L', label, '-E', `offset=${offset}`, image, size);
  } else {
    await command(...makeFilesystem[fsType](label, image));
  }
  const probe = ['-p', '-O', String(offset), '-s', 'UUID', '-o', 'value', image];
  return { label, image, offset, uuid: (await command('blkid', ...probe)).trim() };
}

function partition(image: string): void {
  const table = 'label: gpt\nstart=2048, type=linux\n';
  const { status, stderr } = spawnSync('sfdisk', ['--quiet', image], { input: table, encoding: 'utf8' });
  if (status !== 0) throw new Error(`sfdisk: ${stderr}`);
}

/** The place of a disk's filesystem, as the programs of e2fsprogs take it. */
export function filesystemOf({ image, offset }: Disk): string {
  return offset === 0 ? image : `${image}?offset=${offset}`;
}

/**
 * What is wrong with a disk's ext4 once its journal is replayed, as the next mount does; '' when nothing is. The disk
 * itself stays as it is.
 */
export async function faultsOf(disk: Disk): Promise<string> {
  const copy = `${disk.image}.copy`;
  copyFileSync(disk.image, copy);
  try {
    const filesystem = filesystemOf({ ...disk, image: copy });
    await attempt('e2fsck', ['-y', '-E', 'journal_only', filesystem]);
    const { exitCode, stdout } = await attempt('e2fsck', ['-f', '-n', filesystem]);
    return exitCode === 0 ? '' : stdout;
  } finally {
    rmSync(copy);
  }
}
