/**
 * Puts away what a run left behind that was ended by force: killed, out of memory. It could not do so itself, and the
 * next one, which would, may be a week away.
 */

import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../config/types.ts';
import { asPlugbackError } from '../errors.ts';
import type { Translator } from '../messages/translator.ts';
import { appendHistory } from '../status/history.ts';
import { type StatusPaths, statusPaths } from '../status/paths.ts';
import { createStatusWriter, forgetUnfinished, takeDeadRun } from '../status/status-file.ts';
import type { RunDocument } from '../status/types.ts';
import { isAttached } from '../system/attachment.ts';
import { type BlockDevice, isSameUuid, listBlockDevices } from '../system/block-devices.ts';
import { findMapping, lockArgv, mappedDevice, mappingOf } from '../system/cryptsetup.ts';
import { isHeld, withLock } from '../system/lock.ts';
import { umountArgv } from '../system/mount.ts';
import { type Mount, mountAt, readMounts } from '../system/mountinfo.ts';
import type { System } from '../system/system.ts';
import type { Postbox } from './backup-job.ts';
import { parseMarker } from './marker.ts';
import { endLetter } from './report.ts';

export interface CleanUpOptions {
  config: Config;
  translator: Translator;
  system: System;
  /** Null: no mail server is configured. */
  postbox: Postbox | null;
  /** The disk's, as enrolled. */
  uuid: string;
  /** This machine's name. */
  host: string;
}

export interface CleanedUp {
  /** Where the disk was still mounted; null: it was not. */
  mountPoint: string | null;
  /** The name under which it was still unlocked; null: it was not. */
  mapping: string | null;
  /** The run that died, as it now stands in the history; null: there was none. */
  run: RunDocument | null;
}

/** How long the mail may take, in ms; then it waits in the outbox. */
const mailPatienceMs = 30_000;

/**
 * Unmounts and locks the disk, takes the marker out of the source, tells history and people. Of a run that lives, or that
 * ended by itself, there is nothing to put away.
 *
 * @throws PlugbackError `directory-unusable`; Error with umount's words
 */
export async function cleanUp(options: CleanUpOptions): Promise<CleanedUp> {
  const { config, system, uuid } = options;
  const paths = statusPaths(config);
  const nothing = { mountPoint: null, mapping: null, run: null };
  if (await isHeld(paths.diskLock(uuid), system.roots.proc)) return nothing;
  const devices = await listBlockDevices(system.runner);
  const mountPoint = await unmountLeftover(uuid, config.backup.destination, devices, system);
  const mapping = await lockLeftover(uuid, system);
  return { mountPoint, mapping, run: await tellOfDeadRun(paths, options) };
}

async function unmountLeftover(
  uuid: string,
  destination: string,
  devices: readonly BlockDevice[],
  system: System,
): Promise<string | null> {
  const mountPoint = await realpath(destination).catch(() => path.resolve(destination));
  const mount = mountAt(await readMounts(system.roots.proc), mountPoint);
  if (mount === null || !(await isOfDisk(mount, uuid, devices, system))) return null;
  const { exitCode, stderr } = await system.runner.run(umountArgv(mountPoint));
  if (exitCode === 0) return mountPoint;
  const detached = await system.runner.run(umountArgv(mountPoint, { lazy: true }));
  if (detached.exitCode !== 0) throw new Error(stderr.trim());
  return mountPoint;
}

/** Another disk may be mounted there by now. One that is gone has nobody else to put its mount away. */
async function isOfDisk(
  mount: Mount,
  uuid: string,
  devices: readonly BlockDevice[],
  { roots }: System,
): Promise<boolean> {
  const device = devices.find(
    ({ majorMinor, path: name }) => majorMinor === mount.majorMinor || name === mount.source,
  );
  if (mount.source === mappedDevice(mappingOf(uuid))) return true;
  if (device === undefined) return mount.source.startsWith('/dev/');
  if (isSameUuid(device.uuid, uuid)) return true;
  return !(await isAttached([device.kernelName, ...device.ancestors], roots.sys));
}

async function lockLeftover(uuid: string, { runner, roots }: System): Promise<string | null> {
  const mapping = mappingOf(uuid);
  if ((await findMapping(mapping, roots.sys)) === null) return null;
  const { exitCode } = await runner.run(lockArgv(mapping));
  if (exitCode !== 0) await runner.run(lockArgv(mapping, { deferred: true }));
  return mapping;
}

/** If another run holds the lock by now, it has told the history already. */
async function tellOfDeadRun(paths: StatusPaths, options: CleanUpOptions): Promise<RunDocument | null> {
  const { config, system, uuid, postbox, translator, host } = options;
  const lock = {
    path: paths.runLock,
    procRoot: system.roots.proc,
    clock: system.clock,
    signal: new AbortController().signal,
    wait: false,
    onLost: () => undefined,
  };
  const takeOver = async (): Promise<RunDocument | null> => {
    const dead = takeDeadRun(paths);
    if (dead === null || !isSameUuid(dead.uuid, uuid)) return null;
    // It is unmounted by now.
    const run = { ...dead, unplug: true };
    await removeMarker(run, config, system);
    createStatusWriter(paths, system.clock, () => undefined).changed?.(run, true);
    await appendHistory(paths.history, run);
    forgetUnfinished(paths, run.id);
    return run;
  };
  const run = await withLock(lock, takeOver).catch((error: unknown) => {
    if (asPlugbackError(error).code === 'already-running') return null;
    throw error;
  });
  if (run !== null && postbox !== null) {
    const log = { name: `plugback-${run.id}.log`, path: paths.runLog(run.id) };
    await postbox.post(endLetter(run, { config, translator, host }, [log]));
    await postbox.flush({ timeoutMs: mailPatienceMs });
  }
  return run;
}

/** The marker in the source, which Veeam would wait for; the one on the disk stays: it says that the copy is incomplete. */
async function removeMarker(run: RunDocument, config: Config, system: System): Promise<void> {
  const marker = path.join(config.backup.source, path.basename(config.backup.lockfilePath));
  const text = await system.files.read(marker).catch(() => null);
  if (text === null || parseMarker(text)?.run !== run.id) return;
  await system.files
    .keepingTimeOf(path.dirname(marker), () => system.files.remove(marker))
    // Veeam stops waiting for it after two minutes without a heartbeat.
    .catch(() => undefined);
}
