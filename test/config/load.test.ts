import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type CheckedConfig,
  checkConfig,
  findConfigFile,
  isReadableByOthers,
  type LoadOptions,
  loadConfig,
  loadLeniently,
  readVeeamSide,
} from '../../src/config/load.ts';
import { tellProblem } from '../../src/config/problems.ts';
import type { Config } from '../../src/config/types.ts';
import { PlugbackError } from '../../src/errors.ts';
import { createTranslator } from '../../src/messages/translator.ts';
import { defaultConfig } from './defaults.ts';

const seedFile = fileURLToPath(new URL('../fixtures/config/seed-windows.ini', import.meta.url));
const one = '0a1b2c3d-1111-2222-3333-444455556666';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'plugback-config-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Writes a file into the test's folder and gives its path. */
function write(name: string, content: string | Uint8Array, mode = 0o600): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

function check(
  text: string,
  options: LoadOptions = {},
  environment: Record<string, string> = {},
): CheckedConfig {
  return checkConfig(Buffer.from(text), '/etc/plugback/config.ini', environment, {
    platform: 'posix',
    ...options,
  });
}

/** The configuration that a text gives; fails when there is anything wrong with it. */
function good(text: string, options: LoadOptions = {}, environment: Record<string, string> = {}): Config {
  const { config, problems } = check(text, options, environment);
  expect(problems).toEqual([]);
  if (config === null) throw new Error('no configuration');
  return config;
}

/** What is wrong with a text, in words. */
function wrong(text: string, options: LoadOptions = {}, environment: Record<string, string> = {}): string[] {
  const { config, problems, language } = check(text, options, environment);
  expect(config === null).toBe(problems.length > 0);
  return problems.map((problem) => tellProblem(problem, createTranslator(language)));
}

/** What is wrong with lines of a section, when the rest is right. */
function wrongIn(section: string, lines: string): string[] {
  const source = section === 'BACKUP' ? '' : '[BACKUP]\nbackup-source = /srv/backups\n';
  const own = section === 'BACKUP' && !/backup-source/.test(lines) ? 'backup-source = /srv/backups\n' : '';
  return wrong(`${source}[${section}]\n${own}${lines}\n`);
}

function thrown(body: () => unknown): PlugbackError {
  try {
    body();
  } catch (error) {
    expect(error).toBeInstanceOf(PlugbackError);
    return error as PlugbackError;
  }
  throw new Error('nothing was thrown');
}

test('a source is all it takes; everything else has its default', () => {
  expect(good('[BACKUP]\nbackup-source = /srv/backups/\n')).toEqual(defaultConfig);
});

test('a file written for the seed’s tool loads unchanged', () => {
  const config = loadConfig(seedFile, {});
  expect(config).toEqual({
    ...defaultConfig,
    path: seedFile,
    backup: {
      ...defaultConfig.backup,
      disks: [
        {
          uuid: '0A1B2C3D-1111-2222-3333-444455556666',
          mailAddresses: ['Thomas.Mueller@example.com', 'zeineb@example.com'],
        },
        { uuid: '7D3F-19AC', mailAddresses: ['sibylle@example.com'] },
        { uuid: '01D8F2A3B4C5D6E7', mailAddresses: [] },
      ],
      source: '/srv/Sicherungen/Büro & Lager; alt #2/',
      destination: '/media/asbackup',
      lockfilePath: 'asbackup.lock',
      veeamLockfilePath: '/srv/veeam locks',
      logFilePath: '/var/log/asbackup/asbackup.log',
      rsyncLogFilePath: '/var/log/asbackup/rsync.log',
      waitForVeeamMinutes: 90,
      freeSpaceThresholdGb: 120.5,
    },
    mail: {
      ...defaultConfig.mail,
      sysops: ['thomas.mueller@example.com', 'sysop@example.com'],
      from: '"Atlantis Sicherung" <atlantis@example.com>',
      server: 'mail.example.com',
      username: 'atlantis',
      password: '100% "geheim"; #1 = ü€',
    },
    web: { ...defaultConfig.web, host: '0.0.0.0', port: 5000 },
    veeam: { ...defaultConfig.veeam, lockfiles: '\\\\atlantis\\backup\\veeam locks' },
  } satisfies Config);
});

const sixMistakes = `[BACKUP]
filesystem-ids-and-notification-mail-addresses = ${one}, office@@example.com
backup-source = srv/backups
wait-for-veeam-minutes = sixty
max-delete-procent = 10

[MAIL]
server = mail.example.com
security = ssl

[DEBUGG]
debug = yes
`;

