/** A machine set up in a folder: what is written, what stays, and that looking changes nothing. */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { tellStep } from '../../src/commands/install.ts';
import { checkConfig } from '../../src/config/load.ts';
import { renderTemplate } from '../../src/config/template.ts';
import { applyPlan, type DoneStep } from '../../src/install/apply.ts';
import { findLeftovers, type Leftovers } from '../../src/install/leftovers.ts';
import {
  allUnitNames,
  optionalParts,
  type Program,
  packagedFile,
  planHandOver,
  planInstall,
  planUninstall,
  type Step,
  standingUnits,
  type Templates,
  unitNames,
  unitWord,
} from '../../src/install/plan.ts';
import { createTranslator } from '../../src/messages/translator.ts';
import { fakeRunner, noPrograms } from '../fakes.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();
const program: Program = { node: process.execPath, file: '/opt/plug back/dist/cli.js' };
const project = fileURLToPath(new URL('../..', import.meta.url));
const templates: Templates = {
  rule: readFileSync(path.join(project, 'udev/90-plugback.rules'), 'utf8'),
  units: Object.fromEntries(
    allUnitNames.map((name) => [name, readFileSync(path.join(project, 'systemd', name), 'utf8')]),
  ),
  config: renderTemplate('en'),
  excludes: readFileSync(path.join(project, 'rsync_excludes'), 'utf8'),
};
const packaged: Program = { node: '/usr/bin/node', file: packagedFile };
const backupOnly = [] as const;
const none: Leftovers = { files: [], enabled: [] };
const config = 'etc/plugback/config.ini';

async function apply(plan: readonly Step[], dryRun = false) {
  const runner = dryRun ? noPrograms() : fakeRunner(() => ({}));
  const done = await applyPlan(plan, { root: folder(), runner, dryRun, onStep: () => undefined });
  return { done, commands: runner.calls.map((argv) => argv.join(' ')) };
}

const statesOf = (done: readonly DoneStep[]) =>
  done.filter(({ step }) => step.action !== 'command').map(({ state }) => state);

/** Every path below the folder with its mode and text. */
function everything(): string[] {
  const names = readdirSync(folder(), { recursive: true, encoding: 'utf8' }).toSorted();
  return names.map((name) => {
    const stats = statSync(folder(name));
    const text = stats.isFile() ? readFileSync(folder(name), 'utf8') : '';
    return `${name} ${stats.mode.toString(8)} ${text}`;
  });
}

