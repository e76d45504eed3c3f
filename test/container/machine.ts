/**
 * A machine with systemd and udev for a test, made of namespaces at native speed; its disks are images behind loop
 * devices of the kernel that all share.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from '../disk/command.ts';

export interface TestDisk {
  /** Of its filesystem. */
  uuid: string;
  image: string;
  /** `loop80`. */
  loop: string;
  /** What holds the filesystem: the loop device itself, or its first partition. */
  kernelName: string;
}

export interface CommandEnd {
  status: number | null;
  stdout: string;
  stderr: string;
}

const bootScript = fileURLToPath(new URL('boot.sh', import.meta.url));
const mebibyte = 1024 * 1024;
const diskBytes = 64 * mebibyte;
/** Where the partition of a partitioned disk begins, in bytes. */
export const partitionStart = mebibyte;

/** Runs a program to its end. @throws Error with its words when it failed */
export function run(program: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
}

/** Disks can be made and plugged in from the start; everything else takes a machine that was booted. */
export class Machine {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'plugback-machine-'));
  /** What differs from the common root folder; files are laid here until it boots. */
  private readonly layer = path.join(this.folder, 'layer');
  private readonly cgroup = path.join(cgroupRoot(), path.basename(this.folder));
  private readonly loops: string[];
  private readonly unused: string[];
  private readonly plugged = new Map<string, TestDisk>();
  private child: ChildProcess | null = null;

  /** @param disks how many disks it may have */
  constructor(disks: number) {
    this.loops = Array.from({ length: disks }, claimLoop);
    this.unused = [...this.loops];
    mkdirSync(this.layer);
    this.write('/etc/udev/rules.d/00-plugback-test.rules', partitionNodes(this.loops));
    this.write('/etc/systemd/system/systemd-udev-trigger.service', coldplug(this.loops));
  }

  /** Starts it; resolves when its systemd has come up. */
  async boot(root: string): Promise<void> {
    const args = [bootScript, root, this.layer, this.cgroup, this.loops.join(' ')];
    // Should the test be killed, the machine goes with it.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'bash', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child = child;
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      said += piece;
    });
    await waitFor(
      'systemd to come up',
      () => {
        if (child.exitCode !== null) throw new Error(`the machine did not start: ${said}`);
        return /running|degraded/.test(this.attempt('systemctl', 'is-system-running').stdout);
      },
      60,
    );
  }

  /** Runs a program in it, whatever its exit code. */
  attempt(...argv: string[]): CommandEnd {
    return spawnSync('nsenter', ['-t', this.init(), '-a', '--', ...argv], { encoding: 'utf8' });
  }

  /** Runs a program in it. @returns what it printed. @throws Error with its words when it failed */
  inside(...argv: string[]): string {
    const { status, stdout, stderr } = this.attempt(...argv);
    if (status !== 0) throw new Error(`${argv.join(' ')}: exit code ${status}: ${stderr}${stdout}`);
    return stdout;
  }

  /** What stands before a command line so that it runs outside, but on the machine's network. */
  onItsNetwork(): string[] {
    return ['nsenter', '-t', this.init(), '-n', '--'];
  }

  /** Writes a file in it, also before it boots. */
  write(file: string, content: string | Buffer): void {
    if (this.child === null) {
      const target = path.join(this.layer, file);
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, content);
      return;
    }
    const store = 'mkdir -p "$(dirname "$1")" && cat > "$1"';
    const argv = ['-t', this.init(), '-a', '--', 'sh', '-c', store, 'sh', file];
    const { status, stderr } = spawnSync('nsenter', argv, { input: content, encoding: 'utf8' });
    if (status !== 0) throw new Error(`cannot write ${file}: ${stderr}`);
  }

  /** Copies a file of the outside into it. */
  copyIn(source: string, file: string): void {
    this.write(file, readFileSync(source));
  }

  // --- disks

  /** A new disk with an ext4 filesystem, not plugged in yet. */
  makeDisk(label: string, { partitioned = false } = {}): TestDisk {
    const loop = this.unused.shift();
    if (loop === undefined) throw new Error('the machine was made for fewer disks');
    const image = path.join(this.folder, `${label}.img`);
    writeFileSync(image, '');
    truncateSync(image, diskBytes);
    const start = partitioned ? partitionStart : 0;
    const kilobytes = (diskBytes - 2 * start) / 1024;
    if (partitioned) partition(image, kilobytes);
    run('mke2fs', '-q', '-F', '-t', 'ext4', '-L', label, '-E', `offset=${start}`, image, `${kilobytes}k`);
    const uuid = run('blkid', '-p', '-O', `${start}`, '-s', 'UUID', '-o', 'value', image).trim();
    return { uuid, image, loop, kernelName: partitioned ? `${loop}p1` : loop };
  }

  plug(disk: TestDisk): void {
    run('losetup', '--partscan', `/dev/${disk.loop}`, disk.image);
    // A kernel may know no partition tables at all; this reads them itself.
    if (disk.kernelName !== disk.loop) run('partx', '--update', `/dev/${disk.loop}`);
    this.plugged.set(disk.loop, disk);
  }

  /** The kernel says that the disk is gone; writes to it still succeed, as far as the kernel is concerned. */
  announceRemoval({ kernelName }: TestDisk): void {
    writeFileSync(`/sys/class/block/${kernelName}/uevent`, 'remove');
  }

  /** Takes the disk away: first the kernel says so, then it is gone. */
  async pull(disk: TestDisk): Promise<void> {
    this.announceRemoval(disk);
    run('losetup', '-d', `/dev/${disk.loop}`);
    this.plugged.delete(disk.loop);
    // Whoever looks at it at this moment, udev for one, keeps the kernel from letting go.
    await waitFor('the disk to go', () => !isAttached(disk.loop));
  }

  async pullAll(): Promise<void> {
    for (const disk of [...this.plugged.values()]) await this.pull(disk);
  }

  /** Ends it at once and leaves nothing. */
  async end(): Promise<void> {
    const { child } = this;
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('close', resolve));
      process.kill(Number(this.init()), 'SIGKILL');
      await ended;
    }
    for (const loop of this.plugged.keys()) spawnSync('losetup', ['-d', `/dev/${loop}`]);
    for (const loop of this.loops) unlinkSync(claimOf(loop));
    removeGroups(this.cgroup);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Its first process, as it is numbered outside. */
  private init(): string {
    const pid = this.child?.pid;
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  }
}

