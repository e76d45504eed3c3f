/** What people are told about a night by mail. Pure. */

import type { ErrorCode, ErrorDetails } from '../errors.ts';
import type { Letter, LetterTone } from '../mail/letter.ts';
import type { Translator } from '../messages/translator.ts';
import type { NightDocument, NightOutcome } from '../status/nightshift.ts';
import { isCutOff, jobSaid } from '../status/nightshift-view.ts';

export interface NightReportContext {
  mail: { sysops: readonly string[]; cc: readonly string[] };
  translator: Translator;
  /** This machine's name. */
  host: string;
  logFilePath: string;
}

const tones: { readonly [O in NightOutcome]: LetterTone } = {
  done: 'good',
  failed: 'bad',
  stopped: 'warning',
  died: 'bad',
};

/** The mail when a night is over. Its subject alone tells whether all went well. */
export function nightLetter(night: Readonly<NightDocument>, context: NightReportContext): Letter {
  const { translator, host, mail } = context;
  const outcome = night.outcome ?? 'failed';
  const subject = subjectOf(night, outcome, { translator, host });
  const isTroubled = outcome === 'done' && night.warnings.length > 0;
  return {
    subject,
    // A mail's first line is its headline.
    text: [subject, '', ...nightLines(night, translator)],
    tone: isTroubled ? 'warning' : tones[outcome],
    to: [...mail.sysops],
    cc: [...mail.cc],
    attachments: outcome === 'done' ? [] : [{ name: 'nightshift.log', path: context.logFilePath }],
  };
}

function subjectOf(
  night: Readonly<NightDocument>,
  outcome: NightOutcome,
  { translator: { say }, host }: Pick<NightReportContext, 'translator' | 'host'>,
): string {
  const total = night.jobs.length;
  switch (outcome) {
    case 'done':
      return say('nightshift.subject.done', { host, count: total });
    case 'failed': {
      const count = night.jobs.filter(({ state }) => state === 'failed').length;
      return say('nightshift.subject.failed', { host, count, total });
    }
    case 'stopped':
      return say('nightshift.subject.stopped', { host });
    case 'died':
      return say('nightshift.subject.died', { host });
  }
}

/** A night in words, as mail and terminal tell it: the jobs first, each with what went wrong and what to do. */
export function nightLines(night: Readonly<NightDocument>, translator: Translator): string[] {
  const { say, sayAgain, problem } = translator;
  const lines = night.jobs.flatMap((job) => {
    const line = sayAgain(jobSaid(job).said);
    if (job.error === null || isCutOff(job)) return [line];
    const told = problem(job.error.code as ErrorCode, job.error.details as ErrorDetails[ErrorCode]);
    return [line, `  ${told.problem}`, ...(told.remedy === '' ? [] : [`  ${told.remedy}`])];
  });
  const clocks = night.clocks.flatMap(({ computer: name, beforeMs, afterMs }) => {
    if (afterMs === null) return [];
    const before = beforeMs === null ? null : beforeMs / 1000;
    return [say('nightshift.clock', { name, before, after: afterMs / 1000 })];
  });
  return [
    ...lines,
    '',
    ...(night.outcome === 'died' ? [say('nightshift.died', { night: night.night })] : []),
    ...night.warnings.map((warning) => sayAgain(warning)),
    say('nightshift.report.why', { trigger: night.trigger, at: night.startedAt }),
    ...(night.woken.length === 0 ? [] : [say('nightshift.report.woken', { names: night.woken })]),
    ...clocks,
  ];
}
