/** What people are told about a run by mail. Pure: a finished (or just started) run in, subject and lines out. */

import type { BackupConfig, MailConfig } from '../config/types.ts';
import type { ErrorCode, ErrorDetails } from '../errors.ts';
import type { Letter, LetterAttachment, LetterTone } from '../mail/letter.ts';
import type { Translator } from '../messages/translator.ts';
import type { RunDocument } from '../status/types.ts';
import { isSameUuid } from '../system/block-devices.ts';

export interface ReportContext {
  config: { mail: Pick<MailConfig, 'sysops' | 'cc'>; backup: Pick<BackupConfig, 'disks' | 'source'> };
  translator: Translator;
  /** This machine's name. */
  host: string;
}

/** On success the mail's text is not longer than that. */
const linesOnSuccess = 10;

/** The mail when a run starts. */
export function startLetter(run: Readonly<RunDocument>, context: ReportContext): Letter {
  const { say, format } = context.translator;
  const disk = { label: run.label, uuid: run.uuid ?? '' };
  return {
    subject: say('report.subject.start', { ...disk, host: context.host }),
    text: [
      say('report.start', disk),
      '',
      say('report.source', { source: context.config.backup.source }),
      say('report.started', { at: format.dateTime(run.startedAt), host: context.host }),
      say('report.start.wait'),
    ],
    tone: 'neutral',
    ...recipients(run.uuid, context.config),
    attachments: [],
  };
}

/** The mail when a run has ended. Its subject alone tells: done or not, which disk, how much, can it be unplugged. */
export function endLetter(
  run: Readonly<RunDocument>,
  context: ReportContext,
  attachments: readonly LetterAttachment[],
): Letter {
  const hasSucceeded = run.error === null;
  return {
    subject: endSubject(run, context),
    text: hasSucceeded ? successLines(run, context) : failureLines(run, context),
    tone: toneOf(run),
    ...recipients(run.uuid, context.config),
    attachments,
  };
}

function toneOf(run: Readonly<RunDocument>): LetterTone {
  if (run.error !== null) return 'bad';
  return run.warnings.length > 0 ? 'warning' : 'good';
}

function endSubject(run: Readonly<RunDocument>, { translator, host }: ReportContext): string {
  const { say } = translator;
  const disk =
    run.uuid === null ? say('report.no-disk') : say('report.disk', { label: run.label, uuid: run.uuid });
  const unplug = unplugWords(run, translator);
  const amount = amountWords(run, translator);
  if (run.error === null) {
    const key = run.warnings.length > 0 ? 'report.subject.warned' : 'report.subject.done';
    return say(key, { disk, amount, unplug, host });
  }
  if (run.error.code === 'disk-gone') {
    const { phase } = run.error.details as ErrorDetails['disk-gone'];
    return say('report.subject.gone', { phase, disk, amount, unplug, host });
  }
  if (isNotNow(run)) return say('report.subject.not-now', { disk, amount, unplug, host });
  const key = run.outcome === 'refused' ? 'report.subject.refused' : 'report.subject.failed';
  return say(key, { disk, amount, unplug, host });
}

/** How much was copied; after a failure, of how much. What went wrong after a whole copy does not make it less. */
function amountWords(run: Readonly<RunDocument>, { say }: Translator): string {
  const { bytes, bytesTotal: total, files } = run.progress ?? { bytes: 0, bytesTotal: 0, files: 0 };
  if (run.error === null) return say('report.amount.done', { bytes, files });
  // A run that died, or was torn off, may have copied more than it could tell.
  if (bytes === 0 && run.progress !== null && total > 0) return say('report.amount.unknown');
  if (bytes === 0) return say('report.amount.none');
  return bytes < total
    ? say('report.amount.part', { bytes, total })
    : say('report.amount.done', { bytes, files });
}

function unplugWords(run: Readonly<RunDocument>, { say }: Translator): string {
  if (run.error?.code === 'disk-gone') return say('report.unplug.again');
  if (!run.unplug) return say('report.unplug.no');
  return run.uuid === null ? say('report.unplug.none') : say('report.unplug.yes');
}

