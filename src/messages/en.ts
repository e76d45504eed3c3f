/** Every sentence that people read, in English. `de.ts` has the same keys; the compiler finds a missing one. */

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
import type { Format } from './format.ts';

interface Disk {
  label: string | null;
  uuid: string;
}

/** How a disk is called: by its label where it has one. */
function diskName(disk: Disk): string {
  return disk.label ? `“${disk.label}”` : disk.uuid;
}

/** The disk of a run that may have ended before it was known. */
interface MaybeDisk {
  label: string | null;
  uuid: string | null;
}

function maybeDisk(disk: MaybeDisk): string {
  return disk.uuid === null ? 'the disk' : diskName({ label: disk.label, uuid: disk.uuid });
}

function onDisk(disk: MaybeDisk): string {
  return disk.uuid === null ? '' : ` on ${maybeDisk(disk)}`;
}

/** Veeam’s locks, each with who holds it and since when. */
function locksOf(locks: readonly VeeamLock[], f: Format): string {
  return f.list(
    locks.map(
      ({ file, who, since }) => `${file}${who === null ? '' : ` (${who})`} since ${f.dateTime(since)}`,
    ),
  );
}

/** How the folders of a mirror lie that cannot be mirrored. */
const mirrorOverlaps: {
  readonly [relation in MirrorOverlap]: (d: { source: string; replica: string }) => string;
} = {
  same: (d) => `The source ${d.source} and the replica ${d.replica} are the same folder.`,
  'replica-in-source': (d) => `The replica ${d.replica} lies in the source ${d.source}.`,
  'source-in-replica': (d) => `The source ${d.source} lies in the replica ${d.replica}.`,
};

/** What is strange about a lock file that counts all the same. */
type LockOddity = 'empty' | 'not-ours' | 'unreadable' | 'directory' | 'future';
const lockOddities: { readonly [oddity in LockOddity]: string } = {
  empty: 'it is empty',
  'not-ours': 'it does not tell who wrote it',
  unreadable: 'it cannot be read',
  directory: 'it is a folder',
  future: 'its time lies in the future',
};

/** What to do about what could not be mirrored. */
const mirrorRemedies: { readonly [cause in MirrorCause]: string } = {
  full: 'The replica is full: make room on it, or take a larger disk.',
  rights: 'Rights are missing: run it as root, or mend the rights of what is named.',
  device: 'A disk is failing: look at the kernel’s messages (journalctl -k), check its cable, replace it.',
};

/** An empty path leaves no gap in a sentence. */
function placeName(path: string): string {
  return path === '' ? '“”' : path;
}

/** What a cycle of the mirror did; files and folders, seconds. */
interface MirrorSums {
  added: number;
  overwritten: number;
  deleted: number;
  untouched: number;
  skipped: number;
  bytes: number;
  seconds: number;
}

/** Why a lock file does not count any more. */
type StaleReason = 'expired' | 'rebooted' | 'process-gone';
const staleReasons: { readonly [why in StaleReason]: string } = {
  expired: 'its time is over',
  rebooted: 'this machine has been started again since',
  'process-gone': 'the process that held it is gone',
};

/** Who holds them, in few words. */
function namesOf(locks: readonly VeeamLock[], f: Format): string {
  return f.list(locks.map(({ file, who }) => who ?? file));
}

function obstacle(d: { obstacle: EnrollObstacle }): string {
  return enObstacles[d.obstacle];
}

/** The parts of the subject of a run's last mail, each in words already. */
interface EndSubject {
  disk: string;
  amount: string;
  unplug: string;
  host: string;
}

type GonePhase = ErrorDetails['disk-gone']['phase'];

/** At which moment a disk was pulled out; runs of an early version do not tell. */
const goneWhen: { readonly [phase in GonePhase]: string } = {
  before: ' before the copy began',
  copying: ' while copying',
  flushing: ' before everything was written',
};

function files(count: number, f: Format): string {
  return `${f.count(count)} ${count === 1 ? 'file' : 'files'}`;
}

/** A mail that did not leave; `said` is what the server or the system told. */
interface MailTrouble {
  server: string;
  port: number;
  security: string;
  said: string;
  addresses: readonly string[];
  path: string;
}

function said(d: MailTrouble): string {
  return d.said === '' ? '' : `: ${d.said.replace(/\.$/, '')}`;
}

/** What a computer does that goes to sleep. */
const sleeps: { readonly [kind: string]: string } = {
  suspend: 'goes to sleep',
  hibernate: 'hibernates',
  shutdown: 'shuts down',
};
/** Why a night's backup began. */
const triggers: { readonly [trigger: string]: string } = {
  'all-gone': 'when nobody was online any more',
  window: 'because the window was open',
  'by-hand': 'because somebody asked for it',
};
const jobStates: { readonly [state: string]: string } = {
  pending: 'not yet',
  running: 'running',
  done: 'done',
  failed: 'FAILED',
  stopped: 'stopped',
  skipped: 'not run',
};
const outcomes: { readonly [outcome: string]: string } = {
  done: 'done',
  failed: 'FAILED',
  stopped: 'stopped',
  died: 'CUT OFF',
};

