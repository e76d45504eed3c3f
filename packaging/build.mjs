/**
 * Bundles the program: src/cli.ts becomes dist/cli.js, src/index.ts (the library) dist/index.js,
 * src/mirror/worker.ts (the mirror's threads) dist/mirror/worker.js.
 *
 * One file loads faster than hundreds. What only some commands need (express, nodemailer, systeminformation) is
 * imported on first use in the sources and becomes a file of its own here.
 */

import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Bundled CommonJS packages call `require` for Node's own modules; an ES module has none unless it makes one. */
const requireForBundledPackages = `import { createRequire as plugbackCreateRequire } from 'node:module';
const require = plugbackCreateRequire(import.meta.url);`;

/**
 * Bundles the project in this folder into its `dist`.
 *
 * @param {string} project
 * @param {{ outdir?: string }} [options] `outdir` is relative to the project
 * @returns {Promise<string[]>} the files that went into the program, relative to the project
 * @throws Error whose message lists what esbuild found wrong, with file and line.
 */
export async function build(project, { outdir = 'dist' } = {}) {
  // Not imported at the top: prepare.mjs imports this file on machines where esbuild may be missing.
  const { build: esbuild, formatMessages } = await import('esbuild');
  const { version } = JSON.parse(readFileSync(path.join(project, 'package.json'), 'utf8'));

  let result;
  try {
    result = await esbuild({
      absWorkingDir: project,
      entryPoints: ['src/cli.ts', 'src/index.ts'],
      outdir,
      outbase: 'src',
      chunkNames: 'chunks/[name]-[hash]',
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      // Function names stay, so that a stack trace in a log can be read.
      minifySyntax: true,
      minifyWhitespace: true,
      define: { PLUGBACK_VERSION: JSON.stringify(version) },
      banner: { js: requireForBundledPackages },
      metafile: true,
      logLevel: 'silent',
    });
  } catch (error) {
    if (!Array.isArray(error.errors)) throw error;
    throw new Error((await formatMessages(error.errors, { kind: 'error' })).join('\n').trimEnd());
  }
  if (result.warnings.length > 0) {
    console.error((await formatMessages(result.warnings, { kind: 'warning' })).join('\n').trimEnd());
  }
  await buildThread(project, outdir, esbuild);
  await buildPage(project, outdir, esbuild);
  copyTemplates(project, outdir);
  removeLeftovers(project, outdir, Object.keys(result.metafile.outputs));
  makeExecutable(path.join(project, outdir, 'cli.js'));
  return Object.keys(result.metafile.inputs);
}

/** Bundles what runs in the mirror's threads: a file of its own, because each thread loads all of it anew. */
async function buildThread(project, outdir, esbuild) {
  await esbuild({
    absWorkingDir: project,
    entryPoints: { 'mirror/worker': 'src/mirror/worker.ts' },
    outdir,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: 'silent',
  });
}

/** Bundles what the status page's browser loads: one script, one style sheet (the charts' own first), one symbol. */
async function buildPage(project, outdir, esbuild) {
  await esbuild({
    absWorkingDir: project,
    entryPoints: { page: 'src/web/client/page.ts' },
    outdir: `${outdir}/assets`,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    legalComments: 'inline',
    logLevel: 'silent',
  });
  const styles = ['node_modules/uplot/dist/uPlot.min.css', 'src/web/assets/page.css'];
  const css = styles.map((name) => readFileSync(path.join(project, name), 'utf8')).join('\n');
  writeFileSync(path.join(project, outdir, 'assets/page.css'), css);
  copyFileSync(
    path.join(project, 'src/web/assets/favicon.svg'),
    path.join(project, outdir, 'assets/favicon.svg'),
  );
}

/** What `plugback install` writes to a machine, side by side. */
function copyTemplates(project, outdir) {
  const folder = path.join(project, outdir, 'install');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const units = readdirSync(path.join(project, 'systemd')).map((name) => `systemd/${name}`);
  for (const name of ['udev/90-plugback.rules', ...units, 'rsync_excludes']) {
    copyFileSync(path.join(project, name), path.join(folder, path.basename(name)));
  }
}

/** Parts of earlier bundles have other names; they would pile up and be packed along. */
function removeLeftovers(project, outdir, outputs) {
  const chunks = path.join(project, outdir, 'chunks');
  if (!existsSync(chunks)) return;
  const current = new Set(outputs.map((output) => path.basename(output)));
  for (const name of readdirSync(chunks)) {
    if (!current.has(name)) rmSync(path.join(chunks, name));
  }
}

function makeExecutable(file) {
  const text = readFileSync(file, 'utf8');
  if (!text.startsWith('#!')) writeFileSync(file, `#!/usr/bin/env node\n${text}`);
  chmodSync(file, 0o755);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await build(path.resolve(path.dirname(process.argv[1]), '..'));
}
