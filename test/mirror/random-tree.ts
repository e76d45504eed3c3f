/** Random trees and random changes of them, from a seed: every kind of entry and every kind of name that a mirror meets. */

import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';

/** Whole numbers from 0 to below `limit`, the same for the same seed (mulberry32). */
export type Random = (limit: number) => number;

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * limit);
  };
}

const isRoot = process.geteuid?.() === 0;

/** Names as bytes: what a shell, a list, a log or a decoder could stumble over. */
const names: readonly Buffer[] = [
  ...[
    'a',
    'b',
    'c',
    'd',
    'A',
    'B',
    'report.docx',
    '.hidden',
    '..x',
    '...',
    ' ',
    ' x ',
    '-rf',
    '--files-from=x',
    '#x#',
  ],
  ...[
    'a:b',
    'a: b',
    'a\nb',
    'a\rb',
    '\t',
    '\\',
    'a\\nb',
    "it's",
    '"q"',
    '$HOME',
    '`x`',
    '*',
    '?',
    'ä',
    'Ä',
    '日本',
    '🙂',
  ],
  ...[
    'plugback',
    'x'.repeat(255),
    'ü'.repeat(127),
    '@LongLink',
    'a=b',
    '%n',
    '\x01\x7f',
    'e\u0301',
    '\u00e9',
  ],
].map((name) => Buffer.from(name));
const invalidNames = [Buffer.from([0xff]), Buffer.from([0x61, 0xc3, 0x28]), Buffer.from([0xe4, 0xf6, 0xfc])];
const allNames = [...names, ...invalidNames];

interface Place {
  path: Buffer;
  kind: 'file' | 'folder' | 'other';
}

/** Everything in a tree, the root first. */
function placesIn(root: Buffer): Place[] {
  const places: Place[] = [{ path: root, kind: 'folder' }];
  for (const place of places) {
    if (place.kind !== 'folder') continue;
    const inside = readdirSync(place.path, { encoding: 'buffer' }) as unknown as Buffer[];
    for (const name of inside.sort(Buffer.compare)) {
      const path = join(place.path, name);
      const stats = lstatSync(path);
      places.push({ path, kind: stats.isDirectory() ? 'folder' : stats.isFile() ? 'file' : 'other' });
    }
  }
  return places;
}

function join(folder: Buffer, name: Buffer): Buffer {
  return Buffer.concat([folder, Buffer.from('/'), name]);
}

const actions = [
  create,
  create,
  create,
  create,
  makeFolder,
  makeFolder,
  write,
  write,
  append,
  chmod,
  chown,
  setTimes,
  move,
  move,
  changeCase,
  retype,
  remove,
  remove,
  link,
  link,
  symlink,
  special,
  setAttribute,
  setAcl,
  removeAttribute,
];

/** Changes a tree in so many ways. What cannot be done there (a name that is too long, a link to a folder) is left out. */
export function changeTree(root: string, random: Random, changes: number): void {
  for (let change = 0; change < changes; change += 1) {
    const action = pick(actions, random);
    try {
      action(Buffer.from(root), random);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (!/^E(NOENT|EXIST|NOTEMPTY|INVAL|PERM|ISDIR|NOTDIR|NAMETOOLONG|LOOP|BUSY|MLINK)$/.test(code))
        throw error;
    }
  }
}

function pick<T>(choices: readonly T[], random: Random): T {
  return choices[random(choices.length)] as T;
}

function anyPlace(root: Buffer, random: Random, kind?: Place['kind']): Buffer {
  const places = placesIn(root).slice(1);
  const fitting = kind === undefined ? places : places.filter((place) => place.kind === kind);
  if (fitting.length === 0) throw Object.assign(new Error('none'), { code: 'ENOENT' });
  return pick(fitting, random).path;
}

function newPlace(root: Buffer, random: Random): Buffer {
  const folders = placesIn(root).filter(({ kind }) => kind === 'folder');
  return join(pick(folders, random).path, pick(allNames, random));
}

function create(root: Buffer, random: Random): void {
  const place = newPlace(root, random);
  const shape = random(10);
  if (shape === 0) writeFileSync(place, '', { flag: 'wx' });
  else if (shape === 1) writeSparse(place, random);
  else if (shape === 3) writeFileSync(place, noise(random, 1_100_000), { flag: 'wx' });
  else writeFileSync(place, noise(random, shape === 2 ? 70_000 : 1 + random(5000)), { flag: 'wx' });
}

function writeSparse(place: Buffer, random: Random): void {
  const file = openSync(place, 'wx');
  ftruncateSync(file, 300_000 + random(100_000));
  if (random(2) === 0) writeSync(file, noise(random, 100), 0, 100, 128_000);
  closeSync(file);
}

