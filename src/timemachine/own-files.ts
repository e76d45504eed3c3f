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
