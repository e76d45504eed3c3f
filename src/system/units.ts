/** The names of systemd's units, and the requests to systemd and udev. */

import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Argv } from './run.ts';

/** Where units are, the ones that count first. */
export const unitFolders = [
  '/etc/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
];

/** A name as systemd-escape writes it: a hyphen stands for a slash there, so it is written by its number. */
export function escapeUnit(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9:_.]|^\./g, (character) => {
    return [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
  });
}

/** The unit that fills the disk with this UUID. */
export function unitOfDisk(uuid: string): string {
  return `plugback@${escapeUnit(uuid)}.service`;
}

/** The arguments that start a disk's unit and do not wait for its end. */
export function startUnitArgv(uuid: string): Argv {
  return ['systemctl', 'start', '--no-block', '--', unitOfDisk(uuid)];
}

/**
 * Does systemd run this machine? Without this folder another init does, whatever is installed.
 *
 * @param root the root of the filesystem
 */
export function systemdRuns(root = '/'): boolean {
  return existsSync(path.join(root, 'run/systemd/system'));
}

/** Makes systemd read its units again. */
export const reloadUnitsArgv: Argv = ['systemctl', 'daemon-reload'];

/** Makes udev read its rules again. */
export const reloadRulesArgv: Argv = ['udevadm', 'control', '--reload'];

/** Starts units now and with the machine. */
export function enableUnitsArgv(units: readonly string[]): Argv {
  return ['systemctl', 'enable', '--now', '--', ...units];
}

/** Ends units and starts them no more with the machine. */
export function disableUnitsArgv(units: readonly string[]): Argv {
  return ['systemctl', 'disable', '--now', '--', ...units];
}

/** Starts those units again that are running. */
export function restartUnitsArgv(units: readonly string[]): Argv {
  return ['systemctl', 'try-restart', '--', ...units];
}