describe('install', () => {
  test('writes rule, units, folders and configuration, and tells systemd and udev', async () => {
    const { commands } = await apply(planInstall(templates, program, none, backupOnly));
    expect(readFileSync(folder('etc/udev/rules.d/90-plugback.rules'), 'utf8')).toBe(templates.rule);
    expect(readdirSync(folder('etc/systemd/system')).toSorted()).toEqual([...unitNames].toSorted());
    expect(statSync(folder(config)).mode & 0o777).toBe(0o640);
    expect(existsSync(folder('var/lib/plugback')) && existsSync(folder('var/log/plugback'))).toBe(true);
    expect(commands).toEqual([
      'systemctl daemon-reload',
      'systemctl try-restart -- plugback-web.service plugback-outbox.timer',
      'systemctl enable --now -- plugback-web.service plugback-outbox.timer',
      'udevadm control --reload',
    ]);
  });

  test('nightshift is switched on only where it was asked for', async () => {
    const { commands } = await apply(planInstall(templates, program, none, ['nightshift']));
    expect(commands).toContain('systemctl enable --now -- plugback-nightshift.service');
    const unit = readFileSync(folder('etc/systemd/system/plugback-nightshift.service'), 'utf8');
    expect(unit).toContain(`${process.execPath} "/opt/plug back/dist/cli.js" nightshift --config=`);
  });

  test('what was set up before names the new program, too, and is switched on no second time', async () => {
    await apply(planInstall(templates, { node: '/old/node', file: '/old/cli.js' }, none, ['nightshift']));
    const { commands } = await apply(planInstall(templates, program, none, [], ['nightshift']));
    const unit = readFileSync(folder('etc/systemd/system/plugback-nightshift.service'), 'utf8');
    expect(unit).toContain('"/opt/plug back/dist/cli.js" nightshift --config=');
    expect(commands.join('\n')).not.toContain('enable --now -- plugback-nightshift.service');
  });

  test('a watch of the copy that goes is started again as the package’s', () => {
    const files = [
      '/etc/systemd/system/plugback@.service',
      '/etc/systemd/system/plugback-nightshift.service',
    ];
    const restarts = (removed: string[]) =>
      planHandOver({ files: removed, enabled: [] }).filter(
        (step) =>
          step.action === 'command' && step.argv.join(' ').includes('try-restart -- plugback-nightshift'),
      ).length;
    expect(restarts(files)).toBe(1);
    expect(restarts(files.slice(0, 1))).toBe(0);
  });

  test('a second time changes no file', async () => {
    await apply(planInstall(templates, program, none, backupOnly));
    const before = everything();
    const { done } = await apply(planInstall(templates, program, none, backupOnly));
    expect(everything()).toEqual(before);
    expect(new Set(statesOf(done))).toEqual(new Set(['unchanged']));
  });

  test('the mask of whoever types it does not count', async () => {
    const mask = process.umask(0o077);
    await apply(planInstall(templates, program, none, backupOnly)).finally(() => process.umask(mask));
    expect(statSync(folder('etc/systemd/system/plugback@.service')).mode & 0o777).toBe(0o644);
  });

  test('a configuration that is there stays, to the byte and the mode', async () => {
    mkdirSync(folder('etc/plugback'), { recursive: true });
    writeFileSync(folder(config), '[BACKUP]\nbackup-source = /srv/\n');
    chmodSync(folder(config), 0o600);
    const { done } = await apply(planInstall(templates, program, none, backupOnly));
    expect(readFileSync(folder(config), 'utf8')).toBe('[BACKUP]\nbackup-source = /srv/\n');
    expect(statSync(folder(config)).mode & 0o777).toBe(0o600);
    expect(statesOf(done)).toContain('kept');
  });

  test('an older unit is replaced', async () => {
    await apply(planInstall(templates, { ...program, file: '/old/cli.js' }, none, backupOnly));
    await apply(planInstall(templates, program, none, backupOnly));
    expect(readFileSync(folder('etc/systemd/system/plugback-web.service'), 'utf8')).not.toContain('/old/');
  });

  test('the rehearsal runs nothing and changes nothing', async () => {
    const { done } = await apply(planInstall(templates, program, none, backupOnly), true);
    expect(everything()).toEqual([]);
    expect(new Set(statesOf(done))).toEqual(new Set(['done']));
    const texts = done.map((step) => tellStep(step, true, createTranslator('en')));
    expect(texts).toContain('would write /etc/udev/rules.d/90-plugback.rules');
    expect(texts).toContain('would run: udevadm control --reload');
    expect(texts.filter((text) => !text.startsWith('would '))).toEqual([]);
  });

  test('from the Debian package it brings no second rule and no second units', async () => {
    await apply(planInstall(templates, packaged, none, backupOnly));
    expect(existsSync(folder('etc/systemd/system'))).toBe(false);
    expect(existsSync(folder('etc/udev'))).toBe(false);
    expect(existsSync(folder(config))).toBe(true);
  });

  test('what went wrong is told with the step that did', async () => {
    const runner = fakeRunner((line) =>
      line.includes('daemon-reload') ? { exitCode: 1, stderr: 'Failed to connect to bus\n' } : {},
    );
    const options = { root: folder(), runner, dryRun: false, onStep: () => undefined };
    await expect(applyPlan(planInstall(templates, program, none, backupOnly), options)).rejects.toMatchObject(
      {
        code: 'install-failed',
        details: { what: 'systemctl daemon-reload', reason: 'Failed to connect to bus' },
      },
    );
  });

  test('the configuration it writes is the template, in which only the source is missing', () => {
    const { problems } = checkConfig(new TextEncoder().encode(templates.config), '/config.ini', {});
    expect(problems.map(({ key }) => key)).toEqual(['backup-source']);
  });
});

describe('with the timemachine', () => {
  const asked = ['timemachine'] as const;
  const timer = 'plugback-timemachine.timer';

  test('writes its units as well, and switches its timer on', async () => {
    const { commands } = await apply(planInstall(templates, program, none, asked));
    expect(readdirSync(folder('etc/systemd/system')).toSorted()).toEqual(
      [...unitNames, ...optionalParts.timemachine.units].toSorted(),
    );
    // People add files to the list before the unit has ever run.
    expect(existsSync(folder('var/lib/plugback/timemachine'))).toBe(true);
    expect(commands).toContain(`systemctl enable --now -- ${timer}`);
  });

  test('from the Debian package it only switches the timer on', async () => {
    const { commands } = await apply(planInstall(templates, packaged, none, asked));
    expect(existsSync(folder('etc/systemd/system'))).toBe(false);
    expect(commands).toContain(`systemctl enable --now -- ${timer}`);
  });

  test('uninstall takes all of it away again, and finds it as another copy’s', async () => {
    await apply(planInstall(templates, program, none, asked));
    expect(findLeftovers(templates, folder()).files).toContain(`/etc/systemd/system/${timer}`);
    const { commands } = await apply(planUninstall([...standingUnits, timer]));
    expect(readdirSync(folder('etc/systemd/system'))).toEqual([]);
    expect(commands[0]).toBe(
      `systemctl disable --now -- plugback-web.service plugback-outbox.timer ${timer}`,
    );
  });
});

