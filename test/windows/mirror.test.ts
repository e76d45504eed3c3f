/** `plugback mirror` and the library's mirror as programs of Windows, under wine. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, onTestFinished } from 'vitest';
import { command, isInstalled, waitFor } from '../disk/command.ts';
import { bundleSource } from '../program.ts';
import { type Call, WindowsMachine, windowsPath } from './machine.ts';
import { windowsTest as test } from './tests.ts';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
let helper: Awaited<ReturnType<typeof bundleSource>>;
beforeAll(async () => {
  helper = await bundleSource(new URL('./mirror-process.ts', import.meta.url));
});
afterAll(() => helper.remove());

/** What times may be off by, ns; see `timeUnitOf`. */
const timeUnitNs = 2000n;
const stage = '.plugback-mirror';

/** A machine with two folders, whose names are none for the faint-hearted. */
class Folders {
  readonly machine = new WindowsMachine();
  readonly source = this.machine.path('Quelle ä & b');
  readonly replica = this.machine.path('Kopie ö (1)');

  constructor() {
    for (const folder of [this.source, this.replica]) mkdirSync(folder);
  }

  /** `plugback mirror`. */
  mirror(options: readonly string[] = [], places = [this.source, this.replica].map(windowsPath)): Call {
    return this.node([path.join(dist, 'cli.js'), 'mirror', ...places, ...options]);
  }

  /** One cycle; its document. */
  async cycle(options: readonly string[] = []): Promise<Cycle> {
    const { exitCode, output } = await this.mirror(['--json', ...options]).ended;
    // What is said besides goes to the same file.
    const document = output.split('\n').findLast((line) => line.startsWith('{'));
    return { exitCode, ...(JSON.parse(document ?? '') as Omit<Cycle, 'exitCode'>) };
  }

  helper(...words: string[]): Call {
    return this.node([helper.file, ...words]);
  }

  /** Has a program keep files open without sharing them; it is seen that nobody else can open them. @returns lets go */
  async hold(...files: string[]): Promise<() => Promise<void>> {
    const ready = this.machine.path('held');
    const names = files.map(windowsPath);
    const holder = this.helper('hold', windowsPath(ready), ...names);
    await waitFor('the holder', () => existsSync(ready));
    rmSync(ready);
    expect((await this.helper('open', ...names).ended).output.trim()).toBe(
      names.map(() => 'EBUSY').join(' '),
    );
    return async () => {
      holder.kill();
      await holder.ended;
      const areFree = async () => !(await this.helper('open', ...names).ended).output.includes('EBUSY');
      await waitFor('the end of the hold', areFree);
    };
  }

  private node([script = '', ...words]: readonly string[]): Call {
    return this.machine.call([inject('windowsNode'), windowsPath(script), ...words]);
  }
}

interface Cycle {
  exitCode: number | null;
  added: number;
  overwritten: number;
  deleted: number;
  untouched: number;
  bytes: number;
  skipped: { path: string; reason: string }[];
}

const nothing = { exitCode: 0, added: 0, overwritten: 0, deleted: 0, bytes: 0, skipped: [] };

function write(folder: string, files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    const place = path.join(folder, name);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, content);
  }
}

/** All that is in a folder, by path: the content (of a large file a hash) and whether it is read-only; or that it is a folder. */
function contentOf(folder: string, below = ''): Record<string, string> {
  const all: Record<string, string> = {};
  for (const name of readdirSync(path.join(folder, below))) {
    const way = path.join(below, name);
    const stats = lstatSync(path.join(folder, way));
    if (stats.isDirectory()) Object.assign(all, { [way]: 'folder' }, contentOf(folder, way));
    else {
      const content = readFileSync(path.join(folder, way));
      const isLarge = content.length > 1000;
      const told = isLarge ? createHash('sha1').update(content).digest('hex') : content.toString();
      all[way] = `${(stats.mode & 0o222) === 0 ? 'read-only ' : ''}${told}`;
    }
  }
  return all;
}

