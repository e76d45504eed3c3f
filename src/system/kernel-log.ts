/** The kernel's log: errors of a device that no program was told about. */

import type { Argv, Runner } from './run.ts';

/** A place in the kernel's log: seconds since boot of its last line. */
export type KernelLogMark = number;

/** The arguments that print the kernel's log with priority and time of each line. */
export function dmesgArgv(): Argv {
  return ['dmesg', '--raw'];
}

export interface KernelLogLine {
  /** Seconds since boot. */
  time: number;
  text: string;
}

/** Parses `dmesg --raw`: `<6>[  680.046648] EXT4-fs (loop0): mounted filesystem …`. */
export function parseKernelLog(text: string): KernelLogLine[] {
  const lines: KernelLogLine[] = [];
  for (const line of text.split('\n')) {
    const match = /^<\d+>\[\s*(\d+\.\d+)\]\s?(.*)$/.exec(line);
    if (match !== null) lines.push({ time: Number(match[1]), text: match[2] ?? '' });
  }
  return lines;
}

/** How the kernel reports that a device or its filesystem lost data; NAME stands for the device's kernel name. */
const errorPatterns = [
  'error, dev NAME\\b',
  'I/O error on dev(?:ice)? NAME\\b',
  '\\[NAME\\] Synchronize Cache.* failed',
  'EXT[234]-fs error \\(device NAME\\)',
  'EXT[234]-fs warning \\(device NAME\\): .*I/O error',
  'EXT[234]-fs \\(NAME\\): (?:.*(?:I/O error|failed|shut ?down|Remounting filesystem read-only))',
  'Aborting journal on device NAME\\b',
  'JBD2: (?=.*(?:error|fail)).*\\bNAME\\b',
  '^NAME: writeback error',
  'XFS \\(NAME\\): .*(?:error|corrupt|shut)',
  'BTRFS(?: error| critical|: error) \\(device NAME\\b',
  'FAT-fs \\(NAME\\): .*(?:error|failed|has been set read-only)',
  'ntfs3(?:: NAME:|\\(NAME\\):) .*(?:error|fail)',
];

/** Attempts at a short cut that the kernel makes good by itself: it writes the zeroes, it does without discarding. */
const harmless = /\bop 0x[0-9a-f]+:\((?:WRITE_ZEROES|DISCARD)\)/;

/**
 * The lines after a mark that report errors of one of these devices.
 *
 * @param names kernel names such as `sdb1`, and of the drives they lie on
 */
export function deviceErrors(
  lines: readonly KernelLogLine[],
  since: KernelLogMark,
  names: readonly string[],
): string[] {
  const escaped = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  const patterns = errorPatterns.map(
    (pattern) => new RegExp(pattern.replaceAll('NAME', `(?:${escaped})`), 'i'),
  );
  return lines
    .filter((line) => line.time > since && !harmless.test(line.text))
    .filter((line) => patterns.some((pattern) => pattern.test(line.text)))
    .map((line) => line.text);
}

/** The log as it is now. @throws Error with the program's words when it may not be read. */
export async function readKernelLog(runner: Runner): Promise<KernelLogLine[]> {
  const result = await runner.run(dmesgArgv());
  if (result.exitCode !== 0) throw new Error(result.stderr.trim() || `dmesg: exit code ${result.exitCode}`);
  return parseKernelLog(result.stdout);
}

/** The mark behind the last line. */
export function endOf(lines: readonly KernelLogLine[]): KernelLogMark {
  return lines.at(-1)?.time ?? 0;
}
