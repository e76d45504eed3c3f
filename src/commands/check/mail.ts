/** The way of a mail to its readers, and what has not found it yet. */

import { access, constants } from 'node:fs/promises';
import type { MailConfig } from '../../config/types.ts';
import { systemCodeOf } from '../../errors.ts';
import { tellMailFailure } from '../../mail/failure.ts';
import type { Letter } from '../../mail/letter.ts';
import { createMailer, type Mailer } from '../../mail/mailer.ts';
import { listOutbox, outboxDirectory } from '../../mail/outbox.ts';
import { mailerOptions } from '../postbox.ts';
import type { Examination } from './examination.ts';
import type { Findings } from './finding.ts';

/** The most that the test letter, and then the waiting mails, may take, in ms. */
const trialMs = 60_000;

/** @param isTrial `--mail`: send a test letter, and what waits after it */
export async function examineMail(
  examination: Examination,
  isTrial: boolean,
  findings: Findings,
): Promise<void> {
  const { lenient, translator } = examination;
  const { say } = translator;
  if (lenient !== null) {
    const { mail } = lenient;
    if (mail === null) findings.warning('mail', say('check.mail-broken'));
    else if (mail.server === null) {
      // Among the doubts about the configuration it was said, and better.
      const isSaid = lenient.warnings.some((warning) => warning.startsWith('MAIL.server:'));
      if (!isSaid)
        findings.warning('mail', say('check.mail-off'), say('mail.remedy.not-configured', nothing));
    } else if (isTrial) await tryMail(mail, examination, findings);
    else {
      const { server, port, security } = mail;
      findings.good('mail', say('check.mail-configured', { server, port, security }));
    }
  }
  await examineOutbox(examination, findings);
}

/** The remedy asks for nothing of it. */
const nothing = { server: '', port: 0, security: '', said: '', addresses: [], path: '' };

async function tryMail(mail: MailConfig, examination: Examination, findings: Findings): Promise<void> {
  const { context, translator, system, stateDirectory, runtimeDirectory } = examination;
  const mailer = createMailer(mailerOptions({ mail, stateDirectory, runtimeDirectory }, translator, context));
  const letter = testLetter(mail, examination, system.clock.now());
  const { ok, stages } = await mailer.tryWholePath(letter, { timeoutMs: trialMs, signal: context.stop });
  for (const { stage, told, failure } of stages) {
    if (told !== null) findings.good(`mail-${stage}`, translator.sayAgain(told));
    if (failure === null) continue;
    const { problem, remedy } = tellMailFailure(failure, translator);
    findings.bad(`mail-${stage}`, 69, problem, remedy);
  }
  if (ok) await sendWaiting(mailer, examination, findings);
}

function testLetter(mail: MailConfig, { context, translator }: Examination, now: number): Letter {
  const { say } = translator;
  const { host } = context;
  return {
    subject: say('check.letter.subject', { host }),
    text: [say('check.letter.text', { host, at: new Date(now).toISOString() }), '', say('check.letter.more')],
    to: mail.sysops,
    cc: [],
    attachments: [],
  };
}

async function sendWaiting(mailer: Mailer, examination: Examination, findings: Findings): Promise<void> {
  const { context, translator } = examination;
  const { sent } = await mailer.flush({ timeoutMs: trialMs, signal: context.stop });
  if (sent > 0) findings.good('outbox-sent', translator.say('check.outbox-sent', { count: sent }));
}

async function examineOutbox(examination: Examination, findings: Findings): Promise<void> {
  const { translator, stateDirectory } = examination;
  const { say } = translator;
  // What may not be looked into is not empty; the folder's own finding tells it.
  const isHidden = await access(outboxDirectory(stateDirectory), constants.R_OK | constants.X_OK).then(
    () => false,
    (error: unknown) => systemCodeOf(error) !== 'ENOENT',
  );
  if (isHidden) return;
  const { mails, unreadable } = await listOutbox(stateDirectory);
  const [oldest] = mails;
  if (oldest !== undefined) {
    const lastError = mails.findLast((mail) => mail.lastError !== null)?.lastError ?? null;
    const reason = lastError === null ? '' : tellMailFailure(lastError, translator).problem;
    findings.warning(
      'outbox',
      say('check.outbox-waiting', { count: mails.length, since: oldest.createdAt, reason }),
      say('check.outbox-waiting.remedy'),
    );
  }
  if (unreadable.length > 0) {
    const details = { count: unreadable.length, directory: outboxDirectory(stateDirectory) };
    findings.warning(
      'outbox-unreadable',
      say('check.outbox-unreadable', details),
      say('check.outbox-unreadable.remedy'),
    );
  }
  if (mails.length === 0 && unreadable.length === 0) findings.good('outbox', say('check.outbox-empty'));
}
