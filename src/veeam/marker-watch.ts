/** Watches a copy's marker in the source, to tell a copy that runs from one that died. */

import type { Clock } from '../system/clock.ts';
import type { Share } from '../system/share.ts';

/** `dead`: a marker stands there, and nobody renews it any more. */
export type CopyState = 'none' | 'alive' | 'dead';

/** A copy renews its marker every ten seconds; one that has not done so for this long is dead, in ms. */
const deadAfterMs = 120_000;
const longestText = 4096;

export class MarkerWatch {
  /** What was seen last, since when in ms; null: nothing. */
  private seen: { text: string; since: number } | null = null;

  constructor(
    private readonly markerPath: string,
    private readonly context: { share: Share; clock: Clock },
  ) {}

  /**
   * Is a copy running, as far as can be seen by now? The first look at a marker says yes: only watching shows more, and
   * comparing two machines' clocks would not.
   */
  async look(): Promise<CopyState> {
    const text = await this.read();
    const now = this.context.clock.monotonic();
    if (text === null) {
      this.seen = null;
      return 'none';
    }
    if (this.seen?.text !== text) this.seen = { text, since: now };
    return now - this.seen.since >= deadAfterMs ? 'dead' : 'alive';
  }

  private async read(): Promise<string | null> {
    const { share, clock } = this.context;
    try {
      return await share.read(this.markerPath, longestText);
    } catch {
      // Nobody knows what is in it. Its time may tell; a share that is gone tells nothing, so it never counts as dead.
      const entry = await share.look(this.markerPath).catch(() => undefined);
      if (entry === null) return null;
      return `unreadable ${entry?.writtenAt ?? clock.monotonic()}`;
    }
  }
}
