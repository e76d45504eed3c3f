/** Puts a disk into a config.ini and leaves everything else in it as it was: comments, order, line endings. */

import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import path from 'node:path';
import { PlugbackError, reasonOf, systemCodeOf } from '../errors.ts';
import { decodeText, encodeText } from './encoding.ts';
import { type Entry, joinedText, parseIni, readStatements, type Statement, splitLines } from './ini.ts';
import { readable } from './load.ts';
import { addAddress, disks, isFilesystemUuid, isMailAddress } from './parsers.ts';

const section = 'BACKUP';
const key = 'filesystem-ids-and-notification-mail-addresses';

/**
 * Adds a disk, or addresses to a disk that is there already.
 *
 * @param text the whole configuration, as `readConfigText` gives it
 * @param uuid the filesystem's UUID
 * @param mailAddresses who is told about this disk besides the sysops
 * @returns the new text; the same when there is nothing to add
 * @throws RangeError for what is no UUID or mail address: look at them with `isFilesystemUuid` and `mailAddresses` first
 */
export function addDisk(text: string, uuid: string, mailAddresses: readonly string[]): string {
  if (!isFilesystemUuid(uuid)) throw new RangeError('not a UUID of a filesystem');
  if (!mailAddresses.every(isMailAddress)) throw new RangeError('not a mail address');

  const page = new Page(new Page(text).entry() === null ? withEmptyEntry(text) : text);
  const entry = page.entry();
  if (entry === null) throw new Error('the new key is not where it was put');
  page.writeOut(entry);
  const tokens = page.tokens(entry);
  const place = tokens.findIndex((token) => token.text.toLowerCase() === uuid.toLowerCase());
  if (place < 0) {
    const added = [uuid, ...unique(mailAddresses)].join(', ');
    return page.append(entry, tokens.at(-1) ?? null, added, true);
  }

  const next = tokens.findIndex((token, index) => index > place && !token.text.includes('@'));
  const own = tokens.slice(place, next < 0 ? tokens.length : next);
  const isTold = (address: string): boolean =>
    own.some((token) => token.text.toLowerCase() === address.toLowerCase());
  const fresh = unique(mailAddresses).filter((address) => !isTold(address));
  if (fresh.length === 0) return text;
  return page.append(entry, own.at(-1) ?? null, fresh.join(', '), false);
}

/** Each address once, with `%` as a value has to write it. */
function unique(addresses: readonly string[]): string[] {
  const found: string[] = [];
  for (const address of addresses) addAddress(found, address.replaceAll('%', '%%'));
  return found;
}

/** A UUID or an address where it stands. */
interface Token {
  text: string;
  /** The line's index, from 0. */
  line: number;
  /** The columns of its first character and behind its last. */
  from: number;
  to: number;
}

/** The text with an empty entry for the disks: at the end of its section, or of the file where there is no section. */
function withEmptyEntry(text: string): string {
  const ending = /\r\n|\r|\n/.exec(text)?.[0] ?? '\n';
  const lines = splitLines(text);
  const statements = readStatements(lines);
  const head = statements.findIndex(
    (statement) => statement.kind === 'section' && statement.name.toLowerCase() === section.toLowerCase(),
  );
  if (head < 0) {
    const finished = lines.at(-1) === '' ? text : text + ending;
    const hasGap = lines.length < 2 ? lines[0] === '' : lines.slice(-2).every((line) => line.trim() === '');
    return `${finished}${hasGap ? '' : ending}[${section}]${ending}${key} =${ending}`;
  }
  const following = statements.slice(head + 1);
  const end = following.findIndex((statement) => statement.kind === 'section');
  const last = (end < 0 ? following : following.slice(0, end)).at(-1) ?? statements[head];
  if (last === undefined) return text;
  // As far from the left as its neighbours: after a shorter indent, a heading further right would belong to the value.
  const indent = /^\s*/.exec(lines[last.index] ?? '')?.[0] ?? '';
  const page = new Page(text);
  page.insert(lastLineOf(last) + 1, `${indent}${key} =`);
  return page.text();
}

/** The lines of a configuration, with what is needed to change one and leave the others alone. */
class Page {
  private readonly lines: string[];
  private readonly endings: string[];
  private readonly mark: string;

  constructor(text: string) {
    this.mark = text.startsWith('\ufeff') ? '\ufeff' : '';
    this.lines = splitLines(text);
    this.endings = text.match(/\r\n|\r|\n/g) ?? [];
  }

  /** The key's entry; also where DEFAULT lends it to the section. */
  entry(): Entry | null {
    const entries = readStatements(this.lines).filter((statement) => statement.kind === 'entry');
    const isIn = (name: string) => (entry: Entry) =>
      entry.section.toLowerCase() === name.toLowerCase() && entry.key.toLowerCase() === key;
    return entries.find(isIn(section)) ?? entries.find(isIn('DEFAULT')) ?? null;
  }

  insert(index: number, line: string): void {
    this.lines.splice(index, 0, line);
    this.endings.splice(Math.min(index, this.endings.length), 0, this.endings[0] ?? '\n');
  }

