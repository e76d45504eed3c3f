/** What every part of the page needs besides its own subject, and the small words they share. */

import type { Translator } from '../../messages/translator.ts';
import { type Html, html } from '../html.ts';

export interface View {
  translator: Translator;
  /** Milliseconds since 1970. */
  now: number;
}

/** A link within the page's routes that stays in the reader's language. */
export function link(path: string, { translator }: View, query = ''): string {
  return `${path}?lang=${translator.language}${query}`;
}

/** A moment as date and time, for people and for programs. */
export function moment(iso: string, { translator }: View): Html {
  return html`<time datetime="${iso}">${translator.format.dateTime(iso)}</time>`;
}

/** How long ago a moment was, in the one unit that matters. */
export function ago(iso: string, { translator, now }: View): string {
  const seconds = Math.max(0, (now - Date.parse(iso)) / 1000);
  return Number.isNaN(seconds) ? '' : translator.say('page.ago', { seconds });
}

/** A disk by its label, kept apart from the direction in which the text around it is written. */
export function diskLabel(disk: { label: string | null; uuid: string | null }, view: View): Html {
  const name = disk.label || disk.uuid;
  return name === null ? html`${view.translator.say('page.no-disk')}` : html`<bdi>${name}</bdi>`;
}

/** Seconds between two moments; 0 where a file holds no time. */
export function secondsBetween(from: string, to: string): number {
  const seconds = (Date.parse(to) - Date.parse(from)) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
}
