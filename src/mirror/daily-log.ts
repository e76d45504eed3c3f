/**
 * `LOGS/LOG-YYYY-MM-DD.txt`: what the mirror did, a line for each thing. Several processes may have one folder: each writes
 * whole lines, because the system takes one write at the end of a file at a time.
 */

import { closeSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { PlugbackError, reasonOf, systemCodeOf } from '../errors.ts';

const folderName = 'LOGS';

export interface DailyLog {
  /** The file of today. */
  readonly file: string;
  /** Adds lines with the time. @throws PlugbackError `mirror-log-unusable` */
  write(lines: readonly string[]): void;
  close(): void;
}

/** The folder of the logs: `LOGS` in the folder given, or that folder itself where it has this name. */
export function logFolder(logPath: string): string {
  const folder = path.resolve(logPath);
  return path.basename(folder) === folderName ? folder : path.join(folder, folderName);
}

/**
 * A folder that is missing may be one on a disk that is not mounted: only `LOGS` in it is made.
 *
 * @param folder as `logFolder` tells it
 * @throws PlugbackError `mirror-log-unusable`
 */
export function verifyPlaceOfLog(folder: string): void {
  const above = path.dirname(folder);
  try {
    // A file with a name like that is no folder.
    statSync(`${above}${path.sep}`);
  } catch (error) {
    throw new PlugbackError(
      'mirror-log-unusable',
      { path: above, reason: reasonOf(error) },
      { cause: error },
    );
  }
}

/** The folder above it must be there: see `verifyPlaceOfLog`. @throws the system's error */
function makeLogFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o755 });
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
  }
}

/**
 * @param folder is made where it is missing, but none above it
 * @param now ms since 1970
 */
export function createDailyLog(folder: string, now: () => number): DailyLog {
  let open: { file: string; descriptor: number } | null = null;

  const close = (): void => {
    if (open !== null) closeSync(open.descriptor);
    open = null;
  };
  const openFile = (file: string): number => {
    if (open?.file === file) return open.descriptor;
    close();
    makeLogFolder(folder);
    open = { file, descriptor: openSync(file, 'a', 0o644) };
    return open.descriptor;
  };
  const fileOf = (at: number) => path.join(folder, `LOG-${dayOf(at)}.txt`);
  return {
    get file() {
      return fileOf(now());
    },
    write: (lines) => {
      if (lines.length === 0) return;
      const at = now();
      const begin = `${dayOf(at)} ${timeOf(at)}  `;
      const file = fileOf(at);
      try {
        writeWhole(openFile(file), Buffer.from(lines.map((line) => `${begin}${line}\n`).join('')));
      } catch (error) {
        throw new PlugbackError(
          'mirror-log-unusable',
          { path: file, reason: reasonOf(error) },
          { cause: error },
        );
      }
    },
    close,
  };
}

/** A full disk may take less than it was given. */
function writeWhole(descriptor: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(descriptor, bytes, written, bytes.length - written);
  }
}

const two = (value: number): string => String(value).padStart(2, '0');

/** The day in this machine's time zone. */
function dayOf(ms: number): string {
  const at = new Date(ms);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

function timeOf(ms: number): string {
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
