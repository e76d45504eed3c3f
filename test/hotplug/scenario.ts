/** One scenario each: the machine that was saved, disks for it, a mail server beside it, and what became of them all. */

import { constants, copyFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, inject, type TestContext, test } from 'vitest';
import type { CaughtMail } from '../../src/mail/catcher.ts';
import type { RunDocument, StatusDocument } from '../../src/status/types.ts';
import { unitOfDisk } from '../../src/system/units.ts';
import { type SmtpCatcher, type SmtpCatchers, smtpCatchers } from '../mail/smtp-catcher.ts';
import { type Disk, type DiskOptions, filesystemOf, makeDisk } from './disks.ts';
import { Guest, type PlugOptions } from './guest.ts';
import { listing, listingOfImage, source } from './office.ts';
import { makeWorkFolder, type SavedMachine } from './saved.ts';

export type DefineScenario = (name: string, body: (box: Box) => Promise<void>) => void;

/** `backup-destination`. */
export const mountPoint = '/media/plugback';
export const configFile = '/etc/plugback/config.ini';

// Whoever started the scenarios is gone: without this the guest would play to the end of its scenario for nobody.
process.once('disconnect', () => process.exit(1));

/** The function that defines the scenarios of a file: each begins with the saved machine, whatever others did to it. */
export function scenarios(): DefineScenario {
  const lacking = inject('lacking');
  const saved = inject('savedMachine');
  let servers: SmtpCatchers | null = null;
  beforeAll(async () => {
    if (saved !== null) servers = await smtpCatchers();
  });
  afterAll(() => servers?.endAll());
  return (name, body) =>
    test(name, async (context) => {
      if (saved === null) return context.skip(lacking);
      if (servers === null) throw new Error('the mail server did not start');
      await play(context, saved, await servers.start(), body);
    });
}

async function play(
  context: TestContext,
  saved: SavedMachine,
  server: SmtpCatcher,
  body: (box: Box) => Promise<void>,
): Promise<void> {
  const folder = makeWorkFolder();
  const disk = path.join(folder, 'root.qcow2');
  const guest = new Guest(saved.image, disk, folder);
  const box = new Box(guest, server, folder);
  // Also when the scenario runs out of time.
  context.onTestFinished(async () => {
    if (context.task.result?.state === 'fail') console.error(await box.account());
    await guest.cutPower();
    await server.goDown();
    rmSync(folder, { recursive: true, force: true });
  });
  copyFileSync(saved.disk, disk, constants.COPYFILE_FICLONE);
  await guest.powerOn({ saved: saved.name });
  await body(box);
}

/** The machine of a scenario, as its owner sees it. */
export class Box {
  private plugs = 0;
  /** What QEMU calls the disks that are in. */
  private readonly plugged = new Map<Disk, string>();
  /** How many backups there were of a disk before it was plugged in. */
  private readonly runsBefore = new Map<Disk, number>();

  constructor(
    readonly guest: Guest,
    private readonly server: SmtpCatcher,
    /** For files of the scenario. */
    readonly folder: string,
  ) {}

  // --- disks

  disk(options?: DiskOptions): Promise<Disk> {
    return makeDisk(this.folder, options);
  }

  /** Plugs a disk in. @returns the guest's time of that moment, in milliseconds */
  async plug(disk: Disk, options?: PlugOptions): Promise<number> {
    this.runsBefore.set(disk, (await this.runs(disk)).length);
    const at = await this.guest.clock();
    await this.connect(disk, options);
    return at;
  }

  /** Pulls a disk out, whatever it is doing. */
  async pull(disk: Disk): Promise<void> {
    await this.guest.pull(this.nameOf(disk));
    this.plugged.delete(disk);
  }

  async breakWrites(disk: Disk): Promise<void> {
    await this.guest.breakWrites(this.nameOf(disk));
  }

  /** Cuts the power; the disks stay in. */
  async cutPower(): Promise<void> {
    for (const disk of this.plugged.keys()) this.runsBefore.set(disk, (await this.runs(disk)).length);
    await this.guest.cutPower();
  }

  /** Switches on again, with the same disks in. */
  async powerOn(): Promise<void> {
    const before = async () => {
      for (const disk of [...this.plugged.keys()]) await this.connect(disk);
    };
    await this.guest.powerOn({ before });
  }

  private async connect(disk: Disk, options?: PlugOptions): Promise<void> {
    this.plugs += 1;
    const name = `disk-${this.plugs}`;
    await this.guest.plug(name, disk.image, options);
    this.plugged.set(disk, name);
  }

  // --- plugback

