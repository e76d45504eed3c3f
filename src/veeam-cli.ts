/** plugback-veeam: the two commands of Veeam's side as a program of their own, for Windows, where no Node is needed. */

import path from 'node:path';
import { performTyped } from './commands/command-line.ts';
import { veeamCommands } from './commands/veeam-commands.ts';

const program = process.execPath;

void performTyped(process.argv.slice(2), {
  name: 'plugback-veeam',
  description: 'help.plugback-veeam',
  more: 'help.more-veeam',
  commands: veeamCommands('plugback-veeam'),
  program,
  // Nowhere else: Veeam starts it in whatever folder, under an account that may do everything.
  configPlaces: [path.join(path.dirname(program), 'config.ini')],
}).then((exitCode) => {
  // What was said must get out first; what still hangs on a socket must not keep the process.
  process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
});
