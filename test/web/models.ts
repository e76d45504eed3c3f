/** The page's model in every state it knows; tests say only what is different. */

import { PlugbackError } from '../../src/errors.ts';
import { createTranslator, sentence } from '../../src/messages/translator.ts';
import { headlineOf } from '../../src/status/headline.ts';
import { type Progress, type RunDocument, type StatusDocument, stepNames } from '../../src/status/types.ts';
import type { PageModel } from '../../src/web/page-model.ts';
import type { DiskView, HistoryPoint } from '../../src/web/readers.ts';
import { sampleRun, uuid } from '../backup/samples.ts';

export const now = Date.parse('2026-11-21T04:20:00.000Z');
export const otherUuid = '7d3f19ac-90b1-4b7e-8c1d-5e6f70819203';

const english = createTranslator('en');

/** A time, some minutes before `now`. */
function before(minutes: number): string {
  return new Date(now - minutes * 60_000).toISOString();
}

export function sampleDiskView(changes: Partial<DiskView> = {}): DiskView {
  return {
    uuid,
    label: 'Montag',
    isAttached: true,
    lastGoodAt: '2026-11-21T04:14:49.000Z',
    freeBytes: 480_000_000_000,
    sizeBytes: 2_000_000_000_000,
    isOverdue: false,
    ...changes,
  };
}

const said = {
  find: sentence('find.found', { label: 'Montag', uuid, device: '/dev/sdb1', sizeBytes: 2e12, type: 'ext4' }),
  'wait-veeam': sentence('veeam.finished', { seconds: 754 }),
  mount: sentence('mount.done', { mountPoint: '/media/plugback', device: '/dev/sdb1' }),
  lock: sentence('lock.done', { disk: '.plugback.lock', source: '/srv/backups/.plugback.lock' }),
  estimate: sentence('estimate.done', { files: 1234, bytes: 148e9, deletes: 12, freeBytes: 628e9 }),
  copy: sentence('copy.done', { files: 1234, bytes: 148e9, deletes: 12, seconds: 1480, rate: 100e6 }),
  unlock: sentence('unlock.done'),
  'free-space': sentence('free-space.enough', { freeBytes: 480e9, sizeBytes: 2e12 }),
  unmount: sentence('unmount.done'),
};

/** Nine steps, of which those before `step` are done. */
function stepsUpTo(step: RunDocument['step'], state: 'running' | 'failed'): RunDocument['steps'] {
  const at = stepNames.indexOf(step);
  return stepNames.map((name, index) => ({
    name,
    state: index < at ? 'done' : index === at ? state : state === 'failed' ? 'skipped' : 'pending',
    startedAt: index <= at ? before(62 - 5 * index) : null,
    finishedAt: index < at ? before(57 - 5 * index) : null,
    message: '',
    said: index < at ? said[name] : null,
  }));
}

export function sampleProgress(changes: Partial<Progress> = {}): Progress {
  return {
    phase: 'copying',
    bytes: 91_800_000_000,
    bytesTotal: 148_000_000_000,
    files: 764,
    filesTotal: 1234,
    bytesPerSecond: 98_000_000,
    etaSeconds: 573,
    ...changes,
  };
}

/** A run in the middle of a step, with that step's sentence. */
export function runningRun(step: RunDocument['step'], changes: Partial<RunDocument> = {}): RunDocument {
  const run = sampleRun({
    startedAt: before(62),
    finishedAt: null,
    outcome: null,
    unplug: false,
    step,
    steps: stepsUpTo(step, 'running'),
    estimate: { files: 1234, bytes: 148e9, deletes: 12 },
    progress: null,
    ...changes,
  });
  const words = {
    'wait-veeam': sentence('veeam.waiting', {
      locks: [
        { file: 'Buero-PC.lock', who: 'Buero-PC', since: '2026-11-21T02:58:00.000Z' },
        { file: 'Server.lock', who: null, since: '2026-11-21T03:05:00.000Z' },
      ],
      isAnnounced: false,
      minutesLeft: 42,
    }),
    estimate: sentence('estimate.running'),
    copy: sentence('copy.running', { source: '/srv/backups/', destination: '/media/plugback/' }),
    unmount: sentence('unmount.flushing'),
    find: null,
    mount: null,
    lock: null,
    unlock: null,
    'free-space': null,
  }[step];
  return { ...run, steps: run.steps.map((one) => (one.state === 'running' ? { ...one, said: words } : one)) };
}

export function doneRun(changes: Partial<RunDocument> = {}): RunDocument {
  const steps = stepsUpTo('unmount', 'running').map((step) => ({
    ...step,
    state: 'done' as const,
    finishedAt: step.finishedAt ?? before(6),
    said: said[step.name],
  }));
  return sampleRun({ startedAt: before(62), steps, ...changes });
}

/** A copy that has made room for Veeam: two steps are under way. */
function pausedRun(): RunDocument {
  const copying = runningRun('copy', { step: 'wait-veeam', progress: sampleProgress() });
  const waiting = runningRun('wait-veeam').steps.find(({ name }) => name === 'wait-veeam');
  const paused = sentence('copy.paused', {
    locks: [{ file: 'Buero-PC.lock', who: 'Buero-PC', since: '2026-11-21T02:58:00.000Z' }],
  });
  const steps = copying.steps.map((step) => {
    if (step.name === 'wait-veeam') return { ...step, ...waiting };
    return step.name === 'copy' ? { ...step, said: paused } : step;
  });
  return { ...copying, steps };
}

