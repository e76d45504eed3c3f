import { describe, expect, test } from 'vitest';
import { ProgressParser, RateMeter } from '../../src/system/rsync-progress.ts';
import { cut, fixture, seededRandom } from '../fixtures.ts';

describe('progress', () => {
  const text = fixture('rsync-progress2.txt');

  test('the captured run ends with all of its bytes and files', () => {
    const parser = new ProgressParser();
    parser.add(text);
    expect(parser.finish()).toEqual({ bytes: 14_700_111, files: 46 });
  });

  test('however it is cut: the same end, and never back', () => {
    const random = seededRandom(3);
    for (let round = 0; round < 40; round += 1) {
      const parser = new ProgressParser();
      let last = parser.progress;
      for (const piece of cut(text, random)) {
        const changed = parser.add(piece);
        const { progress } = parser;
        if (!changed) expect(progress).toEqual(last);
        expect(progress.bytes).toBeGreaterThanOrEqual(last.bytes);
        expect(progress.files).toBeGreaterThanOrEqual(last.files);
        last = progress;
      }
      expect(parser.finish()).toEqual({ bytes: 14_700_111, files: 46 });
    }
  });

  test('character by character no number is taken before it is complete', () => {
    const parser = new ProgressParser();
    const seen = new Set<number>();
    for (const character of text) {
      parser.add(character);
      seen.add(parser.progress.bytes);
    }
    const printed = [...text.matchAll(/(\d+) +\d+%/g)].map((match) => Number(match[1]));
    expect([...seen].filter((bytes) => bytes > 0 && !printed.includes(bytes))).toEqual([]);
    expect(seen.size).toBeGreaterThan(40);
  });

  test('the share and the files still to be looked at are not taken for what was copied', () => {
    const parser = new ProgressParser();
    parser.add('\r      1048576  11%   99.58MB/s    0:00:07 (xfr#2, ir-chk=1037/1248)\r');
    expect(parser.progress).toEqual({ bytes: 1_048_576, files: 2 });
  });

  test('a line with separators; LF, CR and both at the end', () => {
    for (const end of ['\n', '\r', '\r\n']) {
      const parser = new ProgressParser();
      expect(parser.add(`\r      1,048,576  11%   99.58MB/s    0:00:07 (xfr#3, to-chk=1/4)${end}`)).toBe(
        true,
      );
      expect(parser.progress).toEqual({ bytes: 1_048_576, files: 3 });
    }
  });

  test('an answer to a question: the name of the file at hand, which may look like a line of progress, then the line', () => {
    const parser = new ProgressParser();
    const name = '   9,999,999  99%   49.53MB/s    0:00:00 (xfr#777, ir-chk=1/2)';
    parser.add(`${name}\n\r     51,781,632  90%   49.53MB/s    0:00:00 (xfr#12642, ir-chk=1358/14101)\n`);
    expect(parser.finish()).toEqual({ bytes: 51_781_632, files: 12_642 });
  });

  test('the statistics at the end count what came after the last answer', () => {
    const parser = new ProgressParser();
    parser.add('big\n\r  51,781,632  90%   49.53MB/s    0:00:00 (xfr#2, to-chk=1/9)\n');
    parser.add('\nNumber of files: 9 (reg: 7, dir: 2)\nNumber of regular files transferred: 7\n');
    parser.add('Total file size: 99,000,000 bytes\nTotal transferred file size: 61,000,000 bytes\n');
    expect(parser.finish()).toEqual({ bytes: 61_000_000, files: 7 });
  });

  test('smaller numbers later on change nothing', () => {
    const parser = new ProgressParser();
    parser.add('\r 5000 10% 1kB/s 0:00:01 (xfr#5, to-chk=1/9)\r');
    parser.add('\r 4000 9% 1kB/s 0:00:01 (xfr#4, to-chk=1/9)\r');
    expect(parser.progress).toEqual({ bytes: 5000, files: 5 });
  });

  test('what rsync says between the lines is no progress', () => {
    const parser = new ProgressParser();
    expect(parser.add('cannot delete non-empty directory: 100 50%\nrsync: [sender] 7 files\n')).toBe(false);
    expect(parser.progress).toEqual({ bytes: 0, files: 0 });
  });

  test('an unfinished last line counts at the end', () => {
    const parser = new ProgressParser();
    expect(parser.add('\r 4096 100% 1kB/s 0:00:00 (xfr#1, to-chk=0/1)')).toBe(false);
    expect(parser.finish()).toEqual({ bytes: 4096, files: 1 });
    expect(parser.progress).toEqual({ bytes: 4096, files: 1 });
  });
});

describe('rate', () => {
  test('nothing is known from one sample', () => {
    const meter = new RateMeter();
    expect(meter.rate(1000, 500)).toBe(0);
    expect(meter.rate(1000, 900)).toBe(0);
  });

  test('a steady copy', () => {
    const meter = new RateMeter();
    for (let at = 0; at <= 60_000; at += 250) meter.rate(at, at * 100);
    expect(meter.rate(60_250, 6_025_000)).toBe(100_000);
  });

  test('only the last seconds count', () => {
    const meter = new RateMeter(10_000);
    for (let at = 0; at <= 60_000; at += 500) meter.rate(at, at * 1000);
    const stalled: number[] = [];
    for (let at = 60_500; at <= 72_000; at += 500) stalled.push(meter.rate(at, 60_000_000));
    expect(stalled[0]).toBeGreaterThan(900_000);
    expect(stalled.at(-1)).toBe(0);
    expect(stalled).toEqual(stalled.toSorted((one, other) => other - one));
  });

  test('after a long silence the two samples around it are enough', () => {
    const meter = new RateMeter(10_000);
    meter.rate(0, 0);
    meter.rate(1000, 1000);
    expect(meter.rate(101_000, 101_000)).toBe(1000);
  });

  test('never below zero', () => {
    const meter = new RateMeter();
    meter.rate(0, 5000);
    expect(meter.rate(1000, 1000)).toBe(0);
  });
});
