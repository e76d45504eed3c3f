/** Where a machine keeps what runs are doing and what they did. */

import path from 'node:path';

export interface StatusPaths {
  status: string;
  /** One file for each run that waits its turn. */
  queue: string;
  /** The lock of the run that copies, without its ending. */
  runLock: string;
  /** The lock of one disk. */
  diskLock(uuid: string): string;
  /** The run that has begun and not ended: what is left of it after a power cut. */
  unfinished: string;
  history: string;
  /** The log of one run. */
  runLog(id: string): string;
  runLogs: string;
  /** What the source lay on at the last good run. */
  sourceRecord: string;
}

/** The paths below the state directory (kept) and the runtime directory (gone at a restart). */
export function statusPaths(directories: { stateDirectory: string; runtimeDirectory: string }): StatusPaths {
  const { stateDirectory, runtimeDirectory } = directories;
  const runLogs = path.join(stateDirectory, 'runs');
  return {
    status: path.join(runtimeDirectory, 'status.json'),
    queue: path.join(runtimeDirectory, 'queue'),
    runLock: path.join(runtimeDirectory, 'run'),
    diskLock: (uuid) =>
      path.join(runtimeDirectory, `disk-${uuid.toLowerCase().replaceAll(/[^0-9a-z-]/g, '_')}`),
    unfinished: path.join(stateDirectory, 'unfinished.json'),
    history: path.join(stateDirectory, 'history.jsonl'),
    runLog: (id) => path.join(runLogs, `${id}.log`),
    runLogs,
    sourceRecord: path.join(stateDirectory, 'source.json'),
  };
}
