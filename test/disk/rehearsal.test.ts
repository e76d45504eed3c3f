/** `run --dry-run`: everything up to the plan, and not a bit is changed. */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { command } from './command.ts';
import { expectEnd, expectNothingLeft, expectText, markerName, success } from './expectations.ts';
import { type Disk, diskTests, type FsType, isMounted, type Lab } from './lab.ts';
import { differences, readTree, writeNoise, writeSmallFiles } from './trees.ts';

const test = diskTests();

const checksum = (disk: Disk): string => createHash('sha1').update(readFileSync(disk.image)).digest('hex');

/** Everything that a run could change. */
async function everything(lab: Lab, disk: Disk) {
  return {
    image: checksum(disk),
    source: await readTree(lab.source),
    state: existsSync(lab.path('state')) ? readdirSync(lab.path('state'), { recursive: true }).sort() : [],
    history: lab.read('state/history.jsonl'),
    log: lab.read('log/plugback.log'),
    status: lab.read('run/status.json'),
  };
}

test.each<FsType>(['ext4', 'xfs', 'btrfs'])(
  'prints the plan and changes nothing (%s)',
  async (lab, fsType) => {
    writeSmallFiles(lab.source, 60);
    const disk = await lab.disk({ fsType });
    lab.configure([disk]);
    await expectEnd(lab, await lab.run(), success(disk));
    writeNoise(lab.path('source/new.vib'), 2_000_000);
    rmSync(lab.path('source/folder-1/file-1.txt'));

    const before = await everything(lab, disk);
    const end = await lab.run(['--dry-run']);
    expect(end).toMatchObject({ exitCode: 0, stderr: '', mails: [], history: [], log: '' });
    expectText(end.stdout, /1 file to copy \(2 MB\), 1 to delete; .+ are free\./);
    expectText(
      end.stdout,
      'Rehearsal: this is what a run would do. Nothing was copied, nothing was deleted.',
    );
    expectText(end.stdout, 'Rehearsal complete: nothing was changed.');
    const after = await everything(lab, disk);
    expect(differences(before.source, after.source)).toEqual([]);
    expect({ ...after, source: null }).toEqual({ ...before, source: null });
    expect(isMounted(disk.device)).toBe(false);
    expectNothingLeft(lab);
  },
);

test('refuses what a run would refuse, with the same exit code', async (lab) => {
  writeSmallFiles(lab.source, 60);
  const disk = await lab.disk();
  lab.configure([disk]);
  await expectEnd(lab, await lab.run(), success(disk));
  for (const name of ['folder-1', 'folder-2', 'folder-3'])
    rmSync(lab.path('source', name), { recursive: true });
  const before = checksum(disk);
  const end = await lab.run(['--dry-run']);
  expect(end).toMatchObject({ exitCode: 76, mails: [], history: [] });
  expectText(end.stderr, 'If it is meant: plugback run --allow-deletes');
  expect((await lab.run(['--dry-run', '--allow-deletes'])).exitCode).toBe(0);
  expect(checksum(disk)).toBe(before);
  expectNothingLeft(lab);
});

test('a disk that was pulled out while it was written to is looked at without repairing it', async (lab) => {
  writeSmallFiles(lab.source, 20);
  const disk = await lab.disk();
  lab.configure([disk]);
  await lab.mount(lab.mountPoint, disk.device);
  writeFileSync(path.join(lab.mountPoint, markerName), '{}\n');
  await command('sync', '--file-system', lab.mountPoint);
  writeNoise(path.join(lab.mountPoint, 'half'), 1_000_000);
  await lab.pull(disk);
  const before = checksum(disk);
  const end = await lab.run(['--dry-run', '--allow-deletes']);
  expect(end.exitCode, end.stdout + end.stderr).toBe(0);
  expect(checksum(disk)).toBe(before);
  expectNothingLeft(lab);
  // What was left there is for the next real run to find.
  const warnings = ['The last run on this disk did not end properly'];
  const subject = /^Backup done with warnings/;
  await expectEnd(
    lab,
    await lab.run(['--allow-deletes']),
    success(disk, { outcome: 'warned', subject, warnings }),
  );
});
