/** Markup as template literals in which everything that is filled in becomes text, unless it is markup itself. */

import { printable } from '../messages/printable.ts';

/** Finished markup; only `html` makes it. */
export interface Html {
  readonly markup: string;
}

/** What may stand between the pieces of a template; null and false are nothing. */
export type Filling = string | number | Html | null | false | readonly Filling[];

class Markup implements Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

/**
 * Puts a template together. Text is shown as it is, in elements and in quoted attributes: nothing in it can become
 * markup, and control characters and bidirectional marks show as visible escapes. Line breaks stay.
 */
export function html(pieces: TemplateStringsArray, ...fillings: Filling[]): Html {
  return new Markup(pieces.reduce((markup, piece, index) => markup + filled(fillings[index - 1]) + piece));
}

function filled(filling: Filling | undefined): string {
  if (filling === undefined || filling === null || filling === false) return '';
  // The class tells: an object out of a file, with a property of that name, is not markup.
  if (filling instanceof Markup) return filling.markup;
  if (Array.isArray(filling)) return filling.map(filled).join('');
  return escaped(String(filling));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text
    .split('\n')
    .map(printable)
    .join('\n')
    .replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
