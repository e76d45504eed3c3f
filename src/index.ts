/** The library: what `import … from 'plugback'` gives. */

export { type ErrorCode, PlugbackError } from './errors.ts';
export { explain } from './messages/explain.ts';
export type { Language } from './messages/format.ts';
export { applyMirror } from './mirror/apply.ts';
export type { ApplyOptions, MirrorProgress, MirrorResult } from './mirror/job.ts';
export { type MirrorOptions, mirror } from './mirror/mirror.ts';
export { type ByteString, toBytes, toText } from './mirror/names.ts';
export type { Skip, SkipReason } from './mirror/place.ts';
export { type MirrorPlan, type PlanOptions, planMirror } from './mirror/plan.ts';
export type { Action, Step } from './mirror/steps.ts';
export {
  type MirrorEntry,
  type StopMoment,
  Synchro,
  type SynchroEvents,
  type SynchroOptions,
} from './mirror/synchro.ts';
export type { SynchroSettings } from './mirror/synchro-settings.ts';
