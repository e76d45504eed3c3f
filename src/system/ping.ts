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

/** Did somebody answer? Null: ping could not ask, which tells nothing of the other machine. */
export type PingAnswer = boolean | null;

/**
 * Did somebody answer? Of Windows' ping the exit code is 0 also when a router said that nobody is there; an answer
 * alone has a TTL (none with IPv6, where the line of statistics tells, and a router's word is told apart).
 */
export function parsePing(
  { exitCode, stdout }: Pick<ProcessResult, 'exitCode' | 'stdout'>,
  request: Pick<PingRequest, 'address'>,
  platform: PingPlatform,
): PingAnswer {
  if (platform !== 'win32') {
    const [, sent = '0', received = '0'] = statistics.exec(stdout) ?? [];
    if (sent === '0') return null;
    return exitCode === 0 && received !== '0';
  }
  // Its statistics are in Windows' language: one sent, none received. Where it could not ask there are none.
  if (exitCode !== 0) return /= 1\D.*= 0\D/.test(stdout) ? false : null;
  if (/\bTTL[=<]\d+/i.test(stdout)) return true;
  const escaped = request.address.replaceAll(/[.]/g, '\\.');
  return request.address.includes(':') && new RegExp(`\\b${escaped}: .*\\d+ ?ms`, 'i').test(stdout);
}

const statistics = /^(\d+) packets transmitted, (\d+)(?: packets)? received\b/m;

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

/**
 * What became of each address, of the words of many pings; each says its lines at once, when it ends. One that nothing is said
 * of could not be asked: no right to, no such network, or it was ended before.
 */
export function parsePings(stdout: string): Map<string, boolean> {
  const blocks = stdout.matchAll(
    /^--- (\S+) ping statistics ---\n(\d+) packets transmitted, (\d+)(?: packets)? received\b/gm,
  );
  return new Map(
    [...blocks].flatMap(([, address = '', sent, received]) =>
      sent === '0' ? [] : [[address, received !== '0']],
    ),
  );
}

/**
 * What keeps this machine itself from asking is said without the address, and counted as asked: a firewall of its own, a
 * network that went away.
 */
const ownFault = /^ping: (?:sendmsg|sendto): (?!No route to host)/m;

export interface PingResults {
  answers: ReadonlyMap<string, PingAnswer>;
  /** Why some could not be asked, in ping's words; '' where all were. */
  trouble: string;
}

/**
 * One question to each of some addresses, all at the same time.
 *
 * @param addresses IP addresses of one version, no names
 * @throws PlugbackError `program-missing` when there is no ping
 */
export async function pingAll(
  addresses: readonly string[],
  request: Omit<PingRequest, 'address'>,
  { runner, platform }: { runner: Runner; platform: PingPlatform },
): Promise<PingResults> {
  // Those beyond the first three hundred wait until others have ended.
  const rounds = Math.ceil(addresses.length / mostAtOnce);
  const timeoutMs = Math.max(1000, request.timeoutMs) * rounds + graceMs;
  if (platform !== 'linux' || addresses.length === 1) {
    let trouble = '';
    const answers = await Promise.all(
      addresses.map(async (address) => {
        const one = { ...request, address };
        const result = await runner.run(pingArgv(one, platform), { timeoutMs });
        const parsed = parsePing(result, one, platform);
        const answer = parsed === false && ownFault.test(result.stderr) ? null : parsed;
        if (answer === null) trouble = firstLine(result.stderr) || firstLine(result.stdout);
        return [address, answer] as const;
      }),
    );
    return { answers: new Map(answers), trouble };
  }
  const [first = ''] = addresses;
  const argv = pingAllArgv(request, first.includes(':'));
  const input = `${addresses.join('\n')}\n`;
  const { exitCode, stdout, stderr } = await runner.run(argv, { timeoutMs, input });
  // What xargs ends with when there is no such program.
  if (exitCode === 127) throw new PlugbackError('program-missing', { program: 'ping' });
  const said = parsePings(stdout);
  const isOwnFault = ownFault.test(stderr);
  const answerOf = (address: string): PingAnswer => {
    const answered = said.get(address) ?? null;
    return answered === false && isOwnFault ? null : answered;
  };
  return { answers: new Map(addresses.map((one) => [one, answerOf(one)])), trouble: firstLine(stderr) };
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}

/**
 * Asks addresses one by one; those that are asked for in the same moment are asked together.
 *
 * @returns what asks one address, from one address of this machine, and tells why it could not; it throws what `pingAll` throws
 */
export function createPinger(
  timeoutMs: number,
  tools: { runner: Runner; platform: PingPlatform },
): (address: string, sourceAddress: string | null) => Promise<{ answer: PingAnswer; trouble: string }> {
  interface Group {
    addresses: Set<string>;
    results: Promise<PingResults>;
  }
  const groups = new Map<string, Group>();
  return async (address, sourceAddress) => {
    const key = `${address.includes(':')} ${sourceAddress}`;
    let group = groups.get(key);
    if (group === undefined) {
      const addresses = new Set<string>();
      const results = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
        groups.delete(key);
        return pingAll([...addresses], { sourceAddress, timeoutMs }, tools);
      });
      group = { addresses, results };
      groups.set(key, group);
    }
    group.addresses.add(address);
    const { answers, trouble } = await group.results;
    return { answer: answers.get(address) ?? null, trouble };
  };
}
