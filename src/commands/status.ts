/** `plugback status`: what the backup is doing, or what the last one did. */

import type { ErrorCode, ErrorDetails } from '../errors.ts';
import { jsonText } from '../messages/json.ts';
import type { Translator } from '../messages/translator.ts';
import { type Headline, headlineOf, stepMessage, warningsOf } from '../status/headline.ts';
import { readHistory } from '../status/history.ts';
import { type NightOutcome, nightshiftPaths, readNights, readNightshiftNow } from '../status/nightshift.ts';
import { type NightshiftView, sayNightshift } from '../status/nightshift-view.ts';
import { readStatus } from '../status/status-file.ts';
import type { RunDocument, StatusDocument, StepState } from '../status/types.ts';
import { realClock } from '../system/clock.ts';
import type { CommandContext } from './context.ts';
import { createPaint, type Paint, type Tone } from './paint.ts';
import { renderBar } from './progress-view.ts';
import { prepareReading, type Reading } from './reading.ts';
import { cut, displayWidth, pad, paragraph } from './table.ts';

/** @returns the exit code. @throws PlugbackError `config-forbidden`, `config-exists-not` */
export async function status(context: CommandContext): Promise<number> {
  const reading = prepareReading(context);
  const { translator, paths } = reading;
  const document = await readStatus(paths, '/proc');
  if (context.json) {
    context.output.line(jsonText(document));
    return 0;
  }
  const isGood = (run: RunDocument) => run.error === null && run.finishedAt !== null;
  const [lastGood] =
    document.run?.error == null ? [] : await readHistory(paths.history, { limit: 1, where: isGood });
  const now = realClock.now();
  const view = {
    translator,
    paint: createPaint(context.output),
    width: context.output.terminal?.columns ?? null,
    now,
  };
  const nightshift = await readNightshiftView(reading, now);
  // A machine that only keeps the night watch has no disk to plug in.
  const lines =
    document.run === null && nightshift !== null ? [] : renderStatus(document, lastGood ?? null, view);
  if (lines.length > 0 && nightshift !== null) lines.push('');
  if (nightshift !== null) lines.push(...nightshiftLines(nightshift, view));
  for (const line of lines) context.output.line(line);
  return 0;
}

/** Nights that are listed. */
const shownNights = 3;

async function readNightshiftView(reading: Reading, now: number): Promise<NightshiftView | null> {
  const paths = nightshiftPaths(reading);
  const seen = readNightshiftNow(paths.state, '/proc', now);
  return seen === null ? null : { ...seen, nights: await readNights(paths.history, shownNights) };
}

const tones: { readonly [O in NightOutcome]: Tone } = {
  done: 'good',
  failed: 'bad',
  stopped: 'warning',
  died: 'bad',
};

/** The night watch as lines for people. */
export function nightshiftLines(
  nightshift: NightshiftView,
  { translator, paint, width }: StatusView,
): string[] {
  const { say, sayAgain, problem } = translator;
  const { now, jobs, computers, nights } = sayNightshift(nightshift);
  return [
    paint.strong(say('nightshift.title')),
    ...now.flatMap((one) => paragraph(sayAgain(one), width, indent)),
    ...[...jobs, ...computers].flatMap(({ said }) => paragraph(sayAgain(said), width, indent)),
    ...nights.flatMap(({ said, outcome, problems }) => [
      ...paragraph(sayAgain(said), width, indent).map((line) => paint.tone(tones[outcome], line)),
      ...problems.flatMap((error) =>
        paragraph(
          problem(error.code, error.details as ErrorDetails[ErrorCode]).problem,
          width,
          `${indent}${indent}`,
        ),
      ),
    ]),
  ];
}

export interface StatusView {
  translator: Translator;
  paint: Paint;
  /** Columns of the terminal; null: lines are not broken. */
  width: number | null;
  /** Milliseconds since 1970. */
  now: number;
}

const indent = '  ';

/** The status as lines for people: the one large sentence, then what stands behind it. */
export function renderStatus(
  status: StatusDocument,
  lastGood: RunDocument | null,
  view: StatusView,
): string[] {
  const { translator, width } = view;
  const { say } = translator;
  const headline = headlineOf(status, lastGood);
  const lines = headlineLines(headline, view);
  const { run, queue } = status;
  if (headline.kind === 'copying' && run?.progress != null && run.progress.bytesTotal > 0) {
    lines.push(cut(renderBar(run.progress, translator), width ?? Number.POSITIVE_INFINITY));
  }
  if (run === null) lines.push('', ...paragraph(say('status.never'), width));
  else lines.push('', ...runLines(run, status, view));
  if (queue.length > 0) lines.push('');
  for (const queued of queue) lines.push(...paragraph(say('status.queued', queued), width));
  return lines;
}

