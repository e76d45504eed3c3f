/** What the commands of Veeam's side share. They run on other machines as well, where there is no Linux. */

import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import {
  findConfigFile,
  readVeeamSide,
  type VeeamSideConfig,
  type VeeamSideReading,
} from '../config/load.ts';
import { PlugbackError } from '../errors.ts';
import { createTranslator, type PlainKey, type Translator } from '../messages/translator.ts';
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
export async function verifiedConfig(
  { reading, translator }: VeeamSide,
  flags: { job?: string },
): Promise<VeeamSideConfig> {
  const { config, path } = reading;
  const problems = config === null ? reading.problems : await misplaced(config, translator);
  if (config === null || problems.length > 0) {
    throw new PlugbackError('config', { path, problems, isVeeamSide: true });
  }
  if (flags.job?.trim() === '') throw new PlugbackError('usage', { problem: translator.say('usage.job') });
  return config;
}

/** A file where a folder belongs, and the other way round. What is not there, or cannot be asked, is no mistake of the file's. */
export async function misplaced(config: VeeamSideConfig, { say }: Translator): Promise<string[]> {
  const wrong = async (key: string, place: string, isWrong: (found: Stats) => boolean, said: PlainKey) => {
    const found = await stat(place).catch(() => null);
    return found !== null && isWrong(found) ? [`VEEAM.${key}: ${say(said)}`] : [];
  };
  return [
    ...(await wrong(
      'veeam-lockfiles',
      config.lockFolder,
      (found) => !found.isDirectory(),
      'config.veeam-lockfiles-file',
    )),
    ...(await wrong(
      'backup-lockfile',
      config.markerPath,
      (found) => found.isDirectory(),
      'config.backup-lockfile-folder',
    )),
  ];
}
