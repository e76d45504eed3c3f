/**
 * Names as bytes. A file name on Linux is any bytes but NUL and slash; a string of UTF-8 would lose some of them. Here a
 * name or path is a string with one character a byte (latin1), which costs less than a Buffer each. Windows' names are
 * Unicode, and stay as they are.
 */

import { type BytePath, bytesOfText, textOfBytes } from '../system/byte-path.ts';

export type ByteString = string;

const isUnicode = process.platform === 'win32';

/** How `readdir` and `readlink` give names. */
export const nameEncoding = isUnicode ? 'utf8' : 'latin1';

const onlyAscii = /^[\0-\x7f]*$/;

/** What the system's calls take. */
export function toSystemPath(path: ByteString): string | Buffer {
  return isUnicode || onlyAscii.test(path) ? path : Buffer.from(path, 'latin1');
}

/** What `toSystemPath` makes of the names in one folder; that the folder's own path is plain is found out only once. */
export function placesIn(folder: ByteString): (name: ByteString) => string | Buffer {
  const isPlain = isUnicode || onlyAscii.test(folder);
  return (name) => {
    const path = `${folder}/${name}`;
    return isPlain && (isUnicode || onlyAscii.test(name)) ? path : Buffer.from(path, 'latin1');
  };
}

/** A path that somebody typed. */
export function fromText(text: string): ByteString {
  return isUnicode ? text : bytesOfText(text);
}

/** A name for people: a byte that is no UTF-8 is written as `\xff`. */
export function toText(name: ByteString): string {
  return isUnicode ? name : textOfBytes(name as BytePath);
}

/** The very same path as text; null where its bytes are no UTF-8. */
export function asText(path: ByteString): string | null {
  const text = toText(path);
  return fromText(text) === path ? text : null;
}

/** The name's bytes, for whoever wants exactly them. */
export function toBytes(name: ByteString): Buffer {
  return Buffer.from(name, nameEncoding);
}

/** `''` is the root itself. */
export function joinNames(folder: ByteString, name: ByteString): ByteString {
  return folder === '' ? name : `${folder}/${name}`;
}

/** The last part of a path. */
export function nameOf(path: ByteString): ByteString {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The folder that holds a path; `''` for what is in the root. */
export function folderOf(path: ByteString): ByteString {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

/** Is a path that folder, or in it? */
export function isBelow(path: ByteString, folder: ByteString): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}
