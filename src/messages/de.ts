/** Every sentence that people read, in German. Same keys as `en.ts`; the compiler finds a missing one. */

import type {
  EnrollObstacle,
  ErrorCode,
  ErrorDetails,
  KeyFileFlaw,
  MirrorCause,
  MirrorOverlap,
  RsyncMeaning,
  VeeamLock,
} from '../errors.ts';
import type { en } from './en.ts';
import type { Format } from './format.ts';

/** How a disk is called: by its label where it has one. */
function diskName(disk: { label: string | null; uuid: string }): string {
  return disk.label ? `„${disk.label}“` : disk.uuid;
}

function maybeDisk(disk: { label: string | null; uuid: string | null }): string {
  return disk.uuid === null ? 'die Platte' : diskName({ label: disk.label, uuid: disk.uuid });
}

function onDisk(disk: { label: string | null; uuid: string | null }): string {
  return disk.uuid === null ? '' : ` auf ${maybeDisk(disk)}`;
}

function locksOf(locks: readonly VeeamLock[], f: Format): string {
  return f.list(
    locks.map(
      ({ file, who, since }) => `${file}${who === null ? '' : ` (${who})`} seit ${f.dateTime(since)}`,
    ),
  );
}

/** What to do about what could not be mirrored. */
const mirrorRemedies: { readonly [cause in MirrorCause]: string } = {
  full: 'Das Replikat ist voll: Schaffen Sie dort Platz, oder nehmen Sie eine größere Platte.',
  rights: 'Es fehlen Rechte: Rufen Sie es als root auf, oder ändern Sie die Rechte dessen, was genannt ist.',
  device:
    'Eine Platte versagt: Sehen Sie in die Meldungen des Kernels (journalctl -k), prüfen Sie das Kabel, tauschen Sie sie aus.',
};

/** An empty path leaves no gap in a sentence. */
function placeName(path: string): string {
  return path === '' ? '„“' : path;
}

/** How the folders of a mirror lie that cannot be mirrored. */
const mirrorOverlaps: {
  readonly [relation in MirrorOverlap]: (d: { source: string; replica: string }) => string;
} = {
  same: (d) => `Die Quelle ${d.source} und das Replikat ${d.replica} sind derselbe Ordner.`,
  'replica-in-source': (d) => `Das Replikat ${d.replica} liegt in der Quelle ${d.source}.`,
  'source-in-replica': (d) => `Die Quelle ${d.source} liegt im Replikat ${d.replica}.`,
};

const lockOddities: { readonly [oddity: string]: string } = {
  empty: 'sie ist leer',
  'not-ours': 'sie sagt nicht, von wem sie ist',
  unreadable: 'sie ist nicht lesbar',
  directory: 'sie ist ein Ordner',
  future: 'ihre Zeit liegt in der Zukunft',
};

const staleReasons: { readonly [why: string]: string } = {
  expired: 'ihre Zeit ist abgelaufen',
  rebooted: 'dieser Rechner ist seither neu gestartet worden',
  'process-gone': 'den Prozess, für den sie stand, gibt es nicht mehr',
};

function namesOf(locks: readonly VeeamLock[], f: Format): string {
  return f.list(locks.map(({ file, who }) => who ?? file));
}

function obstacle(d: { obstacle: EnrollObstacle }): string {
  return deObstacles[d.obstacle];
}

/** In welchem Augenblick eine Platte abgezogen wurde; Läufe einer frühen Version sagen es nicht. */
const goneWhen: { readonly [phase in ErrorDetails['disk-gone']['phase']]: string } = {
  before: 'vor dem Beginn der Kopie abgezogen',
  copying: 'während des Kopierens abgezogen',
  flushing: 'abgezogen, bevor alles geschrieben war',
};

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function files(count: number, f: Format): string {
  return `${f.count(count)} ${count === 1 ? 'Datei' : 'Dateien'}`;
}

/** What the server or the system told about a mail that did not leave. */
function said(d: { said: string }): string {
  return d.said === '' ? '' : `: ${d.said.replace(/\.$/, '')}`;
}

/** Was ein Rechner tut, der schlafen geht; dazwischen stehen Zeit und Umstände. */
function sleeps({ kind }: { kind: string }, between = ''): string {
  const words: { readonly [kind: string]: readonly [string, string] } = {
    suspend: ['geht', 'schlafen'],
    hibernate: ['geht', 'in den Ruhezustand'],
    shutdown: ['fährt', 'herunter'],
  };
  const [verb = kind, rest = ''] = words[kind] ?? [];
  return [verb, between, rest].filter((word) => word !== '').join(' ');
}
const triggers: { readonly [trigger: string]: string } = {
  'all-gone': 'als niemand mehr online war',
  window: 'weil das Zeitfenster offen war',
  'by-hand': 'weil jemand sie verlangt hat',
};
const jobStates: { readonly [state: string]: string } = {
  pending: 'noch nicht',
  running: 'läuft',
  done: 'fertig',
  failed: 'FEHLGESCHLAGEN',
  stopped: 'abgebrochen',
  skipped: 'nicht gelaufen',
};
const outcomes: { readonly [outcome: string]: string } = {
  done: 'fertig',
  failed: 'FEHLGESCHLAGEN',
  stopped: 'abgebrochen',
  died: 'ABGERISSEN',
};

