/** Which files are one file with several names, in the source and in the replica. Pure. */

import type { Kind } from './compare.ts';
import type { ByteString } from './names.ts';
import type { Action } from './steps.ts';

/** A file with several names in the source or in the replica. */
export interface LinkedFile {
  path: ByteString;
  kind: Kind;
  size: number;
  /** `device:inode`: names with the same are one file. */
  source: string;
  /** The same in the replica; null where nothing of that kind is there. */
  replica: string | null;
  /** The replica has something of that name. */
  isThere: boolean;
  /** Content and attributes are those of the source. */
  isSame: boolean;
}

export interface LinkStep {
  action: Extract<Action, 'add' | 'overwrite' | 'link'>;
  file: LinkedFile;
  /** For `link`: the name that it becomes another name of. */
  target: ByteString | null;
}

export interface LinkPlan {
  steps: LinkStep[];
  untouched: LinkedFile[];
}

/**
 * Decides for each name: it stays, its file is copied, or it becomes a name of a file that stays or is copied. A file
 * of the replica that has names of two files of the source stays with one of them.
 */
export function planLinks(files: readonly LinkedFile[]): LinkPlan {
  const plan: LinkPlan = { steps: [], untouched: [] };
  const taken = new Set<string>();
  for (const group of groupsOf(files)) {
    const leader =
      group.find((file) => file.isSame && file.replica !== null && !taken.has(file.replica)) ?? group[0];
    if (leader === undefined) continue;
    const stays = leader.isSame && leader.replica !== null && !taken.has(leader.replica);
    if (stays) {
      taken.add(leader.replica ?? '');
      plan.untouched.push(leader);
    } else plan.steps.push({ action: actionOf(leader), file: leader, target: null });
    for (const file of group) {
      if (file === leader) continue;
      if (stays && file.replica === leader.replica) plan.untouched.push(file);
      else plan.steps.push({ action: 'link', file, target: leader.path });
    }
  }
  return plan;
}

function actionOf(file: LinkedFile): 'add' | 'overwrite' {
  return file.isThere ? 'overwrite' : 'add';
}

/** By file of the source, each group and all groups in the order of their paths, so that a plan is always the same. */
function groupsOf(files: readonly LinkedFile[]): LinkedFile[][] {
  const groups = new Map<string, LinkedFile[]>();
  for (const file of [...files].sort((one, other) => (one.path < other.path ? -1 : 1))) {
    const group = groups.get(file.source);
    if (group === undefined) groups.set(file.source, [file]);
    else group.push(file);
  }
  return [...groups.values()];
}
