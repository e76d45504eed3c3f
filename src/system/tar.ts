/**
 * GNU tar as a copier: one packs, the other unpacks, with nothing in between. In batches it is as fast as anything, and it
 * sets what Node cannot: times to the nanosecond, extended attributes, access control lists, holes, devices.
 */

import { type Argv, commandLine, type PipelineResult, runOnBytes, runPipeline } from './run.ts';

export interface TarCopy {
  /** Folders, absolute. */
  from: string;
  to: string;
  /** What is copied, relative to the folders; a NUL after each name. Of a folder only itself, not what is in it. */
  names: Uint8Array;
  /** Only root can give files away. */
  owners: boolean;
}

/** What tar complained of. */
export interface TarResult {
  /** Reasons in tar's words, by name (bytes as latin1). */
  complaints: Map<string, string>;
  /** It failed, and not all of it is in the complaints: nothing of the batch can be trusted. */
  failed: string | null;
}

/** 1 MB a record: fewer turns for large files. */
const common = [
  '--blocking-factor=2048',
  '--numeric-owner',
  '--quoting-style=escape',
  '--xattrs',
  '--xattrs-include=*',
];

/** The arguments that pack what standard input names. */
export function packArgv(from: string): Argv {
  return [
    'tar',
    '--create',
    '--file=-',
    `--directory=${from}`,
    '--format=posix',
    '--sparse',
    // Which names are one file is decided elsewhere.
    '--hard-dereference',
    '--no-recursion',
    '--null',
    // A name may begin with a hyphen.
    '--verbatim-files-from',
    '--files-from=-',
    '--warning=no-file-ignored',
    ...common,
  ];
}

/** The arguments that unpack standard input. */
export function unpackArgv(to: string, owners: boolean): Argv {
  return [
    'tar',
    '--extract',
    '--file=-',
    `--directory=${to}`,
    '--preserve-permissions',
    owners ? '--same-owner' : '--no-same-owner',
    // A folder may be closed to its owner, and its time changes with each name in it: both are set last.
    '--delay-directory-restore',
    // Files from before 1970, or from a machine whose clock is ahead.
    '--warning=no-timestamp',
    ...common,
  ];
}

/**
 * Copies entries from one folder to another.
 *
 * @throws PlugbackError `program-missing`
 */
export async function copyWithTar({ from, to, names, owners }: TarCopy): Promise<TarResult> {
  // Else a tar that outlived a killed mirror would go on writing while the next one clears up.
  const dying = (argv: Argv) => ({ argv: commandLine(argv, true, 'SIGTERM') });
  const results = await runPipeline(dying(packArgv(from)), dying(unpackArgv(to, owners)), names);
  return resultOf(results, new Set(Buffer.from(names).toString('latin1').split('\0')));
}

function resultOf(ends: readonly PipelineResult[], known: ReadonlySet<string>): TarResult {
  const complaints = new Map<string, string>();
  let failed: string | null = null;
  for (const { exitCode, stderr } of ends) {
    const parsed = parseComplaints(stderr, known);
    for (const [name, reason] of parsed.byName) if (!complaints.has(name)) complaints.set(name, reason);
    if (exitCode !== 0 && (parsed.byName.size === 0 || parsed.others.length > 0)) {
      failed ??= parsed.others[0] ?? `tar: exit code ${exitCode}`;
    }
  }
  return { complaints, failed };
}

/** A folder as an archive has it: only itself, without extended attributes. */
export interface TarFolder {
  /** Relative to where it is unpacked; bytes as latin1. */
  name: string;
  /** Permission bits. */
  mode: number;
  uid: number;
  gid: number;
  mtimeNs: bigint;
}

/**
 * Gives folders that are there modes, owners, and times to the nanosecond, by an archive made here: tar's own `--create`
 * reads each folder to its end even with `--no-recursion` (1.34, 1.35), which takes longer than all else together.
 *
 * @throws PlugbackError `program-missing`
 */
export async function setFoldersWithTar(
  to: string,
  folders: readonly TarFolder[],
  owners: boolean,
): Promise<TarResult> {
  const argv = commandLine(unpackArgv(to, owners), true, 'SIGTERM');
  const end = await runOnBytes({ argv }, packFolders(folders));
  return resultOf([end], new Set(folders.map(({ name }) => name)));
}

const blockBytes = 512;

/** An archive (pax) of nothing but folders. */
export function packFolders(folders: readonly TarFolder[]): Uint8Array {
  const blocks = folders.flatMap(({ name, mode, uid, gid, mtimeNs }) => {
    // Here and not in the header, where there is room for 100 bytes of a name, and for whole seconds.
    const records = Buffer.from(
      paxRecord('path', name) +
        paxRecord('uid', String(uid)) +
        paxRecord('gid', String(gid)) +
        paxRecord('mtime', secondsOf(mtimeNs)),
      'latin1',
    );
    return [header('x', 0o644, records.length), padded(records), header('5', mode, 0)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]);
}

/** `27 mtime=1700000000.123456789\n`: the length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}

function secondsOf(ns: bigint): string {
  const [sign, size] = ns < 0n ? ['-', -ns] : ['', ns];
  return `${sign}${size / 1_000_000_000n}.${String(size % 1_000_000_000n).padStart(9, '0')}`;
}

/** See "ustar Interchange Format" in POSIX' pax(1). */
function header(type: string, mode: number, size: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0');
  block.write('folder', 0);
  block.write(
    `${octal(mode, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0${octal(size, 11)}\0${octal(0, 11)}\0`,
    100,
  );
  // The sum is made as if its own place were blank.
  block.write(`        ${type}`, 148);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((all, byte) => all + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & (blockBytes - 1))]);
}

/** What tar says at the end of it all, beside what it said of a file. */
const summaries =
  /^(Exiting with failure status due to previous errors|Error is not recoverable: exiting now)$/;

/** `tar: dir/file\n2: Cannot open: Permission denied`, the name as `--quoting-style=escape` writes it. */
export function parseComplaints(
  stderr: string,
  known: ReadonlySet<string>,
): { byName: Map<string, string>; others: string[] } {
  const byName = new Map<string, string>();
  const others: string[] = [];
  for (const line of stderr.split('\n')) {
    if (line === '') continue;
    const text = line.replace(/^tar: /, '');
    if (summaries.test(text)) continue;
    const found = namesIn(text, known);
    if (found.length === 0) others.push(line);
    for (const { name, reason } of found) if (!byName.has(name)) byName.set(name, reason);
  }
  return { byName, others };
}

/** A name may hold a colon and a blank itself: every beginning that is a known name may be meant, and none is trusted. */
function namesIn(text: string, known: ReadonlySet<string>): { name: string; reason: string }[] {
  const found: { name: string; reason: string }[] = [];
  for (let colon = text.indexOf(': '); colon > 0; colon = text.indexOf(': ', colon + 1)) {
    const name = unescapeName(text.slice(0, colon));
    if (known.has(name)) found.push({ name, reason: text.slice(colon + 2) });
  }
  return found;
}

const escapes: { readonly [letter: string]: string } = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  ' ': ' ',
};

/** Undoes `--quoting-style=escape`: `\n`, `\\`, and bytes in octal. */
export function unescapeName(text: string): string {
  return text.replaceAll(/\\([0-7]{3}|.)/g, (_, what: string) =>
    what.length === 3 ? String.fromCharCode(Number.parseInt(what, 8)) : (escapes[what] ?? what),
  );
}