export const de: typeof en = {
  // --- the nine steps, as titles
  'step.find': () => 'Platte suchen',
  'step.wait-veeam': () => 'Auf Veeam warten',
  'step.mount': () => 'Platte einbinden',
  'step.lock': () => 'Platte sperren',
  'step.estimate': () => 'Umfang ermitteln',
  'step.copy': () => 'Kopieren',
  'step.unlock': () => 'Sperre aufheben',
  'step.free-space': () => 'Freien Platz prüfen',
  'step.unmount': () => 'Fertig schreiben und abmelden',

  // --- find
  'find.looking': (d, f) =>
    `Eine Sicherungsplatte wird gesucht (${f.count(d.count)} ${d.count === 1 ? 'ist' : 'sind'} eingetragen).`,
  'find.found': (d, f) =>
    `Platte ${diskName(d)} gefunden (${d.device}, ${d.type}, ${f.bytes(d.sizeBytes)}, UUID ${d.uuid}).`,
  'find.foreign': (d) =>
    `Die Platte ${d.uuid} ist nicht als Sicherungsplatte eingetragen und wurde nicht angerührt. Wenn sie eine sein soll: plugback enroll ${d.uuid}`,
  'find.waiting-turn': () =>
    'Gerade wird eine andere Platte gefüllt. Diese kommt danach an die Reihe und startet von selbst; lassen Sie sie angesteckt.',
  'find.my-turn': () => 'Jetzt ist diese Platte an der Reihe.',
  'find.source': (d) => `Die Quelle ${d.path} ist da (auf ${d.device}, eingebunden unter ${d.mountPoint}).`,

  // --- wait for Veeam
  'veeam.idle': () => 'Veeam schreibt gerade nicht, die Kopie kann beginnen.',
  'veeam.not-configured': () =>
    'Es ist kein Ordner für Veeam-Sperrdateien eingestellt, also wird auf nichts gewartet.',
  'veeam.waiting': (d, f) =>
    `${d.isAnnounced ? 'Veeam möchte beginnen' : 'Veeam schreibt noch'}: ${locksOf(d.locks, f)}. Darauf wird gewartet, höchstens noch ${f.count(d.minutesLeft)} min.`,
  'veeam.finished': (d, f) => `Veeam ist fertig (Wartezeit ${f.duration(d.seconds)}). Die Kopie beginnt.`,

  'veeam.settling': (d, f) =>
    `Der Ordner für Veeams Sperrdateien liegt auf einer Freigabe; nach ${f.duration(d.seconds)} sieht dieser Rechner sicher, was darin ist.`,
  'veeam.stepping-back': (d, f) =>
    `Veeam war einen Augenblick früher da: ${locksOf(d.locks, f)}. Die Kopie tritt zurück und wartet.`,
  'veeam.waits-for-copy': (d, f) => `Veeam wartet auf das Ende dieser Kopie: ${locksOf(d.locks, f)}.`,

  // --- Veeam's side: the pre-job and post-job scripts
  'hook.waiting': (d, f) =>
    `Es wird gerade kopiert. Veeam wartet, bis die Kopie fertig ist, höchstens noch ${f.count(d.minutesLeft)} min.`,
  'hook.locked': (d) =>
    `Veeam darf schreiben (Job ${d.job}). Die Sperrdatei ${d.path} hält Kopien so lange fern.`,
  'hook.unlocked': (d) => `Die Sperre des Jobs ${d.job} ist entfernt; es darf wieder kopiert werden.`,
  'hook.other-mistake': (d) =>
    `Die Konfiguration enthält einen Fehler, der dieses Skript nicht aufhält: ${d.problem}`,
  'hook.mail-broken': () =>
    'Der Abschnitt MAIL enthält einen Fehler. Bis er berichtigt ist, berichtet keine Mail von Schwierigkeiten.',
  'hook.no-lock': (d) =>
    `In ${d.path} gab es keine Sperre des Jobs ${d.job}. Jemand anderes hat sie entfernt, oder es gab sie nie.`,
  'hook.other-locks': (d, f) =>
    `Von diesem Rechner stehen diese Sperren: ${f.list(d.holders)}. Nennen Sie eine davon mit --job, um sie aufzuheben.`,
  'hook.taken-over': (d) =>
    `Eine frühere Sperre des Jobs ${d.job} war noch da; ihr Post-Job-Skript ist nicht gelaufen. Sie wird übernommen.`,
  'hook.written-afresh': (d) =>
    `Die Ankündigung des Jobs ${d.job} war weg, weil ein zweites Skript desselben Jobs lief. Die Sperre wurde neu geschrieben.`,
  'hook.dead-copy': (d) =>
    `Die Sperrdatei ${d.path} hat sich seit zwei Minuten nicht geändert: Die Kopie, von der sie ist, gibt es nicht mehr. Veeam wartet nicht auf sie.`,
  'hook.source-missing': (d) =>
    `Den Ordner ${d.path} gibt es nicht. Deshalb ist nicht zu erkennen, ob gerade kopiert wird. Prüfen Sie die Freigabe oder berichtigen Sie backup-lockfile.`,
  'hook.subject.copy-running': (d) =>
    `Veeam hat nicht länger gewartet: Es wird noch kopiert (Job ${d.job}, ${d.host})`,
  'hook.subject.blind': (d) => `Veeam kann nicht erkennen, ob gerade kopiert wird (Job ${d.job}, ${d.host})`,
  'hook.letter.blind': (d) =>
    `Veeams Pre-Job-Skript auf ${d.host} hat die Sperre des Jobs ${d.job} gesetzt: Es beginnt keine neue Kopie. Eine, die schon lief, hätte es nicht sehen können.`,
  'hook.subject.not-locked': (d) =>
    `Veeams Sperrdatei konnte nicht geschrieben werden (Job ${d.job}, ${d.host})`,
  'hook.subject.config': (d) =>
    `Veeam hat keine Sperre: Die Konfiguration hat Fehler (Job ${d.job}, ${d.host})`,
  'hook.subject.withdrawn': (d) =>
    `Veeam hat keine Sperre: Ihre Ankündigung wurde entfernt (Job ${d.job}, ${d.host})`,
  'hook.subject.not-unlocked': (d) => `Veeams Sperre wurde nicht entfernt (Job ${d.job}, ${d.host})`,
  'hook.letter': (d) => `Veeams Pre-Job-Skript auf ${d.host} ist für den Job ${d.job} gescheitert.`,
  'hook.letter.consequence': () =>
    'Veeams Agenten beginnen trotzdem zu schreiben. Eine Kopie, die währenddessen entsteht, kann dann halb geschriebene Sicherungen enthalten: Machen Sie danach noch eine.',
  'hook.letter.unlock': (d) => `Veeams Post-Job-Skript auf ${d.host} ist für den Job ${d.job} gescheitert.`,
  'hook.letter.unlock-consequence': () =>
    'Kopien warten auf diese Sperre, bis ihre Zeit um ist oder der Job noch einmal gelaufen und gut zu Ende gegangen ist.',
  'usage.timeout': (d) =>
    `--timeout ${d.value}: Das ist keine Anzahl von Minuten; es sollte eine ganze Zahl ab 0 sein, etwa 480.`,
  'usage.job': () => 'Der Job hinter --job ist leer; dort sollte sein Name oder seine ID stehen.',

  // --- the mirror
  'mirror.begins': (d) => `${d.source} wird nach ${d.replica} gespiegelt.`,
  'mirror.added': (d) => `Neu: ${d.path}`,
  'mirror.overwritten': (d) => `Ersetzt: ${d.path}`,
  'mirror.attributes': (d) => `Datum oder Rechte gesetzt: ${d.path}`,
  'mirror.deleted': (d) => `Gelöscht: ${d.path}`,
  'mirror.untouched': (d) => `Unverändert: ${d.path}`,
  'mirror.skipped': (d) => `Ausgelassen: ${d.path} (${d.reason})`,
  'mirror.more-skipped': (d, f) => `… und ${f.count(d.count)} weitere: --log oder --json nennt alle.`,
  'mirror.incomplete': (d, f) =>
    [
      `${d.count === 1 ? 'Etwas' : `${f.count(d.count)} Dateien oder Ordner`} ließ${d.count === 1 ? '' : 'en'} sich nicht spiegeln: Das Replikat ist nicht vollständig.`,
      ...d.causes.map((cause) => mirrorRemedies[cause]),
    ].join(' '),
  'mirror.summary': (d, f) =>
    `${f.count(d.added)} neu, ${f.count(d.overwritten)} ersetzt, ${f.count(d.deleted)} gelöscht, ${f.count(d.untouched)} unverändert, ${f.count(d.skipped)} ausgelassen; ${f.bytes(d.bytes)} kopiert in ${f.duration(d.seconds)}.`,
  'mirror.next': (d, f) => `Der nächste Durchgang beginnt: ${f.dateTime(d.at)}.`,
  'mirror.waiting': (d) => `In ${d.replica} schreibt schon eine andere Spiegelung. Ihr Ende wird abgewartet.`,
  'mirror.interrupted': () =>
    'Unterbrochen. Die angefangene Datei wurde noch fertig kopiert; was fehlt, kommt mit dem nächsten Durchgang.',
  'mirror.stopped-before': () => 'Beendet, bevor etwas kopiert oder gelöscht wurde.',
  'mirror.stopped': () => 'Zwischen zwei Durchgängen beendet.',
  'mirror.no-attributes': () =>
    'Erweiterte Attribute und Zugriffslisten (ACLs) werden nicht gespiegelt: Dazu braucht es getfattr, setfattr, xargs und GNU tar.',

  // --- mount
  'mount.fsck-running': (d) =>
    `Das Dateisystem der Platte wird geprüft (${d.program}). Bei einer großen Platte, die zu früh abgezogen wurde, dauert das.`,
  'mount.fsck-clean': () => 'Das Dateisystem der Platte ist in Ordnung.',
  'mount.fsck-none': (d) =>
    d.type.startsWith('ntfs')
      ? 'Ein NTFS-Dateisystem kann nur Windows prüfen (chkdsk), deshalb wird es so eingebunden, wie es ist.'
      : `Ein ${d.type}-Dateisystem repariert sich beim Einbinden selbst, deshalb gab es vorher keine Prüfung.`,
  'mount.fsck-off': () => 'Die Prüfung des Dateisystems ist in der Konfiguration abgeschaltet.',
  'mount.done': (d) =>
    `Die Platte ist unter ${d.mountPoint} eingebunden und beschreibbar (nachgeprüft: ${d.device}).`,
  'mount.done-read-only': (d) =>
    `Die Platte ist für den Probelauf nur zum Lesen unter ${d.mountPoint} eingebunden (${d.device}).`,

  // --- lock
  'lock.done': (d) =>
    `Die Platte ist gesperrt. Solange kopiert wird, zeigen das ${d.disk} auf der Platte und ${d.source} in der Quelle an.`,
  'lock.rehearsal': () => 'Das ist ein Probelauf: Es wird nichts geschrieben, also auch keine Sperrdatei.',

  // --- estimate
  'estimate.running': () => 'Quelle und Platte werden verglichen, um zu sehen, was kopiert werden muss.',
  'estimate.done': (d, f) =>
    `Zu kopieren: ${files(d.files, f)} (${f.bytes(d.bytes)}); zu löschen: ${f.count(d.deletes)}; frei: ${f.bytes(d.freeBytes)}.`,
  'estimate.nothing': () =>
    'Auf der Platte ist schon alles so wie in der Quelle. Es gibt nichts zu kopieren.',
  'estimate.attributes': () =>
    'Keine Datei hat neuen Inhalt; nur Rechte, Besitzer oder Zeiten haben sich geändert und werden nachgezogen.',
  'estimate.delete-first': () =>
    'Die Kopie passt nur, wenn alte Dateien vorher weg sind. Deshalb werden erst diese gelöscht und dann die neuen kopiert.',
  'estimate.rehearsal': () =>
    'Probelauf: Das würde ein Lauf tun. Es wurde nichts kopiert und nichts gelöscht.',
  'estimate.first-copy': () =>
    'Auf der Platte liegt noch keine Sicherung: Das ist die erste Kopie, und sie dauert am längsten.',
  'rsync-log.changes': () =>
    '# Was dieser Lauf auf der Platte ändert: Kürzel von rsync, Größe in Bytes, Name. Danach folgt, was rsync beim Kopieren meldet.',

  // --- copy
  'copy.running': (d) => `${d.source} wird nach ${d.destination} kopiert.`,
  'copy.progress': (d, f) =>
    `${f.percent(d.percent)} kopiert (${f.bytes(d.bytes)} von ${f.bytes(d.bytesTotal)}), ${f.rate(d.rate)}` +
    (d.etaSeconds === null
      ? '.'
      : `, noch etwa ${f.duration(d.etaSeconds)}. Es kann schneller gehen, wo sich nur Teile von Dateien geändert haben.`),
  'copy.paused': (d, f) =>
    `Veeam möchte schreiben: ${locksOf(d.locks, f)}. Die Kopie pausiert und überlässt ihm die Quelle; was vollständig ist, bleibt.`,
  'copy.resumed': () => 'Die Kopie geht weiter.',
  'copy.comparing-again': () =>
    'Was geplant war, ist kopiert. Veeam hat inzwischen geschrieben; deshalb werden Quelle und Platte noch einmal verglichen.',
  'copy.flushing': () =>
    'Alles ist übergeben; jetzt schreibt die Platte, was noch im Arbeitsspeicher steht. Bitte noch nicht abziehen.',
  'copy.done': (d, f) =>
    `${files(d.files, f)} (${f.bytes(d.bytes)}) kopiert und ${f.count(d.deletes)} gelöscht, in ${f.duration(d.seconds)}` +
    (d.bytes > 0 ? `, im Mittel ${f.rate(d.rate)}.` : '.'),
  'copy.nothing': () => 'Es musste nichts kopiert werden.',

  // --- unlock, free space, unmount
  'unlock.done': () => 'Die Sperrdateien sind gelöscht.',
  'unlock.left-on-disk': (d) =>
    `Die Sperrdatei ${d.path} bleibt auf der Platte, als Zeichen, dass die Kopie dort nicht vollständig ist. Die in der Quelle ist gelöscht.`,
  'unlock.none': () => 'Es gab keine Sperrdatei zu löschen.',
  'free-space.enough': (d, f) =>
    `Auf der Platte sind ${f.bytes(d.freeBytes)} von ${f.bytes(d.sizeBytes)} frei.`,
  'unmount.flushing': () => 'Der Rest wird geschrieben und die Platte abgemeldet. Bitte noch nicht abziehen.',
  'unmount.busy': (d, f) =>
    d.holders.length === 0
      ? 'Die Platte wird noch benutzt; nächster Versuch.'
      : `Die Platte wird noch benutzt von ${f.list(d.holders)}; nächster Versuch.`,
  'mount.unlocking': (d) => `${d.device} ist verschlüsselt und wird entsperrt (dauert einige Sekunden).`,
  'unmount.powered-off': () => 'Das Laufwerk ist abgeschaltet.',
  'unmount.disk-gone': () =>
    'Die Platte wurde abgezogen; was auf diesem Rechner von ihr übrig war, ist aufgeräumt.',
  'unmount.done': () => 'Alles ist geschrieben, die Platte ist abgemeldet. Sie können sie jetzt abziehen.',
  'unmount.done-failed': () =>
    'Die Platte ist abgemeldet. Sie können sie abziehen, aber die Sicherung darauf ist nicht vollständig.',

  // --- the run as a whole
  'run.start': (d) => `plugback ${d.version}, Lauf ${d.id}.`,
  'run.done': (d, f) => `Sicherung vollständig nach ${f.duration(d.seconds)}.`,
  'run.failed': (d) => `Die Sicherung ist NICHT vollständig (Exit-Code ${d.exitCode}).`,
  'run.refused': (d) => `Die Sicherung wurde zum Schutz Ihrer Daten abgelehnt (Exit-Code ${d.exitCode}).`,
  'run.stopping': (d) =>
    `Der Lauf soll aufhören (${d.signal}). Die Kopie wird beendet und die Platte abgemeldet; bitte warten.`,
  'run.awake': () => 'Es wird eine Sicherung geschrieben; Ruhezustand würde sie zerreißen.',
  'run.rehearsed': () => 'Probelauf abgeschlossen: Es wurde nichts verändert.',

  // --- the configuration: each stands behind “section.key: ” and says what is wrong and what it should be
  'config.line': (d) => `Zeile ${d.line}`,
  'config.no-section': () =>
    'steht vor dem ersten Abschnitt; die Zeile gehört unter eine Überschrift wie [BACKUP].',
  'config.not-a-setting': () =>
    'ist weder Abschnitt noch Einstellung; die Zeile sollte „Schlüssel = Wert“ lauten.',
  'config.binary': () => 'enthält ein Nullbyte; die Konfiguration sollte eine reine Textdatei sein.',
  'config.too-large': (d, f) =>
    `Die Datei ist zu groß für eine Konfiguration; richtig ist eine Textdatei mit höchstens ${f.bytes(d.limitBytes)}.`,
  'config.twice': (d) => `kommt zweimal vor (Zeilen ${d.first} und ${d.second}); richtig ist nur einmal.`,
  'config.unknown-section': (d) =>
    `ist kein bekannter Abschnitt; der ähnlichste bekannte ist [${d.nearest}].`,
  'config.section-needs-name': (d) =>
    `hat keinen Namen; richtig ist [${d.section} Name] mit einem Namen Ihrer Wahl.`,
  'config.unknown-key': (d) => `ist kein bekannter Schlüssel; der ähnlichste bekannte ist „${d.nearest}“.`,
  'config.key-elsewhere': (d) => `gehört nicht in diesen Abschnitt, sondern in [${d.section}].`,
  'config.alias-differs': (d) =>
    `ist ein anderer Name für ${d.other}, und die beiden Werte sind verschieden; nur einer von beiden sollte da sein.`,
  'config.reference-unknown': (d) =>
    `verweist auf „${d.name}“, das es nicht gibt; es sollte ein Schlüssel desselben Abschnitts sein, und ein Prozentzeichen schreibt man %%.`,
  'config.reference-endless': () =>
    'verweist über %(…)s auf sich selbst; am Ende sollte ein Wert stehen, und ein Prozentzeichen schreibt man %%.',
  'config.swallowed-key': (d) =>
    `setzt sich in der Zeile „${d.key} = …“ fort, weil diese eingerückt ist; sie sollte ganz links beginnen wie diese.`,
  'config.several-lines': () =>
    'setzt sich in der nächsten Zeile fort, weil diese eingerückt ist; der Wert sollte in einer Zeile stehen.',
  'config.control-character': () =>
    'enthält einen Tabulator, Zeilenumbruch oder ein anderes Steuerzeichen; es sollte reiner Text sein.',
  'config.source-missing': () =>
    'fehlt; es sollte der Ordner sein, der kopiert wird, etwa /srv/backups/ (mit Schrägstrich am Ende: sein Inhalt).',
  'config.not-a-path': (d) =>
    `„${d.value}“ ist kein vollständiger Pfad; er sollte mit einem Schrägstrich beginnen, etwa /srv/backups.`,
  'config.quoted-path': () =>
    'steht in Anführungszeichen, die zum Pfad gehören würden; richtig ist der Pfad ohne sie.',
  'config.folder-not-file': (d) => `„${d.value}“ ist ein Ordner; es sollte der Pfad einer Datei sein.`,
  'config.not-below': (d) =>
    `„${d.value}“ ist kein Pfad unterhalb des zugehörigen Ordners; richtig ist ein Name wie .plugback.lock, ohne „..“.`,
  'config.not-a-whole-number': (d) =>
    `„${d.value}“ ist keine ganze Zahl; richtig ist eine von ${d.min} bis ${d.max}, ohne Einheit.`,
  'config.out-of-range': (d) =>
    `${d.value} liegt außerhalb des Erlaubten; richtig ist ein Wert von ${d.min} bis ${d.max}.`,
  'config.not-a-number': (d) =>
    `„${d.value}“ ist keine Zahl; richtig ist eine wie 50 oder 0,5, ohne Einheit.`,
  'config.ambiguous-number': (d) =>
    `„${d.value}“ kann Tausender oder Nachkommastellen meinen; richtig ist eine Zahl ohne Tausenderpunkt, etwa 1000 oder 1,5.`,
  'config.not-keep': (d) =>
    `„${d.value}“ ist nicht verständlich; richtig sind Zahlen mit Kommas dazwischen, etwa 7,30,26 oder 7,30,26,24.`,
  'config.not-yes-or-no': (d) => `„${d.value}“ ist nicht eindeutig; richtig ist yes oder no.`,
  'config.not-a-choice': (d) => `„${d.value}“ steht nicht zur Wahl; richtig ist ${d.choices.join(' oder ')}.`,
  'config.not-a-mail-address': (d) =>
    `„${d.value}“ ist keine Mailadresse; richtig ist eine wie backup@example.com.`,
  'config.not-a-uuid': (d) =>
    `„${d.value}“ ist weder UUID noch Mailadresse; richtig ist eine UUID, wie „plugback disks“ sie zeigt.`,
  'config.mail-before-disk': (d) =>
    `„${d.value}“ steht vor der ersten Platte; die Adresse gehört hinter die UUID der Platte, um die es geht.`,
  'config.uuid-twice': (d) => `nennt die Platte ${d.value} zweimal; richtig ist einmal.`,
  'config.not-a-host': (d) =>
    `„${d.value}“ ist kein Rechnername; richtig ist ein Name oder eine IP-Adresse, etwa mail.example.com.`,
  'config.host-with-port': (d) =>
    `„${d.value}“ enthält einen Port; richtig ist der Rechnername allein, der Port gehört zu „${d.key}“.`,
  'config.open-quote': () =>
    'enthält ein Anführungszeichen, das nicht geschlossen wird; zu jedem gehört ein zweites.',
  'config.option-bare': (d) =>
    `„${d.value}“ steht allein; richtig ist eine Option mit angehängtem Wert wie --exclude=*.tmp.`,
  'config.option-without-value': (d) =>
    `${d.option} fehlt der Wert; richtig ist beides in einem Wort, etwa ${d.option}${d.option.startsWith('--') ? '=' : ''}WERT.`,
  'config.option-rehearsal': (d) =>
    `${d.option} würde nichts kopieren und trotzdem nach Sicherung aussehen; bitte weglassen (für einen Probelauf: „plugback run --dry-run“).`,
  'config.option-output': (d) =>
    `${d.option} verändert die Ausgabe, aus der plugback den Fortschritt liest; bitte weglassen.`,
  'config.option-source': (d) =>
    `${d.option} könnte entfernen oder ersetzen, was erhalten bleiben muss; bitte weglassen.`,
  'config.option-elsewhere': (d) =>
    `${d.option} würde woanders lesen oder schreiben als von der Quelle auf die Platte; bitte weglassen.`,
  'config.option-selection': (d) =>
    `${d.option} würde an plugback vorbei ändern, welche Dateien kopiert werden; bitte weglassen (dafür ist rsync-excludes da).`,
  'config.option-deletion': (d) =>
    `${d.option} entscheidet plugback; bitte weglassen (die Grenze für Löschungen ist max-delete-percent).`,
  'config.option-folder': (d) =>
    `${d.option} zeigt auf „${d.value}“ außerhalb der Sicherung; richtig ist ein Ordner darin, ohne Schrägstrich am Anfang und ohne „..“.`,
  'config.same-file': (d) => `ist dieselbe Datei wie ${d.other}; es sollte eine eigene sein.`,
  'config.destination-of-system': (d) =>
    `${d.value} braucht das System selbst, und die Platte würde es verdecken; richtig ist ein eigener Ordner, etwa /media/plugback.`,
  'config.destination-in-source': () =>
    'liegt in backup-source, die Sicherung würde also sich selbst kopieren; richtig ist ein Ordner woanders.',
  'config.source-in-destination': () =>
    'liegt in backup-destination und würde von der Platte verdeckt; richtig ist ein Ordner woanders.',
  'config.on-the-disk': (d) =>
    `${d.value} liegt in backup-destination und würde von der Platte verdeckt; es sollte woanders liegen.`,
  'config.veeam-holds-source': () =>
    'ist der Ordner der Sicherungen oder einer darüber, jede Sicherung würde also als Sperrdatei gelten; richtig ist ein eigener Ordner.',
  'config.password-twice': () => 'steht neben password; nur eines von beiden sollte da sein.',
  'config.veeam-lockfiles-missing': () =>
    'fehlt; hier sollte der Ordner für Veeams Sperrdateien stehen, wie ihn dieser Rechner sieht.',
  'config.backup-lockfile-missing': () =>
    'fehlt, und backup-source auch; hier sollte die Sperrdatei der Kopie in der Quelle stehen, wie sie dieser Rechner sieht.',
  'config.warn-two-folders': (d) =>
    `ist ein anderer Ordner als veeam-lockfile-path (${d.other}). So sieht keine Seite die Sperren der anderen, es sei denn, es sind zwei Wege zum selben Ordner; richtig ist derselbe.`,
  'config.warn-not-marker': (d) =>
    `ist nicht die Sperrdatei, die die Kopie schreibt. So sieht Veeam sie nicht laufen, es sei denn, es ist ein anderer Weg zur selben Datei; richtig ist ${d.value} oder nichts.`,
  'config.veeam-lockfiles-file': () => 'ist eine Datei; richtig ist der Ordner für Veeams Sperrdateien.',
  'config.backup-lockfile-folder': () =>
    'ist ein Ordner; richtig ist die Sperrdatei der Kopie darin, unter dem Namen von backup-lockfile-path.',
  'config.warn-no-server': () =>
    'ist leer, es gehen also keine Mails hinaus, obwohl Empfänger eingetragen sind; es sollte der Mailserver sein.',
  'config.warn-nobody-told': () =>
    'ist leer, es erfahren also nur die Adressen der jeweiligen Platte etwas; hier sollte stehen, wer sich um die Sicherungen kümmert.',
  'config.warn-no-password': () =>
    'ist leer, obwohl es einen username gibt; es sollte das Passwort sein, oder password-file die Datei, in der es steht.',
  'config.warn-unencrypted': () =>
    'ist none, das Passwort geht also unverschlüsselt über die Leitung; richtig ist starttls oder tls.',
  'config.warn-key-in-source': () =>
    'liegt in backup-source; jede Platte trägt also ihren eigenen Schlüssel, eine unverschlüsselte sogar offen. Sie sollte woanders liegen.',
  'config.warn-readable': () =>
    'enthält ein Passwort und ist für alle auf diesem Rechner lesbar; nur der Besitzer sollte sie lesen dürfen (chmod 600).',

  // nightshift
  'config.ip-missing': () => 'fehlt; richtig ist die IP-Adresse des Rechners.',
  'config.kind-missing': () => 'fehlt; richtig ist backup, mirror, rsync oder command.',
  'config.not-a-mac': (d) =>
    `„${d.value}“ ist keine Hardwareadresse; richtig ist etwas wie 00:1b:21:3c:4d:5e.`,
  'config.not-an-ip': (d) =>
    `„${d.value}“ ist keine IP-Adresse; richtig ist etwas wie 192.168.1.20. Namen werden nachts nicht aufgelöst.`,
  'config.not-a-name': (d) =>
    `„${d.value}“ geht hier nicht als Name; er besteht aus Buchstaben, Ziffern, Leerzeichen, Punkten und Bindestrichen, höchstens 60.`,
  'config.name-twice': () => 'gibt es zweimal; jeder Abschnitt braucht einen eigenen Namen.',
  'config.not-a-login': (d) =>
    `„${d.value}“ ist kein Anmeldename; richtig ist etwas wie backup, unter Windows BUERO\\backup.`,
  'config.not-an-interface': (d) =>
    `„${d.value}“ ist keine Netzwerkkarte; richtig ist ihr Name, etwa eth1, oder ihre Adresse an diesem Rechner.`,
  'config.not-a-time': (d) => `„${d.value}“ ist keine Uhrzeit; richtig ist etwas wie 18:00.`,
  'config.not-a-window': (d) => `„${d.value}“ ist kein Zeitraum; richtig ist etwas wie 03:00-05:00.`,
  'config.not-a-time-zone': (d) =>
    `„${d.value}“ ist keine Zeitzone, die dieser Rechner kennt; richtig ist etwas wie Europe/Berlin.`,
  'config.not-a-transfer-path': (d) =>
    `„${d.value}“ ist kein Ordner; richtig ist ein vollständiger Pfad, oder NAME:/ordner auf dem Rechner dieses Namens.`,
  'config.not-a-program': (d) =>
    `„${d.value}“ ist kein Programm mit vollem Pfad; richtig ist etwas wie /usr/bin/FreeFileSync.`,
  'config.not-exit-codes': (d) =>
    `„${d.value}“ sind keine Exit-Codes; richtig sind Zahlen mit Kommas dazwischen, etwa 0,1.`,
  'config.needs-reach': () =>
    'setzt voraus, dass der Rechner Befehle annimmt; reach muss dafür ssh oder windows-ssh sein.',
  'config.windows-user-missing': () =>
    'fehlt; unter Windows ist das Konto anzugeben, das sich anmelden darf.',
  'config.not-a-card': () => 'gehört keiner Netzwerkkarte; richtig ist die Adresse, die auf der Karte steht.',
  'config.address-twice': (d) =>
    `${d.value} gehört schon dem Rechner „${d.other}“; jeder braucht seine eigene.`,
  'config.job-needs': (d) => `fehlt; ein Auftrag der Art ${d.kind} braucht das.`,
  'config.job-has-not': (d) => `bedeutet bei einem Auftrag der Art ${d.kind} nichts und muss leer bleiben.`,
  'config.mirror-is-here': () =>
    'liegt auf einem anderen Rechner; der Ordnerspiegel arbeitet auf diesem, zwischen Rechnern geht rsync.',
  'config.two-remotes': () =>
    'liegt wie from auf einem anderen Rechner; rsync braucht eine der beiden Seiten auf diesem.',
  'config.no-such-computer': (d) =>
    `nennt den Rechner „${d.name}“, für den es keinen Abschnitt gibt; nötig ist ein [COMPUTER ${d.name}].`,
  'config.rsync-needs-ssh': (d) => `braucht ssh am Rechner „${d.name}“; dessen reach muss ssh sein.`,

  // --- the mails at the start and at the end
  'report.subject.start': (d) => `Sicherung gestartet: ${diskName(d)} – bitte angesteckt lassen (${d.host})`,
  'report.subject.done': (d) => `Sicherung fertig: ${d.disk}, ${d.amount} – ${d.unplug} (${d.host})`,
  'report.subject.warned': (d) =>
    `Sicherung fertig, mit Warnungen: ${d.disk}, ${d.amount} – ${d.unplug} (${d.host})`,
  'report.subject.failed': (d) =>
    `Sicherung FEHLGESCHLAGEN: ${d.disk}, ${d.amount} – ${d.unplug} (${d.host})`,
  'report.subject.gone': (d) =>
    `${capitalised(goneWhen[d.phase] ?? 'abgezogen')}: ${d.disk}, ${d.amount} – ${d.unplug} (${d.host})`,
  'report.subject.refused': (d) => `Sicherung ABGELEHNT: ${d.disk}, ${d.amount} – ${d.unplug} (${d.host})`,
  'report.subject.config': (d, f) =>
    `Sicherung NICHT gestartet: ${f.count(d.count)} Fehler in der Konfiguration (${d.host})`,
  'report.config': (d) => `Es wurde keine Sicherung gestartet, weil ${d.path} Fehler enthält:`,
  'report.subject.not-now': (d) =>
    `Diesmal keine Sicherung: ${d.disk}, ${d.amount} – ${d.unplug} (${d.host})`,
  'report.not-now': (d) => `Diesmal wurde keine Sicherung gemacht (${d.disk}).`,
  'report.disk': (d) => `Platte ${diskName(d)}`,
  'report.no-disk': () => 'keine Platte',
  'report.amount.done': (d, f) =>
    d.files === 0 ? 'nichts Neues zu kopieren' : `${f.bytes(d.bytes)} in ${files(d.files, f)}`,
  'report.amount.none': () => 'nichts kopiert',
  'report.amount.unknown': () => 'die Kopie ist nicht vollständig',
  'report.amount.part': (d, f) => `nur ${f.bytes(d.bytes)} von ${f.bytes(d.total)} kopiert`,
  'report.unplug.yes': () => 'kann abgezogen werden',
  'report.unplug.no': () => 'NICHT abziehen',
  'report.unplug.again': () => 'bitte wieder anstecken',
  'report.unplug.none': () => 'nichts abzuziehen',
  'report.start': (d) =>
    `Die Sicherung auf die Platte ${diskName(d)} läuft. Bitte lassen Sie die Platte angesteckt.`,
  'report.start.wait': () => 'Eine zweite Mail folgt, sobald die Platte abgezogen werden kann.',
  'report.started': (d) => `Beginn: ${d.at} auf ${d.host}`,
  'report.done': (d) =>
    `Die Sicherung auf die Platte ${diskName(d)} ist vollständig. Sie können die Platte abziehen.`,
  'report.failed': (d) => `Die Sicherung ist NICHT vollständig (${d.disk}).`,
  'report.refused': (d) => `Die Sicherung wurde abgelehnt, um Ihre Daten zu schützen (${d.disk}).`,
  'report.problem': (d) => `Was ist passiert: ${d.text}`,
  'report.remedy': (d) => `Was ist zu tun: ${d.text}`,
  'report.unplug-line.yes': () => 'Die Platte ist nicht mehr eingebunden und kann abgezogen werden.',
  'report.unplug-line.again': () =>
    'Die Platte wurde abgezogen; dieser Rechner hält nichts mehr von ihr fest.',
  'report.unplug-line.no': () => 'Die Platte ist möglicherweise noch in Gebrauch. Bitte NICHT abziehen.',
  'report.copied': (d, f) =>
    d.files === 0 && d.deletes === 0
      ? 'Kopiert: nichts, die Platte war schon aktuell'
      : `Kopiert: ${files(d.files, f)}, ${f.bytes(d.bytes)}; gelöscht: ${f.count(d.deletes)}`,
  'report.time': (d, f) => `Beginn: ${d.at} auf ${d.host}, Dauer ${f.duration(d.seconds)}`,
  'report.free': (d, f) => `Frei auf der Platte: ${f.bytes(d.freeBytes)} von ${f.bytes(d.sizeBytes)}`,
  'report.disk-line': (d) => `Platte: ${d.label ? `${diskName(d)}, ` : ''}UUID ${d.uuid}`,
  'report.source': (d) => `Quelle: ${d.source}`,
  'report.warning': (d) => `Warnung: ${d.text}`,
  'report.more-warnings': (d, f) => `${f.count(d.count)} weitere Warnungen stehen im angehängten Log.`,
  'report.step': (d) => `${d.title}: ${d.state}`,
  'report.state.pending': () => 'noch nicht',
  'report.state.running': () => 'läuft',
  'report.state.done': () => 'erledigt',
  'report.state.warned': () => 'erledigt, mit Warnung',
  'report.state.failed': () => 'FEHLGESCHLAGEN',
  'report.state.skipped': () => 'nicht erreicht',

  // --- the terminal
  'usage.uuid': (d) =>
    `„${d.uuid}“ ist keine UUID eines Dateisystems. „plugback disks“ zeigt die angesteckten.`,
  'terminal.amount': (d, f) => `${f.bytes(d.bytes)} von ${f.bytes(d.total)}`,
  'terminal.flushing': () => 'wird fertig geschrieben, nicht abziehen',
  'terminal.left': (d, f) => `noch etwa ${f.duration(d.seconds)}`,

  // --- the demo
  'demo.making': () => 'Ein Büro zum Sichern (etwa 700 MB) und eine leere Platte mit 2 GB werden angelegt …',
  'demo.made': (d) =>
    `Das Büro liegt in ${d.folder}, die Platte ist angesteckt als ${d.device} (UUID ${d.uuid}).`,
  'demo.first': () => '1. Die Platte wird zum ersten Mal angesteckt',
  'demo.day': () =>
    '2. Ein Tag vergeht: ein neues Inkrement, geänderte, neue, umbenannte und gelöschte Dateien',
  'demo.second': () => '3. Die Platte wird wieder angesteckt',
  'demo.equal': (d) => `Verglichen mit „diff -r ${d.office} ${d.mountPoint}“: kein Unterschied.`,
  'demo.mails': (d) => `4. Der eingebaute Mailserver hat ${d.count} Mails angenommen`,
  'demo.last-mail': (d, f) => `Die letzte, an ${f.list(d.to)}:`,
  'demo.attached': (d, f) => `Angehängt: ${f.list(d.names)}`,
  'demo.cleaned': (d) => `Die Vorführung hat aufgeräumt: Platte abgehängt, ${d.folder} entfernt.`,
  'demo.page-stays': (d) =>
    `Die Seite bleibt, bis Sie Strg-C drücken; dann räumt die Vorführung auf: ${d.address}`,
  'demo.next': () => 'Weiter mit einer echten Platte (ext4, bereits formatiert):',
  'demo.next.config': () => 'die Konfiguration kopieren; dann Quelle, Sysop und Mailserver eintragen',
  'demo.next.disks': () => 'die UUID der Platte finden',
  'demo.next.enroll': () => 'sie als Sicherungsplatte eintragen',
  'demo.next.check': () => 'alles prüfen und eine Testmail verschicken',
  'demo.next.rehearse': () => 'durchspielen; ohne --dry-run ist es ernst',

  // --- status: the one large sentence, and what stands below it
  'headline.unknown': () => 'Eine Sicherung läuft. Wie weit sie ist, lässt sich gerade nicht lesen.',
  'headline.never': () => 'Es gab noch keine Sicherung.',
  'headline.preparing': (d) =>
    d.uuid === null
      ? 'Eine Sicherung beginnt.'
      : `Die Platte ${maybeDisk(d)} wird für die Sicherung vorbereitet.`,
  'headline.waiting': (d, f) =>
    `Veeam schreibt noch${d.locks.length === 0 ? '' : ` (${namesOf(d.locks, f)})`}` +
    `${d.minutesLeft === null ? '' : `, höchstens noch ${f.count(d.minutesLeft)} min`}; danach wird ${maybeDisk(d)} gefüllt.`,
  'headline.paused': (d, f) =>
    `Die Kopie auf ${maybeDisk(d)} pausiert${d.percent === null ? '' : ` bei ${f.percent(d.percent)}`}, solange Veeam schreibt` +
    `${d.locks.length === 0 ? '' : ` (${namesOf(d.locks, f)})`}` +
    `${d.minutesLeft === null ? '' : `, höchstens noch ${f.count(d.minutesLeft)} min`}; danach geht sie von selbst weiter.`,
  'headline.comparing': (d) =>
    `Quelle und ${maybeDisk(d)} werden verglichen, um zu sehen, was zu kopieren ist.`,
  'headline.copying': (d, f) =>
    `Auf ${maybeDisk(d)} wird kopiert` +
    (d.percent === null ? '' : `: ${f.percent(d.percent)} geschafft`) +
    (d.rate > 0 ? `, ${f.rate(d.rate)}` : '') +
    (d.etaSeconds === null ? '.' : `, noch etwa ${f.duration(d.etaSeconds)}.`),
  'headline.flushing': (d) => `${maybeDisk(d)} nimmt die letzten Daten auf: bitte nicht abziehen.`,
  'headline.complete': (d, f) => `Die Sicherung auf ${maybeDisk(d)} ist vollständig (${f.dateTime(d.at)}).`,
  'headline.warned': (d, f) =>
    `Die Sicherung auf ${maybeDisk(d)} ist vollständig, mit ${f.count(d.count)} ${d.count === 1 ? 'Warnung' : 'Warnungen'} (${f.dateTime(d.at)}).`,
  'headline.later': (d, f) =>
    `Jetzt nicht: Die Sicherung${onDisk(d)} wurde verschoben (${f.dateTime(d.at)}).`,
  'headline.refused': (d, f) =>
    `Die Sicherung${onDisk(d)} wurde zum Schutz Ihrer Daten ABGELEHNT (${f.dateTime(d.at)}).`,
  'headline.failed': (d, f) => `Die Sicherung${onDisk(d)} ist FEHLGESCHLAGEN (${f.dateTime(d.at)}).`,
  'headline.unplug.yes': () => 'Sie können die Platte abziehen.',
  'headline.unplug.no': () => 'Bitte die Platte nicht abziehen.',
  'headline.last-good': (d, f) =>
    `Die letzte gute Sicherung liegt auf ${maybeDisk(d)} (${f.dateTime(d.at)}).`,
  'status.never': () =>
    'Stecken Sie eine Platte an und tragen Sie sie ein; „plugback disks“ zeigt, wie. Ohne Platte ausprobieren: plugback demo',
  'status.last-run': (d, f) => `Der letzte Lauf (${f.dateTime(d.at)}, Dauer ${f.duration(d.seconds)}):`,
  'status.this-run': (d, f) => `Dieser Lauf (seit ${f.dateTime(d.at)}, bisher ${f.duration(d.seconds)}):`,
  'status.queued': (d, f) =>
    `${diskName(d)} wartet seit ${f.time(d.since)} und kommt von selbst an die Reihe; lassen Sie sie angesteckt.`,

  // --- history
  'history.none': () => 'Es gab noch keine Sicherung, also auch keinen Verlauf. Die erste: plugback run',
  'history.start': () => 'Beginn',
  'history.disk': () => 'Platte',
  'history.result': () => 'Ergebnis',
  'history.files': () => 'Dateien',
  'history.bytes': () => 'Kopiert',
  'history.duration': () => 'Dauer',
  'history.free': () => 'Danach frei',
  'history.why': () => 'Warum',
  'history.result.done': () => 'erledigt',
  'history.result.warned': () => 'Warnungen',
  'history.result.later': () => 'verschoben',
  'history.result.refused': () => 'ABGELEHNT',
  'history.result.failed': () => 'FEHLER',
  'history.more': (d, f) => `Das sind die letzten ${f.count(d.count)}; mehr zeigt ${d.option}.`,
  'usage.limit': (d) =>
    `--limit ${d.value}: Das ist keine Anzahl von Sicherungen; richtig ist eine ganze Zahl ab 1, etwa 20.`,

  // --- the status page
  'page.skip': () => 'Zum Inhalt springen',
  'page.languages': () => 'Sprache',
  'page.now': () => 'Was gerade geschieht',
  'page.connection.lost': () =>
    'Die Verbindung ist abgerissen, es wird weiter versucht. Die Anzeige ist womöglich nicht mehr aktuell.',
  'page.no-disk': () => 'keine Platte',
  'page.never': () => 'Stecken Sie eine Platte an und tragen Sie sie ein; „plugback disks“ zeigt, wie.',
  'page.ago': (d) => {
    const minutes = Math.floor(d.seconds / 60);
    const [hours, days] = [Math.floor(minutes / 60), Math.floor(minutes / 1440)];
    if (minutes < 1) return 'gerade eben';
    if (hours < 1) return `vor ${minutes} min`;
    if (hours < 48) return hours === 1 ? 'vor 1 Stunde' : `vor ${hours} Stunden`;
    return `vor ${days} Tagen`;
  },
  'page.resting': (d) => `Die letzte gute Sicherung liegt auf ${maybeDisk(d)}: ${d.ago}.`,
  'page.kind.rest': () => 'Ruhe',
  'page.kind.never': () => 'Ruhe',
  'page.kind.preparing': () => 'Vorbereitung',
  'page.kind.waiting': () => 'Warten auf Veeam',
  'page.kind.comparing': () => 'Vergleich',
  'page.kind.copying': () => 'Kopie läuft',
  'page.kind.flushing': () => 'Noch nicht abziehen',
  'page.kind.complete': () => 'Sicherung vollständig',
  'page.kind.warned': () => 'Vollständig, mit Warnungen',
  'page.kind.later': () => 'Verschoben',
  'page.kind.refused': () => 'Abgelehnt',
  'page.kind.failed': () => 'Fehlgeschlagen',
  'page.kind.night-waiting': () => 'Warten auf die Nacht',
  'page.kind.night-running': () => 'Nachtsicherung läuft',
  'page.kind.night-countdown': () => 'Gleich schlafen',
  'page.kind.night-done': () => 'Nachtsicherung fertig',
  'page.kind.night-failed': () => 'Nachtsicherung fehlgeschlagen',
  'page.kind.night-stopped': () => 'Nachtsicherung abgebrochen',
  'page.kind.night-died': () => 'Nachtsicherung abgerissen',
  'page.kind.night-off': () => 'Nachtsicherung aus',
  'page.problem': () => 'Was ist passiert',
  'page.remedy': () => 'Was ist zu tun',
  'page.progress.copying': () => 'Fortschritt der Kopie',
  'page.progress.flushing': () => 'Die letzten Daten werden geschrieben',
  'page.progress.bytes': (d, f) => `${f.bytes(d.bytes)} von ${f.bytes(d.bytesTotal)}`,
  'page.progress.files': (d, f) => `${f.count(d.files)} von ${files(d.filesTotal, f)}`,
  'page.progress.sooner': () => 'Es kann schneller gehen, wenn sich nur Teile von Dateien geändert haben.',
  'page.announce.copying': (d, f) => `Kopie läuft, ${f.percent(d.percent)} geschafft.`,
  'page.queue': () => 'In der Warteschlange',
  'page.queue.since': () => 'seit',
  'page.queue.hint': () => 'Sie kommen von selbst an die Reihe. Bitte angesteckt lassen.',
  'page.steps': () => 'Die Schritte',
  'page.steps.this': () => 'Dieser Lauf',
  'page.steps.last': () => 'Der letzte Lauf',
  'page.steps.none': () =>
    'Hier stehen die neun Schritte einer Sicherung, vom Finden der Platte bis zum Aushängen.',
  'page.warnings': () => 'Warnungen',
  'page.rate': () => 'Geschwindigkeit',
  'page.rate.said': (d) => `Jetzt ${d.current}, höchstens ${d.highest}.`,
  'page.disks': () => 'Sicherungsplatten',
  'page.disks.none': () => 'Es ist keine Platte eingetragen. Stecken Sie eine an und geben Sie ein:',
  'page.disks.attached': () => 'angesteckt',
  'page.disks.away': () => 'nicht angesteckt',
  'page.disks.overdue': () => 'überfällig',
  'page.disks.never': () => 'Noch keine Sicherung darauf.',
  'page.disks.last-good': () => 'Letzte Sicherung',
  'page.disks.free': (d, f) => `${f.bytes(d.freeBytes)} von ${f.bytes(d.sizeBytes)} frei`,
  'page.disks.used': (d, f) => `Die Platte ist zu ${f.percent(d.percent)} belegt`,
  'page.disks.room-unknown': () => 'Wie viel frei ist, steht nach der ersten Sicherung fest.',
  'page.history': () => 'Verlauf',
  'page.history.none': () => 'Noch nichts. Jede Sicherung kommt als Zeile hinzu.',
  'page.paging': () => 'Seiten des Verlaufs',
  'page.paging.newer': () => 'Neuere',
  'page.paging.older': () => 'Ältere',
  'page.paging.at': (d, f) => `Seite ${f.count(d.page)} von ${f.count(d.pages)}`,
  'page.chart.bytes': () => 'Kopiert je Sicherung',
  'page.chart.bytes.caption': () =>
    'Wie viel jede Sicherung kopiert hat, nach Platte. Die Zahlen stehen in der Tabelle darunter.',
  'page.chart.free': () => 'Freier Platz',
  'page.chart.free.caption': () =>
    'Wie viel nach jeder Sicherung frei blieb, nach Platte. Die Zahlen stehen in der Tabelle darunter.',
  'page.log': () => 'Protokoll',
  'page.log.whole': () => 'Das ganze Protokoll',
  'page.log.none': () => 'Das Protokoll ist leer.',
  'page.run.back': () => 'Zurück zum Verlauf',
  'page.run.deletes': () => 'Gelöscht',
  'page.run.log-gone': () => 'Das Protokoll dieses Laufs ist nicht mehr vorhanden.',
  'page.start': () => 'Sicherung starten',
  'page.start.hint': () =>
    'Für eine Platte, die schon angesteckt ist. Das Kennwort (Token) steht in der Datei, die token-file nennt.',
  'page.start.no-script': () =>
    'Von hier aus zu starten, geht nur mit JavaScript. Ohne JavaScript: plugback run',
  'page.start.disk': () => 'Platte',
  'page.start.token': () => 'Kennwort (Token)',
  'page.start.button': () => 'Sicherung starten',
  'page.start.unreachable': () => 'Der Server antwortet nicht. Läuft er noch?',

  // --- disks
  'disks.device': () => 'Gerät',
  'disks.label': () => 'Name',
  'disks.type': () => 'Art',
  'disks.size': () => 'Größe',
  'disks.free': () => 'Frei',
  'disks.drive': () => 'Laufwerk',
  'disks.state': () => 'Sicherungsplatte?',
  'disks.image': () => 'Abbild',
  'disks.enrolled': (d, f) =>
    d.addresses.length === 0
      ? 'eingetragen'
      : `eingetragen; benachrichtigt wird auch: ${f.list(d.addresses)}`,
  'disks.enrolled-but': (d) => `eingetragen, aber nicht zu füllen: ${obstacle(d)}`,
  'disks.can': (d) => `kann eingetragen werden: plugback enroll ${d.uuid}`,
  'disks.cannot': (d) => `nein: ${obstacle(d)}`,
  'disks.cannot-source': () => 'nein: darauf liegt die Quelle der Sicherung',
  'disks.mounted': (d) => `unter ${d.mountPoint} eingebunden, vor einer Sicherung abmelden`,
  'disks.none': () =>
    'Es ist keine Platte angesteckt, die eine Sicherung aufnehmen könnte. Stecken Sie eine an, warten Sie ein paar Sekunden und versuchen Sie es noch einmal; eine neue braucht erst ein Dateisystem: mkfs.ext4 -L BUERO-A /dev/sdX1',
  'disks.absent': (d, f) => `Eingetragen, aber nicht angesteckt: ${f.list(d.uuids)}.`,
  'disks.no-config': () =>
    'Es gibt noch keine Konfiguration, also ist keine Platte eingetragen. Kopieren Sie config.ini.template nach /etc/plugback/config.ini und füllen Sie sie aus.',
  'disks.config-broken': (d) =>
    `Die Konfiguration ${d.path} enthält Fehler; vielleicht ist eine eingetragene Platte deshalb nicht als solche zu sehen. Welche Fehler, zeigt: plugback check`,
  'disks.no-rights': () =>
    'Ohne Administratorrechte ist bei manchen Platten das Dateisystem nicht zu sehen. Als root sehen Sie alles.',
  'drive.looks-internal': (d) =>
    `Das Laufwerk von ${d.device} sieht fest eingebaut aus (es ist kein Wechsellaufwerk). Vergewissern Sie sich, dass es wirklich die Sicherungsplatte ist.`,
  'drive.looks-read-only': (d) =>
    `Das Laufwerk von ${d.device} ist vielleicht schreibgeschützt, auch wenn der Kernel nichts davon sagt.`,
  'drive.failing': (d) =>
    `Das Laufwerk von ${d.device} meldet selbst, dass es bald ausfallen wird (S.M.A.R.T.). Ersetzen Sie es.`,
  'drive.inside': (d) =>
    `${d.device} liegt in der verschlüsselten Platte ${d.container}. Es ist erst da, wenn jemand diese entsperrt hat; angesteckt startet sie nichts. Damit die Sicherung sie entsperrt: plugback enroll ${d.uuid}`,
  'drive.no-key': (d) =>
    `${d.device} ist verschlüsselt. Damit eine Sicherung sie entsperren kann, tragen Sie ihre Schlüsseldatei in der Konfiguration als encryption-key-file ein.`,
  'drive.fat': (d) =>
    `${d.device} hat ein FAT-Dateisystem: Es nimmt keine Datei ab 4 GB auf und bewahrt weder Besitzer noch Rechte noch Verknüpfungen. Am besten ist ext4.`,
  'drive.exfat': (d) =>
    `${d.device} hat ein exFAT-Dateisystem, das weder Besitzer noch Rechte noch Verknüpfungen bewahrt. Am besten ist ext4.`,
  'drive.ntfs': (d) =>
    `${d.device} hat ein NTFS-Dateisystem, das weder Besitzer noch Rechte bewahrt. Am besten ist ext4.`,

  // --- enroll
  'enroll.done': (d, f) =>
    `${diskName(d)} ist jetzt eine Sicherungsplatte (${d.device}, ${d.type}, ${f.bytes(d.sizeBytes)}, UUID ${d.uuid}).`,
  'enroll.already': (d) =>
    `${diskName(d)} ist schon eine Sicherungsplatte${d.label ? ` (UUID ${d.uuid})` : ''}.`,
  'enroll.told': (d, f) =>
    `Benachrichtigt werden bei jeder Sicherung darauf: ${f.list(d.addresses)}, dazu die Sysops.`,
  'enroll.told-nobody': () => 'Benachrichtigt werden bei jeder Sicherung darauf: die Sysops.',
  'enroll.told-new': (d, f) => `Ab jetzt außerdem benachrichtigt: ${f.list(d.addresses)}.`,
  'enroll.unchanged': (d) => `${d.path} wurde nicht geändert.`,
  'enroll.written': (d) => `Das steht nun in ${d.path}; alles andere dort ist, wie es war.`,
  'enroll.next': (d, f) =>
    `Wie es weitergeht: Jeder Lauf macht die Platte zum Abbild von ${d.source}. Dateien, die es nur auf der Platte gibt, werden gelöscht; ` +
    `ein Lauf, der mehr als ${f.percent(d.percent)} aller Dateien auf der Platte löschen würde, wird aber abgelehnt.`,
  'enroll.try': () => 'Ausprobieren, ohne etwas zu verändern: plugback run --dry-run',
  'enroll.mounted': (d) =>
    `${d.device} ist unter ${d.mountPoint} eingebunden. Melden Sie die Platte vor der ersten Sicherung ab: umount ${d.mountPoint}`,
  'enroll.several': (d, f) =>
    `${d.device} enthält mehrere Dateisysteme: ${f.list(d.devices)}. Nennen Sie das gemeinte.`,
  'enroll.mail': (d) => `--mail: ${d.text}`,
  'enroll.mail-empty': () => '--mail braucht eine Adresse, etwa --mail anna@example.com.',

  // --- check
  'check.config': () => 'Konfiguration',
  'check.machine': () => 'Dieser Rechner',
  'check.source': () => 'Quelle',
  'check.veeam': () => 'Veeams Seite',
  'check.disks': () => 'Platten',
  'check.folders': () => 'Ordner',
  'check.nightshift': () => 'Nachtschicht',
  'check.page': () => 'Statusseite',
  'check.mail': () => 'E-Mail',
  'check.good': () => 'gut',
  'check.warning': () => 'Warnung',
  'check.bad': () => 'FEHLER',
  'check.config-good': (d) => `${d.path} ist vollständig und richtig.`,
  'check.config-veeam-side': (d) =>
    `${d.path} ist richtig für einen Rechner, auf dem Veeam seine Skripte startet. Für einen, der kopiert, fehlt der Abschnitt BACKUP.`,
  'check.config-first': (d, f) =>
    `Solange ${d.path} ${d.count === 1 ? 'diesen Fehler' : `diese ${f.count(d.count)} Fehler`} enthält, lassen sich Quelle, Veeam-Ordner, Einbindeordner und Logs nicht prüfen.`,
  'check.password-file-open': (d) => `Die Passwortdatei ${d.path} ist für alle auf diesem Rechner lesbar.`,
  'check.password-file-open.remedy': (d) => `Nur der Besitzer sollte sie lesen dürfen: chmod 600 ${d.path}`,
  'check.root': () => 'plugback läuft als root.',
  'check.sudo': () => 'plugback läuft nicht als root, aber „sudo -n“ funktioniert.',
  'check.programs': (d, f) =>
    `Alle Programme, die eine Sicherung startet, sind installiert: ${f.list(d.programs)}.`,
  'check.program-missing': (d) => `Das Programm ${d.program} ist nicht installiert.`,
  'check.rsync-old': (d) => `rsync ${d.version} ist zu alt; nötig ist mindestens ${d.least}.`,
  'check.rsync-broken': (d) => `rsync nennt seine Version nicht (${d.reason}).`,
  'check.fsck-missing': (d) =>
    `${d.program} ist nicht installiert, deshalb lässt sich das ${d.type}-Dateisystem nicht vor jeder Sicherung prüfen.`,
  'check.key': (d) =>
    `Die Schlüsseldatei ${d.path} für verschlüsselte Platten ist da, und niemand sonst kann sie lesen.`,
  'check.install': (d) => `Installieren: apt-get install ${d.package}`,
  'check.clock': (d, f) => `Die Uhr zeigt ${f.dateTime(d.at)}.`,
  'check.clock-wrong': (d, f) =>
    `Die Uhr zeigt ${f.dateTime(d.at)}; das kann nicht sein. Logs, Mails und Zertifikate hängen von ihr ab.`,
  'check.clock-behind': (d, f) =>
    `Die Uhr zeigt ${f.dateTime(d.at)}, aber die letzte Sicherung war später (${f.dateTime(d.last)}).`,
  'check.clock.remedy': () => 'Die Uhr stellen: timedatectl set-ntp true (Paket systemd-timesyncd)',
  'check.token-off': () =>
    'Von der Seite aus lassen sich keine Sicherungen starten: Es gibt keine token-file. Sie beginnen, wenn eine Platte angesteckt wird.',
  'check.token': (d) => `Wer das Kennwort in ${d.path} kennt, kann von der Seite aus eine Sicherung starten.`,
  'check.token-open': (d) =>
    `Jeder Benutzer dieses Rechners kann ${d.path} lesen und damit von der Seite aus Sicherungen starten.`,
  'check.token-open.remedy': (d) => `Dieses Recht nehmen: chmod o= ${d.path}`,
  'check.online': (d, f) => `Jetzt online: ${f.list(d.names)}.`,
  'check.off': (d, f) =>
    `Jetzt aus: ${f.list(d.names)}. Ob aufwacht, was gebraucht wird, zeigt erst eine Sicherung: plugback nightshift --now`,
  'check.unknown': (d, f) =>
    `Von hier aus nicht zu befragen, deshalb weiß niemand, ob dort jemand ist: ${f.list(d.names)}.`,
  'check.unknown.remedy': () =>
    'Steckt das Netzwerkkabel, und hat dieser Rechner eine Adresse in jenem Netz?',
  'check.login': (d, f) => `Nimmt Befehle über ssh an: ${f.list(d.names)}.`,
  'check.job': (d) => `„${d.job}“: ${d.text}`,
  'check.jobs': (d, f) => `Diese Aufträge finden hier, was sie brauchen: ${f.list(d.names)}.`,
  'check.job-program': (d) => `${d.program} ist kein Programm, das sich ausführen lässt.`,
  'check.job-program.remedy': (d) =>
    `Installieren Sie es oder berichtigen Sie command; wenn es da ist: chmod +x ${d.program}`,
  'check.job-disk': (d) => `Die Platte ${d.uuid} ist nicht eingetragen, deshalb wird nichts gesichert.`,
  'check.job-disk.remedy': () => 'Tragen Sie sie ein (plugback disks zeigt, wie) oder berichtigen Sie disk.',
  'check.ssh-file': (d) => `${d.key} nennt ${d.path}; dort ist keine Datei.`,
  'check.ssh-file.remedy': (d) =>
    `Berichtigen Sie es oder lassen Sie ${d.key} leer: Dann nimmt ssh die Datei des Benutzers, unter dem nightshift läuft.`,
  'check.nobody-seen': () =>
    'Beobachtet wird kein Rechner, an dem zu erkennen wäre, ob jemand arbeitet; eine Sicherung beginnt also nur im Zeitfenster oder auf Verlangen.',
  'check.nobody-seen.remedy': () =>
    'Nehmen Sie für jeden Rechner, an dem gearbeitet wird, einen Abschnitt [COMPUTER Name] auf.',
  'check.sentinel': (d) => `Sie enthält „${d.sentinel}“, wie source-must-contain es verlangt.`,
  'check.excludes': (d) => `Die Liste der Ausnahmen ist ${d.path}.`,
  'check.excludes-none': () => 'Es gibt keine Liste der Ausnahmen, also wird alles kopiert.',
  'check.excludes-missing': (d) =>
    `Die Liste der Ausnahmen, ${d.path}, gibt es nicht; deshalb wird alles kopiert.`,
  'check.excludes-missing.remedy': () => 'Legen Sie sie an, oder berichtigen Sie rsync-excludes.',
  'check.veeam-off': () =>
    'Es ist kein Ordner für Veeam-Sperrdateien eingestellt, also wird auf nichts gewartet.',
  'check.veeam-idle': (d) =>
    `Der Ordner für Veeam-Sperrdateien, ${d.path}, ist lesbar. Veeam schreibt gerade nicht.`,
  'check.veeam-writable': (d) => `In ${d.path} lassen sich Veeams Sperren anlegen.`,
  'check.veeam-marker': (d) => `Eine laufende Kopie zeigt sich als ${d.path}; den Ordner dafür gibt es.`,
  'check.veeam-busy': (d, f) =>
    `${d.isAnnounced ? 'Veeam möchte beginnen' : 'Veeam schreibt gerade'}: ${locksOf(d.locks, f)}. Eine Sicherung würde darauf warten.`,
  'check.disk': (d, f) =>
    `${diskName(d)} ist angesteckt, und das Dateisystem ist lesbar (${d.device}, ${d.type}, ${f.bytes(d.sizeBytes)}).`,
  'check.disk-absent': (d) => `${d.uuid} ist gerade nicht angesteckt.`,
  'check.disk-unreadable': (d) => `Das Dateisystem von ${d.device} ist nicht lesbar (${d.reason}).`,
  'check.disk-unreadable.remedy': () =>
    'Ziehen Sie die Platte ab und stecken Sie sie wieder an. Hilft das nicht, prüfen Sie sie an einem anderen Rechner, oder nehmen Sie eine andere.',
  'check.mount-point': (d) => `Der Ordner ${d.mountPoint}, unter dem die Platte eingebunden wird, ist frei.`,
  'check.mount-leftover': (d) =>
    `Unter ${d.mountPoint} ist noch eine Sicherungsplatte eingebunden, von einem abgestürzten Lauf. Der nächste Lauf räumt auf; ziehen Sie die Platte vorher nicht ab, oder melden Sie sie ab: umount ${d.mountPoint}`,
  'check.running': (d) =>
    `Gerade läuft eine Sicherung auf ${diskName(d)}. Wie weit sie ist, zeigt „plugback status“.`,
  'check.folder-state': (d) => `Verlauf und Postausgang sind beschreibbar (${d.path}).`,
  'check.folder-runtime': (d) => `Status und Sperren sind beschreibbar (${d.path}).`,
  'check.folder-log': (d) => `Das Log ist beschreibbar (${d.path}).`,
  'check.log-bad': (d) => `Das Log ${d.path} lässt sich nicht schreiben (${d.reason}).`,
  'check.log-bad.remedy': (d, f) => `Berichtigen Sie ${f.list(d.keys)} oder die Rechte des Ordners.`,
  'check.folder-full': (d, f) =>
    `Für ${d.path} sind nur noch ${f.bytes(d.freeBytes)} frei. Wartende Mails, Logs und der Verlauf brauchen Platz.`,
  'check.folder-full.remedy': () => 'Schaffen Sie Platz auf der eigenen Platte dieses Rechners.',
  'check.units': () => 'Eine angesteckte Sicherungsplatte startet ihre Sicherung von selbst.',
  'check.units-missing': () => 'Eine angesteckte Platte startet auf diesem Rechner nichts.',
  'check.units-missing.remedy': () => 'Richten Sie den Rechner ein: sudo plugback install',
  'check.unit-broken': (d) =>
    `${d.unit} startet ${d.program}, das es nicht gibt: Keine angesteckte Platte wird gefüllt.`,
  'check.unit-broken.remedy': (d) =>
    d.unit.startsWith('/etc/')
      ? 'Richten Sie den Rechner neu ein: sudo plugback install (wo das Debian-Paket installiert ist, entfernt das die Datei)'
      : 'Installieren Sie das Paket neu: apt-get install --reinstall plugback',
  'check.outbox-empty': () => 'Es wartet keine Mail.',
  'check.outbox-waiting': (d, f) =>
    `${f.count(d.count)} ${d.count === 1 ? 'Mail wartet' : 'Mails warten'} im Postausgang seit ${f.dateTime(d.since)}` +
    `${d.reason === '' ? '' : `: ${d.reason}`}.`,
  'check.outbox-waiting.remedy': () =>
    'Sie gehen beim nächsten Lauf hinaus, oder sofort mit: plugback outbox --send',
  'check.outbox-unreadable': (d, f) =>
    `${f.count(d.count)} ${d.count === 1 ? 'Mail' : 'Mails'} in ${d.directory} ${d.count === 1 ? 'ist' : 'sind'} nicht lesbar.`,
  'check.outbox-unreadable.remedy': () =>
    'Sehen Sie nach und löschen Sie von Hand, was nicht mehr gebraucht wird.',
  'check.outbox-sent': (d, f) =>
    d.count === 1
      ? 'Eine wartende Mail ist hinausgegangen.'
      : `${f.count(d.count)} wartende Mails sind hinausgegangen.`,
  'check.mail-configured': (d) =>
    `Mails gehen über ${d.server}, Port ${d.port} (${d.security}). Das wurde jetzt nicht ausprobiert; eine Testmail schickt: plugback check --mail`,
  'check.mail-off': () =>
    'Es ist kein Mailserver eingestellt, also erfährt niemand, wie eine Sicherung ausging.',
  'check.mail-broken': () =>
    'Der Abschnitt MAIL der Konfiguration enthält Fehler, deshalb lässt sich E-Mail nicht prüfen.',
  'check.letter.subject': (d) => `Testmail von plugback (${d.host})`,
  'check.letter.text': (d, f) =>
    `Das ist ein Test: plugback auf ${d.host} kann Mails verschicken (${f.dateTime(d.at)}).`,
  'check.letter.more': () => 'Jemand hat „plugback check --mail“ eingegeben. Sie müssen nichts tun.',
  'check.trying': (d) => `Über ${d.server} wird eine Testmail verschickt …`,
  'check.summary.good': () =>
    'Alles ist in Ordnung. Eine Sicherung durchspielen, ohne etwas zu verändern: plugback run --dry-run',
  'check.summary.veeam-good': () => 'Alles ist in Ordnung: Veeams Skripte können ihre Sperren setzen.',
  'check.summary.veeam-warnings': (d, f) =>
    `Veeams Skripte können ihre Sperren setzen; ${d.count === 1 ? 'oben steht eine Warnung' : `oben stehen ${f.count(d.count)} Warnungen`}.`,
  'check.summary.warnings': (d, f) =>
    `Eine Sicherung kann laufen; ${d.count === 1 ? 'oben steht eine Warnung' : `oben stehen ${f.count(d.count)} Warnungen`}.`,
  'check.summary.bad': (d, f) =>
    `Oben ${d.count === 1 ? 'steht ein Fehler' : `stehen ${f.count(d.count)} Fehler`} (Exit-Code ${d.exitCode}).`,
  'help.check.codes': () =>
    'Exit-Code: 0 ohne Fehler (Warnungen zählen nicht), sonst der des schwersten: 78 Konfiguration oder ein fehlendes Programm, 77 Rechte, 76 Quelle oder Platte abgelehnt, 69 Platte oder Mailserver.',

  // --- der Server der Seite
  'serve.listening': (d) => `Die Statusseite: ${d.address}`,
  'serve.stop': () => 'Strg-C beendet sie.',
  'serve.without': (d) => `Die Sicherung läuft ohne die Seite. ${d.text}`,
  'web.not-found': () => 'Unter dieser Adresse gibt es nichts. Die Statusseite: /',
  'web.too-many': () =>
    'Das waren zu viele Anfragen auf einmal. Bitte in einer Minute noch einmal versuchen.',
  'web.bad-number': () => '„limit“ und „page“ sollten ganze Zahlen sein; höchstens 500 Läufe auf einmal.',
  'web.other-site': () =>
    'Diese Anfrage kommt von einer fremden Seite. Sicherungen lassen sich nur von der Statusseite selbst aus starten.',
  'web.start.off': () =>
    'Das Starten über das Netz ist abgeschaltet. Zum Einschalten setzen Sie token-file im Abschnitt WEBSERVER.',
  'web.start.token': () => 'Das Token fehlt oder ist falsch; es wurde nichts gestartet.',
  'web.start.body': () => 'Die Anfrage sollte JSON sein und die Platte nennen, etwa {"uuid": "3f2c-…"}.',
  'web.start.not-enrolled': () =>
    'Diese Platte ist nicht als Sicherungsplatte eingetragen; es wurde nichts gestartet.',
  'web.start.not-attached': () => 'Diese Platte ist nicht angesteckt. Stecken Sie sie zuerst an.',
  'web.start.running': () => 'Es läuft schon eine Sicherung; eine zweite wurde nicht gestartet.',
  'web.start.started': () => 'Die Sicherung wurde gestartet.',

  // --- setting a machine up
  'install.made': (d) => `Ordner ${d.what} angelegt`,
  'install.wrote': (d) => `${d.what} geschrieben`,
  'install.removed': (d) => `${d.what} entfernt`,
  'install.ran': (d) => `ausgeführt: ${d.what}`,
  'install.would-make': (d) => `würde den Ordner ${d.what} anlegen`,
  'install.would-write': (d) => `würde ${d.what} schreiben`,
  'install.would-remove': (d) => `würde ${d.what} entfernen`,
  'install.would-run': (d) => `würde ausführen: ${d.what}`,
  'install.unchanged': (d) => `${d.what} ist, wie es sein soll`,
  'install.kept': (d) => `${d.what} gehört Ihnen und bleibt, wie es ist`,
  'install.absent': (d) => `${d.what} ist nicht da`,
  'install.needless': (d) => `nicht nötig: ${d.what}`,
  'install.rehearsed': () => 'Es wurde nichts verändert.',
  'install.fill-in': (d) =>
    `Platten werden von jetzt an erkannt. Füllen Sie ${d.path} aus, tragen Sie eine Platte ein (plugback enroll), und lassen Sie sich mit plugback check sagen, ob alles stimmt.`,
  'install.ready': (d) =>
    `Platten, die in ${d.path} stehen, werden gefüllt, sobald sie angesteckt sind. Stimmt alles? plugback check`,
  'uninstall.done': () =>
    'Eine angesteckte Platte startet nichts mehr. Konfiguration, Verlauf, Logs und wartende Mails sind noch da.',
  'uninstall.handed-over': () =>
    'Was eine andere Kopie von plugback geschrieben hatte, ist weg; von jetzt an gelten Regel und Units des Debian-Pakets. Um diese zu entfernen: apt-get remove plugback',
  'install.timemachine': (d) =>
    `Die Timemachine sieht jede Minute nach. Nennt ${d.config} im Abschnitt TIMEMACHINE keine anderen Ordner, liegen Liste, Log und Kopien in ${d.path}, und so kommt eine Datei dazu: sudo plugback timemachine add /pfad/zur/datei -cl ${d.path} -d ${d.path}`,

  // --- mails that wait
  'outbox.mail': (d, f) =>
    `${f.dateTime(d.since)}: „${d.title}“ an ${f.list(d.addresses)} (${f.count(d.count)} ${d.count === 1 ? 'Versuch' : 'Versuche'})`,

  // --- nightshift: why it does what it does
  'nightshift.why.by-hand': (d, f) =>
    `Die Sicherung der Nacht vom ${f.day(d.night)} beginnt, weil jemand sie verlangt hat.`,
  'nightshift.why.all-gone': (d, f) =>
    `Seit ${f.time(d.since)} ist niemand online, und die Nacht vom ${f.day(d.night)} ist noch nicht gesichert: Es geht los.`,
  'nightshift.why.window': (d, f) =>
    `Das Zeitfenster ist bis ${f.time(d.until, d.zone)} offen, und die Nacht vom ${f.day(d.night)} ist noch nicht gesichert: Es geht los, gleich wer online ist.`,
  'nightshift.why.put-to-sleep': (d, f) =>
    `Von einer Sicherung her noch an: ${f.list(d.names)}. Seit ${f.time(d.since)} ist niemand online, also wieder schlafen legen.`,
  'nightshift.why.lie-down': (d, f) =>
    `Die Sicherung ist vorbei, und seit ${f.time(d.since)} ist niemand online: Dieser Rechner wird nicht mehr gebraucht.`,
  'nightshift.wait.given-up': (d, f) =>
    `Die Sicherung der Nacht vom ${f.day(d.night)} wurde ${f.count(d.count)}-mal abgebrochen und wird nicht noch einmal versucht, erst die nächste Nacht wieder.`,
  'nightshift.wait.done': (d, f) =>
    `Für die Nacht vom ${f.day(d.night)} ist nichts mehr zu tun; gewartet wird auf die nächste.`,
  'nightshift.wait.somebody': (d, f) =>
    `Die Nacht vom ${f.day(d.night)} ist noch nicht gesichert. Gewartet wird, bis niemand mehr online ist; noch da: ${f.list(d.names)}.`,
  'nightshift.wait.unsure': (d, f) =>
    `Die Nacht vom ${f.day(d.night)} ist noch nicht gesichert. Ob jemand da ist, steht noch nicht fest: ${f.list(d.names)}. Einmal nachsehen genügt dafür nicht.`,
  'nightshift.wait.nobody-seen': (d, f) =>
    `Die Nacht vom ${f.day(d.night)} ist noch nicht gesichert. Beobachtet wird kein Rechner, an dem zu erkennen wäre, ob jemand arbeitet; die Sicherung beginnt ${d.at === null ? 'nur auf Verlangen' : `mit dem Zeitfenster um ${f.time(d.at, d.zone)}`}.`,
  'nightshift.wait.late': (d, f) =>
    `Nicht rechtzeitig hochgekommen: ${f.list(d.names)}. Das kann noch geschehen, und so lange bleibt dieser Rechner an, um wieder schlafen zu legen, was er geweckt hat.`,
  'nightshift.wait.not-yet': (d, f) =>
    `Seit ${f.time(d.since)} ist niemand online. Bleibt es dabei, beginnt die Sicherung der Nacht vom ${f.day(d.night)} um ${f.time(d.until)}.`,

  // --- nightshift: what it does
  'nightshift.start': (d, f) => `nightshift ${d.version} beobachtet ${f.count(d.count)} Rechner.`,
  'nightshift.is-self': (d, f) =>
    `In der Liste steht, als ${f.list(d.names)}, auch dieser Rechner selbst; er wird nicht beobachtet.`,
  'nightshift.awake': () => 'die Sicherung der Nacht läuft',
  'nightshift.came': (d) => `${d.name} ist online.`,
  'nightshift.went': (d) => `${d.name} ist aus.`,
  'nightshift.blind': (d) =>
    `Ob ${d.name} online ist, lässt sich nicht sagen (${d.reason}). Bis dahin beginnt keine Sicherung, weil niemand da wäre. Steckt das Netzwerkkabel dieses Rechners?`,
  'nightshift.is-up': (d) => `${d.name} läuft schon und bleibt danach an.`,
  'nightshift.waking': (d, f) =>
    `${d.name} ist aus und wird geweckt; bis zur Antwort hat er ${f.count(d.minutes)} min.`,
  'nightshift.woke': (d, f) => `${d.name} antwortet, nach ${f.duration(d.seconds)}.`,
  'nightshift.clock': (d, f) =>
    `Die Uhr von ${d.name} wich um ${d.before === null ? 'eine unbekannte Zeit' : f.offset(d.before)} ab, jetzt um ${f.offset(d.after)}.`,
  'nightshift.clock-unknown': (d) =>
    `${d.name} sagt nicht, wie spät es dort ist; ob die Uhr stimmt, ist nicht bekannt.`,
  'nightshift.clocks-together': (d) =>
    `Die Uhren stimmen mit ${d.source === null ? 'der dieses Rechners' : `der von ${d.source}`} überein.`,
  'nightshift.begins': (d, f) =>
    `Die Sicherung der Nacht vom ${f.day(d.night)}: ${f.count(d.count)} ${d.count === 1 ? 'Auftrag' : 'Aufträge'}.`,
  'nightshift.job': (d) => `Der Auftrag „${d.job}“ beginnt.`,
  'nightshift.job-done': (d, f) => `Der Auftrag „${d.job}“ ist gelungen, in ${f.duration(d.seconds)}.`,
  'nightshift.job-again': (d, f) =>
    `Der Auftrag „${d.job}“ ist gescheitert (${d.exitCode === null ? 'durch ein Signal beendet' : `Exit-Code ${d.exitCode}`}). ${d.minutes === 0 ? 'Sofort' : `In ${f.count(d.minutes)} min`} folgt der nächste Versuch.`,
  'nightshift.ends-well': (d, f) =>
    `Die Nacht vom ${f.day(d.night)} ist gesichert: Alle Aufträge sind gelungen.`,
  'nightshift.ends-badly': (d, f) =>
    `Die Nacht vom ${f.day(d.night)} ist zu Ende, aber nicht alle Aufträge sind gelungen.`,
  'nightshift.stopped': () => 'Die Sicherung wurde abgebrochen.',
  'nightshift.made-up-for': () =>
    'Sie wird nachgeholt, sobald niemand online ist oder das Zeitfenster beginnt.',
  'nightshift.has-backup': (d, f) =>
    `Die Nacht vom ${f.day(d.night)} ist schon gesichert, deshalb wird nichts nachgeholt.`,
  'nightshift.stopped-for': (d, f) =>
    `Die Sicherung wurde abgebrochen, weil jemand online kam: ${f.list(d.names)}.`,
  'nightshift.died': (d, f) =>
    `Die Sicherung der Nacht vom ${f.day(d.night)} riss ab: Der Strom fiel aus, oder der Prozess wurde beendet.`,
  'nightshift.arrived-go-on': (d, f) =>
    `Jemand ist online gekommen: ${f.list(d.names)}. Die Sicherung läuft weiter; danach wird nichts ausgeschaltet.`,
  'nightshift.arrived-stop': (d, f) =>
    `Jemand ist online gekommen: ${f.list(d.names)}. Die Sicherung hört auf und wird später nachgeholt.`,
  'nightshift.left-on': (d, f) =>
    `${f.list(d.names)} ${d.names.length === 1 ? 'bleibt' : 'bleiben'} an, weil jemand online gekommen ist: ${f.list(d.others)}.`,
  'nightshift.in-use': (d) => `An ${d.name} ist jemand angemeldet, deshalb bleibt er an.`,
  'nightshift.still-on': (d, f) =>
    `Für diese Sicherung geweckt und noch an: ${f.list(d.names)}. Startet nightshift binnen einer Stunde wieder, legt es sie schlafen.`,
  'nightshift.sends-to-sleep': (d) => `${d.name} war vorher aus; er ${sleeps(d, 'wieder')}.`,
  'nightshift.not-put-to-sleep': (d) =>
    `${d.name} wurde für diese Sicherung geweckt und ließ sich nicht wieder schlafen legen: Er ist noch an. Warum, steht im Log von nightshift.`,
  'nightshift.stays-awake': (d) => `${d.name} sollte schlafen gehen, antwortet aber noch.`,
  'nightshift.countdown': (d, f) =>
    `Dieser Rechner ${sleeps(d, `in ${f.duration(d.seconds)}`)}. Verhindern: plugback nightshift cancel`,
  'nightshift.counting': (d, f) => `Dieser Rechner ${sleeps(d, `in ${f.duration(d.seconds)}`)}.`,
  'nightshift.cancelled': () => 'Dieser Rechner bleibt heute Nacht an: Jemand will es so.',
  'nightshift.interrupted-by': (d, f) =>
    `Dieser Rechner bleibt an, weil jemand online gekommen ist: ${f.list(d.names)}.`,
  'nightshift.inhibited': (d, f) =>
    `Dieser Rechner bleibt vorerst an, denn ihn hält wach: ${f.list(d.holders)}.`,
  'nightshift.lies-down': (d) => `Dieser Rechner ${sleeps(d, 'jetzt')}.`,
  'nightshift.alarm': (d, f) => `Seine Uhr weckt ihn am ${f.dateTime(d.at)}.`,
  'nightshift.asked': () =>
    'Das laufende nightshift beginnt in wenigen Sekunden mit der Sicherung. Wie es geht, steht in seinem Log.',
  'nightshift.cancel-asked': () => 'Dieser Rechner bleibt heute Nacht an.',
  'nightshift.nothing-to-cancel': () => 'Es läuft kein Countdown, also gibt es nichts zu verhindern.',
  'nightshift.state-unwritten': (d) =>
    `Was nightshift weiß, ließ sich nicht nach ${d.path} schreiben (${d.reason}).`,
  'nightshift.log-unwritten': (d) =>
    `Das Log von nightshift, ${d.path}, ließ sich nicht schreiben (${d.reason}).`,
  'nightshift.forgotten': (d) =>
    `Was nightshift sich in ${d.path} gemerkt hat, ist nicht brauchbar. Welche Nacht zuletzt gesichert wurde, sagt sein Verlauf; welche Rechner es geweckt hat, ist vergessen.`,
  'nightshift.forgetful': () =>
    'Dieser Rechner bleibt an, denn was nightshift weiß, lässt sich nicht schreiben: Nach dem nächsten Start würde es noch einmal sichern und ihn wieder schlafen legen.',
  'nightshift.calls': (d) => `ruft auf: ${d.command}`,

  // --- nightshift: what it would do
  'nightshift.plan.online': (d, f) => `Jetzt online: ${f.list(d.names)}.`,
  'nightshift.plan.unknown': (d, f) =>
    `Dieser Rechner konnte ${f.list(d.names)} nicht fragen. Steckt sein Netzwerkkabel?`,
  'nightshift.plan.nobody': () => 'Im Augenblick antwortet niemand.',
  'nightshift.plan.job': (d) => `Dann liefe der Auftrag „${d.job}“:`,
  'nightshift.plan.wakes': (d, f) => `Geweckt würde: ${f.list(d.names)}.`,
  'nightshift.plan.clock': (d) =>
    `Maßgeblich wäre ${d.source === null ? 'die Uhr dieses Rechners' : `die Uhr von ${d.source}`}.`,
  'nightshift.plan.runs': (d) => `Aufgerufen würde: ${d.command}`,
  'nightshift.plan.sleeps': (d) => `Danach: ${d.name} ${sleeps(d, 'wieder')}, wenn er vorher aus war.`,
  'nightshift.plan.host': (d) => `Zum Schluss: Dieser Rechner ${sleeps(d)}, wenn niemand online ist.`,
  'nightshift.plan.ask': () => 'Was eine Sicherung täte: plugback nightshift --dry-run --now',
  'nightshift.plan.nothing': () => 'Getan wurde nichts: Das war eine Probe.',
  'nightshift.plan.no-jobs': () =>
    'Es gibt keinen Auftrag: Nehmen Sie einen Abschnitt [JOB Name] in die Konfiguration auf.',

  // --- nightshift: Computers.txt
  'nightshift.import.no-ip': (d) =>
    `In Zeile ${d.line} steht keine IP-Adresse: „${d.value}“. Sie wurde ausgelassen.`,
  'nightshift.import.no-mac': (d) =>
    `In Zeile ${d.line} steht keine Hardwareadresse: „${d.value}“. Sie wurde ausgelassen.`,
  'nightshift.import.no-user': (d) =>
    `Zeile ${d.line}: „${d.value}“ ist kein Benutzer, der sich anmelden könnte; der Rechner heißt so, hat aber keinen user.`,
  'nightshift.import.no-server': (d) =>
    `Zeile ${d.line}: „${d.value}“ ist nicht die Adresse einer Netzwerkkarte dieses Rechners; der Rechner hat kein interface.`,
  'nightshift.import.done': (d, f) =>
    `${f.count(d.count)} Rechner gefunden. Übernehmen Sie diese Abschnitte in die config.ini; reach und after-backup ergänzen Sie selbst.`,

  // --- nightshift: mail, terminal and page
  'nightshift.subject.done': (d, f) =>
    `Nachtsicherung auf ${d.host}: fertig (${f.count(d.count)} ${d.count === 1 ? 'Auftrag' : 'Aufträge'})`,
  'nightshift.subject.failed': (d, f) =>
    `Nachtsicherung auf ${d.host}: ${f.count(d.count)} von ${f.count(d.total)} ${d.total === 1 ? 'Auftrag' : 'Aufträgen'} FEHLGESCHLAGEN`,
  'nightshift.subject.stopped': (d) => `Nachtsicherung auf ${d.host}: abgebrochen`,
  'nightshift.subject.died': (d) => `Nachtsicherung auf ${d.host}: ABGERISSEN`,
  'nightshift.report.why': (d, f) => `Sie begann am ${f.dateTime(d.at)}, ${triggers[d.trigger]}.`,
  'nightshift.report.job': (d, f) =>
    `${d.job}: ${jobStates[d.state]}${d.seconds === null ? '' : `, ${f.duration(d.seconds)}`}`,
  'nightshift.report.woken': (d, f) => `Dafür geweckt: ${f.list(d.names)}.`,
  'nightshift.title': () => 'Nachtschicht',
  'nightshift.off': () => 'nightshift läuft nicht: Keine Nacht wird von selbst gesichert.',
  'nightshift.next-start': () => 'Beim nächsten Start von nightshift wird sie nachgeholt.',
  'nightshift.running': (d, f) =>
    `Die Sicherung der Nacht vom ${f.day(d.night)} läuft${d.job === null ? '' : `: ${d.job}`}.`,
  'nightshift.sleeps-at': (d, f) =>
    `Dieser Rechner geht um ${f.time(d.at)} schlafen. Verhindern: plugback nightshift cancel`,
  'nightshift.computer': (d, f) =>
    `${d.name}: ${d.online === null ? 'noch nicht bekannt' : `${d.online ? 'online' : 'aus'} seit ${f.dateTime(d.since)}`}`,
  'nightshift.computer-online': () => 'online',
  'nightshift.computer-off': () => 'aus',
  'nightshift.computer-unknown': () => 'unbekannt',
  'nightshift.since': () => 'seit',
  'nightshift.night': (d, f) => `${f.day(d.night)}: ${outcomes[d.outcome]}, Beginn ${f.dateTime(d.at)}`,
  'nightshift.last-nights': () => 'Die letzten Nächte',
  'nightshift.computers': () => 'Rechner',
  'help.nightshift': () =>
    'sichern, wenn alle gegangen sind: nachsehen, wer online ist, wecken, Aufträge ausführen, schlafen gehen',
  'help.nightshift.now': () => 'jetzt sichern, gleich wer online ist, und enden',
  'help.nightshift.once': () => 'einmal nachsehen, tun, was zu tun ist, und enden',
  'help.nightshift.dry-run': () => 'sagen, was jetzt getan würde und warum, und nichts tun',
  'help.nightshift.note': () =>
    '„plugback nightshift cancel“ lässt diesen Rechner an, solange der Countdown läuft; „plugback nightshift import ' +
    'Computers.txt“ gibt Abschnitte für die Konfiguration aus.',
  'help.install.nightshift': () => 'mit nightshift, das nachsieht, wer online ist',
  'usage.nightshift': (d) => `„${d.word}“ sagt nightshift nichts; richtig ist cancel oder import DATEI.`,
  'usage.nightshift-file': () => 'Welche Datei? Geben Sie ein: plugback nightshift import Computers.txt',

  // --- what can be typed
  'help.plugback': () =>
    'Platte anstecken: Sie wird gefüllt, fertig geschrieben und abgemeldet, und eine Mail sagt, wann sie abgezogen werden kann.',
  'help.more': () =>
    '„plugback BEFEHL --help“ sagt mehr, mit Beispiel. Alles an einem Abbild ausprobieren: plugback demo',
  'help.plugback-veeam': () =>
    'Veeams Pre-Job- und Post-Job-Skript: Veeam wartet auf eine Kopie seiner Sicherungen, und eine Kopie wartet auf Veeam.',
  'help.more-veeam': () => '„plugback-veeam BEFEHL --help“ sagt mehr, mit Beispiel.',
  'help.version': () => 'die Version zeigen',
  'help.help': () => 'diese Hilfe zeigen',
  'help.examples': () => 'Beispiele:',
  'help.title.usage': () => 'Aufruf:',
  'help.title.arguments': () => 'Angaben:',
  'help.title.options': () => 'Optionen:',
  'help.title.global-options': () => 'Weitere Optionen:',
  'help.title.commands': () => 'Befehle:',
  'help.value.addresses': () => 'Adressen',
  'help.value.command': () => 'Befehl',
  'help.value.disk': () => 'Platte',
  'help.value.file': () => 'Datei',
  'help.value.folder': () => 'Ordner',
  'help.value.hours': () => 'Stunden',
  'help.value.language': () => 'Sprache',
  'help.value.minutes': () => 'Minuten',
  'help.value.options': () => 'Optionen',
  'help.value.replica': () => 'Replikat',
  'help.value.files': () => 'Dateien',
  'help.value.path': () => 'Pfad',
  'help.value.time': () => 'Zeit',
  'help.value.source': () => 'Quelle',
  'help.config': () => 'die Konfiguration (sonst ./config.ini, /etc/plugback/config.ini)',
  'help.config-beside': () => 'die Konfiguration (sonst config.ini neben dem Programm)',
  'help.log': () =>
    'alles an diese Datei anhängen, statt es anzuzeigen; lässt sie sich nicht schreiben, wird es doch angezeigt',
  'help.json': () => 'JSON für ein Programm ausgeben',
  'help.language': () => 'Sprache aller Texte: en oder de',
  'help.run': () => 'auf die angesteckte Platte sichern',
  'help.run.uuid': () => 'diese Platte; sonst die erste eingetragene, die angesteckt ist',
  'help.run.dry-run': () => 'alles bis zum Plan durchspielen, nichts verändern',
  'help.run.allow-deletes': () =>
    'weitermachen, obwohl auf der Platte viel gelöscht würde oder die Quelle verändert aussieht',
  'help.disks': () => 'alle angesteckten Dateisysteme zeigen und welche sich als Sicherungsplatte eignen',
  'help.enroll': () => 'eine angesteckte Platte als Sicherungsplatte eintragen (UUID oder Gerät)',
  'help.enroll.mail': () => 'wer zu dieser Platte noch benachrichtigt wird, durch Kommas getrennt',
  'help.check': () => 'Konfiguration, Quelle, Platte, Programme und Mailserver prüfen',
  'help.check.mail': () => 'auch eine Testmail verschicken',
  'help.status': () => 'zeigen, was die Sicherung gerade tut',
  'help.history': () => 'die letzten Sicherungen zeigen',
  'help.history.limit': () => 'wie viele (20)',
  'help.run.web': () => 'währenddessen die Statusseite anbieten',
  'help.serve': () => 'die Statusseite für Browser anbieten',
  'help.mirror': () => 'einen Ordner (die Quelle) in einen anderen (das Replikat) spiegeln',
  'help.mirror.every': () => 'immer wieder, im Abstand so vieler Stunden (mindestens 0,25)',
  'help.mirror.max': () => 'mit --every: höchstens so oft',
  'help.mirror.log': () => 'in diesem Ordner, in LOGS, ein Protokoll führen',
  'help.mirror.dry-run': () => 'zeigen, was zu tun wäre, nichts ändern',
  'help.mirror.checksum': () => 'auch den Inhalt von Dateien vergleichen, die gleich aussehen',
  'help.mirror.max-delete-percent': () =>
    'ablehnen, wenn ein größerer Teil der Dateien des Replikats gelöscht würde (25)',
  'help.mirror.allow-deletes': () => 'auch weitermachen, wenn die Quelle leer ist oder viel gelöscht würde',
  'help.mirror.wait': () => 'eine andere Spiegelung, die in das Replikat schreibt, abwarten',
  'usage.mirror-every': (d) =>
    `--every ${d.value}: Dort sollten Stunden stehen, mehr als 0, etwa 4 oder 0,5.`,
  'help.mirror.codes': () =>
    'Der Exit-Code ist 0, wenn das Replikat der Quelle gleicht; 73, wenn schon eine andere Spiegelung dorthin schreibt; 74, wenn sich etwas ' +
    'nicht kopieren oder löschen ließ; 76, wenn eine Vorsichtsregel griff (ein Ordner fehlt, ist leer oder nicht eingebunden, ' +
    'viele Löschungen) und nichts geändert wurde; 77, wenn sich das Protokoll nicht schreiben lässt; 78, wenn es im Replikat ' +
    'läge oder die Konfiguration von --config Fehler hat; 64 bei einem falschen Aufruf; 129, 130 oder 143, wenn es beendet wurde.',
  'usage.mirror-percent': (d) =>
    `--max-delete-percent ${d.value}: Dort sollte eine Zahl von 0 bis 100 stehen, etwa 40.`,
  'usage.mirror-cycles': (d) =>
    `--max ${d.value}: Dort sollte eine Zahl von Durchgängen stehen, etwa 3; -1 heißt ohne Ende.`,
  'mirror.least-hours': (d) =>
    `Weniger als ${String(d.hours).replace('.', ',')} Stunden kann --every nicht sein; so viel gilt.`,
  'mirror.rehearsed-once': () => 'Eine Probe findet einmal statt, was auch immer --every sagt.',
  'usage.empty-folder': (d) =>
    `„${d.word}“ ist leer; dort sollte ein Ordner stehen („.“ ist der aktuelle). Fehlt eine Variable?`,
  'usage.mirror-max': () => '--max sagt, wie oft --every wiederholt; allein bedeutet es nichts.',
  'mirror.would-add': (d) => `käme neu hinzu: ${d.path}`,
  'mirror.would-overwrite': (d) => `würde ersetzt: ${d.path}`,
  'mirror.would-attributes': (d) => `bekäme anderes Datum oder andere Rechte: ${d.path}`,
  'mirror.would-delete': (d) => `würde gelöscht: ${d.path}`,
  'mirror.plan': (d, f) =>
    `${f.count(d.added)} kämen neu hinzu, ${f.count(d.overwritten)} würden ersetzt, ${f.count(d.deleted)} gelöscht, ${f.count(d.untouched)} blieben unverändert, ${f.count(d.skipped)} würden ausgelassen; ${f.bytes(d.bytes)} wären zu kopieren. Es wurde nichts geändert.`,
  'help.clean-up': () =>
    'aufräumen, was ein gewaltsam beendeter Lauf hinterlassen hat: Einbindung, Sperrdateien',
  'help.clean-up.uuid': () => 'die Platte, mit der UUID, unter der sie eingetragen ist',
  'usage.clean-up': () => 'Welche Platte? Bitte eingeben: plugback clean-up --uuid UUID',
  'clean-up.unmounted': (d) =>
    `Die Platte war noch unter ${d.mountPoint} eingebunden; jetzt ist sie abgemeldet.`,
  'clean-up.locked': (d) => `Die Platte war noch entsperrt (als ${d.mapping}); jetzt ist sie gesperrt.`,
  'clean-up.died': (d, f) =>
    `Die Sicherung, die am ${f.dateTime(d.at)} begann, wurde gewaltsam beendet; der Verlauf sagt es.`,
  'clean-up.busy': (d, f) =>
    `Die Platte wird noch benutzt${d.holders.length === 0 ? '' : `, von ${f.list(d.holders)}`}. Bitte NICHT abziehen, bevor das beendet ist.`,
  'clean-up.nothing': () => 'Es gab nichts aufzuräumen.',
  'help.veeam-lock': () => 'Veeams Pre-Job-Skript: auf eine laufende Kopie warten, dann Kopien fernhalten',
  'help.veeam-lock.timeout': () => 'wie lange auf die Kopie gewartet wird (wait-for-backup-minutes)',
  'help.veeam-lock.codes': () =>
    'Der Exit-Code ist 0, wenn die Sperre steht, 75, wenn die Kopie nicht rechtzeitig endete, 74, wenn die Sperre nicht ' +
    'geschrieben werden konnte, 78, wenn die Konfiguration Fehler hat; von allen außer dem ersten berichtet eine Mail. Der ' +
    'Konfiguration genügen die Abschnitte VEEAM und MAIL; Fehler anderswo sind Warnungen.',
  'help.veeam-unlock.codes': () =>
    'Der Exit-Code ist 0, auch wenn es keine Sperre gab, 74, wenn sie sich nicht entfernen ließ oder es ihren Ordner nicht ' +
    'gibt, 78, wenn die Konfiguration Fehler hat; von den letzten beiden berichtet eine Mail.',
  'help.veeam-unlock': () => 'Veeams Post-Job-Skript: Kopien wieder zulassen',
  'help.veeam.job': () => 'der Job; sonst VEEAM_JOB_ID, wie es Veeams Agent für Linux setzt, sonst „default“',
  'help.outbox': () => 'die Mails zeigen, die noch nicht verschickt werden konnten',
  'help.outbox.send': () => 'sie jetzt verschicken; Exit-Code 75, wenn danach noch welche warten',
  'help.install': () =>
    'auf diesem Rechner angesteckte Platten ihre Sicherung starten lassen (udev-Regel, Units, Ordner, Konfiguration)',
  'help.install.dry-run': () => 'sagen, was getan würde, nichts verändern',
  'help.install.timemachine': () => 'auch die Timemachine jede Minute nach geänderten Dateien sehen lassen',
  'help.uninstall': () => 'das zurücknehmen; Konfiguration und Verlauf bleiben',
  'help.demo': () =>
    'alles an einem Abbild vorführen, das angelegt und wieder entfernt wird (etwa eine Minute, als root)',
  'usage.unknown-command': (d) =>
    `Den Befehl „${d.word}“ gibt es nicht.${d.meant === null ? '' : ` Meinten Sie „${d.meant}“?`}`,
  'usage.unknown-option': (d) =>
    `Die Option „${d.word}“ gibt es hier nicht.${d.meant === null ? '' : ` Meinten Sie „${d.meant}“?`}`,
  'usage.missing-argument': (d) => `Die Angabe „${d.word}“ fehlt.`,
  'usage.missing-value': (d) => `Die Option „${d.word}“ braucht einen Wert.`,
  'usage.too-many': () => 'Das sind mehr Wörter, als dieser Befehl annimmt.',
  'usage.invalid': (d) => `„${d.word}“ ist hier kein möglicher Wert.`,

  // --- the timemachine: said to the terminal and its log
  'tm.started': () => '...........Timemachine gestartet...........',
  'tm.stopped': () => 'Timemachine beendet',
  'tm.list-empty': () => 'Die Liste ist leer, bitte Dateien hinzufügen',
  'tm.list': (d) => `Die Liste der Dateien ist ${d.path}`,
  'tm.record': (d) => `Was kopiert wurde, steht in ${d.path}`,
  'tm.destination': (d) => `Die Kopien kommen nach ${d.path}`,
  'tm.observed': () => 'Beobachtet werden',
  'tm.entry': (d) => d.name,
  'tm.added': (d) => `${d.name} steht jetzt in der Liste ${d.path}`,
  'tm.already': (d) => `${d.name} steht schon in der Liste ${d.path}`,
  'tm.removed': (d) => `${d.name} wurde aus der Liste ${d.path} entfernt`,
  'tm.first': (d) => `Erste Kopie von ${d.name}`,
  'tm.modified': (d) => `${d.name} wurde seit der letzten Kopie geändert und wird neu kopiert`,
  'tm.copy-gone': (d) => `Die letzte Kopie von ${d.name} ist nicht mehr da, die Datei wird neu kopiert`,
  'tm.copied': (d) => `${d.name} wurde kopiert nach ${d.path}`,
  'tm.recorded': (d) => `Eingetragen in ${d.path}`,
  'tm.unchanged': (d) => `${d.name} ist unverändert`,
  'tm.all-unchanged': (d, f) => `${files(d.count, f)} unverändert`,
  'tm.trouble.missing': (d) => `Fehler: Die Datei ${d.name} wurde nicht gefunden`,
  'tm.trouble.unreadable': (d) => `Fehler: Auf die Datei ${d.name} ist kein Zugriff möglich (${d.reason})`,
  'tm.trouble.in-use': (d) =>
    `Fehler: Die Datei ${d.name} ist von einem anderen Programm gesperrt (${d.reason})`,
  'tm.trouble.folder': (d) => `Fehler: ${d.name} war eine Datei und ist jetzt ein Ordner; die Kopien bleiben`,
  'tm.trouble.not-a-file': (d) =>
    `Fehler: ${d.name} ist keine gewöhnliche Datei und kann nicht kopiert werden`,
  'tm.trouble.restless': (d) =>
    `Fehler: ${d.name} wird ununterbrochen geändert, deshalb gelang keine vollständige Kopie; es wird weiter versucht`,
  'tm.trouble.failed': (d) => `Fehler: Die Datei ${d.name} konnte nicht kopiert werden (${d.reason})`,
  'tm.nothing-matches': (d) => `Zum Muster ${d.name} passt noch nichts`,
  'tm.well': (d) => `Die Datei ${d.name} ist wieder lesbar`,
  'tm.record-lost': (d) => `Das Verzeichnis der Kopien ${d.path} fehlt; es wird aus den Kopien neu angelegt`,
  'tm.record-damaged': (d, f) =>
    `Das Verzeichnis der Kopien ${d.path} ist beschädigt (${f.count(d.count)} ${d.count === 1 ? 'Zeile' : 'Zeilen'}); es wird aus den Kopien neu angelegt`,
  'tm.waiting': (d) => `Eine andere Timemachine schreibt gerade nach ${d.path}, diese wartet auf sie`,
  'tm.watching': (d, f) => `${files(d.count, f)} unter Beobachtung`,
  'tm.list-again': (d) => `Die Liste ${d.path} wurde neu gelesen`,
  'tm.waits-missing': (d) =>
    `Der Ordner ${d.path} wurde nicht gefunden, Timemachine wartet, bis er wieder da ist. Binden Sie ihn ein, oder legen Sie ihn an.`,
  'tm.waits-unusable': (d) =>
    `In den Ordner ${d.path} kann nichts geschrieben werden (${d.reason}), Timemachine versucht es einmal in der Minute wieder. Prüfen Sie Rechte und Platte.`,
  'tm.waits-full': (d) =>
    `In den Ordner ${d.path} kann nichts geschrieben werden (${d.reason}), Timemachine versucht es einmal in der Minute wieder. Schaffen Sie dort Platz, etwa mit „plugback timemachine thin“.`,
  'tm.waits-unreadable': (d) =>
    `${d.path} kann nicht gelesen werden (${d.reason}), Timemachine versucht es einmal in der Minute wieder. Prüfen Sie Rechte und Platte.`,
  'tm.list-kept': (d) =>
    `Die Liste ${d.path} kann nicht gelesen werden (${d.reason}), Timemachine macht mit dem weiter, was zuvor darin stand. Prüfen Sie ihre Rechte.`,
  'tm.back': (d) => `Der Ordner ${d.path} ist wieder benutzbar`,
  'tm.watch-limit': (d) =>
    `Nicht überall werden Änderungen sofort bemerkt (${d.reason}); dort fallen sie einmal in der Minute auf`,
  'tm.log-unusable': (d) => `Das Log ${d.path} kann nicht geschrieben werden (${d.reason}).`,
  'tm.versions': (d, f) => `${d.name}: ${f.count(d.count)} ${d.count === 1 ? 'Version' : 'Versionen'}`,
  'tm.column.version': () => 'Nummer',
  'tm.column.time': () => 'Geändert',
  'tm.column.size': () => 'Größe',
  'tm.column.note': () => 'Bemerkung',
  'tm.current': () => 'jetziger Inhalt der Datei',
  'tm.last-copied': () => 'zuletzt kopiert',
  'tm.restored': (d) => `${d.path} hat wieder den Stand vom ${d.at}`,
  'tm.same': (d) => `${d.name} entspricht der Version vom ${d.at}`,
  'tm.kept': (d, f) => `${f.count(d.count)} ${d.count === 1 ? 'Version bleibt' : 'Versionen bleiben'}`,
  'tm.thinned': (d) => `Gelöscht: ${d.path}`,
  'tm.would-thin': (d) => `Würde gelöscht: ${d.path}`,
  'tm.nothing-to-thin': () => 'Es gibt nichts zu löschen',
  'tm.rehearsed': () => 'Das war ein Probelauf: Es wurde nichts gelöscht. Ohne --dry-run geschieht es.',
  'help.timemachine': () =>
    'Versionen einzelner Dateien aufheben: ohne weiteres Wort einmal nachsehen und kopieren, was sich geändert hat',
  'help.timemachine.list-name': () => 'Name der Liste der Dateien (config.dat)',
  'help.timemachine.list-folder': () =>
    'Ordner der Liste und des Logs (wie in config.ini, sonst der aktuelle); auch als -cl',
  'help.timemachine.destination': () =>
    'Ordner für die Kopien und ihr Verzeichnis (wie in config.ini, sonst der aktuelle)',
  'help.timemachine.list': () => 'die Liste zeigen; hat Vorrang vor -a',
  'help.timemachine.add': () => 'eine Datei in die Liste aufnehmen; hat Vorrang vor -r',
  'help.timemachine.remove': () => 'eine Datei aus der Liste entfernen',
  'help.timemachine.note': () =>
    'Eine Zeile der Liste ist eine Datei, ein Ordner mit allem darin oder ein Muster wie "/srv/**/*.docx". Für cron, jede Minute: ' +
    '* * * * * plugback timemachine run -c config.dat -cl /home/anna -d /mnt/kopien',
  'help.timemachine.do-add': () => 'Dateien, Ordner oder Muster in die Liste aufnehmen',
  'help.timemachine.do-remove': () => 'sie aus der Liste entfernen; ihre Kopien bleiben',
  'help.timemachine.do-list': () => 'die Liste zeigen',
  'help.timemachine.do-run': () => 'alle Dateien einmal ansehen und kopieren, was sich geändert hat',
  'help.timemachine.do-watch': () => 'weiter beobachten: jede Änderung eine Sekunde danach kopieren',
  'help.timemachine.do-versions': () => 'die Versionen einer Datei zeigen, die neueste zuerst',
  'help.timemachine.do-restore': () =>
    'eine Version einer Datei zurückholen; ihr jetziger Inhalt wird vorher kopiert',
  'help.timemachine.do-diff': () => 'zeigen, was sich in einer Datei seit einer Version geändert hat',
  'help.timemachine.do-thin': () => 'alte Versionen löschen, nie die neueste',
  'help.timemachine.at': () => 'der Stand zu einem Zeitpunkt, etwa "2026-11-21 03:12" oder 2026-11-21',
  'help.timemachine.version': () => 'die Version mit dieser Nummer, wie „versions“ sie zeigt',
  'help.timemachine.to': () => 'sie stattdessen dort ablegen, wo noch nichts ist',
  'help.timemachine.keep': () =>
    'alle der letzten DAYS Tage behalten, dann eine pro Tag für DAILY Tage, eine pro Woche für WEEKLY Wochen, eine pro Monat für MONTHLY Monate (ohne Angabe: für immer), als DAYS,DAILY,WEEKLY,MONTHLY (7,30,26)',
  'help.timemachine.dry-run': () => 'sagen, was gelöscht würde, nichts löschen',
  'usage.at': (d) =>
    `--at ${d.value}: Das ist kein gültiger Zeitpunkt; er sollte aussehen wie "2026-11-21 03:12:44", wobei 03:12 und 03:12:44 fehlen dürfen.`,
  'usage.version': (d) =>
    `--version ${d.value}: Das ist keine Nummer einer Version; es sollte eine ganze Zahl ab 1 sein, wie „plugback timemachine versions“ sie zeigt.`,
  'usage.keep': (d) =>
    `--keep ${d.value}: Das ist nicht verständlich; es sollten Zahlen mit Kommas dazwischen sein, etwa 7,30,26 oder 7,30,26,24.`,
  'usage.empty-name': (d) =>
    `Der Name für ${d.word} ist leer; dort sollte eine Datei oder ein Ordner stehen. Fehlt eine Variable?`,
  'usage.folder-removed': (d) =>
    `Den aktuellen Ordner gibt es nicht mehr, „${d.word}“ bedeutet also nichts; wechseln Sie in einen anderen (cd), oder nennen Sie Liste, Kopien und Dateien mit vollem Pfad.`,
  'usage.at-or-version': () => '--at und --version passen nicht zusammen.',

  // --- warnings: the run goes on
  'warn.crashed-run': (d, f) =>
    `Der letzte Lauf mit dieser Platte wurde nicht ordentlich beendet${d.since === null ? '' : ` (Beginn: ${f.dateTime(d.since)})`}: ` +
    'Seine Sperrdatei war noch da. Die Kopie auf der Platte war bis jetzt unvollständig; dieser Lauf vervollständigt sie.',
  'warn.crashed-run-source': () =>
    'In der Quelle lag noch die Sperrdatei eines Laufs, den es nicht mehr gibt. Sie wurde übernommen und wird am Ende gelöscht.',
  'warn.marker-gone': (d) =>
    `Die Sperrdatei ${d.path} sollte gelöscht werden, war aber schon weg. Jemand oder etwas anderes hat sie gelöscht.`,
  'warn.power-off-failed': (d) =>
    `Die Sicherung ist vollständig und die Platte kann abgezogen werden, aber ihr Laufwerk ließ sich nicht abschalten (${d.reason}).`,
  'warn.power-off-shared': (d, f) =>
    `Das Laufwerk wurde nicht abgeschaltet, weil ${f.list(d.devices)} mit abgeschaltet worden ${d.devices.length === 1 ? 'wäre' : 'wären'}. Die Platte kann trotzdem abgezogen werden.`,
  'warn.leftover-mapping': (d) =>
    `Die Platte war von einem abgebrochenen Lauf noch entsperrt (als ${d.mapping}). Sie wurde gesperrt und neu entsperrt.`,
  'warn.leftover-mount': (d) =>
    `Die Platte war von einem abgestürzten Lauf noch unter ${d.mountPoint} eingebunden. Sie wurde abgemeldet, geprüft und neu eingebunden.`,
  'warn.fsck-repaired': (d) =>
    `Das Dateisystem der Platte hatte kleine Fehler, wahrscheinlich weil sie zu früh abgezogen wurde; ${d.program} hat sie behoben.`,
  'warn.fsck-missing': (d) =>
    `Das ${d.type}-Dateisystem konnte nicht geprüft werden, weil ${d.program} nicht installiert ist. Es wird ohne Prüfung kopiert.`,
  'warn.mount-point-not-empty': (d) =>
    `Im Ordner ${d.mountPoint} liegen eigene Dateien, verdeckt von der Platte. Sie füllen unbemerkt die Systemplatte: ` +
    'Sehen Sie sie sich an, wenn keine Platte eingebunden ist, und räumen Sie sie weg.',
  'warn.free-space-low': (d, f) =>
    `Auf der Platte sind nur noch ${f.bytes(d.freeBytes)} frei, weniger als die eingestellten ${f.bytes(d.thresholdBytes)}. ` +
    'Planen Sie eine größere Platte ein oder entfernen Sie alte Sicherungen aus der Quelle.',
  'warn.files-vanished': (d, f) =>
    `${d.count > 0 ? files(d.count, f) : 'Einige Dateien'} ${d.count === 1 ? 'ist' : 'sind'} während des Kopierens aus der Quelle verschwunden. ` +
    'Das ist normal, wenn dort jemand arbeitet; alles andere wurde kopiert.',
  'warn.veeam-folder-missing': (d) =>
    `Den Ordner für die Veeam-Sperrdateien, ${d.path}, gibt es nicht. Deshalb ist nicht zu erkennen, ob Veeam gerade schreibt. ` +
    'Legen Sie ihn an, binden Sie ihn ein oder berichtigen Sie veeam-lockfile-path.',
  'warn.veeam-lock-stale': (d, f) =>
    `Eine Sperre von Veeam ist liegen geblieben: ${locksOf(d.locks, f)}; ${staleReasons[d.why] ?? d.why}. Auf sie wurde nicht gewartet` +
    `${d.isRemoved ? ', und sie ist entfernt.' : '; sie sollte gelöscht werden.'}`,
  'warn.veeam-locks-stale': (d, f) =>
    `In ${d.path} sind ${f.count(d.count)} Sperren von Veeam liegen geblieben; der Grund bei jeder: ${staleReasons[d.why] ?? d.why}. Auf sie wurde nicht gewartet` +
    `${d.isRemoved ? ', und sie sind entfernt.' : '; sie sollten gelöscht werden.'}`,
  'warn.veeam-lock-odd': (d, f) =>
    `Eine Sperre von Veeam ist auffällig: ${locksOf(d.locks, f)}; ${lockOddities[d.oddity] ?? d.oddity}. ` +
    `Sie zählt ${d.until == null ? 'bis zu ihrem Ablauf' : `bis ${f.dateTime(d.until)}`}. Wenn Veeam gar nicht schreibt, löschen Sie sie.`,
  'warn.veeam-clock-unknown': (d) =>
    `Im Ordner für die Veeam-Sperrdateien, ${d.path}, lässt sich nichts anlegen (${d.reason}). Deshalb ist nicht zu erkennen, wie alt eine Sperre ist: ` +
    'Keine läuft ab. Geben Sie plugback dort Schreibrechte, oder löschen Sie vergessene Sperren.',
  'warn.veeam-during-copy': (d, f) =>
    `Veeam begann während der Kopie zu schreiben: ${locksOf(d.locks, f)}. Sicherungen, die Veeam in dieser Zeit geschrieben hat, können unvollständig auf der Platte liegen; ` +
    'die nächste Kopie vervollständigt sie.',
  'warn.veeam-waits-long': (d, f) =>
    `Veeam wartet seit zehn Minuten auf die Kopie: ${locksOf(d.locks, f)}. Länger warten seine Agenten nicht, also kann es zu schreiben begonnen haben. ` +
    'Mit veeam-during-copy = yield macht die Kopie Platz.',
  'warn.veeam-gave-up': (d, f) =>
    `Veeams Skript wartet nicht länger auf die Kopie: ${locksOf(d.locks, f)}. Ein Agent kann dann zu schreiben begonnen haben; ` +
    'Sicherungen, die er in dieser Zeit geschrieben hat, können unvollständig auf der Platte liegen. Die nächste Kopie vervollständigt sie; mit veeam-during-copy = yield macht die Kopie Platz.',
  'warn.veeam-paused': (d, f) =>
    `Die Kopie hat für Veeam (${namesOf(d.locks, f)}) ${f.duration(d.seconds)} lang pausiert und ging dann weiter.`,
  'warn.kernel-log-unreadable': (d) =>
    `Das Kernel-Log war nicht lesbar (${d.reason}). Plattenfehler, die nur dort stehen, würden also nicht auffallen.`,
  'warn.excludes-missing': (d) =>
    `Die Liste der Ausnahmen, ${d.path}, gibt es nicht. Es wurde alles kopiert.`,
  'warn.filesystem-limits': (d, f) =>
    `Das Dateisystem der Platte ist ${d.type}, das weder Besitzer noch Rechte` +
    (d.type === 'NTFS' ? '' : ' noch Verknüpfungen') +
    ` bewahrt${d.type === 'FAT' ? ' und keine Datei ab 4 GB aufnimmt' : ''}; ext4 bewahrt alles.` +
    (d.skipped === 0
      ? ''
      : ` Ausgelassen (${d.type === 'NTFS' ? '' : 'Verknüpfungen, '}Pipes, Geräte): ${f.count(d.skipped)}.`) +
    (d.refused + d.twins === 0
      ? ''
      : ` NICHT gesichert, wegen ${d.refused + d.twins === 1 ? 'ihres Namens' : 'ihrer Namen'}: ${files(d.refused + d.twins, f)}, etwa ${f.list(d.names)}.`),
  'warn.rsync-log': (d) =>
    `Die Liste der Änderungen ließ sich nicht nach ${d.path} schreiben (${d.reason}). Die Sicherung läuft ohne sie weiter.`,
  'warn.mail-waiting': (d, f) =>
    `${f.count(d.count)} ${d.count === 1 ? 'Mail konnte' : 'Mails konnten'} noch nicht verschickt werden (${d.reason}). ` +
    `${d.count === 1 ? 'Sie wartet' : 'Sie warten'} im Postausgang und ${d.count === 1 ? 'geht' : 'gehen'} bei der nächsten Gelegenheit hinaus.`,
  'warn.cleanup-failed': (d) => `Beim Aufräumen: ${d.problem}`,

  // --- mail: the way to the server, as “plugback check --mail” tells it
  'mail.stage.resolve': (d, f) => `Der Mailserver ${d.server} ist bekannt (${f.list(d.addresses)}).`,
  'mail.stage.connect': (d) => `Verbunden mit ${d.address}, Port ${d.port}.`,
  'mail.stage.tls': (d) =>
    `Die Verbindung ist verschlüsselt (${d.protocol}), und dem Zertifikat des Servers wird vertraut.`,
  'mail.stage.no-tls': () => 'Die Verbindung ist nicht verschlüsselt, weil security = none eingestellt ist.',
  'mail.stage.login': (d) => `Angemeldet als ${d.username}.`,
  'mail.stage.no-login': () => 'Es ist kein Benutzername eingestellt, also gab es keine Anmeldung.',
  'mail.stage.accepted': (d, f) => `Der Server hat die Mail für ${f.list(d.addresses)} angenommen.`,

  // --- mail: notes inside a mail
  'mail.attachment-missing': (d) =>
    `${d.name} ist nicht angehängt: ${d.path} ist nicht lesbar (${d.reason}).`,
  'mail.attachment-too-large': (d) =>
    `${d.name} ist nicht angehängt: attach-limit-mb lässt keinen Platz dafür. Die Datei liegt unter ${d.path}.`,
  'mail.attachments-refused': (d) =>
    `Es ist nichts angehängt, weil der Mailserver eine so große Mail abgelehnt hat. Die Dateien liegen hier: ${d.files}.`,
  'mail.attachments-no-space': (d) =>
    `Es ist nichts angehängt, weil die eigene Platte dieses Rechners voll ist. Die Dateien liegen hier: ${d.files}.`,
  'mail.cut': (d, f) =>
    `[… ${f.bytes(d.bytes)} sind hier wegen attach-limit-mb ausgelassen. Die ganze Datei: ${d.path} …]`,

  // --- mail: why one did not leave
  'mail.failure.not-configured': () => 'Es ist kein Mailserver eingestellt.',
  'mail.failure.no-recipients': () => 'Es ist kein Empfänger eingestellt.',
  'mail.failure.unknown-host': (d) => `Der Mailserver ${d.server} ist im Netz nicht bekannt${said(d)}.`,
  'mail.failure.connection-refused': (d) =>
    `Der Mailserver ${d.server} lehnt Verbindungen an Port ${d.port} ab.`,
  'mail.failure.unreachable': (d) => `Zum Mailserver ${d.server} führt kein Weg${said(d)}.`,
  'mail.failure.connect-timeout': (d) => `Der Mailserver ${d.server} antwortet an Port ${d.port} nicht.`,
  'mail.failure.silent': (d) => `Der Mailserver ${d.server}, Port ${d.port}, ist verstummt.`,
  'mail.failure.turned-away': (d) => `Der Mailserver ${d.server} hat diesen Rechner abgewiesen${said(d)}.`,
  'mail.failure.hung-up': (d) => `Der Mailserver ${d.server} hat die Verbindung zu früh beendet${said(d)}.`,
  'mail.failure.tls-not-offered': (d) =>
    `Der Mailserver ${d.server} bietet an Port ${d.port} keine verschlüsselte Verbindung an${said(d)}.`,
  'mail.failure.tls-required': (d) =>
    `Der Mailserver ${d.server} verlangt eine verschlüsselte Verbindung${said(d)}.`,
  'mail.failure.tls-failed': (d) =>
    `Mit dem Mailserver ${d.server}, Port ${d.port}, kam keine verschlüsselte Verbindung zustande${said(d)}.`,
  'mail.failure.certificate-untrusted': (d) =>
    `Dieser Rechner vertraut dem Zertifikat des Mailservers ${d.server} nicht${said(d)}.`,
  'mail.failure.certificate-name': (d) =>
    `Das Zertifikat des Mailservers ${d.server} ist für einen anderen Namen ausgestellt${said(d)}.`,
  'mail.failure.certificate-expired': (d) =>
    `Das Zertifikat des Mailservers ${d.server} gilt zurzeit nicht${said(d)}.`,
  'mail.failure.password-missing': () => 'Für Mail ist ein Benutzername eingestellt, aber kein Passwort.',
  'mail.failure.password-file': (d) => `Die Passwortdatei ${d.path} ist nicht lesbar${said(d)}.`,
  'mail.failure.login-not-offered': (d) =>
    `Der Mailserver ${d.server} bietet auf dieser Verbindung keine Anmeldung an.`,
  'mail.failure.login-required': (d) => `Der Mailserver ${d.server} verlangt eine Anmeldung${said(d)}.`,
  'mail.failure.login-refused': (d) => `Der Mailserver ${d.server} hat die Anmeldung abgelehnt${said(d)}.`,
  'mail.failure.sender-refused': (d, f) =>
    `Der Mailserver ${d.server} hat den Absender ${f.list(d.addresses)} abgelehnt${said(d)}.`,
  'mail.failure.recipient-refused': (d, f) =>
    `Der Mailserver ${d.server} hat ${d.addresses.length === 1 ? 'den' : 'die'} Empfänger ${f.list(d.addresses)} abgelehnt${said(d)}.`,
  'mail.failure.message-refused': (d) => `Der Mailserver ${d.server} hat die Mail abgelehnt${said(d)}.`,
  'mail.failure.too-large': (d) => `Die Mail ist dem Mailserver ${d.server} zu groß${said(d)}.`,
  'mail.failure.try-later': (d) =>
    `Der Mailserver ${d.server} kann die Mail im Augenblick nicht annehmen${said(d)}.`,
  'mail.failure.out-of-time': (d) =>
    `Der Mailserver ${d.server} wurde in der Zeit, die das Senden dauern darf, nicht fertig.`,
  'mail.failure.stopped': () => 'Das Senden wurde von außen abgebrochen.',
  'mail.failure.outbox-busy': () => 'Ein anderer Prozess verschickt gerade die wartenden Mails.',
  'mail.failure.unexpected': (d) => `Beim Senden ist etwas Unvorhergesehenes passiert${said(d)}.`,

  // --- mail: what to do about it
  'mail.remedy.not-configured': () => 'Stellen Sie „server“ im Abschnitt MAIL ein.',
  'mail.remedy.no-recipients': () => 'Stellen Sie „to-mail-addresses-sysop“ im Abschnitt MAIL ein.',
  'mail.remedy.unknown-host': () =>
    'Berichtigen Sie „server“ im Abschnitt MAIL, oder prüfen Sie das Netz und seinen Namensdienst (DNS).',
  'mail.remedy.connection-refused': () =>
    'Läuft der Mailserver? Oder berichtigen Sie „port“ im Abschnitt MAIL: üblich sind 587 für starttls, 465 für tls, 25 für none.',
  'mail.remedy.unreachable': () => 'Prüfen Sie das Netz und die Firewall sowie „server“ im Abschnitt MAIL.',
  'mail.remedy.connect-timeout': () => 'Prüfen Sie die Firewall sowie „server“ und „port“ im Abschnitt MAIL.',
  'mail.remedy.silent': (d) =>
    `Es wird von selbst wieder versucht. Wenn es so bleibt, prüfen Sie, ob „port“ und „security“ im Abschnitt MAIL zusammenpassen (jetzt ${d.port} und ${d.security}; üblich sind 587 und starttls, 465 und tls, 25 und none).`,
  'mail.remedy.turned-away': () =>
    'Lassen Sie den Mailserver Mails von diesem Rechner annehmen; sein Protokoll sagt, warum er es nicht tut. Oder berichtigen Sie „server“ im Abschnitt MAIL.',
  'mail.remedy.hung-up': () =>
    'Es wird von selbst wieder versucht. Wenn es so bleibt, sehen Sie im Protokoll des Mailservers nach und prüfen Sie „port“ und „security“ im Abschnitt MAIL.',
  'mail.remedy.tls-not-offered': () =>
    'Es wurde nichts gesendet. Stellen Sie im Abschnitt MAIL „security = tls“ und „port = 465“ ein, oder „security = none“, wenn das Netz selbst vertrauenswürdig ist.',
  'mail.remedy.tls-required': () => 'Stellen Sie „security = starttls“ im Abschnitt MAIL ein.',
  'mail.remedy.tls-failed': (d) =>
    `Es wurde nichts gesendet. Prüfen Sie, ob „port“ und „security“ im Abschnitt MAIL zusammenpassen (jetzt ${d.port} und ${d.security}; üblich sind 587 und starttls, 465 und tls).`,
  'mail.remedy.certificate-untrusted': () =>
    'Es wurde nichts gesendet. Wenn es Ihr eigener Server ist: Kopieren Sie das Zertifikat seiner CA nach /usr/local/share/ca-certificates/NAME.crt und rufen Sie update-ca-certificates auf. Oder berichtigen Sie „server“ im Abschnitt MAIL.',
  'mail.remedy.certificate-name': () =>
    'Es wurde nichts gesendet. Stellen Sie „server“ im Abschnitt MAIL auf den Namen, der im Zertifikat steht.',
  'mail.remedy.certificate-expired': () =>
    'Es wurde nichts gesendet. Erneuern Sie das Zertifikat auf dem Mailserver; wenn es gilt, stellen Sie die Uhr dieses Rechners. Welcher Server gemeint ist, steht in „server“ im Abschnitt MAIL.',
  'mail.remedy.password-missing': () =>
    'Schreiben Sie das Passwort in eine Datei und nennen Sie sie als „password-file“ im Abschnitt MAIL.',
  'mail.remedy.password-file': () =>
    'Berichtigen Sie „password-file“ im Abschnitt MAIL oder die Rechte der Datei.',
  'mail.remedy.login-not-offered': () =>
    'Stellen Sie „security = starttls“ oder „tls“ im Abschnitt MAIL ein; oder entfernen Sie „username“, wenn der Server keine Anmeldung will.',
  'mail.remedy.login-required': () => 'Stellen Sie „username“ und „password-file“ im Abschnitt MAIL ein.',
  'mail.remedy.login-refused': () =>
    'Berichtigen Sie „username“ und „password-file“ (oder „password“) im Abschnitt MAIL. Manche Anbieter verlangen ein App-Passwort.',
  'mail.remedy.sender-refused': () =>
    'Stellen Sie „from-mail-address“ im Abschnitt MAIL auf eine Adresse, unter der dieser Server Sie senden lässt.',
  'mail.remedy.recipient-refused': () =>
    'Berichtigen Sie die Adresse: Sie steht in „to-mail-addresses-sysop“ oder „cc“ im Abschnitt MAIL oder hinter der UUID der Platte im Abschnitt BACKUP.',
  'mail.remedy.message-refused': () =>
    'Die Mail wartet. Sehen Sie im Protokoll des Mailservers und in seinem Spamfilter nach, und prüfen Sie „from-mail-address“ im Abschnitt MAIL.',
  'mail.remedy.too-large': () => 'Senken Sie „attach-limit-mb“ im Abschnitt MAIL.',
  'mail.remedy.try-later': () => 'Die Mail wartet und wird von selbst wieder versucht.',
  'mail.remedy.out-of-time': () =>
    'Die Mail wartet und wird von selbst wieder versucht. Wenn es so bleibt, prüfen Sie „server“ und „port“ im Abschnitt MAIL.',
  'mail.remedy.stopped': () => 'Die Mail wartet und wird von selbst wieder versucht.',
  'mail.remedy.outbox-busy': () => 'Es ist nichts zu tun: Er verschickt auch diese Mail.',
  'mail.remedy.unexpected': () =>
    'Die Mail wartet und wird von selbst wieder versucht. Wenn es so bleibt, setzen Sie debug = yes und geben Sie das Log weiter.',
};

