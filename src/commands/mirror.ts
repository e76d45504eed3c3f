/** `plugback mirror`: one folder is made equal to another, once or again and again. */

import { asPlugbackError, PlugbackError } from '../errors.ts';
import { jsonText } from '../messages/json.ts';
import type { Translator } from '../messages/translator.ts';
import { isFailure } from '../mirror/failures.ts';
import type { MirrorResult } from '../mirror/job.ts';
import { type MirrorPlan, type PlanOptions, planMirror } from '../mirror/plan.ts';
import { nameOf, type StopMoment, Synchro } from '../mirror/synchro.ts';
import { leastHours } from '../mirror/synchro-settings.ts';
import { type CommandContext, translatorWithoutConfig } from './context.ts';
import { createMirrorBar } from './mirror-bar.ts';
import { tellCycle, tellFailures, tellSkipped } from './mirror-words.ts';

export interface MirrorFlags {
  /** Hours. */
  every?: string;
  max?: string;
  log?: string;
  dryRun?: boolean;
  checksum?: boolean;
  maxDeletePercent?: string;
  allowDeletes?: boolean;
  wait?: boolean;
}

interface Folders {
  source: string;
  replica: string;
}

/**
 * @returns the exit code: 74 when something could not be copied or deleted; the signal's when it was told to stop
 * @throws PlugbackError `usage`; `config`, `config-exists-not`, `config-forbidden` for the configuration of `--config`; see `mirror` of the library
 */
export async function mirror(folders: Folders, flags: MirrorFlags, context: CommandContext): Promise<number> {
  const translator = translatorWithoutConfig(context);
  const { say } = translator;
  verifyNamed(
    [
      [say('help.value.source'), folders.source],
      [say('help.value.replica'), folders.replica],
      ['--log', flags.log],
    ],
    translator,
  );
  const every = hoursOf(flags.every, translator);
  const max = cyclesOf(flags.max, translator);
  if (max !== undefined && every === undefined)
    throw new PlugbackError('usage', { problem: translator.say('usage.mirror-max') });
  const guards = {
    checksum: flags.checksum === true,
    allowDeletes: flags.allowDeletes === true,
    ...percentOf(flags.maxDeletePercent, translator),
  };
  const remark = context.json ? context.output.problem : context.output.line;
  if (flags.dryRun === true) {
    if (every !== undefined) remark(translator.say('mirror.rehearsed-once'));
    return rehearse(folders, guards, translator, context);
  }

  if (every !== undefined && every < leastHours)
    remark(translator.say('mirror.least-hours', { hours: leastHours }));
  const synchro = new Synchro({
    logPath: flags.log ?? null,
    language: translator.language,
    signal: context.stop,
  });
  const bar = createMirrorBar(context.output, translator);
  listen(synchro, folders, { translator, context, bar });
  synchro.configure(folders.source, folders.replica, {
    mode: every === undefined ? 'single' : 'ongoing',
    ...(every === undefined ? {} : { interval: every }),
    ...(max === undefined ? {} : { max }),
    ...guards,
    wait: flags.wait === true,
    usesThisThread: true,
  });
  try {
    let moment: StopMoment = 'before';
    synchro.on('cycle', () => {
      moment = 'between';
    });
    synchro.on('stopped', (at) => {
      moment = at;
    });
    const result = await synchro.run();
    if (context.stop.aborted) {
      if (!context.json) context.output.line(translator.say(stopSentences[moment]));
      return asPlugbackError(context.stop.reason).exitCode;
    }
    return result?.skipped.some(({ reason }) => isFailure(reason)) ? 74 : 0;
  } finally {
    bar.close();
    synchro.close();
  }
}

const stopSentences = {
  before: 'mirror.stopped-before',
  during: 'mirror.interrupted',
  between: 'mirror.stopped',
} as const;

/** To the system an empty word is the current folder. @throws PlugbackError `usage` */
function verifyNamed(
  typed: readonly (readonly [name: string, value: string | undefined])[],
  { say }: Translator,
): void {
  const word = typed.find(([, value]) => value === '')?.[0];
  if (word !== undefined) throw new PlugbackError('usage', { problem: say('usage.empty-folder', { word }) });
}

/** @throws PlugbackError `usage` */
function hoursOf(value: string | undefined, { say }: Translator): number | undefined {
  if (value === undefined) return undefined;
  const hours = numberIn(value);
  if (hours !== null && hours > 0) return hours;
  throw new PlugbackError('usage', { problem: say('usage.mirror-every', { value }) });
}

