/** A browser, and a server that shows it the page in any state, under the content policy of the real one. */

import { existsSync, readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium } from 'playwright-core';
import type { Language } from '../../src/messages/format.ts';
import { createTranslator } from '../../src/messages/translator.ts';
import { renderLive, renderPage } from '../../src/web/page.ts';
import type { PageModel } from '../../src/web/page-model.ts';
import { points } from '../web/models.ts';

const program = '/usr/bin/chromium';
const assets = new URL('../../dist/assets/', import.meta.url);
const assetTypes = { css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' };
const policy =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'";

/** Why the browser's tests cannot run here; null when they can. */
export function whyNoBrowser(): string | null {
  if (!existsSync(program)) return `${program} is missing`;
  return existsSync(new URL('page.js', assets))
    ? null
    : 'dist/assets/page.js is missing: node packaging/build.mjs';
}

export function startBrowser(): Promise<Browser> {
  // Chromium's own sandbox does not start for root.
  return chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

export interface PageServer {
  address: string;
  /** What the page shows from now on; open pages are told. */
  show(model: PageModel): void;
  /** Every token and disk that the form sent. */
  readonly starts: { token: string | undefined; body: string }[];
  /** Cuts every open event stream. */
  cut(): void;
  close(): Promise<void>;
}

/** Serves the page as `show` last said it. */
export async function servePage(first: PageModel): Promise<PageServer> {
  let model = first;
  const streams = new Map<ServerResponse, Language>();
  const starts: PageServer['starts'] = [];
  const send = (stream: ServerResponse, language: Language) => {
    const live = JSON.stringify(renderLive(model, createTranslator(language)));
    stream.write(`event: status\ndata: ${live}\n\n`);
  };
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://host');
    const language: Language = searchParams.get('lang') === 'de' ? 'de' : 'en';
    response.setHeader('content-security-policy', policy);
    if (pathname === '/') {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(renderPage(model, createTranslator(language), { script: true }));
    } else if (pathname === '/api/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('retry: 200\n\n');
      streams.set(response, language);
      send(response, language);
      request.on('close', () => streams.delete(response));
    } else if (pathname === '/api/points') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(points));
    } else if (pathname === '/copy') {
      let body = '';
      request.on('data', (chunk) => {
        body += String(chunk);
      });
      request.on('end', () => {
        starts.push({ token: request.headers.authorization, body });
        const isRight = request.headers.authorization === 'Bearer right';
        response.writeHead(isRight ? 202 : 401);
        response.end(JSON.stringify({ message: isRight ? 'Started.' : 'Wrong token.' }));
      });
    } else {
      const name = /^\/assets\/([a-z]+\.(css|js|svg))$/.exec(pathname);
      if (name?.[1] === undefined) response.writeHead(404).end();
      else {
        response.setHeader('content-type', assetTypes[name[2] as keyof typeof assetTypes]);
        response.end(readFileSync(new URL(name[1], assets)));
      }
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const stream of streams.keys()) stream.destroy();
  };
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    starts,
    show: (changed) => {
      model = changed;
      for (const [stream, language] of streams) send(stream, language);
    },
    cut,
    close: () => {
      cut();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
