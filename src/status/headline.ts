/** The one sentence about a status that everybody understands, as data: for the terminal, and for the page. Pure. */

import type { ErrorCode, ErrorDetails, VeeamLock } from '../errors.ts';
import { printable } from '../messages/printable.ts';
import { type Sentence, sentence, type Translator } from '../messages/translator.ts';
import type { NightDocument, NightOutcome } from './nightshift.ts';
import { type NightshiftView, sayNightshift } from './nightshift-view.ts';
import type { Progress, RunDocument, StatusDocument, StepStatus } from './types.ts';

export type HeadlineKind =
  | 'never'
  | 'preparing'
  | 'waiting'
  | 'comparing'
  | 'copying'
  | 'flushing'
  | 'complete'
  | 'warned'
  /** Not now is not an error: Veeam was still writing. */
  | 'later'
  | 'refused'
  | 'failed'
  /** The night watch's, on a machine that fills no disk. */
  | 'night-waiting'
  | 'night-running'
  | 'night-countdown'
  | `night-${NightOutcome}`
  | 'night-off';

export interface Headline {
  kind: HeadlineKind;
  tone: 'neutral' | 'busy' | 'good' | 'warning' | 'bad';
  said: Sentence;
  /** Can the disk be pulled out? Null where `said` says it already, or where there is no disk. */
  unplug: Sentence | null;
  /** Why it ended badly; `translator.problem()` has the words and the remedy. */
  error: { code: ErrorCode; details: ErrorDetails[ErrorCode] } | null;
  /** The last good backup, where the last run was none. */
  lastGood: Sentence | null;
}

/**
 * What is to be said about a status.
 *
 * @param lastGood the newest run of the history that ended well; only looked at when the last one did not
 * @param nightshift only looked at where no disk was ever filled
 */
export function headlineOf(
  status: StatusDocument,
  lastGood: RunDocument | null = null,
  nightshift: NightshiftView | null = null,
): Headline {
  const { run } = status;
  if (run === null) {
    if (status.state === 'idle') {
      return nightshift === null
        ? headline('never', 'neutral', sentence('headline.never'))
        : nightHeadline(nightshift);
    }
    const unplug = sentence('headline.unplug.no');
    return { ...headline('preparing', 'busy', sentence('headline.unknown')), unplug };
  }
  return run.finishedAt === null && status.state === 'running'
    ? busyHeadline(run)
    : endHeadline(run, lastGood);
}

function headline(kind: HeadlineKind, tone: Headline['tone'], said: Sentence): Headline {
  return { kind, tone, said, unplug: null, error: null, lastGood: null };
}

function busyHeadline(run: RunDocument): Headline {
  const disk = diskOf(run);
  // From mounting to unmounting; before and after it there is nothing to lose.
  const unplug = run.unplug ? null : sentence('headline.unplug.no');
  const busy = (kind: HeadlineKind, said: Sentence): Headline => ({
    ...headline(kind, 'busy', said),
    unplug,
  });
  switch (run.step) {
    case 'wait-veeam':
      if (run.progress !== null) {
        const { percent } = measured(run.progress);
        return busy('waiting', sentence('headline.paused', { ...disk, percent, ...waitedFor(run) }));
      }
      return busy('waiting', sentence('headline.waiting', { ...disk, ...waitedFor(run) }));
    case 'estimate':
      return busy('comparing', sentence('headline.comparing', disk));
    case 'copy': {
      const isFlushing = run.progress?.phase === 'flushing';
      // Its sentence says that it must stay.
      if (isFlushing) return { ...busy('flushing', sentence('headline.flushing', disk)), unplug: null };
      return busy('copying', sentence('headline.copying', { ...disk, ...measured(run.progress) }));
    }
    case 'unlock':
    case 'free-space':
    case 'unmount':
      return { ...busy('flushing', sentence('headline.flushing', disk)), unplug: null };
    default:
      return busy('preparing', sentence('headline.preparing', disk));
  }
}

/** For whom, and how long still, as the step said it last. */
function waitedFor(run: RunDocument): { locks: readonly VeeamLock[]; minutesLeft: number | null } {
  const said = run.steps.find((step) => step.name === 'wait-veeam')?.said;
  if (said?.key !== 'veeam.waiting') return { locks: [], minutesLeft: null };
  // It comes from a file.
  const { locks, minutesLeft } = (said as Sentence<'veeam.waiting'>).details;
  return { locks: Array.isArray(locks) ? locks : [], minutesLeft: minutesLeft ?? null };
}

/** Done is said by the end of the run alone, so the percentage stops short of it. */
function measured(progress: Progress | null): {
  percent: number | null;
  rate: number;
  etaSeconds: number | null;
} {
  if (progress === null || progress.bytesTotal === 0) return { percent: null, rate: 0, etaSeconds: null };
  const percent = Math.floor((100 * progress.bytes) / progress.bytesTotal);
  return {
    percent: Math.min(99, Math.max(0, percent)),
    rate: progress.bytesPerSecond,
    etaSeconds: progress.etaSeconds,
  };
}

