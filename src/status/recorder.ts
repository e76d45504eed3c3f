/** Keeps the document of one run up to date while it goes, and tells listeners about each change. */

import { asPlugbackError, type ErrorCode, type PlugbackError } from '../errors.ts';
import {
  type SayArguments,
  type Sentence,
  type SentenceKey,
  sentence,
  type Translator,
} from '../messages/translator.ts';
import type { Clock } from '../system/clock.ts';
import {
  type Estimate,
  type Progress,
  type RunDocument,
  type StepName,
  type StepStatus,
  stepNames,
} from './types.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** One line of a run's log. */
export interface Line {
  level: Level;
  /** Null for what concerns the run as a whole. */
  step: StepName | null;
  text: string;
}

export interface RunListener {
  /** After each change of the document. `urgent` is false for mere progress, which may be written less often. */
  changed?(document: Readonly<RunDocument>, urgent: boolean): void;
  said?(line: Line): void;
}

/** How a step speaks while it runs. */
export interface StepVoice {
  info<K extends SentenceKey>(key: K, ...details: SayArguments<K>): void;
  /** Says it, keeps it among the run's warnings, and ends the step as `warned`. */
  warn<K extends SentenceKey>(key: K, ...details: SayArguments<K>): void;
}

/** Ends of a run that leave the disk in somebody else's hands: another run's, a desktop's. */
const inUseByOthers: readonly ErrorCode[] = [
  ...(['already-running', 'already-mounted', 'already-unlocked'] as const),
  ...(['lock-lost', 'lock-failed'] as const),
];

export class RunRecorder {
  readonly document: RunDocument;
  private readonly warnedSteps = new Set<StepName>();
  /** Errors that a step has said already. */
  private readonly told = new Set<unknown>();

  constructor(
    id: string,
    private readonly clock: Clock,
    private readonly translator: Translator,
    private readonly listeners: readonly RunListener[],
  ) {
    this.document = {
      id,
      uuid: null,
      label: null,
      startedAt: this.time(),
      finishedAt: null,
      step: 'find',
      steps: stepNames.map((name) => emptyStep(name)),
      estimate: null,
      progress: null,
      freeBytes: null,
      sizeBytes: null,
      warnings: [],
      warningsSaid: [],
      outcome: null,
      error: null,
      unplug: true,
    };
  }

  /**
   * Runs one step: its state, its times, its lines. What the body throws is recorded and thrown on. A step within another
   * (a copy waits for Veeam) gives the word back to that one.
   */
  async step<T>(name: StepName, body: (voice: StepVoice) => Promise<T>): Promise<T> {
    const step = this.status(name);
    const around = this.document.step;
    this.document.step = name;
    // A step that is taken once more has the time of its last turn.
    if (step.state !== 'running') step.startedAt = this.time();
    step.state = 'running';
    step.finishedAt = null;
    this.changed();
    try {
      const result = await body(this.voice(name));
      step.state = this.warnedSteps.has(name) ? 'warned' : 'done';
      return result;
    } catch (thrown) {
      this.tellFailure(name, thrown);
      throw thrown;
    } finally {
      step.finishedAt = this.time();
      if (around !== name && this.status(around).state === 'running') this.document.step = around;
      this.changed();
    }
  }

  /** The voice of a step, for what happens beside its body (a lock file seen while the copy runs). */
  voice(name: StepName): StepVoice {
    return {
      info: (key, ...details) => {
        this.note(name, sentence(key, ...details), 'info');
      },
      warn: (key, ...details) => {
        const said = sentence(key, ...details);
        this.warnedSteps.add(name);
        this.document.warnings.push(this.translator.sayAgain(said));
        this.document.warningsSaid.push(said);
        this.note(name, said, 'warn');
      },
    };
  }

  /** Says something that belongs to no step. */
  info<K extends SentenceKey>(key: K, ...details: SayArguments<K>): void {
    this.say({ level: 'info', step: null, text: this.translator.say(key, ...details) });
  }

