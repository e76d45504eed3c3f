/** What features hand over to be mailed: words and files, without a thought about how a mail is built. */

import { printable } from '../messages/printable.ts';

/** How it ended, for the headline of the HTML part: a colour and a symbol. */
export type LetterTone = 'good' | 'warning' | 'bad' | 'neutral';

export interface LetterAttachment {
  /** The file name that the reader sees; `.gz` is appended where it is compressed. */
  name: string;
  /** Where it lies on this machine. */
  path: string;
}

export interface Letter {
  subject: string;
  /** The lines of the plain text, the headline first. */
  text: readonly string[];
  /** Replaces the HTML part that is otherwise made from the text. */
  html?: string;
  /** `neutral` by default. */
  tone?: LetterTone;
  /** Addresses as configured: `a@x.example`, `Anna <a@x.example>`, or a user of the mail server such as `root`. */
  to: readonly string[];
  cc: readonly string[];
  attachments: readonly LetterAttachment[];
}

export interface Address {
  /** '' where there is none. */
  name: string;
  address: string;
}

export interface Recipients {
  to: Address[];
  cc: Address[];
}

const named = /^(?:"([^"]*)"|([^<>"]*?))\s*<\s*([^<>]+?)\s*>$/;

/** An address as people write it, taken apart; null when there is nothing in it. No control character survives. */
export function parseAddress(text: string): Address | null {
  const trimmed = printable(text.trim());
  const match = named.exec(trimmed);
  if (match === null) return trimmed === '' ? null : { name: '', address: trimmed };
  return { name: (match[1] ?? match[2] ?? '').trim(), address: match[3] ?? '' };
}

/** The letter's recipients, each only once: somebody may be a sysop, belong to the disk, and stand in cc. */
export function recipientsOf(letter: Pick<Letter, 'to' | 'cc'>): Recipients {
  const seen = new Set<string>();
  const unseen = (texts: readonly string[]): Address[] =>
    texts.flatMap((text) => {
      const address = parseAddress(text);
      // Strictly, case may matter left of the @; in practice it only makes the same mail arrive twice.
      const key = address?.address.toLowerCase() ?? '';
      if (address === null || seen.has(key)) return [];
      seen.add(key);
      return [address];
    });
  return { to: unseen(letter.to), cc: unseen(letter.cc) };
}
