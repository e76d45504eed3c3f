/** Where plugback itself writes on this machine. */

import { canAppendTo, canWriteInto, type Writability } from '../../system/writable.ts';
import type { Examination } from './examination.ts';
import type { Findings } from './finding.ts';

/** A run's logs, history line and mails with their attachments need about that, in bytes. */
const enoughBytes = 50_000_000;

interface Place {
  check: string;
  key: 'check.folder-state' | 'check.folder-runtime' | 'check.folder-log';
  path: string;
  /** The configuration's keys for it. */
  keys?: readonly string[];
  ask(path: string): Promise<Writability>;
}

export async function examineFolders(examination: Examination, findings: Findings): Promise<void> {
  const { lenient, stateDirectory, runtimeDirectory } = examination;
  const places: Place[] = [
    { check: 'state', key: 'check.folder-state', path: stateDirectory, ask: canWriteInto },
    { check: 'runtime', key: 'check.folder-runtime', path: runtimeDirectory, ask: canWriteInto },
  ];
  const backup = lenient?.config?.backup;
  for (const path of backup === undefined ? [] : [backup.logFilePath, backup.rsyncLogFilePath]) {
    const keys = ['log-file-path', 'rsync-log-file-path'];
    places.push({ check: 'log', key: 'check.folder-log', path, keys, ask: canAppendTo });
  }
  const nightshift = lenient?.nightshift ?? null;
  if (nightshift !== null && nightshift.jobs.length > 0) {
    const keys = ['nightshift-log-file-path'];
    places.push({
      check: 'log',
      key: 'check.folder-log',
      path: nightshift.logFilePath,
      keys,
      ask: canAppendTo,
    });
  }
  for (const { check, key, path, keys = [], ask } of places) {
    const { reason, freeBytes } = await ask(path);
    const { say } = examination.translator;
    if (reason !== null && check === 'log') {
      // A run, and a night, goes on without its log.
      findings.warning(check, say('check.log-bad', { path, reason }), say('check.log-bad.remedy', { keys }));
    } else if (reason !== null) findings.problem(check, 'directory-unusable', { path, reason });
    else if (freeBytes !== null && freeBytes < enoughBytes) {
      findings.warning(check, say('check.folder-full', { path, freeBytes }), say('check.folder-full.remedy'));
    } else findings.good(check, say(key, { path }));
  }
}
