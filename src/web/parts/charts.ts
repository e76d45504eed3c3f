/** The places for the charts: a script draws them, and without it there is the table or the rate in words. */

import { type Html, html } from '../html.ts';
import type { View } from './view.ts';

/** The rate over time; the script keeps the samples from the moment the page was opened. */
export function rateFigure({ translator: { say } }: View): Html {
  // The script puts the rates where these stand.
  const said = say('page.rate.said', { current: '{current}', highest: '{highest}' });
  return html`<figure class="chart" id="rate" hidden data-said="${said}">
<h2>${say('page.rate')}</h2>
<div class="chart-canvas" aria-hidden="true"></div>
<figcaption></figcaption>
</figure>`;
}

/** What was copied, and what was free afterwards, by disk; the table beside them says the same in words. */
export function historyFigures({ translator: { say } }: View): Html {
  const figure = (kind: 'bytes' | 'free'): Html => html`<figure class="chart" data-chart="${kind}">
<h3>${say(`page.chart.${kind}`)}</h3>
<div class="chart-canvas" aria-hidden="true"></div>
<figcaption>${say(`page.chart.${kind}.caption`)}</figcaption>
</figure>`;
  return html`<div class="charts" id="charts" hidden>${figure('bytes')}${figure('free')}</div>`;
}
