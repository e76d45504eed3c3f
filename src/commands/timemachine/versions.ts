/** `plugback timemachine versions`: what there is of a file. */

import { jsonText } from '../../messages/json.ts';
import { nameOfBytes } from '../../system/byte-path.ts';
import { timeText } from '../../timemachine/copy-name.ts';
import type { Version } from '../../timemachine/destination.ts';
import { lookAt } from '../../timemachine/file-state.ts';
import { versionsHeld } from '../../timemachine/held.ts';
import { readRecord } from '../../timemachine/record.ts';
import type { CommandContext } from '../context.ts';
import { createPaint } from '../paint.ts';
import { renderTable } from '../table.ts';
import { versionDocument, versionsOf } from './found.ts';
import { prepareTimemachine, type TimemachineFlags } from './setting.ts';

/**
 * The newest is that of the latest time of change, which need not be what the file was last: whoever brings a state back, or
 * unpacks an archive, sets that time back. So each line tells whether the file holds that version, or was copied as it last.
 *
 * @returns 0
 * @throws PlugbackError `no-versions`, `copies-folder-…`
 */
export async function showVersions(
  file: string,
  flags: TimemachineFlags,
  context: CommandContext,
): Promise<number> {
  const setting = prepareTimemachine(flags, context);
  const { say, format } = setting.translator;
  const { bytes, name, versions } = await versionsOf(file, setting);
  const held = versionsHeld(versions, lookAt(bytes));
  const last = readRecord(setting.destination.recordPath).known.get(bytes)?.copy;
  const isLast = ({ path }: Version) => nameOfBytes(path) === last;
  // Two states of one moment: the one that was copied last is more likely.
  const current = held.find(isLast) ?? held[0];
  if (context.json) {
    const documents = versions.map((version) => ({
      ...versionDocument(version),
      isCurrent: version === current,
      isLastCopied: isLast(version),
    }));
    context.output.line(jsonText({ file: name, versions: documents }));
    return 0;
  }
  const { output } = context;
  const columns = [
    { title: say('tm.column.version'), align: 'right' as const },
    { title: say('tm.column.time') },
    { title: say('tm.column.size'), align: 'right' as const },
  ];
  const noteOf = (version: Version) => {
    if (version === current) return { note: say('tm.current') };
    return isLast(version) ? { note: say('tm.last-copied') } : {};
  };
  const rows = versions.map((version) => ({
    cells: [String(version.number), timeText(version.modifiedUs), format.bytes(version.size)],
    ...noteOf(version),
  }));
  output.line(say('tm.versions', { name, count: versions.length }));
  const paint = createPaint(output);
  const noteTitle = say('tm.column.note');
  const options = { width: output.terminal?.columns ?? null, styleTitle: paint.strong, noteTitle };
  for (const line of renderTable(columns, rows, options)) output.line(line);
  return 0;
}