export const en = {
  // --- the nine steps, as titles
  'step.find': () => 'Find the disk',
  'step.wait-veeam': () => 'Wait for Veeam',
  'step.mount': () => 'Mount the disk',
  'step.lock': () => 'Lock the disk',
  'step.estimate': () => 'Estimate the copy',
  'step.copy': () => 'Copy',
  'step.unlock': () => 'Unlock the disk',
  'step.free-space': () => 'Look at the free space',
  'step.unmount': () => 'Flush and unmount the disk',

  // --- find
  'find.looking': (d: { count: number }, f: Format) =>
    `Looking for a backup disk (${f.count(d.count)} ${d.count === 1 ? 'is' : 'are'} enrolled).`,
  'find.found': (d: Disk & { device: string; sizeBytes: number; type: string }, f: Format) =>
    `Found the disk ${diskName(d)} (${d.device}, ${d.type}, ${f.bytes(d.sizeBytes)}, UUID ${d.uuid}).`,
  'find.foreign': (d: { uuid: string }) =>
    `The disk ${d.uuid} is not enrolled as a backup disk, so it was left alone. If it should be one: plugback enroll ${d.uuid}`,
  'find.waiting-turn': () =>
    'Another disk is being filled at the moment. This one waits its turn and starts by itself; leave it plugged in.',
  'find.my-turn': () => 'It is this disk’s turn now.',
  'find.source': (d: { path: string; mountPoint: string; device: string }) =>
    `The source ${d.path} is there (on ${d.device}, mounted at ${d.mountPoint}).`,

  // --- wait for Veeam
  'veeam.idle': () => 'Veeam is not writing, so the copy may start.',
  'veeam.not-configured': () => 'No Veeam lock folder is configured, so there is nothing to wait for.',
  'veeam.waiting': (
    d: { locks: readonly VeeamLock[]; minutesLeft: number; isAnnounced: boolean },
    f: Format,
  ) =>
    `${d.isAnnounced ? 'Veeam wants to begin' : 'Veeam is still writing'}: ${locksOf(d.locks, f)}. Waiting for it, for ${f.count(d.minutesLeft)} min at most.`,
  'veeam.finished': (d: { seconds: number }, f: Format) =>
    `Veeam has finished after ${f.duration(d.seconds)} of waiting. The copy starts.`,

  'veeam.settling': (d: { seconds: number }, f: Format) =>
    `The folder for Veeam’s lock files is on a share; after ${f.duration(d.seconds)} this machine sees for sure what is in it.`,
  'veeam.stepping-back': (d: { locks: readonly VeeamLock[] }, f: Format) =>
    `Veeam came first by a moment: ${locksOf(d.locks, f)}. The copy steps back and waits.`,
  'veeam.waits-for-copy': (d: { locks: readonly VeeamLock[] }, f: Format) =>
    `Veeam waits for this copy to end: ${locksOf(d.locks, f)}.`,

  // --- Veeam's side: the pre-job and post-job scripts
  'hook.waiting': (d: { minutesLeft: number }, f: Format) =>
    `A copy is running. Veeam waits for it, for ${f.count(d.minutesLeft)} min at most.`,
  'hook.locked': (d: { job: string; path: string }) =>
    `Veeam may write (job ${d.job}). The lock file ${d.path} keeps copies away.`,
  'hook.unlocked': (d: { job: string }) => `The lock of the job ${d.job} is removed; copies may start.`,
  'hook.other-mistake': (d: { problem: string }) =>
    `The configuration has a mistake that does not stop this script: ${d.problem}`,
  'hook.mail-broken': () =>
    'The section MAIL has a mistake, so no mail tells of trouble until it is corrected.',
  'hook.no-lock': (d: { job: string; path: string }) =>
    `There was no lock of the job ${d.job} in ${d.path}. Somebody or something else has removed it, or it was never there.`,
  'hook.other-locks': (d: { holders: readonly string[] }, f: Format) =>
    `Of this machine these locks stand: ${f.list(d.holders)}. Name one of them with --job to let go of it.`,
  'hook.taken-over': (d: { job: string }) =>
    `An earlier lock of the job ${d.job} was still there; its post-job script did not run. It is taken over.`,
  'hook.written-afresh': (d: { job: string }) =>
    `The announcement of the job ${d.job} was gone, because a second script of the same job was running. The lock was written afresh.`,
  'hook.dead-copy': (d: { path: string }) =>
    `The lock file ${d.path} has not changed for two minutes: the copy that wrote it died. Veeam does not wait for it.`,
  'hook.source-missing': (d: { path: string }) =>
    `The folder ${d.path} does not exist, so nobody can tell whether a copy is running. Check the share, or correct backup-lockfile.`,
  'hook.subject.copy-running': (d: { job: string; host: string }) =>
    `Veeam did not wait any longer: a copy is still running (job ${d.job}, ${d.host})`,
  'hook.subject.blind': (d: { job: string; host: string }) =>
    `Veeam cannot see whether a copy is running (job ${d.job}, ${d.host})`,
  'hook.letter.blind': (d: { job: string; host: string }) =>
    `Veeam’s pre-job script on ${d.host} has raised the lock of the job ${d.job}: no new copy begins. One that was running already, it could not have seen.`,
  'hook.subject.not-locked': (d: { job: string; host: string }) =>
    `Veeam’s lock file could not be written (job ${d.job}, ${d.host})`,
  'hook.subject.config': (d: { job: string; host: string }) =>
    `Veeam got no lock: the configuration has mistakes (job ${d.job}, ${d.host})`,
  'hook.subject.withdrawn': (d: { job: string; host: string }) =>
    `Veeam got no lock: its announcement was taken away (job ${d.job}, ${d.host})`,
  'hook.subject.not-unlocked': (d: { job: string; host: string }) =>
    `Veeam’s lock was not removed (job ${d.job}, ${d.host})`,
  'hook.letter': (d: { job: string; host: string }) =>
    `Veeam’s pre-job script on ${d.host} has failed for the job ${d.job}.`,
  'hook.letter.consequence': () =>
    'Veeam’s agents begin to write all the same. Then a copy that is made meanwhile may hold half-written backups: make another one afterwards.',
  'hook.letter.unlock': (d: { job: string; host: string }) =>
    `Veeam’s post-job script on ${d.host} has failed for the job ${d.job}.`,
  'hook.letter.unlock-consequence': () =>
    'Copies wait for this lock until its time is over, or until the job has run again and ended well.',
  'usage.timeout': (d: { value: string }) =>
    `--timeout ${d.value}: that is no number of minutes; it should be a whole number from 0 on, such as 480.`,
  'usage.job': () => 'The job of --job is empty; it should be its name or id.',

  // --- the mirror
  'mirror.begins': (d: { source: string; replica: string }) => `Mirroring ${d.source} to ${d.replica}.`,
  'mirror.added': (d: { path: string }) => `Added: ${d.path}`,
  'mirror.overwritten': (d: { path: string }) => `Overwritten: ${d.path}`,
  'mirror.attributes': (d: { path: string }) => `Date or rights set: ${d.path}`,
  'mirror.deleted': (d: { path: string }) => `Deleted: ${d.path}`,
  'mirror.untouched': (d: { path: string }) => `Untouched: ${d.path}`,
  'mirror.skipped': (d: { path: string; reason: string }) => `Skipped: ${d.path} (${d.reason})`,
  'mirror.more-skipped': (d: { count: number }, f: Format) =>
    `… and ${f.count(d.count)} more: --log or --json names them all.`,
  'mirror.incomplete': (d: { count: number; causes: readonly MirrorCause[] }, f: Format) =>
    [
      `${d.count === 1 ? 'One thing' : `${f.count(d.count)} things`} could not be mirrored: the replica is not complete.`,
      ...d.causes.map((cause) => mirrorRemedies[cause]),
    ].join(' '),
  'mirror.summary': (d: MirrorSums, f: Format) =>
    `${f.count(d.added)} added, ${f.count(d.overwritten)} overwritten, ${f.count(d.deleted)} deleted, ${f.count(d.untouched)} untouched, ${f.count(d.skipped)} skipped; ${f.bytes(d.bytes)} copied in ${f.duration(d.seconds)}.`,
  'mirror.next': (d: { at: string }, f: Format) => `The next cycle begins at ${f.dateTime(d.at)}.`,
  'mirror.waiting': (d: { replica: string }) =>
    `Another mirror is writing to ${d.replica}. Waiting for its end.`,
  'mirror.interrupted': () =>
    'Interrupted. The file at hand was finished; what is missing comes with the next cycle.',
  'mirror.stopped-before': () => 'Stopped before anything was copied or deleted.',
  'mirror.stopped': () => 'Stopped between two cycles.',
  'mirror.no-attributes': () =>
    'Extended attributes and access control lists are not mirrored: that needs getfattr, setfattr, xargs and GNU tar.',

  // --- mount
  'mount.fsck-running': (d: { program: string }) =>
    `Checking the disk’s filesystem (${d.program}). On a large disk that was pulled out too early this takes a while.`,
  'mount.fsck-clean': () => 'The disk’s filesystem is in order.',
  'mount.fsck-none': (d: { type: string }) =>
    d.type.startsWith('ntfs')
      ? 'An NTFS filesystem can only be checked by Windows (chkdsk), so it is mounted as it is.'
      : `A ${d.type} filesystem repairs itself when it is mounted, so no check was run before.`,
  'mount.fsck-off': () => 'The check of the filesystem is switched off in the configuration.',
  'mount.done': (d: { mountPoint: string; device: string }) =>
    `The disk is mounted at ${d.mountPoint} and writable (proved: ${d.device}).`,
  'mount.done-read-only': (d: { mountPoint: string; device: string }) =>
    `The disk is mounted read-only at ${d.mountPoint} for the rehearsal (${d.device}).`,

  // --- lock
  'lock.done': (d: { disk: string; source: string }) =>
    `The disk is locked. While the copy runs, ${d.disk} on the disk and ${d.source} in the source say so.`,
  'lock.rehearsal': () => 'This is a rehearsal: nothing is written, so no lock file either.',

  // --- estimate
  'estimate.running': () => 'Comparing source and disk to see what must be copied.',
  'estimate.done': (d: { files: number; bytes: number; deletes: number; freeBytes: number }, f: Format) =>
    `${files(d.files, f)} to copy (${f.bytes(d.bytes)}), ${f.count(d.deletes)} to delete; ${f.bytes(d.freeBytes)} are free.`,
  'estimate.nothing': () =>
    'The disk already holds everything as it is in the source. There is nothing to copy.',
  'estimate.attributes': () =>
    'No file has new content; only rights, owners or times have changed and are brought up to date.',
  'estimate.delete-first': () =>
    'The copy fits only once old files are gone, so those are deleted before the new ones are copied.',
  'estimate.rehearsal': () =>
    'Rehearsal: this is what a run would do. Nothing was copied, nothing was deleted.',
  'estimate.first-copy': () =>
    'The disk holds no backup yet: this is the first copy, and it takes the longest.',
  'rsync-log.changes': () =>
    '# What this run changes on the disk: rsync’s code, size in bytes, name. What rsync says while copying follows.',

  // --- copy
  'copy.running': (d: { source: string; destination: string }) => `Copying ${d.source} to ${d.destination}.`,
  'copy.progress': (
    d: { percent: number; bytes: number; bytesTotal: number; rate: number; etaSeconds: number | null },
    f: Format,
  ) =>
    `Copied ${f.percent(d.percent)} (${f.bytes(d.bytes)} of ${f.bytes(d.bytesTotal)}), ${f.rate(d.rate)}` +
    (d.etaSeconds === null
      ? '.'
      : `, about ${f.duration(d.etaSeconds)} left. It may finish sooner where only parts of files have changed.`),
  'copy.paused': (d: { locks: readonly VeeamLock[] }, f: Format) =>
    `Veeam wants to write: ${locksOf(d.locks, f)}. The copy pauses and leaves the source to it; what is complete stays.`,
  'copy.resumed': () => 'The copy goes on.',
  'copy.comparing-again': () =>
    'What was planned is copied. Veeam has written meanwhile, so source and disk are compared once more.',
  'copy.flushing': () =>
    'Everything is handed over; now the disk writes what is still in memory. Do not unplug it yet.',
  'copy.done': (
    d: { files: number; bytes: number; deletes: number; seconds: number; rate: number },
    f: Format,
  ) =>
    `Copied ${files(d.files, f)} (${f.bytes(d.bytes)}) and deleted ${f.count(d.deletes)} in ${f.duration(d.seconds)}` +
    (d.bytes > 0 ? `, ${f.rate(d.rate)} on average.` : '.'),
  'copy.nothing': () => 'Nothing had to be copied.',

  // --- unlock, free space, unmount
  'unlock.done': () => 'The lock files are removed.',
  'unlock.left-on-disk': (d: { path: string }) =>
    `The lock file ${d.path} stays on the disk, as the sign that the copy there is not complete. The one in the source is removed.`,
  'unlock.none': () => 'There was no lock file to remove.',
  'free-space.enough': (d: { freeBytes: number; sizeBytes: number }, f: Format) =>
    `${f.bytes(d.freeBytes)} of ${f.bytes(d.sizeBytes)} are free on the disk.`,
  'unmount.flushing': () => 'Writing out the last of it and unmounting. Do not unplug the disk yet.',
  'unmount.busy': (d: { holders: readonly string[] }, f: Format) =>
    d.holders.length === 0
      ? 'The disk is still in use; trying again.'
      : `The disk is still in use by ${f.list(d.holders)}; trying again.`,
  'mount.unlocking': (d: { device: string }) =>
    `${d.device} is encrypted; unlocking it (takes some seconds).`,
  'unmount.powered-off': () => 'The drive is switched off.',
  'unmount.disk-gone': () => 'The disk was pulled out; what was left of it on this machine is put away.',
  'unmount.done': () => 'The disk is flushed and unmounted. You can unplug it.',
  'unmount.done-failed': () =>
    'The disk is unmounted. You can unplug it, but the backup on it is not complete.',

  // --- the run as a whole
  'run.start': (d: { version: string; id: string }) => `plugback ${d.version}, run ${d.id}.`,
  'run.done': (d: { seconds: number }, f: Format) => `Backup complete after ${f.duration(d.seconds)}.`,
  'run.failed': (d: { exitCode: number }) => `The backup is NOT complete (exit code ${d.exitCode}).`,
  'run.refused': (d: { exitCode: number }) =>
    `The backup was refused to protect your data (exit code ${d.exitCode}).`,
  'run.stopping': (d: { signal: string }) =>
    `Asked to stop (${d.signal}). Ending the copy and unmounting the disk; please wait.`,
  'run.awake': () => 'A backup is being written; sleep would tear it.',
  'run.rehearsed': () => 'Rehearsal complete: nothing was changed.',

  // --- the configuration: each stands behind “section.key: ” and says what is wrong and what it should be
  'config.line': (d: { line: number }) => `line ${d.line}`,
  'config.no-section': () => 'stands before the first section; it should come below a line such as [BACKUP].',
  'config.not-a-setting': () => 'is neither a section nor a setting; it should read “key = value”.',
  'config.binary': () => 'holds a zero byte; the configuration should be a plain text file.',
  'config.too-large': (d: { limitBytes: number }, f: Format) =>
    `The file is too large for a configuration; it should be a text file of ${f.bytes(d.limitBytes)} at most.`,
  'config.twice': (d: { first: number; second: number }) =>
    `is there twice (lines ${d.first} and ${d.second}); it should be there once.`,
  'config.unknown-section': (d: { nearest: string }) =>
    `is not a known section; the nearest known one is [${d.nearest}].`,
  'config.section-needs-name': (d: { section: string }) =>
    `has no name; it should read [${d.section} name], with a name of your choice.`,
  'config.unknown-key': (d: { nearest: string }) =>
    `is not a known key; the nearest known one is “${d.nearest}”.`,
  'config.key-elsewhere': (d: { section: string }) =>
    `does not belong into this section; it should stand in [${d.section}].`,
  'config.alias-differs': (d: { other: string }) =>
    `is another name of ${d.other}, and the two differ; only one of them should be there.`,
  'config.reference-unknown': (d: { name: string }) =>
    `refers to “${d.name}”, which is not there; it should be a key of the same section, and a percent sign is written %%.`,
  'config.reference-endless': () =>
    'refers to itself by way of %(…)s; it should end in a value, and a percent sign is written %%.',
  'config.swallowed-key': (d: { key: string }) =>
    `goes on with the line “${d.key} = …” because that one is indented; it should begin at the left like this one.`,
  'config.several-lines': () =>
    'goes on over the next line because that one is indented; it should be a single line.',
  'config.control-character': () =>
    'holds a tab, a line break or another control character; it should be plain text.',
  'config.source-missing': () =>
    'is missing; it should be the folder that is copied, such as /srv/backups/ (the slash at the end: its contents).',
  'config.not-a-path': (d: { value: string }) =>
    `“${d.value}” is not an absolute path; it should begin with a slash, such as /srv/backups.`,
  'config.quoted-path': () => 'is in quotes, which would be part of the path; it should be without them.',
  'config.folder-not-file': (d: { value: string }) =>
    `“${d.value}” is a folder; it should be the path of a file.`,
  'config.not-below': (d: { value: string }) =>
    `“${d.value}” is not a path below the folder it belongs to; it should be a name such as .plugback.lock, without “..”.`,
  'config.not-a-whole-number': (d: { value: string; min: number; max: number }) =>
    `“${d.value}” is not a whole number; it should be one from ${d.min} to ${d.max}, without a unit.`,
  'config.out-of-range': (d: { value: string; min: number; max: number }) =>
    `${d.value} is out of range; it should be from ${d.min} to ${d.max}.`,
  'config.not-a-number': (d: { value: string }) =>
    `“${d.value}” is not a number; it should be one such as 50 or 0.5, without a unit.`,
  'config.ambiguous-number': (d: { value: string }) =>
    `“${d.value}” could mean a thousand or a fraction; it should be without separators, such as 1000 or 1.5.`,
  'config.not-keep': (d: { value: string }) =>
    `“${d.value}” is not understood; it should be numbers with commas between them, such as 7,30,26 or 7,30,26,24.`,
  'config.not-yes-or-no': (d: { value: string }) => `“${d.value}” is not clear; it should be yes or no.`,
  'config.not-a-choice': (d: { value: string; choices: readonly string[] }) =>
    `“${d.value}” is not one of the choices; it should be ${d.choices.join(' or ')}.`,
  'config.not-a-mail-address': (d: { value: string }) =>
    `“${d.value}” is not a mail address; it should be one such as backup@example.com.`,
  'config.not-a-uuid': (d: { value: string }) =>
    `“${d.value}” is neither a UUID nor a mail address; it should be a UUID as “plugback disks” shows it.`,
  'config.mail-before-disk': (d: { value: string }) =>
    `“${d.value}” stands before the first disk; it should come after the UUID of the disk it is told about.`,
  'config.uuid-twice': (d: { value: string }) => `names the disk ${d.value} twice; it should be there once.`,
  'config.not-a-host': (d: { value: string }) =>
    `“${d.value}” is not a host; it should be a name or an IP address, such as mail.example.com.`,
  'config.host-with-port': (d: { value: string; key: string }) =>
    `“${d.value}” holds a port; it should be the host alone, the port belongs into “${d.key}”.`,
  'config.open-quote': () => 'has a quote that is not closed; each should have its partner.',
  'config.option-bare': (d: { value: string }) =>
    `“${d.value}” stands alone; it should be an option, joined to its value as in --exclude=*.tmp.`,
  'config.option-without-value': (d: { option: string }) =>
    `${d.option} lacks its value; it should be written as one word, such as ${d.option}${d.option.startsWith('--') ? '=' : ''}VALUE.`,
  'config.option-rehearsal': (d: { option: string }) =>
    `${d.option} would copy nothing and still look like a backup; it should be left out (a rehearsal is “plugback run --dry-run”).`,
  'config.option-output': (d: { option: string }) =>
    `${d.option} changes the output from which plugback reads the progress; it should be left out.`,
  'config.option-source': (d: { option: string }) =>
    `${d.option} could remove or replace what must be kept; it should be left out.`,
  'config.option-elsewhere': (d: { option: string }) =>
    `${d.option} would read or write elsewhere than from the source to the disk; it should be left out.`,
  'config.option-selection': (d: { option: string }) =>
    `${d.option} would change which files are copied behind plugback’s back; it should be left out (rsync-excludes is for that).`,
  'config.option-deletion': (d: { option: string }) =>
    `${d.option} is decided by plugback; it should be left out (the limit for deletions is max-delete-percent).`,
  'config.option-folder': (d: { option: string; value: string }) =>
    `${d.option} points to “${d.value}”, outside of the backup; it should be a folder below it, without a slash at the beginning and without “..”.`,
  'config.same-file': (d: { other: string }) =>
    `is the same file as ${d.other}; it should be one of its own.`,
  'config.destination-of-system': (d: { value: string }) =>
    `${d.value} is needed by the system, and the disk would hide it; it should be a folder of its own, such as /media/plugback.`,
  'config.destination-in-source': () =>
    'lies inside backup-source, so the backup would copy itself; it should be a folder elsewhere.',
  'config.source-in-destination': () =>
    'lies inside backup-destination, where the disk would hide it; it should be a folder elsewhere.',
  'config.on-the-disk': (d: { value: string }) =>
    `${d.value} lies inside backup-destination, where the disk would hide it; it should be elsewhere.`,
  'config.veeam-holds-source': () =>
    'is the folder of the backups or one above it, so every backup would count as a lock file; it should be a folder of its own.',
  'config.password-twice': () => 'is there besides password; only one of the two should be.',
  'config.veeam-lockfiles-missing': () =>
    'is missing; it should be the folder for Veeam’s lock files, as this machine sees it.',
  'config.backup-lockfile-missing': () =>
    'is missing, and so is backup-source; it should be the copy’s lock file in the source, as this machine sees it.',
  'config.warn-two-folders': (d: { other: string }) =>
    `is another folder than veeam-lockfile-path (${d.other}), so neither side sees the other’s locks, unless they are two ways to the same folder; it should be the same.`,
  'config.warn-not-marker': (d: { value: string }) =>
    `is not the lock file that the copy writes, so Veeam does not see it running, unless it is another way to the same file; it should be ${d.value}, or empty.`,
  'config.veeam-lockfiles-file': () => 'is a file; it should be the folder for Veeam’s lock files.',
  'config.backup-lockfile-folder': () =>
    'is a folder; it should be the copy’s lock file in it, under the name of backup-lockfile-path.',
  'config.warn-no-server': () =>
    'is empty, so no mails are sent, although there are addresses to send them to; it should be the mail server.',
  'config.warn-nobody-told': () =>
    'is empty, so only the disk’s own addresses are told; it should name who looks after the backups.',
  'config.warn-no-password': () =>
    'is empty although there is a username; it should be the password, or password-file the file that holds it.',
  'config.warn-unencrypted': () =>
    'is none, so the password is sent unencrypted; it should be starttls or tls.',
  'config.warn-key-in-source': () =>
    'lies in backup-source, so every disk carries its own key, and one that is not encrypted carries it in the open; it should lie elsewhere.',
  'config.warn-readable': () =>
    'holds a password and can be read by everybody on this machine; it should be readable by its owner only (chmod 600).',

  // nightshift
  'config.ip-missing': () => 'is missing; it should be the computer’s IP address.',
  'config.kind-missing': () => 'is missing; it should be backup, mirror, rsync or command.',
  'config.not-a-mac': (d: { value: string }) =>
    `“${d.value}” is not a hardware address; it should look like 00:1b:21:3c:4d:5e.`,
  'config.not-an-ip': (d: { value: string }) =>
    `“${d.value}” is not an IP address; it should look like 192.168.1.20. Names are not looked up at night.`,
  'config.not-a-name': (d: { value: string }) =>
    `“${d.value}” cannot be a name here; it should be made of letters, digits, blanks, dots and hyphens, 60 at most.`,
  'config.name-twice': () => 'is there twice; each needs a name of its own.',
  'config.not-a-login': (d: { value: string }) =>
    `“${d.value}” is not a login name; it should look like backup, or OFFICE\\backup on Windows.`,
  'config.not-an-interface': (d: { value: string }) =>
    `“${d.value}” is not a network card; it should be its name, such as eth1, or its address on this machine.`,
  'config.not-a-time': (d: { value: string }) =>
    `“${d.value}” is not a time of day; it should look like 18:00.`,
  'config.not-a-window': (d: { value: string }) =>
    `“${d.value}” is not a span of time; it should look like 03:00-05:00.`,
  'config.not-a-time-zone': (d: { value: string }) =>
    `“${d.value}” is not a time zone that this machine knows; it should look like Europe/Berlin.`,
  'config.not-a-transfer-path': (d: { value: string }) =>
    `“${d.value}” is not a folder; it should be a whole path from the root, or NAME:/folder on the computer of that name.`,
  'config.not-a-program': (d: { value: string }) =>
    `“${d.value}” is not a program with its whole path; it should look like /usr/bin/FreeFileSync.`,
  'config.not-exit-codes': (d: { value: string }) =>
    `“${d.value}” are not exit codes; it should be numbers with commas between them, such as 0,1.`,
  'config.needs-reach': () =>
    'needs a way to give the computer commands; reach should be ssh or windows-ssh.',
  'config.windows-user-missing': () => 'is missing; on Windows it should name the account that may log in.',
  'config.not-a-card': () => 'is no card’s own address; it should be the one that is printed on the card.',
  'config.address-twice': (d: { value: string; other: string }) =>
    `${d.value} belongs to the computer “${d.other}” already; each should have its own.`,
  'config.job-needs': (d: { kind: string }) => `is missing; a job of the kind ${d.kind} needs it.`,
  'config.job-has-not': (d: { kind: string }) =>
    `means nothing to a job of the kind ${d.kind}; it should be empty.`,
  'config.mirror-is-here': () =>
    'is on another computer; the folder mirror works on this machine, rsync goes between computers.',
  'config.two-remotes': () => 'is on another computer, like from; rsync needs one side on this machine.',
  'config.no-such-computer': (d: { name: string }) =>
    `names the computer “${d.name}”, which has no section; there should be a [COMPUTER ${d.name}].`,
  'config.rsync-needs-ssh': (d: { name: string }) =>
    `needs ssh at the computer “${d.name}”; its reach should be ssh.`,

  // --- the mails at the start and at the end
  'report.subject.start': (d: Disk & { host: string }) =>
    `Backup started: ${diskName(d)} – please leave it plugged in (${d.host})`,
  'report.subject.done': (d: EndSubject) => `Backup done: ${d.disk}, ${d.amount} – ${d.unplug} (${d.host})`,
  'report.subject.warned': (d: EndSubject) =>
    `Backup done with warnings: ${d.disk}, ${d.amount} – ${d.unplug} (${d.host})`,
  'report.subject.failed': (d: EndSubject) =>
    `Backup FAILED: ${d.disk}, ${d.amount} – ${d.unplug} (${d.host})`,
  'report.subject.gone': (d: EndSubject & { phase: GonePhase }) =>
    `Pulled out${goneWhen[d.phase] ?? ''}: ${d.disk}, ${d.amount} – ${d.unplug} (${d.host})`,
  'report.subject.refused': (d: EndSubject) =>
    `Backup REFUSED: ${d.disk}, ${d.amount} – ${d.unplug} (${d.host})`,
  'report.subject.config': (d: { count: number; host: string }, f: Format) =>
    `Backup NOT started: ${f.count(d.count)} ${d.count === 1 ? 'mistake' : 'mistakes'} in the configuration (${d.host})`,
  'report.config': (d: { path: string }) => `No backup was started, because ${d.path} has mistakes:`,
  'report.subject.not-now': (d: EndSubject) =>
    `Backup not made this time: ${d.disk}, ${d.amount} – ${d.unplug} (${d.host})`,
  'report.not-now': (d: { disk: string }) => `No backup was made this time (${d.disk}).`,
  'report.disk': (d: Disk) => `disk ${diskName(d)}`,
  'report.no-disk': () => 'no disk',
  'report.amount.done': (d: { bytes: number; files: number }, f: Format) =>
    d.files === 0 ? 'nothing new to copy' : `${f.bytes(d.bytes)} in ${files(d.files, f)}`,
  'report.amount.none': () => 'nothing was copied',
  'report.amount.unknown': () => 'the copy is not complete',
  'report.amount.part': (d: { bytes: number; total: number }, f: Format) =>
    `only ${f.bytes(d.bytes)} of ${f.bytes(d.total)} copied`,
  'report.unplug.yes': () => 'you can unplug it',
  'report.unplug.no': () => 'do NOT unplug it',
  'report.unplug.again': () => 'plug it in again',
  'report.unplug.none': () => 'nothing to unplug',
  'report.start': (d: Disk) =>
    `The backup on the disk ${diskName(d)} has started. Please leave the disk plugged in.`,
  'report.start.wait': () => 'A second mail follows when the disk can be unplugged.',
  'report.started': (d: { at: string; host: string }) => `Started: ${d.at} on ${d.host}`,
  'report.done': (d: Disk) => `The backup on the disk ${diskName(d)} is complete. You can unplug the disk.`,
  'report.failed': (d: { disk: string }) => `The backup is NOT complete (${d.disk}).`,
  'report.refused': (d: { disk: string }) => `The backup was refused to protect your data (${d.disk}).`,
  'report.problem': (d: { text: string }) => `What happened: ${d.text}`,
  'report.remedy': (d: { text: string }) => `What to do: ${d.text}`,
  'report.unplug-line.yes': () => 'The disk is not mounted; it can be unplugged.',
  'report.unplug-line.again': () => 'The disk was pulled out; this machine holds nothing of it any more.',
  'report.unplug-line.no': () => 'The disk may still be in use. Do NOT unplug it.',
  'report.copied': (d: { files: number; bytes: number; deletes: number }, f: Format) =>
    d.files === 0 && d.deletes === 0
      ? 'Copied: nothing, the disk was up to date'
      : `Copied: ${files(d.files, f)}, ${f.bytes(d.bytes)}; deleted: ${f.count(d.deletes)}`,
  'report.time': (d: { at: string; seconds: number; host: string }, f: Format) =>
    `Started: ${d.at} on ${d.host}, took ${f.duration(d.seconds)}`,
  'report.free': (d: { freeBytes: number; sizeBytes: number }, f: Format) =>
    `Free on the disk: ${f.bytes(d.freeBytes)} of ${f.bytes(d.sizeBytes)}`,
  'report.disk-line': (d: Disk) => `Disk: ${d.label ? `${diskName(d)}, ` : ''}UUID ${d.uuid}`,
  'report.source': (d: { source: string }) => `Source: ${d.source}`,
  'report.warning': (d: { text: string }) => `Warning: ${d.text}`,
  'report.more-warnings': (d: { count: number }, f: Format) =>
    `${f.count(d.count)} more warnings are in the attached log.`,
  'report.step': (d: { title: string; state: string }) => `${d.title}: ${d.state}`,
  'report.state.pending': () => 'not yet',
  'report.state.running': () => 'running',
  'report.state.done': () => 'done',
  'report.state.warned': () => 'done, with a warning',
  'report.state.failed': () => 'FAILED',
  'report.state.skipped': () => 'not reached',

  // --- the terminal
  'usage.uuid': (d: { uuid: string }) =>
    `“${d.uuid}” is not a filesystem’s UUID. “plugback disks” shows those that are attached.`,
  'terminal.amount': (d: { bytes: number; total: number }, f: Format) =>
    `${f.bytes(d.bytes)} of ${f.bytes(d.total)}`,
  'terminal.flushing': () => 'flushing, do not unplug',
  'terminal.left': (d: { seconds: number }, f: Format) => `about ${f.duration(d.seconds)} left`,

  // --- the demo
  'demo.making': () => 'Making an office to back up (about 700 MB) and an empty disk of 2 GB …',
  'demo.made': (d: { folder: string; device: string; uuid: string }) =>
    `The office is in ${d.folder}, the disk is attached as ${d.device} (UUID ${d.uuid}).`,
  'demo.first': () => '1. The disk is plugged in for the first time',
  'demo.day': () => '2. A day passes: a new increment, edited, new, renamed and deleted files',
  'demo.second': () => '3. The disk is plugged in again',
  'demo.equal': (d: { office: string; mountPoint: string }) =>
    `Compared with “diff -r ${d.office} ${d.mountPoint}”: no difference.`,
  'demo.mails': (d: { count: number }) => `4. The built-in mail server has caught ${d.count} mails`,
  'demo.last-mail': (d: { to: readonly string[] }, f: Format) => `The last one, to ${f.list(d.to)}:`,
  'demo.attached': (d: { names: readonly string[] }, f: Format) => `Attached: ${f.list(d.names)}`,
  'demo.cleaned': (d: { folder: string }) => `The demo has cleaned up: disk detached, ${d.folder} removed.`,
  'demo.page-stays': (d: { address: string }) =>
    `The page stays until you press Ctrl-C; then the demo cleans up: ${d.address}`,
  'demo.next': () => 'Next, with a real disk (ext4, with a filesystem on it already):',
  'demo.next.config': () => 'copy the configuration; then fill in source, sysop and mail server',
  'demo.next.disks': () => 'find the UUID of the disk',
  'demo.next.enroll': () => 'make it a backup disk',
  'demo.next.check': () => 'examine everything, and send a test mail',
  'demo.next.rehearse': () => 'rehearse; without --dry-run it is the real thing',

  // --- status: the one large sentence, and what stands below it
  'headline.unknown': () => 'A backup is running. How far it is cannot be read at the moment.',
  'headline.never': () => 'No backup has been made yet.',
  'headline.preparing': (d: MaybeDisk) =>
    d.uuid === null ? 'A backup is starting.' : `The disk ${maybeDisk(d)} is being prepared for the backup.`,
  'headline.waiting': (
    d: MaybeDisk & { locks: readonly VeeamLock[]; minutesLeft: number | null },
    f: Format,
  ) =>
    `Waiting for Veeam to finish${d.locks.length === 0 ? '' : ` (${namesOf(d.locks, f)})`}` +
    `${d.minutesLeft === null ? '' : `, ${f.count(d.minutesLeft)} min at most`}; then ${maybeDisk(d)} is filled.`,
  'headline.paused': (
    d: MaybeDisk & {
      percent: number | null;
      locks: readonly VeeamLock[];
      minutesLeft: number | null;
    },
    f: Format,
  ) =>
    `The copy to ${maybeDisk(d)} pauses${d.percent === null ? '' : ` at ${f.percent(d.percent)}`} while Veeam writes` +
    `${d.locks.length === 0 ? '' : ` (${namesOf(d.locks, f)})`}` +
    `${d.minutesLeft === null ? '' : `, ${f.count(d.minutesLeft)} min at most`}; then it goes on by itself.`,
  'headline.comparing': (d: MaybeDisk) =>
    `Comparing the source with ${maybeDisk(d)}, to see what must be copied.`,
  'headline.copying': (
    d: MaybeDisk & { percent: number | null; rate: number; etaSeconds: number | null },
    f: Format,
  ) =>
    `Copying to ${maybeDisk(d)}` +
    (d.percent === null ? '' : `: ${f.percent(d.percent)} done`) +
    (d.rate > 0 ? `, ${f.rate(d.rate)}` : '') +
    (d.etaSeconds === null ? '.' : `, about ${f.duration(d.etaSeconds)} left.`),
  'headline.flushing': (d: MaybeDisk) => `${maybeDisk(d)} is taking the last data: do not unplug it.`,
  'headline.complete': (d: MaybeDisk & { at: string }, f: Format) =>
    `The backup on ${maybeDisk(d)} is complete (${f.dateTime(d.at)}).`,
  'headline.warned': (d: MaybeDisk & { at: string; count: number }, f: Format) =>
    `The backup on ${maybeDisk(d)} is complete, with ${f.count(d.count)} ${d.count === 1 ? 'warning' : 'warnings'} (${f.dateTime(d.at)}).`,
  'headline.later': (d: MaybeDisk & { at: string }, f: Format) =>
    `Not now: the backup${onDisk(d)} was put off (${f.dateTime(d.at)}).`,
  'headline.refused': (d: MaybeDisk & { at: string }, f: Format) =>
    `The backup${onDisk(d)} was REFUSED to protect your data (${f.dateTime(d.at)}).`,
  'headline.failed': (d: MaybeDisk & { at: string }, f: Format) =>
    `The backup${onDisk(d)} FAILED (${f.dateTime(d.at)}).`,
  'headline.unplug.yes': () => 'You can unplug the disk.',
  'headline.unplug.no': () => 'Do not unplug the disk.',
  'headline.last-good': (d: MaybeDisk & { at: string }, f: Format) =>
    `The last good backup is on ${maybeDisk(d)} (${f.dateTime(d.at)}).`,
  'status.never': () =>
    'Plug a disk in and make it a backup disk: “plugback disks” shows how. To see it work without a disk: plugback demo',
  'status.last-run': (d: { at: string; seconds: number }, f: Format) =>
    `The last run (${f.dateTime(d.at)}, took ${f.duration(d.seconds)}):`,
  'status.this-run': (d: { at: string; seconds: number }, f: Format) =>
    `This run (since ${f.dateTime(d.at)}, ${f.duration(d.seconds)} so far):`,
  'status.queued': (d: Disk & { since: string }, f: Format) =>
    `${diskName(d)} waits its turn since ${f.time(d.since)} and starts by itself; leave it plugged in.`,

  // --- history
  'history.none': () => 'No backup has been made yet, so there is no history. The first one: plugback run',
  'history.start': () => 'Start',
  'history.disk': () => 'Disk',
  'history.result': () => 'Result',
  'history.files': () => 'Files',
  'history.bytes': () => 'Copied',
  'history.duration': () => 'Time',
  'history.free': () => 'Free after',
  'history.why': () => 'Why',
  'history.result.done': () => 'done',
  'history.result.warned': () => 'warnings',
  'history.result.later': () => 'put off',
  'history.result.refused': () => 'REFUSED',
  'history.result.failed': () => 'FAILED',
  'history.more': (d: { count: number; option: string }, f: Format) =>
    `Shown are the last ${f.count(d.count)}; more with ${d.option}.`,
  'usage.limit': (d: { value: string }) =>
    `--limit ${d.value}: that is no number of backups; it should be a whole number from 1 on, such as 20.`,

  // --- the status page
  'page.skip': () => 'Skip to the content',
  'page.languages': () => 'Language',
  'page.now': () => 'What is going on now',
  'page.connection.lost': () => 'Connection lost, trying again. What you see may be out of date.',
  'page.no-disk': () => 'no disk',
  'page.never': () => 'Plug a disk in and make it a backup disk: “plugback disks” shows how.',
  'page.ago': (d: { seconds: number }) => {
    const minutes = Math.floor(d.seconds / 60);
    const [hours, days] = [Math.floor(minutes / 60), Math.floor(minutes / 1440)];
    if (minutes < 1) return 'just now';
    if (hours < 1) return `${minutes} min ago`;
    if (hours < 48) return hours === 1 ? '1 hour ago' : `${hours} hours ago`;
    return `${days} days ago`;
  },
  'page.resting': (d: MaybeDisk & { ago: string }) =>
    `The last good backup is on ${maybeDisk(d)}, made ${d.ago}.`,
  'page.kind.rest': () => 'Idle',
  'page.kind.never': () => 'Idle',
  'page.kind.preparing': () => 'Preparing',
  'page.kind.waiting': () => 'Waiting for Veeam',
  'page.kind.comparing': () => 'Comparing',
  'page.kind.copying': () => 'Copying',
  'page.kind.flushing': () => 'Do not unplug yet',
  'page.kind.complete': () => 'Backup complete',
  'page.kind.warned': () => 'Complete, with warnings',
  'page.kind.later': () => 'Put off',
  'page.kind.refused': () => 'Refused',
  'page.kind.failed': () => 'Failed',
  'page.kind.night-waiting': () => 'Waiting for the night',
  'page.kind.night-running': () => 'Night backup running',
  'page.kind.night-countdown': () => 'Going to sleep',
  'page.kind.night-done': () => 'Night backup done',
  'page.kind.night-failed': () => 'Night backup failed',
  'page.kind.night-stopped': () => 'Night backup stopped',
  'page.kind.night-died': () => 'Night backup cut off',
  'page.kind.night-off': () => 'No night watch',
  'page.problem': () => 'What happened',
  'page.remedy': () => 'What to do',
  'page.progress.copying': () => 'Progress of the copy',
  'page.progress.flushing': () => 'Writing the last data',
  'page.progress.bytes': (d: { bytes: number; bytesTotal: number }, f: Format) =>
    `${f.bytes(d.bytes)} of ${f.bytes(d.bytesTotal)}`,
  'page.progress.files': (d: { files: number; filesTotal: number }, f: Format) =>
    `${f.count(d.files)} of ${files(d.filesTotal, f)}`,
  'page.progress.sooner': () => 'It may finish sooner where only parts of files have changed.',
  'page.announce.copying': (d: { percent: number }, f: Format) => `Copying, ${f.percent(d.percent)} done.`,
  'page.queue': () => 'Waiting their turn',
  'page.queue.since': () => 'since',
  'page.queue.hint': () => 'They start by themselves. Leave them plugged in.',
  'page.steps': () => 'The steps',
  'page.steps.this': () => 'This run',
  'page.steps.last': () => 'The last run',
  'page.steps.none': () =>
    'Here you will see the nine steps of a backup, from finding the disk to unmounting it.',
  'page.warnings': () => 'Warnings',
  'page.rate': () => 'Speed',
  'page.rate.said': (d: { current: string; highest: string }) => `Now ${d.current}, at most ${d.highest}.`,
  'page.disks': () => 'Backup disks',
  'page.disks.none': () => 'No disk is enrolled. Plug one in and type:',
  'page.disks.attached': () => 'plugged in',
  'page.disks.away': () => 'not plugged in',
  'page.disks.overdue': () => 'overdue',
  'page.disks.never': () => 'No backup on it yet.',
  'page.disks.last-good': () => 'Last backup',
  'page.disks.free': (d: { freeBytes: number; sizeBytes: number }, f: Format) =>
    `${f.bytes(d.freeBytes)} of ${f.bytes(d.sizeBytes)} free`,
  'page.disks.used': (d: { percent: number }, f: Format) => `${f.percent(d.percent)} of the disk are in use`,
  'page.disks.room-unknown': () => 'Its free space is known after the first backup.',
  'page.history': () => 'History',
  'page.history.none': () => 'Nothing here yet. Each backup adds a line.',
  'page.paging': () => 'Pages of the history',
  'page.paging.newer': () => 'Newer',
  'page.paging.older': () => 'Older',
  'page.paging.at': (d: { page: number; pages: number }, f: Format) =>
    `Page ${f.count(d.page)} of ${f.count(d.pages)}`,
  'page.chart.bytes': () => 'Copied in each backup',
  'page.chart.bytes.caption': () => 'How much each backup copied, by disk. The table below has the numbers.',
  'page.chart.free': () => 'Free space',
  'page.chart.free.caption': () =>
    'How much room each backup left, by disk. The table below has the numbers.',
  'page.log': () => 'Log',
  'page.log.whole': () => 'The whole log',
  'page.log.none': () => 'The log is empty.',
  'page.run.back': () => 'Back to the history',
  'page.run.deletes': () => 'Deleted',
  'page.run.log-gone': () => 'The log of this run is no longer kept.',
  'page.start': () => 'Start a backup',
  'page.start.hint': () =>
    'For a disk that is plugged in already. The token is in the file that token-file names.',
  'page.start.no-script': () => 'Starting a backup from here needs JavaScript. Without it: plugback run',
  'page.start.disk': () => 'Disk',
  'page.start.token': () => 'Token',
  'page.start.button': () => 'Start the backup',
  'page.start.unreachable': () => 'The server did not answer. Is it still running?',

  // --- disks
  'disks.device': () => 'Device',
  'disks.label': () => 'Label',
  'disks.type': () => 'Type',
  'disks.size': () => 'Size',
  'disks.free': () => 'Free',
  'disks.drive': () => 'Drive',
  'disks.state': () => 'Backup disk?',
  'disks.image': () => 'disk image',
  'disks.enrolled': (d: { addresses: readonly string[] }, f: Format) =>
    d.addresses.length === 0 ? 'enrolled' : `enrolled; told about it: ${f.list(d.addresses)}`,
  'disks.enrolled-but': (d: { obstacle: EnrollObstacle }) =>
    `enrolled, but it cannot be filled: ${obstacle(d)}`,
  'disks.can': (d: { uuid: string }) => `can be enrolled: plugback enroll ${d.uuid}`,
  'disks.cannot': (d: { obstacle: EnrollObstacle }) => `no: ${obstacle(d)}`,
  'disks.cannot-source': () => 'no: the source of the backup lies on it',
  'disks.mounted': (d: { mountPoint: string }) => `mounted at ${d.mountPoint}, unmount it before a backup`,
  'disks.none': () =>
    'No disk is plugged in that could hold a backup. Plug one in, wait a few seconds and try again; a new one needs a filesystem first: mkfs.ext4 -L OFFICE-A /dev/sdX1',
  'disks.absent': (d: { uuids: readonly string[] }, f: Format) =>
    `Enrolled, but not plugged in: ${f.list(d.uuids)}.`,
  'disks.no-config': () =>
    'There is no configuration yet, so no disk is enrolled. Copy config.ini.template to /etc/plugback/config.ini and fill it in.',
  'disks.config-broken': (d: { path: string }) =>
    `The configuration ${d.path} has mistakes, so an enrolled disk may not be shown as such. They are listed by: plugback check`,
  'disks.no-rights': () =>
    'Without administrator rights some disks may not show their filesystem. Run it as root to see everything.',
  'drive.looks-internal': (d: { device: string }) =>
    `The drive of ${d.device} looks built in (it is not removable). Make sure that it really is the backup disk.`,
  'drive.looks-read-only': (d: { device: string }) =>
    `The drive of ${d.device} may be write-protected, although the kernel does not say so.`,
  'drive.failing': (d: { device: string }) =>
    `The drive of ${d.device} says of itself that it will fail soon (S.M.A.R.T.). Replace it.`,
  'drive.inside': (d: { device: string; container: string; uuid: string }) =>
    `${d.device} lies in the encrypted disk ${d.container}. It is only there once somebody has unlocked that; plugged in, it starts nothing. To have it unlocked by the backup: plugback enroll ${d.uuid}`,
  'drive.no-key': (d: { device: string }) =>
    `${d.device} is encrypted. For a backup to unlock it, enter its key file as encryption-key-file in the configuration.`,
  'drive.fat': (d: { device: string }) =>
    `${d.device} has a FAT filesystem: it takes no file of 4 GB or more, and keeps no owners, rights and links. ext4 is best.`,
  'drive.exfat': (d: { device: string }) =>
    `${d.device} has an exFAT filesystem, which keeps no owners, rights and links. ext4 is best.`,
  'drive.ntfs': (d: { device: string }) =>
    `${d.device} has an NTFS filesystem, which keeps no owners and rights. ext4 is best.`,

  // --- enroll
  'enroll.done': (d: Disk & { device: string; type: string; sizeBytes: number }, f: Format) =>
    `${diskName(d)} is a backup disk now (${d.device}, ${d.type}, ${f.bytes(d.sizeBytes)}, UUID ${d.uuid}).`,
  'enroll.already': (d: Disk) =>
    `${diskName(d)} is a backup disk already${d.label ? ` (UUID ${d.uuid})` : ''}.`,
  'enroll.told': (d: { addresses: readonly string[] }, f: Format) =>
    `Told about each backup on it: ${f.list(d.addresses)}, besides the sysops.`,
  'enroll.told-nobody': () => 'Told about each backup on it: the sysops.',
  'enroll.told-new': (d: { addresses: readonly string[] }, f: Format) =>
    `Told as well from now on: ${f.list(d.addresses)}.`,
  'enroll.unchanged': (d: { path: string }) => `${d.path} was not changed.`,
  'enroll.written': (d: { path: string }) => `It stands in ${d.path}; everything else there is as it was.`,
  'enroll.next': (d: { source: string; percent: number }, f: Format) =>
    `What happens next: each run makes the disk the same as ${d.source}. Files that are only on the disk are deleted, ` +
    `but a run that would delete more than ${f.percent(d.percent)} of all files on the disk is refused.`,
  'enroll.try': () => 'Try it without changing anything: plugback run --dry-run',
  'enroll.mounted': (d: { device: string; mountPoint: string }) =>
    `${d.device} is mounted at ${d.mountPoint}. Unmount it before the first backup: umount ${d.mountPoint}`,
  'enroll.several': (d: { device: string; devices: readonly string[] }, f: Format) =>
    `${d.device} holds several filesystems: ${f.list(d.devices)}. Name the one that is meant.`,
  'enroll.mail': (d: { text: string }) => `--mail: ${d.text}`,
  'enroll.mail-empty': () => '--mail needs an address, such as --mail anna@example.com.',

  // --- check
  'check.config': () => 'Configuration',
  'check.machine': () => 'This machine',
  'check.source': () => 'Source',
  'check.veeam': () => 'Veeam’s side',
  'check.disks': () => 'Disks',
  'check.folders': () => 'Folders',
  'check.nightshift': () => 'Nightshift',
  'check.page': () => 'Status page',
  'check.mail': () => 'Mail',
  'check.good': () => 'ok',
  'check.warning': () => 'warning',
  'check.bad': () => 'ERROR',
  'check.config-good': (d: { path: string }) => `${d.path} is complete and correct.`,
  'check.config-veeam-side': (d: { path: string }) =>
    `${d.path} is right for a machine on which Veeam runs its scripts. For one that copies, it would need a section BACKUP.`,
  'check.config-first': (d: { path: string; count: number }, f: Format) =>
    `As long as ${d.path} has ${d.count === 1 ? 'this mistake' : `these ${f.count(d.count)} mistakes`}, the source, the Veeam folder, the mount point and the logs cannot be examined.`,
  'check.password-file-open': (d: { path: string }) =>
    `The password file ${d.path} can be read by everybody on this machine.`,
  'check.password-file-open.remedy': (d: { path: string }) =>
    `Let only its owner read it: chmod 600 ${d.path}`,
  'check.root': () => 'plugback runs as root.',
  'check.sudo': () => 'plugback does not run as root, but “sudo -n” works.',
  'check.programs': (d: { programs: readonly string[] }, f: Format) =>
    `All programs that a backup starts are installed: ${f.list(d.programs)}.`,
  'check.program-missing': (d: { program: string }) => `The program ${d.program} is not installed.`,
  'check.rsync-old': (d: { version: string; least: string }) =>
    `rsync ${d.version} is too old; ${d.least} is the least.`,
  'check.rsync-broken': (d: { reason: string }) => `rsync does not tell its version (${d.reason}).`,
  'check.fsck-missing': (d: { program: string; type: string }) =>
    `${d.program} is not installed, so the ${d.type} filesystem cannot be checked before each backup.`,
  'check.key': (d: { path: string }) =>
    `The key file ${d.path} for encrypted disks is there, and nobody else can read it.`,
  'check.install': (d: { package: string }) => `Install it: apt-get install ${d.package}`,
  'check.clock': (d: { at: string }, f: Format) => `The clock says ${f.dateTime(d.at)}.`,
  'check.clock-wrong': (d: { at: string }, f: Format) =>
    `The clock says ${f.dateTime(d.at)}, which cannot be. Logs, mails and certificates depend on it.`,
  'check.clock-behind': (d: { at: string; last: string }, f: Format) =>
    `The clock says ${f.dateTime(d.at)}, but the last backup was made later (${f.dateTime(d.last)}).`,
  'check.clock.remedy': () => 'Set the clock: timedatectl set-ntp true (package systemd-timesyncd)',
  'check.token-off': () =>
    'Backups cannot be started from the page: there is no token-file. They start when a disk is plugged in.',
  'check.token': (d: { path: string }) =>
    `Whoever knows the word in ${d.path} can start a backup from the page.`,
  'check.token-open': (d: { path: string }) =>
    `Every user of this machine can read ${d.path}, and with it start backups from the page.`,
  'check.token-open.remedy': (d: { path: string }) => `Take that right away: chmod o= ${d.path}`,
  'check.online': (d: { names: readonly string[] }, f: Format) => `Online now: ${f.list(d.names)}.`,
  'check.off': (d: { names: readonly string[] }, f: Format) =>
    `Off now: ${f.list(d.names)}. Whether what is needed wakes up, only a night shows: plugback nightshift --now`,
  'check.unknown': (d: { names: readonly string[] }, f: Format) =>
    `Cannot be asked from here, so nobody knows whether somebody is there: ${f.list(d.names)}.`,
  'check.unknown.remedy': () => 'Is the cable plugged in, and has this machine an address in that network?',
  'check.login': (d: { names: readonly string[] }, f: Format) => `Takes commands by ssh: ${f.list(d.names)}.`,
  'check.job': (d: { job: string; text: string }) => `“${d.job}”: ${d.text}`,
  'check.jobs': (d: { names: readonly string[] }, f: Format) =>
    `These jobs find here what they need: ${f.list(d.names)}.`,
  'check.job-program': (d: { program: string }) => `${d.program} is no program that can be run.`,
  'check.job-program.remedy': (d: { program: string }) =>
    `Install it or correct command; if it is there: chmod +x ${d.program}`,
  'check.job-disk': (d: { uuid: string }) => `The disk ${d.uuid} is not enrolled, so nothing is backed up.`,
  'check.job-disk.remedy': () => 'Make it a backup disk (plugback disks shows how), or correct disk.',
  'check.ssh-file': (d: { key: string; path: string }) => `${d.key} names ${d.path}, where no file is.`,
  'check.ssh-file.remedy': (d: { key: string }) =>
    `Correct it, or leave ${d.key} empty: then ssh takes that of the user who runs nightshift.`,
  'check.nobody-seen': () =>
    'No computer is watched whose use would mean that somebody works, so a backup begins in the window or by hand only.',
  'check.nobody-seen.remedy': () => 'Add a section [COMPUTER name] for each computer at which people work.',
  'check.sentinel': (d: { sentinel: string }) => `It holds “${d.sentinel}”, as source-must-contain asks.`,
  'check.excludes': (d: { path: string }) => `The list of files to leave out is ${d.path}.`,
  'check.excludes-none': () => 'There is no list of files to leave out, so everything is copied.',
  'check.excludes-missing': (d: { path: string }) =>
    `The list of files to leave out, ${d.path}, does not exist, so everything is copied.`,
  'check.excludes-missing.remedy': () => 'Create it, or correct rsync-excludes.',
  'check.veeam-off': () => 'No folder for Veeam’s lock files is configured, so nobody is waited for.',
  'check.veeam-idle': (d: { path: string }) =>
    `The folder for Veeam’s lock files, ${d.path}, can be read. Veeam is not writing.`,
  'check.veeam-writable': (d: { path: string }) => `Veeam’s locks can be written into ${d.path}.`,
  'check.veeam-marker': (d: { path: string }) => `A copy that runs shows as ${d.path}; its folder is there.`,
  'check.veeam-busy': (d: { locks: readonly VeeamLock[]; isAnnounced: boolean }, f: Format) =>
    `${d.isAnnounced ? 'Veeam wants to begin' : 'Veeam is writing'}: ${locksOf(d.locks, f)}. A backup would wait for it.`,
  'check.disk': (d: Disk & { device: string; type: string; sizeBytes: number }, f: Format) =>
    `${diskName(d)} is plugged in, and its filesystem can be read (${d.device}, ${d.type}, ${f.bytes(d.sizeBytes)}).`,
  'check.disk-absent': (d: { uuid: string }) => `${d.uuid} is not plugged in now.`,
  'check.disk-unreadable': (d: { device: string; reason: string }) =>
    `The filesystem of ${d.device} cannot be read (${d.reason}).`,
  'check.disk-unreadable.remedy': () =>
    'Unplug it and plug it in again. If that does not help, check it at another computer or use another disk.',
  'check.mount-point': (d: { mountPoint: string }) => `${d.mountPoint}, where the disk is mounted, is free.`,
  'check.mount-leftover': (d: { mountPoint: string }) =>
    `A backup disk is still mounted at ${d.mountPoint}, left there by a run that died. The next run cleans up. Do not unplug the disk until then, or unmount it first: umount ${d.mountPoint}`,
  'check.running': (d: Disk) =>
    `A backup on ${diskName(d)} is running. “plugback status” shows how far it is.`,
  'check.folder-state': (d: { path: string }) => `History and outbox can be written (${d.path}).`,
  'check.folder-runtime': (d: { path: string }) => `Status and locks can be written (${d.path}).`,
  'check.folder-log': (d: { path: string }) => `The log can be written (${d.path}).`,
  'check.log-bad': (d: { path: string; reason: string }) =>
    `The log ${d.path} cannot be written (${d.reason}).`,
  'check.log-bad.remedy': (d: { keys: readonly string[] }, f: Format) =>
    `Correct ${f.list(d.keys)}, or the rights of the folder.`,
  'check.folder-full': (d: { path: string; freeBytes: number }, f: Format) =>
    `Only ${f.bytes(d.freeBytes)} are free for ${d.path}. Mails that wait, logs and the history need room.`,
  'check.folder-full.remedy': () => 'Make room on this machine’s own disk.',
  'check.units': () => 'A backup disk that is plugged in starts its backup by itself.',
  'check.units-missing': () => 'A disk that is plugged in starts nothing on this machine.',
  'check.units-missing.remedy': () => 'Set the machine up: sudo plugback install',
  'check.unit-broken': (d: { unit: string; program: string }) =>
    `${d.unit} starts ${d.program}, which does not exist: no disk that is plugged in is filled.`,
  'check.unit-broken.remedy': (d: { unit: string }): string =>
    d.unit.startsWith('/etc/')
      ? 'Set the machine up again: sudo plugback install (where the Debian package is installed, this removes the file)'
      : 'Install the package again: apt-get install --reinstall plugback',
  'check.outbox-empty': () => 'No mail is waiting.',
  'check.outbox-waiting': (d: { count: number; since: string; reason: string }, f: Format) =>
    `${f.count(d.count)} ${d.count === 1 ? 'mail waits' : 'mails wait'} in the outbox since ${f.dateTime(d.since)}` +
    `${d.reason === '' ? '' : `: ${d.reason}`}.`,
  'check.outbox-waiting.remedy': () => 'They leave with the next run, or now: plugback outbox --send',
  'check.outbox-unreadable': (d: { count: number; directory: string }, f: Format) =>
    `${f.count(d.count)} ${d.count === 1 ? 'mail' : 'mails'} in ${d.directory} cannot be read.`,
  'check.outbox-unreadable.remedy': () => 'Look at them, then delete them by hand.',
  'check.outbox-sent': (d: { count: number }, f: Format) =>
    `${f.count(d.count)} ${d.count === 1 ? 'mail that waited has' : 'mails that waited have'} left.`,
  'check.mail-configured': (d: { server: string; port: number; security: string }) =>
    `Mails go through ${d.server}, port ${d.port} (${d.security}). Not tried now; a test mail sends: plugback check --mail`,
  'check.mail-off': () => 'No mail server is configured, so nobody is told how a backup ended.',
  'check.mail-broken': () =>
    'The section MAIL of the configuration has mistakes, so mail cannot be examined.',
  'check.letter.subject': (d: { host: string }) => `plugback test mail (${d.host})`,
  'check.letter.text': (d: { host: string; at: string }, f: Format) =>
    `This is a test: plugback on ${d.host} can send mail (${f.dateTime(d.at)}).`,
  'check.letter.more': () => 'Somebody typed “plugback check --mail”. There is nothing to do.',
  'check.trying': (d: { server: string }) => `Sending a test mail through ${d.server} …`,
  'check.summary.good': () =>
    'Everything is in order. Rehearse a backup without changing anything: plugback run --dry-run',
  'check.summary.veeam-good': () => 'Everything is in order: Veeam’s scripts can raise their locks.',
  'check.summary.veeam-warnings': (d: { count: number }, f: Format) =>
    `Veeam’s scripts can raise their locks; ${f.count(d.count)} ${d.count === 1 ? 'warning' : 'warnings'} above.`,
  'check.summary.warnings': (d: { count: number }, f: Format) =>
    `A backup can run; ${f.count(d.count)} ${d.count === 1 ? 'warning' : 'warnings'} above.`,
  'check.summary.bad': (d: { count: number; exitCode: number }, f: Format) =>
    `${f.count(d.count)} ${d.count === 1 ? 'error' : 'errors'} above (exit code ${d.exitCode}).`,
  'help.check.codes': () =>
    'Exit code: 0 without an error (warnings do not count), else that of the gravest one: 78 configuration or a missing program, 77 rights, 76 source or disk refused, 69 disk or mail server.',

  // --- the page's server
  'serve.listening': (d: { address: string }) => `The status page: ${d.address}`,
  'serve.stop': () => 'Ctrl-C ends it.',
  'serve.without': (d: { text: string }) => `The backup runs without the page. ${d.text}`,
  'web.not-found': () => 'There is nothing at this address. The status page: /',
  'web.too-many': () => 'Too much was asked for at once. Try again in a minute.',
  'web.bad-number': () => '“limit” and “page” should be whole numbers; 500 runs at most at once.',
  'web.other-site': () =>
    'This request comes from another site. Backups can only be started from the page itself.',
  'web.start.off': () =>
    'Starting a backup over the network is off. To switch it on, set token-file in the section WEBSERVER.',
  'web.start.token': () => 'The token is missing or wrong, so nothing was started.',
  'web.start.body': () => 'The request should be JSON that names the disk, such as {"uuid": "3f2c-…"}.',
  'web.start.not-enrolled': () => 'This disk is not enrolled as a backup disk, so nothing was started.',
  'web.start.not-attached': () => 'This disk is not plugged in. Plug it in first.',
  'web.start.running': () => 'A backup is running already, so no second one was started.',
  'web.start.started': () => 'The backup was started.',

  // --- setting a machine up
  'install.made': (d: { what: string }) => `made the folder ${d.what}`,
  'install.wrote': (d: { what: string }) => `wrote ${d.what}`,
  'install.removed': (d: { what: string }) => `removed ${d.what}`,
  'install.ran': (d: { what: string }) => `ran: ${d.what}`,
  'install.would-make': (d: { what: string }) => `would make the folder ${d.what}`,
  'install.would-write': (d: { what: string }) => `would write ${d.what}`,
  'install.would-remove': (d: { what: string }) => `would remove ${d.what}`,
  'install.would-run': (d: { what: string }) => `would run: ${d.what}`,
  'install.unchanged': (d: { what: string }) => `${d.what} is as it should be`,
  'install.kept': (d: { what: string }) => `${d.what} is yours and stays as it is`,
  'install.absent': (d: { what: string }) => `${d.what} is not there`,
  'install.needless': (d: { what: string }) => `not needed: ${d.what}`,
  'install.rehearsed': () => 'Nothing was changed.',
  'install.fill-in': (d: { path: string }) =>
    `Disks are recognised from now on. Fill in ${d.path}, enroll a disk (plugback enroll), and let plugback check tell whether all is well.`,
  'install.ready': (d: { path: string }) =>
    `Disks that ${d.path} lists are filled as soon as they are plugged in. Is all well? plugback check`,
  'uninstall.done': () =>
    'A plugged-in disk starts nothing any more. Configuration, history, logs and waiting mails are still there.',
  'uninstall.handed-over': () =>
    'What another copy of plugback had written is gone; from now on rule and units of the Debian package count. To take those away: apt-get remove plugback',
  'install.timemachine': (d: { path: string; config: string }) =>
    `The timemachine looks every minute. Unless ${d.config} names other folders in its section TIMEMACHINE, its list, its log and the copies are in ${d.path}, and a file is added with: sudo plugback timemachine add /path/to/file -cl ${d.path} -d ${d.path}`,

  // --- mails that wait
  'outbox.mail': (
    d: { since: string; title: string; addresses: readonly string[]; count: number },
    f: Format,
  ) =>
    `${f.dateTime(d.since)}: “${d.title}” to ${f.list(d.addresses)} (${f.count(d.count)} ${d.count === 1 ? 'attempt' : 'attempts'})`,

  // --- nightshift: why it does what it does
  'nightshift.why.by-hand': (d: { night: string }, f: Format) =>
    `The backup of the night of ${f.day(d.night)} begins, because somebody asked for it.`,
  'nightshift.why.all-gone': (d: { night: string; since: string }, f: Format) =>
    `Nobody has been online since ${f.time(d.since)}, and the night of ${f.day(d.night)} has no backup yet: it begins.`,
  'nightshift.why.window': (d: { night: string; until: string; zone: string | null }, f: Format) =>
    `The window is open until ${f.time(d.until, d.zone)}, and the night of ${f.day(d.night)} has no backup yet: it begins, whoever is online.`,
  'nightshift.why.put-to-sleep': (d: { names: readonly string[]; since: string }, f: Format) =>
    `${f.list(d.names)} ${d.names.length === 1 ? 'is' : 'are'} still on since a backup, and nobody has been online since ${f.time(d.since)}: back to sleep.`,
  'nightshift.why.lie-down': (d: { since: string }, f: Format) =>
    `The backup is over, and nobody has been online since ${f.time(d.since)}: this machine is not needed any more.`,
  'nightshift.wait.given-up': (d: { night: string; count: number }, f: Format) =>
    `The backup of the night of ${f.day(d.night)} was cut off ${f.count(d.count)} times and is not tried again; the next night is.`,
  'nightshift.wait.done': (d: { night: string }, f: Format) =>
    `Nothing is left to do for the night of ${f.day(d.night)}; waiting for the next one.`,
  'nightshift.wait.somebody': (d: { night: string; names: readonly string[] }, f: Format) =>
    `The night of ${f.day(d.night)} has no backup yet. Waiting until nobody is online; now there is: ${f.list(d.names)}.`,
  'nightshift.wait.unsure': (d: { night: string; names: readonly string[] }, f: Format) =>
    `The night of ${f.day(d.night)} has no backup yet. It is not known yet whether somebody is there: ${f.list(d.names)}. One look is not enough for that.`,
  'nightshift.wait.nobody-seen': (d: { night: string; at: string | null; zone: string | null }, f: Format) =>
    `The night of ${f.day(d.night)} has no backup yet. No computer is watched whose use would mean that somebody works; the backup begins ${d.at === null ? 'only by hand' : `with the window, at ${f.time(d.at, d.zone)}`}.`,
  'nightshift.wait.late': (d: { names: readonly string[] }, f: Format) =>
    `Did not come up in time: ${f.list(d.names)}. That may still happen, and so long this machine stays on, to send back to sleep what it has woken.`,
  'nightshift.wait.not-yet': (d: { night: string; since: string; until: string }, f: Format) =>
    `Nobody has been online since ${f.time(d.since)}. If that stays so, the backup of the night of ${f.day(d.night)} begins at ${f.time(d.until)}.`,

  // --- nightshift: what it does
  'nightshift.start': (d: { version: string; count: number }, f: Format) =>
    `nightshift ${d.version} watches ${f.count(d.count)} ${d.count === 1 ? 'computer' : 'computers'}.`,
  'nightshift.is-self': (d: { names: readonly string[] }, f: Format) =>
    `This machine itself is in the list, as ${f.list(d.names)}; it is not watched.`,
  'nightshift.awake': () => 'the backup of the night is running',
  'nightshift.came': (d: { name: string }) => `${d.name} is online.`,
  'nightshift.went': (d: { name: string }) => `${d.name} is off.`,
  'nightshift.blind': (d: { name: string; reason: string }) =>
    `It cannot be told whether ${d.name} is online (${d.reason}). Until then no backup begins for want of people. Is the cable of this machine plugged in?`,
  'nightshift.is-up': (d: { name: string }) => `${d.name} is on already, and stays on afterwards.`,
  'nightshift.waking': (d: { name: string; minutes: number }, f: Format) =>
    `${d.name} is off and is being woken; it has ${f.count(d.minutes)} min to answer.`,
  'nightshift.woke': (d: { name: string; seconds: number }, f: Format) =>
    `${d.name} answers, after ${f.duration(d.seconds)}.`,
  'nightshift.clock': (d: { name: string; before: number | null; after: number }, f: Format) =>
    `The clock of ${d.name} differed by ${d.before === null ? 'an unknown time' : f.offset(d.before)}, now by ${f.offset(d.after)}.`,
  'nightshift.clock-unknown': (d: { name: string }) =>
    `${d.name} does not tell what time it is; whether its clock is right is unknown.`,
  'nightshift.clocks-together': (d: { source: string | null }) =>
    `The clocks agree with ${d.source === null ? 'this machine’s' : `that of ${d.source}`}.`,
  'nightshift.begins': (d: { night: string; count: number }, f: Format) =>
    `The backup of the night of ${f.day(d.night)}: ${f.count(d.count)} ${d.count === 1 ? 'job' : 'jobs'}.`,
  'nightshift.job': (d: { job: string }) => `The job “${d.job}” begins.`,
  'nightshift.job-done': (d: { job: string; seconds: number }, f: Format) =>
    `The job “${d.job}” has succeeded, in ${f.duration(d.seconds)}.`,
  'nightshift.job-again': (d: { job: string; exitCode: number | null; minutes: number }, f: Format) =>
    `The job “${d.job}” failed (${d.exitCode === null ? 'ended by a signal' : `exit code ${d.exitCode}`}). It is tried again ${d.minutes === 0 ? 'at once' : `in ${f.count(d.minutes)} min`}.`,
  'nightshift.ends-well': (d: { night: string }, f: Format) =>
    `The night of ${f.day(d.night)} is done: every job has succeeded.`,
  'nightshift.ends-badly': (d: { night: string }, f: Format) =>
    `The night of ${f.day(d.night)} has ended, but not every job has succeeded.`,
  'nightshift.stopped': () => 'The backup was stopped.',
  'nightshift.made-up-for': () => 'It will be made up for as soon as nobody is online, or the window opens.',
  'nightshift.has-backup': (d: { night: string }, f: Format) =>
    `The night of ${f.day(d.night)} has its backup already, so nothing is made up for.`,
  'nightshift.stopped-for': (d: { names: readonly string[] }, f: Format) =>
    `The backup was stopped, because somebody came online: ${f.list(d.names)}.`,
  'nightshift.died': (d: { night: string }, f: Format) =>
    `The backup of the night of ${f.day(d.night)} was cut off: the power failed, or its process was killed.`,
  'nightshift.arrived-go-on': (d: { names: readonly string[] }, f: Format) =>
    `Somebody has come online: ${f.list(d.names)}. The backup goes on; nothing is switched off afterwards.`,
  'nightshift.arrived-stop': (d: { names: readonly string[] }, f: Format) =>
    `Somebody has come online: ${f.list(d.names)}. The backup stops and is made up for later.`,
  'nightshift.left-on': (d: { names: readonly string[]; others: readonly string[] }, f: Format) =>
    `${f.list(d.names)} ${d.names.length === 1 ? 'stays' : 'stay'} on, because somebody has come online: ${f.list(d.others)}.`,
  'nightshift.in-use': (d: { name: string }) => `Somebody is logged in at ${d.name}, so it stays on.`,
  'nightshift.still-on': (d: { names: readonly string[] }, f: Format) =>
    `Woken for this backup and still on: ${f.list(d.names)}. If nightshift starts again within the hour, it sends them back to sleep.`,
  'nightshift.sends-to-sleep': (d: { name: string; kind: string }) =>
    `${d.name} was off before; it ${sleeps[d.kind]} again.`,
  'nightshift.not-put-to-sleep': (d: { name: string }) =>
    `${d.name} was woken for this backup and could not be sent back to sleep: it is still on. The log of nightshift tells why.`,
  'nightshift.stays-awake': (d: { name: string }) => `${d.name} was told to go to sleep, but still answers.`,
  'nightshift.countdown': (d: { kind: string; seconds: number }, f: Format) =>
    `This machine ${sleeps[d.kind]} in ${f.duration(d.seconds)}. To stop that: plugback nightshift cancel`,
  'nightshift.counting': (d: { kind: string; seconds: number }, f: Format) =>
    `This machine ${sleeps[d.kind]} in ${f.duration(d.seconds)}.`,
  'nightshift.cancelled': () => 'This machine stays on tonight: somebody said so.',
  'nightshift.interrupted-by': (d: { names: readonly string[] }, f: Format) =>
    `This machine stays on, because somebody has come online: ${f.list(d.names)}.`,
  'nightshift.inhibited': (d: { holders: readonly string[] }, f: Format) =>
    `This machine stays on for now, because it is kept awake by ${f.list(d.holders)}.`,
  'nightshift.lies-down': (d: { kind: string }) => `This machine ${sleeps[d.kind]}.`,
  'nightshift.alarm': (d: { at: string }, f: Format) => `Its clock wakes it at ${f.dateTime(d.at)}.`,
  'nightshift.asked': () =>
    'The nightshift that is running begins the backup within a few seconds. Its log tells how it goes.',
  'nightshift.cancel-asked': () => 'This machine stays on tonight.',
  'nightshift.nothing-to-cancel': () => 'No countdown is running, so there is nothing to stop.',
  'nightshift.state-unwritten': (d: { path: string; reason: string }) =>
    `What nightshift knows could not be written to ${d.path} (${d.reason}).`,
  'nightshift.log-unwritten': (d: { path: string; reason: string }) =>
    `The log of nightshift, ${d.path}, could not be written (${d.reason}).`,
  'nightshift.forgotten': (d: { path: string }) =>
    `What nightshift remembered in ${d.path} cannot be used. Which night was backed up last is taken from its history; which computers it has woken is forgotten.`,
  'nightshift.forgetful': () =>
    'This machine stays on, because what nightshift knows cannot be written: after the next start it would back up once more and go to sleep again.',
  'nightshift.calls': (d: { command: string }) => `calls ${d.command}`,

  // --- nightshift: what it would do
  'nightshift.plan.online': (d: { names: readonly string[] }, f: Format) => `Online now: ${f.list(d.names)}.`,
  'nightshift.plan.unknown': (d: { names: readonly string[] }, f: Format) =>
    `This machine could not ask ${f.list(d.names)}. Is its network cable plugged in?`,
  'nightshift.plan.nobody': () => 'Nobody answers at the moment.',
  'nightshift.plan.job': (d: { job: string }) => `Then the job “${d.job}” would run:`,
  'nightshift.plan.wakes': (d: { names: readonly string[] }, f: Format) =>
    `It would wake ${f.list(d.names)}.`,
  'nightshift.plan.clock': (d: { source: string | null }) =>
    `The clock that counts would be ${d.source === null ? 'this machine’s' : `that of ${d.source}`}.`,
  'nightshift.plan.runs': (d: { command: string }) => `It would run: ${d.command}`,
  'nightshift.plan.sleeps': (d: { name: string; kind: string }) =>
    `Afterwards ${d.name} ${sleeps[d.kind]} again, if it was off before.`,
  'nightshift.plan.host': (d: { kind: string }) =>
    `In the end this machine ${sleeps[d.kind]}, if nobody is online.`,
  'nightshift.plan.ask': () => 'What a backup would do: plugback nightshift --dry-run --now',
  'nightshift.plan.nothing': () => 'Nothing was done: this was a rehearsal.',
  'nightshift.plan.no-jobs': () => 'There is no job: add a section [JOB name] to the configuration.',

  // --- nightshift: Computers.txt
  'nightshift.import.no-ip': (d: { line: number; value: string }) =>
    `Line ${d.line} has no IP address: “${d.value}”. It was left out.`,
  'nightshift.import.no-mac': (d: { line: number; value: string }) =>
    `Line ${d.line} has no hardware address: “${d.value}”. It was left out.`,
  'nightshift.import.no-user': (d: { line: number; value: string }) =>
    `Line ${d.line}: “${d.value}” is no user that could log in; the computer got this name, but no user.`,
  'nightshift.import.no-server': (d: { line: number; value: string }) =>
    `Line ${d.line}: “${d.value}” is not the address of a network card of this machine; the computer got no interface.`,
  'nightshift.import.done': (d: { count: number }, f: Format) =>
    `${f.count(d.count)} ${d.count === 1 ? 'computer' : 'computers'} found. Put these sections into config.ini; reach and after-backup are for you to fill in.`,

  // --- nightshift: mail, terminal and page
  'nightshift.subject.done': (d: { host: string; count: number }, f: Format) =>
    `Night backup on ${d.host}: done (${f.count(d.count)} ${d.count === 1 ? 'job' : 'jobs'})`,
  'nightshift.subject.failed': (d: { host: string; count: number; total: number }, f: Format) =>
    `Night backup on ${d.host}: ${f.count(d.count)} of ${f.count(d.total)} ${d.total === 1 ? 'job' : 'jobs'} FAILED`,
  'nightshift.subject.stopped': (d: { host: string }) => `Night backup on ${d.host}: stopped`,
  'nightshift.subject.died': (d: { host: string }) => `Night backup on ${d.host}: CUT OFF`,
  'nightshift.report.why': (d: { trigger: string; at: string }, f: Format) =>
    `It began on ${f.dateTime(d.at)}, ${triggers[d.trigger]}.`,
  'nightshift.report.job': (d: { job: string; state: string; seconds: number | null }, f: Format) =>
    `${d.job}: ${jobStates[d.state]}${d.seconds === null ? '' : `, ${f.duration(d.seconds)}`}`,
  'nightshift.report.woken': (d: { names: readonly string[] }, f: Format) =>
    `Woken for it: ${f.list(d.names)}.`,
  'nightshift.title': () => 'Nightshift',
  'nightshift.off': () => 'nightshift is not running: no night is backed up by itself.',
  'nightshift.next-start': () => 'The next start of nightshift makes up for it.',
  'nightshift.running': (d: { night: string; job: string | null }, f: Format) =>
    `The backup of the night of ${f.day(d.night)} is running${d.job === null ? '' : `: ${d.job}`}.`,
  'nightshift.sleeps-at': (d: { at: string }, f: Format) =>
    `This machine goes to sleep at ${f.time(d.at)}. To stop that: plugback nightshift cancel`,
  'nightshift.computer': (d: { name: string; online: boolean | null; since: string }, f: Format) =>
    `${d.name}: ${d.online === null ? 'not known yet' : `${d.online ? 'online' : 'off'} since ${f.dateTime(d.since)}`}`,
  'nightshift.computer-online': () => 'online',
  'nightshift.computer-off': () => 'off',
  'nightshift.computer-unknown': () => 'unknown',
  'nightshift.since': () => 'since',
  'nightshift.night': (d: { night: string; outcome: string; at: string }, f: Format) =>
    `${f.day(d.night)}: ${outcomes[d.outcome]}, began ${f.dateTime(d.at)}`,
  'nightshift.last-nights': () => 'The last nights',
  'nightshift.computers': () => 'Computers',
  'help.nightshift': () =>
    'back up when everybody has gone home: watch who is online, wake, run the jobs, go to sleep',
  'help.nightshift.now': () => 'back up now, whoever is online, and end',
  'help.nightshift.once': () => 'look once, do what is to be done, and end',
  'help.nightshift.dry-run': () => 'say what would be done now and why, and do nothing',
  'help.nightshift.note': () =>
    '“plugback nightshift cancel” keeps this machine on while the countdown runs; “plugback nightshift import Computers.txt” ' +
    'prints sections for the configuration.',
  'help.install.nightshift': () => 'with nightshift, which watches who is online',
  'usage.nightshift': (d: { word: string }) =>
    `“${d.word}” means nothing to nightshift; it should be cancel or import FILE.`,
  'usage.nightshift-file': () => 'Which file? Type: plugback nightshift import Computers.txt',

  // --- what can be typed
  'help.plugback': () =>
    'Plug a disk in: it is filled, flushed and unmounted, and a mail says that it can be pulled out.',
  'help.more': () =>
    '“plugback COMMAND --help” tells more, with an example. Try it all on a disk image: plugback demo',
  'help.plugback-veeam': () =>
    'Veeam’s pre-job and post-job scripts: Veeam waits for a copy of its backups, and a copy waits for Veeam.',
  'help.more-veeam': () => '“plugback-veeam COMMAND --help” tells more, with an example.',
  'help.version': () => 'show the version',
  'help.help': () => 'show this help',
  'help.examples': () => 'Examples:',
  'help.title.usage': () => 'Usage:',
  'help.title.arguments': () => 'Arguments:',
  'help.title.options': () => 'Options:',
  'help.title.global-options': () => 'Further options:',
  'help.title.commands': () => 'Commands:',
  'help.value.addresses': () => 'addresses',
  'help.value.command': () => 'command',
  'help.value.disk': () => 'disk',
  'help.value.file': () => 'file',
  'help.value.folder': () => 'folder',
  'help.value.hours': () => 'hours',
  'help.value.language': () => 'language',
  'help.value.minutes': () => 'minutes',
  'help.value.options': () => 'options',
  'help.value.replica': () => 'replica',
  'help.value.files': () => 'files',
  'help.value.path': () => 'path',
  'help.value.time': () => 'time',
  'help.value.source': () => 'source',
  'help.config': () => 'the configuration (else ./config.ini, /etc/plugback/config.ini)',
  'help.config-beside': () => 'the configuration (else config.ini beside the program)',
  'help.log': () =>
    'append everything to this file instead of showing it; where it cannot be written, show it after all',
  'help.json': () => 'print JSON for a machine',
  'help.language': () => 'language of all texts: en or de',
  'help.run': () => 'back up onto the disk that is plugged in',
  'help.run.uuid': () => 'this disk; else the first enrolled one that is plugged in',
  'help.run.dry-run': () => 'rehearse everything up to the plan, change nothing',
  'help.run.allow-deletes': () =>
    'go on although much would be deleted from the disk, or the source looks changed',
  'help.disks': () => 'show every filesystem that is plugged in, and which can be a backup disk',
  'help.enroll': () => 'make a plugged-in disk a backup disk (its UUID or device)',
  'help.enroll.mail': () => 'who else is told about this disk, separated by commas',
  'help.check': () => 'examine configuration, source, disk, programs and mail server',
  'help.check.mail': () => 'send a test mail as well',
  'help.status': () => 'show what the backup is doing',
  'help.history': () => 'show the last backups',
  'help.history.limit': () => 'how many (20)',
  'help.run.web': () => 'serve the status page while it runs',
  'help.serve': () => 'serve the status page for browsers',
  'help.mirror': () => 'make one folder (the replica) equal to another (the source)',
  'help.mirror.every': () => 'again and again, so many hours apart (0.25 at least)',
  'help.mirror.max': () => 'with --every: at most so many times',
  'help.mirror.log': () => 'keep a log in the folder LOGS in this one',
  'help.mirror.dry-run': () => 'show what would be done, change nothing',
  'help.mirror.checksum': () => 'compare the content of files that look the same',
  'help.mirror.max-delete-percent': () => 'refuse when more of the replica’s files would be deleted (25)',
  'help.mirror.allow-deletes': () => 'go on although the source is empty, or much would be deleted',
  'help.mirror.wait': () => 'wait for another mirror that writes to the replica, instead of giving up',
  'usage.mirror-every': (d: { value: string }) =>
    `--every ${d.value}: it should be a number of hours above 0, such as 4 or 0.5.`,
  'help.mirror.codes': () =>
    'The exit code is 0 when the replica is equal to the source; 73 when another mirror writes to it; 74 when something could ' +
    'not be copied or deleted; 76 when a guard refused (a folder that is missing, empty or not mounted, many deletions), and ' +
    'nothing was changed; 77 when the log cannot be written; 78 when it would lie in the replica, or the configuration of ' +
    '--config is wrong; 64 when what was typed is; 129, 130 or 143 when it was told to stop.',
  'usage.mirror-percent': (d: { value: string }) =>
    `--max-delete-percent ${d.value}: it should be a number from 0 to 100, such as 40.`,
  'usage.mirror-cycles': (d: { value: string }) =>
    `--max ${d.value}: it should be a number of cycles, such as 3; -1 means without end.`,
  'mirror.least-hours': (d: { hours: number }) =>
    `${d.hours} hours is the least that --every can be; that is what counts.`,
  'mirror.rehearsed-once': () => 'A rehearsal is done once, whatever --every says.',
  'usage.empty-folder': (d: { word: string }) =>
    `“${d.word}” is empty; it should name a folder (“.” is the current one). Is a variable not set?`,
  'usage.mirror-max': () => '--max says how often --every repeats; alone it means nothing.',
  'mirror.would-add': (d: { path: string }) => `would be added: ${d.path}`,
  'mirror.would-overwrite': (d: { path: string }) => `would be overwritten: ${d.path}`,
  'mirror.would-attributes': (d: { path: string }) => `would get other date or rights: ${d.path}`,
  'mirror.would-delete': (d: { path: string }) => `would be deleted: ${d.path}`,
  'mirror.plan': (d: Omit<MirrorSums, 'seconds'>, f: Format) =>
    `${f.count(d.added)} would be added, ${f.count(d.overwritten)} overwritten, ${f.count(d.deleted)} deleted, ${f.count(d.untouched)} left untouched, ${f.count(d.skipped)} skipped; ${f.bytes(d.bytes)} to copy. Nothing was changed.`,
  'help.clean-up': () => 'put away what a run left behind that was killed: its mount, its lock files',
  'help.clean-up.uuid': () => 'the disk, by the UUID under which it is enrolled',
  'usage.clean-up': () => 'Which disk? Type: plugback clean-up --uuid UUID',
  'clean-up.unmounted': (d: { mountPoint: string }) =>
    `The disk was still mounted at ${d.mountPoint}; it is unmounted now.`,
  'clean-up.locked': (d: { mapping: string }) =>
    `The disk was still unlocked (as ${d.mapping}); it is locked now.`,
  'clean-up.died': (d: { at: string }, f: Format) =>
    `The backup that started on ${f.dateTime(d.at)} was ended by force; the history says so.`,
  'clean-up.busy': (d: { holders: readonly string[] }, f: Format) =>
    `The disk is still in use${d.holders.length === 0 ? '' : ` by ${f.list(d.holders)}`}. Do NOT unplug it before that has ended.`,
  'clean-up.nothing': () => 'There was nothing to put away.',
  'help.veeam-lock': () => 'Veeam’s pre-job script: wait for a copy that runs, then keep copies away',
  'help.veeam-lock.timeout': () => 'how long to wait for the copy (wait-for-backup-minutes)',
  'help.veeam-lock.codes': () =>
    'The exit code is 0 when the lock stands, 75 when the copy did not end in time, 74 when the lock could not be written, ' +
    '78 when the configuration has mistakes; of all but the first a mail tells. The configuration may hold the sections ' +
    'VEEAM and MAIL only; mistakes elsewhere are warnings.',
  'help.veeam-unlock.codes': () =>
    'The exit code is 0 also when there was no lock, 74 when it could not be removed or its folder is not there, 78 when the ' +
    'configuration has mistakes; of the latter two a mail tells.',
  'help.veeam-unlock': () => 'Veeam’s post-job script: let copies run again',
  'help.veeam.job': () => 'the job; else VEEAM_JOB_ID as Veeam’s agent for Linux sets it, else “default”',
  'help.outbox': () => 'show the mails that could not be sent yet',
  'help.outbox.send': () => 'send them now; exit code 75 when some still wait',
  'help.install': () =>
    'let a plugged-in disk start its backup on this machine (udev rule, units, folders, configuration)',
  'help.install.dry-run': () => 'say what would be done, change nothing',
  'help.install.timemachine': () => 'also let the timemachine look every minute for files that have changed',
  'help.uninstall': () => 'undo that; configuration and history stay',
  'help.demo': () => 'show it all on a disk image that is made and removed again (about a minute, as root)',
  'usage.unknown-command': (d: { word: string; meant: string | null }) =>
    `There is no command “${d.word}”.${d.meant === null ? '' : ` Did you mean “${d.meant}”?`}`,
  'usage.unknown-option': (d: { word: string; meant: string | null }) =>
    `There is no option “${d.word}” here.${d.meant === null ? '' : ` Did you mean “${d.meant}”?`}`,
  'usage.missing-argument': (d: { word: string }) => `The argument “${d.word}” is missing.`,
  'usage.missing-value': (d: { word: string }) => `The option “${d.word}” needs a value.`,
  'usage.too-many': () => 'There are more words than this command takes.',
  'usage.invalid': (d: { word: string }) => `“${d.word}” is not a value that can be used here.`,

  // --- the timemachine: said to the terminal and its log
  'tm.started': () => '...........Timemachine started...........',
  'tm.stopped': () => 'Timemachine stopped',
  'tm.list-empty': () => 'Configuration file is empty, please add files',
  'tm.list': (d: { path: string }) => `Config file is ${d.path}`,
  'tm.record': (d: { path: string }) => `History of files recorded in ${d.path}`,
  'tm.destination': (d: { path: string }) => `Destination of backups is ${d.path}`,
  'tm.observed': () => 'The list of files being observed is',
  'tm.entry': (d: { name: string }) => d.name,
  'tm.added': (d: { name: string; path: string }) => `${d.name} was added to configfile ${d.path}`,
  'tm.already': (d: { name: string; path: string }) => `${d.name} is already in configfile ${d.path}`,
  'tm.removed': (d: { name: string; path: string }) => `${d.name} was removed from configfile ${d.path}`,
  'tm.first': (d: { name: string }) => `we run 1st backup of ${d.name}`,
  'tm.modified': (d: { name: string }) => `${d.name} has been modified since last backup, we run new backup`,
  'tm.copy-gone': (d: { name: string }) =>
    `the last copy of ${d.name} is not there any more, we run new backup`,
  'tm.copied': (d: { name: string; path: string }) => `${d.name} was copied to ${d.path}`,
  'tm.recorded': (d: { path: string }) => `Writing dates_recorded to ${d.path}`,
  'tm.unchanged': (d: { name: string }) => `${d.name} has not been modified`,
  'tm.all-unchanged': (d: { count: number }, f: Format) =>
    `${files(d.count, f)} ${d.count === 1 ? 'has' : 'have'} not been modified`,
  'tm.trouble.missing': (d: { name: string; reason: string }) => `file ${d.name} not found`,
  'tm.trouble.unreadable': (d: { name: string; reason: string }) =>
    `file ${d.name} cannot be accessed, error is (${d.reason})`,
  'tm.trouble.in-use': (d: { name: string; reason: string }) =>
    `file ${d.name} is locked by another program, error is (${d.reason})`,
  'tm.trouble.folder': (d: { name: string; reason: string }) =>
    `error: ${d.name} was a file and is a folder now; its copies stay`,
  'tm.trouble.not-a-file': (d: { name: string; reason: string }) =>
    `error: ${d.name} is not a plain file and cannot be copied`,
  'tm.trouble.restless': (d: { name: string; reason: string }) =>
    `error: ${d.name} is being changed all the time, so no whole copy could be made; it is tried again`,
  'tm.trouble.failed': (d: { name: string; reason: string }) =>
    `file ${d.name} could not be copied, error is (${d.reason})`,
  'tm.nothing-matches': (d: { name: string }) => `nothing matches the pattern ${d.name} yet`,
  'tm.well': (d: { name: string }) => `file ${d.name} can be read again`,
  'tm.record-lost': (d: { path: string }) =>
    `The record ${d.path} is missing; it is made anew from the copies`,
  'tm.record-damaged': (d: { path: string; count: number }, f: Format) =>
    `The record ${d.path} is damaged (${f.count(d.count)} ${d.count === 1 ? 'line' : 'lines'}); it is made anew from the copies`,
  'tm.waiting': (d: { path: string }) =>
    `Another timemachine is writing to ${d.path}, so this one waits for it`,
  'tm.watching': (d: { count: number }, f: Format) => `Watching ${files(d.count, f)}`,
  'tm.list-again': (d: { path: string }) => `Config file ${d.path} was read again`,
  'tm.waits-missing': (d: { path: string; reason: string }) =>
    `The folder ${d.path} was not found, timemachine waits until it is back. Mount it or make it.`,
  'tm.waits-unusable': (d: { path: string; reason: string }) =>
    `Nothing can be written to the folder ${d.path} (${d.reason}), timemachine tries again once a minute. Check its rights and its disk.`,
  'tm.waits-full': (d: { path: string; reason: string }) =>
    `Nothing can be written to the folder ${d.path} (${d.reason}), timemachine tries again once a minute. Make room there, for example with “plugback timemachine thin”.`,
  'tm.waits-unreadable': (d: { path: string; reason: string }) =>
    `${d.path} cannot be read (${d.reason}), timemachine tries again once a minute. Check its rights and its disk.`,
  'tm.list-kept': (d: { path: string; reason: string }) =>
    `The list ${d.path} cannot be read (${d.reason}), timemachine goes on with what it held before. Check its rights.`,
  'tm.back': (d: { path: string }) => `The folder ${d.path} can be used again`,
  'tm.watch-limit': (d: { reason: string }) =>
    `Changes cannot be seen at once everywhere (${d.reason}); there they are found once a minute`,
  'tm.log-unusable': (d: { path: string; reason: string }) =>
    `The log ${d.path} cannot be written (${d.reason}).`,
  'tm.versions': (d: { name: string; count: number }, f: Format) =>
    `${d.name}: ${f.count(d.count)} ${d.count === 1 ? 'version' : 'versions'}`,
  'tm.column.version': () => 'Version',
  'tm.column.time': () => 'Changed',
  'tm.column.size': () => 'Size',
  'tm.column.note': () => 'Remark',
  'tm.current': () => 'what the file holds now',
  'tm.last-copied': () => 'copied last',
  'tm.restored': (d: { path: string; at: string }) => `${d.path} is as it was changed on ${d.at}`,
  'tm.same': (d: { name: string; at: string }) => `${d.name} is the same as the version of ${d.at}`,
  'tm.kept': (d: { count: number }, f: Format) =>
    `${f.count(d.count)} ${d.count === 1 ? 'version stays' : 'versions stay'}`,
  'tm.thinned': (d: { path: string }) => `Deleted ${d.path}`,
  'tm.would-thin': (d: { path: string }) => `Would delete ${d.path}`,
  'tm.nothing-to-thin': () => 'There is nothing to delete',
  'tm.rehearsed': () => 'That was a rehearsal: nothing was deleted. Without --dry-run it is.',
  'help.timemachine': () =>
    'keep versions of single files: without a further word, look once and copy what has changed',
  'help.timemachine.list-name': () => 'name of the list of files (config.dat)',
  'help.timemachine.list-folder': () =>
    'folder of the list and of the log (as config.ini says, else the current one); also as -cl',
  'help.timemachine.destination': () =>
    'folder for the copies and their record (as config.ini says, else the current one)',
  'help.timemachine.list': () => 'show the list; goes before -a',
  'help.timemachine.add': () => 'add a file to the list; goes before -r',
  'help.timemachine.remove': () => 'remove a file from the list',
  'help.timemachine.note': () =>
    'In the list, a line is a file, a folder with all in it, or a pattern such as "/srv/**/*.docx". For cron, every minute: ' +
    '* * * * * plugback timemachine run -c config.dat -cl /home/anna -d /mnt/copies',
  'help.timemachine.do-add': () => 'add files, folders or patterns to the list',
  'help.timemachine.do-remove': () => 'remove them from the list; their copies stay',
  'help.timemachine.do-list': () => 'show the list',
  'help.timemachine.do-run': () => 'look once at all files and copy what has changed',
  'help.timemachine.do-watch': () => 'go on watching: copy each change a second after it',
  'help.timemachine.do-versions': () => 'show the versions of a file, the newest first',
  'help.timemachine.do-restore': () =>
    'bring a version of a file back; what the file holds now is copied before',
  'help.timemachine.do-diff': () => 'show what has changed in a file since a version',
  'help.timemachine.do-thin': () => 'delete old versions, never the newest one',
  'help.timemachine.at': () => 'the file as it was at a time, such as "2026-11-21 03:12" or 2026-11-21',
  'help.timemachine.version': () => 'the version with this number, as “versions” shows it',
  'help.timemachine.to': () => 'put it there instead, where nothing is yet',
  'help.timemachine.keep': () =>
    'keep all of the last DAYS days, then one a day for DAILY days, one a week for WEEKLY weeks, one a month for MONTHLY months (without it: for ever), as DAYS,DAILY,WEEKLY,MONTHLY (7,30,26)',
  'help.timemachine.dry-run': () => 'say what would be deleted, delete nothing',
  'usage.at': (d: { value: string }) =>
    `--at ${d.value}: That is no valid time; it should look like "2026-11-21 03:12:44", 03:12 and 03:12:44 may be left out.`,
  'usage.version': (d: { value: string }) =>
    `--version ${d.value}: That is no number of a version; it should be a whole number from 1 on, as “plugback timemachine versions” shows them.`,
  'usage.keep': (d: { value: string }) =>
    `--keep ${d.value}: That is not understood; it should be numbers with commas between them, such as 7,30,26 or 7,30,26,24.`,
  'usage.empty-name': (d: { word: string }) =>
    `The name for ${d.word} is empty; it should be that of a file or folder. Is a variable not set?`,
  'usage.folder-removed': (d: { word: string }) =>
    `The current folder was removed, so that “${d.word}” means nothing; go to another one (cd), or name list, copies and files by their full paths.`,
  'usage.at-or-version': () => '--at and --version cannot be used together.',

  // --- warnings: the run goes on
  'warn.crashed-run': (d: { since: string | null }, f: Format) =>
    `The last run on this disk did not end properly${d.since === null ? '' : ` (started ${f.dateTime(d.since)})`}: ` +
    'its lock file was still there. The copy on the disk was incomplete until now; this run completes it.',
  'warn.crashed-run-source': () =>
    'A lock file of a run that is gone was still in the source. It was taken over and will be removed.',
  'warn.marker-gone': (d: { path: string }) =>
    `The lock file ${d.path} was already gone when it should be removed. Somebody or something else deleted it.`,
  'warn.power-off-failed': (d: { reason: string }) =>
    `The backup is complete and the disk can be unplugged, but its drive could not be switched off (${d.reason}).`,
  'warn.power-off-shared': (d: { devices: readonly string[] }, f: Format) =>
    `The drive was not switched off, because ${f.list(d.devices)} would have been switched off with it. The disk can be unplugged all the same.`,
  'warn.leftover-mapping': (d: { mapping: string }) =>
    `The disk was still unlocked (as ${d.mapping}) from a run that died. It was locked and unlocked again.`,
  'warn.leftover-mount': (d: { mountPoint: string }) =>
    `The disk was still mounted at ${d.mountPoint} from a run that died. It was unmounted, checked and mounted again.`,
  'warn.fsck-repaired': (d: { program: string }) =>
    `The disk’s filesystem had small errors, probably from being pulled out too early; ${d.program} repaired them.`,
  'warn.fsck-missing': (d: { program: string; type: string }) =>
    `The ${d.type} filesystem could not be checked because ${d.program} is not installed. The copy goes on without.`,
  'warn.mount-point-not-empty': (d: { mountPoint: string }) =>
    `The folder ${d.mountPoint} holds files of its own underneath the disk. They fill the system’s disk unseen: ` +
    'look at them while no disk is mounted, and remove them.',
  'warn.free-space-low': (d: { freeBytes: number; thresholdBytes: number }, f: Format) =>
    `Only ${f.bytes(d.freeBytes)} are free on the disk, less than the ${f.bytes(d.thresholdBytes)} you asked for. ` +
    'Plan a larger disk, or remove old backups from the source.',
  'warn.files-vanished': (d: { count: number }, f: Format) =>
    `${d.count > 0 ? files(d.count, f) : 'Some files'} disappeared from the source while copying. That is usual when ` +
    'somebody works in it; everything else was copied.',
  'warn.veeam-folder-missing': (d: { path: string }) =>
    `The folder for Veeam’s lock files, ${d.path}, does not exist, so nobody can tell whether Veeam is writing. ` +
    'Create it or mount it, or correct veeam-lockfile-path.',
  'warn.veeam-lock-stale': (
    d: { locks: readonly VeeamLock[]; why: StaleReason; isRemoved: boolean },
    f: Format,
  ) =>
    `A lock of Veeam was left behind: ${locksOf(d.locks, f)}; ${staleReasons[d.why] ?? d.why}. It was not waited for` +
    `${d.isRemoved ? ' and is removed.' : '; it should be deleted.'}`,
  'warn.veeam-locks-stale': (
    d: { count: number; path: string; why: StaleReason; isRemoved: boolean },
    f: Format,
  ) =>
    `${f.count(d.count)} locks of Veeam were left behind in ${d.path}; the reason for each: ${staleReasons[d.why] ?? d.why}. They were not waited for` +
    `${d.isRemoved ? ' and are removed.' : '; they should be deleted.'}`,
  'warn.veeam-lock-odd': (
    d: { locks: readonly VeeamLock[]; oddity: LockOddity; until: string | null },
    f: Format,
  ) =>
    `A lock of Veeam is strange: ${locksOf(d.locks, f)}; ${lockOddities[d.oddity] ?? d.oddity}. ` +
    `It counts until ${d.until == null ? 'its time is over' : f.dateTime(d.until)}. If Veeam is not writing, delete it.`,
  'warn.veeam-clock-unknown': (d: { path: string; reason: string }) =>
    `Nothing can be written into the folder for Veeam’s lock files, ${d.path} (${d.reason}), so nobody can tell how old a lock is: ` +
    'none expires. Let plugback write there, or delete locks that were forgotten.',
  'warn.veeam-during-copy': (d: { locks: readonly VeeamLock[] }, f: Format) =>
    `Veeam began to write while the copy ran: ${locksOf(d.locks, f)}. Backups that it wrote meanwhile may be half on the disk; ` +
    'the next copy completes them.',
  'warn.veeam-waits-long': (d: { locks: readonly VeeamLock[] }, f: Format) =>
    `Veeam has waited for the copy for ten minutes: ${locksOf(d.locks, f)}. Its agents do not wait longer, so it may have begun to write. ` +
    'With veeam-during-copy = yield the copy makes room.',
  'warn.veeam-gave-up': (d: { locks: readonly VeeamLock[] }, f: Format) =>
    `Veeam’s script does not wait for the copy any longer: ${locksOf(d.locks, f)}. An agent may have begun to write then; ` +
    'backups that it wrote meanwhile may be half on the disk. The next copy completes them; with veeam-during-copy = yield the copy makes room.',
  'warn.veeam-paused': (d: { locks: readonly VeeamLock[]; seconds: number }, f: Format) =>
    `The copy paused for Veeam (${namesOf(d.locks, f)}) for ${f.duration(d.seconds)}, then went on.`,
  'warn.kernel-log-unreadable': (d: { reason: string }) =>
    `The kernel’s log could not be read (${d.reason}), so disk errors reported only there would not be noticed.`,
  'warn.excludes-missing': (d: { path: string }) =>
    `The list of files to leave out, ${d.path}, does not exist. Everything was copied.`,
  'warn.filesystem-limits': (
    d: { type: string; skipped: number; refused: number; twins: number; names: readonly string[] },
    f: Format,
  ) =>
    `The disk’s filesystem is ${d.type}, which keeps no owners${d.type === 'NTFS' ? ' and rights' : ', rights and links'}` +
    `${d.type === 'FAT' ? ' and takes no file of 4 GB or more' : ''}; ext4 keeps everything.` +
    (d.skipped === 0
      ? ''
      : ` Left out (${d.type === 'NTFS' ? '' : 'links, '}pipes, devices): ${f.count(d.skipped)}.`) +
    (d.refused + d.twins === 0
      ? ''
      : ` NOT kept, because of ${d.refused + d.twins === 1 ? 'its name' : 'their names'}: ${files(d.refused + d.twins, f)}, such as ${f.list(d.names)}.`),
  'warn.rsync-log': (d: { path: string; reason: string }) =>
    `The list of changes could not be written to ${d.path} (${d.reason}). The backup goes on without it.`,
  'warn.mail-waiting': (d: { count: number; reason: string }, f: Format) =>
    `${f.count(d.count)} ${d.count === 1 ? 'mail' : 'mails'} could not be sent yet (${d.reason}). ` +
    'They wait in the outbox and leave with the next chance.',
  'warn.cleanup-failed': (d: { problem: string }) => `While cleaning up: ${d.problem}`,

  // --- mail: the way to the server, as “plugback check --mail” tells it
  'mail.stage.resolve': (d: { server: string; addresses: readonly string[] }, f: Format) =>
    `The mail server ${d.server} is known (${f.list(d.addresses)}).`,
  'mail.stage.connect': (d: { address: string; port: number }) =>
    `Connected to ${d.address}, port ${d.port}.`,
  'mail.stage.tls': (d: { protocol: string }) =>
    `The connection is encrypted (${d.protocol}), and the server’s certificate is trusted.`,
  'mail.stage.no-tls': () => 'The connection is not encrypted, because security = none is configured.',
  'mail.stage.login': (d: { username: string }) => `Logged in as ${d.username}.`,
  'mail.stage.no-login': () => 'No username is configured, so there was no login.',
  'mail.stage.accepted': (d: { addresses: readonly string[] }, f: Format) =>
    `The server took the mail for ${f.list(d.addresses)}.`,

  // --- mail: notes inside a mail
  'mail.attachment-missing': (d: { name: string; path: string; reason: string }) =>
    `${d.name} is not attached: ${d.path} cannot be read (${d.reason}).`,
  'mail.attachment-too-large': (d: { name: string; path: string }) =>
    `${d.name} is not attached: attach-limit-mb leaves no room for it. It lies at ${d.path}.`,
  'mail.attachments-refused': (d: { files: string }) =>
    `Nothing is attached, because the mail server refused a mail of that size. The files lie here: ${d.files}.`,
  'mail.attachments-no-space': (d: { files: string }) =>
    `Nothing is attached, because this machine’s own disk is full. The files lie here: ${d.files}.`,
  'mail.cut': (d: { bytes: number; path: string }, f: Format) =>
    `[… ${f.bytes(d.bytes)} are left out here, because of attach-limit-mb. The whole file: ${d.path} …]`,

  // --- mail: why one did not leave
  'mail.failure.not-configured': (_: MailTrouble) => 'No mail server is configured.',
  'mail.failure.no-recipients': (_: MailTrouble) => 'No recipient is configured.',
  'mail.failure.unknown-host': (d: MailTrouble) =>
    `The mail server ${d.server} is not known to the network${said(d)}.`,
  'mail.failure.connection-refused': (d: MailTrouble) =>
    `The mail server ${d.server} refuses connections at port ${d.port}.`,
  'mail.failure.unreachable': (d: MailTrouble) => `There is no way to the mail server ${d.server}${said(d)}.`,
  'mail.failure.connect-timeout': (d: MailTrouble) =>
    `The mail server ${d.server} does not answer at port ${d.port}.`,
  'mail.failure.silent': (d: MailTrouble) => `The mail server ${d.server}, port ${d.port}, fell silent.`,
  'mail.failure.turned-away': (d: MailTrouble) =>
    `The mail server ${d.server} turned this machine away${said(d)}.`,
  'mail.failure.hung-up': (d: MailTrouble) =>
    `The mail server ${d.server} ended the connection too early${said(d)}.`,
  'mail.failure.tls-not-offered': (d: MailTrouble) =>
    `The mail server ${d.server} does not offer an encrypted connection at port ${d.port}${said(d)}.`,
  'mail.failure.tls-required': (d: MailTrouble) =>
    `The mail server ${d.server} wants an encrypted connection${said(d)}.`,
  'mail.failure.tls-failed': (d: MailTrouble) =>
    `No encrypted connection with the mail server ${d.server}, port ${d.port}, came about${said(d)}.`,
  'mail.failure.certificate-untrusted': (d: MailTrouble) =>
    `This machine does not trust the certificate of the mail server ${d.server}${said(d)}.`,
  'mail.failure.certificate-name': (d: MailTrouble) =>
    `The certificate of the mail server ${d.server} was made for another name${said(d)}.`,
  'mail.failure.certificate-expired': (d: MailTrouble) =>
    `The certificate of the mail server ${d.server} is not valid at this time${said(d)}.`,
  'mail.failure.password-missing': (_: MailTrouble) => 'A username is configured for mail, but no password.',
  'mail.failure.password-file': (d: MailTrouble) => `The password file ${d.path} cannot be read${said(d)}.`,
  'mail.failure.login-not-offered': (d: MailTrouble) =>
    `The mail server ${d.server} offers no login on this connection.`,
  'mail.failure.login-required': (d: MailTrouble) => `The mail server ${d.server} wants a login${said(d)}.`,
  'mail.failure.login-refused': (d: MailTrouble) =>
    `The mail server ${d.server} refused the login${said(d)}.`,
  'mail.failure.sender-refused': (d: MailTrouble, f: Format) =>
    `The mail server ${d.server} refused the sender ${f.list(d.addresses)}${said(d)}.`,
  'mail.failure.recipient-refused': (d: MailTrouble, f: Format) =>
    `The mail server ${d.server} refused the ${d.addresses.length === 1 ? 'recipient' : 'recipients'} ${f.list(d.addresses)}${said(d)}.`,
  'mail.failure.message-refused': (d: MailTrouble) =>
    `The mail server ${d.server} refused the mail${said(d)}.`,
  'mail.failure.too-large': (d: MailTrouble) =>
    `The mail is too large for the mail server ${d.server}${said(d)}.`,
  'mail.failure.try-later': (d: MailTrouble) =>
    `The mail server ${d.server} cannot take the mail at the moment${said(d)}.`,
  'mail.failure.out-of-time': (d: MailTrouble) =>
    `The mail server ${d.server} was not done in the time that sending may take.`,
  'mail.failure.stopped': (_: MailTrouble) => 'Sending was stopped from outside.',
  'mail.failure.outbox-busy': (_: MailTrouble) => 'Another process is sending the waiting mails.',
  'mail.failure.unexpected': (d: MailTrouble) => `Something unforeseen happened while sending${said(d)}.`,

  // --- mail: what to do about it
  'mail.remedy.not-configured': (_: MailTrouble) => 'Set “server” in section MAIL.',
  'mail.remedy.no-recipients': (_: MailTrouble) => 'Set “to-mail-addresses-sysop” in section MAIL.',
  'mail.remedy.unknown-host': (_: MailTrouble) =>
    'Correct “server” in section MAIL, or check the network and its name service (DNS).',
  'mail.remedy.connection-refused': (_: MailTrouble) =>
    'Is the mail server running? Or correct “port” in section MAIL: usually 587 for starttls, 465 for tls, 25 for none.',
  'mail.remedy.unreachable': (_: MailTrouble) =>
    'Check the network and the firewall, and “server” in section MAIL.',
  'mail.remedy.connect-timeout': (_: MailTrouble) =>
    'Check the firewall, and “server” and “port” in section MAIL.',
  'mail.remedy.silent': (d: MailTrouble) =>
    `It is tried again by itself. If it stays so, check that “port” and “security” in section MAIL fit (now ${d.port} and ${d.security}; usual are 587 and starttls, 465 and tls, 25 and none).`,
  'mail.remedy.turned-away': (_: MailTrouble) =>
    'Let the mail server accept mail from this machine; its log tells why it does not. Or correct “server” in section MAIL.',
  'mail.remedy.hung-up': (_: MailTrouble) =>
    'It is tried again by itself. If it stays so, look at the mail server’s log, and check “port” and “security” in section MAIL.',
  'mail.remedy.tls-not-offered': (_: MailTrouble) =>
    'Nothing was sent. Set “security = tls” and “port = 465” in section MAIL, or “security = none” where the network itself is trusted.',
  'mail.remedy.tls-required': (_: MailTrouble) => 'Set “security = starttls” in section MAIL.',
  'mail.remedy.tls-failed': (d: MailTrouble) =>
    `Nothing was sent. Check that “port” and “security” in section MAIL fit (now ${d.port} and ${d.security}; usual are 587 and starttls, 465 and tls).`,
  'mail.remedy.certificate-untrusted': (_: MailTrouble) =>
    'Nothing was sent. If it is your own server: copy its CA’s certificate to /usr/local/share/ca-certificates/NAME.crt and run update-ca-certificates. Or correct “server” in section MAIL.',
  'mail.remedy.certificate-name': (_: MailTrouble) =>
    'Nothing was sent. Set “server” in section MAIL to the name in the certificate.',
  'mail.remedy.certificate-expired': (_: MailTrouble) =>
    'Nothing was sent. Renew the certificate on the mail server; if it is valid, correct this machine’s clock. “server” in section MAIL names the server.',
  'mail.remedy.password-missing': (_: MailTrouble) =>
    'Write the password into a file and name it as “password-file” in section MAIL.',
  'mail.remedy.password-file': (_: MailTrouble) =>
    'Correct “password-file” in section MAIL, or the file’s rights.',
  'mail.remedy.login-not-offered': (_: MailTrouble) =>
    'Set “security = starttls” or “tls” in section MAIL; or, where the server wants no login, remove “username”.',
  'mail.remedy.login-required': (_: MailTrouble) => 'Set “username” and “password-file” in section MAIL.',
  'mail.remedy.login-refused': (_: MailTrouble) =>
    'Correct “username” and “password-file” (or “password”) in section MAIL. Some providers want an app password.',
  'mail.remedy.sender-refused': (_: MailTrouble) =>
    'Set “from-mail-address” in section MAIL to an address from which this server lets you send.',
  'mail.remedy.recipient-refused': (_: MailTrouble) =>
    'Correct the address: it stands in “to-mail-addresses-sysop” or “cc” in section MAIL, or behind the disk’s UUID in section BACKUP.',
  'mail.remedy.message-refused': (_: MailTrouble) =>
    'The mail waits. Look at the mail server’s log and its spam filter, and check “from-mail-address” in section MAIL.',
  'mail.remedy.too-large': (_: MailTrouble) => 'Lower “attach-limit-mb” in section MAIL.',
  'mail.remedy.try-later': (_: MailTrouble) => 'The mail waits and is tried again by itself.',
  'mail.remedy.out-of-time': (_: MailTrouble) =>
    'The mail waits and is tried again by itself. If it stays so, check “server” and “port” in section MAIL.',
  'mail.remedy.stopped': (_: MailTrouble) => 'The mail waits and is tried again by itself.',
  'mail.remedy.outbox-busy': (_: MailTrouble) => 'Nothing to do: it sends this mail, too.',
  'mail.remedy.unexpected': (_: MailTrouble) =>
    'The mail waits and is tried again by itself. If it stays so, set debug = yes and report the log.',
};

