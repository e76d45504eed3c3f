/** What was really typed: Node hands out the command line as text, in which bytes that are no UTF-8 are lost. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type BytePath, bytesOf, bytesOfText } from './byte-path.ts';

/** What Node puts in place of bytes that are no UTF-8. */
const replacement = '\ufffd';

/**
 * The bytes of words of the command line, in the order in which they were typed.
 *
 * @param words as Node gave them
 * @param procRoot where the kernel tells the command line of this process; elsewhere the words are taken as they are
 */
export function typedBytes(words: readonly string[], procRoot: string): BytePath[] {
  if (!words.some((word) => word.includes(replacement))) return words.map(bytesOfText);
  const typed = commandLine(procRoot);
  let next = 0;
  return words.map((word) => {
    for (let place = next; place < typed.length; place += 1) {
      const found = valuesIn(typed[place] ?? Buffer.alloc(0)).find(
        (value) => value.toString('utf8') === word,
      );
      if (found === undefined) continue;
      next = place + 1;
      return bytesOf(found);
    }
    return bytesOfText(word);
  });
}

function commandLine(procRoot: string): Buffer[] {
  try {
    const bytes = readFileSync(path.join(procRoot, 'self/cmdline'));
    const words: Buffer[] = [];
    for (let from = 0, to = bytes.indexOf(0); to >= 0; from = to + 1, to = bytes.indexOf(0, from)) {
      words.push(bytes.subarray(from, to));
    }
    return words;
  } catch {
    return [];
  }
}

/** The word itself, and what stands in it behind an option's name: `--to=FILE`, `-aFILE`. */
function valuesIn(word: Buffer): Buffer[] {
  const isLong = word.subarray(0, 2).toString('latin1') === '--';
  const behind = isLong ? word.indexOf('=') + 1 : 2;
  return word[0] === 0x2d && behind > 0 ? [word, word.subarray(behind)] : [word];
}
