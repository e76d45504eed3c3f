/**
 * Tells open pages what changes. One look at the files for all of them, one rendering a language, and only those parts
 * are sent that say something new: two hundred readers cost hardly more than one.
 */

import { type Channel, createChannel, createSession } from 'better-sse';
import type { Request, Response } from 'express';
import type { Language } from '../messages/format.ts';
import { jsonText } from '../messages/json.ts';
import type { Translator } from '../messages/translator.ts';
import { type NightshiftView, sayNightshift } from '../status/nightshift-view.ts';
import { type ModelSources, readModel, shownNights } from './model.ts';
import { renderLive } from './page.ts';
import type { LivePage, PageModel } from './page-model.ts';

export interface Live {
  /** Answers with the event stream; what is the case now comes first. @returns false when there is no room */
  join(request: Request, response: Response, translator: Translator): Promise<boolean>;
  /** Shows everybody the last state, and ends all streams. */
  close(): Promise<void>;
}

interface Reader {
  response: Response;
}

/** What is shown of it: that it has looked once more says nothing new. */
function shownState(nightshift: NightshiftView | null) {
  return nightshift === null ? null : sayNightshift(nightshift);
}

/** Those who read in one language. */
interface Audience {
  channel: Channel<Record<string, unknown>, Reader>;
  translator: Translator;
  /** What they all have; null when nobody got anything yet. */
  shown: LivePage | null;
  /** The event for the next one who joins; made when somebody does. */
  welcome: string | null;
}

const mostReaders = 1_000;
/** A browser that was stopped takes nothing; what waits for it must not fill the memory, in bytes. */
const mostUnsentBytes = 2_000_000;
const retryMs = 3_000;
const keepAliveMs = 15_000;

/** @param intervalMs how often the files are looked at while somebody watches */
export function createLive(sources: ModelSources, intervalMs: number): Live {
  const audiences = new Map<Language, Audience>();
  let latest: PageModel | null = null;
  let known = '';
  let events = 0;
  let updating: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;

  const readers = () => [...audiences.values()].flatMap(({ channel }) => channel.activeSessions);
  const stopWhenAlone = () => {
    if (timer === null || readers().length > 0) return;
    clearInterval(timer);
    timer = null;
  };
  const look = async () => {
    const [status, { total }, nightshift] = await Promise.all([
      sources.readers.status(),
      // A run enters the history a moment after its end is told.
      sources.readers.history({ limit: 0, skip: 0 }),
      sources.readers.nightshift(shownNights),
    ]);
    // "3 minutes ago" becomes untrue by itself.
    const now = JSON.stringify([status, total, shownState(nightshift), Math.floor(sources.now() / 60_000)]);
    if (now === known) return;
    latest = await readModel(sources, { status });
    known = now;
    for (const audience of audiences.values()) tell(audience, latest);
  };
  /** Several who ask in the same moment get the same look. A look that fails is made up for by the next one. */
  const update = (): Promise<void> => {
    updating ??= look()
      .catch(() => undefined)
      .finally(() => {
        updating = null;
      });
    return updating;
  };
  const tell = (audience: Audience, model: PageModel) => {
    const { channel, translator, shown } = audience;
    if (channel.sessionCount === 0) {
      audience.shown = null;
      audience.welcome = null;
      return;
    }
    for (const { state } of channel.activeSessions) {
      if (state.response.writableLength > mostUnsentBytes) state.response.destroy();
    }
    const live = renderLive(model, translator);
    audience.shown = live;
    audience.welcome = null;
    events += 1;
    channel.broadcast(eventText(model, { ...live, html: changedParts(shown, live) }), 'status', {
      eventId: String(events),
      filter: ({ state }) => !state.response.destroyed,
    });
  };
  const audienceOf = (translator: Translator): Audience => {
    const audience = audiences.get(translator.language) ?? {
      channel: createChannel<Record<string, unknown>, Reader>(),
      translator,
      shown: null,
      welcome: null,
    };
    audiences.set(translator.language, audience);
    return audience;
  };
  return {
    join: async (request, response, translator) => {
      if (readers().length >= mostReaders) return false;
      const session = await createSession<Reader>(request, response, {
        // The text is made once for all, and has no line ends.
        serializer: (text) => text as string,
        sanitizer: (text) => text,
        retry: retryMs,
        keepAlive: keepAliveMs,
        state: { response },
      });
      await update();
      if (!session.isConnected) return true;
      const audience = audienceOf(translator);
      // From here to the end nothing waits, so that nobody misses what comes next, or gets it twice.
      audience.channel.register(session);
      session.once('disconnected', () => setImmediate(stopWhenAlone));
      timer ??= setInterval(() => void update(), intervalMs);
      if (latest === null) return true;
      audience.shown ??= renderLive(latest, translator);
      audience.welcome ??= eventText(latest, audience.shown);
      session.push(audience.welcome, 'status', String(events));
      return true;
    },
    close: async () => {
      if (timer !== null) clearInterval(timer);
      timer = null;
      // A look that is under way may have begun before the end.
      await update();
      await update();
      for (const { state } of readers()) state.response.end();
    },
  };
}

/** The data of an event `status`. */
function eventText({ status }: PageModel, live: LivePage): string {
  return jsonText({ document: status, ...live });
}

function changedParts(before: LivePage | null, now: LivePage): LivePage['html'] {
  return Object.fromEntries(Object.entries(now.html).filter(([id, html]) => before?.html[id] !== html));
}
