/** From what was typed to one command to its exit code. */

import { fileURLToPath } from 'node:url';
import { type CommandSpec, performTyped } from './commands/command-line.ts';
import { veeamCommands } from './commands/veeam-commands.ts';

const timemachineSpec: CommandSpec = {
  name: 'timemachine',
  description: 'help.timemachine',
  options: [
    ['-c, --list-name <name>', 'help.timemachine.list-name'],
    ['--cl, --list-folder <folder>', 'help.timemachine.list-folder'],
    ['-d, --destination <folder>', 'help.timemachine.destination'],
    ['-l, --list', 'help.timemachine.list'],
    ['-a, --add <file>', 'help.timemachine.add'],
    ['-r, --remove <file>', 'help.timemachine.remove'],
  ],
  spellings: { '-cl': '--cl' },
  note: 'help.timemachine.note',
  examples: [
    'plugback timemachine add plan.odt -d /mnt/copies',
    'plugback timemachine -c config.dat -cl /home/anna -d /mnt/copies',
  ],
  subcommands: [
    {
      name: 'add',
      arguments: '<files...>',
      description: 'help.timemachine.do-add',
      examples: ['plugback timemachine add plan.odt /srv/office', 'plugback timemachine add -- -notes-'],
      perform: async (files, flags, context) =>
        (await import('./commands/timemachine/list.ts')).add(files, flags, context),
    },
    {
      name: 'remove',
      arguments: '<files...>',
      description: 'help.timemachine.do-remove',
      examples: ['plugback timemachine remove plan.odt'],
      perform: async (files, flags, context) =>
        (await import('./commands/timemachine/list.ts')).remove(files, flags, context),
    },
    {
      name: 'list',
      endsAtOnce: true,
      description: 'help.timemachine.do-list',
      examples: ['plugback timemachine list', 'plugback timemachine list --json'],
      perform: async (_, flags, context) =>
        (await import('./commands/timemachine/list.ts')).showList(flags, context),
    },
    {
      name: 'run',
      description: 'help.timemachine.do-run',
      examples: ['plugback timemachine run -d /mnt/copies'],
      perform: async (_, flags, context) =>
        (await import('./commands/timemachine/run.ts')).runOnce(flags, context),
    },
    {
      name: 'watch',
      description: 'help.timemachine.do-watch',
      examples: ['plugback timemachine watch -d /mnt/copies'],
      perform: async (_, flags, context) =>
        (await import('./commands/timemachine/watch.ts')).watch(flags, context),
    },
    {
      name: 'versions',
      endsAtOnce: true,
      arguments: '<file>',
      description: 'help.timemachine.do-versions',
      examples: ['plugback timemachine versions plan.odt -d /mnt/copies'],
      perform: async ([file = ''], flags, context) =>
        (await import('./commands/timemachine/versions.ts')).showVersions(file, flags, context),
    },
    {
      name: 'restore',
      arguments: '<file>',
      description: 'help.timemachine.do-restore',
      options: [
        ['--at <time>', 'help.timemachine.at'],
        ['--version <n>', 'help.timemachine.version'],
        ['--to <path>', 'help.timemachine.to'],
      ],
      examples: [
        'plugback timemachine restore plan.odt --at "2026-11-21 03:12"',
        'plugback timemachine restore plan.odt --version 2 --to /tmp/',
      ],
      perform: async ([file = ''], flags, context) =>
        (await import('./commands/timemachine/restore.ts')).restore(file, flags, context),
    },
    {
      name: 'diff',
      endsAtOnce: true,
      arguments: '<file>',
      description: 'help.timemachine.do-diff',
      options: [
        ['--at <time>', 'help.timemachine.at'],
        ['--version <n>', 'help.timemachine.version'],
      ],
      examples: ['plugback timemachine diff plan.odt', 'plugback timemachine diff plan.odt --at 2026-11-21'],
      perform: async ([file = ''], flags, context) =>
        (await import('./commands/timemachine/diff.ts')).diff(file, flags, context),
    },
    {
      name: 'thin',
      arguments: '[files...]',
      description: 'help.timemachine.do-thin',
      options: [
        ['--keep <numbers>', 'help.timemachine.keep'],
        ['--dry-run', 'help.timemachine.dry-run'],
      ],
      examples: ['plugback timemachine thin --dry-run', 'plugback timemachine thin --keep 7,30,26 plan.odt'],
      perform: async (files, flags, context) =>
        (await import('./commands/timemachine/thin.ts')).thinVersions(files, flags, context),
    },
  ],
  perform: async (_, flags, context) =>
    (await import('./commands/timemachine.ts')).timemachine(flags, context),
};

