/**
 * Makes the Debian package: plugback_VERSION_all.deb in dist-deb/, the same bytes whenever it is made of one commit.
 *
 *     node packaging/deb.mjs [FOLDER]
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from './build.mjs';
import { thirdParty } from './licences.mjs';

const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Builds the package.
 *
 * @param {string} folder where it is put
 * @returns {Promise<string>} its path
 */
export async function buildDeb(folder) {
  const { version, description } = JSON.parse(read('package.json'));
  const origin = originOfCommit();
  const work = mkdtempSync(path.join(tmpdir(), 'plugback-deb-'));
  try {
    const tree = path.join(work, 'tree');
    await placeProgram(tree, work);
    placeSystemFiles(tree);
    placeDocuments(tree, version, origin);
    placeControl(tree, { version, description, origin });
    setTimes(tree, origin.seconds);
    mkdirSync(folder, { recursive: true });
    const file = path.join(folder, `plugback_${version}_all.deb`);
    run('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', tree, file], {
      SOURCE_DATE_EPOCH: String(origin.seconds),
    });
    return file;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Who and when: the last commit, so that the hour of packing is not in the package. */
function originOfCommit() {
  const [seconds, name, address] = run('git', ['log', '-1', '--format=%ct%n%an%n%ae']).trim().split('\n');
  return { seconds: Number(process.env.SOURCE_DATE_EPOCH ?? seconds), maintainer: `${name} <${address}>` };
}

async function placeProgram(tree, work) {
  const built = path.join(work, 'built');
  const inputs = await build(project, { outdir: path.relative(project, built) });
  const home = 'usr/lib/plugback';
  // Debian’s own Node, whatever else is on the path.
  const program = readFileSync(path.join(built, 'cli.js'), 'utf8').replace(/^#!.*/, '#!/usr/bin/node');
  place(tree, `${home}/cli.js`, program, 0o755);
  place(tree, `${home}/package.json`, '{ "type": "module" }\n');
  for (const part of ['assets', 'chunks', 'install']) {
    for (const name of readdirSync(path.join(built, part))) {
      copy(tree, path.join(built, part, name), `${home}/${part}/${name}`);
    }
  }
  mkdirSync(path.join(tree, 'usr/bin'), { recursive: true });
  symlinkSync('../lib/plugback/cli.js', path.join(tree, 'usr/bin/plugback'));
  place(
    tree,
    'usr/share/doc/plugback/third-party.gz',
    zip(thirdParty([...inputs, 'node_modules/uplot/package.json'])),
  );
}

function placeSystemFiles(tree) {
  copy(tree, 'udev/90-plugback.rules', 'usr/lib/udev/rules.d/90-plugback.rules');
  for (const name of readdirSync(path.join(project, 'systemd'))) {
    copy(tree, `systemd/${name}`, `usr/lib/systemd/system/${name}`);
  }
  copy(tree, 'config.ini.template', 'usr/share/plugback/config.ini.template');
  copy(tree, 'rsync_excludes', 'usr/share/plugback/rsync_excludes');
  for (const name of ['pre-job.sh', 'post-job.sh']) {
    copy(tree, `packaging/veeam/${name}`, `usr/share/plugback/veeam/${name}`, 0o755);
  }
  copy(tree, 'packaging/plugback.bash', 'usr/share/bash-completion/completions/plugback');
}

function placeDocuments(tree, version, { seconds, maintainer }) {
  const date = new Date(seconds * 1000).toUTCString().replace('GMT', '+0000');
  const entry = `plugback (${version}) unstable; urgency=medium\n\n  * What has changed: CHANGELOG.md.gz beside this file.\n\n -- ${maintainer}  ${date}\n`;
  place(tree, 'usr/share/man/man1/plugback.1.gz', zip(read('docs/plugback.1')));
  place(tree, 'usr/share/doc/plugback/changelog.gz', zip(entry));
  place(tree, 'usr/share/doc/plugback/CHANGELOG.md.gz', zip(read('CHANGELOG.md')));
  for (const name of readdirSync(path.join(project, 'docs')).filter((each) => each.endsWith('.md'))) {
    copy(tree, `docs/${name}`, `usr/share/doc/plugback/${name}`);
  }
  place(tree, 'usr/share/doc/plugback/copyright', copyright());
}

/** The licence, in the form that Debian's tools read. */
function copyright() {
  const [, ...rest] = read('LICENSE').trim().split('\n');
  const holder = /^Copyright \(c\) (.*)$/m.exec(rest.join('\n'))?.[1] ?? 'the plugback authors';
  const text = rest
    .filter((line) => !line.startsWith('Copyright'))
    .join('\n')
    .trim();
  const indented = text.split('\n').map((line) => (line === '' ? ' .' : ` ${line}`));
  return [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/',
    'Upstream-Name: plugback',
    '',
    'Files: *',
    `Copyright: ${holder}`,
    'License: Expat',
    'Comment:',
    ' /usr/lib/plugback contains packages from the npm registry; their names,',
    ' versions and licences are in /usr/share/doc/plugback/third-party.gz.',
    '',
    'License: Expat',
    ...indented,
    '',
  ].join('\n');
}

function placeControl(tree, { version, description, origin }) {
  const files = filesBelow(tree);
  const kilobytes = files.reduce((sum, file) => sum + Math.ceil(statSync(file).size / 1024), 0);
  const sums = files
    .map(
      (file) =>
        `${createHash('md5').update(readFileSync(file)).digest('hex')}  ${path.relative(tree, file)}\n`,
    )
    .join('');
  const [summary = '', long = ''] = description.split(': ');
  const control = [
    'Package: plugback',
    `Version: ${version}`,
    'Architecture: all',
    `Maintainer: ${origin.maintainer}`,
    `Installed-Size: ${kilobytes}`,
    'Depends: nodejs (>= 20), rsync, e2fsprogs, util-linux (>= 2.33), mount',
    'Recommends: systemd, udev, attr',
    'Suggests: cryptsetup-bin, dosfstools, exfatprogs, xfsprogs, btrfs-progs, iputils-ping, openssh-client',
    'Section: admin',
    'Priority: optional',
    `Description: ${summary.toLowerCase()}`,
    ...wrapped(long.charAt(0).toUpperCase() + long.slice(1), 78).map((line) => ` ${line}`),
    '',
  ].join('\n');
  place(tree, 'DEBIAN/control', control);
  place(tree, 'DEBIAN/md5sums', sums);
  for (const name of ['postinst', 'prerm', 'postrm'])
    copy(tree, `packaging/deb/${name}`, `DEBIAN/${name}`, 0o755);
}

function wrapped(text, width) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

/** Plain files, in one order on every machine. */
function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted();
}

/** Modes by hand: the mask of whoever packs is not in the package. */
function place(tree, name, content, mode = 0o644) {
  const file = path.join(tree, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

function copy(tree, source, name, mode = 0o644) {
  const file = path.join(tree, name);
  mkdirSync(path.dirname(file), { recursive: true });
  copyFileSync(path.resolve(project, source), file);
  chmodSync(file, mode);
}

function setTimes(tree, seconds) {
  const all = readdirSync(tree, { recursive: true, encoding: 'utf8' }).map((name) => path.join(tree, name));
  for (const entry of [...all, tree]) {
    if (existsSync(entry) && statSync(entry).isDirectory()) chmodSync(entry, 0o755);
    lutimesSync(entry, seconds, seconds);
  }
}

/** Like gzip -9n: no name and no time in it. */
function zip(text) {
  return gzipSync(text, { level: 9 });
}

function read(name) {
  return readFileSync(path.join(project, name), 'utf8');
}

function run(program, args, environment = {}) {
  const result = spawnSync(program, args, {
    cwd: project,
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`${program}: ${result.error?.message ?? result.stderr.trim()}`);
  return result.stdout;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(await buildDeb(path.resolve(process.argv[2] ?? path.join(project, 'dist-deb'))));
}
