/** What the night's jobs need on this machine: programs, folders, disks, and the files of ssh. Nothing is run. */

import { access, constants, readdir, stat } from 'node:fs/promises';
import type { JobConfig, NightshiftConfig } from '../../config/types.ts';
import { PlugbackError, reasonOf, systemCodeOf } from '../../errors.ts';
import { realRoots, verifyNotEmpty, verifyPlaces } from '../../mirror/places.ts';
import { isSameUuid } from '../../system/block-devices.ts';
import type { Examination } from './examination.ts';
import type { Findings } from './finding.ts';

interface Flaw {
  exitCode: number;
  problem: string;
  remedy: string;
}

/** @param away computers that are off or unknown: what lies on them need not be there before they are woken */
export async function examineJobs(
  config: NightshiftConfig,
  away: ReadonlySet<string>,
  examination: Pick<Examination, 'translator' | 'lenient'>,
  findings: Findings,
): Promise<void> {
  const { say } = examination.translator;
  await examineSshFiles(config, examination, findings);
  const fine: string[] = [];
  for (const job of config.jobs) {
    const flaw = await flawOf(job, away, examination);
    if (flaw === null) fine.push(job.name);
    else
      findings.bad(
        'job',
        flaw.exitCode,
        say('check.job', { job: job.name, text: flaw.problem }),
        flaw.remedy,
      );
  }
  if (fine.length > 0) findings.good('jobs', say('check.jobs', { names: fine }));
}

async function flawOf(
  job: JobConfig,
  away: ReadonlySet<string>,
  { translator, lenient }: Pick<Examination, 'translator' | 'lenient'>,
): Promise<Flaw | null> {
  const { say } = translator;
  const { source, target } = job;
  try {
    switch (job.kind) {
      case 'backup': {
        const uuid = job.disk;
        const isEnrolled = lenient?.disks.some((disk) => isSameUuid(disk.uuid, uuid));
        if (uuid === null || isEnrolled === true) return null;
        // A run takes it for somebody else's disk, and ends as if all were well.
        return {
          exitCode: 69,
          problem: say('check.job-disk', { uuid }),
          remedy: say('check.job-disk.remedy'),
        };
      }
      case 'command': {
        const [program] = job.command;
        if (await canRun(program)) return null;
        return {
          exitCode: 78,
          problem: say('check.job-program', { program }),
          remedy: say('check.job-program.remedy', { program }),
        };
      }
      case 'mirror':
        if ([...source, ...target].some((name) => away.has(name))) return null;
        await verifyPlaces(job.from, job.to, realRoots);
        verifyNotEmpty(job.from);
        return null;
      case 'rsync':
        if (job.from.computer === null && !source.some((name) => away.has(name)))
          await verifySource(job.from.path, job.delete);
        return null;
    }
  } catch (error) {
    return translator.tell(error);
  }
}

async function canRun(program: string): Promise<boolean> {
  try {
    await access(program, constants.X_OK);
    return (await stat(program)).isFile();
  } catch {
    return false;
  }
}

/** @throws PlugbackError `source-unreadable`, `source-empty` */
async function verifySource(path: string, deletes: boolean): Promise<void> {
  try {
    const isFolder = (await stat(path)).isDirectory();
    if (!isFolder || (await readdir(path)).length > 0 || !deletes) return;
  } catch (error) {
    throw new PlugbackError('source-unreadable', { path, reason: reasonOf(error) }, { cause: error });
  }
  throw new PlugbackError('source-empty', { path });
}

async function examineSshFiles(
  { sshKeyFile, sshKnownHostsFile }: NightshiftConfig,
  { translator: { say } }: Pick<Examination, 'translator'>,
  findings: Findings,
): Promise<void> {
  const files = [
    ['ssh-key-file', sshKeyFile],
    ['ssh-known-hosts-file', sshKnownHostsFile],
  ] as const;
  for (const [key, path] of files) {
    if (path === null || !(await isMissing(path))) continue;
    findings.bad('ssh-file', 78, say('check.ssh-file', { key, path }), say('check.ssh-file.remedy', { key }));
  }
}

/** What is only closed to this user need not be to the one that runs nightshift. */
async function isMissing(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => !stats.isFile(),
    (error: unknown) => systemCodeOf(error) !== 'EACCES',
  );
}
