/** How a command gets its mails out. */

import type { Postbox } from '../backup/backup-job.ts';
import type { Config } from '../config/types.ts';
import { tellMailFailure } from '../mail/failure.ts';
import { createMailer, loadMailParts, type MailerOptions } from '../mail/mailer.ts';
import type { Translator } from '../messages/translator.ts';
import { realClock } from '../system/clock.ts';
import type { CommandContext } from './context.ts';

/** The parts of a configuration that mails need. */
export type MailParts = Pick<Config, 'mail' | 'stateDirectory' | 'runtimeDirectory'>;

/** How long a mail may take that cannot be put into the outbox, in ms. */
const directMailMs = 20_000;

/** Where a run's mails go; null: no mail server is configured. */
export function createPostbox(
  config: MailParts,
  translator: Translator,
  context: CommandContext,
): Postbox | null {
  if (config.mail.server === null) return null;
  const mailer = createMailer(mailerOptions(config, translator, context));
  // What fails here fails again, and is told, where it is used.
  loadMailParts().catch(() => undefined);
  return {
    post: async (letter) => {
      try {
        await mailer.post(letter);
      } catch (error) {
        // No room for the outbox: better once without logs than not at all.
        const trial = await mailer.tryWholePath(letter, { timeoutMs: directMailMs });
        if (!trial.ok) throw error;
      }
    },
    flush: async (limit) => {
      const { waiting, lastError } = await mailer.flush(limit);
      return { waiting, reason: lastError === null ? null : tellMailFailure(lastError, translator).problem };
    },
  };
}

export function mailerOptions(
  config: MailParts,
  translator: Translator,
  context: CommandContext,
): MailerOptions {
  return {
    config: config.mail,
    stateDirectory: config.stateDirectory,
    runtimeDirectory: config.runtimeDirectory,
    hostname: context.host,
    clock: realClock,
    environment: context.environment,
    translator,
  };
}
