/** One parser a kind of value: the text of a key in, the typed value or what is wrong with it out. All are pure. */

import path from 'node:path';
import { printable } from '../messages/printable.ts';
import { type Sentence, sentence } from '../messages/translator.ts';
import { isOfOneComputer, plainAddress } from './address.ts';
import { argumentProblem, splitArguments } from './rsync-options.ts';
import type { EnrolledDisk, Keep } from './types.ts';

/** Where the configuration is used: Veeam's side reads the same file on Windows. */
export type Platform = 'posix' | 'win32';

export type Parsed<T> = { value: T } | { problems: Sentence[] };

/** The text has no blanks around it. */
export type Parser<T> = (text: string, platform: Platform) => Parsed<T>;

const longestShown = 80;

/** The part of a wrong value that a sentence quotes. */
function shown(value: string): string {
  return value.length > longestShown ? `${value.slice(0, longestShown)}…` : value;
}

function wrong(said: Sentence): { problems: Sentence[] } {
  return { problems: [said] };
}

/** Null for an empty text, else what the parser makes of it. */
export function optional<T>(parser: Parser<T>): Parser<T | null> {
  return (text, platform) => (text === '' ? { value: null } : parser(text, platform));
}

/** A value without control characters. The sentence does not quote it: it may be a password. */
function oneLine<T>(parser: Parser<T>): Parser<T> {
  return (text, platform) =>
    /[\x00-\x1f\x7f-\x9f]/.test(text) ? wrong(sentence('config.control-character')) : parser(text, platform);
}

/** Any text on one line, literally. */
export const plainText: Parser<string> = oneLine((text) => ({ value: text }));

/** A drive with its folder, or a share. With plain slashes a share looks like a path of Linux; only on Windows it is one. */
const isWindowsPath = (text: string, platform: Platform): boolean =>
  (platform === 'win32' ? /^(?:[a-z]:[\\/]|[\\/]{2}[^\\/])/i : /^(?:[a-z]:[\\/]|\\\\[^\\])/i).test(text);

/** Is an absolute path one of this kind of machine? */
export function isOfPlatform(text: string, platform: Platform): boolean {
  return platform === 'win32' ? isWindowsPath(text, platform) : text.startsWith('/');
}

