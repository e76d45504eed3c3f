/**
 * Hears of what happens in folders, as the kernel tells it: one watch a folder, whatever number of files it holds.
 *
 * A folder that is missing is waited for in the nearest one above it. Watching libraries were measured and left aside:
 * each event has them read and stat the whole folder again, which for one busy file among 10,000 took a processor.
 */

import { type FSWatcher, statSync, watch } from 'node:fs';
import { systemCodeOf } from '../errors.ts';
import { type BytePath, bufferOf, bytesOf, folderOfBytes } from './byte-path.ts';

export interface FolderEvent {
  folder: BytePath;
  /** What in it has changed; null when the kernel does not say. */
  name: BytePath | null;
  /** Something came, went or was renamed; else a content has changed. */
  isComingOrGoing: boolean;
  /** The folder stands in for one below it that is missing. */
  isStandIn: boolean;
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
  isStandIn: boolean;
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

  const start = (folder: BytePath, inode: number, isStandIn: boolean) => {
    const present = watchers.get(folder);
    if (present?.inode === inode) {
      present.isStandIn = isStandIn;
      return;
    }
    forget(folder);
    try {
      const handle = watch(bufferOf(folder), { encoding: 'buffer' });
      const watcher: Watcher = { handle, inode, isStandIn };
      handle.on('change', (kind, name) => {
        listener.onEvent({
          folder,
          name: name === null ? null : bytesOf(name as Buffer),
          isComingOrGoing: kind === 'rename',
          isStandIn: watcher.isStandIn,
        });
      });
      handle.on('error', () => forget(folder));
      watchers.set(folder, watcher);
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') listener.onProblem(error);
    }
  };

  return {
    follow: (folders) => {
      const wanted = new Map<BytePath, { inode: number; isStandIn: boolean }>();
      for (const folder of folders) {
        const found = nearest(folder);
        const isStandIn = found.folder !== folder || (wanted.get(found.folder)?.isStandIn ?? false);
        wanted.set(found.folder, { inode: found.inode, isStandIn });
      }
      for (const folder of watchers.keys()) if (!wanted.has(folder)) forget(folder);
      for (const [folder, { inode, isStandIn }] of wanted) start(folder, inode, isStandIn);
    },
    close: () => {
      for (const folder of [...watchers.keys()]) forget(folder);
    },
  };
}

/** The folder, or the nearest above it that is there. */
function nearest(folder: BytePath): { folder: BytePath; inode: number } {
  try {
    const stats = statSync(bufferOf(folder), { throwIfNoEntry: false });
    if (stats?.isDirectory() === true || folder === '/') return { folder, inode: stats?.ino ?? 0 };
  } catch {
    // Behind a folder that may not be entered: what is above it can be watched.
  }
  return nearest(folderOfBytes(folder));
}
