/** Is that really a run's document? Files may be half-written, edited by hand, or of another program. */

import { type RunDocument, type StatusDocument, stepNames } from './types.ts';

const stepStates: readonly unknown[] = ['pending', 'running', 'done', 'warned', 'failed', 'skipped'];

type Fields = Readonly<Record<string, unknown>>;

/** True when everything is there that readers look into without asking. */
export function isRunDocument(value: unknown): value is RunDocument {
  if (!isObject(value)) return false;
  return (
    [value.id, value.startedAt].every(isText) &&
    [value.uuid, value.label, value.finishedAt].every(isTextOrNull) &&
    (stepNames as readonly unknown[]).includes(value.step) &&
    Array.isArray(value.steps) &&
    value.steps.every(isStep) &&
    isNullOr(value.estimate, (estimate) => hasNumbers(estimate, ['files', 'bytes', 'deletes'])) &&
    isNullOr(value.progress, isProgress) &&
    [value.freeBytes, value.sizeBytes].every(isNumberOrNull) &&
    Array.isArray(value.warnings) &&
    value.warnings.every(isText) &&
    Array.isArray(value.warningsSaid) &&
    value.warningsSaid.every(isSentence) &&
    isNullOr(value.error, (error) => isText(error.code) && typeof error.exitCode === 'number')
  );
}

/** True for a status of our version with a run in it that can be shown, or none. */
export function isStatusDocument(
  value: unknown,
  version: StatusDocument['version'],
): value is StatusDocument {
  return (
    isObject(value) &&
    value.version === version &&
    (value.state === 'idle' || value.state === 'running') &&
    (value.run === null || isRunDocument(value.run))
  );
}

function isStep(step: unknown): boolean {
  return (
    isObject(step) &&
    (stepNames as readonly unknown[]).includes(step.name) &&
    stepStates.includes(step.state) &&
    [step.startedAt, step.finishedAt].every(isTextOrNull) &&
    isText(step.message) &&
    (step.said === null || isSentence(step.said))
  );
}

function isProgress(progress: Fields): boolean {
  return (
    hasNumbers(progress, ['bytes', 'bytesTotal', 'files', 'filesTotal', 'bytesPerSecond']) &&
    isNumberOrNull(progress.etaSeconds)
  );
}

function isSentence(said: unknown): boolean {
  return isObject(said) && isText(said.key);
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function isNullOr(value: unknown, check: (fields: Fields) => boolean): boolean {
  return value === null || (isObject(value) && check(value));
}

function hasNumbers(fields: Fields, names: readonly string[]): boolean {
  return names.every((name) => typeof fields[name] === 'number');
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isTextOrNull(value: unknown): boolean {
  return value === null || isText(value);
}

function isNumberOrNull(value: unknown): boolean {
  return value === null || typeof value === 'number';
}
