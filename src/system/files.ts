/**
 * File operations in places that may belong to root: the disk, the source, the mount point.
 *
 * As root they are system calls; otherwise each is a small program behind `sudo -n`. A disk is hostile: nothing here
 * follows a symbolic link in the last place of a path, waits at a pipe, or reads more than it was told to.
 */

import { constants } from 'node:fs';
import { chmod, lstat, open, opendir, rm, utimes } from 'node:fs/promises';
import { PlugbackError, systemCodeOf } from '../errors.ts';
import { makeFolder } from './folder.ts';
import type { Argv, ProcessResult, Runner } from './run.ts';

export interface Files {
  /** The first `limit` bytes (64 KiB by default) as text; null when there is no such file. Throws when it is no plain file. */
  read(path: string, limit?: number): Promise<string | null>;
  /** Replaces the content where it stands (no temporary file beside it) and hands it to the disk. */
  writeInPlace(path: string, text: string): Promise<void>;
  /** False when it was gone already. */
  remove(path: string): Promise<boolean>;
  /** Makes the folder and those above it; sets the mode of a new one. */
  makeDirectory(path: string, mode: number): Promise<void>;
  /** Some of the names in a folder, `limit` at most. */
  list(path: string, limit: number): Promise<string[]>;
  /** What stands at a path, links not followed; null when nothing does. */
  kind(path: string): Promise<'file' | 'directory' | 'other' | null>;
  /**
   * Does something in a folder and then gives the folder the modification time it had, to the microsecond.
   * A lock file that comes and goes would otherwise make the folder look changed, to rsync and to people.
   */
  keepingTimeOf<T>(directory: string, body: () => Promise<T>): Promise<T>;
}

const defaultLimit = 64 * 1024;

/** The file operations that fit the runner's rights. */
export function createFiles(runner: Runner): Files {
  return runner.isRoot ? rootFiles() : sudoFiles(runner);
}

/**
 * Nanoseconds as the floating-point seconds that Node's utimes takes. Half a microsecond is added so that rounding lands
 * on the same microsecond however often a time is kept.
 */
function toSeconds(timeNs: bigint): number {
  return (Number(timeNs / 1000n) + 0.5) / 1e6;
}

/** Reads a time as `touch --date` understands it, with nanoseconds. */
export function touchArgv(directory: string, timeNs: bigint): Argv {
  const size = timeNs < 0n ? -timeNs : timeNs;
  const nanoseconds = String(size % 1_000_000_000n).padStart(9, '0');
  const time = `${timeNs < 0n ? '-' : ''}${size / 1_000_000_000n}.${nanoseconds}`;
  return ['touch', '--no-create', '-m', `--date=@${time}`, '--', directory];
}

