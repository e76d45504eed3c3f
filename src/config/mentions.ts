/** Does a configuration that nobody can make sense of mention a disk? Pure. */

import { decodeText } from './encoding.ts';

/** Hyphens as keyboards and word processors write them; and the zeros of a UTF-16 that does not say so. */
const passedOver = /[\p{Pd}\u00ad\u2212\0]/gu;

/** Whether the UUID is one of its words, whatever the case, the hyphens and the encoding; a part of a word is not. */
export function mentionsUuid(bytes: Uint8Array, uuid: string): boolean {
  const bare = (text: string) => text.replaceAll(passedOver, '').toLowerCase();
  const words = bare(decodeText(bytes).text).split(/[^0-9a-z]+/);
  return words.includes(bare(uuid));
}
