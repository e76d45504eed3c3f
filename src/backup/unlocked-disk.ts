/** An encrypted disk is unlocked before it is mounted, and locked again on every way out. */

import { PlugbackError } from '../errors.ts';
import type { StepVoice } from '../status/recorder.ts';
import { blkidArgv, type ProbedFilesystem, parseBlkid } from '../system/block-devices.ts';
import {
  findMapping,
  headerArgv,
  lockArgv,
  luksType,
  mappedDevice,
  mappingOf,
  unlockArgv,
  unlockVerdict,
} from '../system/cryptsetup.ts';
import { keyFileFlaw } from '../system/key-file.ts';
import { umountArgv } from '../system/mount.ts';
import { mountAt, readMounts } from '../system/mountinfo.ts';
import type { ProcessResult } from '../system/run.ts';
import type { System } from '../system/system.ts';
import type { Disk } from './find-disk.ts';

export interface UnlockSettings {
  keyFile: string | null;
  readOnly: boolean;
  /** Where a run that died may have left the filesystem mounted. */
  mountPoint: string;
}

/** A disk that can be mounted. */
export interface UnlockedDisk {
  /** The filesystem inside the container; the disk itself where it is not encrypted. */
  disk: Disk;
  /** How mount is told which one it is. */
  source: string;
  /**
   * Locks the container again, if it is one. The filesystem is unmounted by then.
   *
   * @throws PlugbackError `lock-failed`
   */
  lock(): Promise<void>;
}

/** How long a mapping that somebody still looks at is tried again, in ms. */
const lockPatienceMs = 10_000;
const lockRetryMs = 250;

export function isEncrypted(disk: Pick<Disk, 'fsType'>): boolean {
  return disk.fsType === luksType;
}

/**
 * Makes sure, before anybody waits for anything, that an encrypted disk can be unlocked as far as its key is concerned.
 *
 * @throws PlugbackError `disk-encrypted` without a key file, `key-file-unusable`
 */
export async function verifyKey(disk: Disk, keyFile: string | null): Promise<void> {
  if (!isEncrypted(disk)) return;
  if (keyFile === null) throw new PlugbackError('disk-encrypted', { device: disk.device });
  const flaw = await keyFileFlaw(keyFile);
  if (flaw !== null) throw new PlugbackError('key-file-unusable', { path: keyFile, flaw });
}

/**
 * Unlocks an encrypted disk; any other is handed back as it is.
 *
 * @throws PlugbackError those of `verifyKey`, and `wrong-key`, `encryption-damaged`, `already-unlocked`,
 *   `unlock-failed`, `container-empty`, `program-missing`
 */
export async function unlockDisk(
  disk: Disk,
  settings: UnlockSettings,
  { system, signal }: { system: System; signal: AbortSignal },
  voice: StepVoice,
): Promise<UnlockedDisk> {
  // By its UUID: of two partitions, the kernel may have changed the names since.
  if (!isEncrypted(disk)) return { disk, source: `UUID=${disk.uuid}`, lock: async () => {} };
  const { keyFile, readOnly } = settings;
  await verifyKey(disk, keyFile);
  const mapping = mappingOf(disk.uuid);
  await removeLeftover(disk, mapping, settings.mountPoint, system, voice);
  voice.info('mount.unlocking', { device: disk.device });
  const request = { device: disk.device, keyFile: keyFile ?? '', mapping, readOnly };
  // Deriving the key takes seconds on purpose; half-way through, nothing is there to be locked again.
  const result = await system.runner.run(unlockArgv(request), { signal, dieWithParent: 'SIGTERM' });
  const lock = () => lockDisk(disk, mapping, system);
  try {
    signal.throwIfAborted();
    await verifyUnlocked(disk, keyFile ?? '', result, system);
    return { disk: await lookInside(disk, mapping, system), source: mappedDevice(mapping), lock };
  } catch (error) {
    await lock();
    throw error;
  }
}

