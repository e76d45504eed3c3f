/** A process that writes so many lines of its own to a daily log, many at a time. */

import { createDailyLog } from '../../src/mirror/daily-log.ts';

const [folder = '', who = '', count = '0'] = process.argv.slice(2);
const log = createDailyLog(folder, Date.now);
for (let number = 0; number < Number(count); number += 50) {
  log.write(
    Array.from({ length: 50 }, (_, index) => `${who} ${number + index} ${who.repeat(1 + (index % 90))}.`),
  );
}
log.close();
