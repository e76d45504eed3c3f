/** Past runs as a table with pages, and what the charts over time need. */

import type { ErrorCode, ErrorDetails } from '../../errors.ts';
import { type ResultName, resultOf } from '../../status/headline.ts';
import type { RunDocument } from '../../status/types.ts';
import { type Html, html } from '../html.ts';
import type { HistoryView } from '../page-model.ts';
import { type IconName, icon } from './icon.ts';
import { diskLabel, link, moment, secondsBetween, type View } from './view.ts';

/** How each result looks, wherever it is named. */
export const resultLooks: { readonly [R in ResultName]: { icon: IconName; tone: string } } = {
  done: { icon: 'check', tone: 'good' },
  warned: { icon: 'warning', tone: 'warning' },
  later: { icon: 'clock', tone: 'quiet' },
  refused: { icon: 'cross', tone: 'bad' },
  failed: { icon: 'cross', tone: 'bad' },
};

/** The table with its paging, or what to do where there is no history yet. */
export function historyTable(history: HistoryView, view: View): Html {
  const { say } = view.translator;
  if (history.total === 0) return html`<p class="empty">${say('page.history.none')}</p>`;
  const titles = ['start', 'disk', 'result', 'files', 'bytes', 'duration', 'free'] as const;
  // On a narrow screen the rows are laid out as cards; the roles keep the table a table for screen readers.
  return html`<table class="history" role="table" aria-labelledby="history-title">
<thead role="rowgroup"><tr role="row">${titles.map(
    (title) =>
      html`<th role="columnheader" scope="col" class="column-${title}">${say(`history.${title}`)}</th>`,
  )}</tr></thead>
<tbody role="rowgroup">${history.runs.map((run) => historyRow(run, view))}</tbody>
</table>
${paging(history, view)}`;
}

function historyRow(run: RunDocument, view: View): Html {
  const { say, format, problem } = view.translator;
  const result = resultOf(run);
  const { progress, freeBytes, error } = run;
  const cell = (title: 'files' | 'bytes' | 'duration' | 'free', text: string): Html =>
    html`<td role="cell" class="column-${title}" data-label="${say(`history.${title}`)}">${text}</td>`;
  const why =
    error !== null &&
    html`<span class="why">${problem(error.code as ErrorCode, error.details as ErrorDetails[ErrorCode]).problem}</span>`;
  return html`<tr role="row">
<td role="cell" class="column-start"><a href="${link(`/runs/${encodeURIComponent(run.id)}`, view)}">${moment(run.startedAt, view)}</a></td>
<td role="cell" class="column-disk">${diskLabel(run, view)}</td>
<td role="cell" class="column-result"><span class="result result-${resultLooks[result].tone}">${icon(resultLooks[result].icon)}${say(`history.result.${result}`)}</span>${why}</td>
${cell('files', progress === null ? '–' : format.count(progress.files))}
${cell('bytes', progress === null ? '–' : format.bytes(progress.bytes))}
${cell('duration', format.duration(secondsBetween(run.startedAt, run.finishedAt ?? run.startedAt)))}
${cell('free', freeBytes === null ? '–' : format.bytes(freeBytes))}
</tr>`;
}

function paging({ page, limit, total }: HistoryView, view: View): Html | null {
  const { say } = view.translator;
  const pages = Math.ceil(total / limit);
  if (pages <= 1) return null;
  const to = (number: number): string => `${link('/', view, `&page=${number}`)}#history`;
  return html`<nav class="paging" aria-label="${say('page.paging')}">
${page > 1 && html`<a rel="prev" href="${to(page - 1)}">${say('page.paging.newer')}</a>`}
<span>${say('page.paging.at', { page, pages })}</span>
${page < pages && html`<a rel="next" href="${to(page + 1)}">${say('page.paging.older')}</a>`}
</nav>`;
}
