/** A browser, and the real server around made-up readers: it shows the page in any state. */

import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { realClock } from '../../src/system/clock.ts';
import { createApp } from '../../src/web/app.ts';
import type { PageModel } from '../../src/web/page-model.ts';
import type { Readers } from '../../src/web/readers.ts';
import { logText, now, points } from '../web/models.ts';

const program = '/usr/bin/chromium';
const assetsDirectory = fileURLToPath(new URL('../../dist/assets/', import.meta.url));

/** Why the browser's tests cannot run here; null when they can. */
export function whyNoBrowser(): string | null {
  if (!existsSync(program)) return `${program} is missing`;
  return existsSync(`${assetsDirectory}page.js`) ? null : 'dist/assets/page.js is missing: npm run build';
}

export function startBrowser(): Promise<Browser> {
  // Chromium's own sandbox does not start for root.
  return chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

export interface PageServer {
  address: string;
  /** What the page shows from now on; open pages are told. */
  show(model: PageModel): void;
  /** The disks for which a start was asked for, with the right token. */
  readonly starts: string[];
  /** Cuts every open connection. */
  cut(): void;
  close(): Promise<void>;
}

/** Serves the page as `show` last said it; the token is “right”. */
export async function servePage(first: PageModel): Promise<PageServer> {
  let model = first;
  const starts: string[] = [];
  const readers: Readers = {
    status: async () => model.status,
    lastGood: async () => model.lastGood,
    history: async () => ({ runs: model.history.runs, total: model.history.total }),
    run: async (id) => model.history.runs.find((run) => run.id === id) ?? null,
    points: async () => [...points],
    disks: async () => [...model.disks],
    logTail: async () => model.logTail,
    openLog: async () => null,
    runLog: async () => logText,
    openRunLog: async () => null,
    outboxLength: async () => 0,
    nightshift: async () => model.nightshift,
  };
  const { app, close } = createApp({
    readers,
    starter: {
      token: 'right',
      isEnrolled: (uuid) => model.disks.some((disk) => disk.uuid === uuid),
      start: async (uuid) => {
        starts.push(uuid);
        return 'started';
      },
    },
    language: null,
    assetsDirectory,
    host: first.host,
    version: '0.0.0',
    clock: { ...realClock, now: () => now },
    intervalMs: 20,
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    starts,
    show: (changed) => {
      model = changed;
    },
    cut: () => server.closeAllConnections(),
    close: async () => {
      await close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
