/** `POST /copy`: who may ask for a start, and what is answered. */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import type { PlainKey } from '../messages/translator.ts';
import type { CopyStarter } from './readers.ts';

export interface Answer {
  status: number;
  said: PlainKey;
}

/**
 * Why a request may not start anything; null when it may.
 *
 * A browser says from which site a request comes. One from elsewhere is turned away even with the right token: no page
 * of ours sent it.
 */
export function refusalOf(request: Request, token: string | null): Answer | null {
  if (isFromOtherSite(request)) return { status: 403, said: 'web.other-site' };
  if (token === null) return { status: 403, said: 'web.start.off' };
  const [, given = ''] = /^Bearer +([^ ]+) *$/i.exec(request.headers.authorization ?? '') ?? [];
  return isSameSecret(given, token) ? null : { status: 401, said: 'web.start.token' };
}

/** Starts what the body asks for. */
export async function answerStart(body: unknown, starter: CopyStarter): Promise<Answer> {
  const uuid: unknown = (body as { uuid?: unknown } | null | undefined)?.uuid;
  if (typeof uuid !== 'string') return { status: 400, said: 'web.start.body' };
  if (!starter.isEnrolled(uuid)) return { status: 404, said: 'web.start.not-enrolled' };
  switch (await starter.start(uuid)) {
    case 'started':
      return { status: 202, said: 'web.start.started' };
    case 'already-running':
      return { status: 409, said: 'web.start.running' };
    case 'not-attached':
      return { status: 409, said: 'web.start.not-attached' };
  }
}

/** Answers 401 the way clients expect it. */
export function askForToken(response: Response): void {
  response.set('WWW-Authenticate', 'Bearer realm="plugback"');
}

function isFromOtherSite({ headers }: Request): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  if (headers.origin === undefined) return false;
  return !URL.canParse(headers.origin) || new URL(headers.origin).host !== headers.host;
}

/** Takes as long for a wrong beginning as for a wrong end: what is compared are digests of one length. */
function isSameSecret(given: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token)) && given !== '';
}