const ownExits: { readonly [kind: string]: { readonly [exitCode: number]: string } } = {
  backup: {
    69: 'keine Platte war angeschlossen, sie ließ sich nicht einhängen oder wurde abgezogen',
    73: 'eine andere Sicherung lief',
    75: 'Veeam schrieb noch',
    76: 'eine Sperre hat sie abgelehnt, und nichts wurde verändert',
    77: 'Rechte fehlen',
    78: 'die Konfiguration ist falsch',
  },
  mirror: {
    73: 'ein anderer Spiegel schrieb dorthin',
    74: 'nicht alles ließ sich kopieren oder löschen',
    76: 'eine Sperre hat ihn abgelehnt, und nichts wurde verändert',
    77: 'Rechte fehlen',
  },
};

/** What an exit code of rsync's means for a job of the night, and what to do about it. */
const rsyncExits: { readonly [exitCode: number]: { why: string; remedy: string } } = {
  1: {
    why: 'rsync hat seine Optionen nicht verstanden',
    remedy: 'Prüfen Sie „options“ im Abschnitt des Auftrags.',
  },
  10: {
    why: 'die Verbindung kam nicht zustande',
    remedy: 'Prüfen Sie das Netz und ob der andere Rechner währenddessen an bleibt.',
  },
  11: {
    why: 'eine Datei ließ sich nicht lesen oder schreiben, oder das Ziel ist voll',
    remedy: 'Schaffen Sie am Ziel Platz, und prüfen Sie dort Platte und Rechte.',
  },
  12: {
    why: 'die Verbindung riss ab, oder die andere Seite hat sich beendet',
    remedy:
      'Prüfen Sie, ob dort rsync installiert ist, ob die Platte Platz hat und ob der Rechner währenddessen an bleibt.',
  },
  20: { why: 'rsync wurde von außen beendet', remedy: 'Noch einmal starten: plugback nightshift --now' },
  23: {
    why: 'nicht alles ließ sich kopieren',
    remedy: 'Welche Dateien, steht im Log von nightshift. Prüfen Sie ihre Rechte, an der Quelle und am Ziel.',
  },
  24: {
    why: 'Dateien verschwanden während des Kopierens',
    remedy:
      'Alle anderen wurden kopiert. Kommt das jede Nacht vor, beenden Sie das Programm, das dort arbeitet, oder schließen Sie seinen Ordner aus.',
  },
  25: {
    why: 'es wäre mehr zu löschen gewesen, als max-deletes erlaubt; der Rest blieb stehen',
    remedy:
      'Sehen Sie an der Quelle nach: Fehlt dort etwas, das nicht fehlen sollte? Wurde alles mit Absicht gelöscht, erhöhen Sie max-deletes für eine Nacht.',
  },
  30: {
    why: 'die andere Seite antwortete nicht rechtzeitig',
    remedy: 'Prüfen Sie das Netz und ob der andere Rechner währenddessen an bleibt.',
  },
  255: {
    why: 'ssh kam nicht durch',
    remedy:
      'Versuchen Sie es von Hand: mit ssh als der Benutzer, unter dem nightshift läuft; es darf kein Passwort verlangt werden.',
  },
};

