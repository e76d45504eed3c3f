/**
 * Holds the schema, config.ini.template, the README's table and the typed configuration equal.
 *
 * `UPDATE=1 npx vitest run test/config/template.test.ts` writes template and table anew from the schema.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkIni } from '../../src/config/check.ts';
import { addDisk } from '../../src/config/enroll.ts';
import { parseIni } from '../../src/config/ini.ts';
import { checkConfig } from '../../src/config/load.ts';
import * as parsers from '../../src/config/parsers.ts';
import { type Schema, schema } from '../../src/config/schema.ts';
import {
  renderConfigTable,
  renderTemplate,
  replaceConfigTable,
  tableBegin,
} from '../../src/config/template.ts';
import { type Language, languages } from '../../src/messages/format.ts';

const templateFile = fileURLToPath(new URL('../../config.ini.template', import.meta.url));
const readmeFile = fileURLToPath(new URL('../../README.md', import.meta.url));
const isUpdate = process.env.UPDATE === '1';

const sections: Schema = schema;
const allKeys = Object.entries(sections).flatMap(([section, { keys }]) =>
  Object.keys(keys).map((key) => ({ section, key, name: `${section}.${key}` })),
);

/** Keys of sections that are always there, and of those that are there once for each computer or job. */
const isNamed = (section: string) => sections[section]?.isNamed === true;
const plainKeys = allKeys.filter(({ section }) => !isNamed(section));
const namedKeys = allKeys.filter(({ section }) => isNamed(section));

