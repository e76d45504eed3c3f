/** The library: what `import … from 'plugback'` gives. */

export { type ApplyOptions, applyMirror, type MirrorProgress, type MirrorResult } from './mirror/apply.ts';
export { type MirrorPlan, type PlanOptions, planMirror } from './mirror/plan.ts';