function rootFiles(): Files {
  return {
    read: async (path, limit = defaultLimit) => {
      // O_NONBLOCK: opening a pipe that somebody left on the disk must not wait for a writer.
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      const handle = await open(path, flags).catch(nullWhenMissing);
      if (handle === null) return null;
      try {
        if (!(await handle.stat()).isFile()) throw new Error('not a plain file');
        const buffer = Buffer.alloc(limit);
        const { bytesRead } = await handle.read(buffer, 0, limit, 0);
        return buffer.toString('utf8', 0, bytesRead);
      } finally {
        await handle.close();
      }
    },
    writeInPlace: async (path, text) => {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      const handle = await open(path, flags, 0o644);
      try {
        if (!(await handle.stat()).isFile()) throw new Error('not a plain file');
        const bytes = Buffer.from(text, 'utf8');
        await handle.write(bytes, 0, bytes.length, 0);
        await handle.truncate(bytes.length);
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
    remove: async (path) => {
      if ((await lstat(path).catch(nullWhenMissing)) === null) return false;
      await rm(path);
      return true;
    },
    makeDirectory: async (path, mode) => {
      if (makeFolder(path)) await chmod(path, mode);
    },
    list: async (path, limit) => {
      const names: string[] = [];
      const directory = await opendir(path);
      for await (const entry of directory) {
        if (names.length >= limit) break;
        names.push(entry.name);
      }
      return names;
    },
    kind: async (path) => {
      const stats = await lstat(path).catch(nullWhenMissing);
      if (stats === null) return null;
      return stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
    },
    keepingTimeOf: async (directory, body) => {
      const { atimeNs, mtimeNs } = await lstat(directory, { bigint: true });
      const result = await body();
      await utimes(directory, toSeconds(atimeNs), toSeconds(mtimeNs));
      return result;
    },
  };
}

function sudoFiles(runner: Runner): Files {
  const kind: Files['kind'] = async (path) => {
    const result = await runner.run(['stat', '--format=%F', '--', path]);
    if (result.exitCode !== 0) {
      if (/No such file/.test(result.stderr)) return null;
      throw failure(result);
    }
    const name = result.stdout.trim();
    return /^regular/.test(name) ? 'file' : name === 'directory' ? 'directory' : 'other';
  };
  const verifyPlainFile = async (path: string): Promise<boolean> => {
    const found = await kind(path);
    if (found !== null && found !== 'file') throw new Error('not a plain file');
    return found === 'file';
  };
  return {
    kind,
    read: async (path, limit = defaultLimit) => {
      if (!(await verifyPlainFile(path))) return null;
      return (await succeed(runner, ['head', `--bytes=${limit}`, '--', path])).stdout;
    },
    writeInPlace: async (path, text) => {
      await verifyPlainFile(path);
      await succeed(runner, ['dd', `of=${path}`, 'conv=fsync', 'status=none'], text);
    },
    remove: async (path) => {
      if ((await kind(path)) === null) return false;
      await succeed(runner, ['rm', '--', path]);
      return true;
    },
    makeDirectory: async (path, mode) => {
      if ((await kind(path)) !== null) return;
      await succeed(runner, ['mkdir', '--parents', '--', path]);
      await succeed(runner, ['chmod', mode.toString(8).padStart(4, '0'), '--', path]);
    },
    list: async (path, limit) => {
      const listed = await succeed(runner, [
        'find', path, '-mindepth', '1', '-maxdepth', '1', '-printf', '%f\\0',
      ]); // biome-ignore format: one option and its value belong on one line
      return listed.stdout.split('\0').filter(Boolean).slice(0, limit);
    },
    keepingTimeOf: async (directory, body) => {
      const before = await succeed(runner, ['stat', '--format=%.9Y', '--', directory]);
      const [seconds, fraction] = before.stdout.trim().split('.');
      const result = await body();
      await succeed(runner, touchArgv(directory, BigInt(`${seconds}${fraction}`)));
      return result;
    },
  };
}

async function succeed(runner: Runner, argv: Argv, input?: string): Promise<ProcessResult> {
  const result = await runner.run(argv, input === undefined ? {} : { input });
  if (result.exitCode !== 0) throw failure(result);
  return result;
}

/** A failed program as an error that carries the system's code where the text tells it. */
function failure(result: ProcessResult): Error {
  const text = result.stderr.trim();
  const code = /Permission denied/.test(text)
    ? 'EACCES'
    : /Read-only file system/.test(text)
      ? 'EROFS'
      : /No such file/.test(text)
        ? 'ENOENT'
        : /Input\/output error/.test(text)
          ? 'EIO'
          : 'EUNKNOWN';
  return Object.assign(new Error(text || `exit code ${result.exitCode}`), { code });
}

function nullWhenMissing(error: unknown): null {
  if (systemCodeOf(error) === 'ENOENT') return null;
  if (systemCodeOf(error) === 'ELOOP') throw new Error('a symbolic link is in its place', { cause: error });
  throw error instanceof PlugbackError ? error : (error as Error);
}
