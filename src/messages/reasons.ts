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
    pattern: /^ping: spawn \S+ (?:EACCES|EPERM)$|^xargs: ping: Permission denied$/,
    en: 'ping may not be run',
    de: 'ping darf nicht ausgeführt werden',
  },
  {
    pattern: /^ssh: spawn \S+ (?:EACCES|EPERM)$/,
    en: 'ssh may not be run',
    de: 'ssh darf nicht ausgeführt werden',
  },
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
  {
    pattern: /^it is changed all the time$/,
    en: 'it is changed all the time',
    de: 'sie wird ständig geändert',
  },
  { pattern: /^not a list$/, en: 'it is not a list', de: 'das ist keine Liste' },
  { pattern: /^not a file name$/, en: 'that is not a file name', de: 'das ist kein Dateiname' },
  {
    pattern: /^a quotation mark or a bracket is missing$/,
    en: 'a quotation mark or a bracket is missing',
    de: 'ein Anführungszeichen oder eine Klammer fehlt',
  },
  {
    pattern: /^a tab instead of blanks$/,
    en: 'a tab stands where blanks belong',
    de: 'ein Tabulator steht, wo Leerzeichen hingehören',
  },
  {
    pattern: /^begins with a special sign$/,
    en: 'what begins with such a sign needs quotation marks',
    de: 'was mit einem solchen Zeichen beginnt, braucht Anführungszeichen',
  },
  {
    pattern: /^a backslash between quotation marks is written twice$/,
    en: 'a backslash between quotation marks is written twice',
    de: 'ein umgekehrter Schrägstrich in Anführungszeichen wird doppelt geschrieben',
  },
  {
    pattern: /^another list begins$/,
    en: 'another list begins here (---); all entries belong into the first',
    de: 'hier beginnt eine weitere Liste (---); alle Einträge gehören in die erste',
  },
  {
    pattern: /^not an entry of a list$/,
    en: 'that is not an entry of a list',
    de: 'das ist kein Eintrag einer Liste',
  },
  {
    pattern: /^too many watches$/,
    en: 'the kernel’s limit is reached, see fs.inotify.max_user_watches and max_user_instances',
    de: 'die Grenze des Kernels ist erreicht, siehe fs.inotify.max_user_watches und max_user_instances',
  },
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
  {
    pattern: /^no name$/,
    en: 'its name is empty: is a variable not set?',
    de: 'der Name ist leer: Fehlt eine Variable?',
  },
  { pattern: /^changing$/, en: 'it kept changing', de: 'änderte sich immer wieder' },
  { pattern: /^incomplete$/, en: 'it did not arrive whole', de: 'kam nicht vollständig an' },
  {
    pattern: /^open-elsewhere$/,
    en: 'another program keeps it open',
    de: 'in einem anderen Programm geöffnet',
  },
  {
    pattern: /^reserved$/,
    en: 'this name is the mirror’s own; please rename it',
    de: 'diesen Namen braucht das Spiegeln selbst; bitte umbenennen',
  },
  { pattern: /^socket$/, en: 'a socket cannot be copied', de: 'ein Socket lässt sich nicht kopieren' },
  {
    pattern: /^special$/,
    en: 'devices and pipes need GNU tar, and links a right on Windows',
    de: 'Geräte und Pipes brauchen GNU tar, Verknüpfungen unter Windows ein besonderes Recht',
  },
  { pattern: /^(?:EBUSY|EAGAIN|ETXTBSY)\b/, en: 'it is in use', de: 'es wird gerade benutzt' },
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