/** The template with the sections switched on that stand in it as comments. */
const switchedOn = (template: string) => template.replaceAll(/^#(?=\[|[a-z-]+ =)/gm, '');

function load(text: string): ReturnType<typeof checkConfig> {
  return checkConfig(Buffer.from(text), '/etc/plugback/config.ini', {}, { platform: 'posix' });
}

/** The template with keys filled in. */
function filled(template: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((text, [key, value]) => {
    const line = new RegExp(`^${key} =.*$`, 'm');
    expect(text).toMatch(line);
    return text.replace(line, () => `${key} = ${value}`);
  }, template);
}

test('config.ini.template is what the schema gives', () => {
  if (isUpdate) writeFileSync(templateFile, renderTemplate());
  expect(readFileSync(templateFile, 'utf8')).toBe(renderTemplate());
});

test('the README’s table is what the schema gives', () => {
  // The README is written once the program is.
  const readme = existsSync(readmeFile)
    ? readFileSync(readmeFile, 'utf8')
    : `${tableBegin}\n<!-- config:end -->`;
  if (isUpdate && existsSync(readmeFile)) writeFileSync(readmeFile, replaceConfigTable(readme));
  const now = isUpdate && existsSync(readmeFile) ? readFileSync(readmeFile, 'utf8') : readme;
  if (existsSync(readmeFile)) expect(now).toContain(renderConfigTable());
  expect(replaceConfigTable(readme)).toContain(renderConfigTable());
});

describe.each(languages)('the template in %s', (language: Language) => {
  const template = renderTemplate(language);

  test('lacks nothing but the source', () => {
    const { problems } = load(template);
    expect(problems.map(({ section, key }) => `${section}.${key}`)).toEqual(['BACKUP.backup-source']);
  });

  test('with a source gives the defaults', () => {
    expect(load(filled(template, { 'backup-source': '/srv/b' })).config).toEqual(
      load('[BACKUP]\nbackup-source = /srv/b\n').config,
    );
  });

  test('holds every key once, in its section, in the schema’s order', () => {
    const { sections: found, problems } = parseIni(switchedOn(template));
    expect(problems).toEqual([]);
    const names = [...found.values()].flatMap(({ name, values }) =>
      [...values.keys()].map((key) => `${name.split(' ')[0]}.${key}`),
    );
    expect(names).toEqual(allKeys.map(({ name }) => name));
  });

  test('explains every key, in lines that fit a terminal', () => {
    for (const { section, key } of allKeys) {
      const help = sections[section]?.keys[key]?.help[language] ?? '';
      expect(help).toMatch(/^[^ ].*[.]$/s);
      expect(template.replaceAll(/\n# /g, ' ')).toContain(help);
    }
    for (const line of template.split('\n')) expect(line.length).toBeLessThanOrEqual(101);
    expect(template).not.toMatch(/[ \t]$/m);
  });

  test('shows every key in the README’s table', () => {
    const table = renderConfigTable(language);
    for (const { key } of allKeys) {
      const namesakes = allKeys.filter((other) => other.key === key);
      expect(table.split(`| \`${key}\` |`)).toHaveLength(1 + namesakes.length);
    }
    expect(table.match(/^\|.*\|$/gm)?.every((row) => row.replaceAll('\\|', '').split('|').length === 5)).toBe(
      true,
    );
  });
});

test('the seed’s keys come first, in the seed’s order', () => {
  const seed: Record<string, string[]> = {
    BACKUP: [
      'filesystem-ids-and-notification-mail-addresses',
      'backup-source',
      'backup-destination',
      'backup-lockfile-path',
      'veeam-lockfile-path',
      'log-file-path',
      'rsync-log-file-path',
      'wait-for-veeam-minutes',
      'rsync-update-ratio-seconds',
      'free-space-threshold-gb',
    ],
    MAIL: ['to-mail-addresses-sysop', 'from-mail-address', 'cc', 'server', 'port', 'username', 'password'],
    WEBSERVER: ['webhost', 'webport'],
    VEEAM: ['veeam-lockfiles', 'wait-for-backup-minutes'],
    DEBUG: ['debug'],
  };
  for (const [section, keys] of Object.entries(seed)) {
    expect(Object.keys(sections[section]?.keys ?? {}).slice(0, keys.length)).toEqual(keys);
  }
});

describe('every key counts', () => {
  /** For each key a value that is not its default. */
  const others: Record<string, string> = {
    'BACKUP.filesystem-ids-and-notification-mail-addresses': '0a1b2c3d-1111-2222-3333-444455556666, a@b',
    'BACKUP.backup-source': '/srv/other',
    'BACKUP.backup-destination': '/media/other',
    'BACKUP.backup-lockfile-path': '/other.lock',
    'BACKUP.veeam-lockfile-path': '/srv/locks',
    'BACKUP.log-file-path': '/var/log/other.log',
    'BACKUP.rsync-log-file-path': '/var/log/other-rsync.log',
    'BACKUP.wait-for-veeam-minutes': '61',
    'BACKUP.rsync-update-ratio-seconds': '31',
    'BACKUP.free-space-threshold-gb': '0,5',
    'BACKUP.source-must-contain': 'backups.txt',
    'BACKUP.max-delete-percent': '26',
    'BACKUP.rsync-excludes': '/etc/excludes',
    'BACKUP.rsync-options': '--inplace -z',
    'BACKUP.veeam-during-copy': 'yield',
    'BACKUP.fsck': 'never',
    'BACKUP.power-off': 'yes',
    'BACKUP.encryption-key-file': '/etc/key',
    'MAIL.to-mail-addresses-sysop': 'a@b',
    'MAIL.from-mail-address': 'c@d',
    'MAIL.cc': 'e@f',
    'MAIL.server': 'mail',
    'MAIL.port': '26',
    'MAIL.username': 'somebody',
    'MAIL.password': 'something',
    'MAIL.password-file': '/etc/password',
    'MAIL.security': 'tls',
    'MAIL.attach-limit-mb': '11',
    'WEBSERVER.webhost': '0.0.0.0',
    'WEBSERVER.webport': '0',
    'WEBSERVER.token-file': '/etc/token',
    'VEEAM.veeam-lockfiles': '\\\\server\\locks',
    'VEEAM.wait-for-backup-minutes': '481',
    'VEEAM.backup-lockfile': 'Z:\\other.lock',
    'VEEAM.stale-lock-hours': '49',
    'TIMEMACHINE.list-folder': '/srv/lists',
    'TIMEMACHINE.list-name': 'other.dat',
    'TIMEMACHINE.destination': '/srv/copies',
    'TIMEMACHINE.keep': '8,31,27,6',
    'NIGHTSHIFT.check-every-seconds': '61',
    'NIGHTSHIFT.offline-after-misses': '4',
    'NIGHTSHIFT.offline-minutes': '11',
    'NIGHTSHIFT.night-begins': '17:30',
    'NIGHTSHIFT.window': '03:00 - 05:00',
    'NIGHTSHIFT.time-zone': 'Europe/Berlin',
    'NIGHTSHIFT.when-somebody-comes': 'stop',
    'NIGHTSHIFT.wake-minutes': '6',
    'NIGHTSHIFT.clock-limit-seconds': '61',
    'NIGHTSHIFT.after-backup': 'hibernate',
    'NIGHTSHIFT.countdown-seconds': '61',
    'NIGHTSHIFT.wake-for-window': 'yes',
    'NIGHTSHIFT.nightshift-log-file-path': '/var/log/other-nightshift.log',
    'NIGHTSHIFT.ssh-key-file': '/etc/plugback/id',
    'NIGHTSHIFT.ssh-known-hosts-file': '/etc/plugback/known_hosts',
    'COMPUTER.mac': '00-1B-21-3C-4D-5E, 001b213c4d5f',
    'COMPUTER.ip': '10.0.0.20 fd00::20',
    'COMPUTER.user': 'backup',
    'COMPUTER.interface': 'eth1',
    'COMPUTER.presence': 'no',
    'COMPUTER.probe-port': '445',
    'COMPUTER.reach': 'windows-ssh',
    'COMPUTER.ssh-port': '2222',
    'COMPUTER.time-source': 'yes',
    'COMPUTER.idle-minutes': '30',
    'COMPUTER.after-backup': 'suspend',
    'JOB.kind': 'backup',
    'JOB.disk': '0a1b2c3d-1111-2222-3333-444455556666',
    'JOB.from': '/srv/other/',
    'JOB.to': 'other pc:/srv/other/',
    'JOB.delete': 'yes',
    'JOB.max-deletes': '1001',
    'JOB.options': '--bwlimit=50M',
    'JOB.command': '"/opt/Free File Sync/FreeFileSync" /etc/night.ffs_batch',
    'JOB.source': 'OTHER  PC',
    'JOB.target': 'pc, other pc',
    'JOB.timeout-minutes': '481',
    'JOB.good-exit-codes': '0, 1',
    'JOB.retries': '2',
    'JOB.retry-minutes': '6',
    'DEBUG.debug': 'yes',
    'GENERAL.language': 'de',
    'GENERAL.state-directory': '/var/lib/other',
    'GENERAL.runtime-directory': '/run/other',
  };
  const plain = load(filled(renderTemplate(), { 'backup-source': '/srv/b' })).config;

  test('each has a sample here', () => {
    expect(Object.keys(others)).toEqual(allKeys.map(({ name }) => name));
  });

  test.each(plainKeys)('$name', ({ key, name }) => {
    const { config, problems } = load(
      filled(renderTemplate(), { 'backup-source': '/srv/b', [key]: others[name] ?? '' }),
    );
    expect(problems).toEqual([]);
    expect(JSON.stringify(config)).not.toBe(JSON.stringify(plain));
  });

  /** The least that a section holds; a job of that kind which has the key. */
  const leastOf = (section: string, key: string): Record<string, string> => {
    if (section === 'COMPUTER') return { ip: '10.0.0.9', user: 'root', reach: 'ssh' };
    if (key === 'command') return { kind: 'command', command: '/bin/true' };
    const ofRsync = ['from', 'to', 'delete', 'max-deletes', 'options'].includes(key);
    return ofRsync ? { kind: 'rsync', from: '/srv/a/', to: '/srv/b/' } : { kind: 'backup' };
  };
  const withSection = (section: string, values: Record<string, string>) => {
    const lines = Object.entries(values).map(([key, value]) => `${key} = ${value}`);
    const other = '[COMPUTER other pc]\nip = 10.0.0.8\nreach = ssh\n';
    const pc = section === 'COMPUTER' ? '' : '[COMPUTER pc]\nip = 10.0.0.9\n';
    return `[BACKUP]\nbackup-source = /srv/b\n${other}${pc}[${section} pc]\n${lines.join('\n')}\n`;
  };

  test.each(namedKeys)('$name', ({ section, key, name }) => {
    const least = leastOf(section, key);
    const value = key === 'kind' ? { kind: 'command', command: '/bin/true' } : { [key]: others[name] ?? '' };
    const before = load(withSection(section, least));
    const after = load(withSection(section, { ...least, ...value }));
    expect([before.problems, after.problems]).toEqual([[], []]);
    expect(JSON.stringify(after.config)).not.toBe(JSON.stringify(before.config));
  });

  test('and nothing in the typed configuration comes from elsewhere', () => {
    const every = Object.fromEntries(plainKeys.map(({ key, name }) => [key, others[name] ?? '']));
    // The two cannot be there together.
    every['password-file'] = '';
    const { config } = load(filled(renderTemplate(), every));
    expect(config).not.toBeNull();
    const same: string[] = [];
    const compare = (one: unknown, other: unknown, name: string): void => {
      if (typeof one === 'object' && one !== null && !Array.isArray(one)) {
        for (const [key, value] of Object.entries(one)) {
          compare(value, (other as Record<string, unknown> | null)?.[key], `${name}.${key}`);
        }
      } else if (JSON.stringify(one) === JSON.stringify(other)) same.push(name);
    };
    compare(config, plain, 'config');
    // The last two come from sections of their own.
    expect(same).toEqual([
      'config.path',
      'config.mail.passwordFile',
      'config.nightshift.computers',
      'config.nightshift.jobs',
    ]);
  });
});

test('a disk can be put into the template', () => {
  const text = addDisk(renderTemplate(), '7D3F-19AC', ['a@b']);
  expect(load(filled(text, { 'backup-source': '/srv/b' })).config?.backup.disks).toEqual([
    { uuid: '7D3F-19AC', mailAddresses: ['a@b'] },
  ]);
});

test('a README without a place for the table is refused', () => {
  expect(() => replaceConfigTable('# plugback\n')).toThrow('no <!-- config:begin -->');
});

test('sections that may be there several times', () => {
  const help = { en: 'x', de: 'x' };
  const own = {
    COMPUTER: {
      help,
      isNamed: true,
      keys: {
        mac: {
          parse: parsers.plainText,
          default: '',
          help,
          required: schema.BACKUP.keys['backup-source'].required,
        },
      },
    },
    GENERAL: schema.GENERAL,
  } satisfies Schema;
  const check = (text: string) => checkIni(own, parseIni(text), { environment: {}, platform: 'posix' });

  const { sections: found, problems } = check('[COMPUTER Büro 3]\nmac = 1\n[computer  lager]\nMAC = 2\n');
  expect(problems).toEqual([]);
  expect(found.COMPUTER).toEqual([
    { name: 'Büro 3', values: { mac: '1' } },
    { name: 'lager', values: { mac: '2' } },
  ]);
  expect(check('').sections.COMPUTER).toEqual([]);

  const wrong = check('[COMPUTER]\n[COMPUTR a]\nmak = 1\n[COMPUTER b]\n[GENERAL x]\n').problems;
  expect(wrong.map(({ section, key, said }) => [section, key, said.key, said.details])).toEqual([
    ['COMPUTER', null, 'config.section-needs-name', { section: 'COMPUTER' }],
    ['COMPUTR a', null, 'config.unknown-section', { nearest: 'COMPUTER name' }],
    ['GENERAL x', null, 'config.unknown-section', { nearest: 'GENERAL' }],
    ['COMPUTER b', 'mac', 'config.source-missing', undefined],
    ['COMPUTER a', 'mak', 'config.unknown-key', { nearest: 'mac' }],
  ]);
});
