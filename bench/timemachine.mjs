/** The timemachine with 10,000 files: a run in which nothing has changed, and what a watch costs. */

import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const files = 10_000;
const filesAFolder = 500;
const idleSeconds = 60;

/**
 * @param cli the program
 * @param home an empty folder
 * @param timed runs a program to its end, see bench.mjs
 * @returns what was measured: the first copies and the runs afterwards in ms, memory of the watch in MB, what it takes of a
 *   processor in percent when nothing happens, and from a change to its copy in ms
 */
export async function measureTimemachine(cli, home, timed) {
  mkdirSync(path.join(home, 'copies'));
  for (let number = 0; number < files; number += 1) {
    const folder = path.join(home, 'files', String(Math.floor(number / filesAFolder)));
    if (number % filesAFolder === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, `file-${number}.txt`), `content ${number}`);
  }
  writeFileSync(path.join(home, 'config.dat'), `- ${path.join(home, 'files')}\n`);
  const options = ['-cl', home, '-d', path.join(home, 'copies')];
  const run = async () => (await timed('node', [cli, 'timemachine', 'run', ...options])).ms;
  const firstMs = await run();
  const runsMs = [];
  for (let round = 0; round < 15; round += 1) runsMs.push(await run());

  const watch = spawn('node', [cli, 'timemachine', 'watch', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LANG: 'C' },
  });
  process.on('exit', () => watch.kill('SIGKILL'));
  await new Promise((resolve) =>
    watch.stdout.on('data', (text) => String(text).includes('Watching ') && resolve()),
  );
  const before = processorSeconds(watch.pid);
  await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000));
  const idlePercent = ((processorSeconds(watch.pid) - before) / idleSeconds) * 100;

  const changed = path.join(home, 'files/7/file-3777.txt');
  const hasCopy = () => readdirSync(path.join(home, 'copies/copies', changed)).length === 2;
  const changedAt = performance.now();
  writeFileSync(changed, 'changed');
  while (!hasCopy()) await new Promise((resolve) => setTimeout(resolve, 5));
  const seenMs = performance.now() - changedAt;
  const watchMb = (Number(/VmHWM:\s+(\d+)/.exec(statusOf(watch.pid))?.[1]) * 1024) / 1e6;
  const ended = new Promise((resolve) => watch.once('close', resolve));
  watch.kill();
  await ended;
  return { firstMs, runsMs, watchMb, idlePercent, seenMs };
}

function statusOf(pid) {
  return readFileSync(`/proc/${pid}/status`, 'utf8');
}

/** As the kernel counts it, in ticks of a hundredth of a second. */
function processorSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
