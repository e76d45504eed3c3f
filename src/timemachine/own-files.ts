/** What the timemachine itself writes: a folder that holds some of it is watched without. */

import { closeSync, constants, openSync, readSync, realpathSync } from 'node:fs';
import path from 'node:path';
import {
  type BytePath,
  bytesOfText,
  isWithin,
  joinBytes,
  nameOfBytes,
  nodePath,
} from '../system/byte-path.ts';
import { type Destination, destinationAt } from './destination.ts';
import { restoringPrefix } from './restore.ts';

export interface OwnPlaces {
  destination: Destination;
  listPath: string;
  logPath: string;
}

/**
 * Tells what is not to be copied, by its path; also by the one behind links, in which destination and list may stand.
 */
export function ownFiles(places: OwnPlaces): (file: BytePath) => boolean {
  const asNamed = ownFilesAt(places);
  const real = realPlaces(places);
  if (real === null) return asNamed;
  const asReal = ownFilesAt(real);
  return (file) => asNamed(file) || asReal(file);
}

function ownFilesAt({ destination, listPath, logPath }: OwnPlaces): (file: BytePath) => boolean {
  const { copies, unfinished, recordPath, lockPath } = destination;
  const own = new Set<BytePath>(
    [recordPath, `${recordPath}.new`, ...[lockPath, listPath].map((lock) => `${lock}.lock`)].map(bytesOfText),
  );
  const log = bytesOfText(logPath);
  const oldLogs = `${log}.`;
  const owners = [lockPath, listPath].map((lock) => bytesOfText(`${lock}.owner.json`));
  return (file) =>
    own.has(file) ||
    isWithin(copies, file) ||
    isWithin(unfinished, file) ||
    file === log ||
    (file.startsWith(oldLogs) && /^\d$/.test(file.slice(oldLogs.length))) ||
    owners.some((owner) => file.startsWith(owner)) ||
    nameOfBytes(file).startsWith(restoringPrefix);
}

/** The same behind links; null where there are none, or where something is missing. */
function realPlaces({ destination, listPath, logPath }: OwnPlaces): OwnPlaces | null {
  const real = (file: string) => path.join(realpathSync(path.dirname(file)), path.basename(file));
  try {
    const places = {
      destination: destinationAt(path.dirname(real(destination.recordPath))),
      listPath: real(listPath),
      logPath: real(logPath),
    };
    const isSame = places.destination.recordPath === destination.recordPath && places.logPath === logPath;
    return isSame ? null : places;
  } catch {
    return null;
  }
}

/**
 * Tells what another timemachine has in a folder: if each took the other's copies and log for changes, neither would end.
 * A file that only has the name of a log is its owner's.
 *
 * @param folder where it is
 * @param names all that the folder holds
 */
export function othersFiles(folder: BytePath, names: ReadonlySet<BytePath>): (name: BytePath) => boolean {
  const isDestination = names.has('records_sent.dat' as BytePath) && names.has('copies' as BytePath);
  return (name) =>
    (isDestination && inDestination.test(name)) || (otherLog.test(name) && isLog(joinBytes(folder, name)));
}

const otherLog = /^timemachine\.log(?:\.\d)?$/;
const inDestination =
  /^(?:records_sent\.dat(?:\.new)?|copies|unfinished|timemachine\.(?:lock|owner\.json.*))$/;

/** Does it begin as a line of the log does? What cannot be read is none. */
function isLog(file: BytePath): boolean {
  try {
    // Whatever has that name: a pipe must not be waited for.
    const handle = openSync(nodePath(file), constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const beginning = Buffer.alloc(64);
      const length = readSync(handle, beginning, 0, beginning.length, 0);
      return logLine.test(beginning.toString('latin1', 0, length));
    } finally {
      closeSync(handle);
    }
  } catch {
    return false;
  }
}

const logLine = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}(?:INFO |ERROR) {2}/;