/** The same names in the same case, content and times. */
function expectEqual({ source, replica }: Folders): void {
  expect(contentOf(replica)).toEqual(contentOf(source));
  for (const way of ['', ...Object.keys(contentOf(source))]) {
    const [one, other] = [source, replica].map(
      (root) => statSync(path.join(root, way), { bigint: true }).mtimeNs,
    ) as [bigint, bigint];
    const distance = one > other ? one - other : other - one;
    expect(distance < timeUnitNs, `${way}: ${distance} ns`).toBe(true);
  }
}

test('adds, overwrites and deletes, with times, in names with umlauts and blanks; the second time there is nothing to do', async () => {
  const folders = new Folders();
  const { source, replica } = folders;
  write(source, {
    'Brief.txt': 'one',
    'Büro/Größe & Maß 100%!.txt': 'two',
    'Büro/日本/leer.txt': '',
    'was a file/inside.txt': 'three',
    'was a folder': 'four',
    '.hidden': 'five',
    // Longer than the 260 letters that Windows takes from programs that do not ask for more.
    [`${'long name/'.repeat(30)}file.txt`]: 'six',
    'large.bin': 'x'.repeat(3_000_000),
  });
  mkdirSync(path.join(source, 'an empty one'));
  for (let number = 0; number < 100; number += 1) write(source, { [`many/${number}.txt`]: String(number) });
  // Times that Node sets 1 µs and more off, where it has to set them: a folder's.
  for (const time of ['1606314777.777151', '1630671777.774737', '1602205160.4936086', '1605412666.6661302']) {
    mkdirSync(path.join(source, 'times', time), { recursive: true });
    await command('touch', `--date=@${time}`, path.join(source, 'times', time));
  }
  // Not all of these can Node read rightly.
  for (const [name, seconds] of Object.entries({ 1954: -5e8, 1969: -1.5, 2065: 3e9, 2286: 1e10 })) {
    write(source, { [`far/${name}.txt`]: name });
    utimesSync(path.join(source, `far/${name}.txt`), 1, String(seconds));
  }
  write(replica, {
    'Brief.txt': 'older',
    'gone.txt': 'x',
    'gone too/deep/file.txt': 'x',
    'was a file': 'x',
    'was a folder/inside.txt': 'x',
  });
  const before = contentOf(replica);
  const rehearsed = await folders.mirror(['--dry-run', '--json', '--allow-deletes']).ended;
  expect(rehearsed.exitCode).toBe(0);
  const steps = rehearsed.output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(steps).toContainEqual({ action: 'overwrite', kind: 'file', path: 'Brief.txt' });
  expect(steps).toContainEqual({ action: 'add', kind: 'file', path: 'Büro/Größe & Maß 100%!.txt' });
  expect(steps).toContainEqual({ action: 'delete', kind: 'folder', path: 'gone too' });
  expect(contentOf(replica)).toEqual(before);

  const first = await folders.cycle(['--allow-deletes']);
  expect(first).toMatchObject({ exitCode: 0, skipped: [] });
  expect(first.overwritten).toBeGreaterThanOrEqual(3);
  expectEqual(folders);
  const untouched = Object.keys(contentOf(source)).length + 1;
  expect(await folders.cycle()).toMatchObject({ ...nothing, untouched });

  // The same size and time: only their bytes tell.
  const brief = path.join(source, 'Brief.txt');
  const { atimeMs, mtimeMs } = statSync(path.join(replica, 'Brief.txt'));
  write(source, { 'Brief.txt': 'two' });
  utimesSync(brief, atimeMs / 1000, mtimeMs / 1000);
  expect(await folders.cycle(['--checksum'])).toMatchObject({ exitCode: 0, overwritten: 1 });
  expectEqual(folders);
});

