/** Small Debian systems for tests that need a machine of their own: made once and kept. */

import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import path from 'node:path';
import { command } from './disk/command.ts';

/** Where nobody but root can lay anything into its way. */
const cache = '/var/cache/plugback-test';

/** What is kept, and was not used for so long, is in nobody's use. In milliseconds. */
const forgottenAfter = 60 * 60 * 1000;

/**
 * A folder that is filled once and found again by what it depends on. A half-filled one is never found, and those that
 * depended on something else are removed once nobody has used them for an hour: other tests may be running.
 *
 * @param prefix the beginning of its name
 * @param contents all that decides about what is in it
 * @param fill fills a new, empty folder
 */
export async function kept(
  prefix: string,
  contents: unknown,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify(contents)).digest('hex').slice(0, 12);
  const folder = path.join(cache, `${prefix}-${key}`);
  mkdirSync(cache, { recursive: true });
  removeForgotten(prefix, folder);
  if (!existsSync(folder)) await fillAside(folder, fill);
  const now = new Date();
  utimesSync(folder, now, now);
  return folder;
}

async function fillAside(folder: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const half = mkdtempSync(`${folder}.half-`);
  try {
    await fill(half);
    renameSync(half, folder);
  } catch (error) {
    rmSync(half, { recursive: true, force: true });
    // Somebody else may have been faster.
    if (!existsSync(folder)) throw error;
  }
}

function removeForgotten(prefix: string, wanted: string): void {
  for (const name of readdirSync(cache)) {
    const folder = path.join(cache, name);
    if (!name.startsWith(`${prefix}-`) || folder === wanted) continue;
    const stats = statSync(folder, { throwIfNoEntry: false });
    if (stats !== undefined && Date.now() - stats.mtimeMs > forgottenAfter) {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/**
 * Fills a folder with a Debian, without manuals, translations and recommended packages.
 *
 * @param options more arguments for mmdebstrap
 */
export async function bootstrap(
  suite: string,
  packages: readonly string[],
  root: string,
  options: readonly string[] = [],
): Promise<void> {
  await command(
    'mmdebstrap',
    ...['--mode=root', '--variant=minbase', '--quiet', `--include=${packages.join(',')}`],
    ...['man', 'locale', 'doc'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
    '--aptopt=Apt::Install-Recommends "false"',
    ...options,
    ...[suite, root, `deb ${mirror()} ${suite} main`],
  );
}

/** Where this machine has its own packages from. */
function mirror(): string {
  const folder = '/etc/apt/sources.list.d';
  const lists = existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : [];
  const text = ['/etc/apt/sources.list', ...lists]
    .filter((file) => /\.(list|sources)$/.test(file) && existsSync(file))
    .map((file) => readFileSync(file, 'utf8'));
  return (
    /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(\S+\/debian)\/?(?=\s)/m.exec(text.join('\n'))?.[1] ??
    'http://deb.debian.org/debian'
  );
}
