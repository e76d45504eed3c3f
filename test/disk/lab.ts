/**
 * A laboratory for a test: disks that are images behind loop devices, a source, a configuration, and the real program as
 * a process. Whatever a test does, everything is taken down afterwards.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, type TestContext, test } from 'vitest';
import type { CaughtMail } from '../../src/mail/catcher.ts';
import type { RunDocument, StatusDocument } from '../../src/status/types.ts';
import { limitsOf } from '../../src/system/filesystems.ts';
import { driversOf } from '../../src/system/mount.ts';
import { type Mount, parseMountinfo } from '../../src/system/mountinfo.ts';
import {
  type ServerHabits,
  type SmtpCatcher,
  type SmtpCatchers,
  smtpCatchers,
} from '../mail/smtp-catcher.ts';
import { attempt, command, isInstalled, searchPath, waitFor } from './command.ts';

export type FsType = 'ext4' | 'xfs' | 'btrfs' | 'vfat' | 'exfat' | 'ntfs';

export interface Disk {
  fsType: FsType;
  image: string;
  device: string;
  /** `loop3`. */
  kernelName: string;
  uuid: string;
}

export interface DiskOptions {
  fsType?: FsType;
  /** 64 by default, or the least that the filesystem takes. */
  megabytes?: number;
  label?: string;
  /** More arguments for mkfs. */
  mkfs?: readonly string[];
  /** The folder of the image; the lab's own by default. */
  directory?: string;
  /** The disk will do although this machine cannot mount it. */
  withoutDriver?: boolean;
}

/** Keys that differ from the lab's own; null leaves one out. */
export interface Settings {
  [section: string]: { [key: string]: string | number | null };
}

export interface JobOptions {
  command?: string;
  /** The user and group that it runs as; this process's by default. */
  uid?: number;
  gid?: number;
}

/** What is left of a run that has ended. */
export interface JobEnd {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  seconds: number;
  /** What the log gained since the job was started. */
  log: string;
  status: StatusDocument | null;
  /** The lines that the history gained. */
  history: RunDocument[];
  /** The mails that arrived. */
  mails: CaughtMail[];
}

export interface Job {
  readonly pid: number;
  /** Waits for something that happens while it runs. */
  until<T>(what: string, ask: () => T | Promise<T>): Promise<NonNullable<Exclude<T, false>>>;
  /** What it has printed so far. */
  output(): string;
  kill(signal: NodeJS.Signals): void;
  ended: Promise<JobEnd>;
}

const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const prefix = 'plugback-lab-';

/** The least that mkfs and the kernel take. */
const leastMegabytes: { readonly [F in FsType]: number } = {
  ext4: 16,
  xfs: 320,
  btrfs: 128,
  vfat: 16,
  exfat: 16,
  ntfs: 16,
};

const makeFilesystem: { readonly [F in FsType]: (label: string) => readonly [string, ...string[]] } = {
  // Otherwise the kernel goes on formatting in the background while it is mounted.
  ext4: (label) => ['mkfs.ext4', '-q', '-L', label, '-E', 'lazy_itable_init=0,lazy_journal_init=0'],
  xfs: (label) => ['mkfs.xfs', '-q', '-L', label],
  btrfs: (label) => ['mkfs.btrfs', '-q', '-L', label],
  vfat: (label) => ['mkfs.vfat', '-n', label],
  exfat: (label) => ['mkfs.exfat', '-L', label],
  ntfs: (label) => ['mkntfs', '--quiet', '--fast', '--force', '--label', label],
};

const skipReason = 'needs root and loop devices';

let answered: boolean | null = null;

/** Can this machine, and this user, attach an image as a disk? */
export function canUseLoopDevices(): boolean {
  answered ??= askForLoopDevice();
  return answered;
}

