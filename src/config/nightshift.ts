/** Nightshift's part of a configuration: from the checked sections to what its program goes by. Pure. */

import { type Sentence, sentence } from '../messages/translator.ts';
import type { CheckedSection } from './check.ts';
import { isName } from './parsers.ts';
import type { ConfigProblem } from './problems.ts';
import { type Section, schema, type ValuesOf } from './schema.ts';
import type { ComputerConfig, JobConfig, JobWork, NightshiftConfig, Place } from './types.ts';

type Basics = Partial<ValuesOf<typeof schema.NIGHTSHIFT>>;
type Computer = CheckedSection<typeof schema.COMPUTER>;
type Job = CheckedSection<typeof schema.JOB>;

export interface NightshiftSections {
  NIGHTSHIFT: Basics;
  COMPUTER: readonly Computer[];
  JOB: readonly Job[];
}

/** Names of computers are compared so: people write them as they like. */
export function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/**
 * Mistakes that show only when the sections are seen together: names that nobody has, jobs that lack what their kind
 * needs. Lines are left out.
 */
export function nightshiftProblems(sections: NightshiftSections): ConfigProblem[] {
  return [
    ...nameProblems('COMPUTER', sections.COMPUTER),
    ...nameProblems('JOB', sections.JOB),
    ...sections.COMPUTER.flatMap(computerProblems),
    ...twiceAddressed(sections.COMPUTER),
    ...sections.JOB.flatMap((job) => jobProblems(job, sections.COMPUTER)),
  ];
}

/** The configuration of nightshift; null where a key of it is wrong. */
export function toNightshift({ NIGHTSHIFT, COMPUTER, JOB }: NightshiftSections): NightshiftConfig | null {
  const basics = whole(schema.NIGHTSHIFT, NIGHTSHIFT);
  const computers = COMPUTER.map(toComputer);
  const jobs = JOB.map((job) => toJob(job, COMPUTER));
  if (basics === null || computers.includes(null) || jobs.includes(null)) return null;
  return {
    checkEverySeconds: basics['check-every-seconds'],
    offlineAfterMisses: basics['offline-after-misses'],
    offlineMinutes: basics['offline-minutes'],
    nightBegins: basics['night-begins'],
    window: basics.window,
    timeZone: basics['time-zone'],
    whenSomebodyComes: basics['when-somebody-comes'],
    wakeMinutes: basics['wake-minutes'],
    clockLimitSeconds: basics['clock-limit-seconds'],
    afterBackup: basics['after-backup'],
    countdownSeconds: basics['countdown-seconds'],
    wakeForWindow: basics['wake-for-window'],
    logFilePath: basics['nightshift-log-file-path'],
    sshKeyFile: basics['ssh-key-file'],
    sshKnownHostsFile: basics['ssh-known-hosts-file'],
    computers: computers.filter((computer) => computer !== null),
    jobs: jobs.filter((job) => job !== null),
  };
}

function whole<S extends Section>(section: S, values: Partial<ValuesOf<S>>): ValuesOf<S> | null {
  return Object.keys(section.keys).every((key) => key in values) ? (values as ValuesOf<S>) : null;
}

function problem(section: string, key: string | null, said: Sentence): ConfigProblem {
  return { section, key, line: null, said };
}

function nameProblems(word: 'COMPUTER' | 'JOB', sections: readonly { name: string }[]): ConfigProblem[] {
  const strange = sections
    .filter(({ name }) => !isName(name))
    .map(({ name }) => problem(`${word} ${name}`, null, sentence('config.not-a-name', { value: name })));
  // The file's own headings are compared as they are typed, blanks and all.
  const seen = new Set<string>();
  const twice = sections.filter(({ name }) => {
    const plain = name.normalize('NFC').toLowerCase();
    const isTwice = seen.has(plain);
    seen.add(plain);
    return isTwice;
  });
  return [
    ...strange,
    ...twice.map(({ name }) => problem(`${word} ${name}`, null, sentence('config.name-twice'))),
  ];
}

function computerProblems({ name, values }: Computer): ConfigProblem[] {
  const section = `COMPUTER ${name}`;
  const { reach, user, 'after-backup': after, 'idle-minutes': idle, mac } = values;
  const found: ConfigProblem[] = [];
  if (reach === 'none' && after !== undefined && after !== 'leave')
    found.push(problem(section, 'after-backup', sentence('config.needs-reach')));
  if (reach === 'none' && idle != null)
    found.push(problem(section, 'idle-minutes', sentence('config.needs-reach')));
  if (reach === 'windows-ssh' && user === null)
    found.push(problem(section, 'user', sentence('config.windows-user-missing')));
  if (mac?.some((address) => !isCard(address)))
    found.push(problem(section, 'mac', sentence('config.not-a-card')));
  return found;
}

