/** What the commands of Veeam's side share. They run on other machines as well, where there is no Linux. */

import {
  findConfigFile,
  readVeeamSide,
  type VeeamSideConfig,
  type VeeamSideReading,
} from '../config/load.ts';
import { PlugbackError } from '../errors.ts';
import { createTranslator, type Translator } from '../messages/translator.ts';
import { formatLine } from '../status/log-line.ts';
import type { StepVoice } from '../status/recorder.ts';
import { realClock } from '../system/clock.ts';
import { type Job, jobOf } from '../veeam/job.ts';
import type { CommandContext } from './context.ts';
import type { MailParts } from './postbox.ts';

export interface VeeamSide {
  reading: VeeamSideReading;
  /** Null where the mail section is wrong. */
  mailParts: MailParts | null;
  translator: Translator;
  job: Job;
  /** Says each thing at once, with the time: it goes into a log beside the script. */
  voice: StepVoice;
  /** The warnings so far. */
  warnings: readonly string[];
}

/**
 * Reads the configuration, right or wrong: with a broken one a mail can still be sent.
 *
 * @throws PlugbackError `config-missing`, `config-forbidden`, `config-exists-not`
 */
export function prepareVeeamSide(flags: { job?: string }, context: CommandContext): VeeamSide {
  const language = context.languageFlag;
  const reading = readVeeamSide(findConfigFile(context), context.environment, { language });
  const { mail, stateDirectory, runtimeDirectory } = reading;
  const translator = createTranslator(language ?? reading.language);
  const warnings: string[] = [];
  const { output, json } = context;
  const at = () => realClock.now();
  const voice: StepVoice = {
    info: (key, ...details) => {
      if (json) return;
      output.line(formatLine({ at: at(), level: 'info', step: null, text: translator.say(key, ...details) }));
    },
    warn: (key, ...details) => {
      const text = translator.say(key, ...details);
      warnings.push(text);
      output.problem(formatLine({ at: at(), level: 'warn', step: null, text }));
    },
  };
  for (const problem of reading.warnings) voice.warn('hook.other-mistake', { problem });
  if (mail === null && reading.config !== null) voice.warn('hook.mail-broken');
  return {
    reading,
    mailParts: mail === null ? null : { mail, stateDirectory, runtimeDirectory },
    translator,
    job: jobOf(flags.job, context.environment),
    voice,
    warnings,
  };
}

/** The configuration once it is known to be right. @throws PlugbackError `config`, `usage` */
export function verifiedConfig({ reading, translator }: VeeamSide, flags: { job?: string }): VeeamSideConfig {
  const { config, path, problems } = reading;
  if (config === null) throw new PlugbackError('config', { path, problems, isVeeamSide: true });
  if (flags.job?.trim() === '') throw new PlugbackError('usage', { problem: translator.say('usage.job') });
  return config;
}
