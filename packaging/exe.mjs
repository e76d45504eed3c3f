/**
 * Makes the program for Windows: the folder plugback-veeam with plugback-veeam.exe, the scripts that Veeam is pointed at,
 * a template of the configuration and what one should read, and the same as a zip, in dist-windows/.
 *
 *     node packaging/exe.mjs [FOLDER]
 *
 * The .exe is Node for Windows with the bundled sources in it (Node calls this a single executable application). It is
 * put together on any Linux, and the same bytes come out whenever it is made of one commit.
 */

import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as esbuild } from 'esbuild';
import { zipSync } from 'fflate';
import { inject } from 'postject';
import { thirdParty } from './licences.mjs';
import { installNodes, nodeVersion } from './windows-node.mjs';

const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Node’s own mark; postject flips it so that Node looks for what was put into it. */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/**
 * Builds folder and zip.
 *
 * @param {string} folder where they are put
 * @returns {Promise<{ folder: string, zip: string }>} their paths
 */
export async function buildExe(folder) {
  const { version } = JSON.parse(read('package.json'));
  const work = mkdtempSync(path.join(tmpdir(), 'plugback-exe-'));
  try {
    const nodes = installNodes();
    const { script, inputs } = await bundle(work, version);
    const program = path.join(folder, 'plugback-veeam');
    rmSync(program, { recursive: true, force: true });
    mkdirSync(program, { recursive: true });
    await writeProgram(path.join(program, 'plugback-veeam.exe'), script, nodes, work);
    placeTexts(program, inputs, nodes);
    const zip = path.join(folder, `plugback-veeam_${version}_windows-x64.zip`);
    writeFileSync(zip, zipped(program));
    return { folder: program, zip };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** One file in the older form of modules: a single executable application takes no other. */
async function bundle(work, version) {
  const script = path.join(work, 'veeam-cli.cjs');
  const { metafile } = await esbuild({
    absWorkingDir: project,
    entryPoints: ['src/veeam-cli.ts'],
    outfile: script,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    minifySyntax: true,
    minifyWhitespace: true,
    define: { PLUGBACK_VERSION: JSON.stringify(version) },
    metafile: true,
    logLevel: 'warning',
  });
  return { script, inputs: Object.keys(metafile.inputs) };
}

async function writeProgram(file, script, nodes, work) {
  writeFileSync(
    path.join(work, 'sea.json'),
    JSON.stringify({
      // As it is written here it gets into the program: a full path would be another one each time.
      main: path.basename(script),
      output: 'program.blob',
      disableExperimentalSEAWarning: true,
      // Both would be this machine’s, not Windows’.
      useSnapshot: false,
      useCodeCache: false,
    }),
  );
  run(nodes.here, ['--experimental-sea-config', 'sea.json'], work);
  writeFileSync(file, withoutSignature(readFileSync(nodes.windows)), { mode: 0o755 });
  await inject(file, 'NODE_SEA_BLOB', readFileSync(path.join(work, 'program.blob')), { sentinelFuse: fuse });
}

/**
 * Node’s own signature would not fit any more, and a broken one is worse than none. It stands behind the program; the
 * file’s head tells where (“Certificate Table” in Microsoft’s description of the PE format).
 */
function withoutSignature(program) {
  const head = program.readUInt32LE(0x3c) + 24;
  const entry = head + 112 + 4 * 8;
  const begin = program.readUInt32LE(entry);
  const size = program.readUInt32LE(entry + 4);
  if (program.readUInt16LE(head) !== 0x20b || begin + size !== program.length) {
    throw new Error('node.exe is not laid out as expected: its signature is not at its end');
  }
  program.fill(0, entry, entry + 8);
  return program.subarray(0, begin);
}

/** Notepad of older Windows shows texts with other line ends as one line. */
function placeTexts(program, inputs, nodes) {
  for (const name of ['pre-job.cmd', 'post-job.cmd']) {
    copyFileSync(path.join(project, 'windows', name), path.join(program, name));
  }
  const texts = {
    'config.ini.template': read('windows/config.ini.template'),
    'README.txt': read('windows/README.md'),
    'LIESMICH.txt': read('windows/README.de.md'),
    'LICENSE.txt': read('LICENSE'),
    'THIRD-PARTY.txt': `Node.js ${nodeVersion}\n\n${readFileSync(nodes.licence, 'utf8').trim()}\n\n${'-'.repeat(80)}\n\n${thirdParty(inputs)}`,
  };
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(path.join(program, name), text.replaceAll(/\r?\n/g, '\r\n'));
  }
}

/** The folder as a zip; the time of all files is that of the last commit. */
function zipped(program) {
  const seconds = Number(process.env.SOURCE_DATE_EPOCH ?? run('git', ['log', '-1', '--format=%ct']).trim());
  const at = new Date(seconds * 1000);
  // A zip holds local time, without a zone: UTC is taken for it, whatever this machine’s zone is.
  const mtime = new Date(at.getTime() + at.getTimezoneOffset() * 60_000);
  const names = readdirSync(program).toSorted();
  const entries = names.map((name) => [
    `${path.basename(program)}/${name}`,
    [readFileSync(path.join(program, name)), { mtime, level: 6 }],
  ]);
  return zipSync(Object.fromEntries(entries));
}

function read(name) {
  return readFileSync(path.join(project, name), 'utf8');
}

function run(program, args, cwd = project) {
  const result = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${program}: ${result.error?.message ?? result.stderr.trim()}`);
  return result.stdout;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { folder, zip } = await buildExe(path.resolve(process.argv[2] ?? path.join(project, 'dist-windows')));
  console.log(`${folder}\n${zip}`);
}
