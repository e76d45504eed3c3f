/** The house rules of the sources: imports go one way, one file starts processes, one file knows of the process. */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/** From the top of the house to the bottom. A file may import from its own folder and from lower floors only. */
const floors: readonly (readonly string[])[] = [
  ['cli', 'veeam-cli', 'index'],
  ['commands'],
  ['backup', 'veeam', 'mirror', 'timemachine', 'nightshift', 'web', 'install'],
  ['status', 'mail'],
  ['system'],
  ['config'],
  ['messages'],
  ['errors', 'version'],
];

/** Ways of starting a program, and the one file that may use them. */
const processStarters = ['execa', 'node:child_process', 'child_process', 'node:cluster', 'cluster'];
const processStarterFile = 'system/run.ts';

/** Reading the command line and ending the process belong to the entry points. */
const processUse =
  /\bprocess\s*\??\.\s*(argv|execArgv|exit|abort|reallyExit)\b|\{[^}]*\b(argv|exit)\b[^}]*\}\s*=\s*process\b/;
const processFiles = ['cli.ts', 'veeam-cli.ts'];

/** The sources, by their path below src/. */
type Sources = Readonly<Record<string, string>>;

describe('the house', () => {
  const sources = readSources(fileURLToPath(new URL('../src', import.meta.url)));

  test('holds its rules', () => {
    expect(Object.keys(sources)).toContain('errors.ts');
    expect(brokenRules(sources)).toEqual([]);
  });

  test('every import of a source file leads to a source file', () => {
    const dangling = Object.entries(sources).flatMap(([file, text]) =>
      importsOf(text)
        .filter((specifier) => specifier.startsWith('.') && sources[target(file, specifier)] === undefined)
        .map((specifier) => `${file}: ${specifier}`),
    );
    expect(dangling).toEqual([]);
  });
});

describe('a broken rule is found', () => {
  const cases: [what: string, sources: Sources, broken: string][] = [
    [
      'an import upstairs',
      { 'system/mount.ts': `import { record } from '../status/recorder.ts';` },
      'system/mount.ts imports status/recorder.ts, which is upstairs',
    ],
    [
      'a type from upstairs',
      { 'errors.ts': `import type { Format } from './messages/format.ts';` },
      'errors.ts imports messages/format.ts, which is upstairs',
    ],
    [
      'a feature in a feature',
      { 'web/app.ts': `import { runBackup } from '../backup/run-backup.ts';` },
      'web/app.ts imports backup/run-backup.ts, another room on the same floor',
    ],
    [
      'a neighbour on the same floor',
      { 'mail/compose.ts': `export { x } from '../status/types.ts';` },
      'mail/compose.ts imports status/types.ts, another room on the same floor',
    ],
    [
      'an import of many lines',
      { 'config/load.ts': `import {\n  type A,\n  b,\n} from '../system/files.ts';` },
      'config/load.ts imports system/files.ts, which is upstairs',
    ],
    [
      'a lazy import',
      { 'mail/send.ts': `const backup = await import(\n  '../backup/plan.ts'\n);` },
      'mail/send.ts imports backup/plan.ts, which is upstairs',
    ],
    [
      'an import inside a type',
      { 'errors.ts': `export type A = import("./config/types.ts").Config;` },
      'errors.ts imports config/types.ts, which is upstairs',
    ],
    [
      'an import for its effect',
      { 'status/types.ts': `import '../backup/plan.ts';` },
      'status/types.ts imports backup/plan.ts, which is upstairs',
    ],
    [
      'somebody imports the entry point',
      { 'index.ts': `import { main } from './cli.ts';` },
      'index.ts imports cli.ts, which is upstairs',
    ],
    [
      'a second place that starts processes',
      { 'backup/copy.ts': `import { spawn } from 'node:child_process';` },
      'backup/copy.ts imports node:child_process: only system/run.ts starts processes',
    ],
    [
      'a lazy execa',
      { 'web/start.ts': `const { execa } = await import('execa');` },
      'web/start.ts imports execa: only system/run.ts starts processes',
    ],
    [
      'the command line is read',
      { 'commands/run.ts': `const first = process.argv[2];` },
      'commands/run.ts uses process.argv: only cli.ts and veeam-cli.ts may',
    ],
    [
      'the process is ended',
      { 'mail/outbox.ts': `if (full) process.exit(1);` },
      'mail/outbox.ts uses process.exit: only cli.ts and veeam-cli.ts may',
    ],
    [
      'the process is taken apart',
      { 'mail/outbox.ts': `const { argv, env } = process;` },
      'mail/outbox.ts uses process.argv: only cli.ts and veeam-cli.ts may',
    ],
    [
      'process under another name',
      { 'web/app.ts': `import { exit } from 'node:process';` },
      'web/app.ts imports node:process: only cli.ts and veeam-cli.ts may',
    ],
    [
      'a room nobody planned',
      { 'utils/strings.ts': `export const a = 1;` },
      'utils/strings.ts is on no floor of the house',
    ],
  ];

  test.each(cases)('%s', (_what, sources, broken) => {
    expect(brokenRules(sources)).toEqual([broken]);
  });

  test('what is allowed is left alone', () => {
    expect(
      brokenRules({
        'cli.ts': `import { run } from './commands/run.ts';\nprocess.exit(await run(process.argv));`,
        'commands/run.ts': `import { a } from '../backup/run-backup.ts';\nprocess.exitCode = 1;`,
        'backup/plan.ts': `import { b } from './report.ts';\nimport type { C } from '../config/types.ts';`,
        'system/run.ts': `// import { x } from '../cli.ts';\nconst { execa } = await import('execa');`,
        'mail/send.ts': `/* process.exit(1) and import('../backup/plan.ts') */\nimport 'nodemailer';`,
      }),
    ).toEqual([]);
  });
});

