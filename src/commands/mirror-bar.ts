/** The mirror's progress on a terminal: one bar for all bytes of a cycle. */

import type { Translator } from '../messages/translator.ts';
import type { MirrorProgress } from '../mirror/job.ts';
import type { Output } from './context.ts';
import { renderBar } from './progress-view.ts';

export interface MirrorBar {
  draw(progress: MirrorProgress): void;
  /** Takes the bar away; the next `draw` brings it back. */
  close(): void;
}

/** Draws nothing where there is no terminal. */
export function createMirrorBar({ terminal }: Output, translator: Translator): MirrorBar {
  let isDrawn = false;
  let began: number | null = null;
  const close = () => {
    if (isDrawn) terminal?.write('\r\x1b[K');
    isDrawn = false;
  };
  return {
    draw: (progress) => {
      if (terminal === null || progress.bytesTotal === 0) return;
      began ??= performance.now();
      const seconds = (performance.now() - began) / 1000;
      const bytesPerSecond = seconds > 1 ? progress.bytes / seconds : 0;
      const left = progress.bytesTotal - progress.bytes;
      const etaSeconds = bytesPerSecond > 0 ? left / bytesPerSecond : null;
      close();
      const bar = renderBar({ phase: 'copying', ...progress, bytesPerSecond, etaSeconds }, translator);
      terminal.write(bar.slice(0, terminal.columns - 1));
      isDrawn = true;
      if (left === 0) began = null;
    },
    close,
  };
}