describe('a configuration with six mistakes', () => {
  test('is told all of them in one error', () => {
    const file = write('config.ini', sixMistakes);
    const error = thrown(() => loadConfig(file, {}));
    expect(error.exitCode).toBe(78);
    expect(error.details).toEqual({
      path: file,
      isVeeamSide: false,
      problems: [
        'BACKUP.filesystem-ids-and-notification-mail-addresses: “office@@example.com” is not a mail address; it should be one such as backup@example.com.',
        'BACKUP.backup-source: “srv/backups” is not an absolute path; it should begin with a slash, such as /srv/backups.',
        'BACKUP.wait-for-veeam-minutes: “sixty” is not a whole number; it should be one from 0 to 10080, without a unit.',
        'BACKUP.max-delete-procent: is not a known key; the nearest known one is “max-delete-percent”.',
        'MAIL.security: “ssl” is not one of the choices; it should be starttls or tls or none.',
        'DEBUGG: is not a known section; the nearest known one is [DEBUG].',
      ],
    });
  });

  test('in German where the configuration or the caller says so', () => {
    const german = [
      'BACKUP.filesystem-ids-and-notification-mail-addresses: „office@@example.com“ ist keine Mailadresse; richtig ist eine wie backup@example.com.',
      'BACKUP.backup-source: „srv/backups“ ist kein vollständiger Pfad; er sollte mit einem Schrägstrich beginnen, etwa /srv/backups.',
      'BACKUP.wait-for-veeam-minutes: „sixty“ ist keine ganze Zahl; richtig ist eine von 0 bis 10080, ohne Einheit.',
      'BACKUP.max-delete-procent: ist kein bekannter Schlüssel; der ähnlichste bekannte ist „max-delete-percent“.',
      'MAIL.security: „ssl“ steht nicht zur Wahl; richtig ist starttls oder tls oder none.',
      'DEBUGG: ist kein bekannter Abschnitt; der ähnlichste bekannte ist [DEBUG].',
    ];
    expect(wrong(`${sixMistakes}[GENERAL]\nlanguage = de\n`)).toEqual(german);
    expect(wrong(sixMistakes, { language: 'de' })).toEqual(german);
    expect(wrong(`${sixMistakes}[GENERAL]\nlanguage = de\n`, { language: 'en' })[5]).toMatch(
      /^DEBUGG: is not/,
    );
  });

  test('still tells where mails go once its MAIL section is right', () => {
    const file = write('config.ini', sixMistakes.replace('ssl', 'tls'));
    expect(loadLeniently(file, { STATE_DIRECTORY: '/srv/state' })).toMatchObject({
      config: null,
      mail: { server: 'mail.example.com', port: 465, security: 'tls' },
      disks: [],
      language: 'en',
      path: file,
      stateDirectory: '/srv/state',
      runtimeDirectory: '/run/plugback',
      warnings: [],
    });
    expect(loadLeniently(write('config.ini', sixMistakes), {}).mail).toBeNull();
  });
});

