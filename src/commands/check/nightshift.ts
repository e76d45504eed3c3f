/** The night watch: who can be asked, who takes commands, who could be woken; what its jobs need. Nothing is woken or set. */

import type { ComputerConfig } from '../../config/types.ts';
import { PlugbackError } from '../../errors.ts';
import { nightshiftPaths } from '../../status/nightshift.ts';
import type { RunLog } from '../../status/run-log.ts';
import { assemble } from '../nightshift/assemble.ts';
import type { Examination } from './examination.ts';
import type { Findings } from './finding.ts';
import { examineJobs } from './jobs.ts';

const unsaid: RunLog = { log: () => undefined, close: () => undefined };

type Seen = { computer: ComputerConfig; isOnline: boolean | null };

export async function examineNightshift(examination: Examination, findings: Findings): Promise<void> {
  const { context, lenient, translator } = examination;
  if (lenient?.nightshift == null || lenient.mail === null || lenient.nightshift.jobs.length === 0) return;
  const { say } = translator;
  const { nightshift: configured, mail, problems: _, ...rest } = lenient;
  const reading = { ...rest, nightshift: configured, mail };
  const parts = { reading, translator, paths: nightshiftPaths(reading), context };
  const { nightshift } = assemble(parts, unsaid);
  const { config, ports } = nightshift;
  const { computers } = config;
  if (!computers.some(({ presence }) => presence))
    findings.warning('presence', say('check.nobody-seen'), say('check.nobody-seen.remedy'));

  const seen = await Promise.all(
    computers.map(
      async (computer): Promise<Seen> => ({ computer, isOnline: await ports.isOnline(computer) }),
    ),
  );
  const names = (which: readonly Seen[]) => which.map(({ computer }) => computer.name);
  const online = seen.filter(({ isOnline }) => isOnline === true);
  const off = seen.filter(({ isOnline }) => isOnline === false);
  const unknown = seen.filter(({ isOnline }) => isOnline === null);
  if (online.length > 0) findings.good('online', say('check.online', { names: names(online) }));
  if (off.length > 0) findings.good('off', say('check.off', { names: names(off) }));
  if (unknown.length > 0)
    findings.warning('unknown', say('check.unknown', { names: names(unknown) }), say('check.unknown.remedy'));

  const told = online.filter(({ computer }) => computer.reach !== 'none');
  const refused = await Promise.all(
    told.map(({ computer }) =>
      ports.idleMinutes(computer).then(
        () => null,
        (error: unknown) => error,
      ),
    ),
  );
  for (const error of refused) if (error !== null) findings.thrown('login', error);
  const obedient = told.filter((_one, index) => refused[index] === null);
  if (obedient.length > 0) findings.good('login', say('check.login', { names: names(obedient) }));

  const needed = new Set(config.jobs.flatMap(({ source, target }) => [...source, ...target]));
  for (const { computer } of off) {
    const { name, macs } = computer;
    if (needed.has(name) && macs.length === 0)
      findings.thrown('wake', new PlugbackError('cannot-wake', { name, reason: 'no mac' }));
  }
  await examineJobs(config, new Set(names([...off, ...unknown])), examination, findings);
}
