/**
 * Encrypted disks, made and looked into on this side: cryptsetup encrypts and decrypts whole images by itself, also where
 * the kernel has no device-mapper.
 */

import { copyFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { command } from '../disk/command.ts';
import { type Disk, type DiskOptions, makeDisk } from './disks.ts';

export type LuksType = 'luks1' | 'luks2';

export interface EncryptedDisk extends Disk {
  type: LuksType;
  /** The key, in a file on this side. */
  keyFile: string;
}

/** Goes to the beginning; what was there moves up by half of it. */
const headerSize = '32M';
const megabytesForHeader = 32;
/** Deriving a key takes seconds on purpose; an emulated processor would take minutes. */
const quickly = ['--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000'];

/** Makes an encrypted disk with an ext4 filesystem in it. Its UUID is the container's. */
export async function makeEncryptedDisk(
  folder: string,
  { type = 'luks2', ...options }: Omit<DiskOptions, 'fsType' | 'partitioned'> & { type?: LuksType } = {},
): Promise<EncryptedDisk> {
  const { megabytes = 64 } = options;
  const disk = await makeDisk(folder, { ...options, megabytes });
  const keyFile = `${disk.image}.key`;
  writeFileSync(keyFile, `the key of ${disk.label}`, { mode: 0o400 });
  truncateSync(disk.image, (megabytes + megabytesForHeader) * 1024 * 1024);
  await command(
    ...['cryptsetup', 'reencrypt', '--batch-mode', '--encrypt', '--type', 'luks2', ...quickly],
    ...['--reduce-device-size', headerSize, '--key-file', keyFile, disk.image],
  );
  if (type === 'luks1') await command('cryptsetup', 'convert', '--batch-mode', '--type', type, disk.image);
  const probe = await command('blkid', '-p', '-s', 'UUID', '-o', 'value', disk.image);
  return { ...disk, type, keyFile, uuid: probe.trim() };
}

/** A copy of a disk without its encryption. */
export async function decryptedCopy(disk: EncryptedDisk): Promise<Disk> {
  const image = `${disk.image}.decrypted`;
  const header = `${image}.header`;
  copyFileSync(disk.image, image);
  if (disk.type === 'luks1') await command('cryptsetup', 'convert', '--batch-mode', '--type', 'luks2', image);
  // What it decrypts without a header in front must be a device.
  const device = (await command('losetup', '--find', '--show', image)).trim();
  try {
    await command(
      ...['cryptsetup', 'reencrypt', '--batch-mode', '--decrypt', '--force-offline-reencrypt'],
      ...['--header', header, '--key-file', disk.keyFile, device],
    );
  } finally {
    await command('losetup', '--detach', device);
    rmSync(header, { force: true });
  }
  return { label: disk.label, image, uuid: disk.uuid, offset: 0 };
}

/** Destroys both copies of a LUKS2 header but for what it is recognised by. */
export async function damageHeader({ image }: EncryptedDisk): Promise<void> {
  const secondCopy = 16 * 1024;
  // Behind magic, version and length are label, checksum and salt.
  for (const seek of [16, secondCopy + 16]) {
    await command(
      'dd',
      'if=/dev/urandom',
      `of=${image}`,
      'bs=1',
      `seek=${seek}`,
      'count=100',
      'conv=notrunc',
    );
  }
}
