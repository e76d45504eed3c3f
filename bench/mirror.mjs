/**
 * `npm run bench -- mirror`: the folder mirror beside `rsync -a --delete`, `cp -a`, and `rclone sync` and FreeFileSync
 * where they could be installed, in turn on the same trees in one run, with a cold and with a warm cache. What counts is
 * the ratio to rsync.
 */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const limit = 1;
const mostKb = 150_000;

/**
 * @param {object} given what bench.mjs has: the folder, trees, disks, and how it measures
 */
export async function benchMirror(given) {
  const bench = { ...given, screen: await startScreen() };
  const source = bench.smallSource();
  await compare(bench, {
    title: `first copy of the small files`,
    source,
    sizeMb: 1200,
    rounds: 3,
    isFirst: true,
  });
  await compare(bench, { title: 'nothing changed', source, sizeMb: 1200, rounds: 5 });
  await compare(bench, {
    title: '1 % changed',
    source,
    sizeMb: 1200,
    rounds: 5,
    change: () => changeSome(source),
  });
  const large = path.join(bench.folder, 'mirror-large');
  bench.makeLargeFiles(large);
  await compare(bench, {
    title: 'six files of 300 MB',
    source: large,
    sizeMb: 2200,
    rounds: 3,
    isFirst: true,
  });
  rmSync(large, { recursive: true });
  await measureMemory(bench);
}

/** A million files that are all new, and then a million that are all the same. */
async function measureMemory(bench) {
  const source = bench.millionSource();
  const disk = bench.makeDisk('mirror-memory', 1500, ['-N', '1100000']);
  prepare(bench, disk);
  const [competitor] = competitorsOf(bench, false);
  for (const what of ['all new', 'all the same']) {
    const [program, ...words] = competitor.argv(source, path.join(disk.mountPoint, 'replica'));
    const { ms, peakKb } = await bench.timed(program, words, null, competitor.environment);
    const isOver = peakKb > mostKb;
    console.log(
      `  a million files, ${what}: ${bench.format1(ms / 1000)} s, peak ${bench.format1(peakKb / 1000)} MB (limit ${mostKb / 1000} MB)${isOver ? '  OVER' : ''}`,
    );
  }
  bench.detach(disk);
}

/**
 * A screen for FreeFileSync, which has windows even when nobody looks at them.
 *
 * @returns {Promise<string | null>} its name, as `DISPLAY` wants it; null where there is none
 */
async function startScreen() {
  if (!isInstalled('FreeFileSync') || !isInstalled('Xvfb')) return null;
  const screen = spawn('Xvfb', ['-displayfd', '1'], { stdio: ['ignore', 'pipe', 'ignore'] });
  process.on('exit', () => screen.kill());
  // It is told once it can be used.
  const number = await new Promise((resolve) => {
    screen.stdout.once('data', (text) => resolve(String(text).trim()));
    screen.once('exit', () => resolve(null));
  });
  screen.unref();
  screen.stdout.unref();
  return number === null ? null : `:${number}`;
}

/** What FreeFileSync is to do, as a batch file of its own: mirror, by time and size, with nothing left of its windows. */
function batchFile(folder, from, to) {
  const file = path.join(folder, `${path.basename(path.dirname(to))}.ffs_batch`);
  writeFileSync(
    file,
    `<?xml version="1.0" encoding="utf-8"?>
<FreeFileSync XmlType="BATCH" XmlFormat="17">
  <Compare><Variant>TimeAndSize</Variant><Symlinks>Direct</Symlinks><IgnoreTimeShift/></Compare>
  <Synchronize>
    <Variant>Mirror</Variant><DetectMovedFiles>false</DetectMovedFiles>
    <DeletionPolicy>Permanent</DeletionPolicy><VersioningFolder Style="Replace"/>
  </Synchronize>
  <Filter>
    <Include><Item>*</Item></Include><Exclude/>
    <SizeMin Unit="None">0</SizeMin><SizeMax Unit="None">0</SizeMax><TimeSpan Type="None">0</TimeSpan>
  </Filter>
  <FolderPairs><Pair><Left Threads="1">${from}</Left><Right Threads="1">${to}</Right></Pair></FolderPairs>
  <Errors Ignore="false" Retry="0" Delay="5"/>
  <PostSyncCommand Condition="Completion"/><LogFolder/><EmailNotification Condition="Always"/>
  <Batch>
    <ProgressDialog Minimized="true" AutoClose="true"/><ErrorDialog>Cancel</ErrorDialog>
    <PostSyncAction>None</PostSyncAction>
  </Batch>
</FreeFileSync>
`,
  );
  return file;
}

