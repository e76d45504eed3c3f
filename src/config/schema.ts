/**
 * Every section and key of config.ini: how it is read, its default, and the help that template and README show.
 *
 * The seed's keys come first in each section, in the seed's order, then those that were added.
 */

import type { Language } from '../messages/format.ts';
import { type Sentence, sentence } from '../messages/translator.ts';
import * as parsers from './parsers.ts';

export type Help = { readonly [L in Language]: string };

export interface Key<T = unknown> {
  parse: parsers.Parser<T>;
  /** As one would write it into the file. An empty value in the file means this one. */
  default: string;
  help: Help;
  /** What to say when it is neither in the file nor has a default. */
  required?: Sentence;
  /** Other names for the same key. */
  aliases?: readonly string[];
  /** Is the value a list that may go on over indented lines? */
  isList?: boolean;
  /** The variable of the environment that wins over the default; of a list between colons the first is taken. */
  variable?: string;
  /** The default on Windows, where it is another one there. */
  onWindows?: (environment: Readonly<Record<string, string | undefined>>) => string;
  /** Without a value it means more than its default, so the template has none. */
  leftOpen?: boolean;
}

export interface Section {
  help: Help;
  /** May be there several times, as `[COMPUTER name]`. */
  isNamed?: boolean;
  keys: { readonly [key: string]: Key };
}

export interface Schema {
  readonly [section: string]: Section;
}

/** The typed values of a section's keys. */
export type ValuesOf<S extends Section> = {
  [K in keyof S['keys']]: S['keys'][K] extends { parse: parsers.Parser<infer T> } ? T : never;
};

/** A place for what is kept, whichever account calls. */
const programData = ({ ProgramData }: Readonly<Record<string, string | undefined>>): string =>
  `${ProgramData ?? 'C:\\ProgramData'}\\plugback`;

const week = 7 * 24 * 60;

