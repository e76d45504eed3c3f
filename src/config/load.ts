/** From a file to the typed configuration: find it, read it, check all of it, and say everything that is wrong at once. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { PlugbackError, reasonOf, systemCodeOf } from '../errors.ts';
import type { Language } from '../messages/format.ts';
import { createTranslator, type Sentence, sentence } from '../messages/translator.ts';
import { checkIni, defaultOf, type Environment } from './check.ts';
import { decodeText } from './encoding.ts';
import { parseIni } from './ini.ts';
import { nightshiftProblems, toNightshift } from './nightshift.ts';
import { isMailAddress, isOfPlatform, type Platform } from './parsers.ts';
import { type ConfigProblem, inOrder, tellProblem } from './problems.ts';
import { brokenRules, doubtsAbout } from './rules.ts';
import { type Section, schema, type ValuesOf } from './schema.ts';
import type {
  Config,
  EnrolledDisk,
  MailConfig,
  MailSecurity,
  NightshiftConfig,
  TimemachineConfig,
} from './types.ts';

export interface LoadOptions {
  /** `--language`: wins over the configuration's, also for the sentences about what is wrong. */
  language?: Language | null;
  /** Whose paths are allowed; by default this machine's. */
  platform?: Platform;
}

/** What a file tells, right or wrong; nothing about it was thrown. */
export interface CheckedConfig {
  /** Null when there is any problem. */
  config: Config | null;
  problems: ConfigProblem[];
  /** Null when one of the keys of MAIL is wrong. */
  mail: MailConfig | null;
  /** Null when one of the keys of TIMEMACHINE is wrong. */
  timemachine: TimemachineConfig | null;
  /** What Veeam's side goes by; null what is missing or wrong. */
  veeamSide: {
    lockFolder: string | null;
    markerPath: string | null;
    veeam: ValuesOf<typeof schema.VEEAM> | null;
  };
  /** Null when one of the keys of WEBSERVER is wrong. */
  web: Config['web'] | null;
  /** Null when anything of it is wrong. */
  nightshift: NightshiftConfig | null;
  /** It tells nothing of a plug-in backup, and no job is one: then nightshift misses no source. */
  isNightshiftOnly: boolean;
  /** Of nightshift, right or wrong. */
  hasJobs: boolean;
  debug: boolean;
  /** It tells of Veeam's side and nothing of a copy. */
  isVeeamSideOnly: boolean;
  /** Empty when the list of disks is wrong. */
  disks: EnrolledDisk[];
  language: Language;
  /** False where the language is only the default. */
  isLanguageChosen: boolean;
  /** The default where the configured one is wrong. */
  stateDirectory: string;
  /** The default where the configured one is wrong. */
  runtimeDirectory: string;
}

/** The same in words, for a command that goes on with a broken configuration. */
export interface LenientConfig extends Omit<CheckedConfig, 'problems'> {
  path: string;
  /** Each as `section.key: what is wrong, what it should be`; on a machine that fills no disk none of the disks'. */
  problems: string[];
  /** Those of the disks, too: never empty where there is no `config`. */
  allProblems: string[];
  /** What is allowed but hardly meant, in the same form; only looked for where there are no problems. */
  warnings: string[];
}

const ownPlatform: Platform = process.platform === 'win32' ? 'win32' : 'posix';

/** In bytes. A larger file is something else, a log or an image. */
const largestFile = 1_000_000;

/**
 * Which configuration counts: the one that was named, else the first of the program's places: `config.ini` here, and the
 * machine's, unless the program has others.
 *
 * @param where `configFlag` is `--config`, relative to `cwd`
 * @returns an absolute path
 * @throws PlugbackError `config-forbidden`, `config-exists-not` when the named one is not there, `config-missing` when there is none at all
 */
