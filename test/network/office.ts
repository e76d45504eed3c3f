/**
 * An office in network namespaces: a NAS with two cards on two wires, three computers on one, a backup computer on the
 * other. Pings, packets, ssh and NTP are real; what would set a clock or switch off power is recorded.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NightDocument, NightshiftState } from '../../src/status/nightshift.ts';
import { waitFor } from '../disk/command.ts';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** Which computer hangs on which wire, with which address. */
const places = {
  anna: { wire: 'a', address: '10.77.1.11' },
  otto: { wire: 'a', address: '10.77.1.12' },
  server: { wire: 'a', address: '10.77.1.13' },
  nas2: { wire: 'b', address: '10.77.2.14' },
} as const;

export type Name = keyof typeof places;

const names = Object.keys(places) as Name[];

/** What the NAS must not really do; each call is written down instead. */
const recorded = ['systemctl', 'rtcwake', 'chronyd', 'busctl', 'systemd-inhibit', 'date'];

let count = 0;

export class Office {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'plugback-office-'));
  private readonly prefix: string;
  private readonly children: ChildProcess[] = [];
  nightshift: ChildProcess | null = null;
  private ended: Promise<number | null> = Promise.resolve(null);
  output = '';
  private isRemoved = false;

  constructor() {
    count += 1;
    this.prefix = `pb${process.pid}-${count}-`;
    const { folder } = this;
    for (const name of ['state', 'run', 'log', 'recorder', 'source', 'copy', ...names])
      mkdirSync(path.join(folder, name));
    writeFileSync(path.join(folder, 'source', 'letter.txt'), 'Dear Sir');
    ip('netns', 'add', this.ns('switch'));
    for (const wire of ['a', 'b']) {
      this.inside('switch', 'ip', 'link', 'add', `wire-${wire}`, 'type', 'bridge');
      this.inside('switch', 'ip', 'link', 'set', `wire-${wire}`, 'up');
    }
    ip('netns', 'add', this.ns('nas'));
    this.plug('nas', 'eth0', 'a');
    this.plug('nas', 'eth1', 'b');
    this.inside('nas', 'ip', 'address', 'add', '10.77.1.1/24', 'dev', 'eth0');
    this.inside('nas', 'ip', 'address', 'add', '10.77.2.1/24', 'dev', 'eth1');
    for (const name of names) {
      ip('netns', 'add', this.ns(name));
      this.plug(name, 'eth0', places[name].wire);
    }
    this.makeRecorder();
  }

  ns(name: string): string {
    return `${this.prefix}${name}`;
  }

  inside(name: string, ...argv: string[]): string {
    return ip('netns', 'exec', this.ns(name), ...argv);
  }

  file(...parts: string[]): string {
    return path.join(this.folder, ...parts);
  }

  read(...parts: string[]): string {
    const file = this.file(...parts);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  private plug(name: string, card: string, wire: string): void {
    const end = `${name}-${card}`;
    this.inside(name, 'ip', 'link', 'set', 'lo', 'up');
    ip(
      'link',
      'add',
      card,
      'netns',
      this.ns(name),
      'type',
      'veth',
      'peer',
      'name',
      end,
      'netns',
      this.ns('switch'),
    );
    this.inside('switch', 'ip', 'link', 'set', end, 'master', `wire-${wire}`, 'up');
    this.inside(name, 'ip', 'link', 'set', card, 'up');
  }

  private makeRecorder(): void {
    for (const name of recorded) {
      // Who asks for the inhibitors is answered; who keeps the machine awake is kept until it is told to go.
      const answers: { [name: string]: string } = {
        busctl: 'cat "$folder/inhibitors" 2> /dev/null || echo \'{"data":[[]]}\'',
        'systemd-inhibit': 'exec sleep infinity',
      };
      const file = this.file('recorder', name);
      const lines = [
        '#!/bin/sh',
        `folder='${this.folder}'`,
        `echo "${name} $*" >> "$folder/recorded"`,
        answers[name] ?? '',
      ];
      writeFileSync(file, `${lines.join('\n')}\n`);
      chmodSync(file, 0o755);
    }
  }

  /** What the NAS would have done to itself. */
  get recorded(): string[] {
    return this.read('recorded')
      .split('\n')
      .filter((line) => line !== '' && !/^(?:busctl|systemd-inhibit) /.test(line));
  }

  /** What a computer was told to do. */
  commands(name: Name): string[] {
    return this.read(name, 'commands')
      .split('\n')
      .filter((line) => line !== '');
  }

  switchOn(name: Name): void {
    this.inside(name, 'ip', 'address', 'add', `${places[name].address}/24`, 'dev', 'eth0');
  }

  switchOff(name: Name): void {
    this.inside(name, 'ip', 'address', 'del', `${places[name].address}/24`, 'dev', 'eth0');
  }

  isOn(name: Name): boolean {
    return this.inside(name, 'ip', '-4', 'address', 'show', 'dev', 'eth0').includes(
      ` ${places[name].address}/`,
    );
  }

  mac(name: Name): string {
    return /link\/ether (\S+)/.exec(this.inside(name, 'ip', 'link', 'show', 'eth0'))?.[1] ?? '';
  }

  /** A computer that is off, with a card that wakes it; 0 ms: its card only writes down what comes over its wire. */
  async listenForPackets(name: Name, bootMs: number): Promise<void> {
    const { wire, address } = places[name];
    const net = wire === 'a' ? '10.77.1' : '10.77.2';
    const last = address.split('.').at(-1);
    // The card listens under an address of its own, which is not the computer's.
    this.inside(name, 'ip', 'address', 'add', `${net}.1${last}/24`, 'dev', 'eth0');
    const args = [
      here('sleeper.mjs'),
      this.mac(name),
      `${address}/24`,
      String(bootMs),
      this.file(name, 'packets'),
    ];
    const child = this.start(name, [process.execPath, ...args]);
    await heard(child, 'listening');
  }

  packets(name: Name): string[] {
    return this.read(name, 'packets')
      .split('\n')
      .filter((line) => line !== '');
  }

  /** An ssh server on a computer, which the NAS knows and may log in to, unless the test says otherwise. */
  async serveSsh(name: Name, options: { isKnown?: boolean } = {}): Promise<void> {
    const { address } = places[name];
    const hostKey = this.file(name, 'host_key');
    const key = this.file('id');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', hostKey]);
    if (!existsSync(key)) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    writeFileSync(this.file(name, 'authorized_keys'), readFileSync(`${key}.pub`));
    writeFileSync(this.file(name, 'address'), `${address}/24`);
    const [type, text] = readFileSync(`${hostKey}.pub`, 'utf8').split(' ');
    appendFileSync(this.file('known_hosts'), options.isKnown === false ? '' : `${address} ${type} ${text}\n`);
    const config = this.file(name, 'sshd_config');
    const lines = [
      `HostKey ${hostKey}`,
      `AuthorizedKeysFile ${this.file(name, 'authorized_keys')}`,
      'PidFile none',
      'UsePAM no',
      'StrictModes no',
      'PermitRootLogin yes',
      `ForceCommand ${here('logged-in.sh')} ${this.file(name)}`,
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    mkdirSync('/run/sshd', { recursive: true });
    this.start(name, ['/usr/sbin/sshd', '-D', '-e', '-f', config]);
    await waitFor('sshd', () => this.inside(name, 'ss', '-Htln').includes(':22 '));
  }

  /** A real time server, whose clock is so many seconds ahead. */
  async serveTime(name: Name, aheadSeconds: number): Promise<void> {
    const config = this.file(name, 'chrony.conf');
    // A file of its own: chronyd removes it at its end, were it /dev/null or not.
    const pidFile = this.file(name, 'chronyd.pid');
    writeFileSync(config, `local stratum 5\nallow all\ncmdport 0\npidfile ${pidFile}\n`);
    const ahead = `${aheadSeconds < 0 ? '' : '+'}${aheadSeconds}s`;
    this.start(name, ['faketime', '-f', ahead, '/usr/sbin/chronyd', '-x', '-d', '-u', 'root', '-f', config]);
    await waitFor('chronyd', () => this.inside(name, 'ss', '-Hlun').includes(':123 '));
  }

  private start(name: string, argv: readonly string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.ns(name), ...argv], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stderr?.on('data', (piece: Buffer) => {
      if (!this.isRemoved) appendFileSync(this.file(`${name}.stderr`), piece);
    });
    this.children.push(child);
    return child;
  }

  /** Writes the configuration: nights begin at once when nobody is there, and everything takes seconds. */
  configure(text: string, nightshift: Record<string, string | number> = {}): void {
    const basics = {
      'check-every-seconds': 1,
      'offline-minutes': 0,
      'wake-minutes': 1,
      'countdown-seconds': 2,
      'nightshift-log-file-path': this.file('log', 'nightshift.log'),
      'ssh-key-file': this.file('id'),
      'ssh-known-hosts-file': this.file('known_hosts'),
      ...nightshift,
    };
    const lines = Object.entries(basics).map(([key, value]) => `${key} = ${value}`);
    const general = `[GENERAL]\nstate-directory = ${this.file('state')}\nruntime-directory = ${this.file('run')}\n`;
    writeFileSync(this.file('config.ini'), `${general}[NIGHTSHIFT]\n${lines.join('\n')}\n${text}`);
    if (!existsSync(this.file('known_hosts'))) writeFileSync(this.file('known_hosts'), '');
  }

  /** The section of a computer. */
  section(name: Name, values: Record<string, string> = {}): string {
    const own = { ip: places[name].address, mac: this.mac(name), ...values };
    return `[COMPUTER ${name}]\n${Object.entries(own)
      .map(([key, value]) => `${key} = ${value}\n`)
      .join('')}`;
  }

  /** Runs a command of plugback on the NAS to its end. */
  plugback(...args: string[]): { exitCode: number | null; stdout: string; stderr: string } {
    const child = spawnOnNas(this, args);
    try {
      return {
        exitCode: 0,
        stdout: execFileSync(child.file, child.args, { encoding: 'utf8', stdio: 'pipe' }),
        stderr: '',
      };
    } catch (error) {
      const { status, stdout, stderr } = error as { status: number | null; stdout: string; stderr: string };
      return { exitCode: status, stdout, stderr };
    }
  }

  /** Starts the night watch. */
  watch(...args: string[]): void {
    const { file, args: argv } = spawnOnNas(this, ['nightshift', ...args]);
    const child = spawn(file, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (piece: Buffer) => {
        this.output += piece.toString();
      });
    }
    this.nightshift = child;
    this.children.push(child);
    this.ended = new Promise((resolve) => child.once('close', (exitCode) => resolve(exitCode)));
  }

  /** @returns the exit code of the night watch once it has ended */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.nightshift?.kill(signal);
    return this.ended;
  }

  whenEnded(): Promise<number | null> {
    return this.ended;
  }

  get state(): NightshiftState | null {
    const text = this.read('state', 'nightshift.json');
    return text === '' ? null : (JSON.parse(text) as NightshiftState);
  }

  get nights(): NightDocument[] {
    return this.read('state', 'nightshift.jsonl')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as NightDocument);
  }

  /** Waits until something holds; what the night watch said is told when it does not. */
  async until(what: string, holds: () => boolean, seconds = 30): Promise<void> {
    try {
      await waitFor(what, holds, seconds);
    } catch (error) {
      throw new Error(`${what}: ${this.output.slice(-4000)}`, { cause: error });
    }
  }

  async remove(): Promise<void> {
    this.isRemoved = true;
    for (const child of this.children) child.kill('SIGKILL');
    for (const name of ['switch', 'nas', ...names]) {
      try {
        // What sshd has started for a login is no child of ours.
        const pids = ip('netns', 'pids', this.ns(name))
          .split('\n')
          .filter((pid) => pid !== '');
        for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has just ended.
      }
      ip('netns', 'del', this.ns(name));
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What is typed on the NAS; its programs for clock and power are the recorder's, in its own mount namespace. */
function spawnOnNas(office: Office, args: readonly string[]): { file: string; args: string[] } {
  const script = 'mount --bind "$1" /usr/local/sbin && shift && exec "$@"';
  return {
    file: 'ip',
    args: [
      ...['netns', 'exec', office.ns('nas'), 'sh', '-c', script, 'sh', office.file('recorder')],
      ...[process.execPath, program, ...args, '--config', office.file('config.ini')],
    ],
  };
}

function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function heard(child: ChildProcess, word: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (piece: Buffer) => {
      text += piece.toString();
      if (text.includes(word)) resolve();
    });
    child.once('close', () => reject(new Error(`ended before it said “${word}”`)));
  });
}
