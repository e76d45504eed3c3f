/** `plugback outbox`: the mails that wait, and `--send` lets them go. */

import { tellMailFailure } from '../mail/failure.ts';
import { createMailer } from '../mail/mailer.ts';
import { listOutbox, outboxDirectory, type WaitingMail } from '../mail/outbox.ts';
import { jsonText } from '../messages/json.ts';
import type { Translator } from '../messages/translator.ts';
import type { CommandContext } from './context.ts';
import { mailerOptions } from './postbox.ts';
import { prepareReading, type Reading } from './reading.ts';

export interface OutboxFlags {
  send?: boolean;
}

/** The most that sending may take, in ms. */
const sendMs = 240_000;
/** Try again later. */
const tryLater = 75;

/** @returns 0; with `--send` 75 when mails still wait. @throws PlugbackError `config-forbidden`, `config-exists-not` */
export async function outbox(flags: OutboxFlags, context: CommandContext): Promise<number> {
  const reading = prepareReading(context);
  const { translator, stateDirectory } = reading;
  const sent = flags.send === true ? await sendWaiting(reading, context) : null;
  const { mails, unreadable } = await listOutbox(stateDirectory);
  const exitCode = sent !== null && mails.length > 0 ? tryLater : 0;
  if (context.json) {
    context.output.line(jsonText({ sent, waiting: mails.map((mail) => documentOf(mail, translator)) }));
    return exitCode;
  }
  const { say } = translator;
  if (sent !== null && sent > 0) context.output.line(say('check.outbox-sent', { count: sent }));
  // Every quarter of an hour: systemd takes this beginning off and files the line as one for whoever looks for mistakes.
  const debug = context.environment.JOURNAL_STREAM === undefined ? '' : '<7>';
  if (mails.length === 0 && (sent ?? 0) === 0) context.output.line(`${debug}${say('check.outbox-empty')}`);
  for (const mail of mails) context.output.line(tellMail(mail, translator));
  if (unreadable.length > 0) {
    const details = { count: unreadable.length, directory: outboxDirectory(stateDirectory) };
    context.output.problem(
      `${say('check.outbox-unreadable', details)} ${say('check.outbox-unreadable.remedy')}`,
    );
  }
  return exitCode;
}

/** @returns how many mails left */
async function sendWaiting(reading: Reading, context: CommandContext): Promise<number> {
  const { lenient, translator, stateDirectory, runtimeDirectory } = reading;
  if ((await listOutbox(stateDirectory)).mails.length === 0) return 0;
  const mail = lenient?.mail ?? null;
  if (mail === null || mail.server === null) {
    context.output.problem(translator.say(mail === null ? 'check.mail-broken' : 'check.mail-off'));
    return 0;
  }
  const mailer = createMailer(mailerOptions({ mail, stateDirectory, runtimeDirectory }, translator, context));
  const { sent, lastError } = await mailer.flush({ timeoutMs: sendMs, signal: context.stop });
  if (lastError !== null) {
    const { problem, remedy } = tellMailFailure(lastError, translator);
    context.output.problem(`${problem} ${remedy}`);
  }
  return sent;
}

function tellMail(mail: WaitingMail, translator: Translator): string {
  const { createdAt: since, subject: title, attempts: count } = mail;
  return translator.say('outbox.mail', { since, title, addresses: mail.envelope.to, count });
}

function documentOf(mail: WaitingMail, translator: Translator) {
  const { id, createdAt, subject, attempts, lastTriedAt, lastError } = mail;
  const reason = lastError === null ? null : tellMailFailure(lastError, translator).problem;
  return { id, createdAt, subject, to: mail.envelope.to, attempts, lastTriedAt, reason };
}
