/** Sets a clock by another computer's, with what the machine has for it: chrony, an NTP client, or Windows' own. */

import { plainAddress } from '../config/address.ts';
import type { Argv } from './run.ts';

/** A way to set this machine's clock, and the program that it takes. */
export interface ClockSetter {
  program: string;
  argv(address: string): Argv;
}

/** On Linux, best first: chronyd steps the clock once and ends (chronyd(8), -q). */
const linuxSetters: readonly ClockSetter[] = [
  {
    program: 'chronyd',
    argv: (address) => ['chronyd', '-q', '-t', '30', `server ${verified(address)} iburst`],
  },
  { program: 'ntpdig', argv: (address) => ['ntpdig', '-S', verified(address)] },
  { program: 'sntp', argv: (address) => ['sntp', '-S', verified(address)] },
  { program: 'ntpdate', argv: (address) => ['ntpdate', '-b', '-u', verified(address)] },
];

/** `net time` asks the other computer itself, which needs no time service there; w32tm would need one. */
const windowsSetters: readonly ClockSetter[] = [
  { program: 'net', argv: (address) => ['net', 'time', uncHost(verified(address)), '/set', '/yes'] },
];

export function clockSetters(platform: 'posix' | 'win32'): readonly ClockSetter[] {
  return platform === 'win32' ? windowsSetters : linuxSetters;
}

/** The arguments that set this machine's clock to a moment, where it has none of those. @param at ms since 1970 */
export function setClockArgv(at: number): Argv {
  return ['date', '--utc', `--set=@${(at / 1000).toFixed(3)}`];
}

/**
 * What another computer's shell is told: to set its clock by the one at this address, with the first of its own programs that
 * can. It ends with something else than 0 where none can.
 *
 * @throws RangeError when the address is none
 */
export function remoteSetCommand(
  address: string,
  { reach, isRoot }: { reach: 'ssh' | 'windows-ssh'; isRoot: boolean },
): string {
  const ip = verified(address);
  if (reach === 'windows-ssh') {
    // 0x8: as a client; as it would ask by itself, some servers do not answer it.
    const peer = `w32tm /config /manualpeerlist:${ip},0x8 /syncfromflags:manual /update`;
    const sync = `net start w32time & ${peer} && w32tm /resync /force || net time ${uncHost(ip)} /set /yes`;
    // The shell there may be PowerShell, which does not know these signs.
    return `cmd /c "${sync}"`;
  }
  const sudo = sudoFor(isRoot);
  const tries = [
    `{ command -v chronyd >/dev/null && ${sudo}chronyd -q -t 15 'server ${ip} iburst'; }`,
    `{ command -v ntpdig >/dev/null && ${sudo}ntpdig -S ${ip}; }`,
    `{ command -v ntpdate >/dev/null && ${sudo}ntpdate -b -u ${ip}; }`,
  ];
  return `${remotePath}; ${tries.join(' || ')}`;
}

/** The same with the time itself, for a computer with Linux that has none of those. @param at ms since 1970, when it gets there */
export function remoteDateCommand(at: number, { isRoot }: { isRoot: boolean }): string {
  return `${remotePath}; ${sudoFor(isRoot)}${setClockArgv(at).join(' ')}`;
}

const remotePath = 'PATH=$PATH:/usr/sbin:/sbin';

function sudoFor(isRoot: boolean): string {
  return isRoot ? '' : 'sudo -n ';
}

/** What another computer's shell is asked for its time, in seconds since 1970. */
export function askTimeCommand(reach: 'ssh' | 'windows-ssh'): string {
  return reach === 'ssh'
    ? 'date +%s.%N'
    : 'powershell -NoProfile -Command "[DateTimeOffset]::UtcNow.ToUnixTimeMilliseconds() / 1000"';
}

/** Its answer in ms since 1970; null for anything else. Windows may write the decimal sign of its language. */
export function parseTime(text: string): number | null {
  const match = /^\s*(\d{9,11})(?:[.,](\d{1,9}))?\s*$/.exec(text);
  if (match === null) return null;
  return Number(match[1]) * 1000 + Number(`0.${match[2] ?? '0'}`) * 1000;
}

/** Remote shells read these: nothing but an address, as the system itself would write it, gets there. */
function verified(address: string): string {
  const plain = plainAddress(address);
  if (plain === null) throw new RangeError('not an IP address');
  return plain;
}

/** A colon ends a name of Windows' network; for addresses that hold some it has a domain of its own. */
function uncHost(ip: string): string {
  return `\\\\${ip.includes(':') ? `${ip.replaceAll(':', '-')}.ipv6-literal.net` : ip}`;
}
