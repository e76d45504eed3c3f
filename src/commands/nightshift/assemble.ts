/** Nightshift for the real machine: its configuration, its office, its jobs, its log and its mail put together. */

import { existsSync } from 'node:fs';
import type { NightshiftReading } from '../../config/load.ts';
import type { JobConfig } from '../../config/types.ts';
import { reasonOf, systemCodeOf } from '../../errors.ts';
import type { Translator } from '../../messages/translator.ts';
import { createCalendar } from '../../nightshift/calendar.ts';
import { withCallLog, withProgramLog } from '../../nightshift/call-log.ts';
import { createOffice, sshTarget } from '../../nightshift/office.ts';
import { computerNamed, type Nightshift, type Ports, type Voice } from '../../nightshift/ports.ts';
import { nightLetter } from '../../nightshift/report.ts';
import { withoutThisMachine } from '../../nightshift/this-machine.ts';
import {
  appendNight,
  completedByHistory,
  freshState,
  type NightDocument,
  type NightshiftPaths,
  readNightshift as readState,
  writeNightshift,
} from '../../status/nightshift.ts';
import { statusPaths } from '../../status/paths.ts';
import type { RunLog } from '../../status/run-log.ts';
import { realClock } from '../../system/clock.ts';
import { readInterfaces, readRoutes } from '../../system/interfaces.ts';
import { isHeld } from '../../system/lock.ts';
import { createRunner, type Runner } from '../../system/run.ts';
import { typedLine } from '../../system/typed.ts';
import type { CommandContext } from '../context.ts';
import { createPostbox } from '../postbox.ts';
import { type JobSurroundings, jobArgv, runJob, verifyNotEmpty } from './jobs.ts';
import { isUnitsProcess, watchProgram } from './program.ts';
import { createVoice } from './voice.ts';

/** How long the end of a night waits for the mail server, in ms. */
const mailPatienceMs = 30_000;

/** What was configured and typed. */
export interface Parts {
  reading: NightshiftReading;
  translator: Translator;
  paths: NightshiftPaths;
  context: CommandContext;
}

export interface Watch {
  nightshift: Nightshift;
  state: Nightshift['state'];
  voice: Voice;
  /** Names under which the configuration lists this machine itself. */
  left: string[];
  commandOf(job: JobConfig): string;
  end(): void;
}

export function assemble(parts: Parts, log: RunLog): Watch {
  const { reading, translator, paths, context } = parts;
  const { config, left } = withoutThisMachine(reading.nightshift, readInterfaces());
  const debug = (text: string) => log.log({ level: 'debug', step: null, text });
  const told = (text: string) => debug(translator.say('nightshift.calls', { command: text }));
  const logged = (runner: Runner) => (reading.debug ? withProgramLog(runner, told) : runner);
  const voice = createVoice(parts, log);
  const runner = logged(createRunner(true));
  const surroundings = (): JobSurroundings => {
    const interfaces = readInterfaces();
    return {
      node: process.execPath,
      program: context.program,
      configPath: reading.path,
      language: translator.language,
      targetOf: (name) => {
        const computer = computerNamed(config, name);
        return sshTarget(computer, computer.ips[0] ?? '', config, interfaces);
      },
    };
  };
  const remembered = readState(paths.state);
  if (remembered === null && existsSync(paths.state))
    voice.warn('nightshift.forgotten', { path: paths.state });
  const calendar = createCalendar(config);
  const tonight = calendar.nightOf(realClock.now());
  const state = completedByHistory(remembered ?? freshState(), paths.history, tonight);
  let isEnded = false;
  let trouble: string | null = null;
  const save = () => {
    if (isEnded) return true;
    try {
      writeNightshift(paths.state, state);
      trouble = null;
      return true;
    } catch (error) {
      const reason = reasonOf(error);
      const kind = systemCodeOf(error) ?? reason;
      // It is written at every look.
      if (kind !== trouble) voice.warn('nightshift.state-unwritten', { path: paths.state, reason });
      trouble = kind;
      return false;
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
    readRoutes,
    whyAwake: translator.say('nightshift.awake'),
    runJob: async (job, signal) => {
      const here = surroundings();
      await verifyNotEmpty(job, here, runner, signal);
      const tell = (line: string) => log.log({ level: 'info', step: null, text: `${job.name}: ${line}` });
      return runJob(job, jobArgv(job, here), { runner, signal, tell });
    },
    ownWork: async () => {
      const isBusy = await isHeld(statusPaths(reading).runLock, '/proc');
      return isBusy ? [{ who: 'plugback', why: translator.say('run.awake') }] : [];
    },
    save,
    record: (night) => record(night, parts, voice),
    voice,
  });
  const ports: Ports = reading.debug ? withCallLog(office, told) : office;
  return {
    nightshift: {
      config,
      calendar,
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
