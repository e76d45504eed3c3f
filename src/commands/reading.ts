/** What a command needs that only looks: it also serves with a broken configuration, and with none. */

import { checkConfig, findConfigFile, type LenientConfig, loadLeniently } from '../config/load.ts';
import { PlugbackError } from '../errors.ts';
import { createTranslator, type Translator } from '../messages/translator.ts';
import { type StatusPaths, statusPaths } from '../status/paths.ts';
import { type BlockDevice, listBlockDevices, udevRuns } from '../system/block-devices.ts';
import { createRunner } from '../system/run.ts';
import { type CommandContext, languageOf } from './context.ts';

export interface Reading {
  /** Null when there is no configuration at all. */
  lenient: LenientConfig | null;
  translator: Translator;
  paths: StatusPaths;
  stateDirectory: string;
  runtimeDirectory: string;
}

/**
 * The configuration as far as it is there and right.
 *
 * @throws PlugbackError `config-forbidden`, `config-exists-not` when the one that was named is not there, or cannot be read
 */
export function prepareReading(context: CommandContext): Reading {
  return readingOf(loadIfThere(context), context);
}

/** Language and folders, also where there is no configuration. */
export function readingOf(lenient: LenientConfig | null, context: CommandContext): Reading {
  const language = context.languageFlag ?? lenient?.language ?? languageOf(context);
  // What an empty file would mean: the defaults, and those of the environment.
  const { stateDirectory, runtimeDirectory } =
    lenient ?? checkConfig(new Uint8Array(), '', context.environment, { language });
  return {
    lenient,
    translator: createTranslator(language),
    paths: statusPaths({ stateDirectory, runtimeDirectory }),
    stateDirectory,
    runtimeDirectory,
  };
}

function loadIfThere(context: CommandContext): LenientConfig | null {
  try {
    const filePath = findConfigFile(context);
    return loadLeniently(filePath, context.environment, { language: context.languageFlag });
  } catch (error) {
    if (error instanceof PlugbackError && error.code === 'config-missing') return null;
    throw error;
  }
}

export interface SeenDevices {
  devices: BlockDevice[];
  /** False where filesystems may be hidden, because nobody was allowed to read them. */
  isComplete: boolean;
}

/** The attached devices; without administrator rights what udev has recorded about them. */
export async function seeBlockDevices(context: CommandContext): Promise<SeenDevices> {
  try {
    return { devices: await listBlockDevices(createRunner(context.isRoot)), isComplete: true };
  } catch (error) {
    if (context.isRoot || !isAboutRights(error)) throw error;
    // Programs as they are, without sudo.
    return { devices: await listBlockDevices(createRunner(true)), isComplete: await udevRuns() };
  }
}

/** Did sudo refuse, or is it not even there? */
export function isAboutRights(error: unknown): boolean {
  if (!(error instanceof PlugbackError)) return false;
  if (error.code === 'no-rights') return true;
  return (
    error.code === 'program-missing' && (error as PlugbackError<'program-missing'>).details.program === 'sudo'
  );
}
