/** kill -9 at any moment: under a real name there is only what is whole, and the next cycle puts all in order. */

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { mirror } from '../../src/mirror/mirror.ts';
import { useFolder } from '../folder.ts';
import { differences } from '../mirror/property.ts';
import { createRandom, type Random } from '../mirror/random-tree.ts';

const folder = useFolder();
const library = new URL('../../dist/index.js', import.meta.url);
/** Side by side, because each round waits for the dead process's lock to grow stale. */
const lanes = 10;
const killsPerLane = 20;
const files = 400;

test('killed 200 times', async () => {
  expect(existsSync(fileURLToPath(library))).toBe(true);
  const seed = Date.now() % 1_000_000;
  await Promise.all(
    Array.from({ length: lanes }, (_, lane) =>
      performLane(folder(String(lane)), createRandom(seed + lane), seed + lane),
    ),
  );
}, 600_000);

async function performLane(root: string, random: Random, seed: number): Promise<void> {
  const [source, replica] = [path.join(root, 'source'), path.join(root, 'replica')];
  for (const place of [source, replica]) mkdirSync(place, { recursive: true });
  // One that came to its end before the signal is no round.
  for (let round = 1, kills = 0; kills < killsPerLane; round += 1) {
    const name = `seed ${seed}, round ${round}`;
    changeFiles(source, round, random);
    if ((await killMirror(root, 20 + random(400))) === 'running') kills += 1;
    expect(tornFiles(replica), name).toEqual([]);
    const result = await mirror(source, replica, settingsOf(root));
    expect(result.skipped, name).toEqual([]);
    expect(differences(source, replica), name).toBe('');
    expect(readdirSync(replica), name).not.toContain('.plugback-mirror');
  }
}

const settingsOf = (root: string) => ({
  allowDeletes: true,
  stateDirectory: path.join(root, 'state'),
  runtimeDirectory: path.join(root, 'run'),
});

/** What a file must be in a version: its size tells the version, and so does each byte. */
const sizeOf = (file: number, version: number) => ((file * 7919 + version * 104_729) % 60_000) + 1;

function changeFiles(source: string, version: number, random: Random): void {
  for (let file = 0; file < files; file += 1) {
    const place = path.join(source, `folder-${file % 20}`, `file-${file}`);
    const change = version === 1 ? 0 : random(4);
    mkdirSync(path.dirname(place), { recursive: true });
    if (change === 0) writeFileSync(place, Buffer.alloc(sizeOf(file, version), version));
    else if (change === 1 && random(8) === 0) rmSync(place, { force: true });
  }
}

/** Files that are of no version as a whole. */
function tornFiles(replica: string): string[] {
  const torn: string[] = [];
  for (const name of readdirSync(replica).filter((entry) => entry.startsWith('folder-'))) {
    for (const file of readdirSync(path.join(replica, name))) {
      const content = readFileSync(path.join(replica, name, file));
      const version = content[0] ?? 0;
      const whole = Buffer.alloc(sizeOf(Number(file.slice('file-'.length)), version), version);
      if (!content.equals(whole)) torn.push(`${name}/${file}`);
    }
  }
  return torn;
}

async function killMirror(root: string, afterMs: number): Promise<'running' | 'ended'> {
  const script = `
    const { mirror } = await import(${JSON.stringify(library.href)});
    await mirror(${JSON.stringify(path.join(root, 'source'))}, ${JSON.stringify(path.join(root, 'replica'))}, ${JSON.stringify(settingsOf(root))});`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  const end = new Promise<'running' | 'ended'>((resolve) =>
    child.once('exit', (_, signal) => resolve(signal === 'SIGKILL' ? 'running' : 'ended')),
  );
  // No condition to wait for: the moment is to be any.
  await sleep(afterMs);
  child.kill('SIGKILL');
  return end;
}
