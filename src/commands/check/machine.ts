/** Rights, programs, clock. */

import { PlugbackError, reasonOf } from '../../errors.ts';
import { readHistory } from '../../status/history.ts';
import { earliestTime } from '../../system/clock.ts';
import {
  debianPackage,
  findProgram,
  isAtLeast,
  leastRsync,
  neededPrograms,
  nightshiftPrograms,
  readRsyncVersion,
} from '../../system/programs.ts';
import { createRunner } from '../../system/run.ts';
import { brokenUnit, ruleIsInstalled, systemdRuns, unitsAreInstalled } from '../../system/units.ts';
import { isAboutRights } from '../reading.ts';
import type { Examination } from './examination.ts';
import type { Findings } from './finding.ts';

/** Clocks differ a little, and summer time does not count here. */
const clockSlackMs = 3_600_000;

/** What cannot be done without root's rights. */
const privileged = ['mount', 'umount', 'blkid', 'rsync'] as const;

/** Does `sudo -n` work, where it is needed? @returns why not; null when programs can be run as root */
export async function findRightsTrouble(isRoot: boolean): Promise<unknown> {
  if (isRoot) return null;
  try {
    // Sudo may allow some programs and not others.
    const runner = createRunner(false);
    for (const program of privileged) await runner.run([program, '--version'], { timeoutMs: 10_000 });
    return null;
  } catch (error) {
    return isAboutRights(error) ? new PlugbackError('no-rights', { program: privileged.join(', ') }) : error;
  }
}

/** @param rightsTrouble as `findRightsTrouble` found it */
export async function examineMachine(
  examination: Examination,
  rightsTrouble: unknown,
  findings: Findings,
): Promise<void> {
  const { context, translator } = examination;
  if (rightsTrouble !== null) findings.thrown('rights', rightsTrouble);
  else findings.good('rights', translator.say(context.isRoot ? 'check.root' : 'check.sudo'));
  await examinePrograms(examination, findings);
  await examineClock(examination, findings);
  examineUnits(examination, findings);
}

/** Where another init runs the machine, backups are started by other means, and nobody can tell which. */
function examineUnits({ lenient, translator: { say } }: Examination, findings: Findings): void {
  if (!systemdRuns()) return;
  const broken = brokenUnit();
  if (broken !== null) {
    findings.bad('units', 78, say('check.unit-broken', broken), say('check.unit-broken.remedy', broken));
  } else if (unitsAreInstalled() && ruleIsInstalled()) {
    // With a broken configuration, it starts and refuses.
    if (lenient?.config != null) findings.good('units', say('check.units'));
  } else findings.warning('units', say('check.units-missing'), say('check.units-missing.remedy'));
}

async function examinePrograms(examination: Examination, findings: Findings): Promise<void> {
  const { context, translator, system, lenient } = examination;
  const { say } = translator;
  const watching = nightshiftPrograms(lenient?.nightshift?.computers ?? []);
  const needed = [...neededPrograms(context.isRoot), ...watching];
  const places = await Promise.all(needed.map((program) => findProgram(program)));
  const missing = needed.filter((_, index) => places[index] === null);
  for (const program of missing) {
    const remedy = say('check.install', { package: debianPackage(program) });
    findings.bad('program', 78, say('check.program-missing', { program }), remedy);
  }
  const names = needed.filter((program) => !missing.includes(program));
  if (!missing.includes('rsync')) {
    try {
      const version = await readRsyncVersion(system.runner);
      names[names.indexOf('rsync')] = `rsync ${version}`;
      if (!isAtLeast(version, leastRsync)) {
        const remedy = say('check.install', { package: 'rsync' });
        findings.bad('rsync', 78, say('check.rsync-old', { version, least: leastRsync }), remedy);
      }
    } catch (error) {
      const remedy = say('check.install', { package: 'rsync' });
      findings.bad('rsync', 78, say('check.rsync-broken', { reason: reasonOf(error) }), remedy);
    }
  }
  if (missing.length === 0) findings.good('programs', say('check.programs', { programs: names }));
}

async function examineClock(examination: Examination, findings: Findings): Promise<void> {
  const { translator, system, paths } = examination;
  const { say } = translator;
  const now = system.clock.now();
  const at = new Date(now).toISOString();
  const remedy = say('check.clock.remedy');
  const [last] = await readHistory(paths.history, { limit: 1 }).catch(() => []);
  const lastAt = last?.finishedAt ?? null;
  if (now < earliestTime) findings.warning('clock', say('check.clock-wrong', { at }), remedy);
  else if (lastAt !== null && Date.parse(lastAt) > now + clockSlackMs) {
    findings.warning('clock', say('check.clock-behind', { at, last: lastAt }), remedy);
  } else findings.good('clock', say('check.clock', { at }));
}
