/** The guest's disk: a Debian 13 with its own kernel, and with everything that plugback and the scenarios need. */

import { readFileSync } from 'node:fs';
import { copyFile, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bootstrap, kept } from '../debian.ts';
import { command } from '../disk/command.ts';

export interface Image {
  kernel: string;
  initrd: string;
  /** The root filesystem, raw; nobody writes to it. */
  root: string;
}

const suite = 'trixie';
const packages = [
  ...['systemd', 'systemd-sysv', 'udev', 'dbus', 'kmod', 'procps', 'qemu-guest-agent'],
  ...['linux-image-amd64', 'initramfs-tools', 'zstd'],
  // What plugback depends on.
  ...['nodejs', 'rsync', 'e2fsprogs', 'util-linux', 'mount'],
  // What it makes use of.
  ...['cryptsetup-bin', 'dosfstools', 'exfatprogs', 'xfsprogs', 'btrfs-progs', 'ntfs-3g'],
];

/** Parts of the kernel that no guest of ours has the hardware for; they are half of its size. */
const withoutDrivers = [
  ...['gpu', 'media', 'net/ethernet', 'net/wireless', 'infiniband', 'staging', 'iio'].map(
    (name) => `drivers/${name}`,
  ),
  'sound',
];

/** Start with the machine, take time, and have nothing to do in it. */
const masked = [
  ...['apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer', 'e2scrub_all.timer'],
  ...['e2scrub_reap.service', 'fstrim.timer', 'getty@tty1.service', 'serial-getty@ttyS0.service'],
  ...['systemd-pstore.service', 'ldconfig.service', 'systemd-hwdb-update.service'],
  ...['systemd-journal-catalog-update.service', 'systemd-update-done.service'],
];

const files = {
  '/etc/hostname': 'office-box\n',
  '/etc/hosts': '127.0.0.1 localhost\n127.0.1.1 office-box\n',
  '/etc/fstab': '/dev/vda / ext4 rw,noatime 0 1\n',
  // QEMU's own network; the machine outside is 10.0.2.2 in it.
  '/etc/systemd/network/80-qemu.network':
    '[Match]\nDriver=virtio_net\n\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\nLinkLocalAddressing=no\n',
  // It would tell the journal of every question that it is asked.
  '/etc/systemd/system/qemu-guest-agent.service.d/quiet.conf':
    '[Service]\nStandardOutput=null\nStandardError=null\n',
  // An emulated processor takes its time.
  '/etc/systemd/system.conf.d/patience.conf':
    '[Manager]\nDefaultTimeoutStartSec=300\nDefaultDeviceTimeoutSec=300\n',
};

/** In the first steps of the machine: what the root disk needs, and nothing else. */
const initramfs = {
  'initramfs-tools/conf.d/guest': 'MODULES=list\n',
  'initramfs-tools/modules': 'virtio_pci\nvirtio_blk\next4\n',
};

const gigabytes = 3;

/** Makes the image, or finds the one that was made earlier. */
export async function makeImage(): Promise<Image> {
  const recipe = readFileSync(new URL(import.meta.url), 'utf8');
  const folder = await kept('hotplug-image', recipe, async (half) => {
    console.log('making the disk image of the guest (once, about a minute) …');
    const root = path.join(half, 'tree');
    await install(root, path.join(half, 'uploads'));
    await configure(root);
    await copyFile(path.join(root, 'vmlinuz'), path.join(half, 'vmlinuz'));
    await copyFile(path.join(root, 'initrd.img'), path.join(half, 'initrd.img'));
    await makeFilesystem(root, path.join(half, 'root.img'));
    await rm(root, { recursive: true });
  });
  return {
    kernel: path.join(folder, 'vmlinuz'),
    initrd: path.join(folder, 'initrd.img'),
    root: path.join(folder, 'root.img'),
  };
}

async function install(root: string, uploads: string): Promise<void> {
  await writeAll(uploads, initramfs);
  const kernel = '/usr/lib/modules/*/kernel';
  await bootstrap(suite, packages, root, [
    ...withoutDrivers.map((folder) => `--dpkgopt=path-exclude=${kernel}/${folder}/*`),
    // Before the kernel comes, which has its initramfs made at once.
    `--essential-hook=copy-in ${path.join(uploads, 'initramfs-tools')} /etc`,
  ]);
}

async function configure(root: string): Promise<void> {
  await writeAll(root, files);
  const units = path.join(root, 'etc/systemd/system');
  for (const unit of masked) await symlink('/dev/null', path.join(units, unit));
  await command('chroot', root, 'systemctl', 'enable', '--quiet', 'systemd-networkd.service');
}

async function makeFilesystem(root: string, image: string): Promise<void> {
  await writeFile(image, '');
  await truncate(image, gigabytes * 1024 ** 3);
  // Formatted to the end: else the guest's kernel goes on with it for minutes.
  const eager = 'lazy_itable_init=0,lazy_journal_init=0';
  await command('mke2fs', '-q', '-t', 'ext4', '-m', '0', '-E', eager, '-d', root, image);
}

async function writeAll(folder: string, contents: { readonly [name: string]: string }): Promise<void> {
  for (const [name, text] of Object.entries(contents)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