test('read-only is kept, given and taken, and keeps nothing from being overwritten or deleted', async () => {
  const folders = new Folders();
  const { source } = folders;
  write(source, { small: 'x', large: 'x'.repeat(2_000_000), later: 'x', goes: 'x', 'folder/inside': 'x' });
  for (const name of ['small', 'large', 'goes', 'folder/inside']) chmodSync(path.join(source, name), 0o444);
  expect(await folders.cycle()).toMatchObject({ exitCode: 0, added: 6, skipped: [] });
  expectEqual(folders);
  expect(await folders.cycle()).toMatchObject(nothing);

  for (const name of ['small', 'large']) chmodSync(path.join(source, name), 0o644);
  write(source, { small: 'changed', large: 'x'.repeat(2_000_001) });
  chmodSync(path.join(source, 'small'), 0o444);
  chmodSync(path.join(source, 'later'), 0o444);
  for (const name of ['goes', 'folder']) rmSync(path.join(source, name), { recursive: true });
  const second = await folders.cycle(['--allow-deletes']);
  // The root's time counts as well.
  expect(second).toMatchObject({ exitCode: 0, added: 0, overwritten: 4, deleted: 3, skipped: [] });
  expectEqual(folders);
  expect(await folders.cycle()).toMatchObject(nothing);
});

test('a name of which only the case changed; wine takes both for one name, as Windows does', async () => {
  const folders = new Folders();
  const { source, replica } = folders;
  write(source, { 'Brief.txt': 'one', 'Büro/inside.txt': 'two', other: 'x' });
  expect((await folders.cycle()).exitCode).toBe(0);
  renameSync(path.join(source, 'Brief.txt'), path.join(source, 'BRIEF.TXT'));
  renameSync(path.join(source, 'Büro'), path.join(source, 'BÜRO'));
  const opened = await folders.helper('open', windowsPath(path.join(source, 'brief.txt'))).ended;
  expect(opened.output.trim()).toBe('ok');
  expect(await folders.cycle(['--allow-deletes'])).toMatchObject({ exitCode: 0, skipped: [] });
  expect(readdirSync(replica).toSorted()).toEqual(['BRIEF.TXT', 'BÜRO', 'other']);
  expectEqual(folders);
  expect(await folders.cycle()).toMatchObject(nothing);
});

test('by the library, with threads of its own: events, log, and a stage that nobody else can enter', async () => {
  const folders = new Folders();
  const { source, replica, machine } = folders;
  write(source, { 'Büro/Maß.txt': 'one', 'a.txt': 'two' });
  write(replica, { 'a.txt': 'older', 'c.txt': 'x' });
  const logs = machine.path('Protokoll ä');
  mkdirSync(logs);
  const places = [path.join(dist, 'index.js'), source, replica, logs, machine.path('state')];
  // So many that the one that goes is not too much.
  for (const folder of [source, replica]) write(folder, { 'Büro/1': 'x', 'Büro/2': 'x', 'Büro/3': 'x' });
  const { exitCode, output } = await folders.helper('library', ...places.map(windowsPath)).ended;
  expect(exitCode, output).toBe(0);
  const seen = JSON.parse(output);
  // Two each for two mirrors, none for the third.
  expect(seen.workers).toBe(4);
  expect(seen.entries).toEqual(
    expect.arrayContaining(['added Büro/Maß.txt', 'deleted c.txt', 'overwritten a.txt']),
  );
  expect(seen.held).toEqual(['EBUSY']);
  expect(seen.first).toMatchObject({ added: 1, deleted: 1, skipped: [] });
  for (const later of [seen.again, seen.alone]) {
    expect(later).toMatchObject({ added: 0, overwritten: 0, deleted: 0, skipped: [] });
  }
  expectEqual(folders);
  const [log = ''] = readdirSync(path.join(logs, 'LOGS'));
  expect(log).toMatch(/^LOG-\d{4}-\d\d-\d\d\.txt$/);
  expect(readFileSync(path.join(logs, 'LOGS', log), 'utf8')).toMatch(/Added: Büro\/Maß\.txt/);
});