  text(): string {
    return this.mark + this.lines.map((line, index) => line + (this.endings[index] ?? '')).join('');
  }

  /** Writes references to other keys out in full: a disk inside of one could not get its addresses here. */
  writeOut(entry: Entry): void {
    if (!joinedText(entry).includes('%(')) return;
    const { sections, defaults } = parseIni(this.lines.join('\n'));
    const resolved = (sections.get(entry.section.toLowerCase())?.values ?? defaults).get(key)?.text ?? '';
    const [first, ...further] = entry.parts;
    if (first === undefined || !('value' in disks(resolved, 'posix'))) return;
    const value = resolved
      .replaceAll('%', '%%')
      .split(/[\s,;]+/)
      .filter((item) => item !== '');
    this.lines[first.index] = `${this.beforeValue(first.index)} ${value.join(', ')}`;
    // An empty line belongs to the value as well, and is no loss of content.
    for (const part of further) this.lines[part.index] = '';
    entry.parts = [{ index: first.index, text: value.join(', ') }];
  }

  /** The UUIDs and addresses of the value, in their order. */
  tokens(entry: Entry): Token[] {
    return entry.parts.flatMap(({ index }, place) => {
      const line = this.lines[index] ?? '';
      const start = place === 0 ? this.beforeValue(index).length : 0;
      return [...line.slice(start).matchAll(/[^\s,;]+/g)].map((match) => ({
        text: match[0],
        line: index,
        from: start + match.index,
        to: start + match.index + match[0].length,
      }));
    });
  }

  /** Puts something behind a token, or at the beginning of an empty value. A new disk gets a line where others have one. */
  append(entry: Entry, after: Token | null, added: string, isDisk: boolean): string {
    if (after === null) {
      this.lines[entry.index] = `${this.beforeValue(entry.index)} ${added}`;
      return this.text();
    }
    const line = this.lines[after.line] ?? '';
    const rest = line.slice(after.to);
    if (isDisk && after.line !== entry.index) {
      const indent = /^\s*/.exec(line)?.[0] ?? ' ';
      this.lines[after.line] = /^\s*[,;]/.test(rest) ? line : `${line.slice(0, after.to)},${rest}`;
      this.insert(after.line + 1, `${indent}${added}`);
    } else {
      this.lines[after.line] =
        `${line.slice(0, after.to)}, ${added}${isDisk ? rest.replace(/^\s*[,;]/, '') : rest}`;
    }
    return this.text();
  }

  /** The line up to and with the `=` or `:`. */
  private beforeValue(index: number): string {
    return /^[^=:]*[=:]/.exec(this.lines[index] ?? '')?.[0] ?? '';
  }
}

function lastLineOf(statement: Statement): number {
  if (statement.kind !== 'entry') return statement.index;
  return statement.parts.findLast((part) => part.text !== '')?.index ?? statement.index;
}

/**
 * The text of a configuration, for `addDisk` and `writeConfigText`; a byte order mark stays in it.
 *
 * @throws PlugbackError `config-forbidden`, `config-exists-not` when it cannot be read
 */
export function readConfigText(filePath: string): string {
  return readable(filePath, () => decodeText(fs.readFileSync(filePath)).text);
}

/**
 * Replaces a configuration's text at once: either the old file is there or the whole new one, on the disk as well.
 * Encoding, mode and owner stay; a new file can be read by its owner only.
 *
 * @throws PlugbackError `config-not-writable` when it cannot be written; the old file is then untouched
 */
export function writeConfigText(filePath: string, text: string): void {
  let temporary: string | null = null;
  try {
    // A link to a configuration elsewhere stays one.
    const target = fs.existsSync(filePath) ? fs.realpathSync(filePath) : filePath;
    const old = fs.statSync(target, { throwIfNoEntry: false });
    const bytes = encodeText(
      text,
      old === undefined ? 'utf-8' : decodeText(fs.readFileSync(target)).encoding,
    );
    temporary = `${target}.${process.pid}-${randomBytes(4).toString('hex')}.new`;
    // Nobody else may look into it before it has its mode: it may hold a password.
    const handle = fs.openSync(temporary, 'wx', 0o600);
    try {
      fs.writeFileSync(handle, bytes);
      if (old !== undefined) {
        keepOwner(handle, old);
        fs.fchmodSync(handle, old.mode & 0o7777);
      }
      fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
    fs.renameSync(temporary, target);
    temporary = null;
    syncFolder(path.dirname(target));
  } catch (error) {
    if (temporary !== null) fs.rmSync(temporary, { force: true });
    const reason = systemCodeOf(error) ?? reasonOf(error);
    throw new PlugbackError('config-not-writable', { path: filePath, reason }, { cause: error });
  }
}

function keepOwner(handle: number, old: fs.Stats): void {
  const made = fs.fstatSync(handle);
  if (made.uid === old.uid && made.gid === old.gid) return;
  fs.fchownSync(handle, old.uid, old.gid);
}

/** Without this a power cut may undo the renaming. Windows cannot, and need not. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}
