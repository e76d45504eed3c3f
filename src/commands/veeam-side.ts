/** What the commands of Veeam's side share. They run on other machines as well, where there is no Linux. */

import { findConfigFile, loadVeeamSide, type VeeamSideConfig } from '../config/load.ts';
import { PlugbackError } from '../errors.ts';
import { createTranslator, type Translator } from '../messages/translator.ts';
import { formatLine } from '../status/log-line.ts';
import type { StepVoice } from '../status/recorder.ts';
import { realClock } from '../system/clock.ts';
import { type Job, jobOf } from '../veeam/job.ts';
import type { CommandContext } from './context.ts';

export interface VeeamSide {
  config: VeeamSideConfig;
  translator: Translator;
  job: Job;
  /** Says each thing at once, with the time: it goes into a log beside the script. */
  voice: StepVoice;
  /** The warnings so far. */
  warnings: readonly string[];
}

/** @throws PlugbackError `config`, `config-missing`, `config-exists-not`, `usage` */
export function prepareVeeamSide(flags: { job?: string }, context: CommandContext): VeeamSide {
  const filePath = findConfigFile({ configFlag: context.configFlag, cwd: context.cwd });
  const config = loadVeeamSide(filePath, context.environment, { language: context.languageFlag });
  const translator = createTranslator(context.languageFlag ?? config.language);
  if (flags.job?.trim() === '') throw new PlugbackError('usage', { problem: translator.say('usage.job') });
  const job = jobOf(flags.job, context.environment);
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
  return { config, translator, job, voice, warnings };
}
