/** The scripts that Veeam's agents on Linux are pointed at. */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
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
    env: environment(log),
  });
}

function environment(log = folder('Büro 1/veeam.log')): Record<string, string> {
  return {
    PLUGBACK_PROGRAM: folder('Büro 1/plugback'),
    PLUGBACK_CONFIG: folder('Büro 1/config.ini'),
    PLUGBACK_VEEAM_LOG: log,
    VEEAM_JOB_ID: '{59d7}',
  };
}

test.each([
  ['pre-job.sh', 'veeam-lock'],
  ['post-job.sh', 'veeam-unlock'],
])('%s calls %s, and passes on words, environment and exit code', (name, command) => {
  const { status, stdout, stderr } = call(name, ['--job', 'Büro nachts']);
  const words = ['--config', folder('Büro 1/config.ini'), '--log', folder('Büro 1/veeam.log')];
  const said = [command, ...words, '--job', 'Büro nachts', '{59d7}'].map((word) => `<${word}>`).join('');
  expect([status, stdout, stderr]).toEqual([75, '', `${said}problem\n`]);
});

describe('with plugback itself', () => {
  beforeEach(() => {
    for (const name of ['locks', 'source', 'gone']) mkdirSync(folder(name));
    const veeam = `veeam-lockfiles = ${folder('locks')}\nbackup-lockfile = ${folder('source/.plugback.lock')}\n`;
    const general = `state-directory = ${folder('state')}\nruntime-directory = ${folder('run')}\n`;
    writeFileSync(folder('Büro 1/config.ini'), `[VEEAM]\n${veeam}[GENERAL]\n${general}`);
    const bundle = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
    writeFileSync(folder('Büro 1/plugback'), `#!/bin/sh\nexec '${process.execPath}' '${bundle}' "$@"\n`);
  });

  test('what happened goes into the log', () => {
    for (const name of ['pre-job.sh', 'post-job.sh']) {
      const { status, stdout, stderr } = call(name, ['--job', 'nightly']);
      expect([status, stdout, stderr]).toEqual([0, '', '']);
    }
    const log = readFileSync(folder('Büro 1/veeam.log'), 'utf8');
    expect(log).toMatch(/veeam-lock .+Veeam may write \(job nightly\).+veeam-unlock .+is removed/s);
  });

  test('the log’s folder is made; where that cannot be, Veeam sees what happened', () => {
    expect(call('pre-job.sh', ['--job', 'nightly'], folder('new/veeam.log')).stderr).toBe('');
    expect(readFileSync(folder('new/veeam.log'), 'utf8')).toMatch(/Veeam may write/);
    const blocked = folder('Büro 1/config.ini/veeam.log');
    const { status, stdout, stderr } = call('pre-job.sh', ['--job', 'nightly'], blocked);
    expect([status, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/Veeam may write \(job nightly\)/);
  });

  test('in a folder that was removed meanwhile', () => {
    const remove = `cd '${folder('gone')}' && rmdir '${folder('gone')}' && `;
    const started = spawnSync('sh', ['-c', `${remove}'${starter('pre-job.sh')}'`], { env: environment() });
    expect(started.status).toBe(0);
    mkdirSync(folder('gone'));
    const called = spawnSync('sh', ['-c', `${remove}'${folder('Büro 1/plugback')}' status --json`], {
      env: environment(),
      encoding: 'utf8',
    });
    expect([called.status, called.stderr.replaceAll(/^.*getcwd.*\n/gm, '')]).toEqual([0, '']);
  });
});

test.each(['pre-job.sh', 'post-job.sh'])(
  '%s is what Veeam wants: a program, with plain line ends',
  (name) => {
    expect(statSync(starter(name)).mode & 0o111).toBe(0o111);
    expect(readFileSync(starter(name), 'utf8')).toMatch(/^#!\/bin\/sh\n[^\r]*$/);
  },
);
