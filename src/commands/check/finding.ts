/** What the doctor found: each as data, with the words and what to do. */

import { type ErrorCode, type ErrorDetails, exitCodeOf } from '../../errors.ts';
import type { Translator } from '../../messages/translator.ts';

export type Area =
  | 'config'
  | 'machine'
  | 'source'
  | 'veeam'
  | 'disks'
  | 'nightshift'
  | 'folders'
  | 'page'
  | 'mail';
export type FindingState = 'good' | 'warning' | 'bad';

/** One object of `--json`; the fields are part of the contract. */
export interface Finding {
  area: Area;
  /** A short name that stays the same in every language. */
  check: string;
  state: FindingState;
  message: string;
  /** Null where there is nothing to do. */
  remedy: string | null;
  /** What this one alone would end the command with; 0 unless it is bad. */
  exitCode: number;
}

/** Collects the findings of one area. */
export interface Findings {
  readonly all: readonly Finding[];
  good(check: string, message: string): void;
  warning(check: string, message: string, remedy?: string): void;
  bad(check: string, exitCode: number, message: string, remedy?: string): void;
  /** Anything thrown, in the words that a run would have for it. */
  thrown(check: string, error: unknown): void;
  /** An error that a run would end with, without anything thrown. */
  problem<C extends ErrorCode>(check: string, code: C, details: ErrorDetails[C]): void;
}

export function collectFindings(area: Area, translator: Translator): Findings {
  const all: Finding[] = [];
  const add = (
    check: string,
    state: FindingState,
    exitCode: number,
    words: { message: string; remedy?: string | undefined },
  ) => {
    const remedy = words.remedy === undefined || words.remedy === '' ? null : words.remedy;
    all.push({ area, check, state, message: words.message, remedy, exitCode });
  };
  return {
    all,
    good: (check, message) => add(check, 'good', 0, { message }),
    warning: (check, message, remedy) => add(check, 'warning', 0, { message, remedy }),
    bad: (check, exitCode, message, remedy) => add(check, 'bad', exitCode, { message, remedy }),
    thrown: (check, error) => {
      const { problem, remedy, exitCode } = translator.tell(error);
      add(check, 'bad', exitCode, { message: problem, remedy });
    },
    problem: (check, code, details) => {
      const { problem, remedy } = translator.problem(code, details);
      add(check, 'bad', exitCodeOf(code, details), { message: problem, remedy });
    },
  };
}

/** The gravest first: without a configuration nothing runs at all, a disk can be plugged in again. */
const byGravity = [78, 77, 76, 73, 69, 74, 75];

/** The exit code of the whole: that of the gravest finding; 0 where nothing is bad. */
export function exitCodeOfAll(findings: readonly Finding[]): number {
  const codes = findings.filter((finding) => finding.state === 'bad').map((finding) => finding.exitCode);
  return byGravity.find((code) => codes.includes(code)) ?? codes[0] ?? 0;
}
