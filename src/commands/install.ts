/** `plugback install` and `plugback uninstall`: a plugged-in disk starts its backup on this machine, or does so no more. */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlugbackError } from '../errors.ts';
import { applyPlan, type DoneStep } from '../install/apply.ts';
import { findLeftovers } from '../install/leftovers.ts';
import {
  configPath,
  isPackaged,
  optionalParts,
  type Program,
  planHandOver,
  planInstall,
  planUninstall,
  type Step,
  switchedUnits,
  timemachineFolder,
  unitPath,
} from '../install/plan.ts';
import { readTemplates } from '../install/templates.ts';
import { jsonText } from '../messages/json.ts';
import { createTranslator, type Translator } from '../messages/translator.ts';
import { createRunner } from '../system/run.ts';
import { systemdRuns } from '../system/units.ts';
import { type CommandContext, languageOf } from './context.ts';

export interface InstallFlags {
  dryRun?: boolean;
  /** These for `install` only. */
  nightshift?: boolean;
  timemachine?: boolean;
}

/** @returns 0. @throws PlugbackError `needs-root`, `no-systemd`, `install-failed` */
export async function install(flags: InstallFlags, context: CommandContext): Promise<number> {
  const translator = createTranslator(languageOf(context));
  const program = programOf(context);
  const templates = readTemplates(templateFolder(), translator.language);
  const wanted = (['nightshift', 'timemachine'] as const).filter((part) => flags[part] === true);
  const present = (['nightshift', 'timemachine'] as const).filter((part) =>
    existsSync(unitPath(optionalParts[part].starts)),
  );
  const plan = planInstall(templates, program, findLeftovers(templates), wanted, present);
  const done = await carryOut('install', plan, flags, context);
  if (context.json) return 0;
  const isNew = done.some(
    ({ step, state }) => step.action === 'write' && step.path === configPath && state === 'done',
  );
  if (flags.dryRun === true) context.output.line(translator.say('install.rehearsed'));
  else context.output.line(translator.say(isNew ? 'install.fill-in' : 'install.ready', { path: configPath }));
  if (flags.timemachine === true && flags.dryRun !== true)
    context.output.line(
      translator.say('install.timemachine', { path: timemachineFolder, config: configPath }),
    );
  return 0;
}

/**
 * The package's rule and units are the package manager's to take away; but not those that `plugback install` of an npm
 * copy has left below /etc, where they win.
 *
 * @returns 0. @throws PlugbackError `needs-root`, `no-systemd`, `packaged`, `install-failed`
 */
export async function uninstall(flags: InstallFlags, context: CommandContext): Promise<number> {
  const { say, language } = createTranslator(languageOf(context));
  const hasPackage = isPackaged(programOf(context));
  const leftovers = findLeftovers(readTemplates(templateFolder(), language));
  if (hasPackage && leftovers.files.length === 0) throw new PlugbackError('packaged', {});
  const plan = hasPackage
    ? planHandOver(leftovers)
    : planUninstall(switchedUnits.filter((name) => existsSync(unitPath(name))));
  await carryOut('uninstall', plan, flags, context);
  const done = hasPackage ? 'uninstall.handed-over' : 'uninstall.done';
  if (!context.json) context.output.line(say(flags.dryRun === true ? 'install.rehearsed' : done));
  return 0;
}

async function carryOut(
  command: 'install' | 'uninstall',
  plan: readonly Step[],
  flags: InstallFlags,
  context: CommandContext,
): Promise<DoneStep[]> {
  const dryRun = flags.dryRun === true;
  const translator = createTranslator(languageOf(context));
  // Who only looks needs neither.
  if (!dryRun && !context.isRoot) throw new PlugbackError('needs-root', { command: `plugback ${command}` });
  if (!dryRun && !systemdRuns()) throw new PlugbackError('no-systemd', {});
  const done = await applyPlan(plan, {
    root: '/',
    runner: createRunner(true),
    dryRun,
    onStep: (step) => {
      if (!context.json) context.output.line(`  ${tellStep(step, dryRun, translator)}`);
    },
  });
  if (context.json) context.output.line(jsonText({ dryRun, steps: done.map(documentOf) }));
  return done;
}

/** A step in words: what was done, or would be. */
export function tellStep({ step, state }: DoneStep, dryRun: boolean, { say }: Translator): string {
  const what = { what: step.action === 'command' ? step.argv.join(' ') : step.path };
  if (state === 'kept') return say('install.kept', what);
  if (state === 'unchanged') {
    if (step.action === 'remove') return say('install.absent', what);
    return step.action === 'command' ? say('install.needless', what) : say('install.unchanged', what);
  }
  switch (step.action) {
    case 'directory':
      return say(dryRun ? 'install.would-make' : 'install.made', what);
    case 'write':
      return say(dryRun ? 'install.would-write' : 'install.wrote', what);
    case 'remove':
      return say(dryRun ? 'install.would-remove' : 'install.removed', what);
    case 'command':
      return say(dryRun ? 'install.would-run' : 'install.ran', what);
  }
}

function documentOf({ step, state }: DoneStep) {
  return step.action === 'command'
    ? { action: step.action, command: step.argv, state }
    : { action: step.action, path: step.path, state };
}

function programOf(context: CommandContext): Program {
  return { node: process.execPath, file: context.program };
}

/** Beside the bundle’s parts, of which this file is one; in the sources where they are bundled to. */
function templateFolder(): string {
  const candidates = ['../install/', '../../dist/install/'].map((relative) =>
    fileURLToPath(new URL(relative, import.meta.url)),
  );
  return candidates.find((candidate) => existsSync(path.join(candidate, '90-plugback.rules'))) ?? '';
}
