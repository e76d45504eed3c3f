/** What all commands of the timemachine share: where the list and the copies are, and where it speaks. */

import { statSync } from 'node:fs';
import path from 'node:path';
import { exitCodeOf, PlugbackError, reasonOf } from '../../errors.ts';
import type { Translator } from '../../messages/translator.ts';
import { type BytePath, bytesOfText, resolveBytes } from '../../system/byte-path.ts';
import { realClock } from '../../system/clock.ts';
import { typedBytes } from '../../system/typed-bytes.ts';
import { type Destination, destinationAt } from '../../timemachine/destination.ts';
import { createList, type List, readList } from '../../timemachine/list-file.ts';
import { openTimemachineLog } from '../../timemachine/log.ts';
import type { Voice } from '../../timemachine/voice.ts';
import { type CommandContext, translatorOf } from '../context.ts';

export interface TimemachineFlags {
  /** `-c`: the list's name. */
  listName?: string;
  /** `-cl`: the folder that it is in. */
  listFolder?: string;
  /** `-d` */
  destination?: string;
}

export interface Setting {
  context: CommandContext;
  translator: Translator;
  /** What relative names start from. */
  cwd: BytePath;
  listPath: string;
  logPath: string;
  destination: Destination;
  /** To the terminal and the log. */
  voice: Voice;
  /** To the log alone. */
  logError(text: string): void;
}

export const procRoot = '/proc';
/** How long a command waits for files that are being changed, and for another timemachine, in ms. */
export const quietPatienceMs = 5_000;
export const lockPatienceMs = 50_000;
const defaultListName = 'config.dat';
const logName = 'timemachine.log';

/**
 * @throws PlugbackError `list-folder-missing`
 */
export function prepareTimemachine(flags: TimemachineFlags, context: CommandContext): Setting {
  const translator = translatorOf(context);
  const listFolder = path.resolve(context.cwd, flags.listFolder ?? '.');
  if (!(statSync(listFolder, { throwIfNoEntry: false })?.isDirectory() ?? false))
    throw new PlugbackError('list-folder-missing', { path: withSlash(listFolder) });
  const logPath = path.join(listFolder, logName);
  const { output } = context;
  const log = openTimemachineLog(logPath, realClock.now, (error) => {
    output.problem(translator.say('tm.log-unusable', { path: logPath, reason: reasonOf(error) }));
  });
  const voice: Voice = {
    info: (key, ...details) => {
      const text = translator.say(key, ...details);
      log.write('info', text);
      if (!context.json) output.line(text);
    },
    error: (key, ...details) => {
      const text = translator.say(key, ...details);
      log.write('error', text);
      output.problem(text);
    },
  };
  return {
    context,
    translator,
    cwd: bytesOfText(context.cwd),
    listPath: path.resolve(listFolder, flags.listName ?? defaultListName),
    logPath,
    destination: destinationAt(path.resolve(context.cwd, flags.destination ?? '.')),
    voice,
    logError: (text) => log.write('error', text),
  };
}

/** The list; a missing one is made, and that an empty one watches nothing is said. */
export async function openList({ listPath, voice }: Setting): Promise<List> {
  const list = (await readList(listPath)) ?? createList(listPath);
  if (list.entries.length === 0) voice.error('tm.list-empty');
  return list;
}

/** Says where everything is, as each call begins with. */
export async function begin(setting: Setting): Promise<List> {
  const { voice, listPath, destination } = setting;
  voice.info('tm.started');
  const list = await openList(setting);
  voice.info('tm.list', { path: listPath });
  voice.info('tm.record', { path: destination.recordPath });
  voice.info('tm.destination', { path: destination.folder });
  return list;
}

/**
 * What goes wrong is in the log as well; being told to stop is nothing wrong.
 *
 * @returns the body's exit code, or that of the signal
 * @throws what the body throws
 */
export async function logged(setting: Setting, body: () => Promise<number>): Promise<number> {
  try {
    return await body();
  } catch (error) {
    const { stop } = setting.context;
    if (stop.aborted) {
      setting.voice.info('tm.stopped');
      return stop.reason instanceof PlugbackError ? exitCodeOf(stop.reason.code, stop.reason.details) : 1;
    }
    setting.logError(setting.translator.tell(error).message);
    throw error;
  }
}

/** The files that were typed, in bytes, as they are watched. */
export function typedFiles({ cwd }: Setting, words: readonly string[]): BytePath[] {
  return typedBytes(words, procRoot).map((file) => resolveBytes(cwd, file));
}

function withSlash(folder: string): string {
  return folder.endsWith('/') ? folder : `${folder}/`;
}
