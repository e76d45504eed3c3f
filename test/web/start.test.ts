import { describe, expect, test } from 'vitest';
import { PlugbackError } from '../../src/errors.ts';
import { uuid } from '../backup/samples.ts';
import { useFolder } from '../folder.ts';
import { type Site, startSite, token } from './site.ts';

const folder = useFolder();
const bearer = { authorization: `Bearer ${token}` };
const good = JSON.stringify({ uuid });

async function post(
  site: Site,
  body: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; message: string; headers: Headers }> {
  const answer = await fetch(`${site.address}/copy`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const { message } = (await answer.json()) as { message: string };
  return { status: answer.status, message, headers: answer.headers };
}

describe('a start over the network', () => {
  test('with the token, for an enrolled disk; once', async () => {
    const site = await startSite(folder());
    expect(await post(site, good, bearer)).toMatchObject({ status: 202, message: 'The backup was started.' });
    expect((await post(site, good, bearer)).status).toBe(409);
    expect(site.starts).toEqual([uuid, uuid]);
  });

  const own = (site: Site) => ({ origin: site.address, 'sec-fetch-site': 'same-origin' });
  test('from the page itself', async () => {
    const site = await startSite(folder());
    expect((await post(site, good, { ...bearer, ...own(site) })).status).toBe(202);
  });

  const cases: [what: string, status: number, body: string, headers: Record<string, string>][] = [
    ['no token', 401, good, {}],
    ['another token', 401, good, { authorization: 'Bearer open-sesame-0123456788' }],
    ['a beginning of the token', 401, good, { authorization: 'Bearer open' }],
    ['an empty token', 401, good, { authorization: 'Bearer ' }],
    ['another scheme', 401, good, { authorization: `Basic ${token}` }],
    ['a broken body without the token', 401, '{', {}],
    ['no body', 400, '', bearer],
    ['a broken body', 400, '{"uuid":', bearer],
    ['a body of another kind', 400, good, { ...bearer, 'content-type': 'text/plain' }],
    ['a form', 400, `uuid=${uuid}`, { ...bearer, 'content-type': 'application/x-www-form-urlencoded' }],
    ['no UUID', 400, '{}', bearer],
    ['a UUID that is none', 400, '{"uuid":{"toString":1}}', bearer],
    ['null', 400, 'null', bearer],
    ['a large body', 400, JSON.stringify({ uuid, more: 'x'.repeat(5_000) }), bearer],
    ['an unknown compression', 400, good, { ...bearer, 'content-encoding': 'zstd' }],
    ['a disk that is not enrolled', 404, '{"uuid":"ffff-ffff"}', bearer],
    ['another origin', 403, good, { ...bearer, origin: 'http://evil.example' }],
    ['an origin that is none', 403, good, { ...bearer, origin: 'null' }],
    ['another site', 403, good, { ...bearer, 'sec-fetch-site': 'cross-site' }],
    ['a neighbouring site', 403, good, { ...bearer, 'sec-fetch-site': 'same-site' }],
  ];
  test.each(cases)('%s: %i, and nothing starts', async (_what, status, body, headers) => {
    const site = await startSite(folder());
    const answer = await post(site, body, headers);
    expect(answer.status).toBe(status);
    expect(answer.message).toMatch(/\.$/);
    expect(answer.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer realm="plugback"' : null);
    expect(site.starts).toEqual([]);
  });

  test('without a token file the route is off and says so', async () => {
    const site = await startSite(folder(), { starter: { token: null } });
    for (const headers of [{}, bearer, { authorization: 'Bearer null' }]) {
      expect(await post(site, good, headers)).toMatchObject({
        status: 403,
        message: expect.stringContaining('token-file'),
      });
    }
    expect(site.starts).toEqual([]);
    expect(await (await site.get('/')).text()).not.toContain('start-form');
  });

  test('who guesses is stopped after ten attempts, even with the right token then', async () => {
    const site = await startSite(folder());
    for (let number = 0; number < 10; number += 1) {
      expect((await post(site, good, { authorization: `Bearer ${number}` })).status).toBe(401);
    }
    expect((await post(site, good, bearer)).status).toBe(429);
    expect(site.starts).toEqual([]);
  });

  test('a start that fails is told with its remedy, never with a stack', async () => {
    const start = () => Promise.reject(new PlugbackError('start-failed', { reason: 'no unit' }));
    const site = await startSite(folder(), { starter: { start } });
    expect(await post(site, good, bearer)).toMatchObject({
      status: 500,
      message: 'The backup could not be started (no unit). Start it on the machine itself: plugback run',
    });
  });

  test('in the language of the request', async () => {
    const site = await startSite(folder(), { app: { language: null } });
    expect((await post(site, good, { ...bearer, 'accept-language': 'de' })).message).toBe(
      'Die Sicherung wurde gestartet.',
    );
  });
});
