/**
 * Makes the npm package: plugback-VERSION.tgz in dist-npm/.
 *
 *     node packaging/npm.mjs [FOLDER]
 *
 * A plain `npm pack` would pack what happens to be in dist/, or nothing at all: .npmrc keeps npm from running scripts,
 * also those of this project.
 */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { writeTypes } from './types.mjs';

const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** What npm takes along by itself; all else is named by `files` in package.json. */
const always = ['package.json', 'README.md', 'LICENSE'];

/**
 * Builds the package from the sources as they are; dist/ stays as it is.
 *
 * @param {string} folder where it is put
 * @returns {Promise<string>} its path
 */
export async function buildNpm(folder) {
  const { files } = JSON.parse(readFileSync(path.join(project, 'package.json'), 'utf8'));
  const work = mkdtempSync(path.join(tmpdir(), 'plugback-npm-'));
  try {
    const dist = path.join(work, 'dist');
    await build(project, { outdir: path.relative(project, dist) });
    writeTypes(path.join(dist, 'types'));
    // npm itself picks from a folder like docs/ what `files` asks for.
    const others = files.filter((name) => name !== 'dist').map((name) => name.split('/')[0]);
    for (const name of new Set([...always, ...others])) {
      cpSync(path.join(project, name), path.join(work, name), { recursive: true });
    }
    mkdirSync(folder, { recursive: true });
    const [{ filename }] = JSON.parse(
      run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], work),
    );
    return path.join(folder, filename);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function run(program, args, cwd) {
  const result = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${program}: ${result.error?.message ?? result.stderr.trim()}`);
  return result.stdout;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(await buildNpm(path.resolve(process.argv[2] ?? path.join(project, 'dist-npm'))));
}
