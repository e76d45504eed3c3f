/** The two commands of Veeam's side, for each program that has them. */

import type { CommandSpec } from './command-line.ts';

/** @param program its name, for the examples */
export function veeamCommands(program: string): readonly CommandSpec[] {
  return [
    {
      name: 'veeam-lock',
      description: 'help.veeam-lock',
      hasLog: true,
      options: [
        ['--job <id>', 'help.veeam.job'],
        ['--timeout <minutes>', 'help.veeam-lock.timeout'],
      ],
      note: 'help.veeam-lock.codes',
      examples: [`${program} veeam-lock --job Nightly`, `${program} veeam-lock --job Nightly --timeout 60`],
      perform: async (_, flags, context) => (await import('./veeam-lock.ts')).veeamLock(flags, context),
    },
    {
      name: 'veeam-unlock',
      description: 'help.veeam-unlock',
      hasLog: true,
      options: [['--job <id>', 'help.veeam.job']],
      note: 'help.veeam-unlock.codes',
      examples: [`${program} veeam-unlock --job Nightly`],
      perform: async (_, flags, context) => (await import('./veeam-unlock.ts')).veeamUnlock(flags, context),
    },
  ];
}