const rsyncMeanings: { readonly [M in RsyncMeaning]: string } = {
  usage: 'rsync did not understand its options',
  'files-unreadable': 'the source could not be read',
  'input-output': 'reading or writing failed',
  'out-of-memory': 'the machine ran out of memory',
  partial: 'some files could not be copied',
  'delete-limit': 'the limit for deletions was reached',
  timeout: 'the disk or the source stopped answering',
  killed: 'rsync was ended from outside',
  protocol: 'rsync’s two halves lost each other',
  unknown: 'rsync failed',
};

const copyRemedies: { readonly [M in RsyncMeaning]: string } = {
  usage: 'Look at rsync-options in the configuration.',
  'files-unreadable': 'Look at the rights of the files named in the rsync log, then run the backup again.',
  'input-output':
    'Check cable and disk; if it happens again, replace the disk. Run the backup again to complete it.',
  'out-of-memory': 'End other programs, then run the backup again.',
  partial: 'The files are named in the rsync log. Correct them, then run the backup again.',
  'delete-limit': 'Look at rsync-options in the configuration.',
  timeout: 'Check cable, disk and source, then run the backup again.',
  killed: 'Run the backup again.',
  protocol: 'Run the backup again; if it happens again, look at the rsync log.',
  unknown: 'The rsync log tells more. Run the backup again.',
};