/** A disk of one partition, with as much room behind it as before it: for the second copy of the table. */
function partition(image: string, kilobytes: number): void {
  const table = `label: gpt\nstart=${partitionStart / 512}, size=${kilobytes * 2}, type=linux\n`;
  const { status, stderr } = spawnSync('sfdisk', ['--quiet', image], { input: table, encoding: 'utf8' });
  if (status !== 0) throw new Error(`sfdisk: ${stderr}`);
}

/** Elsewhere the kernel makes the nodes of partitions; here they are made when it announces one, for its own disks alone. */
function partitionNodes(loops: readonly string[]): string {
  const own = `SUBSYSTEM=="block", KERNEL=="${loops.map((loop) => `${loop}p*`).join('|')}"`;
  return `${own}, ACTION=="add", PROGRAM="/usr/bin/mknod -m 660 /dev/%k b %M %m"
${own}, ACTION=="remove", RUN+="/usr/bin/rm -f /dev/%k"
`;
}

/** In place of the unit by which udev asks, at boot, for every device that is there: here for the machine's own disks only. */
function coldplug(loops: readonly string[]): string {
  const own = loops.flatMap((loop) => [`--sysname-match=${loop}`, `--sysname-match=${loop}p*`]).join(' ');
  return `[Unit]
DefaultDependencies=no
Wants=systemd-udevd.service
After=systemd-udevd-kernel.socket systemd-udevd-control.socket
Before=sysinit.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=udevadm trigger --action=add --subsystem-match=block ${own}
`;
}

/** Takes a loop device that nobody uses and no other test has taken, and makes its node where that is missing. */
function claimLoop(): string {
  for (let number = 80; ; number += 1) {
    const loop = `loop${number}`;
    if (isAttached(loop) || !claim(loop)) continue;
    if (!existsSync(`/dev/${loop}`)) run('mknod', '-m', '660', `/dev/${loop}`, 'b', '7', String(number));
    return loop;
  }
}

function isAttached(loop: string): boolean {
  return existsSync(`/sys/block/${loop}/loop/backing_file`);
}

/** A link that leads nowhere: made in one go, with its owner's process in it. */
function claim(loop: string): boolean {
  const link = claimOf(loop);
  try {
    symlinkSync(String(process.pid), link);
    return true;
  } catch {
    if (existsSync(`/proc/${readlinkSync(link)}`)) return false;
    unlinkSync(link);
    return claim(loop);
  }
}

function claimOf(loop: string): string {
  return path.join(tmpdir(), `plugback-test-${loop}`);
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
