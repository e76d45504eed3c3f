/** Nightshift's sections: what they may hold, and that nothing in them reaches a shell. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { jobArgv, runJob, verifyNotEmpty } from '../../src/commands/nightshift/jobs.ts';
import { checkConfig } from '../../src/config/load.ts';
import { sshTarget } from '../../src/nightshift/office.ts';
import { withoutThisMachine } from '../../src/nightshift/this-machine.ts';
import { clockSetters, remoteDateCommand, remoteSetCommand } from '../../src/system/clock-setting.ts';
import { createRunner } from '../../src/system/run.ts';
import { sshArgv } from '../../src/system/ssh.ts';
import { useFolder } from '../folder.ts';
import { computer, job, nightshiftConfig } from './world.ts';

const folder = useFolder();

function check(text: string) {
  return checkConfig(Buffer.from(text), '/etc/plugback/config.ini', {}, { platform: 'posix' });
}

/** Each problem as `section.key sentence`. */
const problems = (text: string) =>
  check(text)
    .problems.filter(({ section }) => section !== 'BACKUP')
    .map(({ section, key, said }) => `${section}.${key} ${said.key}`);

const pc = '[COMPUTER pc]\nip = 10.0.0.9\n';

test('a machine that fills no disk needs nothing of the backup’s', () => {
  const checked = check(`${pc}[JOB a]\nkind = command\ncommand = /bin/true\n`);
  expect(checked.isNightshiftOnly).toBe(true);
  // A job that fills a disk needs all of it.
  expect(check('[JOB a]\nkind = backup\n').isNightshiftOnly).toBe(false);
  // Also where a mistake keeps nightshift from its configuration.
  expect(check('[JOB a]\nkind = nonsense\n')).toMatchObject({
    nightshift: null,
    hasJobs: true,
    isNightshiftOnly: true,
  });
  expect(checked.nightshift).toMatchObject({ computers: [{ name: 'pc' }], jobs: [{ name: 'a' }] });
});

