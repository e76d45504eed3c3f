/**
 * What is where in `history.jsonl`, so that years of runs are read once and not kept: an entry a run in memory, its
 * document on the disk until somebody opens it. A history that has only grown is read on from where it ended.
 */

import { type FileHandle, open } from 'node:fs/promises';
import { PlugbackError, reasonOf, systemCodeOf } from '../errors.ts';
import { parseRun } from '../status/history.ts';
import type { RunDocument } from '../status/types.ts';

export interface HistoryEntry {
  /** Where its line lies in the file, in bytes, without the line's end. */
  start: number;
  length: number;
  id: string;
  uuid: string | null;
  label: string | null;
  finishedAt: string | null;
  isGood: boolean;
  /** Copied; null when it ended before there was anything to copy. */
  bytes: number | null;
  freeBytes: number | null;
  sizeBytes: number | null;
}

export interface HistoryIndex {
  /**
   * Every run of the file as it is now, oldest first. No file: none.
   *
   * @throws PlugbackError `directory-unusable` when the file cannot be read
   */
  entries(): Promise<readonly HistoryEntry[]>;
  /** The documents of some of them, in the given order; one whose line is gone by now is left out. */
  documents(entries: readonly HistoryEntry[]): Promise<RunDocument[]>;
}

interface Indexed {
  inode: number;
  /** Of the file when it was looked at last. */
  size: number;
  mtimeMs: number;
  /** Up to where whole lines were read. */
  end: number;
  entries: HistoryEntry[];
}

const nothing: Indexed = { inode: 0, size: 0, mtimeMs: 0, end: 0, entries: [] };
const pieceBytes = 256 * 1024;
const newline = 0x0a;

export function createHistoryIndex(filePath: string): HistoryIndex {
  let indexed = nothing;
  let turn: Promise<unknown> = Promise.resolve();

  /** One after the other: two requests of the same moment must not index the same lines twice. */
  const inTurn = <T>(action: () => Promise<T>): Promise<T> => {
    const result = turn.then(action);
    turn = result.catch(() => undefined);
    return result;
  };
  const refresh = async (): Promise<readonly HistoryEntry[]> => {
    await withFile(filePath, async (handle) => {
      const { ino, size, mtimeMs } = await handle.stat();
      if (ino === indexed.inode && size === indexed.size && mtimeMs === indexed.mtimeMs) return;
      const hasOnlyGrown =
        ino === indexed.inode && size > indexed.size && (await endsLine(handle, indexed.end));
      const known = hasOnlyGrown ? indexed : nothing;
      const entries = [...known.entries];
      const end = await readEntries(handle, known.end, entries);
      indexed = { inode: ino, size, mtimeMs, end, entries };
    }).then((isThere) => {
      if (!isThere) indexed = nothing;
    });
    return indexed.entries;
  };
  return {
    entries: () => inTurn(refresh),
    documents: async (entries) => {
      const runs: RunDocument[] = [];
      await withFile(filePath, async (handle) => {
        for (const { start, length, id } of entries) {
          const line = Buffer.alloc(length);
          await handle.read(line, 0, length, start);
          const run = parseRun(line.toString('utf8'));
          if (run?.id === id) runs.push(run);
        }
      });
      return runs;
    },
  };
}

/** @returns false when there is no such file */
async function withFile(filePath: string, use: (handle: FileHandle) => Promise<void>): Promise<boolean> {
  let handle: FileHandle | null = null;
  try {
    handle = await open(filePath, 'r');
    await use(handle);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return false;
    throw new PlugbackError(
      'directory-unusable',
      { path: filePath, reason: reasonOf(error) },
      { cause: error },
    );
  } finally {
    await handle?.close();
  }
}

async function endsLine(handle: FileHandle, end: number): Promise<boolean> {
  if (end === 0) return true;
  const last = Buffer.alloc(1);
  await handle.read(last, 0, 1, end - 1);
  return last[0] === newline;
}

/**
 * Adds the runs of all whole lines from `from` on.
 *
 * @returns where the last whole line ends
 */
async function readEntries(handle: FileHandle, from: number, entries: HistoryEntry[]): Promise<number> {
  const piece = Buffer.alloc(pieceBytes);
  let rest = Buffer.alloc(0);
  let end = from;
  for (;;) {
    const { bytesRead } = await handle.read(piece, 0, pieceBytes, end + rest.length);
    if (bytesRead === 0) return end;
    const text = Buffer.concat([rest, piece.subarray(0, bytesRead)]);
    let start = 0;
    for (let at = text.indexOf(newline); at >= 0; at = text.indexOf(newline, start)) {
      const run = parseRun(text.toString('utf8', start, at));
      if (run !== null) entries.push(entryOf(run, end + start, at - start));
      start = at + 1;
    }
    end += start;
    rest = Buffer.from(text.subarray(start));
  }
}

function entryOf(run: RunDocument, start: number, length: number): HistoryEntry {
  const { id, uuid, label, finishedAt, freeBytes, sizeBytes } = run;
  const isGood = run.error === null && finishedAt !== null;
  const bytes = run.progress?.bytes ?? (isGood ? 0 : null);
  return { start, length, id, uuid, label, finishedAt, isGood, bytes, freeBytes, sizeBytes };
}