export function findConfigFile(where: {
  configFlag: string | null | undefined;
  cwd: string;
  /** Absolute; null or not given: the usual ones. */
  configPlaces?: readonly string[] | null;
  systemPath?: string;
}): string {
  const { configFlag, cwd, configPlaces, systemPath = '/etc/plugback/config.ini' } = where;
  if (typeof configFlag === 'string') {
    const named = path.resolve(cwd, configFlag);
    readable(named, () => statSync(named));
    return named;
  }
  const searched = configPlaces ?? [path.join(cwd, 'config.ini'), systemPath];
  const found = searched.find(mayExist);
  if (found === undefined) throw new PlugbackError('config-missing', { searched });
  return found;
}

/**
 * Reads and checks a configuration.
 *
 * @param environment for STATE_DIRECTORY and RUNTIME_DIRECTORY
 * @throws PlugbackError `config` with all problems at once, `config-forbidden`, `config-exists-not` when it cannot be read
 */
export function loadConfig(filePath: string, environment: Environment, options: LoadOptions = {}): Config {
  const lenient = loadLeniently(filePath, environment, options);
  const { config, allProblems: problems } = lenient;
  if (config === null)
    throw new PlugbackError('config', { path: lenient.path, problems, isVeeamSide: false });
  return config;
}

/**
 * Reads a configuration and hands out what is right in it, so that a run with a broken one can still send its mail.
 *
 * @throws PlugbackError `config-forbidden`, `config-exists-not` when it cannot be read
 */
export function loadLeniently(
  filePath: string,
  environment: Environment,
  options: LoadOptions = {},
): LenientConfig {
  const absolutePath = path.resolve(filePath);
  const checked = checkConfig(readBytes(absolutePath), absolutePath, environment, options);
  const config = checked.config === null ? null : withExcludesBeside(checked.config);
  const translator = createTranslator(checked.language);
  const warnings = config === null ? [] : doubtsAbout(config);
  // Where there is no job either, somebody has yet to fill in what is to be copied.
  const counting = checked.hasJobs ? problemsThatCount(checked, ['BACKUP']) : checked.problems;
  if (config !== null && config.mail.password !== null && isReadableByOthers(absolutePath)) {
    warnings.push({ section: 'MAIL', key: 'password', line: null, said: sentence('config.warn-readable') });
  }
  return {
    ...checked,
    config,
    path: absolutePath,
    problems: counting.map((problem) => tellProblem(problem, translator)),
    allProblems: checked.problems.map((problem) => tellProblem(problem, translator)),
    warnings: warnings.map((warning) => tellProblem(warning, translator)),
  };
}

/** May everybody on this machine read the file? Not on Windows, where the mode does not tell; not when it is missing. */
export function isReadableByOthers(filePath: string): boolean {
  if (process.platform === 'win32') return false;
  const mode = statSync(filePath, { throwIfNoEntry: false })?.mode ?? 0;
  return (mode & 0o004) !== 0;
}

/** What the two commands of Veeam's side need of a configuration, which may hold nothing else. */
export interface VeeamSideConfig {
  /** The folder for the lock files, as this machine sees it. */
  lockFolder: string;
  /** The copy's marker in the source, as this machine sees it. */
  markerPath: string;
  waitForBackupMinutes: number;
  staleLockHours: number;
}

/** A configuration as Veeam's side reads it. */
export interface VeeamSideReading extends Pick<CheckedConfig, 'stateDirectory' | 'runtimeDirectory'> {
  path: string;
  /** Null when there is any problem. */
  config: VeeamSideConfig | null;
  /** Each as `section.key: what is wrong, what it should be`. */
  problems: string[];
  /** Mistakes that do not matter for the locks, in the same form; empty where there are problems, which hold them all. */
  warnings: string[];
  /** Null when one of the keys of MAIL is wrong. */
  mail: MailConfig | null;
  language: Language;
}

/** The sections that only the machine that copies needs. */
const copiersSections = ['BACKUP', 'WEBSERVER'];

/**
 * Reads a configuration for Veeam's side: the copier's own sections may be missing, or be wrong. Nor does a mistake in
 * another section keep a lock from being raised: without it Veeam would write into a copy.
 *
 * @throws PlugbackError `config-forbidden`, `config-exists-not` when it cannot be read
 */
