/** `plugback nightshift`: watch who is online, and back up when everybody has gone home. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { decodeText } from '../config/encoding.ts';
import { findConfigFile, type NightshiftReading, readNightshift } from '../config/load.ts';
import type { JobConfig } from '../config/types.ts';
import { asPlugbackError, PlugbackError, reasonOf } from '../errors.ts';
import { loadMailParts } from '../mail/mailer.ts';
import { jsonText } from '../messages/json.ts';
import { createTranslator, type SentenceKey, type Translator } from '../messages/translator.ts';
import { createCalendar } from '../nightshift/calendar.ts';
import { typedLine, withCallLog, withProgramLog } from '../nightshift/call-log.ts';
import { readComputers, renderSections } from '../nightshift/import-computers.ts';
import { look } from '../nightshift/look.ts';
import { createOffice, sshTarget } from '../nightshift/office.ts';
import { computerNamed, type Nightshift, type Ports, type Voice } from '../nightshift/ports.ts';
import { rehearsal } from '../nightshift/rehearse.ts';
import { nightLetter } from '../nightshift/report.ts';
import { decideNow, keepWatch, type Wishes } from '../nightshift/run-nightshift.ts';
import { withoutThisMachine } from '../nightshift/this-machine.ts';
import {
  appendNight,
  freshState,
  type NightDocument,
  type NightshiftPaths,
  nightshiftPaths,
  readNightshiftNow,
  readNightshift as readState,
  writeNightshift,
} from '../status/nightshift.ts';
import { rotateLog } from '../status/rotate.ts';
import { openRunLog, type RunLog } from '../status/run-log.ts';
import { realClock } from '../system/clock.ts';
import { readInterfaces } from '../system/interfaces.ts';
import { withLock } from '../system/lock.ts';
import { identifyProcess, isAlive } from '../system/process-identity.ts';
import { createRunner, type Runner } from '../system/run.ts';
import type { CommandContext } from './context.ts';
import { languageOf } from './context.ts';
import { type JobSurroundings, jobArgv, runJob, verifyNotEmpty } from './nightshift/jobs.ts';
import { isUnitsProcess, watchProgram } from './nightshift/program.ts';
import { createPostbox } from './postbox.ts';

export interface NightshiftFlags {
  now?: boolean;
  once?: boolean;
  dryRun?: boolean;
}

/** A log grows to this size before it makes room, in bytes. */
const logRotateBytes = 5_000_000;
const keptLogs = 5;
/** How long the end of a night waits for the mail server, in ms. */
const mailPatienceMs = 30_000;

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

function read(context: CommandContext): { reading: NightshiftReading; translator: Translator } {
  const language = context.languageFlag;
  const reading = readNightshift(findConfigFile(context), context.environment, { language });
  return { reading, translator: createTranslator(language ?? reading.language) };
}

