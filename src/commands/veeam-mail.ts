/** The mails of Veeam's scripts: nobody looks at their log. */

import { asPlugbackError } from '../errors.ts';
import type { Letter } from '../mail/letter.ts';
import { createMailer } from '../mail/mailer.ts';
import type { CommandContext } from './context.ts';
import { createPostbox, type MailParts, mailerOptions } from './postbox.ts';
import type { VeeamSide } from './veeam-side.ts';

export type VeeamScript = 'pre-job' | 'post-job';

/** How long the mails may take, in ms; then they wait in the outbox. */
const patienceMs = 30_000;

/** Tells of a script that failed, where the mail section can be read. Never throws: it must not hide why it is called. */
export async function mailFailure(
  thrown: unknown,
  script: VeeamScript,
  side: VeeamSide,
  context: CommandContext,
): Promise<void> {
  const { mailParts } = side;
  if (mailParts === null || asPlugbackError(thrown).code === 'veeam-interrupted') return;
  await send(letterOf(thrown, script, side, { mail: mailParts.mail, host: context.host }), side, context);
}

/** Tells that the lock stands, but nobody can see whether a copy runs. Never throws. */
export async function mailBlind(side: VeeamSide, context: CommandContext): Promise<void> {
  if (side.mailParts === null) return;
  const { say } = side.translator;
  const { mail } = side.mailParts;
  const who = { job: side.job.name ?? side.job.id, host: context.host };
  const letter: Letter = {
    subject: say('hook.subject.blind', who),
    text: [
      say('hook.letter.blind', who),
      '',
      ...side.warnings.map((text) => say('report.warning', { text })),
    ],
    tone: 'warning',
    to: mail.sysops,
    cc: mail.cc,
    attachments: [],
  };
  await send(letter, side, context);
}

async function send(letter: Letter, side: VeeamSide, context: CommandContext): Promise<void> {
  const { mailParts, translator, voice } = side;
  const postbox = mailParts === null ? null : createPostbox(mailParts, translator, context);
  if (postbox === null) return;
  try {
    await postbox.post(letter);
    const { waiting, reason } = await postbox.flush({ timeoutMs: patienceMs });
    if (waiting > 0) voice.warn('warn.mail-waiting', { count: waiting, reason: reason ?? '' });
  } catch (error) {
    context.output.problem(translator.tell(error).message);
  }
}

/** Sends the mails of earlier calls that could not leave: where no timer does it, nobody else would. Never throws. */
export async function sendWaiting(side: VeeamSide, context: CommandContext): Promise<void> {
  if (side.mailParts === null) return;
  const mailer = createMailer(mailerOptions(side.mailParts, side.translator, context));
  await mailer.flush({ timeoutMs: patienceMs, signal: context.stop });
}

/** The subjects that say more of the pre-job script than that there is no lock. */
const subjects: {
  readonly [code: string]: 'hook.subject.copy-running' | 'hook.subject.config' | 'hook.subject.withdrawn';
} = {
  'copy-running': 'hook.subject.copy-running',
  config: 'hook.subject.config',
  'veeam-lock-withdrawn': 'hook.subject.withdrawn',
};

function letterOf(
  thrown: unknown,
  script: VeeamScript,
  { translator, job, warnings }: VeeamSide,
  { mail, host }: Pick<MailParts, 'mail'> & { host: string },
): Letter {
  const { say } = translator;
  const who = { job: job.name ?? job.id, host };
  const { code, problem, remedy } = translator.tell(thrown);
  const isBefore = script === 'pre-job';
  const subject = isBefore ? (subjects[code] ?? 'hook.subject.not-locked') : 'hook.subject.not-unlocked';
  return {
    subject: say(subject, who),
    text: [
      say(isBefore ? 'hook.letter' : 'hook.letter.unlock', who),
      '',
      say('report.problem', { text: problem }),
      say('report.remedy', { text: remedy }),
      say(isBefore ? 'hook.letter.consequence' : 'hook.letter.unlock-consequence'),
      ...warnings.map((text) => say('report.warning', { text })),
    ],
    tone: 'bad',
    to: mail.sysops,
    cc: mail.cc,
    attachments: [],
  };
}
