/** A copy, as far as Veeam's side sees one. */

import { rmSync, writeFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import type { WindowsMachine } from './machine.ts';

/**
 * Lays a marker into the source and changes it every second.
 *
 * @returns ends the copy
 */
export function startCopy(machine: WindowsMachine): () => void {
  let beat = 0;
  const write = (): void => {
    beat += 1;
    writeFileSync(machine.marker, JSON.stringify({ run: 'x', beat }));
  };
  write();
  const timer = setInterval(write, 1000);
  const end = (): void => {
    clearInterval(timer);
    rmSync(machine.marker, { force: true });
  };
  onTestFinished(end);
  return end;
}
