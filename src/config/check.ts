/** Holds the sections and keys of a file against the schema: typed values, or what is wrong with each. */

import { type Sentence, sentence } from '../messages/translator.ts';
import type { Ini, IniSection, IniValue } from './ini.ts';
import { nearestName } from './nearest.ts';
import type { Platform } from './parsers.ts';
import type { ConfigProblem } from './problems.ts';
import type { Key, Schema, Section, ValuesOf } from './schema.ts';

/** The machine on which the configuration is read. */
export interface Surroundings {
  environment: Environment;
  platform: Platform;
}

export type Environment = { readonly [name: string]: string | undefined };

/** One section of the file. What could not be read is missing from `values`. */
export interface CheckedSection<S extends Section> {
  /** What stands behind the section's word in `[COMPUTER name]`; '' for the others. */
  name: string;
  values: Partial<ValuesOf<S>>;
}

/** The sections that may be there once have exactly one entry, also when the file does not hold them. */
export type CheckedSections<S extends Schema> = { [N in keyof S]: CheckedSection<S[N]>[] };

export interface Checked<S extends Schema> {
  sections: CheckedSections<S>;
  problems: ConfigProblem[];
  /** The line on which a key stands, from 1; null when its section does not hold it. */
  lineOf(section: string, key: string): number | null;
  /** Has the file a value for it, and not just an empty one? */
  hasValue(section: string, key: string): boolean;
}

/** A section of the file with the place in the schema that it belongs to. */
interface Placed {
  section: string;
  name: string;
  found: IniSection;
}

/** Checks all that a file holds against a schema. Never throws. */
export function checkIni<S extends Schema>(schema: S, ini: Ini, surroundings: Surroundings): Checked<S> {
  const { placed, problems } = placeSections(schema, ini);
  const isTyped = new Map(
    placed.map(({ section, name, found }) => [found.name.toLowerCase(), { section, name }]),
  );
  for (const problem of ini.problems) {
    const place = isTyped.get((problem.section ?? '').toLowerCase());
    const section = place === undefined ? problem.section : fullName(place.section, place.name);
    problems.push({ ...problem, section, key: problem.key?.toLowerCase() ?? null });
  }

  const lines = new Map<string, number>();
  const filled = new Set<string>();
  const sections: { [section: string]: CheckedSection<Section>[] } = {};
  for (const [section, definition] of Object.entries(schema)) {
    const present = placed.filter((place) => place.section === section);
    const places =
      present.length > 0 || definition.isNamed === true ? present : [{ section, name: '', found: null }];
    sections[section] = places.map(({ name, found }) => {
      const where = fullName(section, name);
      const given = placeKeys(schema, section, found, where, problems);
      for (const [key, value] of given) {
        lines.set(`${where}.${key}`, value.line);
        if (value.text !== '') filled.add(`${where}.${key}`);
      }
      const values: { [key: string]: unknown } = {};
      for (const [key, keyDefinition] of Object.entries(definition.keys)) {
        const value = given.get(key) ?? (found?.inherited ?? ini.defaults).get(key) ?? null;
        const read = readValue(keyDefinition, value, surroundings);
        if ('value' in read) values[key] = read.value;
        else {
          const line = value?.line ?? null;
          problems.push(...read.problems.map((said) => ({ section: where, key, line, said })));
        }
      }
      return { name, values };
    });
  }
  return {
    sections: sections as unknown as CheckedSections<S>,
    problems,
    lineOf: (section, key) => lines.get(`${section}.${key}`) ?? null,
    hasValue: (section, key) => filled.has(`${section}.${key}`),
  };
}

function fullName(section: string, name: string): string {
  return name === '' ? section : `${section} ${name}`;
}

/** Finds the schema's section for each of the file's; one whose name was only mistyped is read all the same. */
function placeSections(schema: Schema, ini: Ini): { placed: Placed[]; problems: ConfigProblem[] } {
  const placed: Placed[] = [];
  const problems: ConfigProblem[] = [];
  const unknown: IniSection[] = [];
  for (const found of ini.sections.values()) {
    const [word = '', ...rest] = found.name.split(/\s+/);
    const section = Object.keys(schema).find((known) => known.toLowerCase() === word.toLowerCase());
    const isNamed = section !== undefined && schema[section]?.isNamed === true;
    const name = rest.join(' ');
    if (section === undefined || (!isNamed && name !== '')) unknown.push(found);
    else if (isNamed && name === '') {
      const said = sentence('config.section-needs-name', { section });
      problems.push({ section, key: null, line: found.line, said });
    } else placed.push({ section, name, found });
  }
  for (const found of unknown) {
    const [word = '', ...rest] = found.name.split(/\s+/);
    const { name: section, isSlip } = nearestName(word, Object.keys(schema));
    const isNamed = schema[section]?.isNamed === true;
    const said = sentence('config.unknown-section', { nearest: isNamed ? `${section} name` : section });
    problems.push({ section: found.name, key: null, line: found.line, said });
    const isFree = isNamed
      ? rest.length > 0
      : rest.length === 0 && !placed.some((place) => place.section === section);
    if (isSlip && isFree) placed.push({ section, name: rest.join(' '), found });
  }
  return { placed, problems };
}

