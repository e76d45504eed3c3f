/**
 * Hears of what happens in folders, as the kernel tells it: one watch a folder, whatever number of files it holds.
 *
 * A folder that is missing is waited for in the nearest one above it. Watching libraries were measured and left aside:
 * each event has them read and stat the whole folder again, which for one busy file among 10,000 took a processor.
 */

import { type FSWatcher, statSync, watch } from 'node:fs';
import { systemCodeOf } from '../errors.ts';
import { type BytePath, bufferOf, bytesOf, folderOfBytes, nameOfBytes } from './byte-path.ts';

export interface FolderEvent {
  folder: BytePath;
  /** What in it has changed; null when the kernel does not say. */
  name: BytePath | null;
  /** Something came, went or was renamed; else a content has changed. */
  isComingOrGoing: boolean;
  /** It is, or leads to, a folder that was missing. */
  isAwaited: boolean;
}

export interface FolderWatch {
  /** Watches these folders from now on, and no others; to be called again when a folder may have come or gone. */
  follow(folders: Iterable<BytePath>): void;
  close(): void;
}

interface Watcher {
  handle: FSWatcher;
  /** A folder that was replaced by another of its name has another one. */
  inode: number;
  awaited: ReadonlySet<BytePath>;
}

/** A folder that is to be watched. */
interface Wanted {
  inode: number;
  /** It stands in for missing ones that would be reached through these, its own entries. */
  awaited: Set<BytePath>;
}

/**
 * @param listener.onEvent gets each event
 * @param listener.onProblem hears why a folder cannot be watched, such as the kernel's limit
 */
export function createFolderWatch(listener: {
  onEvent: (event: FolderEvent) => void;
  onProblem: (error: unknown) => void;
}): FolderWatch {
  const watchers = new Map<BytePath, Watcher>();

  const forget = (folder: BytePath) => {
    watchers.get(folder)?.handle.close();
    watchers.delete(folder);
  };

  const start = (folder: BytePath, { inode, awaited }: Wanted) => {
    const present = watchers.get(folder);
    if (present?.inode === inode) {
      present.awaited = awaited;
      return;
    }
    forget(folder);
    try {
      const handle = watch(bufferOf(folder), { encoding: 'buffer' });
      const watcher: Watcher = { handle, inode, awaited };
      handle.on('change', (kind, told) => {
        const name = told === null ? null : bytesOf(told as Buffer);
        const isAwaited = name === null ? watcher.awaited.size > 0 : watcher.awaited.has(name);
        listener.onEvent({ folder, name, isComingOrGoing: kind === 'rename', isAwaited });
      });
      handle.on('error', () => forget(folder));
      watchers.set(folder, watcher);
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') listener.onProblem(error);
    }
  };

  return {
    follow: (folders) => {
      const wanted = new Map<BytePath, Wanted>();
      for (const folder of folders) {
        const found = nearest(folder);
        const awaited = wanted.get(found.folder)?.awaited ?? new Set();
        if (found.missing !== null) awaited.add(found.missing);
        wanted.set(found.folder, { inode: found.inode, awaited });
      }
      for (const folder of watchers.keys()) if (!wanted.has(folder)) forget(folder);
      for (const [folder, each] of wanted) start(folder, each);
    },
    close: () => {
      for (const folder of [...watchers.keys()]) forget(folder);
    },
  };
}

/** The folder, or the nearest above it that is there, and what is missing from that. */
function nearest(
  folder: BytePath,
  missing: BytePath | null = null,
): { folder: BytePath; inode: number; missing: BytePath | null } {
  try {
    const stats = statSync(bufferOf(folder), { throwIfNoEntry: false });
    if (stats?.isDirectory() === true || folder === '/') return { folder, inode: stats?.ino ?? 0, missing };
  } catch {
    // Behind a folder that may not be entered: what is above it can be watched.
  }
  return nearest(folderOfBytes(folder), nameOfBytes(folder));
}
