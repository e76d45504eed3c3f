/** What nightshift remembers, what it is doing, and what its nights did: written by it, read by everybody. */

import { readFileSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ErrorCode } from '../errors.ts';
import type { Sentence } from '../messages/translator.ts';
import { makeFolder } from '../system/folder.ts';
import { isAlive, type ProcessIdentity } from '../system/process-identity.ts';
import { writeAtomically } from './atomic-file.ts';

/** The version of the documents below; others are left alone. */
export const nightshiftVersion = 1;

/** Why a backup began: nobody was there any more, it was time, or somebody asked for it. */
export type NightTrigger = 'all-gone' | 'window' | 'by-hand';

export type NightJobState = 'pending' | 'running' | 'done' | 'failed' | 'skipped';

export interface NightJob {
  name: string;
  state: NightJobState;
  /** ISO 8601 in UTC. */
  startedAt: string | null;
  finishedAt: string | null;
  /** How many times it was tried. */
  attempts: number;
  exitCode: number | null;
  error: { code: ErrorCode; details: unknown } | null;
}

/** How far another computer's clock was ahead of the one that counted. */
export interface ClockReading {
  computer: string;
  /** Before it was set, in ms; null: it did not tell. */
  beforeMs: number | null;
  afterMs: number | null;
}

/** `stopped`: it was told to stop, and is made up for. `died`: its process, or the machine, died. */
export type NightOutcome = 'done' | 'failed' | 'stopped' | 'died';

export interface NightDocument {
  id: string;
  /** The date of its evening, `2026-11-21`. */
  night: string;
  trigger: NightTrigger;
  startedAt: string;
  finishedAt: string | null;
  jobs: NightJob[];
  clocks: ClockReading[];
  /** Names of the computers that were woken for it. */
  woken: string[];
  warnings: Sentence[];
  outcome: NightOutcome | null;
}

/** What is known about a computer. Times are ms since 1970. */
export interface ComputerRecord {
  /** Null: it has not been watched for long enough to tell. */
  online: boolean | null;
  /** Since when. */
  since: number;
  lastSeenAt: number | null;
  /** Questions in a row without an answer, and when the first of them was asked. */
  misses: number;
  firstMissAt: number | null;
}

export interface NightshiftState {
  version: typeof nightshiftVersion;
  /** The daemon; null: none has been running. */
  process: ProcessIdentity | null;
  computers: { [name: string]: ComputerRecord };
  /** When it was looked last, ms since 1970. */
  lookedAt: number | null;
  /** Since when nobody has stopped looking, likewise. */
  watchedSince: number | null;
  /** The last night that was backed up, or that nothing more is done for. */
  doneNight: string | null;
  /** How often this night's backup has begun and died. */
  attempts: { night: string; count: number };
  /** The night after whose backup this machine has gone to sleep, or was kept from it by somebody. */
  restedNight: string | null;
  /** Those that nightshift has woken and not yet sent to sleep again: they were off before. */
  woken: string[];
  /** When the last of them was woken, ms since 1970. */
  wokenAt: number | null;
  running: NightDocument | null;
  /** When this machine goes to sleep, ISO 8601; null: no countdown. */
  sleepsAt: string | null;
  /** What it does, or waits for. */
  said: Sentence | null;
}

export interface NightshiftPaths {
  state: string;
  history: string;
  /** The lock of the daemon, without its ending. */
  lock: string;
  /** Is there while somebody asks for a backup by hand. */
  request: string;
  /** Is there while somebody wants the countdown to stop. */
  cancel: string;
}

export function nightshiftPaths(directories: {
  stateDirectory: string;
  runtimeDirectory: string;
}): NightshiftPaths {
  const { stateDirectory, runtimeDirectory } = directories;
  return {
    state: path.join(stateDirectory, 'nightshift.json'),
    history: path.join(stateDirectory, 'nightshift.jsonl'),
    lock: path.join(runtimeDirectory, 'nightshift'),
    request: path.join(runtimeDirectory, 'nightshift-now'),
    cancel: path.join(runtimeDirectory, 'nightshift-cancel'),
  };
}

