/** Switches a drive off, so that it stands still before somebody pulls it out; never another one along with it. */

import { access, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { reasonOf } from '../errors.ts';
import { isAttached, isVirtual } from './attachment.ts';
import { listBlockDevices } from './block-devices.ts';
import { isWithin } from './mountinfo.ts';
import { findProgram } from './programs.ts';
import type { Argv } from './run.ts';
import type { System } from './system.ts';

export type PowerOffResult =
  | { kind: 'off' }
  /** Something else on the drive, or in its enclosure, is there; kernel names. */
  | { kind: 'shared'; with: string[] }
  | { kind: 'failed'; reason: string };

/** How long a drive may take to be gone, in ms. */
const patienceMs = 10_000;
const lookEveryMs = 100;

/** The arguments that have udisks stop a drive's motor and switch its port off. */
export function udisksArgv(kernelName: string): Argv {
  return ['udisksctl', 'power-off', '--no-user-interaction', '--block-device', `/dev/${kernelName}`];
}

/** The arguments that write to a file of the kernel's, with root's rights; what is written comes on standard input. */
export function sysfsArgv(file: string): Argv {
  return ['tee', '--', file];
}

/**
 * Switches off the drive on which an unmounted filesystem lies.
 *
 * @param kernelNames of the filesystem's device and of everything that it lies on (`sdb1`, `sdb`). Never throws.
 */
export async function powerOff(kernelNames: readonly string[], system: System): Promise<PowerOffResult> {
  try {
    const drive = kernelNames.filter((name) => !isVirtual(name)).at(-1) ?? '';
    const place = await realpath(path.join(system.roots.sys, 'class/block', drive));
    const enclosure = await usbDeviceOf(place, system.roots.sys);
    const others = [
      ...(await otherDrivesIn(enclosure, drive, system.roots.sys)),
      ...(await inUseOn(drive, kernelNames, system)),
    ];
    if (others.length > 0) return { kind: 'shared', with: [...new Set(others)] };
    const failure = await switchOff(drive, place, enclosure, system);
    return failure === null ? { kind: 'off' } : { kind: 'failed', reason: failure };
  } catch (error) {
    return { kind: 'failed', reason: reasonOf(error) };
  }
}

/** @returns why the drive is still there; null when it is gone */
async function switchOff(
  drive: string,
  place: string,
  enclosure: string | null,
  system: System,
): Promise<string | null> {
  const { runner } = system;
  const failures: string[] = [];
  if ((await findProgram('udisksctl')) !== null) {
    const { exitCode, stderr } = await runner.run(udisksArgv(drive), { timeoutMs: 3 * patienceMs });
    if (exitCode === 0 && (await isGone(drive, system))) return null;
    failures.push(stderr.trim() || `udisksctl: exit code ${exitCode}`);
  }
  // The first has the drive write its cache and stop, the second takes the power from its port.
  const switches = [
    path.join(place, 'device/delete'),
    ...(enclosure === null ? [] : [`${enclosure}/remove`]),
  ];
  let hasSwitched = false;
  for (const file of switches) {
    if (!(await exists(file))) continue;
    const { exitCode, stderr } = await runner.run(sysfsArgv(file), { input: '1' });
    if (exitCode === 0) hasSwitched = true;
    else failures.push(stderr.trim());
  }
  if (await isGone(drive, system, hasSwitched ? patienceMs : 0)) return null;
  return failures.at(-1) ?? 'this drive cannot be switched off';
}

async function isGone(
  drive: string,
  { clock, roots }: System,
  withinMs: number = patienceMs,
): Promise<boolean> {
  const deadline = clock.monotonic() + withinMs;
  while (await isAttached([drive], roots.sys)) {
    if (clock.monotonic() >= deadline) return false;
    await clock.sleep(lookEveryMs);
  }
  return true;
}

/** The folder of the USB device through which a drive is connected, in sysfs; null when it is no USB drive. */
async function usbDeviceOf(place: string, sysRoot: string): Promise<string | null> {
  const root = await realpath(sysRoot);
  for (let folder = place; isWithin(folder, root); folder = path.dirname(folder)) {
    if ((await exists(`${folder}/idVendor`)) && (await exists(`${folder}/remove`))) return folder;
    if (folder === root) break;
  }
  return null;
}

/** Docking stations and card readers show several drives on one USB device: they would be switched off, too. */
async function otherDrivesIn(enclosure: string | null, drive: string, sysRoot: string): Promise<string[]> {
  if (enclosure === null) return [];
  const folder = path.join(sysRoot, 'block');
  const names = await readdir(folder);
  const others: string[] = [];
  for (const name of names) {
    if (name === drive || !isWithin(await realpath(path.join(folder, name)), enclosure)) continue;
    // An empty slot misses nothing.
    if (await isAttached([name], sysRoot)) others.push(name);
  }
  return others;
}

/** What on the drive is mounted, held by a mapping, or waits its turn. @param done what nobody needs any more */
async function inUseOn(drive: string, done: readonly string[], system: System): Promise<string[]> {
  const devices = await listBlockDevices(system.runner);
  const inUse: string[] = [];
  for (const { kernelName, ancestors, mountPoints, uuid } of devices) {
    if (![kernelName, ...ancestors].includes(drive)) continue;
    const isAwaited = async () =>
      uuid !== null && !done.includes(kernelName) && (await system.isSpokenFor?.(uuid)) === true;
    if (mountPoints.length > 0 || isVirtual(kernelName) || (await isAwaited())) inUse.push(kernelName);
  }
  return inUse;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
