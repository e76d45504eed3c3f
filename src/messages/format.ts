/** Numbers, sizes, times and lists as people of a language write them. */

export type Language = 'en' | 'de';

export const languages: readonly Language[] = ['en', 'de'];

export interface Format {
  /** Bytes in the decimal units that are printed on disks: 1500000 is "1.5 MB". */
  bytes(bytes: number): string;
  /** Bytes a second. */
  rate(bytesPerSecond: number): string;
  /** Seconds as "45 s", "3 min", "2 h 05 min". */
  duration(seconds: number): string;
  count(count: number): string;
  /** A share from 0 to 100. */
  percent(percent: number): string;
  /** An ISO 8601 time in this machine's time zone, to the minute. */
  dateTime(iso: string): string;
  /** A date such as `2026-11-21`, of no time zone. */
  day(date: string): string;
  /** By how many seconds two clocks differ, to a tenth: "+0.3 s", "−20 min", "+9,259 days". */
  offset(seconds: number): string;
  /** The time of day of an ISO 8601 time, in a time zone; null or nothing: in this machine's. */
  time(iso: string, zone?: string | null): string;
  list(items: readonly string[]): string;
}

const byteUnits = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** The formatter of one language. Intl is used only where it must be: its first use costs 20 ms of start-up. */
export function createFormat(language: Language): Format {
  const locale = language === 'de' ? 'de-DE' : 'en-GB';
  const [thousands, decimal] = language === 'de' ? ['.', ','] : [',', '.'];
  const number = (value: number, digits: number): string => {
    // Through a number once more, so that "2.0" becomes "2".
    const [whole = '', fraction = ''] = String(Number(value.toFixed(digits))).split('.');
    const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, thousands);
    return fraction === '' ? grouped : `${grouped}${decimal}${fraction}`;
  };
  const bytes = (amount: number): string => {
    let value = amount;
    let unit = 0;
    while (Math.abs(value) >= 999.5 && unit < byteUnits.length - 1) {
      value /= 1000;
      unit += 1;
    }
    const digits = unit === 0 || Math.abs(value) >= 100 ? 0 : 1;
    const shown = number(value, digits);
    if (unit === 0 && shown === '1') return language === 'de' ? '1 Byte' : '1 byte';
    const name = unit === 0 && language === 'de' ? 'Bytes' : byteUnits[unit];
    return `${shown} ${name}`;
  };
  const duration = (seconds: number): string => {
    const whole = Math.max(0, Math.round(seconds));
    if (whole < 60) return `${whole} s`;
    const minutes = Math.round(whole / 60);
    if (minutes < 60) return `${minutes} min`;
    return `${number(Math.floor(minutes / 60), 0)} h ${String(minutes % 60).padStart(2, '0')} min`;
  };
  return {
    bytes,
    rate: (bytesPerSecond) => `${bytes(bytesPerSecond)}/s`,
    duration,
    count: (count) => number(count, 0),
    percent: (percent) => (language === 'de' ? `${number(percent, 1)} %` : `${number(percent, 1)}%`),
    dateTime: (iso) => {
      const time = new Date(iso);
      // Times also come out of files on a disk, where anything may stand.
      if (Number.isNaN(time.getTime())) return iso;
      return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(time);
    },
    day: (date) => {
      const noon = new Date(`${date}T12:00:00Z`);
      if (Number.isNaN(noon.getTime())) return date;
      return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(noon);
    },
    offset: (seconds) => {
      const size = Math.abs(seconds);
      const days = `${number(size / 86_400, 0)} ${language === 'de' ? 'Tage' : 'days'}`;
      const hours = size < 60 ? `${number(size, 1)} s` : duration(size);
      const text = size > 2 * 86_400 ? days : hours;
      if (size < 0.05) return text;
      return `${seconds < 0 ? '−' : '+'}${text}`;
    },
    time: (iso, zone = null) => {
      const time = new Date(iso);
      if (Number.isNaN(time.getTime())) return iso;
      return new Intl.DateTimeFormat(locale, {
        timeStyle: 'short',
        ...(zone === null ? {} : { timeZone: zone }),
      }).format(time);
    },
    list: (items) => new Intl.ListFormat(locale, { type: 'conjunction' }).format(items),
  };
}
