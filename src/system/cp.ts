/** GNU cp as a copier of large files: the kernel copies, or shares the blocks where the filesystem can (reflink). */

import { type Argv, commandLine, runOnBytes } from './run.ts';

/** The arguments that copy what standard input names (a NUL after each) into a folder, with the folders it is in. */
export function copyLargeArgv(to: string): Argv {
  const copy: Argv = ['cp', '--archive', '--parents', '--reflink=auto', `--target-directory=${to}`, '--'];
  // xargs takes names that are bytes; each of the two ends with what started it.
  return commandLine(
    ['xargs', '--null', '--no-run-if-empty', '--', ...commandLine(copy, true, 'SIGTERM')],
    true,
    'SIGTERM',
  );
}

/**
 * Copies files with all that there is to them, in the order of their names.
 *
 * @param names relative to `from`, a NUL after each
 * @returns whether all of them were copied; which were not, it does not tell
 * @throws PlugbackError `program-missing`
 */
export async function copyLarge(from: string, to: string, names: Uint8Array): Promise<boolean> {
  const { exitCode } = await runOnBytes({ argv: copyLargeArgv(to), cwd: from }, names);
  return exitCode === 0;
}
