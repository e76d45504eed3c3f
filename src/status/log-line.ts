/** One line of a log, for people. */

import type { Line } from './recorder.ts';

const levelNames = { debug: 'DEBUG', info: 'INFO ', warn: 'WARN ', error: 'ERROR' } as const;

/** `2026-11-21 03:12:44  INFO   Found the disk …`, in this machine's time zone. */
export function formatLine(line: Line & { at: number }): string {
  const at = new Date(line.at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${day} ${time}  ${levelNames[line.level]}  ${line.text}`;
}
