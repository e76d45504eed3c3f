#!/usr/bin/env node
/**
 * Brings a fresh Debian machine with Node and npm to the point where one purpose works:
 *
 *     node packaging/prepare.mjs demo|test|bench|build|deb|npm|exe|windows|container|hotplug|network|tools
 *
 * Node's version, npm packages, Debian packages, the bundle: what is there already is left alone, so that a second
 * call costs a blink. It runs before anything is installed and therefore has no dependencies; what it says goes to
 * stderr, so that stdout belongs to the program that follows it.
 */

import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const oldestNode = [20, 19];

/**
 * Which Debian package gives which program, and for what it is needed; the program proves that it is there. What is
 * optional is only a pity to be without.
 */
const debianPackages = [
  { name: 'rsync', program: 'rsync', purposes: ['demo', 'test', 'windows', 'bench', 'network'] },
  {
    name: 'e2fsprogs',
    program: 'mkfs.ext4',
    purposes: ['demo', 'test', 'windows', 'bench', 'container', 'hotplug'],
  },
  { name: 'util-linux', program: 'lsblk', purposes: ['demo', 'test', 'windows', 'bench'] },
  {
    name: 'mount',
    program: 'losetup',
    purposes: ['demo', 'test', 'windows', 'bench', 'container', 'hotplug'],
  },
  { name: 'xfsprogs', program: 'xfs_io', purposes: ['test', 'hotplug'] },
  { name: 'btrfs-progs', program: 'mkfs.btrfs', purposes: ['test', 'hotplug'] },
  { name: 'dosfstools', program: 'mkfs.vfat', purposes: ['test', 'hotplug'] },
  { name: 'exfatprogs', program: 'mkfs.exfat', purposes: ['test', 'hotplug'] },
  // For kernels without drivers of their own.
  { name: 'exfat-fuse', program: 'mount.exfat-fuse', purposes: ['test'] },
  { name: 'ntfs-3g', program: 'mount.ntfs-3g', purposes: ['test', 'hotplug'] },
  { name: 'acl', program: 'setfacl', purposes: ['test'] },
  { name: 'attr', program: 'setfattr', purposes: ['test'] },
  { name: 'openssl', program: 'openssl', purposes: ['test', 'windows'] },
  { name: 'sudo', program: 'sudo', purposes: ['test'] },
  { name: 'cryptsetup-bin', program: 'cryptsetup', purposes: ['test', 'hotplug'] },
  { name: 'dpkg', program: 'dpkg-deb', purposes: ['deb', 'test', 'container', 'hotplug'] },
  { name: 'fdisk', program: 'sfdisk', purposes: ['test', 'container', 'hotplug'] },
  { name: 'mmdebstrap', program: 'mmdebstrap', purposes: ['test', 'container', 'hotplug'] },
  { name: 'qemu-system-x86', program: 'qemu-system-x86_64', purposes: ['hotplug'] },
  { name: 'qemu-utils', program: 'qemu-img', purposes: ['hotplug'] },
  { name: 'wine', program: 'wine', purposes: ['windows'] },
  { name: 'iputils-ping', program: 'ping', purposes: ['test', 'bench', 'network'] },
  { name: 'iproute2', program: 'ip', purposes: ['test', 'bench', 'container', 'network'] },
  { name: 'openssh-client', program: 'ssh', purposes: ['network'] },
  { name: 'openssh-server', program: 'sshd', purposes: ['network'] },
  { name: 'chrony', program: 'chronyd', purposes: ['network'] },
  { name: 'faketime', program: 'faketime', purposes: ['network'] },
  { name: 'lintian', program: 'lintian', purposes: ['test'] },
  { name: 'chromium', program: 'chromium', purposes: ['test'] },
  { name: 'rclone', program: 'rclone', purposes: ['bench'], isOptional: true },
  { name: 'freefilesync', program: 'FreeFileSync', purposes: ['bench'], isOptional: true },
  // FreeFileSync has windows, also when nobody looks at them.
  { name: 'xvfb', program: 'Xvfb', purposes: ['bench'], isOptional: true },
];

