/** Sends this machine, or another one, to sleep. */

import type { Argv } from './run.ts';

export type SleepKind = 'suspend' | 'hibernate' | 'shutdown';

const systemdVerbs: { readonly [K in SleepKind]: string } = {
  suspend: 'suspend',
  hibernate: 'hibernate',
  shutdown: 'poweroff',
};

/** What Windows types; its suspend is in no program of its own. rundll32 would hibernate where hibernation is on. */
const windowsCommands: { readonly [K in SleepKind]: Argv } = {
  suspend: [
    'powershell',
    '-NoProfile',
    '-Command',
    'Add-Type -AssemblyName System.Windows.Forms; [System.Windows.Forms.Application]::SetSuspendState(0, 0, 0)',
  ],
  hibernate: ['shutdown.exe', '/h'],
  shutdown: ['shutdown.exe', '/s', '/t', '0'],
};

/** The arguments that send this machine to sleep. Without `--check-inhibitors` root would not be asked who holds it awake. */
export function sleepArgv(kind: SleepKind, platform: 'posix' | 'win32'): Argv {
  if (platform === 'win32') return windowsCommands[kind];
  return ['systemctl', '--check-inhibitors=yes', systemdVerbs[kind]];
}

/** The same for the shell of another computer; who holds that one awake is respected, too. */
export function remoteSleepCommand(kind: SleepKind, reach: 'ssh' | 'windows-ssh', isRoot: boolean): string {
  if (reach === 'windows-ssh') {
    const words = windowsCommands[kind].map((word) => (word.includes(' ') ? `"${word}"` : word));
    return words.join(' ');
  }
  return `${isRoot ? '' : 'sudo -n '}${sleepArgv(kind, 'posix').join(' ')}`;
}

/** The arguments that make this machine's clock wake it. @param at ms since 1970; whole seconds count */
export function alarmArgv(at: number): Argv {
  return ['rtcwake', '--mode', 'no', '--time', String(Math.floor(at / 1000))];
}

/** The arguments that ask logind who keeps this machine awake. */
export const inhibitorsArgv: Argv = [
  'busctl',
  '--json=short',
  'call',
  'org.freedesktop.login1',
  '/org/freedesktop/login1',
  'org.freedesktop.login1.Manager',
  'ListInhibitors',
];

export interface Inhibitor {
  who: string;
  why: string;
}

/**
 * Those that hold off this kind of sleep, not just delay it; nothing where the text is no such answer.
 *
 * The answer is `a(ssssuu)`: what is held off (words with colons between them), who, why, block or delay, user, process.
 */
export function parseInhibitors(text: string, kind: SleepKind): Inhibitor[] {
  let rows: unknown;
  try {
    rows = (JSON.parse(text) as { data?: unknown[] }).data?.[0];
  } catch {
    return [];
  }
  if (!Array.isArray(rows)) return [];
  // Whoever must not sleep must not be switched off, either: a backup asks for no more than the first.
  const held = kind === 'shutdown' ? ['shutdown', 'sleep'] : ['sleep'];
  return rows.flatMap((row: unknown) => {
    if (!Array.isArray(row)) return [];
    const [what, who, why, mode] = row.map(String);
    const isHeld = mode === 'block' && (what ?? '').split(':').some((word) => held.includes(word));
    return isHeld ? [{ who: who ?? '', why: why ?? '' }] : [];
  });
}