const keyFileFlaws: {
  readonly [F in KeyFileFlaw]: { problem: string; remedy: (path: string) => string };
} = {
  missing: {
    problem: 'es gibt sie nicht',
    remedy: () => 'Prüfen Sie encryption-key-file in der Konfiguration (Abschnitt BACKUP).',
  },
  'not-a-file': {
    problem: 'sie ist keine gewöhnliche Datei',
    remedy: () => 'Tragen Sie als encryption-key-file den Pfad einer Datei ein.',
  },
  empty: { problem: 'sie ist leer', remedy: () => 'Legen Sie den Schlüssel wieder dorthin, wo er war.' },
  'foreign-owner': {
    problem: 'sie gehört einem Benutzer, der nicht root ist',
    remedy: (path) => `Geben Sie sie root: chown root: ${path}`,
  },
  'readable-by-others': {
    problem: 'andere Benutzer können sie lesen oder ändern',
    remedy: (path) => `Nehmen Sie ihnen die Rechte: chmod 400 ${path}`,
  },
  'in-an-open-folder': {
    problem:
      'andere Benutzer können sie austauschen, weil ein Ordner darüber ihnen gehört oder ihnen offensteht',
    remedy: (path) =>
      `Legen Sie sie dorthin, wo nur root schreiben kann, etwa nach /etc/plugback, und berichtigen Sie encryption-key-file. Wem die Ordner gehören, zeigt: namei -l ${path}`,
  },
  unreadable: {
    problem: 'sie lässt sich nicht lesen',
    remedy: () => 'Prüfen Sie die Rechte der Ordner darüber.',
  },
};

