/** What `plugback install` of another copy once wrote below /etc, where it wins over what the package has brought. */

import { lstatSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { programOfUnit } from '../system/units.ts';
import { allUnitNames, rulePath, switchedUnits, type Templates, unitPath } from './plan.ts';

export interface Leftovers {
  /** The files, as paths of the machine. */
  files: string[];
  /** Of the units that run without a disk: those that start with the machine. */
  enabled: string[];
}

/** Where `systemctl enable` puts its links; see [Install] of the units. */
const wantsFolders = ['multi-user.target.wants', 'timers.target.wants'];

/**
 * Looks for those files; a link (`systemctl mask`) and a copy of the package's own units (`systemctl edit --full`) are
 * somebody's decision and no such files.
 *
 * @param root the root of the filesystem
 */
export function findLeftovers(templates: Templates, root = '/'): Leftovers {
  const read = (file: string) => readPlain(path.join(root, file));
  const services = allUnitNames.map(unitPath).filter((file) => {
    const [program] = programOfUnit(read(file) ?? '');
    return program !== undefined && program !== '/usr/bin/plugback';
  });
  // Neither names a program: beside such a unit they came with it, whatever version wrote them.
  const others: [file: string, text: string | undefined][] = [
    [rulePath, templates.rule],
    ...allUnitNames
      .filter((name) => name.endsWith('.timer'))
      .map((name): [string, string | undefined] => [unitPath(name), templates.units[name]]),
  ];
  const companions = others.filter(([file, text]) => {
    const present = read(file);
    return present !== null && (services.length > 0 || present === text);
  });
  return {
    files: [...companions.map(([file]) => file), ...services],
    enabled: switchedUnits.filter((name) =>
      wantsFolders.some((wants) => isThere(path.join(root, path.dirname(unitPath(name)), wants, name))),
    ),
  };
}

function readPlain(file: string): string | null {
  try {
    return lstatSync(file).isFile() ? readFileSync(file, 'utf8') : null;
  } catch {
    return null;
  }
}

function isThere(link: string): boolean {
  return lstatSync(link, { throwIfNoEntry: false }) !== undefined;
}