  /** For developers, only in the log and only with `debug = yes`. Not translated. */
  debug(text: string): void {
    this.say({ level: 'debug', step: null, text });
  }

  /** A warning that belongs to no step. */
  warn<K extends SentenceKey>(key: K, ...details: SayArguments<K>): void {
    const said = sentence(key, ...details);
    const text = this.translator.sayAgain(said);
    this.document.warnings.push(text);
    this.document.warningsSaid.push(said);
    this.say({ level: 'warn', step: null, text });
    this.changed();
  }

  /** A sentence in words, for what is written elsewhere than in the log. */
  words<K extends SentenceKey>(key: K, ...details: SayArguments<K>): string {
    return this.translator.say(key, ...details);
  }

  /** Anything thrown, in the words of this run's language. */
  describe(thrown: unknown): string {
    return this.translator.tell(thrown).message;
  }

  disk(uuid: string, label: string | null): void {
    this.document.uuid = uuid;
    this.document.label = label;
    this.changed();
  }

  estimate(estimate: Estimate): void {
    this.document.estimate = estimate;
    this.changed();
  }

  progress(progress: Progress): void {
    const urgent = progress.phase !== this.document.progress?.phase;
    this.document.progress = progress;
    this.changed(urgent);
  }

  space(freeBytes: number, sizeBytes: number): void {
    this.document.freeBytes = freeBytes;
    this.document.sizeBytes = sizeBytes;
    this.changed();
  }

  /** Says whether the disk may be pulled out from now on. */
  unplug(allowed: boolean): void {
    this.document.unplug = allowed;
    this.changed();
  }

  /** Ends the run well. */
  succeed(): void {
    this.finish(this.document.warnings.length > 0 ? 'warned' : 'done');
  }

  /** Ends the run badly. */
  fail(thrown: unknown): PlugbackError {
    const error = asPlugbackError(thrown);
    if (!this.told.has(thrown)) this.tellFailure(this.stepOf(error), thrown);
    const { code, details, message, exitCode } = this.translator.tell(error);
    this.document.error = { code, message, details, exitCode };
    if (inUseByOthers.includes(code)) this.document.unplug = false;
    this.finish(error.isRefusal ? 'refused' : 'failed');
    return error;
  }

  private tellFailure(name: StepName, thrown: unknown): void {
    const step = this.status(name);
    const { problem, message } = this.translator.tell(thrown);
    step.state = 'failed';
    step.startedAt ??= this.time();
    step.finishedAt = this.time();
    step.message = problem;
    step.said = null;
    // A step within a step has said it already.
    if (this.told.has(thrown)) return;
    this.told.add(thrown);
    this.say({ level: 'error', step: name, text: message });
  }

  /** The step to which an error between two steps belongs: the one that could not begin. */
  private stepOf(error: PlugbackError): StepName {
    if (error.code === 'already-running') return 'lock';
    return this.document.steps.find((step) => step.state === 'pending')?.name ?? this.document.step;
  }

  private finish(outcome: RunDocument['outcome']): void {
    for (const step of this.document.steps) {
      if (step.state === 'pending') step.state = 'skipped';
    }
    this.document.finishedAt = this.time();
    this.document.outcome = outcome;
    this.changed();
  }

  private note(name: StepName, said: Sentence, level: Level): void {
    const step = this.status(name);
    step.said = said;
    step.message = this.translator.sayAgain(said);
    this.say({ level, step: name, text: step.message });
    this.changed();
  }

  private say(line: Line): void {
    for (const listener of this.listeners) listener.said?.(line);
  }

  private changed(urgent = true): void {
    for (const listener of this.listeners) listener.changed?.(this.document, urgent);
  }

  private status(name: StepName): StepStatus {
    return this.document.steps[stepNames.indexOf(name)] as StepStatus;
  }

  private time(): string {
    return new Date(this.clock.now()).toISOString();
  }
}

function emptyStep(name: StepName): StepStatus {
  return { name, state: 'pending', startedAt: null, finishedAt: null, message: '', said: null };
}
