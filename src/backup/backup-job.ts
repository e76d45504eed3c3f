/** One run as the machine and the people around it see it: log, status, mails, history, exit code. */

import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../config/types.ts';
import { asPlugbackError, PlugbackError, reasonOf } from '../errors.ts';
import type { Letter, LetterAttachment } from '../mail/letter.ts';
import type { Translator } from '../messages/translator.ts';
import { appendHistory } from '../status/history.ts';
import { type StatusPaths, statusPaths } from '../status/paths.ts';
import { type Line, type RunListener, RunRecorder } from '../status/recorder.ts';
import { pruneOldest, rotateLog } from '../status/rotate.ts';
import { openRunLog, type RunLog } from '../status/run-log.ts';
import { createStatusWriter, forgetUnfinished, noteUnfinished, takeDeadRun } from '../status/status-file.ts';
import type { RunDocument } from '../status/types.ts';
import { isAttached } from '../system/attachment.ts';
import { isSameUuid } from '../system/block-devices.ts';
import { isHeld } from '../system/lock.ts';
import type { System } from '../system/system.ts';
import { buryDeadRun } from './dead-run.ts';
import type { Disk } from './find-disk.ts';
import { endLetter, startLetter } from './report.ts';
import { type BackupContext, runBackup } from './run-backup.ts';
import type { VeeamGate } from './veeam-watch.ts';

/** Gets letters out; never fails, never holds anybody up for longer than it is told. */
export interface Postbox {
  /** Puts a letter where it survives a restart. */
  post(letter: Letter): Promise<void>;
  /** Sends what waits; resolves after `timeoutMs` at the latest, with what still waits and why. */
  flush(options: { timeoutMs: number }): Promise<{ waiting: number; reason: string | null }>;
}

export interface JobOptions {
  config: Config;
  translator: Translator;
  system: System;
  /** Null: no mail server is configured. */
  postbox: Postbox | null;
  /** The disk that was plugged in; null: the first enrolled one that is attached. */
  uuid: string | null;
  dryRun: boolean;
  allowDeletes: boolean;
  /** This machine's name. */
  host: string;
  /** Unlocks encrypted disks; null: there is none. */
  keyFile: string | null;
  version: string;
  /** Aborted with a PlugbackError `interrupted` when the process is told to stop. */
  stop: AbortSignal;
  veeam: VeeamGate;
  /** Gets each log line for people; nothing where they read JSON. */
  terminal?: (line: string, level: Line['level']) => void;
  /** Gets each log line as JSON. */
  json?: (line: string) => void;
  /** Follows the run, for a progress bar. */
  listener?: RunListener;
  /** Lines for developers at the start of the log, with `debug = yes`; secrets already taken out. */
  debugLines: readonly string[];
}

/** A log grows to this size before it makes room, in bytes. */
const logRotateBytes = 5_000_000;
const keptLogs = 5;
/** The logs of so many runs stay readable one by one. */
const keptRunLogs = 200;
/** How long the end of a run waits for the mail server before it leaves the mail to the next chance, in ms. */
const mailPatienceMs = 30_000;
const mailPatienceWhenStoppedMs = 1_500;

