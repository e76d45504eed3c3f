/** What one look at a file tells, and what can be wrong with it. */

import { type Stats, statSync } from 'node:fs';
import { reasonOf, systemCodeOf } from '../errors.ts';
import { type BytePath, nodePath } from '../system/byte-path.ts';

/** Two looks that are equal saw the same content, unless somebody wrote within the same tick of the kernel's clock. */
export interface FileState {
  /** When the content was changed; people and programs can set it. In µs since 1970. */
  modifiedUs: number;
  /** When anything about the file was changed, by the kernel's clock. In µs since 1970. */
  changedUs: number;
  /** In bytes. */
  size: number;
  inode: number;
}

/** Why a file cannot be copied. */
export type TroubleKind =
  | 'missing'
  | 'unreadable'
  | 'in-use'
  | 'folder'
  | 'not-a-file'
  | 'restless'
  | 'failed';

export interface Trouble {
  kind: TroubleKind;
  /** As the system says it. */
  reason: string;
}

export type Look = { state: FileState } | { trouble: Trouble };

/** Looks at what stands at a path; links are followed. */
export function lookAt(file: BytePath): Look {
  try {
    const stats = statSync(nodePath(file), { throwIfNoEntry: false });
    return stats === undefined ? { trouble: missing } : lookOf(stats);
  } catch (error) {
    return { trouble: troubleOf(error) };
  }
}

/** What the numbers of the system say. */
export function lookOf(stats: Stats): Look {
  if (stats.isDirectory()) return { trouble: { kind: 'folder', reason: 'EISDIR' } };
  if (!stats.isFile()) return { trouble: { kind: 'not-a-file', reason: 'not a plain file' } };
  return {
    state: {
      modifiedUs: Math.floor(stats.mtimeMs * 1000),
      changedUs: Math.floor(stats.ctimeMs * 1000),
      size: stats.size,
      inode: stats.ino,
    },
  };
}

const missing: Trouble = { kind: 'missing', reason: 'ENOENT' };

/** What an error of the system means for the file that was read. */
export function troubleOf(error: unknown): Trouble {
  const reason = reasonOf(error);
  switch (systemCodeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return missing;
    case 'EACCES':
    case 'EPERM':
      return { kind: 'unreadable', reason };
    case 'EBUSY':
    case 'EAGAIN':
    case 'ETXTBSY':
      return { kind: 'in-use', reason };
    case 'EISDIR':
      return { kind: 'folder', reason };
    case 'ENXIO':
      return { kind: 'not-a-file', reason: 'not a plain file' };
    default:
      return { kind: 'failed', reason };
  }
}

export function isSameState(one: FileState, other: FileState): boolean {
  return (
    one.modifiedUs === other.modifiedUs &&
    one.changedUs === other.changedUs &&
    one.size === other.size &&
    one.inode === other.inode
  );
}
