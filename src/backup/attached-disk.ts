/** Notices within a second that the disk was pulled out, and ends the run for that reason and no other. */

import { type ErrorDetails, PlugbackError } from '../errors.ts';
import type { RunRecorder } from '../status/recorder.ts';
import type { RunDocument } from '../status/types.ts';
import { isAttached } from '../system/attachment.ts';
import type { System } from '../system/system.ts';
import type { Disk } from './find-disk.ts';

interface AttachmentContext {
  system: System;
  recorder: RunRecorder;
  signal: AbortSignal;
}

/** Milliseconds between two looks. */
const lookEveryMs = 500;

/**
 * Does something with a disk for as long as it is plugged in.
 *
 * systemd, too, notices that the disk is gone, and tells this process to stop. So each reason to stop is looked at
 * first: people are told that the disk was pulled out, not that a signal came. And systemd may think that a disk has
 * vanished which has not: then the signal is the reason.
 *
 * @param body gets a signal that is aborted when the disk is gone, and with the context's own
 * @throws PlugbackError `disk-gone` when the disk went, whatever the body made of that; else what the body threw
 */
export async function withAttachedDisk<T>(
  disk: Disk,
  context: AttachmentContext,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal } = context;
  const stopper = new AbortController();
  const look = async () => {
    const gone = await goneError(disk, context);
    // Only the first reason counts.
    if (gone !== null) stopper.abort(gone);
  };
  const onStop = () => void look().then(() => stopper.abort(signal.reason));
  const timer = setInterval(() => void look(), lookEveryMs);
  signal.addEventListener('abort', onStop, { once: true });
  if (signal.aborted) onStop();
  try {
    return await explainedByPull(disk, context, () => body(stopper.signal));
  } finally {
    clearInterval(timer);
    signal.removeEventListener('abort', onStop);
  }
}

/** Runs the body; when it fails and the disk is gone, that is the reason. @throws PlugbackError `disk-gone` */
export async function explainedByPull<T>(
  disk: Disk,
  context: Pick<AttachmentContext, 'system' | 'recorder'>,
  body: () => Promise<T>,
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof PlugbackError && error.code === 'disk-gone') throw error;
    throw (await goneError(disk, context, error)) ?? error;
  }
}

/** What to say when the disk is no longer plugged in; null while it is. */
export async function goneError(
  disk: Disk,
  { system, recorder }: Pick<AttachmentContext, 'system' | 'recorder'>,
  cause?: unknown,
): Promise<PlugbackError | null> {
  if (await isAttached(disk.kernelNames, system.roots.sys)) return null;
  const phase = phaseOf(recorder.document);
  return new PlugbackError('disk-gone', { device: disk.device, phase }, { cause });
}

/** Before anything was written, while copying, or when only the last of it was on its way. */
function phaseOf({ steps, progress }: Readonly<RunDocument>): ErrorDetails['disk-gone']['phase'] {
  const hasBegun = steps.some(({ name, startedAt }) => name === 'lock' && startedAt !== null);
  if (!hasBegun) return 'before';
  const isCopied = progress?.phase === 'flushing';
  return isCopied ? 'flushing' : 'copying';
}
