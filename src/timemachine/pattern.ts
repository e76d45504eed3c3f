/** Patterns such as `/srv/**\/*.docx`, as a shell reads them. */

import picomatch from 'picomatch';

export interface Pattern {
  /** The folder in which the search begins; '' is the current one. */
  base: string;
  /** How many folders deep files can lie, the base's own being 1. */
  depth: number;
  /** Does it fit, given the path from the base? */
  matches(relative: string): boolean;
}

export function readPattern(text: string): Pattern {
  const { base, glob } = picomatch.scan(text);
  return {
    base,
    depth: glob.includes('**') ? Number.POSITIVE_INFINITY : glob.split('/').length,
    matches: picomatch(glob, { posix: true }),
  };
}
