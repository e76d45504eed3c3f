/** The top of a past run's page: what became of it, why, and its numbers. */

import type { Headline } from '../../status/headline.ts';
import { resultOf } from '../../status/headline.ts';
import type { RunDocument } from '../../status/types.ts';
import { type Html, html } from '../html.ts';
import { problemPart } from './headline.ts';
import { resultLooks } from './history.ts';
import { icon } from './icon.ts';
import { diskLabel, moment, secondsBetween, type View } from './view.ts';

export function runFacts(run: RunDocument, headline: Headline, view: View): Html {
  const { say, sayAgain, format } = view.translator;
  const { progress, estimate, freeBytes, sizeBytes } = run;
  const looks = resultLooks[resultOf(run)];
  const seconds = secondsBetween(run.startedAt, run.finishedAt ?? run.startedAt);
  const facts: readonly (readonly [string, Html | string])[] = [
    [say('history.start'), moment(run.startedAt, view)],
    [say('history.duration'), format.duration(seconds)],
    [say('history.disk'), diskLabel(run, view)],
    ['UUID', run.uuid ?? '–'],
    [say('history.files'), progress === null ? '–' : format.count(progress.files)],
    [say('history.bytes'), progress === null ? '–' : format.bytes(progress.bytes)],
    // What was to be deleted; only a run that ended well did all of it.
    [say('page.run.deletes'), estimate === null || run.error !== null ? '–' : format.count(estimate.deletes)],
    [
      say('history.free'),
      freeBytes === null || sizeBytes === null ? '–' : say('page.disks.free', { freeBytes, sizeBytes }),
    ],
  ];
  return html`<section id="headline" aria-label="${say('history.result')}"><div class="headline tone-${headline.tone}">
<div class="headline-symbol">${icon(looks.icon)}</div>
<div class="headline-words"><p class="eyebrow">${say(`page.kind.${headline.kind}`)}</p><h1>${sayAgain(headline.said)}</h1>
${problemPart(headline, view.translator)}</div>
</div></section>
<dl class="card figures">${facts.map(([title, value]) => html`<div><dt>${title}</dt><dd>${value}</dd></div>`)}</dl>`;
}