test('--log keeps a log, but none in the replica, however that is written; state lies in LOCALAPPDATA', async () => {
  const folders = new Folders();
  const { source, replica, machine } = folders;
  write(source, { 'a.txt': 'one' });
  const log = machine.path('Protokoll ä');
  mkdirSync(log);
  expect(await folders.cycle(['--log', windowsPath(log)])).toMatchObject({ exitCode: 0, added: 1 });
  const [name = ''] = readdirSync(path.join(log, 'LOGS'));
  const text = readFileSync(path.join(log, 'LOGS', name), 'utf8');
  expect(text).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}.*Added: a\.txt$/m);
  // Windows lacks what the notice says to install.
  expect(text).not.toMatch(/getfattr/);
  const inside = windowsPath(path.join(replica, 'logs')).toUpperCase();
  const refused = await folders.mirror(['--log', inside]).ended;
  expect(refused).toMatchObject({ exitCode: 78, output: expect.stringMatching(/lies in the replica/) });
  expect(contentOf(replica)).toEqual(contentOf(source));
  expect(readdirSync(path.join(machine.localAppData, 'plugback'))).toEqual(['run']);
});

test('folders that lie in each other are refused, also in another case, by another drive’s letter, as a whole drive', async () => {
  const folders = new Folders();
  const { source, machine } = folders;
  write(source, { 'Inside/a.txt': 'one' });
  const inside = path.join(source, 'Inside');
  const drive = machine.drive('r', source);
  const pairs = [
    [windowsPath(source), windowsPath(inside)],
    [windowsPath(inside), windowsPath(source)],
    [windowsPath(source), windowsPath(source).toUpperCase()],
    [windowsPath(source).toLowerCase(), windowsPath(inside).toUpperCase()],
    [drive, windowsPath(inside)],
    [`${drive}inside`, windowsPath(source)],
    [windowsPath(inside), drive.toLowerCase()],
  ];
  for (const pair of pairs) {
    const refused = await folders.mirror([], pair).ended;
    expect(refused, pair.join(' ')).toMatchObject({
      exitCode: 76,
      output: expect.stringMatching(/that do not lie in each other/),
    });
  }
  expect(contentOf(source)).toEqual({ Inside: 'folder', 'Inside/a.txt': 'one' });
});

test('a source that is missing or empty, and many deletions, are refused', async () => {
  const folders = new Folders();
  const { source, replica } = folders;
  write(replica, { 'a.txt': 'one' });
  expect((await folders.mirror().ended).exitCode).toBe(76);
  const missing = [windowsPath(`${source} no`), windowsPath(replica)];
  expect((await folders.mirror([], missing).ended).exitCode).not.toBe(0);
  write(source, { 'b.txt': 'one' });
  expect((await folders.mirror().ended).exitCode).toBe(76);
  expect(contentOf(replica)).toEqual({ 'a.txt': 'one' });
});

test('between two whole drives, what Windows keeps at their roots is neither mirrored nor deleted', async () => {
  const folders = new Folders();
  const { source, replica, machine } = folders;
  const drives = [machine.drive('r', source), machine.drive('s', replica)];
  write(source, { 'a.txt': 'one', 'folder/$RECYCLE.BIN/x': 'x', '$Recycle.Bin/of the source': 'x' });
  write(replica, { '$RECYCLE.BIN/of the replica': 'x', 'System Volume Information/x': 'x' });
  expect((await folders.mirror([], drives).ended).exitCode).toBe(0);
  expect(contentOf(replica)).toMatchObject({
    '$RECYCLE.BIN/of the replica': 'x',
    'System Volume Information/x': 'x',
    'a.txt': 'one',
    'folder/$RECYCLE.BIN/x': 'x',
  });
  expect(readdirSync(replica)).not.toContain('$Recycle.Bin');
});

