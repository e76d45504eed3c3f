/**
 * `npm run bench [-- SCENARIO …]`: the whole job beside the bare `mount; rsync; sync; umount`, in turn on the same
 * trees in one run, cold cache. Prints medians and ratios: machines differ and are noisy, ratios less so.
 *
 * Needs root, a loop device, and about 6 GB in the folder for temporary files (TMPDIR).
 */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomFillSync, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchMirror } from './mirror.mjs';
import { measureNightshift } from './nightshift.mjs';
import { measureTimemachine } from './timemachine.mjs';

const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const cli = path.join(project, 'dist/cli.js');
const smallFiles = 100_000;
const million = 1_000_000;
/** As many files as the small tree has do not fit into a small filesystem as it is made by default. */
const inodes = ['-N', '150000'];

const scenarios = {
  start: { title: 'process start to the first step logged, beside node -e 0', perform: benchStart },
  first: { title: `first copy of ${smallFiles} files of 4 kB`, limit: 1.1, perform: benchFirst },
  unchanged: { title: 'nothing changed', limit: 1.15, perform: benchUnchanged },
  changed: { title: '1 % changed', limit: 1.75, perform: benchChanged },
  large: { title: 'six files of 300 MB', limit: 1.05, perform: benchLarge },
  watchers: { title: '200 browsers on the event stream during a copy', limit: 1.02, perform: benchWatchers },
  mirror: { title: 'the folder mirror', perform: benchFolderMirror },
  memory: { title: 'a million changed files: peak memory', perform: benchMemory },
  timemachine: { title: 'the timemachine with 10,000 files', perform: benchTimemachine },
  nightshift: { title: 'the night watch', perform: benchNightshift },
};

if (process.geteuid?.() !== 0) {
  console.error('The bench attaches disk images and drops caches; it needs root: sudo npm run bench');
  process.exit(77);
}
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(scenarios, name));
if (unknown.length > 0) {
  console.error(
    `There is no scenario ${unknown.join(', ')}. There are: ${Object.keys(scenarios).join(', ')}`,
  );
  process.exit(64);
}

const folder = mkdtempSync(path.join(tmpdir(), 'plugback-bench-'));
const attached = [];
process.on('exit', cleanUp);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