const rsyncMeanings: { readonly [M in RsyncMeaning]: string } = {
  usage: 'rsync hat seine Optionen nicht verstanden',
  'files-unreadable': 'die Quelle war nicht lesbar',
  'input-output': 'Lesen oder Schreiben ist fehlgeschlagen',
  'out-of-memory': 'der Arbeitsspeicher hat nicht gereicht',
  partial: 'einige Dateien konnten nicht kopiert werden',
  'delete-limit': 'die Grenze für Löschungen wurde erreicht',
  timeout: 'die Platte oder die Quelle hat nicht mehr geantwortet',
  killed: 'rsync wurde von außen beendet',
  protocol: 'die beiden Hälften von rsync haben sich verloren',
  unknown: 'rsync ist fehlgeschlagen',
};

const copyRemedies: { readonly [M in RsyncMeaning]: string } = {
  usage: 'Prüfen Sie rsync-options in der Konfiguration.',
  'files-unreadable':
    'Prüfen Sie die Rechte der Dateien, die im rsync-Log stehen, und starten Sie die Sicherung dann noch einmal.',
  'input-output':
    'Prüfen Sie Kabel und Platte; kommt es wieder vor, tauschen Sie die Platte. Ein neuer Lauf vervollständigt die Sicherung.',
  'out-of-memory': 'Beenden Sie andere Programme und starten Sie die Sicherung dann noch einmal.',
  partial:
    'Die Dateien stehen im rsync-Log. Bringen Sie sie in Ordnung und starten Sie die Sicherung dann noch einmal.',
  'delete-limit': 'Prüfen Sie rsync-options in der Konfiguration.',
  timeout: 'Prüfen Sie Kabel, Platte und Quelle und starten Sie die Sicherung dann noch einmal.',
  killed: 'Starten Sie die Sicherung noch einmal.',
  protocol: 'Starten Sie die Sicherung noch einmal; kommt es wieder vor, sehen Sie ins rsync-Log.',
  unknown: 'Mehr steht im rsync-Log. Starten Sie die Sicherung noch einmal.',
};

