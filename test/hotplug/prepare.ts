/** Runs once before the scenarios, which then share two processors: makes the machine that each of them begins with. */

import type { TestProject } from 'vitest/node';
import { isInstalled } from '../disk/command.ts';
import { type SavedMachine, savedMachine } from './saved.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** What this machine lacks to be host to a guest; '' when nothing. */
    lacking: string;
    /** Null where something is lacking. */
    savedMachine: SavedMachine | null;
  }
}

const programs = [
  ...['qemu-system-x86_64', 'qemu-img', 'mmdebstrap', 'setpriv', 'dpkg-deb', 'mke2fs', 'debugfs', 'e2fsck'],
  ...['blkid', 'sfdisk', 'cryptsetup', 'mkfs.xfs', 'mkfs.btrfs', 'mkfs.vfat', 'mkfs.exfat', 'mkntfs'],
];

function findLacking(): string {
  if (process.arch !== 'x64') return 'needs a PC (x86-64)';
  if (process.getuid?.() !== 0) return 'needs root';
  const missing = programs.filter((program) => !isInstalled(program));
  return missing.length === 0 ? '' : `needs ${missing.join(', ')}`;
}

export default async function prepare(project: TestProject): Promise<void> {
  const lacking = findLacking();
  project.provide('lacking', lacking);
  project.provide('savedMachine', lacking === '' ? await savedMachine() : null);
}