describe('names', () => {
  test.each([
    [
      'BACKUP',
      'backup-sorce = /srv',
      ['BACKUP.backup-sorce: is not a known key; the nearest known one is “backup-source”.'],
    ],
    ['MAIL', 'sever = mail', ['MAIL.sever: is not a known key; the nearest known one is “server”.']],
    ['MAIL', 'colour = blue', ['MAIL.colour: is not a known key; the nearest known one is “cc”.']],
    [
      'MAIL',
      'webport = 80',
      ['MAIL.webport: does not belong into this section; it should stand in [WEBSERVER].'],
    ],
    [
      'MAIL',
      'Server = a\nserver = b',
      ['MAIL.server: is there twice (lines 4 and 5); it should be there once.'],
    ],
    [
      'MAIL',
      'port = 25\n[mail]\ncc = a@b',
      ['MAIL: is there twice (lines 3 and 5); it should be there once.'],
    ],
    ['BACKUP x', '', ['BACKUP x: is not a known section; the nearest known one is [BACKUP].']],
  ])('[%s] %j', (section, lines, problems) => {
    expect(
      wrongIn(section, lines).filter((problem) => !problem.includes('backup-source: is missing')),
    ).toEqual(problems);
  });

  test('one slip is one problem: what was meant is taken for there, and checked', () => {
    expect(wrong('[BACKUP]\nbackup-sorce = srv\n')).toEqual([
      'BACKUP.backup-sorce: is not a known key; the nearest known one is “backup-source”.',
      'BACKUP.backup-source: “srv” is not an absolute path; it should begin with a slash, such as /srv/backups.',
    ]);
    expect(wrong('[BAKCUP]\nbackup-source = srv\n')).toEqual([
      'BAKCUP: is not a known section; the nearest known one is [BACKUP].',
      'BACKUP.backup-source: “srv” is not an absolute path; it should begin with a slash, such as /srv/backups.',
    ]);
  });

  test('a name that is somebody’s attack is shown as text', () => {
    expect(wrongIn('MAIL', `a\x1b[31m${'b'.repeat(100)} = 1`)[0]).toMatch(
      /^MAIL\.a\\x1b\[31mb+…: is not a known key/,
    );
  });

  test('DEFAULT lends its keys, and may hold others', () => {
    const config = good('[DEFAULT]\nbackup-source = %(base)s/x\nbase = /srv\nport = 26\nanything = goes\n');
    expect(config.backup.source).toBe('/srv/x');
    expect(config.mail.port).toBe(26);
  });

  test('the two names of Veeam’s folder', () => {
    const both = (one: string, other: string) =>
      `backup-source = /srv/b\nveeam-lockfile-path = ${one}\nveeam-lockfile-dir = ${other}`;
    expect(good('[BACKUP]\nbackup-source = /a\nveeam-lockfile-dir = /locks').backup.veeamLockfilePath).toBe(
      '/locks',
    );
    expect(good(`[BACKUP]\n${both('/locks', '/locks')}`).backup.veeamLockfilePath).toBe('/locks');
    expect(good(`[BACKUP]\n${both('', '/locks')}`).backup.veeamLockfilePath).toBe('/locks');
    expect(good(`[BACKUP]\n${both('/locks', '')}`).backup.veeamLockfilePath).toBe('/locks');
    expect(wrongIn('BACKUP', both('/locks', '/other'))).toEqual([
      'BACKUP.veeam-lockfile-dir: is another name of veeam-lockfile-path, and the two differ; only one of them should be there.',
    ]);
  });
});

describe('form', () => {
  test('an empty file lacks the source', () => {
    const missing =
      'BACKUP.backup-source: is missing; it should be the folder that is copied, such as /srv/backups/ (the slash at the end: its contents).';
    for (const text of ['', '\ufeff', '# nothing\n', '[BACKUP]\nbackup-source =\n']) {
      expect(wrong(text)).toEqual([missing]);
    }
  });

  test('lines that are no settings', () => {
    expect(wrong('backup-source = /srv\n[BACKUP]\nbackup-source /srv\n[backup-source = /srv\n')).toEqual([
      'line 1: stands before the first section; it should come below a line such as [BACKUP].',
      'line 3: is neither a section nor a setting; it should read “key = value”.',
      'BACKUP.[backup-source: is not a known key; the nearest known one is “backup-source”.',
    ]);
  });

  test('an indented key is noticed, and the password on it is not shown', () => {
    const problems = wrongIn(
      'MAIL',
      'cc = a@b\n  password = geheim\nport = 25\n  seven\nusername = x\n passwort: geheim',
    );
    expect(problems).toEqual([
      'MAIL.cc: goes on with the line “password = …” because that one is indented; it should begin at the left like this one.',
      'MAIL.port: goes on over the next line because that one is indented; it should be a single line.',
      'MAIL.username: goes on with the line “passwort = …” because that one is indented; it should begin at the left like this one.',
    ]);
  });

  test('references that lead nowhere', () => {
    expect(wrongIn('MAIL', 'password = 100%(x)s')).toEqual([
      'MAIL.password: refers to “x”, which is not there; it should be a key of the same section, and a percent sign is written %%.',
    ]);
  });

  test('what is no text', () => {
    expect(wrong('[BACKUP]\nbackup-source = /a\0b\n')).toEqual([
      'line 2: holds a zero byte; the configuration should be a plain text file.',
    ]);
    expect(wrong('x'.repeat(1_000_001))).toEqual([
      'The file is too large for a configuration; it should be a text file of 1 MB at most.',
    ]);
  });

  test('no password is ever part of a problem', () => {
    const secret = 'hunter2-geheim';
    for (const text of [
      `[MAIL]\npassword = ${secret}\tx`,
      `[MAIL]\npasword = ${secret}`,
      `[MIAL]\npassword = ${secret}`,
      `[MAIL]\npassword ${secret}`,
      `[MAIL]\npassword = a\n ${secret}`,
      `[MAIL]\nport = 25\n ${secret}`,
      `[MAIL]\ncc = a@b\n password = ${secret}`,
      `[MAIL]\npassword = ${secret}\npassword = ${secret}`,
      `[MAIL]\npassword = ${secret}%(x)s`,
      `[MAIL]\npassword = ${secret}\npassword-file = /x`,
      `[WEBSERVER]\npassword = ${secret}`,
    ]) {
      const problems = wrong(text);
      expect(problems.length).toBeGreaterThan(0);
      expect(problems.join()).not.toContain(secret);
    }
  });
});

describe('rules between keys', () => {
  test.each([
    [
      'backup-destination = /',
      'BACKUP.backup-destination: / is needed by the system, and the disk would hide it; it should be a folder of its own, such as /media/plugback.',
    ],
    [
      'backup-destination = /etc/backup',
      'BACKUP.backup-destination: /etc/backup is needed by the system, and the disk would hide it; it should be a folder of its own, such as /media/plugback.',
    ],
    [
      'backup-destination = /home/',
      'BACKUP.backup-destination: /home is needed by the system, and the disk would hide it; it should be a folder of its own, such as /media/plugback.',
    ],
    [
      'backup-destination = /srv/backups/disk',
      'BACKUP.backup-destination: lies inside backup-source, so the backup would copy itself; it should be a folder elsewhere.',
    ],
    [
      'backup-source = /media/plugback/data',
      'BACKUP.backup-source: lies inside backup-destination, where the disk would hide it; it should be a folder elsewhere.',
    ],
    [
      'backup-source = /media/plugback/',
      'BACKUP.backup-source: lies inside backup-destination, where the disk would hide it; it should be a folder elsewhere.',
    ],
    [
      'backup-source = /',
      'BACKUP.backup-destination: lies inside backup-source, so the backup would copy itself; it should be a folder elsewhere.',
    ],
    [
      'log-file-path = /var/log/a.log\nrsync-log-file-path = /var/log//a.log',
      'BACKUP.rsync-log-file-path: is the same file as log-file-path; it should be one of its own.',
    ],
    [
      'log-file-path = /media/plugback/a.log',
      'BACKUP.log-file-path: /media/plugback/a.log lies inside backup-destination, where the disk would hide it; it should be elsewhere.',
    ],
    [
      'veeam-lockfile-path = /srv/backups/',
      'BACKUP.veeam-lockfile-path: is the folder of the backups or one above it, so every backup would count as a lock file; it should be a folder of its own.',
    ],
    [
      'veeam-lockfile-path = /srv',
      'BACKUP.veeam-lockfile-path: is the folder of the backups or one above it, so every backup would count as a lock file; it should be a folder of its own.',
    ],
  ])('%j', (lines, problem) => {
    expect(wrongIn('BACKUP', lines)).toEqual([problem]);
  });

  test.each([
    'backup-destination = /mnt',
    'backup-destination = /srv/backups-disk',
    'backup-destination = /etcetera/disk',
    'backup-destination = /home/backup/disk',
    'veeam-lockfile-path = /srv/backups/locks',
    'veeam-lockfile-path = /srv/back',
  ])('%j is all right', (lines) => {
    expect(wrongIn('BACKUP', lines)).toEqual([]);
  });

  test('a password and a file for it', () => {
    expect(wrongIn('MAIL', 'password = x\npassword-file = /y')).toEqual([
      'MAIL.password-file: is there besides password; only one of the two should be.',
    ]);
    expect(check('[BACKUP]\nbackup-source=/a\n[MAIL]\npassword=x\npassword-file=/y').mail).toBeNull();
  });

  test.each([
    ['', 587, 'starttls'],
    ['port = 465', 465, 'tls'],
    ['port = 25', 25, 'none'],
    ['port = 25\nusername = x', 25, 'starttls'],
    ['port = 2525', 2525, 'starttls'],
    ['port = 25\nsecurity = starttls', 25, 'starttls'],
    ['security = tls', 465, 'tls'],
    ['security = none', 25, 'none'],
    ['security = starttls', 587, 'starttls'],
  ])('%j goes to port %d with %s', (lines, port, security) => {
    const { mail } = good(`[BACKUP]\nbackup-source = /a\n[MAIL]\n${lines}\n`);
    expect([mail.port, mail.security]).toEqual([port, security]);
  });

  test.each([
    ['from-mail-address = a@b\nusername = c@d', 'a@b'],
    ['username = c@d\nto-mail-addresses-sysop = e@f', 'c@d'],
    ['username = c\nto-mail-addresses-sysop = e@f, g@h', 'e@f'],
    ['username = c', ''],
  ])('%j comes from %j', (lines, from) => {
    expect(good(`[BACKUP]\nbackup-source = /a\n[MAIL]\n${lines}\n`).mail.from).toBe(from);
  });
});

describe('surroundings', () => {
  const source = '[BACKUP]\nbackup-source = /a\n';

  test('the service manager’s folders win over the defaults, the configuration over them', () => {
    const environment = { STATE_DIRECTORY: '/s/one:/s/two', RUNTIME_DIRECTORY: '/r/' };
    expect(good(source, {}, environment)).toMatchObject({ stateDirectory: '/s/one', runtimeDirectory: '/r' });
    expect(good(`${source}[GENERAL]\nstate-directory = /mine\n`, {}, environment)).toMatchObject({
      stateDirectory: '/mine',
      runtimeDirectory: '/r',
    });
    expect(good(source, {}, { STATE_DIRECTORY: '' })).toMatchObject({ stateDirectory: '/var/lib/plugback' });
    expect(wrong(source, {}, { STATE_DIRECTORY: 'relative' })).toHaveLength(1);
  });

  test('the language of the call wins over the configuration’s', () => {
    const german = `${source}[GENERAL]\nlanguage = DE\n`;
    expect(good(german).language).toBe('de');
    expect(good(german, { language: 'en' }).language).toBe('en');
    expect(good(german, { language: null }).language).toBe('de');
  });

  test('on Windows a Linux configuration loads, and paths may be those of Windows', () => {
    const text = '[BACKUP]\nbackup-source = \\\\atlantis\\backup\nlog-file-path = C:\\logs\\a.log\n';
    expect(good(text, { platform: 'win32' }).backup).toMatchObject({
      source: '\\\\atlantis\\backup',
      logFilePath: 'C:\\logs\\a.log',
      destination: '/media/plugback',
    });
    expect(wrong(text)).toHaveLength(2);
  });
});

describe('the file', () => {
  const text = '[BACKUP]\nbackup-source = /a\n';

  test('is looked for where it was named, here, and in the machine’s folder', () => {
    const systemPath = path.join(folder, 'etc/config.ini');
    const where = { configFlag: null, cwd: path.join(folder, 'here'), systemPath };
    mkdirSync(where.cwd);
    expect(thrown(() => findConfigFile(where))).toMatchObject({
      code: 'config-missing',
      details: { searched: [path.join(where.cwd, 'config.ini'), systemPath] },
    });
    write('etc/config.ini', text);
    expect(findConfigFile(where)).toBe(systemPath);
    write('here/config.ini', text);
    expect(findConfigFile(where)).toBe(path.join(where.cwd, 'config.ini'));
    write('other.ini', text);
    expect(findConfigFile({ ...where, configFlag: '../other.ini' })).toBe(path.join(folder, 'other.ini'));
    expect(thrown(() => findConfigFile({ ...where, configFlag: 'nowhere.ini' }))).toMatchObject({
      code: 'config-exists-not',
      details: { path: path.join(where.cwd, 'nowhere.ini') },
    });
  });

  test('that cannot be read', () => {
    for (const file of [folder, path.join(folder, 'nowhere'), '/dev/zero']) {
      expect(thrown(() => loadConfig(file, {})).code).toBe('config-exists-not');
    }
  });

  test.runIf(process.geteuid?.() === 0)('that this user may not read, or not even see', () => {
    const where = { configFlag: null, cwd: '/', systemPath: write('closed.ini', text, 0o600) };
    chmodSync(folder, 0o755);
    const asNobody = (mode: number) => {
      chmodSync(folder, mode);
      process.seteuid?.(65_534);
      try {
        return thrown(() => loadConfig(findConfigFile(where), {}));
      } finally {
        process.seteuid?.(0);
      }
    };
    for (const mode of [0o755, 0o700]) {
      expect(asNobody(mode)).toMatchObject({ code: 'config-forbidden', exitCode: 77 });
    }
  });

  test('that is far too large is not read', () => {
    expect(loadLeniently(write('large', 'x'.repeat(2_000_000)), {}).problems).toEqual([
      'The file is too large for a configuration; it should be a text file of 1 MB at most.',
    ]);
  });

  test('has the seed’s rsync_excludes beside it', () => {
    const file = write('config.ini', text);
    expect(loadConfig(file, {}).backup.rsyncExcludes).toBeNull();
    const beside = write('rsync_excludes', '*.tmp\n');
    expect(loadConfig(file, {}).backup.rsyncExcludes).toBe(beside);
    const own = write('config.ini', `${text}rsync-excludes = /etc/mine\n`);
    expect(loadConfig(own, {}).backup.rsyncExcludes).toBe('/etc/mine');
  });

  test('may be readable by others unless it holds a password', () => {
    const withPassword = `${text}[MAIL]\nserver = m\nto-mail-addresses-sysop = a@b\nusername = u\npassword = p\n`;
    const warnings = (content: string, mode: number) =>
      loadLeniently(write('c.ini', content, mode), {}).warnings;
    expect(isReadableByOthers(write('c.ini', text, 0o644))).toBe(true);
    expect(isReadableByOthers(write('c.ini', text, 0o640))).toBe(false);
    expect(isReadableByOthers(path.join(folder, 'nowhere'))).toBe(false);
    expect(warnings(text, 0o644)).toEqual([]);
    expect(warnings(withPassword, 0o600)).toEqual([]);
    expect(warnings(withPassword, 0o644)).toEqual([
      'MAIL.password: holds a password and can be read by everybody on this machine; it should be readable by its owner only (chmod 600).',
    ]);
  });

  test.each([
    ['to-mail-addresses-sysop = a@b', ['MAIL.server: is empty']],
    ['', []],
    ['server = m', ['MAIL.to-mail-addresses-sysop: is empty']],
    ['server = m\nto-mail-addresses-sysop = a@b\nusername = u', ['MAIL.password: is empty']],
    [
      'server = m\nto-mail-addresses-sysop = a@b\nusername = u\npassword = p\nsecurity = none',
      ['MAIL.security: is none'],
    ],
  ])('doubts about %j', (lines, beginnings) => {
    const { warnings, config } = loadLeniently(write('c.ini', `${text}[MAIL]\n${lines}\n`), {});
    expect(config).not.toBeNull();
    expect(warnings.map((warning) => warning.split(/[,;] | although/)[0])).toEqual(beginnings);
  });

  test('a pipe is refused, not waited for', () => {
    const pipe = path.join(folder, 'pipe.ini');
    execFileSync('mkfifo', [pipe]);
    expect(() => loadConfig(pipe, {})).toThrow(expect.objectContaining({ code: 'config-exists-not' }));
  });

  test('none about a copy that makes room for Veeam', () => {
    const { warnings, config } = loadLeniently(write('c.ini', `${text}veeam-during-copy = yield\n`), {});
    expect(config?.backup.veeamDuringCopy).toBe('yield');
    expect(warnings).toEqual([]);
  });

  test('a key that every disk carries along', () => {
    const warnings = (key: string) =>
      loadLeniently(
        write('c.ini', `[BACKUP]\nbackup-source = /srv/office/\nencryption-key-file = ${key}\n`),
        {},
      ).warnings;
    expect(warnings('/srv/office-key')).toEqual([]);
    expect(warnings('/srv/office/keys/key')).toEqual([
      expect.stringMatching(/^BACKUP.encryption-key-file: lies in backup-source/),
    ]);
  });

  test('a disk’s own addresses without a server are worth a doubt, too', () => {
    const file = write('c.ini', `${text}filesystem-ids-and-notification-mail-addresses = ${one}, a@b\n`);
    expect(loadLeniently(file, {}).warnings).toHaveLength(1);
  });
});

describe('both sides on one machine', () => {
  const backup = '[BACKUP]\nbackup-source = /srv/b/\n';
  const doubts = (text: string) => loadLeniently(write('c.ini', text), {}).warnings;

  test('the lock folder may be named on either side', () => {
    expect(good(`${backup}[VEEAM]\nveeam-lockfiles = /srv/locks\n`).backup.veeamLockfilePath).toBe(
      '/srv/locks',
    );
    const other = `${backup}veeam-lockfile-path = /srv/own\n[VEEAM]\nveeam-lockfiles = /srv/locks\n`;
    expect(good(other).backup.veeamLockfilePath).toBe('/srv/own');
    // Another machine's path means nothing here.
    expect(good(`${backup}[VEEAM]\nveeam-lockfiles = \\\\a\\locks\n`).backup.veeamLockfilePath).toBeNull();
  });

  test('what is wrong with it is told where it stands', () => {
    expect(wrong(`${backup}[VEEAM]\nveeam-lockfiles = /srv\n`)).toEqual([
      expect.stringMatching(/^VEEAM.veeam-lockfiles: is the folder of the backups or one above it/),
    ]);
  });

  test('two different folders, and a lock file that no copy writes, are worth a doubt', () => {
    const both = `${backup}veeam-lockfile-path = /srv/own\n[VEEAM]\n`;
    expect(doubts(`${both}veeam-lockfiles = /srv/own/\nbackup-lockfile = /srv/b/.plugback.lock\n`)).toEqual(
      [],
    );
    expect(doubts(`${both}veeam-lockfiles = \\\\a\\l\nbackup-lockfile = Z:\\.plugback.lock\n`)).toEqual([]);
    expect(doubts(`${both}veeam-lockfiles = /srv/locks\nbackup-lockfile = /srv/b/other.lock\n`)).toEqual([
      expect.stringMatching(
        /^VEEAM.veeam-lockfiles: is another folder than veeam-lockfile-path \(\/srv\/own\)/,
      ),
      expect.stringMatching(/^VEEAM.backup-lockfile: is not the lock file.+\/srv\/b\/\.plugback\.lock/),
    ]);
  });
});

describe('for Veeam’s side', () => {
  const two = '[VEEAM]\nveeam-lockfiles = /mnt/b/locks\nbackup-lockfile = /mnt/b/.plugback.lock\n';

  function side(text: string, options: LoadOptions = {}) {
    return readVeeamSide(write('side.ini', text), {}, options);
  }

  function problems(text: string): readonly string[] {
    const { config, problems: found } = side(text);
    expect(config === null).toBe(found.length > 0);
    return found;
  }

  test('two sections are enough', () => {
    const found = side(
      `${two}stale-lock-hours = 12\n[MAIL]\nserver = mail.example.com\nto-mail-addresses-sysop = a@b.c\n`,
    );
    expect(found).toMatchObject({
      config: {
        lockFolder: '/mnt/b/locks',
        markerPath: '/mnt/b/.plugback.lock',
        waitForBackupMinutes: 480,
        staleLockHours: 12,
      },
      mail: { server: 'mail.example.com', sysops: ['a@b.c'] },
      language: 'en',
    });
  });

  test('Windows paths on Windows', () => {
    const paths =
      '[VEEAM]\nveeam-lockfiles = \\\\atlantis\\b ü\\locks\nbackup-lockfile = Z:\\b\\.plugback.lock\n';
    expect(side(paths, { platform: 'win32' }).config).toMatchObject({
      lockFolder: '\\\\atlantis\\b ü\\locks',
      markerPath: 'Z:\\b\\.plugback.lock',
    });
    const slashes = '[VEEAM]\nveeam-lockfiles = //atlantis/b/locks\nbackup-lockfile = Z:/b/.plugback.lock\n';
    expect(side(slashes, { platform: 'win32' }).config).toMatchObject({
      lockFolder: '//atlantis/b/locks',
      markerPath: 'Z:/b/.plugback.lock',
    });
  });

  test('as Windows saves it: byte order mark, line ends, umlauts in its own encoding', () => {
    const lines = two.replace('/mnt/b/locks', '\\\\atlantis\\Büro\\locks').replaceAll('\n', '\r\n');
    for (const encoded of [`\ufeff${lines}`, Buffer.from(lines, 'latin1')]) {
      const file = path.join(folder, 'side.ini');
      writeFileSync(file, encoded);
      const { config } = readVeeamSide(file, {}, { platform: 'win32' });
      expect(config?.lockFolder).toBe('\\\\atlantis\\Büro\\locks');
    }
  });

  test('what waits is kept where Windows keeps such things, if nothing else is said', () => {
    const where = (environment: Record<string, string>, text = two) => {
      const read = readVeeamSide(write('side.ini', text), environment, { platform: 'win32' });
      return [read.stateDirectory, read.runtimeDirectory];
    };
    expect(where({ ProgramData: 'D:\\Data' })).toEqual(['D:\\Data\\plugback', 'D:\\Data\\plugback\\run']);
    expect(where({})).toEqual(['C:\\ProgramData\\plugback', 'C:\\ProgramData\\plugback\\run']);
    expect(where({ STATE_DIRECTORY: 'E:\\state' })[0]).toBe('E:\\state');
    const broken = '[GENERAL]\nstate-directory = x\nruntime-directory = F:\\run\n';
    expect(where({ ProgramData: 'D:\\Data' }, broken)).toEqual(['D:\\Data\\plugback', 'F:\\run']);
  });

  test('the machine that copies may run Veeam as well: its own keys tell both places', () => {
    const own =
      '[BACKUP]\nbackup-source = /srv/b/\nbackup-lockfile-path = sub/busy.json\nveeam-lockfile-path = /srv/locks\n';
    expect(side(own).config).toMatchObject({ lockFolder: '/srv/locks', markerPath: '/srv/b/busy.json' });
  });

  test('mistakes of the copier’s sections are not Veeam’s', () => {
    expect(problems(`${two}[BACKUP]\nfsck = maybe\n[WEBSERVER]\nwebport = x\n`)).toEqual([]);
  });

  test.each([
    ['[MAIL]\nport = 0\n', 'MAIL.port'],
    ['[GENERAL]\nlanguage = fr\n', 'GENERAL.language'],
    ['[VEEEAM]\n', 'VEEEAM: is not a known section'],
  ])('a mistake elsewhere is told, and does not keep a lock from being raised: %j', (text, beginning) => {
    const { config, warnings } = side(`${two}${text}`);
    expect(config).not.toBeNull();
    expect(warnings).toEqual([expect.stringContaining(beginning)]);
    expect(problems(`[VEEAM]\nveeam-lockfiles = x\n${text}`)).toEqual(
      expect.arrayContaining([expect.stringContaining(beginning)]),
    );
  });

  test.each([
    ['/srv/b', '/srv/b/.plugback.lock', 'posix'],
    ['/srv', '/srv/b/.plugback.lock', 'posix'],
    ['\\\\Atlantis\\b', '//atlantis/B/veeam/.plugback.lock', 'win32'],
  ] as const)('a lock folder that holds the backups is refused: %s', (locks, marker, platform) => {
    const text = `[VEEAM]\nveeam-lockfiles = ${locks}\nbackup-lockfile = ${marker}\n`;
    expect(side(text, { platform }).problems).toEqual([
      expect.stringMatching(/^VEEAM.veeam-lockfiles: is the folder of the backups or one above it/),
    ]);
  });

  test.each([
    ['', ['VEEAM.veeam-lockfiles: is missing', 'VEEAM.backup-lockfile: is missing']],
    ['[VEEAM]\nveeam-lockfiles = /l\n', ['VEEAM.backup-lockfile: is missing']],
    ['[VEEAM]\nbackup-lockfile = /m\nveeam-lockfiles = x\n', ['VEEAM.veeam-lockfiles: “x” is not']],
    [`${two}wait = 7\n`, ['VEEAM.wait']],
  ])('what is wrong in %j', (text, beginnings) => {
    const found = problems(text);
    expect(found).toHaveLength(beginnings.length);
    beginnings.forEach((beginning, at) => {
      expect(found[at]).toContain(beginning);
    });
  });
});

describe('whatever the bytes are', () => {
  /** A small generator, so that a failure can be repeated. */
  function random(seed: number): () => number {
    let state = seed;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  const pieces = [
    '[BACKUP]', '[MAIL]', '[MIAL]', '[x.y]', '[__proto__]', '[]', '[DEFAULT]', 'backup-source', 'password', 'cc',
    'rsync-options', 'free-space-threshold-gb', 'filesystem-ids-and-notification-mail-addresses', 'constructor', ' = ',
    ': ', '=', '\n', '\n', '\r\n', '\n  ', '/srv', 'a@b', one, '%', '%%', '%(cc)s', '%(', '"', "'", ';', '#', '\\',
    '-n', '--x=', '1', '50', ',', '\ufeff', '\u2028', '\u0085', 'ü', '\x1b',
  ]; // biome-ignore format: one piece a line would fill the screen

  test('it ends with a configuration or with problems, in words', () => {
    const next = random(4711);
    for (let round = 0; round < 1500; round += 1) {
      const length = Math.floor(next() * 40);
      const text = Array.from({ length }, () => pieces[Math.floor(next() * pieces.length)]).join('');
      for (const problem of wrong(text)) expect(problem).toMatch(/^\P{Cc}+$/u);
    }
  });

  test('it ends with a PlugbackError at worst', () => {
    const next = random(815);
    for (let round = 0; round < 300; round += 1) {
      const bytes = Uint8Array.from({ length: Math.floor(next() * 400) }, () => Math.floor(next() * 256));
      const file = write('config.ini', bytes);
      expect(thrown(() => loadConfig(file, {})).code).toBe('config');
    }
  });
});
