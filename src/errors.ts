/**
 * Every way in which a run can end badly: a code, what is known about it, and its exit code.
 *
 * Errors carry data, not sentences. `messages/` turns a code and its details into words, once, at the edge.
 */

/** A lock file with which Veeam says that it is writing. */
export interface VeeamLock {
  file: string;
  /** Job and host as the lock file tells them; null when it does not. */
  who: string | null;
  /** When the lock was written, ISO 8601 in UTC. */
  since: string;
}

/** A lock that stands, and whether its script still waits for the copy to end. */
export interface VeeamSign extends VeeamLock {
  isWaiting: boolean;
}

/** What is known about each error, by its code. Sizes are bytes, times ISO 8601 in UTC. */
export interface ErrorDetails {
  usage: { problem: string };
  config: { path: string; problems: readonly string[]; isVeeamSide: boolean };
  'config-missing': { searched: readonly string[] };
  'config-exists-not': { path: string; reason: string };
  'config-forbidden': { path: string };
  'config-not-writable': { path: string; reason: string };
  'no-rights': { program: string };
  'program-missing': { program: string };
  'no-disks-enrolled': { path: string };

  'no-disk-attached': { uuids: readonly string[] };
  'disk-not-attached': { uuid: string };
  'duplicate-uuid': { uuid: string; devices: readonly string[] };
  'system-disk': { device: string; uses: string };
  'disk-encrypted': { device: string };
  'not-encrypted-any-more': { device: string; path: string };
  'key-file-unusable': { path: string; flaw: KeyFileFlaw };
  'wrong-key': { device: string; path: string };
  'encryption-damaged': { device: string; reason: string };
  'already-unlocked': { device: string };
  'unlock-failed': { device: string; reason: string };
  'container-empty': { device: string };
  'lock-failed': { device: string; mapping: string };
  'disk-gone': { device: string; phase: 'before' | 'copying' | 'flushing' };

  'veeam-busy': { minutes: number; locks: readonly VeeamLock[] };
  'veeam-kept-writing': { minutes: number; locks: readonly VeeamLock[] };
  'veeam-locks-unreadable': { path: string; reason: string };

  'copy-running': { minutes: number; path: string };
  'veeam-lock-not-written': { path: string; reason: string; hindrance: Hindrance };
  'veeam-lock-not-removed': { path: string; reason: string; hindrance: Hindrance };
  'veeam-lock-withdrawn': { job: string; path: string };
  'veeam-interrupted': {
    signal: StopSignal;
    job: string;
    /** What stands, and until when; null: nothing does. */
    path: string | null;
    until: string | null;
  };

  'already-mounted': { device: string; mountPoint: string };
  'mount-point-in-use': { mountPoint: string; device: string };
  'mount-point-unusable': { mountPoint: string; reason: string };
  'mount-failed': { device: string; mountPoint: string; reason: string };
  'driver-missing': { device: string; type: string; package: string | null };
  'fsck-failed': { device: string; program: string; exitCode: number };
  'wrong-device-mounted': { mountPoint: string; expected: string; found: string };
  'disk-read-only': { device: string; writeProtected: boolean };
  'disk-not-writable': { mountPoint: string; reason: string };

  'already-running': { pid: number | null; since: string | null };
  'lock-lost': { path: string };
  'directory-unusable': { path: string; reason: string };
  'marker-not-writable': { path: string; reason: string };
  'marker-name-taken': { path: string };
  'marker-not-removable': { path: string; reason: string };

  'source-missing': { path: string };
  'source-not-a-directory': { path: string };
  'source-empty': { path: string };
  'everything-excluded': { path: string };
  'source-unreadable': { path: string; reason: string };
  'source-not-mounted': { path: string; mountPoint: string; known: 'fstab' | 'last-run' };
  'source-sentinel-missing': { path: string; sentinel: string };
  'source-on-disk': { path: string; device: string };
  'excludes-unusable': { path: string; line: number | null; reason: string | null };
  'destination-not-mounted': { mountPoint: string };
  'too-many-deletions': { deletes: number; files: number; percent: number; limit: number };
  'not-enough-space': { neededBytes: number; freeBytes: number; inPlaceWouldFit: boolean };
  'not-enough-inodes': { needed: number; free: number };
  'file-too-large': { type: string; count: number; name: string; bytes: number };

