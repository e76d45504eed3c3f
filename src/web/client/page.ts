/** Keeps an open page up to date: what the server sends replaces what the page says, without a reload. */

import type { LivePage } from '../page-model.ts';
import type { HistoryPoint } from '../readers.ts';
import { showFavicon } from './favicon.ts';
import { drawHistoryCharts } from './history-charts.ts';
import { morphContent } from './morph.ts';
import { createRateChart } from './rate-chart.ts';
import { enableStartForm } from './start-form.ts';

const retryMs = 3_000;
const language = document.documentElement.lang;
/** An older page of the history stays as the reader opened it. */
const isFirstPage = Number(new URLSearchParams(location.search).get('page') ?? 1) <= 1;

const rateFigure = document.getElementById('rate');
const showRate = rateFigure === null ? () => {} : createRateChart(rateFigure);
const startForm = document.getElementById('start-form');

if (startForm instanceof HTMLFormElement) enableStartForm(startForm);
scrollLogToEnd();
showState();
void refreshCharts();
listen();

function listen(): void {
  const events = new EventSource(`/api/events?lang=${language}`);
  const connection = document.getElementById('connection');
  events.addEventListener('open', () => {
    connection?.replaceChildren();
  });
  events.addEventListener('error', () => {
    if (connection !== null) connection.textContent = connection.dataset.lost ?? '';
    // A browser gives up for good on some errors, such as a proxy's 502.
    if (events.readyState !== EventSource.CLOSED) return;
    events.close();
    setTimeout(listen, retryMs);
  });
  events.addEventListener('status', (event) => show(JSON.parse(event.data) as LivePage));
}

function show({ title, html }: LivePage): void {
  document.title = title;
  for (const [id, markup] of Object.entries(html)) {
    const element = document.getElementById(id);
    if (element === null || (id === 'history' && !isFirstPage)) continue;
    const wasAtEnd = id === 'log' && logIsAtEnd();
    const before = element.innerHTML;
    morphContent(element, markup);
    if (wasAtEnd) scrollLogToEnd();
    if (id === 'history' && element.innerHTML !== before) void refreshCharts();
  }
  showState();
}

/** Favicon and rate, from what the headline carries. */
function showState(): void {
  const {
    tone = 'neutral',
    percent = '',
    rate = '',
  } = document.querySelector<HTMLElement>('#headline > .headline')?.dataset ?? {};
  showFavicon(tone, percent === '' ? null : Number(percent));
  showRate(rate === '' ? null : Number(rate));
}

function logIsAtEnd(): boolean {
  const log = document.querySelector('#log pre');
  return log !== null && log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
}

/** A log is read from its end, until somebody scrolls up. */
function scrollLogToEnd(): void {
  const log = document.querySelector('#log pre');
  if (log !== null) log.scrollTop = log.scrollHeight;
}

/** Without an answer the charts stay away; the table says the same. */
async function refreshCharts(): Promise<void> {
  const charts = document.getElementById('charts');
  if (charts === null) return;
  const response = await fetch('/api/points').catch(() => null);
  if (response?.ok) drawHistoryCharts(charts, (await response.json()) as HistoryPoint[]);
}