export function freshState(): NightshiftState {
  return {
    version: nightshiftVersion,
    process: null,
    computers: {},
    lookedAt: null,
    watchedSince: null,
    doneNight: null,
    attempts: { night: '', count: 0 },
    restedNight: null,
    woken: [],
    wokenAt: null,
    running: null,
    sleepsAt: null,
    said: null,
  };
}

/** Replaces the file as a whole. Throws the system's error. */
export function writeNightshift(filePath: string, state: NightshiftState): void {
  // After a power cut it must still be known which night is done and who was off.
  writeAtomically(filePath, JSON.stringify(state), { flush: true });
}

/** A larger file is none of ours, in bytes. */
const largestState = 10_000_000;

/** What was remembered; null where there is nothing, or nothing that can be trusted. Never throws, never evaluates. */
export function readNightshift(filePath: string): NightshiftState | null {
  try {
    const text = readFileSync(filePath, 'utf8');
    if (text.length > largestState) return null;
    const value: unknown = JSON.parse(text);
    return isNightshiftState(value) ? value : null;
  } catch {
    return null;
  }
}

/** A daemon that has not looked for so long is none, in ms. */
const freshMs = 5 * 60_000;

export interface NightshiftNow {
  state: NightshiftState;
  isRunning: boolean;
  /** The night that nightshift died in, until its next start has told of it. */
  cutOff: NightDocument | null;
}

/** The state as readers see it: what a daemon that died left behind is neither running nor counting down. */
export function readNightshiftNow(filePath: string, procRoot: string, now: number): NightshiftNow | null {
  const state = readNightshift(filePath);
  if (state === null) return null;
  // Windows tells no process from another: there the last look tells, and one that has ended says nothing any more.
  const isFresh = state.said !== null && state.lookedAt !== null && now - state.lookedAt < freshMs;
  const isRunning = state.process === null ? isFresh : isAlive(procRoot, state.process);
  if (isRunning) return { state, isRunning, cutOff: null };
  return { state: { ...state, running: null, sleepsAt: null }, isRunning, cutOff: state.running };
}

/** Adds a night that is over. Throws the system's error. */
export async function appendNight(filePath: string, night: NightDocument): Promise<void> {
  makeFolder(path.dirname(filePath));
  const before = await readFile(filePath).catch(() => Buffer.alloc(0));
  // A line that a power cut left half-written spoils nothing but itself.
  const isBroken = before.length > 0 && before.at(-1) !== 0x0a;
  await appendFile(filePath, `${isBroken ? '\n' : ''}${JSON.stringify(night)}\n`, {
    mode: 0o644,
    flush: true,
  });
}

/** The nights that are over, newest first; lines that cannot be read are passed over. */
export async function readNights(filePath: string, limit: number): Promise<NightDocument[]> {
  const text = await readFile(filePath, 'utf8').catch(() => '');
  const nights: NightDocument[] = [];
  for (const line of text.split('\n').reverse()) {
    if (nights.length >= limit) break;
    const night = parseNight(line);
    if (night !== null) nights.push(night);
  }
  return nights;
}

/**
 * The state with what only the history knows: it was lost, or could not be written when its last night ended. Whether this
 * machine has gone to sleep after that night is not known; it is taken to have, so that whoever switches it on has it.
 *
 * @param tonight later nights were written by a clock that was wrong
 */
export function completedByHistory(
  state: NightshiftState,
  historyPath: string,
  tonight: string,
): NightshiftState {
  const last = lastNightOver(historyPath, tonight);
  if (last === null || (state.doneNight ?? '') >= last.night) return state;
  const running = state.running?.id === last.id ? null : state.running;
  return { ...state, doneNight: last.night, restedNight: last.night, running };
}

