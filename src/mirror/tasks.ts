/** What a thread can be asked to do. */

import { copyPlainly } from './plain-copy.ts';
import { removeAll } from './remove.ts';
import { copyRights, findDifferent } from './rights.ts';
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
  findDifferent,
};

export type Tasks = typeof tasks;
export type TaskName = keyof Tasks;