/** The path as typed once it is known to be absolute; `foreign` lets Windows paths pass on every machine. */
function absolutePath(
  kind: 'folder' | 'file',
  options: { foreign?: boolean; asTyped?: boolean } = {},
): Parser<string> {
  return oneLine((text, platform) => {
    if (/^["'].*["']$/.test(text)) return wrong(sentence('config.quoted-path'));
    const isWindows = isWindowsPath(text, platform) && (options.foreign === true || platform === 'win32');
    if (!isWindows && !text.startsWith('/'))
      return wrong(sentence('config.not-a-path', { value: shown(text) }));
    if (kind === 'file' && (isWindows ? /[\\/]$/ : /\/$/).test(text)) {
      return wrong(sentence('config.folder-not-file', { value: shown(text) }));
    }
    if (options.asTyped === true || isWindows) return { value: text };
    return { value: withoutSlash(text) };
  });
}

/** A path without `//`, `.`, `..` and the slash at its end. */
export function withoutSlash(text: string): string {
  const normal = path.posix.normalize(text);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

/** A folder on this machine; a slash at its end is dropped. */
export const folderPath = absolutePath('folder');

/** A folder whose slash at the end means something to rsync, so it stays as typed. */
export const sourcePath = absolutePath('folder', { asTyped: true });

/** A file on this machine. */
export const filePath = absolutePath('file');

/** A folder as seen by the machine that Veeam runs on, which may be this one or a Windows machine. */
export const veeamFolder = absolutePath('folder', { foreign: true });

/** A file as seen by that machine. */
export const veeamFile = absolutePath('file', { foreign: true });

/** A path below some root (the disk's, the source's); a slash at the beginning means that root. */
export const pathBelow: Parser<string> = oneLine((text) => {
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0 || parts.includes('..') || text.endsWith('/')) {
    return wrong(sentence('config.not-below', { value: shown(text) }));
  }
  return { value: parts.join('/') };
});

/** A whole number in a range, bounds included. */
export function wholeNumber(min: number, max: number): Parser<number> {
  return (text) => {
    if (!/^[+-]?\d+$/.test(text)) {
      return wrong(sentence('config.not-a-whole-number', { value: shown(text), min, max }));
    }
    const value = Number(text);
    if (value < min || value > max)
      return wrong(sentence('config.out-of-range', { value: shown(text), min, max }));
    return { value };
  };
}

/** A number from 0 up to a bound, with a decimal point or comma. */
export function decimalNumber(max: number): Parser<number> {
  return (text) => {
    // 1.000 is a thousand to a German and one to an American; a wrong guess would be off by a factor of 1000.
    if (/^\d{1,3}(?:[.,]\d{3})+$/.test(text) && !/^0[.,]/.test(text)) {
      return wrong(sentence('config.ambiguous-number', { value: shown(text) }));
    }
    if (!/^\+?\d+(?:[.,]\d+)?$/.test(text))
      return wrong(sentence('config.not-a-number', { value: shown(text) }));
    const value = Number(text.replace(',', '.'));
    if (value > max) return wrong(sentence('config.out-of-range', { value: shown(text), min: 0, max }));
    return { value };
  };
}

/** `7,30,26` or `7,30,26,24`: what is left out at the end is 30, 26, for ever. */
export const keep: Parser<Keep> = (text) => {
  if (!/^\d{1,5}(?:\s*,\s*\d{1,5}){0,3}$/.test(text.trim()))
    return wrong(sentence('config.not-keep', { value: shown(text) }));
  const [days = 0, daily = 30, weekly = 26, monthly = null] = text.split(',').map(Number);
  return { value: { days, daily, weekly, monthly } };
};

const yes = ['yes', 'on', 'true', '1', 'ja'];
const no = ['no', 'off', 'false', '0', 'nein'];

/** yes or no, and what else means that. */
export const yesOrNo: Parser<boolean> = (text) => {
  const word = text.toLowerCase();
  if (yes.includes(word)) return { value: true };
  if (no.includes(word)) return { value: false };
  return wrong(sentence('config.not-yes-or-no', { value: shown(text) }));
};

/** One of some words, in any case. */
export function choice<const C extends string>(...choices: readonly C[]): Parser<C> {
  return (text) => {
    const value = choices.find((word) => word === text.toLowerCase());
    return value === undefined
      ? wrong(sentence('config.not-a-choice', { value: shown(text), choices }))
      : { value };
  };
}

/** A host name or an IP address without a port; `portKey` is the key that holds the port. */
export function host(portKey: string): Parser<string> {
  return (text) => {
    const withPort = /^(?:[^:]+|\[.*\]):\d+$/.test(text);
    if (withPort) return wrong(sentence('config.host-with-port', { value: shown(text), key: portKey }));
    const bare = text.replace(/^\[(.*)\]$/, '$1');
    const isName =
      /^[A-Za-z0-9\u0080-\uffff](?:[A-Za-z0-9\u0080-\uffff._-]*[A-Za-z0-9\u0080-\uffff])?\.?$/.test(bare);
    const isAddress = /^[0-9a-f:.]*:[0-9a-f:.]*(?:%[\w.-]+)?$/i.test(bare);
    if (!(isName || isAddress) || bare.length > 253 || !isPlain(bare)) {
      return wrong(sentence('config.not-a-host', { value: shown(text) }));
    }
    return { value: bare };
  };
}

/**
 * Can this be written into a mail's header and handed to a mail server? Umlauts are; blanks, quotes, brackets and control
 * characters are not, whatever the standard allows: they are how a second recipient or header is smuggled in.
 */
export function isMailAddress(text: string): boolean {
  return (
    text.length <= 254 &&
    /^[A-Za-z0-9\u0080-\uffff!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9\u0080-\uffff](?:[A-Za-z0-9\u0080-\uffff.-]*[A-Za-z0-9\u0080-\uffff])?$/.test(
      text,
    ) &&
    !text.includes('..') &&
    isPlain(text)
  );
}

/** The sender: an address, also with a name before it as in `Backup <backup@example.com>`. */
export const sender: Parser<string> = oneLine((text) => {
  const named = /^"?([^"<>]*?)"?\s*<([^<>]*)>$/.exec(text);
  const address = named === null ? text : (named[2] ?? '').trim();
  if (!isMailAddress(address)) return wrong(sentence('config.not-a-mail-address', { value: shown(text) }));
  const name = (named?.[1] ?? '').trim();
  return { value: name === '' ? address : `"${name.replaceAll('\\', '')}" <${address}>` };
});

/** Splits a list at commas, semicolons, blanks and line breaks; what is empty between them does not count. */
function items(text: string): string[] {
  return text.split(/[\s,;]+/).filter((item) => item !== '');
}

