/** `plugback nightshift --dry-run`. */

import { jsonText } from '../../messages/json.ts';
import type { SentenceKey } from '../../messages/translator.ts';
import { look } from '../../nightshift/look.ts';
import { rehearsal } from '../../nightshift/rehearse.ts';
import { decideNow } from '../../nightshift/run-nightshift.ts';
import type { RunLog } from '../../status/run-log.ts';
import { realClock } from '../../system/clock.ts';
import { assemble, type Parts } from './assemble.ts';
import { silentVoice } from './voice.ts';

/** What a rehearsal says of one job. */
const ofJob: readonly SentenceKey[] = [
  'nightshift.plan.wakes',
  'nightshift.plan.clock',
  'nightshift.plan.runs',
  'nightshift.plan.sleeps',
];

/** One real look, and what would follow from it; nothing is written, sent or run but the questions themselves. */
export async function rehearse(parts: Parts, isAskedFor: boolean): Promise<number> {
  const { reading, translator, context } = parts;
  const log: RunLog = {
    // Where nobody can be asked (ping is missing), what follows would look strange without the reason.
    log: ({ level, text }) => (level === 'error' || level === 'warn') && context.output.problem(text),
    close: () => undefined,
  };
  const { nightshift, commandOf } = assemble(parts, log);
  const nothing = { save: () => true, voice: silentVoice };
  const watched = { ...nightshift, ports: { ...nightshift.ports, ...nothing } };
  const began = realClock.monotonic();
  const answers = await look(watched);
  const lookMs = Math.round(realClock.monotonic() - began);
  const action = decideNow(watched, isAskedFor);
  const sentences = rehearsal(action, answers, watched, commandOf);
  if (context.json) {
    const said = sentences.map((sentence) => translator.sayAgain(sentence));
    context.output.line(
      jsonText({
        action: action.do,
        said,
        online: [...answers].filter(([, is]) => is).map(([name]) => name),
        lookMs,
      }),
    );
    return 0;
  }
  for (const sentence of sentences) {
    const indent = ofJob.includes(sentence.key) ? '  ' : '';
    context.output.line(indent + translator.sayAgain(sentence));
  }
  if (reading.nightshift.jobs.length === 0) context.output.line(translator.say('nightshift.plan.no-jobs'));
  if (action.do !== 'back-up') context.output.line(translator.say('nightshift.plan.ask'));
  context.output.line(translator.say('nightshift.plan.nothing'));
  return 0;
}
