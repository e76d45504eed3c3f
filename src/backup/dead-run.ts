/**
 * Puts away what a run left behind that was ended by force: killed, out of memory, without power. It could not do so
 * itself, and its own disk's next run, which would, may be a week away.
 */

import { access } from 'node:fs/promises';
import path from 'node:path';
import type { Translator } from '../messages/translator.ts';
import { appendHistory } from '../status/history.ts';
import type { StatusPaths } from '../status/paths.ts';
import { createStatusWriter, type DeadRun, forgetUnfinished, type RunPlaces } from '../status/status-file.ts';
import type { RunDocument } from '../status/types.ts';
import { isHeldByKernel, isSameUuid, listBlockDevices } from '../system/block-devices.ts';
import { findMapping, lockArgv, mappedDevice, mappingOf } from '../system/cryptsetup.ts';
import { findHolders } from '../system/holders.ts';
import { umountArgv } from '../system/mount.ts';
import { type Mount, mountAt, readMounts } from '../system/mountinfo.ts';
import type { System } from '../system/system.ts';
import type { Postbox } from './backup-job.ts';
import { parseMarker } from './marker.ts';
import { endLetter, type ReportContext } from './report.ts';

export interface BuryContext {
  paths: StatusPaths;
  system: System;
  translator: Translator;
  /** This machine's name. */
  host: string;
  /** Null: no mail can be sent. */
  postbox: Postbox | null;
  /** Who is told. */
  recipients: { mail: ReportContext['config']['mail']; disks: ReportContext['config']['backup']['disks'] };
}

/** What was put away, and what was not. */
export interface BuriedRun {
  /** As it now stands in the history. */
  run: RunDocument;
  /** Where the disk was still mounted; null: it was not. */
  mountPoint: string | null;
  /** The name under which it was still unlocked; null: it was not. */
  mapping: string | null;
  /** Who still uses the disk, as `name (process id)`; it must not be pulled out then. */
  holders: string[];
}

/**
 * Unmounts and locks the disk, takes the marker out of the source, writes the history, and posts the mail. To be called
 * with the run's lock held, and while no other run of that disk lives. The mail still has to be sent.
 *
 * @throws the system's error when the history cannot be written
 */
export async function buryDeadRun({ run, places }: DeadRun, context: BuryContext): Promise<BuriedRun> {
  const { paths, system, translator, postbox, host, recipients } = context;
  const uuid = run.uuid ?? '';
  const left = places === null ? nothingMounted : await unmountLeftover(uuid, places.mountPoint, system);
  const mapping = await lockLeftover(uuid, system);
  if (places !== null) await removeMarker(run, places, system);
  const buried = { ...run, unplug: await isFree(uuid, system) };
  createStatusWriter(paths, system.clock, () => undefined).changed?.(buried, true);
  await appendHistory(paths.history, buried);
  forgetUnfinished(paths, run.id);
  if (postbox !== null) {
    const { mail, disks } = recipients;
    const config = { mail, backup: { disks, source: places?.source ?? '-' } };
    const log = { name: `plugback-${run.id}.log`, path: paths.runLog(run.id) };
    // The history tells it all the same.
    await postbox.post(endLetter(buried, { config, translator, host }, [log])).catch(() => undefined);
  }
  return { run: buried, mapping, ...left, holders: buried.unplug ? [] : left.holders };
}

const nothingMounted = { mountPoint: null, holders: [] };

async function unmountLeftover(
  uuid: string,
  mountPoint: string,
  system: System,
): Promise<{ mountPoint: string | null; holders: string[] }> {
  const mount = mountAt(await readMounts(system.roots.proc), mountPoint);
  if (mount === null || !(await isOfDisk(mount, uuid, system))) return nothingMounted;
  const { exitCode } = await system.runner.run(umountArgv(mountPoint));
  if (exitCode === 0) return { mountPoint, holders: [] };
  const holders = await findHolders(system.roots.proc, mountPoint);
  await system.runner.run(umountArgv(mountPoint, { lazy: true }));
  return { mountPoint, holders };
}

/** Somebody else may be mounted there by now. A disk that is gone has nobody else to put its mount away. */
async function isOfDisk(mount: Mount, uuid: string, { runner }: System): Promise<boolean> {
  if (mount.source === mappedDevice(mappingOf(uuid))) return true;
  // Asked after the mount was seen: what it lies on is among them, unless it is gone.
  const device = (await listBlockDevices(runner)).find(
    ({ majorMinor, path: name }) => majorMinor === mount.majorMinor || name === mount.source,
  );
  if (device !== undefined) return isSameUuid(device.uuid, uuid);
  const isDisk = mount.source.startsWith('/dev/') && mount.source !== '/dev/fuse';
  return isDisk && !(await exists(mount.source));
}

async function lockLeftover(uuid: string, { runner, roots }: System): Promise<string | null> {
  const mapping = mappingOf(uuid);
  if ((await findMapping(mapping, roots.sys)) === null) return null;
  const { exitCode } = await runner.run(lockArgv(mapping));
  if (exitCode !== 0) await runner.run(lockArgv(mapping, { deferred: true }));
  return mapping;
}

/** Detached is not let go: whoever used it then may still write. */
async function isFree(uuid: string, { runner, roots }: System): Promise<boolean> {
  if ((await findMapping(mappingOf(uuid), roots.sys)) !== null) return false;
  const device = (await listBlockDevices(runner)).find((candidate) => isSameUuid(candidate.uuid, uuid));
  return device === undefined || !(await isHeldByKernel(device.path));
}

/** The marker in the source, which Veeam would wait for; the one on the disk stays: it says that the copy is incomplete. */
async function removeMarker(run: RunDocument, { marker }: RunPlaces, { files }: System): Promise<void> {
  const text = await files.read(marker).catch(() => null);
  if (text === null || parseMarker(text)?.run !== run.id) return;
  // Veeam stops waiting for it after two minutes without a heartbeat.
  await files.keepingTimeOf(path.dirname(marker), () => files.remove(marker)).catch(() => undefined);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
