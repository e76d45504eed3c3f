/** Who sits at a computer, and for how long nobody has touched it. Parsers of what it says of itself. */

/**
 * What is asked of a computer with Linux. `who` names each terminal and desktop with the time since its last key; what it does
 * not know (it reads utmp, which not every desktop writes into, and not every system still has) logind does.
 */
export const whoCommand =
  'LC_ALL=C who -u && echo -- && { LC_ALL=C loginctl --no-legend --no-pager list-sessions 2>/dev/null || true; }';
/** What is asked of one with Windows; it ends with 1 where nobody is logged in. Windows Home has no such program. */
export const queryUserCommand = 'query user';

/**
 * The shortest time since anybody has touched it, of `who -u`: `anna  tty1  2026-11-21 09:12 00:17  4711`.
 *
 * @returns minutes; 0 where a session does not tell (`?`), or a line is not understood; infinite where nobody is logged in
 */
export function idleOfWho(text: string): number {
  const [said = '', sessions = ''] = text.split(/^--$/m);
  const known = new Set<string>();
  const idle = linesOf(said).map((line) => {
    known.add(line.split(/\s+/)[0] ?? '');
    const match =
      /\s\d{4}-\d{2}-\d{2} \d{2}:\d{2}\s+(\S+)\s+\d+/.exec(line) ??
      /\s[A-Z][a-z]{2}\s+\d+ \d{2}:\d{2}\s+(\S+)\s+\d+/.exec(line);
    return minutesOfWho(match?.[1] ?? '?');
  });
  const isUnknown = (user: string | null) => user !== null && !known.has(user);
  const isSomebodyElse = linesOf(sessions).some((line) => isUnknown(userOfSession(line)));
  return Math.min(...idle, isSomebodyElse ? 0 : Number.POSITIVE_INFINITY);
}

function linesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/**
 * Who sits there, of a line of `loginctl list-sessions`: number, user's number, user, and in an order that changes with its
 * version seat, terminal, class and state.
 *
 * @returns null for what is nobody's: the log-in screen, our own login without a terminal, one that has ended
 */
function userOfSession(line: string): string | null {
  const [, uid = '', user = '', ...rest] = line.split(/\s+/);
  const isPerson = uid === '0' || Number(uid) >= 1000;
  const isThere = rest.some((word) => /^(?:seat|tty|pts\/|:\d)/.test(word)) && !rest.includes('closing');
  return isPerson && isThere ? user : null;
}

function minutesOfWho(word: string): number {
  if (word === 'old') return 24 * 60;
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})$/.exec(word) ?? [];
  return hours === undefined ? 0 : Number(hours) * 60 + Number(minutes);
}

/**
 * The same of Windows' `query user`, whose columns are named in Windows' language but keep their order: user, session
 * (none where disconnected), number, state, idle time (`none`, `.`, `17`, `1:05`, `2+03:15`), time of the login.
 *
 * @returns null where it does not tell. That nobody is logged in it says in Windows' language, with a star for whom it looked.
 */
export function idleOfQueryUser({
  exitCode,
  stdout,
  stderr,
}: {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}): number | null {
  const [heading, ...lines] = linesOf(stdout);
  if (heading === undefined || lines.length === 0)
    return exitCode === 1 && `${stdout}${stderr}`.includes('*') ? Number.POSITIVE_INFINITY : null;
  return Math.min(
    ...lines.map((line) => {
      const words = line.replace(/^>/, '').trim().split(/\s+/);
      const number = [words[1], words[2]].findIndex((word) => /^\d+$/.test(word ?? '')) + 1;
      return number === 0 ? 0 : minutesOfQuery(words[number + 2] ?? '');
    }),
  );
}

function minutesOfQuery(word: string): number {
  const match = /^(?:(\d+)\+)?(?:(\d{1,2}):)?(\d{1,2})$/.exec(word);
  if (match === null) return 0;
  const [days, hours, minutes] = match.slice(1).map((part) => Number(part ?? 0));
  return ((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0);
}
