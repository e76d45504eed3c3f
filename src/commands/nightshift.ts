/** `plugback nightshift`: watch who is online, and back up when everybody has gone home. */

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findConfigFile, readNightshift } from '../config/load.ts';
import { asPlugbackError, type ErrorDetails, PlugbackError, reasonOf } from '../errors.ts';
import { loadMailParts } from '../mail/mailer.ts';
import { jsonText } from '../messages/json.ts';
import { createTranslator } from '../messages/translator.ts';
import { keepWatch, type Wishes } from '../nightshift/run-nightshift.ts';
import {
  type NightDocument,
  type NightshiftPaths,
  nightshiftPaths,
  readNightshiftNow,
  readNightshift as readState,
} from '../status/nightshift.ts';
import { realClock } from '../system/clock.ts';
import { withLock } from '../system/lock.ts';
import { identifyProcess, isAlive } from '../system/process-identity.ts';
import { type CommandContext, languageOf } from './context.ts';
import { assemble, type Parts } from './nightshift/assemble.ts';
import { importComputers } from './nightshift/import.ts';
import { rehearse } from './nightshift/rehearse.ts';
import { openWatchLog } from './nightshift/voice.ts';

export interface NightshiftFlags {
  now?: boolean;
  once?: boolean;
  dryRun?: boolean;
}

/** @returns the exit code. @throws PlugbackError `usage`, `config`, `no-jobs`, `nightshift-running`, `computers-unreadable` */
export async function nightshift(
  parameters: readonly (string | undefined)[],
  flags: NightshiftFlags,
  context: CommandContext,
): Promise<number> {
  const [word, file] = parameters;
  switch (word) {
    case undefined:
      return watch(flags, context);
    case 'cancel':
      return cancel(context);
    case 'import':
      return importComputers(file, context);
    default: {
      const { say } = createTranslator(languageOf(context));
      throw new PlugbackError('usage', { problem: say('usage.nightshift', { word }) });
    }
  }
}

function read(context: CommandContext): Parts {
  const language = context.languageFlag;
  const reading = readNightshift(findConfigFile(context), context.environment, { language });
  const translator = createTranslator(language ?? reading.language);
  return { reading, translator, paths: nightshiftPaths(reading), context };
}

async function watch(flags: NightshiftFlags, context: CommandContext): Promise<number> {
  const parts = read(context);
  const { reading, paths } = parts;
  if (flags.dryRun === true) return rehearse(parts, flags.now ?? false);
  if (reading.nightshift.jobs.length === 0) throw new PlugbackError('no-jobs', { path: reading.path });
  if (flags.now === true && ask(parts)) return 0;
  const wishes = { now: flags.now ?? false, once: flags.once ?? false };
  try {
    const begun = await claim(parts);
    // It watches for weeks, and an upgrade takes the parts of the old program away.
    if (reading.mail.server !== null) await loadMailParts().catch(() => undefined);
    // Where the state cannot name it (Windows tells no process from another, the disk is full), the lock itself is kept.
    const perform = () => begun.watch(wishes);
    const night = begun.isClaimed ? await perform() : await withLock(lockRequest(paths, context), perform);
    if (context.json) context.output.line(jsonText(night));
    return exitCodeOf(night);
  } catch (thrown) {
    if (context.stop.aborted) return asPlugbackError(context.stop.reason).exitCode;
    const error = asPlugbackError(thrown);
    if (error.code !== 'already-running') throw error;
    throw new PlugbackError('nightshift-running', { pid: (error.details as { pid: number | null }).pid });
  }
}

/**
 * Makes this process the one that watches: the state names it. The lock guards only this moment; keeping it would mean to
 * renew it every second of the night.
 *
 * @throws PlugbackError `nightshift-running` when another process watches, `already-running` when one is just about to
 */
async function claim(parts: Parts): Promise<{
  isClaimed: boolean;
  watch(wishes: Wishes): Promise<NightDocument | null>;
}> {
  const { paths, context } = parts;
  const self = identifyProcess('/proc', 'self');
  return withLock(lockRequest(paths, context), async () => {
    const other = readState(paths.state)?.process ?? null;
    if (other !== null && isAlive('/proc', other))
      throw new PlugbackError('nightshift-running', { pid: other.pid });
    const log = openWatchLog(parts);
    const office = assemble(parts, log);
    office.state.process = self;
    office.nightshift.ports.save(office.state);
    const watch = async (wishes: Wishes) => {
      try {
        office.voice.info('nightshift.start', {
          version: context.version,
          count: office.nightshift.config.computers.length,
        });
        if (office.left.length > 0) office.voice.info('nightshift.is-self', { names: office.left });
        return await keepWatch(office.nightshift, wishes);
      } catch (error) {
        // Nobody reads the terminal of a unit.
        if (!context.stop.aborted) office.voice.failure(error);
        throw error;
      } finally {
        // What was remembered stays, but nobody watches any more.
        office.end();
        log.close();
      }
    };
    return { isClaimed: self !== null && readState(paths.state)?.process?.pid === self.pid, watch };
  });
}

function lockRequest(paths: NightshiftPaths, context: CommandContext) {
  return {
    path: paths.lock,
    procRoot: '/proc',
    clock: realClock,
    signal: context.stop,
    wait: false,
    onLost: () => undefined,
  };
}

/** 0 also where nothing was to be done; of several failures the first one tells. */
function exitCodeOf(night: NightDocument | null): number {
  if (night === null || night.outcome === 'done') return 0;
  if (night.outcome === 'stopped') return 75;
  const error = night.jobs.find((job) => job.error !== null)?.error ?? null;
  const { kind, exitCode } = (error?.details ?? {}) as Partial<ErrorDetails['job-failed']>;
  // Theirs are codes of the contract: "try later" stays that.
  if ((kind === 'backup' || kind === 'mirror') && exitCode != null) return exitCode;
  return error === null ? 1 : new PlugbackError(error.code, error.details as never).exitCode;
}

/** Where nightshift runs already, it is asked for a backup by hand. @returns whether it does */
function ask({ paths, translator, context }: Parts): boolean {
  const seen = readNightshiftNow(paths.state, '/proc', realClock.now());
  if (seen?.isRunning !== true) return false;
  const { running } = seen.state;
  // A second one right after it is not what somebody wants who has not seen the first.
  if (running === null) touch(paths.request);
  const job = running?.jobs.find(({ state }) => state === 'running')?.name ?? null;
  if (context.json) context.output.line(jsonText({ asked: running === null }));
  else if (running === null) context.output.line(translator.say('nightshift.asked'));
  else context.output.line(translator.say('nightshift.running', { night: running.night, job }));
  return true;
}

function cancel(context: CommandContext): number {
  const { translator, paths } = read(context);
  const seen = readNightshiftNow(paths.state, '/proc', realClock.now());
  const isCounting = seen?.isRunning === true && seen.state.sleepsAt !== null;
  if (isCounting) touch(paths.cancel);
  if (context.json) context.output.line(jsonText({ cancelled: isCounting }));
  else tell(context, translator.say(isCounting ? 'nightshift.cancel-asked' : 'nightshift.nothing-to-cancel'));
  return 0;
}

/** @throws PlugbackError `directory-unusable` */
function touch(file: string): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, '');
  } catch (error) {
    throw new PlugbackError(
      'directory-unusable',
      { path: path.dirname(file), reason: reasonOf(error) },
      { cause: error },
    );
  }
}

function tell(context: CommandContext, text: string): void {
  if (context.json) context.output.problem(text);
  else context.output.line(text);
}
