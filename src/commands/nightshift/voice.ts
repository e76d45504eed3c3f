/** What nightshift says: into its log, and onto the terminal. */

import type { NightshiftReading } from '../../config/load.ts';
import { reasonOf } from '../../errors.ts';
import type { Translator } from '../../messages/translator.ts';
import type { Voice } from '../../nightshift/ports.ts';
import { rotateLog } from '../../status/rotate.ts';
import { openRunLog, type RunLog } from '../../status/run-log.ts';
import { realClock } from '../../system/clock.ts';
import type { CommandContext } from '../context.ts';

/** A log grows to this size before it makes room, in bytes. */
const logRotateBytes = 5_000_000;
const keptLogs = 5;
/** It is looked for its size after so many lines: it is written for months, with `debug = yes` each minute. */
const looksAfterLines = 1_000;

export interface Speaking {
  reading: NightshiftReading;
  translator: Translator;
  context: CommandContext;
}

/** The log of the whole watch, which makes room for itself. */
export function openWatchLog(speaking: Speaking): RunLog {
  let log = openLog(speaking);
  let lines = 0;
  return {
    log: (line) => {
      lines += 1;
      if (lines % looksAfterLines === 0) {
        log.close();
        log = openLog(speaking);
      }
      log.log(line);
    },
    close: () => log.close(),
  };
}

function openLog({ reading, translator, context }: Speaking): RunLog {
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
        translator.say('nightshift.log-unwritten', { path: filePath, reason: reasonOf(error) }),
      ),
  });
}

/** `endLine`: what stands on the terminal for a moment stays, and what comes next begins below it. */
export function createVoice(
  { translator, context }: Omit<Speaking, 'reading'>,
  log: RunLog,
): Voice & { endLine(): void } {
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

export const silentVoice: Voice = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  said: () => undefined,
  failure: () => undefined,
  passing: () => undefined,
};
