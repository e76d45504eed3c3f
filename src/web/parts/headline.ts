/** The top of the page: the one large sentence, its symbol, how far the copy is, and whether the disk may be pulled. */

import type { Translator } from '../../messages/translator.ts';
import { type Headline, type HeadlineKind, stepMessage } from '../../status/headline.ts';
import type { Progress, QueuedRun, RunDocument } from '../../status/types.ts';
import { type Html, html } from '../html.ts';
import type { PageModel } from '../page-model.ts';
import { type IconName, icon } from './icon.ts';
import { ago, diskLabel, moment, type View } from './view.ts';

const icons: { readonly [K in HeadlineKind]: IconName } = {
  never: 'disk',
  preparing: 'turning',
  waiting: 'clock',
  comparing: 'turning',
  copying: 'turning',
  flushing: 'flush',
  complete: 'eject',
  warned: 'warning',
  later: 'clock',
  refused: 'cross',
  failed: 'cross',
  'night-waiting': 'moon',
  'night-running': 'turning',
  'night-countdown': 'clock',
  'night-done': 'check',
  'night-failed': 'cross',
  'night-stopped': 'warning',
  'night-died': 'cross',
  'night-off': 'warning',
};

/**
 * The content of the headline's box. Its first element carries the state for the favicon and the rate's chart, as
 * `data-tone`, `data-percent` and `data-rate`.
 */
export function headlineBox(model: PageModel, view: View): Html {
  const { headline, status } = model;
  const { say, sayAgain } = view.translator;
  const { run } = status;
  const restingRun = diskIsGone(model) ? run : null;
  const percent = percentOf(model);
  const rate = headline.kind === 'copying' ? (run?.progress?.bytesPerSecond ?? null) : null;
  const tone = restingRun === null ? headline.tone : 'neutral';
  const canUnplug = headline.unplug?.key === 'headline.unplug.yes';
  // Who walks up to a disk that is ready wants to know just that.
  const isPullable = canUnplug && headline.error === null && restingRun === null;
  const words =
    restingRun !== null
      ? html`<h1>${restingTitle(restingRun, view)}</h1><p>${moment(endOf(restingRun), view)}</p>`
      : isPullable
        ? html`<h1>${say('headline.unplug.yes')}</h1><p>${sayAgain(headline.said)}</p>`
        : html`<h1>${sayAgain(headline.said)}</h1>`;
  const symbol = restingRun === null ? icons[headline.kind] : 'moon';
  return html`<div class="headline tone-${tone}" data-tone="${tone}" data-percent="${percent ?? ''}" data-rate="${rate ?? ''}">
<div class="headline-symbol">${icon(symbol)}</div>
<div class="headline-words">
<p class="eyebrow">${say(`page.kind.${restingRun === null ? headline.kind : 'rest'}`)}</p>
${words}
${run !== null && progressPart(run, headline, view)}
${problemPart(headline, view.translator)}
${headline.unplug !== null && !isPullable && restingRun === null && unplugPart(canUnplug, sayAgain(headline.unplug))}
${headline.lastGood !== null && html`<p class="quiet">${sayAgain(headline.lastGood)}</p>`}
${headline.kind === 'never' && html`<p>${say('page.never')}</p>`}
</div>
</div>`;
}

/** Everything went well and the disk was taken away: nothing waits to be done. */
function diskIsGone({ headline, status, disks }: PageModel): boolean {
  const isGood = headline.kind === 'complete' || headline.kind === 'warned';
  const disk = disks.find((candidate) => candidate.uuid === status.run?.uuid);
  return isGood && disk !== undefined && !disk.isAttached;
}

function restingTitle(run: RunDocument, view: View): string {
  const disk = { label: run.label, uuid: run.uuid };
  return view.translator.say('page.resting', { ...disk, ago: ago(endOf(run), view) });
}

function endOf(run: RunDocument): string {
  return run.finishedAt ?? run.startedAt;
}