function lastNightOver(historyPath: string, tonight: string): NightDocument | null {
  try {
    for (const line of readFileSync(historyPath, 'utf8').split('\n').reverse()) {
      const night = parseNight(line);
      const isOver = night?.outcome === 'done' || night?.outcome === 'failed';
      if (night !== null && isOver && night.night <= tonight) return night;
    }
  } catch {
    // No history, or none that may be read.
  }
  return null;
}

function parseNight(line: string): NightDocument | null {
  if (line === '') return null;
  try {
    const value: unknown = JSON.parse(line);
    return isNightDocument(value) ? value : null;
  } catch {
    return null;
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** Everything is there, and of its kind: nobody who reads it must look twice. */
export function isNightshiftState(value: unknown): value is NightshiftState {
  return (
    isObject(value) &&
    value.version === nightshiftVersion &&
    isNullOr(value.process, isProcess) &&
    isObject(value.computers) &&
    Object.values(value.computers).every(isComputerRecord) &&
    isNullOr(value.lookedAt, isTime) &&
    isNullOr(value.watchedSince, isTime) &&
    isNullOr(value.doneNight, isDate) &&
    isObject(value.attempts) &&
    isText(value.attempts.night) &&
    isNumber(value.attempts.count) &&
    isNullOr(value.restedNight, isDate) &&
    isTexts(value.woken) &&
    isNullOr(value.wokenAt, isTime) &&
    isNullOr(value.running, isNightDocument) &&
    isNullOr(value.sleepsAt, isMoment) &&
    isNullOr(value.said, isSentence)
  );
}

export function isNightDocument(value: unknown): value is NightDocument {
  return (
    isObject(value) &&
    isText(value.id) &&
    isMoment(value.startedAt) &&
    isDate(value.night) &&
    ['all-gone', 'window', 'by-hand'].includes(String(value.trigger)) &&
    isNullOr(value.finishedAt, isMoment) &&
    Array.isArray(value.jobs) &&
    value.jobs.every(isNightJob) &&
    Array.isArray(value.clocks) &&
    value.clocks.every(isClockReading) &&
    isTexts(value.woken) &&
    Array.isArray(value.warnings) &&
    value.warnings.every(isSentence) &&
    isNullOr(value.outcome, (one) => ['done', 'failed', 'stopped', 'died'].includes(String(one)))
  );
}

function isNightJob(value: unknown): boolean {
  return (
    isObject(value) &&
    isText(value.name) &&
    ['pending', 'running', 'done', 'failed', 'skipped'].includes(String(value.state)) &&
    [value.startedAt, value.finishedAt].every((one) => isNullOr(one, isMoment)) &&
    isNumber(value.attempts) &&
    isNullOr(value.exitCode, isNumber) &&
    isNullOr(value.error, (error) => isObject(error) && isText(error.code))
  );
}

function isClockReading(value: unknown): boolean {
  return (
    isObject(value) &&
    isText(value.computer) &&
    [value.beforeMs, value.afterMs].every((one) => isNullOr(one, isNumber))
  );
}

function isComputerRecord(value: unknown): boolean {
  return (
    isObject(value) &&
    (value.online === null || typeof value.online === 'boolean') &&
    isTime(value.since) &&
    isNumber(value.misses) &&
    [value.lastSeenAt, value.firstMissAt].every((one) => isNullOr(one, isTime))
  );
}

function isProcess(value: unknown): boolean {
  return isObject(value) && isNumber(value.pid) && [value.startTicks, value.bootId].every(isText);
}

function isSentence(value: unknown): boolean {
  return isObject(value) && isText(value.key);
}

function isDate(value: unknown): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(String(value)) && isMoment(value);
}

/** Text that is a time: one that is none would throw wherever it is told. */
function isMoment(value: unknown): boolean {
  return isText(value) && !Number.isNaN(Date.parse(String(value)));
}

/** A number that is a time, and stays one when some days are added; in ms since 1970. */
function isTime(value: unknown): boolean {
  return isNumber(value) && Math.abs(Number(value)) < 1e14;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNullOr(value: unknown, check: (value: unknown) => boolean): boolean {
  return value === null || check(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}
