/** Are two files the same, byte by byte? Reading both is all there is to it: a checksum would read them as well. */

import { closeSync, openSync, readSync } from 'node:fs';
import { readingFlags } from './place.ts';

const pieceBytes = 1024 * 1024;

/** @throws the system's error when one cannot be read */
export function hasSameContent(one: string | Buffer, other: string | Buffer): boolean {
  const left = openSync(one, readingFlags);
  try {
    const right = openSync(other, readingFlags);
    try {
      return isSameToTheEnd(left, right);
    } finally {
      closeSync(right);
    }
  } finally {
    closeSync(left);
  }
}

function isSameToTheEnd(left: number, right: number): boolean {
  const pieces = [Buffer.allocUnsafe(pieceBytes), Buffer.allocUnsafe(pieceBytes)] as const;
  for (;;) {
    const read = readFully(left, pieces[0]);
    if (read !== readFully(right, pieces[1])) return false;
    if (!pieces[0].subarray(0, read).equals(pieces[1].subarray(0, read))) return false;
    if (read < pieceBytes) return true;
  }
}

/** A read may give less than was asked for, before the end. */
function readFully(file: number, piece: Buffer): number {
  let filled = 0;
  while (filled < piece.length) {
    const read = readSync(file, piece, filled, piece.length - filled, null);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}
