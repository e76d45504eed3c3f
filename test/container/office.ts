/** A machine in which plugback is set up, disks to plug in, and something to back up. */

import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, test } from 'vitest';
import type { RunDocument, StatusDocument } from '../../src/status/types.ts';
import { unitOfDisk } from '../../src/system/units.ts';
import { attempt, isInstalled, waitFor } from '../disk/command.ts';
import { canUseLoopDevices } from '../disk/lab.ts';
import { Package } from '../package.ts';
import { Machine, partitionStart, run, type TestDisk } from './machine.ts';
import { rootFolder } from './root-folder.ts';

export const project = fileURLToPath(new URL('../..', import.meta.url));
export const configFile = '/etc/plugback/config.ini';

/** Keys of the configuration that a test sets besides the office's own. */
export interface Settings {
  [section: string]: { [key: string]: string | number };
}

/** Settings with which rsync copies 1 MB a second. */
export const slowly: Settings = { BACKUP: { 'rsync-options': '--bwlimit=1M' } };

/** Making the root folder takes half a minute, on a slow network some. */
const setUpMs = 300_000;

export class Office {
  readonly machine: Machine;

  /** @param disks how many disks it may have */
  constructor(
    disks: number,
    private readonly root: string,
  ) {
    this.machine = new Machine(disks);
    this.machine.write('/srv/office/letter.txt', 'Dear Sir');
  }

  boot(): Promise<void> {
    return this.machine.boot(this.root);
  }

  /** Installs a package file in the running machine. */
  install(deb: string): void {
    this.machine.copyIn(deb, '/root/plugback.deb');
    this.inside('dpkg', '-i', '/root/plugback.deb');
  }

  inside(...argv: string[]): string {
    return this.machine.inside(...argv);
  }

  /** Writes the configuration for these disks. */
  configure(disks: readonly TestDisk[], settings: Settings = {}): void {
    const own: Settings = {
      BACKUP: {
        'filesystem-ids-and-notification-mail-addresses': disks.map(({ uuid }) => uuid).join(','),
        'backup-source': '/srv/office/',
        'free-space-threshold-gb': 0,
      },
    };
    const sections = { ...own, ...settings, BACKUP: { ...own.BACKUP, ...settings.BACKUP } };
    const lines = Object.entries(sections).flatMap(([section, keys]) => [
      `[${section}]`,
      ...Object.entries(keys).map(([key, value]) => `${key} = ${value}`),
    ]);
    this.machine.write(configFile, `${lines.join('\n')}\n`);
  }

  /** Plugs a disk in, with something new for it; `slowly` set, its copy takes eight seconds. Resolves once rsync copies. */
  async plugUntilCopying(disk: TestDisk): Promise<void> {
    this.inside('sh', '-c', 'head -c 8000000 /dev/urandom > /srv/office/large.vbk');
    await this.plug(disk);
    await waitFor('the copy', () => this.isMounted() && this.status().run?.step === 'copy', 60);
    await waitFor('rsync', () => this.isRunning('rsync'));
  }

  /** Plugs a disk in. @returns what the history tells of its backup, once that is over */
  async backUp(disk: TestDisk): Promise<RunDocument> {
    const invocation = () => this.property(unitOfDisk(disk.uuid), 'InvocationID');
    const before = invocation();
    await this.plug(disk);
    // Asked of systemd, not of plugback: one more Node each time would slow down what is waited for.
    await waitFor('the unit to start', () => !['', before].includes(invocation()));
    return this.settled(disk);
  }

  /** Plugs a disk in, once systemd has taken note that it was pulled out: it starts nothing for what it believes to be there. */
  private async plug(disk: TestDisk): Promise<void> {
    const device = `dev-disk-by\\x2duuid-${unitOfDisk(disk.uuid).slice('plugback@'.length, -'.service'.length)}.device`;
    await waitFor('the device to be gone', () => this.property(device, 'ActiveState') === 'inactive');
    // Nobody plugs in again within the same hundredth of a second: the news of the pull must not meet those of the plug.
    this.inside('udevadm', 'settle');
    this.machine.plug(disk);
  }