/** The copy's percentage as the headline tells it; null when nothing is being copied. */
export function percentOf({ headline }: Pick<PageModel, 'headline'>): number | null {
  if (headline.kind !== 'copying') return null;
  return (headline.said.details as { percent: number | null }).percent;
}

function progressPart(run: RunDocument, headline: Headline, view: View): Html | null {
  const { say } = view.translator;
  switch (headline.kind) {
    case 'copying':
      return run.progress === null ? null : copyBar(run.progress, percentOf({ headline }), view);
    case 'flushing':
      return html`<progress aria-label="${say('page.progress.flushing')}"></progress>${now(run, view)}`;
    case 'waiting':
    case 'comparing':
    case 'preparing':
      return now(run, view);
    default:
      return null;
  }
}

/** The running step's own words: for whom it waits, what it does. */
function now(run: RunDocument, { translator }: View): Html | null {
  const step = run.steps.find((candidate) => candidate.state === 'running');
  const message = step === undefined ? '' : stepMessage(run, step, translator);
  return message === '' ? null : html`<p>${message}</p>`;
}

function copyBar(progress: Progress, percent: number | null, { translator }: View): Html {
  const { say, format } = translator;
  const { bytes, bytesTotal, files, filesTotal, etaSeconds } = progress;
  const label = say('page.progress.copying');
  return html`${
    percent === null
      ? html`<progress aria-label="${label}"></progress>`
      : html`<progress aria-label="${label}" max="100" value="${percent}">${format.percent(percent)}</progress>`
  }
<p class="facts"><span>${say('page.progress.bytes', { bytes, bytesTotal })}</span> <span>${say('page.progress.files', { files, filesTotal })}</span></p>
${etaSeconds !== null && html`<p class="quiet">${say('page.progress.sooner')}</p>`}`;
}

/** Why it ended badly, and what to do; nothing where it did not. */
export function problemPart({ error }: Headline, translator: Translator): Html | null {
  if (error === null) return null;
  const { problem, remedy } = translator.problem(error.code, error.details);
  return html`<dl class="problem">
<div><dt>${translator.say('page.problem')}</dt><dd>${problem}</dd></div>
${remedy !== '' && html`<div><dt>${translator.say('page.remedy')}</dt><dd>${remedy}</dd></div>`}
</dl>`;
}

function unplugPart(canUnplug: boolean, said: string): Html {
  return html`<p class="unplug ${canUnplug ? 'unplug-yes' : 'unplug-no'}">${icon(canUnplug ? 'eject' : 'stay')}<span>${said}</span></p>`;
}

/** The disks that wait their turn; nothing where there are none. */
export function queuePart(queue: readonly QueuedRun[], view: View): Html | null {
  if (queue.length === 0) return null;
  const { say } = view.translator;
  const rows = queue.map(
    (queued) =>
      html`<li>${icon('clock')}<span><strong>${diskLabel(queued, view)}</strong> ${say('page.queue.since')} ${moment(queued.since, view)}</span></li>`,
  );
  return html`<h2>${say('page.queue')}</h2><ol class="queue">${rows}</ol><p class="quiet">${say('page.queue.hint')}</p>`;
}

/**
 * What a screen reader says by itself: whenever something else begins, and at every tenth of the copy, not at every
 * percent.
 */
export function announcementOf(model: PageModel, { translator }: View): string {
  const { headline } = model;
  if (headline.kind === 'copying') {
    const percent = Math.floor((percentOf(model) ?? 0) / 10) * 10;
    return translator.say('page.announce.copying', { percent });
  }
  const unplug = diskIsGone(model) ? null : headline.unplug;
  const said = unplug === null ? [headline.said] : [headline.said, unplug];
  return said.map((one) => translator.sayAgain(one)).join(' ');
}

/** The tab's title: the percentage first, because tabs are narrow. */
export function titleOf(model: PageModel, { translator }: View): string {
  const percent = percentOf(model);
  const kind = translator.say(`page.kind.${diskIsGone(model) ? 'rest' : model.headline.kind}`);
  const what = percent === null ? kind : `${translator.format.percent(percent)} ${kind}`;
  return `${what} – plugback`;
}