/** What each purpose needs besides Node and the npm packages; `skips`: it goes on without what else is missing. */
const purposes = {
  demo: { bundle: 'when-older' },
  test: { bundle: 'when-older', skips: true },
  bench: { bundle: 'when-older' },
  build: { bundle: 'always' },
  // These make bundles of their own.
  deb: { bundle: 'never' },
  npm: { bundle: 'never' },
  exe: { bundle: 'never' },
  windows: { bundle: 'when-older', skips: true },
  container: { bundle: 'when-older' },
  // It makes a package, and that a bundle of its own.
  hotplug: { bundle: 'never' },
  network: { bundle: 'when-older' },
  tools: { bundle: 'never' },
};

const german = /^de/i.test(process.env.LC_ALL || process.env.LC_MESSAGES || process.env.LANG || '');
const isRoot = process.getuid?.() === 0;

/** Something is missing that this program cannot get by itself; the exit codes are plugback's own. */
class Missing extends Error {
  constructor(exitCode, message, details = '') {
    super(message);
    this.exitCode = exitCode;
    this.details = details;
  }
}

const purpose = process.argv[2];
if (!Object.hasOwn(purposes, purpose ?? '')) {
  console.error(`node packaging/prepare.mjs ${Object.keys(purposes).join('|')}`);
  process.exit(64);
}
try {
  verifyNode();
  installNpmPackages();
  installDebianPackages(purpose);
  await bundle(purposes[purpose].bundle);
} catch (error) {
  if (!(error instanceof Missing)) throw error;
  if (error.details !== '') console.error(error.details);
  say(error.message);
  process.exit(error.exitCode);
}

function say(message) {
  console.error(`plugback: ${message}`);
}

/** The language of whoever typed the command. */
function words(english, inGerman) {
  return german ? inGerman : english;
}

function verifyNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  const needed = oldestNode.join('.');
  throw new Missing(
    78,
    words(
      `Node ${needed} or newer is needed; this is Node ${process.versions.node}. Debian 13 has it: apt-get install nodejs npm`,
      `Nötig ist Node ${needed} oder neuer; das hier ist Node ${process.versions.node}. Debian 13 bringt es mit: apt-get install nodejs npm`,
    ),
  );
}

