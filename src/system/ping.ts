/** Asks with the system's own ping whether an address answers. */

import type { Argv, ProcessResult, Runner } from './run.ts';

export type PingPlatform = 'linux' | 'win32' | 'darwin';

export interface PingRequest {
  /** An IP address, no name. */
  address: string;
  /** The address of this machine from which is asked, and thereby the network card; null: as the routes say. */
  sourceAddress: string | null;
  /** How long is waited for the answer, in ms. */
  timeoutMs: number;
}

/** How much longer than its own limit ping may take before it is ended, in ms: 250 of them start at once. */
const graceMs = 5_000;

/** The arguments for one question and no name look-up. */
export function pingArgv(request: PingRequest, platform: PingPlatform): Argv {
  const { address, sourceAddress, timeoutMs } = request;
  const version = address.includes(':') ? '-6' : '-4';
  if (platform === 'win32') {
    const source = sourceAddress === null ? [] : ['-S', sourceAddress];
    return ['ping', version, '-n', '1', '-w', String(timeoutMs), ...source, address];
  }
  const seconds = String(Math.max(1, Math.ceil(timeoutMs / 1000)));
  if (platform === 'darwin') {
    const source = sourceAddress === null ? [] : ['-S', sourceAddress];
    return ['ping', '-n', '-q', '-c', '1', '-t', seconds, ...source, address];
  }
  const source = sourceAddress === null ? [] : ['-I', sourceAddress];
  // -w ends it also where the card itself says that nobody is there, once a second, without an answer to count.
  return ['ping', version, '-n', '-q', '-c', '1', '-W', seconds, '-w', seconds, ...source, '--', address];
}

/**
 * Did somebody answer? Of Windows' ping the exit code is 0 also when a router said that nobody is there; an answer
 * alone has a TTL (none with IPv6, where the line of statistics tells, and a router's word is told apart).
 */
export function parsePing(
  { exitCode, stdout }: Pick<ProcessResult, 'exitCode' | 'stdout'>,
  request: Pick<PingRequest, 'address'>,
  platform: PingPlatform,
): boolean {
  if (exitCode !== 0) return false;
  if (platform !== 'win32') return /\b[1-9]\d*(?: packets)? received\b/.test(stdout);
  if (/\bTTL[=<]\d+/i.test(stdout)) return true;
  const escaped = request.address.replaceAll(/[.]/g, '\\.');
  return request.address.includes(':') && new RegExp(`\\b${escaped}: .*\\d+ ?ms`, 'i').test(stdout);
}

/**
 * One question to one address.
 *
 * @returns true when it was answered in time
 * @throws PlugbackError `program-missing` when there is no ping
 */
export async function ping(
  request: PingRequest,
  { runner, platform }: { runner: Runner; platform: PingPlatform },
): Promise<boolean> {
  const result = await runner.run(pingArgv(request, platform), {
    timeoutMs: request.timeoutMs + graceMs,
    isLight: true,
  });
  return parsePing(result, request, platform);
}
