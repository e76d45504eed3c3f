/** One night's backup, from beginning to end: the jobs in order, then everybody that was woken goes back to sleep. */

import { asPlugbackError, PlugbackError } from '../errors.ts';
import { sentence } from '../messages/translator.ts';
import type { NightDocument, NightJob, NightTrigger } from '../status/nightshift.ts';
import { whatFollows } from './decide.ts';
import { performJob } from './job.ts';
import { answering, look } from './look.ts';
import { type Nightshift, save, sleepOf } from './ports.ts';
import { putToSleep } from './put-to-sleep.ts';

/** By so much the clock was set, and not just drifting, in ms. */
const clockJumpMs = 3600_000;

export interface NightRequest {
  night: string;
  trigger: NightTrigger;
}

/**
 * Runs the night's jobs. Resolves with what became of it; throws only when the process is told to stop.
 *
 * The state on the disk says `running` from before the first packet until it is over: what dies in between is found.
 */
export async function backUpNight(request: NightRequest, nightshift: Nightshift): Promise<NightDocument> {
  const { ports, config, state } = nightshift;
  const [wall, monotonic] = [ports.clock.now(), ports.clock.monotonic()];
  const startedAt = new Date(wall).toISOString();
  const night: NightDocument = {
    id: startedAt.replaceAll(/[-:]|\.\d+Z$/g, '').replace('T', '-'),
    night: request.night,
    trigger: request.trigger,
    startedAt,
    finishedAt: null,
    jobs: config.jobs.map(({ name }) => pendingJob(name)),
    clocks: [],
    woken: [],
    warnings: [],
    outcome: null,
  };
  const here = new Set(config.computers.map(({ name }) => name).filter((name) => isHere(name, nightshift)));
  save(nightshift, { running: night });
  ports.voice.info('nightshift.begins', { night: request.night, count: config.jobs.length });

  const stopper = new AbortController();
  const signal = AbortSignal.any([nightshift.signal, stopper.signal]);
  const stops = () =>
    config.whenSomebodyComes === 'stop' &&
    request.trigger === 'all-gone' &&
    // It would begin again at once.
    nightshift.calendar.windowEnd(ports.clock.now()) === null;
  await withDoorWatch({ here, stops, stopper }, nightshift, async (arrivals) => {
    for (const [index, job] of config.jobs.entries()) {
      try {
        await performJob(job, night, nightshift, signal);
      } catch (thrown) {
        // The jobs that are left stay as they are: skipped.
        noteStop(night, asPlugbackError(thrown), nightshift);
        break;
      }
      const needed = config.jobs.slice(index + 1).flatMap(({ source, target }) => [...source, ...target]);
      await sendBack(night, { arrivals, needed }, nightshift);
    }
    if (night.outcome === 'stopped' && !nightshift.signal.aborted)
      await sendBack(night, { arrivals, needed: [] }, nightshift);
  });
  const left = wokenThatSleep(nightshift);
  // Whoever stopped it may be switching this machine off: ssh to a computer that hangs would hold that up.
  if (nightshift.signal.aborted && left.length > 0)
    night.warnings.push(sentence('nightshift.still-on', { names: left }));

  for (const entry of night.jobs) if (entry.state === 'pending') entry.state = 'skipped';
  night.outcome ??= night.jobs.some(({ state }) => state === 'failed') ? 'failed' : 'done';
  night.finishedAt = new Date(ports.clock.now()).toISOString();
  const isOver = night.outcome !== 'stopped';
  const jump = ports.clock.now() - wall - (ports.clock.monotonic() - monotonic);
  // By the right time it may be another night, which is not to be backed up once more.
  const right = Math.abs(jump) > clockJumpMs ? nightshift.calendar.nightOf(ports.clock.now()) : request.night;
  save(nightshift, {
    running: null,
    ...(isOver ? { doneNight: laterOf(state.doneNight, right) } : {}),
  });
  if (night.outcome === 'done') ports.voice.info('nightshift.ends-well', { night: night.night });
  if (night.outcome === 'failed') ports.voice.warn('nightshift.ends-badly', { night: night.night });
  await ports.record(night);
  nightshift.signal.throwIfAborted();
  return night;
}

