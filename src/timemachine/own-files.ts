/** What the timemachine itself writes: a folder that holds some of it is watched without. */

import { type BytePath, bytesOfText, nameOfBytes } from '../system/byte-path.ts';
import type { Destination } from './destination.ts';
import { restoringPrefix } from './restore.ts';

export interface OwnPlaces {
  destination: Destination;
  listPath: string;
  logPath: string;
}

/** Tells what is not to be copied. */
export function ownFiles({ destination, listPath, logPath }: OwnPlaces): (file: BytePath) => boolean {
  const { copies, unfinished, recordPath, lockPath } = destination;
  const own = new Set<BytePath>([
    copies,
    unfinished,
    ...[recordPath, `${recordPath}.new`, ...[lockPath, listPath].map((lock) => `${lock}.lock`)].map(
      bytesOfText,
    ),
  ]);
  const log = bytesOfText(logPath);
  const owners = [lockPath, listPath].map((lock) => bytesOfText(`${lock}.owner.json`));
  return (file) =>
    own.has(file) ||
    file === log ||
    file.startsWith(`${log}.`) ||
    owners.some((owner) => file.startsWith(owner)) ||
    nameOfBytes(file).startsWith(restoringPrefix);
}

/**
 * Tells what another timemachine has in a folder: if each took the other's copies and log for changes, neither would end.
 *
 * @param names all that the folder holds
 */
export function othersFiles(names: ReadonlySet<BytePath>): (name: BytePath) => boolean {
  const isDestination = names.has('records_sent.dat' as BytePath) && names.has('copies' as BytePath);
  return (name) => otherLog.test(name) || (isDestination && inDestination.test(name));
}

const otherLog = /^timemachine\.log(?:\.\d)?$/;
const inDestination =
  /^(?:records_sent\.dat(?:\.new)?|copies|unfinished|timemachine\.(?:lock|owner\.json.*))$/;