let smallTree = null;
for (const [name, { title, limit, perform }] of Object.entries(scenarios)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n${title}`);
  await perform(limit);
}

/** A million empty files, made once. */
function millionSource() {
  const source = path.join(folder, 'million');
  if (existsSync(source)) return source;
  for (let number = 0; number < million; number += 1) {
    const directory = path.join(source, String(Math.floor(number / 1000)));
    if (number % 1000 === 0) mkdirSync(directory, { recursive: true });
    closeSync(openSync(path.join(directory, `f${number}`), 'w'));
  }
  return source;
}

/** The office of small files, made once. */
function smallSource() {
  if (smallTree !== null) return smallTree;
  smallTree = path.join(folder, 'small');
  const content = randomFillSync(Buffer.alloc(4096));
  for (let number = 0; number < smallFiles; number += 1) {
    const directory = path.join(smallTree, String(Math.floor(number / 1000)));
    if (number % 1000 === 0) mkdirSync(directory, { recursive: true });
    content.writeUInt32LE(number);
    writeFileSync(path.join(directory, `file-${number}`), content);
  }
  return smallTree;
}

async function benchFirst(limit) {
  const source = smallSource();
  await compare({ limit, rounds: 5, source, sizeMb: 1200, prepare: (disk) => format(disk) });
}

async function benchUnchanged(limit) {
  const source = smallSource();
  await compare({ limit, rounds: 9, source, sizeMb: 1200, filled: true, prepare: () => undefined });
}

async function benchChanged(limit) {
  const source = smallSource();
  let day = 1_700_000_000;
  await compare({
    limit,
    rounds: 7,
    source,
    sizeMb: 1200,
    filled: true,
    prepare: () => {
      day += 86_400;
      const content = randomFillSync(Buffer.alloc(4096));
      for (let number = 0; number < smallFiles; number += 100) {
        const file = path.join(source, String(Math.floor(number / 1000)), `file-${number}`);
        writeFileSync(file, content);
        utimesSync(file, day, day);
      }
    },
  });
}

async function benchLarge(limit) {
  const source = path.join(folder, 'large');
  makeLargeFiles(source);
  await compare({ limit, rounds: 11, source, sizeMb: 2200, prepare: (disk) => format(disk) });
  rmSync(source, { recursive: true });
}

/** Six backups of 300 MB. */
function makeLargeFiles(source) {
  mkdirSync(source);
  const piece = Buffer.alloc(10_000_000);
  for (let number = 1; number <= 6; number += 1) {
    const descriptor = openSync(path.join(source, `backup-${number}.vbk`), 'w');
    for (let written = 0; written < 30; written += 1) writeSync(descriptor, randomFillSync(piece));
    closeSync(descriptor);
  }
}

/** One disk for each of the two; they take turns, and begin in turn. */
async function compare({ limit, rounds, source, sizeMb, filled = false, prepare }) {
  const ours = makeDisk('ours', sizeMb, inodes);
  const bare = makeDisk('bare', sizeMb, inodes);
  const config = writeConfig(ours, source);
  const job = () => timed('node', [cli, 'run', '--config', config]);
  const script = () => timed('sh', ['-ec', bareScript(bare, source)]);
  if (filled) {
    await job();
    await script();
  }
  const times = { ours: [], bare: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const disk of [ours, bare]) prepareDisk(prepare, disk, round, disk === ours);
    const turns = round % 2 === 0 ? ['ours', 'bare'] : ['bare', 'ours'];
    for (const who of turns) {
      dropCaches();
      times[who].push((await (who === 'ours' ? job() : script())).ms);
    }
  }
  for (const disk of [ours, bare]) detach(disk);
  printRatio(times.ours, times.bare, limit);
}

/** A change of the source is made once a round, for both; a fresh filesystem for each. */
function prepareDisk(prepare, disk, _round, isFirst) {
  if (prepare.length > 0 || isFirst) prepare(disk);
}

function bareScript(disk, source) {
  return `mount ${disk.device} ${disk.mountPoint}; rsync -aHAX --delete ${source}/ ${disk.mountPoint}/; sync; umount ${disk.mountPoint}`;
}

async function benchStart() {
  const disk = makeDisk('start', 50);
  const source = path.join(folder, 'start');
  mkdirSync(source);
  writeFileSync(path.join(source, 'file'), 'content');
  const config = writeConfig(disk, source);
  const times = { ours: [], node: [] };
  for (let round = 0; round < 15; round += 1) {
    times.node.push((await timed('node', ['-e', '0'])).ms);
    times.ours.push((await timed('node', [cli, 'run', '--config', config], /INFO {3}Looking/)).firstMs);
  }
  detach(disk);
  const [ours, node] = [median(times.ours), median(times.node)];
  console.log(
    `  plugback ${format1(ours)} ms   node -e 0 ${format1(node)} ms   difference ${format1(ours - node)} ms (limit 100 ms)`,
  );
}

/** One disk, the same copy again and again, in turn with watchers and without; the page is served all the time. */
async function benchWatchers(limit) {
  const source = path.join(folder, 'watched');
  makeLargeFiles(source);
  const disk = makeDisk('watched', 2200);
  const config = writeConfig(disk, source);
  const server = await startServer(config);
  const times = { watched: [], alone: [] };
  let peakKb = 0;
  let missed = 0;
  let states = 0;
  for (let round = 0; round < 9; round += 1) {
    const turns = round % 2 === 0 ? ['watched', 'alone'] : ['alone', 'watched'];
    for (const who of turns) {
      format(disk);
      dropCaches();
      const watchers = who === 'watched' ? await startWatchers(server.address, 200) : null;
      times[who].push((await timed('node', [cli, 'run', '--config', config])).ms);
      if (watchers === null) continue;
      const counts = await watchers.end();
      if (new Set(counts).size > 1) missed += 1;
      states += counts[0];
      peakKb = Math.max(peakKb, peakOf(server.pid));
    }
  }
  server.end();
  detach(disk);
  rmSync(source, { recursive: true });
  printRatio(times.watched, times.alone, limit, ['watched', 'alone']);
  const isOver = peakKb > 150_000;
  console.log(
    `  the page's process: peak ${format1(peakKb / 1000)} MB (limit 150 MB)${isOver ? '  OVER' : ''}; ${states} states told; copies of which not every browser got each: ${missed}${missed > 0 ? '  OVER' : ''}`,
  );
}

