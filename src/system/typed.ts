/** Command lines for people, who may type them. */

/** As a POSIX shell would have to be told: each word is told from the next, and none means anything but itself. */
export function typedLine(argv: readonly string[]): string {
  return argv
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