export function readVeeamSide(
  filePath: string,
  environment: Environment,
  options: LoadOptions = {},
): VeeamSideReading {
  const absolutePath = path.resolve(filePath);
  const checked = checkConfig(readBytes(absolutePath), absolutePath, environment, options);
  const { mail, language, stateDirectory, runtimeDirectory } = checked;
  const { lockFolder, markerPath, veeam } = checked.veeamSide;
  const platform = options.platform ?? ownPlatform;
  const found = checked.problems.filter(({ section }) => !copiersSections.includes(section ?? ''));
  const isMissing = lockFolder === null || markerPath === null;
  const problems = found.filter(({ section }) => section === 'VEEAM' || (section === null && isMissing));
  const others = found.filter((problem) => !problems.includes(problem));
  const missing = (key: string, said: Sentence): ConfigProblem => ({
    section: 'VEEAM',
    key,
    line: null,
    said,
  });
  const isWrong = (key: string) => problems.some((problem) => problem.key === key);
  if (lockFolder === null && !isWrong('veeam-lockfiles')) {
    problems.push(missing('veeam-lockfiles', sentence('config.veeam-lockfiles-missing')));
  }
  if (markerPath === null && !isWrong('backup-lockfile')) {
    problems.push(missing('backup-lockfile', sentence('config.backup-lockfile-missing')));
  }
  if (lockFolder !== null && markerPath !== null && holdsMarker(lockFolder, markerPath, platform)) {
    if (!isWrong('veeam-lockfiles'))
      problems.push(missing('veeam-lockfiles', sentence('config.veeam-holds-source')));
  }
  const isWhole = problems.length === 0 && veeam !== null && lockFolder !== null && markerPath !== null;
  const translator = createTranslator(language);
  return {
    path: absolutePath,
    config: isWhole
      ? {
          lockFolder,
          markerPath,
          waitForBackupMinutes: veeam['wait-for-backup-minutes'],
          staleLockHours: veeam['stale-lock-hours'],
        }
      : null,
    problems: (isWhole ? [] : [...problems, ...others]).map((problem) => tellProblem(problem, translator)),
    warnings: (isWhole ? others : []).map((problem) => tellProblem(problem, translator)),
    mail,
    language,
    stateDirectory,
    runtimeDirectory,
  };
}

/**
 * Reads what the timemachine goes by. Mistakes in other sections do not matter: it works also where no backup is set up.
 *
 * @returns `language` is the configured one
 * @throws PlugbackError `config` with the mistakes in TIMEMACHINE, `config-forbidden`, `config-exists-not`
 */
export function readTimemachine(
  filePath: string,
  environment: Environment,
  options: LoadOptions = {},
): { timemachine: TimemachineConfig; language: Language } {
  const absolutePath = path.resolve(filePath);
  const checked = checkConfig(readBytes(absolutePath), absolutePath, environment, options);
  const { timemachine, language } = checked;
  const translator = createTranslator(language);
  // Without section and line it is the text as a whole. A line outside of all sections may be that of another program's
  // config.ini, in whose folder plugback was called.
  const problems = checked.problems
    .filter(({ section, line }) => section === 'TIMEMACHINE' || (section === null && line === null))
    .map((problem) => tellProblem(problem, translator));
  if (timemachine === null || problems.length > 0)
    throw new PlugbackError('config', { path: absolutePath, problems, isVeeamSide: false });
  return { timemachine, language };
}

/** What the timemachine goes by where there is no configuration. */
export function defaultTimemachine(): TimemachineConfig {
  const { timemachine } = checkConfig(new Uint8Array(), '/', {});
  if (timemachine === null) throw new Error('a default of TIMEMACHINE is wrong');
  return timemachine;
}

/** A configuration as nightshift reads it. */
export interface NightshiftReading
  extends Pick<CheckedConfig, 'stateDirectory' | 'runtimeDirectory' | 'language' | 'debug'> {
  path: string;
  nightshift: NightshiftConfig;
  mail: MailConfig;
}

/**
 * Reads a configuration for nightshift: a machine that backs up onto no disk needs nothing of the plug-in backup's.
 *
 * @throws PlugbackError `config` with all problems at once, `config-forbidden`, `config-exists-not`
 */
