import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { appendHistory } from '../../src/status/history.ts';
import type { RunDocument } from '../../src/status/types.ts';
import { sampleRun, uuid } from '../backup/samples.ts';
import { useFolder } from '../folder.ts';
import { type Site, startSite } from './site.ts';

const folder = useFolder();
const { id } = sampleRun();

function storeStatus({ paths }: Site, document: unknown): void {
  writeFileSync(paths.status, typeof document === 'string' ? document : JSON.stringify(document));
}

function idOf(number: number): string {
  return `20261121-${String(number).padStart(6, '0')}-0000`;
}

async function storeRuns({ paths }: Site, ...runs: readonly RunDocument[]): Promise<void> {
  for (const run of runs) await appendHistory(paths.history, run);
}

/** A site on which something happened. */
async function usedSite(): Promise<Site> {
  const site = await startSite(folder());
  await storeRuns(site, sampleRun());
  storeStatus(site, { version: 1, state: 'idle', run: sampleRun(), queue: [] });
  writeFileSync(site.logFilePath, 'first line\nlast line\n');
  writeFileSync(site.paths.runLog(id), 'the log of this run\n');
  return site;
}

describe('the routes', () => {
  test.each([
    ['/', 'text/html; charset=utf-8', '<!doctype html>'],
    ['/?page=2&lang=de', 'text/html; charset=utf-8', 'lang="de"'],
    [`/runs/${id}`, 'text/html; charset=utf-8', 'the log of this run'],
    [`/runs/${id}/log`, 'text/plain; charset=utf-8', 'the log of this run\n'],
    ['/log', 'text/plain; charset=utf-8', 'first line\nlast line\n'],
    ['/api/status', 'application/json; charset=utf-8', `"id":"${id}"`],
    ['/api/history', 'application/json; charset=utf-8', `"id":"${id}"`],
    ['/api/points', 'application/json; charset=utf-8', '"bytes":1500000000'],
    ['/metrics', 'text/plain; version=0.0.4; charset=utf-8', 'plugback_last_run_bytes 1500000000'],
    ['/healthz', 'text/plain; charset=utf-8', 'ok\n'],
    ['/assets/page.css', 'text/css; charset=utf-8', 'body { color: red }'],
  ])('%s', async (where, contentType, text) => {
    const site = await usedSite();
    const answer = await site.get(where);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, contentType]);
    expect(await answer.text()).toContain(text);
  });

  test('a machine on which nothing ever ran has a page, and no log', async () => {
    const site = await startSite(folder());
    for (const where of ['/', '/api/status', '/api/history', '/api/points', '/metrics']) {
      expect([where, (await site.get(where)).status]).toEqual([where, 200]);
    }
    for (const where of ['/log', `/runs/${id}`, `/runs/${id}/log`]) {
      expect([where, (await site.get(where)).status]).toEqual([where, 404]);
    }
  });

  test('headers: nothing inline, nothing from elsewhere, nothing kept, nobody told what serves it', async () => {
    const { headers } = await (await startSite(folder())).get('/');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'",
    );
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
  });

  test('an asset that is still the same is not sent again', async () => {
    const site = await startSite(folder());
    const etag = (await site.get('/assets/page.css')).headers.get('etag') ?? '';
    // fetch() would ask past every cache as soon as it is given this header.
    const ask = (known: string) =>
      site.raw(
        `GET /assets/page.css HTTP/1.1\r\nHost: x\r\nConnection: close\r\nIf-None-Match: ${known}\r\n\r\n`,
      );
    expect(await ask(etag)).toMatch(/^HTTP\/1.1 304/);
    expect(await ask('"older"')).toMatch(/^HTTP\/1.1 200/);
  });

  test('too much at once is turned away', async () => {
    const site = await usedSite();
    const answers: number[] = [];
    for (let number = 0; number < 310; number += 1) answers.push((await site.get('/log')).status);
    expect(answers.filter((status) => status === 429)).toHaveLength(10);
    expect((await site.get('/')).status).toBe(200);
  });
});

