/** The status page's server: `createApp()` has the routes, whoever calls it listens. It reads; it never asks the job. */

import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import { type Language, languages } from '../messages/format.ts';
import { jsonText } from '../messages/json.ts';
import { createTranslator, type PlainKey, type Translator } from '../messages/translator.ts';
import { documentOf } from '../status/nightshift-view.ts';
import type { Clock } from '../system/clock.ts';
import { readAssets } from './assets.ts';
import { createLive } from './live.ts';
import { renderMetrics } from './metrics.ts';
import { type ModelSources, readModel } from './model.ts';
import { renderPage, renderRun } from './page.ts';
import type { CopyStarter, Readers } from './readers.ts';
import { answerStart, askForToken, refusalOf } from './start-route.ts';

export interface AppOptions {
  readers: Readers;
  starter: CopyStarter;
  /** The language for readers that ask for none; null: the one their browser prefers. */
  language: Language | null;
  assetsDirectory: string;
  /** This machine's name. */
  host: string;
  version: string;
  clock: Clock;
  /** How often the files are looked at while somebody watches, in ms; a second by default. */
  intervalMs?: number;
}

export interface WebApp {
  app: Express;
  /** Shows open pages the last state and ends their streams, which would keep a server from closing. */
  close(): Promise<void>;
}

/** Enough for every browser of an office behind one proxy, too little to keep the machine busy. */
const costlyAMinute = 300;
const attemptsAMinute = 10;
const minuteMs = 60_000;
const usualHistory = 50;
const mostHistory = 500;
const usualPoints = 400;
const mostPoints = 2_000;
const largestPage = 1_000_000;

/** Nothing inline, nothing from elsewhere. */
const contentPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
};

export function createApp(options: AppOptions): WebApp {
  const { readers, starter, clock } = options;
  const sources: ModelSources = {
    readers,
    canStart: starter.token !== null,
    host: options.host,
    now: () => clock.now(),
  };
  const live = createLive(sources, options.intervalMs ?? 1_000);
  const assets = readAssets(options.assetsDirectory);
  const translators = new Map(languages.map((language) => [language, createTranslator(language)]));
  const translatorFor = (request: Request): Translator => {
    const language = languageFor(request, options.language);
    return translators.get(language) ?? createTranslator(language);
  };
  const answer = (request: Request, response: Response, status: number, said: PlainKey) =>
    sendWords(request, response, status, translatorFor(request).say(said));
  const notFound = (request: Request, response: Response) => answer(request, response, 404, 'web.not-found');
  const limit = (aMinute: number, counted: { skipSuccessfulRequests?: boolean } = {}) =>
    rateLimit({
      ...counted,
      windowMs: minuteMs,
      limit: aMinute,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      // Its checks write to the terminal, of which a request must not be able to make use.
      validate: false,
      handler: (request, response) => answer(request, response, 429, 'web.too-many'),
    });
  const costly = limit(costlyAMinute);
  // Whoever asks for too many logs can still see the page.
  const looking = limit(costlyAMinute);

  const app = express();
  app.disable('x-powered-by').disable('etag').enable('strict routing').enable('case sensitive routing');
  app.set('query parser', 'simple');
  // There is no HTTPS to insist on: the page is served inside a network, or through a proxy that does it.
  app.use(
    helmet({
      contentSecurityPolicy: contentPolicy,
      strictTransportSecurity: false,
      // Without HTTPS, browsers ignore these two and complain about them.
      crossOriginOpenerPolicy: false,
      originAgentCluster: false,
      referrerPolicy: { policy: 'same-origin' },
    }),
  );
  app.use((request, response, next) => {
    response.set('Cache-Control', 'no-store').vary('Accept-Language');
    // None of our addresses needs anything else; what does is a trick, or a mistake.
    if (/^\/[\w/.-]*$/.test(request.path) && !/\/\/|\.\./.test(request.path)) next();
    else notFound(request, response);
  });

  app.get('/', looking, async (request, response) => {
    const page = wholeNumber(request.query.page, 1, 1, largestPage) ?? 1;
    const model = await readModel(sources, { page });
    const script = request.query.script !== 'off';
    response.type('html').send(renderPage(model, translatorFor(request), { script }));
  });
  app.get('/runs/:id', costly, async (request, response) => {
    const id = nameIn(request);
    const run = await readers.run(id);
    if (run === null) {
      // It is still running: the page itself shows it.
      const isRunning = (await readers.status()).run?.id === id;
      return isRunning ? response.redirect(303, '/') : notFound(request, response);
    }
    const log = await readers.runLog(id);
    response.type('html').send(renderRun(run, log, translatorFor(request)));
  });
  app.get('/runs/:id/log', costly, async (request, response) => {
    const log = await readers.openRunLog(nameIn(request));
    sendLog(request, response, log, notFound);
  });
  app.get('/log', costly, async (request, response) => {
    sendLog(request, response, await readers.openLog(), notFound);
  });
  app.get('/api/status', async (_, response) => {
    sendJson(response, await readers.status());
  });
  app.get('/api/history', costly, async (request, response) => {
    const count = wholeNumber(request.query.limit, usualHistory, 1, mostHistory);
    const page = wholeNumber(request.query.page, 1, 1, largestPage);
    if (count === null || page === null) return answer(request, response, 400, 'web.bad-number');
    const { runs, total } = await readers.history({ limit: count, skip: (page - 1) * count });
    response.set('X-Total-Count', String(total)).links(neighbours(page, count, total));
    sendJson(response, runs);
  });
  app.get('/api/nightshift', costly, async (request, response) => {
    const count = wholeNumber(request.query.limit, usualHistory, 1, mostHistory);
    if (count === null) return answer(request, response, 400, 'web.bad-number');
    const nightshift = await readers.nightshift(count);
    sendJson(response, nightshift === null ? null : documentOf(nightshift));
  });
  app.get('/api/points', costly, async (request, response) => {
    const count = wholeNumber(request.query.limit, usualPoints, 1, mostPoints);
    if (count === null) return answer(request, response, 400, 'web.bad-number');
    sendJson(response, await readers.points(count));
  });
  // Else a HEAD would wait for the end of a stream that has none.
  app.head('/api/events', (_, response) => {
    response.type('text/event-stream').end();
  });
  app.get('/api/events', async (request, response) => {
    const hasRoom = await live.join(request, response, translatorFor(request));
    if (!hasRoom) answer(request, response, 503, 'web.too-many');
  });
  app.get('/metrics', looking, async (_, response) => {
    const { contentType, text } = await renderMetrics(readers, clock.now, options.version);
    response.set('Content-Type', contentType).send(text);
  });
  app.get('/healthz', (_, response) => {
    response.type('text').send('ok\n');
  });
  app.get('/assets/:name', (request, response) => {
    const asset = assets.get(request.params.name);
    if (asset === undefined) return notFound(request, response);
    response.set({ 'Cache-Control': 'no-cache', 'Content-Type': asset.contentType, ETag: asset.etag });
    response.send(asset.content);
  });
  app.post(
    '/copy',
    // Those that succeed are no attempts at guessing.
    limit(attemptsAMinute, { skipSuccessfulRequests: true }),
    (request, response, next) => {
      const refusal = refusalOf(request, starter.token);
      if (refusal === null) return next();
      if (refusal.status === 401) askForToken(response);
      answer(request, response, refusal.status, refusal.said);
    },
    // The body of somebody without the token is not even read.
    express.json({ limit: '1kb' }),
    async (request, response) => {
      const { status, said } = await answerStart(request.body, starter);
      answer(request, response, status, said);
    },
  );
  app.use(notFound);
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    if (response.headersSent) return void response.destroy();
    if (isAboutBody(error)) return answer(request, response, 400, 'web.start.body');
    sendWords(request, response, 500, translatorFor(request).tell(error).message);
  });
  return { app, close: live.close };
}

