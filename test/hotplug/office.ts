/** What the office in the guest keeps and has to be backed up, and the comparison of that with a disk. */

import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { command } from '../disk/command.ts';
import { writeNoise, writeSmallFiles } from '../disk/trees.ts';
import type { Guest } from './guest.ts';

/** `backup-source`. */
export const source = '/srv/office';

/** Puts some files of every kind there. */
export async function buildOffice(guest: Guest, work: string): Promise<void> {
  const root = path.join(work, 'office');
  const at = (...names: string[]): string => path.join(root, ...names);
  writeSmallFiles(at('letters'), 40);
  mkdirSync(at('accounts', 'empty'), { recursive: true });
  writeNoise(at('images', 'Monday.vbk'), 3_000_000);
  writeFileSync(at('Grüße aus\nKöln.txt'), 'Dear Sir');
  writeFileSync(at('-n'), 'looks like an option\n');
  writeFileSync(at('accounts', '2026.csv'), 'date;amount\n');
  chmodSync(at('accounts', '2026.csv'), 0o640);
  chownSync(at('accounts', '2026.csv'), 1234, 4321);
  linkSync(at('accounts', '2026.csv'), at('letters', 'the-same.csv'));
  symlinkSync('../accounts/2026.csv', at('letters', 'link'));
  const archive = path.join(work, 'office.tar');
  await command('tar', '-C', root, '-cf', archive, '.');
  await guest.run('mkdir', '-p', source);
  await guest.write('/root/office.tar', readFileSync(archive));
  await guest.run('tar', '-C', source, '-xf', '/root/office.tar');
  await guest.run('rm', '/root/office.tar');
}

type Run = (...argv: [string, ...string[]]) => Promise<string>;

/**
 * All that is below a folder, a line each: kind, mode, owner, name, target of a link; of files, in a second part, sizes
 * and checksums. Two equal texts are two equal trees.
 */
export async function listing(run: Run, root: string): Promise<string[]> {
  const below = ['find', root, '-mindepth', '1', '-name', 'lost+found', '-prune', '-o'] as const;
  const names = await run(...below, '-printf', String.raw`%y %m %U:%G %P > %l\0`);
  const sums = await run(...below, '-type', 'f', '-exec', 'sha256sum', '--zero', '--', '{}', '+');
  return `${names}${sums}`.replaceAll(`${root}/`, '').split('\0').toSorted();
}

/** What is on the filesystem in an image, read without the kernel: as the next machine would find it. */
export async function listingOfImage(image: string, work: string): Promise<string[]> {
  const folder = mkdtempSync(path.join(work, 'look-'));
  try {
    await command('debugfs', '-R', `rdump / ${folder}`, image);
    return await listing((program, ...args) => command(program, ...args), folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