describe('what is not there', () => {
  test.each([
    ...[
      '/nothing',
      '/index.html',
      '/API/status',
      '/api/status/',
      '/api',
      '/runs',
      '/runs/',
      '/runs/x',
      '/runs/x/log',
    ],
    ...[
      '/log/',
      '/assets/',
      '/assets/secret.txt',
      '/assets/nothing.css',
      '/copy',
      '/favicon.ico',
      '/.git/config',
    ],
  ])('%s', async (where) => {
    const answer = await (await usedSite()).get(where);
    expect(answer.status).toBe(404);
    expect(await answer.text()).not.toContain('    at ');
  });

  const routes = [
    '/',
    `/runs/${id}`,
    `/runs/${id}/log`,
    '/log',
    '/api/status',
    '/api/history',
    '/api/points',
  ];
  const more = ['/api/events', '/metrics', '/healthz', '/assets/page.css', '/copy'];
  const tricks = [
    (route: string) => `/..${route}`,
    (route: string) => `/x/..${route}`,
    (route: string) => `${route}/../../../etc/passwd`,
    (route: string) => `/%2e%2e${route}`,
    (route: string) => `${route}/%2e%2e/%2e%2e/etc/passwd`,
    (route: string) => `${route}%00`,
    (route: string) => `${route}%2f..%2f..%2fetc%2fpasswd`,
    (route: string) => `/${route}`,
    (route: string) => `${route}//`,
    (route: string) => `${route}\\..\\..`,
    (route: string) => `${route}%zz`,
    (route: string) => `${route};x`,
  ];
  test.each([...routes, ...more])('path tricks on %s', async (route) => {
    const site = await usedSite();
    for (const method of ['GET', 'POST']) {
      for (const trick of tricks) {
        const where = trick(route);
        const answer = await site.raw(
          `${method} ${where} HTTP/1.1\r\nHost: 127.0.0.1:${site.port}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
        );
        expect(`${method} ${where}: ${answer.split('\r\n')[0]}`).toBe(
          `${method} ${where}: HTTP/1.1 404 Not Found`,
        );
        expect(answer).not.toContain('root:');
      }
    }
  });

  test('a zero byte, a broken host: a clear no, and the server lives on', async () => {
    const site = await usedSite();
    expect(await site.raw('GET /\0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1.1 400/,
    );
    expect(await site.raw('GET /api/events HTTP/1.1\r\nHost: a b<>\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1.1 (400|500)/,
    );
    expect((await site.get('/healthz')).status).toBe(200);
  });
});

describe('the language', () => {
  test.each([
    ['de', '/', 'en', 'de'],
    ['de', '/?lang=en', 'de', 'en'],
    [null, '/', 'de-DE,de;q=0.9,en;q=0.8', 'de'],
    [null, '/', 'fr', 'en'],
    [null, '/?lang=de', 'en', 'de'],
    [null, '/?lang=fr', 'de', 'de'],
    [null, '/?lang=de&lang=en', 'en', 'en'],
  ] as const)(
    'configured %s, %s, the browser prefers %s: %s',
    async (language, where, preferred, expected) => {
      const site = await startSite(folder(), { app: { language } });
      const answer = await site.get(where, { 'accept-language': preferred });
      expect(await answer.text()).toContain(`<html lang="${expected}">`);
    },
  );
});

describe('the status file', () => {
  const broken: readonly unknown[] = [
    ...['', '{', '{"version":1,"state":"run', 'null', '7', '[]', '\0\0\0'],
    { version: 2, state: 'running', run: { other: true }, queue: [] },
    { version: 1 },
    { version: 1, state: 'running', run: {}, queue: [] },
    { version: 1, state: 'running', run: sampleRun({ steps: [null] as never }), queue: [] },
    { version: 1, state: 'idle', run: sampleRun({ progress: { phase: 'copying' } as never }), queue: [] },
    { version: 1, state: 'idle', run: sampleRun({ error: { code: 7 } as never }), queue: [] },
    { version: 1, state: 'idle', run: sampleRun({ warningsSaid: [{}] as never }), queue: [] },
  ];
  test.each(broken)('%j never breaks the page', async (document) => {
    const site = await startSite(folder());
    storeStatus(site, document);
    expect((await site.get('/')).status).toBe(200);
    expect((await site.get('/metrics')).status).toBe(200);
    expect(await (await site.get('/api/status')).json()).toMatchObject({ state: 'idle', run: null });
  });

  test('an error that only a newer version knows is told by its code', async () => {
    const site = await startSite(folder());
    const error = { code: 'moon-too-full' as never, message: '', details: {}, exitCode: 1 };
    storeStatus(site, { version: 1, state: 'idle', run: sampleRun({ outcome: 'failed', error }), queue: [] });
    expect(await (await site.get('/')).text()).toContain('moon-too-full');
  });
});

test('hostile labels are text: escaped on the page, without anything that turns it round in JSON', async () => {
  const site = await startSite(folder());
  const label = '<script>alert(1)</script>\u202e\u001b[31m';
  await storeRuns(site, sampleRun({ label }));
  for (const where of ['/', `/runs/${id}`]) {
    const page = await (await site.get(where)).text();
    expect(page).not.toContain('<script>alert');
    expect(page).not.toMatch(/[\u202e\u001b]/);
  }
  for (const where of ['/api/status', '/api/history', '/api/points']) {
    const text = await (await site.get(where)).text();
    expect(text).not.toMatch(/[\u202e\u001b]/);
    expect(text).toContain('\\u202e');
  }
  expect(await (await site.get('/metrics')).text()).not.toContain('\n<script>');
});

describe('the history', () => {
  test('newest first, page by page, with the way to the others', async () => {
    const site = await startSite(folder());
    await storeRuns(site, ...[1, 2, 3, 4, 5].map((number) => sampleRun({ id: idOf(number) })));
    const answer = await site.get('/api/history?limit=2&page=2');
    expect(((await answer.json()) as RunDocument[]).map((run) => run.id)).toEqual([idOf(3), idOf(2)]);
    expect(answer.headers.get('x-total-count')).toBe('5');
    expect(answer.headers.get('link')).toBe(
      '</api/history?limit=2&page=1>; rel="prev", </api/history?limit=2&page=3>; rel="next"',
    );
    expect(await (await site.get('/api/history?page=9')).json()).toEqual([]);
  });

  test.each([
    'limit=0',
    'limit=501',
    'limit=-1',
    'limit=a',
    'limit=',
    'limit=1e2',
    'page=0',
    'page=99999999',
  ])('%s is refused with a sentence', async (query) => {
    const answer = await (await startSite(folder())).get(`/api/history?${query}`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      message: '“limit” and “page” should be whole numbers; 500 runs at most at once.',
    });
  });

  test('10,000 runs: the page in less than 200 ms', async () => {
    const site = await startSite(folder());
    const lines = Array.from({ length: 10_000 }, (_, number) =>
      JSON.stringify(sampleRun({ id: idOf(number) })),
    );
    writeFileSync(site.paths.history, `${lines.join('\n')}\n`);
    await site.get('/');
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const startedAt = performance.now();
      expect(await (await site.get('/')).text()).toContain('Page 1 of 400');
      times.push(performance.now() - startedAt);
    }
    expect(times.toSorted((one, other) => one - other)[2]).toBeLessThan(200);
    expect(await (await site.get('/api/history?limit=1')).json()).toMatchObject([{ id: idOf(9999) }]);
    expect(await (await site.get(`/runs/${idOf(5)}`)).text()).toContain(uuid);
  }, 30_000);
});
