/** Likely details for every sentence and error, for the tests and tables that say them all. */

import type { ErrorCode, ErrorDetails } from '../src/errors.ts';
import type { DetailsOf, SentenceKey } from '../src/messages/translator.ts';

export type Details = Readonly<Record<string, unknown>>;

/** A likely value for each detail's name, whichever sentence or error asks for it. */
export const samples: Details = {
  ago: '3 hours ago',
  after: 0.2,
  before: -1200.4,
  address: '192.0.2.25',
  addresses: ['office@example.com', 'admin@example.com'],
  amount: '1.5 GB in 1,234 files',
  at: '21 Nov 2026, 03:12',
  bytes: 1_500_000_000,
  bytesTotal: 48_200_000_000,
  choices: ['auto', 'never'],
  command: 'plugback install',
  container: '/dev/sdd1',
  count: 3,
  current: '98 MB/s',
  deletes: 12,
  destination: '/media/backup/',
  device: '/dev/sdb1',
  devices: ['/dev/sdb1', '/dev/sdc1'],
  directory: '/var/lib/plugback',
  disk: '.plugback.lock',
  etaSeconds: 754,
  exitCode: 23,
  expected: '8:17',
  file: 'Buero-PC.lock',
  files: 1234,
  filesTotal: 3400,
  first: 'BACKUP',
  folder: '/tmp/plugback-demo',
  night: '2026-11-21',
  online: true,
  others: ['PC Anna'],
  outcome: 'done',
  limitSeconds: 60,
  names: ['backup.log', 'rsync.log.gz'],
  to: ['office@example.com'],
  found: '/dev/sda2',
  flaw: 'readable-by-others',
  free: 17,
  freeBytes: 48_200_000_000,
  highest: '120 MB/s',
  hindrance: 'other',
  holders: ['Buero-PC.lock (Buero-PC)', 'Server.lock'],
  locks: [
    { file: 'Buero-PC.lock', who: 'Buero-PC', since: '2026-11-21T02:58:00.000Z' },
    { file: 'Server.lock', who: null, since: '2026-11-21T03:05:00.000Z' },
  ],
  host: 'atlantis',
  id: '2026-11-21T031200Z-4711',
  isAnnounced: false,
  inPlaceWouldFit: true,
  isRemoved: true,
  isVeeamSide: false,
  job: 'Nightly',
  key: 'port',
  kind: 'hibernate',
  last: '2026-11-21T03:12:44.000Z',
  least: '3.1.3',
  known: 'fstab',
  label: 'Montag',
  limit: 25,
  limitBytes: 1_000_000,
  line: 7,
  lines: ['rsync: send_files failed to open "a.docx": Permission denied (13)'],
  max: 65_535,
  meaning: 'partial',
  meant: 'enroll',
  min: 1,
  minutes: 480,
  minutesLeft: 42,
  mapping: 'plugback-0a1b2c3d-1111-2222-3333-444455556666',
  mountPoint: '/media/backup',
  name: 'office',
  nearest: 'backup-source',
  needed: 1000,
  neededBytes: 53_200_000_000,
  obstacle: 'swap',
  oddity: 'empty',
  office: '/srv/office',
  option: '--delete-before',
  other: 'rsync-log-file-path',
  package: 'rsync',
  page: 2,
  pages: 7,
  path: '/srv/backups',
  percent: 61.4,
  phase: 'copying',
  pid: 4711,
  port: 587,
  problem: 'it broke.',
  programs: ['lsblk', 'mount'],
  problems: ['backup.source: is empty', 'mail.port: is 0'],
  program: 'e2fsck',
  protocol: 'TLSv1.3',
  rate: 98_000_000,
  refused: 2,
  reason: 'Permission denied',
  said: '535 5.7.8 Authentication failed',
  searched: ['./config.ini', '/etc/plugback/config.ini'],
  second: 9,
  seconds: 3725,
  section: 'BACKUP',
  security: 'starttls',
  sentinel: 'README.txt',
  server: 'mail.example.com',
  signal: 'SIGTERM',
  since: '2026-11-21T03:12:44.000Z',
  skipped: 7,
  sizeBytes: 2_000_000_000_000,
  source: '/srv/backups/',
  state: 'done',
  text: 'The source /srv/backups is empty.',
  thresholdBytes: 50_000_000_000,
  title: 'Copy',
  trigger: 'all-gone',
  total: 48_200_000_000,
  twins: 1,
  type: 'ext4',
  until: '2026-11-23T03:12:44.000Z',
  unit: '/etc/systemd/system/plugback@.service',
  unplug: 'you can unplug it',
  username: 'backup@example.com',
  uses: '/',
  uuid: '0a1b2c3d-1111-2222-3333-444455556666',
  uuids: ['0a1b2c3d-1111-2222-3333-444455556666', '7d3f-19ac'],
  value: 'maybe',
  version: '0.1.0',
  what: '/etc/udev/rules.d/90-plugback.rules',
  who: 'Buero-PC',
  why: 'process-gone',
  word: 'enrol',
  writeProtected: false,
};

