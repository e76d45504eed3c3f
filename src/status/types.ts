/** The status document: what a run is doing, and what it did. The contract of `status.json` and the API. */

import type { ErrorCode } from '../errors.ts';
import type { Sentence } from '../messages/translator.ts';

/** The version of the document below; a reader leaves documents of another version alone. */
export const statusVersion = 1;

export const stepNames = [
  'find',
  'wait-veeam',
  'mount',
  'lock',
  'estimate',
  'copy',
  'unlock',
  'free-space',
  'unmount',
] as const;

export type StepName = (typeof stepNames)[number];
export type StepState = 'pending' | 'running' | 'done' | 'warned' | 'failed' | 'skipped';
export type OutcomeName = 'done' | 'warned' | 'failed' | 'refused';

export interface StepStatus {
  name: StepName;
  state: StepState;
  /** ISO 8601 in UTC; null before the step starts. */
  startedAt: string | null;
  finishedAt: string | null;
  /** The step's latest sentence in the configured language; '' before the step starts. */
  message: string;
  /** The same sentence as data, so that a page can say it in another language. */
  said: Sentence | null;
}

export interface Estimate {
  files: number;
  bytes: number;
  deletes: number;
}

export interface Progress {
  phase: 'copying' | 'flushing';
  bytes: number;
  bytesTotal: number;
  files: number;
  filesTotal: number;
  bytesPerSecond: number;
  /** Null while there is no rate to compute it from. */
  etaSeconds: number | null;
}

export interface RunDocument {
  id: string;
  /** The disk's filesystem UUID; null when the run ended before a disk was known. */
  uuid: string | null;
  label: string | null;
  startedAt: string;
  finishedAt: string | null;
  /** The step that is running, or the last one that ran. */
  step: StepName;
  steps: StepStatus[];
  estimate: Estimate | null;
  progress: Progress | null;
  freeBytes: number | null;
  sizeBytes: number | null;
  warnings: string[];
  /** `warnings` as data, in the same order. */
  warningsSaid: Sentence[];
  outcome: OutcomeName | null;
  error: { code: ErrorCode; message: string; details: unknown; exitCode: number } | null;
  /** May the disk be pulled out now? True only when it is not mounted by this run (any more). */
  unplug: boolean;
}

export interface QueuedRun {
  uuid: string;
  label: string | null;
  since: string;
}

export interface StatusDocument {
  version: typeof statusVersion;
  state: 'idle' | 'running';
  run: RunDocument | null;
  queue: QueuedRun[];
}
