/** The machine on which Veeam runs: wine, with the program as it was unpacked, in a folder of its own for each test. */

import { type ChildProcess, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inject, onTestFinished } from 'vitest';
import { searchPath, waitFor } from '../disk/command.ts';
import type { SmtpCatcher } from '../mail/smtp-catcher.ts';

/** What a program under wine gets of the environment: next to nothing, like a script that Veeam starts. */
export function wineEnvironment(prefix: string): NodeJS.ProcessEnv {
  // The language decides in which encoding wine reads the names of files.
  return { PATH: searchPath, HOME: prefix, WINEPREFIX: prefix, WINEDEBUG: '-all', LC_ALL: 'C.UTF-8' };
}

/** A path of this machine as Windows names it. */
export function windowsPath(place: string): string {
  return `Z:${place.replaceAll('/', '\\')}`;
}

export interface Ended {
  /** Null where a signal ended it. */
  exitCode: number | null;
  /** What it wrote, errors included. */
  output: string;
}

export interface Call {
  /** What it has written so far, errors included. */
  output(): string;
  /** By SIGKILL: the program itself where it was called, only cmd where a script was. */
  kill(): void;
  ended: Promise<Ended>;
}

export interface CallOptions {
  /** Where it is started; the root folder by default. */
  cwd?: string;
  environment?: Record<string, string>;
}

/** Sections and keys of a configuration. */
export type Settings = Record<string, Record<string, string | number>>;

export class WindowsMachine {
  /** Everything lies below. */
  readonly root = mkdtempSync(path.join(tmpdir(), 'plugback-windows-test-'));
  /** The folder of the program. */
  readonly home: string;
  private readonly prefix = inject('winePrefix');
  private calls = 0;

  /** @param name of the folder in which the program lies */
  constructor(name = 'Veeam & plugback (Büro 1)!') {
    this.home = path.join(this.root, name);
    for (const folder of [this.home, this.path('locks ä'), this.path('source')]) mkdirSync(folder);
    const packed = path.join(inject('packed'), 'plugback-veeam');
    for (const file of readdirSync(packed)) {
      const [from, to] = [path.join(packed, file), path.join(this.home, file)];
      if (file.endsWith('.exe')) linkSync(from, to);
      else copyFileSync(from, to);
    }
    this.configure();
    onTestFinished(() => rmSync(this.root, { recursive: true, force: true }));
  }

  path(...parts: string[]): string {
    return path.join(this.root, ...parts);
  }

  /** The folder of everything as a share of a file server; its UNC path. */
  share(): string {
    const server = path.join(this.prefix, 'dosdevices', 'unc', 'atlantis');
    const name = path.basename(this.root);
    mkdirSync(server, { recursive: true });
    symlinkSync(this.root, path.join(server, name));
    onTestFinished(() => rmSync(path.join(server, name)));
    return `\\\\atlantis\\${name}`;
  }

  /** Writes config.ini beside the program, as Notepad would. */
  configure(settings: Settings = {}, file = path.join(this.home, 'config.ini')): void {
    const own: Settings = {
      VEEAM: {
        'veeam-lockfiles': windowsPath(this.path('locks ä')),
        'backup-lockfile': windowsPath(this.marker),
      },
      MAIL: {},
      GENERAL: { 'state-directory': windowsPath(this.path('state')) },
    };
    const lines = Object.entries(own).flatMap(([section, keys]) => [
      `[${section}]`,
      ...Object.entries({ ...keys, ...settings[section] }).map(([key, value]) => `${key} = ${value}`),
    ]);
    writeFileSync(file, `\ufeff${lines.join('\r\n')}\r\n`);
  }

  /** The section MAIL for a server, in plain text. */
  mailTo({ port }: Pick<SmtpCatcher, 'port'>): Settings[string] {
    return { server: '127.0.0.1', port, security: 'none', 'to-mail-addresses-sysop': 'admin@example.com' };
  }

  /** The copy's marker. */
  get marker(): string {
    return this.path('source', '.plugback.lock');
  }

  /** The locks that stand, without what is only announced. */
  locks(): string[] {
    return this.inLockFolder().filter((name) => name.endsWith('.lock'));
  }

  inLockFolder(): string[] {
    return readdirSync(this.path('locks ä'));
  }

  /** What waits to be mailed. */
  outbox(): string[] {
    const folder = this.path('state', 'outbox');
    return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
  }

  /** What the scripts have logged. */
  log(): string {
    const file = path.join(this.home, 'veeam.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** Where Windows has its programs keep what belongs to no user. */
  get programData(): string {
    return path.join(this.prefix, 'drive_c', 'ProgramData');
  }

  /** Puts an authority into the store of certificates, as the administrator would. */
  async trust(authorityFile: string): Promise<void> {
    const { raw, fingerprint } = new X509Certificate(readFileSync(authorityFile));
    const key = `HKLM\\Software\\Microsoft\\SystemCertificates\\Root\\Certificates\\${fingerprint.replaceAll(':', '')}`;
    // How Windows keeps one: property 32 is the certificate itself.
    const head = Buffer.alloc(12);
    for (const [at, value] of [32, 1, raw.length].entries()) head.writeUInt32LE(value, at * 4);
    const blob = Buffer.concat([head, raw]).toString('hex');
    const added = await this.call(['reg', 'add', key, '/v', 'Blob', '/t', 'REG_BINARY', '/d', blob]).ended;
    if (added.exitCode !== 0) throw new Error(`reg add: ${added.output}`);
  }

  /** Starts plugback-veeam.exe. */
  exe(words: readonly string[], options: CallOptions = {}): Call {
    return this.call([path.join(this.home, 'plugback-veeam.exe'), ...words], options);
  }

  /** Starts one of the scripts as Windows does for a program that wants to run it. */
  script(
    name: 'pre-job.cmd' | 'post-job.cmd',
    words: readonly string[] = [],
    options: CallOptions = {},
  ): Call {
    return this.call([windowsPath(path.join(this.home, name)), ...words], options);
  }

  /** Starts any program of Windows. Its output is a file: a pipe is none that Node under wine could write to. */
  call(command: readonly string[], { cwd = '/', environment = {} }: CallOptions = {}): Call {
    this.calls += 1;
    const file = this.path(`output-${this.calls}.txt`);
    const output = openSync(file, 'w');
    const child = spawn('wine', command, {
      cwd,
      env: { ...wineEnvironment(this.prefix), ...environment },
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    onTestFinished(() => end(child));
    const said = (): string => readFileSync(file, 'utf8');
    return {
      output: said,
      kill: () => child.kill('SIGKILL'),
      ended: new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (exitCode) => resolve({ exitCode, output: said() }));
      }),
    };
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await waitFor(
    'the end of a program of Windows',
    () => child.exitCode !== null || child.signalCode !== null,
  );
}
