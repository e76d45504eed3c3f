/** Reads rsync's progress lines (`--info=progress2`, or asked for by SIGVTALRM): how much has been transferred. */

export interface TransferProgress {
  /** Bytes of the files transferred so far. */
  bytes: number;
  files: number;
}

/**
 * Collects progress lines as they stream by and keeps only the latest numbers, which never go back.
 *
 * rsync's own percentage is of *all* files, so an incremental copy would end at 11 %: only its counts are used.
 */
export class ProgressParser {
  private rest = '';
  private latest: TransferProgress = { bytes: 0, files: 0 };

  /** Takes a piece of output; true when the numbers have changed. */
  add(piece: string): boolean {
    const text = this.rest + piece;
    const lastEnd = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r'));
    // A progress line begins with a CR, so what follows the last one may still be growing.
    const cut = Math.max(0, text[lastEnd] === '\r' ? lastEnd : lastEnd + 1);
    this.rest = text.slice(cut);
    const before = this.latest;
    this.read(text.slice(0, cut));
    return this.latest !== before;
  }

  get progress(): TransferProgress {
    return this.latest;
  }

  /** The numbers once rsync has ended, its last unfinished line included. */
  finish(): TransferProgress {
    this.read(this.rest);
    this.rest = '';
    return this.latest;
  }

  private read(text: string): void {
    // All are running totals, so the last line with each of them says it all.
    let { bytes, files } = this.latest;
    // A file's name, printed above its line, can say anything, but a CR in it is printed as \#015.
    for (const [, soFar, , count] of text.matchAll(/\r +([\d,.]+) +\d+%([^\r\n]*?\(xfr#(\d+))?/g)) {
      bytes = Math.max(bytes, parseCount(soFar));
      files = Math.max(files, parseCount(count));
    }
    for (const [, what, count] of text.matchAll(finalCounts)) {
      if (what === 'Total transferred file size') bytes = Math.max(bytes, parseCount(count));
      else files = Math.max(files, parseCount(count));
    }
    if (bytes > this.latest.bytes || files > this.latest.files) this.latest = { bytes, files };
  }
}

/** From `--stats`: when rsync was only asked now and then, its last answer is not the end. */
const finalCounts = /^(Total transferred file size|Number of regular files transferred): ([\d,.]+)/gm;

function parseCount(text = '0'): number {
  return Number(text.replaceAll(/[,.]/g, ''));
}

/** A rate over the last seconds, from samples of a running total. */
export class RateMeter {
  private samples: { at: number; bytes: number }[] = [];

  constructor(private readonly windowMs = 15_000) {}

  /** Takes the running total at a time (ms) and gives the rate in bytes a second. */
  rate(at: number, bytes: number): number {
    this.samples.push({ at, bytes });
    while (this.samples.length > 2 && (this.samples[1]?.at ?? at) <= at - this.windowMs) this.samples.shift();
    const first = this.samples[0];
    if (first === undefined || at <= first.at) return 0;
    return Math.max(0, ((bytes - first.bytes) * 1000) / (at - first.at));
  }
}