function noise(random: Random, bytes: number): Buffer {
  return Buffer.alloc(bytes, String(random(1_000_000)));
}

function makeFolder(root: Buffer, random: Random): void {
  mkdirSync(newPlace(root, random));
}

/** The same size as before, half of the time. */
function write(root: Buffer, random: Random): void {
  const place = anyPlace(root, random, 'file');
  const bytes = random(2) === 0 ? lstatSync(place).size : random(9000);
  writeFileSync(place, noise(random, bytes));
}

function append(root: Buffer, random: Random): void {
  appendFileSync(anyPlace(root, random, 'file'), noise(random, 10));
}

function chmod(root: Buffer, random: Random): void {
  const place = anyPlace(root, random);
  if (lstatSync(place).isSymbolicLink()) return;
  const modes = isRoot ? [0o644, 0o600, 0o755, 0o4755, 0o2755, 0o1777, 0o000, 0o444] : [0o644, 0o755, 0o700];
  chmodSync(place, pick(modes, random));
}

function chown(root: Buffer, random: Random): void {
  if (isRoot) lchownSync(anyPlace(root, random), random(3) * 1000, random(3) * 1000);
}

/** Before 1970, after 2038, or between; never the same twice, or other content of the same size would look like the old. */
function setTimes(root: Buffer, random: Random): void {
  const place = anyPlace(root, random);
  if (lstatSync(place).isSymbolicLink()) return;
  const seconds = pick([-14_182_940, 0, 2_208_988_800, random(1_700_000_000)], random);
  utimesSync(place, random(2_000_000_000), seconds + random(1_000_000) / 1e6);
}

function move(root: Buffer, random: Random): void {
  renameSync(anyPlace(root, random), newPlace(root, random));
}

function changeCase(root: Buffer, random: Random): void {
  const place = anyPlace(root, random);
  const at = place.lastIndexOf('/') + 1;
  const name = place.subarray(at).toString('latin1');
  const other = name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase();
  renameSync(place, Buffer.concat([place.subarray(0, at), Buffer.from(other, 'latin1')]));
}

function retype(root: Buffer, random: Random): void {
  const place = anyPlace(root, random);
  rmSync(place, { recursive: true });
  const kind = random(3);
  if (kind === 0) writeFileSync(place, 'now a file');
  else if (kind === 1) symlinkSync('now a link', place);
  else {
    mkdirSync(place);
    writeFileSync(join(place, Buffer.from('inside')), 'now a folder');
  }
}

function remove(root: Buffer, random: Random): void {
  rmSync(anyPlace(root, random), { recursive: true });
}

function link(root: Buffer, random: Random): void {
  linkSync(anyPlace(root, random, 'file'), newPlace(root, random));
}

function symlink(root: Buffer, random: Random): void {
  symlinkSync(
    pick([Buffer.from('..'), Buffer.from('/nowhere'), ...allNames], random),
    newPlace(root, random),
  );
}

function special(root: Buffer, random: Random): void {
  // Of four kinds of change one, because each starts a program.
  if (random(4) !== 0) return;
  const place = newPlace(root, random);
  if (random(2) === 0 || !isRoot) run('mkfifo', place);
  else run('mknod', place, 'c', '1', String(random(9)));
}

function setAttribute(root: Buffer, random: Random): void {
  const place = anyPlace(root, random);
  if (lstatSync(place).isSymbolicLink()) return;
  run('setfattr', place, '-n', `user.${pick(['comment', 'x', 'ä=b'], random)}`, '-v', String(random(1000)));
}

function removeAttribute(root: Buffer, random: Random): void {
  run('setfattr', anyPlace(root, random), '-h', '-x', 'user.comment');
}

function setAcl(root: Buffer, random: Random): void {
  const place = anyPlace(root, random);
  if (lstatSync(place).isSymbolicLink()) return;
  run(
    'setfacl',
    place,
    ...pick([['-m', 'u:1234:rw'], ['-b'], ['-m', 'd:u:77:rwx'], ['-m', 'g:88:---']], random),
  );
}

/** Arguments are text, names are bytes: xargs takes the name from standard input. Where it cannot be done, it is not. */
function run(program: string, place: Buffer, ...options: string[]): void {
  const [before, after] = program === 'mknod' ? [[], options] : [options, []];
  const argv = ['-0', '-I', '{}', program, ...before, '{}', ...after];
  try {
    execFileSync('xargs', argv, {
      input: Buffer.concat([place, Buffer.from([0])]),
      stdio: ['pipe', 'ignore', 'ignore'],
    });
  } catch {}
}