export const schema = {
  BACKUP: {
    help: { en: 'The backup itself', de: 'Die Sicherung selbst' },
    keys: {
      'filesystem-ids-and-notification-mail-addresses': {
        parse: parsers.disks,
        default: '',
        isList: true,
        help: {
          en:
            'The backup disks: the UUID of each one’s filesystem, and after it the mail addresses that are told about ' +
            'this disk. UUID[,address]*[,UUID[,address]*]* - the first one that is plugged in is used. “plugback disks” ' +
            'shows the UUIDs, “plugback enroll” adds one here.',
          de:
            'Die Sicherungsplatten: die UUID des Dateisystems jeder Platte und dahinter die Mailadressen, die über diese ' +
            'Platte informiert werden. UUID[,Adresse]*[,UUID[,Adresse]*]* - benutzt wird die erste, die angesteckt ist. ' +
            '„plugback disks“ zeigt die UUIDs, „plugback enroll“ trägt eine hier ein.',
        },
      },
      'backup-source': {
        parse: parsers.sourcePath,
        default: '',
        required: sentence('config.source-missing'),
        help: {
          en:
            'The folder that is copied; the only key that must be filled in. With a slash at the end its contents are ' +
            'copied to the top of the disk, without one the folder itself.',
          de:
            'Der Ordner, der kopiert wird; der einzige Schlüssel, der ausgefüllt sein muss. Mit Schrägstrich am Ende wird ' +
            'sein Inhalt obenauf auf die Platte kopiert, ohne ihn der Ordner selbst.',
        },
      },
      'backup-destination': {
        parse: parsers.folderPath,
        default: '/media/plugback',
        help: {
          en: 'The folder at which the disk is mounted while it is filled. It is created where it is missing.',
          de: 'Der Ordner, unter dem die Platte eingebunden wird, solange sie gefüllt wird. Fehlt er, wird er angelegt.',
        },
      },
      'backup-lockfile-path': {
        parse: parsers.pathBelow,
        default: '.plugback.lock',
        help: {
          en:
            'The lock file that says “a copy is running”: its path from the top of the disk. A file of the same name ' +
            'lies in backup-source at that time, where Veeam’s side sees it.',
          de:
            'Die Sperrdatei, die sagt „hier wird gerade kopiert“: ihr Pfad ab der obersten Ebene der Platte. Eine Datei ' +
            'desselben Namens liegt solange in backup-source, wo Veeams Seite sie sieht.',
        },
      },
      'veeam-lockfile-path': {
        parse: parsers.optional(parsers.folderPath),
        default: '',
        aliases: ['veeam-lockfile-dir'],
        help: {
          en:
            'The folder in which Veeam’s lock files appear while Veeam is writing (see veeam-lockfiles). The copy waits ' +
            'until none is left. Empty: veeam-lockfiles; where that is empty, too, Veeam is not waited for. The name veeam-lockfile-dir works as well.',
          de:
            'Der Ordner, in dem Veeams Sperrdateien liegen, solange Veeam schreibt (siehe veeam-lockfiles). Die Kopie ' +
            'wartet, bis keine mehr da ist. Leer: veeam-lockfiles; ist auch das leer, wird auf Veeam nicht gewartet. Der Name veeam-lockfile-dir gilt auch.',
        },
      },
      'log-file-path': {
        parse: parsers.filePath,
        default: '/var/log/plugback/plugback.log',
        help: { en: 'The log for people: path and file name.', de: 'Das Log zum Lesen: Pfad und Dateiname.' },
      },
      'rsync-log-file-path': {
        parse: parsers.filePath,
        default: '/var/log/plugback/rsync.log',
        help: {
          en: 'The log of rsync, which names each file: path and file name.',
          de: 'Das Log von rsync, das jede Datei nennt: Pfad und Dateiname.',
        },
      },
      'wait-for-veeam-minutes': {
        parse: parsers.wholeNumber(0, week),
        default: '60',
        help: {
          en: 'For how many minutes at most a copy waits for Veeam.',
          de: 'Wie viele Minuten eine Kopie höchstens auf Veeam wartet.',
        },
      },
      'rsync-update-ratio-seconds': {
        parse: parsers.wholeNumber(1, 3600),
        default: '30',
        help: {
          en: 'Every how many seconds the log says how far the copy is.',
          de: 'Alle wie viele Sekunden im Log steht, wie weit die Kopie ist.',
        },
      },
      'free-space-threshold-gb': {
        parse: parsers.decimalNumber(1_000_000),
        default: '50',
        help: {
          en: 'If less than this is free on the disk after the copy, the mail warns. In GB (1000 MB).',
          de: 'Ist nach der Kopie weniger als das auf der Platte frei, warnt die Mail. In GB (1000 MB).',
        },
      },
      'source-must-contain': {
        parse: parsers.optional(parsers.pathBelow),
        default: '',
        help: {
          en:
            'A file or folder that must exist in backup-source, as a path from there. If it is missing, the wrong thing ' +
            'is mounted there, and nothing is copied or deleted. Empty: not checked.',
          de:
            'Eine Datei oder ein Ordner, den es in backup-source geben muss, als Pfad von dort aus. Fehlt er, ist dort ' +
            'das Falsche eingebunden, und es wird nichts kopiert und nichts gelöscht. Leer: keine Prüfung.',
        },
      },
      'max-delete-percent': {
        parse: parsers.wholeNumber(0, 100),
        default: '25',
        help: {
          en:
            'If a copy would delete more than this share of the files on the disk, it is refused: the source may be ' +
            'incomplete. In percent.',
          de:
            'Würde eine Kopie mehr als diesen Anteil der Dateien auf der Platte löschen, wird sie verweigert: Vielleicht ' +
            'ist die Quelle nicht vollständig. In Prozent.',
        },
      },
      'rsync-excludes': {
        parse: parsers.optional(parsers.filePath),
        default: '',
        help: {
          en:
            'A file that lists what is not copied, one pattern a line (see rsync, --exclude-from). Empty: the file ' +
            'rsync_excludes beside this configuration, if there is one.',
          de:
            'Eine Datei mit dem, was nicht kopiert wird, ein Muster je Zeile (siehe rsync, --exclude-from). Leer: die ' +
            'Datei rsync_excludes neben dieser Konfiguration, wenn es sie gibt.',
        },
      },
      'rsync-options': {
        parse: parsers.rsyncOptions,
        default: '',
        isList: true,
        help: {
          en:
            'More options for rsync, with blanks between them, such as --bwlimit=50M. Options that would get round the ' +
            'checks before and after the copy are refused.',
          de:
            'Weitere Optionen für rsync, durch Leerzeichen getrennt, etwa --bwlimit=50M. Optionen, die die Prüfungen vor ' +
            'und nach der Kopie umgehen würden, werden abgelehnt.',
        },
      },
      'veeam-during-copy': {
        parse: parsers.choice('warn', 'yield'),
        default: 'warn',
        help: {
          en:
            'When Veeam starts to write while a copy runs: warn and go on, or yield: pause, leave the source to Veeam, and ' +
            'go on when it has finished (warn, yield).',
          de:
            'Wenn Veeam zu schreiben beginnt, während kopiert wird: warnen und weitermachen (warn) oder weichen (yield), ' +
            'also pausieren, Veeam die Quelle überlassen und weitermachen, wenn es fertig ist.',
        },
      },
      fsck: {
        parse: parsers.choice('auto', 'never'),
        default: 'auto',
        help: {
          en: 'Whether the disk’s filesystem is checked before it is mounted (auto, never).',
          de: 'Ob das Dateisystem der Platte vor dem Einbinden geprüft wird (auto, never).',
        },
      },
      'power-off': {
        parse: parsers.yesOrNo,
        default: 'no',
        help: {
          en: 'Whether the disk is switched off at the end, so that it stops spinning (yes, no).',
          de: 'Ob die Platte am Ende abgeschaltet wird, damit sie nicht weiterdreht (yes, no).',
        },
      },
      'encryption-key-file': {
        parse: parsers.optional(parsers.filePath),
        default: '',
        help: {
          en: 'The key file that unlocks an encrypted disk (LUKS). Empty: encrypted disks are not unlocked.',
          de: 'Die Schlüsseldatei, die eine verschlüsselte Platte (LUKS) entsperrt. Leer: Verschlüsselte Platten bleiben gesperrt.',
        },
      },
    },
  },
  MAIL: {
    help: {
      en: 'Mail at the start and at the end of a backup',
      de: 'Mail zu Beginn und am Ende einer Sicherung',
    },
    keys: {
      'to-mail-addresses-sysop': {
        parse: parsers.mailAddresses,
        default: '',
        isList: true,
        help: {
          en: 'Who is told about every backup, whatever the disk; several addresses with commas between them.',
          de: 'Wer von jeder Sicherung erfährt, gleich auf welche Platte; mehrere Adressen mit Kommas dazwischen.',
        },
      },
      'from-mail-address': {
        parse: parsers.optional(parsers.sender),
        default: '',
        help: {
          en: 'The address that mails come from. Empty: username if it is an address, else the first sysop, else plugback at this machine.',
          de: 'Die Adresse, von der die Mails kommen. Leer: username, wenn das eine Adresse ist, sonst der erste Sysop, sonst plugback an diesem Rechner.',
        },
      },
      cc: {
        parse: parsers.mailAddresses,
        default: '',
        isList: true,
        help: {
          en: 'Who gets a copy of every mail; several addresses with commas between them.',
          de: 'Wer von jeder Mail eine Kopie erhält; mehrere Adressen mit Kommas dazwischen.',
        },
      },
      server: {
        parse: parsers.optional(parsers.host('port')),
        default: '',
        help: {
          en: 'The mail server’s name or address. Empty: no mails are sent.',
          de: 'Name oder Adresse des Mailservers. Leer: Es gehen keine Mails hinaus.',
        },
      },
      port: {
        parse: parsers.optional(parsers.wholeNumber(1, 65_535)),
        default: '',
        help: {
          en: 'The mail server’s port. Empty: 587, or what belongs to security (465 for tls, 25 for none).',
          de: 'Der Port des Mailservers. Leer: 587, oder was zu security gehört (465 bei tls, 25 bei none).',
        },
      },
      username: {
        parse: parsers.optional(parsers.plainText),
        default: '',
        help: {
          en: 'The login name at the mail server. Empty: no login.',
          de: 'Der Anmeldename beim Mailserver. Leer: keine Anmeldung.',
        },
      },
      password: {
        parse: parsers.optional(parsers.plainText),
        default: '',
        help: {
          en: 'The password for it. Then only root should be able to read this file (chmod 600).',
          de: 'Das Passwort dazu. Dann sollte nur root diese Datei lesen können (chmod 600).',
        },
      },
      'password-file': {
        parse: parsers.optional(parsers.filePath),
        default: '',
        help: {
          en: 'Instead of password: a file that holds the password and nothing else.',
          de: 'Statt password: eine Datei, in der das Passwort steht und sonst nichts.',
        },
      },
      security: {
        parse: parsers.optional(parsers.choice('starttls', 'tls', 'none')),
        default: '',
        help: {
          en:
            'How the connection is encrypted (starttls, tls, none). Empty: tls on port 465, none on port 25 without ' +
            'username, else starttls.',
          de:
            'Wie die Verbindung verschlüsselt wird (starttls, tls, none). Leer: tls bei Port 465, none bei Port 25 ohne ' +
            'username, sonst starttls.',
        },
      },
      'attach-limit-mb': {
        parse: parsers.wholeNumber(0, 1000),
        default: '10',
        help: {
          en: 'How large the logs attached to a mail may be together. In MB; 0 attaches none.',
          de: 'Wie groß die Logs im Anhang einer Mail zusammen sein dürfen. In MB; bei 0 wird keins angehängt.',
        },
      },
    },
  },
  WEBSERVER: {
    help: { en: 'The status page', de: 'Die Statusseite' },
    keys: {
      webhost: {
        parse: parsers.host('webport'),
        default: '127.0.0.1',
        help: {
          en: 'The address on which the page is served: 127.0.0.1 for this machine only, 0.0.0.0 for the whole network.',
          de: 'Die Adresse, unter der die Seite angeboten wird: 127.0.0.1 nur für diesen Rechner, 0.0.0.0 für das ganze Netz.',
        },
      },
      webport: {
        parse: parsers.wholeNumber(0, 65_535),
        default: '8080',
        help: { en: 'Its port; 0 takes any free one.', de: 'Ihr Port; 0 nimmt irgendeinen freien.' },
      },
      'token-file': {
        parse: parsers.optional(parsers.filePath),
        default: '',
        help: {
          en: 'A file that holds the secret word with which a backup can be started over the network. Empty: it cannot.',
          de: 'Eine Datei mit dem geheimen Wort, mit dem sich eine Sicherung über das Netz starten lässt. Leer: gar nicht.',
        },
      },
    },
  },
  VEEAM: {
    help: {
      en: 'Veeam’s side: the commands veeam-lock and veeam-unlock',
      de: 'Veeams Seite: die Kommandos veeam-lock und veeam-unlock',
    },
    keys: {
      'veeam-lockfiles': {
        parse: parsers.optional(parsers.veeamFolder),
        default: '',
        help: {
          en:
            'The folder for Veeam’s lock files, as the machine sees it on which Veeam runs; on Windows such as ' +
            '\\\\server\\backup\\locks. It is the same folder as veeam-lockfile-path. Empty: that one.',
          de:
            'Der Ordner für Veeams Sperrdateien, wie ihn der Rechner sieht, auf dem Veeam läuft; unter Windows etwa ' +
            '\\\\server\\backup\\locks. Es ist derselbe Ordner wie veeam-lockfile-path. Leer: jener.',
        },
      },
      'wait-for-backup-minutes': {
        parse: parsers.wholeNumber(0, week),
        default: '480',
        help: {
          en: 'For how many minutes at most Veeam waits for a copy that is running.',
          de: 'Wie viele Minuten Veeam höchstens auf eine laufende Kopie wartet.',
        },
      },
      'backup-lockfile': {
        parse: parsers.optional(parsers.veeamFile),
        default: '',
        help: {
          en:
            'Where the machine on which Veeam runs sees the lock file of a running copy. Empty: in backup-source, under ' +
            'the name of backup-lockfile-path.',
          de:
            'Wo der Rechner, auf dem Veeam läuft, die Sperrdatei einer laufenden Kopie sieht. Leer: in backup-source, ' +
            'unter dem Namen von backup-lockfile-path.',
        },
      },
      'stale-lock-hours': {
        parse: parsers.wholeNumber(1, 24 * 365),
        default: '48',
        help: {
          en: 'A lock file of Veeam that is older than this was left behind and no longer counts. In hours.',
          de: 'Eine Sperrdatei von Veeam, die älter ist, wurde vergessen und zählt nicht mehr. In Stunden.',
        },
      },
    },
  },
  TIMEMACHINE: {
    help: {
      en: 'Versions of single files: plugback timemachine',
      de: 'Versionen einzelner Dateien: plugback timemachine',
    },
    keys: {
      'list-folder': {
        parse: parsers.optional(parsers.folderPath),
        default: '',
        help: {
          en: 'The folder of the list of files and of its log; the option -cl wins. Empty: the one in which plugback is called.',
          de: 'Der Ordner der Liste der Dateien und ihres Logs; die Option -cl hat Vorrang. Leer: der, in dem plugback aufgerufen wird.',
        },
      },
      'list-name': {
        parse: parsers.pathBelow,
        default: 'config.dat',
        help: {
          en: 'The name of the list; the option -c wins.',
          de: 'Der Name der Liste; die Option -c hat Vorrang.',
        },
      },
      destination: {
        parse: parsers.optional(parsers.folderPath),
        default: '',
        help: {
          en: 'The folder for the copies and their record, which must exist; the option -d wins. Empty: the one in which plugback is called.',
          de: 'Der Ordner für die Kopien und ihr Verzeichnis; es muss ihn geben. Die Option -d hat Vorrang. Leer: der, in dem plugback aufgerufen wird.',
        },
      },
      keep: {
        parse: parsers.keep,
        default: '7,30,26',
        help: {
          en:
            'What “plugback timemachine thin” leaves: all versions of so many days, then one a day for so many days, one a ' +
            'week for so many weeks, one a month for so many months (without this number: for ever); the option --keep wins.',
          de:
            'Was „plugback timemachine thin“ übrig lässt: alle Versionen so vieler Tage, dann eine pro Tag für so viele ' +
            'Tage, eine pro Woche für so viele Wochen, eine pro Monat für so viele Monate (ohne diese Zahl: für immer); ' +
            'die Option --keep hat Vorrang.',
        },
      },
    },
  },
  NIGHTSHIFT: {
    help: {
      en: 'Backing up when everybody has gone home: plugback nightshift',
      de: 'Sichern, wenn alle gegangen sind: plugback nightshift',
    },
    keys: {
      'check-every-seconds': {
        parse: parsers.wholeNumber(1, 3600),
        default: '60',
        help: {
          en: 'Every how many seconds plugback looks who is online.',
          de: 'Alle wie viele Sekunden plugback nachsieht, wer online ist.',
        },
      },
      'offline-after-misses': {
        parse: parsers.wholeNumber(1, 100),
        default: '3',
        help: {
          en: 'A computer counts as off once it has not answered so many times in a row. It counts as on at its first answer.',
          de: 'Ein Rechner gilt als aus, wenn er so viele Male hintereinander nicht geantwortet hat. Als an gilt er bei der ersten Antwort.',
        },
      },
      'offline-minutes': {
        parse: parsers.wholeNumber(0, 24 * 60),
        default: '10',
        help: {
          en: 'For how many minutes nobody must be online before the backup begins.',
          de: 'Wie viele Minuten lang niemand online sein darf, bevor die Sicherung beginnt.',
        },
      },
      'night-begins': {
        parse: parsers.timeOfDay,
        default: '18:00',
        help: {
          en: 'From what time of day on a new night counts; each night is backed up once. A night that was missed is made up for as soon as nobody is online.',
          de: 'Ab welcher Uhrzeit eine neue Nacht zählt; jede Nacht wird einmal gesichert. Eine versäumte Nacht wird nachgeholt, sobald niemand online ist.',
        },
      },
      window: {
        parse: parsers.optional(parsers.timeWindow),
        default: '',
        help: {
          en: 'From when to when a backup begins although somebody is online, such as 03:00-05:00. Empty: never.',
          de: 'Von wann bis wann eine Sicherung auch dann beginnt, wenn jemand online ist, etwa 03:00-05:00. Leer: nie.',
        },
      },
      'time-zone': {
        parse: parsers.optional(parsers.timeZone),
        default: '',
        help: {
          en: 'The time zone of these times, such as Europe/Berlin. Empty: this machine’s.',
          de: 'Die Zeitzone dieser Zeiten, etwa Europe/Berlin. Leer: die dieses Rechners.',
        },
      },
      'when-somebody-comes': {
        parse: parsers.choice('go-on', 'stop'),
        default: 'go-on',
        help: {
          en: 'What a backup that runs does when somebody comes online: go on, or stop and be made up for later (go-on, stop).',
          de: 'Was eine laufende Sicherung tut, wenn jemand online kommt: weitermachen, oder aufhören und später nachgeholt werden (go-on, stop).',
        },
      },
      'wake-minutes': {
        parse: parsers.wholeNumber(1, 120),
        default: '5',
        help: {
          en: 'How many minutes a computer that was woken has until it must answer.',
          de: 'Wie viele Minuten ein geweckter Rechner hat, bis er antworten muss.',
        },
      },
      'clock-limit-seconds': {
        parse: parsers.wholeNumber(1, 24 * 3600),
        default: '60',
        help: {
          en: 'By how many seconds clocks may still differ after they were brought together. Beyond that the job is not run.',
          de: 'Um wie viele Sekunden Uhren nach dem Abgleich noch auseinandergehen dürfen. Darüber läuft der Auftrag nicht.',
        },
      },
      'after-backup': {
        parse: parsers.choice('leave', 'suspend', 'hibernate', 'shutdown'),
        default: 'leave',
        help: {
          en: 'What becomes of this machine after the backup, if nobody is online (leave, suspend, hibernate, shutdown).',
          de: 'Was nach der Sicherung aus diesem Rechner wird, wenn niemand online ist (leave, suspend, hibernate, shutdown).',
        },
      },
      'countdown-seconds': {
        parse: parsers.wholeNumber(0, 3600),
        default: '60',
        help: {
          en: 'How many seconds pass before that, in which “plugback nightshift cancel” or anybody who comes online stops it.',
          de: 'Wie viele Sekunden davor vergehen, in denen „plugback nightshift cancel“ oder jemand, der online kommt, es verhindert.',
        },
      },
      'wake-for-window': {
        parse: parsers.yesOrNo,
        default: 'no',
        help: {
          en: 'Whether this machine’s clock wakes it for the next window (yes, no).',
          de: 'Ob die Uhr dieses Rechners ihn zum nächsten Zeitfenster weckt (yes, no).',
        },
      },
      'nightshift-log-file-path': {
        parse: parsers.filePath,
        default: '/var/log/plugback/nightshift.log',
        help: {
          en: 'The log of nightshift: path and file name.',
          de: 'Das Log von nightshift: Pfad und Dateiname.',
        },
      },
      'ssh-key-file': {
        parse: parsers.optional(parsers.filePath),
        default: '',
        help: {
          en: 'The key with which plugback logs in at other computers. Empty: ssh’s own.',
          de: 'Der Schlüssel, mit dem sich plugback an anderen Rechnern anmeldet. Leer: der von ssh.',
        },
      },
      'ssh-known-hosts-file': {
        parse: parsers.optional(parsers.filePath),
        default: '',
        help: {
          en: 'The file with the host keys of the other computers. Empty: ssh’s own.',
          de: 'Die Datei mit den Hostschlüsseln der anderen Rechner. Leer: die von ssh.',
        },
      },
    },
  },
  COMPUTER: {
    isNamed: true,
    help: {
      en: 'A computer of the office, for nightshift; one section each',
      de: 'Ein Rechner des Büros, für nightshift; je Rechner ein Abschnitt',
    },
    keys: {
      mac: {
        parse: parsers.macAddresses,
        default: '',
        isList: true,
        help: {
          en: 'The hardware addresses of its network cards, with commas between them; they wake it. Empty: it is never woken.',
          de: 'Die Hardwareadressen seiner Netzwerkkarten, mit Kommas dazwischen; mit ihnen wird er geweckt. Leer: Er wird nie geweckt.',
        },
      },
      ip: {
        parse: parsers.ipAddresses,
        default: '',
        isList: true,
        required: sentence('config.ip-missing'),
        help: {
          en: 'Its addresses, in the order of the cards. It is online when one of them answers.',
          de: 'Seine Adressen, in der Reihenfolge der Karten. Er ist online, wenn eine davon antwortet.',
        },
      },
      user: {
        parse: parsers.optional(parsers.loginName),
        default: '',
        help: {
          en: 'The user as whom plugback logs in there. Empty: root.',
          de: 'Der Benutzer, als der sich plugback dort anmeldet. Leer: root.',
        },
      },
      interface: {
        parse: parsers.optional(parsers.interfaceOrAddress),
        default: '',
        help: {
          en: 'The network card of this machine through which it is reached: its name or its address. Empty: the one in the same network.',
          de: 'Die Netzwerkkarte dieses Rechners, über die er erreicht wird: ihr Name oder ihre Adresse. Leer: die im selben Netz.',
        },
      },
      presence: {
        parse: parsers.yesOrNo,
        default: 'yes',
        help: {
          en: 'Whether somebody is at work when it is on; no for servers and printers that are always on (yes, no).',
          de: 'Ob jemand arbeitet, wenn er an ist; no für Server und Drucker, die immer an sind (yes, no).',
        },
      },
      'probe-port': {
        parse: parsers.optional(parsers.wholeNumber(1, 65_535)),
        default: '',
        help: {
          en: 'A TCP port that tells that it is on where ping is filtered, such as 445 on Windows. Empty: that of ssh, if reach is ssh.',
          de: 'Ein TCP-Port, der verrät, dass er an ist, wenn Ping gefiltert wird, etwa 445 bei Windows. Leer: der von ssh, wenn reach ssh ist.',
        },
      },
      reach: {
        parse: parsers.choice('none', 'ssh', 'windows-ssh'),
        default: 'none',
        help: {
          en: 'How plugback gives it commands, to set its clock and to send it to sleep (none, ssh, windows-ssh).',
          de: 'Wie plugback ihm Befehle gibt, um seine Uhr zu stellen und ihn schlafen zu legen (none, ssh, windows-ssh).',
        },
      },
      'ssh-port': {
        parse: parsers.wholeNumber(1, 65_535),
        default: '22',
        help: { en: 'The port of its ssh server.', de: 'Der Port seines ssh-Servers.' },
      },
      'time-source': {
        parse: parsers.yesOrNo,
        default: 'no',
        help: {
          en: 'Whether its clock is right, so that others are set by it; where none of a job’s computers is one, this machine’s clock counts (yes, no).',
          de: 'Ob seine Uhr richtig geht und andere nach ihr gestellt werden; ist unter den Rechnern eines Auftrags keiner, gilt die Uhr dieses Rechners (yes, no).',
        },
      },
      'idle-minutes': {
        parse: parsers.optional(parsers.wholeNumber(1, 24 * 60)),
        default: '',
        help: {
          en: 'After how many minutes without keyboard and mouse it counts as off although it is on; needs reach. Empty: on is on.',
          de: 'Nach wie vielen Minuten ohne Tastatur und Maus er als aus gilt, obwohl er an ist; braucht reach. Leer: An ist an.',
        },
      },
      'after-backup': {
        parse: parsers.choice('leave', 'suspend', 'hibernate', 'shutdown'),
        default: 'leave',
        help: {
          en: 'What becomes of it after the backup, if it was off before and nobody has come in (leave, suspend, hibernate, shutdown).',
          de: 'Was nach der Sicherung aus ihm wird, wenn er vorher aus war und niemand gekommen ist (leave, suspend, hibernate, shutdown).',
        },
      },
    },
  },
  JOB: {
    isNamed: true,
    help: {
      en: 'A job of nightshift; one section each, in the order in which they run',
      de: 'Ein Auftrag für nightshift; je Auftrag ein Abschnitt, in der Reihenfolge, in der sie laufen',
    },
    keys: {
      kind: {
        parse: parsers.choice('backup', 'mirror', 'rsync', 'command'),
        default: '',
        required: sentence('config.kind-missing'),
        help: {
          en: 'What it is: the backup onto a disk, the folder mirror, rsync between computers, or any command (backup, mirror, rsync, command).',
          de: 'Was er ist: die Sicherung auf eine Platte, der Ordnerspiegel, rsync zwischen Rechnern oder ein beliebiges Kommando (backup, mirror, rsync, command).',
        },
      },
      disk: {
        parse: parsers.optional(parsers.filesystemUuid),
        default: '',
        help: {
          en: 'For backup: the disk’s UUID. Empty: the first enrolled disk that is attached.',
          de: 'Bei backup: die UUID der Platte. Leer: die erste eingetragene, die angesteckt ist.',
        },
      },
      from: {
        parse: parsers.optional(parsers.transferPath),
        default: '',
        help: {
          en: 'For mirror and rsync: the folder that is copied; with rsync also on another computer, as NAME:/folder/.',
          de: 'Bei mirror und rsync: der Ordner, der kopiert wird; bei rsync auch auf einem anderen Rechner, als NAME:/ordner/.',
        },
      },
      to: {
        parse: parsers.optional(parsers.transferPath),
        default: '',
        help: {
          en: 'For mirror and rsync: where it is copied to, written like from.',
          de: 'Bei mirror und rsync: wohin er kopiert wird, geschrieben wie from.',
        },
      },
      delete: {
        parse: parsers.yesOrNo,
        default: 'no',
        help: {
          en: 'For rsync: whether files that are gone at the source are deleted at the target (yes, no).',
          de: 'Bei rsync: ob Dateien, die es an der Quelle nicht mehr gibt, am Ziel gelöscht werden (yes, no).',
        },
      },
      'max-deletes': {
        parse: parsers.wholeNumber(0, 1_000_000_000),
        default: '1000',
        help: {
          en: 'For rsync with delete: how many files it deletes at most; what is beyond that stays, and the job fails.',
          de: 'Bei rsync mit delete: wie viele Dateien höchstens gelöscht werden; was darüber liegt, bleibt, und der Auftrag scheitert.',
        },
      },
      options: {
        parse: parsers.rsyncOptions,
        default: '',
        isList: true,
        help: {
          en: 'For rsync: more options, with blanks between them, such as --bwlimit=50M.',
          de: 'Bei rsync: weitere Optionen mit Leerzeichen dazwischen, etwa --bwlimit=50M.',
        },
      },
      command: {
        parse: parsers.optional(parsers.argumentList),
        default: '',
        help: {
          en: 'For command: the program with its whole path, and its arguments, with quotes around blanks. No shell reads it.',
          de: 'Bei command: das Programm mit vollem Pfad und seine Argumente, mit Anführungszeichen um Leerzeichen. Keine Shell liest es.',
        },
      },
      source: {
        parse: parsers.names,
        default: '',
        isList: true,
        help: {
          en: 'The computers that it reads from, by the names of their sections, with commas between them. Those that are off are woken.',
          de: 'Die Rechner, von denen er liest, mit den Namen ihrer Abschnitte und Kommas dazwischen. Wer aus ist, wird geweckt.',
        },
      },
      target: {
        parse: parsers.names,
        default: '',
        isList: true,
        help: {
          en: 'The computers that it writes to, likewise.',
          de: 'Die Rechner, auf die er schreibt, ebenso.',
        },
      },
      'timeout-minutes': {
        parse: parsers.wholeNumber(1, week),
        default: '480',
        help: {
          en: 'After how many minutes it is ended as hanging.',
          de: 'Nach wie vielen Minuten er als hängend beendet wird.',
        },
      },
      'good-exit-codes': {
        parse: parsers.exitCodes,
        default: '0',
        isList: true,
        help: {
          en: 'With which exit codes it has succeeded; FreeFileSync ends with 1 where there were only warnings.',
          de: 'Mit welchen Exit-Codes er gelungen ist; FreeFileSync endet mit 1, wenn es nur Warnungen gab.',
        },
      },
      retries: {
        parse: parsers.wholeNumber(0, 20),
        default: '1',
        help: {
          en: 'How many more times it is tried when it fails.',
          de: 'Wie viele weitere Male er versucht wird, wenn er scheitert.',
        },
      },
      'retry-minutes': {
        parse: parsers.wholeNumber(0, 24 * 60),
        default: '5',
        help: {
          en: 'How many minutes pass before that.',
          de: 'Wie viele Minuten davor vergehen.',
        },
      },
    },
  },
  DEBUG: {
    help: { en: 'Looking for mistakes', de: 'Fehlersuche' },
    keys: {
      debug: {
        parse: parsers.yesOrNo,
        default: 'no',
        help: {
          en: 'Whether the log also holds the environment variables, with secrets hidden, and details of errors (yes, no).',
          de: 'Ob im Log auch die Umgebungsvariablen, ohne Geheimnisse, und Einzelheiten zu Fehlern stehen (yes, no).',
        },
      },
    },
  },
  GENERAL: {
    help: { en: 'General', de: 'Allgemeines' },
    keys: {
      language: {
        parse: parsers.choice('en', 'de'),
        default: 'en',
        leftOpen: true,
        help: {
          en: 'The language of mails, logs, page and terminal: en (English) or de (German). Empty: English; the page is in the language that the browser prefers.',
          de: 'Die Sprache von Mails, Logs, Seite und Terminal: en (Englisch) oder de (Deutsch). Leer: Englisch; die Seite in der Sprache, die der Browser bevorzugt.',
        },
      },
      'state-directory': {
        parse: parsers.folderPath,
        default: '/var/lib/plugback',
        onWindows: programData,
        variable: 'STATE_DIRECTORY',
        help: {
          en: 'Where plugback keeps its history and mails that wait. Empty: $STATE_DIRECTORY, else /var/lib/plugback; on Windows %ProgramData%\\plugback.',
          de: 'Wo plugback seinen Verlauf und wartende Mails aufbewahrt. Leer: $STATE_DIRECTORY, sonst /var/lib/plugback; unter Windows %ProgramData%\\plugback.',
        },
      },
      'runtime-directory': {
        parse: parsers.folderPath,
        default: '/run/plugback',
        onWindows: (environment) => `${programData(environment)}\\run`,
        variable: 'RUNTIME_DIRECTORY',
        help: {
          en: 'Where the current state and locks live until the next restart. Empty: $RUNTIME_DIRECTORY, else /run/plugback; on Windows %ProgramData%\\plugback\\run.',
          de: 'Wo der aktuelle Stand und Sperren bis zum nächsten Neustart liegen. Leer: $RUNTIME_DIRECTORY, sonst /run/plugback; unter Windows %ProgramData%\\plugback\\run.',
        },
      },
    },
  },
} as const satisfies Schema;
