/**
 * Reads config.ini in the dialect of Python's ConfigParser, so that a file written for the seed's tool loads unchanged.
 *
 * The dialect differs from what the package `ini` reads: values are literal (`;`, `#`, quotes and backslashes belong to
 * them), `key: value` is as good as `key = value`, indented lines go on with the value above, `%(key)s` refers to another
 * key, and names may hold dots and brackets. So the text is first taken apart into its statements, these are written
 * down again in a form that `ini` cannot misread, and `ini` parses that.
 */

import { parse } from 'ini';
import { type Sentence, sentence } from '../messages/translator.ts';
import type { ConfigProblem } from './problems.ts';

/** One physical line of a value. */
export interface ValuePart {
  /** The line's index, from 0. */
  index: number;
  /** Trimmed; '' for a blank line inside a value. */
  text: string;
}

export type Statement =
  | { kind: 'section'; index: number; name: string }
  | { kind: 'entry'; index: number; section: string; key: string; parts: ValuePart[] }
  | { kind: 'outside'; index: number }
  | { kind: 'nonsense'; index: number };

export type Entry = Extract<Statement, { kind: 'entry' }>;

export interface IniValue {
  /** The key as typed. */
  key: string;
  /** The line of the key, from 1. */
  line: number;
  /** Lines are joined by '\n', references are filled in. */
  text: string;
  /** What is wrong with a reference in it; null when all is well. */
  wrong: Sentence | null;
}

export interface IniSection {
  /** As typed, without blanks around it. */
  name: string;
  /** The line of its heading, from 1. */
  line: number;
  /** By the key in lower case. */
  values: ReadonlyMap<string, IniValue>;
  /** What DEFAULT lends to it, with references to its own keys filled in; by the key in lower case. */
  inherited: ReadonlyMap<string, IniValue>;
}

export interface Ini {
  /** By the name in lower case, in the file's order, without DEFAULT. */
  sections: ReadonlyMap<string, IniSection>;
  /** What the section DEFAULT lends to a section that the file does not hold; by the key in lower case. */
  defaults: ReadonlyMap<string, IniValue>;
  problems: ConfigProblem[];
}

const defaultSection = 'default';

/** ConfigParser's limit for references that lead to references. */
const deepestReference = 10;

/** Each key that refers to a hundred others, ten times over, would keep us busy for ever. */
const mostReferences = 1000;

/** More of them say nothing new: it is some other file. */
const mostNonsenseLines = 20;

/** The lines of a text without their endings; CRLF, LF and CR alone all end a line. A byte order mark is dropped. */
export function splitLines(text: string): string[] {
  return text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/);
}

/** Takes the lines apart into headings and keys with their values; comments and blank lines between them are left out. */
export function readStatements(lines: readonly string[]): Statement[] {
  const statements: Statement[] = [];
  let section: string | null = null;
  let entry: Entry | null = null;
  let indent = 0;
  for (const [index, line] of lines.entries()) {
    const text = line.trim();
    if (text === '') {
      entry?.parts.push({ index, text });
      continue;
    }
    if (text.startsWith('#') || text.startsWith(';')) continue;

    const lineIndent = line.search(/\S/);
    if (entry !== null && lineIndent > indent) {
      entry.parts.push({ index, text });
      continue;
    }
    indent = lineIndent;
    const heading = /^\[(.+)\]/s.exec(text)?.[1]?.trim();
    if (heading !== undefined && heading !== '') {
      section = heading;
      entry = null;
      statements.push({ kind: 'section', index, name: heading });
    } else if (section === null) {
      statements.push({ kind: 'outside', index });
    } else {
      const delimiter = text.search(/[=:]/);
      entry = null;
      if (delimiter <= 0) {
        statements.push({ kind: 'nonsense', index });
      } else {
        const key = text.slice(0, delimiter).trim();
        entry = {
          kind: 'entry',
          index,
          section,
          key,
          parts: [{ index, text: text.slice(delimiter + 1).trim() }],
        };
        statements.push(entry);
      }
    }
  }
  return statements;
}

/** The text of a config.ini as sections and values, and what is wrong with its form. Never throws. */
export function parseIni(text: string): Ini {
  const statements = readStatements(splitLines(text));
  const problems = formProblems(statements);
  const entries = firstOfEach(statements.filter((statement) => statement.kind === 'entry'));
  const raw = readBack(entries);

  const namesOfSections = new Map<string, { name: string; line: number }>();
  for (const statement of statements) {
    if (statement.kind !== 'section' || namesOfSections.has(statement.name.toLowerCase())) continue;
    namesOfSections.set(statement.name.toLowerCase(), { name: statement.name, line: statement.index + 1 });
  }
  const rawDefaults = raw.get(defaultSection) ?? new Map<string, string>();
  const entriesBySection = new Map<string, Entry[]>();
  for (const entry of entries) {
    const id = entry.section.toLowerCase();
    const known = entriesBySection.get(id);
    if (known === undefined) entriesBySection.set(id, [entry]);
    else known.push(entry);
  }
  /** The values that stand in one section, seen from another. */
  const valuesOf = (id: string, seenFrom: string): Map<string, IniValue> => {
    const own = raw.get(seenFrom) ?? new Map<string, string>();
    const values = new Map<string, IniValue>();
    for (const { key, index } of entriesBySection.get(id) ?? []) {
      const text = raw.get(id)?.get(key.toLowerCase()) ?? '';
      const filled = fillIn(text, (other) => own.get(other) ?? rawDefaults.get(other));
      values.set(key.toLowerCase(), { key, line: index + 1, ...filled });
    }
    return values;
  };

  const sections = new Map<string, IniSection>();
  for (const [id, { name, line }] of namesOfSections) {
    if (id === defaultSection) continue;
    sections.set(id, { name, line, values: valuesOf(id, id), inherited: valuesOf(defaultSection, id) });
  }
  return { sections, defaults: valuesOf(defaultSection, defaultSection), problems };
}

