/** Readers that look into the files a run leaves, and at the disks that are attached. Nothing here asks the job. */

import { type FileHandle, open, readdir } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { systemCodeOf } from '../errors.ts';
import { outboxDirectory } from '../mail/outbox.ts';
import { nightshiftPaths, readNights, readNightshiftNow } from '../status/nightshift.ts';
import { statusPaths } from '../status/paths.ts';
import { readStatus } from '../status/status-file.ts';
import { isSameUuid } from '../system/block-devices.ts';
import type { Clock } from '../system/clock.ts';
import { createHistoryIndex, type HistoryEntry } from './history-index.ts';
import type { DiskView, Readers } from './readers.ts';

/** A disk as it is attached now. */
export interface AttachedDisk {
  uuid: string;
  label: string | null;
}

export interface FileReadersOptions {
  stateDirectory: string;
  runtimeDirectory: string;
  /** Null: no configuration tells where the current log is. */
  logFilePath: string | null;
  /** The UUIDs of the enrolled disks, as they are configured now. */
  enrolled(): readonly string[];
  attached(): Promise<readonly AttachedDisk[]>;
  clock: Clock;
  procRoot: string;
}

/** A disk that is taken home once a week has a day to spare, in ms. */
const overdueMs = 8 * 24 * 3600 * 1000;
/** What a run's log may be on its page; the whole of it can be downloaded. */
const shownLogBytes = 500_000;
const runId = /^\d{8}-\d{6}-[0-9a-f]{4}$/;

export function createFileReaders(options: FileReadersOptions): Readers {
  const paths = statusPaths(options);
  const index = createHistoryIndex(paths.history);
  const one = async (entry: HistoryEntry | undefined) =>
    entry === undefined ? null : ((await index.documents([entry]))[0] ?? null);
  const status = () => readStatus(paths, options.procRoot, async () => one((await index.entries()).at(-1)));
  return {
    status,
    lastGood: async () => one((await index.entries()).findLast((entry) => entry.isGood)),
    history: async ({ limit, skip }) => {
      const entries = await index.entries();
      const end = Math.max(0, entries.length - skip);
      const wanted = entries.slice(Math.max(0, end - limit), end).reverse();
      return { runs: await index.documents(wanted), total: entries.length };
    },
    run: async (id) => {
      if (!runId.test(id)) return null;
      const found = await one((await index.entries()).findLast((entry) => entry.id === id));
      if (found !== null) return found;
      const { state, run } = await status();
      return state === 'idle' && run?.id === id ? run : null;
    },
    points: async (limit) =>
      (await index.entries())
        .slice(-limit)
        .flatMap(({ uuid, label, finishedAt, bytes, freeBytes }) =>
          uuid === null || finishedAt === null ? [] : [{ uuid, label, finishedAt, bytes, freeBytes }],
        ),
    disks: async () => {
      const [entries, seen, { state, run }] = await Promise.all([
        index.entries(),
        options.attached(),
        status(),
      ]);
      // While a backup runs nobody looks at the disks; the one that it fills is there.
      const filled = state === 'running' && run?.uuid != null ? [{ uuid: run.uuid, label: run.label }] : [];
      const attached = [...filled, ...seen];
      return options.enrolled().map((uuid) => viewOf(uuid, entries, attached, options.clock.now()));
    },
    logTail: async (maxBytes) =>
      options.logFilePath === null ? '' : ((await readTail(options.logFilePath, maxBytes)) ?? ''),
    openLog: async () => (options.logFilePath === null ? null : openStream(options.logFilePath)),
    runLog: async (id) => (runId.test(id) ? readTail(paths.runLog(id), shownLogBytes) : null),
    openRunLog: async (id) => (runId.test(id) ? openStream(paths.runLog(id)) : null),
    outboxLength: async () => {
      const names = await readdir(outboxDirectory(options.stateDirectory)).catch((error: unknown) => {
        // Only root may look into it; then nobody knows.
        return systemCodeOf(error) === 'ENOENT' ? [] : null;
      });
      return names?.filter((name) => name.endsWith('.json')).length ?? null;
    },
    nightshift: async (count) => {
      const { state: statePath, history } = nightshiftPaths(options);
      const seen = readNightshiftNow(statePath, options.procRoot, options.clock.now());
      return seen === null ? null : { ...seen, nights: await readNights(history, count) };
    },
  };
}

function viewOf(
  uuid: string,
  entries: readonly HistoryEntry[],
  attached: readonly AttachedDisk[],
  now: number,
): DiskView {
  const own = entries.filter((entry) => isSameUuid(entry.uuid, uuid));
  const here = attached.find((disk) => isSameUuid(disk.uuid, uuid));
  const lastGoodAt = own.findLast((entry) => entry.isGood)?.finishedAt ?? null;
  const measured = own.findLast((entry) => entry.freeBytes !== null);
  return {
    uuid,
    label: here?.label ?? own.findLast((entry) => entry.label !== null)?.label ?? null,
    isAttached: here !== undefined,
    lastGoodAt,
    freeBytes: measured?.freeBytes ?? null,
    sizeBytes: measured?.sizeBytes ?? null,
    isOverdue: lastGoodAt === null || now - Date.parse(lastGoodAt) > overdueMs,
  };
}

/** A file's end, from the beginning of a line on; null where there is none, or nobody may read it. */
async function readTail(filePath: string, maxBytes: number): Promise<string | null> {
  const handle = await openPlainFile(filePath);
  if (handle === null) return null;
  try {
    const { size } = await handle.stat();
    // One byte more, to see whether the cut is between two lines.
    const length = Math.min(size, maxBytes + 1);
    const piece = Buffer.alloc(length);
    const { bytesRead } = await handle.read(piece, 0, length, size - length);
    const text = piece.toString('utf8', 0, bytesRead);
    return size > maxBytes ? text.slice(text.indexOf('\n') + 1) : text;
  } finally {
    await handle.close();
  }
}

async function openStream(filePath: string): Promise<Readable | null> {
  const handle = await openPlainFile(filePath);
  return handle?.createReadStream() ?? null;
}

async function openPlainFile(filePath: string): Promise<FileHandle | null> {
  const handle = await open(filePath, 'r').catch(() => null);
  if (handle === null) return null;
  // A folder can be opened too, and a device may never end.
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  return null;
}