function installNpmPackages() {
  if (npmPackagesAreInstalled()) return;
  say(
    words(
      'Installing the npm packages (once, some seconds) …',
      'npm-Pakete werden installiert (einmalig, einige Sekunden) …',
    ),
  );
  // Install scripts stay off (.npmrc says so too): nothing here needs one. The tools are wanted even where the
  // environment says "production".
  const options = ['--ignore-scripts', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const result = twice(() => run('npm', ['ci', ...options, '--no-update-notifier']));
  if (result.missing) {
    throw new Missing(
      78,
      words(
        'npm is not installed. Type: apt-get install npm',
        'npm ist nicht installiert. Bitte eingeben: apt-get install npm',
      ),
    );
  }
  if (result.failed) {
    throw new Missing(
      78,
      words(
        'The npm packages could not be installed (above is why). Is the network there? Then try again: npm ci',
        'Die npm-Pakete ließen sich nicht installieren (der Grund steht darüber). Ist das Netz da? Dann noch einmal: npm ci',
      ),
      result.lastLines,
    );
  }
}

/** Compares npm's own record of what it installed, written last of all, with what package-lock.json asks for. */
function npmPackagesAreInstalled() {
  const wanted = readJson('package-lock.json');
  const installed = readJson('node_modules/.package-lock.json');
  if (wanted === null || installed === null) return false;
  return Object.entries(wanted.packages).every(([place, entry]) => {
    const found = installed.packages[place];
    // The packages of other systems are optional, and rightly not there.
    if (found === undefined) return place === '' || entry.optional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

function readJson(name) {
  try {
    return JSON.parse(readFileSync(path.join(project, name), 'utf8'));
  } catch {
    return null;
  }
}

function installDebianPackages(purpose) {
  const missing = debianPackages.filter(
    (candidate) => candidate.purposes.includes(purpose) && !isInstalled(candidate.program),
  );
  installNeeded(
    purpose,
    missing.filter(({ isOptional }) => !isOptional),
  );
  if (!isRoot || !isInstalled('apt-get')) return;
  for (const { name } of missing.filter(({ isOptional }) => isOptional)) {
    say(words(`Installing ${name}, if there is one …`, `${name} wird installiert, falls es das gibt …`));
    aptGet('install', '--no-install-recommends', name);
  }
}

function installNeeded(purpose, missing) {
  if (missing.length === 0) return;
  const names = missing.map((candidate) => candidate.name);

  if (!isInstalled('apt-get')) {
    const programs = missing.map((candidate) => candidate.program).join(', ');
    return goOnWithout(
      purpose,
      78,
      words(
        `These programs are missing, and this machine has no apt-get to install them: ${programs}.`,
        `Diese Programme fehlen, und dieser Rechner hat kein apt-get, um sie zu installieren: ${programs}.`,
      ),
    );
  }
  const command = `apt-get install -y --no-install-recommends ${names.join(' ')}`;
  if (!isRoot) {
    return goOnWithout(
      purpose,
      77,
      words(`Debian packages are missing. Type: sudo ${command}`, `Es fehlen Debian-Pakete: sudo ${command}`),
    );
  }
  say(
    words(
      `Installing Debian packages: ${names.join(' ')} …`,
      `Debian-Pakete werden installiert: ${names.join(' ')} …`,
    ),
  );
  twice(() => aptGet('update'));
  const result = twice(() => aptGet('install', '--no-install-recommends', ...names));
  if (!result.failed && missing.every((candidate) => isInstalled(candidate.program))) return;
  console.error(result.lastLines);
  goOnWithout(
    purpose,
    78,
    words(
      `The packages could not be installed (above is why). Type: ${command}`,
      `Die Pakete ließen sich nicht installieren (der Grund steht darüber). Bitte eingeben: ${command}`,
    ),
  );
}

/** Tests that need a missing program skip and say so; nothing else can do without. */
function goOnWithout(purpose, exitCode, message) {
  if (purposes[purpose].skips !== true) throw new Missing(exitCode, message);
  say(message);
  say(
    words(
      'The tests that need them will be skipped, and counted as skipped.',
      'Die Tests, die sie brauchen, werden ausgelassen und als ausgelassen gezählt.',
    ),
  );
}

function aptGet(...args) {
  // Another apt-get may be at work on a machine that was just switched on: wait for its lock.
  const options = ['-y', '-qq', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Dpkg::Use-Pty=0'];
  return run('apt-get', [...options, ...args], { DEBIAN_FRONTEND: 'noninteractive' });
}

/** True when a program can be run; sbin counts even where a user's PATH leaves it out. */
function isInstalled(program) {
  const folders = [
    ...(process.env.PATH ?? '').split(path.delimiter),
    '/usr/local/sbin',
    '/usr/sbin',
    '/sbin',
  ];
  return folders.some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function bundle(when) {
  if (when === 'never' || (when === 'when-older' && bundleIsFresh())) return;
  say(words('Building …', 'Das Programm wird gebaut …'));
  try {
    const { build } = await import(pathToFileURL(path.join(project, 'packaging/build.mjs')).href);
    await build(project);
  } catch (error) {
    throw new Missing(
      1,
      words('The build failed (above is why).', 'Das Bauen ist fehlgeschlagen (der Grund steht darüber).'),
      error.message,
    );
  }
}

function bundleIsFresh() {
  const built = modifiedAt('dist/cli.js');
  const sources = [
    'src',
    'udev',
    'systemd',
    'rsync_excludes',
    'package.json',
    'package-lock.json',
    'packaging/build.mjs',
  ];
  return built > 0 && sources.every((source) => newest(source) < built);
}

/** The latest change in a file or folder; a folder's own time counts too, because it tells of deleted files. */
function newest(name) {
  let entries = [];
  try {
    entries = readdirSync(path.join(project, name));
  } catch {
    // A file, not a folder.
  }
  return Math.max(modifiedAt(name), ...entries.map((entry) => newest(path.join(name, entry))));
}

function modifiedAt(name) {
  return statSync(path.join(project, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Networks hiccup: what failed once is tried once more. */
function twice(attempt) {
  const first = attempt();
  return first.failed && !first.missing ? attempt() : first;
}

function run(program, args, environment = {}) {
  const result = spawnSync(program, args, {
    cwd: project,
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  const lines = `${result.stdout ?? ''}${result.stderr ?? ''}`.trim().split('\n');
  return {
    failed: result.status !== 0,
    missing: result.error?.code === 'ENOENT',
    lastLines: lines.slice(-15).join('\n'),
  };
}
