/** The library as others get it: packed, unpacked, compiled against with every check on, and run. */

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { useFolder } from '../folder.ts';

const folder = useFolder();
const project = fileURLToPath(new URL('../..', import.meta.url));
const tool = (name: string) => path.join(project, 'node_modules/.bin', name);

const config = {
  compilerOptions: {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noImplicitOverride: true,
    noPropertyAccessFromIndexSignature: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
    target: 'ES2022',
    module: 'NodeNext',
    types: ['node'],
    outDir: 'out',
  },
  include: ['program.ts'],
};

test('a strict project compiles against the packed package, and its program runs', () => {
  const packer = [path.join(project, 'packaging/npm.mjs'), folder()];
  const archive = execFileSync(process.execPath, packer, { encoding: 'utf8' }).trim();
  const packed = execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' }).split('\n');
  for (const name of [
    'dist/cli.js',
    'dist/index.js',
    'dist/mirror/worker.js',
    'docs/plugback.1',
    'LICENSE',
  ]) {
    expect(packed).toContain(`package/${name}`);
  }
  expect(packed.filter((name) => /^package\/(src|test|packaging)\/|\.png$/.test(name))).toEqual([]);
  mkdirSync(folder('node_modules/plugback'), { recursive: true });
  execFileSync('tar', ['-xzf', archive, '--strip-components=1', '-C', folder('node_modules/plugback')]);
  symlinkSync(path.join(project, 'node_modules/@types'), folder('node_modules/@types'));
  symlinkSync(path.join(project, 'node_modules/undici-types'), folder('node_modules/undici-types'));
  writeFileSync(folder('package.json'), '{ "type": "module" }');
  writeFileSync(folder('tsconfig.json'), JSON.stringify(config));
  copyFileSync(new URL('consumer/program.ts', import.meta.url), folder('program.ts'));
  execFileSync(tool('tsc'), { cwd: folder(), encoding: 'utf8' });

  const names = ['source1', 'source2', 'folder1', 'folder2', 'folder3', 'logs'];
  for (const name of names) mkdirSync(folder(name));
  for (const name of ['source1', 'source2']) writeFileSync(folder(name, `${name}.txt`), name);
  const environment = {
    PATH: process.env.PATH,
    STATE_DIRECTORY: folder('state'),
    RUNTIME_DIRECTORY: folder('run'),
    XDG_STATE_HOME: folder('state'),
    XDG_RUNTIME_DIR: folder('run'),
  };
  const said = execFileSync(
    process.execPath,
    [folder('out/program.js'), ...names.map((name) => folder(name))],
    {
      encoding: 'utf8',
      env: environment,
    },
  );
  expect(said.split('\n').filter((line) => !/attributes $/.test(line))).toEqual([
    '1',
    'true',
    'add source1.txt',
    'delete source2.txt',
    '[]',
    'true',
    'The source SOURCE and the replica SOURCE are the same folder. Nothing was copied or deleted. Choose two folders that do not lie in each other.',
    'Die Quelle SOURCE und das Replikat SOURCE sind derselbe Ordner. Es wurde nichts kopiert und nichts gelöscht. Wählen Sie zwei Ordner, die nicht ineinander liegen.',
    '',
  ]);
  expect(readFileSync(folder('folder3/source2.txt'), 'utf8')).toBe('source2');
  expect(readdirSync(folder('logs/LOGS'))).toHaveLength(1);
}, 60_000);
