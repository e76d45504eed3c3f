/** What all commands of the timemachine share: where the list and the copies are, and where it speaks. */

import { statSync } from 'node:fs';
import path from 'node:path';
import { defaultTimemachine, findConfigFile, readTimemachine } from '../../config/load.ts';
import type { Keep, TimemachineConfig } from '../../config/types.ts';
import { exitCodeOf, PlugbackError, reasonOf, systemCodeOf } from '../../errors.ts';
import { createTranslator, type Translator } from '../../messages/translator.ts';
import { type BytePath, bytesOfText, resolveBytes } from '../../system/byte-path.ts';
import { realClock } from '../../system/clock.ts';
import { typedBytes } from '../../system/typed-bytes.ts';
import { type Destination, destinationAt } from '../../timemachine/destination.ts';
import { createList, type List, readList } from '../../timemachine/list-file.ts';
import { openTimemachineLog } from '../../timemachine/log.ts';
import type { Voice } from '../../timemachine/voice.ts';
import { type CommandContext, languageOf } from '../context.ts';

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
  /** What `thin` keeps unless it is told otherwise. */
  keep: Keep;
  /** To the terminal and the log. */
  voice: Voice;
  /** To the log alone. */
  logError(text: string): void;
}

export const procRoot = '/proc';
/** How long a command that ends by itself waits for another timemachine, in ms. */
export const lockPatienceMs = 50_000;
/** What such a command does about files that are being changed: wait so long, in ms, and take them between two changes. */
export const onceOptions = { quietPatienceMs: 5_000, mayTakeRestless: () => true, lockPatienceMs };
const logName = 'timemachine.log';

/**
 * Where everything is: as the options say, else the configuration, else in the current folder.
 *
 * @throws PlugbackError `usage`, `list-folder-missing`, `list-unreadable`; `config` when the section TIMEMACHINE is wrong;
 *   `config-forbidden`, `config-exists-not` for a configuration that was named
 */
export function prepareTimemachine(flags: TimemachineFlags, context: CommandContext): Setting {
  const { keys, translator } = configured(context);
  verifyNamed(
    [
      ['-c', flags.listName],
      ['-cl', flags.listFolder],
      ['-d', flags.destination],
    ],
    translator,
  );
  const named = [flags.listFolder ?? keys.listFolder ?? '.', flags.destination ?? keys.destination ?? '.'];
  verifyWhole(named, context, translator);
  const listFolder = path.resolve(context.cwd, flags.listFolder ?? keys.listFolder ?? '.');
  verifyListFolder(listFolder);
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
    listPath: path.resolve(listFolder, flags.listName ?? keys.listName),
    logPath,
    destination: destinationAt(path.resolve(context.cwd, flags.destination ?? keys.destination ?? '.')),
    keep: keys.keep,
    voice,
    logError: (text) => log.write('error', text),
  };
}

/** The configuration, which nobody needs for this: one that is missing, or closed to this user, tells nothing. */
function configured(context: CommandContext): { keys: TimemachineConfig; translator: Translator } {
  const { configFlag, environment, languageFlag: language } = context;
  try {
    const reading = readTimemachine(findConfigFile(context), environment, { language });
    return { keys: reading.timemachine, translator: createTranslator(reading.language) };
  } catch (error) {
    const isUnread = error instanceof PlugbackError && error.code.startsWith('config-');
    if (configFlag !== null || !isUnread) throw error;
    return { keys: defaultTimemachine(), translator: createTranslator(languageOf(context)) };
  }
}

/** @throws PlugbackError `list-folder-missing`, `list-unreadable` */
function verifyListFolder(folder: string): void {
  try {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOTDIR')
      throw new PlugbackError('list-unreadable', { path: withSlash(folder), reason: reasonOf(error) });
  }
  throw new PlugbackError('list-folder-missing', { path: withSlash(folder) });
}

/** What each check of files goes by. */
export function checkSurroundings({ context, destination, voice }: Setting) {
  const { stop: signal, isRoot } = context;
  return { destination, clock: realClock, signal, procRoot, isRoot, voice };
}

/** The list; a missing one is made, and that an empty one watches nothing is said. */
export async function openList({ listPath, voice }: Setting): Promise<List> {
  const list = (await readList(listPath)) ?? (await createList(listPath));
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
  verifyWhole(
    list.entries.map(({ bytes }) => bytes),
    setting.context,
    setting.translator,
  );
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

/**
 * The files that were typed, in bytes, as they are watched.
 *
 * @param option with which they were typed, for what is thrown
 * @throws PlugbackError `usage` for an empty one, and for a relative one where the current folder is gone
 */
export function typedFiles(setting: Setting, words: readonly string[], option = 'FILE'): BytePath[] {
  return typedNames(setting, words, option).map((file) => resolveBytes(setting.cwd, file));
}

/** The same as they were typed: relative, if need be. */
export function typedNames(
  { context, translator }: Setting,
  words: readonly string[],
  option = 'FILE',
): BytePath[] {
  verifyNamed(
    words.map((word) => [option, word]),
    translator,
  );
  verifyWhole(words, context, translator);
  return typedBytes(words, procRoot);
}

/** To the system an empty name is the current folder. @throws PlugbackError `usage` */
function verifyNamed(
  typed: readonly (readonly [option: string, value: string | undefined])[],
  { say }: Translator,
): void {
  const word = typed.find(([, value]) => value === '')?.[0];
  if (word !== undefined) throw new PlugbackError('usage', { problem: say('usage.empty-name', { word }) });
}

/** In a folder that is gone a relative name would mean one in the top folder. @throws PlugbackError `usage` */
function verifyWhole(
  names: readonly string[],
  { isFolderRemoved }: CommandContext,
  { say }: Translator,
): void {
  const word = isFolderRemoved ? names.find((name) => !path.isAbsolute(name)) : undefined;
  if (word !== undefined)
    throw new PlugbackError('usage', { problem: say('usage.folder-removed', { word }) });
}

function withSlash(folder: string): string {
  return folder.endsWith('/') ? folder : `${folder}/`;
}