describe('the package where an npm copy was set up before', () => {
  const enable = () => {
    mkdirSync(folder('etc/systemd/system/timers.target.wants'));
    symlinkSync('nowhere', folder('etc/systemd/system/timers.target.wants/plugback-outbox.timer'));
  };

  test('what that copy wrote is found and goes, and only what was switched on is switched on', async () => {
    await apply(planInstall(templates, program, none, backupOnly));
    enable();
    const leftovers = findLeftovers(templates, folder());
    expect(leftovers.files.toSorted()).toEqual(
      [
        '/etc/udev/rules.d/90-plugback.rules',
        ...unitNames.map((name) => `/etc/systemd/system/${name}`),
      ].toSorted(),
    );
    const { commands } = await apply(planHandOver(leftovers));
    expect(readdirSync(folder('etc/systemd/system'))).toEqual(['timers.target.wants']);
    expect(readdirSync(folder('etc/udev/rules.d'))).toEqual([]);
    expect(commands).toEqual([
      'systemctl daemon-reload',
      'systemctl try-restart -- plugback-web.service plugback-outbox.timer',
      'systemctl reenable -- plugback-outbox.timer',
      'udevadm control --reload',
    ]);
    expect(findLeftovers(templates, folder()).files).toEqual([]);
  });

  test('install of the package takes them away, too', async () => {
    await apply(planInstall(templates, program, none, backupOnly));
    await apply(planInstall(templates, packaged, findLeftovers(templates, folder()), backupOnly));
    expect(readdirSync(folder('etc/systemd/system'))).toEqual([]);
    expect(readdirSync(folder('etc/udev/rules.d'))).toEqual([]);
  });

  test('units that people have masked, or copied to change them, are theirs', () => {
    mkdirSync(folder('etc/systemd/system'), { recursive: true });
    symlinkSync('/dev/null', folder('etc/systemd/system/plugback-outbox.timer'));
    const edited = templates.units['plugback@.service'] ?? '';
    writeFileSync(folder('etc/systemd/system/plugback@.service'), edited.replace('30min', '60min'));
    expect(findLeftovers(templates, folder()).files).toEqual([]);
  });

  test('install of the package leaves switched off what somebody has switched off', async () => {
    const { commands } = await apply(planInstall(templates, packaged, none, backupOnly));
    expect(commands.filter((line) => line.includes('enable'))).toEqual([]);
  });
});

describe('uninstall', () => {
  test('takes rule and units away and leaves configuration, history and logs', async () => {
    await apply(planInstall(templates, program, none, backupOnly));
    writeFileSync(folder('var/lib/plugback/history.jsonl'), '{}\n');
    const { commands } = await apply(planUninstall(standingUnits));
    expect(readdirSync(folder('etc/systemd/system'))).toEqual([]);
    expect(readdirSync(folder('etc/udev/rules.d'))).toEqual([]);
    expect(existsSync(folder(config))).toBe(true);
    expect(existsSync(folder('var/lib/plugback/history.jsonl'))).toBe(true);
    expect(commands).toEqual([
      'systemctl disable --now -- plugback-web.service plugback-outbox.timer',
      'systemctl daemon-reload',
      'udevadm control --reload',
    ]);
  });

  test('where nothing is, there is nothing to do', async () => {
    const { done, commands } = await apply(planUninstall([]));
    expect(commands).toEqual([]);
    expect(new Set(done.map(({ state }) => state))).toEqual(new Set(['unchanged']));
  });

  test('the rehearsal leaves everything', async () => {
    await apply(planInstall(templates, program, none, backupOnly));
    const before = everything();
    await apply(planUninstall(standingUnits), true);
    expect(everything()).toEqual(before);
  });
});

describe('the units', () => {
  test.each([
    ['/usr/bin/node', '/usr/bin/node'],
    ['/opt/plug back/cli.js', '"/opt/plug back/cli.js"'],
    ['/a"b\\c', '"/a\\"b\\\\c"'],
    ['/100%/$HOME', '"/100%%/$$HOME"'],
  ])('%s as a word of a command line', (text, word) => {
    expect(unitWord(text)).toBe(word);
  });

  test('name the program where it is, in every command', async () => {
    await apply(planInstall(templates, program, none, ['nightshift', 'timemachine']));
    for (const name of allUnitNames.filter((unit) => unit.endsWith('.service'))) {
      const unit = readFileSync(folder('etc/systemd/system', name), 'utf8');
      const commands = unit.split('\n').filter((line) => line.startsWith('Exec'));
      expect(commands.length).toBeGreaterThan(0);
      for (const command of commands) {
        expect(command).toContain(`${process.execPath} "/opt/plug back/dist/cli.js" `);
      }
    }
  });

  test('what would hide the disk from everybody else is not switched on where disks are mounted', () => {
    const own =
      /^(Protect(System|Home|Proc|Kernel\w+|ControlGroups|Hostname|Clock)|Private\w+|(ReadWrite|ReadOnly|Inaccessible)Paths|RootDirectory|DynamicUser|TemporaryFileSystem|Bind\w*Paths)=/m;
    expect(templates.units['plugback@.service']).not.toMatch(own);
    expect(templates.units['plugback-web.service']).toMatch(own);
  });

  const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0;
  test.skipIf(!hasAnalyze)('are understood by systemd, every line', async () => {
    // Any program that is there will do.
    await apply(
      planInstall(templates, { node: '/bin/true', file: '/bin/true' }, none, ['nightshift', 'timemachine']),
    );
    const units = allUnitNames.map((name) =>
      folder('etc/systemd/system', name.replace('@.', '@1b1f\\x2d7a4d.')),
    );
    const { stderr, status } = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], {
      encoding: 'utf8',
    });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  });
});