/** The programs, each with its arguments; those that only copy have no part in what comes after a first copy. */
function competitorsOf({ cli, folder, screen }, isFirst) {
  const environment = { ...process.env, STATE_DIRECTORY: path.join(folder, 'mirror-state') };
  const all = [
    {
      name: 'plugback',
      environment,
      argv: (from, to) => ['node', cli, 'mirror', from, to, '--allow-deletes'],
    },
    { name: 'rsync', argv: (from, to) => ['rsync', '-a', '--delete', `${from}/`, `${to}/`] },
    { name: 'cp', isFirstOnly: true, argv: (from, to) => ['cp', '-a', `${from}/.`, to] },
    { name: 'rclone', argv: (from, to) => ['rclone', 'sync', '--links', '--metadata', from, to] },
    {
      name: 'FreeFileSync',
      isMissing: screen === null,
      environment: { ...process.env, DISPLAY: screen, HOME: folder },
      argv: (from, to) => ['FreeFileSync', batchFile(folder, from, to)],
    },
  ];
  return all.filter(
    ({ name, isFirstOnly, isMissing = false }) =>
      (isFirst || !isFirstOnly) && !isMissing && (name === 'plugback' || isInstalled(name)),
  );
}

function isInstalled(name) {
  return spawnSync('which', [name], { stdio: 'ignore' }).status === 0;
}

/** A disk for each; they take turns, and another one begins each round. */
async function compare(bench, { title, source, sizeMb, rounds, isFirst = false, change = () => undefined }) {
  const competitors = competitorsOf(bench, isFirst).map((competitor) => ({
    ...competitor,
    disk: bench.makeDisk(`mirror-${competitor.name}`, sizeMb, ['-N', '150000']),
    times: { cold: [], warm: [] },
  }));
  const run = ({ argv, environment, disk }) => {
    const [program, ...words] = argv(source, path.join(disk.mountPoint, 'replica'));
    return bench.timed(program, words, null, environment);
  };
  for (const { disk } of competitors) prepare(bench, disk);
  if (!isFirst) for (const competitor of competitors) await run(competitor);
  for (let round = 0; round < rounds; round += 1) {
    for (const cache of ['cold', 'warm']) {
      change();
      for (let turn = 0; turn < competitors.length; turn += 1) {
        const competitor = competitors[(turn + round) % competitors.length];
        if (isFirst) prepare(bench, competitor.disk);
        if (cache === 'cold') bench.dropCaches();
        else readAll(source);
        competitor.times[cache].push((await run(competitor)).ms);
      }
    }
  }
  for (const { disk } of competitors) bench.detach(disk);
  for (const cache of ['cold', 'warm']) print(bench, `${title}, ${cache} cache`, competitors, cache);
}

/** An empty filesystem with an empty replica, mounted. */
function prepare({ format }, disk) {
  spawnSync('umount', [disk.mountPoint], { stdio: 'ignore' });
  format(disk);
  execFileSync('mount', [disk.device, disk.mountPoint]);
  mkdirSync(path.join(disk.mountPoint, 'replica'));
}

/** So that everybody finds the source in the kernel's memory. */
function readAll(source) {
  execFileSync('tar', ['--create', '--file=/dev/zero', '--directory', source, '.'], { stdio: 'ignore' });
}

function changeSome(source) {
  const content = randomFillSync(Buffer.alloc(4096));
  for (let number = 0; number < 100_000; number += 100) {
    writeFileSync(path.join(source, String(Math.floor(number / 1000)), `file-${number}`), content);
  }
}

function print({ median, format1 }, title, competitors, cache) {
  const seconds = (times) => format1(median(times[cache]) / 1000);
  const medianOf = (name) => median(competitors.find((competitor) => competitor.name === name).times[cache]);
  const ratio = medianOf('plugback') / medianOf('rsync');
  const list = competitors.map(({ name, times }) => `${name} ${seconds(times)} s`).join('   ');
  console.log(
    `  ${title}: ${list}   ratio to rsync ${ratio.toFixed(2)} (limit ${limit})${ratio > limit ? '  OVER' : ''}`,
  );
}
