/** rsync: its arguments, its statistics, the meaning of its exit codes. */

import type { RsyncMeaning } from '../errors.ts';
import { limitsOf } from './filesystems.ts';
import type { Argv } from './run.ts';

export interface CopyRequest {
  /** As configured: a trailing slash means the contents, none means the folder of that name. */
  source: string;
  /** The mount point. */
  destination: string;
  /** The disk's filesystem, which decides what can be kept there. */
  fsType: string;
  /** The source's filesystem. */
  sourceFsType: string;
  /** Does the disk keep times to the nanosecond? */
  exactTimes: boolean;
  /** Paths from the transfer's root that neither travel nor are deleted on the disk: our lock files. */
  ownPaths: readonly string[];
  /** Is the transfer's root the disk's root, where the filesystem keeps things of its own? */
  atDiskRoot: boolean;
  excludesFile: string | null;
  /** From the configuration, checked there. */
  userOptions: readonly string[];
}

/** What filesystems and desktops keep at the root of a disk; not ours to delete. */
const ownedByFilesystem = [
  'lost+found',
  'System Volume Information',
  '$RECYCLE.BIN',
  'RECYCLER',
  'FOUND.000',
  '.Trash',
  '.Trash-*',
  '.Trashes',
  '.Spotlight-V100',
  '.fseventsd',
  '.TemporaryItems',
];

/**
 * xfs shows each access control list a second time, as an attribute of this name. rsync would find it missing in the
 * source, remove it, and with it the list itself. A rule of one's own replaces rsync's, which is the first one here.
 */
const attributeFilters = ['--filter=-x system.*', '--filter=-x trusted.SGI_ACL_*'];

function contentOptions({ fsType, exactTimes }: CopyRequest): string[] {
  const limits = limitsOf(fsType);
  if (limits !== null) return [...limits.contentOptions];
  // rsync compares whole seconds by default: a file that changes twice in one, and not in size, would never be copied.
  const window = exactTimes ? ['--modify-window=-1'] : [];
  return ['-aHAX', '--numeric-ids', ...window, ...attributeFilters];
}