/** Every rule that a source breaks, in words. */
function brokenRules(sources: Sources): string[] {
  return Object.entries(sources).flatMap(([file, text]) => [
    ...(floorOf(file) === -1 ? [`${file} is on no floor of the house`] : []),
    ...importsOf(text).flatMap((specifier) => brokenByImport(file, specifier)),
    ...brokenByProcessUse(file, text),
  ]);
}

function brokenByImport(file: string, specifier: string): string[] {
  if (processStarters.includes(specifier) && file !== processStarterFile) {
    return [`${file} imports ${specifier}: only ${processStarterFile} starts processes`];
  }
  if (/^(node:)?process$/.test(specifier) && !processFiles.includes(file)) {
    return [`${file} imports ${specifier}: only ${processFiles.join(' and ')} may`];
  }
  if (!specifier.startsWith('.')) return [];
  const imported = target(file, specifier);
  if (roomOf(imported) === roomOf(file) || floorOf(imported) > floorOf(file)) return [];
  // The entry points have no room of their own: nobody imports them, not even each other.
  const isUpstairs = floorOf(imported) < floorOf(file) || floorOf(imported) === 0;
  return [
    `${file} imports ${imported}, ${isUpstairs ? 'which is upstairs' : 'another room on the same floor'}`,
  ];
}

function brokenByProcessUse(file: string, text: string): string[] {
  const use = processUse.exec(withoutComments(text));
  if (use === null || processFiles.includes(file)) return [];
  return [`${file} uses process.${use[1] ?? use[2]}: only ${processFiles.join(' and ')} may`];
}

/** The first part of a path: a folder, or a file directly in src/ without its ending. */
function roomOf(file: string): string {
  return (file.split('/')[0] ?? '').replace(/\.ts$/, '');
}

function floorOf(file: string): number {
  return floors.findIndex((floor) => floor.includes(roomOf(file)));
}

/** The path below src/ that a relative import of a file leads to. */
function target(file: string, specifier: string): string {
  return path.posix.join(path.posix.dirname(file), specifier);
}

/** Everything that a source imports, in whatever way: values, types, again-exports, lazily, inside a type. */
function importsOf(text: string): string[] {
  const code = withoutComments(text);
  const patterns = [
    /^\s*(?:import|export)\b[^;'"`]*?\bfrom\s*(['"])(?<specifier>[^'"]+)\1/gm,
    /^\s*import\s*(['"])(?<specifier>[^'"]+)\1/gm,
    /\b(?:import|require)\s*\(\s*(['"`])(?<specifier>[^'"`]+)\1/g,
  ];
  return patterns.flatMap((pattern) =>
    [...code.matchAll(pattern)].map((match) => match.groups?.specifier ?? ''),
  );
}

/** Comments may talk of what code may not do. Strings are stepped over, because they may hold "//". */
function withoutComments(text: string): string {
  return text.replace(
    /(?<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")|\/\*[\s\S]*?\*\/|(?<=^|[\s;{}(),])\/\/[^\n]*/g,
    (match, string: string | undefined) => (string === undefined ? ' ' : match),
  );
}

function readSources(folder: string): Sources {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.[cm]?tsx?$/.test(name),
  );
  return Object.fromEntries(files.map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));
}
