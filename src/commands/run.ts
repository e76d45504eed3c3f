/** `plugback run`: one plug-in backup. */

import { readFileSync } from 'node:fs';
import { performBackup } from '../backup/backup-job.ts';
import { configLetter } from '../backup/report.ts';
import { findConfigFile, type LenientConfig, loadLeniently } from '../config/load.ts';
import { mentionsUuid } from '../config/mentions.ts';
import { redact, redactEnvironment } from '../config/redact.ts';
import type { Config } from '../config/types.ts';
import { PlugbackError } from '../errors.ts';
import { createMailer } from '../mail/mailer.ts';
import { createTranslator, type Translator } from '../messages/translator.ts';
import { isSameUuid } from '../system/block-devices.ts';
import { stayAwake } from '../system/inhibit.ts';
import { findKeyFile } from '../system/key-file.ts';
import { createShare, memoryOf } from '../system/share.ts';
import { createSystem, type System } from '../system/system.ts';
import { createVeeamGate } from '../veeam/wait.ts';
import type { CommandContext } from './context.ts';
import type { PageServer } from './page-server.ts';
import { createPostbox, mailerOptions } from './postbox.ts';
import { createProgressView } from './progress-view.ts';

export interface RunFlags {
  uuid?: string;
  dryRun?: boolean;
  allowDeletes?: boolean;
  web?: boolean;
}

/** How long a mail about a broken configuration may take, in ms. */
const configMailMs = 20_000;

/** @returns the exit code. @throws PlugbackError `usage`, `config`, `config-missing` */
export async function run(flags: RunFlags, context: CommandContext): Promise<number> {
  const uuid = flags.uuid ?? null;
  const lenient = loadLeniently(findConfigFile(context), context.environment, {
    language: context.languageFlag,
  });
  const translator = createTranslator(context.languageFlag ?? lenient.language);
  verifyUuid(uuid, translator);
  if (lenient.config === null) {
    if (uuid !== null && isCertainlyForeign(uuid, lenient)) return tellForeign(uuid, translator, context);
    await mailConfigProblems(lenient, translator, context);
    throw new PlugbackError('config', {
      path: lenient.path,
      problems: lenient.allProblems,
      isVeeamSide: false,
    });
  }
  const { config } = lenient;
  if (uuid !== null && !config.backup.disks.some((disk) => isSameUuid(disk.uuid, uuid))) {
    return tellForeign(uuid, translator, context);
  }
  const page = flags.web === true ? await tryToServe(lenient, config, translator, context) : null;
  return performRun(config, uuid, flags, translator, context).finally(() => page?.close());
}

/** Of a broken configuration nobody knows what its list of disks means, but a UUID that is nowhere in it is not on the list. */
function isCertainlyForeign(uuid: string, { path }: LenientConfig): boolean {
  return !mentionsUuid(readFileSync(path), uuid);
}

/** Somebody plugged in some stick. That is nobody's business: no mail, no failure. */
function tellForeign(
  uuid: string,
  translator: Translator,
  { json, output, environment }: CommandContext,
): number {
  // systemd takes this beginning off and files the line as one for whoever looks for mistakes.
  const debug = environment.JOURNAL_STREAM === undefined ? '' : '<7>';
  if (json) output.line(JSON.stringify({ foreign: uuid }));
  else output.line(`${debug}${translator.say('find.foreign', { uuid })}`);
  return 0;
}

/** The page while the backup runs; that there is none, because of its port or address, keeps nobody from the backup. */
async function tryToServe(
  { isLanguageChosen }: LenientConfig,
  config: Config,
  translator: Translator,
  context: CommandContext,
): Promise<PageServer | null> {
  try {
    const { pageOf, startPage } = await import('./page-server.ts');
    const page = await startPage({ config: pageOf(config), isLanguageChosen, translator, context });
    tell(context, translator.say('serve.listening', { address: page.address }));
    return page;
  } catch (error) {
    context.output.problem(translator.say('serve.without', { text: translator.tell(error).message }));
    return null;
  }
}

/** With `--json`, standard output belongs to the run's document. */
function tell(context: CommandContext, text: string): void {
  if (context.json) context.output.problem(text);
  else context.output.line(text);
}

async function performRun(
  config: Config,
  uuid: string | null,
  flags: RunFlags,
  translator: Translator,
  context: CommandContext,
): Promise<number> {
  const system = createSystem({ isRoot: context.isRoot });
  const keyFile = await findKeyFile(config.backup.encryptionKeyFile, context.environment);
  const veeam = await veeamGate(config, flags.dryRun ?? false, system, context.host);
  const view = createProgressView(context.output, translator);
  const perform = () =>
    performBackup({
      config,
      translator,
      system,
      postbox: createPostbox(config, translator, context),
      uuid,
      dryRun: flags.dryRun ?? false,
      allowDeletes: flags.allowDeletes ?? false,
      host: context.host,
      keyFile,
      version: context.version,
      stop: context.stop,
      veeam,
      ...(context.json ? { json: context.output.line } : { terminal: view.line, listener: view.listener }),
      debugLines: config.debug ? debugLines(config, context) : [],
    });
  const document = await stayAwake({ runner: system.runner, why: translator.say('run.awake') }, perform);
  view.close();
  if (context.json) context.output.line(JSON.stringify(document));
  return document.error?.exitCode ?? 0;
}

async function veeamGate(config: Config, isRehearsal: boolean, { clock, roots }: System, host: string) {
  const { veeamLockfilePath: lockPath, waitForVeeamMinutes: minutes } = config.backup;
  const cacheMs = lockPath === null ? 0 : await memoryOf(lockPath, roots.proc);
  const settings = {
    lockPath,
    minutes,
    staleHours: config.veeam.staleLockHours,
    cacheMs,
    cleansUp: !isRehearsal,
  };
  return createVeeamGate(settings, { share: createShare(), clock, procRoot: roots.proc, host });
}

/**
 * A container of the older format has room for 40 letters: one that is too long for any UUID is a foreign disk's.
 *
 * @throws PlugbackError `usage`
 */
export function verifyUuid(uuid: string | null, translator: Translator): void {
  if (uuid === null || /^[0-9a-fA-F-]{4,40}$/.test(uuid)) return;
  throw new PlugbackError('usage', { problem: translator.say('usage.uuid', { uuid }) });
}

/** Everything that may explain a strange run, without anything secret. */
function debugLines(config: Config, context: CommandContext): string[] {
  const environment = redactEnvironment(context.environment, config);
  return [
    `node ${process.version}, ${process.platform} ${process.arch}, uid ${process.geteuid?.()}`,
    ...Object.entries(environment).map(([name, value]) => `environment ${name}=${value}`),
    `configuration ${JSON.stringify(redact(config))}`,
  ];
}

/** A broken configuration is told by mail where its mail section is sound: nobody reads a headless box's terminal. */
async function mailConfigProblems(
  lenient: LenientConfig,
  translator: Translator,
  context: CommandContext,
): Promise<void> {
  const { mail, path, allProblems: problems } = lenient;
  if (mail === null || mail.server === null) return;
  const letter = configLetter({ path, problems }, { mail, translator, host: context.host });
  const mailer = createMailer(mailerOptions({ ...lenient, mail }, translator, context));
  try {
    await mailer.post(letter);
    await mailer.flush({ timeoutMs: configMailMs, signal: context.stop });
  } catch (error) {
    context.output.problem(translator.tell(error).message);
  }
}