test('a file that another program keeps to itself is skipped, and comes when that lets go of it', async () => {
  const folders = new Folders();
  const { source, replica } = folders;
  write(source, {
    'new.pst': 'one',
    'Büro/changed.pst': 'one',
    'a.txt': 'one',
    'large.pst': 'x'.repeat(2_000_000),
  });
  write(replica, { 'Büro/changed.pst': 'older' });
  const held = ['new.pst', 'Büro/changed.pst', 'large.pst'];
  const letGo = await folders.hold(...held.map((name) => path.join(source, name)));
  const during = await folders.cycle();
  // In use is no failure: a later cycle copies it.
  expect(during).toMatchObject({ exitCode: 0, added: 1 });
  expect(during.skipped.toSorted((one, other) => (one.path < other.path ? -1 : 1))).toEqual(
    held.toSorted().map((name) => ({ path: name, reason: 'open-elsewhere' })),
  );
  expect(contentOf(replica)).toEqual({ Büro: 'folder', 'Büro/changed.pst': 'older', 'a.txt': 'one' });
  const said = await folders.mirror(['--language', 'de']).ended;
  expect(said).toMatchObject({
    exitCode: 0,
    output: expect.stringMatching(/new\.pst \(in einem anderen Programm geöffnet\)/),
  });
  await letGo();
  expect(await folders.cycle()).toMatchObject({ exitCode: 0, added: 2, overwritten: 1, skipped: [] });
  expectEqual(folders);
});

test('a file of the replica that is in use stays as it is, and the rest is mirrored', async () => {
  const folders = new Folders();
  const { source, replica, machine } = folders;
  write(source, {
    'changed.txt': 'new',
    'tool.exe': 'new',
    'now a folder/x': 'new',
    'a.txt': 'new',
    keep: 'x',
  });
  write(replica, {
    'changed.txt': 'older',
    'gone.txt': 'older',
    'gone/deep/file.txt': 'older',
    'gone/other.txt': 'older',
    'now a folder': 'older',
    keep: 'x',
  });
  const tool = path.join(replica, 'tool.exe');
  copyFileSync(inject('windowsNode'), tool);
  const held = ['changed.txt', 'gone.txt', 'gone/deep/file.txt', 'now a folder'];
  const ready = machine.path('running');
  const running = machine.call([tool, windowsPath(helper.file), 'run', windowsPath(ready)]);
  await waitFor('the program', () => existsSync(ready));
  const letGo = await folders.hold(...held.map((name) => path.join(replica, name)));
  const during = await folders.cycle(['--allow-deletes']);
  const inUse = [...held, 'now a folder/x', 'tool.exe'];
  expect(during.skipped.toSorted((one, other) => (one.path < other.path ? -1 : 1))).toEqual(
    inUse.toSorted().map((name) => ({ path: name, reason: 'open-elsewhere' })),
  );
  expect(during.exitCode).toBe(0);
  const { 'tool.exe': program, ...others } = contentOf(replica);
  expect(program?.length).toBe(40);
  expect(others).toEqual({
    'a.txt': 'new',
    'changed.txt': 'older',
    'gone.txt': 'older',
    gone: 'folder',
    'gone/deep': 'folder',
    'gone/deep/file.txt': 'older',
    keep: 'x',
    'now a folder': 'older',
  });
  await letGo();
  running.kill();
  await running.ended;
  expect(await folders.cycle(['--allow-deletes'])).toMatchObject({ exitCode: 0, skipped: [] });
  expectEqual(folders);
});

test('what rights forbid is told as that, and not as being in use', async (context) => {
  const folders = new Folders();
  const { source, replica } = folders;
  write(source, { 'a.txt': 'new', 'b.txt': 'new' });
  write(replica, { 'a.txt': 'older', 'b.txt': 'older' });
  const file = path.join(replica, 'a.txt');
  const change = (how: string) => spawnSync('chattr', [how, file]).status === 0;
  // To wine it looks like a file that nobody has the right to change.
  context.skip(!isInstalled('chattr') || !change('+i'), 'needs files that can be made immutable (chattr)');
  onTestFinished(() => void change('-i'));
  const refused = await folders.cycle();
  expect(refused).toMatchObject({ exitCode: 74, skipped: [{ path: 'a.txt', reason: 'EPERM' }] });
  expect(readFileSync(path.join(replica, 'b.txt'), 'utf8')).toBe('new');
  change('-i');
  expect(await folders.cycle()).toMatchObject({ exitCode: 0, overwritten: 1, skipped: [] });
  expectEqual(folders);
});