export function readNightshift(
  filePath: string,
  environment: Environment,
  options: LoadOptions = {},
): NightshiftReading {
  const absolutePath = path.resolve(filePath);
  const checked = checkConfig(readBytes(absolutePath), absolutePath, environment, options);
  const { mail, nightshift, language, stateDirectory, runtimeDirectory, debug } = checked;
  const found = problemsThatCount(checked, copiersSections);
  if (found.length > 0 || nightshift === null || mail === null) {
    const translator = createTranslator(language);
    const problems = found.map((problem) => tellProblem(problem, translator));
    throw new PlugbackError('config', { path: absolutePath, problems, isVeeamSide: false });
  }
  return { path: absolutePath, nightshift, mail, language, stateDirectory, runtimeDirectory, debug };
}

/** A machine that fills no disk needs nothing of the copier's. */
function problemsThatCount(
  checked: Pick<CheckedConfig, 'isNightshiftOnly' | 'problems'>,
  copiers: readonly string[],
): ConfigProblem[] {
  if (!checked.isNightshiftOnly) return checked.problems;
  return checked.problems.filter(({ section }) => !copiers.includes(section ?? ''));
}

/** Does the marker lie in the lock folder, or in a folder below it? Then every backup would count as a lock. */
function holdsMarker(lockFolder: string, markerPath: string, platform: Platform): boolean {
  const place = platform === 'win32' ? path.win32 : path.posix;
  const plain = (text: string) => (platform === 'win32' ? place.normalize(text).toLowerCase() : text);
  const below = place.relative(plain(lockFolder), place.dirname(plain(markerPath)));
  return below === '' || !(below.startsWith('..') || place.isAbsolute(below));
}

function readBytes(filePath: string): Uint8Array {
  return readable(filePath, () => {
    const stats = statSync(filePath);
    // A device may never end, and a pipe that nobody writes to would be waited for without an end.
    if (!stats.isFile()) throw new Error('not a plain file');
    return stats.size > largestFile ? new Uint8Array(largestFile + 1) : readFileSync(filePath);
  });
}

/** In a folder that is closed to this user there may be one: to say that there is none would mislead. */
function mayExist(filePath: string): boolean {
  try {
    return statSync(filePath, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    return systemCodeOf(error) === 'EACCES';
  }
}

/** @throws PlugbackError `config-forbidden`, or `config-exists-not` with the reason for which `read` threw */
export function readable<T>(filePath: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    // Where there is no sudo, or root itself is kept out, the system's reason tells more.
    const couldUseSudo = (process.geteuid?.() ?? 0) !== 0;
    if (couldUseSudo && systemCodeOf(error) === 'EACCES')
      throw new PlugbackError('config-forbidden', { path: filePath });
    const details = { path: filePath, reason: reasonOf(error) };
    throw new PlugbackError('config-exists-not', details, { cause: error });
  }
}

/** The seed kept rsync_excludes beside config.ini, without a key for it. */
function withExcludesBeside(config: Config): Config {
  const beside = path.join(path.dirname(config.path), 'rsync_excludes');
  if (config.backup.rsyncExcludes !== null || !existsSync(beside)) return config;
  return { ...config, backup: { ...config.backup, rsyncExcludes: beside } };
}

