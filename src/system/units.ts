/** The names of systemd's units, and the requests to systemd and udev. */

import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import type { Argv } from './run.ts';

/** Where units are, the ones that count first. */
const unitFolders = [
  '/etc/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];

/** Where udev's rules are, the ones that count first. */
const ruleFolders = [
  '/etc/udev/rules.d',
  '/run/udev/rules.d',
  '/usr/local/lib/udev/rules.d',
  '/usr/lib/udev/rules.d',
  '/lib/udev/rules.d',
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

/**
 * Is there a unit that fills disks, and does systemd run this machine?
 *
 * @param root the root of the filesystem
 */
export function unitsAreInstalled(root = '/'): boolean {
  return systemdRuns(root) && counts('plugback@.service', unitFolders, root);
}

/**
 * Does udev start that unit when a disk is plugged in?
 *
 * @param root the root of the filesystem
 */
export function ruleIsInstalled(root = '/'): boolean {
  return counts('90-plugback.rules', ruleFolders, root);
}

/**
 * The unit that fills disks, where a file that it starts is missing: then every backup ends before it begins.
 *
 * @param root the root of the filesystem
 * @returns the unit and that file, as paths of the machine; null when all is there
 */
export function brokenUnit(root = '/'): { unit: string; program: string } | null {
  const unit = effective('plugback@.service', unitFolders, root);
  if (unit === null) return null;
  const words = programOfUnit(readFileSync(path.join(root, unit), 'utf8'));
  const program = words.find((word) => word.startsWith('/') && !existsSync(path.join(root, word)));
  return program === undefined ? null : { unit, program };
}

/** The first two words of what a unit starts: a program, or Node and the file that it runs. */
export function programOfUnit(text: string): string[] {
  const word = String.raw`"(?:[^"\\]|\\.)*"|\S+`;
  const [, ...words] = new RegExp(`^ExecStart=[-@:+!]*(${word})(?:[ ]+(${word}))?`, 'm').exec(text) ?? [];
  return words.filter((one) => one !== undefined).map(plainWord);
}

/** What `unitWord` in install/plan.ts was made of. */
function plainWord(word: string): string {
  const bare = word.startsWith('"') ? word.slice(1, -1).replaceAll(/\\(.)/g, '$1') : word;
  return bare.replaceAll('%%', '%').replaceAll('$$', '$');
}

function counts(name: string, folders: readonly string[], root: string): boolean {
  return effective(name, folders, root) !== null;
}

/** The first file of that name counts; a link to nowhere is how both are switched off (`systemctl mask`). */
function effective(name: string, folders: readonly string[], root: string): string | null {
  for (const folder of folders) {
    const file = path.join(folder, name);
    const link = readlinkOrNull(path.join(root, file));
    const isThere = existsSync(path.join(root, file));
    if (link !== null || isThere) return link !== '/dev/null' && isThere ? file : null;
  }
  return null;
}

function readlinkOrNull(file: string): string | null {
  try {
    return readlinkSync(file);
  } catch {
    return null;
  }
}

/** Makes systemd read its units again. */
export const reloadUnitsArgv: Argv = ['systemctl', 'daemon-reload'];

/** Makes udev read its rules again. */
export const reloadRulesArgv: Argv = ['udevadm', 'control', '--reload'];

/** Starts units now and with the machine. */
export function enableUnitsArgv(units: readonly string[]): Argv {
  return ['systemctl', 'enable', '--now', '--', ...units];
}

/** Makes the links anew through which units start with the machine: to the files that count now. */
export function reenableUnitsArgv(units: readonly string[]): Argv {
  return ['systemctl', 'reenable', '--', ...units];
}

/** Ends units and starts them no more with the machine. */
export function disableUnitsArgv(units: readonly string[]): Argv {
  return ['systemctl', 'disable', '--now', '--', ...units];
}

/** Starts those units again that are running. */
export function restartUnitsArgv(units: readonly string[]): Argv {
  return ['systemctl', 'try-restart', '--', ...units];
}
