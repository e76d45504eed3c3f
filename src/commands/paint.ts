/** Colours that only repeat what symbol and words say already. */

import type { Output } from './context.ts';

export type Tone = 'good' | 'warning' | 'bad' | 'busy' | 'neutral';

export interface Paint {
  tone(tone: Tone, text: string): string;
  strong(text: string): string;
  quiet(text: string): string;
}

const codes: { readonly [T in Tone]: string } = {
  good: '32',
  warning: '33',
  bad: '31',
  busy: '36',
  neutral: '',
};

/** The colours for an output; without colour every text comes back as it is. */
export function createPaint(output: Pick<Output, 'hasColour'>): Paint {
  const paint = (code: string, text: string) =>
    output.hasColour && code !== '' && text !== '' ? `\x1b[${code}m${text}\x1b[0m` : text;
  return {
    tone: (tone, text) => paint(codes[tone], text),
    strong: (text) => paint('1', text),
    quiet: (text) => paint('2', text),
  };
}