/** @returns a negative number: without end. @throws PlugbackError `usage` */
function cyclesOf(value: string | undefined, { say }: Translator): number | undefined {
  if (value === undefined) return undefined;
  const cycles = numberIn(value);
  if (cycles !== null && cycles !== 0) return cycles;
  throw new PlugbackError('usage', { problem: say('usage.mirror-cycles', { value }) });
}

/** @throws PlugbackError `usage` */
function percentOf(value: string | undefined, { say }: Translator): { maxDeletePercent?: number } {
  if (value === undefined) return {};
  const percent = numberIn(value.replace(/\s*%$/, ''));
  if (percent !== null && percent >= 0 && percent <= 100) return { maxDeletePercent: percent };
  throw new PlugbackError('usage', { problem: say('usage.mirror-percent', { value }) });
}

/** Null where it is none; `1,5` is one, and `1,500` may mean two. */
function numberIn(typed: string): number | null {
  const text = typed.trim().replace(/^([-+]?\d*),(\d{1,2})$/, '$1.$2');
  const number = text === '' ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : null;
}

interface Speaker {
  translator: Translator;
  context: CommandContext;
  bar: ReturnType<typeof createMirrorBar>;
}

function listen(synchro: Synchro, folders: Folders, { translator, context, bar }: Speaker): void {
  const { output, json } = context;
  const { say } = translator;
  const line = (text: string) => {
    bar.close();
    output.line(text);
  };
  synchro.on('progress', (progress) => bar.draw(progress));
  synchro.on('cycle', (result, seconds) => {
    bar.close();
    if (!json) return tellCycle(result, seconds, translator, output);
    output.line(jsonText({ ...documentOf(result), seconds }));
    tellFailures(result.skipped, translator, output);
  });
  synchro.on('failure', (error) => {
    bar.close();
    const { code, message, exitCode } = translator.tell(asPlugbackError(error));
    output.problem(message);
    if (json) output.line(jsonText({ error: { code, message, exitCode } }));
  });
  if (json) return;
  synchro.on('limited', () => line(say('mirror.no-attributes')));
  synchro.on('begin', () => line(say('mirror.begins', { ...folders })));
  synchro.on('waiting', () => line(say('mirror.waiting', { replica: folders.replica })));
  synchro.on('next', (at) => line(say('mirror.next', { at: new Date(at).toISOString() })));
}

function documentOf({ skipped, ...counts }: MirrorResult): object {
  return { ...counts, skipped: skipped.map(({ path, reason }) => ({ path: nameOf(path), reason })) };
}

const wouldBe = {
  add: 'mirror.would-add',
  link: 'mirror.would-add',
  overwrite: 'mirror.would-overwrite',
  attributes: 'mirror.would-attributes',
  delete: 'mirror.would-delete',
} as const;

async function rehearse(
  { source, replica }: Folders,
  guards: Pick<PlanOptions, 'checksum' | 'allowDeletes' | 'maxDeletePercent'>,
  translator: Translator,
  { output, json, stop }: CommandContext,
): Promise<number> {
  const plan = await planMirror(source, replica, {
    ...guards,
    signal: stop,
    usesThisThread: true,
  });
  for (const { action, path, kind } of stepsOf(plan)) {
    const name = nameOf(path);
    output.line(
      json ? jsonText({ action, kind, path: name }) : translator.say(wouldBe[action], { path: name }),
    );
  }
  const sums = {
    added: plan.added.files + plan.added.folders,
    overwritten: plan.overwritten.files + plan.overwritten.folders,
    deleted: plan.deleted.files + plan.deleted.folders,
    untouched: plan.untouched,
    bytes: plan.added.bytes + plan.overwritten.bytes,
  };
  if (json) output.line(jsonText(documentOf({ ...sums, skipped: [...plan.skipped] })));
  else {
    tellSkipped(plan.skipped, translator, output);
    output.line(translator.say('mirror.plan', { ...sums, skipped: plan.skipped.length }));
  }
  if (plan.refusal !== null) throw plan.refusal;
  return 0;
}

function* stepsOf(plan: MirrorPlan) {
  yield* plan.steps();
  for (const { action, file } of plan.links) {
    yield {
      action: action === 'link' && file.isThere ? ('overwrite' as const) : action,
      kind: file.kind,
      path: file.path,
    };
  }
}