  'estimate-failed': { exitCode: number | null; meaning: RsyncMeaning; lines: readonly string[] };
  'copy-failed': { exitCode: number | null; meaning: RsyncMeaning; lines: readonly string[] };
  'names-not-kept': { type: string; count: number; names: readonly string[] };
  'disk-full': { freeBytes: number };
  'disk-io-error': { device: string; lines: readonly string[] };
  'flush-failed': { mountPoint: string; reason: string };
  'unmount-failed': { mountPoint: string; holders: readonly string[] };

  'device-not-found': { device: string };
  'cannot-enroll': { device: string; reason: EnrollObstacle };

  'port-in-use': { host: string; port: number };
  'port-forbidden': { port: number };
  'address-unusable': { host: string; port: number; reason: string };
  'token-unusable': { path: string; reason: string };
  'start-failed': { reason: string };

  'needs-root': { command: string };
  'no-systemd': Record<string, never>;
  packaged: Record<string, never>;
  'install-failed': { what: string; reason: string };

  'mirror-source-unusable': { path: string; reason: string };
  'mirror-source-empty': { path: string };
  'mirror-not-mounted': { path: string; mountPoint: string };
  'mirror-replica-unusable': { path: string; reason: string };
  'mirror-replica-failed': { path: string; reason: string };
  'mirror-overlap': { source: string; replica: string; relation: MirrorOverlap };
  'mirror-deletions': { deletes: number; files: number; percent: number; limit: number };
  'mirror-running': { path: string; pid: number | null; since: string | null };
  'mirror-log-in-replica': { path: string; replica: string };
  'mirror-log-unusable': { path: string; reason: string };
  'list-folder-missing': { path: string };
  'list-unreadable': { path: string; reason: string };
  'list-not-writable': { path: string; reason: string };
  'list-broken': { path: string; line: number; reason: string };
  'not-in-list': { name: string; path: string };
  'copies-folder-missing': { path: string };
  'copies-folder-unusable': { path: string; reason: string };
  /** `name`: the first of `count` files that did not fit; null where nothing fits at all. */
  'copies-folder-full': { path: string; reason: string; name: string | null; count: number };
  'copies-folder-unreadable': { path: string; reason: string };
  'copies-folder-busy': { path: string };
  'no-versions': { name: string; path: string };
  /** `at` is the time of the oldest one. */
  'no-such-version': { name: string; count: number; at: string };
  'diff-failed': { name: string; reason: string };
  'restore-exists': { path: string };
  'restore-failed': { path: string; reason: string };
  'restore-folder-missing': { path: string };
  /** What the file `name` holds now could not be copied into the folder `path`. */
  'restore-not-kept': { name: string; path: string; reason: string; isFull: boolean };
  'no-jobs': { path: string };
  'nightshift-running': { pid: number | null };
  'program-replaced': Record<string, never>;
  'computers-unreadable': { path: string; reason: string };
  'cannot-wake': { name: string; reason: string };
  'computer-not-asked': { name: string };
  'computer-not-awake': { name: string; minutes: number };
  'computer-not-ready': { name: string; port: number; minutes: number };
  'host-key-unknown': { name: string; command: string };
  'host-key-changed': { name: string; command: string };
  'ssh-failed': { name: string; reason: string };
  'clock-not-set': { name: string | null; reason: string };
  /** `shows`: what a clock shows that is wrong by days, ISO 8601; null: only by hours. */
  'clocks-apart': { name: string; seconds: number; limitSeconds: number; shows: string | null };
  /** `kind`: those of plugback's own kinds end with the exit codes of the contract. */
  'job-failed': {
    job: string;
    kind: 'backup' | 'mirror' | 'rsync' | 'command';
    exitCode: number | null;
    count: number;
  };
  'job-program-missing': { job: string; program: string };
  'job-timeout': { job: string; minutes: number };
  'somebody-came': { names: readonly string[] };
  /** `said`: by the program that was to do it. */
  'sleep-failed': { said: string };
  'alarm-failed': { said: string };

  'demo-no-room': { directory: string; neededBytes: number; freeBytes: number };
  'run-died': Record<string, never>;
  interrupted: { signal: StopSignal };
  unexpected: { reason: string };
}

