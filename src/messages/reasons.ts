/**
 * Why the system said no, in the reader's language.
 *
 * The reasons come as the system or a program writes them (`EACCES: permission denied, open '/srv'`,
 * `sync: …: Input/output error`). Those that an office meets are told in words; any other is quoted as it is.
 */

import type { Language } from './format.ts';

interface Reason {
  pattern: RegExp;
  en: string;
  de: string;
}

const reasons: readonly Reason[] = [
  {
    pattern: /^(?:EACCES|EPERM)\b|permission denied|operation not permitted/i,
    en: 'permission denied',
    de: 'keine Berechtigung',
  },
  { pattern: /^EROFS\b|read-only file system/i, en: 'it is read-only', de: 'nur lesbar' },
  {
    pattern: /turned itself read-only/,
    en: 'the filesystem turned itself read-only',
    de: 'das Dateisystem hat sich selbst auf „nur lesen“ gestellt',
  },
  { pattern: /^ENOSPC\b|no space left/i, en: 'no space is left', de: 'kein Platz mehr' },
  { pattern: /^EDQUOT\b|quota exceeded/i, en: 'the quota is used up', de: 'das Kontingent ist erschöpft' },
  { pattern: /^EIO\b|input\/output error/i, en: 'input/output error', de: 'Ein-/Ausgabefehler' },
  {
    pattern: /^EUCLEAN\b|structure needs cleaning/i,
    en: 'the filesystem is damaged',
    de: 'das Dateisystem ist beschädigt',
  },
  { pattern: /^ENOENT\b|no such file or directory/i, en: 'it does not exist', de: 'nicht vorhanden' },
  { pattern: /^ENOTDIR\b|^not a folder$/i, en: 'not a folder', de: 'kein Ordner' },
  { pattern: /^EISDIR\b/, en: 'it is a folder', de: 'es ist ein Ordner' },
  { pattern: /^not a plain file$/, en: 'not a plain file', de: 'keine gewöhnliche Datei' },
  {
    pattern: /\bEADDRNOTAVAIL\b/,
    en: 'this machine does not have that address',
    de: 'dieser Rechner hat diese Adresse nicht',
  },
  { pattern: /\bENOTFOUND\b/, en: 'nobody knows that name', de: 'diesen Namen kennt niemand' },
  { pattern: /^no mac$/, en: 'its mac is not filled in', de: 'mac ist nicht ausgefüllt' },
  {
    pattern: /^no card in the network of /,
    en: 'this machine has no card in its network',
    de: 'dieser Rechner hat keine Karte in seinem Netz',
  },
  {
    pattern: /^not one single word$/,
    en: 'it should hold one word without blanks or special letters',
    de: 'sie sollte ein einziges Wort ohne Leerzeichen und Umlaute enthalten',
  },
  {
    pattern: /^ELOOP\b|^a symbolic link is in its place$/i,
    en: 'a symbolic link is in its place',
    de: 'an seiner Stelle steht eine Verknüpfung',
  },
  { pattern: /^EBUSY\b/, en: 'it is in use', de: 'es wird gerade benutzt' },
  {
    pattern: /^(?:ENXIO|ENODEV|ENOMEDIUM)\b|no such device|no medium found/i,
    en: 'the device is gone',
    de: 'das Gerät ist weg',
  },
  {
    pattern: /^(?:ESTALE|ENOTCONN|EHOSTDOWN|EHOSTUNREACH|ETIMEDOUT)\b|stale file handle|host is down/i,
    en: 'the share does not answer',
    de: 'die Freigabe antwortet nicht',
  },
];

/** The reason in words where it is a known one, else as it came; without a full stop, because a sentence goes on around it. */
export function reasonInWords(reason: string, language: Language): string {
  const known = reasons.find(({ pattern }) => pattern.test(reason))?.[language];
  return known ?? reason.replace(/(?<!\.)\.$/, '');
}