/** Mail addresses; each once. */
export const mailAddresses: Parser<string[]> = (text) => {
  const addresses: string[] = [];
  const problems: Sentence[] = [];
  for (const item of items(text)) {
    if (isMailAddress(item)) addAddress(addresses, item);
    else problems.push(sentence('config.not-a-mail-address', { value: shown(item) }));
  }
  return problems.length > 0 ? { problems } : { value: addresses };
};

/** Adds an address that is not in the list yet; its case does not count. */
export function addAddress(addresses: string[], address: string): void {
  const known = addresses.some((other) => other.toLowerCase() === address.toLowerCase());
  if (!known) addresses.push(address);
}

/** Is it the UUID of a filesystem: 36 characters, 9 on FAT (`1A2B-3C4D`), 16 on NTFS? */
export function isFilesystemUuid(text: string): boolean {
  return /^[0-9a-f][0-9a-f-]{2,34}[0-9a-f]$/i.test(text);
}

/** `UUID[,mail]*[,UUID[,mail]*]*`: each disk, and who is told about it. */
export const disks: Parser<EnrolledDisk[]> = (text) => {
  const found: EnrolledDisk[] = [];
  const problems: Sentence[] = [];
  // After a wrong UUID the addresses behind it are no second mistake.
  let isAfterDisk = false;
  for (const item of items(text)) {
    const disk = found.at(-1);
    if (item.includes('@')) {
      if (!isMailAddress(item)) problems.push(sentence('config.not-a-mail-address', { value: shown(item) }));
      else if (!isAfterDisk) problems.push(sentence('config.mail-before-disk', { value: shown(item) }));
      else if (disk !== undefined) addAddress(disk.mailAddresses, item);
      continue;
    }
    isAfterDisk = true;
    if (!isFilesystemUuid(item)) {
      problems.push(sentence('config.not-a-uuid', { value: shown(item) }));
    } else if (found.some((other) => other.uuid.toLowerCase() === item.toLowerCase())) {
      problems.push(sentence('config.uuid-twice', { value: shown(item) }));
    } else {
      found.push({ uuid: item, mailAddresses: [] });
    }
  }
  return problems.length > 0 ? { problems } : { value: found };
};

/** Options for rsync, split at blanks outside of quotes; those that would get round plugback's guards are refused. */
export const rsyncOptions: Parser<string[]> = (text) => {
  if (/[^\P{Cc}\n]/u.test(text)) return wrong(sentence('config.control-character'));
  const options = splitArguments(text);
  if (options === null) return wrong(sentence('config.open-quote'));
  const problems = options.map(argumentProblem).filter((problem) => problem !== null);
  return problems.length > 0 ? { problems } : { value: options };
};

/** Each item of a list by itself; an item is told as wrong in the sentence with this key. */
function listOf(
  split: (text: string) => string[],
  parse: (item: string) => string | null,
  wrongKey: 'config.not-a-mac' | 'config.not-an-ip' | 'config.not-a-name',
): Parser<string[]> {
  return (text) => {
    const values: string[] = [];
    const problems: Sentence[] = [];
    for (const item of split(text)) {
      const value = parse(item);
      if (value === null) problems.push(sentence(wrongKey, { value: shown(item) }));
      else if (!values.includes(value)) values.push(value);
    }
    return problems.length > 0 ? { problems } : { value: values };
  };
}

/** A hardware address as `aa:bb:cc:dd:ee:ff`, whatever stands between its digits; null for anything else. */
export function macAddress(text: string): string | null {
  const isMac =
    /^(?:[0-9a-f]{12}|(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4})$/i.test(
      text,
    );
  if (!isMac) return null;
  const digits = text.replaceAll(/[^0-9a-f]/gi, '').toLowerCase();
  return digits.match(/../g)?.join(':') ?? null;
}

/** Hardware addresses; each once. */
export const macAddresses = listOf(items, macAddress, 'config.not-a-mac');

/** IP addresses, of either version; each once. A name is none: nobody who can be asked for it may be awake at night. */
export const ipAddresses = listOf(
  items,
  (item) => {
    const address = plainAddress(item);
    return address !== null && isOfOneComputer(address) ? address : null;
  },
  'config.not-an-ip',
);

/** May a section `[COMPUTER name]` be called so? Nothing that a program could read as an option, or a shell as a command. */
export function isName(text: string): boolean {
  return text.length <= 60 && /^[\p{L}\p{N}](?:[\p{L}\p{N} ._-]*[\p{L}\p{N}])?$/u.test(text);
}

