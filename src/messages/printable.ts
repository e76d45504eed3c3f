/**
 * Text from outside (labels, file names, programs' output) made safe to show to people.
 *
 * Control characters could drive a terminal, break a mail header or hide text; bidirectional marks could make
 * a name read as something else. Each becomes a visible escape such as `\x1b` or `\u202e`.
 */

const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu;

/** One line of text without any character that controls instead of being read. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