/** `plugback serve` on a free port. */
async function startServer(config) {
  const child = spawn('node', [cli, 'serve', '--config', config, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.on('exit', () => child.kill('SIGKILL'));
  const { address } = JSON.parse(await firstLine(child));
  return { address, pid: child.pid, end: () => child.kill() };
}

/** A process of its own that opens so many event streams, and at its end prints how many states each was told. */
async function startWatchers(address, count) {
  // They would be other machines, so they get the processor when nobody else wants it.
  const argv = ['-n', '19', 'node', path.join(project, 'bench/watchers.mjs'), address, String(count)];
  const child = spawn('nice', argv, {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await firstLine(child);
  return {
    end: async () => {
      const line = firstLine(child);
      child.stdin.end();
      return JSON.parse(await line);
    },
  };
}

function firstLine(child) {
  return new Promise((resolve, reject) => {
    let text = '';
    const listen = (piece) => {
      text += piece;
      if (!text.includes('\n')) return;
      child.stdout.off('data', listen);
      resolve(text.split('\n')[0]);
    };
    child.stdout.on('data', listen);
    child.once('close', () =>
      reject(new Error(`the process ended without a word: ${child.spawnargs.join(' ')}`)),
    );
  });
}

async function benchFolderMirror() {
  const measuring = { dropCaches, timed, median, format1 };
  await benchMirror({
    cli,
    folder,
    smallSource,
    makeLargeFiles,
    millionSource,
    makeDisk,
    format,
    detach,
    ...measuring,
  });
}

async function benchMemory() {
  const source = millionSource();
  const disk = makeDisk('memory', 1500, ['-N', '1100000']);
  const config = writeConfig(disk, source);
  const result = await timed('node', [cli, 'run', '--config', config]);
  detach(disk);
  console.log(
    `  ${million} files in ${format1(result.ms / 1000)} s, peak ${format1(result.peakKb / 1000)} MB (limit 100 MB)`,
  );
}

async function benchTimemachine() {
  const home = path.join(folder, 'timemachine');
  mkdirSync(home);
  const { firstMs, runsMs, watchMb, idlePercent, seenMs } = await measureTimemachine(cli, home, timed);
  rmSync(home, { recursive: true });
  console.log(`  first copies ${format1(firstMs / 1000)} s`);
  console.log(`  ${figure('nothing changed', median(runsMs), 'ms', 500)}`);
  console.log(`  ${figure('watch: peak', watchMb, 'MB', 120)}`);
  console.log(`  ${figure('idle', idlePercent, '% of a processor', 1)}`);
  console.log(`  ${figure('from a change to its copy', seenMs, 'ms', 2000)}`);
}

async function benchNightshift() {
  const home = path.join(folder, 'nightshift');
  mkdirSync(home);
  const { looksMs, watchMb, idlePercent } = await measureNightshift(cli, home);
  rmSync(home, { recursive: true });
  console.log(`  ${figure('250 addresses, the slowest look', Math.max(...looksMs), 'ms', 3000)}`);
  console.log(`  median ${format1(median(looksMs))} ms`);
  console.log(`  ${figure('watch: peak', watchMb, 'MB', 80)}`);
  console.log(`  ${figure('idle, with the pings', idlePercent, '% of a processor', 0.1)}`);
}

function figure(what, number, unit, limit) {
  const digits = limit < 1 ? number.toFixed(3) : format1(number);
  return `${what} ${digits} ${unit} (limit ${limit} ${unit})${number > limit ? '  OVER' : ''}`;
}

function writeConfig(disk, source) {
  const state = path.join(folder, `state-${disk.name}`);
  const file = path.join(folder, `${disk.name}.ini`);
  const lines = [
    '[BACKUP]',
    `filesystem-ids-and-notification-mail-addresses = ${disk.uuid}`,
    `backup-source = ${source}/`,
    `backup-destination = ${disk.mountPoint}`,
    `log-file-path = ${state}/plugback.log`,
    `rsync-log-file-path = ${state}/rsync.log`,
    'free-space-threshold-gb = 0',
    '[WEBSERVER]',
    'webport = 0',
    '[GENERAL]',
    `state-directory = ${state}`,
    `runtime-directory = ${state}/run`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

function makeDisk(name, sizeMb, mkfsOptions = []) {
  const disk = {
    name,
    image: path.join(folder, `${name}.img`),
    mountPoint: path.join(folder, `mnt-${name}`),
    uuid: randomUUID(),
    mkfsOptions,
  };
  mkdirSync(disk.mountPoint);
  execFileSync('truncate', ['--size', `${sizeMb}M`, disk.image]);
  format(disk);
  disk.device = execFileSync('losetup', ['--find', '--show', disk.image], { encoding: 'utf8' }).trim();
  attached.push(disk);
  return disk;
}

function format(disk) {
  execFileSync('mkfs.ext4', ['-q', '-F', '-U', disk.uuid, ...disk.mkfsOptions, disk.device ?? disk.image]);
}

function detach(disk) {
  // Lazily: after Ctrl-C, the program that was measured may still be writing its last lines.
  spawnSync('umount', ['--lazy', disk.mountPoint], { stdio: 'ignore' });
  spawnSync('losetup', ['--detach', disk.device]);
  attached.splice(attached.indexOf(disk), 1);
  rmSync(disk.image);
  rmSync(disk.mountPoint, { recursive: true });
}

function cleanUp() {
  for (const disk of [...attached]) detach(disk);
  rmSync(folder, { recursive: true, force: true });
}

/** The trees are cold, the programs are not: both sides start from a machine that has run for a while. */
function dropCaches() {
  execFileSync('sync');
  writeFileSync('/proc/sys/vm/drop_caches', '3');
  for (const program of [
    'node',
    'sh',
    'rsync',
    'mount',
    'umount',
    'sync',
    'e2fsck',
    'lsblk',
    'blkid',
    'dmesg',
    'touch',
    'setpriv',
    'tar',
    'xargs',
    'getfattr',
    'setfattr',
    'cp',
    'rclone',
  ]) {
    spawnSync(program, ['--version'], { stdio: 'ignore' });
  }
  spawnSync('node', [cli, '--version'], { stdio: 'ignore' });
  spawnSync('node', [cli, 'run', '--uuid', 'abcd', '--config', path.join(folder, 'ours.ini')], {
    stdio: 'ignore',
  });
}

/** Runs a program; its wall time, peak memory, and when the first line matching `first` came. */
function timed(program, argv, first = null, env = process.env) {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'pipe'], env });
    let firstMs = null;
    let peakKb = 0;
    let errors = '';
    child.stdout.on('data', (text) => {
      if (first?.test(text)) firstMs ??= performance.now() - startedAt;
    });
    child.stderr.on('data', (text) => {
      errors += text;
    });
    const sampler = setInterval(() => {
      peakKb = Math.max(peakKb, peakOf(child.pid));
    }, 200);
    child.on('close', (code) => {
      clearInterval(sampler);
      if (code !== 0) reject(new Error(`${program} ${argv.join(' ')}: exit code ${code}\n${errors}`));
      else resolve({ ms: performance.now() - startedAt, firstMs, peakKb });
    });
  });
}

/** The kernel's own record of the most memory a process ever had, in kB. */
function peakOf(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function printRatio(ours, bare, limit, names = ['plugback', 'bare']) {
  const ratio = median(ours) / median(bare);
  const spread = (times) => `${format1(Math.min(...times) / 1000)}–${format1(Math.max(...times) / 1000)}`;
  console.log(
    `  ${names[0]} ${format1(median(ours) / 1000)} s (${spread(ours)})   ${names[1]} ${format1(median(bare) / 1000)} s (${spread(bare)})   ratio ${ratio.toFixed(2)} (limit ${limit})${ratio > limit ? '  OVER' : ''}`,
  );
}

function median(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function format1(number) {
  return number.toFixed(number < 10 ? 2 : 1);
}