test.each([
  ['an address that is a name', '[COMPUTER a]\nip = server\n', 'COMPUTER a.ip config.not-an-ip'],
  ['an address that is an option', '[COMPUTER a]\nip = -f\n', 'COMPUTER a.ip config.not-an-ip'],
  ['an address with a command', '[COMPUTER a]\nip = 10.0.0.1;reboot\n', 'COMPUTER a.ip config.not-an-ip'],
  ...[
    '0.0.0.0',
    '127.0.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'ff02::1',
    'fe80::1',
    '::ffff:10.0.0.1',
  ].map((ip): [string, string, string] => [
    `an address that is not one computer’s, ${ip}`,
    `[COMPUTER a]\nip = ${ip}\n`,
    'COMPUTER a.ip config.not-an-ip',
  ]),
  [
    'one address in two spellings',
    '[COMPUTER a]\nip = fd00::2\n[COMPUTER b]\nip = FD00:0::02\n',
    'COMPUTER b.ip config.address-twice',
  ],
  ['an address of many cards', `${pc}mac = 01:00:5e:00:00:01\n`, 'COMPUTER pc.mac config.not-a-card'],
  [
    'two names that differ in blanks',
    '[COMPUTER a b]\nip = 10.0.0.8\n[COMPUTER  a  b]\nip = 10.0.0.7\n',
    'COMPUTER a b.null config.name-twice',
  ],
  [
    'a section that is there twice is one mistake',
    '[JOB a]\nkind = command\ncommand = /bin/true\n[JOB a]\nkind = command\ncommand = /bin/true\n',
    'JOB a.null config.twice',
  ],
  ['two names that differ in case', `${pc}[COMPUTER PC]\nip = 10.0.0.8\n`, 'COMPUTER pc.null config.twice'],
  [
    'a name out of JavaScript',
    '[COMPUTER __proto__]\nip = 10.0.0.1\n',
    'COMPUTER __proto__.null config.not-a-name',
  ],
  [
    'a very long name',
    `[COMPUTER ${'a'.repeat(10_000)}]\n`,
    `COMPUTER ${'a'.repeat(10_000)}.null config.not-a-name`,
  ],
  ['a name that drives a terminal', '[COMPUTER a\x1b[2J]\n', 'COMPUTER a\x1b[2J.null config.not-a-name'],
  ...[
    '-e sh',
    '-ae sh',
    '--rsh=sh',
    '--old-args',
    '--no-protect-args',
    '--no-s',
    '--config=/x',
    '-Mx',
    '--remote-option=x',
    '--daemon',
    '--files-from=h:/x',
    '--read-batch=x',
    '--write-batch=x',
    '--copy-as=x',
    '--password-file=/x',
    '--server',
    '/a',
    '--',
  ].map((options): [string, string, string] => [
    `rsync is not given ${options}`,
    `[JOB a]\nkind = rsync\nfrom = /a\nto = /b\noptions = ${options}\n`,
    'JOB a.options',
  ]),
  ['no address', '[COMPUTER a]\nmac = 001b213c4d5e\n', 'COMPUTER a.ip config.ip-missing'],
  ['a hardware address that is none', `${pc}mac = 00:1b:21:3c:4d\n`, 'COMPUTER pc.mac config.not-a-mac'],
  ['mixed signs in it', `${pc}mac = 00:1b-21:3c:4d:5e\n`, 'COMPUTER pc.mac config.not-a-mac'],
  ['nobody’s hardware address', `${pc}mac = ff:ff:ff:ff:ff:ff\n`, 'COMPUTER pc.mac config.not-a-card'],
  ['a user that is an option', `${pc}user = -oProxyCommand=reboot\n`, 'COMPUTER pc.user config.not-a-login'],
  ['a user with a host', `${pc}user = root@evil\n`, 'COMPUTER pc.user config.not-a-login'],
  [
    'a card that is a command',
    `${pc}interface = eth0;reboot\n`,
    'COMPUTER pc.interface config.not-an-interface',
  ],
  [
    'a name with a command',
    '[COMPUTER $(reboot)]\nip = 10.0.0.1\n',
    'COMPUTER $(reboot).null config.not-a-name',
  ],
  ['a name that is an option', '[COMPUTER -rf]\nip = 10.0.0.1\n', 'COMPUTER -rf.null config.not-a-name'],
  ['a job with such a name', '[JOB `id`]\nkind = backup\n', 'JOB `id`.null config.not-a-name'],
  [
    'sleep without a way to say so',
    `${pc}after-backup = shutdown\n`,
    'COMPUTER pc.after-backup config.needs-reach',
  ],
  [
    'Windows without an account',
    `${pc}reach = windows-ssh\n`,
    'COMPUTER pc.user config.windows-user-missing',
  ],
  ['one address for two', `${pc}[COMPUTER b]\nip = 10.0.0.9\n`, 'COMPUTER b.ip config.address-twice'],
  ['no kind', '[JOB a]\n', 'JOB a.kind config.kind-missing'],
  ['a mirror without an end', '[JOB a]\nkind = mirror\nfrom = /srv\n', 'JOB a.to config.job-needs'],
  [
    'a backup with a command',
    '[JOB a]\nkind = backup\ncommand = /bin/true\n',
    'JOB a.command config.job-has-not',
  ],
  [
    'a command without its path',
    '[JOB a]\nkind = command\ncommand = reboot now\n',
    'JOB a.command config.not-a-program',
  ],
  ['an open quote', '[JOB a]\nkind = command\ncommand = /bin/x "a\n', 'JOB a.command config.open-quote'],
  [
    'a computer that is nowhere',
    '[JOB a]\nkind = backup\nsource = pcc\n',
    'JOB a.source config.no-such-computer',
  ],
  [
    'a folder that is an option',
    '[JOB a]\nkind = rsync\nfrom = --rsh=sh\nto = /b\n',
    'JOB a.from config.not-a-transfer-path',
  ],
  [
    'a folder on a host of its own choice',
    '[JOB a]\nkind = rsync\nfrom = root@evil:/\nto = /b\n',
    'JOB a.from config.not-a-transfer-path',
  ],
  [
    'a daemon',
    '[JOB a]\nkind = rsync\nfrom = pc::module\nto = /b\n',
    'JOB a.from config.not-a-transfer-path',
  ],
  [
    'an option that runs a program',
    '[JOB a]\nkind = rsync\nfrom = /a\nto = /b\noptions = --rsync-path=reboot\n',
    'JOB a.options config.option-elsewhere',
  ],
  [
    'a time that is none',
    '[NIGHTSHIFT]\nnight-begins = 24:00\n',
    'NIGHTSHIFT.night-begins config.not-a-time',
  ],
  ['a window of nothing', '[NIGHTSHIFT]\nwindow = 03:00-03:00\n', 'NIGHTSHIFT.window config.not-a-window'],
  [
    'a zone nobody knows',
    '[NIGHTSHIFT]\ntime-zone = Berlin\n',
    'NIGHTSHIFT.time-zone config.not-a-time-zone',
  ],
  ['a mistyped key', '[NIGHTSHIFT]\noffline-minuts = 1\n', 'NIGHTSHIFT.offline-minuts config.unknown-key'],
])('%s', (_what, text, problem) => {
  expect(problems(text).map((told) => told.slice(0, problem.length))).toContain(problem);
});