/** What an exit code of plugback's own means for a job of the night. */
const ownExits: { readonly [kind: string]: { readonly [exitCode: number]: string } } = {
  backup: {
    69: 'no disk was attached, it could not be mounted, or it was pulled out',
    73: 'another backup was running',
    75: 'Veeam was still writing',
    76: 'a guard refused it, and nothing was changed',
    77: 'rights are missing',
    78: 'the configuration is wrong',
  },
  mirror: {
    73: 'another mirror was writing there',
    74: 'not everything could be copied or deleted',
    76: 'a guard refused it, and nothing was changed',
    77: 'rights are missing',
  },
};

/** What an exit code of rsync's means for a job of the night, and what to do about it. */
const rsyncExits: { readonly [exitCode: number]: { why: string; remedy: string } } = {
  1: {
    why: 'rsync did not understand its options',
    remedy: 'Check “options” in the section of the job.',
  },
  10: {
    why: 'the connection failed',
    remedy: 'Check the network, and whether the other computer stays on meanwhile.',
  },
  11: {
    why: 'a file could not be read or written, or the target is full',
    remedy: 'Make room at the target, and check its disk and its rights.',
  },
  12: {
    why: 'the connection broke off, or the other side ended',
    remedy:
      'Check whether rsync is installed there, whether its disk has room, and whether it stays on meanwhile.',
  },
  20: { why: 'rsync was ended from outside', remedy: 'To run it again: plugback nightshift --now' },
  23: {
    why: 'not everything could be copied',
    remedy: 'The log of nightshift names the files. Check their rights, at the source and at the target.',
  },
  24: {
    why: 'some files vanished while they were copied',
    remedy:
      'All others were copied. If it happens every night, end the program that works there, or exclude its folder.',
  },
  25: {
    why: 'more was to be deleted than max-deletes allows, and the rest was kept',
    remedy:
      'Look at the source: is anything missing there that should not be? If all of it was deleted on purpose, raise max-deletes for one night.',
  },
  30: {
    why: 'the other side did not answer in time',
    remedy: 'Check the network, and whether the other computer stays on meanwhile.',
  },
  255: {
    why: 'ssh did not get through',
    remedy: 'Try it by hand: ssh to it as the user that runs nightshift; it must not ask for a password.',
  },
};

