import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { pruneOldest, rotateLog } from '../../src/status/rotate.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();
const log = () => folder('logs/plugback.log');

function put(name: string, text: string): void {
  mkdirSync(folder('logs'), { recursive: true });
  writeFileSync(folder('logs', name), text);
}

/** The logs there are, with what is in them. */
function logs(): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder('logs')).map((name) => [name, readFileSync(folder('logs', name), 'utf8')]),
  );
}

describe('rotating', () => {
  test('no log yet: only its folder is made', () => {
    rotateLog(log(), { atBytes: 0, keep: 3 });
    expect(existsSync(folder('logs'))).toBe(true);
    expect(logs()).toEqual({});
  });

  test('from its size on, not before', () => {
    put('plugback.log', '12345');
    rotateLog(log(), { atBytes: 6, keep: 3 });
    expect(logs()).toEqual({ 'plugback.log': '12345' });
    rotateLog(log(), { atBytes: 5, keep: 3 });
    expect(logs()).toEqual({ 'plugback.log.1': '12345' });
  });

  test('each makes room for the next, and the oldest goes', () => {
    for (const text of ['a', 'b', 'c', 'd', 'e']) {
      put('plugback.log', text);
      rotateLog(log(), { atBytes: 0, keep: 3 });
    }
    expect(logs()).toEqual({ 'plugback.log.1': 'e', 'plugback.log.2': 'd', 'plugback.log.3': 'c' });
  });

  test('with one missing in between, nothing is lost', () => {
    put('plugback.log', 'new');
    put('plugback.log.2', 'old');
    rotateLog(log(), { atBytes: 0, keep: 3 });
    expect(logs()).toEqual({ 'plugback.log.1': 'new', 'plugback.log.3': 'old' });
  });

  test('only one is kept', () => {
    put('plugback.log', 'new');
    put('plugback.log.1', 'old');
    rotateLog(log(), { atBytes: 0, keep: 1 });
    expect(logs()).toEqual({ 'plugback.log.1': 'new' });
  });
});

describe('pruning', () => {
  test('the newest by name stay', () => {
    for (const name of ['20261121-2.log', '20251231-9.log', '20261121-10.log', '20261120-5.log'])
      put(name, '');
    pruneOldest(folder('logs'), 2);
    expect(Object.keys(logs())).toEqual(['20261121-10.log', '20261121-2.log']);
    pruneOldest(folder('logs'), 5);
    expect(Object.keys(logs())).toHaveLength(2);
  });
});