/** The variable part of an address. */
function nameIn({ params }: Request): string {
  return String(params.id);
}

/** What was asked for in the address, else the configured language, else the one that the browser prefers. */
function languageFor(request: Request, configured: Language | null): Language {
  const asked = languages.find((language) => language === request.query.lang);
  if (asked !== undefined) return asked;
  if (configured !== null) return configured;
  const preferred = request.acceptsLanguages([...languages]);
  return languages.find((language) => language === preferred) ?? 'en';
}

/** A number of the address, or what counts without one; null when it is none, or out of range. */
function wholeNumber(typed: unknown, usual: number, least: number, most: number): number | null {
  if (typed === undefined) return usual;
  const number = typeof typed === 'string' && /^\d{1,7}$/.test(typed) ? Number(typed) : Number.NaN;
  return number >= least && number <= most ? number : null;
}

/** The addresses of the pages before and after, as the header `Link` names them. */
function neighbours(page: number, limit: number, total: number): { prev?: string; next?: string } {
  const address = (number: number) => `/api/history?limit=${limit}&page=${number}`;
  return {
    ...(page > 1 ? { prev: address(page - 1) } : {}),
    ...(page * limit < total ? { next: address(page + 1) } : {}),
  };
}

function sendJson(response: Response, value: unknown): void {
  response.set('Content-Type', 'application/json; charset=utf-8').send(jsonText(value));
}

/** A sentence instead of a document: as JSON where programs ask, else as plain text. */
function sendWords(request: Request, response: Response, status: number, message: string): void {
  response.status(status);
  if (request.method === 'POST' || request.path.startsWith('/api/')) sendJson(response, { message });
  else response.type('text').send(`${message}\n`);
}

function sendLog(
  request: Request,
  response: Response,
  log: Readable | null,
  notFound: (request: Request, response: Response) => void,
): void {
  if (log === null) {
    notFound(request, response);
    return;
  }
  response.type('text');
  // A reader that goes away, or a disk that breaks: the answer ends, nothing else does.
  pipeline(log, response, () => undefined);
}

/** Errors of express.json: not JSON, too large, cut off, compressed in a way nobody knows. */
function isAboutBody(error: unknown): boolean {
  const { status, type } = (error ?? {}) as { status?: unknown; type?: unknown };
  return typeof type === 'string' && typeof status === 'number' && status >= 400 && status < 500;
}