/** Names of sections, with commas between them, because they may hold blanks. */
export const names = listOf(
  (text) =>
    text
      .split(/[,;\n]+/)
      .map((item) => item.trim().replaceAll(/\s+/g, ' '))
      .filter((item) => item !== ''),
  (item) => (isName(item) ? item : null),
  'config.not-a-name',
);

/** A login name of Linux, or of Windows with its domain as `OFFICE\anna`. */
export const loginName: Parser<string> = oneLine((text) =>
  /^(?:[A-Za-z0-9][A-Za-z0-9.-]{0,62}\\)?[A-Za-z_][A-Za-z0-9._-]{0,62}$/.test(text)
    ? { value: text }
    : wrong(sentence('config.not-a-login', { value: shown(text) })),
);

/** The name of a network card (Linux allows 15 letters, Windows more, with blanks), or an address of this machine. */
export const interfaceOrAddress: Parser<string> = oneLine((text) =>
  /^[\p{L}\p{N}][\p{L}\p{N} ._@()-]{0,40}$/u.test(text) || plainAddress(text) !== null
    ? { value: plainAddress(text) ?? text }
    : wrong(sentence('config.not-an-interface', { value: shown(text) })),
);

/** `HH:MM` as minutes since midnight. */
function minutesOf(text: string): number | null {
  const match = /^(\d{1,2})[:.](\d{2})$/.exec(text);
  const [hours, minutes] = [Number(match?.[1]), Number(match?.[2])];
  return match !== null && hours < 24 && minutes < 60 ? hours * 60 + minutes : null;
}

/** A time of day; its value is minutes since midnight. */
export const timeOfDay: Parser<number> = (text) => {
  const value = minutesOf(text);
  return value === null ? wrong(sentence('config.not-a-time', { value: shown(text) })) : { value };
};

/** `03:00-05:00`: from when to when, also over midnight; in minutes since midnight. */
export const timeWindow: Parser<{ from: number; to: number }> = (text) => {
  const [from, to, ...more] = text.split(/\s*[-–]\s*/).map(minutesOf);
  if (typeof from !== 'number' || typeof to !== 'number' || more.length > 0 || from === to)
    return wrong(sentence('config.not-a-window', { value: shown(text) }));
  return { value: { from, to } };
};

/** A time zone by the name that this machine knows it by. */
export const timeZone: Parser<string> = (text) => {
  try {
    return { value: new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone };
  } catch {
    return wrong(sentence('config.not-a-time-zone', { value: shown(text) }));
  }
};

/** A filesystem's UUID. */
export const filesystemUuid: Parser<string> = (text) =>
  isFilesystemUuid(text) ? { value: text } : wrong(sentence('config.not-a-uuid', { value: shown(text) }));

/** A folder here, or on another computer as `NAME:/folder`. */
export interface TransferPath {
  /** As the section of the computer is called; null: on this machine. */
  computer: string | null;
  path: string;
}

/** An absolute folder here or there; what rsync would read as an option, a daemon or a second host is none. */
export const transferPath: Parser<TransferPath> = oneLine<TransferPath>((text, platform) => {
  const notOne = wrong(sentence('config.not-a-transfer-path', { value: shown(text) }));
  const isDrive = platform === 'win32' && isWindowsPath(text, platform);
  if (isDrive || text.startsWith('/')) return { value: { computer: null, path: text } };
  const [, name = '', path = ''] = /^([^:/\\]+):(\/.*)$/.exec(text) ?? [];
  return isName(name) ? { value: { computer: name, path } } : notOne;
});

/** A program by its whole path and its arguments, split at blanks outside of quotes. */
export const argumentList: Parser<[program: string, ...args: string[]]> = oneLine((text, platform) => {
  const words = splitArguments(text);
  if (words === null) return wrong(sentence('config.open-quote'));
  const [program = '', ...args] = words;
  if (!isOfPlatform(program, platform))
    return wrong(sentence('config.not-a-program', { value: shown(program) }));
  return { value: [program, ...args] };
});

/** Exit codes with commas or blanks between them. */
export const exitCodes: Parser<number[]> = (text) => {
  const codes = items(text).map((item) => (/^\d{1,10}$/.test(item) ? Number(item) : Number.NaN));
  return codes.some((code) => Number.isNaN(code) || code > 0xff_ff_ff_ff) || codes.length === 0
    ? wrong(sentence('config.not-exit-codes', { value: shown(text) }))
    : { value: codes };
};

/** No blanks of any kind, and nothing that controls instead of being read. */
function isPlain(text: string): boolean {
  return !/\s/.test(text) && printable(text) === text;
}
