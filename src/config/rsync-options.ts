/** Which of rsync's options a configuration may hold: all that do not get round plugback's own guards. */

import { type Sentence, sentence } from '../messages/translator.ts';

type Reason =
  | 'config.option-rehearsal'
  | 'config.option-output'
  | 'config.option-source'
  | 'config.option-elsewhere'
  | 'config.option-selection'
  | 'config.option-deletion';

/** The long names (rsync(1), OPTION SUMMARY, and the old names that it still knows), by what is wrong with them. */
const refusedBy: { readonly [R in Reason]: readonly string[] } = {
  'config.option-rehearsal': ['dry-run', 'list-only', 'read-batch', 'only-write-batch', 'help', 'version'],
  'config.option-output': [
    'verbose',
    'quiet',
    'info',
    'debug',
    'stats',
    'progress',
    'itemize-changes',
    'out-format',
    'log-format',
    'log-file',
    'log-file-format',
    'human-readable',
    '8-bit-output',
    'outbuf',
    'stderr',
    'msgs2stderr',
  ],
  'config.option-source': [
    'remove-source-files',
    'remove-sent-files',
    // Deletes although the source could not be read completely.
    'ignore-errors',
    // Both follow what a stranger may have put on the disk: links out of it, device nodes.
    'keep-dirlinks',
    'insecure-links',
    'write-devices',
  ],
  'config.option-elsewhere': [
    'daemon',
    'server',
    'sender',
    'config',
    'rsh',
    'rsync-path',
    'remote-option',
    // Another computer's shell would read the names.
    'old-args',
    'no-protect-args',
    'no-secluded-args',
    'no-s',
    'address',
    'port',
    'sockopts',
    'password-file',
    'early-input',
    'copy-as',
    'write-batch',
    'confine-root',
  ],
  'config.option-selection': [
    'files-from',
    // Changes how the list of rsync-excludes is read.
    'from0',
    'relative',
    'no-implied-dirs',
    'dirs',
    'old-dirs',
    'old-d',
    'no-recursive',
    'no-r',
    // Leaves out what is found elsewhere.
    'compare-dest',
    // Files with rules may hold a “!”, which clears ours; the list of rsync-excludes is looked through for it.
    'exclude-from',
    'include-from',
    'cvs-exclude',
    'F',
    // Leave an old version on the disk and call it done.
    'existing',
    'ignore-non-existing',
    'ignore-existing',
    'append',
    'append-verify',
  ],
  'config.option-deletion': [
    'max-delete',
    'del',
    'delete-before',
    'delete-during',
    'delete-delay',
    'delete-after',
    'delete-missing-args',
    'ignore-missing-args',
  ],
};

const refused = new Map(
  Object.entries(refusedBy).flatMap(([reason, names]) =>
    names.map((name) => [name, reason as Reason] as const),
  ),
);

/** The short names of the refused ones. */
const longNames: { readonly [letter: string]: string } = {
  n: 'dry-run',
  v: 'verbose',
  q: 'quiet',
  i: 'itemize-changes',
  P: 'progress',
  h: 'human-readable',
  '8': '8-bit-output',
  K: 'keep-dirlinks',
  e: 'rsh',
  M: 'remote-option',
  '0': 'from0',
  R: 'relative',
  C: 'cvs-exclude',
  F: 'F',
  d: 'dirs',
  V: 'version',
};

/** Names a folder, which rsync takes as below the destination unless it is absolute. */
const folderOptions = ['backup-dir', 'temp-dir', 'partial-dir', 'copy-dest', 'link-dest'];

/** Without its value, each of these would swallow the argument that plugback puts behind it. */
const valueOptions = [
  ...folderOptions,
  'suffix',
  'chmod',
  'chown',
  'usermap',
  'groupmap',
  'checksum-choice',
  'cc',
  'checksum-seed',
  'block-size',
  'max-size',
  'min-size',
  'max-alloc',
  'timeout',
  'contimeout',
  'modify-window',
  'compress-choice',
  'zc',
  'compress-level',
  'zl',
  'compress-threads',
  'zt',
  'skip-compress',
  'filter',
  'exclude',
  'include',
  'bwlimit',
  'stop-after',
  'time-limit',
  'stop-at',
  'protocol',
  'iconv',
];

const shortValueOptions: { readonly [letter: string]: string } = {
  T: 'temp-dir',
  B: 'block-size',
  f: 'filter',
  '@': 'modify-window',
};

/** Splits at blanks; 'single' and "double" quotes hold blanks together. Null when a quote is not closed. */
export function splitArguments(text: string): string[] | null {
  const found: string[] = [];
  let current: string | null = null;
  let quote: string | null = null;
  for (const character of text) {
    if (quote !== null) {
      if (character === quote) quote = null;
      else current = (current ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      current ??= '';
    } else if (/\s/.test(character)) {
      if (current !== null) found.push(current);
      current = null;
    } else {
      current = (current ?? '') + character;
    }
  }
  if (current !== null) found.push(current);
  return quote === null ? found : null;
}

/** What is wrong with one of rsync's arguments; null when it may be passed on. */
export function argumentProblem(argument: string): Sentence | null {
  const long = /^--([^=]+)(?:=(.*))?$/s.exec(argument);
  if (long !== null) return longOptionProblem(long[1] ?? '', long[2] ?? null);
  if (/^-[^-]/.test(argument)) return shortOptionsProblem(argument.slice(1));
  return sentence('config.option-bare', { value: argument.slice(0, 80) });
}

function longOptionProblem(name: string, value: string | null, typed = `--${name}`): Sentence | null {
  const option = typed.slice(0, 80);
  const reason = refused.get(name);
  if (reason !== undefined) return sentence(reason, { option });
  if (valueOptions.includes(name) && (value === null || value === '')) {
    return sentence('config.option-without-value', { option });
  }
  if (value === null) return null;
  if (folderOptions.includes(name) && (value.startsWith('/') || value.split('/').includes('..'))) {
    return sentence('config.option-folder', { option, value: value.slice(0, 80) });
  }
  // "!" forgets all rules before it, and with them those that protect our lock file and what the filesystem owns.
  const clears = name === 'filter' ? /^\s*(?:[!.:]|clear|merge|dir-merge)/ : /^\s*!\s*$/;
  if (['filter', 'exclude', 'include'].includes(name) && clears.test(value))
    return sentence('config.option-source', { option: `${option}=!` });
  return null;
}

/** Letters may be joined (`-zW`); one that takes a value takes all that is left. */
function shortOptionsProblem(letters: string): Sentence | null {
  for (const [place, letter] of [...letters].entries()) {
    const longName = longNames[letter];
    if (longName !== undefined) return longOptionProblem(longName, null, `-${letter}`);
    const valueName = shortValueOptions[letter];
    if (valueName === undefined) continue;
    const value = [...letters]
      .slice(place + 1)
      .join('')
      .replace(/^=/, '');
    return longOptionProblem(valueName, value, `-${letter}`);
  }
  return null;
}