function successLines(run: Readonly<RunDocument>, context: ReportContext): string[] {
  const { say } = context.translator;
  const disk = { label: run.label, uuid: run.uuid ?? '' };
  const lines = [say('report.done', disk), '', ...figures(run, context)];
  const room = linesOnSuccess - lines.length;
  const warnings = run.warnings.map((text) => say('report.warning', { text }));
  if (warnings.length <= room) return [...lines, ...warnings];
  const left = warnings.length - (room - 1);
  return [...lines, ...warnings.slice(0, room - 1), say('report.more-warnings', { count: left })];
}

const notNow: readonly ErrorCode[] = ['veeam-busy', 'veeam-kept-writing', 'already-running'];

/** Veeam is busy, or another run is: not an error, only not now. */
function isNotNow(run: Readonly<RunDocument>): boolean {
  return notNow.some((code) => run.error?.code === code);
}

function failureHeadline(run: Readonly<RunDocument>) {
  if (isNotNow(run)) return 'report.not-now';
  return run.outcome === 'refused' ? 'report.refused' : 'report.failed';
}

/** To a disk that was pulled out, no advice on pulling it out. */
function unplugAdvice({ error, unplug }: Readonly<RunDocument>) {
  if (!unplug) return 'no';
  return error?.code === 'disk-gone' ? 'again' : 'yes';
}

/** At most six lines: what was copied, how long it took, what is free, and from where to where. */
function figures(run: Readonly<RunDocument>, { config, translator, host }: ReportContext): string[] {
  const { say, format } = translator;
  const lines: string[] = [];
  const { progress, estimate } = run;
  if (run.error === null) {
    lines.push(
      say('report.copied', {
        files: progress?.files ?? 0,
        bytes: progress?.bytes ?? 0,
        deletes: estimate?.deletes ?? 0,
      }),
    );
  }
  const seconds = (Date.parse(run.finishedAt ?? run.startedAt) - Date.parse(run.startedAt)) / 1000;
  lines.push(say('report.time', { at: format.dateTime(run.startedAt), seconds, host }));
  if (run.freeBytes !== null && run.sizeBytes !== null) {
    lines.push(say('report.free', { freeBytes: run.freeBytes, sizeBytes: run.sizeBytes }));
  }
  if (run.uuid !== null) lines.push(say('report.disk-line', { label: run.label, uuid: run.uuid }));
  lines.push(say('report.source', { source: config.backup.source }));
  return lines;
}

function failureLines(run: Readonly<RunDocument>, context: ReportContext): string[] {
  const { say, problem, sayAgain } = context.translator;
  const told = run.error === null ? null : problem(run.error.code, run.error.details as never);
  const lines = [
    say(failureHeadline(run), {
      disk:
        run.uuid === null ? say('report.no-disk') : say('report.disk', { label: run.label, uuid: run.uuid }),
    }),
    '',
    say('report.problem', { text: told?.problem ?? '' }),
    say('report.remedy', { text: told?.remedy ?? '' }),
    say(`report.unplug-line.${unplugAdvice(run)}`),
    '',
    ...figures(run, context),
  ];
  if (run.warningsSaid.length > 0) {
    lines.push('', ...run.warningsSaid.map((said) => say('report.warning', { text: sayAgain(said) })));
  }
  lines.push('');
  for (const step of run.steps) {
    const state = say(`report.state.${step.state}`);
    lines.push(say('report.step', { title: say(`step.${step.name}`), state }));
  }
  return lines;
}

/** The sysops always, the disk's own addresses when the disk is known, and cc. */
export function recipients(
  uuid: string | null,
  config: ReportContext['config'],
): { to: string[]; cc: string[] } {
  const own = config.backup.disks.find((disk) => isSameUuid(disk.uuid, uuid))?.mailAddresses ?? [];
  return { to: [...config.mail.sysops, ...own], cc: config.mail.cc };
}

/** The mail when the configuration is broken and no run could start. */
export function configLetter(
  broken: { path: string; problems: readonly string[] },
  context: { mail: MailConfig; translator: Translator; host: string },
): Letter {
  const { say, problem } = context.translator;
  const { remedy } = problem('config', { ...broken, isVeeamSide: false });
  return {
    subject: say('report.subject.config', { count: broken.problems.length, host: context.host }),
    text: [
      say('report.config', { path: broken.path }),
      '',
      ...broken.problems,
      '',
      say('report.remedy', { text: remedy }),
    ],
    tone: 'bad',
    to: context.mail.sysops,
    cc: context.mail.cc,
    attachments: [],
  };
}
