/** Which night it is, and whether the window is open: croner knows the time zones and their clock changes. */

import { Cron } from 'croner';

export interface CalendarSettings {
  /** Minutes since midnight. */
  nightBegins: number;
  window: { from: number; to: number } | null;
  /** Null: this machine's. */
  timeZone: string | null;
}

/** Times are ms since 1970. */
export interface Calendar {
  /** In which the window is told; null: this machine's. */
  zone: string | null;
  /** The night that began last, by the date of its evening: `2026-11-21`. */
  nightOf(now: number): string;
  /** When the window that is open closes; null: it is shut. */
  windowEnd(now: number): number | null;
  /** When the next one opens; null: there is none. */
  nextWindow(now: number): number | null;
}

const hourMs = 3600_000;
const dayMinutes = 24 * 60;

interface Span {
  from: number;
  /** Exclusive. */
  to: number;
}

export function createCalendar(settings: CalendarSettings): Calendar {
  const zone = settings.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const nights = daily(settings.nightBegins, zone);
  const opens = settings.window === null ? null : daily(settings.window.from, zone);
  const closes = settings.window === null ? null : daily(settings.window.to, zone);
  const date = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' });
  const { from = 0, to = 0 } = settings.window ?? {};
  const lengthMs = ((to - from + dayMinutes) % dayMinutes) * 60_000;
  // Asked every minute, the answer changes once a day.
  const night = remembering((now) => {
    const span = { from: before(nights, now), to: after(nights, now) };
    return { span, value: date.format(span.from) };
  });
  const window = remembering((now) => {
    if (opens === null || closes === null) return { span: everAfter(now), value: null };
    const opened = before(opens, now);
    const next = after(closes, opened);
    // Where the whole window lies in the hour that does not exist, it opens and closes at one moment: this end is tomorrow's.
    const shut = next - opened > lengthMs + 2 * hourMs ? opened + lengthMs : next;
    const isOpen = now < shut;
    return {
      span: { from: isOpen ? opened : shut, to: isOpen ? shut : after(opens, now) },
      value: isOpen ? shut : null,
    };
  });
  return {
    zone: settings.timeZone,
    nightOf: night,
    windowEnd: window,
    nextWindow: (now) => (opens === null ? null : after(opens, now)),
  };
}

function daily(minutes: number, timezone: string): Cron {
  return new Cron(`0 ${minutes % 60} ${Math.floor(minutes / 60)} * * *`, { timezone, paused: true });
}

/** The last time at or before a moment. */
function before(cron: Cron, now: number): number {
  // croner leaves out the moment itself.
  const [last] = cron.previousRuns(1, new Date(now + 1000));
  if (last === undefined) throw new Error('a daily time has no past');
  // A whole second ahead may already be the next one.
  if (last.getTime() <= now) return last.getTime();
  const [earlier] = cron.previousRuns(1, new Date(now));
  if (earlier === undefined) throw new Error('a daily time has no past');
  return earlier.getTime();
}

/** The first time after a moment. */
function after(cron: Cron, now: number): number {
  const next = cron.nextRun(new Date(now));
  if (next === null) throw new Error('a daily time has no future');
  return next.getTime();
}

function everAfter(now: number): Span {
  return { from: now, to: Number.POSITIVE_INFINITY };
}

function remembering<T>(find: (now: number) => { span: Span; value: T }): (now: number) => T {
  let known: { span: Span; value: T } | null = null;
  return (now) => {
    if (known === null || now < known.span.from || now >= known.span.to) known = find(now);
    return known.value;
  };
}
