/** What the page has for starting backups. */

import { statSync } from 'node:fs';
import { readToken } from '../../web/starter.ts';
import type { Examination } from './examination.ts';
import type { Findings } from './finding.ts';

export function examinePage({ lenient, translator }: Examination, findings: Findings): void {
  if (lenient === null || lenient.problems.length > 0 || lenient.web === null) return;
  const { say } = translator;
  const path = lenient.web.tokenFile;
  if (path === null) {
    findings.good('token', say('check.token-off'));
    return;
  }
  try {
    readToken(path);
    const isOpen = (statSync(path).mode & 0o007) !== 0;
    if (isOpen)
      findings.warning('token', say('check.token-open', { path }), say('check.token-open.remedy', { path }));
    else findings.good('token', say('check.token', { path }));
  } catch (error) {
    // Backups go on without the button.
    const { problem, remedy } = translator.tell(error);
    findings.warning('token', problem, remedy);
  }
}
