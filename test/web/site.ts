/** The real server over the real files of a folder, on a port of its own. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { statusPaths } from '../../src/status/paths.ts';
import { realClock } from '../../src/system/clock.ts';
import { type AppOptions, createApp } from '../../src/web/app.ts';
import { createFileReaders, type FileReadersOptions } from '../../src/web/file-readers.ts';
import type { CopyStarter } from '../../src/web/readers.ts';
import { uuid } from '../backup/samples.ts';

export interface Site {
  /** Without a slash at its end. */
  address: string;
  port: number;
  paths: ReturnType<typeof statusPaths>;
  logFilePath: string;
  /** Every disk for which a start was asked. */
  starts: string[];
  close(): Promise<void>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** Sends a request as it is written, and returns the whole answer. */
  raw(request: string): Promise<string>;
}

export const token = 'open-sesame-0123456789';

export async function startSite(
  folder: string,
  changes: {
    app?: Partial<AppOptions>;
    readers?: Partial<FileReadersOptions>;
    starter?: Partial<CopyStarter>;
  } = {},
): Promise<Site> {
  const directories = {
    stateDirectory: path.join(folder, 'state'),
    runtimeDirectory: path.join(folder, 'run'),
  };
  const assetsDirectory = path.join(folder, 'assets');
  for (const directory of [...Object.values(directories), assetsDirectory, path.join(folder, 'state/runs')]) {
    mkdirSync(directory, { recursive: true });
  }
  writeFileSync(path.join(assetsDirectory, 'page.css'), 'body { color: red }');
  writeFileSync(path.join(assetsDirectory, 'secret.txt'), 'secret');
  const logFilePath = path.join(folder, 'plugback.log');
  const starts: string[] = [];
  const starter: CopyStarter = {
    token,
    isEnrolled: (asked) => asked === uuid,
    start: async (asked) => {
      starts.push(asked);
      return starts.length > 1 ? 'already-running' : 'started';
    },
    ...changes.starter,
  };
  const { app, close } = createApp({
    readers: createFileReaders({
      ...directories,
      logFilePath,
      enrolled: () => [uuid],
      attached: async () => [],
      clock: realClock,
      procRoot: '/proc',
      ...changes.readers,
    }),
    starter,
    language: 'en',
    assetsDirectory,
    host: 'atlantis',
    version: '1.2.3',
    clock: realClock,
    intervalMs: 20,
    ...changes.app,
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let isClosed = false;
  const closeAll = async () => {
    if (isClosed) return;
    isClosed = true;
    await close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(closeAll);
  const address = `http://127.0.0.1:${port}`;
  return {
    address,
    port,
    paths: statusPaths(directories),
    logFilePath,
    starts,
    close: closeAll,
    get: (where, headers = {}) => fetch(`${address}${where}`, { headers }),
    raw: (request) =>
      new Promise((resolve, reject) => {
        let answer = '';
        const socket = connect(port, '127.0.0.1', () => socket.write(request));
        socket.setEncoding('utf8').on('data', (piece: string) => {
          answer += piece;
        });
        socket.once('error', reject).once('close', () => resolve(answer));
      }),
  };
}
