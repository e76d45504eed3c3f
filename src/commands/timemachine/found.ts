/** The versions of the file that was typed, and which of them is meant. */

import { PlugbackError } from '../../errors.ts';
import { type BytePath, textOfBytes } from '../../system/byte-path.ts';
import { readTime, type Wanted } from '../../timemachine/choose.ts';
import { readVersions, type Version, verifyDestination } from '../../timemachine/destination.ts';
import { type Setting, type TimemachineFlags, typedFiles } from './setting.ts';

export interface WantedFlags extends TimemachineFlags {
  at?: string;
  version?: string;
}

export interface Found {
  bytes: BytePath;
  name: string;
  versions: Version[];
}

/** @throws PlugbackError `usage`, `no-versions`, `copies-folder-missing`, `copies-folder-unreadable` */
export async function versionsOf(word: string, setting: Setting): Promise<Found> {
  verifyDestination(setting.destination);
  const [bytes] = typedFiles(setting, [word]);
  const name = textOfBytes(bytes ?? ('' as BytePath));
  const versions = bytes === undefined ? [] : await readVersions(setting.destination, bytes);
  if (bytes === undefined || versions.length === 0)
    throw new PlugbackError('no-versions', { name, path: setting.destination.folder });
  return { bytes, name, versions };
}

/** @throws PlugbackError `usage` */
export function wantedVersion({ at, version }: WantedFlags, { translator }: Setting): Wanted {
  const { say } = translator;
  if (at !== undefined && version !== undefined)
    throw new PlugbackError('usage', { problem: say('usage.at-or-version') });
  const atUs = at === undefined ? null : readTime(at);
  if (at !== undefined && atUs === null)
    throw new PlugbackError('usage', { problem: say('usage.at', { value: at }) });
  if (version !== undefined && !/^[1-9]\d{0,8}$/.test(version))
    throw new PlugbackError('usage', { problem: say('usage.version', { value: version }) });
  return { atUs, number: version === undefined ? null : Number(version) };
}

/** A version for a machine. */
export function versionDocument({ number, modifiedUs, size, path: copy }: Version) {
  return {
    number,
    modified: new Date(modifiedUs / 1000).toISOString(),
    size,
    copy: textOfBytes(copy),
  };
}