/** What a process is told to stop with. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** What there is to do about a folder in which nothing can be written or removed. */
export type Hindrance = 'full' | 'missing' | 'other';

/** What rsync's exit code stands for; the table itself is in `system/rsync.ts`. */
export type RsyncMeaning =
  | 'usage'
  | 'files-unreadable'
  | 'input-output'
  | 'out-of-memory'
  | 'partial'
  | 'delete-limit'
  | 'timeout'
  | 'killed'
  | 'protocol'
  | 'unknown';

/** How two folders lie that cannot be source and replica of each other. */
export type MirrorOverlap = 'same' | 'replica-in-source' | 'source-in-replica';

/** What there is something to do about where a mirror is not complete. */
export type MirrorCause = 'full' | 'rights' | 'device';

/** Why a key file cannot, or must not, be used. */
export type KeyFileFlaw =
  | 'missing'
  | 'not-a-file'
  | 'empty'
  | 'foreign-owner'
  | 'readable-by-others'
  | 'in-an-open-folder'
  | 'unreadable';

/** Why a filesystem cannot become a backup disk. */
export type EnrollObstacle =
  | 'no-filesystem'
  | 'no-uuid'
  | 'swap'
  | 'system-disk'
  | 'read-only'
  | 'duplicate-uuid'
  | 'encrypted'
  | 'unsupported';

export type ErrorCode = keyof ErrorDetails;

/** Those whose exit code is that of the signal. */
export type SignalCode = 'interrupted' | 'veeam-interrupted';

/** The exit codes of the contract (README, "Exit codes"). */
export const exitCodes: { readonly [C in Exclude<ErrorCode, SignalCode>]: number } = {
  usage: 64,
  config: 78,
  'config-missing': 78,
  'config-exists-not': 78,
  'config-forbidden': 77,
  'config-not-writable': 77,
  'no-rights': 77,
  'program-missing': 78,
  'no-disks-enrolled': 78,

  'no-disk-attached': 69,
  'disk-not-attached': 69,
  'duplicate-uuid': 76,
  'system-disk': 76,
  'disk-encrypted': 69,
  'not-encrypted-any-more': 76,
  'key-file-unusable': 78,
  'wrong-key': 69,
  'encryption-damaged': 69,
  'already-unlocked': 69,
  'unlock-failed': 69,
  'container-empty': 69,
  'lock-failed': 74,
  'disk-gone': 69,

  'veeam-busy': 75,
  'veeam-kept-writing': 75,
  'veeam-locks-unreadable': 77,

  'copy-running': 75,
  'veeam-lock-not-written': 74,
  'veeam-lock-not-removed': 74,
  'veeam-lock-withdrawn': 74,

  'already-mounted': 69,
  'mount-point-in-use': 69,
  'mount-point-unusable': 69,
  'mount-failed': 69,
  'driver-missing': 69,
  'fsck-failed': 69,
  'wrong-device-mounted': 76,
  'disk-read-only': 69,
  'disk-not-writable': 69,

  'already-running': 73,
  'lock-lost': 73,
  'directory-unusable': 77,
  'marker-not-writable': 77,
  'marker-name-taken': 76,
  'marker-not-removable': 74,

  'source-missing': 76,
  'source-not-a-directory': 76,
  'source-empty': 76,
  'everything-excluded': 76,
  'source-unreadable': 76,
  'source-not-mounted': 76,
  'source-sentinel-missing': 76,
  'source-on-disk': 76,
  'excludes-unusable': 78,
  'destination-not-mounted': 76,
  'too-many-deletions': 76,
  'not-enough-space': 76,
  'not-enough-inodes': 76,
  'file-too-large': 76,

  'estimate-failed': 74,
  'copy-failed': 74,
  'names-not-kept': 74,
  'disk-full': 74,
  'disk-io-error': 74,
  'flush-failed': 74,
  'unmount-failed': 74,

  'device-not-found': 69,
  'cannot-enroll': 76,

  'port-in-use': 78,
  'port-forbidden': 77,
  'address-unusable': 78,
  'token-unusable': 78,
  'start-failed': 1,

  'needs-root': 77,
  'no-systemd': 78,
  packaged: 78,
  'install-failed': 1,

  'mirror-source-unusable': 76,
  'mirror-source-empty': 76,
  'mirror-not-mounted': 76,
  'mirror-replica-unusable': 76,
  'mirror-replica-failed': 74,
  'mirror-overlap': 76,
  'mirror-deletions': 76,
  'mirror-running': 73,
  'mirror-log-in-replica': 78,
  'mirror-log-unusable': 77,
  'list-folder-missing': 78,
  'list-unreadable': 77,
  'list-not-writable': 77,
  'list-broken': 78,
  'not-in-list': 69,
  'copies-folder-missing': 69,
  'copies-folder-unusable': 69,
  'copies-folder-full': 69,
  'copies-folder-unreadable': 77,
  'copies-folder-busy': 75,
  'no-versions': 69,
  'no-such-version': 69,
  'diff-failed': 74,
  'restore-exists': 76,
  'restore-failed': 74,
  'restore-folder-missing': 74,
  'restore-not-kept': 69,
  'no-jobs': 78,
  'nightshift-running': 73,
  'program-replaced': 75,
  'computers-unreadable': 78,
  'cannot-wake': 69,
  'computer-not-asked': 69,
  'computer-not-awake': 69,
  'computer-not-ready': 69,
  'host-key-unknown': 76,
  'host-key-changed': 76,
  'ssh-failed': 69,
  'clock-not-set': 74,
  'clocks-apart': 76,
  'job-failed': 74,
  'job-program-missing': 78,
  'job-timeout': 74,
  'somebody-came': 75,
  'sleep-failed': 1,
  'alarm-failed': 1,

  'demo-no-room': 76,
  'run-died': 1,
  unexpected: 1,
};

const signalExitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * An error that this program foresaw: `messages/` has a sentence and a remedy for its code.
 *
 * Its `message` is for developers (logs with `debug = yes`); people read the sentence.
 */
export class PlugbackError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'PlugbackError';

  constructor(
    readonly code: C,
    readonly details: ErrorDetails[C],
    options?: ErrorOptions,
  ) {
    super(`${code} ${JSON.stringify(details)}`, options);
  }

  /** The process's exit code for this error. */
  get exitCode(): number {
    return exitCodeOf(this.code, this.details);
  }

  /** True where a guard said no before anything was changed (exit code 76). */
  get isRefusal(): boolean {
    return this.exitCode === 76;
  }
}

/** What could not be read for another reason than missing rights. */
const unlessRightsAreMissing = {
  // A share that does not answer may do so later.
  'veeam-locks-unreadable': 75,
  'copies-folder-unreadable': 69,
} as const;

/** The exit code that belongs to an error's code; a signal's depends on which one it was, and that of an unreadable folder on the reason. */
export function exitCodeOf<C extends ErrorCode>(code: C, details: ErrorDetails[C]): number {
  if (code === 'interrupted' || code === 'veeam-interrupted') {
    return signalExitCodes[(details as ErrorDetails[SignalCode]).signal];
  }
  const otherwise = unlessRightsAreMissing[code as keyof typeof unlessRightsAreMissing];
  if (otherwise !== undefined) {
    const { reason } = details as { reason: string };
    if (!/^(?:EACCES|EPERM)\b|permission denied|not permitted/i.test(reason)) return otherwise;
  }
  return exitCodes[code as Exclude<ErrorCode, SignalCode>];
}

/** Anything thrown, as a PlugbackError; what nobody foresaw becomes `unexpected` with the original as cause. */
export function asPlugbackError(thrown: unknown): PlugbackError {
  if (thrown instanceof PlugbackError) return thrown;
  return new PlugbackError('unexpected', { reason: reasonOf(thrown) }, { cause: thrown });
}

/** What there is to do about anything thrown that kept a file from being written or removed. */
export function hindranceOf(thrown: unknown): Hindrance {
  const code = systemCodeOf(thrown) ?? '';
  if (['ENOSPC', 'EDQUOT'].includes(code)) return 'full';
  return ['ENOENT', 'ENOTDIR'].includes(code) ? 'missing' : 'other';
}

/** The one-line reason of anything thrown: its message without a stack. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The system's error code (`ENOENT`, `EACCES`, …) of anything thrown, or null. */
export function systemCodeOf(thrown: unknown): string | null {
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : null;
}
