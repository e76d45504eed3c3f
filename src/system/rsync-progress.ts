/** Reads rsync's `--info=progress2`: how much has been transferred. */

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
    this.rest = text.slice(lastEnd + 1);
    const before = this.latest;
    this.read(text.slice(0, lastEnd + 1));
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
    // The numbers are running totals, so the last line with each of them says it all.
    const bytes = lastNumber(text, /(?:^|[\r\n])\s*([\d,.]+)\s+\d+%/g);
    const files = lastNumber(text, /\(xfr#(\d+)/g);
    if (bytes === null && files === null) return;
    this.latest = {
      bytes: Math.max(this.latest.bytes, bytes ?? 0),
      files: Math.max(this.latest.files, files ?? 0),
    };
  }
}

function lastNumber(text: string, pattern: RegExp): number | null {
  let found: string | null = null;
  for (const match of text.matchAll(pattern)) found = match[1] ?? null;
  return found === null ? null : Number(found.replaceAll(/[,.]/g, ''));
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