/** Checks the bytes of a configuration against the schema and the rules between its keys. Pure; never throws. */
export function checkConfig(
  bytes: Uint8Array,
  filePath: string,
  environment: Environment,
  options: LoadOptions = {},
): CheckedConfig {
  const platform = options.platform ?? ownPlatform;
  const { text, problem } = readText(bytes);
  const surroundings = { environment, platform };
  const checked = checkIni(schema, parseIni(text), surroundings);
  const of = <S extends keyof typeof schema>(name: S): Partial<ValuesOf<(typeof schema)[S]>> =>
    (checked.sections[name][0] as { values: Partial<ValuesOf<(typeof schema)[S]>> } | undefined)?.values ??
    {};

  // One key is enough on a machine that is both sides at once.
  const fallback = of('BACKUP')['veeam-lockfile-path'] === null ? folderOfVeeam(of('VEEAM'), platform) : null;
  const lockfilePath = fallback === null ? {} : { 'veeam-lockfile-path': fallback };
  const ruled = {
    BACKUP: { ...of('BACKUP'), ...lockfilePath },
    MAIL: of('MAIL'),
    TIMEMACHINE: of('TIMEMACHINE'),
    GENERAL: of('GENERAL'),
  };
  const { COMPUTER, JOB } = checked.sections;
  const nightshiftSections = { NIGHTSHIFT: of('NIGHTSHIFT'), COMPUTER, JOB };
  const broken = brokenRules(ruled)
    .map((rule) =>
      fallback !== null && rule.key === 'veeam-lockfile-path'
        ? { ...rule, section: 'VEEAM', key: 'veeam-lockfiles' }
        : rule,
    )
    .concat(nightshiftProblems(nightshiftSections))
    .map((rule) => ({ ...rule, line: checked.lineOf(rule.section ?? '', rule.key ?? '') }));
  const problems = problem === null ? inOrder([...checked.problems, ...broken]) : [problem];

  const language = options.language ?? of('GENERAL').language ?? 'en';
  const isMailBroken = broken.some((rule) => rule.section === 'MAIL');
  const mail = complete(schema.MAIL, of('MAIL'));
  const backup = complete(schema.BACKUP, of('BACKUP'));
  const web = complete(schema.WEBSERVER, of('WEBSERVER'));
  const veeam = complete(schema.VEEAM, of('VEEAM'));
  const timemachine = complete(schema.TIMEMACHINE, of('TIMEMACHINE'));
  const debug = complete(schema.DEBUG, of('DEBUG'));
  const general = complete(schema.GENERAL, of('GENERAL'));

  const nightshift = toNightshift(nightshiftSections);
  const hasBackup = Object.keys(schema.BACKUP.keys).some((key) => checked.hasValue('BACKUP', key));

  const isWhole =
    backup && mail && web && veeam && timemachine && nightshift && debug && general && problems.length === 0;
  return {
    config: isWhole
      ? {
          path: filePath,
          backup: toBackup({ ...backup, ...lockfilePath }),
          mail: toMail(mail),
          web: toWeb(web),
          veeam: {
            lockfiles: veeam['veeam-lockfiles'],
            waitForBackupMinutes: veeam['wait-for-backup-minutes'],
            backupLockfile: veeam['backup-lockfile'],
            staleLockHours: veeam['stale-lock-hours'],
          },
          timemachine: toTimemachine(timemachine),
          nightshift,
          debug: debug.debug,
          language,
          stateDirectory: general['state-directory'],
          runtimeDirectory: general['runtime-directory'],
        }
      : null,
    problems,
    mail: mail === null || isMailBroken ? null : toMail(mail),
    timemachine: timemachine === null ? null : toTimemachine(timemachine),
    web: web === null ? null : toWeb(web),
    nightshift,
    hasJobs: JOB.length > 0,
    isNightshiftOnly: !(hasBackup || JOB.some(({ values }) => values.kind === 'backup')),
    debug: of('DEBUG').debug ?? false,
    veeamSide: {
      lockFolder: of('VEEAM')['veeam-lockfiles'] ?? of('BACKUP')['veeam-lockfile-path'] ?? null,
      markerPath: of('VEEAM')['backup-lockfile'] ?? markerInSource(of('BACKUP')),
      veeam,
    },
    isVeeamSideOnly: ['veeam-lockfiles', 'backup-lockfile'].some((key) => checked.hasValue('VEEAM', key))
      ? !hasBackup
      : false,
    disks: of('BACKUP')['filesystem-ids-and-notification-mail-addresses'] ?? [],
    language,
    isLanguageChosen: options.language != null || checked.hasValue('GENERAL', 'language'),
    stateDirectory:
      of('GENERAL')['state-directory'] ?? defaultOf(schema.GENERAL.keys['state-directory'], surroundings),
    runtimeDirectory:
      of('GENERAL')['runtime-directory'] ?? defaultOf(schema.GENERAL.keys['runtime-directory'], surroundings),
  };
}

