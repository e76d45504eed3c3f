/**
 * Paths as the system has them: bytes.
 *
 * A name on Linux is any bytes but a slash and a zero; read as text, what is no UTF-8 is lost. So paths are kept as
 * strings in which each character stands for one byte: they can be compared, cut and used as keys like any string,
 * and Node gets them as a Buffer.
 */

import path from 'node:path';

declare const isBytes: unique symbol;

/** Each character, U+0000 to U+00FF, is one byte. */
export type BytePath = string & { readonly [isBytes]: true };

/** The bytes of a text: those of its UTF-8. */
export function bytesOfText(text: string): BytePath {
  if (isAscii(text)) return text as BytePath;
  return Buffer.from(text, 'utf8').toString('latin1') as BytePath;
}

/** Bytes that the system gave. */
export function bytesOf(buffer: Uint8Array): BytePath {
  return Buffer.from(buffer).toString('latin1') as BytePath;
}

/** As Node's functions take it; text where it is the same, which is quicker by much. */
export function nodePath(bytes: BytePath): string | Buffer {
  return isAscii(bytes) ? bytes : bufferOf(bytes);
}

/** The bytes themselves. */
export function bufferOf(bytes: BytePath): Buffer {
  return Buffer.from(bytes, 'latin1');
}

/** One path below another: a name, or an absolute path that is put there whole. */
export function joinBytes(folder: BytePath, name: string): BytePath {
  const head = folder === '/' ? '' : folder;
  return (name.startsWith('/') ? head + name : `${head}/${name}`) as BytePath;
}

/** The absolute path without `.`, `..` and doubled slashes; links are not followed. */
export function resolveBytes(cwd: BytePath, file: BytePath): BytePath {
  return path.posix.resolve(cwd, file) as BytePath;
}

export function folderOfBytes(file: BytePath): BytePath {
  return path.posix.dirname(file) as BytePath;
}

export function nameOfBytes(file: BytePath): BytePath {
  return path.posix.basename(file) as BytePath;
}

/** Is the path the folder, or anywhere below it? */
export function isWithin(folder: BytePath, file: BytePath): boolean {
  return folder === '/' || file === folder || file.startsWith(`${folder}/`);
}

/** One character of UTF-8, or one byte that belongs to none. */
const character =
  /[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|(?<stray>[\x80-\xff])/g;

/** For people, in UTF-8; a byte that belongs to no character as `\xe9`. Not to be turned back: see `escapeBytes`. */
export function textOfBytes(bytes: BytePath): string {
  if (isAscii(bytes)) return bytes;
  return bytes.replace(character, (found, ...groups) => {
    const { stray } = groups.at(-1) as { stray?: string };
    return stray === undefined ? Buffer.from(found, 'latin1').toString('utf8') : escapeByte(stray);
  });
}

/** Is it UTF-8, so that it can be written as text? */
export function isText(bytes: BytePath): boolean {
  return isAscii(bytes) || bytesOfText(textOfBytes(bytes)) === bytes;
}

/** On one line of a text file, to be read back by `unescapeBytes`: UTF-8, and `\x0a` for what would break a line. */
export function escapeBytes(bytes: BytePath): string {
  if (/^[!-[\]-~ ]*$/.test(bytes)) return bytes;
  return textOfBytes(bytes.replaceAll(/[\\\x00-\x1f\x7f]/g, escapeByte) as BytePath);
}

/** What `escapeBytes` was given; null for what it cannot have written. */
export function unescapeBytes(text: string): BytePath | null {
  if (!text.includes('\\')) return bytesOfText(text);
  if (/\\(?!x[\da-f]{2})/.test(text)) return null;
  const parts = text.split(/\\x([\da-f]{2})/);
  return parts
    .map((part, index) =>
      index % 2 === 0 ? bytesOfText(part) : String.fromCharCode(Number.parseInt(part, 16)),
    )
    .join('') as BytePath;
}

function escapeByte(byte: string): string {
  return `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

function isAscii(bytes: string): boolean {
  return !/[^\x00-\x7f]/.test(bytes);
}
