/** What of the source a disk with a filesystem of another system will not hold, read off the dry run. */

import { PlugbackError } from '../errors.ts';
import type { Limits } from '../system/filesystems.ts';
import { isChange, parseChange } from '../system/rsync.ts';

export interface Losses {
  limits: Limits;
  /** Links, pipes, sockets and devices that rsync leaves out. */
  skipped: number;
  /** Files and folders whose names, or whose folders' names, cannot exist there. */
  refused: number;
  /** Files and folders whose names differ from another's only in capitals. */
  twins: number;
  /** The first of those names. */
  names: string[];
  /** The files that are too large for it, the first one by name. */
  tooLarge: { count: number; name: string; bytes: number } | null;
}

/** How many names an error or a warning quotes. */
const quotedNames = 3;

/** Stands before the dry run's readers: counts what is lost, and lets through what a run really changes. */
export class LossFinder {
  readonly losses: Losses;
  private rest = '';
  /** The names so far, in small letters: only where two of them can be one. */
  private readonly seen = new Set<string>();

  constructor(limits: Limits) {
    this.losses = { limits, skipped: 0, refused: 0, twins: 0, names: [], tooLarge: null };
  }

  /** Takes a piece of the dry run's output; gives it without the lines that announce no change. */
  sift(piece: string): string {
    const lines = (this.rest + piece).split('\n');
    this.rest = lines.pop() ?? '';
    return lines
      .filter((line) => this.keeps(line))
      .map((line) => `${line}\n`)
      .join('');
  }

  /** Takes what the dry run complained of: names that the disk's driver cannot even look up stand only there. */
  addComplaints(stderr: string, destination: string): void {
    for (const [, name = ''] of stderr.matchAll(/recv_generator: failed to stat "(.*)": Invalid/g)) {
      this.losses.refused += 1;
      this.quote(name.replace(`${destination}/`, ''));
    }
  }

  private keeps(line: string): boolean {
    if (line.startsWith('skipping non-regular file "')) {
      this.losses.skipped += 1;
      return false;
    }
    if (!isChange(line)) return true;
    const isUnchanged = /^\.[fd] {9}/.test(line);
    const isRootTime = !this.losses.limits.rootHasTime && /^\.d..t\.{6} \d+ \.\/$/.test(line);
    if (!line.startsWith('*deleting')) this.examine(line);
    return !isUnchanged && !isRootTime;
  }

  private examine(line: string): void {
    const change = parseChange(line);
    const name = change?.name.toString('utf8') ?? './';
    if (change === null || name === './') return;
    const { limits } = this.losses;
    if (limits.refusesPath(change.name)) {
      this.losses.refused += 1;
      this.quote(name);
    }
    if (limits.ignoresCase) this.lookForTwin(name);
    if (line.startsWith('>f') && change.bytes > limits.largestFile) {
      const first = this.losses.tooLarge ?? { count: 0, name, bytes: change.bytes };
      this.losses.tooLarge = { ...first, count: first.count + 1 };
    }
  }

  private lookForTwin(name: string): void {
    const folded = name.toLowerCase();
    if (this.seen.has(folded)) {
      this.losses.twins += 1;
      this.quote(name);
    }
    this.seen.add(folded);
  }

  private quote(name: string): void {
    if (this.losses.names.length < quotedNames) this.losses.names.push(name);
  }
}

/**
 * Hours of copying would end at the first file that is too large for the disk: rather say so before.
 *
 * @throws PlugbackError `file-too-large`
 */
export function verifyFilesFit(losses: Losses | null): void {
  if (losses?.tooLarge == null) return;
  throw new PlugbackError('file-too-large', { type: losses.limits.name, ...losses.tooLarge });
}

/** The error of a copy that lacks files because of their names; null where there are none. */
export function nameError(losses: Losses | null): PlugbackError | null {
  if (losses === null) return null;
  const count = losses.refused + losses.twins;
  return count === 0
    ? null
    : new PlugbackError('names-not-kept', { type: losses.limits.name, count, names: losses.names });
}