  /** Waits until the unit of a disk has ended. @returns the latest entry of the history */
  async settled({ uuid }: TestDisk): Promise<RunDocument> {
    const isOver = () => /^(inactive|failed)$/.test(this.property(unitOfDisk(uuid), 'ActiveState'));
    await waitFor('the unit to end', isOver, 60);
    const [latest] = this.history();
    if (latest === undefined) throw new Error('the history is empty');
    return latest;
  }

  /** Everything that tells why a test failed. */
  account(): string {
    const journal = ['journalctl', '-q', '--no-pager', '-o', 'short-precise', '-n', '60', '-u', 'plugback*'];
    return [journal, ['cat', '/proc/mounts'], ['systemctl', '--failed', '--no-pager']]
      .map((argv) => this.machine.attempt(...argv).stdout)
      .join('\n');
  }

  status(): StatusDocument {
    return JSON.parse(this.inside('plugback', 'status', '--json')) as StatusDocument;
  }

  history(): RunDocument[] {
    return JSON.parse(this.inside('plugback', 'history', '--json')) as RunDocument[];
  }

  property(unit: string, name: string): string {
    return this.inside('systemctl', 'show', '--value', '-p', name, unit).trim();
  }

  failedUnits(): string {
    return this.inside('systemctl', '--failed', '--no-legend', '--plain').trim();
  }

  isMounted(): boolean {
    return this.inside('cat', '/proc/mounts').includes('/media/plugback');
  }

  isRunning(program: string): boolean {
    return this.machine.attempt('pgrep', '-x', program).status === 0;
  }

  /** The text of a file on a disk that is not mounted. */
  fileOn({ image, kernelName, loop }: TestDisk, file: string): string {
    const where = kernelName === loop ? image : `${image}?offset=${partitionStart}`;
    return run('debugfs', '-R', `cat ${file}`, where);
  }
}

/** Defines a test of a file whose machine is there by then. */
export type OfficeTest = (name: string, body: () => Promise<void> | void) => void;

export interface OfficeTests {
  test: OfficeTest;
  /** The office of this file. */
  office(): Office;
  /** The Debian package. */
  deb(): Package;
}

/**
 * One office for all tests of a file. Where no machine can be made they are skipped, with the reason. After each of them,
 * the disks are pulled out.
 *
 * @param setUp boots the machine, and puts plugback on it before or after
 */
export function officeTests(
  disks: number,
  setUp: (office: Office, deb: Package) => Promise<void>,
): OfficeTests {
  let missing: string | null = null;
  let office: Office | null = null;
  let deb: Package | null = null;

  beforeAll(async () => {
    const host = await prepareHost();
    if ('missing' in host) {
      missing = host.missing;
      return;
    }
    deb = new Package();
    office = new Office(disks, host.root);
    await setUp(office, deb);
  }, setUpMs);
  afterEach(() => office?.machine.pullAll());
  afterAll(async () => {
    await office?.machine.end();
    deb?.remove();
  });

  return {
    test: (name, body) =>
      test(name, async (context) => {
        if (missing !== null) context.skip(missing);
        try {
          await body();
        } catch (error) {
          console.error(office?.account());
          throw error;
        }
      }),
    office: () => present(office),
    deb: () => present(deb),
  };
}

function present<T>(value: T | null): T {
  if (value === null) throw new Error('only a test may ask for it');
  return value;
}

/** The root folder of the machines, or why there can be none. */
async function prepareHost(): Promise<{ root: string } | { missing: string }> {
  const missing = await whatIsMissing();
  if (missing !== null) return { missing };
  try {
    return { root: await rootFolder() };
  } catch (error) {
    return { missing: `needs a Debian mirror: ${String(error).trim().split('\n').at(-1)}` };
  }
}

/** Why no machine can be made here; null: one can. */
async function whatIsMissing(): Promise<string | null> {
  if (!canUseLoopDevices()) return 'needs root and loop devices';
  const programs = ['mmdebstrap', 'unshare', 'nsenter', 'setpriv', 'sfdisk', 'mke2fs', 'debugfs', 'dpkg-deb'];
  const absent = programs.filter((program) => !isInstalled(program));
  if (absent.length > 0) return `needs ${absent.join(', ')}`;
  const namespaces = ['--mount', '--pid', '--fork', '--net', '--uts', '--ipc', '--cgroup'];
  const { exitCode } = await attempt('unshare', [...namespaces, 'true']);
  return exitCode === 0 ? null : 'needs the right to make namespaces';
}