test('ten thousand computers are read in seconds', () => {
  const text = Array.from(
    { length: 10_000 },
    (_, n) => `[COMPUTER pc${n}]\nip = 10.1.${n >> 8}.${n & 255}\n`,
  );
  const began = performance.now();
  expect(check(text.join('')).nightshift?.computers).toHaveLength(10_000);
  expect(performance.now() - began).toBeLessThan(15_000);
});

test('all of it is told together', () => {
  const text =
    '[COMPUTER a]\nip = x\nmac = y\n[JOB b]\nkind = nothing\nsource = c\n[NIGHTSHIFT]\nwindow = 1\n';
  expect(problems(text)).toHaveLength(5);
});

test('names are found in any case and with any blanks', () => {
  const { nightshift } = check(
    '[COMPUTER Büro 3]\nip = 10.0.0.9\nreach = ssh\n[JOB a]\nkind = rsync\nfrom = /a/\nto = büro 3:/b/\nsource = BÜRO   3\n',
  );
  expect(nightshift?.jobs[0]).toMatchObject({
    source: ['Büro 3'],
    target: ['Büro 3'],
    to: { computer: 'Büro 3', path: '/b/' },
  });
});

describe('what is run', () => {
  const config = nightshiftConfig({ computers: [computer('nas2', { ips: ['fd00::2'], user: 'backup' })] });
  const surroundings = {
    node: '/usr/bin/node',
    program: '/opt/plugback/cli.js',
    configPath: '/etc/plugback/config.ini',
    language: 'de' as const,
    targetOf: () => ({
      ...sshTarget(computer('nas2', { user: 'backup' }), 'fd00::2', config, []),
      knownHostsFile: "/etc/it's a file",
    }),
  };

  test('a backup is a program of its own', () => {
    const disk = '0a1b2c3d-1111-2222-3333-444455556666';
    expect(jobArgv(job('a', { kind: 'backup', disk } as never), surroundings)).toEqual([
      '/usr/bin/node',
      '/opt/plugback/cli.js',
      'run',
      '--uuid',
      disk,
      '--config',
      '/etc/plugback/config.ini',
      '--language',
      'de',
    ]);
  });

  test('rsync: names stay words, whatever is in them', () => {
    const argv = jobArgv(
      job('a', {
        kind: 'rsync',
        from: { computer: null, path: '/srv/$(reboot) `id`/' },
        to: { computer: 'nas2', path: '/b/;reboot' },
        delete: true,
        maxDeletes: 7,
        options: ['--bwlimit=1M'],
      } as never),
      surroundings,
    );
    expect(argv.slice(-3)).toEqual(['--', '/srv/$(reboot) `id`/', 'backup@[fd00::2]:/b/;reboot']);
    expect(argv).toContain('--protect-args');
    expect(argv).toEqual(expect.arrayContaining(['--delete-delay', '--max-delete=7']));
    const rsh = argv.find((word) => word.startsWith('--rsh=')) ?? '';
    expect(rsh).toContain(`'UserKnownHostsFile="/etc/it''s a file"'`);
    expect(rsh).toContain('StrictHostKeyChecking=yes');
  });

  test('what a job says is shown, and drives no terminal', async () => {
    const told: string[] = [];
    const tell = (line: string) => void told.push(line);
    const runner = createRunner(true);
    const { signal } = new AbortController();
    await runJob(job('a'), ['printf', 'a\\033[2Jb\\n'], { runner, signal, tell });
    expect(told).toEqual(['a\\x1b[2Jb']);
  });

  test('an empty source deletes nothing: it is refused', async () => {
    const copying = (path: string) =>
      job('a', {
        kind: 'rsync',
        from: { computer: null, path },
        to: { computer: null, path: folder('to') },
        delete: true,
        maxDeletes: 7,
        options: [],
      } as never);
    const verify = (path: string) =>
      verifyNotEmpty(copying(path), surroundings, createRunner(true), new AbortController().signal);
    mkdirSync(folder('from'));
    await expect(verify(folder('from'))).rejects.toThrow('source-empty');
    await expect(verify(folder('missing'))).rejects.toThrow('source-unreadable');
    writeFileSync(folder('from', '. '), '');
    await verify(folder('from'));
  });

  test('ssh asks nobody, learns no key, and takes no host for an option', () => {
    const argv = sshArgv(surroundings.targetOf(), 'date');
    expect(argv).toEqual(
      expect.arrayContaining([
        'BatchMode=yes',
        'StrictHostKeyChecking=yes',
        'UpdateHostKeys=no',
        '-l',
        'backup',
      ]),
    );
    expect(argv.slice(-3)).toEqual(['--', 'fd00::2', 'date']);
    // No ProxyCommand of a configuration of ssh's own.
    expect(argv.slice(0, 3)).toEqual(['ssh', '-F', 'none']);
  });

  test('nothing but an address gets into a command for another computer', () => {
    const strange = [
      '10.0.0.1; reboot',
      '$(id)',
      '-x',
      'server',
      "10.0.0.1'",
      'fe80::1%eth0;id',
      'fe80::1%eth0',
    ];
    for (const address of [...strange, '', '10.0.0.1\n', '0x7f.1', '010.0.0.1', '::ffff:1.2.3.4 ']) {
      for (const reach of ['ssh', 'windows-ssh'] as const)
        expect(() => remoteSetCommand(address, { reach, isRoot: true })).toThrow(RangeError);
      for (const platform of ['posix', 'win32'] as const)
        for (const setter of clockSetters(platform))
          expect(() => setter.argv(address), setter.program).toThrow(RangeError);
    }
  });

  test('an address gets there as the system itself would write it', () => {
    const command = remoteSetCommand('FD00:0:0::0002', { reach: 'ssh', isRoot: true });
    expect(command).toContain("'server fd00::2 iburst'");
    expect(remoteSetCommand('10.0.0.1', { reach: 'windows-ssh', isRoot: false })).toBe(
      'cmd /c "net start w32time & w32tm /config /manualpeerlist:10.0.0.1,0x8 /syncfromflags:manual /update && ' +
        'w32tm /resync /force || net time \\\\10.0.0.1 /set /yes"',
    );
    expect(remoteSetCommand('FD00::2', { reach: 'windows-ssh', isRoot: false })).toContain(
      'net time \\\\fd00--2.ipv6-literal.net /set',
    );
    expect(remoteDateCommand(1_795_000_000_123, { isRoot: false })).toBe(
      'PATH=$PATH:/usr/sbin:/sbin; sudo -n date --utc --set=@1795000000.123',
    );
  });
});

