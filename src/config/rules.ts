/** What must hold between several keys, each of which is right by itself. */

import path from 'node:path';
import { type Sentence, sentence } from '../messages/translator.ts';
import { isOfPlatform, withoutSlash } from './parsers.ts';
import type { ConfigProblem } from './problems.ts';
import type { schema, ValuesOf } from './schema.ts';
import type { Config } from './types.ts';

type Values<S extends keyof typeof schema> = Partial<ValuesOf<(typeof schema)[S]>>;

/** Nothing may be mounted over these, */
const systemFolders = ['/', '/home', '/opt', '/root', '/run', '/srv', '/tmp', '/var', '/var/lib', '/var/log'];

/** and nothing anywhere below these either. */
const systemTrees = [
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/lib',
  '/lib32',
  '/lib64',
  '/proc',
  '/sbin',
  '/sys',
  '/usr',
];

/** Mistakes that show only when keys are seen together. What is missing was wrong by itself and is left out. */
export function brokenRules(values: {
  BACKUP: Values<'BACKUP'>;
  MAIL: Values<'MAIL'>;
  TIMEMACHINE: Values<'TIMEMACHINE'>;
  GENERAL: Values<'GENERAL'>;
}): ConfigProblem[] {
  return [
    ...destinationProblems(values.BACKUP),
    ...logProblems(values.BACKUP),
    ...hiddenByDisk(values),
    ...veeamProblems(values.BACKUP),
    ...mailProblems(values.MAIL),
  ];
}

function problem(section: string, key: string, said: Sentence): ConfigProblem {
  return { section, key, line: null, said };
}

/** Is it the same path as the outer one, or below it? */
function isWithin(inner: string, outer: string): boolean {
  const [one, other] = [withoutSlash(inner), withoutSlash(outer)];
  return one === other || one.startsWith(other === '/' ? '/' : `${other}/`);
}

function destinationProblems(backup: Values<'BACKUP'>): ConfigProblem[] {
  const source = backup['backup-source'];
  const destination = backup['backup-destination'];
  if (destination === undefined) return [];
  if (systemFolders.includes(destination) || systemTrees.some((tree) => isWithin(destination, tree))) {
    const said = sentence('config.destination-of-system', { value: destination });
    return [problem('BACKUP', 'backup-destination', said)];
  }
  if (source === undefined) return [];
  if (isWithin(source, destination)) {
    return [problem('BACKUP', 'backup-source', sentence('config.source-in-destination'))];
  }
  if (isWithin(destination, source)) {
    return [problem('BACKUP', 'backup-destination', sentence('config.destination-in-source'))];
  }
  return [];
}

function logProblems(backup: Values<'BACKUP'>): ConfigProblem[] {
  const log = backup['log-file-path'];
  if (log === undefined || log !== backup['rsync-log-file-path']) return [];
  return [problem('BACKUP', 'rsync-log-file-path', sentence('config.same-file', { other: 'log-file-path' }))];
}

/** A file that is kept open on the disk would also keep the disk from being unmounted; and a backup deletes what is not its own. */
function hiddenByDisk(values: {
  BACKUP: Values<'BACKUP'>;
  TIMEMACHINE: Values<'TIMEMACHINE'>;
  GENERAL: Values<'GENERAL'>;
}): ConfigProblem[] {
  const { BACKUP: backup, TIMEMACHINE: timemachine, GENERAL: general } = values;
  const destination = backup['backup-destination'];
  // Everything lies below "/", which has its own sentence.
  if (destination === undefined || destination === '/') return [];
  const paths: [section: string, key: string, path: string | null | undefined][] = [
    ['BACKUP', 'log-file-path', backup['log-file-path']],
    ['BACKUP', 'rsync-log-file-path', backup['rsync-log-file-path']],
    ['BACKUP', 'veeam-lockfile-path', backup['veeam-lockfile-path']],
    ['BACKUP', 'rsync-excludes', backup['rsync-excludes']],
    ['BACKUP', 'encryption-key-file', backup['encryption-key-file']],
    ['TIMEMACHINE', 'list-folder', timemachine['list-folder']],
    ['TIMEMACHINE', 'destination', timemachine.destination],
    ['GENERAL', 'state-directory', general['state-directory']],
    ['GENERAL', 'runtime-directory', general['runtime-directory']],
  ];
  return paths.flatMap(([section, key, value]) =>
    typeof value === 'string' && isWithin(value, destination)
      ? [problem(section, key, sentence('config.on-the-disk', { value }))]
      : [],
  );
}

function veeamProblems(backup: Values<'BACKUP'>): ConfigProblem[] {
  const folder = backup['veeam-lockfile-path'];
  const source = backup['backup-source'];
  if (typeof folder !== 'string' || source === undefined || !isWithin(source, folder)) return [];
  return [problem('BACKUP', 'veeam-lockfile-path', sentence('config.veeam-holds-source'))];
}

function mailProblems(mail: Values<'MAIL'>): ConfigProblem[] {
  const isTwice = typeof mail.password === 'string' && typeof mail['password-file'] === 'string';
  return isTwice ? [problem('MAIL', 'password-file', sentence('config.password-twice'))] : [];
}

/** What is allowed but hardly meant; for `plugback check`. */
export function doubtsAbout(config: Config): ConfigProblem[] {
  return [...keyDoubts(config), ...veeamDoubts(config), ...mailDoubts(config)];
}

function keyDoubts({ backup: { encryptionKeyFile, source } }: Config): ConfigProblem[] {
  if (encryptionKeyFile === null || !isWithin(encryptionKeyFile, source)) return [];
  return [problem('BACKUP', 'encryption-key-file', sentence('config.warn-key-in-source'))];
}

/** Both sides in one file are one machine, as far as the paths are of its kind: then they are to name the same things. */
function veeamDoubts({ backup, veeam }: Config): ConfigProblem[] {
  const doubts: ConfigProblem[] = [];
  const { lockfiles, backupLockfile } = veeam;
  const folder = backup.veeamLockfilePath;
  if (folder !== null && lockfiles !== null && isOfPlatform(lockfiles, 'posix') && lockfiles !== folder) {
    doubts.push(problem('VEEAM', 'veeam-lockfiles', sentence('config.warn-two-folders', { other: folder })));
  }
  const marker = path.posix.join(backup.source, path.posix.basename(backup.lockfilePath));
  if (backupLockfile !== null && isOfPlatform(backupLockfile, 'posix') && backupLockfile !== marker) {
    doubts.push(problem('VEEAM', 'backup-lockfile', sentence('config.warn-not-marker', { value: marker })));
  }
  return doubts;
}

function mailDoubts(config: Config): ConfigProblem[] {
  const { mail, backup } = config;
  const hasDiskAddresses = backup.disks.some((disk) => disk.mailAddresses.length > 0);
  if (mail.server === null) {
    const hasAddresses = mail.sysops.length > 0 || mail.cc.length > 0 || hasDiskAddresses;
    return hasAddresses ? [problem('MAIL', 'server', sentence('config.warn-no-server'))] : [];
  }
  const doubts: ConfigProblem[] = [];
  if (mail.sysops.length === 0) {
    doubts.push(problem('MAIL', 'to-mail-addresses-sysop', sentence('config.warn-nobody-told')));
  }
  const hasPassword = mail.password !== null || mail.passwordFile !== null;
  if (mail.username !== null && !hasPassword) {
    doubts.push(problem('MAIL', 'password', sentence('config.warn-no-password')));
  }
  if (mail.username !== null && hasPassword && mail.security === 'none') {
    doubts.push(problem('MAIL', 'security', sentence('config.warn-unencrypted')));
  }
  return doubts;
}