const commandSpecs: readonly CommandSpec[] = [
  {
    name: 'run',
    description: 'help.run',
    options: [
      ['--uuid <uuid>', 'help.run.uuid'],
      ['--dry-run', 'help.run.dry-run'],
      ['--allow-deletes', 'help.run.allow-deletes'],
      ['--web', 'help.run.web'],
    ],
    examples: ['plugback run', 'plugback run --dry-run', 'plugback run --uuid 3f2c-…'],
    perform: async (_, flags, context) => (await import('./commands/run.ts')).run(flags, context),
  },
  {
    name: 'disks',
    endsAtOnce: true,
    description: 'help.disks',
    examples: ['plugback disks', 'plugback disks --json'],
    perform: async (_, _flags, context) => (await import('./commands/disks.ts')).disks(context),
  },
  {
    name: 'enroll',
    endsAtOnce: true,
    arguments: '<disk>',
    description: 'help.enroll',
    options: [['--mail <addresses>', 'help.enroll.mail']],
    examples: [
      'plugback enroll /dev/sdb1',
      'plugback enroll 3f2c-… --mail anna@example.com,otto@example.com',
    ],
    perform: async ([disk = ''], flags, context) =>
      (await import('./commands/enroll.ts')).enroll(disk, flags, context),
  },
  {
    name: 'check',
    endsAtOnce: true,
    description: 'help.check',
    options: [['--mail', 'help.check.mail']],
    note: 'help.check.codes',
    examples: ['plugback check', 'plugback check --mail'],
    perform: async (_, flags, context) => (await import('./commands/check.ts')).check(flags, context),
  },
  {
    name: 'status',
    endsAtOnce: true,
    description: 'help.status',
    examples: ['plugback status', 'plugback status --json'],
    perform: async (_, _flags, context) => (await import('./commands/status.ts')).status(context),
  },
  {
    name: 'history',
    endsAtOnce: true,
    description: 'help.history',
    options: [['--limit <n>', 'help.history.limit']],
    examples: ['plugback history', 'plugback history --limit 100 --json'],
    perform: async (_, flags, context) => (await import('./commands/history.ts')).history(flags, context),
  },
  {
    name: 'serve',
    description: 'help.serve',
    examples: ['plugback serve', 'plugback serve --config /etc/plugback/config.ini'],
    perform: async (_, _flags, context) => (await import('./commands/serve.ts')).serve(context),
  },
  ...veeamCommands('plugback'),
  {
    name: 'nightshift',
    arguments: '[cancel|import] [file]',
    description: 'help.nightshift',
    options: [
      ['--now', 'help.nightshift.now'],
      ['--once', 'help.nightshift.once'],
      ['--dry-run', 'help.nightshift.dry-run'],
    ],
    note: 'help.nightshift.note',
    examples: [
      'plugback nightshift --dry-run',
      'plugback nightshift --now',
      'plugback nightshift cancel',
      'plugback nightshift import Computers.txt',
    ],
    perform: async (parameters, flags, context) =>
      (await import('./commands/nightshift.ts')).nightshift(parameters, flags, context),
  },
  {
    name: 'outbox',
    description: 'help.outbox',
    options: [['--send', 'help.outbox.send']],
    examples: ['plugback outbox', 'plugback outbox --send'],
    perform: async (_, flags, context) => (await import('./commands/outbox.ts')).outbox(flags, context),
  },
  {
    name: 'clean-up',
    description: 'help.clean-up',
    options: [['--uuid <uuid>', 'help.clean-up.uuid']],
    examples: ['plugback clean-up --uuid 3f2c-…'],
    perform: async (_, flags, context) => (await import('./commands/clean-up.ts')).cleanUp(flags, context),
  },
  timemachineSpec,
  {
    name: 'mirror',
    arguments: '<source> <replica>',
    description: 'help.mirror',
    options: [
      ['--every <hours>', 'help.mirror.every'],
      ['--max <n>', 'help.mirror.max'],
      ['--log <folder>', 'help.mirror.log'],
      ['--dry-run', 'help.mirror.dry-run'],
      ['--checksum', 'help.mirror.checksum'],
      ['--max-delete-percent <n>', 'help.mirror.max-delete-percent'],
      ['--allow-deletes', 'help.mirror.allow-deletes'],
      ['--wait', 'help.mirror.wait'],
    ],
    note: 'help.mirror.codes',
    examples: [
      'plugback mirror /srv/office /mnt/replica',
      'plugback mirror /srv/office /mnt/replica --every 4 --log /var/log',
      'plugback mirror /srv/office /mnt/replica --dry-run',
    ],
    perform: async ([source = '', replica = ''], flags, context) =>
      (await import('./commands/mirror.ts')).mirror({ source, replica }, flags, context),
  },
  {
    name: 'install',
    description: 'help.install',
    options: [
      ['--dry-run', 'help.install.dry-run'],
      ['--nightshift', 'help.install.nightshift'],
      ['--timemachine', 'help.install.timemachine'],
    ],
    examples: [
      'plugback install --dry-run',
      'sudo plugback install',
      'sudo plugback install --nightshift --timemachine',
    ],
    perform: async (_, flags, context) => (await import('./commands/install.ts')).install(flags, context),
  },
  {
    name: 'uninstall',
    description: 'help.uninstall',
    options: [['--dry-run', 'help.install.dry-run']],
    examples: ['sudo plugback uninstall'],
    perform: async (_, flags, context) => (await import('./commands/install.ts')).uninstall(flags, context),
  },
  {
    name: 'demo',
    description: 'help.demo',
    examples: ['plugback demo', 'plugback demo --language de'],
    perform: async (_, _flags, context) => (await import('./commands/demo.ts')).demo(context),
  },
];

const exitCode = await performTyped(process.argv.slice(2), {
  name: 'plugback',
  description: 'help.plugback',
  more: 'help.more',
  commands: commandSpecs,
  program: fileURLToPath(import.meta.url),
});
// What was said must get out first; what still hangs on a socket must not keep the process.
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
