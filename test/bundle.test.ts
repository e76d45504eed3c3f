/** Traps of bundling that neither the compiler nor an unbundled test sees. */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { expect, test } from 'vitest';

/** Bundles as packaging/build.mjs does, and writes nothing. */
const inMemory = {
  outdir: 'unwritten',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  write: false,
  metafile: true,
  logLevel: 'silent',
} as const;

const project = fileURLToPath(new URL('..', import.meta.url));

/**
 * Node offers the names of a CommonJS package to `import()`; esbuild's bundle offers only `default`, so that
 * `const { simpleParser } = await import('mailparser')` is undefined there. Remedy: take the `default`, or import the
 * package at the top of a file of ours that is itself imported lazily.
 */
test('every name taken from a lazily imported package is there in the bundle', async () => {
  const taken = readdirSync(path.join(project, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => namesTaken(file, readFileSync(path.join(project, 'src', file), 'utf8')));
  const offered = await namesOffered([...new Set(taken.map((use) => use.specifier))]);
  const missing = taken.filter((use) => !offered.get(use.specifier)?.includes(use.name));
  expect(missing.map((use) => `${use.file} takes ${use.name} from ${use.specifier}`)).toEqual([]);
});

test('the trap is real, and found', async () => {
  const source = `const { simpleParser, default: all } = await import('mailparser');\n(await import('execa')).execa('ls');`;
  expect(namesTaken('a.ts', source).map((use) => `${use.specifier} ${use.name}`)).toEqual([
    'mailparser simpleParser',
    'mailparser default',
    'execa execa',
  ]);
  const offered = await namesOffered(['mailparser', 'execa']);
  expect(offered.get('mailparser')).toEqual(['default']);
  expect(offered.get('execa')).toContain('execa');
});

/**
 * An upgrade in mid-backup takes the parts of the old program away. Remedy for what is new in this list: load it when
 * the run begins, as `loadMailParts` does, or import it at the top.
 */
test('a backup that runs loads nothing late', async () => {
  const { metafile } = await build({
    absWorkingDir: project,
    entryPoints: ['src/commands/run.ts'],
    ...inMemory,
  });
  const page = 'src/commands/page-server.ts';
  const late = [...loadedLate(metafile, 'src/commands/run.ts'), ...loadedLate(metafile, page)];
  expect([...new Set(late)].map((file) => file.replace(/^node_modules\//, '')).toSorted()).toEqual([
    // By the first program that runs: the one that keeps the machine awake.
    'execa/index.js',
    // By loadMailParts.
    'nodemailer/dist/esm/mail-composer/index.js',
    'nodemailer/dist/esm/smtp-connection/index.js',
    // Before the run begins.
    page,
  ]);
});

/** The same for a watch, which goes on for months. */
test('a watch loads nothing late', async () => {
  const entry = 'src/commands/timemachine/watch.ts';
  const { metafile } = await build({ absWorkingDir: project, entryPoints: [entry], ...inMemory });
  const early = new Set(loadedAtOnce(metafile, entry));
  expect(early).toContain('src/timemachine/list-yaml.ts');
  // A watch starts no program.
  const late = loadedLate(metafile, entry).filter((file) => !file.includes('/execa/'));
  expect(late.filter((file) => !early.has(file))).toEqual([]);
});

/** It watches for weeks, and upgrades come and go. */
test('a night watch loads nothing late', async () => {
  const entry = 'src/commands/nightshift.ts';
  const { metafile } = await build({ absWorkingDir: project, entryPoints: [entry], ...inMemory });
  const late = loadedLate(metafile, entry).map((file) => file.replace(/^node_modules\//, ''));
  expect([...new Set(late)].toSorted()).toEqual([
    // By the first look.
    'execa/index.js',
    // By loadMailParts.
    'nodemailer/dist/esm/mail-composer/index.js',
    'nodemailer/dist/esm/smtp-connection/index.js',
  ]);
});

/** They also run on machines that have no Linux: as a small program of their own. */
test('the program of Veeam’s side needs nothing of the copier', async () => {
  const { metafile } = await build({
    absWorkingDir: project,
    entryPoints: ['src/veeam-cli.ts'],
    outdir: 'unwritten',
    bundle: true,
    format: 'cjs',
    platform: 'node',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  // What is left once everything unused was thrown away.
  const used = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
  );
  expect(used).toContain('src/veeam/hook.ts');
  const unwanted =
    /node_modules\/(execa|express|pino|systeminformation|drivelist)\/|src\/(backup|web|install)\/|rsync\.ts$/;
  expect(used.filter((file) => unwanted.test(file))).toEqual([]);
});

/** What a file, or a file that it needs, imports only in the course of things. */
function loadedLate(metafile: Metafile, entry: string): string[] {
  return loading(metafile, entry).late;
}

/** The file, and all that it needs to begin. */
function loadedAtOnce(metafile: Metafile, entry: string): string[] {
  return loading(metafile, entry).atOnce;
}

function loading({ inputs }: Metafile, entry: string): { atOnce: string[]; late: string[] } {
  const seen = new Set<string>();
  const late: string[] = [];
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { path: imported, kind, external } of inputs[file]?.imports ?? []) {
      if (external === true) continue;
      if (kind === 'dynamic-import') late.push(imported);
      else visit(imported);
    }
  };
  visit(entry);
  return { atOnce: [...seen], late };
}

/** What a source takes from packages by `import()`. */
function namesTaken(file: string, text: string): { file: string; specifier: string; name: string }[] {
  const destructured = [
    ...text.matchAll(/\{([^{}]*)\}\s*=\s*await\s+import\(\s*'([^'.][^']*)'\s*\)/g),
  ].flatMap(([, names = '', specifier = '']) =>
    names
      .split(',')
      .map((name) => (name.split(':')[0] ?? '').trim())
      .filter((name) => name !== '')
      .map((name) => ({ file, specifier, name })),
  );
  const members = [...text.matchAll(/\(\s*await\s+import\(\s*'([^'.][^']*)'\s*\)\s*\)\s*\.\s*(\w+)/g)].map(
    ([, specifier = '', name = '']) => ({ file, specifier, name }),
  );
  return [...destructured, ...members].filter((use) => !use.specifier.startsWith('node:'));
}

/** The names that each package offers to `import()` once it is bundled the way packaging/build.mjs does it. */
async function namesOffered(specifiers: readonly string[]): Promise<Map<string, readonly string[]>> {
  const offered = new Map<string, readonly string[]>();
  for (const specifier of specifiers) {
    const result = await build({
      absWorkingDir: project,
      stdin: { contents: `export const lazily = () => import('${specifier}');`, resolveDir: project },
      ...inMemory,
    });
    const lazy = Object.values(result.metafile.outputs).find((output) =>
      output.entryPoint?.includes('node_modules'),
    );
    offered.set(specifier, lazy?.exports ?? []);
  }
  return offered;
}
