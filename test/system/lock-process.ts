/** A process that takes the lock it is given, says `held`, and holds it until SIGTERM; says `lost` when it is lost. */

import { realClock } from '../../src/system/clock.ts';
import { withLock } from '../../src/system/lock.ts';

const say = (word: string): void => {
  process.stdout.write(`${word}\n`);
};

const request = {
  path: process.argv[2] ?? '',
  procRoot: '/proc',
  clock: realClock,
  signal: new AbortController().signal,
  wait: true,
  onWaiting: () => say('waiting'),
  onLost: () => say('lost'),
};
// Keeps the process alive: the lock alone does not.
const alive = setInterval(() => undefined, 60_000);
await withLock(request, async () => {
  say('held');
  await new Promise((resolve) => process.once('SIGTERM', resolve));
});
say('released');
clearInterval(alive);
