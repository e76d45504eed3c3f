/** Which version is meant. Pure. */

import { PlugbackError } from '../errors.ts';
import { timeOfText, timeText } from './copy-name.ts';
import type { Version } from './destination.ts';

/** The newest is meant where both are null. */
export interface Wanted {
  /** In µs since 1970: the version that the file was at that time. */
  atUs: number | null;
  number: number | null;
}

/** @param name the file's, for what is thrown @throws PlugbackError `no-such-version` */
export function chooseVersion(versions: readonly Version[], wanted: Wanted, name: string): Version {
  const { atUs, number } = wanted;
  const chosen =
    number !== null
      ? versions[number - 1]
      : versions.find(({ modifiedUs }) => atUs === null || modifiedUs <= atUs);
  if (chosen !== undefined) return chosen;
  const at = timeText(versions.at(-1)?.modifiedUs ?? 0);
  throw new PlugbackError('no-such-version', { name, count: versions.length, at });
}

const timePattern =
  /^(?<day>\d{4}-\d\d-\d\d)(?:[ T](?<minute>\d\d:\d\d)(?::(?<second>\d\d)(?:[.,](?<fraction>\d{1,6})\d*)?)?)?(?<zone>Z|[+-]\d\d:?\d\d)?$/;

/**
 * A time as people write it, in this machine's time zone unless it names one. What is left out is taken at its end: the
 * file as it was at 03:12 is the one of the last moment before 03:13.
 *
 * @returns µs since 1970; null for what is no time
 */
export function readTime(text: string): number | null {
  const { day, minute, second, fraction, zone } = timePattern.exec(text.trim())?.groups ?? {};
  if (day === undefined || (zone !== undefined && minute === undefined)) return null;
  const clock = `${minute ?? '23:59'}:${second ?? '59'}`;
  const micros = fraction === undefined ? 999_999 : Number(fraction.padEnd(6, '0'));
  // Not every clock and day that can be written is one: 2026-02-31, 25:00.
  const check = new Date(`${day}T${clock}Z`);
  if (Number.isNaN(check.getTime()) || !check.toISOString().startsWith(`${day}T${clock}`)) return null;
  if (zone !== undefined) {
    return Date.parse(`${day}T${clock}${zone.replace(/(\d\d):?(\d\d)$/, '$1:$2')}`) * 1000 + micros;
  }
  return timeOfText(`${day} ${clock}.${String(micros).padStart(6, '0')}`);
}
