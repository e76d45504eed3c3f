/** Everything through which nightshift touches the world. The real one is in `office.ts`, a simulated one in the tests. */

import type { AfterBackup, ComputerConfig, JobConfig, NightshiftConfig } from '../config/types.ts';
import type { SayArguments, Sentence, SentenceKey } from '../messages/translator.ts';
import type { NightDocument, NightshiftState } from '../status/nightshift.ts';
import type { Clock } from '../system/clock.ts';
import type { Inhibitor, SleepKind } from '../system/power-state.ts';
import type { Calendar } from './calendar.ts';

/** Says sentences into the log and onto the terminal. */
export interface Voice {
  info<K extends SentenceKey>(key: K, ...details: SayArguments<K>): void;
  warn<K extends SentenceKey>(key: K, ...details: SayArguments<K>): void;
  error<K extends SentenceKey>(key: K, ...details: SayArguments<K>): void;
  /** A sentence that was kept as data. */
  said(sentence: Sentence): void;
  /** Anything thrown, as an error in words. */
  failure(thrown: unknown): void;
  /** On the terminal only: a countdown would fill the log. */
  passing<K extends SentenceKey>(key: K, ...details: SayArguments<K>): void;
}

/** What became of one try of a job. */
export interface JobEnd {
  /** Null: ended by a signal. */
  exitCode: number | null;
}

export interface Ports {
  clock: Clock;
  /**
   * Does it answer? One question to each of its addresses, at the same time. Null: that is not known, because this machine
   * could not ask; a pulled cable is nobody's absence. Never throws.
   */
  isOnline(computer: ComputerConfig): Promise<boolean | null>;
  /** Is it so far up that it can be worked with? Never throws. */
  isReady(computer: ComputerConfig): Promise<boolean>;
  /**
   * For how many minutes nobody has touched it; infinite where nobody is logged in.
   *
   * @throws PlugbackError `host-key-unknown`, `host-key-changed`, `ssh-failed`
   */
  idleMinutes(computer: ComputerConfig): Promise<number>;
  /** Sends the magic packets, once. @throws PlugbackError `cannot-wake` */
  wake(computer: ComputerConfig): Promise<void>;
  /**
   * How far its clock is ahead of this machine's, in ms; null where it does not tell.
   *
   * @throws PlugbackError `host-key-unknown`, `host-key-changed`, `ssh-failed`
   */
  clockOffset(computer: ComputerConfig): Promise<number | null>;
  /**
   * Sets a clock by another; null stands for this machine. `aheadMs`: how far the source is ahead of this machine.
   *
   * @throws PlugbackError `clock-not-set`, `host-key-unknown`, `host-key-changed`, `ssh-failed`
   */
  setClock(follower: ComputerConfig | null, source: ComputerConfig | null, aheadMs: number): Promise<void>;
  /** Runs a job once. Aborting ends it in order. @throws PlugbackError `program-missing` */
  runJob(job: JobConfig, signal: AbortSignal): Promise<JobEnd>;
  /** @throws PlugbackError `host-key-unknown`, `host-key-changed`, `ssh-failed` */
  sleepComputer(computer: ComputerConfig, kind: SleepKind): Promise<void>;
  /** @throws PlugbackError `sleep-failed` */
  sleepHost(kind: SleepKind): Promise<void>;
  /** Who keeps this machine awake. Never throws. */
  inhibitors(kind: SleepKind): Promise<Inhibitor[]>;
  /** Makes this machine's clock wake it; ms since 1970. @throws PlugbackError `alarm-failed` */
  setAlarm(at: number): Promise<void>;
  /** Keeps this machine awake meanwhile. */
  stayAwake<T>(body: () => Promise<T>): Promise<T>;
  /** Has somebody typed `plugback nightshift cancel` since this was asked last? */
  takeCancel(): boolean;
  /** Has somebody asked for a backup by hand since this was asked last? */
  takeRequest(): boolean;
  /** Passes the time until the next look; ends earlier when somebody asks for a backup. Rejects when aborted. */
  untilNextLook(ms: number, signal: AbortSignal): Promise<void>;
  /** Keeps the state. Never throws: what cannot be written is said. @returns was it written? */
  save(state: NightshiftState): boolean;
  /** A night is over: it goes into the history, and is mailed. Never throws. */
  record(night: NightDocument): Promise<void>;
  voice: Voice;
}

/** What all parts of nightshift work with. */
export interface Nightshift {
  config: NightshiftConfig;
  calendar: Calendar;
  ports: Ports;
  /** What is remembered; changed in place and saved by whoever changes it. */
  state: NightshiftState;
  /** Aborted when the process is told to stop. */
  signal: AbortSignal;
}

/** The computer with this name; the configuration has been checked. */
export function computerNamed(config: NightshiftConfig, name: string): ComputerConfig {
  const found = config.computers.find((computer) => computer.name === name);
  if (found === undefined) throw new Error(`no computer ${name}`);
  return found;
}

/** The port that tells that a computer is up; null: ping alone tells. */
export function portOf({ probePort, reach, sshPort }: ComputerConfig): number | null {
  return probePort ?? (reach === 'none' ? null : sshPort);
}

/** How a computer that was off is sent back to sleep; null: it stays on. */
export function sleepOf(afterBackup: AfterBackup): SleepKind | null {
  return afterBackup === 'leave' ? null : afterBackup;
}

/** @returns was it written? */
export function save(
  { ports, state }: Pick<Nightshift, 'ports' | 'state'>,
  change: Partial<NightshiftState>,
): boolean {
  Object.assign(state, change);
  return ports.save(state);
}