/** Veeam's lock folder where it is a path of this machine; null where it is not, or none is told. */
function folderOfVeeam(veeam: Partial<ValuesOf<typeof schema.VEEAM>>, platform: Platform): string | null {
  const folder = veeam['veeam-lockfiles'] ?? null;
  return folder !== null && isOfPlatform(folder, platform) ? folder : null;
}

/** Where a copy's marker lies on the machine that copies; null where the source is not known. */
function markerInSource(backup: Partial<ValuesOf<typeof schema.BACKUP>>): string | null {
  const { 'backup-source': source, 'backup-lockfile-path': marker } = backup;
  if (source === undefined || marker === undefined) return null;
  return path.join(source, path.basename(marker));
}

/** The text, or why the bytes are none; then the text is empty. */
function readText(bytes: Uint8Array): { text: string; problem: ConfigProblem | null } {
  const nowhere = { section: null, key: null, line: null };
  if (bytes.length > largestFile) {
    return {
      text: '',
      problem: { ...nowhere, said: sentence('config.too-large', { limitBytes: largestFile }) },
    };
  }
  const { text } = decodeText(bytes);
  const zero = text.indexOf('\0');
  if (zero < 0) return { text, problem: null };
  const line = text.slice(0, zero).split(/\r\n|\r|\n/).length;
  return { text: '', problem: { ...nowhere, line, said: sentence('config.binary') } };
}

/** The values of a section once none is missing. */
function complete<S extends Section>(section: S, values: Partial<ValuesOf<S>>): ValuesOf<S> | null {
  return Object.keys(section.keys).every((key) => key in values) ? (values as ValuesOf<S>) : null;
}

function toBackup(values: ValuesOf<typeof schema.BACKUP>): Config['backup'] {
  return {
    disks: values['filesystem-ids-and-notification-mail-addresses'],
    source: values['backup-source'],
    destination: values['backup-destination'],
    lockfilePath: values['backup-lockfile-path'],
    veeamLockfilePath: values['veeam-lockfile-path'],
    logFilePath: values['log-file-path'],
    rsyncLogFilePath: values['rsync-log-file-path'],
    waitForVeeamMinutes: values['wait-for-veeam-minutes'],
    rsyncUpdateRatioSeconds: values['rsync-update-ratio-seconds'],
    freeSpaceThresholdGb: values['free-space-threshold-gb'],
    sourceMustContain: values['source-must-contain'],
    maxDeletePercent: values['max-delete-percent'],
    rsyncExcludes: values['rsync-excludes'],
    rsyncOptions: values['rsync-options'],
    veeamDuringCopy: values['veeam-during-copy'],
    fsck: values.fsck,
    powerOff: values['power-off'],
    encryptionKeyFile: values['encryption-key-file'],
  };
}

function toWeb(values: ValuesOf<typeof schema.WEBSERVER>): Config['web'] {
  return { host: values.webhost, port: values.webport, tokenFile: values['token-file'] };
}

function toMail(values: ValuesOf<typeof schema.MAIL>): MailConfig {
  const sysops = values['to-mail-addresses-sysop'];
  const { username } = values;
  const port = values.port ?? portFor(values.security);
  const login = username !== null && isMailAddress(username) ? username : null;
  return {
    sysops,
    from: values['from-mail-address'] ?? login ?? sysops[0] ?? '',
    cc: values.cc,
    server: values.server,
    port,
    username,
    password: values.password,
    passwordFile: values['password-file'],
    security: values.security ?? securityFor(port, username),
    attachLimitMb: values['attach-limit-mb'],
  };
}

function toTimemachine(values: ValuesOf<typeof schema.TIMEMACHINE>): TimemachineConfig {
  return {
    listFolder: values['list-folder'],
    listName: values['list-name'],
    destination: values.destination,
    keep: values.keep,
  };
}

function portFor(security: MailSecurity | null): number {
  if (security === 'tls') return 465;
  return security === 'none' ? 25 : 587;
}

/** Port 25 without a login is the office's own relay, which often knows no encryption. */
function securityFor(port: number, username: string | null): MailSecurity {
  if (port === 465) return 'tls';
  return port === 25 && username === null ? 'none' : 'starttls';
}
