/** The status page, from its model to text: pure, so that it says the same for the same model. */

import type { Translator } from '../messages/translator.ts';
import { headlineOf } from '../status/headline.ts';
import { type RunDocument, statusVersion } from '../status/types.ts';
import { type Html, html } from './html.ts';
import type { LivePage, PageModel, PageOptions } from './page-model.ts';
import { historyFigures, rateFigure } from './parts/charts.ts';
import { diskList } from './parts/disks.ts';
import { documentOf } from './parts/frame.ts';
import { announcementOf, headlineBox, queuePart, titleOf } from './parts/headline.ts';
import { historyTable } from './parts/history.ts';
import { nightshiftCard } from './parts/nightshift.ts';
import { runFacts } from './parts/run.ts';
import { startForm } from './parts/start.ts';
import { stepList, warningList } from './parts/steps.ts';
import { link, moment, secondsBetween, type View } from './parts/view.ts';

const busyRefreshSeconds = 10;
const idleRefreshSeconds = 60;

/** The whole page. It says everything without its script, which only keeps it up to date. */
export function renderPage(model: PageModel, translator: Translator, options: PageOptions): string {
  const view = { translator, now: model.now };
  const { say } = translator;
  const parts = liveParts(model, view);
  const main = html`
<p id="connection" role="status" data-lost="${say('page.connection.lost')}"></p>
<section id="headline" aria-label="${say('page.now')}">${parts.headline}</section>
<p id="announcement" class="unseen" role="status">${parts.announcement}</p>
<div class="columns">
<section class="card" id="steps" aria-label="${say('page.steps')}">${parts.steps}</section>
<div class="side">
<div class="card" id="queue">${parts.queue}</div>
<div class="card" id="warnings">${parts.warnings}</div>
<div class="card" id="nightshift">${parts.nightshift}</div>
${rateFigure(view)}
<section class="card" aria-labelledby="disks-title"><h2 id="disks-title">${say('page.disks')}</h2><div id="disks">${parts.disks}</div></section>
</div>
</div>
<section class="card" aria-labelledby="history-title">
<h2 id="history-title">${say('page.history')}</h2>
${historyFigures(view)}
<div id="history">${parts.history}</div>
</section>
<section class="card">
<div class="card-head"><h2 id="log-title">${say('page.log')}</h2><a href="/log">${say('page.log.whole')}</a></div>
<div id="log">${parts.log}</div>
</section>
${model.canStart && model.disks.length > 0 && startForm(model.disks, view)}`;
  const isRunning = model.status.state === 'running';
  return documentOf(
    {
      title: titleOf(model, view),
      path: '/',
      host: model.host,
      script: options.script,
      refreshSeconds: isRunning ? busyRefreshSeconds : idleRefreshSeconds,
      main,
    },
    view,
  );
}

/** What an open page must replace to say what the model says. */
export function renderLive(model: PageModel, translator: Translator): LivePage {
  const view = { translator, now: model.now };
  const parts = Object.entries(liveParts(model, view));
  return {
    title: titleOf(model, view),
    html: Object.fromEntries(parts.map(([id, part]) => [id, part?.markup ?? ''])),
  };
}

/** What changes on an open page, by the id of the element that holds it. */
function liveParts(model: PageModel, view: View) {
  const { status, history, disks, logTail } = model;
  const { run } = status;
  return {
    headline: headlineBox(model, view),
    announcement: html`${announcementOf(model, view)}`,
    queue: queuePart(status.queue, view),
    steps: stepsPart(model, view),
    warnings: run === null ? null : warningList(run, view),
    nightshift: nightshiftCard(model.nightshift, view),
    disks: diskList(disks, view),
    history: historyTable(history, view),
    log: logPart(logTail, view),
  };
}

function stepsPart({ status }: PageModel, view: View): Html {
  const { say, format } = view.translator;
  const { run } = status;
  if (run === null) {
    return html`<h2>${say('page.steps')}</h2><p class="empty">${say('page.steps.none')}</p>`;
  }
  const isRunning = status.state === 'running';
  const end = run.finishedAt ?? (isRunning ? new Date(view.now).toISOString() : null);
  const took = end === null ? null : format.duration(secondsBetween(run.startedAt, end));
  return html`<h2>${say(isRunning ? 'page.steps.this' : 'page.steps.last')}</h2>
<p class="quiet">${moment(run.startedAt, view)}${took !== null && ` · ${took}`}</p>
${stepList(run, isRunning, view)}`;
}

function logPart(text: string, { translator: { say } }: View): Html {
  if (text === '') return html`<p class="empty">${say('page.log.none')}</p>`;
  // A focus of its own, so that the arrow keys scroll it.
  return html`<pre tabindex="0" role="region" aria-label="${say('page.log')}">${text}</pre>`;
}

/**
 * One run of the history.
 *
 * @param log the run's log; null when it is no longer kept
 */
export function renderRun(run: RunDocument, log: string | null, translator: Translator): string {
  // Nothing on it depends on the time of day: the run is over.
  const view = { translator, now: Date.parse(run.finishedAt ?? run.startedAt) };
  const { say } = translator;
  const headline = headlineOf({ version: statusVersion, state: 'idle', run, queue: [] });
  const path = `/runs/${encodeURIComponent(run.id)}`;
  const warnings = warningList(run, view);
  const main = html`
<p class="back"><a href="${link('/', view)}#history-title">${say('page.run.back')}</a></p>
${runFacts(run, headline, view)}
${warnings !== null && html`<div class="card">${warnings}</div>`}
<section class="card" aria-labelledby="steps-title"><h2 id="steps-title">${say('page.steps')}</h2>${stepList(run, false, view)}</section>
<section class="card"><div class="card-head"><h2>${say('page.log')}</h2>${log !== null && html`<a href="${path}/log">${say('page.log.whole')}</a>`}</div>${log === null ? html`<p class="empty">${say('page.run.log-gone')}</p>` : logPart(log, view)}</section>`;
  return documentOf(
    {
      title: `${translator.format.dateTime(run.startedAt)} – plugback`,
      path,
      host: null,
      script: false,
      refreshSeconds: null,
      main,
    },
    view,
  );
}
