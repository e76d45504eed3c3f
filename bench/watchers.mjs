/**
 * `node bench/watchers.mjs ADDRESS COUNT`: opens so many event streams of a status page. Says `ready` when each was told
 * its first state; when standard input ends, how many states each was told.
 */

import { get } from 'node:http';

const [address = '', count = '1'] = process.argv.slice(2);
const told = Array.from({ length: Number(count) }, () => 0);
const firsts = told.map(
  (_, index) =>
    new Promise((resolve, reject) => {
      get(`${address}api/events`, { agent: false }, (response) => {
        response.setEncoding('utf8').on('data', (text) => {
          told[index] += text.match(/^event:status$/gm)?.length ?? 0;
          if (told[index] > 0) resolve();
        });
      }).on('error', reject);
    }),
);
await Promise.all(firsts);
console.log('ready');
for await (const _ of process.stdin);
process.stdout.write(`${JSON.stringify(told)}\n`, () => process.exit(0));
