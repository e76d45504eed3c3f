/**
 * What the mirror's tests run under Windows besides the program:
 *
 *     hold READY FILE…                  keeps files open without sharing them, until it is killed
 *     open FILE…                        says of each what comes of opening it to read
 *     run READY                         does nothing but run, until it is killed
 *     lock READY REPLICA                holds a replica's lock until READY is gone
 *     library INDEX SOURCE REPLICA LOGS STATE   mirrors by the package itself, and says as JSON what it saw
 */

import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type * as Plugback from '../../src/index.ts';
import { withReplicaLock } from '../../src/mirror/mirror-lock.ts';
import { openUnshared } from '../../src/system/sharing.ts';

const forEver = 2 ** 30;

function codeOf(act: () => unknown): string {
  try {
    act();
    return 'ok';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

const tryOpen = (file: string) => codeOf(() => closeSync(openSync(file, 'r')));

async function hold(ready = '', ...files: string[]): Promise<void> {
  for (const file of files) openUnshared(file);
  writeFileSync(ready, '');
  await sleep(forEver);
}

async function lock(ready = '', replica = ''): Promise<void> {
  await withReplicaLock(replica, {}, async () => {
    writeFileSync(ready, '');
    while (existsSync(ready)) await sleep(20);
  });
}

async function library(index = '', source = '', replica = '', logs = '', state = ''): Promise<void> {
  const { mirror, Synchro } = (await import(pathToFileURL(index).href)) as typeof Plugback;
  let workers = 0;
  process.on('worker', () => {
    workers += 1;
  });
  const own = { stateDirectory: state, runtimeDirectory: state };
  const entries: string[] = [];
  const held = new Set<string>();
  const synchro = new Synchro({ logPath: logs });
  synchro.on('entry', ({ action, path: name }) => {
    entries.push(`${action} ${name}`);
    // Folders come last, when the stage is gone.
    if (name.endsWith('.txt')) held.add(tryOpen(path.join(replica, '.plugback-mirror', 'mirror.held')));
  });
  synchro.configure(source, replica, { mode: 'o', interval: 1, max: 0.5, threads: 2, ...own });
  const first = await synchro.run();
  synchro.close();
  const again = await mirror(source, replica, { threads: 2, ...own });
  const alone = await mirror(source, replica, { threads: 0, ...own });
  console.log(JSON.stringify({ workers, entries: entries.sort(), held: [...held], first, again, alone }));
}

const [task, ...words] = process.argv.slice(2);
if (task === 'hold' || task === 'run') await hold(...words);
else if (task === 'open') console.log(words.map(tryOpen).join(' '));
else if (task === 'lock') await lock(...words);
else await library(...words);
process.exit(0);