test('a second mirror at the same time ends with 73, or waits', async () => {
  const folders = new Folders();
  const { source, replica, machine } = folders;
  write(source, { 'a.txt': 'one' });
  const ready = machine.path('locked');
  const first = folders.helper('lock', windowsPath(ready), windowsPath(replica));
  await waitFor('the lock', () => existsSync(ready));
  const second = folders.mirror();
  const third = folders.mirror(['--wait']);
  expect(await second.ended).toMatchObject({
    exitCode: 73,
    output: expect.stringMatching(/Another mirror is writing/),
  });
  await waitFor('the wait', () => /wait/i.test(third.output()));
  expect(contentOf(replica)).toEqual({});
  rmSync(ready);
  expect((await first.ended).exitCode).toBe(0);
  expect((await third.ended).exitCode).toBe(0);
  expectEqual(folders);
});

test('another user’s mirror is seen by the stage that it keeps to itself', async () => {
  const folders = new Folders();
  const { source, replica } = folders;
  write(source, { 'a.txt': 'one' });
  write(replica, { [`${stage}/mirror.held`]: '', [`${stage}/1/a.txt`]: 'half' });
  const letGo = await folders.hold(path.join(replica, stage, 'mirror.held'));
  const refused = await folders.mirror().ended;
  expect(refused).toMatchObject({ exitCode: 73, output: expect.stringMatching(/Another mirror is writing/) });
  expect(readFileSync(path.join(replica, stage, '1/a.txt'), 'utf8')).toBe('half');
  await letGo();
  expect(await folders.cycle()).toMatchObject({ exitCode: 0, added: 1, skipped: [] });
  expectEqual(folders);
});

for (const [how, way, moment] of [
  ['Ctrl-C', 'interrupt', 'a file on its way'],
  ['killed', 'kill', 'a file on its way'],
  ['killed', 'kill', 'something new under a real name'],
] as const) {
  test(`${how} at ${moment}: no torn file under a real name; the next cycle clears up`, async () => {
    const folders = new Folders();
    const { source, replica } = folders;
    // So large that what is copied at the same time is not all of it.
    const size = 24_000_000;
    for (let number = 0; number < 12; number += 1) {
      write(source, { [`${number}.bin`]: String.fromCharCode(97 + number).repeat(size) });
      if (number % 2 === 0) write(replica, { [`${number}.bin`]: 'old' });
    }
    const call = folders.mirror();
    const first = path.join(replica, stage, '1');
    const isOnItsWay = () => existsSync(first) && readdirSync(first).length > 0;
    const isNew = (name: string) => statSync(path.join(replica, name)).size !== 'old'.length;
    const hasNew = () => readdirSync(replica).some((name) => name !== stage && isNew(name));
    await waitFor(moment, moment === 'a file on its way' ? isOnItsWay : hasNew, 30, 1);
    call[way]();
    const { exitCode, output } = await call.ended;
    if (way === 'interrupt') expect({ exitCode, output }).toMatchObject({ exitCode: 130 });
    const wanted = contentOf(source);
    let whole = 0;
    for (const [name, content] of Object.entries(contentOf(replica))) {
      if (name.startsWith(stage)) continue;
      if (content === wanted[name]) whole += 1;
      else expect(content, name).toBe('old');
    }
    expect(whole).toBeLessThan(12);
    if (way === 'interrupt') expect(whole).toBeGreaterThan(0);
    expect(existsSync(path.join(replica, stage))).toBe(way === 'kill');
    expect(await folders.cycle()).toMatchObject({ exitCode: 0, skipped: [] });
    expectEqual(folders);
  });
}
