/** Who sits at a computer, and for how long nobody has touched it. Parsers of what it says of itself. */

/** What is asked of a computer with Linux. `who` names each terminal and desktop with the time since its last key. */
export const whoCommand = 'LC_ALL=C who -u';
/** What is asked of one with Windows; it ends with 1 where nobody is logged in. */
export const queryUserCommand = 'query user';

/**
 * The shortest time since anybody has touched it, of `who -u`: `anna  tty1  2026-11-21 09:12 00:17  4711`.
 *
 * @returns minutes; 0 where a session does not tell (`?`); infinite where nobody is logged in
 */
export function idleOfWho(text: string): number {
  const idle = text.split('\n').flatMap((line) => {
    const match =
      /\s\d{4}-\d{2}-\d{2} \d{2}:\d{2}\s+(\S+)\s+\d+/.exec(line) ??
      /\s[A-Z][a-z]{2}\s+\d+ \d{2}:\d{2}\s+(\S+)\s+\d+/.exec(line);
    return match?.[1] === undefined ? [] : [minutesOfWho(match[1])];
  });
  return Math.min(...idle);
}

function minutesOfWho(word: string): number {
  if (word === 'old') return 24 * 60;
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})$/.exec(word) ?? [];
  return hours === undefined ? 0 : Number(hours) * 60 + Number(minutes);
}

/**
 * The same of Windows' `query user`, whose columns are named in Windows' language but keep their order: user, session
 * (none where disconnected), number, state, idle time (`none`, `.`, `17`, `1:05`, `2+03:15`), time of the login.
 */
export function idleOfQueryUser(text: string): number {
  const lines = text.split(/\r?\n/).slice(1);
  const idle = lines.flatMap((line) => {
    const match = /^[\s>]*\S+(?:\s+\S+)?\s+\d+\s+\S+\s+(\S+)\s+\S/.exec(line);
    return match?.[1] === undefined ? [] : [minutesOfQuery(match[1])];
  });
  return Math.min(...idle);
}

function minutesOfQuery(word: string): number {
  const match = /^(?:(\d+)\+)?(?:(\d{1,2}):)?(\d{1,2})$/.exec(word);
  if (match === null) return 0;
  const [days, hours, minutes] = match.slice(1).map((part) => Number(part ?? 0));
  return ((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0);
}