async function verifyUnlocked(
  { device }: Disk,
  keyFile: string,
  { exitCode, stderr }: ProcessResult,
  { runner }: System,
): Promise<void> {
  const verdict = unlockVerdict(exitCode);
  if (verdict === 'unlocked') return;
  if (verdict === 'wrong-key') throw new PlugbackError('wrong-key', { device, path: keyFile });
  if (verdict === 'in-use') throw new PlugbackError('already-unlocked', { device });
  const header = await runner.run(headerArgv(device));
  if (header.exitCode !== 0) {
    throw new PlugbackError('encryption-damaged', { device, reason: lastLine(header) });
  }
  throw new PlugbackError('unlock-failed', { device, reason: lastLine({ exitCode, stderr }) });
}

function lastLine({ stderr, exitCode }: Pick<ProcessResult, 'stderr' | 'exitCode'>): string {
  return stderr.trim().split('\n').at(-1)?.replace(/\.$/, '') || `exit code ${exitCode}`;
}

/** The filesystem in a container, read from the device itself: udev may not have looked yet. */
async function lookInside(container: Disk, mapping: string, system: System): Promise<Disk> {
  const device = mappedDevice(mapping);
  const [inside, probed] = await Promise.all([findMapping(mapping, system.roots.sys), probe(device, system)]);
  if (inside === null || probed.fsType === null) {
    throw new PlugbackError('container-empty', { device: container.device });
  }
  return {
    ...container,
    device,
    majorMinor: inside.majorMinor,
    fsType: probed.fsType,
    label: container.label ?? probed.label,
    sizeBytes: inside.sizeBytes,
    kernelNames: [inside.kernelName, ...container.kernelNames],
  };
}

async function probe(device: string, { runner }: System): Promise<ProbedFilesystem> {
  return parseBlkid((await runner.run(blkidArgv(device))).stdout);
}

/** A run that died, or whose disk was pulled out while nobody could lock it, leaves its mapping, and maybe its mount. */
async function removeLeftover(
  { device }: Disk,
  mapping: string,
  mountPoint: string,
  system: System,
  voice: StepVoice,
): Promise<void> {
  const leftover = await findMapping(mapping, system.roots.sys);
  if (leftover === null) return;
  const mount = mountAt(await readMounts(system.roots.proc), mountPoint);
  if (mount?.majorMinor === leftover.majorMinor || mount?.source === mappedDevice(mapping)) {
    await system.runner.run(umountArgv(mountPoint));
  }
  await closeMapping(mapping, system).catch((error: unknown) => {
    throw new PlugbackError('lock-failed', { device, mapping }, { cause: error });
  });
  voice.warn('warn.leftover-mapping', { mapping });
}

/** Also when unlocking failed or was broken off: then there is nothing to lock, and that is fine. */
async function lockDisk({ device }: Disk, mapping: string, system: System): Promise<void> {
  if ((await findMapping(mapping, system.roots.sys)) === null) return;
  try {
    await closeMapping(mapping, system);
  } catch (error) {
    // The kernel locks it once nobody uses it any more.
    await system.runner.run(lockArgv(mapping, { deferred: true }));
    if ((await findMapping(mapping, system.roots.sys)) === null) return;
    throw new PlugbackError('lock-failed', { device, mapping }, { cause: error });
  }
}

/** @throws Error with cryptsetup's words when it cannot be closed for a while */
async function closeMapping(mapping: string, system: System): Promise<void> {
  const deadline = system.clock.monotonic() + lockPatienceMs;
  for (;;) {
    const result = await system.runner.run(lockArgv(mapping));
    if (result.exitCode === 0 || (await findMapping(mapping, system.roots.sys)) === null) return;
    if (system.clock.monotonic() > deadline) throw new Error(result.stderr.trim());
    await system.clock.sleep(lockRetryMs);
  }
}
