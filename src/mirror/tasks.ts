/** What a thread can be asked to do. */

import { copyPlainly } from './plain-copy.ts';
import { removeAll } from './remove.ts';
import { copyRights, describeFolders, findDifferent, learnFolders } from './rights.ts';
import { scanFolders } from './scan.ts';
import { lookAtSource, makeLinks, settle } from './settle.ts';

export const tasks = {
  scanFolders,
  lookAtSource,
  settle,
  makeLinks,
  removeAll,
  copyPlainly,
  copyRights,
  describeFolders,
  findDifferent,
  learnFolders,
};

export type Tasks = typeof tasks;
export type TaskName = keyof Tasks;
