/** Deletes old versions, or says which would go. */

import { type Dirent, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Keep } from '../config/types.ts';
import { PlugbackError, reasonOf, systemCodeOf } from '../errors.ts';
import {
  type BytePath,
  bufferOf,
  bytesOf,
  joinBytes,
  nameOfBytes,
  textOfBytes,
} from '../system/byte-path.ts';
import {
  type Destination,
  destinationError,
  type HoldOptions,
  holdDestination,
  readVersions,
  unreadable,
  type Version,
  verifyDestination,
} from './destination.ts';
import { lookAt } from './file-state.ts';
import { versionsHeld } from './held.ts';
import { readRecord } from './record.ts';
import { planThinning } from './thinning.ts';

export interface ThinOptions extends HoldOptions {
  keep: Keep;
  dryRun: boolean;
  /** Hears of each version as soon as it is gone, or would be. */
  onGone: (version: Version, file: BytePath) => void;
}

/**
 * Thins the versions of files; what each file was copied as last, or brought back to, and what it holds now stay, whatever
 * their time.
 *
 * @param files null: of all that have any
 * @returns how many versions stay
 * @throws PlugbackError `no-versions` for a file of `files` that has none, before any is thinned; `copies-folder-…`,
 *   `lock-lost`; and the signal's reason
 */
export async function thin(
  destination: Destination,
  files: readonly BytePath[] | null,
  options: ThinOptions,
): Promise<number> {
  const perform = async (signal: AbortSignal) => {
    const { known } = readRecord(destination.recordPath);
    for (const file of files ?? []) {
      const versions = await readVersions(destination, file);
      if (versions.length === 0)
        throw new PlugbackError('no-versions', { name: textOfBytes(file), path: destination.folder });
    }
    let kept = 0;
    for (const file of files ?? filesWithCopies(destination)) {
      signal.throwIfAborted();
      const versions = await readVersions(destination, file);
      const last = known.get(file)?.copy;
      const held = versionsHeld(versions, lookAt(file));
      const gone = planThinning(versions, options.clock.now(), options.keep).filter(
        (version) => nameOfBytes(version.path) !== last && !held.includes(version),
      );
      kept += versions.length - gone.length;
      for (const version of gone) {
        if (!options.dryRun) await remove(destination, version);
        options.onGone(version, file);
      }
    }
    return kept;
  };
  if (!options.dryRun) return await holdDestination(destination, { ...options, makesRoom: true }, perform);
  // A rehearsal writes nothing, not even a lock: it works on a full disk, and on one that is read-only.
  verifyDestination(destination);
  return await perform(options.signal);
}

async function remove(destination: Destination, { path }: Version): Promise<void> {
  try {
    await rm(bufferOf(path));
  } catch (error) {
    throw destinationError(destination, reasonOf(error), error);
  }
}

/**
 * Each folder that holds plain files is that of a file's copies.
 *
 * @throws PlugbackError `copies-folder-unreadable`
 */
function filesWithCopies({ copies }: Destination): BytePath[] {
  const files: BytePath[] = [];
  const visit = (folder: BytePath, file: BytePath) => {
    const entries = entriesOf(folder);
    if (entries.some((entry) => entry.isFile())) files.push(file);
    for (const entry of entries) {
      const name = bytesOf(entry.name);
      if (entry.isDirectory()) visit(joinBytes(folder, name), joinBytes(file, name));
    }
  };
  visit(copies, '/' as BytePath);
  return files;
}

function entriesOf(folder: BytePath): Dirent<Buffer>[] {
  try {
    return readdirSync(bufferOf(folder), { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw unreadable(textOfBytes(folder), error);
  }
}
