/** The scripts that Veeam's agents on Linux are pointed at. */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { useFolder } from '../folder.ts';

const folder = useFolder();
const starter = (name: string): string =>
  fileURLToPath(new URL(`../../packaging/veeam/${name}`, import.meta.url));

/** Stands for plugback: says with which words it was called, and ends with a code of its own. */
beforeEach(() => {
  mkdirSync(folder('Büro 1'));
  writeFileSync(
    folder('Büro 1/plugback'),
    '#!/bin/sh\nprintf "<%s>" "$@" "$VEEAM_JOB_ID"\necho problem >&2\nexit 75\n',
  );
  chmodSync(folder('Büro 1/plugback'), 0o755);
});

function call(name: string, args: readonly string[] = [], log = folder('Büro 1/veeam.log')) {
  return spawnSync(starter(name), args, {
    // Veeam's folder, and next to nothing of an environment.
    cwd: '/',
    encoding: 'utf8',
    env: {
      PLUGBACK_PROGRAM: folder('Büro 1/plugback'),
      PLUGBACK_CONFIG: folder('Büro 1/config.ini'),
      PLUGBACK_VEEAM_LOG: log,
      VEEAM_JOB_ID: '{59d7}',
    },
  });
}

test.each([
  ['pre-job.sh', 'veeam-lock'],
  ['post-job.sh', 'veeam-unlock'],
])('%s calls %s, passes on words, environment and exit code, and keeps a log', (name, command) => {
  const { status, stdout, stderr } = call(name, ['--job', 'Büro nachts']);
  expect([status, stdout, stderr]).toEqual([75, '', '']);
  call(name);
  const words = `<${command}><--config><${folder('Büro 1/config.ini')}>`;
  expect(readFileSync(folder('Büro 1/veeam.log'), 'utf8')).toBe(
    `${words}<--job><Büro nachts><{59d7}>problem\n${words}<{59d7}>problem\n`,
  );
});

test('without a log it works all the same', () => {
  expect(call('pre-job.sh', [], folder('nowhere/veeam.log')).status).toBe(75);
});

test.each(['pre-job.sh', 'post-job.sh'])(
  '%s is what Veeam wants: a program, with plain line ends',
  (name) => {
    expect(statSync(starter(name)).mode & 0o111).toBe(0o111);
    expect(readFileSync(starter(name), 'utf8')).toMatch(/^#!\/bin\/sh\n[^\r]*$/);
  },
);