function askForLoopDevice(): boolean {
  if (process.geteuid?.() !== 0 || !isInstalled('losetup')) return false;
  try {
    execFileSync('losetup', ['--find'], { env: { PATH: searchPath }, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Everything that a test builds up, taken down in reverse order. */
class Cleaner {
  private readonly steps: (() => unknown)[] = [];

  add(step: () => unknown): void {
    this.steps.push(step);
  }

  async clean(): Promise<void> {
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      try {
        await step();
      } catch (error) {
        // What was set up before must go all the same.
        console.error(error);
      }
    }
  }
}

/** Defines a test that gets a lab of its own. */
export interface DiskTests {
  (name: string, body: (lab: Lab) => Promise<void>, timeoutMs?: number): void;
  /** The same test for each value; `%s` in the name is the value. */
  each<T>(values: readonly T[]): (name: string, body: (lab: Lab, value: T) => Promise<void>) => void;
}

/**
 * The test function of a file: its tests are skipped where loop devices cannot be had. A mail server runs, as a process,
 * for all of them.
 */
export function diskTests(): DiskTests {
  let servers: SmtpCatchers | null = null;
  let server: SmtpCatcher | null = null;
  beforeAll(async () => {
    if (!canUseLoopDevices()) return;
    removeLeftovers();
    servers = await smtpCatchers();
    server = await servers.start();
  });
  afterAll(() => servers?.endAll());
  const define = (name: string, body: (lab: Lab) => Promise<void>, timeoutMs?: number): void => {
    test(
      name,
      async (context) => {
        if (!canUseLoopDevices()) context.skip(skipReason);
        if (servers === null || server === null) throw new Error('the mail server did not start');
        const cleaner = new Cleaner();
        // Also when the test runs out of time.
        context.onTestFinished(() => cleaner.clean());
        await body(new Lab(servers, server, cleaner, context));
      },
      timeoutMs,
    );
  };
  return Object.assign(define, {
    each:
      <T>(values: readonly T[]) =>
      (name: string, body: (lab: Lab, value: T) => Promise<void>): void => {
        for (const value of values) {
          define(name.replace('%s', [value].flat().join(', ')), (lab) => body(lab, value));
        }
      },
  });
}

export class Lab {
  /** Everything lies below it. */
  readonly root: string;
  readonly source: string;
  /** `backup-destination`. */
  readonly mountPoint: string;
  private readonly settings: Settings[] = [];
  private readonly jobs = new Set<ChildProcess>();

  constructor(
    private readonly servers: SmtpCatchers,
    private mailServer: SmtpCatcher,
    private readonly cleaner: Cleaner,
    private readonly context: TestContext,
  ) {
    this.root = mkdtempSync(path.join(tmpdir(), `${prefix}${process.pid}-`));
    chmodSync(this.root, 0o755);
    this.source = this.path('source');
    this.mountPoint = this.path('disk');
    mkdirSync(this.source);
    cleaner.add(() => takeDown(this.root));
    cleaner.add(async () => {
      for (const job of this.jobs) job.kill('SIGKILL');
      // The copier of a job that was killed goes by itself, or stands still because a test held it.
      await waitFor('the end of the copier', () => {
        for (const pid of copierPids(this.mountPoint)) kill(pid, 'SIGKILL');
        return copierPids(this.mountPoint).length === 0;
      });
    });
  }

  path(...names: string[]): string {
    return path.join(this.root, ...names);
  }

  /** Ends the test as skipped. */
  skip(reason: string): never {
    return this.context.skip(reason);
  }

  /** To be undone at the end of the test, before everything that was set up earlier. */
  undo(step: () => unknown): void {
    this.cleaner.add(step);
  }

  // --- disks

  /** Makes an image with a filesystem and attaches it. */
  async disk(options: DiskOptions = {}): Promise<Disk> {
    const { fsType = 'ext4', label = 'PLUGBACK', mkfs = [], directory = this.root } = options;
    const [make, ...args] = makeFilesystem[fsType](label);
    if (!isInstalled(make)) this.skip(`needs ${make}`);
    const image = path.join(directory, `${readdirSync(directory).length}-${fsType}.img`);
    writeFileSync(image, '');
    truncateSync(image, Math.max(options.megabytes ?? 64, leastMegabytes[fsType]) * 1024 * 1024);
    await command(make, ...args, ...mkfs, image);
    const disk = await this.attach(image, fsType);
    if (limitsOf(fsType) !== null && options.withoutDriver !== true) await this.needsDriver(disk);
    return disk;
  }

  /** Ends the test as skipped where neither the kernel nor a program can mount such a filesystem. */
  private async needsDriver(disk: Disk): Promise<void> {
    if (!(await this.hasDriver(disk))) this.skip(`needs a driver for ${disk.fsType}`);
  }

  /** Can the kernel, or a program, mount such a filesystem? */
  hasDriver(disk: Disk): Promise<boolean> {
    return this.viewed(disk, () => true).catch((error: Error) => {
      if (/unknown filesystem type/.test(error.message)) return false;
      throw error;
    });
  }

  /** Attaches an image that has a filesystem. */
  async attach(image: string, fsType: FsType = 'ext4', options: readonly string[] = []): Promise<Disk> {
    const device = (await command('losetup', '--find', '--show', ...options, image)).trim();
    this.cleaner.add(() => detach(device, this.root));
    // losetup returns before the kernel shows the new size to everybody.
    const uuid = await waitFor(`a filesystem on ${device}`, async () => {
      const { stdout } = await attempt('blkid', ['-p', '-o', 'value', '-s', 'UUID', device]);
      return stdout.trim() || null;
    });
    return { fsType, image, device, kernelName: path.basename(device), uuid };
  }

  /** Pulls a disk out that is not mounted. */
  async detach(disk: Disk): Promise<void> {
    await command('losetup', '--detach', disk.device);
  }

  /** Unmounts what somebody left mounted. */
  async unmount(folder: string): Promise<void> {
    await command('umount', folder);
  }

  /** Pulls a disk out as it is, whatever is mounted, and plugs it in again: what it had not got by then is lost. */
  async pull(disk: Disk): Promise<void> {
    for (const pid of copierPids(this.mountPoint)) kill(pid, 'SIGKILL');
    await waitFor('the end of the copier', () => copierPids(this.mountPoint).length === 0);
    await command('xfs_io', '-x', '-c', 'shutdown', this.mountPoint);
    await command('umount', this.mountPoint);
    await command('blockdev', '--flushbufs', disk.device);
  }

  /** Mounts a disk somewhere for as long as the body runs. */
  async mounted<T>(disk: Disk, body: (folder: string) => T | Promise<T>, options = 'rw'): Promise<T> {
    const folder = this.path(`view-${disk.kernelName}`);
    mkdirSync(folder, { recursive: true });
    await mountDisk(disk, options, folder);
    try {
      return await body(folder);
    } finally {
      await command('umount', folder);
    }
  }

  /** Looks at what a disk holds. */
  viewed<T>(disk: Disk, body: (folder: string) => T | Promise<T>): Promise<T> {
    return this.mounted(disk, body, 'ro');
  }

  /** Mounts something at a folder until the end of the test. */
  async mount(folder: string, ...args: string[]): Promise<void> {
    mkdirSync(folder, { recursive: true });
    await command('mount', ...args, folder);
    this.cleaner.add(() => attempt('umount', ['--lazy', folder]));
  }

  // --- the configuration

  get configFile(): string {
    return this.path('config.ini');
  }

  /** Writes config.ini for these disks; settings add up over the calls. */
  configure(disks: readonly (Disk | string)[], settings: Settings = {}): void {
    this.settings.push(settings);
    const uuids = disks.map((disk) => (typeof disk === 'string' ? disk : disk.uuid));
    const base: Settings = {
      BACKUP: {
        'filesystem-ids-and-notification-mail-addresses': uuids
          .map((uuid) => `${uuid}, owner@example.com`)
          .join(', '),
        'backup-source': `${this.source}/`,
        'backup-destination': this.mountPoint,
        'log-file-path': this.path('log/plugback.log'),
        'rsync-log-file-path': this.path('log/rsync.log'),
        'free-space-threshold-gb': 0,
      },
      MAIL: {
        'to-mail-addresses-sysop': 'sysop@example.com',
        'from-mail-address': 'plugback@example.com',
        cc: 'boss@example.com',
        server: this.mailServer.host,
        port: this.mailServer.port,
        security: 'none',
      },
      GENERAL: { 'state-directory': this.path('state'), 'runtime-directory': this.path('run') },
    };
    const merged: Settings = {};
    for (const layer of [base, ...this.settings]) {
      for (const [section, keys] of Object.entries(layer)) merged[section] = { ...merged[section], ...keys };
    }
    const lines = Object.entries(merged).flatMap(([section, keys]) => [
      `[${section}]`,
      ...Object.entries(keys).flatMap(([key, value]) => (value === null ? [] : [`${key} = ${value}`])),
      '',
    ]);
    writeFileSync(this.configFile, lines.join('\n'));
  }

  /** A mail server of its own for this test, which `configure` then writes into the configuration. */
  async ownMailServer(habits: Omit<ServerHabits, 'directory' | 'port'> = {}): Promise<SmtpCatcher> {
    this.mailServer = await this.servers.start(habits);
    this.cleaner.add(() => this.mailServer.goDown());
    return this.mailServer;
  }

  // --- the job

  /** Runs the program to its end. */
  async run(args: readonly string[] = [], options: JobOptions = {}): Promise<JobEnd> {
    return (await this.start(args, options)).ended;
  }

  /** Starts `node dist/cli.js run …`. */
  async start(args: readonly string[] = [], options: JobOptions = {}): Promise<Job> {
    if (!existsSync(program)) throw new Error(`${program} is missing: npm run build`);
    const mailsBefore = (await this.mailServer.mails()).length;
    const logBefore = this.read('log/plugback.log').length;
    const historyBefore = this.history().length;
    const startedAt = performance.now();
    const { command: name = 'run', uid, gid } = options;
    const child = spawn(process.execPath, [program, name, ...args, '--config', this.configFile], {
      cwd: this.root,
      // Nothing of this machine's own settings.
      env: { PATH: searchPath, LANG: 'C.UTF-8', HOME: this.root },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    });
    this.jobs.add(child);
    const printed = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      printed.stdout += piece;
    });
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      printed.stderr += piece;
    });
    const ended = new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', () => resolve());
    }).then(async (): Promise<JobEnd> => {
      this.jobs.delete(child);
      return {
        exitCode: child.exitCode,
        signal: child.signalCode,
        ...printed,
        seconds: (performance.now() - startedAt) / 1000,
        log: this.read('log/plugback.log').slice(logBefore),
        status: this.status(),
        history: this.history().slice(historyBefore),
        mails: (await this.mailServer.mails()).slice(mailsBefore),
      };
    });
    return {
      pid: child.pid ?? 0,
      until: (what, ask) => {
        const askWhileItRuns = async () => {
          const answer = await ask();
          if (answer === null || answer === undefined || answer === false) {
            if (child.exitCode !== null) throw new Error('the run is over');
          }
          return answer;
        };
        return waitFor(what, askWhileItRuns).catch((error: Error) => {
          throw new Error(`${what}: ${error.message}\n${printed.stdout}${printed.stderr}`);
        });
      },
      output: () => printed.stdout + printed.stderr,
      kill: (signal) => void child.kill(signal),
      ended,
    };
  }

  /** Runs another command and returns what it printed as JSON. */
  async json<T>(name: string): Promise<T> {
    const { stdout, stderr, exitCode } = await this.run(['--json'], { command: name });
    if (exitCode !== 0) throw new Error(`plugback ${name}: exit code ${exitCode}\n${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /** A file below the lab's root as text; '' when there is none. */
  read(name: string): string {
    try {
      return readFileSync(this.path(name), 'utf8');
    } catch {
      return '';
    }
  }

  status(): StatusDocument | null {
    const text = this.read('run/status.json');
    return text === '' ? null : (JSON.parse(text) as StatusDocument);
  }

  history(): RunDocument[] {
    const lines = this.read('state/history.jsonl').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as RunDocument);
  }

  /** All mails that have arrived at the mail server, of other tests of the file as well. */
  mails(): Promise<CaughtMail[]> {
    return this.mailServer.mails();
  }

  /** The mails that wait. */
  outbox(): string[] {
    try {
      return readdirSync(this.path('state/outbox')).filter((name) => name.endsWith('.eml'));
    } catch {
      return [];
    }
  }

  // --- a copy that is under way

  /** Waits until a run copies, and stops the copier in its tracks: it goes on when the result is called. */
  async hold(job: Job): Promise<() => void> {
    const isCopying = () => this.status()?.run?.step === 'copy' && copierPids(this.mountPoint).length >= 3;
    await job.until('a copy that is under way', isCopying);
    // Whoever was just being started is caught the next time round.
    await job.until('the copier to stand still', () => {
      const pids = copierPids(this.mountPoint);
      for (const pid of pids) kill(pid, 'SIGSTOP');
      return pids.length >= 3 && pids.every((pid) => stateOf(pid) === 'T');
    });
    return () => {
      for (const pid of copierPids(this.mountPoint)) kill(pid, 'SIGCONT');
    };
  }

  /** The processes of rsync that fill the disk. */
  copiers(): number[] {
    return copierPids(this.mountPoint);
  }
}

// --- the machine

/** Mounts a disk by whichever driver this machine has. */
async function mountDisk(disk: Disk, options: string, folder: string): Promise<void> {
  const failures: string[] = [];
  for (const driver of driversOf(disk.fsType)) {
    const result = await attempt('mount', ['-t', driver, '-o', options, disk.device, folder]);
    if (result.exitCode === 0) return;
    failures.push(result.stderr);
  }
  throw new Error(failures.join('\n'));
}

export function mounts(): Mount[] {
  return parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8'));
}

/** Is a device mounted anywhere, or anything at a folder? */
export function isMounted(place: string): boolean {
  return mounts().some((mount) => mount.source === place || mount.mountPoint === place);
}

/** The processes of rsync that write to a mount point; the dry run is none. */
function copierPids(mountPoint: string): number[] {
  return processes(
    ([name = '', ...args]) =>
      path.basename(name) === 'rsync' && args.includes(`${mountPoint}/`) && !args.includes('--dry-run'),
  );
}

/** The processes whose words on the command line are such. */
export function processes(isMeant: (words: readonly string[]) => boolean): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isMeant(read(`/proc/${name}/cmdline`).split('\0')))
    .map(Number);
}

/** The letter for what a process is doing; `T` is stopped, '' gone. */
export function stateOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).charAt(0);
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Detaches a lab's device, unless the lab has let it go meanwhile and another run of tests has got it. */
function detach(device: string, root: string): void {
  const file = loopDevices().find(({ name }) => name === device)?.['back-file'] ?? '';
  if (file.startsWith(path.join(tmpdir(), prefix)) && !file.startsWith(`${root}/`)) return;
  for (const mount of mounts().filter((each) => each.source === device)) umountNow(mount.mountPoint);
  losetupDetach(device);
}

function losetupDetach(device: string): void {
  try {
    execFileSync('losetup', ['--detach', device], { env: { PATH: searchPath }, stdio: 'ignore' });
  } catch {
    // Gone already.
  }
}

function umountNow(mountPoint: string): void {
  try {
    execFileSync('umount', ['--lazy', '--', mountPoint], { env: { PATH: searchPath }, stdio: 'ignore' });
  } catch {
    // Gone already.
  }
}

/** Unmounts and detaches everything that has to do with a folder, and removes the folder. */
function takeDown(root: string): void {
  const inside = (place: string): boolean => place.startsWith(`${root}/`);
  for (const mount of mounts().reverse()) {
    if (inside(mount.mountPoint)) umountNow(mount.mountPoint);
  }
  for (const { name, 'back-file': file } of loopDevices()) {
    if (inside(file)) losetupDetach(name);
  }
  rmSync(root, { recursive: true, force: true });
}

function loopDevices(): { name: string; 'back-file': string }[] {
  const listed = execFileSync('losetup', ['--json', '--list', '--output', 'NAME,BACK-FILE'], {
    env: { PATH: searchPath },
    encoding: 'utf8',
  });
  return listed.trim() === '' ? [] : JSON.parse(listed).loopdevices;
}

/** Takes down what a test process left behind that was killed. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1] ?? 0);
    if (pid > 0 && statSync(`/proc/${pid}`, { throwIfNoEntry: false }) === undefined) {
      takeDown(path.join(tmpdir(), name));
    }
  }
}
