/** The night watch: what it does, who is online, the last nights. */

import type { ErrorCode, ErrorDetails } from '../../errors.ts';
import type { NightJobState, NightOutcome } from '../../status/nightshift.ts';
import { type NightshiftSaid, type NightshiftView, sayNightshift } from '../../status/nightshift-view.ts';
import { type Html, html } from '../html.ts';
import { type IconName, icon } from './icon.ts';
import { moment, type View } from './view.ts';

/** Symbol and colour. */
type Look = readonly [IconName, 'good' | 'busy' | 'warning' | 'bad' | 'quiet'];

const nightLooks: { readonly [O in NightOutcome]: Look } = {
  done: ['check', 'good'],
  failed: ['cross', 'bad'],
  stopped: ['warning', 'warning'],
  died: ['cross', 'bad'],
};

const jobLooks: { readonly [S in NightJobState]: Look } = {
  pending: ['dot', 'quiet'],
  running: ['turning', 'busy'],
  done: ['check', 'good'],
  failed: ['cross', 'bad'],
  skipped: ['dash', 'quiet'],
};

/** Nothing where no night watch has ever been kept. */
export function nightshiftCard(nightshift: NightshiftView | null, view: View): Html | null {
  if (nightshift === null) return null;
  const { say, sayAgain } = view.translator;
  const { now, jobs, computers, nights } = sayNightshift(nightshift);
  return html`<h2>${say('nightshift.title')}</h2>
<div class="watch">
${now.map((sentence) => html`<p>${sayAgain(sentence)}</p>`)}
${
  jobs.length > 0 &&
  html`<ul class="looks">${jobs.map(({ said, state }) => line(jobLooks[state], html`${sayAgain(said)}`))}</ul>`
}
${
  computers.length > 0 &&
  html`<h3>${say('nightshift.computers')}</h3><ul class="computers">${computers.map((one) => computerLine(one, view))}</ul>`
}
${
  nights.length > 0 &&
  html`<h3>${say('nightshift.last-nights')}</h3><ul class="looks">${nights.map((night, index) => nightLine(night, index === 0, view))}</ul>`
}
</div>`;
}

function computerLine({ name, online, since }: NightshiftSaid['computers'][number], view: View): Html {
  const { say } = view.translator;
  if (online === null) {
    return html`<li><bdi>${name}</bdi><span class="badge">${say('nightshift.computer-unknown')}</span></li>`;
  }
  return html`<li><bdi>${name}</bdi>
<span class="badge ${online && 'badge-busy'}">${say(online ? 'nightshift.computer-online' : 'nightshift.computer-off')}</span>
<span class="quiet">${say('nightshift.since')} ${moment(since, view)}</span></li>`;
}

/** The newest night tells what to do, too. */
function nightLine(
  { said, outcome, problems }: NightshiftSaid['nights'][number],
  isNewest: boolean,
  view: View,
): Html {
  const { sayAgain, problem } = view.translator;
  const told = problems.map(({ code, details }) =>
    problem(code as ErrorCode, details as ErrorDetails[ErrorCode]),
  );
  return line(
    nightLooks[outcome],
    html`${sayAgain(said)}${told.map(
      (one) =>
        html`<span class="why">${one.problem}${isNewest && one.remedy !== '' && ` ${one.remedy}`}</span>`,
    )}`,
  );
}

function line([symbol, tone]: Look, text: Html): Html {
  return html`<li class="look-${tone}">${icon(symbol)}<span>${text}</span></li>`;
}