/** Runs one backup with everything around it. Never throws for what a run can meet: the document tells it. */
export async function performBackup(options: JobOptions): Promise<Readonly<RunDocument>> {
  const { config, system, translator } = options;
  const paths = statusPaths(config);
  const id = createRunId(system.clock.now());
  const log = openLog(id, paths, options);
  const status = createGatedStatus(paths, system, (error) =>
    recorder.debug(`status.json: ${reasonOf(error)}`),
  );
  const listeners = [{ said: log.log }, ...(options.dryRun ? [] : [status.listener]), options.listener ?? {}];
  const recorder = new RunRecorder(id, system.clock, translator, listeners);
  recorder.info('run.start', { version: options.version, id });
  for (const line of options.debugLines) recorder.debug(line);

  const stopper = new AbortController();
  const abort = (reason: PlugbackError) => stopper.abort(reason);
  let disk: Disk | null = null;
  const isDiskThere = async () => disk === null || isAttached(disk.kernelNames, system.roots.sys);
  const onStop = async () => {
    const reason = asPlugbackError(options.stop.reason);
    const { signal } = reason.details as { signal?: string };
    if (await isDiskThere()) recorder.info('run.stopping', { signal: signal ?? reason.code });
    abort(reason);
  };
  if (options.stop.aborted) await onStop();
  options.stop.addEventListener('abort', onStop, { once: true });

  const mails = createMails(options, log, recorder, isDiskThere);
  const context: BackupContext = {
    config,
    system,
    recorder,
    paths,
    host: options.host,
    keyFile: options.keyFile,
    signal: stopper.signal,
    abort,
  };
  try {
    await runBackup(
      {
        uuid: options.uuid,
        dryRun: options.dryRun,
        allowDeletes: options.allowDeletes,
        veeam: options.veeam,
        onFound: (found) => {
          disk = found;
        },
        onStart: async () => {
          if (!options.dryRun) await noteBeginning(recorder, options, paths);
          status.open();
          mails.started();
        },
      },
      context,
    );
    recorder.succeed();
  } catch (thrown) {
    const error = recorder.fail(thrown);
    recorder.debug(stackOf(error));
  }
  options.stop.removeEventListener('abort', onStop);
  sayOutcome(recorder, options);
  if (!options.dryRun) {
    await status.close();
    await keep(recorder, paths);
    await mails.ended();
  }
  log.close();
  return recorder.document;
}

