/** Asks with the system's own ping whether an address answers. */

import { PlugbackError } from '../errors.ts';
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
 * The arguments that ask many addresses at the same time; the addresses follow on standard input, one a line.
 *
 * Node starts one program after the other and waits until each has really begun: 250 pings took it 1.5 s on a busy
 * machine, xargs a tenth of that. No shell takes part.
 */
export function pingAllArgv(request: Omit<PingRequest, 'address'>, isVersion6: boolean): Argv {
  // The words of one question without its address, which comes last.
  const words = pingArgv({ ...request, address: isVersion6 ? '::' : '' }, 'linux').slice(0, -1);
  return ['xargs', '-P', String(mostAtOnce), '-n', '1', '--', ...words];
}

/** So many pings wait for their answers at the same time. */
const mostAtOnce = 300;

/** The addresses that answered, of the words of many pings; each says its lines at once, when it ends. */
export function parsePings(stdout: string): Set<string> {
  const blocks = stdout.matchAll(/^--- (\S+) ping statistics ---\n.*?\b(\d+)(?: packets)? received\b/gm);
  return new Set(
    [...blocks].filter(([, , received]) => received !== '0').map(([, address]) => address ?? ''),
  );
}

/**
 * One question to each of some addresses, all at the same time.
 *
 * @param addresses IP addresses of one version, no names
 * @returns those that answered in time
 * @throws PlugbackError `program-missing` when there is no ping
 */
export async function pingAll(
  addresses: readonly string[],
  request: Omit<PingRequest, 'address'>,
  { runner, platform }: { runner: Runner; platform: PingPlatform },
): Promise<ReadonlySet<string>> {
  const timeoutMs = request.timeoutMs + graceMs;
  if (platform !== 'linux' || addresses.length === 1) {
    const answered = await Promise.all(
      addresses.map(async (address) => {
        const one = { ...request, address };
        return parsePing(await runner.run(pingArgv(one, platform), { timeoutMs }), one, platform);
      }),
    );
    return new Set(addresses.filter((_, index) => answered[index]));
  }
  const [first = ''] = addresses;
  const argv = pingAllArgv(request, first.includes(':'));
  const { exitCode, stdout } = await runner.run(argv, { timeoutMs, input: `${addresses.join('\n')}\n` });
  // What xargs ends with when there is no such program.
  if (exitCode === 127) throw new PlugbackError('program-missing', { program: 'ping' });
  return parsePings(stdout);
}

/**
 * Asks addresses one by one; those that are asked for in the same moment are asked together.
 *
 * @returns what asks one address, from one address of this machine; it throws what `pingAll` throws
 */
export function createPinger(
  timeoutMs: number,
  tools: { runner: Runner; platform: PingPlatform },
): (address: string, sourceAddress: string | null) => Promise<boolean> {
  interface Group {
    addresses: Set<string>;
    answered: Promise<ReadonlySet<string>>;
  }
  const groups = new Map<string, Group>();
  return async (address, sourceAddress) => {
    const key = `${address.includes(':')} ${sourceAddress}`;
    let group = groups.get(key);
    if (group === undefined) {
      const addresses = new Set<string>();
      const answered = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
        groups.delete(key);
        return pingAll([...addresses], { sourceAddress, timeoutMs }, tools);
      });
      group = { addresses, answered };
      groups.set(key, group);
    }
    group.addresses.add(address);
    return (await group.answered).has(address);
  };
}
