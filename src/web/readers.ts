/** What the page is told: all of it read, none of it asked of the job. */

import type { Readable } from 'node:stream';
import type { NightshiftView } from '../status/nightshift-view.ts';
import type { RunDocument, StatusDocument } from '../status/types.ts';

/** An enrolled disk, as the history and the attached devices show it. */
export interface DiskView {
  uuid: string;
  label: string | null;
  isAttached: boolean;
  /** When its last good backup ended, ISO 8601; null when there was none. */
  lastGoodAt: string | null;
  /** Of its last run that knew them; bytes. */
  freeBytes: number | null;
  sizeBytes: number | null;
  /** No good backup for too long. */
  isOverdue: boolean;
}

export interface HistoryPage {
  /** Newest first. */
  runs: RunDocument[];
  /** How many there are in all. */
  total: number;
}

/** What a run did from day to day, for the charts. */
export interface HistoryPoint {
  uuid: string;
  label: string | null;
  finishedAt: string;
  /** Copied, in bytes; null when it ended before the estimate. */
  bytes: number | null;
  freeBytes: number | null;
}

export interface Readers {
  status(): Promise<StatusDocument>;
  /** The newest run that ended well; null when there is none. */
  lastGood(): Promise<RunDocument | null>;
  /** Finished runs, newest first, `skip` of them left out. */
  history(page: { limit: number; skip: number }): Promise<HistoryPage>;
  run(id: string): Promise<RunDocument | null>;
  /** Oldest first, one a run, the newest `limit` of them. */
  points(limit: number): Promise<HistoryPoint[]>;
  disks(): Promise<DiskView[]>;
  /** The end of the current log, whole lines, `maxBytes` at most. */
  logTail(maxBytes: number): Promise<string>;
  /** The whole current log; null when there is none. */
  openLog(): Promise<Readable | null>;
  /** The log of one run, the end of it where it is very long; null when it is no longer kept. */
  runLog(id: string): Promise<string | null>;
  /** The whole log of one run; null when it is no longer kept. */
  openRunLog(id: string): Promise<Readable | null>;
  /** How many mails wait to be sent; null where nobody may look. */
  outboxLength(): Promise<number | null>;
  /** The night watch with its last nights; null where there has never been one. */
  nightshift(nights: number): Promise<NightshiftView | null>;
}

/** What the page may ask for, once the token was right. */
export interface CopyStarter {
  /** Null: there is no `token-file`, so nobody may. */
  token: string | null;
  isEnrolled(uuid: string): boolean;
  /** @throws PlugbackError `start-failed` when it could not be started, or ended at once */
  start(uuid: string): Promise<'started' | 'already-running' | 'not-attached'>;
}
