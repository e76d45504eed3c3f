import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { appendHistory, readHistory } from '../../src/status/history.ts';
import { sampleRun } from '../backup/samples.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();
const file = () => folder('state/history.jsonl');

function run(id: string) {
  return sampleRun({ id });
}

async function ids(options: Parameters<typeof readHistory>[1] = {}): Promise<string[]> {
  return (await readHistory(file(), options)).map((each) => each.id);
}

async function append(...names: string[]): Promise<void> {
  for (const name of names) await appendHistory(file(), run(name));
}

describe('history', () => {
  test('none yet', async () => {
    expect(await ids()).toEqual([]);
  });

  test('one line a run, newest last in the file, newest first for readers', async () => {
    await append('a', 'b', 'c');
    const lines = (await readFile(file(), 'utf8')).split('\n');
    expect(lines.map((line) => (line === '' ? '' : JSON.parse(line).id))).toEqual(['a', 'b', 'c', '']);
    expect(await ids()).toEqual(['c', 'b', 'a']);
    expect(await readHistory(file(), { limit: 1 })).toEqual([run('c')]);
  });

  test('a part of it', async () => {
    await append('a', 'b', 'c', 'd', 'e');
    expect(await ids({ limit: 2 })).toEqual(['e', 'd']);
    expect(await ids({ limit: 2, offset: 2 })).toEqual(['c', 'b']);
    expect(await ids({ offset: 4 })).toEqual(['a']);
    expect(await ids({ offset: 5 })).toEqual([]);
    expect(await ids({ limit: 0 })).toEqual([]);
  });

  test('some of it', async () => {
    await append('a', 'b', 'c', 'd');
    const where = (each: { id: string }) => each.id !== 'c';
    expect(await ids({ where })).toEqual(['d', 'b', 'a']);
    expect(await ids({ where, limit: 2, offset: 1 })).toEqual(['b', 'a']);
  });

  test('half a line, left by a power cut, spoils nothing but itself', async () => {
    await append('a');
    await appendFile(file(), '{"id":"half","steps":[');
    await append('b', 'c');
    expect(await ids()).toEqual(['c', 'b', 'a']);
    expect((await readFile(file(), 'utf8')).split('\n')).toHaveLength(5);
  });

  test('half a letter, and the zeroes that some filesystems leave behind', async () => {
    await append('a');
    await appendFile(file(), Buffer.from([0x7b, 0xc3]));
    await append('b');
    await appendFile(file(), Buffer.alloc(4096));
    await append('c');
    expect(await ids()).toEqual(['c', 'b', 'a']);
  });

  test('lines that are no runs are passed over, and do not count', async () => {
    await mkdir(folder('state'));
    await writeFile(
      file(),
      `\n\nnull\n7\n[]\n{}\n{"id":"x"}\n${JSON.stringify(run('a'))}\nnot json\n{"id":1,"steps":[]}\n`,
    );
    await append('b');
    expect(await ids()).toEqual(['b', 'a']);
    expect(await ids({ limit: 1, offset: 1 })).toEqual(['a']);
  });

  test('line ends in names do not make a line', async () => {
    await appendHistory(file(), sampleRun({ id: 'a', label: 'Mon\ntag\u2028' }));
    await append('b');
    expect((await readHistory(file(), {}))[1]?.label).toBe('Mon\ntag\u2028');
  });

  test('two at once: both are there', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map((id) => append(id)));
    expect((await ids()).toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('what is no file is an error', async () => {
    await mkdir(file(), { recursive: true });
    await expect(readHistory(file())).rejects.toThrow(/EISDIR/);
  });
});
