/** The doctor's findings as lines for people. Pure. */

import type { Translator } from '../../messages/translator.ts';
import type { Paint, Tone } from '../paint.ts';
import { displayWidth, pad, paragraph } from '../table.ts';
import type { Area, Finding, FindingState } from './finding.ts';

export interface FindingsView {
  translator: Translator;
  paint: Paint;
  /** Columns of the terminal; null: lines are not broken. */
  width: number | null;
  /** No backup runs here, only Veeam's scripts do. */
  isVeeamSide?: boolean;
}

const signs: { readonly [S in FindingState]: { symbol: string; tone: Tone } } = {
  good: { symbol: '✔', tone: 'good' },
  warning: { symbol: '!', tone: 'warning' },
  bad: { symbol: '✘', tone: 'bad' },
};

/** An area's heading and its findings; nothing where nothing was examined. */
export function renderArea(area: Area, findings: readonly Finding[], view: FindingsView): string[] {
  if (findings.length === 0) return [];
  const { translator, paint } = view;
  const heading = paint.strong(translator.say(`check.${area}`));
  return [heading, ...findings.flatMap((finding) => findingLines(finding, view)), ''];
}

/** `  ✘ ERROR    What is wrong.` and below it `             → What to do.` */
function findingLines(
  { state, message, remedy }: Finding,
  { translator, paint, width }: FindingsView,
): string[] {
  const { symbol, tone } = signs[state];
  const words = (['good', 'warning', 'bad'] as const).map((name) => translator.say(`check.${name}`));
  const wordWidth = Math.max(...words.map(displayWidth));
  const sign = `${symbol} ${pad(translator.say(`check.${state}`), wordWidth)}`;
  const indent = ' '.repeat(displayWidth(`  ${sign}  `));
  const [first = '', ...rest] = paragraph(message, width, indent);
  const lines = [`  ${paint.tone(tone, sign)}  ${first.trimStart()}`, ...rest];
  if (remedy !== null) lines.push(...paragraph(remedy, width, `${indent}  `, `${indent}→ `));
  return lines;
}

/** The last lines: can a backup run, or Veeam's scripts? */
export function renderSummary(findings: readonly Finding[], exitCode: number, view: FindingsView): string[] {
  const { translator, paint, width, isVeeamSide } = view;
  const { say } = translator;
  const count = (state: FindingState) => findings.filter((finding) => finding.state === state).length;
  const lines = (tone: Tone, text: string) =>
    paragraph(text, width).map((line) => paint.strong(paint.tone(tone, line)));
  if (count('bad') > 0) return lines('bad', say('check.summary.bad', { count: count('bad'), exitCode }));
  if (count('warning') > 0) {
    const key = isVeeamSide === true ? 'check.summary.veeam-warnings' : 'check.summary.warnings';
    return lines('warning', say(key, { count: count('warning') }));
  }
  return lines('good', say(isVeeamSide === true ? 'check.summary.veeam-good' : 'check.summary.good'));
}