/** Sentences and errors for which the usual values would not do. */
const specialSentences: { readonly [K in SentenceKey]?: DetailsOf<K> } = {
  'warn.filesystem-limits': { type: 'exFAT', skipped: 7, refused: 0, twins: 0, names: [] },
  'nightshift.report.job': { job: 'Documents', state: 'failed', seconds: 3725 },
  'nightshift.clocks-together': { source: 'server' },
  'nightshift.plan.clock': { source: 'server' },
  'mail.attachments-refused': { files: '/var/log/plugback/backup.log' },
  'mail.attachments-no-space': { files: '/var/log/plugback/backup.log' },
};
const specialErrors: { readonly [C in ErrorCode]?: ErrorDetails[C] } = {
  'driver-missing': { device: '/dev/sdb1', type: 'ntfs', package: 'ntfs-3g' },
  'file-too-large': { type: 'FAT', count: 3, name: 'Server.vbk', bytes: 48_200_000_000 },
  'names-not-kept': { type: 'exFAT', count: 2, names: ['plan: new.txt', 'README'] },
  'not-encrypted-any-more': {
    device: '/dev/sdb1',
    path: '/var/lib/plugback/encrypted-disks/0a1b2c3d-1111-2222-3333-444455556666',
  },
  usage: { problem: 'There is no command enrol.' },
  config: {
    path: '/etc/plugback/config.ini',
    problems: ['BACKUP.backup-source: is missing', 'MAIL.port: is 0, it should be 1 to 65535'],
    isVeeamSide: false,
  },
  'too-many-deletions': { deletes: 758, files: 1234, percent: 61.4, limit: 25 },
  'config-exists-not': { path: '/etc/plugback/config.ini', reason: 'it does not exist' },
  'config-forbidden': { path: '/etc/plugback/config.ini' },
  'config-not-writable': { path: '/etc/plugback/config.ini', reason: 'it is read-only' },
  'no-rights': { program: 'mount' },
  'no-disks-enrolled': { path: '/etc/plugback/config.ini' },
  'veeam-locks-unreadable': { path: '/srv/veeam-locks', reason: 'Permission denied' },
  'mount-failed': {
    device: '/dev/sdb1',
    mountPoint: '/media/backup',
    reason: 'wrong fs type, bad option, bad superblock on /dev/sdb1',
  },
  'directory-unusable': { path: '/var/lib/plugback', reason: 'Permission denied' },
  'lock-lost': { path: '/run/plugback/run' },
  'marker-not-writable': { path: '/srv/backups/.plugback.lock', reason: 'Permission denied' },
  'marker-not-removable': { path: '/srv/backups/.plugback.lock', reason: 'Permission denied' },
  'excludes-unusable': { path: '/etc/plugback/rsync_excludes', line: 7, reason: null },
  'flush-failed': { mountPoint: '/media/backup', reason: 'error syncing: Input/output error' },
  'unmount-failed': { mountPoint: '/media/backup', holders: ['bash (4711)'] },
  'port-in-use': { host: '127.0.0.1', port: 8080 },
  'port-forbidden': { port: 80 },
  'address-unusable': { host: '192.0.2.25', port: 8080, reason: 'EADDRNOTAVAIL' },
  'token-unusable': { path: '/etc/plugback/token', reason: 'Permission denied' },
  'start-failed': { reason: 'Unit plugback@.service not found.' },
  'demo-no-room': { directory: '/tmp', neededBytes: 1_800_000_000, freeBytes: 900_000_000 },
  'clocks-apart': { name: 'backup-pc', seconds: 1200, limitSeconds: 60 },
  'no-jobs': { path: '/etc/plugback/config.ini' },
  'computers-unreadable': { path: 'Computers.txt', reason: 'it does not exist' },
  'cannot-wake': { name: 'backup-pc', reason: 'no card in the network of 10.0.2.5' },
  'computer-not-awake': { name: 'backup-pc', minutes: 5 },
  'host-key-unknown': { name: 'backup-pc', command: 'ssh -p 22 root@192.0.2.25' },
  'host-key-changed': { name: 'backup-pc', command: 'ssh-keygen -R 192.0.2.25' },
  'ssh-failed': { name: 'backup-pc', reason: 'Permission denied' },
  'clock-not-set': { name: 'backup-pc', reason: '506 Cannot talk to daemon' },
  'somebody-came': { names: ['PC Anna'] },
  'sleep-failed': { reason: 'Not enough swap space for hibernation' },
  'cannot-enroll': { device: '/dev/sdb1', reason: 'swap' },
};

/**
 * Details for any sentence, or what `change` makes of them; asking for one without a sample says what to do.
 * `names` collects the names of the details that were asked for.
 *
 * rsync's meaning stays: it is one of our own words, never somebody else's text.
 */
export function anyDetails(
  change: (value: unknown) => unknown = (value) => value,
  names?: Set<string>,
): Details {
  return new Proxy(samples, {
    get: (_, name) => {
      if (!Object.hasOwn(samples, name)) {
        throw new Error(`Add a sample of the detail "${String(name)}" to test/sample-details.ts.`);
      }
      names?.add(String(name));
      return name === 'meaning' ? samples[name] : change(samples[String(name)]);
    },
  });
}

/** Details for a sentence: its own, where the usual ones would not do. */
export function sampleDetails(key: SentenceKey, usual: Details = anyDetails()): Details {
  return (specialSentences[key] as Details | undefined) ?? usual;
}

/** Details for an error: its own, where the usual ones would not do. */
export function sampleErrorDetails(code: ErrorCode, usual: Details = anyDetails()): Details {
  return (specialErrors[code] as Details | undefined) ?? usual;
}
