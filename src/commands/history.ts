/** `plugback history`: the past runs, newest first. */

import { type ErrorCode, type ErrorDetails, PlugbackError } from '../errors.ts';
import { jsonText } from '../messages/json.ts';
import { printable } from '../messages/printable.ts';
import type { Translator } from '../messages/translator.ts';
import { resultOf } from '../status/headline.ts';
import { readHistory } from '../status/history.ts';
import { nightshiftPaths, readNights } from '../status/nightshift.ts';
import { jobSaid } from '../status/nightshift-view.ts';
import type { RunDocument } from '../status/types.ts';
import type { CommandContext } from './context.ts';
import { createPaint } from './paint.ts';
import { prepareReading, type Reading } from './reading.ts';
import { type Column, paragraph, type Row, renderTable } from './table.ts';

export interface HistoryFlags {
  limit?: string;
}

const usualLimit = 20;
const largestLimit = 1_000_000;

/** @returns the exit code. @throws PlugbackError `usage`, `config-forbidden`, `config-exists-not` */
export async function history(flags: HistoryFlags, context: CommandContext): Promise<number> {
  const reading = prepareReading(context);
  const { translator, paths } = reading;
  const limit = readLimit(flags.limit, translator);
  // One more tells whether there are more.
  const found = await readHistory(paths.history, { limit: limit + 1 });
  const runs = found.slice(0, limit);
  const { output } = context;
  if (context.json) {
    output.line(jsonText(runs));
    return 0;
  }
  const { say } = translator;
  const width = output.terminal?.columns ?? null;
  const nights = await nightLines(reading, limit, width);
  if (runs.length === 0 && nights.length > 0) {
    for (const line of nights) output.line(line);
    return 0;
  }
  if (runs.length === 0) {
    for (const line of paragraph(say('history.none'), width)) output.line(line);
    return 0;
  }
  const style = { width, styleTitle: createPaint(output).strong };
  for (const line of renderHistory(runs, translator, style)) output.line(line);
  if (found.length > limit) {
    output.line('');
    output.line(
      say('history.more', { count: limit, option: `--limit ${Math.min(largestLimit, limit * 5)}` }),
    );
  }
  if (nights.length > 0) for (const line of ['', ...nights]) output.line(line);
  return 0;
}

/** The nights of nightshift, which fill no disk and so are no rows of the table; each with its jobs. */
async function nightLines(
  { translator, stateDirectory, runtimeDirectory }: Reading,
  limit: number,
  width: number | null,
): Promise<string[]> {
  const { say, sayAgain } = translator;
  const nights = await readNights(nightshiftPaths({ stateDirectory, runtimeDirectory }).history, limit);
  if (nights.length === 0) return [];
  const lines = nights.flatMap(({ night, outcome, startedAt, jobs }) => [
    ...paragraph(say('nightshift.night', { night, outcome: outcome ?? 'died', at: startedAt }), width, '  '),
    ...jobs.flatMap((job) => paragraph(sayAgain(jobSaid(job).said), width, '    ')),
  ]);
  return [say('nightshift.last-nights'), ...lines];
}

function readLimit(typed: string | undefined, { say }: Translator): number {
  if (typed === undefined) return usualLimit;
  const limit = /^\d{1,7}$/.test(typed) ? Number(typed) : 0;
  if (limit < 1 || limit > largestLimit)
    throw new PlugbackError('usage', { problem: say('usage.limit', { value: typed }) });
  return limit;
}

/** The runs as a table; what did not end well says why. */
export function renderHistory(
  runs: readonly RunDocument[],
  translator: Translator,
  style: { width: number | null; styleTitle?: (text: string) => string },
): string[] {
  const { say } = translator;
  const columns: Column[] = [
    { title: say('history.start') },
    { title: say('history.disk'), cutTo: 8 },
    { title: say('history.result') },
    { title: say('history.files'), align: 'right' },
    { title: say('history.bytes'), align: 'right' },
    { title: say('history.duration'), align: 'right' },
    { title: say('history.free'), align: 'right' },
  ];
  return renderTable(
    columns,
    runs.map((run) => historyRow(run, translator)),
    { ...style, noteTitle: say('history.why') },
  );
}

const results = {
  done: { symbol: '✔', key: 'history.result.done' },
  warned: { symbol: '!', key: 'history.result.warned' },
  later: { symbol: '–', key: 'history.result.later' },
  refused: { symbol: '✘', key: 'history.result.refused' },
  failed: { symbol: '✘', key: 'history.result.failed' },
} as const;

function historyRow(run: RunDocument, { say, format, problem }: Translator): Row {
  const { symbol, key } = results[resultOf(run)];
  const { progress, freeBytes } = run;
  const seconds = (Date.parse(run.finishedAt ?? run.startedAt) - Date.parse(run.startedAt)) / 1000;
  const cells = [
    format.dateTime(run.startedAt),
    run.label ?? run.uuid ?? '–',
    `${symbol} ${say(key)}`,
    progress === null ? '–' : format.count(progress.files),
    progress === null ? '–' : format.bytes(progress.bytes),
    format.duration(seconds),
    freeBytes === null ? '–' : format.bytes(freeBytes),
  ].map(printable);
  if (run.error === null) return { cells };
  return {
    cells,
    note: problem(run.error.code as ErrorCode, run.error.details as ErrorDetails[ErrorCode]).problem,
  };
}
