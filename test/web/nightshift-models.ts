/** The night watch in every state that the page shows. */

import { type Sentence, sentence } from '../../src/messages/translator.ts';
import {
  type ComputerRecord,
  freshState,
  type NightDocument,
  type NightJob,
  type NightshiftState,
} from '../../src/status/nightshift.ts';
import type { NightshiftView } from '../../src/status/nightshift-view.ts';
import { now } from './models.ts';

const minute = 60_000;
const before = (minutes: number) => new Date(now - minutes * minute).toISOString();
const tonight = '2026-11-20';

function computer(online: boolean | null, minutes: number): ComputerRecord {
  const since = now - minutes * minute;
  return { online, since, lastSeenAt: online === null ? null : since, misses: 0, firstMissAt: null };
}

function job(name: string, state: NightJob['state'], changes: Partial<NightJob> = {}): NightJob {
  const hasBegun = state !== 'pending' && state !== 'skipped';
  return {
    name,
    state,
    startedAt: hasBegun ? before(95) : null,
    finishedAt: hasBegun && state !== 'running' ? before(60) : null,
    attempts: hasBegun ? 1 : 0,
    exitCode: state === 'done' ? 0 : null,
    error: null,
    ...changes,
  };
}

function night(changes: Partial<NightDocument> = {}): NightDocument {
  return {
    id: `${changes.night ?? tonight}-210500`,
    night: tonight,
    trigger: 'all-gone',
    startedAt: before(95),
    finishedAt: before(60),
    jobs: [job('documents', 'done'), job('FreeFileSync', 'done')],
    clocks: [{ computer: 'archive', beforeMs: -1_200_400, afterMs: 12 }],
    woken: ['archive'],
    warnings: [],
    outcome: 'done',
    ...changes,
  };
}

/** What a job says that did not come to its end. */
const troubles = {
  failed: { code: 'job-failed', details: { job: 'documents', exitCode: 12, count: 2 } },
  asleep: { code: 'computer-not-awake', details: { name: 'archive', minutes: 5 } },
} as const;

export const nights = {
  done: night(),
  failed: night({
    outcome: 'failed',
    jobs: [
      job('documents', 'failed', { attempts: 2, exitCode: 12, error: troubles.failed }),
      job('FreeFileSync', 'done'),
    ],
  }),
  asleep: night({
    outcome: 'failed',
    woken: [],
    clocks: [],
    jobs: [job('documents', 'failed', { error: troubles.asleep }), job('FreeFileSync', 'done')],
  }),
  stopped: night({
    outcome: 'stopped',
    jobs: [job('documents', 'failed'), job('FreeFileSync', 'skipped')],
    warnings: [sentence('nightshift.stopped-for', { names: ['PC Anna'] })],
  }),
  died: night({ outcome: 'died', jobs: [job('documents', 'failed'), job('FreeFileSync', 'skipped')] }),
};

const earlier = [1, 2, 3].map((days) =>
  night({
    id: `earlier-${days}`,
    night: before(days * 1440 + 720).slice(0, 10),
    startedAt: before(days * 1440 + 95),
    outcome: days === 2 ? 'died' : 'done',
  }),
);

const office = {
  'PC Anna': computer(true, 130),
  'PC Otto': computer(false, 45),
  archive: computer(false, 1300),
  'Server im Keller': computer(true, 14_400),
};
const empty = { ...office, 'PC Anna': computer(false, 4), 'Server im Keller': computer(false, 30) };
const longName = 'Rechner der Buchhaltung im zweiten Stock links';
const many = Object.fromEntries(
  Array.from({ length: 20 }, (_, index) => [
    `${longName} ${index + 1}`,
    computer(index === 7 ? null : index % 3 === 0, 10 + index * 17),
  ]),
);

function view(
  changes: Partial<NightshiftState>,
  {
    last = [],
    isRunning = true,
    cutOff = null,
  }: { last?: readonly NightDocument[]; isRunning?: boolean; cutOff?: NightDocument | null } = {},
): NightshiftView {
  const state = { ...freshState(), computers: office, lookedAt: now, ...changes };
  return { state, isRunning, cutOff, nights: [...last, ...earlier] };
}

function waiting(names: readonly string[]): Sentence {
  return sentence('nightshift.wait.somebody', { night: tonight, names: [...names] });
}

const done = sentence('nightshift.wait.done', { night: tonight });
const waking = [job('documents', 'running', { attempts: 0 }), job('FreeFileSync', 'pending')];
const running = [job('documents', 'done'), job('FreeFileSync', 'running', { startedAt: before(12) })];

export const nightshiftViews = {
  'people online': { ...view({ said: waiting(['PC Anna', 'Server im Keller']) }), nights: [] },
  'everybody gone': view({
    computers: empty,
    said: sentence('nightshift.wait.not-yet', { night: tonight, since: before(4), until: before(-6) }),
  }),
  'waking a computer': view({ computers: empty, running: night({ outcome: null, jobs: waking }) }),
  'a job runs': view({ computers: empty, running: night({ outcome: null, jobs: running }) }),
  countdown: view({ computers: empty, sleepsAt: before(-1) }, { last: [nights.done] }),
  done: view({ said: done }, { last: [nights.done] }),
  failed: view({ said: done }, { last: [nights.failed] }),
  'did not wake': view({ said: done }, { last: [nights.asleep] }),
  stopped: view({ said: done }, { last: [nights.stopped] }),
  died: view({ said: waiting(['PC Anna']) }, { last: [nights.died] }),
  'cut off': view(
    {},
    { isRunning: false, cutOff: night({ finishedAt: null, outcome: null, jobs: running }) },
  ),
  'nobody watches any more': view({}, { isRunning: false, last: [nights.done] }),
  'nobody watches': view({}, { isRunning: false, last: [nights.stopped] }),
  'no look yet': { state: freshState(), isRunning: true, cutOff: null, nights: [] },
  'many computers': view({ computers: many, said: waiting(Object.keys(many).slice(0, 7)) }),
} satisfies { readonly [state: string]: NightshiftView };
