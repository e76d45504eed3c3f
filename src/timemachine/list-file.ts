/**
 * The list of what is watched: a YAML list of files, folders and patterns that people edit.
 *
 * `add` and `remove` change single lines of the text and leave every other one as it is: comments, order, quotation
 * marks, line endings, byte order mark. A name that is no UTF-8 cannot stand in YAML; it is written as
 * `!bytes "caf\xe9"`, in which each character is one byte.
 */

import { closeSync, openSync, readFileSync } from 'node:fs';
import { decodeText } from '../config/encoding.ts';
import { writeConfigText } from '../config/enroll.ts';
import { PlugbackError, reasonOf, systemCodeOf } from '../errors.ts';
import { type BytePath, bytesOfText, isText, textOfBytes } from '../system/byte-path.ts';
import type { Clock } from '../system/clock.ts';
import { withLock } from '../system/lock.ts';
import type { Entry } from './list-yaml.ts';

export interface List {
  path: string;
  text: string;
  entries: readonly Entry[];
}

/**
 * Reads the list.
 *
 * @returns null when there is no such file
 * @throws PlugbackError `list-unreadable`, `list-broken`
 */
export async function readList(path: string): Promise<List | null> {
  let text: string;
  try {
    text = decodeText(readFileSync(path)).text;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return null;
    throw new PlugbackError('list-unreadable', { path, reason: reasonOf(error) }, { cause: error });
  }
  return { path, text, entries: await parseList(text, path) };
}

/**
 * Nobody else adds or removes while the body runs: of two who write at once, one would undo what the other has done.
 *
 * @throws PlugbackError `list-not-writable` when its folder takes no lock; and what the body throws
 */
export async function holdList<T>(
  path: string,
  options: { procRoot: string; clock: Clock; signal: AbortSignal },
  body: () => Promise<T>,
): Promise<T> {
  try {
    return await withLock({ ...options, path, wait: true, onLost: () => undefined }, body);
  } catch (error) {
    if (!(error instanceof PlugbackError) || error.code !== 'directory-unusable') throw error;
    const { reason } = (error as PlugbackError<'directory-unusable'>).details;
    throw new PlugbackError('list-not-writable', { path, reason }, { cause: error });
  }
}

/**
 * Makes an empty list, unless somebody has made one in the meantime: then it is that one.
 *
 * @throws PlugbackError `list-not-writable`, `list-unreadable`, `list-broken`
 */
export async function createList(path: string): Promise<List> {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    const list = systemCodeOf(error) === 'EEXIST' ? await readList(path) : null;
    if (list !== null) return list;
    throw new PlugbackError('list-not-writable', { path, reason: reasonOf(error) }, { cause: error });
  }
  return { path, text: '', entries: [] };
}

/**
 * Adds entries at the end, as far from the left as the others, and writes the file.
 *
 * @throws PlugbackError `list-not-writable`, `list-broken`
 */
export async function addToList(list: List, added: readonly BytePath[]): Promise<void> {
  const text = await withLines(list.text);
  const ending = /\r\n|\n/.exec(text)?.[0] ?? '\n';
  const last = (await parseList(text, list.path)).at(-1);
  const indent = last === undefined ? '' : (/^[ ]*/.exec(text.slice(last.from))?.[0] ?? '');
  const lines = (await Promise.all(added.map(yamlOf))).map((value) => `${indent}- ${value}${ending}`);
  const at = last?.to ?? text.length;
  const before = text.slice(0, at);
  const gap = before === '' || before === mark || before.endsWith('\n') ? '' : ending;
  await writeList(list.path, before + gap + lines.join('') + text.slice(at));
}

/**
 * Takes names out, each wherever it stands, and writes the file.
 *
 * @throws PlugbackError `list-not-writable`, `list-broken`
 */
export async function removeFromList(list: List, removed: readonly BytePath[]): Promise<void> {
  const text = await withLines(list.text);
  const rest = (await parseList(text, list.path))
    .filter((entry) => removed.includes(entry.bytes))
    .toReversed()
    .reduce((left, { from, to }) => left.slice(0, from) + left.slice(to), text);
  await writeList(list.path, rest);
}

/** What cannot be read back is not written. */
async function writeList(path: string, text: string): Promise<void> {
  await parseList(text, path);
  try {
    writeConfigText(path, text);
  } catch (error) {
    if (!(error instanceof PlugbackError) || error.code !== 'config-not-writable') throw error;
    const { reason } = (error as PlugbackError<'config-not-writable'>).details;
    throw new PlugbackError('list-not-writable', { path, reason }, { cause: error });
  }
}

async function withLines(text: string): Promise<string> {
  return isPlain(text) ? text : (await import('./list-yaml.ts')).asBlockList(text);
}

/** The entry as YAML, on one line. */
async function yamlOf(bytes: BytePath): Promise<string> {
  if (!isText(bytes)) {
    const escaped = bytes.replaceAll(/["\\\x00-\x1f\x7f-\xff]/g, (byte) =>
      byte === '"' || byte === '\\' ? `\\${byte}` : `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
    return `!bytes "${escaped}"`;
  }
  const text = textOfBytes(bytes);
  const line = `- ${text}`;
  if (plainLine.test(line) && !notText.test(line)) return text;
  // JSON's strings are YAML's, on one line whatever is in them.
  return JSON.stringify(text).replaceAll(/[\x7f-\x9f\u2028\u2029\ufeff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/**
 * The entries of a list's text.
 *
 * @throws PlugbackError `list-broken` with the first line that is no entry
 */
export async function parseList(text: string, path: string): Promise<Entry[]> {
  return isPlain(text) ? parsePlain(text) : (await import('./list-yaml.ts')).parseYaml(text, path);
}

const mark = '\ufeff';

/** A line that means to YAML what it looks like: nothing in it that could be syntax. */
const plainLine = /^(?:[ \t]*(?:#.*)?|[ ]*- [\p{L}\p{N}_/.~](?:[\p{L}\p{N}_/.+@~,()=-]| (?! |#|$))*)$/u;
/** Words that YAML reads as something else than text. */
const notText = /^[ ]*- (?:true|false|null|~|yes|no|on|off|[\d.+-][\d._,eExXoO+-]*)$/i;

/** Reading ten thousand lines as YAML takes longer than looking at all the files; most lists need none of it. */
function isPlain(text: string): boolean {
  let indent: number | null = null;
  return withoutMark(text)
    .split(/\r\n|\n/)
    .every((line) => {
      if (!plainLine.test(line)) return false;
      const dash = line.indexOf('-');
      if (dash < 0 || line.trimStart().startsWith('#')) return true;
      indent ??= dash;
      return dash === indent;
    });
}

function parsePlain(text: string): Entry[] {
  const entries: Entry[] = [];
  for (const match of text.matchAll(/^\ufeff?[ ]*- ([^\r\n]*)(?:\r?\n|$)/gm)) {
    const from = match.index + (match[0].startsWith(mark) ? 1 : 0);
    entries.push({ bytes: bytesOfText(match[1] ?? ''), from, to: match.index + match[0].length });
  }
  return entries;
}

function withoutMark(text: string): string {
  return text.startsWith(mark) ? text.slice(1) : text;
}