const keyFileFlaws: {
  readonly [F in KeyFileFlaw]: { problem: string; remedy: (path: string) => string };
} = {
  missing: {
    problem: 'there is no such file',
    remedy: () => 'Check encryption-key-file in the configuration (section BACKUP).',
  },
  'not-a-file': {
    problem: 'it is no plain file',
    remedy: () => 'Enter the path of a file as encryption-key-file.',
  },
  empty: { problem: 'it is empty', remedy: () => 'Put the key back where it was.' },
  'foreign-owner': {
    problem: 'it belongs to a user who is not root',
    remedy: (path) => `Give it to root: chown root: ${path}`,
  },
  'readable-by-others': {
    problem: 'other users can read or change it',
    remedy: (path) => `Take their rights away: chmod 400 ${path}`,
  },
  'in-an-open-folder': {
    problem: 'other users can replace it, because a folder above it is theirs or open to them',
    remedy: (path) =>
      `Put it where only root can write, such as /etc/plugback, and correct encryption-key-file. Whose the folders are, shows: namei -l ${path}`,
  },
  unreadable: {
    problem: 'it cannot be read',
    remedy: () => 'Check the rights of the folders above it.',
  },
};

function quoted(lines: readonly string[]): string {
  return lines.length === 0 ? '' : ` (${lines.join(' | ')})`;
}

