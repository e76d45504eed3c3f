/** `plugback timemachine versions`: what there is of a file. */

import { jsonText } from '../../messages/json.ts';
import { timeText } from '../../timemachine/copy-name.ts';
import type { CommandContext } from '../context.ts';
import { createPaint } from '../paint.ts';
import { renderTable } from '../table.ts';
import { versionDocument, versionsOf } from './found.ts';
import { prepareTimemachine, type TimemachineFlags } from './setting.ts';

/** @returns 0. @throws PlugbackError `no-versions` */
export async function showVersions(
  file: string,
  flags: TimemachineFlags,
  context: CommandContext,
): Promise<number> {
  const setting = prepareTimemachine(flags, context);
  const { say, format } = setting.translator;
  const { name, versions } = await versionsOf(file, setting);
  if (context.json) {
    context.output.line(jsonText({ file: name, versions: versions.map(versionDocument) }));
    return 0;
  }
  const { output } = context;
  const columns = [
    { title: say('tm.column.version'), align: 'right' as const },
    { title: say('tm.column.time') },
    { title: say('tm.column.size'), align: 'right' as const },
  ];
  const rows = versions.map(({ number, modifiedUs, size }) => ({
    cells: [String(number), timeText(modifiedUs), format.bytes(size)],
  }));
  output.line(say('tm.versions', { name, count: versions.length }));
  const paint = createPaint(output);
  const options = { width: output.terminal?.columns ?? null, styleTitle: paint.strong };
  for (const line of renderTable(columns, rows, options)) output.line(line);
  return 0;
}