function pendingJob(name: string): NightJob {
  return {
    name,
    state: 'pending',
    startedAt: null,
    finishedAt: null,
    attempts: 0,
    exitCode: null,
    error: null,
  };
}

/** A night that the wrong clock of an earlier run put into the future gives way to the real one. */
function laterOf(marked: string | null, night: string): string {
  const tomorrow = new Date(Date.parse(`${night}T12:00:00Z`) + 24 * 3600 * 1000).toISOString().slice(0, 10);
  return marked !== null && marked > night && marked <= tomorrow ? marked : night;
}

/** One of whom nothing is known yet is not: should it answer later, it has come in, and nothing is switched off. */
function isHere(name: string, { state }: Nightshift): boolean {
  return state.computers[name]?.online === true;
}

function noteStop(night: NightDocument, error: PlugbackError, { ports, state }: Nightshift): void {
  night.outcome = 'stopped';
  if (error.code === 'somebody-came') {
    const { names } = error.details as { names: string[] };
    night.warnings.push(sentence('nightshift.stopped-for', { names }));
  }
  const follows = whatFollows(state, night.night);
  night.warnings.push(follows);
  ports.voice.info('nightshift.stopped');
  ports.voice.said(follows);
}

interface Door {
  /** Who was there at the beginning; they do not come in. */
  here: ReadonlySet<string>;
  /** Shall somebody who comes in now have the machine? What began whoever was there, by hand or in the window, goes on. */
  stops(): boolean;
  stopper: AbortController;
}

/** Watches, while the body runs, who comes in. */
async function withDoorWatch(
  { here, stops, stopper }: Door,
  nightshift: Nightshift,
  body: (arrivals: () => string[]) => Promise<void>,
): Promise<void> {
  const { ports, config } = nightshift;
  const arrived = new Set<string>();
  const over = new AbortController();
  const arrivals = () => [...arrived];
  const watch = async () => {
    for (;;) {
      await ports.clock.sleep(config.checkEverySeconds * 1000, over.signal);
      const answers = await look(nightshift);
      if (over.signal.aborted) return;
      const fresh = answering(answers, nightshift).filter((name) => !here.has(name) && !arrived.has(name));
      for (const name of fresh) arrived.add(name);
      if (fresh.length === 0) continue;
      const isStop = stops();
      ports.voice.info(isStop ? 'nightshift.arrived-stop' : 'nightshift.arrived-go-on', { names: fresh });
      if (isStop) stopper.abort(new PlugbackError('somebody-came', { names: arrivals() }));
    }
  };
  const watching = watch().catch((error: unknown) => {
    if (!over.signal.aborted) ports.voice.failure(error);
  });
  try {
    await body(arrivals);
  } finally {
    over.abort();
    await watching;
  }
}

/** Sends those to sleep again that were woken for this and that no later job needs. */
async function sendBack(
  night: NightDocument,
  { arrivals, needed }: { arrivals: () => string[]; needed: readonly string[] },
  nightshift: Nightshift,
): Promise<void> {
  const { config, ports } = nightshift;
  const names = wokenThatSleep(nightshift).filter((name) => !needed.includes(name));
  if (names.length === 0) return;
  if (arrivals().length > 0) {
    night.warnings.push(sentence('nightshift.left-on', { names, others: arrivals() }));
    ports.voice.info('nightshift.left-on', { names, others: arrivals() });
    return;
  }
  const before = new Set(config.computers.map(({ name }) => name).filter((name) => isHere(name, nightshift)));
  night.warnings.push(...(await putToSleep(names, before, nightshift)));
}

/** Those that were woken and are to be sent to sleep again. */
function wokenThatSleep({ state, config }: Nightshift): string[] {
  return config.computers
    .filter(({ name, afterBackup }) => state.woken.includes(name) && sleepOf(afterBackup) !== null)
    .map(({ name }) => name);
}
