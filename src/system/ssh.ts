/** Gives another computer a command, through the system's ssh. */

import type { Argv } from './run.ts';

export interface SshTarget {
  user: string;
  /** An IP address. */
  address: string;
  port: number;
  /** The address of this machine from which is asked; null: as the routes say. */
  sourceAddress: string | null;
  /** Null: ssh's own. */
  keyFile: string | null;
  knownHostsFile: string | null;
}

/** How long a computer may take to answer, in seconds; then it is asked no more. */
const connectSeconds = 10;

/**
 * ssh's options: it asks nobody anything, and a host whose key is not known is refused, not learnt. No configuration of ssh's
 * own is read: there a ProxyCommand would be a line for a shell, and a host could be another one than here.
 *
 * @returns the words between `ssh` and the host
 */
export function sshOptions(target: Omit<SshTarget, 'address' | 'user'>): string[] {
  const { port, sourceAddress, keyFile, knownHostsFile } = target;
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    `ConnectTimeout=${connectSeconds}`,
    'ServerAliveInterval=15',
    'ServerAliveCountMax=4',
    'ForwardAgent=no',
    'ForwardX11=no',
    'ClearAllForwardings=yes',
    ...(keyFile === null ? [] : ['IdentitiesOnly=yes', `IdentityFile=${sshWord(keyFile)}`]),
    ...(knownHostsFile === null ? [] : [`UserKnownHostsFile=${sshWord(knownHostsFile)}`]),
  ];
  return [
    ...['-F', 'none'],
    ...options.flatMap((option) => ['-o', option]),
    ...['-p', String(port)],
    ...(sourceAddress === null ? [] : ['-b', sourceAddress]),
  ];
}

/** A file's name as ssh's configuration reads it: blanks end it, and a percent sign means something. */
function sshWord(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&').replaceAll('%', '%%')}"`;
}

/**
 * The arguments of one command on another computer.
 *
 * @param command the remote shell reads it: it is one of this program's own, and nothing from a configuration is put
 *   into it but addresses
 */
export function sshArgv(target: SshTarget, command: string): Argv {
  return ['ssh', ...sshOptions(target), '-l', target.user, '-T', '--', target.address, command];
}

/** Why ssh did not get there: of its own exit code, 255, only its words tell more. */
export type SshFailure = 'host-key-unknown' | 'host-key-changed' | 'login-refused' | 'no-answer' | 'other';

/** @param stderr ssh's words, in English (`LC_ALL=C`) */
export function sshFailure(stderr: string): SshFailure {
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED/.test(stderr)) return 'host-key-changed';
  if (/Host key verification failed|No \S+ host key is known/.test(stderr)) return 'host-key-unknown';
  if (/Permission denied|Too many authentication failures/.test(stderr)) return 'login-refused';
  if (/timed out|No route to host|Connection (?:refused|reset|closed)|Network is unreachable/.test(stderr))
    return 'no-answer';
  return 'other';
}
