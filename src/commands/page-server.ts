/** The status page over HTTP, for the commands that serve it: routes, readers and starter put together, and listening. */

import { existsSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { loadLeniently } from '../config/load.ts';
import type { Config, EnrolledDisk } from '../config/types.ts';
import { PlugbackError, reasonOf, systemCodeOf } from '../errors.ts';
import type { Translator } from '../messages/translator.ts';
import { statusPaths } from '../status/paths.ts';
import { listBlockDevices } from '../system/block-devices.ts';
import { realClock } from '../system/clock.ts';
import { isHeld } from '../system/lock.ts';
import { createRunner, startDetached } from '../system/run.ts';
import { unitsAreInstalled } from '../system/units.ts';
import { createApp } from '../web/app.ts';
import { type AttachedDisk, createFileReaders } from '../web/file-readers.ts';
import { createStarter, readToken } from '../web/starter.ts';
import type { CommandContext } from './context.ts';

export interface PageServer {
  /** `http://127.0.0.1:8080/`. */
  address: string;
  /** Shows open pages the last state, and ends. */
  close(): Promise<void>;
}

/** What the page needs of a configuration. */
export interface PageConfig extends Pick<Config, 'path' | 'web' | 'stateDirectory' | 'runtimeDirectory'> {
  disks: readonly EnrolledDisk[];
  /** Null where no disk is filled. */
  logFilePath: string | null;
}

export function pageOf({ path, web, backup, stateDirectory, runtimeDirectory }: Config): PageConfig {
  const { disks, logFilePath } = backup;
  return { path, web, disks, logFilePath, stateDirectory, runtimeDirectory };
}

export interface PageServerOptions {
  config: PageConfig;
  /** Does the language come from the configuration or the command line, and not from a default? */
  isLanguageChosen: boolean;
  translator: Translator;
  context: CommandContext;
}

/** Attached disks are looked for no more often than this, in ms. */
const attachedMs = 15_000;
/** What is still on its way to a browser gets this long at the end, in ms. */
const farewellMs = 1_000;

/**
 * Listens on webhost and webport.
 *
 * @throws PlugbackError `port-in-use`, `port-forbidden`, `address-unusable`
 */
export async function startPage(options: PageServerOptions): Promise<PageServer> {
  const { config, translator, context } = options;
  const paths = statusPaths(config);
  const enrolled = followEnrolled(config, context);
  const { app, close } = createApp({
    readers: createFileReaders({
      stateDirectory: config.stateDirectory,
      runtimeDirectory: config.runtimeDirectory,
      logFilePath: config.logFilePath,
      enrolled,
      attached: rememberAttached(paths.runLock),
      clock: realClock,
      procRoot: '/proc',
    }),
    starter: createStarter({
      token: tokenOf(config, translator, context),
      enrolled,
      runLock: paths.runLock,
      procRoot: '/proc',
      clock: realClock,
      runner: createRunner(context.isRoot),
      attached: async () => (await lookForDisks()).map(({ uuid }) => uuid),
      startDetached,
      runArgv: (uuid) => [process.execPath, context.program, 'run', '--uuid', uuid, '--config', config.path],
      hasUnits: unitsAreInstalled,
    }),
    language: options.isLanguageChosen ? translator.language : null,
    assetsDirectory: assetsDirectory(),
    host: context.host,
    version: context.version,
    clock: realClock,
  });
  const server = createServer(app);
  await listen(server, config.web);
  const { port } = server.address() as AddressInfo;
  return {
    address: addressOf(config.web.host, port, context.host),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      await close();
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), farewellMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Resolves when the process is told to stop. */
export function untilStopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A page without its button is better than none: what is wrong with the token is said, and no more. */
function tokenOf({ web }: PageConfig, translator: Translator, { output }: CommandContext): string | null {
  if (web.tokenFile === null) return null;
  try {
    return readToken(web.tokenFile);
  } catch (error) {
    output.problem(translator.tell(error).message);
    return null;
  }
}

/** The enrolled disks as the configuration has them now: one enrolled a minute ago is on the page. */
function followEnrolled(config: PageConfig, context: CommandContext): () => readonly string[] {
  const modifiedAt = () => statSync(config.path, { throwIfNoEntry: false })?.mtimeMs ?? null;
  let uuids = config.disks.map((disk) => disk.uuid);
  let known = modifiedAt();
  return () => {
    const now = modifiedAt();
    if (now === null || now === known) return uuids;
    known = now;
    try {
      const changed = loadLeniently(config.path, context.environment).config;
      // Somebody may be in the middle of editing it.
      if (changed !== null) uuids = changed.backup.disks.map((disk) => disk.uuid);
    } catch {}
    return uuids;
  };
}

async function lookForDisks(): Promise<AttachedDisk[]> {
  const devices = await listBlockDevices(createRunner(true)).catch(() => []);
  return devices.flatMap(({ uuid, label }) => (uuid === null ? [] : [{ uuid, label }]));
}

/**
 * The attached disks, asked for now and then: each look starts a program. What this user may not see is not there.
 * None while a backup runs: where no udev knows the disks, a look reads from all of them.
 */
function rememberAttached(runLock: string): () => Promise<readonly AttachedDisk[]> {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let seen: Promise<readonly AttachedDisk[]> = Promise.resolve([]);
  return async () => {
    if (realClock.monotonic() - lookedAt >= attachedMs && !(await isHeld(runLock, '/proc'))) {
      lookedAt = realClock.monotonic();
      seen = lookForDisks();
    }
    return seen;
  };
}

/** Beside the bundle’s parts, of which this file is one; in the sources where they are bundled to. */
function assetsDirectory(): string {
  const candidates = ['../assets/', '../../dist/assets/'].map((relative) =>
    fileURLToPath(new URL(relative, import.meta.url)),
  );
  return candidates.find((candidate) => existsSync(candidate)) ?? '';
}

function listen(server: Server, { host, port }: Config['web']): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenProblem(error, host, port)));
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      // A connection that breaks is the client's affair.
      server.on('error', () => undefined);
      resolve();
    });
  });
}

function listenProblem(error: Error, host: string, port: number): PlugbackError {
  switch (systemCodeOf(error)) {
    case 'EADDRINUSE':
      return new PlugbackError('port-in-use', { host, port }, { cause: error });
    case 'EACCES':
      return new PlugbackError('port-forbidden', { port }, { cause: error });
    default:
      return new PlugbackError('address-unusable', { host, port, reason: reasonOf(error) }, { cause: error });
  }
}

/** What to type into a browser; an address that means "all" is told by this machine's name. */
function addressOf(host: string, port: number, machine: string): string {
  const name = host === '0.0.0.0' || host === '::' ? machine : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}/`;
}
