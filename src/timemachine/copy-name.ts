/**
 * What a copy is called: the time at which its file was changed, then the file's name, as in
 * `2017-11-26 22:55:25.174276file1.txt`. Pure.
 *
 * All copies of a file lie in a folder of their own that has the file's name, so the name is known whatever the copy's
 * own can hold: a second state of the same microsecond is `… (2) file1.txt`, and a name too long for both is cut.
 */

import { type BytePath, isText } from '../system/byte-path.ts';

/** In bytes. */
const longestName = 255;
const pattern = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6})(?: \((\d{1,6})\) )?/;

/** The times that have four digits for the year, in µs since 1970. */
const earliest = Date.parse('0001-01-02T00:00:00Z') * 1000;
const latest = Date.parse('9999-12-30T00:00:00Z') * 1000;

/** A time as it stands in names and lists: in this machine's time zone, to the microsecond. */
export function timeText(timeUs: number): string {
  const time = Math.min(Math.max(timeUs, earliest), latest);
  const at = new Date(Math.floor(time / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${String(at.getFullYear()).padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const fraction = ((time % 1_000_000) + 1_000_000) % 1_000_000;
  return `${day} ${clock}.${String(fraction).padStart(6, '0')}`;
}

/** The time that `timeText` was given, in µs since 1970. In the hour that a clock set back has twice, the first. */
export function timeOfText(text: string): number {
  const [year = 0, month = 1, day = 1, hours = 0, minutes = 0, seconds = 0, fraction = 0] = text
    .split(/\D/)
    .map(Number);
  const at = new Date(2000, month - 1, day, hours, minutes, seconds);
  at.setFullYear(year, month - 1, day);
  return at.getTime() * 1000 + fraction;
}

/**
 * The name of a copy.
 *
 * @param timeUs when its file was changed, in µs since 1970
 * @param number 1, or more where that time is taken already
 */
export function copyName(timeUs: number, fileName: BytePath, number = 1): BytePath {
  return beginning(timeText(timeUs), fileName, number);
}

/** When the copied state was made, as its name tells; null for what is no copy of that file. */
export function timeOfCopy(name: BytePath, fileName: BytePath): { text: string; number: number } | null {
  const [, text, number] = pattern.exec(name) ?? [];
  if (text === undefined) return null;
  // The file's own name may begin with something that looks like a number.
  for (const candidate of [1, Number(number ?? 1)]) {
    if (beginning(text, fileName, candidate) === name) return { text, number: candidate };
  }
  return null;
}

function beginning(time: string, fileName: BytePath, number: number): BytePath {
  const head = number === 1 ? time : `${time} (${number}) `;
  return (head + shortened(fileName, longestName - head.length)) as BytePath;
}

function shortened(name: BytePath, room: number): BytePath {
  if (name.length <= room) return name;
  // Not in the middle of a character.
  for (let length = room; length > room - 4; length -= 1) {
    const cut = name.slice(0, length) as BytePath;
    if (isText(cut)) return cut;
  }
  return name.slice(0, room) as BytePath;
}
