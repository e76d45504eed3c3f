/** The same as in the slow suite, in small: kills, rewriting, two at once. */

import { afterEach, beforeEach, test } from 'vitest';
import { type Office, openOffice } from './office.ts';
import { killOften, rewriteOften, shareDestination } from './torture.ts';

let office: Office;
beforeEach(() => {
  office = openOffice();
});
afterEach(() => office.close());

test(
  'killed at any moment, it has lost nothing and copies nothing twice',
  () => killOften(office, 6),
  60_000,
);
test(
  'of a file that is rewritten all the time no version is torn, and the last one is there',
  () => rewriteOften(office, 80, 60),
  60_000,
);
test('two on one destination: each version once', () => shareDestination(office, 4), 60_000);