test('this machine in its own list is not watched, and its jobs are run here', () => {
  const config = nightshiftConfig({
    computers: [computer('NAS', { ips: ['10.0.0.1'] }), computer('pc', { macs: ['02:00:00:00:00:02'] })],
    jobs: [
      job('a', { source: ['NAS'], target: ['pc'] }),
      job('b', {
        kind: 'rsync',
        from: { computer: 'NAS', path: '/a' },
        to: { computer: 'pc', path: '/b' },
        delete: false,
        options: [],
      } as never),
    ],
  });
  const card = {
    name: 'eth0',
    address: '10.0.0.1',
    netmask: '255.255.255.0',
    mac: '02:aa:00:00:00:01',
    isInternal: false,
  };
  const { config: rest, left } = withoutThisMachine(config, [card]);
  expect(left).toEqual(['NAS']);
  expect(rest.computers.map(({ name }) => name)).toEqual(['pc']);
  expect(rest.jobs[0]).toMatchObject({ source: [], target: ['pc'] });
  expect(rest.jobs[1]).toMatchObject({ from: { computer: null }, to: { computer: 'pc' } });
  const loopback = { ...card, address: '127.0.0.1', mac: '00:00:00:00:00:00', isInternal: true };
  expect(withoutThisMachine(config, [loopback]).left).toEqual([]);
});

test('a computer with a name of one letter is no drive', () => {
  const text =
    '[COMPUTER B]\nip = 192.168.1.20\nreach = ssh\n[JOB a]\nkind = rsync\nfrom = /srv/\nto = B:/srv/\n';
  expect(check(text).nightshift?.jobs).toMatchObject([{ to: { computer: 'B', path: '/srv/' } }]);
});
