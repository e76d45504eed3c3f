/** Bytes of a configuration file to text and back, without losing any. */

export type Encoding = 'utf-8' | 'utf-16le' | 'windows-1252';

/** Windows-1252 where it differs from Latin-1: the characters of the bytes 0x80 to 0x9f. */
const windowsCharacters = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

export interface DecodedText {
  /** The text; a byte order mark stays in it as its first character. */
  text: string;
  encoding: Encoding;
}

/**
 * Reads text that somebody saved with whatever editor they had: UTF-8; where that is not valid, the Latin-1 of Windows;
 * with its byte order mark also UTF-16 (Notepad calls it “Unicode”).
 */
export function decodeText(bytes: Uint8Array): DecodedText {
  if (bytes[0] === 0xff && bytes[1] === 0xfe && bytes.length % 2 === 0) {
    return { text: Buffer.from(bytes).toString('utf16le'), encoding: 'utf-16le' };
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text, encoding: 'utf-8' };
  } catch {
    return { text: decodeWindows(bytes), encoding: 'windows-1252' };
  }
}

/** The bytes of a text; UTF-8 where the asked-for encoding has no byte for one of its characters. */
export function encodeText(text: string, encoding: Encoding): Buffer {
  if (encoding === 'utf-16le') return Buffer.from(text, 'utf16le');
  if (encoding === 'windows-1252') return encodeWindows(text) ?? Buffer.from(text, 'utf8');
  return Buffer.from(text, 'utf8');
}

function decodeWindows(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('latin1')
    .replaceAll(
      /[\x80-\x9f]/g,
      (character) => windowsCharacters[character.charCodeAt(0) - 0x80] ?? character,
    );
}

function encodeWindows(text: string): Buffer | null {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const place = windowsCharacters.indexOf(character);
    if (place >= 0) bytes.push(0x80 + place);
    else if (code <= 0xff) bytes.push(code);
    else return null;
  }
  return Buffer.from(bytes);
}
