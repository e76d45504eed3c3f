/**
 * A plan's steps, packed: a plan may hold a million of them, and as objects they would fill the memory. A block begins
 * with a folder's path (`/path\0`), then `letter kind size name\0` for each step in it. It is compressed: names resemble each
 * other, and the quickest level takes a quarter of the room.
 */

import { deflateRawSync, inflateRawSync } from 'node:zlib';

import type { Kind } from './compare.ts';
import { type ByteString, joinNames } from './names.ts';

export type Action =
  /** It is new. */
  | 'add'
  /** It replaces what has its name. */
  | 'overwrite'
  /** Its mode, owner or extended attributes change. */
  | 'attributes'
  /** It gets the name of a file that is there already; `links` of the plan says which. */
  | 'link'
  /** It goes, with all that is in it. */
  | 'delete';

export interface Step {
  readonly action: Action;
  readonly kind: Kind;
  /** From the root of the source or replica. */
  readonly path: ByteString;
  /** Of a file, in bytes; of what is deleted, how many files it holds. */
  readonly size: number;
}

const actionLetters: { readonly [A in Action]: string } = {
  add: 'A',
  overwrite: 'O',
  attributes: 'M',
  link: 'L',
  delete: 'D',
};
const kindLetters: { readonly [K in Kind]: string } = {
  file: 'f',
  folder: 'd',
  link: 'l',
  pipe: 'p',
  socket: 's',
  block: 'b',
  character: 'c',
};
const actions = new Map(Object.entries(actionLetters).map(([action, letter]) => [letter, action as Action]));
const kinds = new Map(Object.entries(kindLetters).map(([kind, letter]) => [letter, kind as Kind]));

export interface StepWriter {
  enter(folder: ByteString): void;
  add(action: Action, kind: Kind, size: number, name: ByteString): void;
  /** Null when nothing was added. */
  finish(): Buffer | null;
}

export function createStepWriter(): StepWriter {
  let text = '';
  let folder = '';
  let entered: string | null = null;
  return {
    enter: (path) => {
      folder = path;
    },
    add: (action, kind, size, name) => {
      if (entered !== folder) text += `/${folder}\0`;
      entered = folder;
      text += `${actionLetters[action]}${kindLetters[kind]}${size} ${name}\0`;
    },
    finish: () => (text === '' ? null : deflateRawSync(Buffer.from(text, 'utf8'), { level: 1 })),
  };
}

/** The steps that `createStepWriter` packed. */
export function* readSteps(packed: Uint8Array): Generator<Step> {
  let folder = '';
  const text = inflateRawSync(packed).toString('utf8');
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\0', at);
    if (text[at] === '/') folder = text.slice(at + 1, end);
    else {
      const blank = text.indexOf(' ', at);
      yield {
        action: actions.get(text[at] ?? '') ?? 'add',
        kind: kinds.get(text[at + 1] ?? '') ?? 'file',
        size: Number(text.slice(at + 2, blank)),
        path: joinNames(folder, text.slice(blank + 1, end)),
      };
    }
    at = end + 1;
  }
}
