/** The Debian package: twice the same bytes, everything in it, nothing that an upgrade would ask about. */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const project = fileURLToPath(new URL('../..', import.meta.url));
/** Its date and maintainer are those of the last commit. */
const canBuild =
  spawnSync('dpkg-deb', ['--version']).status === 0 &&
  spawnSync('git', ['log', '-1'], { cwd: project }).status === 0;
const { version } = JSON.parse(readFileSync(path.join(project, 'package.json'), 'utf8')) as {
  version: string;
};

/** Runs a program to its end. @throws Error with its words when it failed */
function run(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: project, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

describe.skipIf(!canBuild)('the Debian package', () => {
  let folder = '';
  let deb = '';
  const unpacked = (...parts: string[]) => path.join(folder, 'tree', ...parts);

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'plugback-deb-test-'));
    deb = run(process.execPath, 'packaging/deb.mjs', folder).trim();
    run('dpkg-deb', '--raw-extract', deb, unpacked());
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('is the same the second time, whatever the mask', () => {
    const mask = process.umask(0o077);
    try {
      const again = run(process.execPath, 'packaging/deb.mjs', path.join(folder, 'again')).trim();
      expect(readFileSync(again).equals(readFileSync(deb))).toBe(true);
    } finally {
      process.umask(mask);
    }
  }, 60_000);

  test('has its name, its version and what it needs', () => {
    expect(path.basename(deb)).toBe(`plugback_${version}_all.deb`);
    const field = (name: string) => run('dpkg-deb', '--field', deb, name).trim();
    expect(field('Version')).toBe(version);
    for (const needed of ['nodejs (>= 20)', 'rsync', 'e2fsprogs', 'util-linux']) {
      expect(field('Depends')).toContain(needed);
    }
  });

  test('brings program, rule, units, template, manual and completion', () => {
    const files = readdirSync(unpacked(), { recursive: true, encoding: 'utf8' });
    expect(files).toEqual(
      expect.arrayContaining([
        'usr/bin/plugback',
        'usr/lib/plugback/cli.js',
        'usr/lib/plugback/assets/page.js',
        'usr/lib/udev/rules.d/90-plugback.rules',
        'usr/lib/systemd/system/plugback@.service',
        'usr/lib/systemd/system/plugback-web.service',
        'usr/lib/systemd/system/plugback-outbox.service',
        'usr/lib/systemd/system/plugback-outbox.timer',
        'usr/lib/systemd/system/plugback-timemachine.service',
        'usr/lib/systemd/system/plugback-timemachine.timer',
        'usr/share/plugback/config.ini.template',
        'usr/share/plugback/veeam/pre-job.sh',
        'usr/share/plugback/veeam/post-job.sh',
        'usr/share/man/man1/plugback.1.gz',
        'usr/share/bash-completion/completions/plugback',
        'usr/share/doc/plugback/operations.md',
        'usr/share/doc/plugback/timemachine.md',
        'usr/share/doc/plugback/units.md',
        'usr/share/doc/plugback/copyright',
        'usr/share/doc/plugback/changelog.gz',
        'usr/share/doc/plugback/third-party.gz',
      ]),
    );
  });

  test('has nothing below /etc: an upgrade would ask about it', () => {
    const { stdout } = spawnSync('dpkg-deb', ['--contents', deb], { encoding: 'utf8' });
    expect(stdout).not.toMatch(/ \.\/(etc|var)\//);
    expect(readdirSync(unpacked('DEBIAN')).toSorted()).toEqual([
      'control',
      'md5sums',
      'postinst',
      'postrm',
      'prerm',
    ]);
  });

  test('everything belongs to root, and only programs can be run', () => {
    const lines = run('dpkg-deb', '--contents', deb).trim().split('\n');
    expect(lines.filter((line) => !line.includes(' root/root '))).toEqual([]);
    const programs = lines.filter((line) => /^-..x/.test(line)).map((line) => line.split(' ').at(-1));
    expect(programs).toEqual([
      './usr/lib/plugback/cli.js',
      './usr/share/plugback/veeam/post-job.sh',
      './usr/share/plugback/veeam/pre-job.sh',
    ]);
  });

  test('its program runs alone, and brings the configuration along', () => {
    const home = path.join(folder, 'elsewhere');
    mkdirSync(home);
    cpSync(unpacked('usr/lib/plugback'), home, { recursive: true });
    expect(readFileSync(path.join(home, 'cli.js'), 'utf8').split('\n')[0]).toBe('#!/usr/bin/node');
    const program = path.join(home, 'cli.js');
    expect(run(process.execPath, program, '--version').trim()).toBe(version);
    const plan = JSON.parse(run(process.execPath, program, 'install', '--dry-run', '--json')) as {
      dryRun: boolean;
      steps: { path?: string }[];
    };
    expect(plan.dryRun).toBe(true);
    expect(plan.steps.map((step) => step.path)).toContain('/etc/plugback/config.ini');
  });

  test('knows nothing of where it was made', () => {
    const files = readdirSync(unpacked(), { recursive: true, encoding: 'utf8' })
      .map((name) => unpacked(name))
      .filter((file) => statSync(file).isFile());
    const telling = files.filter((file) => {
      const content = readFileSync(file);
      return content.includes(path.resolve(project)) || content.includes('plugback-deb-');
    });
    expect(telling).toEqual([]);
  });

  test('Debian’s own examiner finds no error in it', (context) => {
    if (spawnSync('lintian', ['--version']).status !== 0) context.skip('needs lintian');
    const rootsToo = process.getuid?.() === 0 ? ['--allow-root'] : [];
    expect(run('lintian', ...rootsToo, '--display-level', '>=error', deb)).toBe('');
  }, 60_000);

  test('its scripts are understood by a plain shell', () => {
    for (const name of ['postinst', 'prerm', 'postrm']) run('sh', '-n', unpacked('DEBIAN', name));
  });
});

