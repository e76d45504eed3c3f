import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ProgressParser } from '../../src/system/rsync-progress.ts';
import { createRunner } from '../../src/system/run.ts';
import { useFolder } from '../folder.ts';

const runner = createRunner(true);
const folder = useFolder();
const question = { signal: 'SIGVTALRM', everyMs: 10 } as const;

test('a program with a handler is asked again and again', async () => {
  const script =
    'let n = 0; process.on("SIGVTALRM", () => { n += 1; if (n === 5) process.exit(n); }); setInterval(() => {}, 1e6)';
  const { exitCode } = await runner.run([process.execPath, '-e', script], { question });
  expect(exitCode).toBe(5);
});

test('a program without one, which the signal would end, is left alone', async () => {
  const { exitCode, signal } = await runner.run(['sleep', '0.3'], { question });
  expect({ exitCode, signal }).toEqual({ exitCode: 0, signal: null });
});

test('rsync answers between two files; what came after its last answer is in the statistics', async () => {
  mkdirSync(folder('source'));
  for (let number = 0; number < 50; number += 1)
    writeFileSync(folder(`source/${number}`), Buffer.alloc(60_000));
  mkdirSync(folder('disk'));
  const parser = new ProgressParser();
  const seen = new Set<number>();
  const argv = [
    'rsync',
    '-a',
    '--bwlimit=4000',
    '--stats',
    '--no-h',
    folder('source/'),
    folder('disk/'),
  ] as const;
  const { exitCode } = await runner.run(argv, {
    question,
    onStdout: (piece) => {
      parser.add(piece);
      seen.add(parser.progress.bytes);
    },
  });
  expect(exitCode).toBe(0);
  expect(parser.finish()).toEqual({ bytes: 3_000_000, files: 50 });
  expect([...seen].filter((bytes) => bytes > 0 && bytes < 3_000_000).length).toBeGreaterThan(3);
  expect(execFileSync('diff', ['-r', folder('source'), folder('disk')], { encoding: 'utf8' })).toBe('');
});
