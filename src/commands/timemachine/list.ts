/** `plugback timemachine add`, `remove` and `list`. */

import { PlugbackError } from '../../errors.ts';
import { jsonText } from '../../messages/json.ts';
import { type BytePath, resolveBytes, textOfBytes } from '../../system/byte-path.ts';
import { realClock } from '../../system/clock.ts';
import { addToList, holdList, type List, removeFromList } from '../../timemachine/list-file.ts';
import type { CommandContext } from '../context.ts';
import {
  begin,
  logged,
  prepareTimemachine,
  procRoot,
  type Setting,
  type TimemachineFlags,
  typedNames,
} from './setting.ts';

/** @returns 0, also where all were there already. @throws PlugbackError `usage`, `list-…` */
export async function add(
  files: readonly string[],
  flags: TimemachineFlags,
  context: CommandContext,
): Promise<number> {
  return await changeList(flags, context, async (list, setting) => {
    const { voice, listPath: path } = setting;
    const added: BytePath[] = [];
    for (const file of typedNames(setting, files)) {
      const name = textOfBytes(file);
      if (placesOf(file, [...list.entries.map(({ bytes }) => bytes), ...added], setting).length > 0)
        voice.error('tm.already', { name, path });
      else added.push(file);
    }
    if (added.length > 0) await addToList(list, added);
    for (const file of added) voice.info('tm.added', { name: textOfBytes(file), path });
    if (context.json) context.output.line(jsonText({ list: path, added: added.map(textOfBytes) }));
  });
}

/** @returns 0. @throws PlugbackError `not-in-list` with the first that is not; then none is removed */
export async function remove(
  files: readonly string[],
  flags: TimemachineFlags,
  context: CommandContext,
): Promise<number> {
  return await changeList(flags, context, async (list, setting) => {
    const { voice, listPath: path } = setting;
    const entries = list.entries.map(({ bytes }) => bytes);
    const typed = typedNames(setting, files);
    const removed = typed.map((file) => {
      const places = placesOf(file, entries, setting);
      if (places.length === 0) throw new PlugbackError('not-in-list', { name: textOfBytes(file), path });
      return places;
    });
    await removeFromList(list, removed.flat());
    for (const file of typed) voice.info('tm.removed', { name: textOfBytes(file), path });
    if (context.json) context.output.line(jsonText({ list: path, removed: typed.map(textOfBytes) }));
  });
}

/** Reads the list and changes it, while nobody else does. @returns 0 */
async function changeList(
  flags: TimemachineFlags,
  context: CommandContext,
  change: (list: List, setting: Setting) => Promise<void>,
): Promise<number> {
  const setting = prepareTimemachine(flags, context);
  const surroundings = { procRoot, clock: realClock, signal: context.stop };
  return await logged(setting, async () => {
    await holdList(setting.listPath, surroundings, async () => await change(await begin(setting), setting));
    return 0;
  });
}

/** @returns 0. @throws PlugbackError `list-…` */
export async function showList(flags: TimemachineFlags, context: CommandContext): Promise<number> {
  const setting = prepareTimemachine(flags, context);
  return await logged(setting, async () => {
    const list = await begin(setting);
    if (context.json) context.output.line(jsonText(documentOf(list)));
    else if (list.entries.length > 0) {
      setting.voice.info('tm.observed');
      for (const { bytes } of list.entries) setting.voice.info('tm.entry', { name: textOfBytes(bytes) });
    }
    return 0;
  });
}

function documentOf({ path, entries }: List) {
  return { list: path, files: entries.map(({ bytes }) => textOfBytes(bytes)) };
}

/** The entries that mean the same file, however they are written. */
function placesOf(file: BytePath, entries: readonly BytePath[], { cwd }: Setting): BytePath[] {
  return entries.filter((entry) => entry === file || resolveBytes(cwd, entry) === resolveBytes(cwd, file));
}
