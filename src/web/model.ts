/** Gathers what the page shows. */

import { headlineOf } from '../status/headline.ts';
import type { StatusDocument } from '../status/types.ts';
import type { PageModel } from './page-model.ts';
import type { Readers } from './readers.ts';

export const runsAPage = 25;
/** Nights that the page lists. */
export const shownNights = 7;
const logTailBytes = 8_000;

export interface ModelSources {
  readers: Readers;
  canStart: boolean;
  /** This machine's name. */
  host: string;
  now(): number;
}

/**
 * The model of the page.
 *
 * @param wanted which page of the history, from 1; the status, where it was read already
 */
export async function readModel(
  sources: ModelSources,
  wanted: { page?: number; status?: StatusDocument } = {},
): Promise<PageModel> {
  const { readers, canStart, host } = sources;
  const { page = 1 } = wanted;
  const [status, lastGood, disks, history, logTail, nightshift] = await Promise.all([
    wanted.status ?? readers.status(),
    readers.lastGood(),
    readers.disks(),
    readers.history({ limit: runsAPage, skip: (page - 1) * runsAPage }),
    readers.logTail(logTailBytes),
    readers.nightshift(shownNights),
  ]);
  return {
    status,
    headline: headlineOf(status, lastGood, nightshift),
    lastGood,
    disks,
    history: { ...history, page, limit: runsAPage },
    logTail,
    nightshift,
    canStart,
    now: sources.now(),
    host,
  };
}
