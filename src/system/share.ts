/**
 * Files in a folder that other machines use at the same time, local or by SMB, under Linux or Windows.
 *
 * A share promises little: a rename is whole, and its own clock stamps what is written. Nothing here needs more than
 * that, starts a program, or is only there on Linux.
 */

import { randomBytes } from 'node:crypto';
import { lstat, open, readdir, realpath, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { systemCodeOf } from '../errors.ts';
import { mountOfPath } from './mountinfo.ts';
import { removePatiently, renamePatiently } from './patience.ts';

export interface ShareEntry {
  kind: 'file' | 'directory' | 'other';
  /** By the share's clock, ms since 1970; anybody can set it to anything. */
  writtenAt: number;
  /** When anything about it was changed last, its times included; nobody can set that. */
  changedAt: number;
}

export interface Share {
  /** What stands at a path, a link in the last place not followed; null when nothing does. */
  look(path: string): Promise<ShareEntry | null>;
  /** The names in a folder, which may be reached by a link; null when there is none, 'not-a-folder' for anything else. */
  list(folder: string): Promise<string[] | null | 'not-a-folder'>;
  /** The first `limit` bytes as text; null when there is no such file. Throws when it is no plain file. */
  read(path: string, limit: number): Promise<string | null>;
  /** Writes a whole file and hands it to the disk. */
  write(path: string, text: string): Promise<void>;
  /** Gives a file another name; what has that name already is replaced. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, or an empty folder; false when it was gone already. */
  remove(path: string): Promise<boolean>;
  /** What time it is on the share, in ms since 1970: stamped on a file that comes and goes. Throws where none can be written. */
  now(folder: string): Promise<number>;
}

/** The files of this machine, and of the shares that it sees. */
export function createShare(): Share {
  const remove: Share['remove'] = async (place) => {
    const stats = await lstat(place).catch(nullWhenMissing);
    if (stats === null) return false;
    if (stats.isDirectory()) await rmdir(place);
    else await removePatiently(place);
    return true;
  };
  return {
    remove,
    look: async (place) => {
      const stats = await lstat(place).catch(nullWhenMissing);
      if (stats === null) return null;
      const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
      return { kind, writtenAt: stats.mtimeMs, changedAt: stats.ctimeMs };
    },
    list: async (folder) => {
      const stats = await stat(folder).catch(nullWhenMissing);
      if (stats === null) return null;
      return stats.isDirectory() ? readdir(folder) : 'not-a-folder';
    },
    read: async (place, limit) => {
      const stats = await lstat(place).catch(nullWhenMissing);
      if (stats === null) return null;
      // Never waits at a pipe, never follows a link.
      if (!stats.isFile()) throw new Error('not a plain file');
      const handle = await open(place, 'r').catch(nullWhenMissing);
      if (handle === null) return null;
      try {
        const buffer = Buffer.alloc(limit);
        const { bytesRead } = await handle.read(buffer, 0, limit, 0);
        return buffer.toString('utf8', 0, bytesRead);
      } finally {
        await handle.close();
      }
    },
    write: async (place, text) => {
      const handle = await open(place, 'w', 0o644);
      try {
        await handle.writeFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
    rename: renamePatiently,
    now: async (folder) => {
      const probe = path.join(folder, `.plugback-clock-${randomBytes(4).toString('hex')}.tmp`);
      try {
        const handle = await open(probe, 'wx', 0o600);
        try {
          await handle.writeFile('.');
          return (await handle.stat()).mtimeMs;
        } finally {
          await handle.close();
        }
      } finally {
        await remove(probe).catch(() => undefined);
      }
    },
  };
}

function nullWhenMissing(error: unknown): null {
  if (systemCodeOf(error) === 'ENOENT') return null;
  throw error;
}

/** Filesystems whose answers come from this machine's memory for a while, and for how long at most, in ms. */
const remembering: { readonly [fsType: string]: number } = {
  cifs: 65_000,
  smb3: 65_000,
  nfs: 65_000,
  nfs4: 65_000,
};
/** Of a share Windows remembers for 5 s that a file is not there, and for 10 s what is in a folder. */
const windowsMemoryMs = 15_000;

/**
 * For how long an answer about a place may be older than the share's own state: what another machine has written may
 * stay unseen for so long. 0 on this machine's own disks.
 */
export async function memoryOf(place: string, procRoot: string): Promise<number> {
  if (process.platform === 'win32') return (await isOnOwnDrive(place)) ? 0 : windowsMemoryMs;
  const mount = await mountOfPath(place, procRoot).catch(() => null);
  return remembering[mount?.fsType ?? ''] ?? 0;
}

/** A drive letter may stand for a share. What cannot be asked is taken for one. */
async function isOnOwnDrive(place: string): Promise<boolean> {
  if (/^[\\/]{2}/.test(place)) return false;
  const real = await realpath(place).catch(() => '');
  return /^[a-z]:/i.test(real);
}
