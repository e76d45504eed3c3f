/** Output of rsync is streamed, never held: the number of changed files does not show in our memory. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { waitFor } from './command.ts';
import { expectNothingLeft } from './expectations.ts';
import { diskTests, stateOf } from './lab.ts';

const test = diskTests();

const files = 200_000;

test(`${files} changed files: our process stays below 100 MB`, async (lab) => {
  for (let folder = 0; folder < 200; folder += 1) {
    const place = lab.path(`source/folder-${folder}`);
    mkdirSync(place);
    for (let number = 0; number < files / 200; number += 1) {
      writeFileSync(path.join(place, `a-file-with-a-name-of-common-length-${number}.txt`), '');
    }
  }
  const disk = await lab.disk({ megabytes: 256, mkfs: ['-N', String(files + 1000), '-I', '128'] });
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
