/** One job of the night: its computers are woken, their clocks brought together, and it is tried until it succeeds. */

import type { ComputerConfig, JobConfig } from '../config/types.ts';
import { asPlugbackError, PlugbackError } from '../errors.ts';
import type { NightDocument, NightJob } from '../status/nightshift.ts';
import { bringClocksTogether } from './clocks.ts';
import { computerNamed, type Nightshift, save } from './ports.ts';
import { makeSureItIsUp } from './wake.ts';

/** The night's own record of the job is kept up to date all along. Throws only when `signal` is aborted, with its reason. */
export async function performJob(
  job: JobConfig,
  night: NightDocument,
  nightshift: Nightshift,
  signal: AbortSignal,
): Promise<void> {
  const { ports } = nightshift;
  const entry = night.jobs.find(({ name }) => name === job.name);
  if (entry === undefined) throw new Error(`no job ${job.name}`);
  const change = (values: Partial<NightJob>) => {
    Object.assign(entry, values);
    save(nightshift, { running: night });
  };
  const time = () => new Date(ports.clock.now()).toISOString();
  change({ state: 'running', startedAt: time() });
  ports.voice.info('nightshift.job', { job: job.name });
  try {
    const names = [...new Set([...job.source, ...job.target])];
    const involved = names.map((name) => computerNamed(nightshift.config, name));
    signal.throwIfAborted();
    // Each of them is waited for, also where one has failed: nobody is woken behind the back of what follows.
    const waking = await Promise.allSettled(
      involved.map((computer) => wakeFor(night, computer, nightshift, signal)),
    );
    for (const end of waking) if (end.status === 'rejected') throw end.reason;
    if (involved.length > 0) await bringClocksTogether(involved, night, nightshift);
    await tryUntilDone(job, entry, change, { nightshift, signal });
    change({ state: 'done', finishedAt: time() });
    ports.voice.info('nightshift.job-done', { job: job.name, seconds: secondsOf(entry) });
  } catch (thrown) {
    const error = signal.aborted ? asPlugbackError(signal.reason) : asPlugbackError(thrown);
    change({
      state: 'failed',
      finishedAt: time(),
      error: { code: error.code, details: error.details },
    });
    ports.voice.failure(error);
    if (signal.aborted) throw error;
  }
}

async function wakeFor(
  night: NightDocument,
  computer: ComputerConfig,
  nightshift: Nightshift,
  signal: AbortSignal,
): Promise<void> {
  const { name } = computer;
  const isWoken = await makeSureItIsUp(computer, nightshift, signal);
  if (isWoken && !night.woken.includes(name)) night.woken.push(name);
}

async function tryUntilDone(
  job: JobConfig,
  entry: NightJob,
  change: (values: Partial<NightJob>) => void,
  { nightshift, signal }: { nightshift: Nightshift; signal: AbortSignal },
): Promise<void> {
  const { ports } = nightshift;
  for (let left = job.retries; ; left -= 1) {
    change({ attempts: entry.attempts + 1 });
    const exitCode = await runInTime(job, nightshift, signal).catch((error: unknown) => {
      if (job.kind === 'command' && error instanceof PlugbackError && error.code === 'program-missing')
        throw new PlugbackError('job-program-missing', { job: job.name, program: job.command[0] ?? '' });
      // ssh that does not get through is no other failure than rsync that does not.
      const isPassing = error instanceof PlugbackError && error.code === 'source-unreadable';
      if (!isPassing || left === 0) throw error;
      ports.voice.failure(error);
      return null;
    });
    change({ exitCode });
    if (exitCode !== null && job.goodExitCodes.includes(exitCode)) return;
    if (left === 0)
      throw new PlugbackError('job-failed', {
        job: job.name,
        kind: job.kind,
        exitCode,
        count: entry.attempts,
      });
    ports.voice.warn('nightshift.job-again', { job: job.name, exitCode, minutes: job.retryMinutes });
    await ports.clock.sleep(job.retryMinutes * 60_000, signal);
  }
}

/** What hangs once would hang again, and the next job waits: a job that takes too long is not tried once more. */
async function runInTime(job: JobConfig, { ports }: Nightshift, signal: AbortSignal): Promise<number | null> {
  const late = new AbortController();
  const over = new AbortController();
  const tooLate = new PlugbackError('job-timeout', { job: job.name, minutes: job.timeoutMinutes });
  const alarm = ports.clock.sleep(job.timeoutMinutes * 60_000, over.signal).then(
    () => late.abort(tooLate),
    () => undefined,
  );
  try {
    const { exitCode } = await ports.runJob(job, AbortSignal.any([signal, late.signal]));
    signal.throwIfAborted();
    late.signal.throwIfAborted();
    return exitCode;
  } catch (error) {
    signal.throwIfAborted();
    late.signal.throwIfAborted();
    throw error;
  } finally {
    over.abort();
    await alarm;
  }
}

function secondsOf({ startedAt, finishedAt }: NightJob): number {
  return (Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '')) / 1000;
}
