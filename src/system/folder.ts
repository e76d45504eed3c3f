/** Makes folders. */

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { systemCodeOf } from '../errors.ts';

/**
 * Makes a folder and those above it that are missing; one that is there stays as it is.
 *
 * Node's own recursive mkdir never ends below /proc (seen with 20.20): there a folder is missing and cannot be made.
 *
 * @returns true when it was made now
 * @throws the system's error when it cannot be made, or something else has its name
 */
export function makeFolder(folder: string, mode = 0o755): boolean {
  try {
    mkdirSync(folder, { mode });
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false;
    const above = path.dirname(folder);
    if (systemCodeOf(error) !== 'ENOENT' || above === folder) throw error;
    makeFolder(above);
    mkdirSync(folder, { mode });
    return true;
  }
}