/** `20261121-031244-9f3c`: sorts by time, and two runs of one second differ. */
function createRunId(now: number): string {
  const time = new Date(now).toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${time}-${randomBytes(2).toString('hex')}`;
}

function openLog(id: string, paths: StatusPaths, options: JobOptions): RunLog {
  const { config } = options;
  const unwritable = (filePath: string, error: unknown) => {
    const text = new PlugbackError('directory-unusable', { path: filePath, reason: reasonOf(error) });
    options.terminal?.(options.translator.tell(text).problem, 'warn');
  };
  const files = options.dryRun ? [] : [config.backup.logFilePath, paths.runLog(id)];
  if (!options.dryRun) {
    try {
      rotateLog(config.backup.logFilePath, { atBytes: logRotateBytes, keep: keptLogs });
    } catch (error) {
      unwritable(config.backup.logFilePath, error);
    }
  }
  return openRunLog({
    files,
    debug: config.debug,
    now: () => options.system.clock.now(),
    onProblem: unwritable,
    ...(options.terminal === undefined ? {} : { terminal: options.terminal }),
    ...(options.json === undefined ? {} : { json: options.json }),
  });
}

/** The status file belongs to the run whose turn it is: one that waits, or found no disk, must not overwrite it. */
function createGatedStatus(paths: StatusPaths, system: System, onProblem: (error: unknown) => void) {
  const writer = createStatusWriter(paths, system.clock, onProblem);
  let isOpen = false;
  let latest: Readonly<RunDocument> | null = null;
  const listener: RunListener = {
    changed: (document, urgent) => {
      latest = document;
      if (isOpen) writer.changed?.(document, urgent);
    },
  };
  return {
    listener,
    open: () => {
      isOpen = true;
      if (latest !== null) writer.changed?.(latest, true);
    },
    /** A run that never had its turn is shown as the last one, unless another is running. */
    close: async () => {
      if (isOpen || latest === null || (await isHeld(paths.runLock, system.roots.proc))) return;
      writer.changed?.(latest, true);
    },
  };
}

/**
 * @param isDiskThere asked when the process is told to stop: systemd does so, too, when the disk has been pulled out or
 *   switched off, and then nobody is in a hurry but whoever waits for the mail
 */
function createMails(
  options: JobOptions,
  log: RunLog,
  recorder: RunRecorder,
  isDiskThere: () => Promise<boolean>,
) {
  const { postbox, config } = options;
  const context = { config, translator: options.translator, host: options.host };
  const sayWaiting = (result: { waiting: number; reason: string | null }) => {
    if (result.waiting === 0) return;
    const text = options.translator.say('warn.mail-waiting', {
      count: result.waiting,
      reason: result.reason ?? '',
    });
    log.log({ level: 'warn', step: null, text });
  };
  const swallow = (error: unknown) => {
    log.log({ level: 'warn', step: null, text: options.translator.tell(error).message });
  };
  let sending: Promise<unknown> = Promise.resolve();
  return {
    /** In the background: neither a slow server nor a slow system disk holds the copy up. */
    started: () => {
      if (postbox === null || options.dryRun) return;
      const letter = startLetter(recorder.document, context);
      sending = postbox
        .post(letter)
        .then(() => postbox.flush({ timeoutMs: mailPatienceMs }))
        .catch(swallow);
    },
    ended: async () => {
      if (postbox === null) return;
      const { clock } = options.system;
      const isHurried = options.stop.aborted && (await isDiskThere());
      const timeoutMs = isHurried ? mailPatienceWhenStoppedMs : mailPatienceMs;
      await postbox.post(endLetter(recorder.document, context, logs(recorder, options))).catch(swallow);
      const isOver = whenPatienceEnds(options, isDiskThere);
      // The first mail may still be trying: its turn ends when its server has had the same patience.
      await Promise.race([sending, clock.sleep(timeoutMs), isOver]);
      await Promise.race([postbox.flush({ timeoutMs }).then(sayWaiting, swallow), isOver]);
    },
  };
}

/** A moment after the process was told to stop: what has not left by then waits for the next chance. */
async function whenPatienceEnds(
  { stop, system }: JobOptions,
  isDiskThere: () => Promise<boolean>,
): Promise<void> {
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
  await system.clock.sleep(2 * ((await isDiskThere()) ? mailPatienceWhenStoppedMs : mailPatienceMs));
}

function logs(recorder: RunRecorder, { config }: JobOptions): LetterAttachment[] {
  const { id, startedAt } = recorder.document;
  const attachments = [{ name: `plugback-${id}.log`, path: statusPaths(config).runLog(id) }];
  const rsyncLog = config.backup.rsyncLogFilePath;
  // A run that changes nothing writes none; what lies there then is an earlier run's.
  const writtenAt = statSync(rsyncLog, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (writtenAt >= Date.parse(startedAt)) attachments.push({ name: `rsync-${id}.log`, path: rsyncLog });
  return attachments;
}

function sayOutcome(recorder: RunRecorder, options: JobOptions): void {
  const { document } = recorder;
  const seconds =
    (Date.parse(document.finishedAt ?? document.startedAt) - Date.parse(document.startedAt)) / 1000;
  if (document.error === null) {
    if (options.dryRun) recorder.info('run.rehearsed');
    else recorder.info('run.done', { seconds });
    return;
  }
  const key = document.outcome === 'refused' ? 'run.refused' : 'run.failed';
  recorder.info(key, { exitCode: document.error.exitCode });
}

/**
 * From here on a power cut leaves a trace. One that an earlier run left goes into the history; of another disk's, nobody
 * else would put the mount away and send the mail.
 */
async function noteBeginning(recorder: RunRecorder, options: JobOptions, paths: StatusPaths): Promise<void> {
  const { backup, mail } = options.config;
  const { system, translator, postbox, host } = options;
  const places = {
    mountPoint: await realpath(backup.destination).catch(() => path.resolve(backup.destination)),
    marker: path.join(backup.source, path.basename(backup.lockfilePath)),
    source: backup.source,
  };
  try {
    const dead = takeDeadRun(paths);
    if (dead !== null && isSameUuid(dead.run.uuid, recorder.document.uuid)) {
      await appendHistory(paths.history, dead.run);
    } else if (dead !== null) {
      const recipients = { mail, disks: backup.disks };
      await buryDeadRun(dead, { paths, system, translator, host, postbox, recipients });
    }
    noteUnfinished(paths, recorder.document, places);
  } catch (error) {
    recorder.debug(`${paths.unfinished}: ${reasonOf(error)}`);
  }
}

async function keep(recorder: RunRecorder, paths: StatusPaths): Promise<void> {
  try {
    await appendHistory(paths.history, recorder.document);
    forgetUnfinished(paths, recorder.document.id);
    pruneOldest(paths.runLogs, keptRunLogs);
  } catch (error) {
    // The backup itself is as it is; the log and the mail still tell it.
    recorder.debug(`history: ${reasonOf(error)}`);
  }
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack ?? error.cause.message}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