/** The lowest bit of the first byte tells an address of many; none at all is nobody's. */
export function isCard(mac: string): boolean {
  return mac !== '00:00:00:00:00:00' && (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0;
}

/** One address that belongs to two computers would make one of them look awake when the other is. */
function twiceAddressed(computers: readonly Computer[]): ConfigProblem[] {
  const seen = new Map<string, string>();
  const found: ConfigProblem[] = [];
  for (const { name, values } of computers) {
    for (const key of ['ip', 'mac'] as const) {
      for (const value of values[key] ?? []) {
        const other = seen.get(value);
        if (other === undefined) seen.set(value, name);
        else found.push(problem(`COMPUTER ${name}`, key, sentence('config.address-twice', { value, other })));
      }
    }
  }
  return found;
}

/** What each kind of job needs; the others of these keys must be empty. */
const needs: { readonly [K in JobWork['kind']]: readonly ('from' | 'to' | 'command')[] } = {
  backup: [],
  mirror: ['from', 'to'],
  rsync: ['from', 'to'],
  command: ['command'],
};

function jobProblems(job: Job, computers: readonly Computer[]): ConfigProblem[] {
  const { values } = job;
  const section = `JOB ${job.name}`;
  const found: ConfigProblem[] = [];
  const { kind } = values;
  for (const key of ['from', 'to', 'command'] as const) {
    if (kind === undefined || !(key in values)) continue;
    const isNeeded = needs[kind].includes(key);
    if (isNeeded && values[key] === null)
      found.push(problem(section, key, sentence('config.job-needs', { kind })));
    if (!isNeeded && values[key] !== null)
      found.push(problem(section, key, sentence('config.job-has-not', { kind })));
  }
  if (kind !== undefined && kind !== 'backup' && values.disk != null)
    found.push(problem(section, 'disk', sentence('config.job-has-not', { kind })));
  if (kind === 'mirror') {
    for (const key of ['from', 'to'] as const) {
      if (values[key]?.computer != null) found.push(problem(section, key, sentence('config.mirror-is-here')));
    }
  }
  if (kind === 'rsync' && values.from?.computer != null && values.to?.computer != null)
    found.push(problem(section, 'to', sentence('config.two-remotes')));
  const known = computers.map(({ name }) => name);
  const unknown = (key: string, name: string | null | undefined): void => {
    if (name == null || known.some((other) => isSameName(other, name))) return;
    found.push(problem(section, key, sentence('config.no-such-computer', { name })));
  };
  for (const key of ['source', 'target'] as const) for (const name of values[key] ?? []) unknown(key, name);
  for (const key of ['from', 'to'] as const) {
    const name = values[key]?.computer;
    unknown(key, name);
    const other = computers.find((computer) => name != null && isSameName(computer.name, name));
    if (other?.values.reach !== undefined && other.values.reach !== 'ssh')
      found.push(problem(section, key, sentence('config.rsync-needs-ssh', { name: other.name })));
  }
  return found;
}

function toComputer({ name, values }: Computer): ComputerConfig | null {
  const all = whole(schema.COMPUTER, values);
  if (all === null) return null;
  return {
    name,
    macs: all.mac,
    ips: all.ip,
    user: all.user,
    interface: all.interface,
    presence: all.presence,
    probePort: all['probe-port'],
    reach: all.reach,
    sshPort: all['ssh-port'],
    timeSource: all['time-source'],
    idleMinutes: all['idle-minutes'],
    afterBackup: all['after-backup'],
  };
}

function toJob({ name, values }: Job, computers: readonly Computer[]): JobConfig | null {
  const all = whole(schema.JOB, values);
  const asWritten = (typed: string) =>
    computers.find((other) => isSameName(other.name, typed))?.name ?? typed;
  const work = all === null ? null : toWork(all, asWritten);
  if (all === null || work === null) return null;
  /** A computer from which, or to which, rsync copies is involved, whether it was named again or not. */
  const involved = (named: readonly string[], place: 'from' | 'to') => {
    const own = all[place]?.computer ?? null;
    return [...new Set([...named, ...(own === null ? [] : [own])].map(asWritten))];
  };
  return {
    name,
    source: involved(all.source, 'from'),
    target: involved(all.target, 'to'),
    timeoutMinutes: all['timeout-minutes'],
    goodExitCodes: all['good-exit-codes'],
    retries: all.retries,
    retryMinutes: all['retry-minutes'],
    ...work,
  };
}

function toWork(all: ValuesOf<typeof schema.JOB>, asWritten: (name: string) => string): JobWork | null {
  const { from, to, command } = all;
  const place = ({ computer, path }: Place): Place => ({
    computer: computer === null ? null : asWritten(computer),
    path,
  });
  switch (all.kind) {
    case 'backup':
      return { kind: 'backup', disk: all.disk };
    case 'command':
      return command === null ? null : { kind: 'command', command };
    case 'mirror':
      return from === null || to === null ? null : { kind: 'mirror', from: from.path, to: to.path };
    case 'rsync':
      return from === null || to === null
        ? null
        : {
            kind: 'rsync',
            from: place(from),
            to: place(to),
            delete: all.delete,
            maxDeletes: all['max-deletes'],
            options: all.options,
          };
  }
}