  /** Writes the configuration for these disks, with more keys for its section BACKUP. */
  async configure(disks: readonly Disk[], backup: { readonly [key: string]: string } = {}): Promise<void> {
    const lines = [
      '[BACKUP]',
      `filesystem-ids-and-notification-mail-addresses = ${disks.map(({ uuid }) => `${uuid},owner@example.com`).join(',')}`,
      `backup-source = ${source}/`,
      'free-space-threshold-gb = 0',
      ...Object.entries(backup).map(([key, value]) => `${key} = ${value}`),
      '[MAIL]',
      'to-mail-addresses-sysop = sysop@example.com',
      'from-mail-address = plugback@example.com',
      // This side, as the guest's network shows it.
      'server = 10.0.2.2',
      `port = ${this.server.port}`,
      'security = none',
      '',
    ];
    await this.guest.write(configFile, lines.join('\n'));
  }

  /** The runs that have ended, the last one last. */
  async history(): Promise<RunDocument[]> {
    // Read as it lies there: starting the program on an emulated processor would slow down what is waited for.
    const { stdout } = await this.guest.attempt('cat', '/var/lib/plugback/history.jsonl');
    const lines = stdout.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as RunDocument);
  }

  async status(): Promise<StatusDocument | null> {
    const { exitCode, stdout } = await this.guest.attempt('cat', '/run/plugback/status.json');
    return exitCode === 0 ? (JSON.parse(stdout) as StatusDocument) : null;
  }

  /** The backups of a disk that have ended by themselves; one that was killed is told of by the next. */
  private async runs(disk: Disk): Promise<RunDocument[]> {
    const history = await this.history();
    return history.filter(({ uuid, error }) => uuid === disk.uuid && error?.code !== 'run-died');
  }

  /** Waits until the backup that the last plug started has ended, and its unit. */
  async ended(disk: Disk): Promise<RunDocument> {
    const count = this.runsBefore.get(disk) ?? 0;
    const run = await this.guest.until('the end of the backup', async () =>
      (await this.runs(disk)).at(count),
    );
    await this.unitEnded(disk);
    return run;
  }

  /** Waits until nothing runs for a disk any more. */
  async unitEnded(disk: Disk): Promise<void> {
    await this.guest.until('the end of the unit', async () =>
      /^(inactive|failed)$/.test(await this.property(disk, 'ActiveState')),
    );
  }

  /** Waits until so many bytes are copied. */
  async copied(bytes: number): Promise<void> {
    await this.guest.until('the copy to be under way', async () => {
      const run = (await this.status())?.run;
      return run?.step === 'copy' && (run.progress?.bytes ?? 0) >= bytes;
    });
  }

  async property(disk: Disk, name: string): Promise<string> {
    const unit = unitOfDisk(disk.uuid);
    return (await this.guest.run('systemctl', 'show', '--value', '-p', name, unit)).trim();
  }

  /** The units that failed, by name. */
  async failedUnits(): Promise<string[]> {
    const lines = await this.guest.run('systemctl', '--failed', '--no-legend', '--plain');
    return lines.split('\n').flatMap((line) => line.split(' ')[0] || []);
  }

  async isMounted(): Promise<boolean> {
    return (await this.guest.run('cat', '/proc/mounts')).includes(mountPoint);
  }

  mails(): Promise<CaughtMail[]> {
    return this.server.mails();
  }

  /** The subject and the text of the last mail. */
  async lastMail(): Promise<string> {
    const message = (await this.mails()).at(-1)?.message;
    return `${message?.subject}\n\n${message?.text}`;
  }

  // --- what is where

  /** Makes a file of so many random bytes in the source. */
  async grow(name: string, megabytes: number): Promise<void> {
    const file = `${source}/${name}`;
    await this.guest.run('dd', 'if=/dev/urandom', `of=${file}`, 'bs=1M', `count=${megabytes}`);
  }

  /** What a disk with ext4 holds. */
  contents(disk: Disk): Promise<string[]> {
    return listingOfImage(filesystemOf(disk), this.folder);
  }

  /** What differs between the source and the disk: lines of the one, lines of the other. */
  async differences(disk: Disk): Promise<string[]> {
    const wanted = await listing((...argv) => this.guest.run(...argv), source);
    const found = await this.contents(disk);
    return [
      ...wanted.filter((line) => !found.includes(line)).map((line) => `source: ${line}`),
      ...found.filter((line) => !wanted.includes(line)).map((line) => `disk: ${line}`),
    ];
  }

  /** Everything that tells why a scenario failed. */
  async account(): Promise<string> {
    const journal = ['journalctl', '-q', '--no-pager', '-b', '-o', 'short-precise'];
    const words: string[] = [];
    for (const argv of [
      [...journal, '-u', 'plugback*'],
      [...journal, '-k', '-n', '30'],
      ['systemctl', '--failed', '--no-pager'],
    ]) {
      const [program = '', ...args] = argv;
      const answer = await this.guest.attempt(program, ...args).catch((error: Error) => error);
      words.push(answer instanceof Error ? answer.message : answer.stdout);
    }
    for (const mail of await this.mails()) words.push(`mail: ${mail.message.subject}`);
    return [...words, this.guest.lastWords()].join('\n');
  }

  private nameOf(disk: Disk): string {
    const name = this.plugged.get(disk);
    if (name === undefined) throw new Error(`${disk.label} is not plugged in`);
    return name;
  }
}
