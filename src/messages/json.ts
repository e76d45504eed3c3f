/** Data for a machine that may all the same end up on a terminal. */

/** What JSON leaves as it is although it can drive a terminal or turn text round. */
const unsafe = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** One JSON document; a label's control characters are written as `\uXXXX`, which means the same. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(unsafe, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
