/** The night watch: what it does, who is online, the last nights. */

import { type NightshiftView, sayNightshift } from '../../status/nightshift-view.ts';
import { type Html, html } from '../html.ts';
import { icon } from './icon.ts';
import type { View } from './view.ts';

/** Nothing where no night watch has ever been kept. */
export function nightshiftCard(nightshift: NightshiftView | null, { translator }: View): Html | null {
  if (nightshift === null) return null;
  const { say, sayAgain } = translator;
  const { now, computers, nights } = sayNightshift(nightshift);
  return html`<h2>${say('nightshift.title')}</h2>
${now.map((sentence) => html`<p>${sayAgain(sentence)}</p>`)}
${
  computers.length > 0 &&
  html`<h3>${say('nightshift.computers')}</h3><ul>${computers.map((one) => html`<li>${sayAgain(one)}</li>`)}</ul>`
}
${
  nights.length > 0 &&
  html`<h3>${say('nightshift.last-nights')}</h3><ul class="warnings">${nights.map(
    ({ said, isGood }) => html`<li>${icon(isGood ? 'check' : 'warning')}<span>${sayAgain(said)}</span></li>`,
  )}</ul>`
}`;
}