/** The file's values by the schema's keys. Says which keys nobody knows; one that was only mistyped is read all the same. */
function placeKeys(
  schema: Schema,
  section: string,
  found: IniSection | null,
  where: string,
  problems: ConfigProblem[],
): Map<string, IniValue> {
  const keys = schema[section]?.keys ?? {};
  const placed = new Map<string, IniValue>();
  const unknown: [string, IniValue][] = [];
  for (const [typed, value] of found?.values ?? []) {
    const key = keyOf(keys, typed);
    if (key === null) {
      unknown.push([typed, value]);
      continue;
    }
    const other = placed.get(key);
    // An empty one beside a filled one is the template's; it says nothing.
    if (other !== undefined && other.text !== '' && value.text !== '' && other.text !== value.text) {
      const [alias, original] = typed === key ? [other, value] : [value, other];
      const said = sentence('config.alias-differs', { other: original.key.toLowerCase() });
      problems.push({ section: where, key: alias.key.toLowerCase(), line: alias.line, said });
    }
    if (other === undefined || other.text === '' || (typed === key && value.text !== ''))
      placed.set(key, value);
  }
  for (const [typed, value] of unknown) {
    const at = { section: where, key: typed, line: value.line };
    const elsewhere = Object.keys(schema).find((other) => keyOf(schema[other]?.keys ?? {}, typed) !== null);
    if (elsewhere !== undefined) {
      const isNamed = schema[elsewhere]?.isNamed === true;
      const said = sentence('config.key-elsewhere', { section: isNamed ? `${elsewhere} name` : elsewhere });
      problems.push({ ...at, said });
      continue;
    }
    const { name: nearest, isSlip } = nearestName(typed, Object.keys(keys));
    problems.push({ ...at, said: sentence('config.unknown-key', { nearest }) });
    if (isSlip && !placed.has(nearest)) placed.set(nearest, value);
  }
  return placed;
}

function keyOf(keys: Section['keys'], typed: string): string | null {
  const found = Object.entries(keys).find(([key, { aliases }]) => key === typed || aliases?.includes(typed));
  return found?.[0] ?? null;
}

function readValue(
  key: Key,
  value: IniValue | null,
  surroundings: Surroundings,
): { value: unknown } | { problems: Sentence[] } {
  const typed = value?.text ?? '';
  if (value !== null && value.wrong !== null) return { problems: [value.wrong] };
  const form = formProblem(key, typed);
  if (form !== null) return { problems: [form] };
  const variable = key.variable === undefined ? '' : (surroundings.environment[key.variable] ?? '');
  // On Windows a colon belongs to the path, and nothing sets these variables to a list.
  const first = surroundings.platform === 'win32' ? variable : (variable.split(':')[0] ?? '');
  const candidates = [typed, first, defaultOf(key, surroundings)];
  const text = candidates.find((candidate) => candidate !== '') ?? '';
  if (text === '' && key.required !== undefined) return { problems: [key.required] };
  return key.parse(text, surroundings.platform);
}

/** A key's default on this machine, as one would write it into the file. */
export function defaultOf(key: Key, { environment, platform }: Surroundings): string {
  return platform === 'win32' && key.onWindows !== undefined ? key.onWindows(environment) : key.default;
}

/**
 * An indented line below a value belongs to it, which hardly anybody wants. Such a value is not quoted: the line that
 * it swallowed may be the password's.
 */
function formProblem(key: Key, text: string): Sentence | null {
  const further = text.split('\n').slice(1);
  if (further.length === 0) return null;
  for (const line of further) {
    const swallowed = /^([a-z][a-z0-9_-]*)\s*[=:]/i.exec(line)?.[1];
    if (swallowed !== undefined) return sentence('config.swallowed-key', { key: swallowed });
  }
  return key.isList === true ? null : sentence('config.several-lines');
}