function endHeadline(run: RunDocument, lastGood: RunDocument | null): Headline {
  const disk = diskOf(run);
  const at = run.finishedAt ?? run.startedAt;
  const canUnplug = sentence('headline.unplug.yes');
  if (run.error === null) {
    if (run.warnings.length === 0) {
      return {
        ...headline('complete', 'good', sentence('headline.complete', { ...disk, at })),
        unplug: canUnplug,
      };
    }
    const said = sentence('headline.warned', { ...disk, at, count: run.warnings.length });
    return { ...headline('warned', 'warning', said), unplug: canUnplug };
  }
  const error = { code: run.error.code, details: run.error.details as ErrorDetails[ErrorCode] };
  const kind = run.error.exitCode === 75 ? 'later' : run.outcome === 'refused' ? 'refused' : 'failed';
  const said = sentence(`headline.${kind}`, { ...disk, at });
  return {
    ...headline(kind, kind === 'later' ? 'warning' : 'bad', said),
    unplug: unplugAdvice(run),
    error,
    lastGood:
      lastGood === null ? null : sentence('headline.last-good', { ...diskOf(lastGood), at: endOf(lastGood) }),
  };
}

const nightTones = { done: 'good', failed: 'bad', stopped: 'warning', died: 'bad' } as const;

/** What it does just now, else what became of the last night; what it waits for, its own part of the page tells. */
function nightHeadline(nightshift: NightshiftView): Headline {
  const { state, isRunning, cutOff } = nightshift;
  const { now, nights } = sayNightshift(nightshift);
  const doing = now[0] ?? sentence('headline.never');
  if (state.sleepsAt !== null) return headline('night-countdown', 'busy', doing);
  if (state.running !== null) return headline('night-running', 'busy', doing);
  const lastGood = nights.find(({ outcome }) => outcome === 'done')?.said ?? null;
  const [last] = cutOff === null ? nightshift.nights : [{ ...cutOff, outcome: 'died' as const }];
  const outcome = last === undefined ? null : (last.outcome ?? 'died');
  // That the last night was fine is no comfort where nobody watches over the next.
  if (!isRunning && (outcome === null || outcome === 'done'))
    return { ...headline('night-off', 'warning', doing), lastGood };
  if (last === undefined || outcome === null) return headline('night-waiting', 'neutral', doing);
  const said = nightEnd(outcome, last);
  const night = headline(`night-${outcome}`, nightTones[outcome], said);
  return outcome === 'done' ? night : { ...night, lastGood };
}

function nightEnd(outcome: NightOutcome, { night, startedAt: at }: NightDocument): Sentence {
  switch (outcome) {
    case 'done':
      return sentence('nightshift.ends-well', { night });
    case 'failed':
      return sentence('nightshift.ends-badly', { night });
    case 'died':
      return sentence('nightshift.died', { night });
    case 'stopped':
      return sentence('nightshift.night', { night, outcome, at });
  }
}

/** After a failure; null where there is no disk in question, or it was pulled out already. */
function unplugAdvice({ uuid, unplug, error }: RunDocument): Sentence | null {
  if (uuid === null || (unplug && error?.code === 'disk-gone')) return null;
  return sentence(unplug ? 'headline.unplug.yes' : 'headline.unplug.no');
}

/** How a finished run is called in a list of many. */
export type ResultName = 'done' | 'warned' | 'later' | 'refused' | 'failed';

/** What became of a run that has ended. */
export function resultOf(run: RunDocument): ResultName {
  const { kind } = endHeadline(run, null);
  return kind === 'warned' || kind === 'later' || kind === 'refused' || kind === 'failed' ? kind : 'done';
}

function endOf(run: RunDocument): string {
  return run.finishedAt ?? run.startedAt;
}

function diskOf(run: RunDocument): { label: string | null; uuid: string | null } {
  return { label: run.label, uuid: run.uuid };
}

/** What a step has to say, in a reader's language where that is possible. */
export function stepMessage(run: RunDocument, step: StepStatus, translator: Translator): string {
  if (step.said !== null) return translator.sayAgain(step.said);
  const failed = run.steps.filter((other) => other.state === 'failed');
  // A failed step's words are those of the run's error, as long as no second one went wrong after it.
  if (step.state === 'failed' && failed.length === 1 && run.error !== null) {
    return translator.problem(run.error.code, run.error.details as ErrorDetails[ErrorCode]).problem;
  }
  return printable(step.message);
}

/** A run's warnings, in a reader's language. */
export function warningsOf(run: RunDocument, translator: Translator): string[] {
  if (run.warningsSaid.length !== run.warnings.length) return run.warnings.map(printable);
  return run.warningsSaid.map((said) => translator.sayAgain(said));
}
