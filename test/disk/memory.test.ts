/** Output of rsync is streamed, never held: the number of changed files does not show in our memory. */

import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { command, waitFor } from './command.ts';
import { expectNothingLeft } from './expectations.ts';
import { diskTests, stateOf } from './lab.ts';

const test = diskTests();

const files = 100_000;
const name = 'a-file-with-a-name-of-common-length-%g.txt';

test(`${files} changed files: our process stays below 100 MB`, async (lab) => {
  // Making so many files takes longer than copying them, wherever a real disk is below.
  await lab.mount(lab.source, '-t', 'tmpfs', 'many-files');
  await lab.mount(lab.path('images'), '-t', 'tmpfs', 'image');
  const folders = files / 1000;
  const script = `for folder in $(seq ${folders}); do mkdir $folder; (cd $folder; seq -f ${name} 1000 | xargs touch); done`;
  await command('sh', '-c', `cd "$0" && ${script}`, lab.source);
  const mkfs = ['-N', String(files + 1000), '-I', '128', '-O', '^has_journal'];
  const disk = await lab.disk({ megabytes: 128, mkfs, directory: lab.path('images') });
  lab.configure([disk]);
  const job = await lab.start();
  let peak = 0;
  const ended = waitFor(
    'the end of the run',
    () => {
      const status = stateOf(job.pid) === '' ? '' : readFileSync(`/proc/${job.pid}/status`, 'utf8');
      const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
      if (kilobytes !== undefined) peak = Number(kilobytes) / 1024;
      return kilobytes === undefined;
    },
    100,
  );
  const end = await job.ended;
  await ended;
  expect(end.exitCode, end.stdout).toBe(0);
  expect(end.history[0]?.progress?.files).toBe(files);
  expect(peak).toBeGreaterThan(30);
  expect(peak).toBeLessThan(100);
  expectNothingLeft(lab);
});
