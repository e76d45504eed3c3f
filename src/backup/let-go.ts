/** Step 9: the disk is flushed, unmounted, locked and switched off, whatever came before. */

import { PlugbackError } from '../errors.ts';
import type { StepVoice } from '../status/recorder.ts';
import { isAttached } from '../system/attachment.ts';
import { findHolders } from '../system/holders.ts';
import type { KernelLogMark } from '../system/kernel-log.ts';
import { syncArgv, umountArgv } from '../system/mount.ts';
import { mountAt, readMounts } from '../system/mountinfo.ts';
import { powerOff } from '../system/power.ts';
import type { System } from '../system/system.ts';
import type { Disk } from './find-disk.ts';
import { isMounted, isMountOf, type MountPlace, sync, verifyNoDeviceErrors } from './mount-state.ts';

/** What must be let go of again. */
export interface HeldDisk {
  mounted: MountPlace;
  /** The kernel's log before anything was done. */
  mark: KernelLogMark | null;
  /** Locks an encrypted disk again. */
  lock(): Promise<void>;
}

/** How long a busy disk is tried again before it is only detached. */
const unmountPatienceMs = 10_000;
const unmountRetryMs = 500;

/**
 * Flushes, unmounts, locks.
 *
 * @param hasFailed there is an error already, which comes first
 * @throws PlugbackError `flush-failed`, `disk-io-error`, `unmount-failed`, `lock-failed`, `disk-gone`
 */
export async function letGo(
  { mounted, mark, lock }: HeldDisk,
  system: System,
  voice: StepVoice,
  hasFailed: boolean,
): Promise<void> {
  const { disk } = mounted;
  if (!(await isAttached(disk.kernelNames, system.roots.sys))) {
    await afterwards(unmountGone(mounted, system), lock);
    voice.info('unmount.disk-gone');
    if (!hasFailed) throw new PlugbackError('disk-gone', { device: disk.device, phase: 'flushing' });
    return;
  }
  voice.info('unmount.flushing');
  // Even when flushing failed, the disk must not stay mounted.
  const problem = await sync(mounted, system).catch((error: unknown) => error);
  await afterwards(unmountForGood(mounted, system, voice), lock);
  if (!hasFailed) {
    if (problem !== undefined) throw problem;
    // Unmounting writes too, and umount returns 0 whatever becomes of it.
    await verifyNoDeviceErrors(disk, mark, system);
  }
  voice.info(hasFailed ? 'unmount.done-failed' : 'unmount.done');
}

/** That the motor still turns is no reason to call the backup less than done. */
export async function switchOff(disk: Disk, system: System, voice: StepVoice): Promise<void> {
  const result = await powerOff(disk.kernelNames, system);
  if (result.kind === 'off') return voice.info('unmount.powered-off');
  if (result.kind === 'failed') return voice.warn('warn.power-off-failed', { reason: result.reason });
  voice.warn('warn.power-off-shared', { devices: result.with });
}

/** Locks a disk whatever came of unmounting it; the first error is the one that counts. */
async function afterwards(unmounting: Promise<void>, lock: () => Promise<void>): Promise<void> {
  const [unmounted] = await Promise.allSettled([unmounting]);
  const [locked] = await Promise.allSettled([lock()]);
  for (const result of [unmounted, locked]) if (result.status === 'rejected') throw result.reason;
}

async function unmountForGood(
  { disk, mountPoint }: MountPlace,
  system: System,
  voice: StepVoice,
): Promise<void> {
  await unmount(mountPoint, system, voice, { detachBusy: true });
  if (await isMounted(disk, system)) throw new PlugbackError('unmount-failed', { mountPoint, holders: [] });
}

/** Nothing is left to wait for: what still uses the mount of a disk that is gone can only fail. */
async function unmountGone({ disk, mountPoint }: MountPlace, system: System): Promise<void> {
  const mount = mountAt(await readMounts(system.roots.proc), mountPoint);
  if (mount === null || !isMountOf(mount, disk)) return;
  const { exitCode } = await system.runner.run(umountArgv(mountPoint));
  if (exitCode !== 0) await system.runner.run(umountArgv(mountPoint, { lazy: true }));
  if (await isMounted(disk, system)) throw new PlugbackError('unmount-failed', { mountPoint, holders: [] });
}

/**
 * Unmounts; a busy disk is flushed and tried again for a while, then, if it may be, detached.
 *
 * @throws PlugbackError `unmount-failed` when it could only be detached, or not even that
 */
export async function unmount(
  mountPoint: string,
  system: System,
  voice: StepVoice,
  { detachBusy }: { detachBusy: boolean },
): Promise<void> {
  const deadline = system.clock.monotonic() + unmountPatienceMs;
  let holders: string[] = [];
  let told = false;
  for (;;) {
    if (mountAt(await readMounts(system.roots.proc), mountPoint) === null) return;
    const result = await system.runner.run(umountArgv(mountPoint));
    if (result.exitCode === 0) continue;
    if (system.clock.monotonic() > deadline) break;
    holders = await findHolders(system.roots.proc, mountPoint);
    if (!told) voice.info('unmount.busy', { holders });
    told = true;
    await system.runner.run(syncArgv(mountPoint));
    await system.clock.sleep(unmountRetryMs);
  }
  if (detachBusy) await system.runner.run(umountArgv(mountPoint, { lazy: true }));
  throw new PlugbackError('unmount-failed', { mountPoint, holders });
}
