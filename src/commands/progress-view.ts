/** A run as a terminal shows it: its lines, and a progress bar below them. */

import type { Translator } from '../messages/translator.ts';
import type { Line, RunListener } from '../status/recorder.ts';
import type { Progress } from '../status/types.ts';
import type { Output } from './context.ts';

export interface ProgressView {
  line(text: string, level: Line['level']): void;
  listener: RunListener;
  /** Takes the bar away. */
  close(): void;
}

const barWidth = 28;
const colours = { debug: '\x1b[2m', info: '', warn: '\x1b[33m', error: '\x1b[31m' } as const;

/** The view that fits the output: with a bar on a terminal, plain lines elsewhere. */
export function createProgressView(output: Output, translator: Translator): ProgressView {
  const { terminal } = output;
  let bar = '';
  const erase = () => {
    if (bar !== '') terminal?.write('\r\x1b[K');
    bar = '';
  };
  const draw = (progress: Progress | null) => {
    erase();
    if (terminal === null || progress === null || progress.bytesTotal === 0) return;
    bar = renderBar(progress, translator).slice(0, terminal.columns - 1);
    terminal.write(bar);
  };
  let latest: Progress | null = null;
  return {
    line: (text, level) => {
      const colour = output.hasColour ? colours[level] : '';
      erase();
      const say = level === 'error' ? output.problem : output.line;
      say(colour === '' ? text : `${colour}${text}\x1b[0m`);
      draw(latest);
    },
    listener: {
      changed: (run) => {
        const isCopying = run.step === 'copy' && run.finishedAt === null;
        latest = isCopying ? run.progress : null;
        draw(latest);
      },
    },
    close: () => {
      latest = null;
      erase();
    },
  };
}

/** `████████░░░░  42%  1.2 GB of 3.4 GB  120 MB/s  about 18 s left`. */
export function renderBar(progress: Progress, { say, format }: Translator): string {
  const share = Math.min(1, progress.bytes / progress.bytesTotal);
  const full = Math.floor(share * barWidth);
  const parts = [
    '█'.repeat(full) + '░'.repeat(barWidth - full),
    format.percent(Math.floor(share * 100)),
    say('terminal.amount', { bytes: progress.bytes, total: progress.bytesTotal }),
  ];
  if (progress.phase === 'flushing') parts.push(say('terminal.flushing'));
  else if (progress.bytesPerSecond > 0) parts.push(format.rate(progress.bytesPerSecond));
  if (progress.phase === 'copying' && progress.etaSeconds !== null) {
    parts.push(say('terminal.left', { seconds: progress.etaSeconds }));
  }
  return parts.join('  ');
}
