/** The nine steps of a run, and its warnings. */

import { stepMessage, warningsOf } from '../../status/headline.ts';
import type { RunDocument, StepState, StepStatus } from '../../status/types.ts';
import { type Html, html } from '../html.ts';
import { type IconName, icon } from './icon.ts';
import { secondsBetween, type View } from './view.ts';

const icons: { readonly [S in StepState]: IconName } = {
  pending: 'dot',
  running: 'turning',
  done: 'check',
  warned: 'warning',
  failed: 'cross',
  skipped: 'dash',
};

/**
 * @param isRunning whether the run goes on, so that its running step's time ends now
 */
export function stepList(run: RunDocument, isRunning: boolean, view: View): Html {
  const end = run.finishedAt ?? (isRunning ? new Date(view.now).toISOString() : null);
  return html`<ol class="steps">${run.steps.map((step) => stepItem(run, step, end, view))}</ol>`;
}

function stepItem(run: RunDocument, step: StepStatus, end: string | null, { translator }: View): Html {
  const { say, format } = translator;
  const message = step.startedAt === null ? '' : stepMessage(run, step, translator);
  const finishedAt = step.finishedAt ?? end;
  return html`<li class="step step-${step.state}"${step.state === 'running' && html` aria-current="step"`}>
${icon(icons[step.state])}
<div>
<p class="step-title"><strong>${say(`step.${step.name}`)}</strong> <span class="step-state">${say(`report.state.${step.state}`)}</span></p>
${message !== '' && html`<p class="step-message">${message}</p>`}
</div>
${
  step.startedAt !== null &&
  html`<p class="step-time"><time datetime="${step.startedAt}">${format.time(step.startedAt)}</time>${
    finishedAt !== null && html` <span>${format.duration(secondsBetween(step.startedAt, finishedAt))}</span>`
  }</p>`
}
</li>`;
}

/** A run's warnings; nothing where there are none. */
export function warningList(run: RunDocument, { translator }: View): Html | null {
  const warnings = warningsOf(run, translator);
  if (warnings.length === 0) return null;
  const items = warnings.map((text) => html`<li>${icon('warning')}<span>${text}</span></li>`);
  return html`<h2>${translator.say('page.warnings')}</h2><ul class="warnings">${items}</ul>`;
}
