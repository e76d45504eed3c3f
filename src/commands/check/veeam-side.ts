/** The machine on which Veeam runs its scripts: where its locks lie, and where a copy would be seen. */

import path from 'node:path';
import type { VeeamSideReading } from '../../config/load.ts';
import { hindranceOf, reasonOf } from '../../errors.ts';
import { createShare } from '../../system/share.ts';
import { misplaced } from '../veeam-side.ts';
import type { Examination } from './examination.ts';
import type { Findings } from './finding.ts';

export async function examineVeeamSideConfig(
  { path: filePath, config, problems, warnings }: VeeamSideReading,
  { translator }: Examination,
  findings: Findings,
): Promise<void> {
  const { say } = translator;
  const all = config === null ? problems : await misplaced(config, translator);
  if (all.length === 0) findings.good('config', say('check.config-veeam-side', { path: filePath }));
  for (const problem of all) findings.bad('config-mistake', 78, problem);
  for (const warning of warnings) findings.warning('config-doubt', warning);
}

/** Only writing shows whether a lock can be written: rights on a share are those of both machines. */
export async function examineVeeamSide(
  { config }: VeeamSideReading,
  { translator: { say } }: Examination,
  findings: Findings,
): Promise<void> {
  if (config === null) return;
  const share = createShare();
  const { lockFolder, markerPath } = config;
  try {
    await share.now(lockFolder);
    findings.good('veeam-locks', say('check.veeam-writable', { path: lockFolder }));
  } catch (error) {
    const details = { path: lockFolder, reason: reasonOf(error), hindrance: hindranceOf(error) };
    findings.problem('veeam-locks', 'veeam-lock-not-written', details);
  }
  const folder = path.dirname(markerPath);
  const entry = await share.look(folder).catch(() => null);
  if (entry === null) findings.warning('veeam-marker', say('hook.source-missing', { path: folder }));
  else findings.good('veeam-marker', say('check.veeam-marker', { path: markerPath }));
}
