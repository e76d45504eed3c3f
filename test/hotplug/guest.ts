/**
 * A guest under QEMU, on an emulated processor: programs are run in it through its agent, disks come and go on its USB
 * and SCSI buses, and its power can be cut.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type CommandResult, searchPath, waitFor } from '../disk/command.ts';
import { type Channel, openChannel } from './channel.ts';
import type { Image } from './image.ts';

export interface PlugOptions {
  /** USB by default. */
  bus?: 'usb' | 'scsi';
  /** The disk's little switch. */
  readOnly?: boolean;
  /** How fast the disk takes what is written to it. */
  bytesPerSecond?: number;
}

export interface PowerOnOptions {
  /** Restores the machine that was saved under this name, in place of starting it. */
  saved?: string;
  /** Plugs in what is to be there from the first moment on. */
  before?: () => Promise<void>;
}

const bootSeconds = 300;
/** For one program in the guest. */
const programSeconds = 120;
/** Milliseconds between two questions to the guest: to answer costs it time that its backup could use. */
const unhurried = 500;
/** The same while it runs a program for us. */
const hurried = 50;
/** What the agent takes at once, in bytes. */
const pieceSize = 256 * 1024;

const kernelArguments = [
  // A panic ends QEMU, and is told at once.
  'root=/dev/vda rw console=ttyS0 quiet panic=-1',
  // Faster on an emulated processor, or steadier.
  'mitigations=off nokaslr tsc=reliable random.trust_cpu=on audit=0 apparmor=0',
].join(' ');

export class Guest {
  private child: ChildProcess | null = null;
  private channels: { qemu: Channel; agent: Channel } | null = null;

  /**
   * @param image what it starts from
   * @param overlay its own root disk, in qcow2 above the image
   * @param folder for sockets and logs
   */
  constructor(
    private readonly image: Image,
    private readonly overlay: string,
    private readonly folder: string,
  ) {}

  // --- power

  /** Switches it on; resolves when programs can be run in it. */
  async powerOn(options: PowerOnOptions = {}): Promise<void> {
    this.child = this.startQemu(options.saved);
    const alive = () => this.verifyAlive();
    const qemu = await openChannel(this.file('qemu.sock'), alive);
    const agent = await openChannel(this.file('agent.sock'), alive);
    this.channels = { qemu, agent };
    await this.qemu('qmp_capabilities');
    await options.before?.();
    await this.qemu('cont');
    await this.waitForAgent();
    // In a machine that was saved the clock has stood still.
    if (options.saved !== undefined) await this.run('date', `--set=@${Date.now() / 1000}`);
  }

  /** Ends it as a power failure would: nobody is told. */
  async cutPower(): Promise<void> {
    const child = this.child;
    if (child === null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await ended;
    }
    this.channels?.qemu.close();
    this.channels?.agent.close();
    this.channels = null;
    this.child = null;
  }

  /** Saves the running machine, memory and all, into its root disk, and ends QEMU. */
  async saveAndQuit(name: string): Promise<void> {
    const complaint = await this.qemu<string>('human-monitor-command', { 'command-line': `savevm ${name}` });
    if (complaint.trim() !== '') throw new Error(`the machine cannot be saved: ${complaint.trim()}`);
    const child = this.child;
    const ended = new Promise((resolve) => child?.once('close', resolve));
    await this.qemu('quit');
    await ended;
    await this.cutPower();
  }

  // --- programs in it

  /** Runs a program in it. @returns what it printed. @throws Error with its words when it failed */
  async run(...argv: [string, ...string[]]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.attempt(...argv);
    if (exitCode !== 0) throw new Error(`${argv.join(' ')}: exit code ${exitCode}: ${stderr}${stdout}`);
    return stdout;
  }

  /** The same, with the exit code instead of an error. */
  async attempt(...argv: [string, ...string[]]): Promise<CommandResult> {
    const [program, ...rest] = argv;
    const { pid } = await this.agent<{ pid: number }>('guest-exec', {
      path: program,
      arg: rest,
      env: [`PATH=${searchPath}`, 'HOME=/root', 'LC_ALL=C.UTF-8', 'DEBIAN_FRONTEND=noninteractive'],
      'capture-output': true,
    });
    const status = await waitFor(
      `the end of ${argv.join(' ')}`,
      async () => {
        const answer = await this.agent<ExecStatus>('guest-exec-status', { pid });
        return answer.exited ? answer : null;
      },
      programSeconds,
      hurried,
    );
    return {
      exitCode: status.exitcode ?? -1,
      stdout: Buffer.from(status['out-data'] ?? '', 'base64').toString(),
      stderr: Buffer.from(status['err-data'] ?? '', 'base64').toString(),
    };
  }

  /** Writes a file in it. */
  async write(file: string, content: string | Buffer): Promise<void> {
    const handle = await this.agent<number>('guest-file-open', { path: file, mode: 'w' });
    const bytes = Buffer.from(content);
    for (let offset = 0; offset < bytes.length; offset += pieceSize) {
      const piece = bytes.subarray(offset, offset + pieceSize).toString('base64');
      await this.agent('guest-file-write', { handle, 'buf-b64': piece });
    }
    await this.agent('guest-file-close', { handle });
  }

  /** Waits for something that happens in it. */
  until<T>(what: string, ask: () => Promise<T>, seconds = 180): Promise<NonNullable<Exclude<T, false>>> {
    return waitFor(what, ask, seconds, unhurried);
  }

  /** Its clock, in milliseconds since 1970. */
  async clock(): Promise<number> {
    return (await this.agent<number>('guest-get-time')) / 1_000_000;
  }

  // --- disks

