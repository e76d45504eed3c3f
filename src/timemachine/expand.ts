/** From the lines of the list to the files that are watched: a line is a file, a folder with all in it, or a pattern. */

import { type Dirent, lstatSync, readdirSync, realpathSync } from 'node:fs';
import {
  type BytePath,
  bytesOf,
  bytesOfText,
  folderOfBytes,
  joinBytes,
  nameOfBytes,
  nodePath,
  resolveBytes,
  textOfBytes,
} from '../system/byte-path.ts';
import { type Look, lookAt, troubleOf } from './file-state.ts';
import { othersFiles } from './own-files.ts';

/** A file of the list, as it is found there. */
export interface Watched {
  file: BytePath;
  /** As people know it: as in the list, or its path. */
  name: string;
  look: Look;
}

export interface Expanded {
  /** Each once, in the list's order. */
  files: Watched[];
  /** Patterns that nothing matches yet. */
  unmatched: string[];
  /** In which a file that appears belongs to the list. */
  folders: Set<BytePath>;
  /** In which only the files of the list count. */
  parents: Set<BytePath>;
  /** What links of the list lead to, and the files of the list that are these links. */
  targets: Map<BytePath, BytePath[]>;
}

export interface ExpandOptions {
  /** What relative names in the list start from. */
  cwd: BytePath;
  /** Files that are ours: a folder that holds the copies as well is watched without them. */
  isOurs: (file: BytePath) => boolean;
  /** Was it copied before, as a file? Then it is no folder of the list, even where one has taken its place. */
  isKnownFile: (file: BytePath) => boolean;
}

/** Finds the files, and looks at each once. */
export async function expandList(entries: readonly BytePath[], options: ExpandOptions): Promise<Expanded> {
  const files = new Map<BytePath, Watched>();
  const folders = new Set<BytePath>();
  const parents = new Set<BytePath>();
  const targets = new Map<BytePath, BytePath[]>();
  const unmatched: string[] = [];
  const add = (watched: Watched) => {
    if (!files.has(watched.file)) files.set(watched.file, watched);
  };
  const realFolders = new Map<BytePath, BytePath>();
  /** Is it ours, as it is named or behind the links of its folder? */
  const isOurs = (file: BytePath): boolean => {
    if (options.isOurs(file)) return true;
    const folder = folderOfBytes(file);
    const real = realFolders.get(folder) ?? realFolderOf(folder);
    realFolders.set(folder, real);
    return real !== folder && options.isOurs(joinBytes(real, nameOfBytes(file)));
  };
  const visit: Visitor = {
    file: (file, name) => add({ file, name, look: lookAt(file) }),
    folder: (folder) => folders.add(folder),
    unreadable: (folder, error) =>
      add({ file: folder, name: textOfBytes(folder), look: { trouble: troubleOf(error) } }),
    isOurs,
  };
  for (const entry of entries) {
    const file = resolveBytes(options.cwd, entry);
    if (isOurs(file)) continue;
    const look = lookAt(file);
    const isFolder = 'trouble' in look && look.trouble.kind === 'folder' && !options.isKnownFile(file);
    const isMissing = 'trouble' in look && look.trouble.kind === 'missing';
    if (isFolder) walk(file, visit, () => true);
    else if (isMissing && /[*?[{(]/.test(entry)) {
      const found = await expandPattern(entry, options, visit);
      // A name with such signs may be that of a file, which is missing then.
      const isPattern = /[*?[{]/.test(entry) && !options.isKnownFile(file);
      if (!found && isPattern) unmatched.push(textOfBytes(entry));
      else if (!found) add({ file, name: textOfBytes(entry), look });
    } else {
      const target = targetOf(file);
      if (target !== null && options.isOurs(target)) continue;
      parents.add(folderOfBytes(file));
      if (target !== null) {
        parents.add(folderOfBytes(target));
        targets.set(target, [...(targets.get(target) ?? []), file]);
      }
      add({ file, name: textOfBytes(entry), look });
    }
  }
  return { files: [...files.values()], unmatched, folders, parents, targets };
}

/** The folder behind links; itself where there is none. */
function realFolderOf(folder: BytePath): BytePath {
  try {
    // The quick one: this is asked of each folder.
    return bytesOf(realpathSync.native(nodePath(folder), { encoding: 'buffer' }));
  } catch {
    return folder;
  }
}

/** Where a link leads in the end; null for what is no link, or one that leads nowhere. */
function targetOf(file: BytePath): BytePath | null {
  try {
    const isLink = lstatSync(nodePath(file), { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
    return isLink ? bytesOf(realpathSync(nodePath(file), { encoding: 'buffer' })) : null;
  } catch {
    return null;
  }
}

interface Visitor {
  file(file: BytePath, name: string): void;
  folder(folder: BytePath): void;
  unreadable(folder: BytePath, error: unknown): void;
  isOurs(file: BytePath): boolean;
}

/** @returns whether any file matched */
async function expandPattern(entry: BytePath, options: ExpandOptions, visit: Visitor): Promise<boolean> {
  // Loaded on first use: few lists have patterns.
  const { readPattern } = await import('./pattern.ts');
  const pattern = readPattern(textOfBytes(entry));
  const base = resolveBytes(options.cwd, bytesOfText(pattern.base));
  let found = false;
  const matching: Visitor = {
    ...visit,
    file: (file, name) => {
      if (!pattern.matches(textOfBytes(file.slice(base === '/' ? 1 : base.length + 1) as BytePath))) return;
      found = true;
      visit.file(file, name);
    },
    // A pattern may lead through folders that are nobody's business.
    unreadable: () => undefined,
  };
  walk(base, matching, (depth) => depth < pattern.depth);
  return found;
}

/** Visits a folder and all below it; links are not followed, and what is neither file nor folder is passed over. */
function walk(
  folder: BytePath,
  visit: Visitor,
  mayDescend: (depth: number) => boolean,
  depth: number = 1,
): void {
  visit.folder(folder);
  let entries: Dirent<Buffer>[];
  try {
    entries = readdirSync(nodePath(folder), { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    visit.unreadable(folder, error);
    return;
  }
  const found = entries.map((entry) => ({ entry, name: bytesOf(entry.name) }));
  found.sort((one, other) => (one.name < other.name ? -1 : 1));
  const isOthers = othersFiles(folder, new Set(found.map(({ name }) => name)));
  for (const { entry, name } of found) {
    const file = joinBytes(folder, name);
    if (visit.isOurs(file) || isOthers(name)) continue;
    if (entry.isFile()) visit.file(file, textOfBytes(file));
    else if (entry.isDirectory() && mayDescend(depth)) walk(file, visit, mayDescend, depth + 1);
  }
}
