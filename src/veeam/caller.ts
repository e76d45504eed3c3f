/** Veeam's own process, for which a lock stands. */

import { ancestorsOf, type ProcessIdentity } from '../system/process-identity.ts';

/**
 * The nearest of the processes that called this one that is Veeam's; null where there is none, or no /proc.
 *
 * The script itself ends long before Veeam has written anything, and so does the shell that called it. Veeam's process
 * (veeamjobman, veeamagent, veeamservice) lives at least as long as it writes: once it is gone, nobody does. What counts
 * is the program that a process executes: a script may be called veeam-prejob.sh and ends with its first breath.
 */
export function callerOf(procRoot: string): ProcessIdentity | null {
  return ancestorsOf(procRoot, 'self').find(({ program }) => /^veeam/i.test(program))?.identity ?? null;
}
