/** How each kind of job is run: as a program of its own, so that one that hangs can be ended and the watch goes on. */

import { isIPv4 } from 'node:net';
import type { JobConfig, Place } from '../../config/types.ts';
import { PlugbackError } from '../../errors.ts';
import type { Language } from '../../messages/format.ts';
import { printable } from '../../messages/printable.ts';
import type { Argv, Runner } from '../../system/run.ts';
import { type SshTarget, sshOptions } from '../../system/ssh.ts';

export interface JobSurroundings {
  /** Node's own file, and the program's. */
  node: string;
  program: string;
  configPath: string;
  language: Language;
  /** How ssh gets to a computer. */
  targetOf(name: string): SshTarget;
}

/** The arguments of a job. Pure. */
export function jobArgv(job: JobConfig, surroundings: JobSurroundings): Argv {
  const { node, program, configPath, language } = surroundings;
  switch (job.kind) {
    case 'backup': {
      const disk = job.disk === null ? [] : ['--uuid', job.disk];
      return [node, program, 'run', ...disk, '--config', configPath, '--language', language];
    }
    case 'mirror':
      // Not the configuration: what is wrong in a section about disks is nothing to a mirror.
      return [node, program, 'mirror', '--language', language, '--', job.from, job.to];
    case 'command':
      return job.command;
    case 'rsync': {
      const remote = job.from.computer ?? job.to.computer;
      const rsh = remote === null ? [] : [`--rsh=${rshOf(surroundings.targetOf(remote))}`];
      const place = (one: Place) => placeOf(one, surroundings);
      return [
        'rsync',
        '--archive',
        // Two lines of what was sent; --stats says it in fourteen.
        '--info=stats1',
        // The other computer's shell does not read the names.
        '--protect-args',
        ...(job.delete ? ['--delete-delay', `--max-delete=${job.maxDeletes}`] : []),
        ...rsh,
        ...job.options,
        '--',
        place(job.from),
        place(job.to),
      ];
    }
  }
}

/**
 * A source that is empty is mostly one that is not mounted; to rsync it is as good as any other, and it would delete all of
 * the target.
 *
 * @throws PlugbackError `source-empty`, `source-unreadable`
 */
export async function verifyNotEmpty(
  job: JobConfig,
  surroundings: JobSurroundings,
  runner: Runner,
  signal: AbortSignal,
): Promise<void> {
  if (job.kind !== 'rsync' || !job.delete) return;
  const place = { ...job.from, path: job.from.path.replace(/\/*$/, '/') };
  const path = placeOf(place, surroundings);
  const { computer } = place;
  const rsh = computer === null ? [] : [`--rsh=${rshOf(surroundings.targetOf(computer))}`];
  const { exitCode, stdout, stderr } = await runner.run(
    ['rsync', '--list-only', '--protect-args', ...rsh, '--', path],
    { signal },
  );
  if (exitCode !== 0) {
    const reason = stderr.trim().split('\n')[0] ?? '';
    throw new PlugbackError('source-unreadable', { path, reason });
  }
  // The folder itself is listed as a dot.
  const entries = stdout.split('\n').filter((line) => line !== '' && !/^d.* \.$/.test(line));
  if (entries.length === 0) throw new PlugbackError('source-empty', { path });
}

function placeOf({ computer, path }: Place, { targetOf }: JobSurroundings): string {
  if (computer === null) return path;
  const { user, address } = targetOf(computer);
  return `${user}@${isIPv4(address) ? address : `[${address}]`}:${path}`;
}

/** rsync takes this apart itself, at blanks outside of quotes, and a doubled quote is one (rsync(1), --rsh). */
function rshOf(target: SshTarget): string {
  const words = ['ssh', ...sshOptions(target)];
  return words.map((word) => (/[\s'"]/.test(word) ? `'${word.replaceAll("'", "''")}'` : word)).join(' ');
}

/** A backup flushes and unmounts its disk before it ends, a mirror finishes its file; others are given a moment. In ms. */
const patienceMs: { readonly [K in JobConfig['kind']]: number } = {
  backup: 30 * 60_000,
  mirror: 30 * 60_000,
  rsync: 10_000,
  command: 10_000,
};

/** So much of what a job says is kept for the log, from its end. */
const keptLines = 20;
const keptCharacters = 64_000;

/**
 * Runs a job once.
 *
 * @param tell gets the last lines of what it said
 * @throws PlugbackError `program-missing`, or the signal's reason when it was aborted before it began
 */
export async function runJob(
  job: JobConfig,
  argv: Argv,
  { runner, signal, tell }: { runner: Runner; signal: AbortSignal; tell: (line: string) => void },
): Promise<{ exitCode: number | null }> {
  let said = '';
  const result = await runner.run(argv, {
    signal,
    killAfterMs: patienceMs[job.kind],
    endsGroup: true,
    // Some programs take no name with an umlaut without it.
    keepsLanguage: job.kind === 'command',
    // A job whose nightshift was killed would run beside the one that makes up for it.
    ...(process.platform === 'linux' ? { dieWithParent: 'SIGTERM' as const } : {}),
    onStdout: (piece) => {
      said = (said + piece).slice(-keptCharacters);
    },
  });
  for (const text of [said, result.stderr]) {
    const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
    // Other computers' words, and names of files, are among them.
    for (const line of lines.slice(-keptLines)) tell(printable(line));
  }
  return { exitCode: result.exitCode };
}
