/** What the timemachine itself writes: a folder that holds some of it is watched without. */

import { type BytePath, bytesOfText, nameOfBytes } from '../system/byte-path.ts';
import type { Destination } from './destination.ts';
import { restoringPrefix } from './restore.ts';

export interface OwnPlaces {
  destination: Destination;
  logPath: string;
}

/** Tells what is not to be copied. */
export function ownFiles({ destination, logPath }: OwnPlaces): (file: BytePath) => boolean {
  const { copies, unfinished, recordPath, lockPath } = destination;
  const own = new Set<BytePath>([
    copies,
    unfinished,
    ...[recordPath, `${recordPath}.new`, `${lockPath}.lock`].map(bytesOfText),
  ]);
  const [log, owner] = [bytesOfText(logPath), bytesOfText(`${lockPath}.owner.json`)];
  return (file) =>
    own.has(file) ||
    file === log ||
    file.startsWith(`${log}.`) ||
    file.startsWith(owner) ||
    nameOfBytes(file).startsWith(restoringPrefix);
}
