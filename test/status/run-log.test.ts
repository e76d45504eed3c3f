import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { formatLine } from '../../src/status/log-line.ts';
import type { Line } from '../../src/status/recorder.ts';
import { openRunLog, type RunLogOptions } from '../../src/status/run-log.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();
/** Local time, as logs are read beside the clock on the wall. */
const at = new Date(2026, 10, 21, 3, 12, 4).getTime();

let terminal: [string, Line['level']][];
let json: string[];

beforeEach(() => {
  terminal = [];
  json = [];
});

function open(changes: Partial<RunLogOptions> = {}) {
  return openRunLog({
    files: [folder('a/plugback.log'), folder('b/run.log')],
    terminal: (line, level) => void terminal.push([line, level]),
    json: (line) => void json.push(line),
    debug: false,
    now: () => at,
    onProblem: (_path, error) => {
      throw error;
    },
    ...changes,
  });
}

function logged(name: string): string[] {
  return readFileSync(folder(name), 'utf8').split('\n').slice(0, -1);
}

test('a line: local time to the second, the level in five letters, the words', () => {
  const line = { at, step: null, text: 'Found the disk.' };
  expect(formatLine({ ...line, level: 'info' })).toBe('2026-11-21 03:12:04  INFO   Found the disk.');
  expect(formatLine({ ...line, level: 'warn' })).toBe('2026-11-21 03:12:04  WARN   Found the disk.');
  expect(formatLine({ ...line, level: 'error' })).toBe('2026-11-21 03:12:04  ERROR  Found the disk.');
  expect(formatLine({ ...line, level: 'debug' })).toBe('2026-11-21 03:12:04  DEBUG  Found the disk.');
});

describe('a run’s log', () => {
  test('goes to every file, to the terminal, and to machines', () => {
    const log = open();
    log.log({ level: 'info', step: 'find', text: 'Bücher “quoted” \\ {}' });
    log.log({ level: 'error', step: null, text: 'oh' });
    log.close();
    const lines = ['2026-11-21 03:12:04  INFO   Bücher “quoted” \\ {}', '2026-11-21 03:12:04  ERROR  oh'];
    expect(logged('a/plugback.log')).toEqual(lines);
    expect(logged('b/run.log')).toEqual(lines);
    expect(terminal).toEqual([
      [lines[0], 'info'],
      [lines[1], 'error'],
    ]);
    expect(json.map((line) => JSON.parse(line))).toEqual([
      { level: 'info', at, time: new Date(at).toISOString(), step: 'find', msg: 'Bücher “quoted” \\ {}' },
      { level: 'error', at, time: new Date(at).toISOString(), msg: 'oh' },
    ]);
    expect(json.join('')).not.toContain('\n');
  });

  test('lines for developers only with debug = yes, and then only in the files', () => {
    for (const debug of [false, true]) {
      const log = open({ debug });
      log.log({ level: 'debug', step: null, text: 'stack\n  at x' });
      log.close();
    }
    expect(logged('b/run.log')).toEqual(['2026-11-21 03:12:04  DEBUG  stack', '  at x']);
    expect([terminal, json]).toEqual([[], []]);
  });

  test('is added to, not begun anew', () => {
    mkdirSync(folder('a'));
    writeFileSync(folder('a/plugback.log'), 'before\n');
    const log = open();
    log.log({ level: 'info', step: null, text: 'x' });
    log.close();
    expect(logged('a/plugback.log')).toHaveLength(2);
  });

  test('is written line by line, not at the end', () => {
    const log = open();
    log.log({ level: 'info', step: null, text: 'x' });
    expect(logged('a/plugback.log')).toHaveLength(1);
    log.close();
  });

  test('a file that cannot be written is told once; the others get every line', () => {
    writeFileSync(folder('a'), 'a file in the folder’s place');
    const onProblem = vi.fn();
    const log = open({ onProblem });
    for (const text of ['x', 'y']) log.log({ level: 'info', step: null, text });
    log.close();
    expect(onProblem).toHaveBeenCalledTimes(1);
    expect(onProblem.mock.calls[0]?.[0]).toBe(folder('a/plugback.log'));
    expect(logged('b/run.log')).toHaveLength(2);
  });

  test('a full disk ends nothing, and is told once', () => {
    const onProblem = vi.fn();
    const log = open({ files: ['/dev/full'], onProblem });
    for (const text of ['x', 'y']) log.log({ level: 'info', step: null, text });
    log.close();
    expect(onProblem).toHaveBeenCalledTimes(1);
    expect(String(onProblem.mock.calls[0]?.[1])).toContain('ENOSPC');
  });

  test('after its end nothing is written, and nothing breaks', () => {
    const log = open();
    log.close();
    log.close();
    log.log({ level: 'info', step: null, text: 'late' });
    expect(logged('a/plugback.log')).toEqual([]);
  });
});
