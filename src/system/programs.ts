/** The outside programs: is each there, and which Debian package brings it. */

import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { type Argv, type Runner, searchPath } from './run.ts';

/** Everything that a backup starts, and where Debian keeps it. */
const packages: { readonly [program: string]: string } = {
  rsync: 'rsync',
  lsblk: 'util-linux',
  blkid: 'util-linux',
  dmesg: 'util-linux',
  setpriv: 'util-linux',
  mount: 'mount',
  umount: 'mount',
  sync: 'coreutils',
  touch: 'coreutils',
};

/** What is started behind `sudo -n` in place of system calls. */
const packagesWithoutRoot: { readonly [program: string]: string } = {
  sudo: 'sudo',
  find: 'findutils',
  stat: 'coreutils',
  head: 'coreutils',
  dd: 'coreutils',
};

const packagesOfCheckers: { readonly [program: string]: string } = {
  e2fsck: 'e2fsprogs',
  'fsck.fat': 'dosfstools',
  'fsck.exfat': 'exfatprogs',
};

/** For encrypted disks only. */
const packagesOfEncryption: { readonly [program: string]: string } = { cryptsetup: 'cryptsetup-bin' };

/** For the night watch: who asks who is online, and who gives other computers commands. */
const packagesOfNightshift: { readonly [program: string]: string } = {
  ping: 'iputils-ping',
  xargs: 'findutils',
  ssh: 'openssh-client',
};

/** The names of the programs that nightshift starts. @param computers those that it watches */
export function nightshiftPrograms(computers: readonly { reach: string }[]): string[] {
  if (computers.length === 0) return [];
  return ['ping', 'xargs', ...(computers.some(({ reach }) => reach !== 'none') ? ['ssh'] : [])];
}

/** Options that are used since then (`--info`, `--outbuf`, sparse files written in place) all work from here on. */
export const leastRsync = '3.1.3';

/** The names of the programs that a backup starts whatever the disk. */
export function neededPrograms(isRoot: boolean): string[] {
  return [...Object.keys(packages), ...(isRoot ? [] : Object.keys(packagesWithoutRoot))];
}

/** The Debian package of a program; its own name where nobody knows better. */
export function debianPackage(program: string): string {
  return (
    {
      ...packages,
      ...packagesWithoutRoot,
      ...packagesOfCheckers,
      ...packagesOfEncryption,
      ...packagesOfNightshift,
    }[program] ?? program
  );
}

/** Where a program is, in the folders in which plugback looks for it; null when it is not installed. */
export async function findProgram(program: string, folders = searchPath): Promise<string | null> {
  for (const folder of folders.split(':')) {
    const candidate = path.join(folder, program);
    const isThere = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return candidate;
  }
  return null;
}

/** The arguments that make rsync tell its version. */
export function rsyncVersionArgv(): Argv {
  return ['rsync', '--version'];
}

/** `rsync  version 3.4.1  protocol version 32`: `3.4.1`; null for anything else. */
export function parseRsyncVersion(text: string): string | null {
  return /^rsync\s+version\s+v?(\d+(?:\.\d+)+)/m.exec(text)?.[1] ?? null;
}

/** Compares versions number by number: 3.10 is newer than 3.9. */
export function isAtLeast(version: string, least: string): boolean {
  const numbers = (text: string) => text.split('.').map(Number);
  const [found, wanted] = [numbers(version), numbers(least)];
  for (const [index, want] of wanted.entries()) {
    const have = found[index] ?? 0;
    if (have !== want) return have > want;
  }
  return true;
}

/** rsync's version. @throws Error with rsync's words when it does not tell */
export async function readRsyncVersion(runner: Runner): Promise<string> {
  const result = await runner.run(rsyncVersionArgv(), { timeoutMs: 10_000 });
  const version = parseRsyncVersion(result.stdout);
  if (version !== null) return version;
  throw new Error(result.stderr.trim().split('\n')[0] || `exit code ${result.exitCode}`);
}
