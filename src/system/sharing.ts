/** Windows: files that a program keeps to itself. */

import { closeSync, constants, openSync } from 'node:fs';
import { systemCodeOf } from '../errors.ts';

/** How Node opens a file on Windows without sharing it: libuv's own flag, which `fs.constants` does not name. */
const unshared = 0x10000000;

/**
 * Opens a file for this process alone, until it is closed or the process ends, however it does. Makes it where it is missing.
 * Windows only.
 *
 * @throws the system's error; EBUSY when anybody has it open
 */
export function openUnshared(file: string): number {
  return openSync(file, constants.O_RDWR | constants.O_CREAT | unshared);
}

/** Does any program have a file open, or run it? Windows only; elsewhere, and of what cannot be told, false. */
export function isOpenAnywhere(file: string): boolean {
  if (process.platform !== 'win32') return false;
  try {
    closeSync(openSync(file, constants.O_RDWR | unshared));
    return false;
  } catch (error) {
    return systemCodeOf(error) === 'EBUSY';
  }
}
