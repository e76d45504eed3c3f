/** From what was typed to one command to its exit code. */

import { fileURLToPath } from 'node:url';
import { type CommandSpec, performTyped } from './commands/command-line.ts';
import { veeamCommands } from './commands/veeam-commands.ts';

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
    arguments: '[action] [file]',
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
  {
    name: 'install',
    description: 'help.install',
    options: [
      ['--nightshift', 'help.install.nightshift'],
      ['--dry-run', 'help.install.dry-run'],
    ],
    examples: ['plugback install --dry-run', 'sudo plugback install', 'sudo plugback install --nightshift'],
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