async function watch(flags: NightshiftFlags, context: CommandContext): Promise<number> {
  const { reading, translator } = read(context);
  const paths = nightshiftPaths(reading);
  if (flags.dryRun === true) return rehearse(flags, { reading, translator, paths }, context);
  if (reading.nightshift.jobs.length === 0) throw new PlugbackError('no-jobs', { path: reading.path });
  if (flags.now === true && readNightshiftNow(paths.state, '/proc', realClock.now())?.isRunning === true) {
    touch(paths.request);
    if (context.json) context.output.line(jsonText({ asked: true }));
    else context.output.line(translator.say('nightshift.asked'));
    return 0;
  }
  const wishes = { now: flags.now ?? false, once: flags.once ?? false };
  const parts = { reading, translator, paths, context };
  try {
    const begun = await claim(parts);
    // It watches for weeks, and an upgrade takes the parts of the old program away.
    if (reading.mail.server !== null) await loadMailParts().catch(() => undefined);
    // Windows tells no process from another, so there the lock itself is kept.
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
async function claim(parts: Omit<Parts, 'log'>): Promise<{
  isClaimed: boolean;
  watch(wishes: Wishes): Promise<NightDocument | null>;
}> {
  const { reading, translator, paths, context } = parts;
  const self = identifyProcess('/proc', 'self');
  return withLock(lockRequest(paths, context), async () => {
    const seen = readState(paths.state);
    const other = seen?.process ?? null;
    if (other !== null && isAlive('/proc', other))
      throw new PlugbackError('nightshift-running', { pid: other.pid });
    const log = openLog(reading, translator, context);
    const office = createNightshift({ ...parts, log });
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
      } finally {
        // What was remembered stays, but nobody watches any more.
        office.end();
        log.close();
      }
    };
    return { isClaimed: self !== null, watch };
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
  return error === null ? 1 : new PlugbackError(error.code, error.details as never).exitCode;
}

interface Parts {
  reading: NightshiftReading;
  translator: Translator;
  paths: NightshiftPaths;
  log: RunLog;
  context: CommandContext;
}

interface Watch {
  nightshift: Nightshift;
  state: Nightshift['state'];
  voice: Voice;
  /** Names under which the configuration lists this machine itself. */
  left: string[];
  commandOf(job: JobConfig): string;
  end(): void;
}

/** Everything put together, for the real machine. */
function createNightshift(parts: Parts): Watch {
  const { reading, translator, paths, log, context } = parts;
  const { config, left } = withoutThisMachine(reading.nightshift, readInterfaces());
  const debug = (text: string) => log.log({ level: 'debug', step: null, text });
  const told = (text: string) => debug(translator.say('nightshift.calls', { command: text }));
  const logged = (runner: Runner) => (reading.debug ? withProgramLog(runner, told) : runner);
  const voice = createVoice(parts);
  const runner = logged(createRunner(true));
  const surroundings = (): JobSurroundings => {
    const interfaces = readInterfaces();
    return {
      node: process.execPath,
      program: context.program,
      configPath: reading.path,
      targetOf: (name) => {
        const computer = computerNamed(config, name);
        return sshTarget(computer, computer.ips[0] ?? '', config, interfaces);
      },
    };
  };
  const state = readState(paths.state) ?? freshState();
  let isEnded = false;
  const save = () => {
    if (isEnded) return;
    try {
      writeNightshift(paths.state, state);
    } catch (error) {
      voice.warn('nightshift.state-unwritten', { path: paths.state, reason: reasonOf(error) });
    }
  };
  const office = createOffice({
    config,
    paths,
    clock: realClock,
    runner,
    rootRunner: logged(createRunner(context.isRoot)),
    platform: process.platform,
    readInterfaces,
    whyAwake: translator.say('nightshift.awake'),
    runJob: async (job, signal) => {
      const here = surroundings();
      await verifyNotEmpty(job, here, runner, signal);
      const tell = (line: string) => log.log({ level: 'info', step: null, text: `${job.name}: ${line}` });
      return runJob(job, jobArgv(job, here), { runner, signal, tell });
    },
    save,
    record: (night) => record(night, parts, voice),
    voice,
  });
  const ports: Ports = reading.debug ? withCallLog(office, told) : office;
  return {
    nightshift: {
      config,
      calendar: createCalendar(config),
      ports: isUnitsProcess(context.environment, process.pid) ? untilReplaced(ports, context) : ports,
      state,
      signal: context.stop,
    },
    state,
    voice,
    left,
    commandOf: (job) => typedLine(jobArgv(job, surroundings())),
    end: () => {
      voice.endLine();
      // A night that runs on paper has died, and is found by the next start.
      Object.assign(state, { process: null, sleepsAt: null, said: null });
      save();
      isEnded = true;
    },
  };
}

/** Between two looks, never during a night: one that was interrupted would have to begin anew. */
function untilReplaced(ports: Ports, context: CommandContext): Ports {
  const verifySame = watchProgram(context.program);
  return {
    ...ports,
    untilNextLook: async (ms, signal) => {
      await ports.untilNextLook(ms, signal);
      verifySame();
    },
  };
}

/** The history first: a mail that cannot be sent waits, a line that was not written is lost. */
async function record(night: NightDocument, parts: Parts, voice: Voice): Promise<void> {
  const { reading, translator, paths, context } = parts;
  try {
    await appendNight(paths.history, night);
  } catch (error) {
    voice.warn('nightshift.state-unwritten', { path: paths.history, reason: reasonOf(error) });
  }
  const postbox = createPostbox(reading, translator, context);
  if (postbox === null) return;
  try {
    const { mail, nightshift } = reading;
    await postbox.post(
      nightLetter(night, { mail, translator, host: context.host, logFilePath: nightshift.logFilePath }),
    );
    const { waiting, reason } = await postbox.flush({ timeoutMs: mailPatienceMs });
    if (waiting > 0) voice.warn('warn.mail-waiting', { count: waiting, reason: reason ?? '' });
  } catch (error) {
    voice.failure(error);
  }
}

function openLog(reading: NightshiftReading, translator: Translator, context: CommandContext): RunLog {
  const { logFilePath } = reading.nightshift;
  try {
    rotateLog(logFilePath, { atBytes: logRotateBytes, keep: keptLogs });
  } catch {
    // One that cannot be moved aside grows on.
  }
  return openRunLog({
    files: [logFilePath],
    ...(context.json ? { json: context.output.line } : { terminal: (line) => context.output.line(line) }),
    debug: reading.debug,
    now: () => realClock.now(),
    onProblem: (filePath, error) =>
      context.output.problem(
        translator.say('nightshift.state-unwritten', { path: filePath, reason: reasonOf(error) }),
      ),
  });
}

/** `endLine`: what stands on the terminal for a moment stays, and what comes next begins below it. */
function createVoice({ translator, log, context }: Pick<Parts, 'translator' | 'log' | 'context'>): Voice & {
  endLine(): void;
} {
  const { terminal } = context.output;
  let isPassing = false;
  const endLine = () => {
    if (isPassing) terminal?.write('\n');
    isPassing = false;
  };
  const write = (level: 'info' | 'warn' | 'error', text: string) => {
    endLine();
    log.log({ level, step: null, text });
  };
  return {
    endLine,
    info: (key, ...details) => write('info', translator.say(key, ...details)),
    warn: (key, ...details) => write('warn', translator.say(key, ...details)),
    error: (key, ...details) => write('error', translator.say(key, ...details)),
    said: (sentence) => write('info', translator.sayAgain(sentence)),
    failure: (thrown) => write('error', translator.tell(thrown).message),
    passing: (key, ...details) => {
      if (context.json || terminal === null) return;
      isPassing = true;
      terminal.write(`\r\x1b[2K${translator.say(key, ...details)}`);
    },
  };
}

/** One real look, and what would follow from it; nothing is written, sent or run but the questions themselves. */
async function rehearse(
  flags: NightshiftFlags,
  { reading, translator, paths }: Pick<Parts, 'reading' | 'translator' | 'paths'>,
  context: CommandContext,
): Promise<number> {
  const log: RunLog = { log: () => undefined, close: () => undefined };
  const { nightshift, commandOf } = createNightshift({ reading, translator, paths, log, context });
  const nothing = { save: () => undefined, voice: silentVoice };
  const watched = { ...nightshift, ports: { ...nightshift.ports, ...nothing } };
  const began = realClock.monotonic();
  const answers = await look(watched);
  const lookMs = Math.round(realClock.monotonic() - began);
  const action = decideNow(watched, flags.now ?? false);
  const sentences = rehearsal(action, answers, watched, commandOf);
  if (context.json) {
    const said = sentences.map((sentence) => translator.sayAgain(sentence));
    context.output.line(
      jsonText({
        action: action.do,
        said,
        online: [...answers].filter(([, is]) => is).map(([name]) => name),
        lookMs,
      }),
    );
    return 0;
  }
  for (const sentence of sentences) {
    const indent = ofJob.includes(sentence.key) ? '  ' : '';
    context.output.line(indent + translator.sayAgain(sentence));
  }
  if (reading.nightshift.jobs.length === 0) context.output.line(translator.say('nightshift.plan.no-jobs'));
  context.output.line(translator.say('nightshift.plan.nothing'));
  return 0;
}

/** What a rehearsal says of one job. */
const ofJob: readonly SentenceKey[] = [
  'nightshift.plan.wakes',
  'nightshift.plan.clock',
  'nightshift.plan.runs',
  'nightshift.plan.sleeps',
];

const silentVoice: Voice = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  said: () => undefined,
  failure: () => undefined,
  passing: () => undefined,
};

function cancel(context: CommandContext): number {
  const { reading, translator } = read(context);
  const paths = nightshiftPaths(reading);
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

function importComputers(file: string | undefined, context: CommandContext): number {
  const translator = createTranslator(languageOf(context));
  if (file === undefined)
    throw new PlugbackError('usage', { problem: translator.say('usage.nightshift-file') });
  const place = path.resolve(context.cwd, file);
  const { computers, problems } = readComputers(textOf(place));
  if (context.json) context.output.line(jsonText(computers));
  else context.output.line(renderSections(computers).trimEnd());
  for (const problem of problems) context.output.problem(translator.sayAgain(problem));
  // Standard output holds the sections and nothing else: it may be appended to the configuration.
  context.output.problem(translator.say('nightshift.import.done', { count: computers.length }));
  return problems.length === 0 ? 0 : 78;
}

function textOf(file: string): string {
  try {
    return decodeText(readFileSync(file)).text;
  } catch (error) {
    throw new PlugbackError(
      'computers-unreadable',
      { path: file, reason: reasonOf(error) },
      { cause: error },
    );
  }
}

function tell(context: CommandContext, text: string): void {
  if (context.json) context.output.problem(text);
  else context.output.line(text);
}
