/** Is the configuration right, and for whom can its secrets be read? */

import { isReadableByOthers } from '../../config/load.ts';
import { tellProblem } from '../../config/problems.ts';
import { sentence } from '../../messages/translator.ts';
import type { Examination } from './examination.ts';
import type { Findings } from './finding.ts';

/** @param trouble why there is no configuration; null when there is one */
export function examineConfig(examination: Examination, trouble: unknown, findings: Findings): void {
  const { lenient, translator } = examination;
  const { say } = translator;
  if (lenient === null) {
    findings.thrown('config', trouble);
    return;
  }
  const { path, problems, warnings, mail, config } = lenient;
  // Without a problem there is no such configuration only where no disk is filled.
  if (config !== null || problems.length === 0) findings.good('config', say('check.config-good', { path }));
  for (const problem of problems) findings.bad('config-mistake', 78, problem);
  for (const warning of warnings) findings.warning('config-doubt', warning);
  // Of a right configuration it is among the doubts.
  if (config === null && mail?.password != null && isReadableByOthers(path)) {
    const said = sentence('config.warn-readable');
    const warning = tellProblem({ section: 'MAIL', key: 'password', line: null, said }, translator);
    findings.warning('config-doubt', warning);
  }
  const passwordFile = mail?.passwordFile ?? null;
  if (passwordFile !== null && isReadableByOthers(passwordFile)) {
    findings.warning(
      'password-file',
      say('check.password-file-open', { path: passwordFile }),
      say('check.password-file-open.remedy', { path: passwordFile }),
    );
  }
  if (config === null && problems.length > 0) {
    findings.warning('config-first', say('check.config-first', { path, count: problems.length }));
  }
}