/** A run that ended in an error, told as the job tells it. */
export function endedBadly(
  error: PlugbackError,
  step: RunDocument['step'],
  changes: Partial<RunDocument> = {},
) {
  const { code, details, message, exitCode } = english.tell(error);
  return sampleRun({
    step,
    steps: stepsUpTo(step, 'failed'),
    outcome: exitCode === 76 ? 'refused' : 'failed',
    error: { code, details, message, exitCode },
    ...changes,
  });
}

const warnings = [sentence('warn.files-vanished', { count: 3 })];

/** One run for each kind of headline; null: none. */
export const runs = {
  never: null,
  preparing: runningRun('mount'),
  waiting: runningRun('wait-veeam'),
  comparing: runningRun('estimate'),
  paused: pausedRun(),
  copying: runningRun('copy', { progress: sampleProgress() }),
  flushing: runningRun('unmount', { progress: sampleProgress({ phase: 'flushing' }) }),
  complete: doneRun(),
  warned: doneRun({
    outcome: 'warned',
    warnings: warnings.map((warning) => english.sayAgain(warning)),
    warningsSaid: warnings,
  }),
  later: endedBadly(
    new PlugbackError('veeam-busy', {
      minutes: 60,
      locks: [{ file: 'Server.lock', who: null, since: '2026-11-21T03:05:00.000Z' }],
    }),
    'wait-veeam',
    { progress: null },
  ),
  refused: endedBadly(
    new PlugbackError('too-many-deletions', { deletes: 620, files: 1000, percent: 62, limit: 25 }),
    'estimate',
    { progress: null },
  ),
  failed: endedBadly(new PlugbackError('disk-gone', { device: '/dev/sdb1', phase: 'copying' }), 'copy', {
    unplug: false,
    progress: sampleProgress(),
  }),
} satisfies Record<string, RunDocument | null>;

export type StateName = keyof typeof runs;
export const stateNames = Object.keys(runs) as StateName[];

/** A history over months, on two disks, with every result in it. */
export const pastRuns: readonly RunDocument[] = Array.from({ length: 20 }, (_, index) => {
  const finishedAt = before(5 + index * 1440 * 3);
  const changes: Partial<RunDocument> = {
    id: `run-${index}`,
    ...(index % 2 === 0 ? {} : { uuid: otherUuid, label: 'Freitag' }),
    startedAt: before(50 + index * 1440 * 3),
    finishedAt,
    freeBytes: 480e9 + index * 11e9,
    progress: sampleProgress({
      bytes: 40e9 + ((index * 37) % 11) * 9e9,
      files: 900 + ((index * 53) % 17) * 61,
    }),
  };
  if (index === 4 && runs.refused !== null) return { ...runs.refused, ...changes, progress: null };
  if (index === 7) return { ...runs.warned, ...changes };
  if (index === 11) return { ...runs.later, ...changes, progress: null };
  return { ...doneRun(), ...changes };
});

export const points: readonly HistoryPoint[] = pastRuns
  .map((run) => ({
    uuid: run.uuid ?? '',
    label: run.label,
    finishedAt: run.finishedAt ?? run.startedAt,
    bytes: run.progress?.bytes ?? null,
    freeBytes: run.freeBytes,
  }))
  .toReversed();

export const logText = `${[
  '2026-11-21 03:18:00 plugback 0.1.0, run 20261121-031244-9f3c.',
  '2026-11-21 03:18:01 Found the disk “Montag” (/dev/sdb1, ext4, 2 TB).',
  '2026-11-21 03:33:12 Copying /srv/backups/ to /media/plugback/.',
  ...Array.from(
    { length: 30 },
    (_, line) => `2026-11-21 03:${33 + Math.floor(line / 2)}:40 Copied ${2 * line}%.`,
  ),
].join('\n')}\n`;

/** A page's model around a run. */
export function sampleModel(run: RunDocument | null, changes: Partial<PageModel> = {}): PageModel {
  const isRunning = run !== null && run.finishedAt === null;
  const queue = isRunning ? [{ uuid: otherUuid, label: 'Freitag', since: before(9) }] : [];
  const status: StatusDocument = { version: 1, state: isRunning ? 'running' : 'idle', run, queue };
  const lastGood = run === null ? null : (pastRuns[1] ?? null);
  return {
    status,
    headline: headlineOf(status, lastGood),
    lastGood,
    disks: [
      sampleDiskView(),
      sampleDiskView({
        uuid: otherUuid,
        label: 'Freitag',
        isAttached: isRunning,
        lastGoodAt: before(9 * 1440),
        freeBytes: 130e9,
        isOverdue: true,
      }),
      sampleDiskView({
        uuid: 'AB12-34CD',
        label: null,
        isAttached: false,
        lastGoodAt: null,
        freeBytes: null,
      }),
    ],
    history: { runs: [...pastRuns], total: 87, page: 1, limit: 20 },
    logTail: logText,
    nightshift: null,
    canStart: true,
    now,
    host: 'atlantis',
    ...changes,
  };
}

/** The page of a machine on which nothing has happened yet. */
export function emptyModel(): PageModel {
  return sampleModel(null, {
    disks: [],
    history: { runs: [], total: 0, page: 1, limit: 20 },
    logTail: '',
    canStart: false,
  });
}
