/** `plugback check`: the doctor. Examines everything that a backup needs and says what to do about each thing. */

import { findConfigFile, loadLeniently, readVeeamSide, type VeeamSideReading } from '../config/load.ts';
import { jsonText } from '../messages/json.ts';
import { createSystem } from '../system/system.ts';
import { examineConfig } from './check/config.ts';
import { examineDisks } from './check/disks.ts';
import type { Examination } from './check/examination.ts';
import { type Area, collectFindings, exitCodeOfAll, type Finding, type Findings } from './check/finding.ts';
import { examineFolders } from './check/folders.ts';
import { examineMachine, findRightsTrouble } from './check/machine.ts';
import { examineMail } from './check/mail.ts';
import { examineNightshift } from './check/nightshift.ts';
import { examinePage } from './check/page.ts';
import { renderArea, renderSummary } from './check/render.ts';
import { examineSource } from './check/source.ts';
import { examineVeeamSide, examineVeeamSideConfig } from './check/veeam-side.ts';
import type { CommandContext } from './context.ts';
import { createPaint } from './paint.ts';
import { readingOf } from './reading.ts';

export interface CheckFlags {
  mail?: boolean;
}

interface Part {
  area: Area;
  examine(findings: Findings): Promise<void> | void;
}

/** @returns 0 when nothing is bad, else the exit code of the gravest finding; see `exitCodeOfAll` */
export async function check(flags: CheckFlags, context: CommandContext): Promise<number> {
  const { examination, configTrouble, rightsTrouble, veeamSide } = await prepareExamination(context);
  const { lenient, translator } = examination;
  const isTrial = flags.mail === true;
  const copiersParts: Part[] = [
    { area: 'config', examine: (findings) => examineConfig(examination, configTrouble, findings) },
    { area: 'machine', examine: (findings) => examineMachine(examination, rightsTrouble, findings) },
    {
      area: 'source',
      examine: async (findings) => {
        if (lenient?.config != null) await examineSource(lenient.config, examination, findings);
      },
    },
    { area: 'disks', examine: (findings) => examineDisks(examination, findings) },
    { area: 'nightshift', examine: (findings) => examineNightshift(examination, findings) },
    { area: 'folders', examine: (findings) => examineFolders(examination, findings) },
    { area: 'page', examine: (findings) => examinePage(examination, findings) },
    { area: 'mail', examine: (findings) => examineMail(examination, isTrial, findings) },
  ];
  const parts = veeamSide === null ? copiersParts : partsOfVeeamSide(veeamSide, examination, isTrial);
  const { output } = context;
  const view = {
    translator,
    paint: createPaint(output),
    width: output.terminal?.columns ?? null,
    isVeeamSide: veeamSide !== null,
  };
  const all: Finding[] = [];
  for (const { area, examine } of parts) {
    const server = area === 'mail' && isTrial ? (lenient?.mail?.server ?? null) : null;
    if (server !== null && !context.json) output.problem(translator.say('check.trying', { server }));
    const findings = collectFindings(area, translator);
    try {
      await examine(findings);
    } catch (error) {
      // One thing that cannot be examined must not hide all others.
      findings.thrown(area, error);
    }
    all.push(...findings.all);
    if (!context.json) for (const line of renderArea(area, findings.all, view)) output.line(line);
  }
  const exitCode = exitCodeOfAll(all);
  if (context.json) output.line(jsonText({ exitCode, findings: all }));
  else for (const line of renderSummary(all, exitCode, view)) output.line(line);
  return exitCode;
}

/** What a machine needs that does not copy, but on which Veeam runs its scripts. */
function partsOfVeeamSide(side: VeeamSideReading, examination: Examination, isTrial: boolean): Part[] {
  return [
    { area: 'config', examine: (findings) => examineVeeamSideConfig(side, examination, findings) },
    { area: 'veeam', examine: (findings) => examineVeeamSide(side, examination, findings) },
    { area: 'folders', examine: (findings) => examineFolders(examination, findings) },
    { area: 'mail', examine: (findings) => examineMail(examination, isTrial, findings) },
  ];
}

async function prepareExamination(context: CommandContext) {
  let lenient = null;
  let veeamSide: VeeamSideReading | null = null;
  let configTrouble: unknown = null;
  try {
    const filePath = findConfigFile(context);
    const options = { language: context.languageFlag };
    lenient = loadLeniently(filePath, context.environment, options);
    if (lenient.isVeeamSideOnly) veeamSide = readVeeamSide(filePath, context.environment, options);
  } catch (error) {
    configTrouble = error;
  }
  const rightsTrouble = await findRightsTrouble(context.isRoot);
  const examination: Examination = {
    context,
    ...readingOf(lenient, context),
    system: createSystem({ isRoot: context.isRoot || rightsTrouble !== null }),
  };
  return { examination, configTrouble, rightsTrouble, veeamSide };
}