/** A name as a filter pattern that matches only itself. rsync reads a backslash as itself unless there is a wildcard. */
export function literalPattern(name: string): string {
  return /[*?[]/.test(name) ? name.replace(/[\\*?[]/g, '\\$&') : name;
}

/** What dry run and copy have in common, so that one foretells the other. */
function commonOptions(request: CopyRequest): string[] {
  const filters: string[] = [];
  for (const own of request.ownPaths) {
    // Hide and protect apart: a plain exclude would protect nothing under --delete-excluded.
    const pattern = literalPattern(`/${own}`);
    filters.push(`--filter=H ${pattern}`, `--filter=P ${pattern}`);
  }
  if (request.atDiskRoot) filters.push(...ownedByFilesystem.map((name) => `--filter=P /${name}/***`));
  const excludes = request.excludesFile === null ? [] : [`--exclude-from=${request.excludesFile}`];
  return [...contentOptions(request), '--no-h', ...filters, ...excludes, ...request.userOptions];
}

function endpoints(request: CopyRequest): string[] {
  const destination = request.destination.endsWith('/') ? request.destination : `${request.destination}/`;
  return ['--', request.source, destination];
}

/**
 * The arguments of the dry run: prints code, size and name of each change (`%i %l %n`), then the statistics. Where two
 * names can be one, what stays as it is stands between the changes: it takes part in the comparison.
 */
export function estimateArgv(request: CopyRequest): Argv {
  const unchanged = limitsOf(request.fsType)?.ignoresCase === true ? ['-ii'] : [];
  const report = ['--dry-run', '--stats', ...unchanged, '--out-format=%i %l %n'];
  return ['rsync', ...commonOptions(request), '--delete', ...report, ...endpoints(request)];
}

export interface CopyOptions {
  /** rsync adds its own messages to it. */
  logFile: string;
  /** Delete everything first: else what is new would not fit. */
  deleteFirst: boolean;
  /**
   * Leave the holes of sparse files as holes. Only where there are any: rsync then writes in pieces of 1 kB, which
   * costs a tenth of the time (measured with rsync 3.5).
   */
  sparse: boolean;
  /** No temporary names: for small files onto an empty disk, where nothing can be overwritten by half a file. */
  inPlace: boolean;
  /** Print the progress all the time, or only between two files and when asked by SIGVTALRM? */
  progress: 'continuous' | 'when-asked';
}

/**
 * The arguments of the copy. What costs with small files is left away (measured with 100,000 of 4 kB): the progress
 * after each file 13 %, a line a file in the log 7 % (the dry run has named them all already), temporary names 4 %.
 */
export function copyArgv(request: CopyRequest, options: CopyOptions): Argv {
  // rsync refuses to start with both.
  const wantsOtherNames = request.userOptions.some((option) =>
    /^--(partial-dir|delay-updates)\b/.test(option),
  );
  return [
    'rsync',
    // In front, so that a user's --no-inplace wins.
    ...(options.inPlace && !wantsOtherNames ? ['--inplace'] : []),
    ...commonOptions(request),
    ...(options.sparse ? ['--sparse'] : []),
    options.deleteFirst ? '--delete-before' : '--delete',
    '--outbuf=L',
    '--stats',
    ...(options.progress === 'continuous' ? ['--info=progress2,name0'] : []),
    `--log-file=${options.logFile}`,
    '--log-file-format=',
    ...endpoints(request),
  ];
}

/** What the dry run found. Sizes in bytes. */
export interface DryRunStats {
  /** Everything that would be created, changed or deleted, attributes included. */
  changes: number;
  /** Regular files whose content would be copied, and their size. */
  files: number;
  bytes: number;
  created: number;
  deletes: number;
  /** Among them, what an rsync that was killed left behind: the beginnings of files, under temporary names. */
  torn: number;
  /** Everything in the source. */
  total: number;
  /** The size of the largest file whose content would be copied. */
  largestBytes: number;
}

/** Below this size, in bytes, a hole saves less than asking for it costs. */
const largeFileBytes = 64 * 1024;

/** rsync writes `Monday.vbk` as `.Monday.vbk.` and six letters or digits until it is whole. */
const tornName = /^\*deleting.*[ /]\.[^/]+\.[0-9A-Za-z]{6}$/;

/** Collects the dry run's output as it streams by; nothing is kept but the counts. */
export class DryRunParser {
  private rest = '';
  private readonly stats: DryRunStats = {
    changes: 0,
    files: 0,
    bytes: 0,
    created: 0,
    deletes: 0,
    torn: 0,
    total: 0,
    largestBytes: 0,
  };

  /** Takes a piece of output; gives the large files in it whose content would be copied. */
  add(piece: string): Change[] {
    const lines = (this.rest + piece).split('\n');
    this.rest = lines.pop() ?? '';
    const large: Change[] = [];
    for (const line of lines) this.addLine(line, large);
    return large;
  }

  /** The counts, once rsync has ended. */
  finish(): DryRunStats {
    this.addLine(this.rest, []);
    this.rest = '';
    return this.stats;
  }

  private addLine(line: string, large: Change[]): void {
    if (isChange(line)) {
      this.stats.changes += 1;
      if (tornName.test(line)) this.stats.torn += 1;
      // The size follows the code; most lines are of small files, and there may be a million of them.
      if (!line.startsWith('>f')) return;
      const bytes = Number.parseInt(line.slice(12, 32), 10);
      this.stats.largestBytes = Math.max(this.stats.largestBytes, bytes);
      const change = bytes >= largeFileBytes ? parseChange(line) : null;
      if (change !== null) large.push(change);
      return;
    }
    const match = /^([A-Z][A-Za-z ]+): ([\d.,]+)/.exec(line);
    const name = match?.[1] ?? '';
    if (!Object.hasOwn(statNames, name)) return;
    const field = statNames[name];
    if (field !== undefined) this.stats[field] = Number((match?.[2] ?? '0').replaceAll(/[.,]/g, ''));
  }
}

const statNames: { readonly [name: string]: keyof DryRunStats } = {
  'Number of files': 'total',
  'Number of created files': 'created',
  'Number of deleted files': 'deletes',
  'Number of regular files transferred': 'files',
  'Total transferred file size': 'bytes',
};

/** Is it an itemized change (`>f+++++++++`, `*deleting`), not one of the statistics? See rsync(1), --itemize-changes. */
export function isChange(line: string): boolean {
  return /^(?:[<>ch.][fdLDS][+.?cstTpoguaxbn ]{9}|\*deleting)/.test(line);
}

export interface Change {
  kind: 'delete' | 'create' | 'replace' | 'other';
  /** The file's size in the source, in bytes. */
  bytes: number;
  /** The name's bytes, from the transfer's root: names need not be UTF-8. */
  name: Buffer;
}

/** Parses one line of the detailed dry run; null for anything else. */
export function parseChange(line: string): Change | null {
  const match = /^(\*deleting {2}|[<>ch.][fdLDS][+.?cstTpoguaxbn ]{9}) (\d+) (.*)$/s.exec(line);
  if (match === null) return null;
  const [, code = '', bytes = '0', name = ''] = match;
  return { kind: changeKind(code), bytes: Number(bytes), name: unescapeName(name) };
}

function changeKind(code: string): Change['kind'] {
  if (code.startsWith('*deleting')) return 'delete';
  if (!/^[<>]f/.test(code)) return 'other';
  return code.includes('+++++++++') ? 'create' : 'replace';
}

/** Undoes rsync's `\#ooo` for bytes that it does not print. */
function unescapeName(name: string): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (const match of name.matchAll(/\\#([0-7]{3})/g)) {
    parts.push(
      Buffer.from(name.slice(from, match.index), 'utf8'),
      Buffer.from([Number.parseInt(match[1] ?? '0', 8)]),
    );
    from = match.index + match[0].length;
  }
  parts.push(Buffer.from(name.slice(from), 'utf8'));
  return Buffer.concat(parts);
}

/** What rsync's exit codes mean for the backup; see rsync(1), EXIT VALUES. */
const meanings: { readonly [exitCode: number]: 'done' | 'vanished' | RsyncMeaning } = {
  0: 'done',
  1: 'usage',
  2: 'protocol',
  3: 'files-unreadable',
  4: 'usage',
  5: 'protocol',
  6: 'unknown',
  10: 'protocol',
  11: 'input-output',
  12: 'protocol',
  13: 'protocol',
  14: 'protocol',
  20: 'killed',
  21: 'killed',
  22: 'out-of-memory',
  23: 'partial',
  24: 'vanished',
  25: 'delete-limit',
  30: 'timeout',
  35: 'timeout',
};

/** What an exit code means; null (ended by a signal) is `killed`. */
export function rsyncMeaning(exitCode: number | null): 'done' | 'vanished' | RsyncMeaning {
  return exitCode === null ? 'killed' : (meanings[exitCode] ?? 'unknown');
}