function headlineLines(headline: Headline, { translator, paint, width }: StatusView): string[] {
  const { say, sayAgain, problem } = translator;
  const said = [headline.said, headline.unplug].filter((one) => one !== null).map((one) => sayAgain(one));
  const lines = paragraph(said.join(' '), width).map((line) => paint.strong(paint.tone(headline.tone, line)));
  if (headline.error !== null) {
    const told = problem(headline.error.code, headline.error.details);
    lines.push(...paragraph(say('report.problem', { text: told.problem }), width));
    if (told.remedy !== '') lines.push(...paragraph(say('report.remedy', { text: told.remedy }), width));
  }
  if (headline.lastGood !== null) lines.push(...paragraph(sayAgain(headline.lastGood), width));
  return lines;
}

function runLines(run: RunDocument, status: StatusDocument, view: StatusView): string[] {
  const { translator, now, paint, width } = view;
  const { say } = translator;
  const isRunning = status.state === 'running';
  // A run that died has no end; then its last sign of life counts.
  const end = run.finishedAt ?? (isRunning ? new Date(now).toISOString() : lastSign(run));
  const times = { at: run.startedAt, seconds: (Date.parse(end) - Date.parse(run.startedAt)) / 1000 };
  const lines = [...paragraph(say(isRunning ? 'status.this-run' : 'status.last-run', times), width)];
  lines.push(...stepLines(run, end, view));
  const warnings = warningsOf(run, translator);
  if (warnings.length > 0) lines.push('');
  for (const text of warnings) {
    const warning = paragraph(say('report.warning', { text }), width);
    lines.push(...warning.map((line) => paint.tone('warning', line)));
  }
  return lines;
}

function lastSign(run: RunDocument): string {
  const times = run.steps
    .flatMap((step) => [step.startedAt, step.finishedAt])
    .filter((time) => time !== null);
  return times.toSorted().at(-1) ?? run.startedAt;
}

const signs: { readonly [S in StepState]: { symbol: string; tone: Tone } } = {
  pending: { symbol: '·', tone: 'neutral' },
  running: { symbol: '▸', tone: 'busy' },
  done: { symbol: '✔', tone: 'good' },
  warned: { symbol: '!', tone: 'warning' },
  failed: { symbol: '✘', tone: 'bad' },
  skipped: { symbol: '–', tone: 'neutral' },
};

/** Two lines a step: what it is, since when and how long; below it what it said. */
function stepLines(run: RunDocument, end: string, { translator, paint, width }: StatusView): string[] {
  const { say, format } = translator;
  const titles = run.steps.map((step) => say(`step.${step.name}`));
  const states = run.steps.map((step) => say(`report.state.${step.state}`));
  const titleWidth = Math.max(...titles.map(displayWidth));
  const stateWidth = Math.max(...states.map(displayWidth));
  return run.steps.flatMap((step, index) => {
    const { symbol, tone } = signs[step.state];
    const [title = '', state = ''] = [titles[index], states[index]];
    const seconds = (Date.parse(step.finishedAt ?? end) - Date.parse(step.startedAt ?? end)) / 1000;
    const time = step.startedAt === null ? '' : `${format.time(step.startedAt)}  ${format.duration(seconds)}`;
    const sign = `${indent}${paint.tone(tone, symbol)} `;
    const wide = `${sign}${pad(title, titleWidth)}  ${paint.tone(tone, pad(state, stateWidth))}  ${time}`;
    const room = [indent, '✔ ', pad('', titleWidth + stateWidth), '    ', time].map(displayWidth);
    const fits = width === null || room.reduce((sum, part) => sum + part, 0) <= width;
    const head = fits ? wide.trimEnd() : `${sign}${title}  ${paint.tone(tone, state)}`;
    const message = stepMessage(run, step, translator);
    const isSilent = step.startedAt === null || message === '';
    return [head, ...(isSilent ? [] : paragraph(message, width, `${indent}  `).map(paint.quiet))];
  });
}
