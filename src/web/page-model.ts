/** What the page shows, gathered before it is rendered: rendering reads nothing and waits for nothing. */

import type { Headline } from '../status/headline.ts';
import type { NightshiftView } from '../status/nightshift-view.ts';
import type { RunDocument, StatusDocument } from '../status/types.ts';
import type { DiskView, HistoryPage } from './readers.ts';

/** One page of the history, and which one it is. */
export interface HistoryView extends HistoryPage {
  /** From 1. */
  page: number;
  /** Runs a page. */
  limit: number;
}

export interface PageModel {
  status: StatusDocument;
  headline: Headline;
  /** The newest run that ended well. */
  lastGood: RunDocument | null;
  disks: readonly DiskView[];
  history: HistoryView;
  /** Null where no night watch has ever been kept. */
  nightshift: NightshiftView | null;
  /** The end of the current log, whole lines; '' where there is none. */
  logTail: string;
  /** Is there a `token-file`, so that a backup can be started here? */
  canStart: boolean;
  /** Milliseconds since 1970, for "how long ago". */
  now: number;
  /** This machine's name. */
  host: string;
}

export interface PageOptions {
  /** False: no scripts are referred to, and the page reloads itself. */
  script: boolean;
}

/**
 * What changes on an open page, sent with each event `status`: the new title, and HTML by the id of the element whose
 * content it replaces.
 */
export interface LivePage {
  title: string;
  html: Readonly<Record<string, string>>;
}
