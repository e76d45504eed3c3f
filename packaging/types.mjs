/**
 * Writes the library's types for those who import it: dist/types/index.d.ts and what it needs.
 *
 * The sources import each other as `.ts`; in a package there are only the declarations, which are found as `.js`.
 */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Those of tsconfig.json that say what the sources mean. */
const meaning = [
  ...['--target', 'ES2022', '--lib', 'ES2023', '--module', 'NodeNext', '--moduleResolution', 'NodeNext'],
  ...['--types', 'node', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'],
  ...['--verbatimModuleSyntax', '--skipLibCheck', '--allowImportingTsExtensions', '--ignoreConfig'],
];

/** @param {string} folder where they are put, in place of what is there */
export function writeTypes(folder) {
  rmSync(folder, { recursive: true, force: true });
  const compiler = path.join(project, 'node_modules/.bin/tsc');
  const output = ['--declaration', '--emitDeclarationOnly', '--rootDir', 'src', '--outDir', folder];
  // What the compiler says goes to stderr: stdout belongs to the program that calls this.
  const { status } = spawnSync(compiler, [...meaning, ...output, 'src/index.ts'], {
    cwd: project,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error('The types could not be written (above is why).');
  for (const name of readdirSync(folder, { recursive: true })) {
    const file = path.join(folder, name);
    if (!file.endsWith('.d.ts')) continue;
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replaceAll(/((?:from|import) ?\(?')(\.[^']+)\.ts'/g, "$1$2.js'"));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeTypes(path.join(project, 'dist/types'));