function quoted(lines: readonly string[]): string {
  return lines.length === 0 ? '' : ` (${lines.join(' | ')})`;
}

/** What went wrong and what to do, for each error. */
export const deErrors: {
  readonly [C in ErrorCode]: (d: ErrorDetails[C], f: Format) => { problem: string; remedy: string };
} = {
  usage: (d) => ({ problem: d.problem, remedy: 'plugback --help zeigt, was Sie eingeben können.' }),
  config: (d, f) => ({
    problem: `Die Konfiguration ${d.path} hat ${f.count(d.problems.length)} Fehler: ${d.problems.join(' · ')}`,
    remedy: d.isVeeamSide
      ? 'Es wurde nichts gesperrt oder freigegeben. Berichtigen Sie sie und rufen Sie dann Pre-Job- und Post-Job-Skript einmal von Hand auf.'
      : 'Es wurde nichts gestartet. Berichtigen Sie sie und versuchen Sie dann: plugback check',
  }),
  'config-missing': (d) => ({
    problem: `Es gibt keine Konfiguration. Gesucht wurde: ${d.searched.join(', ')}.`,
    remedy: `Kopieren Sie config.ini.template nach ${d.searched.at(-1)} und füllen Sie sie aus, oder geben Sie eine mit --config DATEI an.`,
  }),
  'config-exists-not': (d) => ({
    problem: `Die Konfiguration ${d.path} lässt sich nicht lesen: ${d.reason}.`,
    remedy: 'Berichtigen Sie den Pfad oder die Datei.',
  }),
  'config-forbidden': (d) => ({
    problem: `Dieser Benutzer darf die Konfiguration ${d.path} nicht lesen.`,
    remedy:
      'Geben Sie dasselbe mit sudo davor ein. (Wer sie lesen kann, liest auch das Passwort des Mailservers, falls es darin steht.)',
  }),
  'config-not-writable': (d) => ({
    problem: `Die Konfiguration ${d.path} lässt sich nicht ändern (${d.reason}). Sie ist, wie sie war.`,
    remedy: 'Geben Sie dasselbe als root ein, sobald ihr Ordner beschreibbar ist.',
  }),
  'no-rights': (d) => ({
    problem: `Es fehlen Administratorrechte: ${d.program} darf nicht ausgeführt werden.`,
    remedy: 'Starten Sie plugback als root oder erlauben Sie diesem Benutzer „sudo -n“.',
  }),
  'program-missing': (d) => ({
    problem: `Das Programm ${d.program} ist nicht installiert.`,
    remedy: 'Installieren Sie es; plugback check nennt das Paket.',
  }),
  'no-disks-enrolled': (d) => ({
    problem: `In ${d.path} ist keine Sicherungsplatte eingetragen.`,
    remedy: 'Stecken Sie eine an, sehen Sie mit „plugback disks“ nach, dann: plugback enroll UUID',
  }),
  'no-disk-attached': (d, f) => ({
    problem:
      d.uuids.length === 1
        ? 'Die eingetragene Platte ist nicht angesteckt.'
        : `Keine der ${f.count(d.uuids.length)} eingetragenen Platten ist angesteckt.`,
    remedy: 'Stecken Sie eine an. „plugback disks“ zeigt, was dieser Rechner sieht.',
  }),
  'disk-not-attached': (d) => ({
    problem: `Die Platte ${d.uuid} ist nicht angesteckt.`,
    remedy: 'Stecken Sie sie an oder prüfen Sie das Kabel. „plugback disks“ zeigt, was dieser Rechner sieht.',
  }),
  'duplicate-uuid': (d, f) => ({
    problem: `Zwei Dateisysteme haben dieselbe UUID ${d.uuid}: ${f.list(d.devices)}. Eines ist eine Kopie des anderen, und welches die Sicherungsplatte ist, lässt sich nicht erkennen.`,
    remedy:
      'Es wurde nichts eingebunden. Ziehen Sie die Platte ab, die nicht gemeint ist, oder geben Sie der Kopie eine neue UUID.',
  }),
  'system-disk': (d) => ({
    problem: `${d.device} gehört zur eigenen Platte dieses Rechners (darauf liegt ${d.uses}) und ist keine Sicherungsplatte.`,
    remedy: 'Es wurde nichts eingebunden. Entfernen Sie diese UUID aus der Konfiguration.',
  }),
  'disk-encrypted': (d) => ({
    problem: `${d.device} ist verschlüsselt, und es gibt keinen Schlüssel dafür.`,
    remedy:
      'Tragen Sie in der Konfiguration (Abschnitt BACKUP) als encryption-key-file den Pfad der Schlüsseldatei ein.',
  }),
  'not-encrypted-any-more': (d) => ({
    problem: `${d.device} hat die UUID einer Sicherungsplatte, die verschlüsselt war, ist aber nicht verschlüsselt. Es wurde nichts kopiert und nichts gelöscht.`,
    remedy: `Vielleicht hat jemand die Platte nachgemacht: Sehen Sie sie sich an. Haben Sie sie ohne Verschlüsselung neu eingerichtet: rm ${d.path}`,
  }),
  'key-file-unusable': (d) => ({
    problem: `Die Schlüsseldatei ${d.path} ist nicht zu gebrauchen: ${keyFileFlaws[d.flaw].problem}. Nichts wurde entsperrt.`,
    remedy: keyFileFlaws[d.flaw].remedy(d.path),
  }),
  'wrong-key': (d) => ({
    problem: `Die Schlüsseldatei ${d.path} entsperrt die Platte ${d.device} nicht. Der Kopf der Verschlüsselung auf dieser Platte ist in Ordnung.`,
    remedy: `Tragen Sie die richtige encryption-key-file ein, oder fügen Sie der Platte diesen Schlüssel hinzu: cryptsetup luksAddKey ${d.device} ${d.path}`,
  }),
  'encryption-damaged': (d) => ({
    problem: `Der Kopf der Verschlüsselung auf ${d.device} ist beschädigt (${d.reason}). In diesem Zustand lässt sie sich mit keinem Schlüssel entsperren.`,
    remedy: `Stellen Sie den Kopf aus seiner Sicherung wieder her (cryptsetup luksHeaderRestore ${d.device} --header-backup-file DATEI), oder richten Sie die Platte neu ein.`,
  }),
  'already-unlocked': (d) => ({
    problem: `Die verschlüsselte Platte ${d.device} ist schon entsperrt, von jemand anderem.`,
    remedy:
      'Melden Sie sie ab (umount) und sperren Sie sie (lsblk zeigt ihren Namen; cryptsetup close NAME), dann starten Sie die Sicherung neu.',
  }),
  'unlock-failed': (d) => ({
    problem: `Die verschlüsselte Platte ${d.device} ließ sich nicht entsperren (${d.reason}).`,
    remedy: `Probieren Sie es von Hand: cryptsetup open --test-passphrase --key-file DATEI ${d.device}`,
  }),
  'container-empty': (d) => ({
    problem: `Die verschlüsselte Platte ${d.device} wurde entsperrt, aber es ist kein Dateisystem darin.`,
    remedy:
      'Legen Sie eines an: die Platte von Hand entsperren und ihren Inhalt formatieren (mkfs.ext4 /dev/mapper/NAME).',
  }),
  'lock-failed': (d) => ({
    problem: `Die verschlüsselte Platte ${d.device} ließ sich nicht wieder sperren; etwas benutzt noch ${d.mapping}.`,
    remedy: `Beenden Sie, was sie benutzt, und sperren Sie sie von Hand: cryptsetup close ${d.mapping}`,
  }),
  'disk-gone': (d) => ({
    problem: `Die Platte ${d.device} wurde ${goneWhen[d.phase] ?? 'abgezogen'}.`,
    remedy: 'Stecken Sie sie wieder an: Die Sicherung startet von selbst und macht dort weiter, wo sie war.',
  }),
  'veeam-busy': (d, f) => ({
    problem: `Veeam hat nach ${f.count(d.minutes)} min immer noch geschrieben oder wollte gerade beginnen: ${locksOf(d.locks, f)}. Es wurde nichts kopiert.`,
    remedy:
      'Starten Sie die Sicherung noch einmal, wenn Veeam fertig ist, oder erhöhen Sie wait-for-veeam-minutes. Wenn Veeam gar nicht läuft, löschen Sie die Sperrdatei.',
  }),
  'veeam-kept-writing': (d, f) => ({
    problem: `Die Kopie hat für Veeam Platz gemacht, aber nach ${f.count(d.minutes)} min hat Veeam immer noch geschrieben: ${locksOf(d.locks, f)}. Die Kopie ist nicht vollständig.`,
    remedy:
      'Starten Sie die Sicherung noch einmal, wenn Veeam fertig ist: Sie macht dort weiter, wo sie war. Oder erhöhen Sie wait-for-veeam-minutes. Wenn Veeam gar nicht läuft, löschen Sie die Sperrdatei.',
  }),
  'copy-running': (d, f) => ({
    problem: `Nach ${f.count(d.minutes)} min wurde immer noch kopiert (die Sperrdatei der Kopie ist ${d.path}). Veeam bekam keine Sperre.`,
    remedy:
      'Starten Sie Veeams Job noch einmal, wenn die Kopie fertig ist, erhöhen Sie wait-for-backup-minutes oder setzen Sie auf dem kopierenden Rechner veeam-during-copy = yield.',
  }),
  'veeam-lock-not-written': (d) => ({
    problem: `Veeams Sperre lässt sich nicht in den Ordner ${d.path} schreiben (${d.reason}), also hält nichts die Kopien fern.`,
    remedy: {
      full: 'Schaffen Sie dort Platz.',
      missing:
        'Legen Sie den Ordner an oder binden Sie die Freigabe ein; sonst berichtigen Sie veeam-lockfiles.',
      other:
        'Prüfen Sie die Freigabe, ihre Rechte für das Konto, unter dem Veeam seine Skripte startet, und veeam-lockfiles.',
    }[d.hindrance],
  }),
  'veeam-lock-not-removed': (d) => ({
    problem: `Veeams Sperre in ${d.path} lässt sich nicht entfernen (${d.reason}).`,
    remedy:
      d.hindrance === 'missing'
        ? 'Legen Sie den Ordner an oder binden Sie die Freigabe ein; sonst berichtigen Sie veeam-lockfiles. Bis ihre Zeit abgelaufen ist, warten Kopien auf die Sperre.'
        : 'Löschen Sie sie von Hand: Bis ihre Zeit abgelaufen ist, warten Kopien auf sie.',
  }),
  'veeam-lock-withdrawn': (d) => ({
    problem: `Während das Skript des Jobs ${d.job} wartete, wurde seine Ankündigung aus ${d.path} entfernt, durch veeam-unlock oder von Hand. Es wurde keine Sperre gesetzt.`,
    remedy:
      'Wenn Veeam noch schreiben soll, starten Sie seinen Job noch einmal. Mehrere Jobs eines Rechners brauchen verschiedene Namen (--job).',
  }),
  'veeam-interrupted': (d, f) => ({
    problem:
      `Veeams Pre-Job-Skript wurde von außen beendet (${d.signal}). ` +
      (d.path == null || d.until == null
        ? `Vom Job ${d.job} steht keine Sperre.`
        : `${d.path} bleibt stehen, und vor ${f.dateTime(d.until)} beginnt keine Kopie: Ein Veeam-Agent, der ein Skript beendet, beginnt zu schreiben.`),
    remedy:
      d.path == null
        ? 'Starten Sie Veeams Job noch einmal.'
        : `Wenn Veeam gar nicht schreibt, heben Sie die Sperre auf: plugback veeam-unlock --job "${d.job}"`,
  }),
  'veeam-locks-unreadable': (d) => ({
    problem: `Der Ordner für die Veeam-Sperrdateien, ${d.path}, ist nicht lesbar (${d.reason}). Deshalb ist unbekannt, ob Veeam gerade schreibt. Es wurde nichts weiter kopiert.`,
    remedy: 'Prüfen Sie die Freigabe und ihre Rechte.',
  }),
  'already-mounted': (d) => ({
    problem: `Die Platte ${d.device} ist schon unter ${d.mountPoint} eingebunden, und zwar nicht von plugback.`,
    remedy: `Melden Sie sie ab (umount ${d.mountPoint}), schalten Sie das automatische Einbinden der Arbeitsoberfläche aus und starten Sie die Sicherung dann noch einmal.`,
  }),
  'mount-point-in-use': (d) => ({
    problem: `Unter ${d.mountPoint}, wo die Sicherungsplatte hingehört, ist etwas anderes eingebunden (${d.device}). Es wurde nichts kopiert.`,
    remedy: `Melden Sie es ab (umount ${d.mountPoint}) oder wählen Sie eine andere backup-destination.`,
  }),
  'mount-point-unusable': (d) => ({
    problem: `Unter dem Ordner ${d.mountPoint} lässt sich die Platte nicht einbinden (${d.reason}).`,
    remedy: 'Berichtigen Sie backup-destination oder die Rechte des Ordners darüber.',
  }),
  'mount-failed': (d) => ({
    problem: `Die Platte ${d.device} lässt sich nicht unter ${d.mountPoint} einbinden (${d.reason}).`,
    remedy:
      'Ziehen Sie sie ab und stecken Sie sie wieder an. Hilft das nicht, prüfen Sie sie an einem anderen Rechner oder nehmen Sie eine andere.',
  }),
  'driver-missing': (d) => ({
    problem: `Dieser Rechner kann die Platte ${d.device} nicht einbinden: Ihm fehlt der Treiber für ${d.type}.`,
    remedy:
      d.package === null
        ? 'Nehmen Sie einen Kernel, der den Treiber hat, oder formatieren Sie die Platte mit ext4.'
        : `Bitte eingeben: apt-get install ${d.package}. Oder formatieren Sie die Platte mit ext4.`,
  }),
  'fsck-failed': (d) => ({
    problem: `Das Dateisystem auf ${d.device} ist beschädigt, und ${d.program} kann es nicht allein reparieren (Exit-Code ${d.exitCode}). Die Platte wurde nicht eingebunden.`,
    remedy: `Rufen Sie „${d.program} ${d.device}“ von Hand auf oder nehmen Sie eine andere Platte.`,
  }),
  'wrong-device-mounted': (d) => ({
    problem: `Nach dem Einbinden liegt unter ${d.mountPoint} nicht die Sicherungsplatte (${d.expected}), sondern ${d.found}. Es wurde nichts kopiert.`,
    remedy:
      'Sehen Sie mit „findmnt“ nach, ziehen Sie andere Platten ab und starten Sie die Sicherung noch einmal.',
  }),
  'disk-read-only': (d) => ({
    problem: d.writeProtected
      ? `Die Platte ${d.device} ist schreibgeschützt.`
      : `Die Platte ${d.device} lässt sich nur zum Lesen einbinden; wahrscheinlich ist ihr Dateisystem beschädigt.`,
    remedy: d.writeProtected
      ? 'Schieben Sie den Schreibschutz-Schalter zurück oder nehmen Sie eine andere Platte.'
      : 'Prüfen Sie sie an einem anderen Rechner oder nehmen Sie eine andere Platte.',
  }),
  'disk-not-writable': (d) => ({
    problem: `Auf die Platte unter ${d.mountPoint} lässt sich nichts schreiben (${d.reason}).`,
    remedy: 'Prüfen Sie die Platte an einem anderen Rechner oder nehmen Sie eine andere.',
  }),
  'already-running': (d, f) => ({
    problem: `Auf diese Platte läuft schon eine Sicherung${d.since === null ? '' : ` seit ${f.dateTime(d.since)}`}${d.pid === null ? '' : ` (Prozess ${d.pid})`}. Dieser zweite Start wurde beendet, ohne etwas zu tun.`,
    remedy: 'Warten Sie auf die Mail des ersten Laufs. „plugback status“ zeigt, wie weit er ist.',
  }),
  'lock-lost': (d) => ({
    problem: `Die Sperre ${d.path} ging während der Sicherung verloren; vielleicht hat ein anderer Lauf begonnen.`,
    remedy:
      'Starten Sie die Sicherung noch einmal. Kommt es wieder vor, prüfen Sie Uhr und Auslastung dieses Rechners.',
  }),
  'directory-unusable': (d) => ({
    problem: `Der Ordner ${d.path} ist nicht benutzbar (${d.reason}).`,
    remedy:
      'Starten Sie plugback als root, schaffen Sie dort Platz, oder berichtigen Sie state-directory und runtime-directory.',
  }),
  'marker-not-writable': (d) => ({
    problem: `Die Sperrdatei ${d.path} lässt sich nicht schreiben (${d.reason}). Es wurde nichts kopiert.`,
    remedy: 'Prüfen Sie die Rechte dieses Ordners.',
  }),
  'marker-name-taken': (d) => ({
    problem: `${d.path} ist eine Ihrer Dateien und heißt so wie die Sperrdatei. Es wurde nichts kopiert und nichts gelöscht.`,
    remedy: 'Wählen Sie einen anderen backup-lockfile-path.',
  }),
  'marker-not-removable': (d) => ({
    problem: `Die Sperrdatei ${d.path} lässt sich nicht löschen (${d.reason}).`,
    remedy: 'Löschen Sie sie von Hand: Solange sie da ist, wartet Veeam.',
  }),
  'source-missing': (d) => ({
    problem: `Die Quelle ${d.path} gibt es nicht. Es wurde nichts kopiert und nichts gelöscht.`,
    remedy: 'Ist sie eingebunden? Sonst berichtigen Sie backup-source.',
  }),
  'source-not-a-directory': (d) => ({
    problem: `Die Quelle ${d.path} ist kein Ordner. Es wurde nichts kopiert und nichts gelöscht.`,
    remedy: 'Berichtigen Sie backup-source.',
  }),
  'source-empty': (d) => ({
    problem: `Die Quelle ${d.path} ist leer. Es wurde nichts kopiert und nichts gelöscht.`,
    remedy: 'Ist sie eingebunden?',
  }),
  'everything-excluded': (d) => ({
    problem: `Von der Quelle ${d.path} bleibt nichts übrig, wenn alles wegfällt, was ausgelassen werden soll. Es wurde nichts kopiert und nichts gelöscht.`,
    remedy: 'Prüfen Sie rsync-excludes und rsync-options in der Konfiguration.',
  }),
  'source-unreadable': (d) => ({
    problem: `Die Quelle ${d.path} ist nicht lesbar (${d.reason}). Es wurde nichts kopiert und nichts gelöscht.`,
    remedy: 'Prüfen Sie die Freigabe, ihre Rechte und ihre Platte.',
  }),
  'source-not-mounted': (d) => ({
    problem:
      d.known === 'fstab'
        ? `${d.mountPoint} sollte laut /etc/fstab eingebunden sein, ist es aber nicht; die Quelle ${d.path} ist also nicht, was sie sein soll. Es wurde nichts kopiert und nichts gelöscht.`
        : `Bei der letzten guten Sicherung war unter ${d.mountPoint} ein Dateisystem eingebunden, jetzt nicht; die Quelle ${d.path} ist also nicht mehr, was sie war. Es wurde nichts kopiert und nichts gelöscht.`,
    remedy: `Binden Sie das Dateisystem ein (mount ${d.mountPoint}). Wenn es so gewollt ist: plugback run --allow-deletes`,
  }),
  'source-sentinel-missing': (d) => ({
    problem: `In der Quelle ${d.path} fehlt „${d.sentinel}“, das dort liegen muss. Es wurde nichts kopiert und nichts gelöscht.`,
    remedy: 'Ist das richtige Dateisystem eingebunden? Sonst berichtigen Sie source-must-contain.',
  }),
  'source-on-disk': (d) => ({
    problem: `Die Quelle ${d.path} liegt auf der Sicherungsplatte selbst (${d.device}). Es wurde nichts kopiert und nichts gelöscht.`,
    remedy: 'Berichtigen Sie backup-source oder backup-destination.',
  }),
  'excludes-unusable': (d) => ({
    problem:
      d.line === null
        ? `Die Liste der auszulassenden Dateien, ${d.path}, ist nicht lesbar (${d.reason}). Es wurde nichts kopiert.`
        : `Zeile ${d.line} von ${d.path} beginnt mit „!“. Damit würde rsync vergessen, Sperrdateien und lost+found zu schützen. Es wurde nichts kopiert.`,
    remedy: d.line === null ? 'Korrigieren Sie rsync-excludes.' : 'Entfernen Sie diese Zeile.',
  }),
  'destination-not-mounted': (d) => ({
    problem: `Die Sicherungsplatte ist unter ${d.mountPoint} nicht mehr eingebunden. Die Kopie wurde angehalten, bevor sie die Platte dieses Rechners füllen konnte.`,
    remedy: 'Finden Sie heraus, wer sie abgemeldet hat, und starten Sie die Sicherung dann noch einmal.',
  }),
  'too-many-deletions': (d, f) => ({
    problem: `Von ${files(d.files, f)} auf der Platte würden ${f.count(d.deletes)} gelöscht (${f.percent(d.percent)}), mehr als die ${f.percent(d.limit)}, die max-delete-percent erlaubt. Es wurde nichts kopiert und nichts gelöscht.`,
    remedy: 'Ist die Quelle vollständig? Wenn es so gewollt ist: plugback run --allow-deletes',
  }),
  'not-enough-space': (d, f) => ({
    problem: `Die Kopie braucht ${f.bytes(d.neededBytes)}, auf der Platte sind aber nur ${f.bytes(d.freeBytes)} frei: Es fehlen ${f.bytes(d.neededBytes - d.freeBytes)}. Es wurde nichts kopiert und nichts gelöscht.`,
    remedy: d.inPlaceWouldFit
      ? 'Nehmen Sie eine größere Platte. Oder setzen Sie rsync-options = --inplace: Dann werden große Dateien an Ort und Stelle überschrieben. Das passt, hinterlässt aber eine zerrissene Datei, wenn die Kopie unterbrochen wird.'
      : 'Nehmen Sie eine größere Platte oder entfernen Sie alte Sicherungen aus der Quelle.',
  }),
  'not-enough-inodes': (d, f) => ({
    problem: `Die Kopie braucht ${files(d.needed, f)} mehr als bisher, das Dateisystem der Platte fasst aber nur noch ${f.count(d.free)}. Es wurde nichts kopiert und nichts gelöscht.`,
    remedy: 'Formatieren Sie die Platte mit mehr Inodes oder nehmen Sie eine größere.',
  }),
  'file-too-large': (d, f) => ({
    problem: `${files(d.count, f)} ${d.count === 1 ? 'ist' : 'sind'} zu groß für die Platte, deren ${d.type}-Dateisystem keine ab 4 GB aufnimmt: ${d.name} hat ${f.bytes(d.bytes)}. Es wurde nichts kopiert und nichts gelöscht.`,
    remedy:
      'Formatieren Sie die Platte mit ext4 (oder exFAT), was sie löscht, oder lassen Sie solche Dateien aus (rsync-excludes).',
  }),
  'estimate-failed': (d) => ({
    problem: `Quelle und Platte ließen sich nicht vergleichen: ${rsyncMeanings[d.meaning]}${quoted(d.lines)}. Es wurde nichts kopiert und nichts gelöscht.`,
    remedy: copyRemedies[d.meaning],
  }),
  'copy-failed': (d) => ({
    problem: `Die Kopie ist nicht vollständig: ${rsyncMeanings[d.meaning]}${d.exitCode === null ? '' : ` (rsync ${d.exitCode})`}${quoted(d.lines)}.`,
    remedy: copyRemedies[d.meaning],
  }),
  'names-not-kept': (d, f) => ({
    problem: `Die Kopie ist nicht vollständig: ${files(d.count, f)} kann die Platte wegen ${d.count === 1 ? 'ihres Namens' : 'ihrer Namen'} nicht aufnehmen, etwa ${f.list(d.names)}. ${d.type} nimmt keinen Namen, der ${d.type === 'NTFS' ? 'kein UTF-8 ist' : 'kein UTF-8 ist, eines der Zeichen *:?<>|, einen umgekehrten Schrägstrich, ein Anführungszeichen oder einen Zeilenumbruch enthält oder mit Punkt oder Leerzeichen endet, und keine zwei, die sich nur in der Großschreibung unterscheiden'}. Alle anderen wurden kopiert.`,
    remedy:
      'Benennen Sie sie um oder lassen Sie sie aus (rsync-excludes). Oder formatieren Sie die Platte mit ext4, was sie löscht.',
  }),
  'disk-full': (d, f) => ({
    problem: `Die Platte ist beim Kopieren vollgelaufen (noch ${f.bytes(d.freeBytes)} frei). Die Sicherung darauf ist nicht vollständig.`,
    remedy: 'Nehmen Sie eine größere Platte oder entfernen Sie alte Sicherungen aus der Quelle.',
  }),
  'disk-io-error': (d) => ({
    problem: `Der Kernel hat während des Laufs Fehler der Platte ${d.device} gemeldet${quoted(d.lines)}. Auf das Geschriebene ist kein Verlass.`,
    remedy:
      'Prüfen Sie das Kabel; kommt es wieder vor, tauschen Sie die Platte. Starten Sie die Sicherung noch einmal.',
  }),
  'flush-failed': (d) => ({
    problem: `Die Platte unter ${d.mountPoint} hat nicht alles angenommen, was kopiert wurde (${d.reason}). Die Sicherung darauf ist nicht vollständig.`,
    remedy:
      'Prüfen Sie Kabel und Platte und starten Sie die Sicherung noch einmal. Kommt es wieder vor, tauschen Sie die Platte.',
  }),
  'unmount-failed': (d, f) => ({
    problem: `Die Platte lässt sich unter ${d.mountPoint} nicht abmelden${d.holders.length === 0 ? '' : `; sie wird benutzt von ${f.list(d.holders)}`}. Bitte nicht abziehen.`,
    remedy: `Beenden Sie das Programm, das sie benutzt, dann: umount ${d.mountPoint}`,
  }),
  'device-not-found': (d) => ({
    problem: `Eine Platte ${d.device} gibt es nicht.`,
    remedy: '„plugback disks“ zeigt, was dieser Rechner sieht.',
  }),
  'cannot-enroll': (d) => ({
    problem: `${d.device} kann keine Sicherungsplatte werden: ${deObstacles[d.reason]}.`,
    remedy: '„plugback disks“ zeigt, welche Platten es können.',
  }),
  interrupted: (d) => ({
    problem: `Die Sicherung wurde von außen abgebrochen (${d.signal}). Sie ist nicht vollständig.`,
    remedy: 'Starten Sie sie noch einmal: Sie macht dort weiter, wo sie aufgehört hat.',
  }),
  'port-in-use': (d) => ({
    problem: `Die Seite kann nicht angeboten werden: Auf ${d.host}, Port ${d.port} lauscht schon etwas anderes.`,
    remedy:
      'Ist es plugback selbst, so gibt es die Seite schon. Sonst wählen Sie einen anderen webport oder 0 für irgendeinen freien.',
  }),
  'port-forbidden': (d) => ({
    problem: `Die Seite kann nicht angeboten werden: Dieser Benutzer darf nicht auf Port ${d.port} lauschen.`,
    remedy: 'Wählen Sie einen webport ab 1024, oder starten Sie plugback als root.',
  }),
  'address-unusable': (d) => ({
    problem: `Die Seite kann auf ${d.host}, Port ${d.port} nicht angeboten werden (${d.reason}).`,
    remedy:
      'Setzen Sie webhost auf eine Adresse dieses Rechners: 127.0.0.1 nur für ihn selbst, 0.0.0.0 für das ganze Netz.',
  }),
  'token-unusable': (d) => ({
    problem: `Die Token-Datei ${d.path} ist nicht zu gebrauchen (${d.reason}); von der Seite aus lassen sich daher keine Sicherungen starten.`,
    remedy:
      'Schreiben Sie ein langes zufälliges Wort hinein (openssl rand -hex 24), nur für plugback lesbar, und starten Sie plugback neu.',
  }),
  'start-failed': (d) => ({
    problem: `Die Sicherung ließ sich nicht starten (${d.reason}).`,
    remedy: 'Starten Sie sie am Rechner selbst: plugback run',
  }),
  'needs-root': (d) => ({
    problem: `„${d.command}“ verändert die Einstellungen dieses Rechners, und dafür fehlen Administratorrechte.`,
    remedy: `Es wurde nichts verändert. Bitte eingeben: sudo ${d.command}`,
  }),
  'no-systemd': () => ({
    problem:
      'Auf diesem Rechner läuft kein systemd; es ist also niemand da, der für eine angesteckte Platte eine Sicherung starten könnte.',
    remedy:
      'Es wurde nichts verändert. Starten Sie „plugback run“ auf anderem Weg, etwa mit cron oder einer eigenen udev-Regel.',
  }),
  packaged: () => ({
    problem:
      'Dieses plugback kam als Debian-Paket; das hat Regel und Units mitgebracht und nimmt sie selbst wieder mit.',
    remedy: 'Es wurde nichts verändert. Bitte eingeben: apt-get remove plugback',
  }),
  'install-failed': (d) => ({
    problem: `Bei ${d.what} ging es nicht weiter (${d.reason}).`,
    remedy:
      'Beheben Sie das und geben Sie dasselbe noch einmal ein: Was schon getan ist, wird nicht wiederholt.',
  }),
  'mirror-source-unusable': (d) => ({
    problem: `Die Quelle ${placeName(d.path)} ist nicht lesbar (${d.reason}). Es wurde nichts kopiert und nichts gelöscht.`,
    remedy: 'Ist sie eingebunden, und stimmt der Pfad?',
  }),
  'mirror-source-empty': (d) => ({
    problem: `Die Quelle ${d.path} ist leer. Es wurde nichts kopiert und nichts gelöscht.`,
    remedy: 'Ist sie eingebunden? Soll auch das Replikat geleert werden, verwenden Sie --allow-deletes.',
  }),
  'mirror-not-mounted': (d) => ({
    problem: `${d.mountPoint} müsste laut /etc/fstab eingebunden sein, ist es aber nicht; der Ordner ${d.path} ist deshalb nicht, was er sein soll. Es wurde nichts kopiert und nichts gelöscht.`,
    remedy: `Binden Sie das Dateisystem ein (mount ${d.mountPoint}).`,
  }),
  'mirror-replica-unusable': (d) => ({
    problem: `Das Replikat ${placeName(d.path)} ist nicht benutzbar (${d.reason}). Es wurde nichts kopiert und nichts gelöscht.`,
    remedy:
      'Ist die Platte eingebunden, und darf dieser Benutzer dort schreiben? Ein fehlender Ordner wird nicht angelegt: Legen Sie ihn an.',
  }),
  'mirror-replica-failed': (d) => ({
    problem: `Das Replikat ${d.path} versagte, während es beschrieben wurde (${d.reason}). Was angekommen ist, ist vollständig; der Rest fehlt.`,
    remedy:
      'Ist seine Platte noch da und in Ordnung (journalctl -k)? Der nächste Durchgang setzt fort, wo dieser endete.',
  }),
  'mirror-overlap': (d) => ({
    problem: `${mirrorOverlaps[d.relation]({ source: d.source, replica: d.replica })} Es wurde nichts kopiert und nichts gelöscht.`,
    remedy: 'Wählen Sie zwei Ordner, die nicht ineinander liegen.',
  }),
  'mirror-deletions': (d, f) => ({
    problem: `Von ${files(d.files, f)} im Replikat würden ${f.count(d.deletes)} gelöscht (${f.percent(d.percent)}), mehr als die erlaubten ${f.percent(d.limit)}. Es wurde nichts kopiert und nichts gelöscht.`,
    remedy:
      'Ist die Quelle vollständig? --dry-run zeigt, was gelöscht würde. Wenn es so gewollt ist, verwenden Sie --allow-deletes, oder setzen Sie die Grenze mit --max-delete-percent.',
  }),
  'mirror-running': (d, f) => ({
    problem: `In ${d.path} schreibt schon eine andere Spiegelung${d.since === null ? '' : ` seit ${f.dateTime(d.since)}`}${d.pid === null ? '' : ` (Prozess ${d.pid})`}. Diese wurde beendet, ohne etwas zu tun.`,
    remedy: 'Warten Sie, bis die andere fertig ist.',
  }),
  'mirror-log-in-replica': (d) => ({
    problem: `Der Protokollordner ${d.path} liegt im Replikat ${d.replica}; dort wird alles gelöscht, was die Quelle nicht hat.`,
    remedy: 'Wählen Sie einen anderen Ordner für das Protokoll.',
  }),
  'mirror-log-unusable': (d) => ({
    problem: `Das Protokoll ${placeName(d.path)} lässt sich nicht schreiben (${d.reason}).`,
    remedy:
      'Ist die Platte eingebunden, und darf dieser Benutzer dort schreiben? Angelegt wird nur LOGS, in einem vorhandenen Ordner. Sonst wählen Sie einen anderen Ordner für das Protokoll.',
  }),
  'list-folder-missing': (d) => ({
    problem: `Der Ordner ${d.path} wurde nicht gefunden, Timemachine muss jetzt aufhören.`,
    remedy: 'Legen Sie ihn an, oder nennen Sie mit -cl einen anderen.',
  }),
  'list-unreadable': (d) => ({
    problem: `Die Liste ${d.path} kann nicht gelesen werden (${d.reason}), Timemachine muss jetzt aufhören.`,
    remedy: 'Prüfen Sie ihre Rechte.',
  }),
  'list-not-writable': (d) => ({
    problem: `Die Liste ${d.path} lässt sich nicht ändern (${d.reason}). Sie ist, wie sie war.`,
    remedy: 'Prüfen Sie ihre Rechte und die ihres Ordners, oder nennen Sie mit -cl einen anderen.',
  }),
  'list-broken': (d) => ({
    problem: `Zeile ${d.line} der Liste ${d.path} ist nicht verständlich (${d.reason}). Es wurde nichts geändert.`,
    remedy:
      'Jede Zeile sollte aus Bindestrich, Leerzeichen und Dateiname bestehen; enthält der Name andere Zeichen als Buchstaben, Ziffern, Leerzeichen, Punkte, Binde-, Unter- und Schrägstriche, in Anführungszeichen.',
  }),
  'not-in-list': (d) => ({
    problem: `${d.name} steht nicht in der Liste ${d.path}.`,
    remedy: '„plugback timemachine list“ zeigt, was darin steht.',
  }),
  'copies-folder-missing': (d) => ({
    problem: `Der Ordner ${d.path} wurde nicht gefunden, Timemachine muss jetzt aufhören.`,
    remedy: 'Legen Sie ihn an oder binden Sie ihn ein, oder nennen Sie mit -d einen anderen.',
  }),
  'copies-folder-unusable': (d) => ({
    problem: `In den Ordner ${d.path} kann nichts geschrieben werden (${d.reason}), Timemachine muss jetzt aufhören.`,
    remedy: 'Prüfen Sie Rechte und Platte, oder nennen Sie mit -d einen anderen.',
  }),
  'copies-folder-full': (d, f) => ({
    problem:
      d.name === null
        ? `In den Ordner ${d.path} kann nichts geschrieben werden (${d.reason}), Timemachine muss jetzt aufhören.`
        : `Für ${d.name}${d.count === 1 ? '' : ` und ${f.count(d.count - 1)} weitere`} ist im Ordner ${d.path} kein Platz (${d.reason}). Was hineinpasst, wurde kopiert.`,
    remedy:
      'Schaffen Sie dort Platz, etwa mit „plugback timemachine thin“ (--dry-run zeigt, was wegfiele), oder nennen Sie mit -d einen anderen.',
  }),
  'copies-folder-unreadable': (d) => ({
    problem: `${d.path} kann nicht gelesen werden (${d.reason}), Timemachine muss jetzt aufhören.`,
    remedy: 'Prüfen Sie Rechte und Platte, oder nennen Sie mit -d einen anderen Ordner.',
  }),
  'copies-folder-busy': (d) => ({
    problem: `Eine andere Timemachine schreibt noch nach ${d.path}.`,
    remedy: 'Es geht nichts verloren: Der nächste Lauf kopiert, was sich geändert hat.',
  }),
  'no-versions': (d) => ({
    problem: `In ${d.path} gibt es keine Version von ${d.name}.`,
    remedy: 'Ist es die richtige Datei und mit -d der richtige Ordner?',
  }),
  'no-such-version': (d, f) => ({
    problem: `Eine solche Version von ${d.name} gibt es nicht; es ${d.count === 1 ? 'ist eine' : `sind ${f.count(d.count)}`}, die älteste vom ${d.at}.`,
    remedy: '„plugback timemachine versions“ zeigt sie.',
  }),
  'diff-failed': (d) => ({
    problem: `${d.name} kann nicht verglichen werden (${d.reason}).`,
    remedy:
      'Prüfen Sie die Rechte. „plugback timemachine restore“ holt eine Version zurück, mit --to an eine andere Stelle.',
  }),
  'restore-exists': (d) => ({
    problem: `${d.path} gibt es schon. Daran wurde nichts geändert.`,
    remedy: 'Nennen Sie mit --to eine andere Stelle.',
  }),
  'restore-failed': (d) => ({
    problem: `${d.path} konnte nicht zurückgeholt werden (${d.reason}). Dort hat sich nichts geändert.`,
    remedy:
      'Schaffen Sie dort Platz und prüfen Sie die Rechte des Ordners, oder holen Sie die Version mit --to an eine andere Stelle zurück.',
  }),
  'restore-folder-missing': (d) => ({
    problem: `Den Ordner ${d.path} gibt es nicht, deshalb wurde nichts zurückgeholt.`,
    remedy: 'Legen Sie ihn an, oder nennen Sie mit --to eine andere Stelle.',
  }),
  'restore-not-kept': (d) => ({
    problem: `Der jetzige Inhalt von ${d.name} konnte nicht vorher nach ${d.path} kopiert werden (${d.reason}), deshalb blieb die Datei, wie sie ist.`,
    remedy: `${d.isFull ? 'Schaffen Sie dort Platz, etwa mit „plugback timemachine thin“,' : 'Prüfen Sie Rechte und Platte dieses Ordners,'} oder holen Sie die Version mit --to an eine andere Stelle zurück: Das geht auch so.`,
  }),
  'no-jobs': (d) => ({
    problem: `In ${d.path} steht kein Auftrag, also gibt es nichts, was nightshift sichern könnte.`,
    remedy:
      'Nehmen Sie einen Abschnitt [JOB Name] auf (Beispiele: docs/nightshift.md) und versuchen Sie: plugback nightshift --dry-run',
  }),
  'nightshift-running': (d) => ({
    problem: `nightshift läuft schon${d.pid === null ? '' : ` (Prozess ${d.pid})`}. Dieser zweite Start endete, ohne etwas zu tun.`,
    remedy: 'Jetzt sichern: plugback nightshift --now. Es beenden: systemctl stop plugback-nightshift',
  }),
  'program-replaced': () => ({
    problem:
      'plugback wurde aktualisiert, deshalb hat sich dieses nightshift, das noch das alte war, beendet.',
    remedy: 'Zu tun ist nichts: systemd startet in einer halben Minute das neue.',
  }),
  'computers-unreadable': (d) => ({
    problem: `${d.path} lässt sich nicht lesen: ${d.reason}.`,
    remedy: 'Nennen Sie die Datei Computers.txt des älteren NightShift mit ihrem Pfad.',
  }),
  'cannot-wake': (d) => ({
    problem: `${d.name} ist aus und lässt sich nicht wecken (${d.reason}).`,
    remedy:
      'Füllen Sie in seinem Abschnitt mac aus und, wenn er in keinem Netz dieses Rechners ist, interface.',
  }),
  'computer-not-asked': (d) => ({
    problem: `Ob ${d.name} an ist, ließ sich nicht feststellen, deshalb wurde er nicht geweckt.`,
    remedy:
      'Warum, steht im Log von nightshift. Ist das Programm ping installiert, und darf es ausgeführt werden? Hängt dieser Rechner am Netz?',
  }),
  'computer-not-awake': (d, f) => ({
    problem: `${d.name} wurde geweckt und hat innerhalb von ${f.count(d.minutes)} min nicht geantwortet.`,
    remedy:
      'Hat er Strom und Netz? Ist Wake-on-LAN in Firmware und Netzwerktreiber eingeschaltet? Startet er nur langsam, ' +
      'erhöhen Sie wake-minutes.',
  }),
  'computer-not-ready': (d, f) => ({
    problem: `${d.name} ist an, hat aber innerhalb von ${f.count(d.minutes)} min nicht auf Port ${d.port} geantwortet.`,
    remedy:
      'Läuft sein SSH-Server? Hält eine Firewall die Antwort zurück? Stimmt der Port (ssh-port, probe-port)?',
  }),
  'host-key-unknown': (d) => ({
    problem: `Der Hostschlüssel von ${d.name} ist nicht bekannt, deshalb wurde nichts dorthin geschickt: Es könnte ein anderer Rechner sein.`,
    remedy: `Melden Sie sich einmal von Hand als der Benutzer an, unter dem nightshift läuft, und vergleichen Sie den Fingerabdruck: ${d.command}`,
  }),
  'host-key-changed': (d) => ({
    problem: `${d.name} hat einen anderen Hostschlüssel als früher, deshalb wurde nichts dorthin geschickt: Es könnte ein anderer Rechner sein.`,
    remedy: `Wurde er neu eingerichtet, entfernen Sie den alten Schlüssel und melden Sie sich einmal von Hand an: ${d.command}`,
  }),
  'ssh-failed': (d) => ({
    problem: `${d.name} ließ sich kein Befehl geben (${d.reason}).`,
    remedy:
      'Versuchen Sie es von Hand: mit ssh als der Benutzer, unter dem nightshift läuft; es darf kein Passwort verlangt werden.',
  }),
  'clock-not-set': (d) => ({
    problem: `Die Uhr von ${d.name ?? 'diesem Rechner'} ließ sich nicht stellen (${d.reason}).`,
    remedy:
      'Installieren Sie dort chrony, und geben Sie dem Benutzer, der sich anmeldet, das Recht, die Uhr zu stellen.',
  }),
  'clocks-apart': (d, f) => ({
    problem: `Die Uhr von ${d.name} ${d.shows == null ? `geht um ${f.duration(d.seconds)} falsch` : `zeigt ${f.dateTime(d.shows)} und geht um Tage falsch`}, mehr als die erlaubten ${f.duration(d.limitSeconds)}. Der Auftrag lief nicht: Mit solchen Zeiten hält rsync alte Dateien für neue.`,
    remedy: 'Stellen Sie sie von Hand, ersetzen Sie ihre Batterie, oder erhöhen Sie clock-limit-seconds.',
  }),
  'job-failed': (d, f) => {
    const code = d.exitCode ?? -1;
    const rsync = d.kind === 'rsync' ? rsyncExits[code] : undefined;
    const why = rsync?.why ?? ownExits[d.kind]?.[code];
    const end = d.exitCode === null ? 'durch ein Signal beendet' : `Exit-Code ${d.exitCode}`;
    return {
      problem: `Der Auftrag „${d.job}“ ist gescheitert (${end}${why === undefined ? '' : `: ${why}`}), nach ${f.count(d.count)} ${d.count === 1 ? 'Versuch' : 'Versuchen'}.`,
      remedy:
        rsync?.remedy ??
        (d.kind === 'command' && d.exitCode !== null
          ? 'Sehen Sie in sein Log. Bedeutet dieser Exit-Code keinen Fehler, nehmen Sie ihn in good-exit-codes auf.'
          : 'Was er zuletzt sagte, steht im Log von nightshift. Die nächste Nacht versucht es wieder; oder von Hand: plugback nightshift --now'),
    };
  },
  'job-program-missing': (d) => ({
    problem: `Der Auftrag „${d.job}“ lief nicht: Das Programm ${d.program} gibt es nicht.`,
    remedy: 'Installieren Sie es, oder berichtigen Sie „command“ im Abschnitt des Auftrags.',
  }),
  'job-timeout': (d, f) => ({
    problem: `Der Auftrag „${d.job}“ wurde beendet: Er lief länger als ${f.count(d.minutes)} min.`,
    remedy: 'Sehen Sie in seinem Log nach, worauf er wartete, oder erhöhen Sie timeout-minutes.',
  }),
  'somebody-came': (d, f) => ({
    problem: `Die Sicherung wurde abgebrochen, weil jemand online kam: ${f.list(d.names)}.`,
    remedy:
      'Sie wird nachgeholt, sobald niemand online ist. Mit when-somebody-comes = go-on liefe sie weiter.',
  }),
  'sleep-failed': (d) => ({
    problem: `Dieser Rechner ließ sich nicht schlafen legen (${d.said}). Er bleibt an.`,
    remedy:
      'Versuchen Sie es von Hand: systemctl suspend, systemctl hibernate. Für den Ruhezustand muss der Swap groß genug sein.',
  }),
  'alarm-failed': (d) => ({
    problem: `Die Uhr dieses Rechners ließ sich nicht zum Wecken stellen (${d.said}). Er schläft, bis ihn jemand einschaltet.`,
    remedy: 'Hat er eine Hardware-Uhr (/dev/rtc0)? Sonst setzen Sie wake-for-window = no.',
  }),
  'demo-no-room': (d, f) => ({
    problem: `Die Vorführung braucht ${f.bytes(d.neededBytes)}, aber in ${d.directory} sind nur ${f.bytes(d.freeBytes)} frei.`,
    remedy: 'Schaffen Sie Platz, oder nennen Sie einen anderen Ordner: TMPDIR=/anderswo npm run demo',
  }),
  'run-died': () => ({
    problem: 'Der letzte Lauf endete ohne Meldung: Der Strom fiel aus, oder der Prozess wurde beendet.',
    remedy:
      'Starten Sie die Sicherung erneut: Sie räumt auf und vervollständigt die Kopie. Bis dahin ist der Platte nicht zu trauen.',
  }),
  unexpected: (d) => ({
    problem: `Etwas Unvorhergesehenes ist passiert: ${d.reason}.`,
    remedy: 'Setzen Sie debug = yes, starten Sie noch einmal und geben Sie das Log weiter.',
  }),
};

/** Why a filesystem cannot become a backup disk, as half a sentence. */
export const deObstacles: { readonly [O in EnrollObstacle]: string } = {
  'no-filesystem': 'sie hat kein Dateisystem; formatieren Sie sie zuerst',
  'no-uuid': 'ihr Dateisystem hat keine UUID',
  swap: 'sie ist Auslagerungsspeicher (Swap)',
  'system-disk': 'sie gehört zur eigenen Platte dieses Rechners',
  'read-only': 'sie ist schreibgeschützt',
  'duplicate-uuid': 'eine andere angesteckte Platte hat dieselbe UUID',
  encrypted: 'sie ist von Windows verschlüsselt (BitLocker); entsperrt wird hier nur LUKS',
  unsupported: 'ihr Dateisystem ist von einer Art, die keine Sicherung aufnehmen kann',
};