  /** Plugs in a disk image under a name that was not used before. */
  async plug(name: string, image: string, options: PlugOptions = {}): Promise<void> {
    const { bus = 'usb', readOnly = false, bytesPerSecond } = options;
    let medium: object = { driver: 'file', filename: image, 'node-name': `${name}-file` };
    if (bytesPerSecond !== undefined) {
      const group = `${name}-speed`;
      const limits = { 'bps-write': bytesPerSecond };
      await this.qemu('object-add', { 'qom-type': 'throttle-group', id: group, limits });
      medium = { driver: 'throttle', 'throttle-group': group, file: medium };
    }
    await this.qemu('blockdev-add', {
      driver: 'raw',
      'node-name': name,
      'read-only': readOnly,
      file: medium,
    });
    const device =
      bus === 'usb'
        ? { driver: 'usb-storage', bus: 'usb.0', removable: true }
        : { driver: 'scsi-hd', bus: 'scsi.0' };
    await this.qemu('device_add', { ...device, id: `${name}-device`, drive: name, serial: name });
  }

  /** Pulls a disk out; the guest learns of it when it is gone. */
  async pull(name: string): Promise<void> {
    const device = `${name}-device`;
    await this.qemu('device_del', { id: device });
    await this.connected().qemu.next(
      `${name} to be gone`,
      ({ event, data }) => event === 'DEVICE_DELETED' && data?.device === device,
      60,
    );
    // QEMU lets the image go a moment later.
    await waitFor(`${name} to be let go`, () =>
      this.qemu('blockdev-del', { 'node-name': name }).then(
        () => true,
        () => false,
      ),
    );
  }

  /** From now on the disk refuses whatever is written to it; what it holds can still be read. */
  async breakWrites(name: string): Promise<void> {
    await this.qemu('blockdev-add', {
      driver: 'blkdebug',
      'node-name': `${name}-broken`,
      image: `${name}-file`,
      'inject-error': [{ event: 'none', iotype: 'write', errno: 5, once: false }],
    });
    await this.qemu('blockdev-reopen', {
      options: [{ driver: 'raw', 'node-name': name, file: `${name}-broken` }],
    });
  }

  /** The last that it wrote to its serial console, and what QEMU said. */
  lastWords(): string {
    return [this.file('console.log'), this.file('qemu.log')]
      .map((file) => readFileSync(file, 'utf8').slice(-4000))
      .join('\n');
  }

  // --- QEMU

  private startQemu(saved: string | undefined): ChildProcess {
    const log = openSync(this.file('qemu.log'), 'a');
    // Whatever becomes of this process, QEMU goes with it.
    const argv = ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...this.qemuArguments()];
    if (saved !== undefined) argv.push('-loadvm', saved);
    const env = { ...process.env, PATH: searchPath };
    const child = spawn('setpriv', argv, { stdio: ['ignore', log, log], env });
    closeSync(log);
    return child;
  }

  private qemuArguments(): string[] {
    const socket = (name: string) => `path=${this.file(name)},server=on,wait=off`;
    const devices = [
      'virtio-blk-pci,drive=root',
      'virtio-net-pci,netdev=net',
      'virtio-rng-pci',
      'qemu-xhci,id=usb',
      'virtio-scsi-pci,id=scsi',
      'virtio-serial-pci',
      'virtserialport,chardev=agent,name=org.qemu.guest_agent.0',
    ];
    return [
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-S'],
      ...['-machine', 'pc', '-accel', 'tcg,tb-size=512', '-cpu', 'qemu64'],
      // One processor: a kernel that changes its own code while a second one runs it has been seen to fall over that.
      ...['-smp', '1', '-m', '1024'],
      ...['-kernel', this.image.kernel, '-initrd', this.image.initrd, '-append', kernelArguments],
      // Flushes count: after a power cut the root filesystem must be what a journal makes of it.
      ...['-drive', `if=none,id=root,format=qcow2,file=${this.overlay},cache=writeback`],
      ...['-netdev', 'user,id=net'],
      ...['-chardev', `socket,id=agent,${socket('agent.sock')}`],
      ...['-chardev', `socket,id=qemu,${socket('qemu.sock')}`, '-mon', 'chardev=qemu,mode=control'],
      ...['-serial', `file:${this.file('console.log')}`],
      ...devices.flatMap((device) => ['-device', device]),
    ];
  }

  /** Gives QEMU itself a command. */
  qemu<T>(name: string, parameters: object = {}): Promise<T> {
    return this.connected().qemu.request<T>(name, parameters);
  }

  private agent<T>(name: string, parameters: object = {}): Promise<T> {
    return this.connected().agent.request<T>(name, parameters);
  }

  /** It answers nobody before it has started; then a first byte that is no text clears what it did not understand. */
  private async waitForAgent(): Promise<void> {
    const { agent } = this.connected();
    await waitFor(
      'the agent in the guest',
      async () => {
        this.verifyAlive();
        agent.write(Buffer.from([0xff]));
        return agent.request('guest-ping', {}, 2).then(
          () => true,
          () => false,
        );
      },
      bootSeconds,
    );
  }

  private verifyAlive(): void {
    const ended = this.child === null || this.child.exitCode !== null || this.child.signalCode !== null;
    if (ended) throw new Error(`QEMU has ended:\n${this.lastWords()}`);
  }

  private connected(): { qemu: Channel; agent: Channel } {
    if (this.channels === null) throw new Error('the guest is switched off');
    return this.channels;
  }

  private file(name: string): string {
    return path.join(this.folder, name);
  }
}

interface ExecStatus {
  exited: boolean;
  exitcode?: number;
  'out-data'?: string;
  'err-data'?: string;
}
