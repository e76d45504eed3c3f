/**
 * A machine with systemd and udev for a test, made of namespaces at native speed; its disks are images behind loop
 * devices of the kernel that all share. Needs root; what it needs besides, `npm run test:container` installs.
 */

import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootstrap, kept } from '../debian.ts';
import { isInstalled, waitFor } from '../disk/command.ts';

const suite = 'trixie';
const packages = [
  ...['systemd', 'systemd-sysv', 'udev', 'dbus', 'kmod', 'procps'],
  // What plugback depends on.
  ...['nodejs', 'rsync', 'e2fsprogs', 'util-linux', 'mount'],
];
/** They would work on the kernel that all share, or wait for what is not there. */
const masked = [
  ...['systemd-udev-trigger', 'systemd-sysctl', 'systemd-modules-load', 'systemd-tmpfiles-setup-dev'],
  ...['systemd-remount-fs', 'systemd-vconsole-setup', 'console-getty', 'systemd-networkd-wait-online'],
].map((name) => `${name}.service`);

export interface TestDisk {
  uuid: string;
  image: string;
  /** `loop80`. */
  loop: string;
}

export interface Machine {
  /** Runs a program in it. @returns what it printed. @throws Error with its words when it failed */
  inside(...argv: string[]): string;
  /** The same, with the exit code instead of an error. */
  attempt(...argv: string[]): { status: number | null; stdout: string; stderr: string };
  /** Writes a file in it. */
  write(file: string, text: string): void;
  /** Copies a file of the outside into it. */
  copyIn(source: string, file: string): void;
  /** A new disk with an ext4 filesystem, not plugged in yet. */
  makeDisk(label: string): TestDisk;
  plug(disk: TestDisk): void;
  isPlugged(disk: TestDisk): boolean;
  /** The kernel says that the disk is gone; writes to it still succeed, as far as the kernel is concerned. */
  announceRemoval(disk: TestDisk): void;
  /** Takes the disk away: first the kernel says so, then it is gone. */
  pull(disk: TestDisk): void;
  end(): Promise<void>;
}

/** Runs a program to its end. @throws Error with its words when it failed */
export function run(program: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
}

/** The root folder of the machine without plugback. */
async function makeRoot(): Promise<string> {
  const folder = await kept('plugback-container', [suite, packages, masked], async (half) => {
    const root = path.join(half, 'root');
    await bootstrap(suite, packages, root);
    for (const unit of masked) symlinkSync('/dev/null', path.join(root, 'etc/systemd/system', unit));
    writeFileSync(path.join(root, 'etc/fstab'), '');
  });
  return path.join(folder, 'root');
}

/** Starts a machine with room for so many disks; resolves when its systemd has come up. */
export async function startMachine(disks: number): Promise<Machine> {
  const root = await makeRoot();
  const folder = mkdtempSync(path.join(tmpdir(), 'plugback-machine-'));
  const loops = freeLoops(disks);
  const cgroup = path.join(cgroupRoot(), `plugback-test-${process.pid}`);
  const boot = fileURLToPath(new URL('boot.sh', import.meta.url));
  const child = spawn('bash', [boot, root, cgroup, loops.join(' ')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const first = () => readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
  const attempt = (...argv: string[]) =>
    spawnSync('nsenter', ['-t', first(), '-a', '--', ...argv], { encoding: 'utf8' });
  const inside = (...argv: string[]) => {
    const { status, stdout, stderr } = attempt(...argv);
    if (status !== 0) throw new Error(`${argv.join(' ')}: exit code ${status}: ${stderr}${stdout}`);
    return stdout;
  };
  const write = (file: string, content: string | Buffer) => {
    const argv = ['-t', first(), '-a', '--', 'tee', file];
    // tee repeats on standard output what it writes.
    const options = { input: content, stdio: ['pipe', 'ignore', 'ignore'] as ['pipe', 'ignore', 'ignore'] };
    if (spawnSync('nsenter', argv, options).status !== 0) throw new Error(`cannot write ${file}`);
  };
  const announceRemoval = ({ loop }: TestDisk) => writeFileSync(`/sys/block/${loop}/uevent`, 'remove');
  const spare = [...loops];
  const plugged = new Set<string>();
  const machine: Machine = {
    inside,
    attempt,
    write,
    copyIn: (source, file) => write(file, readFileSync(source)),
    makeDisk: (label) => {
      const image = path.join(folder, `${label}.img`);
      writeFileSync(image, '');
      truncateSync(image, 64 * 1024 * 1024);
      run('mke2fs', '-q', '-F', '-t', 'ext4', '-L', label, image);
      const uuid = run('blkid', '-p', '-s', 'UUID', '-o', 'value', image).trim();
      return { uuid, image, loop: spare.shift() ?? '' };
    },
    plug: ({ loop, image }) => {
      run('losetup', `/dev/${loop}`, image);
      plugged.add(loop);
    },
    isPlugged: ({ loop }) => plugged.has(loop),
    announceRemoval,
    pull: (disk) => {
      announceRemoval(disk);
      run('losetup', '-d', `/dev/${disk.loop}`);
      plugged.delete(disk.loop);
    },
    end: async () => {
      if (first() !== '') process.kill(Number(first()), 'SIGKILL');
      await ended;
      for (const loop of plugged) spawnSync('losetup', ['-d', `/dev/${loop}`]);
      removeGroups(cgroup);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await waitFor(
      'systemd to come up',
      () => /running|degraded/.test(attempt('systemctl', 'is-system-running').stdout ?? ''),
      60,
    );
    // systemd heeds udev only if that was there when it began.
    inside('systemctl', 'daemon-reexec');
    await waitFor('udev', () => attempt('udevadm', 'control', '--ping').status === 0, 20);
  } catch (error) {
    await machine.end();
    throw error;
  }
  return machine;
}

/** Names of loop devices that nobody uses, and whose nodes are there. */
function freeLoops(count: number): string[] {
  const found: string[] = [];
  for (let number = 80; found.length < count; number += 1) {
    if (existsSync(`/sys/block/loop${number}/loop/backing_file`)) continue;
    const node = `/dev/loop${number}`;
    if (!existsSync(node)) run('mknod', node, 'b', '7', String(number));
    found.push(`loop${number}`);
  }
  return found;
}

function cgroupRoot(): string {
  const beside = '/sys/fs/cgroup/unified';
  return existsSync(beside) ? beside : '/sys/fs/cgroup';
}

function removeGroups(group: string): void {
  if (!existsSync(group)) return;
  for (const entry of readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroups(path.join(group, entry.name));
  }
  try {
    rmdirSync(group);
  } catch {
    // A process in it is still on its way out; an empty group costs nothing.
  }
}

/** Can this machine be host to one? */
export function canHost(): boolean {
  const programs = ['mmdebstrap', 'unshare', 'nsenter', 'losetup', 'mke2fs'];
  return process.getuid?.() === 0 && existsSync('/dev/loop-control') && programs.every(isInstalled);
}
