import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createDailyLog, logFolder } from '../../src/mirror/daily-log.ts';
import { useFolder } from '../folder.ts';
import { buildProgram } from '../program.ts';

const folder = useFolder();

test('several processes with one folder: each writes whole lines', async () => {
  const program = await buildProgram(new URL('log-process.ts', import.meta.url));
  try {
    const count = 5000;
    const writers = ['a', 'b', 'c'].map((who) => program.start(folder('LOGS'), who, String(count)));
    expect(await Promise.all(writers.map((writer) => writer.ended))).toEqual([0, 0, 0]);
    // Around midnight there are two.
    const texts = readdirSync(folder('LOGS')).map((name) => readFileSync(folder('LOGS', name), 'utf8'));
    const lines = texts.join('').split('\n').slice(0, -1);
    expect(
      lines.filter((line) => !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}([abc]) \d+ \1+\.$/.test(line)),
    ).toEqual([]);
    expect(new Set(lines.map((line) => line.split('  ')[1])).size).toBe(3 * count);
  } finally {
    await program.remove();
  }
}, 30_000);

test('where the logs are: in LOGS, which is the folder itself where it has this name', () => {
  expect(logFolder('/var/log')).toBe('/var/log/LOGS');
  expect(logFolder('/var/log/LOGS/')).toBe('/var/log/LOGS');
});

test('one object, two days, two files', () => {
  mkdirSync(folder('LOGS'));
  let now = new Date(2026, 10, 21, 23, 59, 59).getTime();
  const log = createDailyLog(folder('LOGS'), () => now);
  log.write(['late']);
  now += 1000;
  log.write([]);
  log.write(['early', 'and more']);
  log.close();
  expect(readFileSync(folder('LOGS/LOG-2026-11-21.txt'), 'utf8')).toBe('2026-11-21 23:59:59  late\n');
  expect(readFileSync(folder('LOGS/LOG-2026-11-22.txt'), 'utf8')).toBe(
    '2026-11-22 00:00:00  early\n2026-11-22 00:00:00  and more\n',
  );
});
