/** The configuration as the rest of the program sees it: checked, typed, with every default filled in. */

import type { Language } from '../messages/format.ts';

export interface EnrolledDisk {
  /** The filesystem's UUID as typed; compared without regard to case. */
  uuid: string;
  /** Who is told about this disk, besides the sysops. */
  mailAddresses: string[];
}

export type MailSecurity = 'starttls' | 'tls' | 'none';

export interface MailConfig {
  sysops: string[];
  /** An address, also as `"Name" <address>`; '' where nothing in the configuration can stand in for it. */
  from: string;
  cc: string[];
  /** Null: no mail server is configured, and no mail is written. */
  server: string | null;
  port: number;
  username: string | null;
  password: string | null;
  /** Read when a mail is sent, so that the password is in memory only then. */
  passwordFile: string | null;
  security: MailSecurity;
  attachLimitMb: number;
}

export interface BackupConfig {
  disks: EnrolledDisk[];
  /** As typed: with a trailing slash its contents are copied, without one the folder of that name. */
  source: string;
  /** Where the disk is mounted. */
  destination: string;
  /** The marker's path, relative to the disk's root; at the root of the source it has the same base name. */
  lockfilePath: string;
  veeamLockfilePath: string | null;
  logFilePath: string;
  rsyncLogFilePath: string;
  waitForVeeamMinutes: number;
  rsyncUpdateRatioSeconds: number;
  freeSpaceThresholdGb: number;
  sourceMustContain: string | null;
  maxDeletePercent: number;
  /** The file that lists what is not copied. */
  rsyncExcludes: string | null;
  rsyncOptions: string[];
  veeamDuringCopy: 'warn' | 'yield';
  fsck: 'auto' | 'never';
  powerOff: boolean;
  encryptionKeyFile: string | null;
}

/** How many versions of a file the timemachine keeps, and how densely. */
export interface Keep {
  /** All versions of so many days. */
  days: number;
  /** Then the last one of each day, for so many days. */
  daily: number;
  /** Then the last one of each week, for so many weeks. */
  weekly: number;
  /** Then the last one of each month, for so many months; null: for ever. */
  monthly: number | null;
}

export interface TimemachineConfig {
  /** The folder of the list and its log; null: the one in which the program is called. */
  listFolder: string | null;
  listName: string;
  /** The folder for the copies; null: the one in which the program is called. */
  destination: string | null;
  keep: Keep;
}

/** What becomes of a computer once it is not needed any more. */
export type AfterBackup = 'leave' | 'suspend' | 'hibernate' | 'shutdown';

export interface ComputerConfig {
  /** What stands behind COMPUTER in its section's heading. */
  name: string;
  /** As `aa:bb:cc:dd:ee:ff`; in the order of `ips` where a card has both. */
  macs: string[];
  /** At least one. */
  ips: string[];
  user: string | null;
  /** The card of this machine through which it is reached: its name, or its address. */
  interface: string | null;
  /** Is somebody at work when it is on? */
  presence: boolean;
  probePort: number | null;
  reach: 'none' | 'ssh' | 'windows-ssh';
  sshPort: number;
  timeSource: boolean;
  idleMinutes: number | null;
  afterBackup: AfterBackup;
}

export interface JobBasics {
  /** What stands behind JOB in its section's heading. */
  name: string;
  /** Names of computers, as their sections write them. */
  source: string[];
  target: string[];
  timeoutMinutes: number;
  goodExitCodes: number[];
  retries: number;
  retryMinutes: number;
}

/** A folder here, or on the computer whose section has this name. */
export interface Place {
  computer: string | null;
  path: string;
}

export type JobWork =
  | { kind: 'backup'; disk: string | null }
  | { kind: 'mirror'; from: string; to: string }
  | { kind: 'rsync'; from: Place; to: Place; delete: boolean; maxDeletes: number; options: string[] }
  | { kind: 'command'; command: readonly [program: string, ...args: string[]] };

export type JobConfig = JobBasics & JobWork;

export interface NightshiftConfig {
  checkEverySeconds: number;
  offlineAfterMisses: number;
  offlineMinutes: number;
  /** Minutes since midnight, in `timeZone`. */
  nightBegins: number;
  /** Likewise; null: there is none. */
  window: { from: number; to: number } | null;
  /** Null: this machine's. */
  timeZone: string | null;
  whenSomebodyComes: 'go-on' | 'stop';
  wakeMinutes: number;
  clockLimitSeconds: number;
  afterBackup: AfterBackup;
  countdownSeconds: number;
  wakeForWindow: boolean;
  logFilePath: string;
  sshKeyFile: string | null;
  sshKnownHostsFile: string | null;
  computers: ComputerConfig[];
  /** In the order in which they run. */
  jobs: JobConfig[];
}

export interface Config {
  /** The file it was read from. */
  path: string;
  backup: BackupConfig;
  mail: MailConfig;
  web: { host: string; port: number; tokenFile: string | null };
  veeam: {
    /** As the machine sees it on which Veeam runs, so it may be a Windows path. */
    lockfiles: string | null;
    waitForBackupMinutes: number;
    /** As that machine sees it; null: at the root of the source. */
    backupLockfile: string | null;
    staleLockHours: number;
  };
  timemachine: TimemachineConfig;
  nightshift: NightshiftConfig;
  debug: boolean;
  language: Language;
  /** `history.jsonl`, `outbox/`, `runs/`. */
  stateDirectory: string;
  /** `status.json`, locks. */
  runtimeDirectory: string;
}
