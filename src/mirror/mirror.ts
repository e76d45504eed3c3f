/** One cycle: the folders are compared, and the replica is made equal. */

import { applyWith } from './apply.ts';
import type { ApplyOptions, MirrorResult } from './job.ts';
import { openKnown } from './known.ts';
import { type LockOptions, withReplicaLock } from './mirror-lock.ts';
import { type Places, realRoots, verifyPlaces, withMeasuredTimes } from './places.ts';
import { type MirrorPlan, type PlanOptions, planWith } from './plan.ts';
import { createPool, type Pool } from './pool.ts';

export interface MirrorOptions extends PlanOptions, ApplyOptions, LockOptions {
  /** Gets the plan before it is carried out. */
  onPlan?: (plan: MirrorPlan) => void;
}

/**
 * Makes a replica equal to a source.
 *
 * @returns what was done, and what could not be
 * @throws PlugbackError `mirror-source-unusable`, `mirror-source-empty`, `mirror-replica-unusable`, `mirror-overlap`,
 *   `mirror-not-mounted`, `mirror-deletions`, `mirror-running`, `mirror-replica-failed`; the signal's reason
 */
export async function mirror(
  source: string,
  replica: string,
  options: MirrorOptions = {},
): Promise<MirrorResult> {
  const pool = createPool(options);
  const verify = () => verifyPlaces(source, replica, options.roots ?? realRoots);
  try {
    for (;;) {
      const result = await performLocked(pool, await verify(), verify, options);
      if (result !== null) return result;
    }
  } finally {
    await pool.close();
  }
}

/** @returns null when the replica has become another folder while its lock was waited for */
async function performLocked(
  pool: Pool,
  places: Places,
  verify: () => Promise<Places>,
  options: MirrorOptions,
): Promise<MirrorResult | null> {
  let hasWaited = false;
  const onWaiting = () => {
    hasWaited = true;
    options.onWaiting?.();
  };
  return withReplicaLock(places.replica, { ...options, onWaiting }, async (signal) => {
    // Hours may have passed, and whoever was waited for may have unmounted the disk.
    const current = hasWaited ? await verify() : places;
    if (current.replicaIdentity !== places.replicaIdentity) return null;
    return performCycle(pool, withMeasuredTimes(current), { ...options, signal });
  });
}

async function performCycle(pool: Pool, places: Places, options: MirrorOptions): Promise<MirrorResult> {
  const known = openKnown(places, options.stateDirectory);
  const knowing = { ...options, known };
  const plan = await planWith(pool, places, knowing);
  options.onPlan?.(plan);
  const entries = plan.source.files + plan.source.folders;
  try {
    return await applyWith(pool, plan, knowing);
  } finally {
    known?.save(entries);
  }
}
