/** What is written from the schema: config.ini.template, and the README's table of keys. */

import type { Language } from '../messages/format.ts';
import { type Key, type Schema, schema } from './schema.ts';

const width = 100;

/** The README's table stands between these two lines. */
export const tableBegin = '<!-- config:begin -->';
export const tableEnd = '<!-- config:end -->';

const words: {
  readonly [L in Language]: { intro: readonly string[]; columns: string; required: string; name: string };
} = {
  en: {
    intro: [
      'The configuration of plugback.',
      'Copy it to /etc/plugback/config.ini, or to config.ini in the folder where you call plugback, fill in ' +
        'backup-source, and try: plugback check',
      'An empty value means the default that the comment or the value below shows. Names of sections and keys may be in ' +
        'upper or lower case. Each key begins at the left and has its value on the same line; # and ; begin a comment ' +
        'only at the beginning of a line. In a value, %% is a percent sign and %(key)s the value of another key.',
    ],
    columns: '| Key | Default | Meaning |',
    required: 'must be filled in',
    name: 'name',
  },
  de: {
    intro: [
      'Die Konfiguration von plugback.',
      'Kopieren Sie sie nach /etc/plugback/config.ini oder als config.ini in den Ordner, in dem Sie plugback aufrufen, ' +
        'füllen Sie backup-source aus und versuchen Sie: plugback check',
      'Ein leerer Wert bedeutet die Vorgabe, die im Kommentar oder im Wert darunter steht. Namen von Abschnitten und ' +
        'Schlüsseln dürfen groß oder klein geschrieben sein. Jeder Schlüssel beginnt ganz links und hat seinen Wert in ' +
        'derselben Zeile; # und ; leiten nur am Zeilenanfang einen Kommentar ein. In einem Wert ist %% ein ' +
        'Prozentzeichen und %(schlüssel)s der Wert eines anderen Schlüssels.',
    ],
    columns: '| Schlüssel | Vorgabe | Bedeutung |',
    required: 'muss ausgefüllt werden',
    name: 'Name',
  },
};

/** The whole config.ini.template: each section and key with its help, and the default as the value. */
export function renderTemplate(language: Language = 'en', sections: Schema = schema): string {
  const blocks = [words[language].intro.map((paragraph) => comment(paragraph)).join('\n#\n')];
  for (const [name, { help, keys, isNamed }] of Object.entries(sections)) {
    // Such a section is there once for each computer or job, or not at all.
    const off = isNamed === true ? '#' : '';
    blocks.push(`\n${heading(help[language])}\n${off}[${sectionHeading(name, isNamed, language)}]`);
    for (const [key, definition] of Object.entries(keys)) {
      // A value in the file would win over the variable that the service manager sets.
      const value =
        definition.variable === undefined && definition.leftOpen !== true ? definition.default : '';
      blocks.push(`${comment(definition.help[language])}\n${`${off}${key} = ${value}`.trimEnd()}`);
    }
  }
  return `${blocks.join('\n\n')}\n`;
}

/** The table of keys in Markdown with the two lines that it stands between. */
export function renderConfigTable(language: Language = 'en', sections: Schema = schema): string {
  const parts: string[] = [tableBegin];
  for (const [name, { help, keys, isNamed }] of Object.entries(sections)) {
    const rows = Object.entries(keys).map(([key, definition]) => row(key, definition, language));
    parts.push(
      `**\`[${sectionHeading(name, isNamed, language)}]\`** ${help[language]}`,
      [words[language].columns, '|---|---|---|', ...rows].join('\n'),
    );
  }
  return [...parts, tableEnd].join('\n\n');
}

/**
 * A README with its table brought up to date.
 *
 * @throws Error when it has no place for the table
 */
export function replaceConfigTable(readme: string, language: Language = 'en'): string {
  const begin = readme.indexOf(tableBegin);
  const end = readme.indexOf(tableEnd);
  if (begin < 0 || end < begin) throw new Error(`no ${tableBegin} … ${tableEnd} in the README`);
  return readme.slice(0, begin) + renderConfigTable(language) + readme.slice(end + tableEnd.length);
}

/** What stands between the brackets; of a section that may be there several times, with its name. */
function sectionHeading(name: string, isNamed: boolean | undefined, language: Language): string {
  return isNamed === true ? `${name} ${words[language].name}` : name;
}

function row(key: string, definition: Key, language: Language): string {
  const value = definition.default === '' ? '' : `\`${definition.default}\``;
  const shown = definition.required === undefined ? value : words[language].required;
  return `| \`${key}\` | ${shown} | ${inMarkdown(definition.help[language])} |`;
}

/** Stars, bars and backslashes mean something in a table. */
function inMarkdown(text: string): string {
  return text.replaceAll(/[\\*|<>]/g, '\\$&');
}

function heading(text: string): string {
  return `# ${`--- ${text} `.padEnd(width - 2, '-')}`;
}

/** A paragraph as comment lines. */
function comment(text: string): string {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > width) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line].join('\n');
}
