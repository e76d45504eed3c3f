/** A run's log: lines for people in files, JSON where a machine reads. */

import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import pino from 'pino';
import { makeFolder } from '../system/folder.ts';
import { formatLine } from './log-line.ts';
import type { Line } from './recorder.ts';

export interface LogSink {
  write(line: Line & { at: number }): void;
}

export interface RunLogOptions {
  /** Files that get lines for people; each line is appended whole. */
  files: readonly string[];
  /** Gets each line as one JSON document, as pino writes it. */
  json?: (line: string) => void;
  /** Gets each line for people, with its level. */
  terminal?: (line: string, level: Line['level']) => void;
  debug: boolean;
  now: () => number;
  /** Called once for a file that cannot be written: a full system disk must not end a backup. */
  onProblem: (filePath: string, error: unknown) => void;
}

export interface RunLog {
  log(line: Line): void;
  close(): void;
}

/** Opens a run's log. pino does the levels, the fan-out and the JSON; its worker transports break in a bundle. */
export function openRunLog(options: RunLogOptions): RunLog {
  const files = options.files.map((filePath) => openAppending(filePath, options.onProblem));
  const human = (write: (text: string, level: Line['level']) => void) => ({
    write: (json: string) => {
      const { at, level, step, msg } = JSON.parse(json) as {
        at: number;
        level: Line['level'];
        step: null;
        msg: string;
      };
      write(formatLine({ at, level, step, text: msg }), level);
    },
  });
  const streams: { level: pino.Level; stream: { write(json: string): void } }[] = files.map((file) => ({
    level: 'debug',
    stream: human((text) => file.append(`${text}\n`)),
  }));
  if (options.terminal !== undefined) streams.push({ level: 'info', stream: human(options.terminal) });
  const { json } = options;
  if (json !== undefined) streams.push({ level: 'info', stream: { write: (line) => json(line.trimEnd()) } });

  const logger = pino(
    {
      level: options.debug ? 'debug' : 'info',
      base: null,
      timestamp: false,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.multistream(streams),
  );
  return {
    log: ({ level, step, text }) => {
      const at = options.now();
      logger[level]({ at, time: new Date(at).toISOString(), ...(step === null ? {} : { step }) }, text);
    },
    close: () => {
      for (const file of files) file.close();
    },
  };
}

function openAppending(filePath: string, onProblem: RunLogOptions['onProblem']) {
  let descriptor: number | null = null;
  let told = false;
  const problem = (error: unknown) => {
    if (!told) onProblem(filePath, error);
    told = true;
  };
  try {
    makeFolder(path.dirname(filePath));
    descriptor = openSync(filePath, 'a', 0o640);
  } catch (error) {
    problem(error);
  }
  return {
    append: (text: string) => {
      if (descriptor === null) return;
      try {
        // One write: lines of two runs never mix.
        writeSync(descriptor, text);
      } catch (error) {
        problem(error);
      }
    },
    close: () => {
      if (descriptor !== null) closeSync(descriptor);
      descriptor = null;
    },
  };
}