/** Lines that are neither heading nor setting, and names that are there twice. */
function formProblems(statements: readonly Statement[]): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const seen = new Map<string, number>();
  const isRepeated = (id: string, line: number): number | null => {
    const first = seen.get(id);
    if (first === undefined) seen.set(id, line);
    return first ?? null;
  };
  let nonsense = 0;
  let outside = 0;
  let isSecondSection = false;
  for (const statement of statements) {
    const line = statement.index + 1;
    if (statement.kind === 'nonsense') {
      nonsense += 1;
      if (nonsense > mostNonsenseLines) continue;
      problems.push({ section: null, key: null, line, said: sentence('config.not-a-setting') });
    } else if (statement.kind === 'outside') {
      outside += 1;
      if (outside > 1) continue;
      problems.push({ section: null, key: null, line, said: sentence('config.no-section') });
    } else if (statement.kind === 'section') {
      const first = isRepeated(JSON.stringify([statement.name.toLowerCase()]), line);
      // ConfigParser, too, takes several [DEFAULT].
      isSecondSection = first !== null && statement.name.toLowerCase() !== defaultSection;
      if (first === null || !isSecondSection) continue;
      problems.push({
        section: statement.name,
        key: null,
        line,
        said: sentence('config.twice', { first, second: line }),
      });
    } else if (!isSecondSection) {
      // Of a section that is there twice, that one mistake is told, and not each key of it.
      const { section, key } = statement;
      const first = isRepeated(JSON.stringify([section.toLowerCase(), key.toLowerCase()]), line);
      if (first === null) continue;
      problems.push({ section, key, line, said: sentence('config.twice', { first, second: line }) });
    }
  }
  return problems;
}

function firstOfEach(entries: readonly Entry[]): Entry[] {
  const seen = new Set<string>();
  return entries.filter(({ section, key }) => {
    const id = JSON.stringify([section.toLowerCase(), key.toLowerCase()]);
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}

/** The value of an entry with its references still in it. */
export function joinedText(entry: Entry): string {
  return entry.parts
    .map((part) => part.text)
    .join('\n')
    .trimEnd();
}

/** Writes the entries in a form that `ini` cannot misread, has it parse them, and undoes the form. */
function readBack(entries: readonly Entry[]): Map<string, Map<string, string>> {
  const lines: string[] = [];
  for (const entry of entries) {
    const name = harmless(entry.key.toLowerCase());
    lines.push(`[${harmless(entry.section.toLowerCase())}]`, `${name}=${quoted(joinedText(entry))}`);
  }
  const sections = new Map<string, Map<string, string>>();
  const parsed: { [section: string]: { [key: string]: unknown } } = parse(lines.join('\n'));
  for (const [section, values] of Object.entries(parsed)) {
    const texts = Object.entries(values).map(([key, value]): [string, string] => [
      original(key),
      // `ini` makes true, false and null of the words, even of quoted ones.
      String(value),
    ]);
    sections.set(original(section), new Map(texts));
  }
  return sections;
}

/** A name in which nothing is left that `ini` treats specially: dots, brackets, quotes, `[]` at the end, `__proto__`. */
function harmless(name: string): string {
  return name.replaceAll(/[^a-z0-9-]/g, (character) => `_${character.charCodeAt(0).toString(16)}_`);
}

function original(name: string): string {
  return name.replaceAll(/_([0-9a-f]+)_/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

function quoted(text: string): string {
  // JSON leaves these two as they are, and they would end the line for `ini`.
  return JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

/**
 * Fills in references: `%(key)s` is the value of that key, `%%` a percent sign. Any other `%` stands for itself, where
 * ConfigParser would stop: a password may hold one.
 */
function fillIn(text: string, look: (key: string) => string | undefined): Pick<IniValue, 'text' | 'wrong'> {
  const wrong: Sentence[] = [];
  let references = 0;
  const fill = (part: string, depth: number): string =>
    part.replaceAll(/%%|%\(([^)]+)\)s/g, (match, name: string | undefined) => {
      if (name === undefined) return '%';
      if (wrong.length > 0) return match;
      references += 1;
      const value = look(name.trim().toLowerCase());
      if (depth > deepestReference || references > mostReferences)
        wrong.push(sentence('config.reference-endless'));
      else if (value === undefined) wrong.push(sentence('config.reference-unknown', { name: name.trim() }));
      else return fill(value, depth + 1);
      return match;
    });
  return { text: fill(text, 1), wrong: wrong[0] ?? null };
}
