/** `history.jsonl`: one line a finished run, newest last. */

import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { PlugbackError, reasonOf, systemCodeOf } from '../errors.ts';
import { makeFolder } from '../system/folder.ts';
import { isRunDocument } from './shape.ts';
import type { RunDocument } from './types.ts';

/**
 * Adds a finished run and hands it to the disk before it returns.
 * A line that a power cut left half-written is closed first, so that it spoils nothing but itself.
 */
export async function appendHistory(filePath: string, run: RunDocument): Promise<void> {
  makeFolder(path.dirname(filePath));
  const handle = await open(filePath, 'a+', 0o644);
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    const broken = size > 0 && last[0] !== 0x0a;
    await handle.appendFile(`${broken ? '\n' : ''}${JSON.stringify(run)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Finished runs, newest first; lines that cannot be read are passed over. No file: no runs.
 *
 * @throws PlugbackError `directory-unusable` when the file cannot be read
 */
export async function readHistory(
  filePath: string,
  options: { limit?: number; offset?: number; where?: (run: RunDocument) => boolean } = {},
): Promise<RunDocument[]> {
  const { limit = Number.POSITIVE_INFINITY, offset = 0, where = () => true } = options;
  const runs: RunDocument[] = [];
  let passed = 0;
  for (const line of (await readLines(filePath)).reverse()) {
    if (runs.length >= limit) break;
    const run = parseRun(line);
    if (run === null || !where(run)) continue;
    if (passed < offset) passed += 1;
    else runs.push(run);
  }
  return runs;
}

async function readLines(filePath: string): Promise<string[]> {
  try {
    return (await readFile(filePath, 'utf8')).split('\n');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw new PlugbackError(
      'directory-unusable',
      { path: filePath, reason: reasonOf(error) },
      { cause: error },
    );
  }
}

/** A line of the history; null when it holds no run. */
export function parseRun(line: string): RunDocument | null {
  if (line === '') return null;
  try {
    const run: unknown = JSON.parse(line);
    return isRunDocument(run) ? run : null;
  } catch {
    return null;
  }
}
