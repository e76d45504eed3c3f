/** The source, what is left out of it, and whether Veeam is writing into it. */

import path from 'node:path';
import { verifySource } from '../../backup/source.ts';
import type { Config } from '../../config/types.ts';
import { reasonOf } from '../../errors.ts';
import { createShare } from '../../system/share.ts';
import { LockFolder } from '../../veeam/lock-folder.ts';
import type { Examination } from './examination.ts';
import type { Findings } from './finding.ts';

export async function examineSource(
  config: Config,
  examination: Examination,
  findings: Findings,
): Promise<void> {
  const { system, translator, paths } = examination;
  const { say } = translator;
  const { source, sourceMustContain, lockfilePath, destination } = config.backup;
  try {
    const found = await verifySource(
      {
        source,
        sourceMustContain,
        markerName: path.basename(lockfilePath),
        destination,
        acceptChange: false,
        recordPath: paths.sourceRecord,
      },
      system,
    );
    const { mountPoint, source: device } = found.mount;
    findings.good('source', say('find.source', { path: source, device, mountPoint }));
    if (sourceMustContain !== null) {
      findings.good('sentinel', say('check.sentinel', { sentinel: sourceMustContain }));
    }
  } catch (error) {
    findings.thrown('source', error);
  }
  await examineExcludes(config, examination, findings);
  await examineVeeam(config, examination, findings);
}

async function examineExcludes(config: Config, examination: Examination, findings: Findings): Promise<void> {
  const { say } = examination.translator;
  const excludes = config.backup.rsyncExcludes;
  if (excludes === null) findings.good('excludes', say('check.excludes-none'));
  else if ((await examination.system.files.kind(excludes).catch(() => null)) !== null) {
    findings.good('excludes', say('check.excludes', { path: excludes }));
  } else {
    const remedy = say('check.excludes-missing.remedy');
    findings.warning('excludes', say('check.excludes-missing', { path: excludes }), remedy);
  }
}

/** A lock's age is told by what is stamped beside it; a single lock file lies in no folder of its own. */
async function examineWriting(
  folder: string,
  { translator }: Examination,
  findings: Findings,
): Promise<void> {
  const share = createShare();
  if (!Array.isArray(await share.list(folder))) return;
  try {
    await share.now(folder);
  } catch (error) {
    const details = { path: folder, reason: reasonOf(error) };
    findings.warning('veeam-writing', translator.say('warn.veeam-clock-unknown', details));
  }
}

async function examineVeeam(config: Config, examination: Examination, findings: Findings): Promise<void> {
  const { system, translator, context } = examination;
  const { say } = translator;
  const folder = config.backup.veeamLockfilePath;
  if (folder === null) return findings.good('veeam', say('check.veeam-off'));
  try {
    const found = await new LockFolder({
      path: folder,
      staleHours: config.veeam.staleLockHours,
      host: context.host,
      share: createShare(),
      clock: system.clock,
      procRoot: system.roots.proc,
    }).find();
    const locks = found?.filter((lock) => lock.stale === null) ?? null;
    if (locks === null) findings.warning('veeam', say('warn.veeam-folder-missing', { path: folder }));
    else if (locks.length === 0) findings.good('veeam', say('check.veeam-idle', { path: folder }));
    else {
      const isAnnounced = locks.every((lock) => lock.state === 'announced');
      findings.warning('veeam', say('check.veeam-busy', { locks, isAnnounced }));
    }
    if (found !== null) await examineWriting(folder, examination, findings);
  } catch (error) {
    findings.thrown('veeam', error);
  }
}