describe('manual and completion', () => {
  const cli = path.join(project, 'dist/cli.js');
  const manual = readFileSync(path.join(project, 'docs/plugback.1'), 'utf8').replaceAll('\\-', '-');
  const completion = readFileSync(path.join(project, 'packaging/plugback.bash'), 'utf8');
  const helpOf = (...args: string[]) => run(process.execPath, cli, ...args, '--help', '--language', 'en');
  const commands = [...helpOf().matchAll(/^ {2}([a-z][a-z-]*)(?= |$)/gm)]
    .map((match) => match[1] ?? '')
    .filter((name) => name !== 'options');

  test('there are commands', () => {
    expect(commands).toContain('install');
  });

  test.each(commands)('know %s and its options', (command) => {
    expect(manual).toMatch(new RegExp(`^\\.BR? ${command}\\b`, 'm'));
    expect(completion).toMatch(new RegExp(`local commands='[^']*\\b${command}\\b`));
    const options = [...helpOf(command).matchAll(/^ {2}(?:--?[a-z]+, )?(--[a-z-]+)/gm)].map(
      (match) => match[1] ?? '',
    );
    expect(options.filter((option) => !manual.includes(option))).toEqual([]);
    const offered = complete('plugback', command, '--');
    expect(offered.toSorted()).toEqual(options.toSorted());
  });

  test('know what the timemachine is told to do', () => {
    const help = helpOf('timemachine');
    const subcommands = [...help.slice(help.indexOf('\nCommands:')).matchAll(/^ {2}([a-z]+)/gm)]
      .map((match) => match[1] ?? '')
      .filter((name) => name !== 'plugback');
    expect(complete('plugback', 'timemachine', '').toSorted()).toEqual(subcommands.toSorted());
    for (const name of subcommands) {
      expect(manual).toMatch(new RegExp(`^\\.BR? (?:add ", " )?${name}\\b`, 'm'));
      const options = [...helpOf('timemachine', name).matchAll(/^ {2}(?:--?[a-z]+, )?(--[a-z-]+)/gm)]
        .map((match) => match[1] ?? '')
        .filter((option) => name === 'restore' || name === 'diff' || option !== '--version');
      expect(complete('plugback', 'timemachine', name, '--').toSorted()).toEqual(
        [...new Set(options)].toSorted(),
      );
    }
  });

  function complete(...words: string[]): string[] {
    const script =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's own
      'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _plugback; printf "%s\\n" "${COMPREPLY[@]}"';
    const file = path.join(project, 'packaging/plugback.bash');
    return run('bash', '-c', script, 'bash', file, ...words)
      .trim()
      .split('\n');
  }
});
