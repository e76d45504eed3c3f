/** The root folder of the machines: a small Debian without plugback, made once and kept. */

import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { command } from '../disk/command.ts';

const suite = 'trixie';
const packages = [
  ...['systemd', 'systemd-sysv', 'udev', 'dbus', 'kmod', 'procps'],
  // What plugback depends on.
  ...['nodejs', 'rsync', 'e2fsprogs', 'util-linux', 'mount'],
];
/** They would work on the kernel that all share, or wait for what is not there. */
const masked = [
  ...['systemd-sysctl', 'systemd-modules-load', 'systemd-tmpfiles-setup-dev', 'systemd-remount-fs'],
  ...['systemd-vconsole-setup', 'console-getty', 'systemd-networkd-wait-online'],
].map((name) => `${name}.service`);

/** Where nobody but root can lay anything into its way. */
const cache = '/var/cache/plugback-test';

/** Makes the folder unless it is there, under a name that says what is in it. @throws Error with mmdebstrap's words */
export async function rootFolder(): Promise<string> {
  const content = JSON.stringify([suite, packages, masked]);
  const key = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const root = path.join(cache, `container-${key}`);
  if (existsSync(root)) return root;
  mkdirSync(cache, { recursive: true });
  const half = mkdtempSync(path.join(cache, 'half-'));
  try {
    await debootstrap(half);
    for (const unit of masked) symlinkSync('/dev/null', path.join(half, 'etc/systemd/system', unit));
    writeFileSync(path.join(half, 'etc/fstab'), '');
    renameSync(half, root);
  } catch (error) {
    rmSync(half, { recursive: true, force: true });
    // Another test has made it meanwhile.
    if (!existsSync(root)) throw error;
  }
  return root;
}

async function debootstrap(folder: string): Promise<void> {
  const options = ['--mode=root', '--variant=minbase', '--quiet', `--include=${packages.join(',')}`];
  const lean = ['man', 'locale', 'doc'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);
  const source = `deb ${mirror()} ${suite} main`;
  await command(
    'mmdebstrap',
    ...options,
    ...lean,
    '--aptopt=Apt::Install-Recommends "false"',
    suite,
    folder,
    source,
  );
}

/** Where this machine has its own Debian packages from. */
function mirror(): string {
  const folder = '/etc/apt/sources.list.d';
  const lists = existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : [];
  const text = ['/etc/apt/sources.list', ...lists]
    .filter((file) => /\.(list|sources)$/.test(file) && existsSync(file))
    .map((file) => readFileSync(file, 'utf8'));
  return (
    /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(\S+\/debian)\/?(?=\s)/m.exec(text.join('\n'))?.[1] ??
    'http://deb.debian.org/debian'
  );
}
