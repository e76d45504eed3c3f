/** Files that others read: written to a temporary name and renamed, so that nobody sees half of one. */

import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeFolder } from '../system/folder.ts';

/**
 * Replaces a file's content at once. Synchronous: a status must also be written in the last moment of a process.
 *
 * @param options.flush is it to be on the disk before it takes the old one's place? Some filesystems leave an empty file else
 * @throws the system's error when it cannot be written
 */
export function writeAtomically(
  filePath: string,
  content: string | Uint8Array,
  { mode = 0o644, flush = false }: { mode?: number; flush?: boolean } = {},
): void {
  makeFolder(path.dirname(filePath));
  const temporary = `${filePath}.${process.pid}.new`;
  writeFileSync(temporary, content, { mode, flush });
  renameSync(temporary, filePath);
}
