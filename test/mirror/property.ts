/** The mirror's promise, on random trees: after a cycle, rsync finds nothing to do. */

import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { mirror } from '../../src/mirror/mirror.ts';
import { changeTree, createRandom } from './random-tree.ts';

/** Times to the nanosecond, every byte compared. */
const rsyncArgv = [
  ...['-aHAXnc', '--modify-window=-1', '--delete', '--itemize-changes', '--8-bit-output'],
  // At the root of a disk it belongs to the filesystem.
  '--filter=protect lost+found',
];

/** What rsync would do to make the replica equal to the source. */
export function differences(source: string, replica: string): string {
  return execFileSync('rsync', [...rsyncArgv, `${source}/`, `${replica}/`], { encoding: 'latin1' });
}

/** Two writes within one tick of the kernel's clock bear the same time: until one of now bears a later one. */
function passATick(probe: string): void {
  const timeOfWriting = () => {
    writeFileSync(probe, '');
    return lstatSync(probe, { bigint: true }).mtimeNs;
  };
  const before = timeOfWriting();
  while (timeOfWriting() === before);
}

/**
 * So many cycles with one pair of folders; each is a case. Between them the source changes, and now and then somebody
 * meddles with the replica.
 */
export async function performCycles(folder: string, seed: number, cycles: number): Promise<void> {
  const random = createRandom(seed);
  const [source, replica] = [`${folder}/source`, `${folder}/replica`];
  for (const root of [source, replica]) mkdirSync(root);
  changeTree(source, random, 30);
  for (let cycle = 1; cycle <= cycles; cycle += 1) {
    const result = await mirror(source, replica, {
      allowDeletes: true,
      threads: 0,
      stateDirectory: `${folder}/state`,
      runtimeDirectory: `${folder}/run`,
    });
    const case_ = `seed ${seed}, cycle ${cycle}`;
    expect(result.skipped, case_).toEqual([]);
    expect(differences(source, replica), case_).toBe('');
    changeTree(source, random, 1 + random(12));
    if (random(3) !== 0) continue;
    passATick(`${folder}/tick`);
    changeTree(replica, random, 1 + random(4));
  }
  for (const root of [source, replica]) rmSync(root, { recursive: true });
}
