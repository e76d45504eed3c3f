/** The root folder of the machines: a small Debian without plugback, made once and kept. */

import { symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bootstrap, kept } from '../debian.ts';

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

/** Makes the folder unless it is there. @throws Error with mmdebstrap's words */
export async function rootFolder(): Promise<string> {
  const folder = await kept('machine', [suite, packages, masked], async (half) => {
    const root = path.join(half, 'root');
    await bootstrap(suite, packages, root);
    for (const unit of masked) symlinkSync('/dev/null', path.join(root, 'etc/systemd/system', unit));
    writeFileSync(path.join(root, 'etc/fstab'), '');
  });
  return path.join(folder, 'root');
}
