/**
 * Lists that are more than plain lines, read by the YAML library; a file of its own, because few lists need it and
 * loading it takes as long as looking at ten thousand files.
 */

import { type ErrorCode, isAlias, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { PlugbackError } from '../errors.ts';
import { type BytePath, bytesOfText } from '../system/byte-path.ts';

/** One entry of the list, where it stands in the text. */
export interface Entry {
  bytes: BytePath;
  /** The entry's lines: where the first begins, and where the one behind them does. */
  from: number;
  to: number;
}

/** The library knows English only; these are told in words in every language. */
const reasons: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_DQ_ESCAPE: 'a backslash between quotation marks is written twice',
  BAD_INDENT: 'a quotation mark or a bracket is missing',
  BAD_SCALAR_START: 'begins with a special sign',
  MULTIPLE_DOCS: 'another list begins',
  MISSING_CHAR: 'a quotation mark or a bracket is missing',
  TAB_AS_INDENT: 'a tab instead of blanks',
};

const byteTag = '!bytes';
const mark = '\ufeff';

/** A list in brackets, `[a, b]`, has no lines of its own: it is written out with one line an entry; others stay. */
export function asBlockList(text: string): string {
  const document = parseDocument(withoutMark(text).replaceAll('\r\n', '\n'), {
    schema: 'failsafe',
    logLevel: 'silent',
  });
  if (!isSeq(document.contents) || document.contents.flow !== true) return text;
  document.contents.flow = false;
  const block = document.contents.items.length === 0 ? '' : document.toString({ lineWidth: 0 });
  const ending = text.includes('\r\n') ? '\r\n' : '\n';
  return (text.startsWith(mark) ? mark : '') + block.replaceAll('\n', ending);
}

/** @throws PlugbackError `list-broken` with the first line that is no entry */
export function parseYaml(text: string, path: string): Entry[] {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: 'failsafe',
    lineCounter: lines,
    prettyErrors: false,
    // Silent, it would pass over a second document: all entries behind a line of three hyphens.
    logLevel: 'error',
  });
  const broken = (at: number, reason: string) =>
    new PlugbackError('list-broken', { path, line: lines.linePos(at).line, reason });
  // A pattern such as *.txt is an alias to YAML, and one that leads nowhere.
  const error = document.errors.find(({ code }) => code !== 'BAD_ALIAS');
  if (error !== undefined) throw broken(error.pos[0], reasons[error.code] ?? 'not an entry of a list');
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === '')) return [];
  if (!isSeq(contents)) throw broken(0, 'not a list');
  return contents.items.flatMap((item) => {
    if (!isScalar(item) && !isAlias(item)) {
      const { range } = item as { range?: readonly number[] | null };
      throw broken(range?.[0] ?? 0, 'not a file name');
    }
    const [start, end] = item.range ?? [0, 0];
    const bytes = isAlias(item)
      ? bytesOfText(`*${item.source}`)
      : bytesOfScalar(String(item.value ?? ''), item.tag);
    if (bytes === null) throw broken(start, 'not a file name');
    return bytes === '' ? [] : [{ bytes, ...linesAround(text, start, end) }];
  });
}

/** Null for bytes that are none. */
function bytesOfScalar(value: string, tag: string | undefined): BytePath | null {
  if (tag !== byteTag) return bytesOfText(value);
  return /^[\x01-\xff]*$/.test(value) ? (value as BytePath) : null;
}

function linesAround(text: string, start: number, end: number): { from: number; to: number } {
  const from = Math.max(text.lastIndexOf('\n', start - 1) + 1, text.startsWith(mark) ? 1 : 0);
  // A text of several lines ends where its last line does.
  const last = text.indexOf('\n', text[end - 1] === '\n' ? end - 1 : end);
  return { from, to: last < 0 ? text.length : last + 1 };
}

function withoutMark(text: string): string {
  return text.startsWith(mark) ? text.slice(1) : text;
}