/** What went wrong and what to do, for each error. */
export const enErrors: {
  readonly [C in ErrorCode]: (d: ErrorDetails[C], f: Format) => { problem: string; remedy: string };
} = {
  usage: (d) => ({ problem: d.problem, remedy: 'plugback --help shows what can be typed.' }),
  config: (d, f) => ({
    problem: `The configuration ${d.path} has ${f.count(d.problems.length)} ${d.problems.length === 1 ? 'mistake' : 'mistakes'}: ${d.problems.join(' · ')}`,
    remedy: d.isVeeamSide
      ? 'Nothing was locked or unlocked. Correct it, then call the pre-job and the post-job script once by hand.'
      : 'Nothing was started. Correct it, then try: plugback check',
  }),
  'config-missing': (d) => ({
    problem: `There is no configuration. Looked for: ${d.searched.join(', ')}.`,
    remedy: `Copy config.ini.template to ${d.searched.at(-1)} and fill it in, or name one with --config FILE.`,
  }),
  'config-exists-not': (d) => ({
    problem: `The configuration ${d.path} cannot be read: ${d.reason}.`,
    remedy: 'Correct the path, or the file.',
  }),
  'config-forbidden': (d) => ({
    problem: `This user may not read the configuration ${d.path}.`,
    remedy:
      'Type the same with sudo in front of it. (Whoever can read it can read the mail server’s password, if it holds that.)',
  }),
  'config-not-writable': (d) => ({
    problem: `The configuration ${d.path} cannot be changed (${d.reason}). It is as it was.`,
    remedy: 'Type the same as root, once its folder can be written to.',
  }),
  'no-rights': (d) => ({
    problem: `Administrator rights are missing: ${d.program} may not be run.`,
    remedy: 'Run plugback as root, or allow this user “sudo -n”.',
  }),
  'program-missing': (d) => ({
    problem: `The program ${d.program} is not installed.`,
    remedy: 'Install it; plugback check names the package.',
  }),
  'no-disks-enrolled': (d) => ({
    problem: `No backup disk is enrolled in ${d.path}.`,
    remedy: 'Plug one in, see it with “plugback disks”, then: plugback enroll UUID',
  }),
  'no-disk-attached': (d, f) => ({
    problem:
      d.uuids.length === 1
        ? 'The enrolled disk is not plugged in.'
        : `None of the ${f.count(d.uuids.length)} enrolled disks is plugged in.`,
    remedy: 'Plug one in. “plugback disks” shows what this machine sees.',
  }),
  'disk-not-attached': (d) => ({
    problem: `The disk ${d.uuid} is not plugged in.`,
    remedy: 'Plug it in, or check the cable. “plugback disks” shows what this machine sees.',
  }),
  'duplicate-uuid': (d, f) => ({
    problem: `Two filesystems have the same UUID ${d.uuid}: ${f.list(d.devices)}. One is a clone, and nobody can tell which is the backup disk.`,
    remedy: 'Nothing was mounted. Unplug the one that is not meant, or give the clone a new UUID.',
  }),
  'system-disk': (d) => ({
    problem: `${d.device} is part of this machine’s own disk (it holds ${d.uses}), not a backup disk.`,
    remedy: 'Nothing was mounted. Remove its UUID from the configuration.',
  }),
  'disk-encrypted': (d) => ({
    problem: `${d.device} is encrypted, and there is no key to unlock it with.`,
    remedy: 'Enter the path of its key file as encryption-key-file in the configuration (section BACKUP).',
  }),
  'not-encrypted-any-more': (d) => ({
    problem: `${d.device} has the UUID of a backup disk that was encrypted, but is not encrypted. Nothing was copied or deleted.`,
    remedy: `It may be somebody’s imitation: look at it. If you have set up the disk anew without encryption: rm ${d.path}`,
  }),
  'key-file-unusable': (d) => ({
    problem: `The key file ${d.path} cannot be used: ${keyFileFlaws[d.flaw].problem}. Nothing was unlocked.`,
    remedy: keyFileFlaws[d.flaw].remedy(d.path),
  }),
  'wrong-key': (d) => ({
    problem: `The key file ${d.path} does not unlock ${d.device}. The header of its encryption is in order.`,
    remedy: `Enter the right encryption-key-file, or add this key to the disk: cryptsetup luksAddKey ${d.device} ${d.path}`,
  }),
  'encryption-damaged': (d) => ({
    problem: `The header of the encryption on ${d.device} is damaged (${d.reason}). No key can unlock the disk like that.`,
    remedy: `Restore the header from its backup (cryptsetup luksHeaderRestore ${d.device} --header-backup-file FILE), or set up the disk anew.`,
  }),
  'already-unlocked': (d) => ({
    problem: `The encrypted disk ${d.device} is already unlocked, by somebody else.`,
    remedy: 'Unmount and lock it (lsblk shows its name; cryptsetup close NAME), then start the backup again.',
  }),
  'unlock-failed': (d) => ({
    problem: `The encrypted disk ${d.device} could not be unlocked (${d.reason}).`,
    remedy: `Try it by hand: cryptsetup open --test-passphrase --key-file FILE ${d.device}`,
  }),
  'container-empty': (d) => ({
    problem: `The encrypted disk ${d.device} was unlocked, but there is no filesystem in it.`,
    remedy: 'Make one: unlock the disk by hand, and format what is inside (mkfs.ext4 /dev/mapper/NAME).',
  }),
  'lock-failed': (d) => ({
    problem: `The encrypted disk ${d.device} could not be locked again; something still uses ${d.mapping}.`,
    remedy: `End what uses it, then lock it by hand: cryptsetup close ${d.mapping}`,
  }),
  'disk-gone': (d) => ({
    problem: `The disk ${d.device} was pulled out${goneWhen[d.phase] ?? ''}.`,
    remedy: 'Plug it in again: the backup starts by itself and goes on where it was.',
  }),
  'veeam-busy': (d, f) => ({
    problem: `Veeam was still writing, or about to, after ${f.count(d.minutes)} min: ${locksOf(d.locks, f)}. Nothing was copied.`,
    remedy:
      'Start the backup again when Veeam has finished, or raise wait-for-veeam-minutes. If Veeam is not running, delete the lock file.',
  }),
  'veeam-kept-writing': (d, f) => ({
    problem: `The copy made room for Veeam, which was still writing after ${f.count(d.minutes)} min: ${locksOf(d.locks, f)}. The copy is not complete.`,
    remedy:
      'Start the backup again when Veeam has finished: it goes on where it was. Or raise wait-for-veeam-minutes. If Veeam is not running, delete the lock file.',
  }),
  'copy-running': (d, f) => ({
    problem: `A copy was still running after ${f.count(d.minutes)} min (its lock file is ${d.path}). Veeam got no lock.`,
    remedy:
      'Start Veeam’s job again when the copy has ended, raise wait-for-backup-minutes, or set veeam-during-copy = yield on the machine that copies.',
  }),
  'veeam-lock-not-written': (d) => ({
    problem: `Veeam’s lock cannot be written into the folder ${d.path} (${d.reason}), so nothing keeps copies away.`,
    remedy: {
      full: 'Make room there.',
      missing: 'Create the folder, or mount the share; else correct veeam-lockfiles.',
      other:
        'Check the share, its rights for the account under which Veeam runs its scripts, and veeam-lockfiles.',
    }[d.hindrance],
  }),
  'veeam-lock-not-removed': (d) => ({
    problem: `Veeam’s lock in ${d.path} cannot be removed (${d.reason}).`,
    remedy:
      d.hindrance === 'missing'
        ? 'Create the folder, or mount the share; else correct veeam-lockfiles. Until its time is over, copies wait for the lock.'
        : 'Delete it by hand: until its time is over, copies wait for it.',
  }),
  'veeam-lock-withdrawn': (d) => ({
    problem: `While the script of the job ${d.job} waited, its announcement was taken out of ${d.path}, by veeam-unlock or by hand. No lock was raised.`,
    remedy:
      'If Veeam is still to write, start its job again. Jobs of one machine need different names (--job).',
  }),
  'veeam-interrupted': (d, f) => ({
    problem:
      `Veeam’s pre-job script was stopped from outside (${d.signal}). ` +
      (d.path == null || d.until == null
        ? `No lock of the job ${d.job} stands.`
        : `${d.path} stands, and no copy begins before ${f.dateTime(d.until)}: a Veeam agent that ends a script begins to write.`),
    remedy:
      d.path == null
        ? 'Start Veeam’s job again.'
        : `When Veeam is not writing, let go of it: plugback veeam-unlock --job "${d.job}"`,
  }),
  'veeam-locks-unreadable': (d) => ({
    problem: `The folder for Veeam’s lock files, ${d.path}, cannot be read (${d.reason}), so it is unknown whether Veeam is writing. Nothing more was copied.`,
    remedy: 'Check the share and its rights.',
  }),
  'already-mounted': (d) => ({
    problem: `The disk ${d.device} is already mounted at ${d.mountPoint}, by somebody else.`,
    remedy: `Unmount it (umount ${d.mountPoint}) and switch off the desktop’s automatic mounting, then start the backup again.`,
  }),
  'mount-point-in-use': (d) => ({
    problem: `Something else (${d.device}) is mounted at ${d.mountPoint}, where the backup disk belongs. Nothing was copied.`,
    remedy: `Unmount it (umount ${d.mountPoint}), or choose another backup-destination.`,
  }),
  'mount-point-unusable': (d) => ({
    problem: `The folder ${d.mountPoint} cannot be used as the mount point (${d.reason}).`,
    remedy: 'Correct backup-destination, or the rights of the folder above it.',
  }),
  'mount-failed': (d) => ({
    problem: `The disk ${d.device} cannot be mounted at ${d.mountPoint} (${d.reason}).`,
    remedy:
      'Unplug it and plug it in again. If that does not help, check it at another computer or use another disk.',
  }),
  'driver-missing': (d) => ({
    problem: `This machine cannot mount the disk ${d.device}: it lacks the driver for ${d.type}.`,
    remedy:
      d.package === null
        ? 'Use a kernel that has the driver, or format the disk as ext4.'
        : `Type: apt-get install ${d.package}. Or format the disk as ext4.`,
  }),
  'fsck-failed': (d) => ({
    problem: `The filesystem of ${d.device} is damaged, and ${d.program} cannot repair it by itself (exit code ${d.exitCode}). The disk was not mounted.`,
    remedy: `Run “${d.program} ${d.device}” by hand, or use another disk.`,
  }),
  'wrong-device-mounted': (d) => ({
    problem: `After mounting, ${d.mountPoint} holds ${d.found} and not the backup disk (${d.expected}). Nothing was copied.`,
    remedy: 'Look at “findmnt”, unplug other disks, and start the backup again.',
  }),
  'disk-read-only': (d) => ({
    problem: d.writeProtected
      ? `The disk ${d.device} is write-protected.`
      : `The disk ${d.device} can only be mounted read-only; its filesystem is probably damaged.`,
    remedy: d.writeProtected
      ? 'Slide its switch, or use another disk.'
      : 'Check it at another computer, or use another disk.',
  }),
  'disk-not-writable': (d) => ({
    problem: `Nothing can be written to the disk at ${d.mountPoint} (${d.reason}).`,
    remedy: 'Check the disk at another computer, or use another disk.',
  }),
  'already-running': (d, f) => ({
    problem: `A backup on this disk is already running${d.since === null ? '' : ` since ${f.dateTime(d.since)}`}${d.pid === null ? '' : ` (process ${d.pid})`}. This second start ended without doing anything.`,
    remedy: 'Wait for the mail of the first one. “plugback status” shows how far it is.',
  }),
  'lock-lost': (d) => ({
    problem: `The lock ${d.path} was lost while the backup was running; another run may have started.`,
    remedy: 'Start the backup again. If it happens again, look at this machine’s clock and load.',
  }),
  'directory-unusable': (d) => ({
    problem: `The folder ${d.path} cannot be used (${d.reason}).`,
    remedy: 'Run plugback as root, make room there, or correct state-directory and runtime-directory.',
  }),
  'marker-not-writable': (d) => ({
    problem: `The lock file ${d.path} cannot be written (${d.reason}). Nothing was copied.`,
    remedy: 'Check the rights of that folder.',
  }),
  'marker-name-taken': (d) => ({
    problem: `${d.path} is a file of yours, and it has the name of the lock file. Nothing was copied or deleted.`,
    remedy: 'Choose another backup-lockfile-path.',
  }),
  'marker-not-removable': (d) => ({
    problem: `The lock file ${d.path} cannot be removed (${d.reason}).`,
    remedy: 'Delete it by hand: as long as it is there, Veeam waits.',
  }),
  'source-missing': (d) => ({
    problem: `The source ${d.path} does not exist. Nothing was copied or deleted.`,
    remedy: 'Is it mounted? Or correct backup-source.',
  }),
  'source-not-a-directory': (d) => ({
    problem: `The source ${d.path} is not a folder. Nothing was copied or deleted.`,
    remedy: 'Correct backup-source.',
  }),
  'source-empty': (d) => ({
    problem: `The source ${d.path} is empty. Nothing was copied or deleted.`,
    remedy: 'Is it mounted?',
  }),
  'everything-excluded': (d) => ({
    problem: `Nothing is left of the source ${d.path} once everything is taken away that is to be left out. Nothing was copied or deleted.`,
    remedy: 'Look at rsync-excludes and rsync-options in the configuration.',
  }),
  'source-unreadable': (d) => ({
    problem: `The source ${d.path} cannot be read (${d.reason}). Nothing was copied or deleted.`,
    remedy: 'Check the share, its rights, and its disk.',
  }),
  'source-not-mounted': (d) => ({
    problem:
      d.known === 'fstab'
        ? `${d.mountPoint} should be mounted according to /etc/fstab, but is not; the source ${d.path} is therefore not what it should be. Nothing was copied or deleted.`
        : `At the last good backup ${d.mountPoint} was a mounted filesystem, now it is not; the source ${d.path} is therefore not what it was. Nothing was copied or deleted.`,
    remedy: `Mount it (mount ${d.mountPoint}). If it is meant to be so: plugback run --allow-deletes`,
  }),
  'source-sentinel-missing': (d) => ({
    problem: `The source ${d.path} does not hold “${d.sentinel}”, which it must contain. Nothing was copied or deleted.`,
    remedy: 'Is the right filesystem mounted? Or correct source-must-contain.',
  }),
  'source-on-disk': (d) => ({
    problem: `The source ${d.path} lies on the backup disk itself (${d.device}). Nothing was copied or deleted.`,
    remedy: 'Correct backup-source or backup-destination.',
  }),
  'excludes-unusable': (d) => ({
    problem:
      d.line === null
        ? `The list of files to leave out, ${d.path}, cannot be read (${d.reason}). Nothing was copied.`
        : `Line ${d.line} of ${d.path} begins with “!”, which would make rsync forget how to protect lock files and lost+found. Nothing was copied.`,
    remedy: d.line === null ? 'Correct rsync-excludes.' : 'Remove that line.',
  }),
  'destination-not-mounted': (d) => ({
    problem: `The backup disk is no longer mounted at ${d.mountPoint}. The copy was stopped before it could fill this machine’s own disk.`,
    remedy: 'Find out who unmounted it, then start the backup again.',
  }),
  'too-many-deletions': (d, f) => ({
    problem: `${f.count(d.deletes)} of ${f.count(d.files)} files on the disk (${f.percent(d.percent)}) would be deleted, more than the ${f.percent(d.limit)} that max-delete-percent allows. Nothing was copied or deleted.`,
    remedy: 'Is the source complete? If it is meant: plugback run --allow-deletes',
  }),
  'not-enough-space': (d, f) => ({
    problem: `The copy needs ${f.bytes(d.neededBytes)}, but only ${f.bytes(d.freeBytes)} are free on the disk: ${f.bytes(d.neededBytes - d.freeBytes)} too little. Nothing was copied or deleted.`,
    remedy: d.inPlaceWouldFit
      ? 'Use a larger disk. Or set rsync-options = --inplace: then large files are overwritten where they are, which fits, but leaves a torn file if the copy is interrupted.'
      : 'Use a larger disk, or remove old backups from the source.',
  }),
  'not-enough-inodes': (d, f) => ({
    problem: `The copy needs ${f.count(d.needed)} more files than before, but the disk’s filesystem can hold only ${f.count(d.free)} more. Nothing was copied or deleted.`,
    remedy: 'Format the disk with more inodes, or use a larger one.',
  }),
  'file-too-large': (d, f) => ({
    problem: `${files(d.count, f)} ${d.count === 1 ? 'is' : 'are'} too large for the disk, whose ${d.type} filesystem takes none of 4 GB or more: ${d.name} has ${f.bytes(d.bytes)}. Nothing was copied or deleted.`,
    remedy: 'Format the disk as ext4 (or exFAT), which erases it, or leave such files out (rsync-excludes).',
  }),
  'estimate-failed': (d) => ({
    problem: `Source and disk could not be compared: ${rsyncMeanings[d.meaning]}${quoted(d.lines)}. Nothing was copied or deleted.`,
    remedy: copyRemedies[d.meaning],
  }),
  'copy-failed': (d) => ({
    problem: `The copy is not complete: ${rsyncMeanings[d.meaning]}${d.exitCode === null ? '' : ` (rsync ${d.exitCode})`}${quoted(d.lines)}.`,
    remedy: copyRemedies[d.meaning],
  }),
  'names-not-kept': (d, f) => ({
    problem: `The copy is not complete: ${files(d.count, f)} cannot be kept on the disk because of ${d.count === 1 ? 'its name' : 'their names'}, such as ${f.list(d.names)}. ${d.type} takes no name ${d.type === 'NTFS' ? 'that is not UTF-8' : 'that is not UTF-8, has one of *:?<>|, a backslash, quotation mark or line break in it, or ends with a dot or blank, and no two that differ only in capitals'}. All others were copied.`,
    remedy: 'Rename them or leave them out (rsync-excludes). Or format the disk as ext4, which erases it.',
  }),
  'disk-full': (d, f) => ({
    problem: `The disk ran full while copying (${f.bytes(d.freeBytes)} left). The backup on it is not complete.`,
    remedy: 'Use a larger disk, or remove old backups from the source.',
  }),
  'disk-io-error': (d) => ({
    problem: `The kernel reported errors of the disk ${d.device} during the run${quoted(d.lines)}. What was written cannot be trusted.`,
    remedy: 'Check the cable; if it happens again, replace the disk. Run the backup again.',
  }),
  'flush-failed': (d) => ({
    problem: `The disk at ${d.mountPoint} did not take everything that was copied (${d.reason}). The backup on it is not complete.`,
    remedy: 'Check cable and disk, then run the backup again. If it happens again, replace the disk.',
  }),
  'unmount-failed': (d, f) => ({
    problem: `The disk could not be unmounted from ${d.mountPoint}${d.holders.length === 0 ? '' : `; it is in use by ${f.list(d.holders)}`}. Do not unplug it.`,
    remedy: `End the program that uses it, then: umount ${d.mountPoint}`,
  }),
  'device-not-found': (d) => ({
    problem: `There is no disk ${d.device}.`,
    remedy: '“plugback disks” shows what this machine sees.',
  }),
  'cannot-enroll': (d) => ({
    problem: `${d.device} cannot become a backup disk: ${enObstacles[d.reason]}.`,
    remedy: '“plugback disks” shows which disks can.',
  }),
  interrupted: (d) => ({
    problem: `The backup was stopped from outside (${d.signal}). It is not complete.`,
    remedy: 'Start it again: it goes on where it ended.',
  }),
  'port-in-use': (d) => ({
    problem: `The page cannot be served: something else already listens on ${d.host}, port ${d.port}.`,
    remedy:
      'If it is plugback itself, the page is there already. Else choose another webport, or 0 for any free one.',
  }),
  'port-forbidden': (d) => ({
    problem: `The page cannot be served: this user may not listen on port ${d.port}.`,
    remedy: 'Choose a webport from 1024 on, or run plugback as root.',
  }),
  'address-unusable': (d) => ({
    problem: `The page cannot be served on ${d.host}, port ${d.port} (${d.reason}).`,
    remedy:
      'Set webhost to an address of this machine: 127.0.0.1 for itself only, 0.0.0.0 for the whole network.',
  }),
  'token-unusable': (d) => ({
    problem: `The token file ${d.path} cannot be used (${d.reason}), so backups cannot be started from the page.`,
    remedy:
      'Put a long random word into it (openssl rand -hex 24), readable by plugback only, and start plugback again.',
  }),
  'start-failed': (d) => ({
    problem: `The backup could not be started (${d.reason}).`,
    remedy: 'Start it on the machine itself: plugback run',
  }),
  'needs-root': (d) => ({
    problem: `“${d.command}” changes this machine’s settings, and for that administrator rights are missing.`,
    remedy: `Nothing was changed. Type: sudo ${d.command}`,
  }),
  'no-systemd': () => ({
    problem:
      'This machine is not run by systemd, so there is nobody who could start a backup for a plugged-in disk.',
    remedy:
      'Nothing was changed. Start “plugback run” by other means, such as cron or a udev rule of your own.',
  }),
  packaged: () => ({
    problem:
      'This plugback came as a Debian package, which has brought rule and units and takes them away itself.',
    remedy: 'Nothing was changed. Type: apt-get remove plugback',
  }),
  'install-failed': (d) => ({
    problem: `It stopped at ${d.what} (${d.reason}).`,
    remedy: 'Correct that and type the same again: what is done already is not done twice.',
  }),
  'mirror-source-unusable': (d) => ({
    problem: `The source ${placeName(d.path)} cannot be read (${d.reason}). Nothing was copied or deleted.`,
    remedy: 'Is it mounted, and is the path right?',
  }),
  'mirror-source-empty': (d) => ({
    problem: `The source ${d.path} is empty. Nothing was copied or deleted.`,
    remedy: 'Is it mounted? If the replica is to be emptied as well, use --allow-deletes.',
  }),
  'mirror-not-mounted': (d) => ({
    problem: `${d.mountPoint} should be mounted according to /etc/fstab, but is not; the folder ${d.path} is therefore not what it should be. Nothing was copied or deleted.`,
    remedy: `Mount it (mount ${d.mountPoint}).`,
  }),
  'mirror-replica-unusable': (d) => ({
    problem: `The replica ${placeName(d.path)} cannot be used (${d.reason}). Nothing was copied or deleted.`,
    remedy:
      'Is its disk mounted, and may this user write there? A folder that does not exist is not made: make it.',
  }),
  'mirror-replica-failed': (d) => ({
    problem: `The replica ${d.path} failed while it was written to (${d.reason}). What has arrived is whole; the rest is missing.`,
    remedy:
      'Is its disk still there, and sound (journalctl -k)? The next cycle goes on where this one ended.',
  }),
  'mirror-overlap': (d) => ({
    problem: `${mirrorOverlaps[d.relation]({ source: d.source, replica: d.replica })} Nothing was copied or deleted.`,
    remedy: 'Choose two folders that do not lie in each other.',
  }),
  'mirror-deletions': (d, f) => ({
    problem: `${f.count(d.deletes)} of ${f.count(d.files)} files in the replica (${f.percent(d.percent)}) would be deleted, more than the ${f.percent(d.limit)} that are allowed. Nothing was copied or deleted.`,
    remedy:
      'Is the source complete? --dry-run shows what would go. If it is meant, use --allow-deletes, or set the limit with --max-delete-percent.',
  }),
  'mirror-running': (d, f) => ({
    problem: `Another mirror is writing to ${d.path}${d.since === null ? '' : ` since ${f.dateTime(d.since)}`}${d.pid === null ? '' : ` (process ${d.pid})`}. This one ended without doing anything.`,
    remedy: 'Wait for the other one to end.',
  }),
  'mirror-log-in-replica': (d) => ({
    problem: `The log folder ${d.path} lies in the replica ${d.replica}, where everything goes that the source does not have.`,
    remedy: 'Choose another folder for the log.',
  }),
  'mirror-log-unusable': (d) => ({
    problem: `The log ${placeName(d.path)} cannot be written (${d.reason}).`,
    remedy:
      'Is its disk mounted, and may this user write there? Only LOGS is made, in a folder that exists. Else choose another folder for the log.',
  }),
  'list-folder-missing': (d) => ({
    problem: `The folder ${d.path} was not found, timemachine must now exit.`,
    remedy: 'Make it, or name another one with -cl.',
  }),
  'list-unreadable': (d) => ({
    problem: `The list ${d.path} cannot be read (${d.reason}), timemachine must now exit.`,
    remedy: 'Check its rights.',
  }),
  'list-not-writable': (d) => ({
    problem: `The list ${d.path} cannot be changed (${d.reason}). It is as it was.`,
    remedy: 'Check its rights and those of its folder, or name another one with -cl.',
  }),
  'list-broken': (d) => ({
    problem: `Line ${d.line} of the list ${d.path} cannot be understood (${d.reason}). Nothing was changed.`,
    remedy:
      'Each line should be a hyphen, a blank and a file name, in quotation marks where the name has other signs in it than letters, digits, blanks, dots, hyphens, underscores and slashes.',
  }),
  'not-in-list': (d) => ({
    problem: `${d.name} is not in the list ${d.path}.`,
    remedy: '“plugback timemachine list” shows what is.',
  }),
  'copies-folder-missing': (d) => ({
    problem: `The folder ${d.path} was not found, timemachine must now exit.`,
    remedy: 'Make it or mount it, or name another one with -d.',
  }),
  'copies-folder-unusable': (d) => ({
    problem: `Nothing can be written to the folder ${d.path} (${d.reason}), timemachine must now exit.`,
    remedy: 'Check its rights and its disk, or name another one with -d.',
  }),
  'copies-folder-full': (d, f) => ({
    problem:
      d.name === null
        ? `Nothing can be written to the folder ${d.path} (${d.reason}), timemachine must now exit.`
        : `There is no room for ${d.name}${d.count === 1 ? '' : ` and ${f.count(d.count - 1)} more`} in the folder ${d.path} (${d.reason}). What fits was copied.`,
    remedy:
      'Make room there, for example with “plugback timemachine thin” (--dry-run shows what would go), or name another one with -d.',
  }),
  'copies-folder-unreadable': (d) => ({
    problem: `${d.path} cannot be read (${d.reason}), timemachine must now exit.`,
    remedy: 'Check its rights and its disk, or name another folder with -d.',
  }),
  'copies-folder-busy': (d) => ({
    problem: `Another timemachine is still writing to ${d.path}.`,
    remedy: 'Nothing is lost: the next run copies what has changed.',
  }),
  'no-versions': (d) => ({
    problem: `There is no version of ${d.name} in ${d.path}.`,
    remedy: 'Is it the right file and, with -d, the right folder?',
  }),
  'no-such-version': (d, f) => ({
    problem: `${d.name} has no such version; there ${d.count === 1 ? 'is' : 'are'} ${f.count(d.count)}, the oldest of ${d.at}.`,
    remedy: '“plugback timemachine versions” shows them.',
  }),
  'diff-failed': (d) => ({
    problem: `${d.name} cannot be compared (${d.reason}).`,
    remedy:
      'Check its rights. “plugback timemachine restore” brings a version back, with --to to another place.',
  }),
  'restore-exists': (d) => ({
    problem: `${d.path} is there already. It was left as it is.`,
    remedy: 'Name another place with --to.',
  }),
  'restore-failed': (d) => ({
    problem: `${d.path} could not be brought back (${d.reason}). It is as it was.`,
    remedy:
      'Make room there and check the rights of its folder, or bring it back to another place with --to.',
  }),
  'restore-folder-missing': (d) => ({
    problem: `The folder ${d.path} does not exist, so nothing was brought back.`,
    remedy: 'Make it, or name another place with --to.',
  }),
  'restore-not-kept': (d) => ({
    problem: `What ${d.name} holds now could not be copied to ${d.path} before (${d.reason}), so it was left as it is.`,
    remedy: `${d.isFull ? 'Make room there, for example with “plugback timemachine thin”,' : 'Check the rights and the disk of that folder,'} or bring the version back to another place with --to: that works as it is.`,
  }),
  'no-jobs': (d) => ({
    problem: `${d.path} holds no job, so there is nothing that nightshift could back up.`,
    remedy:
      'Add a section [JOB name] (docs/nightshift.md has examples), then try: plugback nightshift --dry-run',
  }),
  'nightshift-running': (d) => ({
    problem: `nightshift is already running${d.pid === null ? '' : ` (process ${d.pid})`}. This second start ended without doing anything.`,
    remedy: 'To back up now: plugback nightshift --now. To end it: systemctl stop plugback-nightshift',
  }),
  'program-replaced': () => ({
    problem: 'plugback was upgraded, so this nightshift, which is the older one, has ended.',
    remedy: 'Nothing is left for you to do: systemd starts the new one within half a minute.',
  }),
  'computers-unreadable': (d) => ({
    problem: `${d.path} cannot be read: ${d.reason}.`,
    remedy: 'Name the file Computers.txt of the older NightShift, with its path.',
  }),
  'cannot-wake': (d) => ({
    problem: `${d.name} is off and cannot be woken (${d.reason}).`,
    remedy: 'Fill in mac and, if it is in no network of this machine, interface in its section.',
  }),
  'computer-not-asked': (d) => ({
    problem: `Whether ${d.name} is on could not be asked, so it was not woken.`,
    remedy:
      'The log of nightshift tells why. Is the program ping installed, and may it be run? Is this machine connected to the network?',
  }),
  'computer-not-awake': (d, f) => ({
    problem: `${d.name} was woken and did not answer within ${f.count(d.minutes)} min.`,
    remedy:
      'Is it connected to power and network? Is wake-on-LAN switched on in its firmware and network driver? If it only ' +
      'starts slowly, raise wake-minutes.',
  }),
  'computer-not-ready': (d, f) => ({
    problem: `${d.name} is on, but did not answer on port ${d.port} within ${f.count(d.minutes)} min.`,
    remedy:
      'Does its ssh server run? Does a firewall keep it from answering? Is the port right (ssh-port, probe-port)?',
  }),
  'host-key-unknown': (d) => ({
    problem: `The host key of ${d.name} is not known, so nothing was sent there: it might be another machine.`,
    remedy: `Log in once by hand as the user that runs nightshift, and compare the fingerprint: ${d.command}`,
  }),
  'host-key-changed': (d) => ({
    problem: `${d.name} has another host key than before, so nothing was sent there: it might be another machine.`,
    remedy: `If it was set up anew, remove the old key and log in once by hand: ${d.command}`,
  }),
  'ssh-failed': (d) => ({
    problem: `${d.name} could not be given a command (${d.reason}).`,
    remedy: 'Try it by hand: ssh to it as the user that runs nightshift; it must not ask for a password.',
  }),
  'clock-not-set': (d) => ({
    problem: `The clock of ${d.name ?? 'this machine'} could not be set (${d.reason}).`,
    remedy: 'Install chrony there, and give the user that logs in the right to set the clock.',
  }),
  'clocks-apart': (d, f) => ({
    problem: `The clock of ${d.name} ${d.shows == null ? `is wrong by ${f.duration(d.seconds)}` : `shows ${f.dateTime(d.shows)} and is wrong by days`}, more than the ${f.duration(d.limitSeconds)} that are allowed. The job was not run: with such times rsync takes old files for new ones.`,
    remedy: 'Set it by hand, replace its battery, or raise clock-limit-seconds.',
  }),
  'job-failed': (d, f) => {
    const code = d.exitCode ?? -1;
    const rsync = d.kind === 'rsync' ? rsyncExits[code] : undefined;
    const why = rsync?.why ?? ownExits[d.kind]?.[code];
    const end = d.exitCode === null ? 'ended by a signal' : `exit code ${d.exitCode}`;
    return {
      problem: `The job “${d.job}” failed (${end}${why === undefined ? '' : `: ${why}`}), tried ${f.count(d.count)} ${d.count === 1 ? 'time' : 'times'}.`,
      remedy:
        rsync?.remedy ??
        (d.kind === 'command' && d.exitCode !== null
          ? 'Look at its log. If this exit code is none of a failure, add it to good-exit-codes.'
          : 'The log of nightshift holds its last words. The next night tries again; or by hand: plugback nightshift --now'),
    };
  },
  'job-program-missing': (d) => ({
    problem: `The job “${d.job}” did not run: the program ${d.program} does not exist.`,
    remedy: 'Install it, or correct “command” in the section of the job.',
  }),
  'job-timeout': (d, f) => ({
    problem: `The job “${d.job}” was ended: it ran for more than ${f.count(d.minutes)} min.`,
    remedy: 'Look at its log for what it waited for, or raise timeout-minutes.',
  }),
  'somebody-came': (d, f) => ({
    problem: `The backup was stopped, because somebody came online: ${f.list(d.names)}.`,
    remedy:
      'It is made up for as soon as nobody is online. With when-somebody-comes = go-on it would have gone on.',
  }),
  'sleep-failed': (d) => ({
    problem: `This machine could not be sent to sleep (${d.said}). It stays on.`,
    remedy: 'Try it by hand: systemctl suspend, systemctl hibernate. Hibernation needs enough swap space.',
  }),
  'alarm-failed': (d) => ({
    problem: `The clock of this machine could not be set to wake it (${d.said}). It sleeps until somebody switches it on.`,
    remedy: 'Has it a hardware clock (/dev/rtc0)? Else set wake-for-window = no.',
  }),
  'demo-no-room': (d, f) => ({
    problem: `The demo needs ${f.bytes(d.neededBytes)}, but only ${f.bytes(d.freeBytes)} are free in ${d.directory}.`,
    remedy: 'Make room, or name another folder: TMPDIR=/somewhere npm run demo',
  }),
  'run-died': () => ({
    problem: 'The last run ended without a word: the power failed, or its process was killed.',
    remedy: 'Start the backup again: it cleans up and completes the copy. Until then do not trust the disk.',
  }),
  unexpected: (d) => ({
    problem: `Something unforeseen happened: ${d.reason}.`,
    remedy: 'Set debug = yes, run it again, and report the log.',
  }),
};

/** Why a filesystem cannot become a backup disk, as half a sentence. */
export const enObstacles: { readonly [O in import('../errors.ts').EnrollObstacle]: string } = {
  'no-filesystem': 'it has no filesystem; format it first',
  'no-uuid': 'its filesystem has no UUID',
  swap: 'it is swap space',
  'system-disk': 'it belongs to this machine’s own disk',
  'read-only': 'it is write-protected',
  'duplicate-uuid': 'another attached disk has the same UUID',
  encrypted: 'it is encrypted by Windows (BitLocker); only LUKS can be unlocked here',
  unsupported: 'its filesystem is of a kind that cannot hold a backup',
};
