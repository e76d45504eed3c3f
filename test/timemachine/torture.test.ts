/** The same as in the slow suite, in small: kills, rewriting, changes in the wrong moment, two at once. */

import { describe } from 'vitest';
import { officeTest as test } from './desk.ts';
import { changeDuringCopy, killOften, rewriteOften, shareDestination } from './torture.ts';

describe.concurrent('a timemachine', { timeout: 60_000 }, () => {
  test('killed at any moment has lost nothing and copies nothing twice', ({ office }) =>
    killOften(office, 2));

  test('of a file that is rewritten all the time has no torn version, and the last one', ({ office }) =>
    rewriteOften(office, 40, 50));

  test('copies a change in the moment in which the one before is copied', ({ office }) =>
    changeDuringCopy(office, 2));

  test('on one destination with another: each version once', ({ office }) => shareDestination(office, 1));
});
