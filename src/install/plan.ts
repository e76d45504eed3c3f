/** What setting this machine up takes, and what taking it away takes. Pure: the plan can be printed before it is carried out. */

import path from 'node:path';
import type { Argv } from '../system/run.ts';
import {
  disableUnitsArgv,
  enableUnitsArgv,
  reenableUnitsArgv,
  reloadRulesArgv,
  reloadUnitsArgv,
  restartUnitsArgv,
} from '../system/units.ts';
import type { Leftovers } from './leftovers.ts';

/** The files as they are in the project, ready for a program at /usr/bin/plugback. */
export interface Templates {
  rule: string;
  /** By their names. */
  units: Readonly<Record<string, string>>;
  config: string;
  excludes: string;
}

/** Paths are those of the machine, whatever the root it is set up in. */
export type Step =
  | { action: 'directory'; path: string }
  /** `keeps`: a file that is there stays as it is, because people change it. */
  | { action: 'write'; path: string; text: string; mode: number; keeps: boolean }
  | { action: 'remove'; path: string }
  /** `onlyAfterChange`: there is nothing to do where no step before it changed anything. */
  | { action: 'command'; argv: Argv; onlyAfterChange: boolean };

export interface Program {
  /** Node's own file. */
  node: string;
  /** The bundle. */
  file: string;
}

export const configPath = '/etc/plugback/config.ini';
const excludesPath = '/etc/plugback/rsync_excludes';
export const rulePath = '/etc/udev/rules.d/90-plugback.rules';
const unitFolder = '/etc/systemd/system';
const directories = ['/etc/plugback', '/var/lib/plugback', '/var/log/plugback'];
/** Its unit makes it, too, but not before it first runs: people add files to the list at once. */
export const timemachineFolder = '/var/lib/plugback/timemachine';
/** Where the Debian package has the program; then it has brought rule and units, too. */
export const packagedFile = '/usr/lib/plugback/cli.js';

export const unitNames = [
  'plugback@.service',
  'plugback-web.service',
  'plugback-outbox.service',
  'plugback-outbox.timer',
] as const;
/** What runs without a disk. */
export const standingUnits = ['plugback-web.service', 'plugback-outbox.timer'];

/** What is set up only where somebody asks for it; `starts` is the unit that is switched on. */
export const optionalParts = {
  nightshift: {
    units: ['plugback-nightshift.service'],
    starts: 'plugback-nightshift.service',
    folders: [],
  },
  timemachine: {
    units: ['plugback-timemachine.service', 'plugback-timemachine.timer'],
    starts: 'plugback-timemachine.timer',
    folders: [timemachineFolder],
  },
} as const;
export type OptionalPart = keyof typeof optionalParts;
const everyPart = Object.values(optionalParts);
export const allUnitNames: readonly string[] = [...unitNames, ...everyPart.flatMap(({ units }) => units)];
/** What is switched on, and what `uninstall` ends. */
export const switchedUnits: readonly string[] = [...standingUnits, ...everyPart.map(({ starts }) => starts)];

/** Where `plugback install` puts a unit. */
export function unitPath(name: string): string {
  return path.join(unitFolder, name);
}

/** Has the package manager set this up? */
export function isPackaged(program: Program): boolean {
  return program.file === packagedFile;
}

/**
 * Everything that makes this machine start a backup when a disk is plugged in.
 *
 * @param leftovers of another copy: beside the package, they go
 * @param wanted what was asked for besides
 * @param present what an earlier call has set up: its units name Node and the program, too, and either may have moved
 */
export function planInstall(
  templates: Templates,
  program: Program,
  leftovers: Leftovers,
  wanted: readonly OptionalPart[],
  present: readonly OptionalPart[] = [],
): Step[] {
  const hasPackage = isPackaged(program);
  const parts = wanted.map((name) => optionalParts[name]);
  const kept = [...new Set([...wanted, ...present])].flatMap((name) => optionalParts[name].units);
  const written = [...unitNames, ...kept];
  const own: Step[] = hasPackage
    ? leftovers.files.map((file) => ({ action: 'remove' as const, path: file }))
    : [
        write(rulePath, templates.rule),
        ...written.map((name) => write(unitPath(name), withProgram(templates.units[name] ?? '', program))),
      ];
  // The package has switched its units on, and whoever switched one off finds it switched off.
  const enable = hasPackage ? reenable(leftovers) : [command(enableUnitsArgv(standingUnits))];
  return [
    ...[...directories, ...parts.flatMap(({ folders }) => folders)].map((directory) => ({
      action: 'directory' as const,
      path: directory,
    })),
    // It may hold the password of the mail server.
    { action: 'write', path: configPath, text: templates.config, mode: 0o640, keeps: true },
    { action: 'write', path: excludesPath, text: templates.excludes, mode: 0o644, keeps: true },
    ...own,
    command(reloadUnitsArgv),
    // What runs goes on with the older program; whether npm has replaced that since, no unit tells.
    command(restartUnitsArgv(standingUnits)),
    ...restartWatch(hasPackage ? leftovers.files : []),
    ...enable,
    ...(parts.length > 0 ? [command(enableUnitsArgv(parts.map(({ starts }) => starts)))] : []),
    command(reloadRulesArgv),
  ];
}

/** Takes away what another copy's `plugback install` wrote, so that the package's rule and units count. */
export function planHandOver(leftovers: Leftovers): Step[] {
  return [
    ...leftovers.files.map((file) => ({ action: 'remove' as const, path: file })),
    command(reloadUnitsArgv),
    command(restartUnitsArgv(standingUnits)),
    ...restartWatch(leftovers.files),
    ...reenable(leftovers),
    command(reloadRulesArgv),
  ];
}

/** A night watch sees by itself that its program was replaced, but not that it is to be another one. */
function restartWatch(removed: readonly string[]): Step[] {
  const { starts } = optionalParts.nightshift;
  return removed.includes(unitPath(starts)) ? [command(restartUnitsArgv([starts]))] : [];
}

/** The links of what is switched on point to the files that go. */
function reenable({ files, enabled }: Leftovers): Step[] {
  return files.length === 0 || enabled.length === 0 ? [] : [command(reenableUnitsArgv(enabled))];
}

function command(argv: Argv): Step {
  return { action: 'command', argv, onlyAfterChange: false };
}

/**
 * Takes rule and units away again; configuration, history, logs, waiting mails and the timemachine's copies stay, and a
 * backup that runs goes on.
 *
 * @param present those of `switchedUnits` that are there: what is not there cannot be ended
 */
export function planUninstall(present: readonly string[]): Step[] {
  return [
    ...(present.length > 0 ? [command(disableUnitsArgv(present))] : []),
    { action: 'remove', path: rulePath },
    ...allUnitNames.map((name) => ({ action: 'remove' as const, path: unitPath(name) })),
    { action: 'command', argv: reloadUnitsArgv, onlyAfterChange: true },
    { action: 'command', argv: reloadRulesArgv, onlyAfterChange: true },
  ];
}

function write(filePath: string, text: string): Step {
  return { action: 'write', path: filePath, text, mode: 0o644, keeps: false };
}

/** A unit that starts this program, wherever npm has put it: units know no PATH. */
function withProgram(unit: string, { node, file }: Program): string {
  return unit.replaceAll(
    /^(Exec.*?)\/usr\/bin\/plugback /gm,
    (_, before: string) => `${before}${unitWord(node)} ${unitWord(file)} `,
  );
}

/** A word of a unit's command line; blanks, percent and dollar signs mean something there. */
export function unitWord(text: string): string {
  const escaped = text.replaceAll(/["\\]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w@%+:,./-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}
